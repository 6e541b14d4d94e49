"""The geometry of the report's pictures: where each mark stands, in percent of a width that the reader's screen decides.

Percentages and not a fixed drawing: on a phone a scaled drawing has letters of five pixels, these keep their size. Pure.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from zoneinfo import ZoneInfo

from schemas.answers import Printed, StoryAnswer
from schemas.report import EntityTime, OutletFigures, Period

TICKS = 7
LONGEST_BINS = 62
# Marks nearer than this (percent of a lane) are stacked.
NEAR = 2.0
LEVELS = 6
# A bar of so many articles is full where no other is higher.
LOW = 3
# So many names of outlets stand at one place.
NAMES = 4
_HOUR_BINS_UP_TO = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis: its place in percent and its words; a `minor` one gives way on a narrow screen."""

    x: float
    words: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """An article on a story's lane; `level` is how many marks it is stacked above the lane's first row."""

    x: float
    level: int
    article: Printed
    copy: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A story on the time axis, from its first mark to its last one within the period. `first` is the id of its first telling,
    None where no telling gives a time of day."""

    start: float
    end: float
    first: int | None
    marks: tuple[Mark, ...]

    @property
    def levels(self) -> int:
        """How many rows its marks need."""
        return 1 + max((mark.level for mark in self.marks), default=0)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bin of time with its count; `x`, `width` and `height` in percent, `height` of the highest bar of its row."""

    x: float
    width: float
    height: float
    count: int
    start: datetime


@dataclass(frozen=True, slots=True)
class Bubble:
    """An outlet between delay (from left to right) and share of its own words (from below); radius in pixels."""

    x: float
    y: float
    radius: float
    outlet: OutletFigures


@dataclass(frozen=True, slots=True)
class Label:
    """The names of outlets that stand at about one place, one below the other, `dx` pixels beside it."""

    x: float
    y: float
    dx: float
    anchor: str
    names: tuple[str, ...]


def place(period: Period, at: datetime) -> float:
    """Where a time stands between the period's ends, in percent; outside times at the ends."""
    share = (at - period.since) / (period.until - period.since)
    return round(min(max(share, 0.0), 1.0) * 100, 3)


def bins(period: Period) -> tuple[datetime, ...]:
    """The edges of the period's bins: hours in a short period, days, or several days in a long one; the zone's own days."""
    zone, length = ZoneInfo(period.zone), period.until - period.since
    if length <= _HOUR_BINS_UP_TO:
        hours = 1 if length <= timedelta(days=1) else 3
        step, start = timedelta(hours=hours), period.since.replace(minute=0, second=0, microsecond=0)
        edges = [start + step * n for n in range(ceil((period.until - start) / step) + 1)]
    else:
        day = period.since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        days = ceil(length / timedelta(days=1)) + 1
        step = timedelta(days=ceil(days / LONGEST_BINS))
        # Adding to a time with a zone moves its calendar: each edge is a midnight, whatever the clocks did in between.
        edges = [(day + step * n).astimezone(UTC) for n in range(ceil(days / step.days) + 1)]
    inner = [edge for edge in edges if period.since < edge < period.until]
    return (period.since, *inner, period.until)


def ticks(period: Period) -> tuple[Tick, ...]:
    """A few marks of the axis, at the edges of bins."""
    zone, edges = ZoneInfo(period.zone), bins(period)[:-1]
    step = ceil(len(edges) / TICKS)
    short = period.until - period.since <= _HOUR_BINS_UP_TO
    shape = "{:%a %H:%M}" if short else "{:%-d %b}" if period.until - period.since > timedelta(days=14) else "{:%a %-d %b}"
    return tuple(
        Tick(place(period, edge), shape.format(edge.astimezone(zone)), n % 2 == 1) for n, edge in enumerate(edges[::step])
    )


def lane(period: Period, story: StoryAnswer, most: int) -> Lane:
    """A story's articles within the period, at most so many; those that stand close are stacked, up to `LEVELS` high."""
    articles = [(telling.article, False) for telling in story.tellings]
    articles += [(copy.article, True) for telling in story.tellings for copy in telling.copies]
    inside = sorted(
        ((article, copy) for article, copy in articles if period.since <= article.at < period.until),
        key=lambda pair: (pair[0].at, pair[0].article_id),
    )[:most]
    last_of_level: list[float] = []
    marks: list[Mark] = []
    for article, copy in inside:
        x = place(period, article.at)
        free = [n for n, last in enumerate(last_of_level) if x - last >= NEAR]
        if not free and len(last_of_level) < LEVELS:
            free = [len(last_of_level)]
            last_of_level.append(x)
        level = free[0] if free else last_of_level.index(min(last_of_level))
        last_of_level[level] = x
        marks.append(Mark(x, level, article, copy))
    places = [mark.x for mark in marks] or [0.0]
    first = next((telling.article.article_id for telling in story.tellings if telling.article.time_known), None)
    return Lane(min(places), max(places), first, tuple(marks))


def bars(period: Period, entity: EntityTime) -> tuple[Bar, ...]:
    """An entity's articles by bin. Each row has its own scale, so that one busy name does not flatten the others; a single
    article never fills it."""
    counted = counts(period, entity.moments)
    highest = max(LOW, *counted)
    made: list[Bar] = []
    for (start, end), count in zip(pairwise(bins(period)), counted, strict=True):
        x, right = place(period, start), place(period, end)
        made.append(Bar(x, round(right - x, 3), round(100 * count / highest, 1), count, start))
    return tuple(made)


def counts(period: Period, moments: Iterable[datetime]) -> tuple[int, ...]:
    """How many of the times are in each bin."""
    edges = bins(period)
    found = [0] * (len(edges) - 1)
    for at in moments:
        if period.since <= at < period.until:
            found[bisect_right(edges, at) - 1] += 1
    return tuple(found)


def bubbles(outlets: Sequence[OutletFigures]) -> tuple[Bubble, ...]:
    """Outlets whose delay is known. The delay's axis is the square root: an hour matters more near zero than at a day."""
    known = [outlet for outlet in outlets if outlet.delay is not None]
    widest = max((outlet.delay or 0 for outlet in known), default=0) or 1
    lowest = lowest_share(outlets)
    largest = max((outlet.articles for outlet in known), default=1)
    return tuple(
        Bubble(
            round(6 + 84 * (max(outlet.delay or 0, 0) / widest) ** 0.5, 2),
            round(88 - 72 * (outlet.own_share - lowest) / (1 - lowest), 2),
            round(5 + 9 * (outlet.articles / largest) ** 0.5, 1),
            outlet,
        )
        for outlet in sorted(known, key=lambda one: (-one.articles, one.name))
    )


def labels(bubbles: Sequence[Bubble]) -> tuple[Label, ...]:
    """The bubbles' names; those of bubbles that lie on one another are put together. Names without room are left to the table;
    those of the most articles come first."""
    groups: list[list[Bubble]] = []
    for bubble in sorted(bubbles, key=lambda one: (one.x, one.y, one.outlet.name)):
        near = next((group for group in groups if abs(group[-1].x - bubble.x) < 5 and abs(group[-1].y - bubble.y) < 8), None)
        if near is None:
            groups.append([bubble])
        else:
            near.append(bubble)
    made: list[Label] = []
    for group in sorted(groups, key=lambda group: -sum(one.outlet.articles for one in group)):
        left = group[0].x > 60
        edge = group[0] if left else group[-1]
        side = max(one.radius for one in group) + 5
        names = tuple(one.outlet.name for one in group[:NAMES])
        if len(group) > NAMES:
            names += (f"and {len(group) - NAMES} more",)
        # A line of letters is 4 percent high; names of more than 24 percent of the width are rare.
        room = all(abs(other.x - edge.x) > 24 or abs(other.y - edge.y) > 2 * (len(other.names) + len(names)) for other in made)
        if not room:
            continue
        made.append(Label(edge.x, edge.y, -side if left else side, "end" if left else "start", names))
    return tuple(made)


def lowest_share(outlets: Sequence[OutletFigures]) -> float:
    """Where the axis of originality begins: the lowest share, rounded down to tenths, and never above 0.8."""
    least = min((outlet.own_share for outlet in outlets if outlet.delay is not None), default=0.8)
    return min(int(least * 10) / 10, 0.8)
