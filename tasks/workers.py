"""One pool of processes a run for CPU work: extraction, signatures and entities.

Processes are spawned, not forked: a forked child would keep the writer's flock after its parent was killed. A worker
whose parent is gone ends by itself. A page that hangs is interrupted by its time limit; one that kills its process is
found by trying the batch's items one by one, and becomes that item's failure.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_WATCH_SECONDS = 1.0


class TookTooLong(Exception):
    """An item was not done within its time limit."""


class Workers:
    """A pool of worker processes, made when first needed. Results keep the order of the items."""

    def __init__(self, count: int = 0, warm_up: Sequence[Callable[[], None]] = ()) -> None:
        """`count` 0 means one process a core, at most 8. `warm_up` runs in each process as it starts."""
        self.count = count or min(os.cpu_count() or 1, 8)
        self._warm_up = tuple(warm_up)
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], failed: Callable[[Item, str], Result], seconds: float
    ) -> list[Result]:
        """`work` on each item (both picklable); `failed` makes the result of an item that hangs or kills its process."""
        jobs = [(work, item, failed, seconds) for item in items]
        chunk = max(1, min(8, len(items) // (self.count * 4)))
        try:
            return list(self._started().map(_guarded, jobs, chunksize=chunk))
        except BrokenProcessPool:
            self.close()
            return [self._alone(job) for job in jobs]

    def _alone(self, job: "tuple[Callable[[Item], Result], Item, Callable[[Item, str], Result], float]") -> Result:
        try:
            return self._started().submit(_guarded, job).result()
        except BrokenProcessPool:
            self.close()
            return job[2](job[1], "the page made its worker process die")

    def start(self) -> None:
        """Starts the processes now, so that they load their models while the network is waited for."""
        pool = self._started()
        for _ in range(self.count):
            pool.submit(os.getpid)

    def close(self) -> None:
        """Ends the processes."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self.count, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(os.getpid(), self._warm_up)
                )
            return self._pool


@contextmanager
def workers(count: int = 0, warm_up: Sequence[Callable[[], None]] = ()) -> Iterator[Workers]:
    """A pool for the time of a run."""
    pool = Workers(count, warm_up)
    try:
        yield pool
    finally:
        pool.close()


def _begin(parent: int, warm_up: Sequence[Callable[[], None]]) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    for step in warm_up:
        step()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _guarded(job: "tuple[Callable[[Item], Result], Item, Callable[[Item, str], Result], float]") -> Result:
    work, item, failed, seconds = job
    try:
        with _time_limit(seconds):
            return work(item)
    except TookTooLong:
        return failed(item, f"not done within {seconds:g} s")
    except MemoryError:
        return failed(item, "out of memory")


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def interrupt(_signal: int, _frame: object) -> None:
        raise TookTooLong

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
