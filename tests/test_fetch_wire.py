"""More of fetching over real sockets: zstd, meta refresh, a proxy, headers of one's own, validators' addresses, memory."""

import asyncio
import gzip
import json
import ssl
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from hypothesis import given, settings, strategies

from flows.policy import fetch_policy
from schemas.errors import BadSetting
from schemas.reasons import Reason
from schemas.records import Fetched, FetchFailed, FetchOutcome, FetchRequest, NotModified, Validators
from schemas.settings import load_settings
from schemas.wire import OwnHeaders, Proxy, read_feed_headers, read_proxy
from tasks import event_loop
from tasks.byte_budget import ByteBudget, NoRoomError
from tasks.decompress import BadCodingError, BodyReader, TooLargeError, zstd
from tasks.fetch import FetchPolicy, fetch_all, fetch_each, fetch_pages
from tasks.meta_refresh import refresh_target
from tests.proxy_server import ProxyServer
from tests.test_fetch import certificate, get, pages, policy_for, reason, server
from tests.wire_server import Asked, WireServer, answer

__all__ = ["server"]
SECRET = "Bearer s3cr3t-token"
HTML = ("Content-Type", "text/html; charset=utf-8")


def feed(server: WireServer, url: str, validators: Validators, at: str | None, **changes: Any) -> FetchOutcome:
    request = FetchRequest(1, url, "feed", validators, at)
    return event_loop.run(fetch_all([request], policy_for(server, **changes)))[0]


# ---------------------------------------------------------------- validators belong to an address


def test_validators_are_sent_at_the_hop_they_belong_to_and_a_304_there_counts(server: WireServer) -> None:
    def new(asked: Asked) -> bytes:
        known = asked.header("if-none-match") == '"of-new"'
        return answer(304, b"", length=False) if known else answer(200, b"x", ("ETag", '"of-new"'))

    server.routes["/old"] = answer(302, b"", ("Location", "http://b.example/new"))
    server.routes["/new"] = new
    first = feed(server, "http://a.example/old", Validators(), None)
    assert isinstance(first, Fetched) and first.validators == Validators('"of-new"')
    second = feed(server, "http://a.example/old", first.validators, first.final_url)
    assert server.asked[2].header("if-none-match") is None
    assert server.asked[3].header("if-none-match") == '"of-new"'
    assert isinstance(second, NotModified) and second.final_url == "http://b.example/new" and second.moved_to is None
    assert second.validators == Validators('"of-new"')


def test_a_304_behind_a_permanent_redirect_still_tells_of_the_move(server: WireServer) -> None:
    server.routes["/old"] = answer(301, b"", ("Location", "/new"))
    server.routes["/new"] = answer(304, b"", length=False)
    outcome = feed(server, "http://a.example/old", Validators('"1"'), "http://a.example/new")
    assert isinstance(outcome, NotModified) and outcome.moved_to == "http://a.example/new"


def test_validators_of_another_address_are_never_sent(server: WireServer) -> None:
    server.routes["*"] = answer(200, b"x")
    feed(server, "http://a.example/f", Validators('"1"', "then"), "http://b.example/f")
    assert server.asked[0].header("if-none-match") is None and server.asked[0].header("if-modified-since") is None


def test_a_page_is_looked_at_again_conditionally(server: WireServer) -> None:
    server.routes["/p"] = answer(304, b"", length=False)
    request = FetchRequest(1, "http://a.example/p", "page", Validators('"p"', "Mon, 23 Nov 2026 07:00:00 GMT"))
    (outcome,) = event_loop.run(fetch_pages([request], policy_for(server), {}))
    assert server.asked[-1].header("if-none-match") == '"p"' and server.asked[-1].header("if-modified-since")
    assert isinstance(outcome, NotModified)


def test_tdmrep_is_asked_for_as_json_within_the_limits_of_robots(server: WireServer) -> None:
    server.routes["/.well-known/tdmrep.json"] = answer(200, b"[" + b" " * 600_000 + b"]")
    (outcome,) = get(server, "http://a.example/.well-known/tdmrep.json", kind="tdm")
    assert (server.asked[0].header("accept") or "").startswith("application/json")
    assert reason(outcome) is Reason.TOO_LARGE


# ---------------------------------------------------------------- zstd and other codings


def test_zstd_is_decoded_in_one_frame_or_several(server: WireServer) -> None:
    text = b"<rss>" + b"hello " * 200_000 + b"</rss>"
    server.routes["/one"] = answer(200, zstd.compress(text), ("Content-Encoding", "zstd"))
    two = zstd.compress(text[:1000]) + zstd.compress(b"") + zstd.compress(text[1000:])
    server.routes["/two"] = answer(200, two, ("Content-Encoding", "ZSTD"))
    server.routes["/both"] = answer(200, gzip.compress(zstd.compress(text)), ("Content-Encoding", "zstd, gzip"))
    for outcome in get(server, *(f"http://a.example/{name}" for name in ("one", "two", "both"))):
        assert isinstance(outcome, Fetched) and outcome.body == text


def test_zstd_bombs_wide_windows_and_many_members_end(server: WireServer) -> None:
    zeros = b"\0" * 50_000_000
    window = {zstd.CompressionParameter.window_log: 27}
    bomb = zstd.compress(zeros)
    inner = gzip.compress(b"") + b"\0" * 50_000_000  # padding after the end: the inner coding makes nothing of it
    cases = {
        "/bomb": (bomb, "zstd", Reason.TOO_LARGE),
        "/stacked": (zstd.compress(bomb), "zstd, zstd", Reason.TOO_LARGE),
        "/hollow": (gzip.compress(inner), "gzip, gzip", Reason.TOO_LARGE),
        "/wide": (zstd.compress(zeros, options=window), "zstd", Reason.BAD_ENCODING),
        "/cut": (zstd.compress(b"hello" * 99)[:-5], "zstd", Reason.BAD_ENCODING),
        "/junk": (zstd.compress(b"hello") + b"junk", "zstd", Reason.BAD_ENCODING),
        "/frames": (zstd.compress(b"") * 50_000, "zstd", Reason.BAD_ENCODING),
        "/members": (gzip.compress(b"") * 40_000, "gzip", Reason.BAD_ENCODING),
    }
    for path, (body, coding, _) in cases.items():
        server.routes[path] = answer(200, body, ("Content-Encoding", coding))
    started = time.monotonic()
    outcomes = get(server, *("http://a.example" + path for path in cases), max_feed_bytes=1_000_000)
    assert {path: reason(outcome) for path, outcome in zip(cases, outcomes, strict=True)} == {
        path: end for path, (_, _, end) in cases.items()
    }
    assert time.monotonic() - started < 10


@settings(max_examples=200, deadline=None)
@given(
    strategies.sampled_from(["gzip", "deflate", "br", "zstd", "zstd, br", "gzip, zstd"]),
    strategies.lists(strategies.binary(max_size=200), max_size=5),
    strategies.integers(0, 60),
)
def test_any_bytes_are_decoded_or_refused_within_the_limit(coding: str, pieces: list[bytes], cut: int) -> None:
    packed = b"hello " * 99
    for name in coding.split(", "):
        packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[name](packed)
    reader = BodyReader(coding, 10_000, 5_000)
    try:
        for piece in [packed[:cut], *pieces]:
            reader.feed(piece)
        assert len(reader.finish()) <= 5_000
    except (BadCodingError, TooLargeError):
        assert reader.size <= 5_000 + 256 * 1024


# ---------------------------------------------------------------- meta refresh


def refresh(target: str, delay: str = "0") -> bytes:
    return answer(200, f'<html><head><meta http-equiv="refresh" content="{delay};url={target}"></head>x'.encode(), HTML)


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ('<meta http-equiv="refresh" content="0;url=/new">', "http://a.example/new"),
        ("<META content='3; URL=\"new?a=1&amp;b=2\" junk' HTTP-EQUIV=Refresh>", "http://a.example/dir/new?a=1&b=2"),
        ("<meta http-equiv=refresh content=0;//b.example/x>", "http://b.example/x"),
        ("<meta http-equiv=refresh content='0 url = http://b.example/ä b'/>", "http://b.example/ä%20b"),
        ('<base href="http://c.example/y/"><meta http-equiv=refresh content="1,url=z">', "http://c.example/y/z"),
        (
            "<title><meta http-equiv=refresh content='0;url=/t'></title><meta http-equiv=refresh content='0;url=/n'>",
            "http://a.example/n",
        ),
        ('<meta http-equiv=refresh content="300;url=/new">', None),
        ('<meta http-equiv=refresh content="0">', None),
        ('<meta http-equiv=refresh content="0;url=/dir/page#top">', None),
        ('<meta http-equiv=refresh content="soon;url=/new">', None),
        ('<meta http-equiv=refresh content="0;url=javascript:alert(1)">', None),
        ('<meta http-equiv=refresh content="0;url=http://[bad">', None),
        ("<noscript><meta http-equiv=refresh content='0;url=/no'></noscript>", None),
        ("<!-- <meta http-equiv=refresh content='0;url=/no'> -->", None),
        ("<script>'<meta http-equiv=refresh content=\"0;url=/no\">'</script>", None),
        ("</head><body><meta http-equiv=refresh content='0;url=/no'>", None),
        ('<meta name="refresh" content="0;url=/new">', None),
    ],
)
def test_what_a_refresh_says(page: str, target: str | None) -> None:
    assert refresh_target(f"<html><head>{page}".encode(), "text/html", "http://a.example/dir/page") == target


def test_a_refresh_is_for_html_only() -> None:
    body = b"<meta http-equiv=refresh content='0;url=/new'>"
    assert refresh_target(body, "text/plain", "http://a.example/") is None
    assert refresh_target(body, None, "http://a.example/") == "http://a.example/new"


@pytest.mark.parametrize(
    "unit", ['<meta"', "<meta '", "<meta a=", "<!--", "<script>", "<meta" + "a" * 50 + " ", "a" * 9, "<meta =\"'"]
)
def test_hostile_heads_are_read_in_bounded_time(unit: str) -> None:
    body = b"refresh" + unit.encode() * (80_000 // len(unit))
    started = time.process_time()
    assert refresh_target(body, "text/html", "http://a.example/") is None
    assert time.process_time() - started < 2


@settings(max_examples=300, deadline=None)
@given(
    strategies.lists(
        strategies.sampled_from(
            [
                "<meta ",
                "<base ",
                "http-equiv",
                "=",
                "'",
                '"',
                "refresh",
                " content",
                "0;url=",
                "href",
                "//",
                "[",
                ":",
                "<",
                ">",
                "<!--",
            ]
        )
        | strategies.text(max_size=3)
    )
)
def test_any_head_gives_an_address_or_none(parts: list[str]) -> None:
    page = "".join(["<meta http-equiv=refresh content=", *parts]).encode("utf-8", "replace")
    target = refresh_target(page, None, "http://a.example/")
    assert target is None or target.lower().startswith(("http:", "https:"))


def test_a_page_follows_its_refreshes_as_temporary_hops(server: WireServer) -> None:
    server.routes["/1"] = answer(301, b"", ("Location", "/2"))
    server.routes["/2"] = refresh("/3")
    server.routes["/3"] = refresh("http://b.example/4")
    server.routes["/4"] = answer(200, b"the article", HTML)
    (outcome,) = pages(server, {}, "http://a.example/1")
    assert isinstance(outcome, Fetched) and outcome.body == b"the article" and outcome.final_url == "http://b.example/4"
    assert outcome.moved_to is None
    (as_feed,) = get(server, "http://a.example/2")
    assert isinstance(as_feed, Fetched) and as_feed.final_url == "http://a.example/2"


def test_refreshes_that_go_round_or_on_for_ever_end(server: WireServer) -> None:
    server.routes["/a"], server.routes["/b"] = refresh("/b"), refresh("/a")
    for number in range(9):
        server.routes[f"/{number}"] = refresh(f"/{number + 1}")
    for outcome in pages(server, {}, "http://a.example/a", "http://a.example/0"):
        assert reason(outcome) is Reason.TOO_MANY_REDIRECTS


def test_a_refresh_is_guarded_like_any_hop(server: WireServer) -> None:
    def robots_file(asked: Asked) -> bytes:
        return answer(200, b"User-agent: *\nDisallow: /" if asked.header("host") == "b.example" else b"")

    server.routes["/robots.txt"] = robots_file
    server.routes["/inside"] = refresh("http://169.254.169.254/latest/meta-data")
    server.routes["/port"] = refresh("http://b.test:22/")
    server.routes["/other"] = refresh("http://b.example/in")
    inside, port, other = pages(server, {}, *(f"http://a.example/{name}" for name in ("inside", "port", "other")))
    assert reason(inside) is Reason.FORBIDDEN_ADDRESS
    assert reason(port) is Reason.FORBIDDEN_PORT
    assert reason(other) is Reason.ROBOTS and "/in" not in server.paths()


# ---------------------------------------------------------------- headers of one's own


def own(origin: str, prefix: str = "", *headers: tuple[str, str]) -> OwnHeaders:
    return OwnHeaders(origin, prefix, headers or (("Authorization", SECRET),))


def sent(server: WireServer) -> list[tuple[str, str | None]]:
    return [(asked.path, asked.header("authorization")) for asked in server.asked]


def test_own_headers_go_to_their_origin_and_path_only(server: WireServer) -> None:
    server.routes["*"] = answer(200, b"x")
    headers = (own("http://a.example", "/paid", ("Authorization", SECRET), ("User-Agent", "mine")),)
    urls = [
        "http://a.example/paid/f?x=1",
        "http://a.example/paid",
        "http://a.example/paidnot",
        "http://b.example/paid/f",
        "http://a.example/paid/../other",
        "http://a.example/paid/%2e%2e/other",
        "http://a.example/paid/..%2fother",
    ]
    for url in urls:
        get(server, url, own_headers=headers)
    assert [value for _, value in sent(server)] == [SECRET, SECRET, None, None, None, None, None]
    assert server.asked[0].header("user-agent") == "mine" and (server.asked[2].header("user-agent") or "").startswith("newsfold")
    assert [name for name, _ in server.asked[0].headers].count("user-agent") == 1


def test_own_headers_never_cross_to_another_origin_nor_come_back(server: WireServer) -> None:
    headers = (own("http://a.example"), own("http://c.example", "", ("Authorization", "of c")))
    server.routes["/same"] = answer(302, b"", ("Location", "/next"))
    server.routes["/next"] = answer(302, b"", ("Location", "http://b.example/away"))
    server.routes["/away"] = answer(302, b"", ("Location", "http://a.example/back"))
    server.routes["/back"] = answer(302, b"", ("Location", "http://c.example/c"))
    server.routes["/c"] = answer(200, b"x")
    get(server, "http://a.example/same", own_headers=headers)
    assert sent(server) == [("/same", SECRET), ("/next", SECRET), ("/away", None), ("/back", None), ("/c", None)]
    # Another scheme or port is another origin.
    server.asked.clear()
    server.routes["/port"] = answer(302, b"", ("Location", "http://a.example:8080/c"))
    get(server, "http://a.example/port", own_headers=headers)
    assert sent(server) == [("/port", SECRET), ("/c", None)]


def test_a_refresh_does_not_carry_own_headers_away(server: WireServer) -> None:
    server.routes["/p"] = refresh("http://b.example/q")
    server.routes["/q"] = answer(200, b"x", HTML)
    get(server, "http://a.example/p", kind="page", own_headers=(own("http://a.example"),))
    assert sent(server) == [("/p", SECRET), ("/q", None)]


def test_secrets_are_shown_nowhere(
    server: WireServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv(
        "NEWSFOLD_FEED_HEADERS", json.dumps({"http://a.example/f": {"Authorization": SECRET, "Cookie": "id=s3cr3t"}})
    )
    monkeypatch.setenv("NEWSFOLD_PROXY", "http://me:s3cr3t@proxy.example:3128")
    settings = load_settings(tmp_path / ".env")
    policy = fetch_policy(settings)
    assert policy.own_headers[0].headers == (("Authorization", SECRET), ("Cookie", "id=s3cr3t"))
    assert policy.proxy == Proxy("proxy.example", 3128, "me", "s3cr3t")
    shown = [repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump()), repr(policy)]
    (outcome,) = get(server, "http://a.example/f", own_headers=policy.own_headers)
    assert server.asked[0].header("authorization") == SECRET
    shown += [repr(outcome), caplog.text]
    assert [text for text in shown if "s3cr3t" in text] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEED_HEADERS", "s3cr3t"),
        ("FEED_HEADERS", '["s3cr3t"]'),
        ("FEED_HEADERS", '{"https://a.example": "s3cr3t"}'),
        ("FEED_HEADERS", '{"https://a.example": {}}'),
        ("FEED_HEADERS", '{"https://me:s3cr3t@a.example": {"A": "b"}}'),
        ("FEED_HEADERS", '{"file:///s3cr3t": {"A": "b"}}'),
        ("FEED_HEADERS", '{"https://a.example": {"Host": "s3cr3t"}}'),
        ("FEED_HEADERS", '{"https://a.example": {"s3cr3t: x": "b"}}'),
        ("FEED_HEADERS", '{"https://a.example": {"A": "s3cr3t\\r\\nB: c"}}'),
        ("FEED_HEADERS", '{"https://a.example": {"A": 7}}'),
        ("PROXY", "socks5://me:s3cr3t@a.example:1"),
        ("PROXY", "http://me:s3cr3t@a.example"),
        ("PROXY", "http://me:s3cr3t@a.example:1/path"),
        ("PROXY", "http://me:s3cr3t@a.example:999999"),
        ("CA_FILE", "/nowhere/at/all.pem"),
        ("RECHECK_HOURS", "6,1"),
        ("RECHECK_HOURS", "often"),
        ("RECHECK_HOURS", "0,1"),
    ],
)
def test_a_wrong_setting_is_one_sentence_without_the_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"NEWSFOLD_{name}", value)
    with pytest.raises(BadSetting) as caught:
        load_settings(tmp_path / ".env")
    said = str(caught.value)
    assert said.startswith(f"NEWSFOLD_{name}: ") and "\n" not in said and "s3cr3t" not in said
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_settings_that_are_empty_mean_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load_settings(tmp_path / ".env").recheck_delays == tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72))
    for name in ("FEED_HEADERS", "PROXY", "CA_FILE", "RECHECK_HOURS"):
        monkeypatch.setenv(f"NEWSFOLD_{name}", "")
    settings = load_settings(tmp_path / ".env")
    policy = fetch_policy(settings)
    assert settings.recheck_delays == () and (policy.own_headers, policy.proxy, policy.ca_file) == ((), None, None)


def test_a_file_without_certificates_is_one_error(server: WireServer, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(BadSetting, match="NEWSFOLD_CA_FILE"):
        get(server, "https://a.example/", ca_file=str(tmp_path / "ca.pem"))


def test_a_password_in_an_address_is_refused_with_the_way_out(server: WireServer) -> None:
    (outcome,) = get(server, "http://me:s3cr3t@a.example/f")
    assert isinstance(outcome, FetchFailed) and outcome.reason is Reason.BAD_URL and not server.asked
    assert "NEWSFOLD_FEED_HEADERS" in outcome.detail
    assert "s3cr3t" not in outcome.final_url + outcome.detail + repr(outcome.attempts)


# ---------------------------------------------------------------- a proxy


@pytest.fixture
def proxied(server: WireServer) -> Iterator[ProxyServer]:
    with ProxyServer(plain=server.port) as proxy:
        yield proxy


def public(host: str, port: int) -> Sequence[str]:
    return ["93.184.215.14"]


def through(server: ProxyServer, *urls: str, resolve: Any = public, **changes: Any) -> list[FetchOutcome]:
    fast = {"proxy": Proxy("127.0.0.1", server.port, "me", "s3cr3t"), "retries": 0} | changes
    requests = [FetchRequest(number, url, "feed") for number, url in enumerate(urls)]
    return event_loop.run(fetch_all(requests, FetchPolicy(**fast), resolve=resolve))


def test_http_goes_through_the_proxy_in_absolute_form(server: WireServer, proxied: ProxyServer) -> None:
    server.routes["/f%7e?b=2&a=1"] = answer(200, b"<rss/>")
    (outcome,) = through(proxied, "http://news.test/f%7e?b=2&a=1", own_headers=(own("http://news.test"),))
    assert isinstance(outcome, Fetched) and outcome.body == b"<rss/>"
    (head,) = proxied.heads
    assert head.startswith("GET http://news.test/f%7e?b=2&a=1 HTTP/1.1\r\n")
    assert "Basic bWU6czNjcjN0" in head
    assert server.asked[0].header("host") == "news.test" and server.asked[0].header("authorization") == SECRET


def test_https_goes_through_a_tunnel_that_sees_no_secret_of_the_feed(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "news.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with WireServer(tls=context) as server, ProxyServer(encrypted=server.port) as proxy:
        server.routes["/f"] = answer(200, b"secure", ("ETag", '"1"'))
        headers = (own("https://news.test"),)
        good, again = through(proxy, "https://news.test/f", "https://news.test/f", ca_file=str(pem), own_headers=headers)
        (wrong_name,) = through(proxy, "https://other.test/f", ca_file=str(pem))
        assert isinstance(good, Fetched) and isinstance(again, Fetched) and good.body == b"secure"
        assert reason(wrong_name) is Reason.TLS
        assert proxy.heads[0].startswith("CONNECT news.test:443 HTTP/1.1\r\n") and "Basic bWU6czNjcjN0" in proxy.heads[0]
        assert len(proxy.heads) == 2  # one tunnel for both requests to news.test
        assert not any("Bearer" in head for head in proxy.heads) and b"Bearer" not in proxy.tunnelled
        assert server.asked[0].header("authorization") == SECRET
        assert [name for asked in server.asked for name, _ in asked.headers if name.startswith("proxy-")] == []


def test_the_guard_judges_names_before_the_proxy_is_asked(server: WireServer, proxied: ProxyServer) -> None:
    def inside(host: str, port: int) -> Sequence[str]:
        return ["10.0.0.7"]

    (outcome,) = through(proxied, "http://news.test/", resolve=inside)
    assert reason(outcome) is Reason.FORBIDDEN_ADDRESS
    for url in (f"http://127.0.0.1:{proxied.port}/", "http://169.254.169.254/", "https://[::1]/"):
        assert reason(through(proxied, url)[0]) is Reason.FORBIDDEN_ADDRESS
    assert proxied.heads == []
    server.routes["/out"] = answer(302, b"", ("Location", "http://192.168.0.1/"))
    assert reason(through(proxied, "http://news.test/out")[0]) is Reason.FORBIDDEN_ADDRESS
    assert len(proxied.heads) == 1


@pytest.mark.parametrize("url", ["http://news.test/f", "https://news.test/f"])
def test_a_proxy_that_refuses_is_a_connection_failure_without_the_password(proxied: ProxyServer, url: str) -> None:
    proxied.refuse = b"HTTP/1.1 407 Who me s3cr3t\r\nContent-Length: 0\r\n\r\n"
    (outcome,) = through(proxied, url)
    assert reason(outcome) is Reason.CONNECTION and "proxy" in repr(outcome)
    assert "s3cr3t" not in repr(outcome)


def test_a_proxy_that_is_not_there_is_a_connection_failure(proxied: ProxyServer) -> None:
    (outcome,) = through(proxied, "http://news.test/f", proxy=Proxy("127.0.0.1", 9))
    assert reason(outcome) is Reason.CONNECTION


def test_a_bare_ipv6_address_is_not_asked_for_through_a_proxy(proxied: ProxyServer) -> None:
    (outcome,) = through(proxied, "http://[2606:4700:4700::1111]/f")
    assert reason(outcome) is Reason.CONNECTION and outcome.attempts == () and proxied.heads == []


def test_the_environments_proxy_is_ignored(server: WireServer, proxied: ProxyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxied.port}")
    server.routes["/f"] = answer(200, b"x")
    assert isinstance(get(server, "http://a.example/f")[0], Fetched) and proxied.heads == []


def test_settings_of_proxy_and_headers_are_read() -> None:
    assert read_proxy("http://m%40e:p%3A@Proxy.example:8080/") == Proxy("proxy.example", 8080, "m@e", "p:")
    (found,) = read_feed_headers('{"HTTPS://News.Example:443/paid/": {"Cookie": " a=b "}}')
    assert found == OwnHeaders("https://news.example", "/paid/", (("Cookie", "a=b"),))


# ---------------------------------------------------------------- memory


def test_bodies_under_way_wait_for_one_another_and_all_arrive(server: WireServer) -> None:
    body = bytes(1_000_000)
    server.routes["*"] = answer(200, body)
    names = [f"h{number}.example" for number in range(12)]
    changes = {"host_map": dict.fromkeys(names, ("127.0.0.1", server.port)), "max_held_bytes": 1_500_000}
    requests = [FetchRequest(number, f"http://{name}/", "page") for number, name in enumerate(names)]
    outcomes = event_loop.run(fetch_all(requests, policy_for(server, **changes)))
    assert all(isinstance(outcome, Fetched) and len(outcome.body) == len(body) for outcome in outcomes)


def test_once_results_fill_the_budget_large_bodies_are_refused_and_small_ones_are_not(server: WireServer) -> None:
    server.routes["/large"] = answer(200, bytes(3_000_000))
    server.routes["/small"] = answer(200, b"<rss/>")
    urls = [f"http://a.example/{name}" for name in ("large", "large", "small")]
    first, second, small = get(server, *urls, max_held_bytes=2_000_000)
    assert isinstance(first, Fetched) and isinstance(small, Fetched)
    assert isinstance(second, FetchFailed) and second.reason is Reason.NO_ROOM and "this run" in second.detail


def test_the_budget_lets_the_largest_go_on_and_no_dripping_one_holds_it_up() -> None:
    budget = ByteBudget(10_000_000)
    dripping, first, second = budget.begin(), budget.begin(), budget.begin()
    assert not budget.over(dripping, 10)
    assert not budget.over(first, 8_000_000)
    assert budget.over(second, 4_000_000) and budget.over(dripping, 11)
    assert not budget.over(first, 50_000_000)
    budget.end(first)
    assert not budget.over(second, 4_000_000)
    budget.keep(20_000_000)
    with pytest.raises(NoRoomError):
        budget.over(second, 4_000_000)


def test_waiting_for_room_is_not_the_servers_time(server: WireServer) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + bytes(800_000))
        await writer.drain()
        await asyncio.sleep(1.5)
        writer.write(bytes(100_000))

    async def late(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        writer.write(answer(200, bytes(900_000)))

    server.routes.update({"/slow": slow, "/late": late})
    changes = {"max_held_bytes": 850_000, "total_timeout": 4.0}
    outcomes = get(server, "http://a.example/slow", "http://b.example/late", **changes)
    assert [type(outcome) for outcome in outcomes] == [Fetched, Fetched]


# ---------------------------------------------------------------- outcomes as they come


def test_outcomes_are_handed_out_while_slow_hosts_run(server: WireServer) -> None:
    seen: list[str] = []

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        while "http://b.example/fast" not in seen:
            await asyncio.sleep(0.02)
        writer.write(answer(200, b"slow"))

    server.routes["/slow"] = slow
    server.routes["/fast"] = answer(200, b"fast")
    requests = [FetchRequest(1, "http://a.example/slow", "feed"), FetchRequest(2, "http://b.example/fast", "feed")]
    event_loop.run(fetch_each(requests, policy_for(server), lambda outcome: seen.append(outcome.url)))
    assert seen == ["http://b.example/fast", "http://a.example/slow"]
