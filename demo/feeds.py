"""Feeds in the four formats: RSS 2.0, Atom, RDF (RSS 1.0) and JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from demo.content import FeedFormat, Outlet

CONTENT_TYPES: dict[FeedFormat, str] = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """What a feed says about one article. `content` is HTML; empty where a feed has none."""

    link: str
    guid: str
    title: str
    summary: str
    published: datetime
    content: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    updated: datetime | None = None

    @property
    def changed(self) -> datetime:
        """When the item last changed."""
        return self.updated or self.published


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed: its outlet, its own address and title, and its items, the newest first; `older`: the archive document before it."""

    outlet: Outlet
    url: str
    title: str
    items: tuple[Item, ...]
    older: str = ""

    @property
    def changed(self) -> datetime:
        """When the feed last changed, as its items tell."""
        return max((item.changed for item in self.items), default=_EPOCH)


def write(channel: Channel) -> bytes:
    """The feed as bytes, in its outlet's format and encoding."""
    text = _WRITERS[channel.outlet.feed_format](channel)
    return text.encode(channel.outlet.encoding, "xmlcharrefreplace")


def content_type(outlet: Outlet) -> str:
    """The Content-Type that the outlet's feeds are served with."""
    return f"{CONTENT_TYPES[outlet.feed_format]}; charset={outlet.encoding}"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>\n" if text else ""


def _cdata(name: str, html: str) -> str:
    safe = html.replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>\n" if html else ""


def _each(name: str, texts: Sequence[str]) -> str:
    return "".join(_tag(name, text) for text in texts)


def _w3c(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _rss(channel: Channel) -> str:
    outlet = channel.outlet
    return (
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n'
        + _tag("title", channel.title)
        + _tag("link", outlet.home)
        + _tag("description", outlet.tagline)
        + _tag("language", outlet.language)
        + f'<atom:link href={quoteattr(channel.url)} rel="self" type="application/rss+xml"/>\n'
        + (f'<atom:link href={quoteattr(channel.older)} rel="prev-archive"/>\n' if channel.older else "")
        + _tag("lastBuildDate", format_datetime(channel.changed, usegmt=True))
        + "<ttl>30</ttl>\n"
        + "".join(_rss_item(item) for item in channel.items)
        + "</channel>\n</rss>\n"
    )


def _rss_item(item: Item) -> str:
    permalink = "true" if item.guid == item.link else "false"
    return (
        "<item>\n"
        + _tag("title", item.title)
        + _tag("link", item.link)
        + f'<guid isPermaLink="{permalink}">{escape(item.guid)}</guid>\n'
        + _tag("pubDate", format_datetime(item.published, usegmt=True))
        + (_tag("atom:updated", _w3c(item.updated)) if item.updated else "")
        + _each("dc:creator", item.authors)
        + _each("category", item.tags)
        + _tag("description", item.summary)
        + _cdata("content:encoded", item.content)
        + "</item>\n"
    )


def _atom(channel: Channel) -> str:
    outlet = channel.outlet
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">\n'
        + _tag("title", channel.title)
        + _tag("subtitle", outlet.tagline)
        + _tag("id", f"tag:{outlet.host},2026:feed")
        + f'<link rel="self" href={quoteattr(channel.url)}/>\n'
        + f'<link rel="alternate" type="text/html" href={quoteattr(outlet.home)}/>\n'
        + _tag("updated", _w3c(channel.changed))
        + f"<author><name>{escape(outlet.name)}</name></author>\n"
        + "".join(_atom_entry(item) for item in channel.items)
        + "</feed>\n"
    )


def _atom_entry(item: Item) -> str:
    authors = "".join(f"<author><name>{escape(n)}</name></author>\n" for n in item.authors)
    tags = "".join(f"<category term={quoteattr(tag)}/>\n" for tag in item.tags)
    content = f'<content type="html">{escape(item.content)}</content>\n' if item.content else ""
    return (
        "<entry>\n"
        + f'<title type="text">{escape(item.title)}</title>\n'
        + f'<link rel="alternate" type="text/html" href={quoteattr(item.link)}/>\n'
        + _tag("id", f"tag:{urlsplit(item.guid).hostname},2026:{urlsplit(item.guid).path}")
        + _tag("published", _w3c(item.published))
        + _tag("updated", _w3c(item.changed))
        + authors
        + tags
        + f'<summary type="text">{escape(item.summary)}</summary>\n'
        + content
        + "</entry>\n"
    )


def _rdf(channel: Channel) -> str:
    outlet = channel.outlet
    seq = "".join(f"<rdf:li rdf:resource={quoteattr(item.link)}/>\n" for item in channel.items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f"<channel rdf:about={quoteattr(channel.url)}>\n"
        + _tag("title", channel.title)
        + _tag("link", outlet.home)
        + _tag("description", outlet.tagline)
        + _tag("dc:language", outlet.language)
        + _tag("dc:date", _w3c(channel.changed))
        + f"<items><rdf:Seq>\n{seq}</rdf:Seq></items>\n</channel>\n"
        + "".join(_rdf_item(item) for item in channel.items)
        + "</rdf:RDF>\n"
    )


def _rdf_item(item: Item) -> str:
    return (
        f"<item rdf:about={quoteattr(item.link)}>\n"
        + _tag("title", item.title)
        + _tag("link", item.link)
        + _tag("description", item.summary)
        + _tag("dc:date", _w3c(item.published))
        + (_tag("dcterms:modified", _w3c(item.updated)) if item.updated else "")
        + _each("dc:creator", item.authors)
        + _each("dc:subject", item.tags)
        + "</item>\n"
    )


def _json(channel: Channel) -> str:
    outlet = channel.outlet
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": outlet.home,
        "feed_url": channel.url,
        "description": outlet.tagline,
        "language": outlet.language,
        "items": [_json_item(item) for item in channel.items],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def _json_item(item: Item) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": item.guid,
        "url": item.link,
        "title": item.title,
        "summary": item.summary,
        "content_html": item.content or f"<p>{escape(item.summary)}</p>",
        "date_published": _w3c(item.published),
        "authors": [{"name": name} for name in item.authors],
        "tags": list(item.tags),
    }
    if item.updated:
        entry["date_modified"] = _w3c(item.updated)
    return entry


_WRITERS: dict[FeedFormat, Callable[[Channel], str]] = {
    "rss": _rss,
    "atom": _atom,
    "rdf": _rdf,
    "json": _json,
}
