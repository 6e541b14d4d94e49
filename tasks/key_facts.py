"""Events that are told in the same words again and again (earthquakes, matches, results), and what tells one from another.

Two reports of one kind share most of their words and yet tell of two events: what they say of its place, strength or
quarter decides. What grows while an event goes on (the dead, the damage, the votes counted) is no such fact, and is left
out. Of other texts nothing is kept. Pure: the world's places come from the knowledge file.
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

    def found(self, text: str) -> Iterator[int]:
        """The values that a text has of it."""
        for match in self.written.finditer(text):
            yield self.value([one for one in match.groups() if one])


_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
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
)
_MAGNITUDE, _QUARTER = range(len(_KINDS))
# 2 was the score of a match in rows of before, whose reports name too many
_PLACE, _EVENT = 3, 4
_NAMES = {number: kind.name for number, kind in enumerate(_KINDS)} | {_PLACE: "country"}
_TOLERANCES = {number: kind.tolerance for number, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True)
class _Event:
    """A kind of event: title (a line) and lead have a word of each of `lines`; the kinds of fact that tell one from another."""

    facts: tuple[int, ...]
    lines: tuple[re.Pattern[str], ...]


def _event(facts: tuple[int, ...], *lines: str) -> _Event:
    return _Event(facts, tuple(re.compile(line, re.IGNORECASE) for line in lines))


_EVENTS = (
    _event(  # an earthquake, which the title names or the lead measures
        (_MAGNITUDE, _PLACE),
        r"\b(?:earth)?quakes?\b|\btremors?\b|\btemblors?\b",
        r"\A[^\n]*quakes?\b|\bmagnitude\b|\brichter\b|\bepicent(?:er|re)\b|\baftershocks?\b|\bseismolog\w+|\bgeological\b",
    ),
    _event(  # a match and its score
        (),
        r"(?<![\d.,/–-])\d{1,3}[-–]\d{1,3}(?![\d.,/–-]|\w| (?:years?|percent|vote|ruling|decision|year-old))",
        r"\b(?:match|game|goals?|innings|league|cup|tournament|playoffs?|season|half-time|touchdown|striker|quarterback)\b",
        r"\b(?:beat|beats|beaten|w[io]ns?|winning|lost|loses?|dr[ae]ws?|defeat(?:s|ed)?|victory|rout(?:s|ed)?|edged?)\b",
    ),
    _event(  # a company's results
        (_QUARTER,),
        r"\b(?:quarter(?:ly)?|half-year|full-year|fiscal|Q[1-4])\b",
        r"\b(?:profits?|earnings|net income|net loss|operating loss)\b",
        r"\b(?:revenues?|sales|shares?|dividend|analysts?|forecast|outlook|guidance)\b",
    ),
)


def key_facts(title: str, text: str) -> bytes:
    """The kinds of event that title and lead tell of, with their facts, each a kind and a value (u32, ascending)."""
    head = normal_form("NFKC", f"{title}\n{text[: LEAD_WORDS * 16]}").replace("’", "'")
    words = list(WORD.finditer(head))
    if len(words) > LEAD_WORDS:
        head = head[: words[LEAD_WORDS].start()]
    events = [number for number, event in enumerate(_EVENTS) if all(line.search(head) for line in event.lines)]
    found = {(_EVENT << _BITS) + number for number in events}
    for kind in {kind for number in events for kind in _EVENTS[number].facts}:
        found.update((kind << _BITS) + value for value in (_countries(head) if kind == _PLACE else _KINDS[kind].found(head)))
    return np.array(sorted(found), dtype="<u4").tobytes()


def _countries(text: str) -> Iterator[int]:
    """The countries (two letters as a number) that a text names, or places or people of."""
    words = [match.group().removesuffix("'s") for match in WORD.finditer(text)]
    for place, word in enumerate(words):
        if not word[0].isupper():
            continue
        names = (" ".join(words[place : place + length]) for length in (3, 2, 1))
        known = next((found for name in names if (found := find_place(name)) is not None), None)
        if known is not None and len(known.country) == 2:
            yield _code(known.country)
    for word in words:
        people = people_of(word) if word[0].isupper() else None
        if people is not None and len(people[1]) == 2:
            yield _code(people[1])


def _code(country: str) -> int:
    return (ord(country[0]) << 8) + ord(country[1])


def of_one_kind(one: bytes, other: bytes) -> bool:
    """Whether both tell of an event of one kind."""
    return bool(one and other) and _share(one, other, _EVENT)


def in_one_country(one: bytes, other: bytes) -> bool:
    """Whether both name a country, or places or people of it."""
    return _share(one, other, _PLACE)


def _share(one: bytes, other: bytes, kind: int) -> bool:
    return not _by_kind(one).get(kind, frozenset()).isdisjoint(_by_kind(other).get(kind, frozenset()))


@lru_cache(maxsize=65536)
def against(one: bytes, other: bytes) -> tuple[str, ...]:
    """The kinds of fact of which both say something and have nothing in common."""
    mine, theirs = _by_kind(one), _by_kind(other)
    return tuple(
        _NAMES[kind]
        for kind in sorted(mine.keys() & theirs.keys() & _NAMES.keys())
        if min(abs(value - its) for value in mine[kind] for its in theirs[kind]) > _TOLERANCES.get(kind, 0)
    )


@lru_cache(maxsize=4096)
def _by_kind(facts: bytes) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for fact in np.frombuffer(facts, dtype="<u4").tolist():
        found.setdefault(fact >> _BITS, set()).add(fact & ((1 << _BITS) - 1))
    return {kind: frozenset(values) for kind, values in found.items()}
