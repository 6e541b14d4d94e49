"""Runs, HTTP attempts, robots.txt and the quarantine in the store."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import duckdb

from schemas import VERSION
from schemas.records import Attempt
from schemas.summaries import RunCounts
from tasks.store import bulk
from tasks.urls import stable_id

# Their callers hold a lock of that name.
ONE_AT_A_TIME = frozenset({"poll", "ingest"})
LONGEST = timedelta(days=7)
KILLED = "was killed; the run after it took up what it left"
_ATTEMPT = tuple(field.name for field in fields(Attempt))


def start(connection: duckdb.DuckDBPyConnection, flow: str, flow_run: str | None, now: datetime) -> int:
    """Opens a row for a run and returns its id. A row of a killed run is closed: of a flow that runs one at a time any that
    is still open, of another one when it is old (should that run go on after all, its end writes it anew)."""
    connection.execute(
        "UPDATE runs SET ended_at = ?, summary = ? WHERE ended_at IS NULL AND ((flow = ? AND ?) OR started_at < ?)",
        [now, KILLED, flow, flow in ONE_AT_A_TIME, now - LONGEST],
    )
    run_id = stable_id("run", flow, now.isoformat(), str(os.getpid()))
    connection.execute(
        "INSERT OR IGNORE INTO runs BY NAME SELECT ? AS id, ? AS flow, ? AS flow_run, ? AS version, "
        "?::TIMESTAMPTZ AS started_at, "
        "0 AS feeds, 0 AS entries, 0 AS articles, 0 AS versions, 0 AS copies, 0 AS stories, 0 AS failures",
        [run_id, flow, flow_run, VERSION, now],
    )
    return run_id


def finish(connection: duckdb.DuckDBPyConnection, run_id: int, counts: RunCounts, summary: str, now: datetime) -> None:
    """Closes a run's row with its counts and its sentence."""
    columns = counts.columns()
    connection.execute(
        f"UPDATE runs SET ended_at = ?, summary = ?, {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
        [now, summary, *columns.values(), run_id],
    )


def record_attempts(connection: duckdb.DuckDBPyConnection, attempts: Sequence[Attempt], run_id: int) -> None:
    """Appends HTTP attempts to `fetches`."""
    bulk.insert(
        connection, "fetches", [{"run_id": run_id} | {name: getattr(attempt, name) for name in _ATTEMPT} for attempt in attempts]
    )


def pauses(connection: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, float]:
    """The domains that asked to be left alone, and for how many seconds still."""
    rows = connection.execute("SELECT domain, paused_until FROM pauses WHERE paused_until > ?", [now]).fetchall()
    return {domain: (until - now).total_seconds() for domain, until in rows}


def keep_pauses(connection: duckdb.DuckDBPyConnection, known: Mapping[str, float], now: datetime) -> None:
    """Writes such pauses down; those that are over go."""
    connection.execute("DELETE FROM pauses WHERE paused_until <= ?", [now])
    rows = [{"domain": domain, "paused_until": now + timedelta(seconds=seconds)} for domain, seconds in known.items()]
    if rows:
        bulk.with_rows(connection, "pauses", rows, "INSERT OR REPLACE INTO pauses BY NAME SELECT * FROM incoming")


def quarantine(connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Sets entries aside; one that is there already is replaced."""
    if rows:
        bulk.with_rows(connection, "quarantine", rows, "INSERT OR REPLACE INTO quarantine BY NAME SELECT * FROM incoming")
