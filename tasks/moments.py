"""Dates as pages write them: ISO 8601, RFC 822, epoch seconds, "5. Juni 2025", 06/05/2025, 2025年6月5日. Pure.

The forms are tried from the most to the least certain; nothing is guessed from a lone number, and a form that cannot be
a date (month 13, 31 February) is none.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from tasks.extract_jsonld import text_value

_ISO = re.compile(
    r"""
        (?P<y>(?:19|20)\d{2})-?(?P<m>0[1-9]|1[0-2])-?(?P<d>0[1-9]|[12]\d|3[01])(?:[T\s,_]+(?P<H>[01]?\d|
        2[0-3])[:.]?(?P<M>[0-5]\d)(?:[:.]?(?P<S>[0-5]\d))?(?:[.,]\d+)?\s*(?P<z>Z|UTC|GMT|[+\-−]\d{2}:?\d{2}|[+\-]\d{2}\b)?)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SLASHED = re.compile(r"\b(?P<a>\d{1,4})[./\-](?P<b>\d{1,2})[./\-](?P<c>\d{2,4})\b")
_CLOCK = re.compile(
    r"""
        \b([01]?\d|2[0-3])[:.h]([0-5]\d)(?::[0-5]\d)?\s*([ap]\.?\s?m\.?)?(?:\s*\(?(UTC|GMT|Z|EST|EDT|ET|CST|CDT|CT|MST|MDT|
        PST|PDT|PT|BST|CET|CEST|MEZ|MESZ|IST|AEST|AEDT|[+-]\d{2}:?\d{2}))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[/_-]?(0?[1-9]|1[0-2])[/_-]?(0?[1-9]|[12]\d|3[01])(?!\d)")
_URL_DATE_STRICT = re.compile(
    r"(?<!\d)((?:19|20)\d{2})([/_-]?)(0[1-9]|1[0-2]|(?<=[/_-])[1-9]|[a-z]{3})\2(0[1-9]|[12]\d|3[01]|(?<=[/_-])[1-9])(?!\d)"
)
# Hours from UTC of the zone names that datelines use.
_ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "et": -5, "cst": -6, "cdt": -5, "ct": -6, "mst": -7,
    "mdt": -6, "pst": -8, "pdt": -7, "pt": -8, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "ist": 5.5,
    "aest": 10, "aedt": 11,
}  # fmt: skip
# A line a month: its names and short forms in the languages that datelines are written in most.
_MONTH_NAMES = """
    1: january jan يناير januar janvier janv enero ene janeiro gennaio gen januari jänner styczeń stycznia sty
    ledna leden január ocak января январь янв січня tammikuuta ianuarie
    2: february feb فبراير شباط februar février févr fevr fev febrero fevereiro febbraio febbr februari luty
    lutego února únor február şubat февраля фев лютого helmikuuta februarie
    3: march mar مارس آذار märz mrz mars marzo março maart marzec marca března březen mart марта мар березня
    maaliskuuta martie március
    4: april apr أبريل ابريل نيسان avril avr abril abr aprile kwiecień kwietnia dubna duben nisan апреля апр
    квітня huhtikuuta aprilie április
    5: may mai مايو أيار mayo maio maggio mag mei maj maja května květen mayıs мая май травня toukokuuta május
    6: june jun يونيو حزيران يونيه juni juin junio junho giugno giu czerwiec czerwca června červen haziran
    июня июн червня kesäkuuta iunie június
    7: july jul يوليو تموز يوليه juli juillet juil julio julho luglio lug lipiec lipca července červenec
    temmuz июля июл липня heinäkuuta iulie július
    8: august aug أغسطس اغسطس آب août aout agosto ago augustus augusti sierpień sierpnia srpna srpen ağustos
    августа авг серпня elokuuta augusztus
    9: september sep سبتمبر أيلول sept septembre septiembre setiembre set setembro settembre sett wrzesień
    września září eylül сентября сен вересня syyskuuta septembrie szeptember
    10: october oct أكتوبر اكتوبر oktober okt octobre octubre outubro out ottobre ott październik października
    října říjen ekim октября окт жовтня lokakuuta octombrie október
    11: november nov نوفمبر novembre noviembre novembro listopad listopada listopadu kasım ноября ноя
    листопада marraskuuta noiembrie
    12: december dec ديسمبر dezember dez décembre decembre déc diciembre dic dezembro dicembre desember des
    grudzień grudnia prosince prosinec aralık декабря дек грудня joulukuuta decembrie
"""


def _month_table() -> dict[str, int]:
    table: dict[str, int] = {}
    number = 0
    for word in _MONTH_NAMES.split():
        if word.endswith(":"):
            number = int(word[:-1])
        else:
            table.setdefault(word, number)
    return table


_MONTHS = _month_table()
_WORDED = re.compile(
    r"""
        (?<!\d)(?:(?P<d1>\d{1,2})(?:st|nd|rd|th|\.|º|er)?\s*(?:de\s+|of\s+|
        d['’]\s*)?[-\s]?(?P<m1>[^\W\d_]{3,12})\.?,?(?:\s*/\s*[^\W\d_]{3,12})?[-\s]*(?:de\s+|del\s+)?(?P<y1>(?:19|20)\d{2})|
        (?P<m2>[^\W\d_]{3,12})\.?\s*(?P<d2>\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(?P<y2>(?:19|20)\d{2})|(?P<y3>(?:19|
        20)\d{2})\s*[年년]\s*(?P<m3>\d{1,2})\s*[月월]\s*(?P<d3>\d{1,2})\s*[日일])
    """,
    re.VERBOSE,
)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as a page gives it: in UTC, whether it has a time of day, the text, and where it stood."""

    at: datetime
    precise: bool
    given: str
    source: str
    local_day: str  # YYYY-MM-DD in the zone it was given in


def read_moment(value: Any, source: str) -> Moment | None:
    """Read one date in any of the forms that metadata and datelines use; None when it is none. Never raises."""
    text = text_value(value)
    if not text:
        return None
    text = " ".join(text.split())[:120]
    try:
        return (
            _iso(text, source) or _epoch(text, source) or _rfc822(text, source) or _worded(text, source) or _slashed(text, source)
        )
    except (ValueError, OverflowError, OSError):
        return None


def plausible(moment: Moment | None, now: datetime) -> bool:
    """Whether a publication date can be one: not before the web, not more than a day ahead."""
    return moment is not None and EARLIEST <= moment.at <= now + timedelta(days=1)


def _make(
    year: int, month: int, day: int, clock: tuple[int, int, int] | None, zone: float | None, given: str, source: str
) -> Moment:
    tz = timezone(timedelta(hours=zone)) if zone else UTC
    local = datetime(year, month, day, *(clock or (0, 0, 0)), tzinfo=tz)
    # A day without a time stays that day in UTC.
    return Moment(
        local.astimezone(UTC) if clock else local.replace(tzinfo=UTC), clock is not None, given, source, local.date().isoformat()
    )


def _offset(zone: str | None) -> float | None:
    if not zone:
        return None
    key = zone.lower()
    if key in _ZONES:
        return _ZONES[key]
    digits = re.sub(r"\D", "", zone)
    hours = int(digits[:2]) + (int(digits[2:4]) / 60 if len(digits) >= 4 else 0)
    hours = -hours if zone[0] in "-−" else hours
    return hours if abs(hours) <= 14 else None


def _iso(text: str, source: str) -> Moment | None:
    match = _ISO.match(text)
    if match is None or (match.group("H") is None and match.end() < len(text) and text[match.end()].isdigit()):
        return None
    hour = match.group("H")
    clock = (int(hour), int(match.group("M")), int(match.group("S") or 0)) if hour else None
    zone = match.group("z")
    if clock and not zone:
        # "2023-12-22 10:00 am EST": the plain form goes on
        more = _CLOCK.search(text[10:])
        if more is not None and (more.group(3) or more.group(4)):
            clock, zone = _clock(more), more.group(4)
    return _make(int(match.group("y")), int(match.group("m")), int(match.group("d")), clock, _offset(zone), text, source)


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(match.group(1)), (match.group(3) or "").lower()
    if half.startswith("p") and hour < 12:
        hour += 12
    elif half.startswith("a") and hour == 12:
        hour = 0
    return hour, int(match.group(2)), 0


def _epoch(text: str, source: str) -> Moment | None:
    if not _EPOCH.match(text):
        return None
    at = datetime.fromtimestamp(int(text[:10]), tz=UTC)
    return Moment(at, True, text, source, at.date().isoformat())


def _rfc822(text: str, source: str) -> Moment | None:
    if "," not in text[:5] and not text[:2].strip().isdigit():
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    local = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Moment(local.astimezone(UTC), ":" in text, text, source, local.date().isoformat())


def _worded(text: str, source: str) -> Moment | None:
    for match in _WORDED.finditer(text):
        part = match.groupdict()
        number = next(n for n in "123" if part[f"y{n}"])
        name = part[f"m{number}"]
        month = (
            int(name) if name.isdigit() else _MONTHS.get(name.casefold().rstrip("."), 0) or _MONTHS.get(name.casefold()[:3], 0)
        )
        day = int(part[f"d{number}"])
        if 1 <= month <= 12 and 1 <= day <= 31:
            rest = text[: match.start()] + " " + text[match.end() :]
            clock = _CLOCK.search(rest)
            zone = _offset(clock.group(4)) if clock else None
            return _make(int(part[f"y{number}"]), month, day, _clock(clock) if clock else None, zone, text, source)
    return None


def _slashed(text: str, source: str) -> Moment | None:
    match = _SLASHED.search(text)
    if match is None:
        return None
    a, b, c = (int(match.group(name)) for name in "abc")
    if a > 1900:
        year, month, day = a, b, c
    else:
        year = c + (2000 if c < 70 else 1900) if c < 100 else c
        # Day first, as most of the world writes it, unless only month first can be; dots are always day first.
        day, month = (b, a) if b > 12 and "." not in match.group() else (a, b)
    if not (1990 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    rest = text[: match.start()] + " " + text[match.end() :]
    clock = _CLOCK.search(rest)
    return _make(year, month, day, _clock(clock) if clock else None, _offset(clock.group(4)) if clock else None, text, source)


def url_date(url: str) -> Moment | None:
    """The day that an address names (…/2025/06/05/…), or None."""
    path = url.split("//", 1)[-1].partition("/")[2].split("?")[0].lower()
    for match in _URL_DATE_STRICT.finditer(path):
        year, _, month_text, day = match.groups()
        month = int(month_text) if month_text.isdigit() else _MONTHS.get(month_text, 0)
        # eight digits in a row are an id as often as a day: only taken when set apart
        if not match.group(2) and (
            path[max(0, match.start() - 1) : match.start()].isalnum() or path[match.end() : match.end() + 1].isalnum()
        ):
            continue
        try:
            return _make(int(year), month, int(day), None, None, match.group(), "url")
        except ValueError:
            continue
    return None
