"""backfill: older articles from the archives of feeds and sites, or from files, into the same queue, behind the news.

Started by hand, in Prefect's UI or with `newsfold backfill`. What was read stays read: the same backfill again goes on
where it was stopped or killed, and finds nothing to do when it was done.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.task_runners import ThreadPoolTaskRunner

from flows import archives, progress
from flows.ingest import ingest_once
from flows.policy import flow_run_id
from schemas.backfill import BackfillSummary, Progress, Request, SourceName
from schemas.errors import BadInput
from schemas.settings import Settings, load_settings
from schemas.summaries import RunCounts
from tasks.backfill_request import Asked, read_request
from tasks.store import backfills, runs
from tasks.store.backfills import BackfillState
from tasks.store.master import holding, is_there, open_master, transaction

RUNNER: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=4)
WAIT_SECONDS = 2.0


@flow(name="backfill", persist_result=False, validate_parameters=True, task_runner=RUNNER)  # type: ignore[arg-type]  # Prefect types futures as invariant
def backfill(
    feeds: list[str] = [],  # noqa: B006 (the UI's form is made of the defaults; nothing changes it)
    site: str = "",
    since: date | None = None,
    until: date | None = None,
    source: SourceName = "auto",
    limit: int = 1000,
    file: str = "",
    dry_run: bool = True,
) -> BackfillSummary:
    """Fetches older articles of your feeds, of a site, or from a file. It asks gently and comes after the news.

    Args:
        feeds: Names or addresses of feeds, as in your list. Leave it empty for all your feeds.
        site: A site whose articles you want, with or without a feed, such as https://www.example.org
        since: Only articles published on this day or later. Leave it empty for no limit.
        until: Only articles published on this day or earlier. Leave it empty for no limit.
        source: Where to look. "auto" takes what the outlet itself offers, the feed's archive first, then WordPress, then the
            sitemap. The Internet Archive is asked only when you choose it.
        limit: The most articles to fetch; 0 fetches all that are found.
        file: A list of addresses (text, CSV, JSON Lines), a WARC or WACZ file, or a folder of them, on the machine where
            newsfold runs. Leave it empty to search the web.
        dry_run: Only say what would be fetched and how long it would take. Nothing is written. Turn it off to fetch.
    """
    settings = load_settings()
    asked = Asked(tuple(feeds), site, file, since, until, source, limit)
    request = read_request(asked, _known(settings), settings.home, settings.timezone, datetime.now(UTC))
    summary = look(settings, request) if dry_run else fetch_older(settings, request)
    if flow_run_id():
        create_markdown_artifact(key="backfill", markdown=summary.markdown(), description="What the last backfill did")
    return summary


def look(settings: Settings, request: Request) -> BackfillSummary:
    """The dry run: reads the archives, writes nothing."""
    book = archives.DryBook(settings, request, archives.beginnings(settings, request))
    unread = archives.read_archives(settings, request, book)
    done = Progress(book.documents, unread, book.listed, len(book.found))
    first = tuple(book.found)[: archives.SAMPLE]
    return BackfillSummary(request.words, True, done, book.counts(), book.seconds(), first, book.capped)


def fetch_older(settings: Settings, request: Request) -> BackfillSummary:
    """Reads the archives into the queue, and works off what they list.

    Raises:
        BadInput: the same backfill is at work already.
    """
    key = backfills.backfill_id(request)
    with holding(settings, f"backfill-{key}", 0) as had:
        if not had:
            raise BadInput(f"the same backfill of {request.words} is at work already; `newsfold status` says how far it is")
        now = datetime.now(UTC)
        with open_master(settings) as connection, transaction(connection):
            run_id = runs.start(connection, "backfill", flow_run_id(), now)
            backfills.ensure_feeds(connection, request.targets, now)
            backfills.begin(connection, request, archives.beginnings(settings, request), run_id, now)
            before = backfills.progress(connection, key)
        with _stopping(settings, key), _shown(settings, request, key):
            unread = archives.read_archives(settings, request, archives.StoreBook(settings, key, request, run_id))
            work_off(settings, key)
        return _close(settings, request, key, run_id, before, unread)


def work_off(settings: Settings, key: int) -> None:
    """Works the backfill's entries off through the ingest's own code, so that what is new goes first."""
    left = -1
    while True:
        with open_master(settings) as connection:
            before, left = left, backfills.count_workable(connection, key, datetime.now(UTC))
        if not left:
            return
        done = ingest_once(settings, 0, publish_after=True)
        if done.busy:
            time.sleep(WAIT_SECONDS)  # the ingest at work takes some of these entries, too
        elif left == before and not done.counts.entries:
            return  # whatever keeps them, the next ingest meets them again


def _close(settings: Settings, request: Request, key: int, run_id: int, before: Progress, unread: int) -> BackfillSummary:
    now = datetime.now(UTC)
    with open_master(settings) as connection, transaction(connection):
        done = replace(backfills.progress(connection, key), unread=unread)
        counts = backfills.source_counts(connection, key, request.targets)
        idle = (before.read, before.queued, before.settled) == (done.read, done.queued, done.settled) and before.read > 0
        summary = BackfillSummary(request.words, False, done, counts, nothing_to_do=idle and not unread)
        # One whose archives could not all be read is not done: the same again goes on with them.
        backfills.end(connection, key, BackfillState.DONE, summary.sentence(), now)
        run = RunCounts(entries=done.queued - before.queued, articles=done.stored - before.stored)
        runs.finish(connection, run_id, run, summary.sentence(), now)
    return summary


@contextmanager
def _stopping(settings: Settings, key: int) -> Iterator[None]:
    """Whoever stops a backfill (Ctrl-C, cancel in the UI, the worker's end) wants its entries left alone from then on.

    The mark is written first: Prefect kills what has not ended 30 s after it was told to.
    """
    try:
        yield
    except Exception:
        raise
    except BaseException:
        with _deaf(), open_master(settings) as connection:
            backfills.end(connection, key, BackfillState.STOPPED, None, datetime.now(UTC))
        raise


@contextmanager
def _deaf() -> Iterator[None]:
    """SIGTERM does nothing meanwhile: Prefect may cancel a run twice, and the second must not undo what the first began."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _shown(settings: Settings, request: Request, key: int) -> Iterator[None]:
    """The backfill's progress as an artifact of its run, in the UI, and for the command line's bar."""
    shown = _Artifact(request.words)

    def listen(stage: str, done: int, total: int) -> None:
        del done, total
        if stage in ("entries", "archive documents"):
            with open_master(settings) as connection:
                now = backfills.progress(connection, key)
            shown.show(now)
            if stage == "entries":
                progress.report("older articles", now.settled, now.queued)

    with progress.listening(listen):
        yield
    with open_master(settings) as connection:
        shown.show(backfills.progress(connection, key))


class _Artifact:
    """A progress artifact that is made when there is something to show, and changed when that changes."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._id: UUID | None = None
        self._last: Progress | None = None

    def show(self, now: Progress) -> None:
        """Shows how far it is."""
        if flow_run_id() is None or now == self._last:
            return
        words = f"{self._words}: {now.settled} of {now.queued} articles worked off, {now.read} archive documents read"
        if self._id is None:
            made: Any = create_progress_artifact(progress=now.share, key="backfill-progress", description=words)
            self._id = made
        else:
            update_progress_artifact(self._id, progress=now.share, description=words)
        self._last = now


def _known(settings: Settings) -> list[dict[str, Any]]:
    if not is_there(settings):
        return []
    with open_master(settings) as connection:
        return backfills.known_feeds(connection)
