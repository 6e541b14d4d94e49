"""Seeded kills of every kind of work (tests/kills.py): nothing lost, nothing doubled, nothing to mend by hand.

In a process of its own: it forks, and must hold no threads of other tests.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _play(kills: int) -> None:
    command = [sys.executable, "-m", "tests.kills", "--kills", str(kills)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 things wrong" in done.stdout.splitlines()[-1]
    assert int(done.stdout.splitlines()[-1].split(" ")[0]) >= kills


@pytest.mark.suite
@pytest.mark.timeout(1200)
def test_twenty_kills_cost_nothing() -> None:
    _play(20)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_two_hundred_kills_cost_nothing() -> None:
    _play(200)
