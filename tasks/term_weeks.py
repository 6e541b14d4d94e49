"""Which weeks' counts say how rare a term is: that of an article's publication and those before, the older the less.

Weeks are those of publication, not of arrival: what is backfilled of last year weighs by the counts of last year, and
changes nothing of how rare a term is this week. Pure: no I/O.
"""

from collections.abc import Mapping

# After so many weeks a count speaks with half its voice; after so many, not at all.
HALF_LIFE = 8
WEEKS = 26


def week_of(day: int) -> int:
    """Weeks since 1970-01-01 (a Thursday)."""
    return day // 7


def voices(day: int | None) -> Mapping[int, float]:
    """The weeks whose counts speak for an article of `day`, each with its voice (1 is whole); none for one without a day:
    what it weighs by would be whatever came before it."""
    if day is None:
        return {}
    return {week_of(day) - age: 0.5 ** (age / HALF_LIFE) for age in range(WEEKS)}
