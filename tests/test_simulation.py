"""The 30 days of tests/simulation.py against a fixed hourly poll, and a day of restarts through the real store."""

from datetime import datetime, timedelta

import pytest

from schemas.records import FeedLine
from schemas.settings import Settings
from tasks.schedule import request_for
from tasks.store import feeds
from tasks.store.master import open_master
from tests.simulation import START, Source, adaptive, hourly, month, settled, sources

pytestmark = pytest.mark.suite

HALF_AN_HOUR = timedelta(minutes=30)


def test_thirty_days_of_two_hundred_feeds_against_a_fixed_hourly_poll() -> None:
    simulated = sources(200, 30, seed=4)
    ours, fixed = month(simulated, 30, adaptive), month(simulated, 30, hourly)
    assert fixed.requests == 200 * 24 * 30
    assert ours.requests <= 0.6 * fixed.requests
    assert ours.missed <= fixed.missed
    assert ours.median() <= 0.7 * fixed.median()
    assert ours.median("wire") <= 0.5 * fixed.median("wire")
    assert ours.median("paper", "daily") < fixed.median("paper", "daily")
    # Fewer questions for nothing: that is where the requests went.
    assert 0.2 <= ours.not_modified / ours.requests <= 0.5
    # The dead are asked about daily, and nobody is asked sooner than it allows for long.
    assert ours.by_kind["dead"] <= 1.1 * 30 * sum(source.kind == "dead" for source in simulated)
    assert ours.refused <= 0.001 * ours.requests


def test_a_day_restarted_twenty_times_sends_not_one_request_more(settings: Settings) -> None:
    simulated = sources(500, 1, seed=5, history=timedelta(days=10))
    other = settings.model_copy(update={"home": settings.home / "other"})
    steady, restarted = _day(simulated, settings, 0), _day(simulated, other, 20)
    assert len(steady) > 500
    assert restarted == steady


def _day(simulated: list[Source], settings: Settings, restarts: int) -> list[tuple[datetime, str]]:
    """Every request of a day with two runs an hour. A restart opens the store anew and polls at once, as `up` does."""
    by_url = {source.feed.url: source for source in simulated}
    asked: dict[str, datetime] = {}
    sent: list[tuple[datetime, str]] = []
    runs = [START + n * HALF_AN_HOUR for n in range(48)]
    stops = {runs[n * 48 // restarts] for n in range(restarts)} if restarts else set()
    spans: list[list[datetime]] = [[]]
    for run in runs:
        spans[-1].append(run)
        if run in stops:
            spans.append([run])
    assert len(spans) == restarts + 1
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine(source.feed.url) for source in simulated], START)
    for span in spans:
        with open_master(settings) as connection:
            for now in span:
                results = []
                for feed in feeds.due(connection, now):
                    sent.append((now, feed.url))
                    outcome, parsed = by_url[feed.url].answer(request_for(feed, now), asked.get(feed.url), now)
                    asked[feed.url] = now
                    results.append(settled(feed, outcome, parsed, now))
                feeds.record_polls(connection, results, [])
    return sent
