"""Many feeds in one poll: a slow host holds up nobody but itself, a kill loses little, cost and memory stay in proportion."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows import polling
from flows.polling import Inbox, PollJob, poll_batch, poll_job
from schemas.records import Feed, Fetched, Validators
from schemas.settings import Settings
from tasks.store import feeds, runs
from tasks.store.master import open_master
from tests import pipeline
from tests.wire_server import Asked, WireServer, answer

ROOT = Path(__file__).parents[1]
QUICK = 50
KIND = ("Content-Type", "application/rss+xml")
# What the kill test kills: a poll of all that is due.
TARGET = """
from datetime import UTC, datetime
from flows.polling import poll_batch
from schemas.settings import load_settings
from tasks.store import feeds, runs
from tasks.store.master import open_master

settings, now = load_settings(), datetime.now(UTC)
with open_master(settings) as connection:
    run_id, due = runs.start(connection, "poll", None, now), feeds.due(connection, now)
poll_batch(settings, due, run_id)
"""


def _body(name: str) -> bytes:
    item = f"<item><guid>{name}</guid><link>http://{name}.example/1</link><title>{name}</title></item>"
    return f"<rss version='2.0'><channel><title>{name}</title>{item}</channel></rss>".encode()


def _slow(released: threading.Event) -> Callable[[Asked, "asyncio.StreamWriter"], object]:
    """A feed whose body comes byte by byte, until the test has seen what it wanted to see; then the rest at once."""

    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        body = _body("slow")
        writer.write(b"HTTP/1.1 200 X\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n" % len(body))
        sent = 0
        while sent < len(body) // 2 or not released.is_set():
            if sent < len(body) - 1:
                writer.write(body[sent : sent + 1])
                sent += 1
            await writer.drain()
            await asyncio.sleep(0 if released.is_set() else 0.2)
        writer.write(body[sent:])

    return drip


def _world(server: WireServer, home: Path, released: threading.Event) -> Settings:
    """One slow feed and many quick ones, each on a host of its own, in a store."""
    names = ["slow", *(f"quick{number}" for number in range(QUICK))]
    server.routes |= {f"/{name}": answer(200, _body(name), KIND) for name in names}
    server.routes["/slow"] = _slow(released)  # type: ignore[assignment]
    host_map = ", ".join(f"{name}.example=127.0.0.1:{server.port}" for name in names)
    settings = Settings(home=home, host_map=host_map, timeout_seconds=300)
    pipeline.add_feeds(settings, [f"http://{name}.example/{name}" for name in names])
    return settings


def _due(settings: Settings) -> tuple[int, list[Feed]]:
    now = datetime.now(UTC)
    with open_master(settings) as connection:
        return runs.start(connection, "poll", None, now), feeds.due(connection, now)


def _guids(settings: Settings) -> set[str]:
    with open_master(settings) as connection:
        return {row[0] for row in connection.execute("SELECT title FROM entries").fetchall()}


def _wait_for_quick(settings: Settings) -> None:
    """Until the entries of all quick feeds are in the store; it is open to others while the slow one is waited for."""
    deadline = time.monotonic() + 90
    while len(_guids(settings)) < QUICK:
        assert time.monotonic() < deadline, "the quick feeds' entries did not come"
        time.sleep(0.2)
    assert _guids(settings) == {f"quick{number}" for number in range(QUICK)}


def test_a_slow_feed_holds_up_nobody_but_itself(tmp_path: Path) -> None:
    released = threading.Event()
    with WireServer() as server:
        settings = _world(server, tmp_path, released)
        run_id, due = _due(settings)
        job = PollJob(due)
        poll = threading.Thread(target=poll_job, args=(settings, job, run_id), daemon=True)
        poll.start()
        try:
            _wait_for_quick(settings)
            assert poll.is_alive()
            assert [feed.url for feed in _due(settings)[1]] == ["http://slow.example/slow"]
        finally:
            released.set()
        poll.join(60)
        assert not poll.is_alive()
    assert (job.polled.counts.feeds, job.polled.new, job.polled.counts.failures) == (QUICK + 1, QUICK + 1, 0)
    assert job.left == {}
    assert "slow" in _guids(settings)


def test_what_was_settled_before_a_kill_stays_and_only_the_rest_is_asked_again(tmp_path: Path) -> None:
    with WireServer() as server:
        settings = _world(server, tmp_path, threading.Event())
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSFOLD_", "PREFECT_"))}
        environment = {**keep, "PYTHONPATH": str(ROOT), "NEWSFOLD_HOME": str(tmp_path), "NEWSFOLD_HOST_MAP": settings.host_map}
        environment["NEWSFOLD_TIMEOUT_SECONDS"] = "300"
        with subprocess.Popen([sys.executable, "-c", TARGET], env=environment, cwd=tmp_path) as process:
            try:
                _wait_for_quick(settings)
                assert process.poll() is None
            finally:
                process.kill()
        server.asked.clear()
        server.routes["/slow"] = answer(200, _body("slow"), KIND)
        run_id, due = _due(settings)
        polled = poll_batch(settings, due, run_id)
        assert (polled.counts.feeds, polled.new) == (1, 1)
        assert server.paths() == ["/slow"]


def test_a_second_try_asks_only_what_is_not_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    released.set()
    monkeypatch.setattr(polling, "PORTION_FEEDS", 20)
    settle, calls = polling.settle_outcomes, []

    def settle_twice(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("the second portion")
        return settle(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(polling, "settle_outcomes", settle_twice)
    with WireServer() as server:
        settings = _world(server, tmp_path, released)
        run_id, due = _due(settings)
        job = PollJob(due)
        with pytest.raises(RuntimeError, match="the second portion"):
            poll_job(settings, job, run_id)
        first = job.polled.counts.feeds
        assert 0 < first <= 20 and len(job.left) == QUICK + 1 - first
        server.asked.clear()
        poll_job(settings, job, run_id)
        assert len(server.asked) == QUICK + 1 - first
    assert job.polled.new == job.polled.counts.feeds == QUICK + 1
    assert len(_guids(settings)) == QUICK + 1


def _fetched(key: int, size: int) -> Fetched:
    url = f"http://feed{key}.example/"
    return Fetched(key, url, url, 200, (), b"x" * size, datetime.now(UTC), Validators())


def test_no_more_bodies_are_taken_in_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PORTION_BYTES", 100)
    monkeypatch.setattr(polling, "MOST_WAITING_BYTES", 300)

    async def run() -> None:
        inbox = Inbox()
        for key in range(5):
            assert inbox.room.is_set()
            inbox.put(_fetched(key, 60))
        assert not inbox.room.is_set()
        assert [outcome.key for outcome in await inbox.portion()] == [0, 1]
        assert inbox.room.is_set()
        inbox.close()
        assert [outcome.key for outcome in await inbox.portion()] == [2, 3]
        assert [outcome.key for outcome in await inbox.portion()] == [4]
        assert await inbox.portion() == []

    asyncio.run(run())


def test_a_few_outcomes_wait_no_longer_than_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PORTION_SECONDS", 0.05)

    async def run() -> None:
        inbox = Inbox()
        inbox.put(_fetched(1, 1))
        async with asyncio.timeout(30):
            assert [outcome.key for outcome in await inbox.portion()] == [1]

    asyncio.run(run())


def _least_cpu(folder: Path, count: int) -> float:
    from tests.bench.polling import ours

    return min(figures["CPU seconds"] for figures in ours(folder, count, 0, lambda: None, range(3)))


@pytest.mark.slow
def test_ten_times_the_feeds_cost_no_more_each(tmp_path: Path) -> None:
    for attempt in range(2):  # once more when the machine was busy
        few, many = _least_cpu(tmp_path / f"few{attempt}", 100), _least_cpu(tmp_path / f"many{attempt}", 1000)
        if many < 2 * 10 * few:
            return
    raise AssertionError(f"{few} CPU-s for 100 feeds, {many} for 1,000")
