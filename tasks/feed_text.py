"""The feed's own text in place of a page that can't be read: when that is right, and the page made of it. Pure."""

import re
from dataclasses import replace
from html import escape

from schemas.reasons import Reason, Verdict
from schemas.records import Entry, ExtractFailed, Extraction, FetchFailed
from tasks.urls import article_url

LEAST_WORDS = 150
_MOST_SENTENCE_WORDS = 60
_UNREADABLE = frozenset({Reason.ROBOTS, Reason.LOGIN_REQUIRED, Reason.NOT_FOUND, Reason.HTTP_GONE})
_WALLS = frozenset({Verdict.PAYWALL, Verdict.CONSENT, Verdict.BOT_WALL, Verdict.NOT_FOUND_PAGE})
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s|$)|[。！？]")
_CUT_OFF = re.compile(r"(\[(…|\.\.\.)\]|…|\.\.\.|(read|continue|learn) (more|reading|on).{0,60})\W*$", re.IGNORECASE)


def is_wanted(entry: Entry, failure: FetchFailed | None, extraction: Extraction | ExtractFailed | None) -> bool:
    """Whether the feed's text is to be tried: the page is refused by robots.txt, walled or gone, and the feed carries one."""
    if not entry.content:
        return False
    if failure is not None:
        return failure.reason in _UNREADABLE
    return isinstance(extraction, Extraction) and extraction.verdict in _WALLS


def is_from_feed(made: Extraction) -> bool:
    """Whether the extractor itself took the feed's text, since the page shows clearly less."""
    return ("text", "feed") in made.provenance


def page_of(entry: Entry) -> str:
    """A minimal page around the feed's text, for the extractor."""
    title = escape(entry.title or "")
    return (
        f"<!doctype html><html><head><title>{title}</title></head>"
        f"<body><article><h1>{title}</h1>{entry.content or ''}</article></body></html>"
    )


def as_article(entry: Entry, made: Extraction | ExtractFailed, page: Extraction | ExtractFailed | None) -> Extraction | None:
    """The article that the feed's text is; None when it is no full text, or clearly less than the page itself shows."""
    if not isinstance(made, Extraction) or made.verdict in _WALLS or made.words < LEAST_WORDS:
        return None
    if isinstance(page, Extraction) and page.verdict is Verdict.PAYWALL and made.words < page.words * 0.9:
        return None
    sentences = len(_SENTENCE_END.findall(made.text))
    if sentences < 3 or made.words / sentences > _MOST_SENTENCE_WORDS or _CUT_OFF.search(made.text[-100:].strip()):
        return None
    evidence = f"{made.words} words in the feed itself"
    return replace(
        made, canonical_url=article_url(entry.url), title=made.title or entry.title, verdict=Verdict.FULL, evidence=evidence
    )
