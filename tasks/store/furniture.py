"""Which lines stand on the pages of a site, in the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from tasks.furniture import MOST_PAGES, PageLines
from tasks.store import bulk

KEPT = timedelta(days=30)
_COLUMNS = "p.entry_id, p.domain, p.published_at, p.text_hash, p.lines"
_NEVER = "TIMESTAMPTZ '9999-01-01 00:00:00+00'"


def decided(connection: duckdb.DuckDBPyConnection, entry_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """What was cut from the pages of these entries, for those that were judged before (perhaps nothing)."""
    judged = bulk.with_ids(connection, entry_ids, "SELECT p.entry_id FROM page_lines p JOIN wanted ON wanted.id = p.entry_id")
    cut = bulk.with_ids(
        connection, entry_ids, "SELECT f.entry_id, f.lines FROM page_furniture f JOIN wanted ON wanted.id = f.entry_id"
    )
    return {row[0]: frozenset() for row in judged} | {row[0]: frozenset(row[1]) for row in cut}


def known(connection: duckdb.DuckDBPyConnection, pages: Sequence[PageLines]) -> list[PageLines]:
    """The stored pages that judging `pages` may ask for: of their domains, those between them and the latest before them."""
    if not pages:
        return []
    spans: dict[str, list[PageLines]] = {}
    for page in pages:
        spans.setdefault(page.domain, []).append(page)
    firsts = [min(group, key=lambda page: page.place) for group in spans.values()]
    lasts = [max(group, key=lambda page: page.place) for group in spans.values()]
    incoming = pa.table(
        {
            "domain": pa.array(list(spans), pa.string()),
            "low_at": pa.array([page.place[0] for page in firsts], pa.timestamp("us", tz="UTC")),
            "low_id": pa.array([page.entry_id for page in firsts], pa.int64()),
            "high_at": pa.array([page.place[0] for page in lasts], pa.timestamp("us", tz="UTC")),
            "high_id": pa.array([page.entry_id for page in lasts], pa.int64()),
        }
    )
    place = f"(coalesce(p.published_at, {_NEVER}), p.entry_id)"
    connection.register("spans", incoming)
    try:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM page_lines p JOIN spans s ON s.domain = p.domain "
            f"WHERE {place} < (s.low_at, s.low_id) QUALIFY row_number() OVER (PARTITION BY p.domain "
            f"ORDER BY coalesce(p.published_at, {_NEVER}) DESC, p.entry_id DESC) <= {MOST_PAGES} UNION ALL "
            f"SELECT {_COLUMNS} FROM page_lines p JOIN spans s ON s.domain = p.domain "
            f"WHERE {place} BETWEEN (s.low_at, s.low_id) AND (s.high_at, s.high_id)"
        ).fetchall()
    finally:
        connection.unregister("spans")
    return [PageLines(row[0], row[1], row[2], row[3], tuple(row[4])) for row in rows]


def keep(
    connection: duckdb.DuckDBPyConnection, pages: Sequence[PageLines], furniture: Mapping[int, frozenset[int]], now: datetime
) -> None:
    """Writes what pages leave for the pages after them, and what was cut from them; drops what is a month old."""
    rows = [
        {
            "entry_id": page.entry_id,
            "domain": page.domain,
            "published_at": page.published_at,
            "text_hash": page.text_hash,
            "lines": list(page.lines),
            "seen_at": now,
        }
        for page in pages
    ]
    bulk.insert(connection, "page_lines", rows, or_ignore=True)
    cut = [{"entry_id": entry_id, "lines": sorted(lines)} for entry_id, lines in sorted(furniture.items()) if lines]
    bulk.insert(connection, "page_furniture", cut, or_ignore=True)
    connection.execute("DELETE FROM page_lines WHERE seen_at < ?", [now - KEPT])
