"""Edges of fetching: the Refresh header, room for a page, slow hosts in numbers, reservations of refused pages."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from schemas.reasons import TRANSIENT, EntryState, Reason
from schemas.records import Entry, Fetched, FetchFailed, FetchRequest, ParsedFeed
from tasks import event_loop, pacing
from tasks.fetch import fetch_all, fetch_pages
from tasks.meta_refresh import header_target
from tasks.parse import parse_feed
from tasks.settle import settle_failure
from tests.test_fetch import policy_for
from tests.wire_server import Asked, WireServer, answer

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
HTML = ("Content-Type", "text/html")


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as server:
        yield server


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("0; url=/story", "http://a.example/story"),
        ("5;URL='/story'", "http://a.example/story"),
        ("0; url=http://b.example/x", "http://b.example/x"),
        ("0; url=/gr\xc3\xbcn", "http://a.example/gr\xfcn"),
        ("300; url=/later", None),
        ("30", None),
        ("0; url=", None),
        ("0; url=javascript:alert(1)", None),
        ("0; url=http://a.example/page#there", None),
        (None, None),
    ],
)
def test_a_refresh_header_leads_on_as_its_meta_element_does(value: str | None, target: str | None) -> None:
    assert header_target(value, "http://a.example/page") == target


def test_a_page_is_followed_by_its_refresh_header_and_a_feed_is_not(server: WireServer) -> None:
    server.routes["/robots.txt"] = answer(404)
    server.routes["/old"] = answer(200, b"<html>moved</html>", HTML, ("Refresh", "0; url=/new"))
    server.routes["/new"] = answer(200, b"<html>here</html>", HTML)
    (page,) = event_loop.run(fetch_pages([FetchRequest(1, "http://a.example/old", "page")], policy_for(server), {}))
    (feed,) = event_loop.run(fetch_all([FetchRequest(1, "http://a.example/old", "feed")], policy_for(server)))
    assert isinstance(page, Fetched) and page.final_url == "http://a.example/new" and page.moved_to is None
    assert isinstance(feed, Fetched) and feed.final_url == "http://a.example/old"


def test_refresh_headers_in_a_circle_end(server: WireServer) -> None:
    server.routes["/robots.txt"] = answer(404)
    server.routes["/a"] = answer(200, b"<html>a</html>", HTML, ("Refresh", "0; url=/b"))
    server.routes["/b"] = answer(200, b"<html>b</html>", HTML, ("Refresh", "0; url=/a"))
    (page,) = event_loop.run(fetch_pages([FetchRequest(1, "http://a.example/a", "page")], policy_for(server), {}))
    assert isinstance(page, FetchFailed) and page.reason is Reason.TOO_MANY_REDIRECTS


def test_a_page_for_which_there_was_no_room_is_tried_again() -> None:
    entry = Entry(1, 1, "g", "http://a.example/p", None, (), None, None)
    failure = FetchFailed(1, entry.url, entry.url, Reason.NO_ROOM, "no room", NOW)
    ending = settle_failure(entry, failure, NOW, most_attempts=4)
    assert Reason.NO_ROOM in TRANSIENT and ending.state is EntryState.PENDING and ending.next_attempt_at is not None


def test_slow_hosts_hold_up_nobody_however_many_they_are(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "SLOW_SECONDS", 0.1)
    fast: list[float] = []

    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b"").replace(b"Content-Length: 0", b"Content-Length: 9999"))
        while len(fast) < 3:  # it drips until the fast ones are through
            writer.write(b".")
            await asyncio.sleep(0.05)
        writer.close()

    def quick(asked: Asked) -> bytes:
        fast.append(time.monotonic())
        return answer(200, b"<rss/>")

    server.routes |= {"/drip": drip, "/quick": quick}
    names = [f"slow{number}.example" for number in range(12)] + [f"fast{number}.example" for number in range(3)]
    urls = [f"http://{name}/{'drip' if name.startswith('slow') else 'quick'}" for name in names]
    policy = policy_for(
        server, concurrency=4, total_timeout=20.0, retries=0, host_map=dict.fromkeys(names, ("127.0.0.1", server.port))
    )
    outcomes = event_loop.run(fetch_all([FetchRequest(n, url, "feed") for n, url in enumerate(urls)], policy))
    # Without slots of their own the fast ones would have come after the slow ones' 20 seconds, which then would be timeouts.
    assert [type(outcome) for outcome in outcomes[12:]] == [Fetched] * 3
    assert not any(isinstance(outcome, FetchFailed) and outcome.reason is Reason.TIMEOUT for outcome in outcomes)


def test_slots_of_slow_requests_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "SLOW_SECONDS", 0.01)
    monkeypatch.setattr(pacing, "MOST_SLOW", 2)

    async def run() -> tuple[int, int]:
        lanes = pacing.Lanes(pacing.Pacing(), 1, 0.0, 0.0)
        now = most = 0
        enough = asyncio.Event()

        async def one(number: int) -> None:
            nonlocal now, most
            async with lanes.turn("feed", f"h{number}.example"):
                now += 1
                most = max(most, now)
                if now == 3:
                    enough.set()
                await enough.wait()
                now -= 1

        await asyncio.gather(*(one(number) for number in range(9)))
        return most, lanes.slots._free._value

    # One slot and two slow ones beside it: never more than three, and in the end the one slot is free.
    assert event_loop.run(asyncio.wait_for(run(), 30)) == (3, 1)


def test_what_a_refusal_says_of_mining_is_kept(server: WireServer) -> None:
    server.routes["/p"] = answer(403, b"", ("tdm-reservation", "1"))
    server.routes["/q"] = answer(403, b"", ("tdm-reservation", "maybe"))
    said, unsaid = event_loop.run(
        fetch_all([FetchRequest(n, f"http://a.example/{name}", "page") for n, name in enumerate("pq")], policy_for(server))
    )
    assert isinstance(said, FetchFailed) and said.tdm_reserved is True
    assert isinstance(unsaid, FetchFailed) and unsaid.tdm_reserved is None


@pytest.mark.parametrize("reference", ["&#x110000;", "&#xD800;", "&#55296;", "&#99999999999;", f"&#{'9' * 5000};"])
def test_a_reference_to_no_character_costs_no_other_entry(reference: str) -> None:
    body = (
        "<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>Norvik opens a pier</title></item>"
        f"<item><guid>2</guid><title>Broken {reference} title</title></item></channel></rss>"
    )
    found = parse_feed(body.encode(), "http://a.example/f", None, NOW)
    assert isinstance(found, ParsedFeed) and found.bozo
    assert [entry.title for entry in found.entries] == ["Norvik opens a pier", "Broken \ufffd title"]
