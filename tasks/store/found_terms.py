"""The terms by which an article's story is found: which of the terms of its vector they are (`story_vectors.found`).

A bit for each of `lead_terms`, in their order, the first one highest in its byte; behind the bits, as u32, such terms as are
not among them. A table of terms and articles took as much room as all of the article's names.
"""

from collections.abc import Iterable, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from tasks.signatures import Days
from tasks.store import blobs, sketches


def pack(lead_terms: bytes, found_by: Sequence[int]) -> bytes:
    """The column `found` of an article with these terms (u32, ascending), found by those."""
    terms, found = np.frombuffer(lead_terms, dtype="<u4"), np.array(sorted(set(found_by)), dtype="<u4")
    return np.packbits(np.isin(terms, found)).tobytes() + found[~np.isin(found, terms)].tobytes()


def holders(connection: duckdb.DuckDBPyConnection, terms: Iterable[int], days: Days) -> list[tuple[int, int]]:
    """(article, term): the articles within `days`, or without a day, that are found by one of these terms; in order."""
    asked = set(terms)
    if not asked:
        return []
    wanted = blobs.Wanted(asked)
    found: list[tuple[int, int]] = []
    for batch in sketches.within(connection, "SELECT article_id, lead_terms, found FROM story_vectors", days):
        found += _holders(batch, wanted, asked)
    return sorted(found)


def _holders(batch: pa.RecordBatch, wanted: blobs.Wanted, asked: set[int]) -> Iterable[tuple[int, int]]:
    hashes, starts = blobs.hashes(batch.column(1))
    octets, begins = blobs.octets(batch.column(2))
    bits = (np.diff(starts) + 7) // 8  # octets of bits in each row
    places = wanted.places(hashes)
    rows = blobs.rows_of(places, starts)
    inside = places - starts[rows]
    kept = (octets[begins[rows] + inside // 8] >> (7 - inside % 8).astype(np.uint8)) & 1 == 1
    ids = batch.column(0)
    yield from zip(ids.take(pa.array(rows[kept])).to_pylist(), hashes[places[kept]].tolist(), strict=True)
    for row in np.flatnonzero(np.diff(begins) > bits).tolist():
        others = np.frombuffer(octets[begins[row] + bits[row] : begins[row + 1]].tobytes(), dtype="<u4").tolist()
        yield from ((ids[row].as_py(), term) for term in others if term in asked)
