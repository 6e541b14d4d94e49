"""Which of the claims about one field wins: the first that two places make, else that of the surest place. Pure."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

Value = TypeVar("Value")


def agreed(given: Iterable[tuple[str, Value | None]], same: Callable[[Any], Hashable]) -> tuple[Value | None, str]:
    """(the value that wins, the places that say it: "og+json-ld", or "og" where no second one agrees); (None, "") without any.

    given: (place, value), the surest first; a None or an empty value is no claim. same: what two values share that mean the
    same.
    """
    claims = [(place, value) for place, value in given if value not in (None, "", ())]
    if not claims:
        return None, ""
    backed = ((value, places) for place, value in claims if "+" in (places := places_of(place, value, claims, same)))
    return next(backed, (claims[0][1], claims[0][0]))


def places_of(place: str, value: Value | None, given: Iterable[tuple[str, Value | None]], same: Callable[[Any], Hashable]) -> str:
    """ "place", or "place+other" with the first other place whose value means the same."""
    if value is None:
        return place
    key = same(value)
    second = (other for other, said in given if other != place and said not in (None, "", ()) and key and same(said) == key)
    found = next(second, None)
    return f"{place}+{found}" if found else place
