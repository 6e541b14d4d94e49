"""What a hostile server does on the wire, and how the poll of its feed must end."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import brotli

from schemas.reasons import Reason
from tasks.decompress import zstd
from tests.hostile.bodies import items, rss
from tests.wire_server import Answer, Asked, answer

_MB = 1024 * 1024
FEED = rss(items(2)).encode()
Writing = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WireCase:
    """`slow`: it only ends by the request's own time limit. `other`: what the server answers elsewhere."""

    name: str
    make: Callable[[], Answer]
    reason: Reason
    slow: bool = False
    scheme: str = "http"


def _coded(coding: str, make: Callable[[], bytes]) -> Callable[[], Answer]:
    return lambda: answer(200, make(), ("Content-Encoding", coding))


def _plain(raw: bytes) -> Callable[[], Answer]:
    """Exactly these bytes, then the end."""

    async def write(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.close()

    return lambda: write


def _endless(head: bytes, piece: bytes, seconds: float = 0.0) -> Callable[[], Answer]:
    """A start, and then the same for ever."""

    async def write(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(seconds)

    return lambda: write


def _silence(head: bytes = b"") -> Callable[[], Answer]:
    async def write(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await asyncio.sleep(30)

    return lambda: write


def _to(*location: str, status: int = 302) -> Callable[[], Answer]:
    return lambda: answer(status, b"", *(("Location", place) for place in location))


def _counting() -> Answer:
    """Redirects to an address that is new each time."""
    return lambda asked: answer(302, b"", ("Location", asked.path + "x"))


def _twice(coding: str) -> Callable[[], Answer]:
    """A gzip bomb, packed once more."""

    def make() -> Answer:
        once = gzip.compress(_zeros())
        return answer(
            200, brotli.compress(once, quality=4) if coding == "gzip, br" else gzip.compress(once), ("Content-Encoding", coding)
        )

    return make


def _zeros(size: int = 60 * _MB) -> bytes:
    return b"\0" * size


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GOOD = Reason.NEW_BODY

WIRE = (
    # bombs
    WireCase("gzip bomb", _coded("gzip", lambda: gzip.compress(_zeros())), Reason.TOO_LARGE),
    WireCase("deflate bomb", _coded("deflate", lambda: zlib.compress(_zeros())), Reason.TOO_LARGE),
    WireCase("brotli bomb", _coded("br", lambda: brotli.compress(_zeros(), quality=4)), Reason.TOO_LARGE),
    WireCase("zstd bomb", _coded("zstd", lambda: zstd.compress(_zeros())), Reason.TOO_LARGE),
    WireCase("gzip in gzip, a bomb", _twice("gzip, gzip"), Reason.TOO_LARGE),
    WireCase(
        "gzip in brotli, a bomb",
        _twice("gzip, br"),
        Reason.TOO_LARGE,
    ),
    WireCase("gzip three times", _coded("gzip, gzip, gzip", lambda: gzip.compress(b"x")), Reason.BAD_ENCODING),
    WireCase("gzip a hundred times", _coded(", ".join(["gzip"] * 100), lambda: gzip.compress(b"x")), Reason.BAD_ENCODING),
    WireCase(
        "a gzip bomb of a thousand members", _coded("gzip", lambda: gzip.compress(_zeros(100_000)) * 1000), Reason.TOO_LARGE
    ),
    WireCase("gzip that is none", _coded("gzip", lambda: FEED), Reason.BAD_ENCODING),
    WireCase("gzip that is damaged", _coded("gzip", lambda: gzip.compress(FEED)[:-30] + b"\xff" * 30), Reason.BAD_ENCODING),
    WireCase("gzip that is cut", _coded("gzip", lambda: gzip.compress(FEED)[:-9]), Reason.BAD_ENCODING),
    WireCase("brotli that is none", _coded("br", lambda: FEED), Reason.BAD_ENCODING),
    WireCase("zstd that is none", _coded("zstd", lambda: FEED), Reason.BAD_ENCODING),
    WireCase("a coding that nobody knows", _coded("evil", lambda: FEED), Reason.BAD_ENCODING),
    # bodies
    WireCase("a body of 50 MB", lambda: answer(200, b"x" * 50 * _MB), Reason.TOO_LARGE),
    WireCase("an endless body", _endless(OK + b"\r\n", b"x" * 65_536), Reason.TOO_LARGE),
    WireCase(
        "an endless chunked body",
        _endless(CHUNKED, b"8000\r\n" + b"x" * 0x8000 + b"\r\n"),
        Reason.TOO_LARGE,
    ),
    WireCase("an endless chunk extension", _endless(CHUNKED + b"5;", b"x" * 65_536), Reason.PROTOCOL),
    WireCase("a length that promises more", _plain(OK + b"Content-Length: 99999\r\n\r\n" + FEED), Reason.PROTOCOL),
    WireCase("a length that promises less", _plain(OK + b"Content-Length: 5\r\n\r\n" + FEED), Reason.BROKEN_FEED),
    WireCase("a length below zero", _plain(OK + b"Content-Length: -1\r\n\r\n" + FEED), Reason.PROTOCOL),
    WireCase("a length that is no number", _plain(OK + b"Content-Length: many\r\n\r\n" + FEED), Reason.PROTOCOL),
    WireCase("a length of 30 digits", _plain(OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + FEED), Reason.PROTOCOL),
    WireCase("two lengths", _plain(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + FEED), Reason.PROTOCOL),
    WireCase("chunks of garbage", _plain(OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\ngarbage"), Reason.PROTOCOL),
    WireCase("a chunk of a negative size", _plain(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello"), Reason.PROTOCOL),
    WireCase("a chunk of a huge size", _plain(OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx"), Reason.PROTOCOL),
    WireCase("chunks that break off", _plain(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nx"), Reason.PROTOCOL),
    WireCase("a transfer coding that nobody knows", _plain(OK + b"Transfer-Encoding: evil\r\n\r\n" + FEED), Reason.PROTOCOL),
    # heads
    WireCase("HTTP/0.9", _plain(FEED), Reason.PROTOCOL),
    WireCase("HTTP/9.9", _plain(b"HTTP/9.9 200 OK\r\n\r\n"), Reason.BROKEN_FEED),
    WireCase("a status that is none", _plain(b"HTTP/1.1 abc OK\r\n\r\n"), Reason.PROTOCOL),
    WireCase("another protocol", _plain(b"220 mail.example ESMTP\r\n"), Reason.PROTOCOL),
    WireCase("binary garbage", _plain(bytes(range(256)) * 64), Reason.PROTOCOL),
    WireCase("nothing at all", _plain(b""), Reason.PROTOCOL),
    WireCase("a head that breaks off", _plain(OK + b"X-A: b"), Reason.PROTOCOL),
    WireCase("endless headers", _endless(OK, b"X-Header: " + b"y" * 1000 + b"\r\n"), Reason.PROTOCOL),
    WireCase("one endless header", _endless(OK + b"X-Header: ", b"y" * 65_536), Reason.PROTOCOL),
    WireCase("an endless status line", _endless(b"HTTP/1.1 200 ", b"O" * 65_536), Reason.PROTOCOL),
    WireCase("a NUL in a header", _plain(OK + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n"), Reason.PROTOCOL),
    WireCase("a header without a colon", _plain(OK + b"evil\r\n\r\n"), Reason.PROTOCOL),
    WireCase("a thousand cookies", lambda: answer(200, FEED, *(("Set-Cookie", f"c{n}=1") for n in range(1000))), GOOD),
    WireCase("endless interim answers", _endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), Reason.TIMEOUT, slow=True),
    WireCase(
        "an upgrade that nobody asked for",
        _plain(b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
        Reason.PROTOCOL,
    ),
    WireCase("a 304 that nobody asked for", _plain(b"HTTP/1.1 304 Not Modified\r\n\r\n"), Reason.PROTOCOL),
    WireCase("a 204", _plain(b"HTTP/1.1 204 No Content\r\n\r\n"), Reason.BROKEN_FEED),
    WireCase("a status of 999", lambda: answer(999, b""), Reason.SERVER_ERROR),
    WireCase("validators of a megabyte", lambda: answer(200, FEED, ("ETag", f'"{"x" * 60_000}"')), GOOD),
    WireCase("a validator with control characters", lambda: answer(200, FEED, ("ETag", '"a\x01b\x7f"')), GOOD),
    # slow
    WireCase("a byte a second", _endless(OK + b"Content-Length: 100000\r\n\r\n", b"x", 1.0), Reason.TIMEOUT, slow=True),
    WireCase("a header byte a second", _endless(OK + b"X-A: ", b"x", 1.0), Reason.TIMEOUT, slow=True),
    WireCase("a chunk a second", _endless(CHUNKED, b"1\r\nx\r\n", 1.0), Reason.TIMEOUT, slow=True),
    WireCase("silence", _silence(), Reason.TIMEOUT, slow=True),
    WireCase("silence after the head", _silence(OK + b"Content-Length: 10\r\n\r\n"), Reason.TIMEOUT, slow=True),
    WireCase("a stalled TLS handshake", _silence(), Reason.TIMEOUT, slow=True, scheme="https"),
    # redirects
    WireCase("a redirect to itself", _to("/feed", status=301), Reason.TOO_MANY_REDIRECTS),
    WireCase("redirects without end", _counting, Reason.TOO_MANY_REDIRECTS),
    WireCase("a redirect to nowhere", _to("", status=302), Reason.HTTP_ERROR),
    WireCase("a redirect of 60,000 letters", _to("/" + "x" * 60_000), Reason.BAD_URL),
    WireCase("a redirect with a line break in it", _to("/a%0d%0aSet-Cookie:%20x=y\tz"), Reason.TOO_MANY_REDIRECTS),
)
