"""Etiquette, pace: when feeds and pages are asked for, seen in the server's own log."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.etiquette_server import (
    DAY,
    FEED,
    HOUR,
    NOW,
    Web,
    conditional,
    dated,
    feed_answer,
    in_turn,
    item,
    page_answer,
    rss,
    running,
)
from tests.wire_server import Answer, Asked, answer

pytestmark = pytest.mark.suite

MINUTE = timedelta(minutes=1)
DC = ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
OTHER = "http://www.a.example/other"


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with running(tmp_path, monkeypatch) as web:
        yield web


def _waits(web: Web, *answers: Answer) -> list[timedelta]:
    """How long after a first poll each of these feeds is left alone."""
    urls = [f"http://a.example/{number}" for number in range(len(answers))]
    for number, route in enumerate(answers):
        web.route(f"/{number}", route)
    web.add(*urls)
    web.poll()
    return [web.feed(url)["next_poll_at"] - NOW for url in urls]


def _gaps(times: list[datetime]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(times)]


# ---------------------------------------------------------------- due times


def test_due_times_are_stored_a_restart_causes_no_burst(web: Web) -> None:
    """Due times are stored: a restart causes no burst."""
    web.route("*", feed_answer())
    web.add(*(f"http://a.example/{number}" for number in range(20)))
    web.poll(everything=False)
    assert len(web.asked()) == 20
    for minutes in (0, 1, 10, 30, 55):
        web.restart()
        web.poll(NOW + minutes * MINUTE, everything=False)
    assert len(web.asked()) == 20
    web.restart()
    web.poll(NOW + 1.2 * DAY, everything=False)
    assert len(web.asked()) == 40


def test_conditional_polls_at_most_once_an_hour_by_default(web: Web) -> None:
    """Conditional polls at most once an hour by default"""
    web.route("/feed", conditional('"1"', rss(item())))
    web.add(FEED)
    times = web.play(NOW + DAY)
    assert 3 <= len(times) <= 24
    assert min(_gaps(times)) >= HOUR
    assert all(asked.header("if-none-match") == '"1"' for asked in web.asked()[1:])


def test_a_faster_feed_is_asked_more_often_but_never_under_five_minutes(web: Web) -> None:
    """unless the feed shows that it publishes faster (then never under 5 minutes)"""
    brisk, hectic, hurried = _waits(
        web,
        feed_answer(dated(20 * MINUTE)),
        feed_answer(dated(MINUTE / 4)),
        feed_answer(dated(MINUTE), ("Cache-Control", "max-age=0, no-cache")),
    )
    assert 5 * MINUTE <= brisk < HOUR
    assert 5 * MINUTE <= hectic <= brisk
    assert 5 * MINUTE <= hurried <= brisk


@pytest.mark.parametrize("body", [rss(item()), dated(MINUTE)], ids=["undated", "busy"])
def test_unconditional_at_most_once_a_day_for_a_feed_that_never_changes(web: Web, body: bytes) -> None:
    """unconditional at most once a day per feed without validators that never changes its body."""
    web.route("/feed", feed_answer(body))
    web.add(FEED)
    gaps = _gaps(web.play(NOW + 8 * DAY))
    assert all(gap >= DAY for gap in gaps[-4:])
    assert len(web.asked()) <= 8 + 10


def test_the_interval_follows_the_feeds_own_cadence(web: Web) -> None:
    """Adaptive interval from the feed's own cadence"""
    waits = _waits(web, *(feed_answer(dated(gap)) for gap in (15 * MINUTE, HOUR, 6 * HOUR, DAY)))
    assert waits == sorted(waits) and len({wait // MINUTE for wait in waits}) == 4
    assert waits[0] < HOUR < waits[-1]
    assert all(wait <= 1.2 * DAY for wait in waits)


def test_the_interval_is_bounded_by_max_age_and_expires(web: Web) -> None:
    """bounded by `Cache-Control: max-age`/`Expires`"""
    expires = format_datetime(NOW + 3 * HOUR, usegmt=True)
    busy = dated(2 * MINUTE)
    by_age, quoted, by_expires, both, for_ever, past = _waits(
        web,
        feed_answer(busy, ("Cache-Control", "public, max-age=7200")),
        feed_answer(busy, ("Cache-Control", 'Max-Age="7200"')),
        feed_answer(busy, ("Expires", expires)),
        feed_answer(busy, ("Cache-Control", "max-age=7200"), ("Expires", expires)),
        feed_answer(busy, ("Cache-Control", "max-age=315360000")),
        feed_answer(busy, ("Expires", "0")),
    )
    assert 2 * HOUR <= by_age < 2.5 * HOUR and 2 * HOUR <= quoted < 2.5 * HOUR
    assert 3 * HOUR <= by_expires < 3.5 * HOUR
    assert 2 * HOUR <= both < 2.5 * HOUR  # max-age counts before Expires
    assert for_ever <= 1.2 * DAY  # a server's mistake is no silence
    assert 5 * MINUTE <= past < HOUR


def test_a_304_may_carry_the_bound_as_well(web: Web) -> None:
    """bounded by `Cache-Control: max-age`/`Expires`"""
    web.route("/feed", conditional('"1"', dated(2 * MINUTE), ("Cache-Control", "max-age=7200")))
    web.add(FEED)
    gaps = _gaps(web.play(NOW + DAY))
    assert len(gaps) >= 8 and min(gaps) >= 2 * HOUR


def test_the_interval_is_bounded_by_ttl(web: Web) -> None:
    """RSS `ttl`"""
    items = [item(number, at=NOW - number * 2 * MINUTE) for number in range(1, 9)]
    web.route("/feed", conditional('"1"', rss(*items, extra="<ttl>180</ttl>")))
    web.add(FEED)
    gaps = _gaps(web.play(NOW + DAY))
    assert gaps and min(gaps) >= 3 * HOUR  # also after a 304, whose body says nothing


def test_no_poll_falls_into_skip_hours(web: Web) -> None:
    """`skipHours`"""
    skipped = (9, 10, 11, 23, 0)
    hours = "".join(f"<hour>{hour}</hour>" for hour in skipped)
    web.route(
        "/feed",
        conditional('"1"', rss(*[item(n, at=NOW - n * HOUR) for n in range(1, 9)], extra=f"<skipHours>{hours}</skipHours>")),
    )
    web.add(FEED)
    times = web.play(NOW + DAY)
    assert len(times) > 8
    assert not [time for time in times if time.hour in skipped]


def test_no_poll_falls_into_skip_days(web: Web) -> None:
    """`skipDays`"""
    days = "<skipDays><day>Wednesday</day><day>Saturday</day><day>Sunday</day></skipDays>"
    web.route("/feed", conditional('"1"', rss(item(), extra=days + "<ttl>360</ttl>")))
    web.add(FEED)
    times = web.play(NOW + 8 * DAY)
    assert len(times) >= 5
    assert not [time for time in times if time.strftime("%A") in ("Wednesday", "Saturday", "Sunday")]


def test_the_interval_is_bounded_by_sy_update_period(web: Web) -> None:
    """`sy:updatePeriod`"""
    items = [item(number, at=NOW - number * 2 * MINUTE) for number in range(1, 9)]

    def saying(period: str, frequency: int) -> bytes:
        words = f"<sy:updatePeriod>{period}</sy:updatePeriod><sy:updateFrequency>{frequency}</sy:updateFrequency>"
        return feed_answer(rss(*items, extra=words, spaces=DC))

    daily, hourly, often, weekly = _waits(web, saying("daily", 1), saying("hourly", 1), saying("hourly", 4), saying("weekly", 1))
    assert DAY <= daily <= 1.2 * DAY
    assert HOUR <= hourly <= 1.2 * HOUR
    assert 15 * MINUTE <= often <= 0.5 * HOUR
    assert weekly >= DAY  # whatever it says, no later than …
    assert weekly <= 8 * DAY


def test_due_times_are_jittered(web: Web) -> None:
    """jittered."""
    waits = _waits(web, *[feed_answer()] * 30)
    assert len(set(waits)) >= 20
    assert max(waits) - min(waits) >= MINUTE
    assert min(waits) >= HOUR


# ---------------------------------------------------------------- servers that ask to be left alone


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("given", ["7200", "date"])
def test_retry_after_is_obeyed_for_the_whole_registrable_domain(web: Web, status: int, given: str) -> None:
    """429 and 503 with `Retry-After` (seconds or date) are obeyed for the whole registrable domain"""
    value = format_datetime(NOW + 2 * HOUR, usegmt=True) if given == "date" else given
    web.route("/feed", in_turn(answer(status, b"", ("Retry-After", value)), feed_answer()))
    web.route("/other", feed_answer(rss(item(1, "http://feeds.a.example/story"))))
    web.route("/elsewhere", feed_answer(rss(item(2, "http://a.example/story"))))
    web.route("/story", page_answer())
    web.add(FEED, OTHER, "http://b.example/elsewhere")
    web.poll(only=[FEED])
    web.poll(only=[OTHER, "http://b.example/elsewhere"])
    web.ingest()
    assert web.server.paths() == ["/feed", "/elsewhere"]  # no second try, no other host of the domain, no page of it
    assert web.feed()["next_poll_at"] >= NOW + 2 * HOUR
    assert web.feed(OTHER)["next_poll_at"] >= NOW + 1.99 * HOUR
    web.restart()
    web.poll(NOW + 1.9 * HOUR, everything=False)
    assert not [asked for asked in web.asked() if (asked.header("host") or "").endswith("a.example") and asked.path != "/feed"]
    assert len(web.asked("/feed")) == 1
    web.restart()
    web.poll(NOW + 3 * HOUR, everything=False)
    assert len(web.asked("/feed")) == 2 and len(web.asked("/other")) == 1


def test_retry_after_is_obeyed_by_the_next_process_as_well(web: Web) -> None:
    """429 and 503 with `Retry-After` (seconds or date) are obeyed for the whole registrable domain"""
    web.route("/feed", answer(429, b"", ("Retry-After", "7200")))
    web.route("/other", feed_answer())
    web.add(FEED, OTHER)
    web.poll(only=[FEED])
    web.restart()
    web.poll(NOW + HOUR, everything=False)
    assert web.server.paths() == ["/feed"]


def test_a_bare_429_backs_off(web: Web) -> None:
    """a bare 429 backs off"""
    web.route("/feed", answer(429))
    web.route("/other", feed_answer())
    web.add(FEED, OTHER)
    web.poll(only=[FEED])
    web.poll(only=[OTHER])
    assert web.server.paths() == ["/feed"]  # neither a second try at once nor the domain's other feed
    web.restart()
    times = [NOW, *(time for time in web.play(NOW + 3 * DAY))]
    asked = len(web.asked("/feed"))
    assert 4 <= asked <= 9
    assert times[1] - NOW >= 5 * MINUTE


def test_a_429_is_never_followed_by_an_unconditional_get(web: Web) -> None:
    """never followed by an unconditional GET."""
    first = feed_answer(None, ("ETag", '"1"'), ("Last-Modified", "then"))
    limited = [
        answer(429),
        answer(429, b"", ("Retry-After", "60")),
        answer(503, b"", ("Retry-After", "60")),
        answer(429, b"", ("ETag", '"no"')),
    ]
    web.route("/feed", in_turn(first, *limited, answer(304, b"", length=False)))
    web.add(FEED)
    while len(web.asked()) < 7:
        web.restart()
        web.poll(web.next_poll(), everything=False)
    after = web.asked()[1:7]
    assert [(asked.header("if-none-match"), asked.header("if-modified-since")) for asked in after] == [('"1"', "then")] * 6


def test_errors_back_off_to_a_daily_probe_never_to_silence(web: Web) -> None:
    """Errors back off exponentially to a daily probe, never to silence."""
    troubles = {
        "a.example": answer(500),
        "b.example": answer(404),
        "c.example": answer(403),
        "d.example": feed_answer(b"<html><p>sorry</p></html>"),
    }
    for host, trouble in troubles.items():
        web.route(f"/{host}", trouble)
    web.add(*(f"http://{host}/{host}" for host in troubles))
    web.play(NOW + 9 * DAY)
    for host in troubles:
        url = f"http://{host}/{host}"
        times = sorted({row["started_at"] for row in web.rows("SELECT * FROM fetches") if row["url"] == url})
        gaps = _gaps(times)
        assert gaps[0] >= HOUR
        assert all(later >= earlier * 1.5 for earlier, later in pairwise(gaps[:4]))
        assert all(0.9 * DAY <= gap <= 1.2 * DAY for gap in gaps[-4:])
        assert web.feed(url)["state"] == "active"
        web.route(f"/{host}", feed_answer())
    web.poll(NOW + 11 * DAY, everything=False)
    assert {row["failures"] for row in web.rows("SELECT failures FROM feeds")} == {0}


# ---------------------------------------------------------------- one at a time


def _slow(body: bytes) -> Answer:
    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(body)

    return route


def _of_domain(web: Web, domain: str) -> list[Asked]:
    mine = [asked for asked in web.asked() if (asked.header("host") or "").endswith(domain)]
    return sorted(mine, key=lambda asked: asked.started)


def test_pages_are_asked_one_at_a_time_with_a_gap_per_registrable_domain(web: Web) -> None:
    """with a minimum gap (setting; default 1 s for article pages), counted per registrable domain."""
    hosts = ("a.example", "www.a.example", "feeds.a.example", "b.example")
    urls = [f"http://{host}/story/{number}" for number, host in enumerate(hosts * 2)]
    web.route("/feed", feed_answer(rss(*(item(number, url) for number, url in enumerate(urls)))))
    for number in range(len(urls)):
        web.route(f"/story/{number}", _slow(page_answer()))
    web.use(gap_seconds=0.25)
    web.add(FEED)
    web.poll()
    polled = len(web.asked())
    web.ingest()
    for domain, pages in (("a.example", 6), ("b.example", 2)):
        mine = [asked for asked in _of_domain(web, domain) if asked in web.asked()[polled:]]
        assert all(later.started >= earlier.ended for earlier, later in pairwise(mine)), "two requests at a time"
        stories = [asked for asked in mine if asked.path.startswith("/story/")]
        assert len(stories) == pages
        assert all(later.started - earlier.ended >= 0.24 for earlier, later in pairwise(stories))
    assert type(web.settings).model_fields["gap_seconds"].default == 1.0


def test_the_gap_holds_from_one_batch_to_the_next(web: Web) -> None:
    """with a minimum gap"""
    web.route("/feed", feed_answer(rss(item(1), item(2, "http://www.a.example/story/2"))))
    for number in (1, 2):
        web.route(f"/story/{number}", page_answer())
    web.use(gap_seconds=0.4)
    web.add(FEED)
    web.poll()
    from tests import pipeline

    for entry in pipeline.pending(web.settings):
        pipeline.prepare(web.settings, [entry])
    first, second = (asked for asked in web.asked() if asked.path.startswith("/story/"))
    assert second.started - first.ended >= 0.39


def test_feeds_of_a_host_are_asked_one_at_a_time(web: Web) -> None:
    """One request at a time per host"""
    web.route("*", _slow(feed_answer()))
    web.add(*(f"http://a.example/{number}" for number in range(6)), *(f"http://b.example/{number}" for number in range(6)))
    web.poll()
    for host in ("a.example", "b.example"):
        mine = _of_domain(web, host)
        assert len(mine) == 6
        assert all(later.started >= earlier.ended for earlier, later in pairwise(mine))
    assert web.server.most_at_once == 2  # and yet many hosts at once


def test_feeds_of_a_registrable_domain_are_asked_one_at_a_time(web: Web) -> None:
    """counted per registrable domain."""
    web.route("*", _slow(feed_answer()))
    hosts = ("a.example", "www.a.example", "feeds.a.example")
    web.add(*(f"http://{host}/{number}" for host in hosts for number in range(3)))
    web.poll()
    mine = _of_domain(web, "a.example")
    assert len(mine) == 9
    assert all(later.started >= earlier.ended for earlier, later in pairwise(mine))


# ---------------------------------------------------------------- stuck 304


def test_a_server_stuck_at_304_gets_one_unconditional_probe(web: Web) -> None:
    """A server that answers 304 far beyond the feed's own cadence gets one unconditional probe (stuck-304)."""
    fresh = rss(item(99, at=NOW + HOUR), item(98, at=NOW))

    def stuck(asked: Asked) -> bytes:
        if asked.header("if-none-match"):
            return answer(304, b"", length=False)
        return feed_answer(dated(4 * HOUR) if len(web.asked()) == 1 else fresh, ("ETag", '"stuck"'))

    web.route("/feed", stuck)
    web.add(FEED)
    web.play(NOW + 12 * DAY, most=150)
    bare = [number for number, asked in enumerate(web.asked()) if not asked.header("if-none-match")]
    assert bare[0] == 0
    assert len(bare) >= 2, "no probe came"
    assert bare[1] > 5  # far beyond its own cadence, not at the first 304s
    assert [row["title"] for row in web.rows("SELECT title FROM entries WHERE title = 'Story 99'")] == ["Story 99"]


def test_the_probe_is_sent_once_and_polls_are_conditional_again(web: Web) -> None:
    """gets one unconditional probe"""
    web.route("/feed", conditional('"1"', dated(4 * HOUR)))
    web.add(FEED)
    web.play(NOW + 12 * DAY, most=150)
    bare = [asked for asked in web.asked()[1:] if not asked.header("if-none-match")]
    assert len(bare) == 1, f"{len(bare)} unconditional requests in twelve days"
