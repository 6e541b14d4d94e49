"""Sockets that lead only where they may: the network layer below the HTTP client.

The name is resolved here, each address is judged, and the socket connects to a judged address, never to a name: what
DNS says a moment later changes nothing. Names in the host map lead to their mapped place. TLS still verifies the name.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

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


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's network backend with the address guard in it. Close it after use."""

    def __init__(self, host_map: HostMap, resolve: Resolver = system_resolver) -> None:
        self._host_map = host_map
        self._resolve = resolve
        # Threads of our own: asyncio's few would let a handful of dead name servers hold up everybody.
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="newsfold-dns")

    def close(self) -> None:
        """Let go of the resolver's threads, without waiting for those that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (httpcore's signature)
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, judge, connect. Raises ForbiddenAddressError, UnknownNameError or httpcore's ConnectError/Timeout."""
        try:
            async with asyncio.timeout(timeout):
                if host in self._host_map:
                    address, port = self._host_map[host]
                    return await _connect(address, port)
                return await self._connect_one(await self._judged(host, port), port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection to {host} in {timeout} s") from error

    async def judge(self, host: str, port: int, timeout: float) -> None:
        """Resolve and judge a name without connecting to it. Raises as `connect_tcp`."""
        try:
            async with asyncio.timeout(timeout):
                await self._judged(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no address of {host} in {timeout} s") from error

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Never: a URL does not lead to a file."""
        raise ForbiddenAddressError("a unix socket")

    async def sleep(self, seconds: float) -> None:
        """Wait (httpcore's back-off; unused, its retries are off)."""
        await asyncio.sleep(seconds)

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

    async def _connect_one(self, addresses: list[str], port: int) -> httpcore.AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(_SHARE_SECONDS):
                    return await _connect(address, port)
            except (TimeoutError, httpcore.ConnectError):
                continue
        return await _connect(addresses[-1], port)


class ProxyNetwork(httpcore.AsyncNetworkBackend):
    """The network below a proxied client: it leads to the user's proxy, wherever that is, and nowhere else."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (httpcore's signature)
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the proxy. Raises ForbiddenAddressError for any other place."""
        if (host, port) != self._place:
            raise ForbiddenAddressError(f"{host}:{port} is not the proxy")
        try:
            async with asyncio.timeout(timeout):
                return await _connect(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection to the proxy in {timeout} s") from error


async def _connect(address: str, port: int) -> httpcore.AsyncNetworkStream:
    wire = _Wire()
    try:
        await asyncio.get_running_loop().create_connection(lambda: wire, address, port)
    except OSError as error:
        raise httpcore.ConnectError(f"{address}:{port}: {error.strerror or error}") from error
    return _Stream(wire)


class _Wire(asyncio.Protocol):
    """Buffers what arrives; stops reading while the buffer is full."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self.transport: asyncio.Transport
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) > _ENOUGH_BUFFERED and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended, self.error = True, exc
        self._wake()

    async def take(self, most: int) -> bytes:
        """The next bytes, at most so many; b"" at the end."""
        while not self.buffer and not self.ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if not self.buffer and self.error is not None:
            raise self.error
        data = bytes(self.buffer[:most])
        del self.buffer[:most]
        if self._paused and len(self.buffer) < _ENOUGH_BUFFERED // 2 and not self.ended:
            self._paused = False
            self.transport.resume_reading()
        return data

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._wire.buffer:
            return await self._wire.take(max_bytes)
        try:
            async with asyncio.timeout(timeout):
                return await self._wire.take(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(f"nothing came for {timeout} s") from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 (a request is small: it never waits)
        if self._wire.transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        if buffer:
            self._wire.transport.write(buffer)

    async def aclose(self) -> None:
        # No waiting for the other side's TLS goodbye: a server that keeps silent would hold the socket.
        if self._wire.transport.get_extra_info("ssl_object") is not None:
            self._wire.transport.abort()
        else:
            self._wire.transport.close()
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        name = (server_hostname or "").rstrip(".")
        if self._wire.buffer:
            # It would be read later as if it had come encrypted.
            self._wire.transport.abort()
            raise TlsError(f"{name} spoke before the TLS handshake")
        try:
            async with asyncio.timeout(timeout):
                transport = await loop.start_tls(self._wire.transport, self._wire, ssl_context, server_hostname=name)
        except TimeoutError as error:
            self._wire.transport.abort()
            raise httpcore.ConnectTimeout(f"no TLS handshake with {name} in {timeout} s") from error
        except ssl.SSLError as error:
            raise TlsError(f"{name}: {getattr(error, 'verify_message', None) or error.reason or error}") from error
        except OSError as error:
            raise httpcore.ConnectError(f"the connection ended in the TLS handshake with {name}: {error}") from error
        if transport is None:
            raise httpcore.ConnectError(f"the connection ended in the TLS handshake with {name}")
        self._wire.transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # httpcore asks this of idle connections: anything to read there means that it is of no more use.
            return self._wire.ended or bool(self._wire.buffer)
        return self._wire.transport.get_extra_info("ssl_object") if info == "ssl_object" else None
