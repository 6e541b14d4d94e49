"""The records that travel from step to step: frozen, slotted, values only.

Feed -> Fetched | NotModified | Moved… -> Entry -> Page -> Article -> Story -> Mention -> Entity.
A record carries the ids of earlier records, not the objects. Ids are 63-bit hashes (`tasks.urls.stable_id`).
All datetimes are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas.reasons import CopyLevel, Reason, Verdict

# ---------------------------------------------------------------- fetching


@dataclass(frozen=True, slots=True)
class Validators:
    """`ETag` and `Last-Modified` of one URL, byte for byte as the server sent them (latin-1)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One address to get. `key` is the caller's own id (feed id or entry id) and comes back with the outcome.

    `validators` belong to the address `validators_url` (None: to `url`), and are sent there only, wherever in a chain of
    redirects it stands.
    """

    key: int
    url: str
    kind: str  # "feed" | "page" | "robots" | "discovery" | "tdm" | "listing"
    validators: Validators = Validators()
    validators_url: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP attempt: a row of `fetches`. A retried request has several."""

    key: int
    kind: str
    url: str
    final_url: str
    started_at: datetime
    seconds: float
    status: int | None
    bytes: int
    reason: Reason
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 2xx answer with its decoded body (decompressed bytes). `validators` are those of `final_url`."""

    key: int
    url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fetched_at: datetime
    validators: Validators
    # the target while the whole chain was 301/308 (a permanent move), else None
    moved_to: str | None = None
    retry_after: float | None = None
    attempts: tuple[Attempt, ...] = ()

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304 answer. `validators` are those of `final_url` to keep (a 304 may carry newer ones)."""

    key: int
    url: str
    final_url: str
    fetched_at: datetime
    validators: Validators
    headers: tuple[tuple[str, str], ...] = ()
    moved_to: str | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No usable answer. `reason` says why, `retry_after` (seconds) what the server asked for."""

    key: int
    url: str
    final_url: str
    reason: Reason
    detail: str
    fetched_at: datetime
    status: int | None = None
    retry_after: float | None = None
    attempts: tuple[Attempt, ...] = ()
    # what the answer's header says of text and data mining, if it says anything
    tdm_reserved: bool | None = None


FetchOutcome = Fetched | NotModified | FetchFailed

# ---------------------------------------------------------------- feeds


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and its polling columns, as stored."""

    id: int
    url: str
    title: str | None
    site_url: str | None
    tags: tuple[str, ...]
    state: str
    validators: Validators = Validators()
    body_hash: str | None = None
    interval_seconds: int = 3600
    next_poll_at: datetime | None = None
    failures: int = 0
    moved_to: str | None = None
    moved_count: int = 0
    last_reason: Reason | None = None
    validators_url: str | None = None  # the address that the validators belong to
    final_url: str | None = None  # the address that last answered
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    ttl_seconds: int | None = None
    last_changed_at: datetime | None = None
    probed_at: datetime | None = None
    stuck_since: datetime | None = None  # its 304 is known to be untrue
    # the rhythm, see tasks/rhythm.py
    learned_at: datetime | None = None
    newest_at: datetime | None = None
    hourly: tuple[float, ...] = ()
    days_watched: float = 0.0
    gap_seconds: int | None = None
    window_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """An item of a feed, normalized. Text fields are plain text, `content` is HTML as the feed carried it."""

    guid: str
    url: str | None
    title: str | None
    summary: str | None
    content: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    published_as_given: str | None
    updated_at: datetime | None
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a feed's bytes say. `ttl_seconds` is the publisher's own wish for the polling interval, if any."""

    format: str  # "rss20", "atom10", "rss10", "json11", …
    title: str | None
    site_url: str | None
    language: str | None
    entries: tuple[ParsedEntry, ...]
    ttl_seconds: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    bozo: str | None = None  # what was wrong with it, if anything


@dataclass(frozen=True, slots=True)
class ParseFailed:
    """The bytes are no feed that can be read."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed as an OPML file or a person lists it; folders are tags."""

    url: str
    title: str | None = None
    site_url: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as stored, with what the later steps need of it."""

    id: int
    feed_id: int
    guid: str
    url: str
    title: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    attempts: int = 0
    summary: str | None = None
    content: str | None = None
    queued_reason: Reason = Reason.DISCOVERED
    fetch_url: str | None = None  # the capture that is read in place of `url`
    backfill_id: int | None = None
    since: datetime | None = None  # the backfill wants only what was published from then on …
    until: datetime | None = None  # … and before
    language: str | None = None  # as the feed declares it


# ---------------------------------------------------------------- pages and articles


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched HTML page, decoded. `canonical_url` is decided by the extract step."""

    id: int
    entry_id: int
    url: str
    final_url: str
    status: int
    html: str
    content_type: str | None
    charset: str | None
    body_sha1: str
    bytes: int
    fetched_at: datetime
    validators: Validators = Validators()
    tdm_reserved: bool | None = None
    robots_tag: str | None = None
    tdm_policy: str | None = None
    tdm_source: str | None = None  # "header" | "meta" | "file" | "unknown"
    content_language: str | None = None  # the header's


@dataclass(frozen=True, slots=True)
class PageCheck:
    """A stored article whose page is to be looked at again. `validators` belong to `checked_url`."""

    article_id: int
    entry_id: int
    stored_at: datetime
    done: int
    checked_url: str | None = None
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class FeedHints:
    """What the feed says of an article: used where the page is silent or its claims disagree."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    outlet: str | None = None
    language: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the extract step makes of one page: plain text, metadata with provenance, and the verdict.

    `text` is plain, NFC, paragraphs separated by one newline; `markdown` keeps light structure.
    `provenance` names for each metadata field where its value came from ("json-ld", "og", "h1", "feed", …).
    """

    canonical_url: str
    title: str | None
    text: str
    markdown: str
    authors: tuple[str, ...]
    agency: str | None
    outlet: str | None
    published_at: datetime | None
    published_precision: str | None  # "day" | "time"
    published_as_given: str | None
    modified_at: datetime | None
    language: str | None
    language_declared: str | None
    section: str | None
    tags: tuple[str, ...]
    image_url: str | None
    description: str | None
    is_free: bool | None
    words: int
    verdict: Verdict
    verdict_score: float
    evidence: str
    provenance: tuple[tuple[str, str], ...] = ()
    modified_precision: str | None = None  # "day" | "time"
    modified_as_given: str | None = None
    feed_published_at: datetime | None = None  # where the feed is more than a day from `published_at`
    outlet_home: str | None = None
    rights: str | None = None


@dataclass(frozen=True, slots=True)
class ExtractFailed:
    """The page made the extractor fail. The page is quarantined with this reason."""

    reason: Reason
    detail: str


# ---------------------------------------------------------------- copies and stories


@dataclass(frozen=True, slots=True)
class FoldDoc:
    """What folding needs of an article. `source` is the outlet's registrable domain, `at` its best time (or None)."""

    id: int
    title: str
    text: str
    at: datetime | None
    source: str | None
    language: str | None = None
    may_be_original: bool = True


@dataclass(frozen=True, slots=True)
class CopyLink:
    """`article_id` is a copy of `original_id` (always a root). Score in [0, 1]."""

    article_id: int
    original_id: int
    level: CopyLevel
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class StoryLink:
    """`article_id` belongs to `story_id`. Score is that of the joining decision; 1.0 for the one that opened it."""

    article_id: int
    story_id: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class FollowLink:
    """Story `story_id` follows up the earlier `follows_id`."""

    story_id: int
    follows_id: int
    score: float
    reason: str
