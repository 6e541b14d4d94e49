"""Web archive files: WARC (Common Crawl's news files, anybody's crawl) and WACZ, read from the disk. The pages in them are not
asked for again.
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from schemas.backfill import Document, Found, Listing, RecordHead, Source, Step, Target, Window
from schemas.records import ParsedEntry
from tasks.urls import normalize, registrable_domain

FEED_ROLES: frozenset[str] = frozenset()
SCHEME = "warc:"
_START = datetime(1990, 1, 1, tzinfo=UTC)


def starts(target: Target, window: Window, base: str) -> tuple[Step, ...]:
    """The file, or the folder of files: its parts come out of it."""
    del window, base
    return (Step(target.key, Source.WARC, "files", target.file, root=True),) if target.file else ()


def read(document: Document, target: Target, window: Window) -> Listing:
    """Of a folder or WACZ: the files in it, a line each in the body. Of a file: the pages in the next part of it."""
    step = document.step
    if step.role == "files":
        places = document.body.decode("utf-8", "surrogateescape").splitlines()
        more = tuple(Step(step.target, step.source, "records", place, 0) for place in places)
        return Listing(more=more, offered=bool(more), note=None if more else "there is no WARC or WACZ file")
    items = tuple(found for head in document.records if (found := _found(head, target, window)))
    following = document.next_offset
    more = () if following is None else (Step(step.target, step.source, "records", step.url, following),)
    return Listing(items, more)


def otherwise(step: Step, target: Target) -> tuple[Step, ...]:
    """A file is there or not."""
    del step, target
    return ()


def _found(head: RecordHead, target: Target, window: Window) -> Found | None:
    url = normalize(head.url)
    home = registrable_domain(target.site_url) if target.site_url else None
    if (home and registrable_domain(url) != home) or urlsplit(url).path in ("", "/"):
        return None
    captured = head.captured_at if head.captured_at > _START else None
    if not window.may_hold(None, captured):
        return None
    # When it was captured is no publication date: the page's own date counts.
    return Found(ParsedEntry(url, url, None, None, None, (), None, None, None), captured, SCHEME + head.place)
