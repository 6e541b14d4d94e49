"""The steps of a batch, put together: plain functions that the tasks of `ingest` call."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from flows.policy import PACING, fetch_policy
from schemas.reasons import ARTICLE_VERDICTS, FOLDING_VERDICTS, EntryState, Reason
from schemas.records import (
    ArticleEntities,
    Entry,
    ExtractFailed,
    Extraction,
    FeedHints,
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    FoldDoc,
    Page,
)
from schemas.settings import Settings
from schemas.summaries import IngestSummary
from tasks import archive, entities, extract, fetch, settle
from tasks.page import NotAPage, page_from
from tasks.settle import Worked
from tasks.signatures import Signature, signature_of
from tasks.store import articles, entries, feeds, runs
from tasks.store.master import must_hold, open_master, transaction
from tasks.term_features import Features, features_of
from tasks.urls import registrable_domain
from tasks.workers import Workers

WARM_UP = (extract.warm_up, entities.warm_up)
EXTRACT_SECONDS = 60.0
READ_SECONDS = 60.0

# ---------------------------------------------------------------- fetch


def fetch_batch(settings: Settings, batch: Sequence[Entry]) -> list[Worked]:
    """Fetches and archives the pages of a batch; entries whose address is worked off elsewhere are only marked."""
    now = datetime.now(UTC)
    with open_master(settings) as connection:
        followers = entries.followers(connection, batch, now)
        blocked = articles.blocked(connection)
        cache = runs.robots_cache(connection, now)
    before = dict(cache)
    wanted = [entry for entry in batch if entry.id not in followers and not settle.blocked_by(entry.url, blocked)]
    requests = [FetchRequest(entry.id, entry.url, "page") for entry in wanted]
    outcomes = asyncio.run(fetch.fetch_pages(requests, fetch_policy(settings), cache, pacing=PACING))
    if cache != before:
        with open_master(settings) as connection, transaction(connection):
            runs.keep_robots(connection, cache)
    by_id = {entry.id: _read(entry, outcome, settings, blocked) for entry, outcome in zip(wanted, outcomes, strict=True)}
    kept = _archive(settings, by_id, {outcome.key: outcome for outcome in outcomes if isinstance(outcome, Fetched)})
    return [kept.get(entry.id) or _unfetched(entry, entry.id in followers, now) for entry in batch]


def _unfetched(entry: Entry, follows: bool, now: datetime) -> Worked:
    return Worked(entry, follows=True) if follows else _forgotten(entry, now)


def _forgotten(entry: Entry, now: datetime) -> Worked:
    detail = "the address or its domain was removed by `newsfold forget`"
    return Worked(entry, failure=FetchFailed(entry.id, entry.url, entry.url, Reason.FORGOTTEN, detail, now))


def _read(entry: Entry, outcome: FetchOutcome, settings: Settings, blocked: frozenset[str]) -> Worked:
    if not isinstance(outcome, Fetched):
        failure = outcome if isinstance(outcome, FetchFailed) else _unusable(outcome.url, entry, outcome.fetched_at)
        return Worked(entry, failure=failure, attempts=outcome.attempts)
    if settle.blocked_by(outcome.final_url, blocked):
        return replace(_forgotten(entry, outcome.fetched_at), attempts=outcome.attempts)
    page = page_from(outcome, entry.id)
    if isinstance(page, NotAPage):
        failure = FetchFailed(entry.id, outcome.url, outcome.final_url, page.reason, page.detail, outcome.fetched_at)
        return Worked(entry, failure=failure, attempts=outcome.attempts)
    if page.tdm_reserved and not settings.store_reserved:
        detail = "NEWSFOLD_STORE_RESERVED=true would store it"
        failure = FetchFailed(entry.id, page.url, page.final_url, Reason.TDM_RESERVED, detail, page.fetched_at)
        return Worked(entry, failure=failure, attempts=outcome.attempts)
    return Worked(entry, page=page, attempts=outcome.attempts)


def _unusable(url: str, entry: Entry, at: datetime) -> FetchFailed:
    return FetchFailed(entry.id, url, url, Reason.PROTOCOL, "the server answered 304 to a request without a validator", at)


def _archive(settings: Settings, worked: dict[int, Worked], outcomes: dict[int, Fetched]) -> dict[int, Worked]:
    """Appends the pages to the archive. Its writer holds a lock: two runs never write into one file."""
    keep = [key for key, item in worked.items() if item.page is not None]
    if settings.archive == "off" or not keep:
        return worked
    with must_hold(settings, "archive"):
        spots = archive.append(settings.archive_folder, [outcomes[key] for key in keep], datetime.now(UTC))
    return worked | {
        key: replace(worked[key], archive_file=spot.file, archive_offset=spot.offset)
        for key, spot in zip(keep, spots, strict=True)
    }


# ---------------------------------------------------------------- extract


def extract_batch(settings: Settings, pool: Workers, batch: Sequence[Worked]) -> list[Worked]:
    """Extracts the pages of a batch in the worker processes."""
    with open_master(settings) as connection:
        titles = feeds.titles(connection, [item.entry.feed_id for item in batch])
    now = datetime.now(UTC)
    jobs = [(item.page, _hints(item.entry, titles), now) for item in batch if item.page is not None]
    made = iter(pool.run(_extract, jobs, _extract_failed, EXTRACT_SECONDS))
    return [replace(item, extraction=next(made)) if item.page is not None else item for item in batch]


def _hints(entry: Entry, titles: dict[int, str | None]) -> FeedHints:
    return FeedHints(
        title=entry.title,
        authors=entry.authors,
        published_at=entry.published_at,
        outlet=titles.get(entry.feed_id),
        content=entry.content,
    )


def _extract(job: tuple[Page, FeedHints, datetime]) -> Extraction | ExtractFailed:
    page, hints, now = job
    return extract.extract_safely(page.html, page.final_url, now=now, hints=hints)


def _extract_failed(_job: tuple[Page, FeedHints, datetime], detail: str) -> Extraction | ExtractFailed:
    return ExtractFailed(Reason.EXTRACT_FAILED, detail)


# ---------------------------------------------------------------- entities and signatures


def read_batch(settings: Settings, pool: Workers, batch: Sequence[Worked]) -> list[Worked]:
    """Finds the entities and makes the folding signatures of a batch's articles in the worker processes."""
    del settings  # the other steps take it, too
    jobs = {item.entry.id: job for item in batch if (job := _job(item))}
    read = dict(zip(jobs, pool.run(_read_text, list(jobs.values()), _read_failed, READ_SECONDS), strict=True))
    return [replace(item, **read[item.entry.id]._asdict()) if item.entry.id in read else item for item in batch]


class _Read(NamedTuple):
    """What is read in an article's text; the names are those of `Worked`."""

    signature: Signature
    features: Features
    found: ArticleEntities


_Job = tuple[Entry, Page, Extraction]


def _job(item: Worked) -> _Job | None:
    if item.page is None or not isinstance(item.extraction, Extraction) or item.extraction.verdict not in ARTICLE_VERDICTS:
        return None
    return item.entry, item.page, item.extraction


def _read_text(job: _Job) -> _Read:
    found = entities.find_entities(job[2].title or "", job[2].text, job[2].language, _time_of(job))
    return _fold(job, entities.with_organizations(found, (job[2].outlet, job[2].agency)))


def _read_failed(job: _Job, detail: str) -> _Read:
    return _fold(job, ArticleEntities(skipped=detail))


def _fold(job: _Job, found: ArticleEntities) -> _Read:
    doc = _doc(job)
    return _Read(signature_of(doc), features_of(doc.title, doc.text, doc.language), found)


def _time_of(job: _Job) -> datetime:
    return job[2].published_at or job[0].published_at or job[1].fetched_at


def _doc(job: _Job) -> FoldDoc:
    """The article as folding sees it. Its id is set when its address is settled."""
    entry, page, made = job
    return FoldDoc(
        id=0,
        title=made.title or entry.title or "",
        text=made.text,
        at=_time_of(job),
        source=registrable_domain(page.final_url),
        language=made.language,
        may_be_original=made.verdict in FOLDING_VERDICTS,
    )


def artifact(summary: IngestSummary) -> str:
    """The run's Prefect artifact."""
    rows = "\n".join(f"| {name} | {value} |" for name, value in summary.counts.columns().items() if name != "feeds")
    return f"{summary.sentence()}\n\n| what | how many |\n| --- | --- |\n{rows}\n| {EntryState.PENDING} | {summary.waiting} |\n"
