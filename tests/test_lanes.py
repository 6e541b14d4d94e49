"""Lanes of several calls in one process: batches are fetched side by side, each in a thread and an event loop of its own."""

import asyncio
import fcntl
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tasks.lane_file import LaneFile
from tasks.pacing import Lanes, Pacing
from tests.up_process import ROOT


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


_OTHER = """
import asyncio, sys, time
from pathlib import Path
from tasks.lane_file import LaneFile
from tasks.pacing import Lanes, Pacing

async def ask():
    lanes = Lanes(Pacing(), 8, 0.2, 60.0, LaneFile.open(Path(sys.argv[1])))
    for _ in range(3):
        async with lanes.turn("page", "news.example"):
            began = time.time()
            await asyncio.sleep(0.05)
            print(began, time.time(), flush=True)

asyncio.run(ask())
"""


@pytest.mark.skipif(not hasattr(fcntl, "F_OFD_SETLK"), reason="no locks of open file descriptions here")
def test_processes_side_by_side_ask_a_domain_for_one_thing_at_a_time_and_keep_the_gap(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _OTHER, str(tmp_path / "lanes")]
    running = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = [line for process in running for line in process.communicate(timeout=60)[0].splitlines()]
    spans = sorted((float(began), float(ended)) for began, ended in map(str.split, lines))
    assert len(spans) == 6
    assert all(later[0] - earlier[1] >= 0.19 for earlier, later in pairwise(spans))


@pytest.mark.skipif(not hasattr(fcntl, "F_OFD_SETLK"), reason="no locks of open file descriptions here")
def test_a_lane_is_free_when_its_process_is_gone_and_no_clock_closes_it_for_ever(tmp_path: Path) -> None:
    one, other = LaneFile.open(tmp_path / "lanes"), LaneFile.open(tmp_path / "lanes")
    assert one is not None and other is not None
    assert one.enter("news.example", 60.0) is None
    assert other.enter("news.example", 60.0) == 0.0
    assert other.enter("other.example", 60.0) is None
    one.close()  # as a killed process does
    assert other.enter("news.example", 60.0) is None
    other.leave("news.example", 1000.0)
    wait = other.enter("news.example", 2000.0)
    assert wait is not None and 900 < wait <= 1000
    assert other.enter("news.example", 60.0) is None  # written before the clock was put back
    other.close()
    assert LaneFile.open(tmp_path / "nowhere" / "lanes") is None
