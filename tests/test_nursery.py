"""Flow runs as copies of a process that has imported everything; here a copy does what the test says instead of a flow."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows import nursery
from tests.up_process import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")

SECONDS = 60.0
NURSERY = """
import os, sys, time
from pathlib import Path
from flows.nursery import serve

def run():
    print(os.environ["WORDS"], Path.cwd(), os.getpid(), flush=True)
    if os.environ["WORDS"] == "sleep":
        time.sleep(300)
    if os.environ["WORDS"] == "fail":
        raise ValueError("it went wrong")
    return 7

parent = os.getppid()
serve(Path(sys.argv[1]), [], lambda: os.getppid() == parent, run)
"""
STAND_IN = "import sys; from pathlib import Path; from flows.nursery import run_as_copy; sys.exit(run_as_copy(Path(sys.argv[1])))"


def _python(code: str, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    keep = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    words = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(words, cwd=folder.parent, env=keep, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of runs of a nursery that is at work."""
    runs = tmp_path_factory.mktemp("nursery") / "running"
    process = _python(NURSERY, runs)
    _until((runs / nursery.WHERE).exists)
    yield runs
    room = Path((runs / nursery.WHERE).read_text()).parent
    assert room.stat().st_mode & 0o77 == 0  # who can talk to it can run code as this user
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert not room.exists()


def test_a_copy_has_the_stand_ins_environment_folder_output_and_passes_its_exit_code_on(folder: Path) -> None:
    process = _python(STAND_IN, folder, WORDS="well")
    shown, _ = process.communicate(timeout=SECONDS)
    words, where, pid = shown.split()
    assert (words, where) == ("well", str(folder.parent))
    assert process.returncode == 7
    assert int(pid) != process.pid
    _until(lambda: not _lives(int(pid)))


def test_a_copy_that_fails_says_why(folder: Path) -> None:
    process = _python(STAND_IN, folder, WORDS="fail")
    _, complaint = process.communicate(timeout=SECONDS)
    assert process.returncode != 0
    assert "it went wrong" in complaint


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_reaches_the_stand_in_reaches_the_copy(folder: Path, number: signal.Signals) -> None:
    process = _python(STAND_IN, folder, WORDS="sleep")
    assert process.stdout is not None
    pid = int(process.stdout.readline().split()[2])
    process.send_signal(number)
    process.communicate(timeout=SECONDS)
    assert process.returncode != 0
    _until(lambda: not _lives(pid))


def test_a_copy_that_is_killed_ends_its_stand_in(folder: Path) -> None:
    process = _python(STAND_IN, folder, WORDS="sleep")
    assert process.stdout is not None
    os.kill(int(process.stdout.readline().split()[2]), signal.SIGKILL)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + signal.SIGKILL


def test_without_a_nursery_a_run_is_its_own_process(tmp_path: Path) -> None:
    assert nursery.run_as_copy(tmp_path) is None
    (tmp_path / nursery.WHERE).write_text(str(tmp_path / "gone"))  # left by one that was killed
    assert nursery.run_as_copy(tmp_path) is None
