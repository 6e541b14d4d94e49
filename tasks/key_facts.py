"""What an event was, as far as two look-alikes differ in it: how strong, what score, which quarter, in which country.

An event has one of each; two reports that both say it and say otherwise are of two events, whatever words they share.
What grows while an event goes on (the dead, the damage, the votes counted) is no such fact, and is left out. Pure: the
world's places come from the knowledge file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tasks.knowledge import find_place, people_of
from tasks.term_words import LEAD_WORDS
from tasks.text import WORD, normal_form

_BITS = 24


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of fact: what it is called, how it is written (groups are given to `value`), how far apart it is the same."""

    name: str
    written: re.Pattern[str]
    value: Callable[[list[str]], int]
    tolerance: int = 0


_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def _score(found: list[str]) -> int:
    # either side may be named first
    high, low = sorted((int(found[0]), int(found[1])), reverse=True)
    return 1000 * high + low


# first figures of an earthquake are corrected by some tenths
_KINDS = (
    _Kind(
        "magnitude",
        re.compile(
            r"\bmagnitude(?:[ -]of)?[ -](\d(?:\.\d)?)\b|\b(\d\.\d)[ -]magnitude\b|\bM ?(\d\.\d)\b|"
            r"\b(?:measur\w+|register\w+|with a strength of) (\d\.\d)\b|\b(\d\.\d) on the (?:open-ended )?Richter\b",
            re.IGNORECASE,
        ),
        lambda found: round(10 * float(found[0])),
        tolerance=4,
    ),
    _Kind(
        "quarter",
        re.compile(r"\b(?:(first|second|third|fourth)[ -]quarter|Q([1-4]))\b", re.IGNORECASE),
        lambda found: _ORDINALS.get(found[0].lower()) or int(found[0]),
    ),
    _Kind("score", re.compile(r"(?<![\d.,/–-])(\d{1,3})[-–](\d{1,3})(?![\d.,/–-]|\w| (?:years?|percent|vote|year-old))"), _score),
)
_PLACE = len(_KINDS)
NAMES = (*(kind.name for kind in _KINDS), "country")
_TOLERANCES = (*(kind.tolerance for kind in _KINDS), 0)


def key_facts(title: str, text: str) -> bytes:
    """The facts of title and lead, each a kind and a value (u32, little-endian, ascending)."""
    head = normal_form("NFKC", f"{title}\n{text[: LEAD_WORDS * 16]}").replace("’", "'")
    words = list(WORD.finditer(head))
    if len(words) > LEAD_WORDS:
        head = head[: words[LEAD_WORDS].start()]
    found = {
        (place << _BITS) + kind.value([one for one in match.groups() if one])
        for place, kind in enumerate(_KINDS)
        for match in kind.written.finditer(head)
    }
    found.update((_PLACE << _BITS) + (ord(country[0]) << 8) + ord(country[1]) for country in _countries(head))
    return np.array(sorted(found), dtype="<u4").tobytes()


def _countries(text: str) -> Iterator[str]:
    """The ISO codes of the countries that a text names, or places or people of."""
    words = [match.group().removesuffix("'s") for match in WORD.finditer(text)]
    for place, word in enumerate(words):
        if not word[0].isupper():
            continue
        names = (" ".join(words[place : place + length]) for length in (3, 2, 1))
        known = next((found for name in names if (found := find_place(name)) is not None), None)
        if known is not None and len(known.country) == 2:
            yield known.country
    for word in words:
        people = people_of(word) if word[0].isupper() else None
        if people is not None and len(people[1]) == 2:
            yield people[1]


@lru_cache(maxsize=65536)
def against(one: bytes, other: bytes) -> tuple[str, ...]:
    """The kinds of fact of which both say something and have nothing in common."""
    mine, theirs = _by_kind(one), _by_kind(other)
    return tuple(
        NAMES[kind]
        for kind in sorted(mine.keys() & theirs.keys())
        if min(abs(value - its) for value in mine[kind] for its in theirs[kind]) > _TOLERANCES[kind]
    )


def _by_kind(facts: bytes) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for fact in np.frombuffer(facts, dtype="<u4").tolist():
        found.setdefault(fact >> _BITS, []).append(fact & ((1 << _BITS) - 1))
    return found
