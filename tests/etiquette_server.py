"""What the etiquette suite shares: a scripted web of invented hosts, a store, and a clock that tests set."""

import asyncio
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from flows import policy
from flows.polling import poll_batch
from schemas.records import Feed, FeedLine
from schemas.settings import Settings
from schemas.summaries import Polled
from tasks.http_rules import FetchPolicy
from tasks.store import bulk, feeds, runs
from tasks.store.master import open_master
from tests import pipeline
from tests.wire_server import Answer, Asked, WireServer, answer

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOSTS = ("a.example", "www.a.example", "feeds.a.example", "b.example", "c.example", "d.example", "xn--bcher-kva.example")
FEED = "http://a.example/feed"
_CLOCKED = ("flows.polling", "flows.poll", "flows.ingest", "flows.steps", "flows.settle", "tasks.fetch", "tests.pipeline")
_WITH_POLICY = ("flows.polling", "flows.steps", "flows.discovery", "flows.tdm")


class Clock(datetime):
    """Stands in for `datetime` where the flows ask what time it is."""

    current = NOW

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        """The time that the test has set."""
        return cls.current


def forget_pacing() -> None:
    """What a process knows of gaps and pauses ends with it."""
    policy.PACING.free_at.clear()
    policy.PACING.paused_until.clear()


@dataclass
class Web:
    """A server for all hosts of `HOSTS`, and a store whose settings lead there."""

    server: WireServer
    settings: Settings
    patch: pytest.MonkeyPatch

    def tune(self, **changes: Any) -> None:
        """Other limits of the policy than those that the settings make."""

        def tuned(settings: Settings) -> FetchPolicy:
            return replace(policy.fetch_policy(settings), retry_wait_seconds=0.05, **changes)

        for name in _WITH_POLICY:
            module = _module(name)
            if module is not None and hasattr(module, "fetch_policy"):
                self.patch.setattr(module, "fetch_policy", tuned)

    def use(self, **changes: Any) -> None:
        """Other settings."""
        self.settings = self.settings.model_copy(update=changes)

    def route(self, path: str, route: Answer) -> None:
        self.server.routes[path] = route

    def add(self, *urls: str) -> None:
        """Adds feeds, as `newsfold feeds add --unchecked` does."""
        with open_master(self.settings) as connection:
            feeds.add(connection, [FeedLine(url) for url in urls], Clock.current)

    def poll(self, at: datetime | None = None, *, everything: bool = True, only: Sequence[str] = ()) -> Polled:
        """A poll at a time of the test's choice."""
        Clock.current = at or Clock.current
        with open_master(self.settings) as connection:
            run_id = runs.start(connection, "poll", None, Clock.current)
            due = feeds.due(connection, Clock.current, everything=everything, only=only)
        return poll_batch(self.settings, due, run_id)

    def due(self, at: datetime) -> list[Feed]:
        with open_master(self.settings) as connection:
            return feeds.due(connection, at)

    def play(self, until: datetime, most: int = 400) -> list[datetime]:
        """Polls whenever a feed is due until a time comes; returns when."""
        times: list[datetime] = []
        while (turn := self.next_poll()) is not None and turn <= until:
            assert len(times) < most, "feeds are polled without end"
            self.restart()
            times.append(turn)
            self.poll(turn, everything=False)
        return times

    def next_poll(self) -> datetime | None:
        """When the next feed is due."""
        times = [
            row["next_poll_at"] or Clock.current for row in self.rows("SELECT next_poll_at FROM feeds WHERE state = 'active'")
        ]
        return min(times) if times else None

    def restart(self) -> None:
        """As if the process had ended and another one begun: only the store is left."""
        forget_pacing()

    def ingest(self) -> None:
        """Works the queue off."""
        pipeline.ingest_all(self.settings)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with open_master(self.settings) as connection:
            return bulk.dicts(connection, sql)

    def feed(self, url: str = FEED) -> dict[str, Any]:
        """A feed's row."""
        (row,) = [row for row in self.rows("SELECT * FROM feeds") if row["url"] == url]
        return row

    def entry(self, url: str) -> dict[str, Any]:
        """An entry's row."""
        (row,) = [row for row in self.rows("SELECT * FROM entries") if row["url"] == url]
        return row

    def asked(self, path: str | None = None, host: str | None = None) -> list[Asked]:
        """The server's own log, by path and host."""
        return [
            asked for asked in self.server.asked if path in (None, asked.path) and (host is None or asked.header("host") == host)
        ]


@contextmanager
def running(home: Path, patch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web with its clock at `NOW`."""
    forget_pacing()
    Clock.current = NOW
    for name in _CLOCKED:
        module = _module(name)
        if module is not None and hasattr(module, "datetime"):
            patch.setattr(module, "datetime", Clock)
    with WireServer() as server:
        host_map = ",".join(f"{name}=127.0.0.1:{server.port}" for name in HOSTS)
        web = Web(server, Settings(home=home, gap_seconds=0, workers=1, host_map=host_map), patch)
        web.tune()
        yield web
    forget_pacing()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


# ---------------------------------------------------------------- what servers answer


def item(number: int = 1, url: str | None = None, at: datetime | None = None) -> str:
    """An item of an RSS feed."""
    date = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
    link = url or f"http://a.example/story/{number}"
    return f"<item><guid>story-{number}-{link}</guid><title>Story {number}</title><link>{link}</link>{date}</item>"


def rss(*items: str, extra: str = "", spaces: str = "") -> bytes:
    """An RSS feed."""
    head = f'<?xml version="1.0"?><rss version="2.0"{spaces}><channel><title>A feed</title><link>http://a.example/</link>'
    return f"{head}{extra}{''.join(items)}</channel></rss>".encode()


def dated(gap: timedelta, count: int = 10, newest: datetime = NOW - timedelta(minutes=1)) -> bytes:
    """A feed with a rhythm."""
    return rss(*(item(number, at=newest - gap * number) for number in range(count)))


def feed_answer(body: bytes | None = None, *headers: tuple[str, str], status: int = 200) -> bytes:
    """A feed over the wire."""
    return answer(status, rss(item()) if body is None else body, ("Content-Type", "application/rss+xml"), *headers)


def conditional(etag: str, body: bytes, *headers: tuple[str, str]) -> Answer:
    """A server that keeps the rules: 304 for its own ETag, else 200."""

    def route(asked: Asked) -> bytes:
        if asked.header("if-none-match") == etag:
            return answer(304, b"", ("ETag", etag), *headers, length=False)
        return feed_answer(body, ("ETag", etag), *headers)

    return route


def in_turn(*answers: bytes) -> Answer:
    """The first answer to the first request and so on; the last one to all later ones."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]  # type: ignore[return-value]


def article(topic: str = "harbour", head: str = "") -> bytes:
    """A page that is an article."""
    text = "".join(
        f"<p>The {topic} council met on day {day} and voted by {day + 3} to {day} to dredge the {topic} basin again, "
        f"although {day * 7} residents of the old quarter had written letters against it.</p>"
        for day in range(1, 16)
    )
    title = f"The {topic} council votes for dredging"
    top = f"<!doctype html><html><head><title>{title}</title>{head}</head>"
    return f"{top}<body><article><h1>{title}</h1>{text}</article></body></html>".encode()


def page_answer(body: bytes | None = None, *headers: tuple[str, str]) -> bytes:
    """An article over the wire."""
    return answer(200, article() if body is None else body, ("Content-Type", "text/html; charset=utf-8"), *headers)


async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A body that comes one byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)
