"""Backfills in the store: what was asked for, the watermark of each source, and the entries that were found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import duckdb

from schemas.backfill import Found, Progress, Request, Source, SourceCount, Step, Target
from schemas.reasons import EntryState, FeedState
from schemas.records import FeedLine
from tasks import urls
from tasks.store import bulk, entries, feeds

# An open-ended search that ended this long ago looks again for what has come up since.
LOOK_AGAIN = timedelta(days=1)


class BackfillState(StrEnum):
    """Where a backfill stands; `running` is also what a killed one is left as."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Read:
    """A step that was read: what is to be read next, and the new entries (by `select_new`)."""

    step: Step
    more: tuple[Step, ...]
    found: int
    new: tuple[Found, ...]
    absent: bool
    detail: str | None


@dataclass(frozen=True, slots=True)
class BackfillLine:
    """A backfill for `newsfold status`."""

    target: str
    source: str
    state: str
    started_at: datetime
    progress: Progress

    def sentence(self) -> str:
        """How far it is, in a sentence."""
        now = self.progress
        words = f"{self.target} ({self.source}): {self.state}, {now.settled} of {now.queued} articles worked off, "
        words += f"{now.read} archive documents read" + (f", {now.unread} to read" if now.unread else "")
        return words + ("; the same backfill again goes on with it" if self.state == BackfillState.STOPPED else "")


def backfill_id(request: Request) -> int:
    """The id of what was asked for: the same request is the same backfill."""
    window = [str(moment.isoformat() if moment else "") for moment in (request.window.since, request.window.until)]
    keys = sorted(str(target.key) for target in request.targets)
    return urls.stable_id("backfill", request.source, *window, str(request.most), request.stamp, *keys)


def known_feeds(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The feeds that a backfill may name."""
    return bulk.dicts(
        connection,
        "SELECT id, url, poll_url, title, site_url, state FROM feeds WHERE state <> 'removed' "
        "ORDER BY lower(coalesce(title, url)), url",
    )


def ensure_feeds(connection: duckdb.DuckDBPyConnection, targets: Sequence[Target], now: datetime) -> None:
    """A row for each site or file that no feed stands for: entries belong to one. It is never polled (state removed)."""
    known = {row[0] for row in connection.execute("SELECT id FROM feeds").fetchall()}
    for target in targets:
        url = target.site_url or target.file
        if target.key not in known and url:
            feeds.add(connection, [FeedLine(url, site_url=target.site_url)], now)
            connection.execute("UPDATE feeds SET state = ? WHERE id = ?", [FeedState.REMOVED, target.key])


def begin(connection: duckdb.DuckDBPyConnection, request: Request, first: Sequence[Step], run_id: int, now: datetime) -> int:
    """Opens a backfill, or opens it again: what was read stays read. Returns its id."""
    key = backfill_id(request)
    known = bulk.first(connection, 'SELECT state, ended_at, "until" FROM backfills WHERE id = ?', [key])
    if known is None:
        row = {
            "id": key, "target": request.words, "source": request.source, "since": request.window.since,
            "until": request.window.until, "most": request.most, "state": BackfillState.RUNNING, "started_at": now,
            "run_id": run_id,
        }  # fmt: skip
        bulk.insert(connection, "backfills", [row])
    else:
        stale = known[0] == BackfillState.DONE and known[2] is None and known[1] is not None and known[1] < now - LOOK_AGAIN
        if stale:
            connection.execute("DELETE FROM backfill_steps WHERE backfill_id = ?", [key])
        connection.execute(
            "UPDATE backfills SET state = ?, started_at = ?, ended_at = NULL, run_id = ? WHERE id = ?",
            [BackfillState.RUNNING, now, run_id, key],
        )
    add_steps(connection, key, first)
    return key


def end(connection: duckdb.DuckDBPyConnection, key: int, state: BackfillState, summary: str | None, now: datetime) -> None:
    """Closes a backfill. The entries of a stopped one wait until it is started again."""
    connection.execute(
        "UPDATE backfills SET state = ?, ended_at = ?, summary = coalesce(?, summary) WHERE id = ?", [state, now, summary, key]
    )


def add_steps(connection: duckdb.DuckDBPyConnection, key: int, steps: Sequence[Step]) -> None:
    """Puts documents on the list; those that are on it already stay as they are, so that circles end."""
    last = bulk.first(connection, "SELECT coalesce(max(position), 0) FROM backfill_steps WHERE backfill_id = ?", [key])
    rows = {step_id(key, step): _step_row(key, step) for step in reversed(steps)}
    ordered = list(reversed(rows.values()))
    for place, row in enumerate(ordered, start=1 + int(last[0] if last else 0)):
        row["position"] = place
    bulk.insert(connection, "backfill_steps", ordered, or_ignore=True)


def step_id(key: int, step: Step) -> int:
    """The id of a step of a backfill."""
    return urls.stable_id("step", str(key), *map(str, step.key))


def unread(connection: duckdb.DuckDBPyConnection, key: int, passed_over: Collection[int], limit: int) -> list[Step]:
    """The next documents to read: one a target, so that no site is asked for two at a time."""
    rows = connection.execute(
        "SELECT target, source, role, url, number, note, root FROM backfill_steps "
        "WHERE backfill_id = ? AND state = 'todo' AND NOT list_contains(?::BIGINT[], id) "
        "QUALIFY row_number() OVER (PARTITION BY target ORDER BY position, id) = 1 ORDER BY position, id LIMIT ?",
        [key, list(passed_over), limit],
    ).fetchall()
    return [Step(row[0], Source(row[1]), *row[2:]) for row in rows]


def select_new(connection: duckdb.DuckDBPyConnection, feed: int, items: Sequence[Found], room: int | None) -> tuple[Found, ...]:
    """Those of the items that no entry leads to yet: neither under their guid nor under their address. At most `room`."""
    ids = {entries.entry_id(feed, item.entry.guid): item for item in reversed(items)}
    taken = {row[0] for row in bulk.with_ids(connection, list(ids), "SELECT e.id FROM entries e JOIN wanted ON wanted.id = e.id")}
    left = {key: item for key, item in reversed(ids.items()) if key not in taken}
    addresses = {key: entries.address_of(item.entry.url) or 0 for key, item in left.items()}
    sql = "SELECT DISTINCT e.address FROM entries e JOIN wanted ON wanted.id = e.address"
    seen = {row[0] for row in bulk.with_ids(connection, sorted(set(addresses.values())), sql)}
    new: list[Found] = []
    for key, item in left.items():
        if addresses[key] not in seen and (room is None or len(new) < room):
            seen.add(addresses[key])
            new.append(item)
    return tuple(new)


def record(connection: duckdb.DuckDBPyConnection, key: int, done: Read, run_id: int, now: datetime) -> None:
    """Writes what a step came to: its entries, what is to be read next, and that it is read. The caller has a transaction."""
    rows = []
    for item in done.new:
        row = entries.new_row(entries.entry_id(done.step.target, item.entry.guid), done.step.target, item.entry, run_id, now)
        rows.append({**row, "backfill_id": key, "fetch_url": item.fetch_url})
    bulk.insert(connection, "entries", rows)
    contents = [
        {"entry_id": row["id"], "edit": 0, "content": item.entry.content} for row, item in zip(rows, done.new, strict=True)
    ]
    bulk.insert(connection, "entry_contents", [row for row in contents if row["content"]])
    add_steps(connection, key, done.more)
    connection.execute(
        "UPDATE backfill_steps SET state = ?, found = ?, queued = ?, detail = ?, settled_at = ? WHERE id = ?",
        ["absent" if done.absent else "done", done.found, len(rows), done.detail, now, step_id(key, done.step)],
    )


def note_trouble(connection: duckdb.DuckDBPyConnection, key: int, step: Step, detail: str) -> None:
    """A step that could not be read now stays on the list, with the reason."""
    connection.execute("UPDATE backfill_steps SET detail = ? WHERE id = ?", [detail, step_id(key, step)])


def progress(connection: duckdb.DuckDBPyConnection, key: int) -> Progress:
    """How far a backfill is."""
    steps = bulk.first(
        connection,
        "SELECT count(*) FILTER (state = 'done'), count(*) FILTER (state = 'todo'), coalesce(sum(found), 0) "
        "FROM backfill_steps WHERE backfill_id = ?",
        [key],
    )
    found = bulk.first(
        connection,
        "SELECT count(*), count(*) FILTER (state <> 'pending'), count(*) FILTER (state = 'stored'), "
        "count(*) FILTER (state = 'pending' AND next_attempt_at IS NOT NULL) FROM entries WHERE backfill_id = ?",
        [key],
    )
    return Progress(*(int(value) for value in [*(steps or (0, 0, 0)), *(found or (0, 0, 0, 0))]))


def source_counts(connection: duckdb.DuckDBPyConnection, key: int, targets: Sequence[Target]) -> tuple[SourceCount, ...]:
    """What each source of each target came to, sources that are not there left out unless nothing else is."""
    names = {target.key: target.name for target in targets}
    rows = connection.execute(
        "SELECT target, source, count(*) FILTER (state = 'done'), sum(found), sum(queued), "
        "min(detail) FILTER (state <> 'done') FROM backfill_steps WHERE backfill_id = ? GROUP BY target, source "
        "ORDER BY min(position)",
        [key],
    ).fetchall()
    served = {row[0] for row in rows if row[2]}
    return tuple(
        SourceCount(names.get(row[0], str(row[0])), Source(row[1]), row[2], int(row[3]), int(row[4]), row[5])
        for row in rows
        if row[2] or row[0] not in served
    )


def count_workable(connection: duckdb.DuckDBPyConnection, key: int, now: datetime) -> int:
    """How many entries of a backfill could be worked off now."""
    row = bulk.first(
        connection,
        "SELECT count(*) FROM entries WHERE backfill_id = ? AND state = ? AND (next_attempt_at IS NULL OR next_attempt_at <= ?)",
        [key, EntryState.PENDING, now],
    )
    return int(row[0]) if row else 0


def lines(connection: duckdb.DuckDBPyConnection, limit: int = 3) -> tuple[BackfillLine, ...]:
    """The backfills that are not done, else the last one, for people."""
    rows = connection.execute(
        "SELECT id, target, source, state, started_at FROM backfills "
        "QUALIFY state <> 'done' OR row_number() OVER (ORDER BY started_at DESC, id) = 1 ORDER BY started_at DESC, id LIMIT ?",
        [limit],
    ).fetchall()
    return tuple(BackfillLine(row[1], row[2], row[3], row[4], progress(connection, row[0])) for row in rows)


def _step_row(key: int, step: Step) -> dict[str, Any]:
    return {
        "id": step_id(key, step),
        "backfill_id": key,
        "position": 0,
        "target": step.target,
        "source": step.source,
        "role": step.role,
        "url": step.url,
        "number": step.number,
        "note": step.note,
        "root": step.root,
        "state": "todo",
        "found": 0,
        "queued": 0,
    }
