"""How much time and memory a piece of work costs, in this process and in the parser's child."""

import os
import re
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tasks import parse_safely

_TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """`with Usage() as used: …`, then `used.cpu` (seconds, both processes), `used.parent` and `used.child` (MB more at the peak).

    Peaks are the kernel's own (VmHWM, set back through clear_refs), so that nothing short is missed; where there is no
    /proc they stay 0.
    """

    def __init__(self) -> None:
        self.cpu = self.parent = self.child = self.wall = 0.0
        self._stop = threading.Event()
        self._peaks: dict[int, float] = {}
        self._ticks: dict[int, float] = {}

    def __enter__(self) -> Self:
        first = _child()
        self._base_child = _reset(first) if first else 0.0
        self._first_ticks = (first, _cpu(first) if first else 0.0)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        self._base = _reset(os.getpid())
        self._cpu, self._wall = time.process_time(), time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.wall = time.monotonic() - self._wall
        own = time.process_time() - self._cpu
        self._look()
        self._stop.set()
        self._thread.join()
        first, before = self._first_ticks
        self.cpu = own + sum(ticks - (before if pid == first else 0.0) for pid, ticks in self._ticks.items())
        self.parent = _peak(os.getpid()) - self._base
        self.child = max(self._peaks.values(), default=self._base_child) - self._base_child

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self._look()

    def _look(self) -> None:
        pid = _child()
        if pid and (peak := _peak(pid)):
            self._peaks[pid] = max(self._peaks.get(pid, 0.0), peak)
            self._ticks[pid] = max(self._ticks.get(pid, 0.0), _cpu(pid))


def _child() -> int | None:
    child = parse_safely._shared.get(os.getpid())
    return child.pid if child else None


def _reset(pid: int) -> float:
    """Sets a process's peak back to what it holds now, in MB."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return 0.0
    return _peak(pid)


def _peak(pid: int) -> float:
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
