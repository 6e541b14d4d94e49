"""Which of some articles (and stories) tell of one event: the whole neighbourhood at once, whatever order they came in.

Agglomerative clustering: the two that are most alike beyond what is asked of them become one, until no two are. Group
average linkage, corrected for the breadth of a story (Manning et al. 2008, ch. 17.3). Pure: no Prefect, no I/O.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.story_marks import mean_cost
from tasks.story_settings import StorySettings
from tasks.term_weights import UNIT, Profile, Sum, mean_cosine

F64 = NDArray[np.float64]
_NEVER = -9.0


def likeness(one: Profile, other: Profile, settings: StorySettings) -> float:
    """How alike two stories are (or a story and an article): square roots of mean cosines, less the days between."""
    days = one.days_from(other)
    return (
        (1 - settings.body_share) * math.sqrt(_corrected(one.lead, one.count, other.lead, other.count, settings))
        + settings.body_share * math.sqrt(_corrected(one.body, one.count, other.body, other.count, settings))
        - settings.per_day * (settings.unknown_days if days is None else days)
        - mean_cost(one.marks, other.marks, settings)
    )


def _corrected(one: Sum, one_count: int, other: Sum, other_count: int, settings: StorySettings) -> float:
    between = mean_cosine(one, one_count, other, other_count)
    for part, count in ((one, one_count), (other, other_count)):
        if count > 1 and between:
            power = settings.breadth * min(1.0, (count - 1) / (settings.breadth_articles - 1))
            between /= mean_cosine(part, count, part, count) ** power
    return between


def threshold(lead_size: int, settings: StorySettings) -> float:
    """The likeness an article needs to join: 48 terms and more are a full lead, 12 and fewer a headline."""
    return settings.join - settings.headline_discount * min(1.0, max(0.0, (48 - lead_size) / 36))


def needed(one: Profile, other: Profile, settings: StorySettings) -> float:
    """The likeness asked of these two to be one story: more of two stories than of an article and a story."""
    factor = settings.merge_factor if min(one.count, other.count) > 1 else 1.0
    return factor * threshold(min(one.lead_size, other.lead_size), settings)


def partition(units: Sequence[Profile], settings: StorySettings) -> list[list[int]]:
    """The units (by their places) that tell of one event together. Ties go to those that stand first."""
    table = _Table(units, settings)
    while table.join_best():
        pass
    return table.groups()


def most_central(tellings: Sequence[Profile]) -> int:
    """The place of the telling whose title and lead have most in common with the others'; of two the one that is first."""
    products = _products([telling.lead for telling in tellings])
    return int((products.sum(axis=1) - np.diagonal(products)).argmax())


@dataclass(slots=True)
class _Clusters:
    """The figures of each cluster, as arrays by its place: what likeness is made of, but the sums of products."""

    count: F64
    lead_sizes: F64
    first: F64
    last: F64


class _Table:
    """What each two clusters exceed the likeness asked of them by; a cluster stands where its first unit stood."""

    def __init__(self, units: Sequence[Profile], settings: StorySettings) -> None:
        self._settings = settings
        self._lead = _products([unit.lead for unit in units])
        self._body = _products([unit.body for unit in units])
        self._against = _costs(units, settings)
        self._of = _Clusters(
            np.array([unit.count for unit in units], dtype=np.float64),
            np.array([unit.lead_sizes for unit in units], dtype=np.float64),
            np.array([np.nan if unit.first_day is None else unit.first_day for unit in units], dtype=np.float64),
            np.array([np.nan if unit.last_day is None else unit.last_day for unit in units], dtype=np.float64),
        )
        self._alive = np.ones(len(units), dtype=np.bool_)
        self._members = [[place] for place in range(len(units))]
        self._over = np.stack([self._row(place) for place in range(len(units))])

    def join_best(self) -> bool:
        """Makes one of the two that exceed what is asked by most; False when no two do."""
        place = int(self._over.argmax())
        one, other = divmod(place, len(self._over))
        if self._over[one, other] < 0:
            return False
        one, other = min(one, other), max(one, other)
        for products in (self._lead, self._body, self._against):
            own = products[one, one] + products[other, other] + 2 * products[one, other]
            products[one] += products[other]
            products[:, one] = products[one]
            products[one, one] = own
        of = self._of
        of.count[one] += of.count[other]
        of.lead_sizes[one] += of.lead_sizes[other]
        of.first[one] = np.fmin(of.first[one], of.first[other])
        of.last[one] = np.fmax(of.last[one], of.last[other])
        self._members[one] += self._members[other]
        self._alive[other] = False
        self._over[other] = self._over[:, other] = _NEVER
        self._over[one] = self._over[:, one] = self._row(one)
        return True

    def groups(self) -> list[list[int]]:
        """The places of each cluster's units."""
        return [sorted(self._members[place]) for place in np.flatnonzero(self._alive).tolist()]

    def _row(self, place: int) -> F64:
        """By how much each other cluster exceeds the likeness asked of it and the one at `place`."""
        settings, of = self._settings, self._of
        days = np.maximum(np.maximum(of.first[place] - of.last, of.first - of.last[place]), 0)
        alike = (
            (1 - settings.body_share) * np.sqrt(self._cosines(self._lead, place))
            + settings.body_share * np.sqrt(self._cosines(self._body, place))
            - settings.per_day * np.where(np.isnan(days), settings.unknown_days, days)
            - self._against[place] / (of.count[place] * of.count)
        )
        sizes = np.minimum(of.lead_sizes[place] // of.count[place], of.lead_sizes // of.count)
        asked = settings.join - settings.headline_discount * np.clip((48 - sizes) / 36, 0, 1)
        asked = np.where(np.minimum(of.count[place], of.count) > 1, settings.merge_factor, 1.0) * asked
        over: F64 = alike - asked
        over[~self._alive | (np.nan_to_num(days) > settings.window_days)] = _NEVER
        over[place] = _NEVER
        return over

    def _cosines(self, products: F64, place: int) -> F64:
        """The mean cosines with the cluster at `place`, corrected for how far apart the articles of each are."""
        settings, count = self._settings, self._of.count
        own = np.diagonal(products) / (UNIT * UNIT * count * count)
        power = settings.breadth * np.minimum(1.0, (count - 1) / (settings.breadth_articles - 1))
        breadth = np.where(own > 0, own, 1.0) ** power
        cosines: F64 = products[place] / (UNIT * UNIT * count[place] * count) / (breadth * breadth[place])
        return cosines


def _products(sums: Sequence[Sum]) -> F64:
    """The sum of products of each two (of whole numbers below 2^53: exact in any order)."""
    terms = np.unique(np.concatenate([one.terms for one in sums]))
    table = np.zeros((len(sums), len(terms)))
    for place, one in enumerate(sums):
        table[place, np.searchsorted(terms, one.terms)] = one.sums
    return table @ table.T


def _costs(units: Sequence[Profile], settings: StorySettings) -> F64:
    """What contradictions between each two cost, summed over the pairs of their articles."""
    table = np.zeros((len(units), len(units)))
    for place, one in enumerate(units):
        for before, other in enumerate(units[:place]):
            if cost := mean_cost(one.marks, other.marks, settings):
                table[place, before] = table[before, place] = cost * one.count * other.count
    return table
