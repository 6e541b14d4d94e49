"""Whose turn it is: one request at a time per host or domain, gaps, and pauses that servers ask for. No HTTP, no Prefect."""

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.lane_file import LaneFile
from tasks.robots import RobotsCache
from tasks.urls import registrable_domain

# Kinds whose requests keep a gap.
_GENTLE = frozenset({"page", "tdm", "listing"})
# Seconds after which a lane that another call of this process holds is looked at again.
LOOK_AGAIN = 0.05


@dataclass(slots=True)
class Pacing:
    """What one call to `fetch_all` learns for the next one in the same process. Times are `time.monotonic()`.

    `free_at`: when a lane may be used again; `paused_until`: until when a registrable domain asked to be left alone;
    `robots`: the robots.txt files that this process has fetched, for calls that are under way side by side.
    """

    free_at: dict[str, float] = field(default_factory=dict)
    paused_until: dict[str, float] = field(default_factory=dict)
    robots: RobotsCache = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, lane: str) -> bool:
        """Takes a lane if it is free and its gap over. Batches are fetched side by side, each in a thread and loop of its own."""
        with self._guard:
            if lane in self._busy or self.free_at.get(lane, 0.0) > time.monotonic():
                return False
            self._busy.add(lane)
            return True

    def leave(self, lane: str, gap: float) -> None:
        """Gives a lane back; for `gap` seconds nobody may take it."""
        with self._guard:
            self._busy.discard(lane)
            if gap > 0:
                self.free_at[lane] = time.monotonic() + gap

    def pause(self, url: str, seconds: float) -> None:
        """Leave the registrable domain of `url` alone for so many seconds."""
        self.resume({registrable_domain(url): seconds})

    def resume(self, pauses: Mapping[str, float]) -> None:
        """Take up what an earlier process was asked for: domain -> seconds for which it is still to be left alone."""
        for domain, seconds in pauses.items():
            self.paused_until[domain] = max(self.paused_until.get(domain, 0.0), time.monotonic() + seconds)

    def pauses(self) -> dict[str, float]:
        """The domains that are to be left alone, and for how many seconds still."""
        now = time.monotonic()
        return {domain: until - now for domain, until in list(self.paused_until.items()) if until > now}

    def pause_left(self, host: str) -> float:
        """Seconds for which the domain of `host` is still to be left alone; 0 when it is not."""
        return max(0.0, self.paused_until.get(registrable_domain(host), 0.0) - time.monotonic())


def lane_of(url_or_host: str) -> str:
    """The lane in which a request waits: requests of one lane never overlap."""
    return registrable_domain(url_or_host)


# A request that takes longer gives its slot to another one: so many hosts at most go on beside those that have slots.
SLOW_SECONDS = 3.0
MOST_SLOW = 512


class Lanes:
    """The lanes of one call. Waiting in one costs no slot of the whole, and a request that has been under way for
    `SLOW_SECONDS` costs none any more: a slow host holds up nobody but itself."""

    def __init__(self, pacing: Pacing, concurrency: int, gap: float, most_gap: float, shared: LaneFile | None = None) -> None:
        self.pacing = pacing
        self._shared = shared
        self._slots = asyncio.Semaphore(concurrency)
        self._slow = 0
        self._locks: dict[str, asyncio.Lock] = {}
        self._gap, self._most_gap = gap, most_gap
        self._own_gaps: dict[str, float] = {}

    def slow_down(self, url: str, seconds: float) -> None:
        """Keep a longer gap in the lane of `url`'s pages (its Crawl-delay)."""
        lane = lane_of(url)
        self._own_gaps[lane] = max(self._own_gaps.get(lane, 0.0), min(seconds, self._most_gap))

    def turn(self, kind: str, host: str) -> "Turn":
        """To wait for the host's lane to be free and its gap to be over, then for a slot; holds both for one request."""
        return Turn(self, kind, lane_of(host))

    def _enter(self, lane: str) -> float | None:
        """Takes a lane, of this process and of all: None when it is taken, else the seconds until it may be."""
        if not self.pacing.enter(lane):
            return max(0.0, self.pacing.free_at.get(lane, 0.0) - time.monotonic())
        wait = None if self._shared is None else self._shared.enter(lane, max(self._gap, self._most_gap))
        if wait is not None:
            self.pacing.leave(lane, 0.0)
        return wait

    def _leave(self, kind: str, lane: str) -> None:
        gap = max(self._gap, self._own_gaps.get(lane, 0.0)) if kind in _GENTLE else 0.0
        if self._shared is not None:
            self._shared.leave(lane, gap)
        self.pacing.leave(lane, gap)


class Turn:
    """A request's turn: `async with`. A class, because three context managers in one another cost more than asking does."""

    __slots__ = ("_given_up", "_kind", "_lane", "_lanes", "_lock", "_timer")

    def __init__(self, lanes: Lanes, kind: str, lane: str) -> None:
        self._lanes, self._kind, self._lane = lanes, kind, lane
        self._lock = lanes._locks.setdefault(lane, asyncio.Lock())
        self._timer: asyncio.TimerHandle
        self._given_up = False

    async def __aenter__(self) -> None:
        lanes, lane = self._lanes, self._lane
        await self._lock.acquire()
        try:
            while (wait := lanes._enter(lane)) is not None:
                await asyncio.sleep(max(wait, LOOK_AGAIN))
            try:
                await lanes._slots.acquire()
            except BaseException:
                lanes._leave(self._kind, lane)
                raise
        except BaseException:
            self._lock.release()
            raise
        self._timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._give_up)

    async def __aexit__(self, *_: object) -> None:
        lanes = self._lanes
        self._timer.cancel()
        if self._given_up:
            lanes._slow -= 1
        else:
            lanes._slots.release()
        lanes._leave(self._kind, self._lane)
        self._lock.release()

    def _give_up(self) -> None:
        if self._lanes._slow < MOST_SLOW:
            self._given_up = True
            self._lanes._slow += 1
            self._lanes._slots.release()
