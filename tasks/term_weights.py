"""How much each term of an article weighs: TF-IDF with document frequencies of its week and those before (`tasks.term_weeks`).

A vector is made once and kept (incremental IDF, Allan et al. 1998: weights are not revised later), so that a stored
article is compared tomorrow with the figures it had yesterday. A small table of common English words stands in for
the counts that a young store does not have yet.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.signatures import Signature
from tasks.story_marks import Marks, sample
from tasks.term_features import Bag, Features, common_words

# The table of common words speaks with the voice of so many articles.
PRIOR_DOCUMENTS = 6000
# Vectors have this length; products of two fit easily into 64 bits.
UNIT = 1 << 15
# What is kept of an article: its heaviest terms.
LEAD_TERMS = 64
BODY_TERMS = 96


@dataclass(frozen=True, slots=True)
class Vector:
    """The weighted terms of an article, of title and lead and of the whole text: a row of `story_vectors`.

    Terms are little-endian u32 ascending, weights u16 parallel to them; the weights' Euclidean length is 32,768.
    `lead_size` is how many terms title and lead had, `day` and `frames` (stored there) as in `tasks.signatures.Signature`.
    """

    article_id: int
    day: int | None
    lead_size: int
    lead_terms: bytes
    lead_weights: bytes
    body_terms: bytes
    body_weights: bytes
    names: bytes = b""
    facts: bytes = b""
    frames: bytes = b""


def vector_of(signature: Signature, features: Features, frequencies: Mapping[int, float], documents: float) -> Vector:
    """The vector of an article, given in how many titles and leads of `documents` earlier ones each term was."""
    common = common_words(signature.language)
    lead = _weighted(features.lead, common, frequencies, documents, LEAD_TERMS)
    body = _weighted(features.body, common, frequencies, documents, BODY_TERMS)
    named = np.isin(np.frombuffer(lead[0], dtype="<u4"), np.fromiter(features.names, dtype="<u4", count=len(features.names)))
    return Vector(
        signature.article_id,
        signature.day,
        len(features.lead.points),
        *lead,
        *body,
        np.packbits(named).tobytes(),
        features.facts,
        signature.frames,
    )


def _weighted(
    bag: Bag, common: Mapping[int, float], frequencies: Mapping[int, float], documents: float, limit: int
) -> tuple[bytes, bytes]:
    prior = PRIOR_DOCUMENTS if common else 0
    terms = np.frombuffer(bag.terms, dtype="<u4")
    seen = [frequencies.get(term, 0) + common.get(term, 0.0) * prior for term in terms.tolist()]
    idf = np.log((documents + prior + 2) / (np.array(seen, dtype=np.float64) + 1.5))
    values = (1 + np.log(np.frombuffer(bag.points, dtype=np.uint8).astype(np.float64))) * np.maximum(idf, 0.05)
    if len(terms) > limit:
        # stable, so that of equal ones the smaller hash stays
        kept = np.sort(np.argsort(-values, kind="stable")[:limit])
        terms, values = terms[kept], values[kept]
    length = math.sqrt(float((values * values).sum()))
    scaled = np.maximum(np.rint(values * (UNIT / length)), 1) if length else values
    return terms.astype("<u4").tobytes(), scaled.astype("<u2").tobytes()


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of weighted terms: `terms` u32 ascending, `sums` i64 parallel to it. Exact, whatever the order of summing."""

    terms: NDArray[np.uint32]
    sums: NDArray[np.int64]

    def plus(self, other: "Sum") -> "Sum":
        """Both sums together."""
        terms, places = np.unique(np.concatenate((self.terms, other.terms)), return_inverse=True)
        sums = np.zeros(len(terms), dtype=np.int64)
        np.add.at(sums, places, np.concatenate((self.sums, other.sums)))
        return Sum(terms, sums)

    def products(self, other: "Sum") -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """(shared terms, product of the sums of each)."""
        terms, mine, theirs = np.intersect1d(self.terms, other.terms, assume_unique=True, return_indices=True)
        return terms, self.sums[mine] * other.sums[theirs]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the articles of a story are about: the sums of their vectors, how many they are, and from when to when."""

    lead: Sum
    body: Sum
    count: int
    lead_sizes: int
    first_day: int | None
    last_day: int | None
    marks: tuple[Marks, ...] = ()

    @property
    def lead_size(self) -> int:
        """How many terms title and lead of an article of it have on average."""
        return self.lead_sizes // max(1, self.count)

    def days_from(self, other: "Profile") -> int | None:
        """Days that lie between the two; None where one has no time."""
        if self.first_day is None or self.last_day is None or other.first_day is None or other.last_day is None:
            return None
        return max(self.first_day - other.last_day, other.first_day - self.last_day, 0)

    def plus(self, other: "Profile") -> "Profile":
        """The profile of both together."""
        days = [day for day in (self.first_day, self.last_day, other.first_day, other.last_day) if day is not None]
        return Profile(
            self.lead.plus(other.lead),
            self.body.plus(other.body),
            self.count + other.count,
            self.lead_sizes + other.lead_sizes,
            min(days, default=None),
            max(days, default=None),
            sample((*self.marks, *other.marks)),
        )


def marks_of(vector: Vector) -> Marks:
    """What says that an article is of another event than others."""
    terms = np.frombuffer(vector.lead_terms, dtype="<u4")
    # rows of before have no names
    bits = vector.names.ljust((len(terms) + 7) // 8, b"\0")
    named = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=len(terms)).astype(np.bool_)
    weights = np.frombuffer(vector.lead_weights, dtype="<u2")
    names = tuple(zip(terms[named].tolist(), weights[named].tolist(), strict=True))
    return Marks(names, vector.facts, vector.frames, vector.day)


def profile_of(vector: Vector) -> Profile:
    """The profile of one article."""
    lead = Sum(np.frombuffer(vector.lead_terms, dtype="<u4"), np.frombuffer(vector.lead_weights, dtype="<u2").astype(np.int64))
    body = Sum(np.frombuffer(vector.body_terms, dtype="<u4"), np.frombuffer(vector.body_weights, dtype="<u2").astype(np.int64))
    return Profile(lead, body, 1, vector.lead_size, vector.day, vector.day, (marks_of(vector),))


def sum_profiles(profiles: Sequence[Profile]) -> Profile:
    """The profile of all together; of none (a story whose counted article is being placed anew), an empty one."""
    if not profiles:
        nothing = Sum(np.empty(0, dtype="<u4"), np.empty(0, dtype=np.int64))
        return Profile(nothing, nothing, 0, 0, None, None)
    total = profiles[0]
    for profile in profiles[1:]:
        total = total.plus(profile)
    return total


def mean_cosine(one: Sum, one_count: int, other: Sum, other_count: int) -> float:
    """The mean cosine between the articles of two stories (of one story with itself: its tightness)."""
    _, products = one.products(other)
    return float(products.sum()) / (UNIT * UNIT * max(1, one_count * other_count))


def shared_terms(one: Profile, other: Profile, limit: int) -> list[int]:
    """The terms of title and lead that make two profiles alike, the weightiest first."""
    terms, products = one.lead.products(other.lead)
    return [int(terms[place]) for place in np.argsort(-products, kind="stable")[:limit]]
