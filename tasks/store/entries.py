"""Entries in the store: discovered by polls, queued in one total order, settled with a state and a reason."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from schemas.reasons import EntryState, Reason
from schemas.records import Entry, ParsedEntry
from tasks import urls
from tasks.store import bulk

MAX_EDITS = 20  # a feed that rewrites an item without end is not followed further

# The one total order of the queue: published time (unknown last), then id. Nothing in it depends on when a poll ran.
_ORDER = "coalesce(e.published_at, TIMESTAMPTZ '9999-01-01 00:00:00+00'), e.id"


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a poll's entries came to."""

    new: int
    edited: int
    feeds: tuple[int, ...]  # ids of feeds with something new


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an entry ended, or that it waits for another attempt (`state` pending)."""

    entry_id: int
    state: EntryState
    reason: Reason
    detail: str | None
    attempts: int
    next_attempt_at: datetime | None
    at: datetime


def entry_id(feed_id: int, guid: str) -> int:
    """The id of an entry: a hash of its feed and its guid."""
    return urls.stable_id("entry", str(feed_id), guid)


def address_of(url: str | None) -> int | None:
    """The hash by which entries with one address are known as one."""
    return urls.stable_id("address", urls.article_key(url)) if url else None


def discover(
    connection: duckdb.DuckDBPyConnection, entries: Sequence[tuple[int, ParsedEntry]], run_id: int, now: datetime
) -> Discovered:
    """Writes new entries as pending and queues known ones again whose title, update time or content changed.

    `entries` are (feed id, entry). Entries without a link are settled at once: there is nothing to fetch.
    """
    fresh: dict[int, tuple[int, ParsedEntry]] = {}
    for feed, parsed in entries:
        fresh.setdefault(entry_id(feed, parsed.guid), (feed, parsed))
    known = {
        row[0]: row[1:]
        for row in bulk.with_ids(
            connection,
            list(fresh),
            "SELECT e.id, fingerprint, edits, state FROM entries e JOIN wanted ON wanted.id = e.id",
        )
    }
    new = [new_row(key, feed, parsed, run_id, now) for key, (feed, parsed) in fresh.items() if key not in known]
    edited = [
        _edited_row(key, parsed, known[key], now)
        for key, (_, parsed) in fresh.items()
        if key in known and known[key][0] != _fingerprint(parsed) and known[key][1] < MAX_EDITS and parsed.url
    ]
    bulk.insert(connection, "entries", new)
    bulk.update(connection, "entries", edited, columns=_EDITED)
    contents = [_content_row(row["id"], 0, fresh[row["id"]][1]) for row in new]
    contents += [_content_row(row["id"], row["edits"], fresh[row["id"]][1]) for row in edited]
    bulk.insert(connection, "entry_contents", [row for row in contents if row["content"]])
    changed = {fresh[row["id"]][0] for row in [*new, *edited]}
    return Discovered(len(new), len(edited), tuple(sorted(changed)))


def queue_again(connection: duckdb.DuckDBPyConnection, ids: Sequence[int], reason: Reason, now: datetime) -> int:
    """Queues settled entries again (a person's retry). Returns how many."""
    rows = bulk.with_ids(
        connection,
        ids,
        f"UPDATE entries SET state = 'pending', reason = '{reason}', detail = NULL, attempts = 0, next_attempt_at = NULL, "
        f"queued_at = TIMESTAMPTZ '{now.isoformat()}' FROM wanted WHERE entries.id = wanted.id AND url IS NOT NULL RETURNING 1",
    )
    bulk.with_ids(connection, ids, "DELETE FROM quarantine USING wanted WHERE quarantine.id = wanted.id RETURNING 1")
    return len(rows)


def pending(
    connection: duckdb.DuckDBPyConnection,
    limit: int,
    now: datetime,
    after: tuple[datetime | None, int] | None = None,
    *,
    older: bool = False,
) -> list[Entry]:
    """The next `limit` pending entries that may be tried now, in the queue's order, behind `after` (published, id).

    With `older`, those that backfills found, except for backfills that a person stopped; else those that feeds listed.
    """
    kind = "b.state <> 'stopped'" if older else "e.backfill_id IS NULL"
    cursor = "TRUE" if after is None else f"({_ORDER}) > (coalesce(?, TIMESTAMPTZ '9999-01-01 00:00:00+00'), ?)"
    rows = connection.execute(
        "SELECT e.id, e.feed_id, coalesce(e.guid, e.url), e.url, e.title, e.authors, e.published_at, e.updated_at, "
        "e.attempts, e.summary, c.content, e.reason, e.fetch_url, e.backfill_id, b.since, b.until, e.language FROM entries e "
        "LEFT JOIN entry_contents c ON c.entry_id = e.id AND c.edit = e.edits LEFT JOIN backfills b ON b.id = e.backfill_id "
        f"WHERE {kind} AND e.state = 'pending' AND e.url IS NOT NULL "
        f"AND (e.next_attempt_at IS NULL OR e.next_attempt_at <= ?) AND {cursor} "
        f"ORDER BY {_ORDER} LIMIT ?",
        [now, *(after or ()), limit],
    ).fetchall()
    return [_entry(row) for row in rows]


def count_pending(connection: duckdb.DuckDBPyConnection, now: datetime, most_older: int = 0) -> int:
    """How many entries could be worked off now, at most `most_older` of them found by backfills."""
    rows = connection.execute(
        "SELECT count(*) FILTER (e.backfill_id IS NULL), count(*) FILTER (b.state <> 'stopped') FROM entries e "
        "LEFT JOIN backfills b ON b.id = e.backfill_id "
        "WHERE e.state = 'pending' AND (e.next_attempt_at IS NULL OR e.next_attempt_at <= ?)",
        [now],
    ).fetchall()
    return int(rows[0][0]) + min(int(rows[0][1]), most_older)


def count_waiting(connection: duckdb.DuckDBPyConnection) -> int:
    """How many entries are pending in all, those included that wait for another attempt."""
    row = bulk.first(connection, "SELECT count(*) FROM entries WHERE state = 'pending'")
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class AddressOutcome:
    """How an address ended through one entry, or (state pending) until when it waits for another attempt."""

    entry_id: int
    state: EntryState
    reason: Reason
    detail: str | None
    at: datetime
    article_id: int | None = None
    next_attempt_at: datetime | None = None


def address_outcomes(connection: duckdb.DuckDBPyConnection, addresses: Sequence[int], now: datetime) -> dict[int, AddressOutcome]:
    """For each address that some entry has settled, or that waits after a failed attempt: the latest such entry."""
    rows = bulk.with_ids(
        connection,
        addresses,
        "SELECT e.address, e.id, e.state, e.reason, e.detail, coalesce(e.settled_at, e.next_attempt_at), a.article_id, "
        "e.next_attempt_at FROM entries e JOIN wanted ON wanted.id = e.address LEFT JOIN entry_articles a ON a.entry_id = e.id "
        f"WHERE e.settled_at IS NOT NULL AND e.state <> 'pending' "
        f"OR e.state = 'pending' AND e.next_attempt_at > TIMESTAMPTZ '{now.isoformat()}' ORDER BY 6, e.id",
    )
    return {row[0]: AddressOutcome(row[1], EntryState(row[2]), Reason(row[3]), row[4], row[5], row[6], row[7]) for row in rows}


def followers(connection: duckdb.DuckDBPyConnection, batch: Sequence[Entry], now: datetime) -> frozenset[int]:
    """The entries of a batch whose address is worked off through another entry: earlier in the batch, or settled
    since they were queued, or (for a new entry) settled with an article whenever that was."""
    queued = still_pending(connection, [entry.id for entry in batch])
    outcomes = address_outcomes(connection, sorted({address for _, address in queued.values() if address is not None}), now)
    seen: set[int] = set()
    found = set()
    for entry in batch:
        queued_at, address = queued.get(entry.id, (None, None))
        if queued_at is None or address is None:
            continue
        if address in seen or leads(outcomes.get(address), entry, queued_at):
            found.add(entry.id)
        seen.add(address)
    return frozenset(found)


def leads(outcome: AddressOutcome | None, entry: Entry, queued_at: datetime) -> bool:
    """Whether an entry takes over what another one with its address came to, or waits with it."""
    if outcome is None or outcome.entry_id == entry.id:
        return False
    known = entry.queued_reason is Reason.DISCOVERED and outcome.article_id is not None
    return known or outcome.state is EntryState.PENDING or outcome.at >= queued_at


def still_pending(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, tuple[datetime, int | None]]:
    """Of these entries, those that nobody settled meanwhile: id -> (queued_at, address)."""
    rows = bulk.with_ids(
        connection,
        ids,
        "SELECT e.id, e.queued_at, e.address FROM entries e JOIN wanted ON wanted.id = e.id WHERE e.state = 'pending'",
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def settle(connection: duckdb.DuckDBPyConnection, settlements: Sequence[Settlement], run_id: int) -> None:
    """Writes how entries ended; those that wait for another attempt stay pending."""
    rows = [
        {
            "id": item.entry_id,
            "state": item.state,
            "reason": item.reason,
            "detail": item.detail,
            "attempts": item.attempts,
            "next_attempt_at": item.next_attempt_at,
            "settled_at": None if item.state is EntryState.PENDING else item.at,
            "settled_run": None if item.state is EntryState.PENDING else run_id,
        }
        for item in settlements
    ]
    bulk.update(
        connection,
        "entries",
        rows,
        columns=["state", "reason", "detail", "attempts", "next_attempt_at", "settled_at", "settled_run"],
    )


_EDITED = (
    "guid", "url", "address", "title", "updated_at", "fingerprint", "edits", "state", "reason", "detail", "attempts",
    "next_attempt_at", "queued_at",
)  # fmt: skip


def _fingerprint(parsed: ParsedEntry) -> str:
    updated = parsed.updated_at.isoformat() if parsed.updated_at else ""
    content = hashlib.sha1((parsed.content or "").encode("utf-8", "surrogatepass")).hexdigest()
    return hashlib.sha1(
        "\x1f".join((parsed.url or "", parsed.title or "", updated, content)).encode("utf-8", "surrogatepass")
    ).hexdigest()


def new_row(key: int, feed: int, parsed: ParsedEntry, run_id: int, now: datetime) -> dict[str, Any]:
    """The row of an entry that is seen for the first time."""
    linked = parsed.url is not None
    return {
        "id": key,
        "feed_id": feed,
        "guid": _own_id(parsed),
        "url": parsed.url,
        "address": address_of(parsed.url),
        "title": parsed.title,
        "summary": parsed.summary,
        "authors": list(parsed.authors),
        "tags": list(parsed.tags),
        "language": parsed.language,
        "published_at": parsed.published_at,
        "published_as_given": parsed.published_as_given,
        "updated_at": parsed.updated_at,
        "fingerprint": _fingerprint(parsed),
        "edits": 0,
        "state": EntryState.PENDING if linked else EntryState.NOT_AN_ARTICLE,
        "reason": Reason.DISCOVERED if linked else Reason.NO_LINK,
        "attempts": 0,
        "discovered_at": now,
        "queued_at": now,
        "settled_at": None if linked else now,
        "discovered_run": run_id,
        "settled_run": None if linked else run_id,
    }


def _own_id(parsed: ParsedEntry) -> str | None:
    """The column `guid`: most feeds give an item's link as its id, which is not stored a second time."""
    return None if parsed.guid == parsed.url else parsed.guid


def _edited_row(key: int, parsed: ParsedEntry, known: tuple[str, int, str], now: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "guid": _own_id(parsed),
        "url": parsed.url,
        "address": address_of(parsed.url),
        "title": parsed.title,
        "updated_at": parsed.updated_at,
        "fingerprint": _fingerprint(parsed),
        "edits": known[1] + 1,
        "state": EntryState.PENDING,
        "reason": Reason.EDITED_ENTRY,
        "detail": None,
        "attempts": 0,
        "next_attempt_at": None,
        "queued_at": now,
    }


def _content_row(key: int, edit: int, parsed: ParsedEntry) -> dict[str, Any]:
    return {"entry_id": key, "edit": edit, "content": parsed.content}


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(
        id=row[0],
        feed_id=row[1],
        guid=row[2],
        url=row[3],
        title=row[4],
        authors=tuple(row[5]),
        published_at=row[6],
        updated_at=row[7],
        attempts=row[8],
        summary=row[9],
        content=row[10],
        queued_reason=Reason(row[11]),
        fetch_url=row[12],
        backfill_id=row[13],
        since=row[14],
        until=row[15],
        language=row[16],
    )
