"""Etiquette, robots.txt and reservations, through the real poll and ingest."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.discovery import discover
from schemas.errors import BadInput
from tests.etiquette_server import DAY, FEED, HOUR, NOW, Clock, Web, article, feed_answer, item, page_answer, rss, running
from tests.wire_server import Asked, answer

pytestmark = pytest.mark.suite

STORY = "http://b.example/story"
FORBIDDEN = answer(200, b"User-agent: *\nDisallow: /")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with running(tmp_path, monkeypatch) as web:
        web.route("/story", page_answer())
        yield web


def _ingest(web: Web, *stories: str) -> dict[str, Any]:
    """Lets a feed list stories and works them off; returns the first one's row."""
    stories = stories or (STORY,)
    web.route("/feed", feed_answer(rss(*(item(number, url) for number, url in enumerate(stories)))))
    web.add(FEED)
    web.poll()
    web.ingest()
    return web.entry(stories[0])


def test_feeds_that_the_user_listed_are_fetched_as_asked(web: Web) -> None:
    """Feeds that the user listed are fetched as asked"""
    web.route("/robots.txt", FORBIDDEN)
    web.route("/feed", feed_answer())
    web.add(FEED)
    web.poll()
    assert web.server.paths() == ["/feed"]
    assert web.feed()["last_reason"] == "new_body"


def test_article_pages_obey_robots(web: Web) -> None:
    """article pages, discovery and backfill obey robots.txt"""
    web.route("/robots.txt", answer(200, b"User-agent: newsfold\nDisallow: /story\n\nUser-agent: *\nDisallow:"))
    web.route("/open", page_answer())
    refused = _ingest(web, STORY, "http://b.example/open")
    assert (refused["state"], refused["reason"]) == ("refused", "robots")
    assert web.entry("http://b.example/open")["state"] == "stored"
    assert not web.asked("/story")


def test_a_page_behind_a_redirect_obeys_the_other_hosts_robots(web: Web) -> None:
    """article pages, discovery and backfill obey robots.txt"""
    web.route("/robots.txt", lambda asked: FORBIDDEN if asked.header("host") == "c.example" else answer(404))
    web.route("/out", answer(302, b"", ("Location", "http://c.example/story")))
    assert _ingest(web, "http://b.example/out")["reason"] == "robots"
    assert not web.asked("/story")


def test_discovery_obeys_robots(web: Web) -> None:
    """discovery and backfill obey robots.txt"""
    web.route("/robots.txt", FORBIDDEN)
    web.route("/", page_answer(b"<html><p>no feed is named here</p></html>"))
    web.route("/feed", feed_answer())
    with pytest.raises(BadInput):
        discover("http://a.example/", web.settings)
    assert "/feed" not in web.server.paths() and "/robots.txt" in web.server.paths()
    web.route("/robots.txt", answer(404))
    assert [line.url for line in discover("http://a.example/", web.settings)] == ["http://a.example/feed"]


def test_an_address_given_to_add_is_searched_only_where_robots_lets_it(web: Web) -> None:
    """discovery and backfill obey robots.txt"""
    web.route("/robots.txt", answer(200, b"User-agent: *\nDisallow: /news"))
    web.route("/news", page_answer(b"<html><head><link rel=alternate type='application/rss+xml' href='/feed'></head></html>"))
    web.route("/news/feed", feed_answer())
    with pytest.raises(BadInput, match="robots"):
        discover("http://a.example/news", web.settings)
    assert "/feed" not in web.server.paths()
    # A feed is taken as asked, wherever it lies.
    assert [line.url for line in discover("http://a.example/news/feed", web.settings)] == ["http://a.example/news/feed"]
    web.route("/robots.txt", answer(404))
    assert [line.url for line in discover("http://a.example/news", web.settings)] == ["http://a.example/feed"]


def test_robots_has_its_own_timeout(web: Web) -> None:
    """own timeout"""

    async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    web.route("/robots.txt", silent)
    web.tune(robots_timeout=0.3, retries=0)
    started = time.monotonic()
    entry = _ingest(web)
    assert (entry["state"], entry["reason"]) == ("pending", "timeout")
    assert not web.asked("/story")
    assert time.monotonic() - started < 15 < web.settings.timeout_seconds


def test_robots_is_cached_a_day(web: Web) -> None:
    """cached a day"""
    web.route("/robots.txt", answer(200, b"User-agent: *\nDisallow: /private"))
    _ingest(web)
    for number, at in enumerate((NOW + HOUR, NOW + 23 * HOUR, NOW + DAY + HOUR)):
        web.restart()
        web.route("/feed", feed_answer(rss(item(number, f"http://b.example/later/{number}"))))
        web.route(f"/later/{number}", page_answer())
        web.poll(at)
        web.ingest()
        assert web.asked(f"/later/{number}")
        assert len(web.asked("/robots.txt")) == (2 if number == 2 else 1)


@pytest.mark.parametrize("status", [500, 503])
def test_5xx_is_disallow(web: Web, status: int) -> None:
    """5xx = disallow"""
    web.route("/robots.txt", answer(status))
    entry = _ingest(web)
    assert not web.asked("/story")
    assert (entry["state"], entry["reason"]) == ("pending", "server_error")  # for now: tried again later
    Clock.current = NOW + DAY
    web.route("/robots.txt", answer(404))
    web.ingest()
    assert web.entry(STORY)["state"] == "stored"


def test_4xx_is_allow(web: Web) -> None:
    """4xx = allow"""
    statuses = {"a.example": 400, "b.example": 401, "c.example": 403, "d.example": 404, "feeds.a.example": 410}
    web.route("/robots.txt", lambda asked: answer(statuses[asked.header("host") or ""]))
    for number in range(len(statuses)):
        web.route(f"/story/{number}", page_answer(article(f"town{number}")))
    urls = [f"http://{host}/story/{number}" for number, host in enumerate(statuses)]
    _ingest(web, *urls)
    assert {web.entry(url)["state"] for url in urls} == {"stored"}
    assert len(web.asked("/robots.txt")) == len(statuses)


def test_crawl_delay_is_honoured(web: Web) -> None:
    """`Crawl-delay` honoured"""
    web.route("/robots.txt", answer(200, b"User-agent: *\nCrawl-delay: 0.5\n"))
    web.route("/more", page_answer())
    _ingest(web, STORY, "http://b.example/more")
    first, second = sorted((asked for asked in web.asked() if asked.path in ("/story", "/more")), key=lambda asked: asked.started)
    assert second.started - first.ended >= 0.49


def test_a_refusal_is_a_terminal_state_with_its_reason(web: Web) -> None:
    """A refusal is a terminal state with its reason."""
    web.route("/robots.txt", FORBIDDEN)
    entry = _ingest(web)
    assert (entry["state"], entry["reason"]) == ("refused", "robots") and "robots.txt" in entry["detail"]
    asked = len(web.asked())
    Clock.current = NOW + 30 * DAY
    web.ingest()
    assert len(web.asked()) == asked


RESERVED_HEAD = '<meta name="tdm-reservation" content="1">'


def _reserve(web: Web, how: str) -> None:
    if how == "header":
        web.route("/story", page_answer(None, ("TDM-Reservation", "1")))
    elif how == "meta":
        web.route("/story", page_answer(article(head=RESERVED_HEAD)))
    else:
        rules = json.dumps([{"location": "/story", "tdm-reservation": 1}]).encode()
        web.route("/.well-known/tdmrep.json", answer(200, rules, ("Content-Type", "application/json")))


def _stored_words(web: Web) -> str:
    return " ".join(str(row["text"]) for row in web.rows("SELECT text FROM article_texts"))


@pytest.mark.parametrize("how", ["header", "meta", "tdmrep"])
def test_reserved_text_is_not_stored_by_default(web: Web, how: str) -> None:
    """TDM reservation (`tdm-reservation` header or meta, `/.well-known/tdmrep.json`)"""
    _reserve(web, how)
    entry = _ingest(web)
    assert entry["state"] in ("refused", "stored") and entry["reason"] != "new_version"
    assert "dredge the harbour" not in _stored_words(web)
    archived = b"".join(path.read_bytes() for path in web.settings.archive_folder.rglob("*") if path.is_file())
    assert b"b.example/story" not in archived


@pytest.mark.parametrize("how", ["header", "meta", "tdmrep"])
def test_a_setting_says_whether_reserved_text_is_stored(web: Web, how: str) -> None:
    """a setting says whether reserved text is stored or only its metadata."""
    _reserve(web, how)
    web.use(store_reserved=True)
    assert _ingest(web)["state"] == "stored"
    assert "dredge the harbour" in _stored_words(web)


@pytest.mark.parametrize("how", ["header", "meta", "tdmrep", "none"])
def test_reservation_and_robots_verdict_are_recorded_per_article(web: Web, how: str) -> None:
    """robots verdicts are recorded per article"""
    web.use(store_reserved=True)
    if how != "none":
        _reserve(web, how)
    _ingest(web)
    (row,) = web.rows("SELECT tdm_reserved FROM pages")
    assert bool(row["tdm_reserved"]) is (how != "none")
