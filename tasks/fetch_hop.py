"""One request and its answer, with its limits and secrets: every way in which it can go wrong becomes a value."""

import asyncio
import ssl
from dataclasses import dataclass, field
from functools import lru_cache

import certifi

from schemas.errors import BadSetting
from schemas.reasons import Reason
from schemas.records import Attempt, FetchRequest
from tasks import http_client, http_rules, robots
from tasks.address_guard import Target
from tasks.byte_budget import ByteBudget, NoRoomError
from tasks.decompress import BadCodingError, BodyReader, TooLargeError, gunzip_file
from tasks.guarded_network import (
    BrokenConnectionError,
    ConnectTimeoutError,
    ForbiddenAddressError,
    GuardedNetwork,
    SilenceError,
    TlsError,
    UnknownNameError,
)
from tasks.http_client import Connection, Connections, ProtocolError, ProxyError, Waits
from tasks.http_rules import FetchPolicy
from tasks.pacing import Lanes
from tasks.seen_files import SeenFiles

# Of an answer that is not wanted, read so much that the connection can be used again.
_UNWANTED_BYTES = 64 * 1024
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer of a chain of redirects. `body` is decoded, `wire` its size as it came, `seconds` for the whole chain."""

    url: str
    status: int
    headers: Headers
    body: bytes
    wire: int
    permanent: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a chain ended without an answer. `asked` False: we never meant to send this request."""

    url: str
    reason: Reason
    detail: str
    seconds: float = 0.0
    retry_after: float | None = None
    asked: bool = True


@dataclass(slots=True)
class Session:
    """What the workers of one call share. `robots_cache` None: robots.txt is not looked at."""

    policy: FetchPolicy
    network: GuardedNetwork
    lanes: Lanes
    budget: ByteBudget
    robots_cache: SeenFiles | None
    rules: dict[str, robots.RobotsRules] = field(default_factory=dict)
    rules_locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    # host -> how many times in a row it could not be reached
    unreachable: dict[str, int] = field(default_factory=dict)
    # while it is there and not set, no request is sent
    room: asyncio.Event | None = None


class Worker:
    """One lane's worker, with connections of its own: it has one request under way at most."""

    __slots__ = ("attempts", "connections", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.connections = Connections(session.network)
        # attempts of the request at hand, its host's robots.txt included
        self.attempts: list[Attempt] = []


@lru_cache(maxsize=4)
def trusted(ca_file: str | None) -> ssl.SSLContext:
    """Which certificates count: certifi's. Raises BadSetting when the file of additional ones can't be read."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    try:
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
    except OSError as error:
        raise BadSetting(f"NEWSFOLD_CA_FILE: {ca_file} holds no certificates that can be read ({error})") from error
    return context


async def hop_answer(
    request: FetchRequest, url: str, target: Target, worker: Worker, *, seconds: float, own_headers: bool
) -> Answer | Trouble:
    """One request and its answer, within `seconds`. Every way in which it can go wrong becomes a value.

    With a proxy, the name is still resolved and judged here first. Which address the proxy then connects to is its own
    decision: a name that means something else to it, or a moment later, is beyond this guard. Mapped names go straight.
    """
    session, policy, kind = worker.session, worker.session.policy, request.kind
    own = http_rules.own_headers_for(policy, target.origin, target.path) if own_headers and policy.own_headers else ()
    headers = http_rules.request_headers(policy, kind, target.netloc, http_rules.validators_for(request, url), own)
    path = target.path.encode("ascii")
    proxy = policy.proxy if not target.mapped else None
    if proxy is not None and ":" in target.host:
        return Trouble(url, Reason.CONNECTION, "a bare IPv6 address can't be asked for through a proxy", asked=False)
    if proxy is not None and target.scheme == "http":
        path, headers = target.origin.encode("ascii") + path, http_client.proxy_headers(proxy) + headers
    try:
        async with asyncio.timeout(max(seconds, 0.0)) as limit:
            if proxy is not None:
                await session.network.judge(target.host, target.port, policy.connect_timeout)
            connection = await worker.connections.take(target, proxy, Waits(policy.connect_timeout, policy.read_timeout))
            try:
                answer = await connection.ask(b"GET", path, headers, policy.read_timeout)
                status, told = answer.status, answer.headers
                body, wire = (b"", 0) if answer.whole else await _body(connection, status, told, kind, session, limit)
            finally:
                worker.connections.give_back(connection, target, proxy)
            if status == 407 and proxy is not None:
                return Trouble(url, Reason.CONNECTION, "the proxy asks for other credentials")
            return Answer(url, status, told, body, wire, True, 0.0)
    except Exception as error:  # noqa: BLE001 (an address must not end the others' run, whatever its server does)
        reason, detail = _trouble_of(error, seconds)
        return Trouble(url, reason, http_rules.without_secrets(detail, policy))


async def _body(
    connection: Connection, status: int, headers: Headers, kind: str, session: Session, limit: asyncio.Timeout
) -> tuple[bytes, int]:
    """The decoded body of an answer, and its size on the wire. Of an answer that is no 2xx nothing is kept."""
    wanted, policy = 200 <= status < 300, session.policy
    coding = ", ".join(value for name, value in headers if name == "content-encoding")
    most = policy.max_body_bytes(kind)
    reader = BodyReader(coding if wanted else None, max(policy.max_wire_bytes, most) if wanted else _UNWANTED_BYTES, most)
    number = session.budget.begin()
    try:
        async for piece in connection.pieces(policy.read_timeout):
            reader.feed(piece)
            if session.budget.over(number, reader.size):
                await _wait_for_room(session.budget, number, limit)
        body = reader.finish()
    except TooLargeError:
        # Of robots.txt the first 500 KB count (RFC 9309, 2.5); the rest of an error page does not matter.
        if wanted and kind != "robots":
            raise
        return reader.so_far(), reader.wire
    finally:
        session.budget.end(number)
    return (gunzip_file(body, most) if kind in ("feed", "discovery") and wanted else body), reader.wire


async def _wait_for_room(budget: ByteBudget, number: int, limit: asyncio.Timeout) -> None:
    """Waiting for others to be done is not the server's time."""
    loop, ends = asyncio.get_running_loop(), limit.when()
    started = loop.time()
    limit.reschedule(None)
    try:
        await budget.room(number)
    finally:
        limit.reschedule(ends + loop.time() - started if ends is not None else None)


def _trouble_of(error: Exception, seconds: float) -> tuple[Reason, str]:
    """The reason that goes with an exception, and a sentence."""
    text = str(error) or type(error).__name__
    kinds: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Reason, str], ...] = (
        ((ConnectTimeoutError, SilenceError), Reason.TIMEOUT, text),
        (TimeoutError, Reason.TIMEOUT, f"no complete answer within {seconds:.0f} s"),
        (ForbiddenAddressError, Reason.FORBIDDEN_ADDRESS, text),
        (UnknownNameError, Reason.DNS, text),
        (TlsError, Reason.TLS, text),
        (TooLargeError, Reason.TOO_LARGE, "the answer is larger than the limit"),
        (NoRoomError, Reason.NO_ROOM, text),
        (BadCodingError, Reason.BAD_ENCODING, text),
        (ProxyError, Reason.CONNECTION, f"the proxy answered {text}"),
        ((BrokenConnectionError, OSError), Reason.CONNECTION, text),
        (ProtocolError, Reason.PROTOCOL, text),
    )
    return next(
        ((reason, words) for kind, reason, words in kinds if isinstance(error, kind)),
        (Reason.PROTOCOL, f"{type(error).__name__}: {text}"),
    )
