"""Which period a person means. Pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.errors import BadInput
from schemas.report import Period

LONGEST_DAYS = 366


def chosen(since: str | None, until: str | None, days: int, last: Period) -> Period:
    """The period from and to what was said; `last` (the last days of the data) for what was left out.

    A date is a whole day in the period's zone: the period begins with it, or ends after it.

    Raises:
        BadInput: a time can't be read, or the period is empty or longer than `LONGEST_DAYS`.
    """
    end = _moment("--until", until, last.zone, whole_day=True) if until else last.until
    start = _moment("--since", since, last.zone, whole_day=False) if since else end - timedelta(days=days)
    if not until and start >= end:
        end = start + timedelta(days=days)
    if start >= end:
        raise BadInput(f"the period ends ({end:%Y-%m-%d %H:%M} UTC) before it begins ({start:%Y-%m-%d %H:%M} UTC)")
    if end - start > timedelta(days=LONGEST_DAYS):
        raise BadInput(f"a report covers at most {LONGEST_DAYS} days")
    return Period(start, end, last.zone)


def _moment(option: str, text: str, zone: str, *, whole_day: bool) -> datetime:
    try:
        if "T" not in text and " " not in text.strip():
            day = date.fromisoformat(text.strip())
            local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
            return (local + timedelta(days=1) if whole_day else local).astimezone(UTC)
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{option} takes a day (2026-09-19) or a time (2026-09-19T18:00), not {text!r}") from None
