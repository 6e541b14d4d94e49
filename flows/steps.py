"""The steps of a batch, put together: plain functions that the tasks of `ingest` call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from flows import captures, furniture, reservations
from flows.policy import PACING, fetch_policy
from schemas.entity_records import ArticleEntities
from schemas.reasons import FOLDING_VERDICTS, EntryState, Reason
from schemas.records import (
    Entry,
    ExtractFailed,
    Extraction,
    FeedHints,
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    FoldDoc,
    NotModified,
    PageCheck,
)
from schemas.settings import Settings
from schemas.summaries import IngestSummary
from tasks import archive, entities, extract, feed_text, fetch, settle
from tasks.page import NotAPage, canonical_of, page_from
from tasks.settle import Worked
from tasks.signatures import Signature, signature_of
from tasks.store import articles, entries, feeds, runs, seen_files
from tasks.store.forget import repair_offsets
from tasks.store.master import must_hold, open_master, transaction
from tasks.term_features import Features, features_of
from tasks.urls import registrable_domain
from tasks.workers import Workers

WARM_UP = (extract.warm_up, entities.warm_up)
EXTRACT_SECONDS = 60.0
READ_SECONDS = 60.0
_NOTHING: frozenset[int] = frozenset()

# ---------------------------------------------------------------- fetch


def fetch_batch(settings: Settings, batch: Sequence[Entry], checks: Mapping[int, PageCheck] | None = None) -> list[Worked]:
    """Fetches and archives the pages of a batch; entries whose address is worked off elsewhere are only marked.

    `checks` (entry id -> check): the batch is one of stored articles whose pages are looked at again.
    """
    now, checks = datetime.now(UTC), checks or {}
    with open_master(settings) as connection:
        followers = entries.followers(connection, batch, now)
        blocked = articles.blocked(connection)
        cache = seen_files.known(connection, "robots", now)
        PACING.resume(runs.pauses(connection, now))
    before, paused = dict(cache), set(PACING.pauses())
    wanted = [entry for entry in batch if entry.id not in followers and not settle.blocked_by(entry.url, blocked)]
    asked = [entry for entry in wanted if not captures.is_on_disk(entry)]
    requests = [_request(entry, checks.get(entry.id)) for entry in asked]
    answers = fetch.run(fetch.fetch_pages(requests, fetch_policy(settings), cache, pacing=PACING))
    came = {entry.id: captures.as_original(entry, answer) for entry, answer in zip(asked, answers, strict=True)}
    outcomes = [came.get(entry.id) or captures.from_disk(entry, now) for entry in wanted]
    if cache != before or set(PACING.pauses()) - paused:
        with open_master(settings) as connection, transaction(connection):
            seen_files.keep(connection, "robots", cache)
            runs.keep_pauses(connection, PACING.pauses(), now)
    by_id = {
        entry.id: _read(Worked(entry, attempts=outcome.attempts, check=checks.get(entry.id)), outcome, blocked)
        for entry, outcome in zip(wanted, outcomes, strict=True)
    }
    by_id = reservations.judge_batch(settings, by_id, now)
    kept = _archive(settings, by_id, {outcome.key: outcome for outcome in outcomes if isinstance(outcome, Fetched)})
    return [kept.get(entry.id) or _unfetched(entry, entry.id in followers, checks.get(entry.id), now) for entry in batch]


def _request(entry: Entry, check: PageCheck | None) -> FetchRequest:
    if check is None:
        return FetchRequest(entry.id, entry.fetch_url or entry.url, "page")
    return FetchRequest(entry.id, entry.url, "page", check.validators, check.checked_url)


def _unfetched(entry: Entry, follows: bool, check: PageCheck | None, now: datetime) -> Worked:
    return Worked(entry, follows=True) if follows else _forgotten(Worked(entry, check=check), now)


def _forgotten(item: Worked, now: datetime) -> Worked:
    detail = "the address or its domain was removed by `newsfold forget`"
    url = item.entry.url
    return replace(item, failure=FetchFailed(item.entry.id, url, url, Reason.FORGOTTEN, detail, now))


def _read(item: Worked, outcome: FetchOutcome, blocked: frozenset[str]) -> Worked:
    """What came back for an item. What leads to something forgotten goes no further: not even into the archive."""
    if isinstance(outcome, NotModified) and item.check is not None:
        return replace(item, same=outcome)
    if not isinstance(outcome, Fetched):
        failure = outcome if isinstance(outcome, FetchFailed) else _unusable(outcome.url, item.entry, outcome.fetched_at)
        return replace(item, failure=failure)
    if settle.blocked_by(outcome.final_url, blocked):
        return _forgotten(item, outcome.fetched_at)
    page = page_from(outcome, item.entry.id)
    if isinstance(page, NotAPage):
        failure = FetchFailed(item.entry.id, outcome.url, outcome.final_url, page.reason, page.detail, outcome.fetched_at)
        return replace(item, failure=failure)
    if blocked and settle.blocked_by(canonical_of(page), blocked):
        return _forgotten(item, outcome.fetched_at)
    return replace(item, page=page)


def _unusable(url: str, entry: Entry, at: datetime) -> FetchFailed:
    return FetchFailed(entry.id, url, url, Reason.PROTOCOL, "the server answered 304 to a request without a validator", at)


def _archive(settings: Settings, worked: dict[int, Worked], outcomes: dict[int, Fetched]) -> dict[int, Worked]:
    """Appends the pages to the archive, a payload that is there already as a revisit record.

    Its writer holds a lock: two runs never write into one file.
    """
    pages = {key: item.page for key, item in worked.items() if item.page is not None and item.failure is None}
    if settings.archive == "off" or not pages:
        return worked
    with must_hold(settings, "archive"):
        repair_offsets(settings)
        with open_master(settings) as connection:
            seen = articles.archived(connection, [page.id for page in pages.values()])
        answers = [
            (outcomes[key], archive.SeenBefore(*seen[page.id]) if page.id in seen else None) for key, page in pages.items()
        ]
        spots = archive.append_all(settings.archive_folder, answers, datetime.now(UTC))
    return worked | {
        key: replace(worked[key], archive_file=spot.file, archive_offset=spot.offset)
        for key, spot in zip(pages, spots, strict=True)
    }


# ---------------------------------------------------------------- extract


def extract_batch(settings: Settings, pool: Workers, batch: Sequence[Worked]) -> list[Worked]:
    """Extracts the pages of a batch in the worker processes."""
    with open_master(settings) as connection:
        titles = feeds.titles(connection, [item.entry.feed_id for item in batch])
    now = datetime.now(UTC)
    jobs = [source_of(item, titles, now) for item in batch if item.page is not None and item.failure is None]
    made = iter(pool.run(extract_source, jobs, extract_failed, EXTRACT_SECONDS))
    batch = [replace(item, extraction=next(made)) if item.page is not None and item.failure is None else item for item in batch]
    batch = _without_furniture(pool, batch, titles, furniture.judge_batch(settings, batch, now), now)
    wanted = {
        item.entry.id: (feed_text.page_of(item.entry), item.entry.url, _hints(item.entry, titles), now, _NOTHING, None)
        for item in batch
        if item.check is None and not item.reserved and feed_text.is_wanted(item.entry, item.failure, item.extraction)
    }
    read = dict(zip(wanted, pool.run(extract_source, list(wanted.values()), extract_failed, EXTRACT_SECONDS), strict=True))
    return [
        replace(item, feed_text=feed_text.as_article(item.entry, read[item.entry.id], item.extraction))
        if item.entry.id in read
        else item
        for item in batch
    ]


def _without_furniture(
    pool: Workers, batch: Sequence[Worked], titles: Mapping[int, str | None], found: dict[int, frozenset[int]], now: datetime
) -> list[Worked]:
    """The batch with those pages extracted anew, of which lines stand on many pages of their sites."""
    jobs = {
        item.entry.id: source_of(item, titles, now, found[item.entry.id])
        for item in batch
        if item.page is not None and item.entry.id in found
    }
    made = dict(zip(jobs, pool.run(extract_source, list(jobs.values()), extract_failed, EXTRACT_SECONDS), strict=True))
    return [replace(item, extraction=made[item.entry.id]) if item.entry.id in made else item for item in batch]


def _hints(entry: Entry, titles: Mapping[int, str | None]) -> FeedHints:
    return FeedHints(
        title=entry.title,
        authors=entry.authors,
        published_at=entry.published_at,
        outlet=titles.get(entry.feed_id),
        language=entry.language,
        content=entry.content,
    )


# HTML, its address, what the feed says, now, the lines that are furniture, the header's language
Source = tuple[str, str, FeedHints, datetime, frozenset[int], str | None]
Extractor = Callable[[Source], Extraction | ExtractFailed]


def source_of(
    item: Worked, titles: Mapping[int, str | None], now: datetime, furniture_lines: frozenset[int] = _NOTHING
) -> Source:
    """What an item's page is extracted from; `titles` are those of the feeds."""
    html, url = (item.page.html, item.page.final_url) if item.page is not None else ("", item.entry.url)
    declared = item.page.content_language if item.page is not None else None
    return html, url, _hints(item.entry, titles), now, furniture_lines, declared


def extract_source(job: Source) -> Extraction | ExtractFailed:
    """Extracts one page in a worker process."""
    html, url, hints, now, lines, declared = job
    return extract.extract_safely(html, url, now=now, hints=hints, content_language=declared, furniture=lines)


def extract_failed(_job: Source, detail: str) -> Extraction | ExtractFailed:
    """What becomes of a page that hangs or kills its process."""
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


_Job = tuple[Entry, str, datetime, Extraction]  # the entry, where its article is from, when it was fetched, the article


def _job(item: Worked) -> _Job | None:
    made = item.article
    if made is None or item.same is not None:
        return None
    if item.feed_text is None and item.page is not None:
        return item.entry, item.page.final_url, item.page.fetched_at, made
    got = item.failure or item.page
    return (item.entry, item.entry.url, got.fetched_at, made) if got is not None else None


# title, text, language, time, its organizations, its domain where its dollar counts
FindJob = tuple[str, str, str | None, datetime, tuple[str | None, str | None], str | None]


def find_again(job: FindJob) -> ArticleEntities:
    """Finds the entities and facts of one text in a worker process."""
    title, body, language, at, organizations, domain = job
    return entities.with_organizations(entities.find_entities(title, body, language, at, domain), organizations)


def _read_text(job: _Job) -> _Read:
    made = job[3]
    # what an agency writes is meant for everywhere: its dollar is the usual one
    domain = None if made.agency else registrable_domain(made.canonical_url)
    return _fold(job, find_again((made.title or "", made.text, made.language, _time_of(job), (made.outlet, made.agency), domain)))


def _read_failed(job: _Job, detail: str) -> _Read:
    return _fold(job, ArticleEntities(skipped=detail))


def _fold(job: _Job, found: ArticleEntities) -> _Read:
    doc = _doc(job)
    return _Read(signature_of(doc), features_of(doc.title, doc.text, doc.language), found)


def _time_of(job: _Job) -> datetime:
    return job[3].published_at or job[0].published_at or job[2]


def _doc(job: _Job) -> FoldDoc:
    """The article as folding sees it. Its id is set when its address is settled."""
    entry, url, _, made = job
    return FoldDoc(
        id=0,
        title=made.title or entry.title or "",
        text=made.text,
        at=_time_of(job),
        source=registrable_domain(url),
        language=made.language,
        may_be_original=made.verdict in FOLDING_VERDICTS,
    )


def artifact(summary: IngestSummary) -> str:
    """The run's Prefect artifact."""
    rows = "\n".join(f"| {name} | {value} |" for name, value in summary.counts.columns().items() if name != "feeds")
    return f"{summary.sentence()}\n\n| what | how many |\n| --- | --- |\n{rows}\n| {EntryState.PENDING} | {summary.waiting} |\n"
