"""The search through packed hashes finds what a plain set finds, whatever the hashes share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.store.blobs import Wanted

# Hashes that agree in their low bits, in the bits above them, in both: what one sieve lets through, or the other, or both.
LIKE = [base + step for base in (0, 0x0008_0000, 0x2000_0000, 0xFFF8_0000) for step in (0, 1, 1 << 10, (1 << 19) - 1)]
HASHES = st.one_of(st.sampled_from(LIKE), st.integers(0, 2**32 - 1))


@given(st.sets(HASHES, max_size=40), st.lists(HASHES, max_size=60))
def test_the_places_are_those_of_the_wanted_hashes(wanted: set[int], column: list[int]) -> None:
    places = Wanted(wanted).places(np.array(column, dtype=np.uint32))
    assert places.tolist() == [place for place, value in enumerate(column) if value in wanted]


@pytest.mark.parametrize("other", [1 << 19, 1 << 29, (1 << 29) + (1 << 31)])
def test_what_passes_a_sieve_is_still_compared_whole(other: int) -> None:
    assert Wanted({5}).places(np.array([5 + other, 5], dtype=np.uint32)).tolist() == [1]
