"""Whose turn it is: one request at a time per host or domain, gaps, and pauses that servers ask for. No HTTP, no Prefect."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tasks.lane_file import LaneFile
from tasks.urls import registrable_domain

# Kinds whose requests keep a gap.
_GENTLE = frozenset({"page", "tdm", "listing"})
# Seconds after which a lane that another call of this process holds is looked at again.
LOOK_AGAIN = 0.05


@dataclass(slots=True)
class Pacing:
    """What one call to `fetch_all` learns for the next one in the same process. Times are `time.monotonic()`.

    `free_at`: when a lane may be used again; `paused_until`: until when a registrable domain asked to be left alone.
    """

    free_at: dict[str, float] = field(default_factory=dict)
    paused_until: dict[str, float] = field(default_factory=dict)
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


class Slots:
    """How many requests may be under way at once. One that takes over `SLOW_SECONDS` gives its slot to another one."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._slow = 0

    async def take(self) -> "Slot":
        """Waits for a slot."""
        await self._free.acquire()
        return Slot(self)

    def give_up(self) -> bool:
        """Whether a slow request may go on without its slot."""
        if self._slow >= MOST_SLOW:
            return False
        self._slow += 1
        self._free.release()
        return True

    def give_back(self, given_up: bool) -> None:
        """The end of a request that has, or has no longer, its slot."""
        if given_up:
            self._slow -= 1
        else:
            self._free.release()


class Slot:
    """A slot that is held by one request."""

    __slots__ = ("_given_up", "_slots", "_timer")

    def __init__(self, slots: Slots) -> None:
        self._slots, self._given_up = slots, False
        self._timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._given_up = self._slots.give_up()

    def end(self) -> None:
        """The request is over."""
        self._timer.cancel()
        self._slots.give_back(self._given_up)


class Lanes:
    """The lanes of one call. Waiting in one costs no slot of the whole: a slow host holds up nobody but itself."""

    def __init__(self, pacing: Pacing, concurrency: int, gap: float, most_gap: float, shared: LaneFile | None = None) -> None:
        self.pacing = pacing
        self.slots = Slots(concurrency)
        self._shared = shared
        self._locks: dict[str, asyncio.Lock] = {}
        self._gap, self._most_gap = gap, most_gap
        self._own_gaps: dict[str, float] = {}

    def slow_down(self, url: str, seconds: float) -> None:
        """Keep a longer gap in the lane of `url`'s pages (its Crawl-delay)."""
        lane = lane_of(url)
        self._own_gaps[lane] = max(self._own_gaps.get(lane, 0.0), min(seconds, self._most_gap))

    def turn(self, kind: str, host: str) -> "Turn":
        """To wait for the host's lane to be free and its gap to be over, then for a slot; holds both for one request."""
        lane = lane_of(host)
        return Turn(self, kind, lane, self._locks.setdefault(lane, asyncio.Lock()))

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Whoever is in here is the only one of that name, over all calls and processes. It costs no slot and keeps no gap."""
        await self.enter(name)
        try:
            yield
        finally:
            self.leave("", name)

    async def enter(self, lane: str) -> None:
        """Waits until the lane is free, here and in other processes, and takes it."""
        while (wait := self._try_to_enter(lane)) is not None:
            await asyncio.sleep(max(wait, LOOK_AGAIN))

    def leave(self, kind: str, lane: str) -> None:
        """Gives a lane back; requests of some kinds keep it closed for its gap."""
        gap = max(self._gap, self._own_gaps.get(lane, 0.0)) if kind in _GENTLE else 0.0
        if self._shared is not None:
            self._shared.leave(lane, gap)
        self.pacing.leave(lane, gap)

    def _try_to_enter(self, lane: str) -> float | None:
        """None when the lane is taken now, else the seconds until it may be."""
        if not self.pacing.enter(lane):
            return max(0.0, self.pacing.free_at.get(lane, 0.0) - time.monotonic())
        wait = None if self._shared is None else self._shared.enter(lane, max(self._gap, self._most_gap))
        if wait is not None:
            self.pacing.leave(lane, 0.0)
        return wait


class Turn:
    """A request's turn: `async with`. A class, because three context managers in one another cost more than asking does."""

    __slots__ = ("_kind", "_lane", "_lanes", "_lock", "_slot")

    def __init__(self, lanes: Lanes, kind: str, lane: str, lock: asyncio.Lock) -> None:
        self._lanes, self._kind, self._lane, self._lock = lanes, kind, lane, lock
        self._slot: Slot

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            await self._lanes.enter(self._lane)
            try:
                self._slot = await self._lanes.slots.take()
            except BaseException:
                self._lanes.leave(self._kind, self._lane)
                raise
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._slot.end()
        self._lanes.leave(self._kind, self._lane)
        self._lock.release()
