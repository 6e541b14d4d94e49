"""Date expressions -> instants, resolved against the time of publication. Pure.

The common forms of news English are read here; what is left goes to dateparser, which sees only spans the model takes
for dates. Days, months and years are UTC; an expression resolves to the half-open range [start, end).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_DAYS = {
    name: number for number, name in enumerate(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
}
_DAYS |= {name[:3]: number for name, number in _DAYS.items()}
_MONTHS = {
    name: number
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_FUTURE = re.compile(
    r"\b(?:will|shall|expected to|is due|are due|due to|set to|scheduled|plans? to|going to|to be held|upcoming|is to|are to|"
    r"would|next)\b",
    re.IGNORECASE,
)
# What comes, with what belongs to it ("to be held", "is expected"), and what was.
_TENSE = re.compile(
    r"\b(?:(?P<ahead>(?:will|shall|would|could|might|must|to(?=\s(?:be|hold|meet|vote|decide|open|start|begin|"
    r"return|visit|speak|testify|appear|face|play|attend|discuss|publish|release|announce)\b))(?:\s(?:not|also|be|have|then|now|only|\w+ly))*\s\w+|"
    r"(?:expected|due|set|scheduled|planned|slated|likely|going)\b|plans?\b|next\b|upcoming\b)|"
    r"(?P<was>said|told|says|was|were|had|did|rose|fell|grew|won|lost|met|made|took|began|came|went|gave|got|held|left|led|found|"
    r"sent|shot|hit|saw|put|cut|paid|sold|bought|beat|wrote|spoke|drew|flew|struck|(?<!be )(?<!been )(?<!being )\w{2,}ed))\b",
    re.IGNORECASE,
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_FULL = re.compile(
    rf"(?:(?:{_DAY})\.?,?\s+)?"
    rf"(?:(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}}){_ORDINAL}|"
    rf"(?P<day2>\d{{1,2}}){_ORDINAL}\s+(?:of\s+)?(?P<month2>{_MONTH})\.?)"
    r"(?:,?\s+(?P<year>\d{4}))?",
    re.IGNORECASE,
)
_TO = r"\s?(?:[-–—]|to|through|and)\s?"
_DAYS_OF = re.compile(
    rf"(?:(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}}){_TO}(?P<last>\d{{1,2}})|"
    rf"(?P<day2>\d{{1,2}}){_TO}(?P<last2>\d{{1,2}})\s+(?P<month2>{_MONTH})\.?)(?:,?\s+(?P<year>\d{{4}}))?",
    re.IGNORECASE,
)
_YEARS = re.compile(rf"(?P<first>(?:1[5-9]|20)\d\d){_TO}(?P<last>(?:1[5-9]|20)\d\d|\d\d)")
_PART = re.compile(
    r"(?:(?P<which>first|second|third|fourth)\s(?P<unit>quarter|half)\s(?:of\s)?|Q(?P<number>[1-4])\s(?:of\s)?)(?P<year>(?:19|20)\d\d)",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_MONTH_YEAR = re.compile(rf"(?:(?P<part>early|mid|late)[\s-]+)?(?P<month>{_MONTH})\.?(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE)
_YEAR = re.compile(r"(?:early |mid-|late )?(?P<year>1[5-9]\d\d|20\d\d|21\d\d)")
_DECADE = re.compile(r"(?:the )?(?P<year>1[5-9]\d0|20\d0)['’]?s")
_WEEKDAY = re.compile(
    rf"(?:(?P<which>last|next|this|on)\s+)?(?P<day>{_DAY})(?:\s+(?:morning|afternoon|evening|night))?", re.IGNORECASE
)
_RELATIVE = re.compile(
    r"(?:(?:earlier|later)\s+)?(?P<which>last|next|this|past|previous)\s+(?P<unit>week|month|year|quarter|weekend)", re.IGNORECASE
)
_AGO = re.compile(
    r"(?P<count>\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?P<unit>day|week|month|year)s?\s+(?P<way>ago|earlier|later)",
    re.IGNORECASE,
)
_NEAR = {
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "yesterday": -1,
    "tomorrow": 1,
    "last night": -1,
}
_COUNTS = {
    word: number
    for number, word in enumerate(["a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
} | {
    "a": 1,
    "an": 1,
}
# Never given to dateparser: it makes a date of nearly anything.
_WORTH = re.compile(rf"\d{{4}}|\d+[/.-]\d+|\b(?:{_MONTH})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """[start, end) in UTC and its precision: day, week, month, quarter, half-year, year, decade, days or years."""

    start: datetime
    end: datetime
    precision: str


def resolve_date(surface: str, published_at: datetime | None, sentence: str = "") -> DateSpan | None:
    """The instants that a date expression means; None for durations and for what cannot be known.

    Without `published_at` only expressions with a year resolve. `sentence` decides between the last and the next
    Thursday (a sentence about the future).
    """
    phrase = re.sub(r"\s+", " ", surface.strip(" ,.;:()'\"’“”")).removeprefix("the ").strip()
    phrase = re.sub(r"^(?:on|since|until|by|in|during|from|between)\s+", "", phrase, flags=re.IGNORECASE)
    base = published_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) if published_at else None
    future = _FUTURE.search(sentence) is not None
    if future and _WEEKDAY.fullmatch(phrase):
        future = _ahead(sentence, surface)
    begun = _MONTH_YEAR.fullmatch(phrase)
    if base and begun and not begun["year"] and re.search(rf"\bsince\s+{re.escape(surface.strip())}", sentence):
        # "since January": what has begun already
        phrase += f" {base.year - (_MONTHS[begun['month'].lower()] > base.month)}"
    try:
        return (
            _range(phrase, base, future)
            or _absolute(phrase, base, future)
            or (_relative(phrase, base, future) if base else None)
            or _other(phrase, base)
        )
    except (ValueError, OverflowError):
        return None


def _ahead(sentence: str, surface: str) -> bool:
    """Whether the verb nearest to a weekday speaks of what comes: "said on Monday that it will …" does not.

    The verb in front decides; where none is, the first one behind.
    """
    at = sentence.find(surface)
    front = list(_TENSE.finditer(sentence, 0, at)) if at >= 0 else []
    verb = front[-1] if front else _TENSE.search(sentence, max(at, 0) + len(surface))
    return verb is not None and verb.lastgroup == "ahead"


def _range(phrase: str, base: datetime | None, future: bool) -> DateSpan | None:
    """Days of a month, years, and parts of a year: "May 5-7", "2019-2021", "the first quarter of 2025"."""
    match = _DAYS_OF.fullmatch(phrase)
    if match:
        month = _MONTHS[(match["month"] or match["month2"]).lower()]
        first, last = int(match["day"] or match["day2"]), int(match["last"] or match["last2"])
        year = int(match["year"]) if match["year"] else _nearest_year(month, first, base, future)
        if year and first < last:
            return DateSpan(
                datetime(year, month, first, tzinfo=UTC), datetime(year, month, last, tzinfo=UTC) + timedelta(days=1), "days"
            )
    match = _YEARS.fullmatch(phrase)
    if match:
        first = int(match["first"])
        last = int(match["last"]) if len(match["last"]) == 4 else first - first % 100 + int(match["last"])
        if first < last:
            return DateSpan(datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC), "years")
    match = _PART.fullmatch(phrase)
    if match:
        months = 6 if (match["unit"] or "").lower() == "half" else 3
        number = int(match["number"] or ("first", "second", "third", "fourth").index(match["which"].lower()) + 1)
        begin = int(match["year"]) * 12 + (number - 1) * months
        if number * months <= 12:
            start, end = _split(begin), _split(begin + months)
            unit = "half-year" if months == 6 else "quarter"
            return DateSpan(datetime(*start, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC), unit)
    return None


def _absolute(phrase: str, base: datetime | None, future: bool) -> DateSpan | None:
    match = _ISO.fullmatch(phrase)
    if match:
        return _day(datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC))
    match = _FULL.fullmatch(phrase)
    if match:
        month, day = _MONTHS[(match["month"] or match["month2"]).lower()], int(match["day"] or match["day2"])
        year = int(match["year"]) if match["year"] else _nearest_year(month, day, base, future)
        return _day(datetime(year, month, day, tzinfo=UTC)) if year else None
    match = _MONTH_YEAR.fullmatch(phrase)
    if match and phrase not in ("may", "march"):
        month = _MONTHS[match["month"].lower()]
        year = int(match["year"]) if match["year"] else _nearest_year(month, 1, base, future)
        return _month(year, month) if year else None
    match = _YEAR.fullmatch(phrase)
    if match:
        return _year(int(match["year"]))
    match = _DECADE.fullmatch(phrase)
    if match:
        year = int(match["year"])
        return DateSpan(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 10, 1, 1, tzinfo=UTC), "decade")
    return None


def _relative(phrase: str, base: datetime, future: bool) -> DateSpan | None:
    low = phrase.lower()
    if low in _NEAR:
        return _day(base + timedelta(days=_NEAR[low]))
    match = _WEEKDAY.fullmatch(phrase)
    if match:
        return _weekday(_DAYS[match["day"].lower()], (match["which"] or "").lower(), base, future)
    match = _RELATIVE.fullmatch(phrase)
    if match:
        step = {"last": -1, "past": -1, "previous": -1, "this": 0, "next": 1}[match["which"].lower()]
        return _period(match["unit"].lower(), step, base)
    match = _AGO.fullmatch(phrase)
    if match:
        word = match["count"].lower()
        count = (int(word) if word.isdigit() else _COUNTS[word]) * (1 if match["way"].lower() == "later" else -1)
        unit = match["unit"].lower()
        if unit in ("day", "week"):
            at = _day(base + timedelta(days=count * (7 if unit == "week" else 1)))
            return at if unit == "day" else _period("week", 0, at.start)
        return _period(unit, count, base)
    return None


def _weekday(day: int, which: str, base: datetime, future: bool) -> DateSpan:
    """The day itself when it is today; last and next by name; else the side the sentence speaks of (the past by default)."""
    ahead = (day - base.weekday()) % 7
    if which == "next" or (which != "last" and future and ahead):
        return _day(base + timedelta(days=ahead or 7))
    if which == "last":
        return _day(base - timedelta(days=(7 - ahead) % 7 or 7))
    return _day(base - timedelta(days=(7 - ahead) % 7))


def _period(unit: str, step: int, base: datetime) -> DateSpan | None:
    if unit in ("week", "weekend"):
        monday = base - timedelta(days=base.weekday()) + timedelta(days=7 * step)
        if unit == "weekend":
            return DateSpan(monday + timedelta(days=5), monday + timedelta(days=7), "week")
        return DateSpan(monday, monday + timedelta(days=7), "week")
    if unit == "year":
        return _year(base.year + step)
    months = base.year * 12 + base.month - 1
    if unit == "month":
        return _month(*_split(months + step))
    start = (months // 3 + step) * 3
    first, last = _split(start), _split(start + 3)
    return DateSpan(datetime(*first, 1, tzinfo=UTC), datetime(*last, 1, tzinfo=UTC), "quarter")


def _split(months: int) -> tuple[int, int]:
    return months // 12, months % 12 + 1


def _nearest_year(month: int, day: int, base: datetime | None, future: bool) -> int | None:
    """The year that puts month and day nearest to publication; the next one when the sentence looks ahead."""
    if base is None:
        return None
    years = (base.year - 1, base.year, base.year + 1)
    dates = [(year, datetime(year, month, min(day, 28), tzinfo=UTC)) for year in years]
    ahead = [(year, at) for year, at in dates if at >= base - timedelta(days=31)]
    if future and ahead:
        return ahead[0][0]
    # what happened is told more often than what comes: half a year is not symmetric
    return min(dates, key=lambda item: abs((item[1] - base).days) * (1 if item[1] <= base else 1.5))[0]


def _day(at: datetime) -> DateSpan:
    return DateSpan(at, at + timedelta(days=1), "day")


def _month(year: int, month: int) -> DateSpan:
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return DateSpan(datetime(year, month, 1, tzinfo=UTC), end, "month")


def _year(year: int) -> DateSpan:
    return DateSpan(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC), "year")


def _other(phrase: str, base: datetime | None) -> DateSpan | None:
    """What is left, by dateparser: only phrases with a month or figures, and only to the day."""
    if (
        len(phrase) > 40
        or not _WORTH.search(phrase)
        or re.fullmatch(r"[\d\s,.-]+", phrase)
        or re.search(r"\b(?:to|and|between)\b|[–—]", phrase)
    ):
        return None
    return _by_dateparser(phrase, base)


@lru_cache(maxsize=4096)
def _by_dateparser(phrase: str, base: datetime | None) -> DateSpan | None:
    import dateparser

    parsed = dateparser.parse(
        phrase,
        languages=["en"],
        settings={
            "TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "PREFER_DATES_FROM": "past",
            "REQUIRE_PARTS": ["day", "month"] if base else ["day", "month", "year"],
            **({"RELATIVE_BASE": base.replace(tzinfo=None)} if base else {}),
        },
    )
    if parsed is None:
        return None
    return _day(parsed.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
