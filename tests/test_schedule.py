"""When a feed is due next: pure decisions, no clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.reasons import FeedState, Reason
from schemas.records import Feed, Fetched, FetchFailed, NotModified, ParsedEntry, ParsedFeed, ParseFailed, Validators
from tasks import rhythm
from tasks.rhythm import DAY, HOUR
from tasks.schedule import max_age, request_for, settle_poll

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
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


def _learnt(gap_hours: float, count: int = 30, now: datetime = NOW) -> Feed:
    return rhythm.learn(replace(FEED, last_changed_at=now), [now - timedelta(hours=gap_hours * n) for n in range(count)], now)


@pytest.mark.parametrize(
    ("gap", "least", "most"),
    [(1 / 240, 300, 600), (0.25, HOUR / 3, HOUR), (1, HOUR * 0.8, HOUR * 1.2), (16, 3 * HOUR, 5 * HOUR), (24 * 30, DAY, DAY)],
    ids=["torrent", "busy", "hourly", "blog", "monthly"],
)
def test_the_interval_follows_the_feeds_own_rhythm(gap: float, least: float, most: float) -> None:
    assert least <= rhythm.wait(_learnt(gap), NOW) <= most


def test_too_few_dates_mean_an_hour_or_two_and_the_future_does_not_count() -> None:
    assert HOUR <= rhythm.wait(rhythm.learn(FEED, [], NOW), NOW) <= 2.5 * HOUR
    assert rhythm.learn(FEED, [NOW + timedelta(days=n + 1) for n in range(9)], NOW) == rhythm.learn(FEED, [], NOW)


def test_a_feed_that_sleeps_at_night_is_asked_less_then() -> None:
    days = [NOW - timedelta(days=day, hours=hour) for day in range(14) for hour in range(8) for _ in range(3)]
    feed = rhythm.learn(replace(FEED, last_changed_at=NOW), days, NOW)
    assert rhythm.wait(feed, NOW - timedelta(hours=3)) < HOUR
    assert rhythm.wait(feed, NOW + timedelta(hours=8)) > 2 * HOUR


def test_a_paper_that_puts_its_edition_out_at_once_is_asked_by_its_lists_span_then_and_then_only() -> None:
    six = NOW.replace(hour=6)
    editions = [six - timedelta(days=day) + timedelta(minutes=2 * n) for day in range(14) for n in range(15)]
    knows = rhythm.learn(replace(FEED, last_changed_at=NOW), editions, NOW)
    feed = rhythm.learn(knows, editions[5:15], NOW)  # its list holds ten
    assert feed.window_seconds == 18 * 60
    tomorrow = six + timedelta(days=1)
    assert rhythm.wait(feed, tomorrow) == 9 * 60
    before = tomorrow - timedelta(minutes=20)
    assert 20 * 60 < rhythm.wait(feed, before) <= 29 * 60  # so that the first poll of the hour is not too late
    assert rhythm.wait(feed, tomorrow + timedelta(hours=3)) == HOUR  # no more than any other quick list
    # A single busy day is chance, not an edition.
    once = replace(feed, hourly=tuple(count / 14 for count in feed.hourly))
    assert rhythm.wait(once, tomorrow) > 20 * 60


def test_304_after_304_is_asked_ever_less() -> None:
    feed, now, waits = settle_poll(FEED, _fetched(), _parsed(0.5, 20), "h", NOW).feed, NOW, []
    while now < NOW + timedelta(days=130):
        assert feed.next_poll_at is not None
        waits.append(feed.next_poll_at - now)
        now = feed.next_poll_at
        feed = settle_poll(feed, NotModified(1, FEED.url, FEED.url, now, feed.validators), None, None, now).feed
    assert waits[0] < timedelta(hours=1.1)
    assert waits[-1] >= timedelta(days=1)
    assert sum(wait > timedelta(days=1.11) for wait in waits) == 0


def test_a_silent_feed_whose_list_turns_over_quickly_is_asked_every_hour_or_two() -> None:
    """News of such a feed may come in bursts, of which a daily poll would see the end only."""
    quick, slow = _learnt(0.25, 8), _learnt(48, 8)
    assert (quick.window_seconds, slow.window_seconds) == (1.75 * HOUR, 14 * DAY)
    for days, most in ((5, HOUR), (10, 2 * HOUR), (30, 6 * HOUR), (130, DAY)):
        later = NOW + timedelta(days=days)
        assert rhythm.wait(quick, later) == most
        assert rhythm.wait(slow, later) >= min((days - 2) / 8, 1) * DAY


def _stuck(now: datetime, **changes: object) -> Feed:
    base = replace(_learnt(1), last_reason=Reason.NOT_MODIFIED, last_changed_at=now - timedelta(days=8))
    return replace(base, **changes)  # type: ignore[arg-type]


def test_a_304_far_beyond_the_feeds_cadence_is_put_to_the_test_once() -> None:
    assert request_for(_stuck(NOW, last_changed_at=NOW - timedelta(days=6)), NOW).validators == FEED.validators
    assert request_for(_stuck(NOW, gap_seconds=DAY), NOW).validators == FEED.validators
    feed = _stuck(NOW)
    assert request_for(feed, NOW).validators == Validators()
    true = settle_poll(feed, _fetched(), None, "hash", NOW)
    assert true.reason is Reason.SAME_BODY and true.feed.probed_at == NOW and true.feed.stuck_since is None
    calm = replace(true.feed, last_reason=Reason.NOT_MODIFIED)
    assert request_for(calm, NOW + timedelta(days=6)).validators != Validators()
    assert request_for(calm, NOW + timedelta(days=8)).validators == Validators()


def test_an_untrue_304_is_called_stuck_until_a_conditional_request_brings_something() -> None:
    lied = settle_poll(_stuck(NOW), _fetched(), _parsed(6), "new", NOW)
    assert lied.reason is Reason.STUCK_304 and lied.feed.stuck_since == NOW
    feed = replace(lied.feed, last_reason=lied.reason)
    later = NOW + timedelta(hours=3)
    assert request_for(feed, later).validators == Validators('W/"e"', "then")
    assert request_for(feed, NOW + timedelta(days=1)).validators == Validators()
    healed = settle_poll(feed, _fetched(), _parsed(6), "newer", later)
    assert healed.reason is Reason.NEW_BODY and healed.feed.stuck_since is None


def test_a_failed_probe_is_not_followed_by_another() -> None:
    limited = FetchFailed(1, FEED.url, FEED.url, Reason.RATE_LIMITED, "429", NOW, 429)
    failed = settle_poll(_stuck(NOW, stuck_since=NOW - timedelta(days=3)), limited, None, None, NOW).feed
    assert request_for(failed, NOW + timedelta(days=2)).validators == FEED.validators


def test_polls_stay_out_of_skipped_hours_and_days_but_never_end_in_silence() -> None:
    night = settle_poll(FEED, _fetched(), _parsed(1, skip_hours=tuple(range(12, 20))), "h", NOW).feed
    assert night.next_poll_at is not None and night.next_poll_at.hour == 20 and night.next_poll_at.date() == NOW.date()
    sunday = settle_poll(FEED, _fetched(), _parsed(1, skip_days=("Sunday",)), "h", NOW).feed  # NOW is one
    assert sunday.next_poll_at is not None and sunday.next_poll_at.strftime("%A %H") == "Monday 00"
    always = settle_poll(FEED, _fetched(), _parsed(1, skip_hours=tuple(range(24)), skip_days=DAYS), "h", NOW).feed
    assert _wait(always) <= 2 * HOUR


def test_a_ttl_that_the_feed_once_said_holds_for_304s_too() -> None:
    feed = settle_poll(FEED, _fetched(), _parsed(1 / 60, ttl_seconds=2 * HOUR), "h", NOW).feed
    assert _wait(settle_poll(feed, NotModified(1, FEED.url, FEED.url, NOW, feed.validators), None, None, NOW).feed) >= 2 * HOUR


def test_a_new_body_keeps_validators_and_hash_and_sets_the_next_poll() -> None:
    result = settle_poll(FEED, _fetched(), _parsed(6), "new hash", NOW)
    assert result.ok and result.reason is Reason.NEW_BODY
    assert result.feed.validators == Validators('W/"e"', "then")
    assert result.feed.body_hash == "new hash"
    assert HOUR <= _wait(result.feed) <= 4 * HOUR


def test_validators_behind_a_redirect_are_kept_for_the_address_that_gave_them() -> None:
    target = "https://b.example/feed"
    feed = settle_poll(FEED, _fetched(final_url=target), _parsed(6), "h", NOW).feed
    request = request_for(feed, NOW)
    assert (request.url, request.validators, request.validators_url) == (FEED.url, Validators('W/"e"', "then"), target)
    assert (feed.final_url, feed.url) == (target, FEED.url)


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


def test_a_429_makes_the_feed_be_asked_less_in_that_hour_and_hardly_in_others() -> None:
    feed, at = _learnt(0.1, 200), NOW + timedelta(hours=23)
    limited = FetchFailed(1, FEED.url, FEED.url, Reason.RATE_LIMITED, "429", at, 429, retry_after=HOUR)
    after = settle_poll(feed, limited, None, None, at).feed
    assert rhythm.wait(after, at) > 1.05 * rhythm.wait(feed, at)
    later = at + timedelta(hours=6)
    assert rhythm.wait(after, later) <= 1.02 * rhythm.wait(feed, later)  # the mean of all hours counts a little in each
    slow = FetchFailed(1, FEED.url, FEED.url, Reason.TIMEOUT, "slow", at)
    assert settle_poll(feed, slow, None, None, at).feed.hourly == feed.hourly


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
    assert request_for(feed, NOW).validators_url == target  # they are the new address's own


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
