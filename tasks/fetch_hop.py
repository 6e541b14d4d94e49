"""One request and its answer: the HTTP client, with its guard, proxy, limits and secrets. The only importer of httpx."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import httpcore
import httpx

from schemas.errors import BadSetting
from schemas.reasons import Reason
from schemas.records import Attempt, FetchRequest
from schemas.wire import Proxy
from tasks import http_rules, robots
from tasks.address_guard import Target
from tasks.byte_budget import ByteBudget, NoRoomError
from tasks.decompress import BadCodingError, BodyReader, TooLargeError, gunzip_file
from tasks.guarded_network import ForbiddenAddressError, GuardedNetwork, ProxyNetwork, TlsError, UnknownNameError
from tasks.http_rules import FetchPolicy
from tasks.pacing import Lanes
from tasks.robots import RobotsCache

# Of an answer that is not wanted, read so much that the connection can be used again.
_UNWANTED_BYTES = 64 * 1024
_CONNECTIONS, _KEPT_CONNECTIONS = 8, 2
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
    robots_cache: RobotsCache | None
    rules: dict[str, robots.RobotsRules] = field(default_factory=dict)
    rules_locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    # host -> how many times in a row it could not be reached
    unreachable: dict[str, int] = field(default_factory=dict)
    # while it is there and not set, no request is sent
    room: asyncio.Event | None = None


@dataclass(slots=True)
class Worker:
    """One lane's worker. Its transport is its own: a shared pool looks through all its connections for each request."""

    session: Session
    transport: httpx.AsyncHTTPTransport
    # through the user's proxy; None where there is none
    proxied: httpx.AsyncHTTPTransport | None = None
    # attempts of the request at hand, its host's robots.txt included
    attempts: list[Attempt] = field(default_factory=list)


@asynccontextmanager
async def open_worker(session: Session) -> AsyncIterator[Worker]:
    """A worker with its connections, which end with it."""
    context, proxy = trusted(session.policy.ca_file), session.policy.proxy
    pool = httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_KEPT_CONNECTIONS,
        network_backend=session.network,
    )
    async with _transport(pool, context) as transport:
        if proxy is None:
            yield Worker(session, transport)
            return
        async with _transport(_proxy_pool(proxy, context), context) as proxied:
            yield Worker(session, transport, proxied)


def _transport(pool: httpcore.AsyncConnectionPool, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    transport._pool = pool
    return transport


class _ProxyPool(httpcore.AsyncHTTPProxy):
    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        # The request line is in `request.url` by now; left here it would replace that of CONNECT and the absolute form.
        request.extensions = {name: value for name, value in request.extensions.items() if name != "target"}
        return await super().handle_async_request(request)


def _proxy_pool(proxy: Proxy, context: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
    return _ProxyPool(
        httpcore.URL(scheme="http", host=proxy.host, port=proxy.port, target="/"),
        proxy_auth=(proxy.user.encode(), (proxy.password or "").encode()) if proxy.user else None,
        ssl_context=context,
        max_connections=_CONNECTIONS,
        max_keepalive_connections=_KEPT_CONNECTIONS,
        network_backend=ProxyNetwork(proxy.host, proxy.port),
    )


@lru_cache(maxsize=4)
def trusted(ca_file: str | None) -> ssl.SSLContext:
    """Which certificates count. Raises BadSetting when the file of additional ones can't be read."""
    context = httpx.create_ssl_context(trust_env=False)
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
    policy, kind = worker.session.policy, request.kind
    validators = http_rules.validators_for(request, url)
    own = http_rules.own_headers_for(policy, target.origin, target.path) if own_headers else ()
    transport = worker.proxied if worker.proxied is not None and not target.mapped else worker.transport
    if transport is worker.proxied and ":" in target.host:
        return Trouble(url, Reason.CONNECTION, "a bare IPv6 address can't be asked for through a proxy", asked=False)
    timeouts = {"connect": policy.connect_timeout, "read": policy.read_timeout, "write": policy.read_timeout, "pool": None}
    asked = httpx.Request(
        "GET",
        # Only scheme, host and port are read from here; the request line is the target, byte for byte.
        httpx.URL(scheme=target.scheme, host=target.host, port=target.port),
        headers=http_rules.request_headers(policy, kind, target.netloc, validators, own),
        extensions={"timeout": timeouts, "target": target.path.encode("ascii")},
    )
    try:
        async with asyncio.timeout(max(seconds, 0.0)) as limit:
            if transport is worker.proxied:
                await worker.session.network.judge(target.host, target.port, policy.connect_timeout)
            response = await transport.handle_async_request(asked)
            try:
                headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
                body, wire = await _body(response, headers, kind, worker.session, limit)
            finally:
                await response.aclose()
            if response.status_code == 407 and transport is worker.proxied:
                return Trouble(url, Reason.CONNECTION, "the proxy asks for other credentials")
            return Answer(url, response.status_code, headers, body, wire, True, 0.0)
    except Exception as error:  # noqa: BLE001 (an address must not end the others' run, whatever its server does)
        reason, detail = _trouble_of(error, seconds)
        return Trouble(url, reason, http_rules.without_secrets(detail, policy))


async def _body(
    response: httpx.Response, headers: Headers, kind: str, session: Session, limit: asyncio.Timeout
) -> tuple[bytes, int]:
    """The decoded body of an answer, and its size on the wire. Of an answer that is no 2xx nothing is kept."""
    wanted, policy = 200 <= response.status_code < 300, session.policy
    coding = ", ".join(value for name, value in headers if name == "content-encoding")
    most = policy.max_body_bytes(kind)
    reader = BodyReader(coding if wanted else None, max(policy.max_wire_bytes, most) if wanted else _UNWANTED_BYTES, most)
    number = session.budget.begin()
    try:
        async for piece in response.stream:  # type: ignore[union-attr]
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
        (httpx.TimeoutException, Reason.TIMEOUT, text),
        (TimeoutError, Reason.TIMEOUT, f"no complete answer within {seconds:.0f} s"),
        (ForbiddenAddressError, Reason.FORBIDDEN_ADDRESS, text),
        (UnknownNameError, Reason.DNS, text),
        (TlsError, Reason.TLS, text),
        (TooLargeError, Reason.TOO_LARGE, "the answer is larger than the limit"),
        (NoRoomError, Reason.TOO_LARGE, text),
        (BadCodingError, Reason.BAD_ENCODING, text),
        (httpx.ProxyError, Reason.CONNECTION, f"the proxy answered {text}"),
        ((httpx.NetworkError, OSError), Reason.CONNECTION, text),
        (httpx.ProtocolError, Reason.PROTOCOL, text),
    )
    return next(
        ((reason, words) for kind, reason, words in kinds if isinstance(error, kind)),
        (Reason.PROTOCOL, f"{type(error).__name__}: {text}"),
    )
