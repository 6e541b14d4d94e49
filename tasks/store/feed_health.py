"""Reads the view `feed_health`."""

from datetime import datetime
from typing import Any

import duckdb

from tasks.feed_health import COLUMNS
from tasks.store import bulk


def health(connection: duckdb.DuckDBPyConnection, *, failing: bool = False) -> list[tuple[Any, ...]]:
    """Rows of `COLUMNS`, a feed each, by name; with `failing` only feeds that need a person."""
    return connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM feed_health WHERE needs_person OR NOT ? ORDER BY lower(feed), url", [failing]
    ).fetchall()


def raise_alarms(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[tuple[int, str, str, str]]:
    """Feeds that turned bad and were not told of yet: (id, address, health, advice). Those that are well again may be told
    of anew one day."""
    bad = connection.execute(
        "SELECT id, url, health, coalesce(advice, '') FROM feed_health "
        "WHERE needs_person AND last_polled_at IS NOT NULL ORDER BY id"
    ).fetchall()
    raised = {row[0] for row in connection.execute("SELECT feed_id FROM feed_alarms").fetchall()}
    well = raised - {row[0] for row in bad}
    bulk.with_ids(connection, sorted(well), "DELETE FROM feed_alarms USING wanted WHERE feed_id = wanted.id RETURNING 1")
    fresh = [row for row in bad if row[0] not in raised]
    bulk.insert(connection, "feed_alarms", [{"feed_id": row[0], "raised_at": now} for row in fresh])
    return fresh
