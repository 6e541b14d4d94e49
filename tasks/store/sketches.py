"""Which stored articles share wording with a batch: asked of the sketches themselves, those of the days that matter.

A sketch holds some 70 hashes of 4 bytes. A table of them with the article beside each would be found by a join, and took
half as much room again as the sketches; a week's sketches are read in a few milliseconds, and numpy compares them.
"""

from collections.abc import Iterable

import duckdb
import numpy as np
import pyarrow as pa

from tasks.signatures import FRACTION_LIMIT, MIN_BANDS, Days
from tasks.store import blobs

ROWS = 20_000  # looked at in one go


def sharing(connection: duckdb.DuckDBPyConnection, bands: Iterable[int], days: Days) -> set[int]:
    """The articles within `days`, or without a day, that one of these hashes is a band of (`tasks.signatures.bands_of`)."""
    wanted = blobs.Wanted(set(bands))
    found: set[int] = set()
    for batch in within(connection, "SELECT article_id, sketch FROM signatures", days):
        found.update(_sharing(batch, wanted))
    return found


def within(connection: duckdb.DuckDBPyConnection, sql: str, days: Days) -> Iterable[pa.RecordBatch]:
    """The rows of a query over a table with a column `day`, those of these days or of none; zone maps prune the rest."""
    first, last = days
    limits = "" if first is None or last is None else f" WHERE day IS NULL OR day BETWEEN {first} AND {last}"
    reader: pa.RecordBatchReader = connection.sql(sql + limits).to_arrow_reader(ROWS)
    yield from reader


def _sharing(batch: pa.RecordBatch, wanted: blobs.Wanted) -> list[int]:
    hashes, starts = blobs.hashes(batch.column(1))
    places = wanted.places(hashes)
    rows = blobs.rows_of(places, starts)
    # short texts are found by their lowest hashes whatever these are, others by those below the limit
    kept = (hashes[places] < FRACTION_LIMIT) | (places - starts[rows] < MIN_BANDS)
    ids: list[int] = batch.column(0).take(pa.array(np.unique(rows[kept]))).to_pylist()
    return ids
