"""Looking through columns of packed hashes (little-endian u32, ascending in each row) for the few that are wanted."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.signatures import U32

# Of each hash, for a sieve: half a megabyte of booleans stays in the processor's cache. The second one looks at other bits, and
# what passes both is nearly always wanted: looking that up in the sorted hashes costs ten times as much as a sieve.
_BITS = 19
_MASK = np.uint32((1 << _BITS) - 1)
_SECOND = np.uint32(10)


class Wanted:
    """A set of hashes, and which of a column's hashes are among them."""

    def __init__(self, hashes: set[int]) -> None:
        self._hashes = np.sort(np.fromiter(hashes, dtype=np.uint32, count=len(hashes)))
        self._first, self._second = _sieve(self._hashes), _sieve(self._hashes >> _SECOND)

    def places(self, hashes: U32) -> NDArray[np.int64]:
        """Where in `hashes` wanted ones stand."""
        if not len(self._hashes):
            return np.empty(0, dtype=np.int64)
        places: NDArray[np.int64] = np.flatnonzero(_through(self._first, hashes))
        places = places[_through(self._second, hashes[places] >> _SECOND)]
        maybe = hashes[places]
        at = np.minimum(np.searchsorted(self._hashes, maybe), len(self._hashes) - 1)
        kept: NDArray[np.int64] = places[self._hashes[at] == maybe]
        return kept


def _sieve(hashes: U32) -> NDArray[np.bool_]:
    sieve = np.zeros(1 << _BITS, dtype=np.bool_)
    sieve[hashes & _MASK] = True
    return sieve


def _through(sieve: NDArray[np.bool_], hashes: U32) -> NDArray[np.bool_]:
    # "wrap" looks for no place outside: the mask lets none through
    passed: NDArray[np.bool_] = sieve.take(hashes & _MASK, mode="wrap")
    return passed


def octets(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(the bytes of a column of blobs, one row after the other; where each row begins, and the end)."""
    _, offsets, data = column.buffers()
    wide = np.dtype(np.int64 if pa.types.is_large_binary(column.type) else np.int32)
    ends = np.frombuffer(offsets, dtype=wide, count=len(column) + 1, offset=column.offset * wide.itemsize).astype(np.int64)
    first, last = int(ends[0]), int(ends[-1])
    whole = np.frombuffer(data, dtype=np.uint8, count=last - first, offset=first) if last > first else np.empty(0, np.uint8)
    return whole, ends - first


def hashes(column: pa.Array) -> tuple[U32, NDArray[np.int64]]:
    """(the hashes of a column of blobs, one row after the other; where each row begins, and the end)."""
    whole, starts = octets(column)
    return whole.view("<u4"), starts // 4


def rows_of(places: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row in which each place is."""
    return np.searchsorted(starts, places, side="right") - 1
