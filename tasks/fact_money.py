"""Sums of money and percentages, by our own patterns: a library that reads "A$1.2 billion" as 1.2 is worse than none. Pure.

The tables are in `schemas/data/currencies.json`.
"""

import json
import re
from importlib.resources import files
from typing import Any

from schemas.entity_records import FoundFact
from schemas.reasons import FactKind

TABLES: dict[str, Any] = json.loads((files("schemas") / "data" / "currencies.json").read_text(encoding="utf-8"))
_SYMBOLS: dict[str, str] = TABLES["symbols"]
_WORDS: dict[str, str] = TABLES["words"]
_MULTIPLIERS: dict[str, float] = TABLES["multipliers"]
_SMALL: dict[str, float] = TABLES["small_numbers"]
_BARE = ("dollar", "cent")
_HUNDREDTHS = ("cent", "pence", "penny")


def _any_of(words: Any) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_LONG = rf"(?:{_any_of(word for word in _MULTIPLIERS if len(word) > 1)})s?"
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_CODE = "|".join(TABLES["codes"])
_CURRENCY = rf"(?P<currency>{_any_of(_SYMBOLS)}|(?:{_CODE})(?=\s?\d))"
_BEFORE = re.compile(
    rf"(?<![\w.]){_CURRENCY}\s?{_NUMBER}(?:[\s-]?(?P<long>{_LONG})\b|(?P<short>[kmbtKMBT])\b)?(?![\d%])",
)
# "$5-7 million", "between $5 and $7 million": the multiplier behind the second number is meant for both.
_TO = re.compile(
    rf"(?:\s?[-–—]\s?|\sto\s|\sand\s)(?P<second>(?:{_any_of(_SYMBOLS)})?\s?{_NUMBER}(?:[\s-]?(?P<long>{_LONG})\b|(?P<short>[kmbtKMBT])\b))"
)
_NAMED = rf"(?P<word>(?i:{_any_of(_WORDS)}))s?\b"
_AFTER = re.compile(rf"(?<![\w.$£€]){_NUMBER}(?:[\s-](?P<long>{_LONG}))?[\s-](?:(?P<code>{_CODE})\b|{_NAMED})")
_SPELLED = re.compile(rf"\b(?P<number>(?i:{_any_of(_SMALL)}))\s(?P<long>{_LONG})\s{_NAMED}")
_MINUS = re.compile(r"\b(?:minus|negative)\s$")
_PERCENT = re.compile(rf"(?<![\w.])(?P<sign>[-−–+](?=\d))?{_NUMBER}(?:\s?%|[\s-](?:per\s?cent|percent|pct)\b(?! point))")
_POINTS = re.compile(rf"(?<![\w.]){_NUMBER}[\s-](?P<unit>(?:percentage|basis) points?)\b")


def parse_number(number: str, multiplier: str | None) -> float:
    """The value of a number as written and its multiplier: ("1,200.5", "mn") is 1200500000; Indian grouping as well."""
    value = float(number.replace(",", ""))
    if not multiplier:
        return value
    word = " ".join(multiplier.lower().split())
    return round(value * (_MULTIPLIERS.get(word) or _MULTIPLIERS[word.rstrip("s")]), 6)


def find_money(text: str, dollar: str = "USD") -> list[FoundFact]:
    """Sums with their currency (ISO 4217); "$", "dollars" and "cents" alone are those of `dollar`."""
    found: list[FoundFact] = []
    for match in _BEFORE.finditer(text):
        currency, scale = match["currency"], match["long"] or match["short"]
        if currency == "R" and not scale and len(match["number"]) < 4:
            continue  # "R2" is a road or a robot
        unit = dollar if currency == "$" else _iso(_SYMBOLS.get(currency, currency))
        second = None if scale else _range_end(text, match)
        if second is not None:
            scale = second["long"] or second["short"]
            value = parse_number(second["number"], scale)
            found.append(
                FoundFact(FactKind.MONEY, *second.span("second"), text[slice(*second.span("second"))], value=value, unit=unit)
            )
        found.append(_fact(FactKind.MONEY, match, parse_number(match["number"], scale), unit))
    for match in _AFTER.finditer(text):
        word = (match["word"] or "").lower()
        value = parse_number(match["number"], match["long"])
        unit = (dollar if word in _BARE else _WORDS[word]) if word else _iso(match["code"])
        found.append(_fact(FactKind.MONEY, match, value / 100 if word in _HUNDREDTHS else value, unit))
    for match in _SPELLED.finditer(text):
        value = _SMALL[match["number"].lower()] * parse_number("1", match["long"])
        word = match["word"].lower()
        found.append(_fact(FactKind.MONEY, match, value, dollar if word in _BARE else _WORDS[word]))
    return _first_wins(found)


def _range_end(text: str, first: re.Match[str]) -> re.Match[str] | None:
    """The end of a range whose beginning has no multiplier; "and" needs "between" before it."""
    second = _TO.match(text, first.end())
    if second is None or parse_number(second["number"], None) <= parse_number(first["number"], None):
        return None
    between = text[max(0, first.start() - 9) : first.start()].rstrip().endswith("between")
    return second if between or not second.group().startswith(" and") else None


def find_percents(text: str) -> list[FoundFact]:
    """Percentages (unit "%") and percentage points (basis points are hundredths of them)."""
    found: list[FoundFact] = []
    for match in _PERCENT.finditer(text):
        # a dash between two numbers is a range, not a sign
        negative = match["sign"] in ("-", "−") and not text[max(0, match.start() - 1) : match.start()].isdigit()
        negative = negative or _MINUS.search(text[max(0, match.start() - 10) : match.start()]) is not None
        found.append(_fact(FactKind.PERCENT, match, (-1 if negative else 1) * parse_number(match["number"], None), "%"))
    for match in _POINTS.finditer(text):
        value = parse_number(match["number"], None) / (100 if match["unit"].startswith("basis") else 1)
        found.append(_fact(FactKind.PERCENT, match, value, "percentage points"))
    return _first_wins(found)


def _iso(code: str) -> str:
    return "CNY" if code == "RMB" else code


def _fact(kind: FactKind, match: re.Match[str], value: float, unit: str) -> FoundFact:
    return FoundFact(kind, match.start(), match.end(), match.group(), value=value, unit=unit)


def _first_wins(found: list[FoundFact]) -> list[FoundFact]:
    """Without overlaps: the earlier start, then the longer."""
    kept: list[FoundFact] = []
    for fact in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or kept[-1].end <= fact.start:
            kept.append(fact)
    return kept
