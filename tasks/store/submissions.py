"""Addresses that people or programs submitted: entries of one feed that is never polled."""

from collections.abc import Sequence
from datetime import datetime

import duckdb

from schemas.reasons import FeedState
from schemas.records import ParsedEntry
from schemas.summaries import RunCounts
from tasks import urls
from tasks.settle import blocked_by
from tasks.store import articles, bulk, entries

# A feed like others, so that every entry has one; removed, so that nothing polls, lists or judges it.
FEED_URL = "newsfold:submitted"
FEED_ID = urls.stable_id("feed", FEED_URL)
WATERMARK = "submitted"
WHOLE = "submitted: all that is kept"


def submit(connection: duckdb.DuckDBPyConnection, addresses: Sequence[str], run_id: int, now: datetime) -> int:
    """Queues these addresses; returns how many were not known yet. One that was submitted before changes nothing."""
    _ensure_feed(connection, now)
    return entries.discover(connection, [(FEED_ID, _entry(url)) for url in addresses], run_id, now).new


def _entry(url: str) -> ParsedEntry:
    return ParsedEntry(
        guid=urls.article_key(url), url=url, title=None, summary=None, content=None, authors=(), published_at=None,
        published_as_given=None, updated_at=None,
    )  # fmt: skip


def counts(new: int) -> RunCounts:
    """What a run that queued so many came to."""
    return RunCounts(entries=new)


def unknown(connection: duckdb.DuckDBPyConnection, addresses: Sequence[str]) -> list[str]:
    """Those that were not submitted yet, and that nobody forgot since."""
    ids = {entries.entry_id(FEED_ID, urls.article_key(url)): url for url in reversed(addresses)}
    known = {row[0] for row in bulk.with_ids(connection, list(ids), "SELECT e.id FROM entries e JOIN wanted ON wanted.id = e.id")}
    forgotten = articles.blocked(connection)
    return [url for key, url in reversed(ids.items()) if key not in known and not blocked_by(url, forgotten)]


def read_until(connection: duckdb.DuckDBPyConnection, name: str = WATERMARK) -> datetime | None:
    """Up to when Prefect's history of events has been read; with `WHOLE`, when all of it was."""
    row = bulk.first(connection, "SELECT read_until FROM watermarks WHERE name = ?", [name])
    return row[0] if row else None


def have_read(connection: duckdb.DuckDBPyConnection, until: datetime, name: str = WATERMARK) -> None:
    """Moves that on."""
    connection.execute("INSERT OR REPLACE INTO watermarks BY NAME SELECT ? AS name, ?::TIMESTAMPTZ AS read_until", [name, until])


def _ensure_feed(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    row = {
        "id": FEED_ID, "url": FEED_URL, "poll_url": FEED_URL, "tags": [], "state": FeedState.REMOVED,
        "added_at": now, "interval_seconds": 0, "failures": 0, "moved_count": 0,
    }  # fmt: skip
    bulk.insert(connection, "feeds", [row], or_ignore=True)
