"""Publishing: what it costs against `cp` and `sync` of the same file, and against writing only the blocks that changed.

`python -m tests.bench.publishing 1000` makes a master of about 1,000 MB (`make bench`: 150 MB).
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.master import master_path, open_master, transaction
from tasks.store.parquet import export
from tasks.store.publish import publish

DEFAULT_MB = 150
ROUNDS = 3
DAYS = 60
BLOCK = 262_144  # DuckDB's
TEXT = 2600  # characters an article
KB_OF_ARTICLE = 1.5  # in the file
AT_ONCE = 20_000


def fill(settings: Settings, megabytes: int) -> int:
    """A master of about this size: articles of two months with texts that hardly compress; returns how many."""
    count = int(megabytes * 1000 / KB_OF_ARTICLE)
    with open_master(settings) as connection:
        connection.execute(_ARTICLES, [DAYS, count])
        for first in range(0, count, AT_ONCE):
            _texts(connection, range(first, min(first + AT_ONCE, count)))
    return count


def change(settings: Settings, number: int) -> None:
    """What a run of 20 articles writes, all of one day."""
    with open_master(settings) as connection, transaction(connection):
        connection.execute(
            _ARTICLES.replace("range(?) r(i)", "range(?, ?) r(i)").replace("i % ?", "0 * ?"),
            [1, 10**8 + number, 10**8 + number + 20],
        )
        _texts(connection, range(10**8 + number, 10**8 + number + 20))


def _texts(connection: Any, ids: range) -> None:
    """Texts of hexadecimal digits, a stretch each of some that were drawn once."""
    drawn = random.Random(ids.start)
    pool = drawn.randbytes(500_000).hex()
    texts = [pool[at : at + TEXT] for at in (drawn.randrange(len(pool) - TEXT) for _ in ids)]
    rows = [{"article_id": one, "version": 1, "text": text, "markdown": ""} for one, text in zip(ids, texts, strict=True)]
    bulk.insert(connection, "article_texts", rows)


_ARTICLES = """
INSERT INTO articles BY NAME SELECT i AS id, 'https://a' || i % 50 || '.example/' || i AS url, url AS page_url, 1 AS feed_id,
    1 AS version, 'Outlet ' || i % 50 AS outlet, 'a' || i % 50 || '.example' AS domain, md5(i::VARCHAR) AS title,
    []::VARCHAR[] AS authors, TIMESTAMPTZ '2026-09-01 12:00:00+00' + to_days((i % ?)::INTEGER) AS published_at,
    'time' AS published_precision, 'en' AS language, []::VARCHAR[] AS tags, 400 AS words, 'full' AS verdict,
    md5(i::VARCHAR) AS text_hash, 'page' AS source, '1' AS extractor_version, published_at AS first_seen_at,
    published_at AS changed_at, 1 AS run_id FROM range(?) r(i)
"""


def copied(source: Path, target: Path) -> None:
    """`cp` and `sync`: what publishing is measured by."""
    target.unlink(missing_ok=True)
    subprocess.run(["cp", "--", source, target], check=True)
    subprocess.run(["sync", "--", target], check=True)


def full(source: Path, target: Path) -> None:
    """A whole copy in this process, without sharing of blocks."""
    target.unlink(missing_ok=True)
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(16 * BLOCK):
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())


def incremental(source: Path, spare: Path) -> int:
    """Writes the blocks that differ into an older copy; returns how many. Not what newsfold does: see docs/publishing.md."""
    changed = 0
    with source.open("rb") as reader, spare.open("rb+") as writer:
        place = 0
        while block := reader.read(BLOCK):
            writer.seek(place)
            if writer.read(len(block)) != block:
                writer.seek(place)
                writer.write(block)
                changed += 1
            place += len(block)
        writer.truncate(place)
        os.fsync(writer.fileno())
    return changed


def publishing(folder: Path, megabytes: int = DEFAULT_MB) -> dict[str, float | str]:
    """Seconds, the median of rounds that alternate, and ratios to `cp` and `sync`."""
    settings = Settings(home=folder)
    begin = time.perf_counter()
    count = fill(settings, megabytes)
    made = time.perf_counter() - begin
    master, spare = master_path(settings), folder / "spare"
    publish(settings, datetime.now(UTC))
    copied(master, spare)
    seconds: dict[str, list[float]] = {}
    blocks = 0
    for number in range(ROUNDS):
        change(settings, number * 20)
        _timed(seconds, "cp and sync", lambda: copied(master, folder / "copy"))
        _timed(seconds, "publish", lambda: publish(settings, datetime.now(UTC)))
        _timed(seconds, "whole copy", lambda: full(master, folder / "copy"))
        begin = time.perf_counter()
        blocks = incremental(master, spare)
        seconds.setdefault("changed blocks only", []).append(time.perf_counter() - begin)
    size = master.stat().st_size / 1e6
    figures: dict[str, float | str] = {"articles": count, "file MB": size, "made in s": made}
    figures |= {f"{name} s": median(some) for name, some in seconds.items()}
    base = median(seconds["cp and sync"])
    figures |= {f"{name} / cp and sync": median(some) / base for name, some in seconds.items() if name != "cp and sync"}
    figures["blocks changed, MB"] = blocks * BLOCK / 1e6
    for title in ("first", "nothing changed", "one day changed"):
        if title == "one day changed":
            change(settings, 1000)
            publish(settings, datetime.now(UTC))
        begin = time.perf_counter()
        done = export(settings, str(folder / "parquet"))
        figures[f"Parquet, {title} s"] = time.perf_counter() - begin
        figures[f"Parquet, {title}: files"] = done.written
    return figures


def _timed(seconds: dict[str, list[float]], name: str, work: Callable[[], object]) -> None:
    begin = time.perf_counter()
    work()
    seconds.setdefault(name, []).append(time.perf_counter() - begin)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="newsfold-bench-", dir=os.environ.get("TMPDIR")) as home:
        for label, value in publishing(Path(home), int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_MB).items():
            print(f"  {label:34} {value if isinstance(value, str) else format(value, '10.3f')}", flush=True)
