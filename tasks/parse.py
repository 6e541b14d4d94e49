"""A feed's bytes into a ParsedFeed. The only importer of feedparser.

feedparser is given bytes and nothing else: it opens no file and no connection. It may take long and it may raise, so that
flows call `tasks.parse_safely`, which runs this in a child process with a time limit.
"""

import codecs
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import feedparser
import feedparser.api
import feedparser.mixin

from schemas.reasons import Reason
from schemas.records import ParsedEntry, ParsedFeed, ParseFailed
from tasks import feed_items
from tasks.decompress import BadCodingError, TooLargeError, gunzip_file
from tasks.feed_items import MAX_BYTES
from tasks.json_feed import looks_like_json, parse_json_feed
from tasks.page import codec_for
from tasks.parse_safely import FeedBytes, ParseChild, parse_feeds_safely
from tasks.text import from_html, one_line
from tasks.urls import absolute

__all__ = ["MAX_BYTES", "FeedBytes", "ParseChild", "is_html", "parse_feed", "parse_feeds_safely"]

# A description this long is as good as content.
_LONG_SUMMARY = 1_000
_SNIFF = 64 * 1024
_FEED_ROOT = re.compile(rb"<((?:[A-Za-z][\w.-]{0,20}:)?(?:rss|feed|rdf|channel))\b[^>]{0,5000}", re.IGNORECASE)
_HTML_ROOT = re.compile(rb"<(?:!doctype\s+html|html)\b|^\s*<(?:head|body|div|script|meta|p)\b", re.IGNORECASE)
_ELEMENT = re.compile(rb"<[A-Za-z]")
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_ITEM = re.compile(rb"<(?:[A-Za-z][\w.-]{0,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_SKIP_HOURS = re.compile(rb"<skipHours\b[^>]*>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_SKIP_DAYS = re.compile(rb"<skipDays\b[^>]*>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 7 * 86400, "monthly": 30 * 86400, "yearly": 365 * 86400}
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_NO_CHARACTER = "a character reference leads to no character"
# Of one element; it keeps 50 of them. feedparser compares each new one with all that it has.
_MAX_TAGS = 500
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


# What bounds the time of feedparser's own work (docs/choices.md); it has no settings for it.
feedparser.api.PREFERRED_XML_PARSERS = ["tasks.feed_xml"]
_add_tag = feedparser.mixin._FeedParserMixin._add_tag


def _add_one_of_the_first_tags(parser: Any, term: Any, scheme: Any, label: Any) -> None:
    if len(parser._get_context().get("tags") or ()) < _MAX_TAGS:
        _add_tag(parser, term, scheme, label)


feedparser.mixin._FeedParserMixin._add_tag = _add_one_of_the_first_tags


def parse_feed(body: bytes, url: str, content_type: str | None, now: datetime) -> ParsedFeed | ParseFailed:
    """Read RSS, RDF, Atom, CDF or JSON Feed. `url` is where it was found: relative links start there.

    A broken feed keeps what it holds and says in `bozo` what is wrong. ParseFailed: HTML_INSTEAD_OF_FEED, TOO_LARGE or
    BROKEN_FEED. A sound feed without items is a ParsedFeed. Raises nothing but MemoryError.
    """
    if len(body) > MAX_BYTES:
        return ParseFailed(Reason.TOO_LARGE, f"the feed has more than {MAX_BYTES // 1024 // 1024} MB")
    if not body.strip():
        return ParseFailed(Reason.BROKEN_FEED, "the answer is empty")
    try:
        body = _readable(body)
    except (TooLargeError, BadCodingError) as error:
        return ParseFailed(
            Reason.TOO_LARGE if isinstance(error, TooLargeError) else Reason.BAD_ENCODING, str(error) or "too large"
        )
    if looks_like_json(body):
        return parse_json_feed(body, url, now)
    if is_html(body):
        return ParseFailed(Reason.HTML_INSTEAD_OF_FEED, "the address leads to a web page instead of a feed")
    try:
        found = _read(body, url, content_type, now)
        if isinstance(found, ParseFailed) and (rescued := _without_prefix(body)) is not None:
            found = _read(rescued, url, content_type, now)
        return found
    except MemoryError:
        raise  # the child's limit: `tasks.parse_safely` says so
    except (ValueError, OverflowError) as error:
        # feedparser makes a character of any number: one that is none costs the whole feed.
        possible = _REFERENCE.sub(_possible, body)
        if possible == body:
            return ParseFailed(Reason.BROKEN_FEED, _unread(error))
        found = parse_feed(possible, url, content_type, now)
        return found if isinstance(found, ParseFailed) else replace(found, bozo=found.bozo or _NO_CHARACTER)
    except Exception as error:  # noqa: BLE001 (feedparser lets exceptions of many kinds out: kurtmckee/feedparser#599)
        return ParseFailed(Reason.BROKEN_FEED, _unread(error))


def _unread(error: Exception) -> str:
    return f"the feed can't be read: {type(error).__name__}: {one_line(str(error), 200)}"


def _possible(reference: re.Match[bytes]) -> bytes:
    """A character reference, and U+FFFD in the place of one that leads to no character."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    number = int(digits[:9], base) if len(digits.lstrip(b"0")) < 9 else 0x110000
    return b"&#xFFFD;" if number > 0x10FFFF or 0xD800 <= number < 0xE000 else reference[0]


def _read(body: bytes, url: str, content_type: str | None, now: datetime) -> ParsedFeed | ParseFailed:
    data = feedparser.parse(
        # As a stream: bytes could be taken for a file's name.
        io.BytesIO(_first_items(body)),
        # No content-location: feedparser would resolve guids as well, and they would change when the feed moves.
        response_headers={"content-type": _media_type(body, content_type)},
        # Content stays as the feed carried it: the extract step reads it as it reads pages.
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return _feed(data, body, url, now)


def _readable(body: bytes) -> bytes:
    """A gzip file unpacked; UTF-16 and UTF-32, with or without a byte order mark, as UTF-8."""
    body = gunzip_file(body, MAX_BYTES)
    for start, codec in _WIDE:
        if body.startswith(start):
            text = body.decode(codec, "replace").lstrip("\ufeff")
            # Its declaration would name the encoding that it no longer has.
            return re.sub(r"^\s*<\?xml\b[^>]{0,200}>", "", text).encode("utf-8", "replace")
    return body


def _without_prefix(body: bytes) -> bytes | None:
    """A feed whose items have a prefix that means nothing (`<rss:item>` without its xmlns), without it; else None."""
    item, root = _ITEM.search(body), _FEED_ROOT.search(body)
    prefix = item.group()[1:].rpartition(b":")[0] if item else b""
    if not prefix or root is None:
        return None
    return re.sub(rb"<(/?)" + re.escape(prefix) + rb":", rb"<\1", body[root.start() :])


def is_html(body: bytes) -> bool:
    """Whether the bytes are a web page: its first telling element is HTML's and not a feed's."""
    head = _without_comments(body[:_SNIFF])
    # A feed may stand under any doctype, a page may not start with a feed's element.
    first = _ELEMENT.search(head)
    if first and _FEED_ROOT.match(head, first.start()):
        return False
    page, feed = _HTML_ROOT.search(head), _FEED_ROOT.search(head)
    return page is not None and (feed is None or page.start() < feed.start())


def _without_comments(head: bytes) -> bytes:
    return re.sub(rb"<!--.*?(?:-->|\Z)", b"", head, flags=re.DOTALL)


def _media_type(body: bytes, content_type: str | None) -> str:
    """What feedparser is told: XML, and the characters where we know better than the header and the XML declaration."""
    if not body.isascii():
        try:
            body.decode("utf-8")
            return "application/xml; charset=utf-8"
        except UnicodeDecodeError:
            # Not UTF-8: the header's word counts, if it is another one.
            found = re.search(r"charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", content_type or "", re.IGNORECASE)
            name = codec_for(found[1]) if found else None
            if name and name != "utf-8":
                return f"application/xml; charset={name}"
    return "application/xml"


def _first_items(body: bytes) -> bytes:
    """The body, cut after as many items as are kept: a hundred thousand of them would cost minutes."""
    if body.count(b"<item") + body.count(b"<entry") <= feed_items.MAX_ITEMS:
        return body
    starts = [match.start() for _, match in zip(range(feed_items.MAX_ITEMS + 1), _ITEM.finditer(body), strict=False)]
    root = _FEED_ROOT.search(body[:_SNIFF])
    if len(starts) <= feed_items.MAX_ITEMS or root is None:
        return body
    inside_channel = b"</channel>" not in body[: starts[-1]] and b"<channel" in body[: starts[-1]]
    return body[: starts[-1]] + (b"</channel>" if inside_channel else b"") + b"</" + root[1] + b">"


def _feed(data: Mapping[str, Any], body: bytes, url: str, now: datetime) -> ParsedFeed | ParseFailed:
    channel: Mapping[str, Any] = data.get("feed") or {}
    problem = one_line(str(data.get("bozo_exception") or ""), 300) if data.get("bozo") else None
    items = list(data.get("entries") or ())[: feed_items.MAX_ITEMS]
    broken = "amplification" in (problem or "")  # a bomb of entities, at which the XML parser stopped
    if not items and (not data.get("version") or broken or (problem and not _is_whole(body))):
        return ParseFailed(Reason.BROKEN_FEED, problem or "it is neither RSS nor Atom nor JSON Feed")
    site = absolute(_link(channel) or "", url)
    entries = [_entry(item, url, now) for item in items]
    head = _without_comments(body[:_SNIFF])
    hours = [int(hour) for hour in _inner(_SKIP_HOURS, head, rb"<hour\b[^>]*>\s*(\d{1,2})\s*<")]
    days = [day.decode("latin-1").capitalize() for day in _inner(_SKIP_DAYS, head, rb"<day\b[^>]*>\s*([A-Za-z]+)\s*<")]
    return ParsedFeed(
        format=str(data.get("version") or "unknown"),
        title=feed_items.valid(from_html(_string(channel.get("title")), 300)),
        site_url=site,
        language=(language := feed_items.valid(one_line(_string(channel.get("language")), 35))),
        entries=feed_items.finished(entries, language),
        ttl_seconds=_ttl(channel),
        # RSS 0.91 counts the hours from 1 to 24, RSS 2.0 from 0 to 23.
        skip_hours=tuple(sorted({hour % 24 for hour in hours if hour <= 24})),
        skip_days=tuple(day for day in _DAYS if day in days),
        bozo=problem,
    )


def _is_whole(body: bytes) -> bool:
    """Whether a feed goes on to the end of its root element: what breaks off before its first item is no empty feed."""
    root = _FEED_ROOT.search(body[:_SNIFF])
    return root is not None and b"</" + root[1] in body[-_SNIFF:]


def _inner(outer: re.Pattern[bytes], head: bytes, inner: bytes) -> list[bytes]:
    found = outer.search(head)
    return re.findall(inner, found[1], re.IGNORECASE) if found else []


def _ttl(channel: Mapping[str, Any]) -> int | None:
    """The publisher's wish for the time between polls in seconds: `ttl` (minutes) or `sy:updatePeriod` / `updateFrequency`."""
    ttl = _string(channel.get("ttl")).strip()
    if ttl.isascii() and ttl.isdigit() and int(ttl[:9]) > 0:
        return min(int(ttl[:9]) * 60, 365 * 86400)
    period = _PERIODS.get(_string(channel.get("sy_updateperiod")).strip().lower())
    if period is None:
        return None
    times = _string(channel.get("sy_updatefrequency")).strip()
    return max(period // max(int(times[:4]), 1), 60) if times.isascii() and times.isdigit() else period


def _entry(item: Mapping[str, Any], feed_url: str, now: datetime) -> ParsedEntry:
    link = _link(item)
    guid = _string(item.get("id"))
    if link is None and re.match(r"https?://", guid, re.IGNORECASE) and item.get("guidislink", True):
        link = guid
    url = absolute(link or "", feed_url)
    title = from_html(_string(item.get("title")), 1000)
    contents = [_markup(part) for part in item.get("content") or () if isinstance(part, Mapping)]
    summary = _string(item.get("summary"))
    content = max((*contents, summary if len(summary) >= _LONG_SUMMARY else ""), key=len)
    # dict.get: FeedParserDict answers with the published date where there is no updated one.
    updated = _string(dict.get(item, "updated"))  # type: ignore[call-overload]
    published_at, given, updated_at = feed_items.dates(_string(item.get("published")), updated, now)
    return ParsedEntry(
        guid=feed_items.guid_of(guid, url, title or from_html(summary), given),
        url=url,
        title=title,
        summary=from_html(summary) or from_html(content),
        content=content or None,
        authors=feed_items.authors(_author_names(item)),
        published_at=published_at,
        published_as_given=given,
        updated_at=updated_at,
        tags=feed_items.tags(tag.get("term") or tag.get("label") for tag in item.get("tags") or () if isinstance(tag, Mapping)),
        language=one_line(_string(item.get("language")), 35),
    )


def _markup(part: Mapping[str, Any]) -> str:
    """A content element as HTML; "" when it is no text."""
    value, kind = _string(part.get("value")), _string(part.get("type")).lower()
    if kind == "text/plain":
        return "".join(f"<p>{html.escape(line)}</p>" for line in value.splitlines() if line.strip())
    return value if not kind or "html" in kind or kind.startswith("text/") or kind.endswith("xml") else ""


def _author_names(item: Mapping[str, Any]) -> Sequence[object]:
    people = [person for person in item.get("authors") or () if isinstance(person, Mapping)]
    names = [person.get("name") for person in people if person.get("name")]
    return names or [item.get("author")]


def _link(element: Mapping[str, Any]) -> str | None:
    """The address of the page that an item (or a feed) is about: the publisher's own before FeedBurner's."""
    original = _string(element.get("feedburner_origlink")).strip()
    if original:
        return original
    links = [link for link in element.get("links") or () if isinstance(link, Mapping) and _string(link.get("href")).strip()]
    pages = [link for link in links if link.get("rel", "alternate") == "alternate"]
    pages.sort(key=lambda link: "html" not in _string(link.get("type") or "text/html"))
    return _string(pages[0]["href"]).strip() if pages else None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
