"""Reading the archives of a backfill: fetches the documents on its list, and writes down what they list.

Where the list is kept is the book's affair: in the store, where a kill at any point loses nothing, or in memory for a dry run.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from flows import progress
from flows.policy import PACING, fetch_policy
from schemas.backfill import Document, Found, Progress, Request, Source, SourceCount, Step
from schemas.reasons import Reason
from schemas.records import Attempt, Fetched, FetchFailed, FetchRequest, ParsedFeed
from schemas.settings import Settings
from tasks import archive_read, fetch, parse_safely
from tasks.http_rules import FetchPolicy
from tasks.pacing import lane_of
from tasks.seen_files import SeenFiles
from tasks.sources import ADAPTERS, first_steps
from tasks.sources.decide import ON_DISK, Judged, Outcome, decided, too_long
from tasks.store import backfills, runs, seen_files
from tasks.store.backfills import Read
from tasks.store.master import is_there, open_master, transaction
from tasks.workers import workers

AT_ONCE = 32  # documents, each of another feed
# An archive without an end (pages that make up more pages) must end some time.
MOST_DOCUMENTS = 20_000
MOST_DOCUMENTS_DRY = 40
PARSE_SECONDS = 20.0
READ_SECONDS = 60.0  # a sitemap of 50 MB with 50,000 addresses takes a tenth of it
SAMPLE = 10


class Book(Protocol):
    """Where a backfill's list of documents is kept."""

    def next_steps(self, passed_over: Sequence[Step]) -> list[Step]:
        """The next documents to read; empty at the end."""
        ...

    def write(self, outcomes: Sequence[Outcome], attempts: Sequence[Attempt]) -> None:
        """Writes down what documents came to."""
        ...


class StoreBook:
    """The list in the store."""

    def __init__(self, settings: Settings, key: int, request: Request, run_id: int) -> None:
        self._settings, self._key, self._request, self._run_id = settings, key, request, run_id
        self._read = 0

    def next_steps(self, passed_over: Sequence[Step]) -> list[Step]:
        """As `Book`. Ends as soon as enough is queued."""
        with open_master(self._settings) as connection:
            if self._room(backfills.progress(connection, self._key)) == 0 or self._read >= MOST_DOCUMENTS:
                return []
            passed = [backfills.step_id(self._key, step) for step in passed_over]
            return backfills.unread(connection, self._key, passed, AT_ONCE)

    def write(self, outcomes: Sequence[Outcome], attempts: Sequence[Attempt]) -> None:
        """Everything of these documents in one transaction: the watermark never outruns the entries."""
        now = datetime.now(UTC)
        with open_master(self._settings) as connection, transaction(connection):
            runs.record_attempts(connection, attempts, self._run_id)
            for outcome in outcomes:
                if outcome.later:
                    backfills.note_trouble(connection, self._key, outcome.step, outcome.detail or "")
                    continue
                room = self._room(backfills.progress(connection, self._key))
                new = backfills.select_new(connection, outcome.step.target, outcome.items, room)
                done = Read(outcome.step, outcome.more, len(outcome.items), new, outcome.absent, outcome.detail)
                backfills.record(connection, self._key, done, self._run_id, now)
            self._read += len(outcomes)
            done_now = backfills.progress(connection, self._key)
        progress.report("archive documents", done_now.read, done_now.read + done_now.unread)

    def _room(self, now: Progress) -> int | None:
        return max(0, self._request.most - now.queued) if self._request.most else None


class DryBook:
    """The list in memory: nothing is written anywhere."""

    def __init__(self, settings: Settings, request: Request, first: Sequence[Step]) -> None:
        self._settings, self._request = settings, request
        self._todo = list({step.key: step for step in first}.values())
        self._seen = {step.key for step in self._todo}
        self.found: dict[str, Found] = {}
        self.documents, self.listed, self.capped = 0, 0, False
        self._counts: Counter[tuple[str, int, Source]] = Counter()
        self._order: dict[tuple[int, Source], str | None] = {}

    def next_steps(self, passed_over: Sequence[Step]) -> list[Step]:
        """As `Book`. Ends when it knows enough to tell."""
        waiting = [step for step in self._todo if step not in passed_over]
        enough = bool(self._request.most) and len(self.found) >= self._request.most
        self.capped = bool(waiting) and not enough and self.documents >= MOST_DOCUMENTS_DRY
        if enough or self.capped:
            return []
        return list({step.target: step for step in reversed(waiting)}.values())[:AT_ONCE]

    def write(self, outcomes: Sequence[Outcome], attempts: Sequence[Attempt]) -> None:
        """Counts."""
        del attempts
        for outcome in outcomes:
            key = (outcome.step.target, outcome.step.source)
            if outcome.later or outcome.absent:
                self._order[key] = outcome.detail
            else:
                self._order.setdefault(key, None)
                self._counts["documents", *key] += 1
                self.documents += 1
            if outcome.later:
                continue
            self._todo = [step for step in self._todo if step != outcome.step]
            fresh = {step.key: step for step in outcome.more if step.key not in self._seen}
            self._todo += fresh.values()
            self._seen.update(fresh)
            self._take(key, outcome.items)
        progress.report("archive documents", self.documents, self.documents + len(self._todo))

    def _take(self, key: tuple[int, Source], items: Sequence[Found]) -> None:
        new: Sequence[Found] = items
        if is_there(self._settings):
            with open_master(self._settings) as connection:
                new = backfills.select_new(connection, key[0], items, None)
        new = [item for item in new if (item.entry.url or "") not in self.found]
        room = max(0, self._request.most - len(self.found)) if self._request.most else len(new)
        self.listed += len(items)
        self._counts["found", *key] += len(items)
        self._counts["new", *key] += len(new[:room])
        self.found.update({item.entry.url or "": item for item in new[:room]})

    def counts(self) -> tuple[SourceCount, ...]:
        """What each source of each target came to."""
        names = {target.key: target.name for target in self._request.targets}
        served = {target for kind, target, _ in self._counts if kind == "documents"}
        return tuple(
            SourceCount(
                names[key[0]],
                key[1],
                self._counts["documents", *key],
                self._counts["found", *key],
                self._counts["new", *key],
                trouble,
            )
            for key, trouble in self._order.items()
            if self._counts["documents", *key] or key[0] not in served
        )

    def seconds(self) -> float:
        """How long fetching the pages takes at least: each site answers one request at a time, with the gap between two."""
        lanes = Counter(lane_of(item.fetch_url or url) for url, item in self.found.items() if not _is_local(item))
        return max(lanes.values(), default=0) * max(self._settings.gap_seconds, 0.1)


def _is_local(item: Found) -> bool:
    return item.fetch_url is not None and not item.fetch_url.startswith("http")


def beginnings(settings: Settings, request: Request) -> list[Step]:
    """Where the search of each target begins."""
    return [
        step for target in request.targets for step in first_steps(target, request.source, request.window, settings.wayback_url)
    ]


def read_archives(settings: Settings, request: Request, book: Book) -> int:
    """Reads what is on the list and what comes up. Returns how many documents could not be had now."""
    targets = {target.key: target for target in request.targets}
    passed_over: list[Step] = []
    with workers(1) as pool:
        while steps := book.next_steps(passed_over):
            came, attempts = _documents(settings, steps, keep=isinstance(book, StoreBook))
            judged = [
                Judged(step, document, targets[step.target], request, settings.wayback_url)
                for step, document in zip(steps, came, strict=True)
            ]
            # Strangers' documents may take hours on purpose: there they can be ended.
            apart = [one for one in judged if one.may_take_long]
            read = dict(zip(map(id, apart), pool.run(decided, apart, too_long, READ_SECONDS) if apart else (), strict=True))
            outcomes = [read.get(id(one)) or decided(one) for one in judged]
            passed_over += [outcome.step for outcome in outcomes if outcome.later]
            book.write(outcomes, attempts)
    return len(passed_over)


def _documents(settings: Settings, steps: Sequence[Step], *, keep: bool) -> tuple[list[Document | FetchFailed], list[Attempt]]:
    """What the steps' addresses answer. With `keep`, what was learned of hosts is written down."""
    remote = [step for step in steps if step.source not in ON_DISK]
    answers = _fetch(settings, remote, keep=keep) if remote else {}
    now = datetime.now(UTC)
    fed = {
        step: (answer.body, answer.final_url, answer.header("content-type"), now)
        for step, answer in answers.items()
        if isinstance(answer, Fetched) and step.role in ADAPTERS[step.source].FEED_ROLES
    }
    parsed = dict(zip(fed, parse_safely.parse_feeds_safely(list(fed.values()), PARSE_SECONDS), strict=True))
    documents: list[Document | FetchFailed] = []
    for step in steps:
        answer = answers.get(step)
        if answer is None:
            documents.append(_on_disk(step, now))
        elif isinstance(answer, Fetched):
            feed = parsed.get(step)
            read = feed if isinstance(feed, ParsedFeed) else None
            documents.append(Document(step, answer.final_url, now, answer.headers, answer.body, read))
        else:
            documents.append(answer)
    return documents, [attempt for answer in answers.values() for attempt in answer.attempts]


def _fetch(settings: Settings, steps: Sequence[Step], *, keep: bool) -> Mapping[Step, Fetched | FetchFailed]:
    now = datetime.now(UTC)
    robots: SeenFiles = {}
    if is_there(settings):
        with open_master(settings) as connection:
            robots = seen_files.known(connection, "robots", now)
            PACING.resume(runs.pauses(connection, now))
    before, paused = dict(robots), set(PACING.pauses())
    requests = [FetchRequest(step.target, step.url, "listing") for step in steps]
    outcomes = fetch.run(fetch.fetch_pages(requests, _policy(settings), robots, pacing=PACING))
    if keep and (robots != before or set(PACING.pauses()) - paused):
        with open_master(settings) as connection, transaction(connection):
            seen_files.keep(connection, "robots", robots)
            runs.keep_pauses(connection, PACING.pauses(), now)
    return {
        step: outcome if isinstance(outcome, Fetched | FetchFailed) else _odd(outcome.url, now)
        for step, outcome in zip(steps, outcomes, strict=True)
    }


def _policy(settings: Settings) -> FetchPolicy:
    # A sitemap may have 50 MB.
    most = 50 * 1024 * 1024
    return replace(fetch_policy(settings), max_page_bytes=most, max_wire_bytes=most)


def _odd(url: str, now: datetime) -> FetchFailed:
    return FetchFailed(0, url, url, Reason.PROTOCOL, "the server answered 304 to a request without a validator", now)


def _on_disk(step: Step, now: datetime) -> Document | FetchFailed:
    """A document that lies on this machine."""
    try:
        if step.role == "files":
            return Document(
                step, step.url, now, body="\n".join(archive_read.places(Path(step.url))).encode("utf-8", "surrogateescape")
            )
        if step.role == "records":
            part = archive_read.part(step.url, step.number)
            if part.trouble and not part.heads:
                return FetchFailed(step.target, step.url, step.url, Reason.NOT_FOUND, part.trouble, now)
            return Document(step, step.url, now, records=part.heads, next_offset=part.next_offset)
        return Document(step, step.url, now, body=Path(step.url).read_bytes())
    except OSError as error:
        return FetchFailed(step.target, step.url, step.url, Reason.NOT_FOUND, error.strerror or str(error), now)
