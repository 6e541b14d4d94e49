"""The report as one HTML page and as Markdown for a mail.

Headlines come from strangers. In the page all of them go through Jinja's autoescape, links are http(s) or none, and the page's
own policy (a `Content-Security-Policy` with the hash of its one style sheet) lets nothing run and nothing load. No script at all:
what folds is `<details>`.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from schemas.answers import StoryAnswer, Telling
from schemas.report import EntityTime, FeedState, Period, Report
from tasks import urls
from tasks.report import charts
from tasks.report.network import network

TEMPLATES = Path(__file__).parent / "templates"
TIMES = 14  # entities shown over time
TOP_PAIRS = 12
LARGEST = 1_000_000  # bytes
_LONGEST = 240


@dataclass(frozen=True, slots=True)
class Limits:
    """How many stories, tellings of a story and copies of a telling the page shows."""

    stories: int = 30
    tellings: int = 12
    copies: int = 6


def html(report: Report) -> str:
    """The page, below `LARGEST` bytes: it shows less of each story where it would get larger. The same report gives the same
    bytes."""
    limits = Limits()
    while True:
        made = _html(report, limits)
        if len(made.encode()) < LARGEST or limits.stories == 1:
            return made
        limits = Limits(max(limits.stories * 2 // 3, 1), max(limits.tellings // 2, 1), limits.copies // 2)


def _html(report: Report, limits: Limits) -> str:
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    period = report.period
    entities = report.entities[:TIMES]
    names = {entity.id: entity for entity in report.entities}
    return _environment(report.period.zone).get_template("report.html").render(
        report=report,
        limits=limits,
        style=Markup(style),  # ours, from the folder beside this file
        policy=policy(style),
        last_at=period.until - timedelta(minutes=1),
        ticks=charts.ticks(period),
        lanes=[charts.lane(period, story, limits.tellings * 5) for story in report.shared[: limits.stories]],
        entities=[(entity, charts.bars(period, entity)) for entity in entities],
        network=network(report.entities, report.pairs),
        pairs=[(names[pair.one], names[pair.other], pair.articles) for pair in report.pairs[:TOP_PAIRS]],
        bubbles=(bubbles := charts.bubbles(report.outlets)),
        bubble_labels=charts.labels(bubbles),
        lowest_share=charts.lowest_share(report.outlets),
        slowest=max((outlet.delay or 0 for outlet in report.outlets), default=0),
        ill=ill(report.feeds),
    )  # fmt: skip


def markdown(report: Report) -> str:
    """The report for a mail: CommonMark, readable as it is."""
    made = _environment(report.period.zone, escape=False).get_template("report.md").render(report=report, ill=ill(report.feeds))
    return re.sub(r"\n{3,}", "\n\n", made).strip() + "\n"


def content(tellings: Sequence[Telling]) -> str:
    """Tellings with their copies as a piece of HTML, for an entry of a feed."""
    return _environment("UTC").get_template("entry.html").render(tellings=tellings)


def policy(style: str) -> str:
    """The page's Content-Security-Policy: nothing but this style sheet and the icon inside the page."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def ill(feeds: Sequence[FeedState]) -> tuple[FeedState, ...]:
    """Feeds with something to say about them."""
    return tuple(feed for feed in feeds if feed.health != "healthy" or feed.needs_person)


def lead(story: StoryAnswer) -> str:
    """Who was first, in words."""
    first, following = line(story.first_outlet), line(story.next_outlet)
    if not first:
        return "no telling gives a time of day"
    if story.minutes_ahead is None:
        return f"told by {first} alone" if len(story.tellings) == 1 else f"first: {first}"
    ahead = "within a minute of" if story.minutes_ahead == 0 else f"{minutes(story.minutes_ahead)} before"
    return f"first: {first}, {ahead} {following}"


def span(period: Period) -> str:
    """The period in words: whole days by their names, else with the times."""
    zone = ZoneInfo(period.zone)
    since, until = period.since.astimezone(zone), period.until.astimezone(zone)
    if since.time() == until.time() == time():
        last = until - timedelta(days=1)
        if since.date() == last.date():
            return f"{last:%A %-d %B %Y}"
        return f"{since:%A %-d %B}{'' if since.year == last.year else f' {since:%Y}'} to {last:%A %-d %B %Y}"
    return f"{since:%A %-d %B %Y, %H:%M} to {until:%A %-d %B %Y, %H:%M}"


def minutes(count: int | None) -> str:
    """So many minutes, short: 35 min, 3 h 20, 2 d 4 h."""
    if count is None:
        return "–"
    sign, count = ("−", -count) if count < 0 else ("", count)
    if count < 60:
        return f"{sign}{count} min"
    hours, rest = divmod(count, 60)
    if hours < 48:
        return f"{sign}{hours} h" + (f" {rest:02}" if rest else "")
    return f"{sign}{hours // 24} d" + (f" {hours % 24} h" if hours % 24 else "")


def plural(count: int, one: str, many: str | None = None) -> str:
    """So many of something."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def line(text: str | None) -> str:
    """One line of a stranger's text: without control characters and marks that turn the writing's direction, and not endless."""
    kept = _printable(text or "")
    kept = " ".join(kept.split())
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - 1] + "…"


def md(text: str | None) -> str:
    """One line of a stranger's text, as Markdown that says just that."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~&-])", r"\\\1", line(text))


def web(url: str | None) -> str | None:
    """An address that may stand in a link: http(s), else None. What RFC 3986 allows nowhere, or what would end an address in
    Markdown, is encoded."""
    if url is None or not urls.is_http_url(url):
        return None
    end = min((place for mark in "/?#" if (place := url.find(mark, url.find("//") + 2)) > 0), default=len(url))
    rest, hash_mark, fragment = url[end:].partition("#")
    return _encoded(url[:end], "") + _encoded(rest, "[]") + hash_mark + _encoded(fragment, "[]#")


def _encoded(text: str, also: str) -> str:
    marks = rf"[\s<>\"'`\\|{{}}^{re.escape(also)}]|%(?![0-9A-Fa-f]{{2}})"
    return re.sub(marks, lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _printable(value: Any) -> Any:
    """What an expression of a template puts out: text without what `_unprintable` names, the rest as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(" " if ch in "\n\r\t" else ch for ch in value if ch in "\n\r\t" or not _unprintable(ch))


def _unprintable(ch: str) -> bool:
    return ord(ch) < 32 or 0x7F <= ord(ch) < 0xA0 or ch in "\u200e\u200f\u2028\u2029\ufeff\ufffe\uffff" or (
        "\u202a" <= ch <= "\u202e" or "\u2066" <= ch <= "\u2069" or "\ud800" <= ch <= "\udfff"
    )  # fmt: skip


@cache
def _environment(zone: str, *, escape: bool = True) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=escape, undefined=StrictUndefined, finalize=_printable,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip

    def clock(at: datetime, shape: str = "%a %-d %b, %H:%M") -> str:
        return at.astimezone(ZoneInfo(zone)).strftime(shape)

    def type_words(entity: EntityTime) -> str:
        return entity.description or {"ORG": "organization"}.get(entity.type, entity.type.lower())

    made.filters |= {
        "clock": clock, "lead": lead, "span": span, "minutes": minutes, "line": line, "md": md, "web": web, "what": type_words,
    }  # fmt: skip
    made.globals |= {"plural": plural}
    return made
