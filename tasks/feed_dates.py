"""Dates as feeds write them. Pure: no I/O, no clock (`now` is given).

feedparser gets many of them silently wrong (epoch seconds become 1699, CET midnight, BST is read as UTC, month 13 becomes
next January), so the text itself is read here: ISO 8601 / W3CDTF, RFC 822 and its many relatives, months in the
languages of the feeds we meet. What can't be understood without guessing is no date.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from tasks.text import normal_form

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_LONGEST = 120

_ZONE = r"(?:(?P<zone>Z\b|[A-Z]{2,5}\b)?\s*(?P<offset>[+-]\s?\d{1,2}(?::?\d{2})?)?)"
_TIME = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})[:h.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?(?![\d:])\s*(?P<half>[ap]\.?\s?m\b\.?)?\s*"
    + _ZONE,
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?\s*(Z|[+-]\d{4})?$", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NUMBER = re.compile(r"(?<![\d:])(\d{1,4})(?:st|nd|rd|th|er|\.|º|日|일)?(?![\d:])")
_LETTERS = re.compile(r"[^\W\d_]{3,}")

# Minutes east of UTC. IST is India's (Ireland and Israel write GMT+1 or their offset), CST and the like are America's.
_ZONES = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0),
    **dict.fromkeys(("BST", "WEST", "CET", "MEZ", "WAT"), 60),
    **dict.fromkeys(("CEST", "MEST", "MESZ", "EET", "SAST", "CAT"), 120),
    **dict.fromkeys(("EEST", "MSK", "EAT", "TRT"), 180),
    **dict.fromkeys(("IRST",), 210),
    **dict.fromkeys(("GST", "AZT"), 240),
    **dict.fromkeys(("PKT",), 300),
    **dict.fromkeys(("IST",), 330),
    **dict.fromkeys(("ICT", "WIB"), 420),
    **dict.fromkeys(("HKT", "SGT", "MYT", "PHT", "AWST", "WITA"), 480),
    **dict.fromkeys(("JST", "KST", "WIT"), 540),
    **dict.fromkeys(("ACST",), 570),
    **dict.fromkeys(("AEST",), 600),
    **dict.fromkeys(("ACDT",), 630),
    **dict.fromkeys(("AEDT",), 660),
    **dict.fromkeys(("NZST",), 720),
    **dict.fromkeys(("NZDT",), 780),
    **dict.fromkeys(("NST",), -210),
    **dict.fromkeys(("NDT",), -150),
    **dict.fromkeys(("BRT", "ART", "ADT"), -180),
    **dict.fromkeys(("AST", "EDT"), -240),
    **dict.fromkeys(("EST", "CDT"), -300),
    **dict.fromkeys(("CST", "MDT"), -360),
    **dict.fromkeys(("MST", "PDT"), -420),
    **dict.fromkeys(("PST", "AKDT"), -480),
    **dict.fromkeys(("AKST", "HADT"), -540),
    **dict.fromkeys(("HST", "HAST"), -600),
}

# Month names without accents: English, German, French, Spanish, Italian, Portuguese, Dutch, Nordic, Polish, Czech, Slovak,
# Russian, Ukrainian, Turkish, Greek, Hungarian, Romanian, Indonesian. Words that mean different months in two of
# them are left out.
_MONTH_WORDS = (
    "jan january januar januari janner janvier janv enero ene gennaio gen janeiro stycznia sty ledna januara января янв "
    "січня сич ocak oca ιαν ιανουαριου januar ianuarie ianuari",
    "feb february februar februari fevrier fevr fev febrero febbraio fevereiro lutego lut unora februara февраля фев лютого "
    "лют subat sub φεβ φεβρουαριου februarie pebruari",
    "mar march marz mrz maerz mars marzo marco maart mrt marca brezna марта мар березня бер mart μαρ μαρτ μαρτιου marcius martie "
    "maret marts",
    "apr april avril avr abril abr aprile kwietnia kwi dubna aprila апреля апр квітня кві nisan nis απρ απριλιου aprilis aprilie",
    "may mai mayo maggio mag maio mei maj maja kvetna мая май травня тра mayis μαι μαιου majus",
    "jun june juni juin junio giugno giu junho czerwca cze "
    "cervna juna июня июн червня чер haziran haz ιουν ιουνιου ιον junius iunie",
    "jul july juli juillet juil julio luglio lug julho lipca lip "
    "cervence jula июля июл липня temmuz tem ιουλ ιουλιου ιολ julius iulie",
    "aug august aout agosto ago augustus augusti "
    "sierpnia sie srpna augusta августа авг серпня сер agustos agu αυγ αυγουστου "
    "augusztus agustus",
    "sep sept september septembre septiembre setiembre settembre set setembro wrzesnia "
    "wrz zari septembra сентября сен сент вересня "
    "вер eylul eyl σεπ σεπτεμβριου szeptember szept septembrie",
    "oct october oktober okt octobre octubre ottobre ott outubro out pazdziernika "
    "paz rijna oktobra октября окт жовтня жов ekim eki "
    "οκτ οκτωβριου octombrie",
    "nov november novembre noviembre novembro listopadu novembra ноября ноя нояб kasim kas νοε νοεμβριου noiembrie",
    "dec december dez dezember decembre diciembre dic dicembre dezembro grudnia gru "
    "prosince decembra декабря дек грудня гру aralik "
    "ara δεκ δεκεμβριου decembrie desember des",
)


def _plain(word: str) -> str:
    decomposed = normal_form("NFKD", word.casefold().replace("ı", "i").replace("ł", "l"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_MONTHS = {_plain(word): number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}


def feed_date(text: str | None, now: datetime) -> datetime | None:
    """The instant that a feed's date means, in UTC; None when it is no date, before 1990 or more than a day ahead.

    A date without a zone is read as UTC, one without a time as midnight. `24:00:00` is the next day's midnight.
    """
    if not text:
        return None
    line = " ".join(normal_form("NFKC", text[: _LONGEST * 2]).split())[:_LONGEST]
    try:
        found = _epoch(line) or _compact(line) or _spelled(line)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and _EARLIEST <= found <= now + _AHEAD else None


def _epoch(line: str) -> datetime | None:
    if re.fullmatch(r"\d{9,10}(\.\d+)?|\d{12,13}", line):
        seconds = float(line)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    return None


def _compact(line: str) -> datetime | None:
    """`20261123T070000Z`, `20261123`."""
    found = _COMPACT.match(line)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    offset = 0 if not zone or zone in "Zz" else _offset_minutes(zone)
    return _instant((int(year), int(month), int(day)), (int(hour or 0), int(minute or 0), int(second or 0)), offset)


def _spelled(line: str) -> datetime | None:
    """A date and perhaps a time in any order: the time is taken out first, the rest must hold one clear date."""
    # "2026-11-23T07:00" and "2026-november-23T07:00": the T is a blank.
    line = re.sub(r"(?<=\d)T(?=\d)", " ", line)
    time = _time_in(line)
    rest = line[: time.start()] + " " + line[time.end() :] if time else line
    date = _date_in(rest)
    if date is None:
        return None
    if time is None:
        return _instant(date, (0, 0, 0), 0)
    hour = _hour(int(time["hour"]), time["half"])
    zone = _ZONES.get((time["zone"] or "").upper())
    if zone is None:
        # asctime: "Mon Nov 23 07:00:00 EST 2026" is caught above; "… 2026 EST" has its zone at the end.
        last = re.search(r"\b([A-Z]{2,5})$", rest.strip())
        zone = _ZONES.get(last[1], 0) if last else 0
    offset = zone + (_offset_minutes(time["offset"]) if time["offset"] else 0)
    return _instant(date, (hour, int(time["minute"]), int(time["second"] or 0)), offset)


def _time_in(line: str) -> re.Match[str] | None:
    # "23.11.2026 07:00" holds two things that look like a time: a colon is believed first.
    found = list(_TIME.finditer(line))
    with_colon = [match for match in found if ":" in match.group()]
    if with_colon:
        return with_colon[0]
    numeric = [match.span() for match in (*_DAY_FIRST.finditer(line), *_YEAR_FIRST.finditer(line))]
    return next(
        (match for match in found if not any(match.start() < end and start < match.end() for start, end in numeric)), None
    )


def _date_in(rest: str) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.search(rest):
        return int(found[1]), int(found[2]), int(found[3])
    month = _month_in(rest)
    if month is None:
        found = _DAY_FIRST.search(rest)
        return _by_order(int(found[1]), int(found[3]), _full_year(found[4]), found[2]) if found else None
    numbers = _NUMBER.findall(re.sub(r"[-/,]", " ", rest))
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if years and days:
        return int(years[0]), month, int(days[0])
    if not years and len(days) >= 2:  # "23 Nov 26"
        return _full_year(days[1]), month, int(days[0])
    return None


def _month_in(rest: str) -> int | None:
    words = [_plain(word) for word in _LETTERS.findall(rest)]
    # A weekday can look like a month ("mar" is Tuesday in Spanish and Romanian): the last month word is the month.
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    return months[-1] if months else None


def _by_order(first: int, second: int, year: int, separator: str) -> tuple[int, int, int] | None:
    if separator == "." or first > 12 or first == second:
        return year, second, first
    # 03/04/2026 is March in America and April elsewhere: no date rather than a guess.
    return (year, first, second) if second > 12 else None


def _full_year(digits: str) -> int:
    """RFC 2822, 4.3: two digits below 50 are 20xx."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        # "13:05 PM" happens and is clear; "0:05 AM" as well.
        return hour
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _offset_minutes(text: str) -> int:
    digits = re.sub(r"\D", "", text)
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        raise ValueError(f"no zone is {text}")
    return (hours * 60 + minutes) * (-1 if "-" in text else 1)


def _instant(date: tuple[int, int, int], time: tuple[int, int, int], offset: int) -> datetime:
    hour, minute, second = time
    later = timedelta(0)
    if (hour, minute, second) == (24, 0, 0):
        hour, later = 0, timedelta(days=1)
    second = 59 if second == 60 else second
    return datetime(*date, hour, minute, second, tzinfo=UTC) + later - timedelta(minutes=offset)
