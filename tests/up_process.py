"""`newsfold up` as a process of its own, for the tests and the soak."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flows.prefect_api import ask

ROOT = Path(__file__).parents[1]
READY_SECONDS = 700.0


class UpProcess:
    """Runs until its `with` block ends; `lines` is what it has printed so far."""

    def __init__(self, home: Path, *words: str, hooks: Path | None = None, **environment: str) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSFOLD_", "PREFECT_"))}
        path = os.pathsep.join(str(one) for one in (hooks, ROOT) if one)
        self.environment = {**keep, "PYTHONPATH": path, "NEWSFOLD_HOME": str(home), "NEWSFOLD_WORKERS": "1", **environment}
        self.words = [sys.executable, "-m", "flows.cli.main", "up", "--port", "0", *words]
        self.lines: list[str] = []
        self.began = time.monotonic()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.words, cwd=self.home, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.stop()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ends it and returns after how many seconds it was gone."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        self._reader.join(10)
        return time.monotonic() - began

    def until_ready(self) -> float:
        """Waits for the line that says so; returns how long it took from the start, in seconds."""
        self.until(lambda: any(line.startswith("ready after") for line in self.lines), READY_SECONDS)
        return time.monotonic() - self.began

    def until(self, done: Callable[[], bool], seconds: float) -> None:
        """Waits for something to come true."""
        deadline = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < deadline, "\n".join([*self.lines, *self.logs()])
            time.sleep(0.2)

    def logs(self) -> list[str]:
        """The last lines of the processes' logs."""
        return [
            line
            for file in sorted((self.home / "master").glob("*.log"))
            for line in [f"-- {file.name}", *file.read_text().splitlines()[-30:]]
        ]

    @property
    def address(self) -> str:
        """The first address that it printed."""
        return next(found[0] for line in self.lines if (found := re.search(r"https?://\S+", line)))

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Asks its server."""
        return ask(f"{self.address}/api", method, path, body, seconds=30)

    def runs(self, **wanted: Any) -> list[dict[str, Any]]:
        """Its flow runs."""
        found: list[dict[str, Any]] = self.api("POST", "/flow_runs/filter", {"flow_runs": wanted, "limit": 200})
        return found

    def deployment(self, name: str) -> str:
        """The id of a deployment."""
        rows = self.api("POST", "/deployments/filter", {"deployments": {"name": {"any_": [name]}}})
        return str(rows[0]["id"])


def processes_of(home: Path) -> dict[int, str]:
    """Process id -> command of everything that works on that folder, this process apart."""
    found = {}
    marker = f"NEWSFOLD_HOME={home}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes() and int(folder.name) != os.getpid():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
    return {pid: command for pid, command in found.items() if command}


def parent_of(pid: int) -> int:
    """The id of its parent; 0 when that process is gone."""
    try:
        return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
