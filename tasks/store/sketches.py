"""Which stored articles share wording with a batch: asked of the sketches themselves, those of the days that matter.

A sketch holds some 70 hashes of 4 bytes. A table of them with the article beside each would be found by a join, and took
half as much room again as the sketches; a week's sketches are read in a few milliseconds, and numpy compares them.
"""

from collections.abc import Iterable

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.signatures import FRACTION_LIMIT, MIN_BANDS, U32, Days

_ROWS = 20_000  # sketches looked at in one go
_BITS = 20  # of each hash, for the first sieve: a megabyte of booleans, which stays in the processor's cache


def sharing(connection: duckdb.DuckDBPyConnection, bands: Iterable[int], days: Days) -> set[int]:
    """The articles within `days`, or without a day, that one of these hashes is a band of (`tasks.signatures.bands_of`)."""
    wanted = np.array(sorted(set(bands)), dtype=np.uint32)
    if not len(wanted):
        return set()
    sieve = np.zeros(1 << _BITS, dtype=np.bool_)
    sieve[wanted & np.uint32((1 << _BITS) - 1)] = True
    first, last = days
    limits = "" if first is None or last is None else f"WHERE day IS NULL OR day BETWEEN {first} AND {last}"
    found: set[int] = set()
    sql = f"SELECT article_id, sketch FROM signatures {limits}"
    reader: pa.RecordBatchReader = connection.sql(sql).to_arrow_reader(_ROWS)
    for batch in reader:
        found.update(_sharing(batch, wanted, sieve))
    return found


def _sharing(batch: pa.RecordBatch, wanted: U32, sieve: NDArray[np.bool_]) -> list[int]:
    hashes, starts = _flat(batch.column(1))
    places = np.flatnonzero(sieve[hashes & np.uint32(len(sieve) - 1)])
    maybe = hashes[places]
    at = np.searchsorted(wanted, maybe)
    places = places[wanted[np.minimum(at, len(wanted) - 1)] == maybe]
    rows = np.searchsorted(starts, places, side="right") - 1
    # short texts are found by their lowest hashes whatever these are, others by those below the limit
    kept = (hashes[places] < FRACTION_LIMIT) | (places - starts[rows] < MIN_BANDS)
    ids: list[int] = batch.column(0).take(pa.array(np.unique(rows[kept]))).to_pylist()
    return ids


def _flat(column: pa.Array) -> tuple[U32, NDArray[np.int64]]:
    """(all hashes of a column of sketches one after the other, where each sketch begins, and the end)."""
    _, offsets, data = column.buffers()
    wide = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    ends = np.frombuffer(offsets, dtype=wide, count=len(column) + 1, offset=column.offset * np.dtype(wide).itemsize)
    first, last = int(ends[0]), int(ends[-1])
    hashes = np.frombuffer(data, dtype="<u4", count=(last - first) // 4, offset=first) if data is not None else np.empty(0, "<u4")
    return hashes, (ends.astype(np.int64) - first) // 4
