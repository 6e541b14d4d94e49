"""A million sketches: what looking up a run of 100 articles costs the store at 10k, 100k and 1M stored, and their size.

`python -m tests.bench.sketches` runs it alone. The sketches are made up: random hashes in the numbers that articles of
newspaper length have. Articles come at one pace, so that history grows by days and the window (7 days) stays as full.
"""

import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.settings import Settings
from tasks.dedupe import CopyLookups, CopySettings, lookups
from tasks.signatures import FRACTION_LIMIT, MAX_HASHES, MAX_NUMBERS, MIN_HASHES, U32, Signature, finalize, text_key
from tasks.store import folding
from tasks.store.master import connect, master_path, open_master

SIZES = (10_000, 100_000, 1_000_000)
RUN = 100
A_DAY = 1_250  # articles: the window of 7 days holds 10,000 of them with the run's own day
ROUNDS = 15
PORTION = 50_000
MEMBERS = 3  # articles a story
LAST_DAY = 20_700
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sketches(folder: Path) -> dict[str, float | str]:
    """Median CPU milliseconds of the store for one run at each size, their ratio, and bytes an article."""
    figures: dict[str, float | str] = {}
    costs: dict[int, Cost] = {}
    for size in SIZES:
        settings = Settings(home=folder / str(size))
        run = fill(settings, size)
        if size == SIZES[-1]:
            figures |= _sizes(settings, size)
        costs[size] = cost(settings, run)
        figures[f"look-up, CPU ms at {size:,}"] = costs[size].look_up
        figures[f"  and all it brings, CPU ms at {size:,}"] = costs[size].whole
        figures[f"  articles found at {size:,}"] = float(costs[size].found)
    few, many = costs[SIZES[0]], costs[SIZES[-1]]
    figures[f"look-up, {SIZES[-1]:,} : {SIZES[0]:,}"] = many.look_up / few.look_up
    figures[f"  and all it brings, {SIZES[-1]:,} : {SIZES[0]:,}"] = many.whole / few.whole
    return figures


@dataclass(frozen=True, slots=True)
class Cost:
    """Median CPU milliseconds for a run: of looking up which articles share wording, and of that and reading all they bring."""

    look_up: float
    whole: float
    found: int


def cost(settings: Settings, run: Sequence[CopyLookups]) -> Cost:
    """What a run costs in this store, and how many articles its look-up finds."""
    look_ups, wholes = [], []
    with connect(settings, master_path(settings)) as connection:
        for _ in range(ROUNDS):
            begin = time.process_time()
            found = folding.alike(connection, run)
            middle = time.process_time()
            folding.preload(connection, run, [])
            look_ups.append((middle - begin) * 1000)
            wholes.append((time.process_time() - middle) * 1000)
    return Cost(sorted(look_ups)[ROUNDS // 2], sorted(wholes)[ROUNDS // 2], len(found))


def fill(settings: Settings, size: int) -> list[CopyLookups]:
    """A store of so many made-up articles, the last one today, and the look-ups of a run of today.

    Of the run's articles a third has half of the wording of an article of the last week, and one in twenty is word for
    word the same as one from any time before.
    """
    random = np.random.default_rng(7)
    with open_master(settings) as connection:
        for start in range(0, size, PORTION):
            _store(connection, random, np.arange(start, min(size, start + PORTION)), size)
        connection.execute("CHECKPOINT")
        recent = connection.execute(f"SELECT sketch FROM signatures WHERE day > {LAST_DAY - 7} ORDER BY article_id").fetchall()
    return [lookups(_new_article(random, place, size, recent), CopySettings()) for place in range(RUN)]


def _new_article(random: np.random.Generator, place: int, size: int, recent: Sequence[tuple[bytes]]) -> Signature:
    sketch, _ = _sketches(random, 1)
    if place % 3 == 0:
        like = np.frombuffer(recent[int(random.integers(0, len(recent)))][0], dtype="<u4")
        sketch = np.unique(np.concatenate((like[::2], sketch[::2])))
    same = int(random.integers(0, size)) if place % 20 == 0 else size + place
    return Signature(
        article_id=int(_ids(np.array([size + place]))[0]),
        day=LAST_DAY,
        at=_EPOCH + timedelta(days=LAST_DAY),
        source="outlet.example",
        language="en",
        may_be_original=True,
        words=8 * len(sketch),
        title_words=b"",
        text_hash=_text_hash(same),
        sketch_limit=FRACTION_LIMIT,
        sketch=sketch.astype("<u4").tobytes(),
        numbers=b"",
    )


def _ids(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Article ids are hashes: in no order that would help the store."""
    return (finalize(numbers.astype(np.uint64) + np.uint64(1)) >> np.uint64(1)).astype(np.int64)


def _text_hash(number: int) -> str:
    return hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()


def _sketches(random: np.random.Generator, count: int) -> tuple[U32, NDArray[np.int64]]:
    """(the sketches of so many articles one after the other, how many hashes each has): 40 to 4,000 words, 480 in the middle."""
    words = np.clip(random.lognormal(np.log(480), 0.6, count), 40, 4000).astype(np.int64)
    lengths = np.clip(words // 8, MIN_HASHES, MAX_HASHES)
    return _ascending(random, lengths, FRACTION_LIMIT).astype(np.uint32), lengths


def _ascending(random: np.random.Generator, lengths: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Random numbers below `limit`, ascending in each row; the rows have these lengths."""
    rows = np.repeat(np.arange(len(lengths), dtype=np.int64) << 32, lengths)
    return np.sort(rows + random.integers(0, limit, len(rows), dtype=np.int64)) & 0xFFFFFFFF


def _blobs(values: NDArray[np.int64], lengths: NDArray[np.int64], kind: str) -> pa.Array:
    data = values.astype(kind).tobytes()
    ends = np.concatenate(([0], np.cumsum(lengths))) * np.dtype(kind).itemsize
    return pa.Array.from_buffers(
        pa.binary(), len(lengths), [None, pa.py_buffer(ends.astype("<i4").tobytes()), pa.py_buffer(data)]
    )


def _store(connection: duckdb.DuckDBPyConnection, random: np.random.Generator, numbers: NDArray[np.int64], size: int) -> None:
    """Writes a portion as the ingest does, through Arrow, but without a Python object for each article."""
    count, ids = len(numbers), _ids(numbers)
    days = (LAST_DAY - (size - 1 - numbers) // A_DAY).astype(np.int32)
    sketch, lengths = _sketches(random, count)
    figures = np.clip(lengths // 3, 1, MAX_NUMBERS)
    titles = np.full(count, 10)
    hashes = [_text_hash(number) for number in numbers.tolist()]
    signatures = {
        "article_id": ids,
        "day": days,
        "appeared_at": pa.array(days.astype("datetime64[D]").astype("datetime64[us]"), pa.timestamp("us", tz="UTC")),
        "source": [f"outlet{number % 400}.example" for number in numbers.tolist()],
        "language": ["en"] * count,
        "may_be_original": [True] * count,
        "words": (8 * lengths).astype(np.int32),
        "title_words": _blobs(_ascending(random, titles, 2**16), titles, "<u2"),
        "text_hash": hashes,
        "text_key": [text_key(value) for value in hashes],
        "sketch_limit": np.full(count, FRACTION_LIMIT),
        "sketch": _blobs(sketch.astype(np.int64), lengths, "<u4"),
        "numbers": _blobs(_ascending(random, figures, 2**16), figures, "<u2"),
    }
    copies = numbers[(numbers % 7 == 0) & (numbers > A_DAY)]
    links = {
        "article_id": _ids(copies),
        "original_id": _ids(copies - copies % 3 - 1),  # up to two copies of an article that is none
        "level": ["near"] * len(copies),
        "score": np.full(len(copies), 0.9),
        "reason": ["90% of the shorter text stands in the other (54 of 60 samples)"] * len(copies),
    }
    stories = {
        "article_id": ids,
        "story_id": _ids(numbers // MEMBERS + 2**40),
        "score": np.full(count, 0.5),
        "reason": ["shares minister, ferry, harbour, vote; likeness 0.50, needed 0.34"] * count,
    }
    for table, columns in (("signatures", signatures), ("copies", links), ("story_articles", stories)):
        connection.register("incoming", pa.table(columns))
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        connection.unregister("incoming")


_BYTES = """
SELECT avg(octet_length(sketch)), avg(octet_length(sketch) + octet_length(numbers) + octet_length(title_words) + 32 + 40)
FROM signatures
"""
_BLOCKS = "SELECT count(DISTINCT block_id) FROM pragma_storage_info('{}') WHERE persistent AND block_id >= 0"


def _sizes(settings: Settings, size: int) -> dict[str, float | str]:
    """Bytes an article: of the sketch and its row, and of the blocks on disk that hold signatures."""
    with open_master(settings) as connection:
        sketch, row = connection.execute(_BYTES).fetchall()[0]
        figures: dict[str, float | str] = {"bytes a sketch": sketch, "bytes a signature's row": row}
        blocks = connection.execute(_BLOCKS.format("signatures")).fetchall()[0][0]
        figures["bytes an article on disk, signatures"] = blocks * 262_144 / size
    return figures


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="newsfold-bench-") as folder:
        for name, value in sketches(Path(folder)).items():
            print(f"  {name:42} {value if isinstance(value, str) else format(value, '10.3f')}", flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
