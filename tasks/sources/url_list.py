"""A list of addresses: plain text, CSV with a column of addresses, JSON Lines (as Media Cloud and others export them)."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha1
from itertools import chain, islice
from typing import Any

from schemas.backfill import Document, Found, Listing, Source, Step, Target, Window
from schemas.records import ParsedEntry
from tasks.feed_dates import feed_date
from tasks.text import one_line
from tasks.urls import absolute

FEED_ROLES: frozenset[str] = frozenset()
LINES = 5_000  # read at once
_URL = ("url", "link", "address", "href", "loc", "web_url", "article_url", "story_url")
_DATE = ("published_at", "publish_date", "published", "publication_date", "pubdate", "date_published", "date")
_TITLE = ("title", "headline", "name")


def starts(target: Target, window: Window, base: str) -> tuple[Step, ...]:
    """The file's first lines."""
    del window, base
    return (Step(target.key, Source.URL_LIST, "lines", target.file, 1, root=True),) if target.file else ()


def read(document: Document, target: Target, window: Window) -> Listing:
    """The addresses of the next lines of the list."""
    del target
    step = document.step
    rows = _READING.rows(document.body, (step.number - 1) * LINES)
    found = (_found(row, document.read_at) for row in rows[:LINES])
    items = tuple(item for item in found if item and window.may_hold(item.entry.published_at))
    more = (Step(step.target, step.source, step.role, step.url, step.number + 1),) if len(rows) > LINES else ()
    bad = sum(not row.get("url") for row in rows[:LINES])
    note = f"{bad} lines hold no address" if bad else None
    return Listing(items, more, offered=bool(rows) or not step.root, note=note)


def otherwise(step: Step, target: Target) -> tuple[Step, ...]:
    """A list is there or not."""
    del step, target
    return ()


class _Reading:
    """The list that was read last, and where: part after part of a long list, it is taken apart once, not once a part."""

    def __init__(self) -> None:
        self._at: tuple[bytes, int] | None = None
        self._left: Iterator[dict[str, str]] = iter(())

    def rows(self, body: bytes, start: int) -> list[dict[str, str]]:
        """`LINES` rows from `start` on, and one more where there is one."""
        mark = sha1(body, usedforsecurity=False).digest()
        if self._at != (mark, start):
            self._left = islice(_rows(body.decode("utf-8-sig", "replace")), start, None)
        rows = list(islice(self._left, LINES))
        following = list(islice(self._left, 1))
        self._left = chain(following, self._left)
        self._at = (mark, start + LINES)
        return rows + following


_READING = _Reading()


def _rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of a list, each with `url`, `date` and `title` as far as it has them."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return
    if lines[0].lstrip().startswith(("{", "[")):
        yield from map(_named, _json_rows(text, lines))
        return
    dialect = csv.excel_tab if "\t" in lines[0] else csv.excel
    delimiter = ";" if ";" in lines[0] and "," not in lines[0] else dialect.delimiter
    header = [name.strip().lower() for name in next(csv.reader(lines[:1], delimiter=delimiter))]
    if any(name in _URL for name in header):
        # As one text, so that a quoted cell may go over several lines.
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
        yield from (_named(dict(zip(header, row, strict=False))) for row in islice(reader, 1, None) if any(row))
        return
    yield from ({"url": line.strip().split()[0].rstrip(",;")} for line in lines if not line.lstrip().startswith("#"))


def _json_rows(text: str, lines: list[str]) -> Iterator[dict[str, Any]]:
    """JSON Lines, or one JSON array."""
    try:
        whole = json.loads(text) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        whole = None
    for line in whole if isinstance(whole, list) else lines:
        try:
            row = json.loads(line) if isinstance(line, str) and line.lstrip().startswith(("{", '"')) else line
        except (ValueError, RecursionError):
            row = {}
        yield row if isinstance(row, dict) else {"url": row}


def _named(row: dict[str, Any]) -> dict[str, str]:
    lower = {str(name).strip().lower(): value for name, value in row.items()}

    def first(names: tuple[str, ...]) -> str:
        return next((str(lower[name]).strip() for name in names if isinstance(lower.get(name), str | int | float)), "")

    return {"url": first(_URL), "date": first(_DATE), "title": first(_TITLE)}


def _found(row: dict[str, str], now: datetime) -> Found | None:
    url = absolute(row.get("url", ""), None)
    if url is None:
        return None
    given = row.get("date") or None
    return Found(ParsedEntry(url, url, one_line(row.get("title") or None), None, None, (), feed_date(given, now), given, None))
