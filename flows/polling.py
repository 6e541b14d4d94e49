"""Polling feeds: all are asked at once; what has come in is settled in portions while slow hosts are still waited for."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from flows import progress
from flows.policy import PACING, fetch_policy
from schemas.reasons import Reason
from schemas.records import Feed, Fetched, FetchOutcome, ParsedEntry, ParsedFeed, ParseFailed
from schemas.settings import Settings
from schemas.summaries import Polled, RunCounts
from tasks import archive, fetch, parse_safely
from tasks.schedule import PollResult, request_for, settle_poll
from tasks.store import entries, feeds, runs
from tasks.store.master import Connection, must_hold, open_master, transaction

PARSE_SECONDS = 20.0
# A portion is settled when it has so many outcomes or so many bytes of bodies, or when something has waited so long.
PORTION_FEEDS = 1000
PORTION_BYTES = 8 * 1024 * 1024
PORTION_SECONDS = 2.0
# With so many bytes of bodies waiting to be settled, no further feed is asked until some are.
MOST_WAITING_BYTES = 32 * 1024 * 1024


class PollJob:
    """The feeds of a run that are still to be polled, and what the others came to. A second try asks only what is left.

    Not a dataclass or a list: Prefect looks into those, item by item, in every argument of a task.
    """

    __slots__ = ("left", "polled", "total")

    def __init__(self, batch: Sequence[Feed]) -> None:
        self.left = {feed.id: feed for feed in batch}
        self.total = len(self.left)
        self.polled = Polled()


class Inbox:
    """Outcomes on their way from the fetching to the settling, both on one event loop."""

    def __init__(self) -> None:
        # not set: too much waits to be settled
        self.room = asyncio.Event()
        self._enough = asyncio.Event()
        self._waiting: deque[FetchOutcome] = deque()
        self._bytes = 0
        self._closed = False
        self._tell()

    def put(self, outcome: FetchOutcome) -> None:
        """Takes an outcome in."""
        self._waiting.append(outcome)
        self._bytes += _size(outcome)
        self._tell()

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._tell()

    async def portion(self) -> list[FetchOutcome]:
        """The next outcomes: many, or a few when they have waited for `PORTION_SECONDS`. Empty at the end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PORTION_SECONDS):
                    await self._enough.wait()
            if self._waiting or self._closed:
                return self._take()

    def _take(self) -> list[FetchOutcome]:
        taken: list[FetchOutcome] = []
        size = 0
        while self._waiting and len(taken) < PORTION_FEEDS and size < PORTION_BYTES:
            taken.append(self._waiting.popleft())
            size += _size(taken[-1])
        self._bytes -= size
        self._tell()
        return taken

    def _tell(self) -> None:
        enough = self._closed or len(self._waiting) >= PORTION_FEEDS or self._bytes >= PORTION_BYTES
        for event, state in ((self._enough, enough), (self.room, self._bytes < MOST_WAITING_BYTES)):
            if state:
                event.set()
            else:
                event.clear()


def poll_batch(settings: Settings, batch: Sequence[Feed], run_id: int) -> Polled:
    """Polls these feeds, leaving alone the domains that asked for it."""
    with open_master(settings) as connection:
        resume_pauses(connection, datetime.now(UTC))
    job = PollJob(batch)
    poll_job(settings, job, run_id)
    return job.polled


def resume_pauses(connection: Connection, now: datetime) -> None:
    """Takes up what domains asked an earlier process for. Before the first poll: with what else is read then."""
    PACING.resume(runs.pauses(connection, now))


def poll_job(settings: Settings, job: PollJob, run_id: int) -> None:
    """Polls what is left of a job. What was settled stays settled, whatever happens to the rest."""
    fetch.run(_poll(settings, job, run_id))


async def _poll(settings: Settings, job: PollJob, run_id: int) -> None:
    inbox = Inbox()
    now = datetime.now(UTC)
    requests = [request_for(feed, now) for feed in job.left.values()]
    fetching = asyncio.create_task(fetch.fetch_each(requests, fetch_policy(settings), inbox.put, room=inbox.room, pacing=PACING))
    fetching.add_done_callback(lambda _: inbox.close())
    try:
        while outcomes := await inbox.portion():
            # In a thread: the others are asked meanwhile.
            job.polled += await asyncio.to_thread(settle_outcomes, settings, job.left, outcomes, run_id)
            for outcome in outcomes:
                del job.left[outcome.key]
            progress.report("feeds", job.total - len(job.left), job.total)
        await fetching
    finally:
        fetching.cancel()
        await asyncio.wait([fetching])


def settle_outcomes(settings: Settings, polled: Mapping[int, Feed], outcomes: Sequence[FetchOutcome], run_id: int) -> Polled:
    """Parses what changed and writes it in one transaction: validators never outrun their entries. `polled` is by feed id."""
    now = datetime.now(UTC)
    hashes = {outcome.key: hashlib.sha1(outcome.body).hexdigest() for outcome in outcomes if isinstance(outcome, Fetched)}
    changed = [
        outcome for outcome in outcomes if isinstance(outcome, Fetched) and hashes[outcome.key] != polled[outcome.key].body_hash
    ]
    read = parse_safely.parse_feeds_safely([_parse_item(outcome, now) for outcome in changed], PARSE_SECONDS)
    parsed = {outcome.key: feed for outcome, feed in zip(changed, read, strict=True)}
    if settings.archive == "all":
        with must_hold(settings, "archive"):
            archive.append_all(settings.archive_folder, [(outcome, None) for outcome in changed], now)
    results = [
        settle_poll(polled[outcome.key], outcome, parsed.get(outcome.key), hashes.get(outcome.key), now) for outcome in outcomes
    ]
    return _write(settings, results, outcomes, _listed_entries(parsed), run_id, now)


def _write(
    settings: Settings,
    results: Sequence[PollResult],
    outcomes: Sequence[FetchOutcome],
    listed: Sequence[tuple[int, ParsedEntry]],
    run_id: int,
    now: datetime,
) -> Polled:
    with open_master(settings) as connection, transaction(connection):
        found = entries.discover(connection, listed, run_id, now)
        feeds.record_polls(connection, results, found.feeds)
        runs.keep_pauses(connection, PACING.pauses(), now)
        runs.record_attempts(connection, [attempt for outcome in outcomes for attempt in outcome.attempts], run_id)
    failed = sum(not result.ok and result.reason is not Reason.FEED_GONE for result in results)
    return Polled(RunCounts(feeds=len(results), entries=found.new, failures=failed), found.new, found.edited)


def _size(outcome: FetchOutcome) -> int:
    return len(outcome.body) if isinstance(outcome, Fetched) else 0


def _parse_item(outcome: Fetched, now: datetime) -> tuple[bytes, str, str | None, datetime]:
    return outcome.body, outcome.final_url, outcome.header("content-type"), now


def _listed_entries(parsed: Mapping[int, ParsedFeed | ParseFailed]) -> list[tuple[int, ParsedEntry]]:
    return [(key, entry) for key, feed in parsed.items() if isinstance(feed, ParsedFeed) for entry in feed.entries]
