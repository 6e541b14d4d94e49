"""When a feed is due next, and what a poll's outcome means for it. Pure: values in, values out."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from schemas.reasons import FeedState, Reason
from schemas.records import Feed, Fetched, FetchFailed, FetchOutcome, NotModified, ParsedFeed, ParseFailed, Validators
from tasks.urls import stable_id

HOUR = 3600
DAY = 24 * HOUR
FASTEST = 300  # never more often than every 5 minutes
ADOPT_AFTER = 3  # polls in a row that a permanent redirect must hold before its target is polled instead


_UNREADABLE = (Reason.HTML_INSTEAD_OF_FEED, Reason.BROKEN_FEED, Reason.PARSE_TIMEOUT, Reason.BAD_ENCODING)
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


def settle_poll(
    feed: Feed, outcome: FetchOutcome, parsed: ParsedFeed | ParseFailed | None, body_hash: str | None, now: datetime
) -> PollResult:
    """What a poll's outcome makes of a feed. `parsed` is None for an unchanged body (same hash or 304)."""
    match outcome:
        case FetchFailed():
            return _failed(feed, outcome, now)
        case NotModified() if feed.last_reason in _UNREADABLE:
            # The body that could not be read is still the one there.
            worse = replace(_moved(feed, outcome.moved_to), validators=outcome.validators, failures=feed.failures + 1)
            return PollResult(_due(worse, _back_off(worse), now), feed.last_reason, _STILL, now, ok=False)
        case NotModified():
            calm = replace(_moved(feed, outcome.moved_to), validators=outcome.validators, failures=0)
            return _polled(calm, Reason.NOT_MODIFIED, outcome.headers, None, now)
        case Fetched():
            moved = replace(_moved(feed, outcome.moved_to), validators=_kept_validators(outcome))
            if isinstance(parsed, ParseFailed):
                worse = replace(moved, failures=feed.failures + 1)
                return PollResult(_due(worse, _back_off(worse), now), parsed.reason, parsed.detail, now, ok=False)
            calm = replace(moved, failures=0, body_hash=body_hash)
            if parsed is None:
                return _polled(calm, Reason.SAME_BODY, outcome.headers, None, now)
            reason = Reason.NEW_BODY if parsed.entries else Reason.EMPTY_FEED
            return _polled(_named(calm, parsed), reason, outcome.headers, parsed, now)


def rhythm(times: Sequence[datetime], now: datetime) -> int:
    """Seconds between polls that suit a feed's own rhythm.

    Half the median gap between its latest entries, at least 5 minutes, at most a day; an hour when too little is
    known. A feed that has been silent for long is asked less often.
    """
    latest = sorted((time for time in times if time <= now), reverse=True)[:12]
    if len(latest) < 3:
        return HOUR
    gap = statistics.median((newer - older).total_seconds() for newer, older in pairwise(latest))
    silence = (now - latest[0]).total_seconds()
    return int(min(max(gap / 2, silence / 8, FASTEST), DAY))


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
    feed: Feed, reason: Reason, headers: Sequence[tuple[str, str]], parsed: ParsedFeed | None, now: datetime
) -> PollResult:
    interval = feed.interval_seconds
    if parsed is not None:
        interval = rhythm([entry.published_at for entry in parsed.entries if entry.published_at], now)
        interval = max(interval, min(parsed.ttl_seconds or 0, DAY))
    elif not (feed.validators.etag or feed.validators.last_modified) and reason is Reason.SAME_BODY:
        # Each such poll costs the publisher the whole body for nothing.
        interval = min(interval * 2, DAY)
    wait = max(interval, max_age(headers, now) or 0)
    return PollResult(
        _due(replace(feed, interval_seconds=interval), wait, now),
        reason,
        None,
        now,
        ok=True,
        format=parsed.format if parsed else None,
    )


def _failed(feed: Feed, outcome: FetchFailed, now: datetime) -> PollResult:
    worse = replace(feed, failures=feed.failures + 1)
    if outcome.reason is Reason.HTTP_GONE:
        ended = replace(worse, state=FeedState.GONE, next_poll_at=None)
        return PollResult(ended, Reason.FEED_GONE, outcome.detail, now, ok=False)
    wait = max(_back_off(worse), int(min(outcome.retry_after or 0, 7 * DAY)))
    return PollResult(_due(worse, wait, now), outcome.reason, outcome.detail, now, ok=False)


def _back_off(feed: Feed) -> int:
    """Doubles with each failure, up to a daily probe: errors never end in silence."""
    doublings: int = 2 ** min(max(feed.failures - 1, 0), 6)
    return min(max(feed.interval_seconds, HOUR) * doublings, DAY)


def _due(feed: Feed, wait: int, now: datetime) -> Feed:
    """Jitter of up to a tenth, drawn from the feed and the hour, spreads feeds without a random source."""
    share = stable_id("jitter", str(feed.id), now.strftime("%Y%m%d%H")) % 1000 / 10_000
    return replace(feed, next_poll_at=now + timedelta(seconds=wait * (1 + share)))


def _moved(feed: Feed, moved_to: str | None) -> Feed:
    """Counts how long a permanent redirect has held; adopts its target after `ADOPT_AFTER` polls in a row."""
    if moved_to is None:
        return replace(feed, moved_to=None, moved_count=0) if feed.moved_to and feed.moved_count else feed
    count = feed.moved_count + 1 if moved_to == feed.moved_to else 1
    if count >= ADOPT_AFTER:
        # Validators belong to an address: they are not taken along.
        return replace(feed, url=moved_to, moved_to=None, moved_count=0, validators=Validators())
    return replace(feed, moved_to=moved_to, moved_count=count)


def _kept_validators(outcome: Fetched) -> Validators:
    """Validators of an answer behind a redirect are not kept: they belong to the address that gave them."""
    return outcome.validators if outcome.final_url == outcome.url else Validators()


def _named(feed: Feed, parsed: ParsedFeed) -> Feed:
    return replace(feed, title=feed.title or parsed.title, site_url=feed.site_url or parsed.site_url)
