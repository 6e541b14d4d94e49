"""How an entry ends: pure decisions on what the steps found out about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.backfill import Window
from schemas.entity_records import ArticleEntities
from schemas.reasons import ARTICLE_VERDICTS, FOLDING_VERDICTS, TRANSIENT, EntryState, Reason, Verdict
from schemas.records import Attempt, Entry, ExtractFailed, Extraction, FetchFailed, NotModified, Page, PageCheck
from tasks.signatures import Signature
from tasks.term_features import Features
from tasks.urls import article_key, article_url, host_of
from tasks.versions import headline_changed

# Where a failure leads when it is final. A transient one ends in quarantine after its last attempt.
_FINAL = {
    Reason.NOT_FOUND: EntryState.GONE,
    Reason.HTTP_GONE: EntryState.GONE,
    Reason.ROBOTS: EntryState.REFUSED,
    Reason.LOGIN_REQUIRED: EntryState.REFUSED,
    Reason.FORBIDDEN_ADDRESS: EntryState.REFUSED,
    Reason.FORBIDDEN_PORT: EntryState.REFUSED,
    Reason.BAD_URL: EntryState.REFUSED,
    Reason.FORGOTTEN: EntryState.REFUSED,
    Reason.TDM_RESERVED: EntryState.REFUSED,
    Reason.NOT_HTML: EntryState.NOT_AN_ARTICLE,
    Reason.NO_TEXT: EntryState.NOT_AN_ARTICLE,
}

_VERDICT_REASON = {
    Verdict.CONSENT: Reason.CONSENT_WALL,
    Verdict.BOT_WALL: Reason.BOT_WALL,
    Verdict.LISTING: Reason.LISTING_PAGE,
    Verdict.GALLERY_OR_VIDEO: Reason.GALLERY_OR_VIDEO,
    Verdict.NOT_FOUND_PAGE: Reason.SOFT_404,
    Verdict.EMPTY: Reason.NO_TEXT,
}


@dataclass(frozen=True, slots=True)
class Worked:
    """An entry with everything the steps made of it; None where a step was not reached.

    `follows` is set when another entry of the queue leads to the same address, which is worked off once. `reserved`: its
    text must not be stored. `feed_text` stands in for a page that can't be read. `check`: it is no queued entry, but a
    stored article whose page is looked at again, and `same` the answer that nothing changed there.
    """

    entry: Entry
    follows: bool = False
    failure: FetchFailed | None = None
    page: Page | None = None
    archive_file: str | None = None
    archive_offset: int | None = None
    extraction: Extraction | ExtractFailed | None = None
    signature: Signature | None = None
    features: Features | None = None
    found: ArticleEntities | None = None
    attempts: tuple[Attempt, ...] = ()
    reserved: bool = False
    feed_text: Extraction | None = None
    check: PageCheck | None = None
    same: NotModified | None = None

    @property
    def article(self) -> Extraction | None:
        """What the entry's article is made of, if there is one: the page, or the feed's text in its place."""
        if self.feed_text is not None:
            return self.feed_text
        made = self.extraction
        return made if self.page is not None and isinstance(made, Extraction) and made.verdict in ARTICLE_VERDICTS else None


class Batch:
    """Entries on their way through the tasks. Not a dataclass or a list: Prefect looks into those, item by item, in every
    argument of a task. And it keeps each task's result until the flow ends: a batch is emptied when it is settled."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[Worked]) -> None:
        self.items = items


@dataclass(frozen=True, slots=True)
class Ending:
    """How an entry ends, or (`pending`) when it is tried again."""

    state: EntryState
    reason: Reason
    detail: str | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    stage: str = "fetch"


def settle_failure(entry: Entry, failure: FetchFailed, now: datetime, most_attempts: int) -> Ending:
    """How an entry ends whose page could not be had."""
    attempts = entry.attempts + 1
    if failure.reason in TRANSIENT and attempts < most_attempts:
        wait = max(failure.retry_after or 0, 300 * 4 ** (attempts - 1))  # 5 min, 20 min, 80 min, …
        later = now + timedelta(seconds=min(wait, 86_400))
        return Ending(EntryState.PENDING, failure.reason, failure.detail, attempts, later)
    state = EntryState.QUARANTINED if failure.reason in TRANSIENT else _FINAL.get(failure.reason, EntryState.QUARANTINED)
    return Ending(state, failure.reason, failure.detail, attempts)


def settle_without_article(extraction: Extraction | ExtractFailed, attempts: int) -> Ending | None:
    """How an entry ends whose page is no article; None when it is one."""
    if isinstance(extraction, ExtractFailed):
        return Ending(EntryState.QUARANTINED, extraction.reason, extraction.detail, attempts + 1, stage="extract")
    if extraction.verdict in ARTICLE_VERDICTS:
        return None
    return Ending(EntryState.NOT_AN_ARTICLE, _VERDICT_REASON[extraction.verdict], extraction.evidence)


def out_of_range(entry: Entry, made: Extraction) -> Ending | None:
    """How an entry ends that a backfill found and whose page turns out to be of another time; None when it fits."""
    published = made.published_at
    if published is None or entry.backfill_id is None:
        return None
    # A date without a time may be that of another zone.
    slack = timedelta(days=made.published_precision == "day")
    since, until = entry.since and entry.since - slack, entry.until and entry.until + slack
    if Window(since, until).may_hold(published):
        return None
    return Ending(EntryState.REFUSED, Reason.OUT_OF_RANGE, f"it was published on {published:%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What the store knows of an article when an entry leads to it again."""

    id: int
    page_key: str  # article key of the address its current version was fetched from
    version: int
    text_hash: str
    title: str | None
    words: int
    entries: frozenset[int]
    source: str = "page"  # or "feed"
    page_id: int | None = None  # the payload that its current version was made of


def identify(extraction: Extraction, page: Page, known: KnownArticle | None, text_hash: str) -> str:
    """The canonical address under which a page is kept: the declared one, or its own when that cannot be right.

    Some sites declare one canonical address (a section, a series) for many articles. When the declared address is
    known with another title and another text, the page keeps the address at which it was found.
    """
    own = article_url(page.final_url)
    if known is None or article_key(own) == article_key(extraction.canonical_url) or known.page_key == article_key(own):
        return extraction.canonical_url
    same = known.text_hash == text_hash or (known.title or "").casefold() == (extraction.title or "").casefold()
    return extraction.canonical_url if same else own


def is_edit(entry: Entry, page: Page, known: KnownArticle, text_hash: str, title: str | None = None) -> bool:
    """Whether a page is a new version of an article that is known: other words (or another headline) at the address it
    was taken from, asked for through an entry that led to it before. Another address (AMP, a second feed) never makes a
    version, nor does the same payload, which a newer extractor may read otherwise: `newsfold reprocess` is for that."""
    if entry.id not in known.entries or article_key(page.final_url) != known.page_key or page.id == known.page_id:
        return False
    return text_hash != known.text_hash or headline_changed(known.title, title)


def replaces_feed_text(entry: Entry, known: KnownArticle, extraction: Extraction, text_hash: str) -> bool:
    """Whether a page is the new version of an article that was made from the feed: it shows a full text of other words."""
    return extraction.verdict in FOLDING_VERDICTS and entry.id in known.entries and text_hash != known.text_hash


def look_again(item: Worked) -> Reason | None:
    """What a look at a stored article's page came to; None when there is a text to compare."""
    if item.same is not None:
        return Reason.NOT_MODIFIED
    if item.failure is not None:
        return item.failure.reason
    if item.page is None or not isinstance(item.extraction, Extraction):
        return Reason.EXTRACT_FAILED
    if item.extraction.verdict in FOLDING_VERDICTS:
        return None
    # A wall that came up later takes nothing away from what was stored.
    return _VERDICT_REASON.get(item.extraction.verdict, Reason.LOGIN_REQUIRED)


def blocked_by(url: str, targets: frozenset[str]) -> bool:
    """Whether an address, its host or a domain above it was forgotten and must not return."""
    labels = host_of(url).split(".")
    return article_key(url) in targets or any(".".join(labels[start:]) in targets for start in range(len(labels)))
