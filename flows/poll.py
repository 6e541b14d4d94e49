"""poll: which feeds are due → conditional GET → parse what changed → new entries pending; one small event a run."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from flows import progress
from flows.policy import PACING, fetch_policy, flow_run_id
from schemas.events import ENTRIES_DISCOVERED, RESOURCE_ID, EntriesDiscovered
from schemas.reasons import Reason
from schemas.records import Feed, Fetched, FetchOutcome, FetchRequest, ParsedEntry, ParsedFeed, ParseFailed
from schemas.settings import Settings, load_settings
from schemas.summaries import Polled, PollSummary, RunCounts
from tasks import archive, fetch, parse_safely
from tasks.schedule import PollResult, settle_poll
from tasks.store import entries, feeds, runs
from tasks.store.master import must_hold, open_master, transaction

PARSE_SECONDS = 20.0
# Feeds that are asked in one go: a slow one holds up only its own batch, and 304s cost next to nothing.
FEEDS_A_BATCH = 1000


@flow(name="poll", persist_result=False, validate_parameters=True)
def poll(everything: bool = False, only: list[str] | None = None) -> PollSummary:
    """Asks the feeds that are due what is new.

    Args:
        everything: Ask all active feeds, whether due or not. Requests stay conditional.
        only: Addresses of feeds; only these are asked. Empty means all.
    """
    settings = load_settings()
    with open_master(settings) as connection:
        now = datetime.now(UTC)
        run_id = runs.start(connection, "poll", flow_run_id(), now)
        due = feeds.due(connection, now, everything=everything, only=only or ())
    polled = Polled()
    for start in range(0, len(due), FEEDS_A_BATCH):
        batch = due[start : start + FEEDS_A_BATCH]
        polled += poll_feeds(settings, batch, run_id)
        progress.report("feeds", start + len(batch), len(due))
    summary = PollSummary(run_id, polled)
    with open_master(settings) as connection:
        runs.finish(connection, run_id, polled.counts, summary.sentence(), datetime.now(UTC))
    if due and flow_run_id():
        create_markdown_artifact(key="poll", markdown=summary.sentence(), description="What the last poll did")
    if polled.new or polled.edited:
        payload = EntriesDiscovered(run_id=run_id, new=polled.new, edited=polled.edited)
        emit_event(ENTRIES_DISCOVERED, resource={"prefect.resource.id": RESOURCE_ID}, payload=payload.model_dump())
    return summary


def poll_batch(settings: Settings, batch: Sequence[Feed], run_id: int) -> Polled:
    """Polls a batch of feeds and writes what it found, in one transaction: validators never outrun their entries."""
    outcomes = asyncio.run(fetch.fetch_all([_request(feed) for feed in batch], fetch_policy(settings), pacing=PACING))
    now = datetime.now(UTC)
    hashes = [_hash(outcome) for outcome in outcomes]
    bodies = _changed_bodies(batch, outcomes, hashes)
    parsed = dict(
        zip(
            bodies,
            parse_safely.parse_feeds_safely([_parse_item(outcome, now) for outcome in bodies.values()], PARSE_SECONDS),
            strict=True,
        )
    )
    if settings.archive == "all":
        with must_hold(settings, "archive"):
            archive.append_all(settings.archive_folder, [(outcome, None) for outcome in bodies.values()], now)
    results = [
        settle_poll(feed, outcome, parsed.get(feed.id), body_hash, now)
        for feed, outcome, body_hash in zip(batch, outcomes, hashes, strict=True)
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
        runs.record_attempts(connection, [attempt for outcome in outcomes for attempt in outcome.attempts], run_id)
    failed = sum(not result.ok and result.reason is not Reason.FEED_GONE for result in results)
    return Polled(RunCounts(feeds=len(results), entries=found.new, failures=failed), found.new, found.edited)


def _request(feed: Feed) -> FetchRequest:
    return FetchRequest(feed.id, feed.url, "feed", feed.validators)


def _hash(outcome: FetchOutcome) -> str | None:
    return hashlib.sha1(outcome.body).hexdigest() if isinstance(outcome, Fetched) else None


def _changed_bodies(batch: Sequence[Feed], outcomes: Sequence[FetchOutcome], hashes: Sequence[str | None]) -> dict[int, Fetched]:
    return {
        feed.id: outcome
        for feed, outcome, body_hash in zip(batch, outcomes, hashes, strict=True)
        if isinstance(outcome, Fetched) and body_hash != feed.body_hash
    }


def _parse_item(outcome: Fetched, now: datetime) -> tuple[bytes, str, str | None, datetime]:
    return outcome.body, outcome.final_url, outcome.header("content-type"), now


def _listed_entries(parsed: dict[int, ParsedFeed | ParseFailed]) -> list[tuple[int, ParsedEntry]]:
    return [(key, entry) for key, feed in parsed.items() if isinstance(feed, ParsedFeed) for entry in feed.entries]


@task(name="poll-feeds", cache_policy=NO_CACHE, persist_result=False, retries=2, retry_delay_seconds=5)
def poll_feeds(settings: Settings, batch: Sequence[Feed], run_id: int) -> Polled:
    """Polls a batch of feeds. Safe to run again: ids and transactions make a second time change nothing."""
    return poll_batch(settings, batch, run_id)
