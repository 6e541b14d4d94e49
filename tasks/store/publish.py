"""The published file: a read-only copy of the master that any DuckDB client may open at any moment.

The master is checkpointed and closed before it is copied: opening a database file a second time inside the process
that holds its connection would drop the POSIX lock. The copy is made under the writer's lock, synced, opened read-only
as a check, and renamed over the old file: readers that have the old one open keep its inode and are not disturbed.
"""

import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from schemas import VERSION
from schemas.errors import StoreUnwritable
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.master import master_path, must_hold, open_master


def publish(settings: Settings, now: datetime) -> Path:
    """Makes a new published file from the master and returns its path.

    Raises:
        StoreUnwritable: the folder can't be written or the disk is full; the old file stays as it was.
        StoreLocked: the master is held by another program.
    """
    with open_master(settings) as connection:
        connection.execute("DELETE FROM publication")
        connection.execute(
            "INSERT INTO publication BY NAME SELECT ?::TIMESTAMPTZ AS published_at, ? AS version, ? AS timezone",
            [now, VERSION, settings.timezone],
        )
        connection.execute("CHECKPOINT")
    # The connection is closed: only now may the file be read. Another writer may step in between; its transactions are
    # whole, and its write-ahead log is folded in by the checkpoint of its own close.
    with must_hold(settings, "writer"):
        return _copy(master_path(settings), settings.published)


def published_age(settings: Settings, now: datetime) -> timedelta | None:
    """How old the published file is; None when there is none."""
    try:
        changed = settings.published.stat().st_mtime
    except OSError:
        return None
    return timedelta(seconds=max(0.0, now.timestamp() - changed))


def _copy(master: Path, target: Path) -> Path:
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        _clone(master, temporary)
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        _check(temporary)
        temporary.chmod(0o444)
        # A stray log beside it would be replayed by 1.5 clients and refused by 2.0.
        target.with_name(target.name + ".wal").unlink(missing_ok=True)
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreUnwritable(f"newsfold can't publish {target}: {error.strerror or error}; the old file stays") from None
    return target


def _clone(source: Path, target: Path) -> None:
    """Copies, sharing blocks where the file system can (then a large file costs nothing)."""
    if sys.platform == "linux":
        done = subprocess.run(["cp", "--reflink=auto", "--", source, target], capture_output=True, check=False)
        if done.returncode == 0:
            return
    shutil.copyfile(source, target)


def _check(path: Path) -> None:
    try:
        with duckdb.connect(path, read_only=True) as connection:
            bulk.first(connection, "SELECT count(*) FROM publication")
    except duckdb.Error as error:
        raise OSError(f"the copy can't be read ({str(error).splitlines()[0]})") from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
