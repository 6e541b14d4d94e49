"""Sitemaps (sitemaps.org, Google's news extension): what robots.txt names, else the usual places; gzip, indexes, plain text."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from lxml import etree

from schemas.backfill import Document, Found, Listing, Source, Step, Target, Window
from schemas.records import ParsedEntry
from tasks.decompress import BadCodingError, TooLargeError, gunzip_file
from tasks.feed_dates import feed_date
from tasks.text import one_line
from tasks.urls import absolute, registrable_domain
from tasks.xml_safely import name_of, root_of

FEED_ROLES: frozenset[str] = frozenset()
MAX_BYTES = 50 * 1024 * 1024  # the protocol's limit
MAX_URLS = 50_000
_USUAL = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml", "/sitemap-index.xml", "/news-sitemap.xml")
_NAMED = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
# Sitemaps that list no articles, as WordPress, Yoast and others call them.
_NO_ARTICLES = re.compile(
    r"(?:image|video|tax(?:onomies|onomy)?|categor(?:y|ies)|(?:post_)?tags?|authors?|users?|topics?|pages?)[-_]?sitemap|"
    r"sitemap[-_.]?(?:images?|videos?|tax(?:onomies|onomy)?|categor(?:y|ies)|tags?|authors?|users?|topics?|pages?)\b",
    re.IGNORECASE,
)
_NO_ARTICLE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34]|xml|css|js|zip)$|^/?$", re.IGNORECASE)


def starts(target: Target, window: Window, base: str) -> tuple[Step, ...]:
    """The site's robots.txt: it names the sitemaps."""
    del window, base
    site = target.site_url or target.feed_url
    return (Step(target.key, Source.SITEMAP, "robots", urljoin(site, "/robots.txt"), root=True),) if site else ()


def read(document: Document, target: Target, window: Window) -> Listing:
    """The articles of a sitemap and the sitemaps of an index."""
    step = document.step
    if step.role == "robots":
        named = _NAMED.findall(document.body.decode("utf-8", "replace"))
        steps = tuple(_steps(step, named, document.url, target))
        return Listing(more=steps, offered=bool(steps), note=None if steps else "robots.txt names no sitemap")
    try:
        body = gunzip_file(document.body, MAX_BYTES)
    except (TooLargeError, BadCodingError):
        return Listing(offered=not step.root, note="the sitemap's gzip can't be read")
    root = root_of(body)
    if root is None or name_of(root) not in ("urlset", "sitemapindex"):
        return _read_text(document, body, target, window)
    if name_of(root) == "sitemapindex":
        fresh = [loc for loc, changed in _index(root, document.read_at) if window.may_hold(None, changed)]
        return Listing(more=tuple(_steps(step, fresh, document.url, target)))
    found = (_found(element, document, target, window) for element in list(root)[:MAX_URLS])
    return Listing(tuple(item for item in found if item))


def otherwise(step: Step, target: Target) -> tuple[Step, ...]:
    """The usual places, one after the other."""
    del target
    place = 0 if step.role == "robots" else step.number
    if place >= len(_USUAL):
        return ()
    url = urljoin(step.url, _USUAL[place])
    return (Step(step.target, step.source, "sitemap", url, place + 1, root=True),)


def _steps(step: Step, urls: list[str], base: str, target: Target) -> Iterator[Step]:
    for url in dict.fromkeys(filter(None, (absolute(url, base) for url in urls))):
        if _is_home(url, target) and not _NO_ARTICLES.search(urlsplit(url).path):
            yield Step(step.target, step.source, "sitemap", url, step.number + 1)


def _index(root: etree._Element, now: datetime) -> Iterator[tuple[str, datetime | None]]:
    for element in list(root)[:MAX_URLS]:
        if name_of(element) == "sitemap" and (loc := _text(element, "loc")):
            yield loc, _last_moment(_text(element, "lastmod"), now)


def _found(element: etree._Element, document: Document, target: Target, window: Window) -> Found | None:
    url = absolute(_text(element, "loc") or "", document.url) if name_of(element) == "url" else None
    if url is None or not _is_article(url, target):
        return None
    news = next((child for child in element if name_of(child) == "news"), None)
    given = _text(news, "publication_date") if news is not None else None
    published, latest = feed_date(given, document.read_at), _last_moment(_text(element, "lastmod"), document.read_at)
    if not window.may_hold(published, latest):
        return None
    language = next(
        (_text(child, "language") for child in (news if news is not None else ()) if name_of(child) == "publication"), None
    )
    title = one_line(_text(news, "title")) if news is not None else None
    return Found(_entry(url, title, published, given, language), latest)


def _read_text(document: Document, body: bytes, target: Target, window: Window) -> Listing:
    """The protocol allows a plain list of addresses, too."""
    lines = body[:MAX_BYTES].decode("utf-8", "replace").split()[:MAX_URLS]
    if not lines or not all(line.startswith(("http://", "https://")) for line in lines[:20]):
        return Listing(offered=not document.step.root, note="what is there is no sitemap")
    urls = dict.fromkeys(filter(None, (absolute(line, document.url) for line in lines)))
    del window
    return Listing(tuple(Found(_entry(url)) for url in urls if _is_article(url, target)))


def _entry(
    url: str, title: str | None = None, published: datetime | None = None, given: str | None = None, language: str | None = None
) -> ParsedEntry:
    return ParsedEntry(url, url, title, None, None, (), published, given, None, language=language)


def _is_home(url: str, target: Target) -> bool:
    """Sitemaps speak for their own site only."""
    return registrable_domain(url) == registrable_domain(target.site_url or target.feed_url or "")


def _is_article(url: str, target: Target) -> bool:
    return _is_home(url, target) and not _NO_ARTICLE.search(urlsplit(url).path)


def _text(element: etree._Element, name: str) -> str | None:
    found = next((child.text for child in element if name_of(child) == name), None)
    return found.strip() if found and found.strip() else None


def _last_moment(text: str | None, now: datetime) -> datetime | None:
    """A date without a time may mean any moment of its day, in any zone."""
    at = feed_date(text, now) if text else None
    return at + timedelta(days=2) if at is not None and text is not None and len(text) <= 10 else at
