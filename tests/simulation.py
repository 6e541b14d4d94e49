"""Thirty days of polling with a fake clock: invented feeds of many rhythms, the project's own decisions, no network.

`python -m tests.simulation [SEED …]` prints a table a seed. Everything is drawn from the seed: the same run, the same figures.
"""

import heapq
import random
import statistics
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from schemas.reasons import Reason
from schemas.records import (
    Feed,
    Fetched,
    FetchFailed,
    FetchOutcome,
    FetchRequest,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    Validators,
)
from tasks.schedule import PollResult, request_for, settle_poll

START = datetime(2026, 9, 1, tzinfo=UTC)
HISTORY = timedelta(days=60)  # published before the first poll, so that the feeds' lists are full
TICK = 300  # seconds between two runs of the poll flow, as prefect.yaml has it
HOUR = timedelta(hours=1)
SEEDS = (4, 5, 6)
# How much is published in each hour of a newspaper's day: little at night, most in the morning, a second wave at six.
PAPER = (1, 1, 1, 1, 2, 4, 8, 9, 8, 7, 6, 6, 6, 5, 5, 6, 7, 8, 7, 5, 4, 3, 2, 1)
# A wire agency never sleeps, yet half of its desks do.
WIRE = (4, 4, 4, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 7, 6, 5, 5, 4, 4)
OFFICE = (0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 4, 3, 2, 3, 4, 4, 3, 2, 1, 1, 1, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Source:
    """A feed as its publisher runs it."""

    feed: Feed
    kind: str
    times: tuple[datetime, ...]  # when each entry is published
    entries: tuple[ParsedEntry, ...]
    window: int  # how many entries the feed lists
    validators: bool = True
    max_age: int | None = None
    ttl: int | None = None
    skip_hours: tuple[int, ...] = ()
    outages: tuple[tuple[datetime, datetime], ...] = ()  # 503 meanwhile
    least_gap: int = 0  # seconds; who asks sooner gets 429 with Retry-After

    def answer(self, request: FetchRequest, last_asked: datetime | None, now: datetime) -> tuple[FetchOutcome, ParsedFeed | None]:
        """What the server says, and what its body reads as."""
        if any(start <= now < end for start, end in self.outages):
            return FetchFailed(request.key, request.url, request.url, Reason.SERVER_ERROR, "503", now, 503), None
        if self.least_gap and last_asked and (now - last_asked).total_seconds() < self.least_gap:
            failed = FetchFailed(request.key, request.url, request.url, Reason.RATE_LIMITED, "429", now, 429, retry_after=3600)
            return failed, None
        count = bisect_right(self.times, now)
        etag = Validators(f'"{count}"') if self.validators else Validators()
        headers = (("cache-control", f"max-age={self.max_age}"),) if self.max_age else ()
        if self.validators and request.validators == etag:
            return NotModified(request.key, request.url, request.url, now, etag, headers), None
        listed = self.entries[max(count - self.window, 0) : count]
        parsed = ParsedFeed("rss20", None, None, None, listed, ttl_seconds=self.ttl, skip_hours=self.skip_hours)
        return Fetched(request.key, request.url, request.url, 200, headers, str(count).encode(), now, etag), parsed


@dataclass(slots=True)
class Tally:
    """What a month came to."""

    requests: int = 0
    not_modified: int = 0
    refused: int = 0
    missed: int = 0
    delays: dict[str, list[float]] = field(default_factory=dict)  # seconds, by kind of feed
    by_kind: dict[str, int] = field(default_factory=dict)
    missed_by_kind: dict[str, int] = field(default_factory=dict)

    def median(self, *kinds: str) -> float:
        """Median seconds from publication to discovery, over all feeds or those of these kinds."""
        return statistics.median(delay for kind, delays in self.delays.items() if not kinds or kind in kinds for delay in delays)


def sources(count: int, days: int, seed: int, history: timedelta = HISTORY) -> list[Source]:
    """Feeds in the shares in which a reader of news has them: some agencies, many papers, a long tail of blogs, some dead."""
    draw = random.Random(seed)
    kinds = ["wire"] * 8 + ["paper"] * 32 + ["daily"] * 10 + ["blog"] * 38 + ["burst"] * 5 + ["dead"] * 7
    return [_source(number + 1, kinds[number * len(kinds) // count], days, draw, history) for number in range(count)]


def _source(number: int, kind: str, days: int, draw: random.Random, history: timedelta) -> Source:
    times = tuple(sorted(_published(kind, days, draw, history)))
    url = f"https://feed{number}.example/rss"
    entries = tuple(ParsedEntry(str(n), None, None, None, None, (), time, None, None) for n, time in enumerate(times))
    feed = Feed(number, url, None, None, (), "active")
    # Lists of 10 to 50 items are what feeds have; agencies list more.
    window = draw.choice((50, 80, 100)) if kind == "wire" else draw.choice((10, 15, 20, 25, 30, 50))
    source = Source(feed, kind, times, entries, window, validators=draw.random() > 0.15)
    if draw.random() < 0.3:
        source = replace(source, max_age=draw.choice((60, 300, 600, 900, 3600)))
    if draw.random() < 0.1:
        source = replace(source, ttl=draw.choice((900, 1800, 3600)))
    if kind in ("paper", "daily") and draw.random() < 0.1:
        source = replace(source, skip_hours=(0, 1, 2, 3))
    if draw.random() < 0.1:
        source = replace(source, outages=tuple(_outages(days, draw)))
    if draw.random() < 0.05:
        source = replace(source, least_gap=1800)
    return source


def _published(kind: str, days: int, draw: random.Random, history: timedelta) -> Iterator[datetime]:
    first, last = START - history, START + timedelta(days=days)
    if kind == "dead":
        first, last = START - timedelta(days=500), START - timedelta(days=300)
    shift = draw.choice((-5, 0, 0, 1, 1, 2, 8))  # the outlet's zone
    a_day = {
        "wire": draw.uniform(60, 240),
        "paper": draw.uniform(8, 50),
        "daily": draw.uniform(8, 25),
        "blog": draw.uniform(0.05, 0.7),
        "burst": draw.uniform(15, 40),
        "dead": 0.2,
    }[kind]
    hour = draw.randrange(4, 7)
    day = first
    while day < last:
        weekend = day.weekday() >= 5
        if kind == "daily":  # the whole edition within half an hour, six days a week
            edition = 0 if day.weekday() == 6 else round(draw.gauss(a_day, a_day / 6))
            begin = day + timedelta(hours=hour - shift)
            yield from (begin + timedelta(minutes=draw.uniform(0, 30)) for _ in range(edition))
        elif kind == "burst":  # an emergency, a match, a results day: about one in eight days, within three hours
            begin = day + timedelta(hours=draw.uniform(0, 24))
            busy = draw.random() < 0.125
            yield from (begin + timedelta(hours=draw.uniform(0, 3)) for _ in range(round(a_day) if busy else 0))
        else:
            profile = {"wire": WIRE, "paper": PAPER}.get(kind, OFFICE)
            mean = a_day * (0.55 if weekend else 1.15)
            for local in draw.choices(range(24), profile, k=_poisson(mean, draw)):
                yield day + timedelta(hours=local - shift, minutes=draw.uniform(0, 60))
        day += timedelta(days=1)


def _poisson(mean: float, draw: random.Random) -> int:
    count, at = 0, draw.expovariate(1)
    while at < mean:
        count += 1
        at += draw.expovariate(1)
    return count


def _outages(days: int, draw: random.Random) -> Iterator[tuple[datetime, datetime]]:
    for _ in range(max(days // 8, 1)):
        begin = START + timedelta(days=draw.uniform(0, days))
        yield begin, begin + timedelta(hours=draw.choice((0.2, 0.5, 1, 3, 8, 30)))


Settle = Callable[[Feed, FetchOutcome, ParsedFeed | None, datetime], tuple[Feed, datetime | None]]


def adaptive(feed: Feed, outcome: FetchOutcome, parsed: ParsedFeed | None, now: datetime) -> tuple[Feed, datetime | None]:
    """The project's own way: through `settle_poll`."""
    result = settled(feed, outcome, parsed, now)
    return replace(result.feed, last_reason=result.reason), result.feed.next_poll_at


def hourly(feed: Feed, outcome: FetchOutcome, parsed: ParsedFeed | None, now: datetime) -> tuple[Feed, datetime | None]:
    """A fixed poll, conditional like ours."""
    kept = feed.validators if isinstance(outcome, FetchFailed) else outcome.validators
    return (feed if kept == feed.validators else replace(feed, validators=kept)), now + HOUR


def month(feeds: list[Source], days: int, settle: Settle) -> Tally:
    """Polls these feeds for so many days. `settle` says when a feed is due again."""
    tally, end = Tally(), START + timedelta(days=days)
    by_id = {source.feed.id: source for source in feeds}
    state = {key: source.feed for key, source in by_id.items()}
    seen = {key: bisect_right(source.times, START) for key, source in by_id.items()}
    asked: dict[int, datetime] = {}
    # The first polls are spread over an hour for both: how a list of feeds is first read is not what is compared.
    queue = [(START + HOUR * (key % 12) / 12, key) for key in by_id]
    heapq.heapify(queue)
    while queue and queue[0][0] < end:
        now, key = heapq.heappop(queue)
        source, feed = by_id[key], state[key]
        outcome, parsed = source.answer(request_for(feed, now), asked.get(key), now)
        asked[key] = now
        state[key], due = settle(feed, outcome, parsed, now)
        _count(tally, source, outcome, seen, now)
        if due is not None:
            heapq.heappush(queue, (_next_tick(due), key))
    return tally


def settled(feed: Feed, outcome: FetchOutcome, parsed: ParsedFeed | None, now: datetime) -> PollResult:
    """The outcome through `settle_poll`, an unchanged body told by its hash as the flow does it."""
    digest = outcome.body.decode() if isinstance(outcome, Fetched) else None
    return settle_poll(feed, outcome, None if digest == feed.body_hash else parsed, digest, now)


def _count(tally: Tally, source: Source, outcome: FetchOutcome, seen: dict[int, int], now: datetime) -> None:
    tally.requests += 1
    tally.by_kind[source.kind] = tally.by_kind.get(source.kind, 0) + 1
    tally.not_modified += isinstance(outcome, NotModified)
    tally.refused += isinstance(outcome, FetchFailed) and outcome.reason is Reason.RATE_LIMITED
    if not isinstance(outcome, Fetched):
        return
    key, count = source.feed.id, bisect_right(source.times, now)
    shown = max(seen[key], count - source.window)
    tally.missed += shown - seen[key]
    tally.missed_by_kind[source.kind] = tally.missed_by_kind.get(source.kind, 0) + shown - seen[key]
    delays = tally.delays.setdefault(source.kind, [])
    delays.extend((now - time).total_seconds() for time in source.times[shown:count])
    seen[key] = count


def _next_tick(due: datetime) -> datetime:
    late = -(due - START).total_seconds() % TICK
    return due + timedelta(seconds=late)


def table(ours: Tally, fixed: Tally) -> str:
    """Both months side by side."""
    kinds = ("wire", "paper", "daily", "blog", "burst", "dead")
    rows: list[tuple[str, str, str]] = [("", "adaptive", "hourly")]
    rows.append(("requests", f"{ours.requests:,}", f"{fixed.requests:,}"))
    rows += [(f"  {kind}", f"{ours.by_kind[kind]:,}", f"{fixed.by_kind[kind]:,}") for kind in kinds]
    rows.append(("answered 304", *(f"{tally.not_modified / tally.requests:.0%}" for tally in (ours, fixed))))  # type: ignore[arg-type]
    rows.append(("answered 429", f"{ours.refused:,}", f"{fixed.refused:,}"))
    rows.append(("missed entries", f"{ours.missed:,}", f"{fixed.missed:,}"))
    rows += [(f"  {kind}", str(ours.missed_by_kind.get(kind, 0)), str(fixed.missed_by_kind.get(kind, 0))) for kind in kinds]
    rows.append(("median delay, min", f"{ours.median() / 60:.1f}", f"{fixed.median() / 60:.1f}"))
    rows += [(f"  {k}", f"{ours.median(k) / 60:.1f}", f"{fixed.median(k) / 60:.1f}") for k in kinds if ours.delays.get(k)]
    return "\n".join(f"{name:20}{a:>12}{b:>12}" for name, a, b in rows)


def main(seeds: Sequence[int]) -> None:
    """A table for each seed."""
    for seed in seeds:
        feeds = sources(200, 30, seed)
        published = sum(time >= START for source in feeds for time in source.times)
        print(f"seed {seed}: {published:,} entries published")
        print(table(month(feeds, 30, adaptive), month(feeds, 30, hourly)), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or SEEDS)
