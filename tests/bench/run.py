"""`make bench`: speeds as ratios inside one run. This machine may be busy: trust the ratios, not the seconds."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.polling import polling
from tests.bench.publishing import publishing
from tests.bench.servers import server
from tests.bench.sketches import sketches

ARTICLES = 100
MANY = 500
SHARED = Path(__file__).resolve().parents[3] / "shared"


def extraction() -> dict[str, float]:
    """Pages per CPU-second of the extract step and of plain trafilatura with metadata, page by page in turn."""
    import trafilatura

    from demo.web import site
    from tasks.extract import extract, warm_up

    pages = [
        (answer.body.decode("utf-8", "replace"), f"http://{host}{path}")
        for (host, path), answer in sorted(site(2).items())
        if answer.status == 200 and b"<article" in answer.body
    ]
    warm_up()
    now = datetime.now(UTC)
    ours = plain = 0.0
    for html, url in [pages[0], *pages]:
        begin = time.process_time()
        extract(html, url, now=now)
        middle = time.process_time()
        trafilatura.bare_extraction(html, url=url, with_metadata=True)
        end = time.process_time()
        ours, plain = ours + middle - begin, plain + end - middle
    return {"ours pages/CPU-s": len(pages) / ours, "plain pages/CPU-s": len(pages) / plain, "ratio": plain / ours}


def whole_ingest(home: Path, count: int) -> dict[str, float]:
    """The whole ingest of so many articles through Prefect against its extraction and entities alone, with the same pool."""
    from flows.environment import prefect_for
    from schemas.settings import load_settings

    with server("articles", count) as web:
        os.environ |= {"NEWSFOLD_HOME": str(home), "NEWSFOLD_HOST_MAP": web["host_map"], "NEWSFOLD_GAP_SECONDS": "0"}
        settings = load_settings()
        with prefect_for(settings):
            from flows import ingest as flow_file
            from flows import steps
            from flows.poll import poll
            from tasks.workers import Workers
            from tests import pipeline

            pipeline.add_feeds(settings, web["feeds"])
            poll(everything=True)
            fetched = steps.fetch_batch(settings, pipeline.pending(settings))
            pool = Workers(settings.workers, steps.WARM_UP)
            pool.run(abs, list(range(64)), _zero, 60)  # all processes are up and have their models
            steps.read_batch(settings, pool, steps.extract_batch(settings, pool, fetched))
            with _warm(flow_file, pool), _timed(steps, flow_file) as inside:
                begin = time.perf_counter()
                summary = flow_file.ingest()
                whole = time.perf_counter() - begin
            begin = time.perf_counter()
            steps.read_batch(settings, pool, steps.extract_batch(settings, pool, fetched))
            alone = time.perf_counter() - begin
            pool.close()
    assert summary.counts.articles == count, summary
    run = inside.pop("drain")
    # With several batches the steps run side by side, and their times no longer add up to the run's.
    ours = sum(seconds for name, seconds in inside.items() if name != "publish_if_due")
    share = {"Prefect's share of the run": 1 - ours / run} if count <= ARTICLES else {}
    return {
        "extraction + entities alone s": alone,
        "whole ingest s": run,
        "ratio": alone / run,
        **{f"  {name} s": seconds for name, seconds in inside.items()},
        **share,
        "flow engine's start and end s": whole - run - inside["publish_if_due"],
    }


def apart(home: Path, count: int) -> dict[str, float]:
    """`whole_ingest` in a process of its own, which has not imported Prefect yet."""
    command = [sys.executable, "-m", "tests.bench.run", str(home), str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _zero(_item: int, _detail: str) -> int:
    return 0


@contextmanager
def _warm(flow_file: Any, pool: Any) -> Iterator[None]:
    """The ingest uses this pool, whose processes are up: what is measured is work, not the start of processes."""

    @contextmanager
    def ready(*_: object) -> Iterator[Any]:
        yield pool

    before, flow_file.workers = flow_file.workers, ready
    try:
        yield
    finally:
        flow_file.workers = before


@contextmanager
def _timed(steps: Any, flow_file: Any) -> Iterator[dict[str, float]]:
    """Wall time inside newsfold's own functions; with one batch they run one after the other."""
    from flows import settle

    spent: dict[str, float] = {}
    places = [(steps, name) for name in ("fetch_batch", "extract_batch", "read_batch")]
    places += [(settle, "settle_entries"), (flow_file, "publish_if_due"), (flow_file, "drain")]
    before = [(place, name, getattr(place, name)) for place, name in places]

    def watch(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - begin

        return timed

    for place, name, function in before:
        setattr(place, name, watch(name, function))
    try:
        yield spent
    finally:
        for place, name, function in before:
            setattr(place, name, function)


def memory() -> dict[str, float]:
    """Peak memory so far of this process and of its largest child, in MB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return {
        "this process MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "largest child MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit,
    }


def main() -> None:
    """Prints each part as it is done."""
    with tempfile.TemporaryDirectory(prefix="newsfold-bench-") as folder:
        for title, part in (
            ("extraction against plain trafilatura", extraction),
            (f"whole ingest of {ARTICLES} articles, one batch", lambda: apart(Path(folder) / "one", ARTICLES)),
            (f"whole ingest of {MANY} articles, batch after batch", lambda: apart(Path(folder) / "many", MANY)),
            ("polling unchanged feeds", lambda: polling(Path(folder))),
            ("looking up a run among 10,000 to 1,000,000 sketches", lambda: sketches(Path(folder) / "sketches")),
            ("publishing", lambda: publishing(Path(folder) / "publishing")),
            ("peak memory", memory),
        ):
            print(title, flush=True)
            for name, value in part().items():
                print(f"  {name:34} {value if isinstance(value, str) else format(value, '10.3f')}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(whole_ingest(Path(sys.argv[1]), int(sys.argv[2])) | memory()))
    else:
        main()
    sys.stdout.flush()
    # DuckDB's binding prints a page of leak warnings when the interpreter is taken down after Prefect's threads.
    os._exit(0)
