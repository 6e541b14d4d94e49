"""Lanes of several calls in one process: batches are fetched side by side, each in a thread and an event loop of its own."""

import asyncio
import threading
import time
from itertools import pairwise

from tasks.pacing import Lanes, Pacing


class Place:
    """A host that notes who is there."""

    def __init__(self) -> None:
        self.now, self.most = 0, 0
        self.spans: list[tuple[float, float]] = []
        self._lock = threading.Lock()

    async def visit(self) -> None:
        """One request."""
        began = time.monotonic()
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        with self._lock:
            self.now -= 1
            self.spans.append((began, time.monotonic()))


def _side_by_side(host: str, place: Place, gap: float, calls: int = 3) -> None:
    pacing = Pacing()

    async def call() -> None:
        lanes = Lanes(pacing, 8, gap, 60.0)
        for _ in range(3):
            async with lanes.turn("page", host):
                await place.visit()

    threads = [threading.Thread(target=lambda: asyncio.run(call())) for _ in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_batches_side_by_side_ask_a_domain_for_one_thing_at_a_time_and_keep_the_gap() -> None:
    place = Place()
    _side_by_side("news.example", place, gap=0.05)
    assert place.most == 1
    spans = sorted(place.spans)
    assert len(spans) == 9
    assert all(later[0] - earlier[1] >= 0.04 for earlier, later in pairwise(spans))


def test_a_request_that_is_broken_off_gives_its_lane_back() -> None:
    pacing = Pacing()

    async def broken_off() -> None:
        async with Lanes(pacing, 1, 0.0, 60.0).turn("page", "news.example"):
            raise asyncio.CancelledError

    for _ in range(2):
        try:
            asyncio.run(broken_off())
        except asyncio.CancelledError:
            continue
    assert pacing.enter("news.example")
    assert not pacing.enter("news.example")
    assert pacing.enter("other.example")
