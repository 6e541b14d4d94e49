"""HTTP/1.1 over guarded sockets: one request and its answer at a time, connections used again. The only importer of h11.

h11 does the protocol; this file moves its bytes. A client that only GETs, and only one address of a host at a time, needs
no more: the pools and layers of a general HTTP library cost several times what the exchange itself does (docs/choices.md).

The answer that most polls get, a plain 304 that came in one piece, is read here without h11: it ends with its head whatever
its headers say (RFC 9112, 6.3), so there is no framing to be fooled about. Anything else about it, and h11 reads it.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import h11

from schemas.wire import Proxy
from tasks.address_guard import Target
from tasks.guarded_network import GuardedNetwork, Stream, connect_to_proxy

_MOST_HEAD_BYTES = 100 * 1024
_READ_BYTES = 64 * 1024
_KEPT = 2
RawHeaders = Sequence[tuple[bytes, bytes]]


# A request's head as h11 would write it, and the head of a 304: nothing in them is folded, and no byte is a control character.
_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = rb"(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?"
_PLAIN_REQUEST = re.compile(rb"GET [!-~]+ HTTP/1\.1\r\n(?:" + _NAME + b": " + _VALUE + rb"\r\n)+\r\n")
# What is said of framing is for h11 to judge, although a 304 has no body.
_FRAMING = re.compile(rb"\r\n(?:content-length|transfer-encoding):", re.IGNORECASE)
_PLAIN_304 = re.compile(rb"HTTP/1\.1 304(?: [ \t!-~\x80-\xff]*)?\r\n(?:" + _NAME + rb":[ \t!-~\x80-\xff]*\r\n)*\r\n")


class ProtocolError(Exception):
    """What came is not HTTP/1.1, or what was to be sent can't be."""


class ProxyError(Exception):
    """The proxy does not open a tunnel."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The longest waits, in seconds: until a connection stands, and for the next bytes of an answer."""

    connect: float
    silence: float


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer. Names are in lower case. `whole`: there is nothing behind it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    reason: bytes = b""
    whole: bool = False


class Connection:
    """A connection to one server. After `ask`, read the answer's `pieces` to their end; then it may be asked again."""

    __slots__ = ("_http", "_plain", "_stream")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        # None while nothing has been asked that h11 had to read
        self._http: h11.Connection | None = None
        # the last answer was a plain one after which the server keeps the connection
        self._plain = False

    async def ask(self, method: bytes, target: bytes, headers: RawHeaders, silence: float) -> Head:
        """Sends a request without a body; the head of its answer. Raises ProtocolError, BrokenConnectionError, SilenceError."""
        self._plain = False
        if self._http is None:
            lines = b"".join([b"%b: %b\r\n" % line for line in headers])
            head = b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, lines)
            # Counted, too: a line end within a header would make two lines that are both in order.
            if head.count(b"\n") == len(headers) + 2 and _PLAIN_REQUEST.fullmatch(head):
                self._stream.write(head)
                data = await self._stream.read(_READ_BYTES, silence)
                if _PLAIN_304.fullmatch(data) and not _FRAMING.search(data):
                    return self._head_of_304(data)
                self._begin(method, target, headers)
                self._receive(data)
                return await self._response(silence)
        self._stream.write(self._begin(method, target, headers))
        return await self._response(silence)

    def _head_of_304(self, data: bytes) -> Head:
        pairs = [line.split(":", 1) for line in data.decode("latin-1").split("\r\n")[1:-2]]
        told = tuple([(name.lower(), value.strip(" \t")) for name, value in pairs])
        self._plain = all(value.lower() == "keep-alive" for name, value in told if name == "connection")
        return Head(304, told, whole=True)

    def _begin(self, method: bytes, target: bytes, headers: RawHeaders) -> bytes:
        """Tells h11 of a request; the bytes that it would send."""
        self._http = self._http or h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)
        try:
            head = self._http.send(h11.Request(method=method, target=target, headers=list(headers)))
            self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise ProtocolError(str(error)) from error
        return head or b""

    async def _response(self, silence: float) -> Head:
        while True:
            event = await self._event(silence)
            if isinstance(event, h11.Response):
                told = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers])
                return Head(event.status_code, told, bytes(event.reason))
            if not isinstance(event, h11.InformationalResponse):
                raise ProtocolError(f"{type(event).__name__} where an answer was to begin")

    async def pieces(self, silence: float) -> AsyncIterator[bytes]:
        """The body as it comes. Raises as `ask`."""
        while isinstance(event := await self._event(silence), h11.Data):
            yield bytes(event.data)

    def _receive(self, data: bytes) -> None:
        assert self._http is not None
        if not data and self._http.their_state is h11.SEND_RESPONSE:
            raise ProtocolError("the server closed the connection without an answer")
        try:
            self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error

    async def _event(self, silence: float) -> h11.Event | type[h11.PAUSED]:
        assert self._http is not None
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._receive(await self._stream.read(_READ_BYTES, silence))
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error
        return event  # type: ignore[return-value]  # NEED_DATA has been dealt with

    def may_be_kept(self) -> bool:
        """Whether it can take another request: both sides are done and nothing came that nobody asked for."""
        if self._plain:
            return self._stream.quiet
        http = self._http
        if http is None or http.our_state is not h11.DONE or http.their_state is not h11.DONE or http.trailing_data[0]:
            return False
        # The next exchange begins anew: nothing of this one is left to carry over.
        self._http = None
        return True

    @property
    def idle(self) -> bool:
        """Whether it is still fit for use: the server has neither ended it nor sent anything meanwhile."""
        return self._stream.quiet

    def close(self) -> None:
        """Lets go of the socket, at once."""
        self._stream.close()

    async def tunnel(self, proxy: Proxy, target: Target, silence: float) -> None:
        """Has the proxy lead this connection on to a server. Raises ProxyError where it will not."""
        place = f"{target.host}:{target.port}".encode("ascii")
        answer = await self.ask(b"CONNECT", place, [(b"Host", place), *proxy_headers(proxy)], silence)
        if not 200 <= answer.status < 300:
            raise ProxyError(f"{answer.status} {answer.reason.decode('latin-1')}".strip())
        if self._http is not None and self._http.trailing_data[0]:
            raise ProxyError("spoke before its tunnel was used")


def proxy_headers(proxy: Proxy) -> list[tuple[bytes, bytes]]:
    """The header in which the proxy's user and password go."""
    if not proxy.user:
        return []
    return [(b"Proxy-Authorization", b"Basic " + b64encode(f"{proxy.user}:{proxy.password or ''}".encode()))]


class Connections:
    """The connections of one worker, which has one request under way at most: a few are kept to be used again."""

    __slots__ = ("_kept", "_network")

    def __init__(self, network: GuardedNetwork) -> None:
        self._network = network
        self._kept: dict[tuple[str, bool], Connection] = {}

    async def take(self, target: Target, proxy: Proxy | None, waits: Waits) -> Connection:
        """A connection to the target's server: a kept one that is still good, or a new one. Raises as the network does."""
        kept = self._kept.pop((target.origin, proxy is not None), None)
        if kept is not None:
            if kept.idle:
                return kept
            kept.close()
        if proxy is None:
            stream = await self._network.connect(target.host, target.port, waits.connect)
        else:
            stream = await connect_to_proxy(proxy.host, proxy.port, waits.connect)
        try:
            if proxy is not None and target.scheme == "https":
                await Connection(stream).tunnel(proxy, target, waits.silence)
            if target.scheme == "https":
                await stream.start_tls(self._network.context, target.host, waits.connect)
        except BaseException:
            stream.close()
            raise
        return Connection(stream)

    def give_back(self, connection: Connection, target: Target, proxy: Proxy | None) -> None:
        """Keeps a connection whose answer was read to its end; closes any other one."""
        if not connection.may_be_kept():
            connection.close()
            return
        self._kept[target.origin, proxy is not None] = connection
        while len(self._kept) > _KEPT:
            self._kept.pop(next(iter(self._kept))).close()

    def close(self) -> None:
        """Closes those that are kept."""
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()
