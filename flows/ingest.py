"""ingest: drain pending entries → page → archive → extract → copies → story → entities → commit, batch by batch.

A batch is a chain of Prefect tasks. While one batch is being folded and written, the next one is fetched and
extracted; writing follows the queue's one total order, so that no result depends on where a batch begins or ends.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows import logs, progress, steps
from flows.metrics import write_metrics
from flows.policy import flow_run_id
from flows.renewal import place_changed
from flows.settle import settle_batch
from flows.submissions import take_submitted
from flows.watching import tell_watchers
from schemas.events import ARTICLES_STORED, MOST_IDS, RESOURCE_ID, ArticlesStored
from schemas.settings import Settings, load_settings
from schemas.summaries import IngestSummary, RunCounts
from tasks.settle import Batch, Worked
from tasks.store import articles, entries, page_checks, runs
from tasks.store.master import holding, open_master
from tasks.store.publish import publish_if_due
from tasks.workers import Workers, workers

RUNNER: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=4)
LONGEST_SECONDS = 1800.0  # a run that does not catch up starts no further pass after this: the next run goes on
# What backfills found is worked off a few at a time: news that come in meanwhile go first, and are published soon.
OLDER_BATCH = 25
OLDER_A_RUN = 100
STALE = timedelta(hours=1)  # a published file older than this is made anew even when no article changed


@flow(name="ingest", persist_result=False, task_runner=RUNNER)  # type: ignore[arg-type]  # Prefect types futures as invariant
def ingest(limit: int = 0, publish_after: bool = True) -> IngestSummary:
    """Works off what feeds listed: fetches, extracts, folds, links, stores, and publishes the file.

    Args:
        limit: Most entries to work off; 0 means all.
        publish_after: Make a new published file when something changed.
    """
    settings = load_settings()
    take_submitted(settings, datetime.now(UTC))
    return ingest_once(settings, limit, publish_after=publish_after)


def ingest_once(settings: Settings, limit: int, *, publish_after: bool) -> IngestSummary:
    """One ingest, unless another one is at work: works the queue off, publishes, tells whoever listens."""
    logs.set_up(settings)
    done = _drains(settings, limit, publish_after=publish_after)
    if not done:
        return IngestSummary(0, RunCounts(), busy=True)
    summary = replace(done[-1], counts=sum((one.counts for one in done), RunCounts()))
    if publish_after:
        publish_if_due(settings, datetime.now(UTC), changed=summary.changed, stale=STALE)
    for one in done:
        if one.counts.articles or one.counts.versions:
            emit_event(ARTICLES_STORED, resource={"prefect.resource.id": RESOURCE_ID}, payload=_stored(settings, one))
    tell_watchers(settings)
    write_metrics(settings)
    if flow_run_id():
        create_markdown_artifact(key="ingest", markdown=steps.artifact(summary), description="What the last ingest did")
    return summary


def _drains(settings: Settings, limit: int, *, publish_after: bool) -> list[IngestSummary]:
    """Works the queue off; empty when another ingest is at work.

    What is queued while this one is past its last reading of the queue is its affair as well: the run that was to work it
    off found this one at work and went away. So the queue is read once more when others can get in.
    """
    done: list[IngestSummary] = []
    end = time.monotonic() + LONGEST_SECONDS
    while not done or (not limit and time.monotonic() < end and _is_waiting(settings)):
        with holding(settings, "ingest", 0) as had:
            if not had:
                break
            done.append(drain(settings, limit, publish_after=publish_after))
    return done


def _is_waiting(settings: Settings) -> bool:
    """Whether an entry that a feed listed, or somebody submitted, could be worked off now."""
    with open_master(settings) as connection:
        return bool(entries.pending(connection, 1, datetime.now(UTC)))


def _stored(settings: Settings, summary: IngestSummary) -> dict[str, Any]:
    with open_master(settings) as connection:
        stories, entities, complete = articles.touched(connection, summary.run_id, MOST_IDS)
    counts = summary.counts
    return ArticlesStored(
        run_id=summary.run_id,
        articles=counts.articles,
        versions=counts.versions,
        stories=counts.stories,
        story_ids=stories,
        entity_ids=entities,
        complete=complete,
    ).model_dump()


def drain(settings: Settings, limit: int, *, publish_after: bool = False) -> IngestSummary:
    """Works the queue off. Entries that come in meanwhile are taken as well: with `publish_after`, what is done by then is
    published every `publish_seconds`, so that a long run, or one that never catches up, keeps nothing back."""
    with open_master(settings) as connection:
        run_id = runs.start(connection, "ingest", flow_run_id(), datetime.now(UTC))
        total = entries.count_pending(connection, datetime.now(UTC), OLDER_A_RUN)
        looks = page_checks.count_due(connection, datetime.now(UTC))
    total = min(total, limit) if limit else total
    counts = RunCounts()
    if total or looks:
        with workers(settings.workers, steps.WARM_UP) as pool:
            if total:  # most looks end with a 304, for which nobody need load a model
                pool.start()
            counts = _work_off(settings, pool, run_id, total, limit, publish_after=publish_after)
    place_changed(settings)  # also what a run that was killed has left
    with open_master(settings) as connection:
        waiting = entries.count_waiting(connection)
        summary = IngestSummary(run_id, counts, waiting)
        runs.finish(connection, run_id, counts, summary.sentence(), datetime.now(UTC))
    return summary


def _work_off(settings: Settings, pool: Workers, run_id: int, total: int, limit: int, *, publish_after: bool) -> RunCounts:
    """One batch is prepared while the one before it is settled."""
    counts, published = RunCounts(), time.monotonic()
    ahead: PrefectFuture[Batch] | None = None
    extracted: PrefectFuture[Batch] | None = None
    for batch in _batches(settings, limit):
        chain = None
        if batch:
            extracted, chain = _begin(settings, pool, batch, extracted)
        if ahead is not None:
            ready = ahead.result()
            counts += settle_batch(settings, ready, run_id)
            ready.items = ()
            progress.report("entries", min(counts.entries, total), total)
            if publish_after and counts.articles and time.monotonic() - published >= settings.publish_seconds:
                publish_if_due(settings, datetime.now(UTC), changed=True)
                published = time.monotonic()
        ahead = chain
    return counts


def _begin(
    settings: Settings, pool: Workers, batch: list[Worked], before: "PrefectFuture[Batch] | None"
) -> "tuple[PrefectFuture[Batch], PrefectFuture[Batch]]":
    """Starts the steps of a batch: (its extraction, its last step). Batches are fetched side by side, but extracted in
    the queue's order: what repeats on a site's pages is judged by the pages before."""
    # Prefect resolves futures that are given as arguments; its types do not know that.
    fetched: Any = fetch_pages.submit(settings, Batch(batch))
    extract: Any = extract_pages
    extracted = extract.submit(settings, pool, fetched, wait_for=None if before is None else [before])
    return extracted, read_texts.submit(settings, pool, extracted)


def _batches(settings: Settings, limit: int) -> Iterator[list[Worked]]:
    """The queue in its order, from the start again as long as a pass found something; then the articles that are due for
    another look at their page, and then what backfills found, a batch at a time: what came in meanwhile goes first.

    An empty batch ends each pass: what is under way must be settled before the queue is read again.
    """
    taken, found, looked, older = 0, True, set[int](), 0
    end = time.monotonic() + LONGEST_SECONDS
    while found and time.monotonic() < end:
        found, after = False, None
        while size := min(settings.batch_size, limit - taken) if limit else settings.batch_size:
            with open_master(settings) as connection:
                batch = entries.pending(connection, size, datetime.now(UTC), after)
            if not batch:
                break
            found, taken, after = True, taken + len(batch), (batch[-1].published_at, batch[-1].id)
            yield [Worked(entry) for entry in batch]
        yield []
        if not found and size:
            with open_master(settings) as connection:
                looks = page_checks.due(connection, size, datetime.now(UTC))
            # A clock that was put back must not make a run look for ever.
            looks = [(entry, check) for entry, check in looks if check.article_id not in looked]
            looked.update(check.article_id for _, check in looks)
            if looks:
                found, taken = True, taken + len(looks)
                yield [Worked(entry, check=check) for entry, check in looks]
                yield []
        if not found and size and older < OLDER_A_RUN:
            with open_master(settings) as connection:
                batch = entries.pending(connection, min(size, OLDER_BATCH), datetime.now(UTC), older=True)
            if batch:
                found, taken, older = True, taken + len(batch), older + len(batch)
                yield [Worked(entry) for entry in batch]
                yield []


@task(name="fetch-pages", cache_policy=NO_CACHE, persist_result=False, retries=1, retry_delay_seconds=5)
def fetch_pages(settings: Settings, batch: Batch) -> Batch:
    """Fetches a batch's pages politely, many hosts at once, and archives them."""
    checks = {item.entry.id: item.check for item in batch.items if item.check is not None}
    batch.items = steps.fetch_batch(settings, [item.entry for item in batch.items], checks)
    return batch


@task(name="extract-pages", cache_policy=NO_CACHE, persist_result=False)
def extract_pages(settings: Settings, pool: Workers, batch: Batch) -> Batch:
    """Extracts the articles of a batch's pages."""
    batch.items = steps.extract_batch(settings, pool, batch.items)
    return batch


@task(name="read-texts", cache_policy=NO_CACHE, persist_result=False)
def read_texts(settings: Settings, pool: Workers, batch: Batch) -> Batch:
    """Finds entities and makes the folding signatures of a batch's articles."""
    batch.items = steps.read_batch(settings, pool, batch.items)
    return batch
