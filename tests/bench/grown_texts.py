"""Made-up articles of the size that news have: Zipf words, names that stand where the mentions say, stories told several times.

480 words in the middle (40 to 2,500), 20 mentions of nine entities and five facts an article; one in twenty is a copy of the
article before it with another headline and a line in front. Three articles in a row tell one story: they share its names and
half of their rarer words. An article depends on its number alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.entity_records import ArticleEntities, FoundEntity, FoundFact, FoundMention
from schemas.reasons import EntityType, FactKind

LAST = datetime(2026, 9, 30, 12, tzinfo=UTC)  # when the last article appeared
A_DAY = 1_250
TELLINGS = 3
OUTLETS = 400
MENTIONS = 20
ENTITIES = 9  # an article
FACTS = 5
VOCABULARY = 60_000
MOST_MADE = 200_000  # articles that are made one by one; see `tests.bench.grown_far`
_SYLLABLES = [a + b for a in ("b", "ch", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w") for b in "aeiou"]
_ENDS = ["", "n", "r", "s", "t", "ng", "l", "nd"]
_TYPES = (EntityType.PERSON, EntityType.ORG, EntityType.PLACE)


@dataclass(frozen=True, slots=True)
class Made:
    """One article; `found` as the entity step would find it, `names` the number of each of its entities."""

    number: int
    at: datetime
    story: int
    title: str
    text: str
    found: ArticleEntities
    names: tuple[int, ...]
    original: "Made | None"  # that it is a copy of
    words: NDArray[np.int32]  # of the vocabulary

    outlet: int
    url: str


@cache
def vocabulary() -> tuple[list[str], NDArray[np.float64]]:
    """(words, the commonest first and shorter; how often a word is among the first so many of them, 0 to 1)."""
    rng = np.random.default_rng(3)
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        most = 1 + int(np.log10(len(words) + 10))  # syllables
        parts = [_SYLLABLES[one] for one in rng.integers(0, len(_SYLLABLES), int(rng.integers(1, most + 1)))]
        words["".join(parts) + _ENDS[int(rng.integers(0, len(_ENDS)))]] = None
    shares = 1 / (np.arange(VOCABULARY) + 2.7)  # Zipf and Mandelbrot
    return list(words), np.cumsum(shares) / shares.sum()


@lru_cache(maxsize=500_000)
def name_of(entity: int) -> str:
    """The name of an entity: two words, and no two entities have the same."""
    first = _SYLLABLES[entity % 80] + _ENDS[entity // 80 % 8]
    last, rest = "", entity // 640
    while rest or len(last) < 4:
        last, rest = last + _SYLLABLES[(rest * 7 + entity) % 80], rest // 80
    return f"{first.capitalize()} {last.capitalize()}{entity % 97 if entity > 5_000_000 else ''}"


def type_of(entity: int) -> EntityType:
    """What an entity is."""
    return _TYPES[entity % 3]


def articles(first: int, last: int, total: int) -> list[Made]:
    """The articles with these numbers, of `total` in all: the last one appeared at `LAST`."""
    made: list[Made] = []
    for number in range(first, last):
        if number % 20 == 19:
            made.append(_copy(made[-1] if made else article(number - 1, total), number, total))
        else:
            made.append(article(number, total))
    return made


def entities_in(total: int) -> int:
    """How many entities there are to be named in a store of so many articles."""
    return max(60, min(total, MOST_MADE) // 2)


def _place(number: int, title: str, at: datetime) -> tuple[int, str]:
    """(number of its outlet, its address)."""
    outlet, slug = number * 7919 % OUTLETS, title.lower().replace(" ", "-")
    return outlet, f"https://www.outlet{outlet}.example/{at:%Y/%m/%d}/{slug}-{number:07d}"


def _at(number: int, total: int) -> datetime:
    return LAST - timedelta(days=(total - 1 - number) / A_DAY)


def article(number: int, total: int, story: int | None = None) -> Made:
    """An article that tells the story of its number, or another one."""
    words, shares = vocabulary()
    story = number // TELLINGS if story is None else story
    rng, of_story = np.random.default_rng((1, number)), np.random.default_rng((2, story))
    length = int(np.clip(rng.lognormal(np.log(480), 0.5), 40, 2500))
    drawn = np.searchsorted(shares, rng.random(length)).astype(np.int32)
    told = np.searchsorted(shares, 0.55 + 0.45 * of_story.random(40)).astype(np.int32)  # what the story is about
    places = rng.random(length) < np.linspace(0.35, 0.12, length)
    drawn[places] = told[rng.integers(0, len(told), int(places.sum()))]
    few = np.log(entities_in(total))
    own, shared = np.exp(rng.random(ENTITIES - 5) * few), np.exp(of_story.random(5) * few)
    names = tuple(dict.fromkeys((np.concatenate((shared, own)) - 1).astype(int).tolist()))
    headline = [*told[:5].tolist(), *drawn[:3].tolist()]
    title = " ".join(words[one] for one in headline).capitalize()
    text, found = _text(rng, drawn, names, words)
    return Made(number, (at := _at(number, total)), story, title, text, found, names, None, drawn, *_place(number, title, at))


def _copy(original: Made, number: int, total: int) -> Made:
    front = f"First printed elsewhere, number {number % 1000}.\n"
    shift = len(front)
    mentions = tuple(
        FoundMention(m.entity, m.start + shift, m.end + shift, m.surface, m.sentence + 1, m.role, m.in_title, m.in_lead)
        for m in original.found.mentions
    )
    facts = tuple(
        FoundFact(f.kind, f.start + shift, f.end + shift, f.surface, f.value, f.unit, f.instant_from, f.instant_to)
        for f in original.found.facts
    )
    found = ArticleEntities(original.found.entities, mentions, facts)
    title = f"{original.title} again"
    text, at = front + original.text, _at(number, total)
    place = _place(number, title, at)
    return Made(number, at, original.story, title, text, found, original.names, original, original.words, *place)


def _text(rng: Any, drawn: NDArray[np.int32], names: Sequence[int], words: list[str]) -> tuple[str, ArticleEntities]:
    """(text, what stands in it). A sentence has 18 words, a paragraph three sentences."""
    tokens = [words[one] for one in drawn.tolist()]
    count = len(tokens)
    spots = np.sort(rng.choice(count, min(count, MENTIONS + FACTS), replace=False)).tolist()
    facts = set(spots[:: (len(spots) // FACTS) or 1][:FACTS])
    who: dict[int, int] = {}
    for turn, spot in enumerate(spot for spot in spots if spot not in facts):
        entity = turn % len(names) if turn % 3 else 0  # the first is named most often
        full = name_of(names[entity])
        who[spot] = entity
        tokens[spot] = full if turn < len(names) else full.split(" ")[1]
    for spot in facts:
        tokens[spot] = f"{1 + spot * 7 % 97} per cent"
    for end in range(17, count, 18):
        tokens[end] += ".\n" if end % 54 == 53 else "."
    tokens[-1] = tokens[-1].rstrip(".\n") + "."
    starts, place = [], 0
    pieces = [token if token.endswith("\n") else token + " " for token in tokens]
    starts = [0, *accumulate(map(len, pieces))]
    mentions, figures = [], []
    for spot in spots:
        surface, place = tokens[spot].rstrip(".\n"), starts[spot]
        if spot in who:
            mentions.append(FoundMention(who[spot], place, place + len(surface), surface, spot // 18, None, False, spot < 60))
        else:
            value = float(surface.split(" ")[0])
            figures.append(FoundFact(FactKind.PERCENT, place, place + len(surface), surface, value, "percent"))
    return "".join(pieces).rstrip(), ArticleEntities(_entities(names, mentions), tuple(mentions), tuple(figures))


def _entities(names: Sequence[int], mentions: Sequence[FoundMention]) -> tuple[FoundEntity, ...]:
    made = []
    for place, number in enumerate(names):
        name, kind = name_of(number), type_of(number)
        count = sum(one.entity == place for one in mentions)
        clues = (f"field:{number % 12}", f"with:{name_of(names[place - 1]).lower()}", "year:2026") if kind == "PERSON" else ()
        made.append(FoundEntity(name, kind, (name,), count, clues=clues))
    return tuple(made)


def digest(*parts: object) -> str:
    """40 hexadecimal digits, as SHA-1 has."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=20).hexdigest()
