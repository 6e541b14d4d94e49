"""Reads the view `feed_health`."""

from typing import Any

import duckdb

from tasks.feed_health import COLUMNS


def health(connection: duckdb.DuckDBPyConnection, *, failing: bool = False) -> list[tuple[Any, ...]]:
    """Rows of `COLUMNS`, a feed each, by name; with `failing` only feeds that need a person."""
    return connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM feed_health WHERE needs_person OR NOT ? ORDER BY lower(feed), url", [failing]
    ).fetchall()
