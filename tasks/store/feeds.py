"""Feeds in the store: added, listed, changed by people; read when due; polling columns written back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from schemas.errors import BadInput
from schemas.reasons import FeedState, Reason
from schemas.records import Feed, FeedLine, Validators
from tasks import urls
from tasks.rhythm import HOUR
from tasks.schedule import PollResult
from tasks.store import bulk

_COLUMNS = (
    "id, poll_url, title, site_url, tags, state, etag, last_modified, body_hash, interval_seconds, next_poll_at, failures, "
    "moved_to, moved_count, last_reason, validators_url, final_url, skip_hours, skip_days, ttl_seconds, last_changed_at, "
    "probed_at, stuck_since, learned_at, newest_at, hourly, days_watched, gap_seconds, window_seconds"
)
_SKEW = timedelta(minutes=5)
# Columns that are called like the record's fields.
_REMEMBERED = (
    "validators_url", "final_url", "skip_hours", "skip_days", "ttl_seconds", "last_changed_at", "probed_at", "stuck_since",
    "learned_at", "newest_at", "hourly", "days_watched", "gap_seconds", "window_seconds",
)  # fmt: skip
_LISTS = ("skip_hours", "skip_days", "hourly")
# What every poll writes; of a feed that has not changed, nothing else is.
_EACH_POLL = (
    "state", "interval_seconds", "next_poll_at", "last_polled_at", "last_success_at", "last_reason", "last_detail",
)  # fmt: skip
_POLLING = (
    "poll_url", "title", "site_url", "state", "etag", "last_modified", "body_hash", "interval_seconds", "next_poll_at",
    "last_polled_at", "last_success_at", "last_reason", "last_detail", "failures", "moved_to", "moved_count", "format",
    *_REMEMBERED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Added:
    """What became of feeds that were added."""

    new: int
    known: int
    revived: int


def feed_id(url: str) -> int:
    """The id of a feed: a hash of its address's normal form."""
    return urls.stable_id("feed", urls.normalize(url))


def add(connection: duckdb.DuckDBPyConnection, lines: Sequence[FeedLine], now: datetime) -> Added:
    """Adds feeds; those that are there keep their columns and gain the new tags; removed ones are active again."""
    ids = _addresses(connection)
    by_id = {_id_for(line.url, ids): line for line in reversed(lines)}
    known = {
        row[0]: (row[1], tuple(row[2]))
        for row in bulk.with_ids(
            connection, list(by_id), "SELECT feeds.id, state, tags FROM feeds JOIN wanted ON wanted.id = feeds.id"
        )
    }
    bulk.insert(connection, "feeds", [_new(key, line, now) for key, line in by_id.items() if key not in known])
    revived = 0
    for key, (state, tags) in known.items():
        merged = tags + tuple(tag for tag in by_id[key].tags if tag not in tags)
        back = state in (FeedState.REMOVED, FeedState.GONE)
        revived += back
        if back or merged != tags:
            connection.execute(
                "UPDATE feeds SET tags = ?, state = ?, next_poll_at = CASE WHEN ? THEN NULL ELSE next_poll_at END WHERE id = ?",
                [list(merged), FeedState.ACTIVE if back else state, back, key],
            )
    return Added(len(by_id) - len(known), len(known) - revived, revived)


def _addresses(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Normal form of every address that a feed has or is polled at -> the feed's id."""
    rows = connection.execute("SELECT id, url, poll_url FROM feeds ORDER BY state = 'removed' DESC, id").fetchall()
    return {urls.normalize(url): row[0] for row in rows for url in row[1:]}


def _id_for(url: str, ids: Mapping[str, int]) -> int:
    """The id of the feed that has this address, else a new one: not that of a feed which a person moved away from it."""
    key = ids.get(urls.normalize(url), feed_id(url))
    moved_away = urls.normalize(url) not in ids and key in ids.values()
    return urls.stable_id("feed", urls.normalize(url), "again") if moved_away else key


def _new(key: int, line: FeedLine, now: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "url": line.url,
        "title": line.title,
        "site_url": line.site_url,
        "tags": list(line.tags),
        "state": FeedState.ACTIVE,
        "added_at": now,
        "poll_url": line.url,
        "interval_seconds": HOUR,
        "failures": 0,
        "moved_count": 0,
    }


def due(
    connection: duckdb.DuckDBPyConnection, now: datetime, *, everything: bool = False, only: Sequence[str] = ()
) -> list[Feed]:
    """Active feeds whose time has come (with `everything`, all active ones), the longest overdue first.

    A feed that was last asked in the future is due, too: the clock was wrong then, and so is the time it set.
    `only` narrows them to the feeds that were added with these addresses.
    """
    ids = _addresses(connection) if only else {}
    chosen = [ids.get(urls.normalize(url), feed_id(url)) for url in only]
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM feeds WHERE state = 'active' "
        "AND (? OR next_poll_at IS NULL OR next_poll_at <= ? OR last_polled_at > ?) "
        "AND (len(?::BIGINT[]) = 0 OR list_contains(?::BIGINT[], id)) ORDER BY next_poll_at NULLS FIRST, id",
        [everything, now, now + _SKEW, chosen, chosen],
    ).fetchall()
    return [_feed(row) for row in rows]


def _feed(row: tuple[Any, ...]) -> Feed:
    return Feed(
        id=row[0],
        url=row[1],
        title=row[2],
        site_url=row[3],
        tags=tuple(row[4]),
        state=row[5],
        validators=Validators(row[6], row[7]),
        body_hash=row[8],
        interval_seconds=row[9],
        next_poll_at=row[10],
        failures=row[11],
        moved_to=row[12],
        moved_count=row[13],
        last_reason=Reason(row[14]) if row[14] else None,
        validators_url=row[15],
        final_url=row[16],
        skip_hours=tuple(row[17] or ()),
        skip_days=tuple(row[18] or ()),
        ttl_seconds=row[19],
        last_changed_at=row[20],
        probed_at=row[21],
        stuck_since=row[22],
        learned_at=row[23],
        newest_at=row[24],
        hourly=tuple(row[25] or ()),
        days_watched=row[26] or 0.0,
        gap_seconds=row[27],
        window_seconds=row[28],
    )


def record_polls(connection: duckdb.DuckDBPyConnection, results: Sequence[PollResult], new_entries: Sequence[int]) -> None:
    """Writes polling columns back; `new_entries` are the ids of feeds that brought something new.

    A feed that a person paused or removed meanwhile keeps that state.
    """
    previous = {
        row[0]: row[1:]
        for row in bulk.with_ids(
            connection,
            [result.feed.id for result in results],
            "SELECT feeds.id, state, last_success_at, format FROM feeds JOIN wanted ON wanted.id = feeds.id",
        )
    }
    there = [result for result in results if result.feed.id in previous]
    for calm, columns in ((True, _EACH_POLL), (False, _POLLING)):
        rows = [_polling_row(result, *previous[result.feed.id]) for result in there if result.calm is calm]
        bulk.update(connection, "feeds", rows, columns=columns)
    if new_entries and results:
        at = results[0].polled_at
        bulk.update(connection, "feeds", [{"id": key, "last_new_at": at} for key in new_entries], columns=["last_new_at"])


def _polling_row(result: PollResult, state: str, last_success_at: datetime | None, format_: str | None) -> dict[str, Any]:
    feed = result.feed
    each = {
        "id": feed.id,
        "state": feed.state if state == FeedState.ACTIVE else state,
        "interval_seconds": feed.interval_seconds,
        "next_poll_at": feed.next_poll_at,
        "last_polled_at": result.polled_at,
        "last_success_at": result.polled_at if result.ok else last_success_at,
        "last_reason": result.reason,
        "last_detail": result.detail,
    }
    if result.calm:
        return each
    return each | {
        "poll_url": feed.url,
        "title": feed.title,
        "site_url": feed.site_url,
        "etag": feed.validators.etag,
        "last_modified": feed.validators.last_modified,
        "body_hash": feed.body_hash,
        "failures": feed.failures,
        "moved_to": feed.moved_to,
        "moved_count": feed.moved_count,
        "format": result.format or format_,
        **{name: getattr(feed, name) for name in _REMEMBERED},
        **{name: list(getattr(feed, name)) for name in _LISTS},
    }


def listed(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """All feeds that are not removed, as rows for people and for OPML export."""
    return bulk.dicts(
        connection,
        "SELECT id, url, title, site_url, tags, state, failures, last_reason, next_poll_at FROM feeds "
        "WHERE state <> 'removed' ORDER BY lower(coalesce(title, url)), url",
    )


def titles(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, str | None]:
    """The titles of these feeds."""
    rows = bulk.with_ids(connection, sorted(set(ids)), "SELECT feeds.id, title FROM feeds JOIN wanted ON wanted.id = feeds.id")
    return dict(rows)


def find(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """The id of the feed with this address, id or (unique) title.

    Raises:
        BadInput: there is no such feed, or several have the title.
    """
    found = connection.execute(
        "SELECT id, url FROM feeds WHERE state <> 'removed' AND (id = ? OR url = ? OR poll_url = ? OR CAST(id AS VARCHAR) = ? "
        "OR lower(title) = lower(?))",
        [feed_id(name), name, name, name, name],
    ).fetchall()
    if not found:
        raise BadInput(f"there is no feed {name!r}; `newsfold feeds list` shows them")
    if len(found) > 1:
        raise BadInput(f"{len(found)} feeds are called {name!r}; name one by its address, such as {found[0][1]}")
    return int(found[0][0])


def set_state(connection: duckdb.DuckDBPyConnection, key: int, state: FeedState) -> None:
    """Pauses, resumes or removes a feed. Articles stay."""
    connection.execute(
        "UPDATE feeds SET state = ?, next_poll_at = CASE WHEN ? = 'active' THEN NULL ELSE next_poll_at END WHERE id = ?",
        [state, state, key],
    )


def edit(
    connection: duckdb.DuckDBPyConnection,
    key: int,
    *,
    title: str | None = None,
    url: str | None = None,
    tags: Sequence[str] | None = None,
) -> None:
    """Changes what a person may change. A new address starts without validators: they belong to the old one.

    Raises:
        BadInput: another feed has the new address.
    """
    if title is not None:
        connection.execute("UPDATE feeds SET title = ? WHERE id = ?", [title, key])
    if tags is not None:
        connection.execute("UPDATE feeds SET tags = ? WHERE id = ?", [list(tags), key])
    if url is not None:
        if _addresses(connection).get(urls.normalize(url), key) != key:
            raise BadInput(f"another feed has the address {url} already")
        connection.execute(
            "UPDATE feeds SET url = ?, poll_url = ?, etag = NULL, last_modified = NULL, body_hash = NULL, failures = 0, "
            "moved_to = NULL, moved_count = 0, next_poll_at = NULL, validators_url = NULL, final_url = NULL, probed_at = NULL, "
            "stuck_since = NULL WHERE id = ?",
            [url, url, key],
        )
