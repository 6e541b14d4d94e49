"""RFC 5005: a feed's own archive. Paged feeds lead on with rel=next, archived ones with prev-archive, JSON Feed with next_url."""

import json
from collections.abc import Iterator

from schemas.backfill import Document, Found, Listing, Source, Step, Target, Window
from schemas.records import ParsedEntry
from tasks.urls import absolute, registrable_domain
from tasks.xml_safely import name_of, root_of

FEED_ROLES = frozenset({"feed"})
# The archive's document first: a feed may have both, and its pages may hold less.
_ONWARD = ("prev-archive", "next")


def starts(target: Target, window: Window, base: str) -> tuple[Step, ...]:
    """The feed itself: it names its archive."""
    del window, base
    return (Step(target.key, Source.FEED_ARCHIVE, "feed", target.feed_url, root=True),) if target.feed_url else ()


def read(document: Document, target: Target, window: Window) -> Listing:
    """The entries of one page, and the page before it in time. A feed without such links is no archive."""
    del target
    step, onward = document.step, onward_link(document.body, document.url)
    if document.feed is None or (step.root and onward is None):
        return Listing(offered=False, note="the feed names no archive")
    items = found_in(document.feed.entries, window)
    more: tuple[Step, ...] = ()
    if onward and registrable_domain(onward) == registrable_domain(step.url) and not all_before(document.feed.entries, window):
        more = (Step(step.target, step.source, "feed", onward, step.number + 1),)
    return Listing(items, more)


def otherwise(step: Step, target: Target) -> tuple[Step, ...]:
    """There is one way in only."""
    del step, target
    return ()


def found_in(entries: tuple[ParsedEntry, ...], window: Window) -> tuple[Found, ...]:
    """The linked entries of a feed that may have been published in the window."""
    return tuple(Found(entry) for entry in entries if entry.url and window.may_hold(entry.published_at))


def all_before(entries: tuple[ParsedEntry, ...], window: Window) -> bool:
    """Whether a page holds nothing but what is older than asked for: the pages behind it are older still."""
    dates = [entry.published_at for entry in entries]
    return bool(dates) and window.since is not None and all(at is not None and at < window.since for at in dates)


def onward_link(body: bytes, url: str) -> str | None:
    """Where the feed says that older entries are."""
    if body.lstrip()[:1] == b"{":
        return absolute(str(_next_url(body) or ""), url)
    links = dict(_links(body))
    given = next((links[rel] for rel in _ONWARD if rel in links), None)
    return absolute(given, url) if given else None


def _next_url(body: bytes) -> object:
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return feed.get("next_url") if isinstance(feed, dict) else None


def _links(body: bytes) -> Iterator[tuple[str, str]]:
    """(rel, href) of the links of the feed itself, not of its entries."""
    root = root_of(body)
    tops = [] if root is None else [root, *(child for child in root if name_of(child) == "channel")]
    for top in tops:
        for element in top:
            href = element.get("href")
            if name_of(element) == "link" and href:
                for rel in (element.get("rel") or "").lower().split():
                    yield rel, href
