"""Lanes over processes: poll, ingest and backfill run side by side, and a publisher sees one newsfold, not three.

A lane is a byte in one file, locked by an open file description (Linux, `fcntl(2)`), so that the system lets go of it
when a process dies. When a lane may be used again stands in a table at the file's beginning.
"""

import fcntl
import os
import struct
import time
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Self

_ROWS = 1 << 14  # a lane may push another one out of its row: then that one's last gap is forgotten, no more
_ROW = struct.Struct("=Qd")
_LOCKS = 1 << 40  # bytes that are locked lie far behind the table; a lock needs no byte that is there
_FLOCK = "hhqqi4x"


class LaneFile:
    """The lanes of one call. Times are `time.time()`: processes share no other clock."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def open(cls, path: Path | None) -> Self | None:
        """The file, made where its folder is there; None where there is no place for it, or no such locks (macOS)."""
        if path is None or not hasattr(fcntl, "F_OFD_SETLK") or not path.parent.is_dir():
            return None
        try:
            return cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644))
        except OSError:  # a folder that can't be written: whoever needs to write there says so
            return None

    def enter(self, lane: str, most: float) -> float | None:
        """Takes a lane: None when it is taken, else the seconds until it may be. `most`: no gap is longer, whatever the clock."""
        if not self._lock(lane, fcntl.F_WRLCK):
            return 0.0
        wait = self._wait(lane, most)
        if wait <= 0:
            return None
        self._lock(lane, fcntl.F_UNLCK)
        return wait

    def leave(self, lane: str, gap: float) -> None:
        """Gives a lane back; for `gap` seconds nobody may take it."""
        if gap > 0:
            key, row = _key(lane)
            with suppress(OSError):  # a full disk: the gap holds in this process alone
                os.pwrite(self._handle, _ROW.pack(key, time.time() + gap), row * _ROW.size)
        self._lock(lane, fcntl.F_UNLCK)

    def close(self) -> None:
        """Lets go of all lanes."""
        os.close(self._handle)

    def _wait(self, lane: str, most: float) -> float:
        key, row = _key(lane)
        read = os.pread(self._handle, _ROW.size, row * _ROW.size)
        known, free_at = _ROW.unpack(read) if len(read) == _ROW.size else (0, 0.0)
        left = free_at - time.time() if known == key else 0.0
        return float(left) if left <= most else 0.0

    def _lock(self, lane: str, kind: int) -> bool:
        place = _LOCKS + _key(lane)[0] % _LOCKS
        try:
            fcntl.fcntl(self._handle, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, place, 1, 0))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:  # a file system without such locks: lanes hold in this process alone
            return True
        return True


@lru_cache(maxsize=1024)
def _key(lane: str) -> tuple[int, int]:
    key = int.from_bytes(blake2b(lane.encode(), digest_size=8).digest())
    return key, key % _ROWS
