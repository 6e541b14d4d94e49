"""Starts and stops the bench's servers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def server(kind: str, count: int, milliseconds: int = 0) -> Iterator[dict[str, Any]]:
    """A server of `tests.bench.serve`, stopped at the end. `milliseconds`: how long unchanged feeds take to answer."""
    command = [sys.executable, "-m", "tests.bench.serve", kind, str(count), str(milliseconds)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
