"""JSON Feed 1.0 and 1.1 (jsonfeed.org), into the same records as the other formats. Pure: no I/O, no Prefect."""

import html
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.reasons import Reason
from schemas.records import ParsedEntry, ParsedFeed, ParseFailed
from tasks import feed_items
from tasks.text import from_html, one_line
from tasks.urls import absolute

Json = Mapping[str, Any]
_DECODER = json.JSONDecoder(strict=False)
_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_COMMA = re.compile(r"\s*,\s*")


def looks_like_json(body: bytes) -> bool:
    """Whether the bytes can only be JSON."""
    return body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def parse_json_feed(body: bytes, url: str, now: datetime) -> ParsedFeed | ParseFailed:
    """Read a JSON Feed. Forgiving: fields of a wrong type are as good as absent, items that are no objects are skipped."""
    text, problem = body.decode("utf-8-sig", "replace"), None
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        problem = one_line(str(error), 200)
        data = _salvage(text)
    version = _text(data, "version") if isinstance(data, dict) else None
    items = data.get("items") if isinstance(data, dict) else None
    if problem and not items:
        return ParseFailed(Reason.BROKEN_FEED, f"the JSON can't be read: {problem}")
    if not isinstance(items, list) and "jsonfeed.org" not in (version or ""):
        return ParseFailed(Reason.BROKEN_FEED, "it is JSON, but no JSON Feed")
    items = items if isinstance(items, list) else []
    home = absolute(_text(data, "home_page_url") or "", url)
    entries = [_entry(item, home or url, now) for item in items[: feed_items.MAX_ITEMS] if isinstance(item, dict)]
    return ParsedFeed(
        format="json10" if (version or "").rstrip("/").endswith("/1") else "json11",
        title=feed_items.valid(one_line(_text(data, "title"), 300)),
        site_url=home,
        language=(language := feed_items.valid(one_line(_text(data, "language"), 35))),
        entries=feed_items.finished(entries, language),
        bozo=problem if problem or version else "it does not say which version of JSON Feed it is",
    )


def _salvage(text: str) -> Json | None:
    """The items of a feed that is cut off or damaged, as far as they can be read one after the other."""
    start = _ITEMS.search(text)
    if start is None:
        return None
    place = start.end()
    items: list[Any] = []
    while len(items) < feed_items.MAX_ITEMS and (found := _item_at(text, place)) is not None:
        item, end = found
        items.append(item)
        comma = _COMMA.match(text, end)
        if comma is None:
            break
        place = comma.end()
    return {"items": items, "version": "https://jsonfeed.org/" if "jsonfeed.org" in text[: start.start()] else None}


def _item_at(text: str, place: int) -> tuple[Any, int] | None:
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError):
        return None


def _entry(item: Json, base: str, now: datetime) -> ParsedEntry:
    url = absolute(_text(item, "url") or "", base) or absolute(_text(item, "external_url") or "", base)
    title = one_line(html.unescape(_text(item, "title") or ""))
    content_html, content_text = _text(item, "content_html"), _text(item, "content_text")
    paragraphs = [html.escape(line) for line in (content_text or "").splitlines() if line.strip()]
    content = content_html or "".join(f"<p>{line}</p>" for line in paragraphs) or None
    published, updated = _text(item, "date_published"), _text(item, "date_modified")
    published_at, given, updated_at = feed_items.dates(published, updated, now)
    people = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    tags = item.get("tags")
    return ParsedEntry(
        guid=feed_items.guid_of(_text(item, "id"), url, title or content, given),
        url=url,
        title=title,
        summary=one_line(_text(item, "summary"), 4000) or from_html(content),
        content=content,
        authors=feed_items.authors(_text(person, "name") for person in people or () if isinstance(person, dict)),
        published_at=published_at,
        published_as_given=given,
        updated_at=updated_at,
        tags=feed_items.tags(tags if isinstance(tags, list) else ()),
        language=one_line(_text(item, "language"), 35),
    )


def _text(data: Json, key: str) -> str | None:
    """A member as text: numbers happen where ids are meant; anything else is absent."""
    value = data.get(key)
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
