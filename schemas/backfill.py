"""What a backfill passes on: what is asked for, what an archive lists, and what a run came to."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from schemas.records import ParsedEntry, ParsedFeed

# What the form offers: plain words, the same as in `Source`.
SourceName = Literal["auto", "feed archive", "wordpress", "sitemap", "internet archive", "web archive files", "list of addresses"]


class Source(StrEnum):
    """Where older articles are looked for."""

    AUTO = "auto"
    FEED_ARCHIVE = "feed archive"
    WORDPRESS = "wordpress"
    SITEMAP = "sitemap"
    INTERNET_ARCHIVE = "internet archive"
    WARC = "web archive files"
    URL_LIST = "list of addresses"


@dataclass(frozen=True, slots=True)
class Window:
    """The publication times that are asked for: `since` belongs to it, `until` does not; None: no limit."""

    since: datetime | None = None
    until: datetime | None = None

    def may_hold(self, published: datetime | None, latest: datetime | None = None) -> bool:
        """Whether something may have been published within it. `latest`: it was there by then (a capture, a last change)."""
        if self.since is not None and (at := published or latest) is not None and at < self.since:
            return False
        return self.until is None or published is None or published < self.until


@dataclass(frozen=True, slots=True)
class Target:
    """What is searched for older articles. `key` is the id of the feed (or of the feeds row that stands for a site or file)."""

    key: int
    name: str
    feed_url: str | None = None
    site_url: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One document to read: a page of an archive, a sitemap, a part of a file. `root`: the source may not be there at all."""

    target: int
    source: Source
    role: str
    url: str
    number: int = 1
    note: str = ""
    root: bool = False

    @property
    def key(self) -> tuple[int, str, str, str, int]:
        """What makes it the same document, however one came to it: on the web the address alone."""
        return self.target, self.source, self.role, self.url, 0 if self.url.startswith("http") else self.number


@dataclass(frozen=True, slots=True)
class Found:
    """An article's address that an archive lists.

    `latest`: it was published by then, although that is not its date. `fetch_url`: the capture to read in its place.
    """

    entry: ParsedEntry
    latest: datetime | None = None
    fetch_url: str | None = None


@dataclass(frozen=True, slots=True)
class RecordHead:
    """An HTML answer in a web archive file: its address, when it was captured, and where it lies."""

    url: str
    captured_at: datetime
    place: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a step's address answered. `feed`: the body read as a feed, where the step wants one.

    Of a web archive file: `records` found in a part of it, and `next_offset` where the next part begins (None: at the end).
    """

    step: Step
    url: str
    read_at: datetime
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    feed: ParsedFeed | None = None
    records: tuple[RecordHead, ...] = ()
    next_offset: int | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a document lists, and what to read next. Not `offered`: it is no archive of this kind."""

    items: tuple[Found, ...] = ()
    more: tuple[Step, ...] = ()
    offered: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A backfill as asked for, checked. `most`: articles to queue at most, 0 for all."""

    targets: tuple[Target, ...]
    source: Source
    window: Window
    since: date | None
    until: date | None
    most: int
    stamp: str = ""  # of a file's content: another content is another backfill

    @property
    def words(self) -> str:
        """What is searched, for people."""
        names = [target.name for target in self.targets]
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill is: documents read and still to read, addresses found, queued, settled and stored."""

    read: int = 0
    unread: int = 0
    found: int = 0
    queued: int = 0
    settled: int = 0
    stored: int = 0
    waiting: int = 0  # for another attempt

    @property
    def share(self) -> float:
        """In percent; the reading of archives counts a tenth."""
        read = self.read / (self.read + self.unread) if self.read + self.unread else 1.0
        worked = self.settled / self.queued if self.queued else (0.0 if self.unread else 1.0)
        return round(10 * read + 90 * worked, 1)


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What one source of one target came to. `pages` by host is what would be asked of each."""

    target: str
    source: Source
    documents: int
    found: int
    new: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class BackfillSummary:
    """What a backfill did or, as a dry run, would do."""

    words: str
    dry_run: bool
    progress: Progress
    sources: tuple[SourceCount, ...] = ()
    seconds: float = 0.0  # that the fetching takes at least, at the pace rules
    first: tuple[str, ...] = field(default_factory=tuple)
    capped: bool = False
    nothing_to_do: bool = False

    def sentence(self) -> str:
        """The backfill in a sentence."""
        done = self.progress
        if self.dry_run:
            least = "at least " if self.capped else ""
            time = f", which takes at least {duration(self.seconds)} at the pace rules" if done.queued else ""
            return (
                f"dry run of {self.words}: {done.found} addresses found in {done.read} documents; it would fetch "
                f"{least}{done.queued} {'page' if done.queued == 1 else 'pages'}{time}; nothing was written"
            )
        if self.nothing_to_do:
            return f"backfill of {self.words}: nothing to do, all of it was done before"
        words = (
            f"backfill of {self.words}: {done.found} addresses found in {done.read} documents, {done.queued} queued, "
            f"{done.settled} worked off, {done.stored} of them stored"
        )
        rest = done.queued - done.settled
        words += f"; {rest} wait for another attempt" if rest else ""
        lack = f"{done.unread} {'document' if done.unread == 1 else 'documents'} could not be had now"
        return words + (f"; {lack}: start it again later" if done.unread else "")

    def markdown(self) -> str:
        """The run's Prefect artifact."""
        rows = "\n".join(
            f"| {_cell(one.target)} | {one.source} | {one.documents} | {one.found} | {one.new} | {_cell(one.trouble or '')} |"
            for one in self.sources
        )
        table = f"\n\n| searched | source | documents | found | new | trouble |\n| --- | --- | --- | --- | --- | --- |\n{rows}\n"
        first = "\n".join(f"- {url}" for url in self.first)
        sample = f"\nThe first addresses it would fetch:\n\n{first}\n" if first and self.dry_run else ""
        hint = "\nStart it again with `dry_run` off to fetch them.\n" if self.dry_run and self.progress.queued else ""
        sentence = self.sentence()
        return sentence[0].upper() + sentence[1:] + "." + (table if rows else "") + sample + hint


def duration(seconds: float) -> str:
    """A span of time for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
