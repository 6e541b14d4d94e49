"""A full disk and a read-only one at each kind of write: a sentence, the published file as it was, and on it goes with space."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _can_mount(folder: Path) -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_full_disk_costs_nothing_that_was_stored(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _can_mount(disk):
        pytest.skip("needs unshare with user namespaces, to mount a small disk of its own")
    command = ["unshare", "-rm", sys.executable, "-m", "tests.full_disk_target", str(disk)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {said["name"]: said for said in map(json.loads, done.stdout.splitlines())}
    assert set(found) == {
        "store", "feeds", "archive", "publish", "compact", "migrate", "read-only store", "read-only publish",
    }  # fmt: skip
    for name, said in found.items():
        assert said["sentence"] and "\n" not in said["sentence"], name
        expected = ("Read-only file system",) if name.startswith("read-only") else ("no room left", "No space left on device")
        assert any(words in said["sentence"] for words in expected), said
        assert said["same"] and said["left"] == [], said
        assert name.startswith("read-only") or said["went_on"]
        assert said.get("broken", []) == [], said
    assert "back up" in found["migrate"]["sentence"]
    assert list(disk.iterdir()) == []  # the small disk went with the process
