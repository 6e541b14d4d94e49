"""Whole database files: copied so that a kill or a full disk leaves either the old file or the new one, never a half."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def copy_whole(source: Path, target: Path) -> None:
    """Makes `target` a synced copy of `source`, by way of a temporary file beside it. Nobody may be writing `source`.

    Raises:
        OSError: the folder can't be written or the disk is full; `target` is as it was.
    """
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        _clone(source, temporary)
        temporary.chmod(0o644)
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clone(source: Path, target: Path) -> None:
    """Shares blocks where the file system can (then a large file costs nothing)."""
    if sys.platform == "linux":
        done = subprocess.run(["cp", "--reflink=auto", "--", source, target], capture_output=True, check=False)
        if done.returncode == 0:
            return
    shutil.copyfile(source, target)
