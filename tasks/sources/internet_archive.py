"""The Internet Archive: its CDX index lists the captures of a site, the `id_` address of a capture gives the page as it was.

The CDX server's README describes it: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server . Any archive
that speaks the same (pywb, others) may stand in its place (NEWSFOLD_WAYBACK_URL).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from schemas.backfill import Document, Found, Listing, Source, Step, Target, Window
from schemas.records import ParsedEntry
from tasks.urls import host_of, is_http_url, normalize

FEED_ROLES: frozenset[str] = frozenset()
PAGE = 5_000  # captures asked for at once
_STAMP = re.compile(r"^\d{14}$")
_CAPTURE = re.compile(r"/web/(\d{4,14})(?:[a-z]{2}_)?/(https?://?.+)$", re.IGNORECASE)
_NO_ARTICLE = re.compile(
    r"\.(?:xml|rss|atom|jpe?g|png|gif|css|js|pdf|txt)$|^/?$|/(?:feed|amp)/?$|/(?:tag|category|author|page)/", re.I
)


def starts(target: Target, window: Window, base: str) -> tuple[Step, ...]:
    """The first captures of the site's pages; one capture an address, its first."""
    host = host_of(target.site_url or target.feed_url or "").removeprefix("www.")
    if not host:
        return ()
    query = [("url", host), ("matchType", "domain"), ("output", "json"), ("fl", "timestamp,original,mimetype,statuscode")]
    query += [("filter", "statuscode:200"), ("filter", "mimetype:text/html"), ("collapse", "urlkey")]
    # A page is captured after it was published: nothing captured before `since` can be of the time asked for.
    query += [("from", window.since.strftime("%Y%m%d%H%M%S"))] if window.since else []
    query += [("limit", str(PAGE)), ("showResumeKey", "true")]
    url = f"{base.rstrip('/')}/cdx/search/cdx?{urlencode(query)}"
    return (Step(target.key, Source.INTERNET_ARCHIVE, "captures", url, root=True),)


def read(document: Document, target: Target, window: Window) -> Listing:
    """The captures of one page of the index; the key in its last row leads on."""
    step = document.step
    try:
        rows = json.loads(document.body or b"[]")
    except (ValueError, RecursionError):
        return Listing(offered=not step.root, note="the index answered something else than JSON")
    if not isinstance(rows, list):
        return Listing(offered=not step.root, note="the index answered something else than a list")
    place = urlsplit(step.url)
    base = f"{place.scheme}://{place.netloc}"
    items = tuple(found for row in _records(rows) if (found := _found(row, base, target, window)))
    key = rows[-1][0] if len(rows) > 2 and rows[-2] == [] and isinstance(rows[-1], list) and len(rows[-1]) == 1 else None
    more: tuple[Step, ...] = ()
    if isinstance(key, str):
        # CDX servers give the key encoded already.
        url = (
            re.sub(r"&resumeKey=[^&]*", "", step.url)
            + "&"
            + (f"resumeKey={key}" if "%" in key else urlencode({"resumeKey": key}))
        )
        more = (Step(step.target, step.source, step.role, url, step.number + 1),)
    return Listing(items, more)


def otherwise(step: Step, target: Target) -> tuple[Step, ...]:
    """There is one way in only."""
    del step, target
    return ()


def original_of(capture_url: str) -> str | None:
    """The address that a capture's address stands for; None where it is none."""
    found = _CAPTURE.search(capture_url)
    url = re.sub(r"^(https?:/)(?=[^/])", r"\1/", found[2]) if found else None
    return url if url and is_http_url(url) else None


def _records(rows: list[object]) -> Iterator[dict[str, str]]:
    """The rows by the names in the first one."""
    names = rows[0] if rows and isinstance(rows[0], list) else []
    for row in rows[1:]:
        if isinstance(row, list) and len(row) == len(names) > 1:
            yield {str(name): str(value) for name, value in zip(names, row, strict=True)}


def _found(row: dict[str, str], base: str, target: Target, window: Window) -> Found | None:
    stamp, original = row.get("timestamp", ""), row.get("original", "")
    home = host_of(target.site_url or target.feed_url or "").removeprefix("www.")
    host = host_of(original)
    if not _STAMP.match(stamp) or not is_http_url(original) or not (host == home or host.endswith(f".{home}")):
        return None
    if row.get("statuscode", "200") != "200" or _NO_ARTICLE.search(urlsplit(original).path):
        return None
    try:
        captured = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    if not window.may_hold(None, captured):
        return None
    # The capture's time is no publication date: the page's own date counts.
    url = normalize(original)
    return Found(ParsedEntry(url, url, None, None, None, (), None, None, None), captured, f"{base}/web/{stamp}id_/{original}")
