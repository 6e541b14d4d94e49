"""Processes that the supervisor of `newsfold up` starts, and ends by process id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


@dataclass(slots=True)
class Child:
    """One of our processes: how it is started, and when it may be started again."""

    name: str
    words: list[str]
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    failures: int = 0
    since: float = 0.0
    _handle: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Starts it; its output goes to the end of its log."""
        self.close()
        self._handle = self.log.open("ab")
        self.since = time.monotonic()
        # A session of its own: Ctrl-C reaches the supervisor alone, which then stops everything in order.
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            env=dict(self.environment),
            # A prefect.toml or .env where a person happens to stand must not count.
            cwd=self.log.parent,
            stdin=subprocess.DEVNULL,
            stdout=self._handle,
            stderr=self._handle,
            start_new_session=True,
        )

    def ended(self) -> bool:
        """Whether it was started and is gone."""
        return self.process is not None and self.process.poll() is not None

    def pause(self) -> float:
        """Seconds to wait before it is started again: longer each time it dies young."""
        self.failures = 0 if time.monotonic() - self.since > 60 else self.failures + 1
        return float(min(2 ** (self.failures - 1), 30)) if self.failures > 1 else 0.0

    def stop(self, seconds: float) -> None:
        """Asks it to end, and makes it after `seconds`."""
        if self.process is None:
            return
        stop_all([self.process.pid], seconds, lambda _: self.process is not None and self.process.poll() is None)
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Lets go of the log."""
        if self._handle is not None:
            self._handle.close()


def stop_all(pids: list[int], seconds: float, lives: Callable[[int], bool]) -> None:
    """SIGTERM to all of these processes, SIGKILL to those that still live after `seconds`."""
    send(pids, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(lives(pid) for pid in pids):
        time.sleep(0.05)
    send([pid for pid in pids if lives(pid)], signal.SIGKILL)


def send(pids: list[int], number: signal.Signals) -> None:
    """Signals these processes; one that is gone is left out."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
