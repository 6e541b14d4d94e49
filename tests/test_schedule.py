"""When a feed is due next: pure decisions, no clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.reasons import FeedState, Reason
from schemas.records import Feed, Fetched, FetchFailed, NotModified, ParsedEntry, ParsedFeed, ParseFailed, Validators
from tasks.schedule import DAY, HOUR, max_age, rhythm, settle_poll

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
FEED = Feed(1, "https://a.example/feed", "A", None, (), "active", Validators("old", None), "hash")


def _fetched(**changes: object) -> Fetched:
    base = Fetched(1, FEED.url, FEED.url, 200, (), b"x", NOW, Validators('W/"e"', "then"))
    return replace(base, **changes)  # type: ignore[arg-type]


def _parsed(gap_hours: float, count: int = 6, **changes: object) -> ParsedFeed:
    entries = tuple(
        ParsedEntry(str(n), "https://a.example/1", "t", None, None, (), NOW - timedelta(hours=gap_hours * n), None, None)
        for n in range(count)
    )
    return replace(ParsedFeed("rss20", "A", None, None, entries), **changes)  # type: ignore[arg-type]


def _wait(feed: Feed) -> float:
    assert feed.next_poll_at is not None
    return (feed.next_poll_at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("gap", "expected"), [(1 / 60, 300), (0.5, 900), (6, 3 * HOUR), (24 * 7, DAY)], ids=["busy", "quick", "daily", "weekly"]
)
def test_the_interval_follows_the_feeds_own_rhythm(gap: float, expected: int) -> None:
    assert rhythm([NOW - timedelta(hours=gap * n) for n in range(6)], NOW) == expected


def test_too_few_dates_mean_an_hour_and_the_future_does_not_count() -> None:
    assert rhythm([NOW, NOW - timedelta(hours=1)], NOW) == HOUR
    assert rhythm([NOW + timedelta(days=n) for n in range(9)], NOW) == HOUR


def test_a_new_body_keeps_validators_and_hash_and_sets_the_next_poll() -> None:
    result = settle_poll(FEED, _fetched(), _parsed(6), "new hash", NOW)
    assert result.ok and result.reason is Reason.NEW_BODY
    assert result.feed.validators == Validators('W/"e"', "then")
    assert result.feed.body_hash == "new hash"
    assert 3 * HOUR <= _wait(result.feed) <= 3.3 * HOUR


def test_validators_behind_a_redirect_are_not_kept() -> None:
    result = settle_poll(FEED, _fetched(final_url="https://b.example/feed"), _parsed(6), "h", NOW)
    assert result.feed.validators == Validators()


def test_the_publishers_own_bounds_lengthen_the_interval() -> None:
    slow = settle_poll(FEED, _fetched(), _parsed(1 / 60, ttl_seconds=2 * HOUR), "h", NOW)
    assert _wait(slow.feed) >= 2 * HOUR
    cached = settle_poll(FEED, _fetched(headers=(("cache-control", "public, max-age=7200"),)), _parsed(1 / 60), "h", NOW)
    assert _wait(cached.feed) >= 2 * HOUR


def test_max_age_goes_before_expires_and_ends_at_a_day() -> None:
    assert max_age((("cache-control", "max-age=9999999"),), NOW) == DAY
    assert max_age((("expires", "Sun, 20 Sep 2026 13:00:00 GMT"),), NOW) == HOUR
    assert max_age((("expires", "0"),), NOW) is None
    assert max_age((("expires", "Sun, 20 Sep 2020 13:00:00 GMT"),), NOW) is None


def test_errors_back_off_to_a_daily_probe_and_never_to_silence() -> None:
    feed, waits = FEED, []
    for _ in range(9):
        failure = FetchFailed(1, feed.url, feed.url, Reason.TIMEOUT, "slow", NOW)
        feed = settle_poll(feed, failure, None, None, NOW).feed
        waits.append(_wait(feed))
    assert feed.failures == 9
    assert waits == sorted(waits)
    assert HOUR <= waits[0] <= 1.1 * HOUR
    assert all(DAY <= wait <= 1.1 * DAY for wait in waits[5:])


def test_retry_after_is_obeyed_and_a_broken_body_counts_as_a_failure() -> None:
    limited = FetchFailed(1, FEED.url, FEED.url, Reason.RATE_LIMITED, "429", NOW, 429, retry_after=3 * DAY)
    assert _wait(settle_poll(FEED, limited, None, None, NOW).feed) >= 3 * DAY
    broken = settle_poll(FEED, _fetched(), ParseFailed(Reason.BROKEN_FEED, "cut off"), "h", NOW)
    assert not broken.ok and broken.feed.failures == 1 and broken.feed.body_hash == "hash"


def test_410_ends_polling() -> None:
    result = settle_poll(FEED, FetchFailed(1, FEED.url, FEED.url, Reason.HTTP_GONE, "410", NOW, 410), None, None, NOW)
    assert result.reason is Reason.FEED_GONE
    assert result.feed.state == FeedState.GONE and result.feed.next_poll_at is None


def test_a_permanent_redirect_is_adopted_after_it_held_three_times() -> None:
    target, feed = "https://b.example/feed", FEED
    for count in (1, 2):
        feed = settle_poll(feed, _fetched(moved_to=target, final_url=target), _parsed(6), "h", NOW).feed
        assert (feed.url, feed.moved_to, feed.moved_count) == (FEED.url, target, count)
    feed = settle_poll(feed, _fetched(moved_to=target, final_url=target), _parsed(6), "h", NOW).feed
    assert (feed.url, feed.moved_to, feed.moved_count) == (target, None, 0)
    assert feed.validators == Validators()


def test_a_redirect_that_went_away_is_forgotten() -> None:
    moving = replace(FEED, moved_to="https://b.example/feed", moved_count=2)
    feed = settle_poll(moving, NotModified(1, FEED.url, FEED.url, NOW, FEED.validators), None, None, NOW).feed
    assert (feed.moved_to, feed.moved_count) == (None, 0)


def test_a_feed_without_validators_that_never_changes_is_asked_ever_less() -> None:
    feed = replace(FEED, validators=Validators())
    waits = []
    for _ in range(7):
        feed = settle_poll(feed, _fetched(validators=Validators()), None, "hash", NOW).feed
        waits.append(_wait(feed))
    assert waits[0] >= 2 * HOUR and waits[-1] >= DAY


def test_a_broken_feed_that_has_not_changed_is_still_broken() -> None:
    broken = settle_poll(FEED, _fetched(), ParseFailed(Reason.BROKEN_FEED, "cut off"), "h", NOW)
    feed = replace(broken.feed, last_reason=broken.reason)
    again = settle_poll(feed, NotModified(1, FEED.url, FEED.url, NOW, feed.validators), None, None, NOW)
    assert (again.reason, again.ok, again.feed.failures) == (Reason.BROKEN_FEED, False, 2)
