"""Etiquette, addresses: where requests go and what they carry, byte for byte in the server's own log."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import VERSION
from tests.etiquette_server import DAY, FEED, HOUR, NOW, Web, article, feed_answer, item, page_answer, rss, running
from tests.wire_server import Asked, answer

pytestmark = pytest.mark.suite

EXACT = (
    "/F%7eeed/%2F;x?b=2&a=1&utm_source=rss",
    "/trailing?",
    "/empty?a=&b",
    "/two//slashes/./../dots",
    "/percent%25%zz",
    "/plus+and%20blank?q=a+b%2Bc",
    "/case%c3%a9%C3%A9",
    "/brackets[1]?x[]=1&y={a}|b",
    "/questions?a=1?b=2",
)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with running(tmp_path, monkeypatch) as web:
        yield web


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_adopted_after_it_held_for_several_polls(web: Web, status: int) -> None:
    """301/308 are stored as the feed's new URL (after they held for several polls)"""
    web.route("/feed", answer(status, b"", ("Location", "http://b.example/new")))
    web.route("/new", feed_answer())
    web.add(FEED)
    web.poll()
    assert web.feed()["poll_url"] == FEED
    for number in range(1, 6):
        web.poll(NOW + number * HOUR)
    assert web.feed()["poll_url"] == "http://b.example/new"
    assert web.feed()["url"] == FEED  # a person still finds it under the address that was added
    assert 2 <= len(web.asked("/feed")) <= 4
    assert len(web.asked("/new")) == 6
    assert web.rows("SELECT count(*) AS n FROM entries") == [{"n": 1}]


def test_a_redirect_that_does_not_hold_is_not_adopted(web: Web) -> None:
    """after they held for several polls"""
    moved = answer(301, b"", ("Location", "/elsewhere"))
    answers = [moved, feed_answer(), moved, feed_answer(), moved, feed_answer()]
    web.route("/feed", lambda asked: answers[len(web.asked("/feed")) - 1])
    web.route("/elsewhere", feed_answer())
    web.add(FEED)
    for number in range(6):
        web.poll(NOW + number * HOUR)
    assert web.feed()["poll_url"] == FEED and len(web.asked("/feed")) == 6


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_followed_but_never_stored(web: Web, status: int) -> None:
    """302/303/307 are not"""
    web.route("/feed", answer(status, b"", ("Location", "http://b.example/new")))
    web.route("/new", feed_answer())
    web.add(FEED)
    for number in range(6):
        web.poll(NOW + number * HOUR)
    assert web.feed()["poll_url"] == FEED
    assert len(web.asked("/feed")) == len(web.asked("/new")) == 6


def test_410_ends_polling(web: Web) -> None:
    """410 ends polling"""
    web.route("/feed", answer(410))
    web.add(FEED)
    web.poll()
    row = web.feed()
    assert (row["state"], row["next_poll_at"], row["last_reason"]) == ("gone", None, "feed_gone")
    web.poll(NOW + 30 * DAY)
    web.poll(NOW + 300 * DAY, everything=False)
    assert len(web.asked()) == 1


def test_a_loop_or_more_than_five_hops_is_an_error_with_its_own_reason(web: Web) -> None:
    """a redirect loop or more than 5 hops is an error with its own reason."""
    web.route("/loop", answer(302, b"", ("Location", "/pool")))
    web.route("/pool", answer(302, b"", ("Location", "/loop")))
    web.route("/self", answer(301, b"", ("Location", "/self")))
    for number in range(1, 8):
        web.route(f"/{number}", answer(302, b"", ("Location", f"/{number - 1}")))
    web.route("/0", feed_answer())
    names = {"loop": False, "self": False, "6": False, "5": True}
    web.add(*(f"http://a.example/{name}" for name in names))
    web.poll()
    reasons = {name: web.feed(f"http://a.example/{name}")["last_reason"] for name in names}
    assert reasons == {name: "new_body" if good else "too_many_redirects" for name, good in names.items()}
    assert len(web.asked("/self")) == 1 and len(web.asked("/0")) == 1


def test_two_feeds_that_end_at_one_url_are_reported_as_the_same_feed(web: Web) -> None:
    """Two feeds that end at one URL are reported as the same feed."""
    web.route("/feed", answer(302, b"", ("Location", "http://b.example/one")))
    web.route("/one", feed_answer())
    web.route("/other", feed_answer())
    web.add(FEED, "http://b.example/one", "http://c.example/other")
    web.poll()
    same = {row["url"]: row["same_as"] for row in web.rows("SELECT url, same_as FROM feed_health")}
    assert same == {FEED: "http://b.example/one", "http://b.example/one": FEED, "http://c.example/other": None}


def test_the_url_is_requested_exactly_as_given(web: Web) -> None:
    """The URL is requested exactly as given: no added query"""
    web.route("*", feed_answer())
    web.add(*(f"http://a.example{path}" for path in EXACT))
    web.poll()
    assert sorted(asked.line for asked in web.asked()) == sorted(f"GET {path} HTTP/1.1" for path in EXACT)


def test_a_pages_url_is_requested_exactly_as_the_feed_gave_it(web: Web) -> None:
    """The URL is requested exactly as given: no added query"""
    paths = ("/story%2Fone?utm_source=rss&b=2&a=1", "/St%C3%B6ry;v=1?x=")
    links = [f"http://a.example{path}".replace("&", "&amp;") for path in paths]
    web.route("/feed", feed_answer(rss(*(item(number, link) for number, link in enumerate(links)))))
    web.add(FEED)
    web.poll()
    web.ingest()
    assert {asked.path for asked in web.asked()} == {"/feed", "/robots.txt", *paths}


def test_no_referer_is_sent(web: Web) -> None:
    """no Referer"""
    _all_kinds(web)
    assert len(web.asked()) >= 6
    assert not [asked for asked in web.asked() if asked.header("referer") is not None or asked.header("origin") is not None]


def test_no_cookies_are_sent_even_after_set_cookie(web: Web) -> None:
    """no cookies."""
    _all_kinds(web)
    assert len(web.asked()) >= 6
    assert not [asked for asked in web.asked() if asked.header("cookie") is not None or "session=1" in repr(asked.headers)]


def _all_kinds(web: Web) -> None:
    """Two polls through a redirect and an ingest; each answer sets a cookie."""
    cookie = ("Set-Cookie", "session=1; Path=/; Domain=a.example")

    def feed(asked: Asked) -> bytes:
        return feed_answer(rss(item(1, "http://a.example/out")), cookie)

    web.route("/feed", answer(302, b"", ("Location", "/real"), cookie))
    web.route("/real", feed)
    web.route("/out", answer(302, b"", ("Location", "/story"), cookie))
    web.route("/story", page_answer(article(), cookie))
    web.route("/robots.txt", answer(200, b"User-agent: *\nDisallow:", cookie))
    web.add(FEED)
    web.poll()
    web.poll()
    web.ingest()
    assert {"/feed", "/real", "/robots.txt", "/out", "/story"} <= set(web.server.paths())


def test_the_user_agent_is_stable_and_names_a_contact(web: Web) -> None:
    """Stable `User-Agent: newsfold/VERSION (+URL)` (contact configurable)"""
    _all_kinds(web)
    agents = {asked.header("user-agent") or "" for asked in web.asked()}
    assert len(agents) == 1
    assert re.fullmatch(rf"newsfold/{re.escape(VERSION)} \(\+https?://\S+\)", agents.pop())
    before = len(web.asked())
    web.use(contact_url="https://reader.example/about-us")
    web.poll()
    assert {asked.header("user-agent") for asked in web.asked()[before:]} == {
        f"newsfold/{VERSION} (+https://reader.example/about-us)"
    }


def test_accept_is_feed_specific(web: Web) -> None:
    """feed-specific `Accept`"""
    _all_kinds(web)
    for path in ("/feed", "/real"):
        for asked in web.asked(path):
            accept = asked.header("accept") or ""
            assert all(kind in accept for kind in ("application/atom+xml", "application/rss+xml", "application/feed+json"))
    assert (web.asked("/story")[0].header("accept") or "").startswith("text/html")


def test_gzip_and_br_are_offered_and_read(web: Web) -> None:
    """gzip/br."""
    import gzip

    import brotli

    body = rss(*(item(number) for number in range(50)))
    web.route("/feed", feed_answer(gzip.compress(body), ("Content-Encoding", "gzip")))
    web.route("/br", feed_answer(brotli.compress(body), ("Content-Encoding", "br")))
    web.add(FEED, "http://b.example/br")
    web.poll()
    for asked in web.asked():
        codings = {part.strip() for part in (asked.header("accept-encoding") or "").split(",")}
        assert {"gzip", "br"} <= codings
    assert [row["last_reason"] for row in web.rows("SELECT last_reason FROM feeds")] == ["new_body"] * 2
