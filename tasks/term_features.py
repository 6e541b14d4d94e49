"""What an article is about, as hashed terms: the words of its title and lead, and those of its whole text. Pure: no I/O.

Terms are words without case, possessive and plural; in scripts without spaces, runs of characters. A word of the
title counts like three of the text (the habit of news writing: the title names the event).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from tasks.key_facts import key_facts
from tasks.term_names import name_terms
from tasks.term_words import LEAD_WORDS, TEXT_WORDS, stem, term_id
from tasks.text import normal_form
from tasks.text import words as split_words

TITLE_POINTS = 3
MAX_POINTS = 255
# A word that the table of common words does not have is as rare as this.
RARE_SHARE = 0.0005
HEAVY_TERMS = 32


@dataclass(frozen=True, slots=True)
class Bag:
    """Terms with how often they were seen: `terms` little-endian u32 ascending, `points` u8 parallel to it."""

    terms: bytes
    points: bytes

    def term_list(self) -> list[int]:
        """The terms as integers."""
        found: list[int] = np.frombuffer(self.terms, dtype="<u4").tolist()
        return found


@dataclass(frozen=True, slots=True)
class Features:
    """The terms of title and lead, and of title and text. Needed to decide an article's story, not kept afterwards.

    `heavy` are the terms by which the article's story is looked for: the (at most 32) weightiest of title and lead by
    the table of common words alone, so that they are known before anything is looked up.
    """

    lead: Bag
    body: Bag
    heavy: tuple[int, ...]
    names: frozenset[int] = frozenset()
    facts: bytes = b""


def features_of(title: str, text: str, language: str | None = None) -> Features:
    """The terms of an article. Pure and the same on every machine; may run in a worker process."""
    titled = Counter({term: TITLE_POINTS * count for term, count in Counter(terms_of(title)).items()})
    terms = _terms(_tokens(text, TEXT_WORDS))
    lead_terms = (term for position, term in terms if position < LEAD_WORDS)
    lead = _bag(titled, lead_terms)
    body = _bag(titled, (term for _, term in terms))
    common = common_words(language)
    return Features(lead, body, _heavy(lead, common), name_terms(title, text, common), key_facts(title, text))


def _heavy(lead: Bag, common: Mapping[int, float]) -> tuple[int, ...]:
    weights = {
        term: (1 + math.log(points)) * -math.log(max(common.get(term, 0.0), RARE_SHARE))
        for term, points in zip(lead.term_list(), lead.points, strict=True)
    }
    return tuple(sorted(weights, key=lambda term: (-weights[term], term))[:HEAVY_TERMS])


def common_words(language: str | None) -> Mapping[int, float]:
    """Share of English articles whose title or lead has the word, by term; empty for other languages."""
    return _english() if language in (None, "", "en") else {}


@lru_cache(maxsize=1)
def _english() -> dict[int, float]:
    table = (files("tasks") / "data" / "common_words.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {term_id(word): int(per_mille) / 1000 for word, per_mille in rows}


def _bag(titled: Counter[int], terms: Iterable[int]) -> Bag:
    points = titled + Counter(terms)
    ordered = sorted(points)
    return Bag(np.array(ordered, dtype="<u4").tobytes(), bytes(min(points[term], MAX_POINTS) for term in ordered))


def terms_of(text: str) -> list[int]:
    """The terms of a text, in order."""
    return [term for _, term in _terms(_tokens(text, TEXT_WORDS))]


def _tokens(text: str, limit: int) -> list[str]:
    # A word is seldom longer than 16 characters: do not fold a whole book for its first lines.
    head = normal_form("NFKC", text[: limit * 16]).casefold().replace("’", "'")
    return split_words(head)[:limit]


def _terms(tokens: list[str]) -> list[tuple[int, int]]:
    """(position, term) of each word, or of each run of characters in scripts without spaces."""
    found = []
    for position, token in enumerate(tokens):
        if len(token) > 1:
            found.append((position, term_id(stem(token))))
        elif run := _run(tokens, position):
            found.append((position, term_id(run)))
    return found


def _run(tokens: list[str], position: int) -> str:
    """The characters from a position on that make a term: two, of Thai, Lao, Burmese and Khmer four; '' where they end."""
    token = tokens[position]
    size = 2 if token >= "\u1800" else 4
    run = tokens[position : position + size]
    return "".join(run) if token > "\u0e00" and len(run) == size and all(len(one) == 1 for one in run) else ""


def words_of_terms(title: str, text: str, terms: Iterable[int]) -> list[str]:
    """The words of an article's title and lead that stand behind terms, in the order of `terms`."""
    written = normal_form("NFKC", f"{title}\n{text[: LEAD_WORDS * 16]}").replace("’", "'")
    tokens = split_words(written)[: LEAD_WORDS + 60]
    spelled: dict[int, str] = {}
    for position, token in enumerate(tokens):
        if len(token) > 1:
            spelled.setdefault(term_id(stem(token.casefold())), token.removesuffix("'s"))
        elif run := _run(tokens, position):
            spelled.setdefault(term_id(run.casefold()), run)
    return [spelled[term] for term in terms if term in spelled]
