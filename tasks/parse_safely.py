"""Parsing feeds where a time limit can really end it: in one child process that is used again and again.

A thread can't be stopped, and a feed can be built so that reading it takes hours. The child is a plain `python -c`, not a
multiprocessing one: that would import the program's main module again, and Prefect with it.

Three limits hold for each feed: wall time (the parent kills), processor time (a timer of the kernel's, which a busy machine
does not shorten) and memory above what the child needs for itself.
"""

import atexit
import gc
import os
import pickle
import re
import resource
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from schemas.reasons import Reason
from schemas.records import ParsedFeed, ParseFailed
from tasks.feed_items import MAX_BYTES

_LENGTH = struct.Struct("!Q")
_START_SECONDS = 60.0
_MB = 1024 * 1024
# For a child that can't be measured (no /proc): for all of it.
_MEMORY = 2048 * _MB
# Above what the child needs when it is ready. A sound feed of 10 MB takes less than 110 MB.
MORE_MEMORY = 160 * _MB
# The slowest of 88 real feeds takes 0.2 s; 4,900 items of 2 KB take 1.6 s; the slowest hostile one that ends well 2.4 s.
CPU_SECONDS = 3.5
# All that 10 MB can say, and more.
_MAX_ANSWER = 64 * _MB
_ROOT = str(Path(__file__).resolve().parent.parent)
_CODE = "import sys; sys.path[:0] = [sys.argv[1]]; from tasks.parse_safely import child_main; child_main(int(sys.argv[2]))"
_WARM_UP = b"<rss version='2.0'><channel><item><title>\xc3\xa9</title></item></channel></rss>"


# What `parse_feed` takes: the decoded body, the address where it was found, its Content-Type, now.
FeedBytes = tuple[bytes, str, str | None, datetime]


class ParseChild:
    """The child process: started at the first feed, killed when a feed takes too long, started anew for the next one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._process.pid if self._process else None

    def parse(self, feed: FeedBytes, timeout: float) -> ParsedFeed | ParseFailed:
        """As `tasks.parse.parse_feed`, for at most `timeout` seconds and `CPU_SECONDS` of processor time.

        PARSE_TIMEOUT when one of them is over, PARSE_MEMORY when it takes more than `MORE_MEMORY` bytes.
        """
        if len(feed[0]) > MAX_BYTES:
            return ParseFailed(Reason.TOO_LARGE, f"the feed has more than {MAX_BYTES // _MB} MB")
        try:
            try:
                _send(self._running().stdin, feed)
            except OSError:
                # It ended while idle (the system may have needed its memory): that is not this feed's fault.
                self.close()
                _send(self._running().stdin, feed)
            answer: Any = _receive(self._running().stdout, timeout)
        except TimeoutError:
            self.close()
            return ParseFailed(Reason.PARSE_TIMEOUT, f"reading the feed took longer than {timeout:g} s")
        except (OSError, EOFError):
            return _ended(self.close())
        result, worn = answer
        if worn:
            self.close()
        if isinstance(result, (ParsedFeed, ParseFailed)):
            return result
        raise TypeError(f"the parser's child sent a {type(result).__name__}")

    def close(self) -> int | None:
        """End the child, if there is one. Returns its exit code, negative for the signal that ended it."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-c", _CODE, _ROOT, str(os.getpid())]
            # Unbuffered: nothing is left to flush for a child that was killed.
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            _receive(self._process.stdout, _START_SECONDS)
        return self._process


def _ended(code: int | None) -> ParseFailed:
    if code == -signal.SIGPROF:
        return ParseFailed(Reason.PARSE_TIMEOUT, f"reading the feed took more than {CPU_SECONDS:g} s of processor time")
    return ParseFailed(Reason.BROKEN_FEED, "reading the feed ended the process that read it")


def parse_feeds_safely(
    feeds: Sequence[FeedBytes],
    timeout: float = 20.0,
    *,
    child: ParseChild | None = None,
    on_done: Callable[[int], None] | None = None,
) -> list[ParsedFeed | ParseFailed]:
    """Parse feeds one after the other in a child process, each for at most `timeout` seconds; results in the given order.

    Without a `child` of the caller's own, this process's is used; it is kept from call to call, because starting one
    costs about half a second, and ends with this process. Threads take turns.
    """
    if child is not None:
        return _parse_all(feeds, timeout, child, on_done)
    with _lock:
        return _parse_all(feeds, timeout, _shared_child(), on_done)


def _parse_all(
    feeds: Sequence[FeedBytes], timeout: float, child: ParseChild, on_done: Callable[[int], None] | None
) -> list[ParsedFeed | ParseFailed]:
    results: list[ParsedFeed | ParseFailed] = []
    for feed in feeds:
        results.append(child.parse(feed, timeout))
        if on_done is not None:
            on_done(len(results))
    return results


_lock = threading.Lock()
_shared: dict[int, ParseChild] = {}


def _shared_child() -> ParseChild:
    # By process id: what a fork inherits is its parent's child.
    if os.getpid() not in _shared:
        _shared[os.getpid()] = child = ParseChild()
        atexit.register(child.close)
    return _shared[os.getpid()]


def _send(pipe: IO[bytes] | None, message: object) -> None:
    """A length and a pickle. Raises OSError when nobody reads."""
    _write(pipe, pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))


def _write(pipe: IO[bytes] | None, data: bytes) -> None:
    # Not put together before: a large message would be in memory twice.
    for part in (_LENGTH.pack(len(data)), data):
        rest = memoryview(part)
        while rest and pipe is not None:
            rest = rest[pipe.write(rest) :]


def _receive(pipe: IO[bytes] | None, timeout: float | None) -> object:
    """The next message. Raises TimeoutError, or EOFError when the other side is gone."""
    if pipe is None:
        raise EOFError
    deadline = None if timeout is None else time.monotonic() + timeout
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size, deadline))
    return pickle.loads(_read(pipe, length, deadline))


def _read(pipe: IO[bytes], size: int, deadline: float | None) -> bytes:
    pieces: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while size:
            left = None if deadline is None else deadline - time.monotonic()
            if not selector.select(left if left is None else max(left, 0.0)):
                raise TimeoutError
            piece = os.read(pipe.fileno(), min(size, 1024 * 1024))
            if not piece:
                raise EOFError
            pieces.append(piece)
            size -= len(piece)
    return b"".join(pieces)


def child_main(parent: int) -> None:
    """The child: a message in, a message out, until the parent is gone. Entered only by `ParseChild`."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # its default is to end the process, whatever library is at work
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    from tasks.parse import parse_feed

    parse_feed(_WARM_UP, "http://feed.invalid/", None, datetime.fromtimestamp(0, UTC))
    base = _data_bytes()
    kind, most = (resource.RLIMIT_AS, _MEMORY) if base is None else (resource.RLIMIT_DATA, base + MORE_MEMORY)
    resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
    _send(answers, "ready")
    questions = os.fdopen(os.dup(0), "rb", buffering=0)
    while True:
        try:
            question: Any = _receive(questions, None)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        answer = _answer(parse_feed, question, base)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        _write(answers, answer)
        del question, answer


def _answer(parse: Callable[..., ParsedFeed | ParseFailed], question: FeedBytes, base: int | None) -> bytes:
    """The pickle of (result, whether the child is worn: it holds on to so much memory that a new one should come)."""
    try:
        result = parse(*question)
        worn = base is not None and (_data_bytes() or 0) - base > MORE_MEMORY // 3
        data = pickle.dumps((result, worn), protocol=pickle.HIGHEST_PROTOCOL)
        if len(data) <= _MAX_ANSWER:
            return data
    except MemoryError:
        gc.collect()
    return pickle.dumps((ParseFailed(Reason.PARSE_MEMORY, f"reading the feed takes more than {MORE_MEMORY // _MB} MB"), True))


def _data_bytes() -> int | None:
    """How much writable memory this process has asked for, in bytes; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmData:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _end_with(parent: int) -> None:
    """End this process when its parent has ended, also in the middle of a feed."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)
