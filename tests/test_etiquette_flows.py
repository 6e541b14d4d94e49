"""Etiquette through the real Prefect flows: what a server sees of poll and ingest as they run in service."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import VERSION
from tests.etiquette_server import FEED, Web, article, conditional, item, page_answer, rss, running
from tests.wire_server import answer

pytestmark = [pytest.mark.suite, pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with running(tmp_path, monkeypatch) as web:
        for name in ("HOME", "HOST_MAP", "GAP_SECONDS", "WORKERS"):
            monkeypatch.setenv(f"NEWSFOLD_{name}", str(getattr(web.settings, name.lower())))
        yield web


def test_the_flows_keep_validators_robots_and_due_times(web: Web) -> None:
    """a forced refresh stays conditional"""
    from flows.ingest import ingest
    from flows.poll import poll

    web.route("/feed", conditional('W/"1"', rss(item(1), item(2, "http://b.example/secret"))))
    web.route("/story/1", page_answer(article()))
    web.route("/robots.txt", lambda asked: answer(200, b"User-agent: *\nDisallow: /secret"))
    web.add(FEED)
    assert poll().polled.counts.feeds == 1
    assert poll().polled.counts.feeds == 0  # not due again
    assert poll(everything=True).polled.counts.feeds == 1
    assert [asked.header("if-none-match") for asked in web.asked("/feed")] == [None, 'W/"1"']

    assert ingest(publish_after=False).counts.articles == 1
    assert web.entry("http://b.example/secret")["reason"] == "robots"
    assert sorted(web.server.paths()) == ["/.well-known/tdmrep.json", "/feed", "/feed", "/robots.txt", "/robots.txt", "/story/1"]
    agents = {asked.header("user-agent") or "" for asked in web.asked()}
    assert len(agents) == 1 and re.fullmatch(rf"newsfold/{re.escape(VERSION)} \(\+https?://\S+\)", agents.pop())


def test_the_flows_leave_a_domain_alone_that_asks_for_it(web: Web) -> None:
    """429 and 503 with `Retry-After` (seconds or date) are obeyed for the whole registrable domain"""
    from flows.poll import poll

    web.route("/feed", answer(429, b"", ("Retry-After", "7200")))
    web.add(FEED, "http://www.a.example/other")
    poll(only=[FEED])
    poll(only=["http://www.a.example/other"])
    assert web.server.paths() == ["/feed"]
