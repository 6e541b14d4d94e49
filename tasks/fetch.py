"""Getting addresses: conditional, paced, guarded, bounded. The only importer of httpx.

`fetch_all` and `fetch_pages` never raise for one address: each request ends as Fetched, NotModified or FetchFailed.
What a client may do is decided in `http_rules`, `address_guard`, `pacing` and `robots`; this file acts on it.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

import httpcore
import httpx

from schemas.reasons import Reason
from schemas.records import Attempt, Fetched, FetchFailed, FetchOutcome, FetchRequest, NotModified, Validators
from tasks import http_rules, robots
from tasks.address_guard import Refusal, Target, parse_host_map, target_of
from tasks.decompress import BadCodingError, BodyReader, TooLargeError, gunzip_file
from tasks.guarded_network import (
    ForbiddenAddressError,
    GuardedNetwork,
    Resolver,
    TlsError,
    UnknownNameError,
    system_resolver,
)
from tasks.http_rules import FetchPolicy
from tasks.pacing import Lanes, Pacing, lane_of
from tasks.page import NotAPage, page_from
from tasks.robots import RobotsCache
from tasks.urls import host_of, masked

__all__ = ["FetchPolicy", "NotAPage", "Pacing", "RobotsCache", "fetch_all", "fetch_pages", "page_from", "parse_host_map"]

# Of an answer that is not wanted, read so much that the connection can be used again.
_UNWANTED_BYTES = 64 * 1024
Headers = tuple[tuple[str, str], ...]
OnDone = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Answer:
    """The last answer of a chain of redirects. `body` is decoded, `wire` its size as it came, `seconds` for the whole chain."""

    url: str
    status: int
    headers: Headers
    body: bytes
    wire: int
    permanent: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a chain ended without an answer. `asked` False: we never meant to send this request."""

    url: str
    reason: Reason
    detail: str
    seconds: float = 0.0
    retry_after: float | None = None
    asked: bool = True


@dataclass(slots=True)
class _Session:
    """What the workers of one call share. `robots_cache` None: robots.txt is not looked at."""

    policy: FetchPolicy
    network: GuardedNetwork
    lanes: Lanes
    robots_cache: RobotsCache | None
    rules: dict[str, robots.RobotsRules] = field(default_factory=dict)
    rules_locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    # host -> how many times in a row it could not be reached
    unreachable: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Worker:
    """One lane's worker. Its transport is its own: a shared pool looks through all its connections for each request."""

    session: _Session
    transport: httpx.AsyncHTTPTransport
    # attempts of the request at hand, its host's robots.txt included
    attempts: list[Attempt] = field(default_factory=list)


async def fetch_all(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    *,
    on_done: OnDone | None = None,
    pacing: Pacing | None = None,
    resolve: Resolver = system_resolver,
) -> list[FetchOutcome]:
    """Get all addresses, many hosts at once; outcomes in the order of the requests. Never raises for one address.

    `on_done` is called with the number of requests done so far. `pacing` carries gaps and pauses from one call to the next.
    """
    return await _run(requests, policy, None, on_done=on_done, pacing=pacing or Pacing(), resolve=resolve)


async def fetch_pages(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    robots_cache: RobotsCache,
    *,
    on_done: OnDone | None = None,
    pacing: Pacing | None = None,
    resolve: Resolver = system_resolver,
) -> list[FetchOutcome]:
    """As `fetch_all`, obeying robots.txt on every hop. A refusal is FetchFailed with reason ROBOTS.

    Fresh entries of `robots_cache` (origin -> CachedRobots) are used, new ones are added to it. While a host's robots.txt
    can't be had (5xx, timeout), its pages are not asked for and fail for that same, passing reason.
    """
    return await _run(requests, policy, robots_cache, on_done=on_done, pacing=pacing or Pacing(), resolve=resolve)


async def _run(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    cache: RobotsCache | None,
    *,
    on_done: OnDone | None,
    pacing: Pacing,
    resolve: Resolver,
) -> list[FetchOutcome]:
    lanes = Lanes(pacing, policy.concurrency, policy.gap_seconds, policy.max_gap_seconds)
    session = _Session(policy, GuardedNetwork(policy.host_map, resolve), lanes, cache)
    groups: dict[str, list[int]] = {}
    for index, request in enumerate(requests):
        groups.setdefault(lane_of(request.kind, request.url), []).append(index)
    outcomes: dict[int, FetchOutcome] = {}

    async def work(indices: list[int]) -> None:
        worker = _Worker(session, _transport(session))
        async with worker.transport:
            for index in indices:
                outcomes[index] = await _fetch(requests[index], worker)
                if on_done is not None:
                    on_done(len(outcomes))

    try:
        async with asyncio.TaskGroup() as tasks:
            for indices in groups.values():
                tasks.create_task(work(indices))
    finally:
        session.network.close()
    return [outcomes[index] for index in range(len(requests))]


def _transport(session: _Session) -> httpx.AsyncHTTPTransport:
    context = _ssl_context(session.policy.ca_file)
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=context, max_connections=8, max_keepalive_connections=2, network_backend=session.network
    )
    return transport


@lru_cache(maxsize=4)
def _ssl_context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)


async def _fetch(request: FetchRequest, worker: _Worker) -> FetchOutcome:
    """One request with its retries."""
    session, worker.attempts = worker.session, []
    host, tries = host_of(request.url), 0
    while True:
        if session.unreachable.get(host, 0) >= session.policy.give_up_after and not tries:
            detail = f"not tried: {host} could not be reached {session.policy.give_up_after} times just before"
            return FetchFailed(request.key, request.url, request.url, Reason.CONNECTION, detail, datetime.now(UTC))
        outcome = await _attempt(request, worker)
        tries += 1
        failed = outcome if isinstance(outcome, FetchFailed) else None
        if failed is None or failed.status is not None or failed.reason not in http_rules.HOST_DOWN:
            session.unreachable.pop(host, None)
        elif host_of(failed.final_url) == host:
            session.unreachable[host] = session.unreachable.get(host, 0) + 1
        if (
            failed is None
            or tries > session.policy.retries
            or not http_rules.may_retry(failed.reason, failed.status, failed.retry_after)
        ):
            return replace(outcome, attempts=tuple(worker.attempts))
        await asyncio.sleep(http_rules.retry_wait(session.policy, tries))


async def _attempt(request: FetchRequest, worker: _Worker) -> FetchOutcome:
    """One try with all its redirects. It adds its Attempt to the worker's, unless nothing was asked for."""
    started_at = datetime.now(UTC)
    result = await _chain(request, worker)
    now = datetime.now(UTC)
    if isinstance(result, _Answer):
        outcome, wire, status = _outcome(request, result, now, worker), result.wire, result.status
    else:
        wire, status = 0, None
        key, url, wait = request.key, request.url, result.retry_after
        outcome = FetchFailed(key, url, masked(result.url), result.reason, result.detail, now, retry_after=wait)
    if isinstance(result, _Answer) or result.asked:
        reason, detail = _reason_and_detail(outcome)
        places = (masked(request.url), masked(result.url))
        row = (request.key, request.kind, *places, started_at, result.seconds, status, wire, reason, detail)
        worker.attempts.append(Attempt(*row))
    return outcome


def _reason_and_detail(outcome: FetchOutcome) -> tuple[Reason, str | None]:
    if isinstance(outcome, FetchFailed):
        return outcome.reason, outcome.detail
    return (Reason.NOT_MODIFIED if isinstance(outcome, NotModified) else Reason.NEW_BODY), None


def _outcome(request: FetchRequest, answer: _Answer, now: datetime, worker: _Worker) -> FetchOutcome:
    """What an answer means. Leaves the domain alone for a while where the answer asks for it."""
    key, url, status, headers = request.key, request.url, answer.status, answer.headers
    retry_after = http_rules.retry_after_seconds(headers, now)
    if http_rules.wants_pause(status, retry_after):
        pause = retry_after if retry_after is not None else worker.session.policy.bare_429_seconds
        worker.session.lanes.pacing.pause(answer.url, pause)
    redirected = answer.url != url
    moved_to = answer.url if redirected and answer.permanent else None
    if status == 304 and http_rules.is_conditional(request) and not redirected:
        kept = http_rules.kept_validators(request.validators, headers)
        return NotModified(key, url, answer.url, now, kept, headers)
    if 200 <= status < 300:
        # Validators belong to an address: those of a redirect's target must not be sent to `url` the next time.
        validators = Validators() if redirected else http_rules.validators_in(headers)
        return Fetched(key, url, answer.url, status, headers, answer.body, now, validators, moved_to, retry_after)
    reason = Reason.PROTOCOL if status == 304 else http_rules.reason_of_status(status)
    return FetchFailed(key, url, answer.url, reason, f"the server answered {status}", now, status, retry_after)


async def _chain(request: FetchRequest, worker: _Worker) -> _Answer | _Trouble:
    """Follow redirects, each hop checked like the first, until there is an answer.

    The server's time is limited over the whole chain; waiting for our own turn does not count.
    """
    policy, lanes = worker.session.policy, worker.session.lanes
    url, permanent, used, seen = request.url, True, 0.0, {request.url}
    validators = request.validators
    while True:
        target = target_of(url, policy.ports, policy.host_map)
        if isinstance(target, Refusal):
            return _Trouble(url, target.reason, target.detail, used)
        if trouble := await _robots_trouble(request, url, target, worker):
            return trouble
        async with lanes.turn(request.kind, url):
            if wait := lanes.pacing.pause_left(url):
                detail = f"{target.host} asked to be left alone for another {wait:.0f} s"
                return _Trouble(url, Reason.RATE_LIMITED, detail, used, wait, asked=url != request.url)
            started = time.perf_counter()
            left = policy.attempt_seconds(request.kind) - used
            hop = await _hop(request.kind, url, target, validators, worker, seconds=left)
            used += time.perf_counter() - started
        if isinstance(hop, _Trouble):
            return replace(hop, seconds=used)
        redirect = http_rules.redirect_of(hop.status, hop.headers, url, permanent=permanent)
        if redirect is None:
            return replace(hop, permanent=permanent, seconds=used)
        if len(seen) > policy.max_redirects or redirect.url in seen:
            kind = "go round in a circle" if redirect.url in seen else f"are more than {policy.max_redirects}"
            return _Trouble(url, Reason.TOO_MANY_REDIRECTS, f"its redirects {kind}", used)
        url, permanent, validators = redirect.url, redirect.permanent, Validators()
        seen.add(url)


async def _hop(
    kind: str, url: str, target: Target, validators: Validators, worker: _Worker, *, seconds: float
) -> _Answer | _Trouble:
    """One request and its answer, within `seconds`. Every way in which it can go wrong becomes a value."""
    policy = worker.session.policy
    timeouts = {"connect": policy.connect_timeout, "read": policy.read_timeout, "write": policy.read_timeout, "pool": None}
    request = httpx.Request(
        "GET",
        # Only scheme, host and port are read from here; the request line is the target, byte for byte.
        httpx.URL(scheme=target.scheme, host=target.host, port=target.port),
        headers=http_rules.request_headers(policy, kind, target.netloc, validators),
        extensions={"timeout": timeouts, "target": target.path.encode("ascii")},
    )
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            response = await worker.transport.handle_async_request(request)
            try:
                headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
                body, wire = await _body(response, headers, kind, policy)
            finally:
                await response.aclose()
            return _Answer(url, response.status_code, headers, body, wire, True, 0.0)
    except Exception as error:  # noqa: BLE001 (an address must not end the others' run, whatever its server does)
        reason, detail = _trouble_of(error, seconds)
        return _Trouble(url, reason, detail)


async def _body(response: httpx.Response, headers: Headers, kind: str, policy: FetchPolicy) -> tuple[bytes, int]:
    """The decoded body of an answer, and its size on the wire. Of an answer that is no 2xx nothing is kept."""
    wanted = 200 <= response.status_code < 300
    coding = ", ".join(value for name, value in headers if name == "content-encoding")
    most = policy.max_body_bytes(kind)
    reader = BodyReader(coding if wanted else None, max(policy.max_wire_bytes, most) if wanted else _UNWANTED_BYTES, most)
    try:
        async for piece in response.stream:  # type: ignore[union-attr]
            reader.feed(piece)
        body = reader.finish()
    except TooLargeError:
        # Of robots.txt the first 500 KB count (RFC 9309, 2.5); the rest of an error page does not matter.
        if wanted and kind != "robots":
            raise
        return reader.so_far(), reader.wire
    return (gunzip_file(body, most) if kind in ("feed", "discovery") and wanted else body), reader.wire


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
        (BadCodingError, Reason.BAD_ENCODING, text),
        ((httpx.NetworkError, OSError), Reason.CONNECTION, text),
        (httpx.ProtocolError, Reason.PROTOCOL, text),
    )
    return next(
        ((reason, words) for kind, reason, words in kinds if isinstance(error, kind)),
        (Reason.PROTOCOL, f"{type(error).__name__}: {text}"),
    )


async def _robots_trouble(request: FetchRequest, url: str, target: Target, worker: _Worker) -> _Trouble | None:
    """Why the host's robots.txt forbids a hop, or None. Gets the file where it is not known yet."""
    session, token = worker.session, worker.session.policy.robots_token
    if session.robots_cache is None or request.kind == "robots":
        return None
    async with session.rules_locks.setdefault(target.origin, asyncio.Lock()):
        if target.origin not in session.rules:
            session.rules[target.origin] = await _get_rules(request, target, worker)
    rules = session.rules[target.origin]
    if rules.problem:
        answer = f"answered {rules.status}" if rules.status else f"can't be had ({rules.problem})"
        return _Trouble(
            url, rules.problem, f"robots.txt of {target.host} {answer}, so nothing is fetched there for now", asked=False
        )
    if not robots.allowed(rules, token, url):
        return _Trouble(url, Reason.ROBOTS, f"robots.txt of {target.host} does not allow it", asked=False)
    if delay := robots.crawl_delay(rules, token):
        session.lanes.slow_down(url, delay)
    return None


async def _get_rules(request: FetchRequest, target: Target, worker: _Worker) -> robots.RobotsRules:
    cache = worker.session.robots_cache if worker.session.robots_cache is not None else {}
    known = cache.get(target.origin)
    if known is None or not robots.is_fresh(known, datetime.now(UTC)):
        asked_before = len(worker.attempts)
        outcome = await _attempt(FetchRequest(request.key, f"{target.origin}/robots.txt", "robots"), worker)
        known = robots.cached(outcome)
        if len(worker.attempts) > asked_before:
            cache[target.origin] = known
    return robots.rules_from(known)
