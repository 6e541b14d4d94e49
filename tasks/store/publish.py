"""The published file: a read-only copy of the master that any DuckDB client may open at any moment.

The master is checkpointed and closed before it is copied: opening a database file a second time inside the process
that holds its connection would drop the POSIX lock, so that a program of its own (`cp`) reads it. The copy is synced,
opened read-only as a check, and renamed over the old file: readers that have the old one open keep its inode.

Nobody waits for the copy, writers neither. DuckDB never writes over a block that the last checkpoint rests on: its
header changes first, and all of it at once. So a copy whose master has the same headers before and after is whole, even
where a writer was at work beside it; where a checkpoint came between, the copy is made again.
"""

import errno
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import duckdb

from schemas import VERSION
from schemas.errors import StoreUnwritable
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.master import master_folder, master_path, must_hold, open_master

TRIES = 3  # copies beside writers; a run commits every few seconds, and a gigabyte takes about as long
HEADER_BYTES = 3 * 4096


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
    # The connection is closed: only now may the file be read. Another writer may step in between: its transactions are
    # whole. Two that publish at once would write the same new file: they queue at a lock that no writer needs.
    with must_hold(settings, "publish"):
        made = _copy(settings, settings.published)
    _owed(settings).unlink(missing_ok=True)
    return made


class Due(StrEnum):
    """Whether a run publishes."""

    NOW = "now"
    LATER = "later"  # something changed, but the last publication is too fresh
    NOT = "not"


def due(now: datetime, published: datetime | None, gap: timedelta, *, changed: bool, stale: timedelta | None = None) -> Due:
    """Whether to publish: when something changed since the last time, or it is older than `stale`, or there is none;
    never twice within `gap`. A clock that was put back (`published` lies ahead) holds nothing up."""
    if published is None:
        return Due.NOW
    age = now - published
    old = stale is not None and age > stale
    if not (changed or old):
        return Due.NOT
    return Due.NOW if age >= gap or age < timedelta(0) else Due.LATER


def publish_if_due(settings: Settings, now: datetime, *, changed: bool, stale: timedelta | None = None) -> bool:
    """Publishes when that is due, else remembers that it is owed, for the run after the interval; returns whether it did.

    Args:
        changed: something that people see has changed.
        stale: age from which the file is made anew even when nothing did; None: no age.

    Raises:
        StoreUnwritable, StoreLocked: as `publish`.
    """
    gap = timedelta(seconds=settings.publish_gap_seconds)
    verdict = due(now, _published_at(settings), gap, changed=changed or _owed(settings).exists(), stale=stale)
    if verdict is Due.LATER:
        owe(settings)
    if verdict is Due.NOW:
        publish(settings, now)
    return verdict is Due.NOW


def publish_owed(settings: Settings, now: datetime, *, at_once: bool = False) -> bool:
    """Publishes what an earlier run held back, when its interval is over or `at_once`; returns whether it did.

    Raises:
        StoreUnwritable, StoreLocked: as `publish`.
    """
    if not _owed(settings).exists():
        return False
    if at_once:
        publish(settings, now)
        return True
    return publish_if_due(settings, now, changed=True)


def owe(settings: Settings) -> None:
    """Remembers that a new published file is owed: the next run makes it when its interval is over.

    Raises:
        StoreUnwritable: the disk does not let it.
    """
    owed = _owed(settings)
    try:
        owed.touch()
    except OSError as error:
        raise StoreUnwritable(f"newsfold can't write in {owed.parent}: {error.strerror or error}") from None


def _owed(settings: Settings) -> Path:
    return master_folder(settings) / "publish-owed"


def _published_at(settings: Settings) -> datetime | None:
    try:
        return datetime.fromtimestamp(settings.published.stat().st_mtime, UTC)
    except OSError:
        return None


def _copy(settings: Settings, target: Path) -> Path:
    # A name of its own: where a killed run's `cp` is still at work, it must not write into this file.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        for stray in target.parent.glob(f".{target.name}*.new"):
            stray.unlink(missing_ok=True)
        _clone_whole(settings, temporary)
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


def _clone_whole(settings: Settings, target: Path) -> None:
    """Copies the master as one checkpoint left it, beside writers; only where they leave no gap does it make them wait."""
    master = master_path(settings)
    for _ in range(TRIES):
        before = _headers(master)
        if before is None or not _clone(master, target):
            break
        if _headers(master) == before:
            return
    with must_hold(settings, "writer"):
        if not _clone(master, target):
            shutil.copyfile(master, target)  # with the lock held no connection of this process is open


def _clone(source: Path, target: Path) -> bool:
    """Copies in a process of its own, sharing blocks where the file system can (then a large file costs nothing)."""
    share = "-c" if sys.platform == "darwin" else "--reflink=auto"
    try:
        done = subprocess.run(["cp", share, "--", source, target], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if done.returncode and b"o space left" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return done.returncode == 0


def _headers(path: Path) -> bytes | None:
    """The three headers of a DuckDB file: what it is, and the last two checkpoints. Read by a process of its own."""
    try:
        done = subprocess.run(["head", "-c", str(HEADER_BYTES), "--", path], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 and len(done.stdout) == HEADER_BYTES else None


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
