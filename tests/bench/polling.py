"""Polling unchanged feeds: feeds a second beside the peer `reader`, and how time and memory grow from 1,000 to 10,000 feeds.

What is compared: 1,000 feeds that have been read once, from the question which are due to the last row written, on a file on
the same disk. Both send each feed's stored ETag to the same kind of server, in a process of its own, which answers 304 and
counts; both keep the outcome for good: `reader` commits feed by feed (SQLite, WAL, synchronous), ours a portion of feeds in one
transaction, with a row an attempt in `fetches`. `reader` is made by `make_reader(file)` and run by `update_feeds(workers=…)`,
with its own session, timeouts and plugins; `scheduled=False` has it ask although the hour is not over, as `--all` does ours.
Each feed has a host of its own, or (`one host`, `reader` only) all share one, whose connection `reader` uses again.

Twice: with a server that answers at once, which is a race of processors; and with one that takes 50 ms, as publishers
do, where what counts is how many are asked at once (ours NEWSFOLD_CONCURRENCY hosts, `reader` its workers).
On a disk on which fsync takes milliseconds `reader`'s commits cost more than the rest of its work: its figure is then lower.

`python -m tests.bench.polling FOLDER COUNT MILLISECONDS` is ours in a process of its own: a round for each line on its stdin.
"""

import json
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flows.polling import PollJob, poll_job, resume_pauses
from schemas.records import FeedLine
from schemas.settings import Settings
from schemas.summaries import Polled
from tasks import parse_safely
from tasks.store import feeds, runs
from tasks.store.master import open_master
from tests.bench.servers import server

FEW, MANY = 1_000, 10_000
# Of so many polls the best counts: on a busy machine the others say more about its other work.
ROUNDS = 3
PEER_PYTHON = Path(__file__).resolve().parents[2] / ".venv-peers" / "bin" / "python"
PEER_SCRIPT = Path(__file__).with_name("peer.py")


FAR_MILLISECONDS = 50
FAR_WAYS = {"many 10": "many hosts, 10 workers, after 50 ms"}
WAYS = {
    "many 1": "many hosts, 1 worker",
    "many 10": "many hosts, 10 workers",
    "one 1": "one host, 1 worker",
    "one 10": "one host, 10 workers",
}


def polling(folder: Path) -> dict[str, float | str]:
    """Ours and the peer's feeds a second, in turns; then ours at ten times the feeds, in turns. All with their store on disk."""
    figures: dict[str, float | str] = {}
    with _ours(folder / "far", FEW, FAR_MILLISECONDS) as far:
        figures |= _beside_the_peer(far, folder / "far", FAR_WAYS, FAR_MILLISECONDS, " after 50 ms")
    with _ours(folder / "few", FEW) as few:
        figures |= _beside_the_peer(few, folder / "few", WAYS, 0, "")
        with _ours(folder / "many", MANY) as many:
            best = _in_turns({"few": (few, "go"), "many": (many, "go")})
    figures[f"ours feeds/s of {MANY:,}"] = MANY / best["many"]["seconds"]
    for unit in ("seconds", "CPU seconds"):
        figures[f"{unit} a feed, {MANY:,} : {FEW:,}"] = best["many"][unit] / best["few"][unit] * FEW / MANY
    figures[f"peak MB with {FEW:,} feeds"] = best["few"]["peak MB"]
    figures[f"peak MB with {MANY:,} feeds"] = best["many"]["peak MB"]
    return figures


Runner = subprocess.Popen[str]


def _beside_the_peer(runner: Runner, folder: Path, ways: dict[str, str], milliseconds: int, when: str) -> dict[str, float | str]:
    """Ours and the peer's in turns, by the wall clock and the processor's; ours is measured by the peer's best way."""
    with _peer(folder, ways, milliseconds) as peer:
        best = _in_turns({"ours": (runner, "go")} | ({name: (peer, way) for way, name in ways.items()} if peer else {}))
    own = best.pop("ours")
    figures: dict[str, float | str] = {f"ours{when} feeds/s": FEW / own["seconds"]}
    figures |= {f"reader, {name}": FEW / value["seconds"] for name, value in best.items()}
    if not best:
        return figures | {"reader": "peer not installed (make peers)"}
    figures[f"ratio to reader's best{when}"] = min(value["seconds"] for value in best.values()) / own["seconds"]
    figures[f"CPU of reader's best : ours{when}"] = min(value["CPU seconds"] for value in best.values()) / own["CPU seconds"]
    return figures


def _in_turns(runners: dict[str, tuple[Runner, str]]) -> dict[str, dict[str, float]]:
    """The best round of each: they take turns, so that another program's load falls on all alike."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        for name, (runner, order) in runners.items():
            assert runner.stdin is not None and runner.stdout is not None
            runner.stdin.write(order + "\n")
            runner.stdin.flush()
            figures = json.loads(runner.stdout.readline())
            least = {key: min(value, best.get(name, figures)[key]) for key, value in figures.items()}
            best[name] = least | ({"peak MB": figures["peak MB"]} if "peak MB" in figures else {})
    return best


@contextmanager
def _running(command: list[str]) -> Iterator[Runner]:
    """A process that works a round for each line it gets."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()
        process.wait(30)


@contextmanager
def _ours(folder: Path, count: int, milliseconds: int = 0) -> Iterator[Runner]:
    with _running([sys.executable, "-m", "tests.bench.polling", str(folder), str(count), str(milliseconds)]) as process:
        yield process


@contextmanager
def _peer(folder: Path, ways: dict[str, str], milliseconds: int) -> Iterator[Runner | None]:
    """The peer; None when it is not installed."""
    if not PEER_PYTHON.exists():
        yield None
        return
    with server("unchanged", FEW, milliseconds) as web:
        with _running([str(PEER_PYTHON), str(PEER_SCRIPT), str(folder), str(web["port"]), str(FEW)]) as process:
            yield process
        assert _asked(web["port"]) == (2 * FEW, len(ways) * ROUNDS * FEW)


def ours(
    folder: Path, count: int, milliseconds: int, ready: Callable[[], None], orders: Iterable[object]
) -> Iterator[dict[str, float]]:
    """For each order a poll in which every feed answers 304, from the question which are due to the last row written."""
    with server("unchanged", count, milliseconds) as web:
        settings = Settings(home=folder, host_map=web["host_map"])
        with open_master(settings) as connection:
            feeds.add(connection, [FeedLine(url) for url in web["feeds"]], datetime.now(UTC))
        _poll(settings)
        ready()
        for round_, _ in enumerate(orders, 1):
            begin, begin_cpu = time.perf_counter(), time.process_time()
            polled = _poll(settings)
            seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
            assert polled.counts.feeds == count and polled.counts.failures == 0, polled
            assert _asked(web["port"]) == (count, round_ * count)
            peak = _peak() + _peak_of(parse_safely._shared_child().pid)
            yield {"seconds": seconds, "CPU seconds": cpu, "peak MB": peak}


def _poll(settings: Settings) -> Polled:
    """What the flow does, without Prefect."""
    now = datetime.now(UTC)
    with open_master(settings) as connection:
        run_id = runs.start(connection, "poll", None, now)
        due = feeds.due(connection, now, everything=True)
        resume_pauses(connection, now)
    job = PollJob(due)
    poll_job(settings, job, run_id)
    polled = job.polled
    with open_master(settings) as connection:
        runs.finish(connection, run_id, polled.counts, "", datetime.now(UTC))
    return polled


def _asked(port: int) -> tuple[int, int]:
    """How many unconditional and conditional requests the server has had."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/asked", timeout=10) as answer:
        full, conditional = json.load(answer)
    return full, conditional


def _peak() -> float:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def _peak_of(pid: int | None) -> float:
    """Peak memory in MB of the child that parses, where the system tells; 0 elsewhere."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    """This part of the bench alone."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="newsfold-bench-") as folder:
        for name, value in polling(Path(folder)).items():
            print(f"  {name:34} {value if isinstance(value, str) else format(value, '10.3f')}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        count_, wait = int(sys.argv[2]), int(sys.argv[3])
        for round_figures in ours(Path(sys.argv[1]), count_, wait, lambda: print("ready", flush=True), sys.stdin):
            print(json.dumps(round_figures), flush=True)
    else:
        main()
