"""HTTP/1.1 over guarded sockets: one request and its answer at a time, connections used again. The only importer of h11.

h11 does the protocol; this file moves its bytes. A client that only GETs, and only one address of a host at a time, needs
no more: the pools and layers of a general HTTP library cost several times what the exchange itself does (docs/choices.md).
"""

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


class ProtocolError(Exception):
    """What came is not HTTP/1.1, or what was to be sent can't be."""


class ProxyError(Exception):
    """The proxy does not open a tunnel."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The longest waits, in seconds: until a connection stands, and for the next bytes of an answer."""

    connect: float
    silence: float


class Connection:
    """A connection to one server. After `ask`, read the answer's `pieces` to their end; then it may be asked again."""

    __slots__ = ("_http", "_stream")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)

    async def ask(self, method: bytes, target: bytes, headers: RawHeaders, silence: float) -> h11.Response:
        """Sends a request without a body; the head of its answer. Raises ProtocolError, BrokenConnectionError, SilenceError."""
        try:
            head = self._http.send(h11.Request(method=method, target=target, headers=list(headers)))
            self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise ProtocolError(str(error)) from error
        self._stream.write(head or b"")
        while True:
            event = await self._event(silence)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise ProtocolError(f"{type(event).__name__} where an answer was to begin")

    async def pieces(self, silence: float) -> AsyncIterator[bytes]:
        """The body as it comes. Raises as `ask`."""
        while isinstance(event := await self._event(silence), h11.Data):
            yield bytes(event.data)

    async def _event(self, silence: float) -> h11.Event | type[h11.PAUSED]:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self._stream.read(_READ_BYTES, silence)
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise ProtocolError("the server closed the connection without an answer")
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error
        return event  # type: ignore[return-value]  # NEED_DATA has been dealt with

    def may_be_kept(self) -> bool:
        """Whether it can take another request: both sides are done and nothing came that nobody asked for."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE or self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
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
        if not 200 <= answer.status_code < 300:
            raise ProxyError(f"{answer.status_code} {bytes(answer.reason).decode('latin-1')}".strip())
        if self._http.trailing_data[0]:
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
