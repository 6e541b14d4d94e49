"""A feed's publishing rhythm, learnt from what it lists: how many entries by hour of the day. Pure: values in, values out.

The time between two polls is one over the square root of the rate (in entries an hour), hour by hour: that spends a given
number of requests so that the delays of all entries together are smallest. A feed that publishes once an hour is asked
once an hour; one that publishes nine times as much, three times as often; the hours in which it sleeps hardly count.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from schemas.records import Feed

HOUR = 3600
DAY = 24 * HOUR
FASTEST = 300  # never more often than every 5 minutes
FADE_DAYS = 14.0  # what was seen so long ago counts for a third
# Before anything is known: as if a quarter of an entry an hour had been seen for half an hour, which soon weighs nothing.
PRIOR_ENTRIES, PRIOR_DAYS = 1 / 8, 1 / 48
# So many days must have been watched before the hours of the day count as much as the mean of all.
SURE_DAYS = 2.0
SILENT = 2 * DAY  # a weekend without news is no silence
SILENCE_SHARE = 120  # a quick list that is silent is asked after this share of the silence: two hours after ten days
EDITION = 1.0  # entries to be expected in the shortest span of the list
_RECOVERY = 1.1


def learn(feed: Feed, times: Sequence[datetime], now: datetime) -> Feed:
    """What a new body teaches, by the publication times that it lists. An unchanged one teaches nothing: time itself fades."""
    listed = sorted(time for time in times if time <= now)
    if not feed.hourly:
        # The oldest one opens the span.
        hourly, fresh = [0.0] * 24, listed[1:]
        days = FADE_DAYS * (1 - math.exp(-_days(listed[0] if listed else now, now) / FADE_DAYS))
    else:
        fresh = [time for time in listed if feed.newest_at is None or time > feed.newest_at]
        if not listed:
            fresh = [now]  # entries without dates
        hourly, days = _faded(feed, now)
    for time in fresh:
        hourly[time.hour] += math.exp(-_days(time, now) / FADE_DAYS)
    newest = max([*listed[-1:], *([feed.newest_at] if feed.newest_at else [])], default=None)
    return replace(
        feed, hourly=tuple(hourly), days_watched=days, learned_at=now, newest_at=newest,
        gap_seconds=int(HOUR / _mean(hourly, days)), window_seconds=_window(feed, listed),
    )  # fmt: skip


def _faded(feed: Feed, now: datetime) -> tuple[list[float], float]:
    """What is known of the hours, and over how many days: both as they count now."""
    fade = math.exp(-_days(feed.learned_at or now, now) / FADE_DAYS)
    return [count * fade for count in feed.hourly], feed.days_watched * fade + FADE_DAYS * (1 - fade)


def wait(feed: Feed, now: datetime) -> int:
    """Seconds until the next poll that suit the feed's rhythm: at least 5 minutes, at most a day."""
    if not feed.hourly:
        return feed.interval_seconds
    hourly, days = _faded(feed, now)
    left, at, latest = float(HOUR), now, now + timedelta(days=1)
    while at < latest:
        speed = _speed(feed.window_seconds, hourly, days, at.hour)
        room = HOUR - (at.minute * 60 + at.second + at.microsecond / 1e6)
        if left <= speed * room:
            at += timedelta(seconds=left / speed)
            break
        left -= speed * room
        at += timedelta(seconds=room)
    seconds = (min(at, latest) - now).total_seconds()
    silent = silence(feed, now)
    # One that has been silent for days is asked ever less …
    seconds = max(seconds, (silent - SILENT) / 8)
    # … but where the list turns over quickly, every hour or two, as news may come in bursts: so that nothing scrolls out unseen.
    if feed.window_seconds is not None:
        seconds = min(seconds, max(feed.window_seconds / 2, HOUR, silent / SILENCE_SHARE))
    return int(min(max(seconds, FASTEST), DAY))


def restrained(feed: Feed, now: datetime) -> Feed:
    """What a server teaches that finds itself asked too often: what is expected of this hour counts half from now on."""
    return replace(feed, hourly=tuple(count / 2 if hour == now.hour else count for hour, count in enumerate(feed.hourly)))


def silence(feed: Feed, now: datetime) -> float:
    """Seconds since the body last changed; 0 when that is not known."""
    return 0.0 if feed.last_changed_at is None else (now - feed.last_changed_at).total_seconds()


def _speed(span: int | None, counts: Sequence[float], days: float, hour: int) -> float:
    """Polls an hour in this hour of the day (UTC). `span` is the shortest that the list has covered, in seconds."""
    speed = math.sqrt(_rate(counts, days, hour))
    # A paper that puts its whole edition out at six has turned its list over by half past: the mean of the hours around, which
    # the rate is, hides that. Where an entry is to be expected in the list's span, half that span is the longest wait.
    if span is not None and counts[hour] / (days + SURE_DAYS) * span >= EDITION * HOUR:
        return max(speed, HOUR / max(span / 2, FASTEST))
    return speed


def _rate(counts: Sequence[float], days: float, hour: int) -> float:
    """Entries an hour to expect in this hour of the day (UTC). Neighbouring hours share what they know."""
    shared = (counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % 24]) / 4
    # Each hour of the day has been watched for as many hours as days have passed.
    return (shared + _mean(counts, days) * SURE_DAYS) / (days + SURE_DAYS)


def _mean(counts: Sequence[float], days: float) -> float:
    return (sum(counts) + PRIOR_ENTRIES) / (days + PRIOR_DAYS) / 24


def _window(feed: Feed, listed: Sequence[datetime]) -> int | None:
    if len(listed) < 2:
        return feed.window_seconds
    seen = (listed[-1] - listed[0]).total_seconds()
    kept = seen if feed.window_seconds is None else min(seen, feed.window_seconds * _RECOVERY)
    return int(min(kept, 60 * DAY))


def _days(start: datetime, end: datetime) -> float:
    return max((end - start).total_seconds(), 0.0) / DAY
