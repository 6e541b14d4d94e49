"""Sockets that lead only where they may: the network layer below the HTTP client.

The name is resolved here, each address is judged, and the socket connects to a judged address, never to a name: what
DNS says a moment later changes nothing. Names in the host map lead to their mapped place. TLS still verifies the name.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tasks.address_guard import HostMap, address_problem, literal_address, name_problem

Resolver = Callable[[str, int], Sequence[str]]

_MOST_THREADS = 64
_ENOUGH_BUFFERED = 256 * 1024
# One address of several must not use up the whole time to connect.
_SHARE_SECONDS = 4.0


class ForbiddenAddressError(Exception):
    """A name leads to addresses that newsfold does not connect to, or is no name of the outside."""


class UnknownNameError(Exception):
    """DNS does not know the name, or does not answer."""


class TlsError(Exception):
    """The TLS handshake failed: a certificate that can't be trusted, or no common protocol."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, in the order in which the system would try them (RFC 6724). Blocks. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


class ConnectTimeoutError(Exception):
    """No connection, or no TLS handshake, in the time for it."""


class SilenceError(Exception):
    """Nothing came for too long."""


class BrokenConnectionError(Exception):
    """No connection could be made, or it ended before its time."""


class GuardedNetwork:
    """Where connections come from, with the address guard in it. Close it after use. `context`: the certificates that count."""

    def __init__(self, host_map: HostMap, resolve: Resolver = system_resolver, context: ssl.SSLContext | None = None) -> None:
        self.context = context or ssl.create_default_context()
        self._host_map = host_map
        self._resolve = resolve
        # Threads of our own: asyncio's few would let a handful of dead name servers hold up everybody.
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="newsfold-dns")

    def close(self) -> None:
        """Let go of the resolver's threads, without waiting for those that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def connect(self, host: str, port: int, seconds: float) -> "Stream":
        """Resolve, judge, connect. Raises ForbiddenAddressError, UnknownNameError, BrokenConnectionError, ConnectTimeoutError."""
        try:
            async with asyncio.timeout(seconds):
                if host in self._host_map:
                    return await _connect(*self._host_map[host])
                return await self._connect_one(await self._judged(host, port), port)
        except TimeoutError as error:
            raise ConnectTimeoutError(f"no connection to {host} in {seconds} s") from error

    async def judge(self, host: str, port: int, seconds: float) -> None:
        """Resolve and judge a name without connecting to it. Raises as `connect`."""
        try:
            async with asyncio.timeout(seconds):
                await self._judged(host, port)
        except TimeoutError as error:
            raise ConnectTimeoutError(f"no address of {host} in {seconds} s") from error

    async def _judged(self, host: str, port: int) -> list[str]:
        literal = literal_address(host)
        if literal is None:
            if problem := name_problem(host):
                raise ForbiddenAddressError(f"{host} is {problem}")
            found = await self._look_up(host, port)
        else:
            found = [str(literal)]
        problems: list[str] = []
        good: list[str] = []
        for text in found:
            problem = address_problem(ipaddress.ip_address(text.partition("%")[0]))
            if problem:
                problems.append(f"{host} leads to {text}, {problem}")
            else:
                good.append(text)
        if not good:
            raise ForbiddenAddressError(problems[0] if problems else f"{host} has no address")
        return good

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._resolve, host, port)
        except socket.gaierror as error:
            raise UnknownNameError(f"{host}: {error.strerror}") from error
        except (OSError, UnicodeError) as error:
            raise UnknownNameError(f"{host}: {error}") from error
        if not found:
            raise UnknownNameError(f"{host} has no address")
        return found

    async def _connect_one(self, addresses: list[str], port: int) -> "Stream":
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(_SHARE_SECONDS):
                    return await _connect(address, port)
            except (TimeoutError, BrokenConnectionError):
                continue
        return await _connect(addresses[-1], port)


async def connect_to_proxy(host: str, port: int, seconds: float) -> "Stream":
    """Connect to the user's proxy, wherever that is. Raises BrokenConnectionError, ConnectTimeoutError."""
    try:
        async with asyncio.timeout(seconds):
            return await _connect(host, port)
    except TimeoutError as error:
        raise ConnectTimeoutError(f"no connection to the proxy in {seconds} s") from error


async def _connect(address: str, port: int) -> "Stream":
    stream = Stream()
    try:
        await asyncio.get_running_loop().create_connection(lambda: stream, address, port)
    except OSError as error:
        raise BrokenConnectionError(f"{address}:{port}: {error.strerror or error}") from error
    return stream


class Stream(asyncio.Protocol):
    """A connected socket. Buffers what arrives; stops reading while the buffer is full."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._transport: asyncio.Transport
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > _ENOUGH_BUFFERED and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def quiet(self) -> bool:
        """Whether it still stands and nothing is there to be read."""
        return not self._ended and not self._buffer

    async def read(self, most: int, silence: float) -> bytes:
        """The next bytes, at most so many; b"" at the end. Raises SilenceError after so many seconds, BrokenConnectionError."""
        if self.quiet:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(silence, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
            if self.quiet:
                raise SilenceError(f"nothing came for {silence} s")
        if not self._buffer and self._error is not None:
            raise BrokenConnectionError(str(self._error)) from self._error
        data = bytes(self._buffer[:most])
        del self._buffer[:most]
        if self._paused and len(self._buffer) < _ENOUGH_BUFFERED // 2 and not self._ended:
            self._paused = False
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        """Sends a request: it is small, so this never waits. Raises BrokenConnectionError."""
        if self._transport.is_closing():
            raise BrokenConnectionError("the connection is closed")
        self._transport.write(data)

    def close(self) -> None:
        """Lets go of the socket."""
        # No waiting for the other side's TLS goodbye: a server that keeps silent would hold the socket.
        if self._transport.get_extra_info("ssl_object") is not None:
            self._transport.abort()
        else:
            self._transport.close()

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """The TLS handshake, in which the server must show that it is `host`. Raises TlsError, BrokenConnectionError…"""
        name = host.rstrip(".")
        if self._buffer:
            # It would be read later as if it had come encrypted.
            raise TlsError(f"{name} spoke before the TLS handshake")
        try:
            async with asyncio.timeout(seconds):
                loop = asyncio.get_running_loop()
                transport = await loop.start_tls(self._transport, self, context, server_hostname=name)
        except TimeoutError as error:
            self._transport.abort()
            raise ConnectTimeoutError(f"no TLS handshake with {name} in {seconds} s") from error
        except ssl.SSLError as error:
            raise TlsError(f"{name}: {getattr(error, 'verify_message', None) or error.reason or error}") from error
        except OSError as error:
            raise BrokenConnectionError(f"the connection ended in the TLS handshake with {name}: {error}") from error
        if transport is None:
            raise BrokenConnectionError(f"the connection ended in the TLS handshake with {name}")
        self._transport = transport
