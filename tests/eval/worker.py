"""A real worker process over all pages of the corpora: the most memory it ever held, and what the most demanding page costs.

`python -m tests.eval.worker` prints it; `run()` returns the figures. The pool (of one process, so that it sees every page), its
warm-up and its work are those of `newsfold ingest`: pages are extracted in batches, then the texts of the articles are
searched for entities and made into signatures.
"""

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from flows import steps
from schemas.records import Entry, ExtractFailed, Extraction, Fetched, Validators
from schemas.settings import Settings
from tasks.page import NotAPage, page_from
from tasks.settle import Worked
from tasks.workers import Workers, workers

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "pages"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
BATCH = 100


class Cost(NamedTuple):
    """A page in the worker: what was made of it, and the seconds of CPU that it took."""

    made: Extraction | ExtractFailed
    seconds: float


def extract_timed(job: steps.Source) -> Cost:
    """`steps.extract_source` with its time, in a worker process."""
    begin = time.process_time()
    made = steps.extract_source(job)
    return Cost(made, time.process_time() - begin)


def failed(job: steps.Source, detail: str) -> Cost:
    """What a page that hangs, or kills its process, has cost: more than any limit."""
    return Cost(steps.extract_failed(job, detail), steps.EXTRACT_SECONDS)


def peak_mb(_: object = None) -> float:
    """The most memory (MB resident) that this process ever held. Not getrusage: on Linux that peak is also its parent's."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def peak_of(pool: Workers) -> float:
    """The peak of a pool's one worker."""
    return pool.run(peak_mb, [0], _unknown, 60)[0]


def _unknown(_: object, detail: str) -> float:
    raise RuntimeError(detail)


def pages() -> Iterator[Worked]:
    """The pages of the corpora as `ingest` has them after fetching."""
    for number, line in enumerate((CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        body = gzip.decompress((CORPUS / row["path"]).read_bytes())
        answer = Fetched(number, row["url"], row["url"], 200, (("content-type", "text/html"),), body, NOW, Validators())
        page = page_from(answer, number)
        if not isinstance(page, NotAPage):
            yield Worked(Entry(number, 1, row["id"], row["url"], None, (), None, None), page=page)


def work(pool: Workers, batch: list[Worked]) -> list[Cost]:
    """Extracts a batch and reads its texts, as `ingest` does."""
    jobs = [steps.source_of(item, {}, NOW) for item in batch]
    costs = pool.run(extract_timed, jobs, failed, steps.EXTRACT_SECONDS)
    made = [Worked(item.entry, page=item.page, extraction=cost.made) for item, cost in zip(batch, costs, strict=True)]
    steps.read_batch(Settings(), pool, made)
    return costs


def run() -> dict[str, float]:
    """{"pages", "failed", "slowest_cpu_s", "warm_mb", "memory_mb"}: of one worker over all pages.

    `failed` counts pages that raised, hung or killed the worker; `warm_mb` is what it holds before its first page.
    """
    costs: list[Cost] = []
    every = pages()
    with workers(1, steps.WARM_UP) as pool:
        warm = peak_of(pool)
        while batch := list(islice(every, BATCH)):
            costs += work(pool, batch)
        peak = peak_of(pool)
    return {
        "pages": len(costs),
        "failed": sum(isinstance(cost.made, ExtractFailed) for cost in costs),
        "slowest_cpu_s": max(cost.seconds for cost in costs),
        "warm_mb": warm,
        "memory_mb": peak,
    }


if __name__ == "__main__":
    for name, figure in run().items():
        print(f"{name:16} {figure:8.2f}")
