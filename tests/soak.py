"""`newsfold up --demo` for an hour, with the sample web at twenty times its pace: `python -m tests.soak --minutes 60`.

Watches memory, delay from publication to row, lock errors, and whether every entry ends. With `--kills 20` server, worker
and flow processes are killed (-9) at random moments, and the tables are compared with those of a calm run over the same web.
Prints a JSON object; exit code 1 when something is not as it should be.
"""

import argparse
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.live import LiveWeb
from schemas.settings import Settings
from tasks.store.master import master_path
from tasks.store.query import ask
from tests.tables import differences
from tests.up_process import ROOT, UpProcess, parent_of, processes_of

BASE_PER_MINUTE = 1.0  # the sample web's own pace: an article a minute
SAMPLE_SECONDS = 15.0
LAST_SECONDS = 600.0
LOCK_ERRORS = re.compile(r"database is locked|Could not set lock on file|lock for over", re.IGNORECASE)
LONG_LIVED = ("flows.cli.main up", "flows.tied server", "flows.tied worker", "flows.tied nursery")
STATES = ("COMPLETED", "CRASHED", "FAILED", "CANCELLED", "RUNNING", "PENDING")
GROWTH, DELAY = 0.05, 90.0
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Figures:
    """What a soak came to."""

    minutes: float
    articles_a_minute: float
    ready_seconds: float = 0.0
    appeared: int = 0
    stored: int = 0
    delay_p50: float = 0.0
    delay_p95: float = 0.0
    memory_mb: list[float] = field(default_factory=list)
    memory_of: dict[str, list[float]] = field(default_factory=dict)  # the same for each kind of process
    memory_growth: float = 0.0
    lock_errors: int = 0
    prefect_lock_errors: int = 0  # of its SQLite file; its services and clients try again
    unfinished_entries: int = 0
    runs: dict[str, int] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    table_differences: list[str] = field(default_factory=list)
    stop_seconds: float = 0.0
    left_running: int = 0


def memory_mb(home: Path) -> dict[str, float]:
    """Resident memory of what lives as long as `up`, in MB: kind of process -> how much."""
    there, found = processes_of(home), dict.fromkeys(LONG_LIVED, 0.0)
    for pid, command in there.items():
        kind = next((words for words in LONG_LIVED if words in command), None)
        # flow runs are copies of the nursery, and named like it
        if kind is None or "flows.tied nursery" in there.get(parent_of(pid), ""):
            continue
        try:
            found[kind] += int((Path("/proc") / str(pid) / "statm").read_text().split()[1]) * PAGE / 1e6
        except OSError:
            continue
    return found


def growth(samples: Sequence[float]) -> float:
    """By how much the last sixth is above the first sixth of the last half; 0.05 is 5 percent. Pure."""
    half = list(samples[len(samples) // 2 :])
    part = max(len(half) // 3, 1)
    first, last = statistics.mean(half[:part]), statistics.mean(half[-part:])
    return (last - first) / first if first else 0.0


def kill_one(home: Path, dice: random.Random, figures: Figures) -> None:
    """kill -9 for a server, a worker, the nursery or one of its copies, or a flow process."""
    there: dict[str, list[int]] = {}
    for pid, command in processes_of(home).items():
        if found := re.search(r"flows\.tied (server|worker|nursery|flow)", command):
            there.setdefault(found[1], []).append(pid)
    if there:
        kind = dice.choice(sorted(there))
        try:
            os.kill(dice.choice(there[kind]), signal.SIGKILL)
        except ProcessLookupError:
            return
        figures.kills[kind] = figures.kills.get(kind, 0) + 1


def _number(settings: Settings, sql: str) -> int:
    return int(str(ask(settings, sql).rows[0][0])) if settings.published.exists() else 0


def soak(home: Path, minutes: float, per_minute: float, kills: int, seed: int = 20261124) -> Figures:
    """Runs it all; `home` is a folder that is not there yet."""
    figures, dice = Figures(minutes, per_minute), random.Random(seed)
    settings = Settings(home=home)
    # Every feed lists all: a calm run at the end must find what this one saw.
    with LiveWeb(60 / per_minute, listed=1_000_000) as web:
        mapped = {"NEWSFOLD_HOST_MAP": web.host_map, "NEWSFOLD_GAP_SECONDS": "0", "NEWSFOLD_RECHECK_HOURS": ""}
        with UpProcess(home, "--demo", **mapped) as up:
            figures.ready_seconds = up.until_ready()
            ready = datetime.now(UTC)
            end = time.monotonic() + minutes * 60
            moments = sorted(time.monotonic() + dice.uniform(0.02, 0.95) * minutes * 60 for _ in range(kills))
            while time.monotonic() < end:
                assert up.process.poll() is None, "\n".join(up.lines)
                _note_memory(figures, memory_mb(home))
                upcoming = min(end, time.monotonic() + SAMPLE_SECONDS, *(moments[:1]))
                time.sleep(max(upcoming - time.monotonic(), 0))
                if moments and time.monotonic() >= moments[0]:
                    moments.pop(0)
                    kill_one(home, dice, figures)
            figures.appeared = web.freeze()
            live = "SELECT count(*) FROM news WHERE url LIKE '%/live-%'"
            last = time.monotonic() + LAST_SECONDS
            while _number(settings, live) < figures.appeared and time.monotonic() < last:
                time.sleep(2)
            time.sleep(5)
            _judge(figures, settings, up, ready)
            figures.stop_seconds = round(up.stop(), 1)
        figures.left_running = len(processes_of(home))
        if kills:
            figures.table_differences = _compare(home, mapped)
    return figures


def _note_memory(figures: Figures, found: dict[str, float]) -> None:
    figures.memory_mb.append(round(sum(found.values()), 1))
    for kind, much in found.items():
        figures.memory_of.setdefault(kind.split()[-1], []).append(round(much, 1))


def _judge(figures: Figures, settings: Settings, up: UpProcess, ready: datetime) -> None:
    live = "FROM news WHERE url LIKE '%/live-%'"
    figures.stored = _number(settings, f"SELECT count(*) {live}")
    delays = ask(
        settings,
        "SELECT quantile_cont(d, 0.5), quantile_cont(d, 0.95) FROM "
        f"(SELECT epoch(first_seen_at - published_at) AS d {live} AND published_at >= ?)",
        [ready],
    ).rows[0]
    figures.delay_p50, figures.delay_p95 = (round(float(str(value or 0)), 1) for value in delays)
    figures.memory_growth = round(growth(figures.memory_mb), 4)
    figures.unfinished_entries = _number(settings, "SELECT count(*) FROM entries WHERE state = 'pending'")
    for file in (up.home / "master").glob("*.log*"):
        count = len(LOCK_ERRORS.findall(file.read_text(errors="replace")))
        if "server" in file.name:
            figures.prefect_lock_errors += count
        else:
            figures.lock_errors += count
    for state in STATES:
        wanted = {"flow_runs": {"state": {"type": {"any_": [state]}}}}
        figures.runs[state] = int(up.api("POST", "/flow_runs/count", wanted))


def _compare(home: Path, mapped: dict[str, str]) -> list[str]:
    """The tables against those of one undisturbed run over the same, now frozen web."""
    calm = home.with_name("calm")
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSFOLD_", "PREFECT_"))}
    environment = {**keep, "PYTHONPATH": str(ROOT), "NEWSFOLD_HOME": str(calm), **mapped}
    calm.mkdir()
    listed = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "feeds", "export", str(calm / "feeds.opml")],
        env={**environment, "NEWSFOLD_HOME": str(home)},
        cwd=calm,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    for words in (["feeds", "import", "feeds.opml"], ["run", "--all"], ["run", "--all"]):
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli.main", *words],
            env=environment,
            cwd=calm,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    found = differences(master_path(Settings(home=home)), master_path(Settings(home=calm)))
    # Written when something was asked, not what it answered.
    return [line for line in found if not line.startswith(("robots", "watermarks", "feed_alarms"))]


def wrong(figures: Figures) -> list[str]:
    """What is not as it should be, in words; empty when all is well. Pure."""
    checks = {
        f"memory grew by {figures.memory_growth:.1%} in the last half": figures.memory_growth > GROWTH and not figures.kills,
        f"delay p95 {figures.delay_p95:g} s": figures.delay_p95 > DELAY and not figures.kills,
        f"{figures.lock_errors} lock errors": figures.lock_errors > 0 and not figures.kills,
        f"{figures.unfinished_entries} entries not ended": figures.unfinished_entries > 0,
        f"{figures.stored} of {figures.appeared} articles stored": figures.stored < figures.appeared,
        f"tables differ: {figures.table_differences[:5]}": bool(figures.table_differences),
        f"{figures.left_running} processes left": figures.left_running > 0,
        "no kill came about": bool(figures.kills) and not sum(figures.kills.values()),
    }
    return [words for words, bad in checks.items() if bad]


def main(arguments: list[str] | None = None) -> int:
    """Reads the words, runs, prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--times", type=float, default=20, help="times the sample web's pace of an article a minute")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--keep", type=Path, help="a folder, not there yet, where all that was written stays")
    words = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = words.keep
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="newsfold-soak-", ignore_cleanup_errors=True))
        else:
            folder.mkdir()
        figures = soak(Path(folder) / "home", words.minutes, BASE_PER_MINUTE * words.times, words.kills, words.seed)
    shown: dict[str, Any] = asdict(figures)
    thinned = slice(None, None, max(len(figures.memory_mb) // 40, 1))
    shown["memory_mb"] = figures.memory_mb[thinned]
    shown["memory_of"] = {kind: much[thinned] for kind, much in figures.memory_of.items()}
    shown["wrong"] = wrong(figures)
    print(json.dumps(shown, indent=1))
    return 1 if shown["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
