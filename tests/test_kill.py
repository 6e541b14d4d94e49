"""kill -9 at random moments, then a normal run: the same tables as an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from schemas.settings import Settings
from tasks.store.master import master_path
from tests import pipeline
from tests.tables import differences

ROOT = Path(__file__).parents[1]
SEED = 20261124
KILLS = 10 if os.environ.get("CI") or os.environ.get("NEWSFOLD_LONG_TESTS") else 4


def _environment(home: Path, **settings: str) -> dict[str, str]:
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSFOLD_", "PREFECT_"))}
    return {**keep, "PYTHONPATH": str(ROOT), "NEWSFOLD_HOME": str(home), **settings}


def _kill(process: "subprocess.Popen[str]") -> None:
    """The process itself, not its children: they must end by themselves."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def _wait_for_orphans(marker: str) -> None:
    """No worker and no server outlives its killed parent for long."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if not _processes_of(marker):
            return
        time.sleep(0.2)
    raise AssertionError(f"still running: {_processes_of(marker)}")


def _processes_of(marker: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes() and int(folder.name) != os.getpid():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
        except OSError:
            continue
    return [line for line in found if line]


def _same(one: Path, other: Path) -> None:
    found = [line for line in differences(one, other) if not line.startswith("robots")]
    assert found == []


@pytest.mark.timeout(600)
def test_kills_of_the_ingest_leave_the_same_tables(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    homes = {name: tmp_path / name for name in ("calm", "killed")}
    with SampleWeb(1) as web:
        settings = {
            "NEWSFOLD_HOST_MAP": web.host_map,
            "NEWSFOLD_GAP_SECONDS": "0",
            "NEWSFOLD_BATCH_SIZE": "8",
            "NEWSFOLD_WORKERS": "1",
        }
        for home in homes.values():
            pipeline.add_feeds(Settings(home=home), FEEDS)
        command = [sys.executable, "-m", "tests.kill_target"]
        subprocess.run(command, env=_environment(homes["calm"], **settings), cwd=ROOT, check=True, capture_output=True)
        environment = _environment(homes["killed"], **settings)
        for _ in range(KILLS):
            with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                # Half of the kills come before the first batch is through, half while a later one is under way.
                if rng.random() < 0.5:
                    time.sleep(rng.uniform(0.5, 4))
                else:
                    process.stdout.readline()
                    time.sleep(rng.uniform(0, 1.0))
                _kill(process)
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    _wait_for_orphans(f"NEWSFOLD_HOME={homes['killed']}")
    with duckdb.connect(master_path(Settings(home=homes["killed"])), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchall()[0][0] >= 60
    _same(*(master_path(Settings(home=home)) for home in homes.values()))


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_kills_of_the_demo_leave_the_same_tables(tmp_path: Path) -> None:
    """As a person would meet it: the whole command, with its Prefect server, killed ten times, then run normally."""
    rng = random.Random(SEED + 1)
    homes = {name: tmp_path / name for name in ("calm", "killed")}
    command = [sys.executable, "-m", "flows.cli.main", "demo"]
    begin = time.monotonic()
    subprocess.run(command, env=_environment(homes["calm"]), cwd=tmp_path, check=True, capture_output=True)
    whole = time.monotonic() - begin
    for _ in range(KILLS):
        with subprocess.Popen(
            command,
            env=_environment(homes["killed"]),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            time.sleep(rng.uniform(0.3, 0.95) * whole)
            _kill(process)
        _wait_for_orphans(f"NEWSFOLD_HOME={homes['killed']}")
    subprocess.run(command, env=_environment(homes["killed"]), cwd=tmp_path, check=True, capture_output=True)
    _same(*(master_path(Settings(home=home)) for home in homes.values()))


@pytest.mark.timeout(500)
def test_the_demo_twice_changes_no_row(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "flows.cli.main", "demo"]
    # With the real gap between publications: what is shown is all there is, not the first edition.
    environment = _environment(home) | {"NEWSFOLD_PUBLISH_GAP_SECONDS": "60"}
    first = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    with duckdb.connect(str(home / "newsfold.duckdb"), read_only=True) as published:
        shown = published.execute("SELECT (SELECT count(*) FROM news), (SELECT count(*) FROM entries)").fetchall()
    assert f"{shown[0][1]} entries · {shown[0][0]} articles" in first.stdout
    assert "74 articles" in first.stdout
    assert "Largest stories" in first.stdout and "Busiest entities" in first.stdout
    assert first.stdout.count('sql "SELECT') == 3
    assert len(first.stdout.splitlines()) <= 24
    assert first.stderr.strip() == ""
    master = master_path(Settings(home=home))
    before = tmp_path / "before.duckdb"
    before.write_bytes(master.read_bytes())
    second = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "0 new" in second.stdout
    _same(before, master)
    _wait_for_orphans(f"NEWSFOLD_HOME={home}")
