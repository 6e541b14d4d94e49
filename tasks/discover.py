"""Where a site's feeds may be: what its page says, then the usual places. Pure: the flow fetches."""

import re
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

from schemas.records import FeedLine
from tasks.text import one_line
from tasks.urls import absolute

_MAX_CHARS = 5_000_000
_MAX_FEEDS = 50
# The order is that of preference where a site offers one feed in several formats.
_TYPES = ("application/atom+xml", "application/rss+xml", "application/feed+json", "application/rdf+xml")
_VAGUE_TYPES = ("application/json", "application/xml", "text/xml")
_NO_FEED = re.compile(r"oembed|wp-json|/api/|opensearch|sitemap|\.opml\b", re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b|kommentar|comentario|commentaires", re.IGNORECASE)
_FEED_LINK = re.compile(
    r"(?:^|[/_.=-])(?:feeds?|rss2?|atom|rdf)(?:$|[/_.?-])|\.(?:rss|atom|rdf)(?:$|\?)|\bfeed\.(?:xml|json)$", re.IGNORECASE
)
_USUAL = ("feed", "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json", "rss/", "feeds/posts/default")


def feed_candidates(html: str, url: str) -> tuple[FeedLine, ...]:
    """The feeds that a page names, best first: `link rel=alternate`, else plain links that look like feeds.

    Feeds of comments come last. Titles are those of the page.
    """
    # lxml refuses text that declares its own encoding; bytes in a known one are what it wants.
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = lxml_html.document_fromstring(html[:_MAX_CHARS].encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ()
    base_element = root.find(".//base[@href]")
    base = absolute(base_element.get("href") or "", url) if base_element is not None else None
    site = one_line(root.findtext(".//title"), 300)
    named = [line for element in root.iter("link") if (line := _named(element, base or url, url, site))]
    found = named or [line for element in root.iter("a") if (line := _linked(element, base or url, url, site))]
    unique: dict[str, FeedLine] = {}
    for line in found:
        unique.setdefault(line.url, line)
    ordered = sorted(unique.values(), key=lambda line: bool(_COMMENTS.search(f"{line.title} {line.url}")))
    return tuple(ordered[:_MAX_FEEDS])


def usual_paths(url: str) -> tuple[str, ...]:
    """Addresses at which sites keep their feed: beside the given page's folder first, then at the root."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    folder = parts.path if parts.path.endswith("/") else parts.path.rpartition("/")[0] + "/"
    bases = dict.fromkeys([root + folder.lstrip("/"), root])
    return tuple(dict.fromkeys(base + path for base in bases for path in _USUAL))


def _named(element: lxml_html.HtmlElement, base: str, page: str, site: str | None) -> FeedLine | None:
    rel = (element.get("rel") or "").lower().split()
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    href = element.get("href") or ""
    fits = kind in _TYPES or (kind in _VAGUE_TYPES and _FEED_LINK.search(href) and not _NO_FEED.search(href))
    wanted = ("alternate" in rel and "stylesheet" not in rel and fits) or ("feed" in rel and not kind)
    target = absolute(href, base) if wanted and not _NO_FEED.search(href) else None
    return FeedLine(target, one_line(element.get("title"), 300) or site, page) if target else None


def _linked(element: lxml_html.HtmlElement, base: str, page: str, site: str | None) -> FeedLine | None:
    href = element.get("href") or ""
    target = absolute(href, base) if _FEED_LINK.search(href.partition("#")[0]) and not _NO_FEED.search(href) else None
    return FeedLine(target, site, page) if target else None
