"""What says that two look-alikes are of two events, whatever words they share. Pure: no I/O.

Two earthquakes, two matches, two companies' results are told in the same words: there, another country, strength or
quarter, or other names, are another event. A template that its outlet filled in anew on another day is never one event.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tasks.frames import filled_in_anew
from tasks.key_facts import against, in_one_country, of_one_kind
from tasks.story_settings import StorySettings

# So many articles of a story speak for all of them: the work must not grow with it.
SAMPLE = 12
# Fewer names say nothing by being others.
LEAST_NAMES = 2
NAMES, TEMPLATE = "names", "template"


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one article: the names in title and lead (term, weight; terms ascending), its facts, its figures' frames, its day."""

    names: tuple[tuple[int, int], ...]
    facts: bytes
    frames: bytes
    day: int | None


def contradictions(one: Marks, other: Marks, settings: StorySettings) -> tuple[str, ...]:
    """In what two articles contradict each other: `names`, kinds of fact, `template`."""
    found: tuple[str, ...] = ()
    if of_one_kind(one.facts, other.facts):
        found = _of_two_events(one, other, settings)
    if one.frames and other.frames and one.day != other.day and filled_in_anew(one.frames, other.frames):
        found = (*found, TEMPLATE)
    return found


def _of_two_events(one: Marks, other: Marks, settings: StorySettings) -> tuple[str, ...]:
    """What says that two reports of one kind are of two events; where names are shared, other figures are corrections."""
    named = min(len(one.names), len(other.names)) >= LEAST_NAMES
    names = alike(one.names, other.names) if named else 0.0
    if names >= settings.names_alike:
        return ()
    found = against(one.facts, other.facts)
    apart = named and names < settings.least_names_alike and not in_one_country(one.facts, other.facts)
    return (NAMES, *found) if apart else found


@lru_cache(maxsize=65536)
def alike(one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]) -> float:
    """The cosine of the names of two articles."""
    theirs = dict(other)
    product = sum(weight * theirs.get(term, 0) for term, weight in one)
    return product / math.sqrt(sum(weight * weight for _, weight in one) * sum(weight * weight for _, weight in other))


def cost(one: Marks, other: Marks, settings: StorySettings) -> float:
    """What the contradictions between two articles lower their likeness by."""
    found = contradictions(one, other, settings)
    if not found:
        return 0.0
    return settings.template_cost if TEMPLATE in found else settings.event_cost


def mean_cost(some: Sequence[Marks], others: Sequence[Marks], settings: StorySettings) -> float:
    """The mean cost over all pairs of articles of two stories."""
    costs = [cost(one, other, settings) for one in some for other in others]
    return sum(costs) / len(costs) if costs else 0.0


def sample(marks: Sequence[Marks]) -> tuple[Marks, ...]:
    """At most so many of the marks of a story's articles: the same ones in whatever order they come (bottom-k)."""
    return tuple(marks) if len(marks) <= SAMPLE else tuple(sorted(marks, key=_place)[:SAMPLE])


@lru_cache(maxsize=65536)
def _place(marks: Marks) -> tuple[int, bytes]:
    whole = np.array(marks.names, dtype="<u4").tobytes() + marks.facts + marks.frames + str(marks.day).encode()
    return zlib.crc32(whole), whole
