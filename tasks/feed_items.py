"""What the items of all feed formats have in common: names for them, authors, tags. Pure: no I/O, no Prefect."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from schemas.records import ParsedEntry
from tasks.feed_dates import feed_date
from tasks.text import one_line

MAX_BYTES = 10 * 1024 * 1024  # of a feed, decoded
MAX_ITEMS = 5_000
_MAX_CONTENT = 2 * 1024 * 1024
_MAX_GUID = 1_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_LIST = 50
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MAIL_AND_NAME = re.compile(r"^\s*\S+@\S+\s*\(\s*([^()]+?)\s*\)\s*$")
_BY = re.compile(r"^(?:by|von|par|por|di|door|av)\s+(?=\S)", re.IGNORECASE)
_NAME = re.compile(r"^[^\W\d_][\w.’'-]*(?:\s+[\w.’'-]+){1,3}$")
_BETWEEN_NAMES = re.compile(r"\s*;\s*|\s*,\s+(?:and\s+)?|\s+(?:and|und|et|y|&)\s+", re.IGNORECASE)


def authors(given: Iterable[object]) -> tuple[str, ...]:
    """Names of authors: "mail (Name)" and "By Name" unwrapped, mail addresses dropped, lists of names taken apart."""
    found: dict[str, None] = {}
    for value in given:
        line = one_line(value, 300) if isinstance(value, str) else None
        if not line:
            continue
        if match := _MAIL_AND_NAME.match(line):
            line = match[1]
        line = _BY.sub("", re.sub(r"[<(]?" + _MAIL.pattern + r"[>)]?", "", line)).strip(" ,;-–—|<>()")
        parts = [part.strip() for part in _BETWEEN_NAMES.split(line)]
        # "Jane Roe, John Doe and Ann Poe" are three; "Reuters, London" and "Smith, Jane" are not taken apart.
        several = len(parts) > 1 and all(_NAME.match(part) for part in parts)
        found.update(dict.fromkeys(part for part in (parts if several else [line]) if part))
    return tuple(found)[:_MAX_LIST]


def tags(given: Iterable[object]) -> tuple[str, ...]:
    """Tags, each on one line, without repetition."""
    lines = (one_line(value, 200) for value in given if isinstance(value, str))
    return tuple(dict.fromkeys(line for line in lines if line))[:_MAX_LIST]


def guid_of(given: str | None, url: str | None, title: str | None, date: str | None) -> str:
    """What an item is known by in its feed: its id, else its link, else a hash of what it says."""
    guid = one_line(given, _MAX_GUID + 1) or url
    if guid is None:
        return "hash:" + _digest(title or "", date or "")
    return guid if len(guid) <= _MAX_GUID else "hash:" + _digest(guid)


def finished(entries: Sequence[ParsedEntry], language: str | None) -> tuple[ParsedEntry, ...]:
    """The items as they are kept: distinct guids, content within its limit, nothing that is no text.

    `language`: the feed's, for items that declare none of their own.
    """
    return with_distinct_guids([_sound(entry, language) for entry in entries])


def _sound(entry: ParsedEntry, of_feed: str | None) -> ParsedEntry:
    """Without NULs in the content and without lone surrogates (`"\\ud800"` in JSON), which no store takes."""
    content = entry.content[:_MAX_CONTENT].replace("\0", "") or None if entry.content else None
    texts = [entry.guid, entry.url, entry.title, entry.summary, content, entry.published_as_given, entry.language]
    guid, url, title, summary, content, given, language = (valid(text) for text in texts)
    return replace(
        entry,
        guid=guid or "",
        url=url,
        title=title,
        summary=summary,
        content=content,
        published_as_given=given,
        language=language or of_feed,
        authors=tuple(valid(name) or "" for name in entry.authors),
        tags=tuple(valid(tag) or "" for tag in entry.tags),
    )


def valid(text: str | None) -> str | None:
    """A text without lone surrogates."""
    return text if text is None or _SURROGATE.search(text) is None else _SURROGATE.sub("\ufffd", text)


def with_distinct_guids(entries: Sequence[ParsedEntry]) -> tuple[ParsedEntry, ...]:
    """Items without repetition. Where a feed gives one guid to different items, link and title tell them apart."""
    meanings: dict[str, set[tuple[str | None, str | None]]] = {}
    for entry in entries:
        meanings.setdefault(entry.guid, set()).add((entry.url, entry.title))
    kept: dict[str, ParsedEntry] = {}
    for entry in entries:
        guid = entry.guid
        if len(meanings[guid]) > 1:
            guid = f"{guid[:_MAX_GUID]}#{_digest(entry.url or '', entry.title or '')}"
        kept.setdefault(guid, entry if guid == entry.guid else replace(entry, guid=guid))
    return tuple(kept.values())


def dates(published: str | None, updated: str | None, now: datetime) -> tuple[datetime | None, str | None, datetime | None]:
    """(published_at, published_as_given, updated_at). An item that only says when it was updated was published then."""
    updated_at = feed_date(updated, now)
    given = one_line(published or updated, 100)
    return (feed_date(published, now) if published else updated_at), given, updated_at


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
