"""Which terms of a title and lead are names, and which figures say what was measured, played or reported. Pure: no I/O.

Two reports of one event share its names: who, where, what it is called. Two look-alikes (two earthquakes, two matches,
two quarterly results) share the other words. A name is known by its capital letter where no sentence starts; scripts
without capitals have none, and a German noun is one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tasks.term_words import LEAD_WORDS, stem, term_id
from tasks.text import WORD, normal_form

# A title with more capitals than this is written in them, whatever is a name.
_TITLE_CASE = 0.6
# A name in more than this share of all articles says nothing.
_COMMON = 0.03
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;•|\n])[\s\"'“”‘’«»(\[–—-]*$")


def name_terms(title: str, text: str, common: Mapping[int, float]) -> frozenset[int]:
    """The terms of title and lead that are names: more often with a capital inside of a sentence than without one.

    Those that many articles have ("Monday", "President": by the table of common words) tell no event from another.
    """
    head = normal_form("NFKC", text[: LEAD_WORDS * 16]).replace("’", "'")
    seen = Counter(_votes(head, LEAD_WORDS))
    heading = normal_form("NFKC", title).replace("’", "'")
    words = [match.group() for match in WORD.finditer(heading)]
    if sum(word[0].isupper() for word in words) <= _TITLE_CASE * len(words):
        seen.update(_votes(heading, len(words)))
    named: Counter[int] = Counter()
    for (term, capital), times in seen.items():
        named[term] += times if capital else -times
    return frozenset(term for term, votes in named.items() if votes > 0 and common.get(term, 0.0) < _COMMON)


def _votes(text: str, limit: int) -> Iterator[tuple[int, bool]]:
    """(term, whether it has a capital) of each word where no sentence starts."""
    for place, match in enumerate(WORD.finditer(text)):
        if place >= limit:
            return
        word = match.group()
        if len(word) < 2 or word[0].isdigit() or _SENTENCE_START.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        yield term_id(stem(word.casefold())), word[0].isupper()
