"""The tables `robots` and `tdm`: what each origin's robots.txt and tdmrep.json were when last seen."""

from datetime import datetime, timedelta
from typing import Any, Literal

import duckdb

from schemas.reasons import Reason
from tasks.seen_files import SeenFile, SeenFiles
from tasks.store import bulk

Table = Literal["robots", "tdm"]

_KEY: dict[Table, str] = {"robots": "host", "tdm": "origin"}


def known(connection: duckdb.DuckDBPyConnection, table: Table, now: datetime) -> SeenFiles:
    """The files seen within a day."""
    rows = connection.execute(
        f"SELECT {_KEY[table]}, fetched_at, body, status, problem FROM {table} WHERE fetched_at > ?", [now - timedelta(days=1)]
    ).fetchall()
    return {row[0]: SeenFile(row[1], row[2], row[3], Reason(row[4]) if row[4] else None) for row in rows}


def keep(connection: duckdb.DuckDBPyConnection, table: Table, seen: SeenFiles) -> None:
    """Writes the files that are newer than what is kept."""
    key = _KEY[table]
    kept = dict(connection.execute(f"SELECT {key}, fetched_at FROM {table}").fetchall())
    rows: list[dict[str, Any]] = [
        {key: origin, "fetched_at": one.fetched_at, "status": one.status, "body": one.text, "problem": one.problem}
        for origin, one in seen.items()
        if origin not in kept or kept[origin] < one.fetched_at
    ]
    if rows:
        bulk.with_rows(connection, table, rows, f"INSERT OR REPLACE INTO {table} BY NAME SELECT * FROM incoming")
