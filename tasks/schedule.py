"""When a feed is due next, and what a poll's outcome means for it. Pure: values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from schemas.reasons import FeedState, Reason
from schemas.records import Feed, Fetched, FetchFailed, FetchOutcome, FetchRequest, NotModified, ParsedFeed, ParseFailed
from tasks import rhythm
from tasks.rhythm import DAY, HOUR
from tasks.urls import stable_id

ADOPT_AFTER = 3  # polls in a row that a permanent redirect must hold before its target is polled instead
# A 304 is doubted when it has been said for so many of the feed's usual gaps, and for so long at least.
STUCK_GAPS = 10
STUCK_AFTER = timedelta(days=7)


_UNREADABLE = (Reason.HTML_INSTEAD_OF_FEED, Reason.BROKEN_FEED, Reason.PARSE_TIMEOUT, Reason.PARSE_MEMORY, Reason.BAD_ENCODING)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STILL = "the server says that the body which could not be read has not changed"


@dataclass(frozen=True, slots=True)
class PollResult:
    """A feed's polling columns after a poll, and how the poll ended."""

    feed: Feed
    reason: Reason
    detail: str | None
    polled_at: datetime
    ok: bool
    format: str | None = None
    # nothing of the feed has changed but when it was asked and is to be asked again
    calm: bool = False


def request_for(feed: Feed, now: datetime) -> FetchRequest:
    """What to ask of a feed that is due: conditional, unless its server's 304 is put to the test."""
    if doubts_304(feed, now):
        return FetchRequest(feed.id, feed.url, "feed")
    return FetchRequest(feed.id, feed.url, "feed", feed.validators, feed.validators_url)


def doubts_304(feed: Feed, now: datetime) -> bool:
    """Whether the feed is to be asked once without validators.

    Its server has said 304 far beyond the feed's own cadence, and no probe was made since it last changed or within that
    span. Where a probe has shown that the 304 is untrue, once a day.
    """
    if feed.last_changed_at is None or feed.failures or not (feed.validators.etag or feed.validators.last_modified):
        return False
    last = max(feed.last_changed_at, feed.probed_at or feed.last_changed_at)
    if feed.stuck_since is not None:
        return now - last >= timedelta(days=1)
    if feed.last_reason is not Reason.NOT_MODIFIED or feed.gap_seconds is None:
        return False
    return now - last >= max(STUCK_GAPS * timedelta(seconds=feed.gap_seconds), STUCK_AFTER)


def settle_poll(
    feed: Feed, outcome: FetchOutcome, parsed: ParsedFeed | ParseFailed | None, body_hash: str | None, now: datetime
) -> PollResult:
    """What a poll's outcome makes of a feed. `parsed` is None for an unchanged body (same hash or 304)."""
    match outcome:
        case FetchFailed():
            return _failed(feed, outcome, now)
        case NotModified() if feed.last_reason in _UNREADABLE:
            # The body that could not be read is still the one there.
            worse = replace(feed, **_answered(feed, outcome), failures=feed.failures + 1)
            return PollResult(_due(worse, _back_off(worse), now), feed.last_reason, _STILL, now, ok=False)
        case NotModified():
            changes = _answered(feed, outcome) | {"failures": 0, "last_changed_at": feed.last_changed_at or now}
            calm = all(getattr(feed, name) == value for name, value in changes.items())
            return _polled(feed if calm else replace(feed, **changes), Reason.NOT_MODIFIED, outcome.headers, None, now, calm)
        case Fetched():
            return _fetched(feed, outcome, parsed, body_hash, now)


def _fetched(
    feed: Feed, outcome: Fetched, parsed: ParsedFeed | ParseFailed | None, body_hash: str | None, now: datetime
) -> PollResult:
    probe = doubts_304(feed, now)
    answered = replace(feed, **_answered(feed, outcome), probed_at=now if probe else feed.probed_at)
    if isinstance(parsed, ParseFailed):
        worse = replace(answered, failures=feed.failures + 1)
        return PollResult(_due(worse, _back_off(worse), now), parsed.reason, parsed.detail, now, ok=False)
    calm = replace(answered, failures=0, body_hash=body_hash)
    if parsed is None:
        calm = replace(calm, last_changed_at=feed.last_changed_at or now)
        return _polled(calm, Reason.SAME_BODY, outcome.headers, None, now)
    # A conditional request that brings a new body shows that the server's 304 can be believed again.
    stuck = (feed.stuck_since or now) if probe else None
    calm = replace(_named(calm, parsed), stuck_since=stuck, last_changed_at=_changed_at(feed, parsed, now))
    reason = Reason.STUCK_304 if probe else Reason.NEW_BODY
    return _polled(calm, reason if parsed.entries else Reason.EMPTY_FEED, outcome.headers, parsed, now)


def _changed_at(feed: Feed, parsed: ParsedFeed, now: datetime) -> datetime:
    """A body seen for the first time changed when its newest entry came, as far as it says."""
    times = [entry.published_at for entry in parsed.entries if entry.published_at and entry.published_at <= now]
    return max(times) if times and feed.last_changed_at is None else now


def max_age(headers: Sequence[tuple[str, str]], now: datetime) -> int | None:
    """Seconds for which the server says that its answer stays fresh (Cache-Control max-age, else Expires), at most a day."""
    found = dict(reversed(headers))
    for directive in found.get("cache-control", "").split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() == "max-age" and value.strip('"').isdigit():
            return min(int(value.strip('"')), DAY)
    try:
        expires = parsedate_to_datetime(found["expires"])
        seconds = (expires - now).total_seconds() if expires.tzinfo else 0
    except (KeyError, ValueError, TypeError):
        return None
    return int(min(seconds, DAY)) if seconds > 0 else None


def _polled(
    feed: Feed,
    reason: Reason,
    headers: Sequence[tuple[str, str]],
    parsed: ParsedFeed | None,
    now: datetime,
    calm: bool = False,
) -> PollResult:
    if parsed is not None:
        times = [entry.published_at for entry in parsed.entries if entry.published_at]
        feed = replace(feed, ttl_seconds=parsed.ttl_seconds, skip_hours=parsed.skip_hours, skip_days=parsed.skip_days)
        feed = rhythm.learn(feed, times, now)
    interval = max(rhythm.wait(feed, now), min(feed.ttl_seconds or 0, DAY))
    if reason is Reason.SAME_BODY and not (feed.validators.etag or feed.validators.last_modified):
        # Each such poll costs the publisher the whole body for nothing.
        interval = max(interval, min(feed.interval_seconds * 2, DAY))
    wait = max(interval, max_age(headers, now) or 0)
    due = _due(feed, wait, now, interval_seconds=interval)
    return PollResult(due, reason, None, now, ok=True, format=parsed.format if parsed else None, calm=calm)


def _failed(feed: Feed, outcome: FetchFailed, now: datetime) -> PollResult:
    # A probe that failed was one all the same: the next request is conditional again.
    probed_at = now if doubts_304(feed, now) else feed.probed_at
    worse = replace(feed, failures=feed.failures + 1, probed_at=probed_at)
    if outcome.reason is Reason.HTTP_GONE:
        ended = replace(worse, state=FeedState.GONE, next_poll_at=None)
        return PollResult(ended, Reason.FEED_GONE, outcome.detail, now, ok=False)
    if outcome.reason is Reason.RATE_LIMITED:
        worse = rhythm.restrained(worse, now)
    wait = max(_back_off(worse), int(min(outcome.retry_after or 0, 7 * DAY)))
    return PollResult(_due(worse, wait, now), outcome.reason, outcome.detail, now, ok=False)


def _back_off(feed: Feed) -> int:
    """Doubles with each failure, up to a daily probe: errors never end in silence."""
    doublings: int = 2 ** min(max(feed.failures - 1, 0), 6)
    return min(max(feed.interval_seconds, HOUR) * doublings, DAY)


def _due(feed: Feed, wait: int, now: datetime, **changes: Any) -> Feed:
    """Jitter of up to a tenth, drawn from the feed and the hour, spreads feeds without a random source."""
    share = stable_id("jitter", str(feed.id), now.strftime("%Y%m%d%H")) % 1000 / 10_000
    return replace(feed, next_poll_at=_outside_skipped(feed, now + timedelta(seconds=wait * (1 + share))), **changes)


def _outside_skipped(feed: Feed, at: datetime) -> datetime:
    """The first time from `at` on, by whole hours, that the publisher does not want skipped.

    A publisher who wants all hours or all days skipped is not taken at the word: that would end in silence.
    """
    if not feed.skip_hours and not feed.skip_days:
        return at
    hours = set(feed.skip_hours) if len(set(feed.skip_hours)) < 24 else set()
    days = set(feed.skip_days) if len(set(feed.skip_days)) < 7 else set()
    while at.hour in hours or _DAYS[at.weekday()] in days:
        at += timedelta(hours=1)
    return at


def _moved(feed: Feed, moved_to: str | None) -> dict[str, Any]:
    """Counts how long a permanent redirect has held; adopts its target after `ADOPT_AFTER` polls in a row."""
    if moved_to is None:
        return {"moved_to": None, "moved_count": 0} if feed.moved_to and feed.moved_count else {}
    count = feed.moved_count + 1 if moved_to == feed.moved_to else 1
    if count >= ADOPT_AFTER:
        return {"url": moved_to, "moved_to": None, "moved_count": 0}
    return {"moved_to": moved_to, "moved_count": count}


def _answered(feed: Feed, outcome: Fetched | NotModified) -> dict[str, Any]:
    """What any good answer says of a feed: where it came from, and the validators of that very address."""
    kept = outcome.validators.etag or outcome.validators.last_modified
    url = outcome.final_url if kept else None
    said = {"final_url": outcome.final_url, "validators": outcome.validators, "validators_url": url}
    return said | _moved(feed, outcome.moved_to)


def _named(feed: Feed, parsed: ParsedFeed) -> Feed:
    return replace(feed, title=feed.title or parsed.title, site_url=feed.site_url or parsed.site_url)
