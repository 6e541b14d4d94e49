"""Fetching over real sockets: the etiquette, the limits and the guard, rule by rule."""

import asyncio
import fcntl
import gzip
import os
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import brotli
import pytest

from schemas.errors import BadSetting
from schemas.reasons import Reason
from schemas.records import Fetched, FetchFailed, FetchOutcome, FetchRequest, NotModified, Validators
from tasks import event_loop, robots_shelf
from tasks.fetch import FetchPolicy, NotAPage, Pacing, fetch_all, fetch_pages, page_from, parse_host_map
from tasks.seen_files import SeenFile, SeenFiles
from tests.wire_server import Asked, WireServer, answer

NONE = Validators()
NEEDS_LANE_LOCKS = pytest.mark.skipif(not hasattr(fcntl, "F_OFD_SETLK"), reason="no locks of open file descriptions here")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


def policy_for(server: WireServer, **changes: object) -> FetchPolicy:
    names = ("a.example", "b.example", "www.a.example", "c.example", "d.example")
    fast: dict[str, object] = {
        "host_map": dict.fromkeys(names, ("127.0.0.1", server.port)),
        "gap_seconds": 0.0,
        "retries": 0,
        "retry_wait_seconds": 0.05,
    }
    return FetchPolicy(**(fast | changes))  # type: ignore[arg-type]


def get(server: WireServer, *urls: str, kind: str = "feed", validators: Validators = NONE, **changes: Any) -> list[Any]:
    requests = [FetchRequest(number, url, kind, validators) for number, url in enumerate(urls)]
    return event_loop.run(fetch_all(requests, policy_for(server, **changes)))


def reason(outcome: FetchOutcome) -> Reason:
    assert isinstance(outcome, FetchFailed), outcome
    return outcome.reason


# ---------------------------------------------------------------- what is sent


def test_the_request_is_exactly_the_address_given_without_cookies_or_referer(server: WireServer) -> None:
    server.routes["*"] = answer(200, b"x", ("Set-Cookie", "a=b"), ("Content-Type", "text/xml"))
    outcomes = get(server, "http://a.example/F%7eeed/%2F;x?b=2&a=1&utm_source=rss#frag", "http://a.example/second")
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert server.asked[0].line == "GET /F%7eeed/%2F;x?b=2&a=1&utm_source=rss HTTP/1.1"
    for asked in server.asked:
        names = [name for name, _ in asked.headers]
        assert names == ["host", "user-agent", "accept", "accept-encoding"]
        assert asked.header("host") == "a.example"
        assert (asked.header("user-agent") or "").startswith("newsfold/") and "(+http" in (asked.header("user-agent") or "")
        assert asked.header("accept-encoding") == "gzip, br, zstd"
        assert "atom" in (asked.header("accept") or "")


def test_characters_that_no_request_line_may_hold_are_encoded(server: WireServer) -> None:
    server.routes["*"] = answer(200, b"x")
    get(server, "http://a.example/ä?q=ü")
    assert server.asked[0].path == "/%C3%A4?q=%C3%BC"


def test_each_kind_says_what_it_accepts(server: WireServer) -> None:
    server.routes["*"] = answer(200, b"x")
    get(server, "http://a.example/p", kind="page")
    assert (server.asked[0].header("accept") or "").startswith("text/html")


# ---------------------------------------------------------------- validators


def test_validators_go_back_byte_for_byte_and_304_keeps_them(server: WireServer) -> None:
    etag, date = 'W/"caf\xe9-1"', "Mon, 23 Nov 2026 07:00:00 GMT"

    def route(asked: Asked) -> bytes:
        if asked.header("if-none-match"):
            return answer(304, b"", length=False)
        return answer(200, b"<rss/>", ("ETag", etag), ("Last-Modified", date))

    server.routes["/f"] = route
    (first,) = get(server, "http://a.example/f")
    assert isinstance(first, Fetched) and first.validators == Validators(etag, date)
    assert server.asked[0].header("if-none-match") is None and server.asked[0].header("if-modified-since") is None
    (second,) = get(server, "http://a.example/f", validators=first.validators)
    assert server.asked[1].header("if-none-match") == etag
    assert server.asked[1].header("if-modified-since") == date
    assert isinstance(second, NotModified) and second.validators == first.validators
    assert [attempt.reason for attempt in second.attempts] == [Reason.NOT_MODIFIED]
    assert second.attempts[0].status == 304


def test_a_304_may_carry_newer_validators(server: WireServer) -> None:
    server.routes["/f"] = answer(304, b"", ("ETag", '"2"'), length=False)
    (outcome,) = get(server, "http://a.example/f", validators=Validators('"1"', "then"))
    assert isinstance(outcome, NotModified) and outcome.validators == Validators('"2"', "then")


def test_validators_are_not_carried_across_a_redirect_in_either_direction(server: WireServer) -> None:
    server.routes["/old"] = answer(302, b"", ("Location", "/new"))
    server.routes["/new"] = answer(200, b"x", ("ETag", '"of-new"'))
    (outcome,) = get(server, "http://a.example/old", validators=Validators('"of-old"'))
    assert server.asked[0].header("if-none-match") == '"of-old"'
    assert server.asked[1].header("if-none-match") is None
    # They belong to where they came from: `final_url` tells whose they are.
    assert isinstance(outcome, Fetched) and outcome.validators == Validators('"of-new"')
    assert outcome.final_url == "http://a.example/new"


def test_a_304_to_an_unconditional_request_is_no_answer(server: WireServer) -> None:
    server.routes["/f"] = answer(304, b"", length=False)
    assert reason(get(server, "http://a.example/f")[0]) is Reason.PROTOCOL


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("statuses", "moved"), [([301], True), ([301, 308], True), ([302], False), ([301, 302], False), ([307], False)]
)
def test_only_a_wholly_permanent_chain_is_a_move(server: WireServer, statuses: list[int], moved: bool) -> None:
    for number, status in enumerate(statuses):
        server.routes[f"/{number}"] = answer(status, b"", ("Location", f"http://b.example/{number + 1}"))
    server.routes[f"/{len(statuses)}"] = answer(200, b"x")
    (outcome,) = get(server, "http://a.example/0")
    assert isinstance(outcome, Fetched)
    assert outcome.moved_to == (f"http://b.example/{len(statuses)}" if moved else None)


def test_redirect_loops_and_chains_of_more_than_five_hops_end(server: WireServer) -> None:
    server.routes["/loop"] = answer(301, b"", ("Location", "/pool"))
    server.routes["/pool"] = answer(301, b"", ("Location", "/loop"))
    for number in range(10):
        server.routes[f"/{number}"] = answer(301, b"", ("Location", f"/{number + 1}"))
    server.routes["/9"] = answer(200, b"x")
    loop, chain, just = get(server, "http://a.example/loop", "http://a.example/0", "http://a.example/4")
    assert reason(loop) is Reason.TOO_MANY_REDIRECTS and reason(chain) is Reason.TOO_MANY_REDIRECTS
    assert isinstance(just, Fetched)
    assert server.paths().count("/6") == 1  # only by the third


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("file:///etc/passwd", Reason.BAD_URL),
        ("ftp://a.example/", Reason.BAD_URL),
        ("javascript:alert(1)", Reason.BAD_URL),
        ("http://127.0.0.1/", Reason.FORBIDDEN_ADDRESS),
        ("http://[::1]/", Reason.FORBIDDEN_ADDRESS),
        ("http://169.254.169.254/latest/meta-data/", Reason.FORBIDDEN_ADDRESS),
        ("http://user:secret@b.example/", Reason.BAD_URL),
        ("http://news.invalid:22/", Reason.FORBIDDEN_PORT),
        ("http://b.example:99999/", Reason.BAD_URL),
        ("//127.1/x", Reason.FORBIDDEN_ADDRESS),
    ],
)
def test_each_hop_is_checked_like_the_first(server: WireServer, location: str, expected: Reason) -> None:
    server.routes["/r"] = answer(302, b"", ("Location", location))
    (outcome,) = get(server, "http://a.example/r")
    assert reason(outcome) is expected
    assert len(server.asked) == 1
    assert "secret" not in repr(outcome)


# ---------------------------------------------------------------- the address guard

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0/",
    "http://127.0.0.1./",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://169.254.169.254/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://foo.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_every_spelling_of_an_inside_address_is_forbidden(url: str) -> None:
    (outcome,) = event_loop.run(fetch_all([FetchRequest(1, url, "feed")], FetchPolicy(retries=0)))
    assert reason(outcome) is Reason.FORBIDDEN_ADDRESS
    assert [attempt.reason for attempt in outcome.attempts] == [Reason.FORBIDDEN_ADDRESS]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example@127.0.0.1/", Reason.BAD_URL),
        ("http://a.example\\@127.0.0.1/", Reason.BAD_URL),
        ("http://a.example:22/", Reason.FORBIDDEN_PORT),
        ("http://news.invalid:6379/", Reason.FORBIDDEN_PORT),
        ("gopher://news.invalid/", Reason.BAD_URL),
        ("http:///x", Reason.BAD_URL),
        ("http://a b.example/", Reason.BAD_URL),
        ("http://a.example/\r\nX: y", Reason.BAD_URL),
        ("http://[zz]/", Reason.BAD_URL),
        ("", Reason.BAD_URL),
        ("http://" + "a" * 70 + ".example/", Reason.BAD_URL),
        ("http://news.invalid/" + "x" * 9000, Reason.BAD_URL),
    ],
)
def test_addresses_that_are_not_asked_for(url: str, expected: Reason) -> None:
    (outcome,) = event_loop.run(fetch_all([FetchRequest(1, url, "page")], FetchPolicy(retries=0)))
    assert reason(outcome) is expected


def resolver(*answers: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    left = list(answers)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1%lo", "::ffff:10.0.0.1", "64:ff9b::a00:1", "169.254.169.254"]
)
def test_a_name_that_leads_inside_is_forbidden(address: str) -> None:
    requests = [FetchRequest(1, "http://rebind.test/", "feed")]
    (outcome,) = event_loop.run(fetch_all(requests, FetchPolicy(retries=0), resolve=resolver([address])))
    assert reason(outcome) is Reason.FORBIDDEN_ADDRESS


def test_dns_is_asked_once_and_the_judged_address_is_the_one_connected_to(server: WireServer) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    # 192.0.2.1 (documentation) is refused; were the name resolved a second time for the connection, it would be let in.
    requests = [FetchRequest(1, f"http://rebind.test:{server.port}/", "feed")]
    policy = FetchPolicy(retries=0, ports=frozenset({server.port}))
    (outcome,) = event_loop.run(fetch_all(requests, policy, resolve=rebinding))
    assert reason(outcome) is Reason.FORBIDDEN_ADDRESS and len(asked) == 1 and not server.asked


def test_of_several_addresses_only_the_permitted_are_tried() -> None:
    from tasks.guarded_network import GuardedNetwork

    async def judged() -> list[str]:
        network = GuardedNetwork({}, resolver(["127.0.0.1", "93.184.216.34", "10.0.0.1"]))
        try:
            return await network._judged("mixed.test", 80)
        finally:
            network.close()

    assert event_loop.run(judged()) == ["93.184.216.34"]


def test_a_mapped_name_needs_its_exact_spelling(server: WireServer) -> None:
    server.routes["/"] = answer(200, b"x")
    good, other = (
        get(server, "http://a.example:9999/", "http://sub.a.example/", resolve=None)
        if False
        else get(server, "http://A.Example:9999/", "http://a.example./")
    )
    assert isinstance(good, Fetched)
    assert reason(other) is Reason.DNS


def test_an_unknown_name_is_a_dns_failure() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        import socket

        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    (outcome,) = event_loop.run(fetch_all([FetchRequest(1, "http://x.test/", "feed")], FetchPolicy(), resolve=unknown))
    assert reason(outcome) is Reason.DNS and len(outcome.attempts) == 1


def test_host_map_is_read_and_refused_in_words() -> None:
    assert parse_host_map(" A.example=127.0.0.1:81, b.example=[::1]:82 ,") == {
        "a.example": ("127.0.0.1", 81),
        "b.example": ("::1", 82),
    }
    assert parse_host_map("") == {}
    for wrong in (
        "a.example",
        "a.example=127.0.0.1",
        "a.example=localhost:80",
        "=127.0.0.1:80",
        "a.example=127.0.0.1:0",
        "a=1.1.1.1:x",
    ):
        with pytest.raises(BadSetting):
            parse_host_map(wrong)


# ---------------------------------------------------------------- limits


def test_gzip_brotli_and_deflate_are_decoded(server: WireServer) -> None:
    text = b"<rss>" + b"hello " * 100_000 + b"</rss>"
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(text),
        "br": brotli.compress(text),
        "deflate": zlib.compress(text),
        "Deflate": raw.compress(text) + raw.flush(),
        "gzip, gzip": gzip.compress(gzip.compress(text)),
        "x-gzip": gzip.compress(text[:1000]) + gzip.compress(text[1000:]),
    }
    for name, body in packed.items():
        server.routes["/" + name.replace(", ", "-")] = answer(200, body, ("Content-Encoding", name))
    outcomes = get(server, *("http://a.example/" + name.replace(", ", "-") for name in packed))
    for name, outcome in zip(packed, outcomes, strict=True):
        assert isinstance(outcome, Fetched) and outcome.body == text, name
        assert outcome.attempts[0].bytes == len(packed[name])


def test_a_feed_that_lies_there_gzipped_is_unpacked(server: WireServer) -> None:
    server.routes["/f.xml.gz"] = answer(200, gzip.compress(b"<rss/>"), ("Content-Type", "application/gzip"))
    assert get(server, "http://a.example/f.xml.gz")[0].body == b"<rss/>"


def test_bombs_endless_bodies_and_damaged_coding_end(server: WireServer) -> None:
    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    zeros = b"\0" * 50_000_000
    once = gzip.compress(zeros)
    cases = {
        "/gzip": (answer(200, once, ("Content-Encoding", "gzip")), Reason.TOO_LARGE),
        "/br": (answer(200, brotli.compress(zeros, quality=5), ("Content-Encoding", "br")), Reason.TOO_LARGE),
        "/nested": (answer(200, gzip.compress(once), ("Content-Encoding", "gzip, gzip")), Reason.TOO_LARGE),
        "/thrice": (answer(200, once, ("Content-Encoding", "gzip, gzip, gzip")), Reason.BAD_ENCODING),
        "/zstd": (answer(200, b"xx", ("Content-Encoding", "zstd")), Reason.BAD_ENCODING),
        "/damaged": (answer(200, b"\x1f\x8b\x08junk" * 9, ("Content-Encoding", "gzip")), Reason.BAD_ENCODING),
        "/cut": (answer(200, once[:-100], ("Content-Encoding", "gzip")), Reason.TOO_LARGE),
        "/short": (answer(200, gzip.compress(b"hello" * 99)[:-9], ("Content-Encoding", "gzip")), Reason.BAD_ENCODING),
        "/file": (answer(200, once), Reason.TOO_LARGE),
        "/endless": (endless, Reason.TOO_LARGE),
        "/big": (answer(200, b"x" * 1_500_000), Reason.TOO_LARGE),
    }
    server.routes.update({path: route for path, (route, _) in cases.items()})
    started = time.monotonic()
    outcomes = get(server, *("http://a.example" + path for path in cases), max_feed_bytes=1_000_000, max_wire_bytes=1_000_000)
    assert {path: reason(outcome) for path, outcome in zip(cases, outcomes, strict=True)} == {
        path: end for path, (_, end) in cases.items()
    }
    assert time.monotonic() - started < 8


def test_slow_drips_stalls_and_silence_end_by_the_total_time(server: WireServer) -> None:
    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def headers(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            writer.write(f"X-{number}: y\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.05)

    async def silence(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(20)

    server.routes.update({"/drip": drip, "/headers": headers, "/silence": silence})
    started = time.monotonic()
    urls = ("http://a.example/drip", "http://b.example/headers", "http://c.example/silence")
    outcomes = get(server, *urls, total_timeout=0.6)
    assert [reason(outcome) for outcome in outcomes] == [Reason.TIMEOUT] * 3
    assert time.monotonic() - started < 2.5
    (silent,) = get(server, "http://c.example/silence", read_timeout=0.3)
    assert reason(silent) is Reason.TIMEOUT


def test_broken_answers_are_protocol_failures(server: WireServer) -> None:
    async def endless_headers(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Header: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    async def closing(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def lying_length(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
        writer.close()

    async def old(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"<html>HTTP/0.9</html>\r\n")
        writer.close()

    server.routes.update({"/headers": endless_headers, "/closing": closing, "/lying": lying_length, "/old": old})
    server.routes["/chunks"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\ngarbage"
    server.routes["/cookies"] = answer(200, b"fine", *(("Set-Cookie", f"c{number}=1") for number in range(1000)))
    paths = ("headers", "closing", "lying", "old", "chunks", "cookies")
    outcomes = dict(zip(paths, get(server, *(f"http://a.example/{path}" for path in paths)), strict=True))
    assert isinstance(outcomes.pop("cookies"), Fetched)
    assert {path: reason(outcome) for path, outcome in outcomes.items()} == dict.fromkeys(outcomes, Reason.PROTOCOL)


def test_a_refused_connection_is_a_connection_failure(server: WireServer) -> None:
    import socket

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (outcome,) = get(server, "http://z.example/", host_map={"z.example": ("127.0.0.1", unused.getsockname()[1])})
    assert reason(outcome) is Reason.CONNECTION


# ---------------------------------------------------------------- statuses, retries, Retry-After


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, Reason.NOT_FOUND),
        (410, Reason.HTTP_GONE),
        (401, Reason.LOGIN_REQUIRED),
        (402, Reason.LOGIN_REQUIRED),
        (403, Reason.LOGIN_REQUIRED),
        (451, Reason.LOGIN_REQUIRED),
        (429, Reason.RATE_LIMITED),
        (400, Reason.HTTP_ERROR),
        (418, Reason.HTTP_ERROR),
        (500, Reason.SERVER_ERROR),
        (503, Reason.SERVER_ERROR),
        (300, Reason.HTTP_ERROR),
    ],
)
def test_statuses_have_their_reasons(server: WireServer, status: int, expected: Reason) -> None:
    server.routes["/f"] = answer(status, b"sorry")
    (outcome,) = get(server, "http://a.example/f")
    assert reason(outcome) is expected and outcome.status == status


def test_only_what_may_succeed_is_tried_again_and_each_try_is_an_attempt(server: WireServer) -> None:
    tries = {"/flaky": 0, "/gone": 0}

    def flaky(asked: Asked) -> bytes:
        tries[asked.path] += 1
        return answer(503) if tries[asked.path] == 1 else answer(200, b"x")

    server.routes["/flaky"] = flaky
    server.routes["/gone"] = answer(404)
    good, gone = get(server, "http://a.example/flaky", "http://a.example/gone", retries=1, validators=Validators('"v"'))
    assert isinstance(good, Fetched)
    assert [(attempt.status, attempt.reason) for attempt in good.attempts] == [(503, Reason.SERVER_ERROR), (200, Reason.NEW_BODY)]
    assert [asked.header("if-none-match") for asked in server.asked[:2]] == ['"v"', '"v"']  # a retry stays conditional
    assert len(gone.attempts) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_stops_the_whole_registrable_domain(server: WireServer, status: int) -> None:
    server.routes["/1"] = answer(status, b"", ("Retry-After", "120"))
    server.routes["*"] = answer(200, b"x")
    pacing = Pacing()
    urls = ["http://a.example/1", "http://a.example/2", "http://b.example/3"]
    requests = [FetchRequest(number, url, "page") for number, url in enumerate(urls)]
    first, second, other = event_loop.run(fetch_all(requests, policy_for(server, retries=1), pacing=pacing))
    assert isinstance(first, FetchFailed) and first.retry_after == 120 and len(first.attempts) == 1
    assert reason(second) is Reason.RATE_LIMITED and second.attempts == () and 100 < second.retry_after <= 120
    assert isinstance(other, Fetched)
    later = event_loop.run(fetch_all([FetchRequest(9, "http://www.a.example/4", "feed")], policy_for(server), pacing=pacing))
    assert reason(later[0]) is Reason.RATE_LIMITED
    assert sorted(server.paths()) == ["/1", "/3"]


def test_retry_after_may_be_a_date_and_nonsense_is_none(server: WireServer) -> None:
    server.routes["/date"] = answer(
        429, b"", ("Retry-After", format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True))
    )
    server.routes["/odd"] = answer(429, b"", ("Retry-After", "soon"))
    server.routes["/huge"] = answer(429, b"", ("Retry-After", "9" * 40))
    by_date, odd, huge = get(server, "http://a.example/date", "http://b.example/odd", "http://c.example/huge")
    assert 250 < by_date.retry_after <= 300 and odd.retry_after is None and huge.retry_after == 30 * 86400


def test_a_host_that_can_not_be_reached_is_given_up(server: WireServer) -> None:
    def dead(host: str, port: int) -> Sequence[str]:
        import socket

        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    requests = [FetchRequest(number, f"http://dead.test/{number}", "page") for number in range(6)]
    outcomes = event_loop.run(fetch_all(requests, policy_for(server), resolve=dead))
    assert [len(outcome.attempts) for outcome in outcomes] == [1, 1, 1, 0, 0, 0]
    assert all(isinstance(outcome, FetchFailed) for outcome in outcomes)


# ---------------------------------------------------------------- pace


def test_pages_of_a_registrable_domain_keep_the_gap_one_at_a_time(server: WireServer) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(answer(200, b"x"))

    server.routes["*"] = slow
    urls = [f"http://{host}/{number}" for number in range(2) for host in ("a.example", "www.a.example", "b.example")]
    requests = [FetchRequest(number, url, "page") for number, url in enumerate(urls)]
    event_loop.run(fetch_all(requests, policy_for(server, gap_seconds=0.2)))
    for domain in ("a.example", "b.example"):
        mine = sorted(
            (asked for asked in server.asked if (asked.header("host") or "").endswith(domain)), key=lambda asked: asked.started
        )
        assert all(later.started - earlier.ended >= 0.19 for earlier, later in pairwise(mine))


def test_the_gap_holds_from_one_call_to_the_next(server: WireServer) -> None:
    server.routes["*"] = answer(200, b"x")
    pacing = Pacing()
    for number in range(2):
        event_loop.run(
            fetch_all([FetchRequest(1, f"http://a.example/{number}", "page")], policy_for(server, gap_seconds=0.3), pacing=pacing)
        )
    assert server.asked[1].started - server.asked[0].ended >= 0.29


def test_a_slow_host_holds_up_nobody_but_itself_and_results_keep_their_order(server: WireServer) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(answer(200, b"slow"))

    server.routes["/slow"] = slow
    server.routes["*"] = answer(200, b"fast")
    done: list[int] = []
    urls = ["http://a.example/slow", "http://a.example/slow", "http://b.example/1", "http://c.example/2", "http://a.example/3"]
    requests = [FetchRequest(number, url, "feed") for number, url in enumerate(urls)]
    outcomes = event_loop.run(fetch_all(requests, policy_for(server), on_done=done.append))
    assert [outcome.key for outcome in outcomes] == [0, 1, 2, 3, 4]
    assert [outcome.body for outcome in outcomes] == [b"slow", b"slow", b"fast", b"fast", b"fast"]
    assert done == [1, 2, 3, 4, 5]
    fast = [asked for asked in server.asked if asked.header("host") != "a.example"]
    assert all(asked.ended - server.asked[0].started < 0.4 for asked in fast)
    assert server.connections == 3  # a connection is used again within its host


# ---------------------------------------------------------------- robots.txt


def pages(server: WireServer, cache: SeenFiles, *urls: str, **changes: object) -> list[FetchOutcome]:
    requests = [FetchRequest(number, url, "page") for number, url in enumerate(urls)]
    return event_loop.run(fetch_pages(requests, policy_for(server, **changes), cache))


def test_pages_obey_robots_and_the_file_is_asked_for_once_a_day(server: WireServer) -> None:
    server.routes["/robots.txt"] = answer(200, b"User-agent: newsfold\nDisallow: /private\nUser-agent: *\nDisallow: /")
    server.routes["*"] = answer(200, b"x")
    cache: SeenFiles = {}
    good, bad = pages(server, cache, "http://a.example/public", "http://a.example/private/1")
    assert isinstance(good, Fetched) and reason(bad) is Reason.ROBOTS and bad.attempts == ()
    assert [attempt.kind for attempt in good.attempts] == ["robots", "page"]
    pages(server, cache, "http://a.example/again")
    assert server.paths() == ["/robots.txt", "/public", "/again"]
    old = cache["http://a.example"]
    cache["http://a.example"] = old._replace(fetched_at=old.fetched_at - timedelta(days=1, seconds=1))
    pages(server, cache, "http://a.example/later")
    assert server.paths()[-2:] == ["/robots.txt", "/later"]


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=NEEDS_LANE_LOCKS)])
def test_calls_side_by_side_ask_for_robots_once(server: WireServer, tmp_path: Path, processes: int) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(answer(200, b"User-agent: *\nDisallow: /private"))

    server.routes["/robots.txt"] = slow
    server.routes["*"] = answer(200, b"x")
    policy = policy_for(server, lane_file=tmp_path / "lanes")
    # What tells processes apart is that they share no Pacing, only the folder.
    pacings = [Pacing() for _ in range(processes)]
    caches: list[SeenFiles] = [{}, {}, {}]

    async def both() -> list[list[FetchOutcome]]:
        asked = [[FetchRequest(n, f"http://a.example/{n}", "page")] for n in range(2)]
        calls = [fetch_pages(one, policy, caches[n], pacing=pacings[n % processes]) for n, one in enumerate(asked)]
        return await asyncio.gather(*calls)

    assert all(isinstance(outcome, Fetched) for (outcome,) in event_loop.run(both()))
    assert sorted(server.paths()) == ["/0", "/1", "/robots.txt"]
    # One that begins while the others have not told the store yet does not ask either.
    event_loop.run(fetch_pages([FetchRequest(2, "http://a.example/2", "page")], policy, caches[2]))
    assert server.paths().count("/robots.txt") == 1
    assert caches[0] == caches[1] == caches[2] and caches[0]
    # An hour later the store has it, and only that is believed.
    (kept,) = (tmp_path / "robots").iterdir()
    os.utime(kept, (0, 0))
    event_loop.run(fetch_pages([FetchRequest(3, "http://a.example/3", "page")], policy, {}))
    assert server.paths().count("/robots.txt") == 2


def test_a_torn_or_old_file_on_the_shelf_is_none(tmp_path: Path) -> None:
    seen = SeenFile(datetime.now(UTC), "User-agent: *\nDisallow: /ü", 200)
    folder, origin = tmp_path / "robots", "http://a.example"
    robots_shelf.put(folder, origin, seen)
    assert robots_shelf.find(folder, origin) == seen
    assert robots_shelf.find(folder, "http://b.example") is None
    (path,) = folder.iterdir()
    path.write_text(path.read_text()[:30])
    assert robots_shelf.find(folder, origin) is None
    robots_shelf.clear(folder)
    assert path.exists()
    os.utime(path, (0, 0))
    robots_shelf.clear(folder)
    assert not path.exists()
    blocked = seen._replace(text=None, status=503, problem=Reason.SERVER_ERROR)
    robots_shelf.put(folder, origin, blocked)
    assert robots_shelf.find(folder, origin) == blocked
    robots_shelf.put(tmp_path / "no" / "robots", origin, seen)
    assert robots_shelf.find(tmp_path / "no" / "robots", origin) is None


def test_no_robots_file_allows_and_an_unreachable_one_forbids_for_now(server: WireServer) -> None:
    server.routes["/page"] = answer(200, b"x")
    (allowed,) = pages(server, {}, "http://a.example/page")
    assert isinstance(allowed, Fetched)
    server.routes["/robots.txt"] = answer(503)
    before = len(server.asked)
    first, second = pages(server, {}, "http://b.example/page", "http://b.example/page2")
    assert reason(first) is Reason.SERVER_ERROR and reason(second) is Reason.SERVER_ERROR
    assert server.paths()[before:] == ["/robots.txt"]


def test_a_redirected_page_obeys_the_other_hosts_robots(server: WireServer) -> None:
    def robots_file(asked: Asked) -> bytes:
        return answer(200, b"User-agent: *\nDisallow: /" if asked.header("host") == "b.example" else b"")

    server.routes["/robots.txt"] = robots_file
    server.routes["/out"] = answer(302, b"", ("Location", "http://b.example/in"))
    (outcome,) = pages(server, {}, "http://a.example/out")
    assert reason(outcome) is Reason.ROBOTS and "/in" not in server.paths()


def test_crawl_delay_lengthens_the_gap_and_feeds_ask_no_robots(server: WireServer) -> None:
    server.routes["/robots.txt"] = answer(200, b"User-agent: *\nCrawl-delay: 0.3\nDisallow: /feed")
    server.routes["*"] = answer(200, b"x")
    pages(server, {}, "http://a.example/1", "http://a.example/2")
    assert server.asked[2].started - server.asked[1].ended >= 0.29
    assert isinstance(get(server, "http://a.example/feed")[0], Fetched)


def test_a_kept_cache_entry_is_believed(server: WireServer) -> None:
    cache = {"http://a.example": SeenFile(datetime.now(UTC), "User-agent: *\nDisallow: /", 200)}
    (outcome,) = pages(server, cache, "http://a.example/x")
    assert reason(outcome) is Reason.ROBOTS and not server.asked


# ---------------------------------------------------------------- TLS


def certificate(folder: Path, name: str) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls_is_verified_for_the_name_not_the_address(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "a.example")
    seen: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    with WireServer(tls=context) as server:
        server.routes["/"] = answer(200, b"secure")
        (good,) = get(server, "https://a.example/", ca_file=str(pem))
        (other_name,) = get(server, "https://b.example/", ca_file=str(pem))
        (unknown_authority,) = get(server, "https://a.example/")
    assert isinstance(good, Fetched) and good.body == b"secure"
    assert seen[0] == "a.example"
    assert reason(other_name) is Reason.TLS and reason(unknown_authority) is Reason.TLS


def test_a_stalled_handshake_ends(server: WireServer) -> None:
    # A plain server never speaks TLS: it waits for a request that does not come.
    (outcome,) = get(server, "https://a.example/", connect_timeout=0.4)
    assert reason(outcome) in (Reason.TIMEOUT, Reason.TLS, Reason.CONNECTION)


def test_what_comes_before_the_handshake_is_never_taken_for_an_answer() -> None:
    async def run() -> FetchOutcome:
        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        places = {"a.example": ("127.0.0.1", server.sockets[0].getsockname()[1])}
        policy = FetchPolicy(host_map=places, retries=0, connect_timeout=1.0)
        (outcome,) = await fetch_all([FetchRequest(1, "https://a.example/", "feed")], policy)
        server.close()
        return outcome

    assert reason(event_loop.run(run())) in (Reason.TLS, Reason.CONNECTION)


# ---------------------------------------------------------------- pages


def fetched(body: bytes, content_type: str | None = "text/html", *headers: tuple[str, str]) -> Fetched:
    all_headers = ((("content-type", content_type),) if content_type else ()) + headers
    return Fetched(1, "http://a.example/x", "http://a.example/y", 200, all_headers, body, NOW, Validators())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7 ...", "text/html"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "text/html"),
        (b"\xff\xd8\xff\xe0", None),
        (b"\0\0\0\x20ftypisom", "application/octet-stream"),
        (b"PK\x03\x04....", "text/html"),
        (b'{"a": 1}', "application/json"),
        (b"just words", "text/plain"),
        (b"<?xml version='1.0'?><rss><channel><title>x</title></channel></rss>", "text/xml"),
        (b"<html>" + b"\0\x01\x02" * 999, "text/html"),
        (b"body { color: red }", "text/css"),
    ],
)
def test_what_is_no_html_is_said_so(body: bytes, content_type: str | None) -> None:
    found = page_from(fetched(body, content_type), 7)
    assert isinstance(found, NotAPage) and found.reason is Reason.NOT_HTML


def test_an_empty_answer_has_no_text() -> None:
    found = page_from(fetched(b"  \n"), 7)
    assert isinstance(found, NotAPage) and found.reason is Reason.NO_TEXT


@pytest.mark.parametrize(
    ("text", "codec", "content_type", "meta"),
    [
        ("Grüße", "utf-8", "text/html", ""),
        ("Grüße", "utf-8", "text/html; charset=iso-8859-1", ""),  # a lying header
        ("“Grüße”", "cp1252", "text/html; charset=iso-8859-1", ""),
        ("“Grüße”", "cp1252", "text/html", '<meta charset="windows-1252">'),
        ("Привет мир", "cp1251", "text/html", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'),
        ("日本語の記事", "shift_jis", "text/html; charset=Shift_JIS", ""),
        ("日本語の記事", "iso2022_jp", "text/html; charset=iso-2022-jp", ""),
        ("中文新闻报道", "gb18030", "text/html; charset=gb2312", ""),
        ("Grüße", "utf-8-sig", "text/html; charset=latin-1", ""),
        ("Grüße", "utf-16", "text/html", ""),
        ("Grüße", "utf-16-le", "text/html; charset=utf-16le", ""),
    ],
)
def test_characters_are_read_as_they_were_meant(text: str, codec: str, content_type: str, meta: str) -> None:
    body = f"<!doctype html><html><head>{meta}<title>{text}</title></head><p>{text * 30}</p></html>".encode(codec)
    found = page_from(fetched(body, content_type), 7)
    assert not isinstance(found, NotAPage), found
    assert f"<title>{text}</title>" in found.html and found.bytes == len(body)


def test_utf7_is_never_read_and_undecodable_bytes_do_not_raise() -> None:
    found = page_from(fetched(b"<html>+ADw-script+AD4-</html>", "text/html; charset=utf-7"), 7)
    assert not isinstance(found, NotAPage) and "<script>" not in found.html
    broken = page_from(fetched(b"<html>\xff\xfe\xfa ok \x80</html>", "text/html; charset=utf-8"), 7)
    assert not isinstance(broken, NotAPage) and " ok " in broken.html


def test_a_page_records_reservations_robots_tag_and_its_own_identity() -> None:
    body = b'<html><head><meta content="1" name="tdm-reservation"></head></html>'
    by_meta = page_from(fetched(body, "text/html", ("x-robots-tag", "noarchive"), ("x-robots-tag", "otherbot: noindex")), 7)
    assert not isinstance(by_meta, NotAPage)
    assert by_meta.tdm_reserved is True and by_meta.robots_tag == "noarchive, otherbot: noindex" and by_meta.entry_id == 7
    both = page_from(fetched(body, "text/html", ("tdm-reservation", "0")), 8)
    # TDMRep, "Processing priority": what the page says supersedes what its answer's header says.
    assert not isinstance(both, NotAPage) and (both.tdm_reserved, both.tdm_source) == (True, "meta")
    assert both.id == by_meta.id  # the same address and bytes
    by_header = page_from(fetched(b"<html>x</html>", "text/html", ("tdm-reservation", "1")), 8)
    assert not isinstance(by_header, NotAPage) and (by_header.tdm_reserved, by_header.tdm_source) == (True, "header")
    silent = page_from(fetched(b"<html>x</html>"), 9)
    assert not isinstance(silent, NotAPage) and silent.tdm_reserved is None and silent.id != by_meta.id
