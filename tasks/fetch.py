"""Getting addresses: conditional, paced, guarded, bounded. One request and its answer is `fetch_hop`'s affair.

`fetch_all` and `fetch_pages` never raise for one address: each request ends as Fetched, NotModified or FetchFailed.
What a client may do is decided in `http_rules`, `address_guard`, `pacing` and `robots`; this file acts on it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from schemas.reasons import Reason
from schemas.records import Attempt, Fetched, FetchFailed, FetchOutcome, FetchRequest, NotModified, Validators
from tasks import http_rules, robots, robots_shelf
from tasks.address_guard import Refusal, Target, parse_host_map, target_of
from tasks.byte_budget import ByteBudget
from tasks.event_loop import run
from tasks.fetch_hop import Answer, Session, Trouble, Worker, hop_answer, trusted
from tasks.guarded_network import GuardedNetwork, Resolver, system_resolver
from tasks.http_rules import FetchPolicy
from tasks.lane_file import LaneFile
from tasks.meta_refresh import header_target, refresh_target
from tasks.pacing import Lanes, Pacing, lane_of
from tasks.page import NotAPage, page_from
from tasks.seen_files import SeenFiles
from tasks.urls import host_of, masked

__all__ = [
    "FetchPolicy",
    "NotAPage",
    "Pacing",
    "SeenFiles",
    "fetch_all",
    "fetch_each",
    "fetch_pages",
    "page_from",
    "parse_host_map",
    "run",
]

OnDone = Callable[[int], None]
OnOutcome = Callable[[FetchOutcome], None]


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


async def fetch_each(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    take: OnOutcome,
    *,
    room: asyncio.Event | None = None,
    pacing: Pacing | None = None,
    resolve: Resolver = system_resolver,
) -> None:
    """As `fetch_all`, but each outcome goes to `take` as soon as it is there, and is forgotten: for more than fits in memory.

    `take` is called on the loop's own thread: it should be quick. While `room` is not set, no new request is sent.
    """
    await _run(requests, policy, None, take=take, room=room, pacing=pacing or Pacing(), resolve=resolve)


async def fetch_pages(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    robots_cache: SeenFiles,
    *,
    on_done: OnDone | None = None,
    pacing: Pacing | None = None,
    resolve: Resolver = system_resolver,
) -> list[FetchOutcome]:
    """As `fetch_all`, obeying robots.txt on every hop. A refusal is FetchFailed with reason ROBOTS.

    Fresh entries of `robots_cache` (origin -> SeenFile) are used, new ones are added to it. While a host's robots.txt
    can't be had (5xx, timeout), its pages are not asked for and fail for that same, passing reason.
    """
    return await _run(requests, policy, robots_cache, on_done=on_done, pacing=pacing or Pacing(), resolve=resolve)


async def _run(
    requests: Sequence[FetchRequest],
    policy: FetchPolicy,
    cache: SeenFiles | None,
    *,
    on_done: OnDone | None = None,
    take: OnOutcome | None = None,
    room: asyncio.Event | None = None,
    pacing: Pacing,
    resolve: Resolver,
) -> list[FetchOutcome]:
    shared = LaneFile.open(policy.lane_file)
    robots_shelf.clear(policy.robots_shelf if cache is not None else None)
    lanes = Lanes(pacing, policy.concurrency, policy.gap_seconds, policy.max_gap_seconds, shared)
    network = GuardedNetwork(policy.host_map, resolve, trusted(policy.ca_file))
    session = Session(policy, network, lanes, ByteBudget(policy.max_held_bytes), cache, room=room)
    groups: dict[str, list[int]] = {}
    for index, request in enumerate(requests):
        groups.setdefault(lane_of(request.url), []).append(index)
    outcomes: dict[int, FetchOutcome] = {}
    done = 0

    async def work(indices: list[int]) -> None:
        nonlocal done
        worker = Worker(session)
        try:
            for index in indices:
                outcome = await _fetch(requests[index], worker)
                done += 1
                if take is not None:
                    take(outcome)
                else:
                    session.budget.keep(len(outcome.body) if isinstance(outcome, Fetched) else 0)
                    outcomes[index] = outcome
                if on_done is not None:
                    on_done(done)
                del outcome
        finally:
            worker.connections.close()

    try:
        async with asyncio.TaskGroup() as tasks:
            for indices in groups.values():
                tasks.create_task(work(indices))
    finally:
        session.network.close()
        if shared is not None:
            shared.close()
    return [outcomes[index] for index in range(len(requests))] if take is None else []


async def _fetch(request: FetchRequest, worker: Worker) -> FetchOutcome:
    """One request with its retries."""
    session, worker.attempts = worker.session, []
    tries = 0
    while True:
        if not tries and session.unreachable:
            host = host_of(request.url)
            if session.unreachable.get(host, 0) >= session.policy.give_up_after:
                detail = f"not tried: {host} could not be reached {session.policy.give_up_after} times just before"
                return FetchFailed(request.key, request.url, request.url, Reason.CONNECTION, detail, datetime.now(UTC))
        outcome = await _attempt(request, worker)
        tries += 1
        failed = outcome if isinstance(outcome, FetchFailed) else None
        if failed is None or failed.status is not None or failed.reason not in http_rules.HOST_DOWN:
            if session.unreachable:
                session.unreachable.pop(host_of(request.url), None)
        elif (host := host_of(request.url)) == host_of(failed.final_url):
            session.unreachable[host] = session.unreachable.get(host, 0) + 1
        if (
            failed is None
            or tries > session.policy.retries
            or not http_rules.may_retry(failed.reason, failed.status, failed.retry_after)
        ):
            return replace(outcome, attempts=tuple(worker.attempts))
        await asyncio.sleep(http_rules.retry_wait(session.policy, tries))


async def _attempt(request: FetchRequest, worker: Worker) -> FetchOutcome:
    """One try with all its redirects. It adds its Attempt to the worker's, unless nothing was asked for."""
    started_at = datetime.now(UTC)
    result = await _chain(request, worker)
    now = datetime.now(UTC)
    if isinstance(result, Answer):
        outcome, wire, status = _outcome(request, result, now, worker), result.wire, result.status
    else:
        wire, status = 0, None
        key, url, wait = request.key, request.url, result.retry_after
        outcome = FetchFailed(key, url, masked(result.url), result.reason, result.detail, now, retry_after=wait)
    if isinstance(result, Answer) or result.asked:
        reason, detail = _reason_and_detail(outcome)
        places = (masked(request.url), masked(result.url))
        row = (request.key, request.kind, *places, started_at, result.seconds, status, wire, reason, detail)
        worker.attempts.append(Attempt(*row))
    return outcome


def _reason_and_detail(outcome: FetchOutcome) -> tuple[Reason, str | None]:
    if isinstance(outcome, FetchFailed):
        return outcome.reason, outcome.detail
    return (Reason.NOT_MODIFIED if isinstance(outcome, NotModified) else Reason.NEW_BODY), None


def _outcome(request: FetchRequest, answer: Answer, now: datetime, worker: Worker) -> FetchOutcome:
    """What an answer means. Leaves the domain alone for a while where the answer asks for it."""
    key, url, status, headers = request.key, request.url, answer.status, answer.headers
    retry_after = http_rules.retry_after_seconds(headers, now)
    if http_rules.wants_pause(status, retry_after):
        pause = retry_after if retry_after is not None else worker.session.policy.bare_429_seconds
        worker.session.lanes.pacing.pause(answer.url, pause)
    redirected = answer.url != url
    moved_to = answer.url if redirected and answer.permanent else None
    sent = http_rules.validators_for(request, answer.url)
    if status == 304 and sent != Validators():
        return NotModified(key, url, answer.url, now, http_rules.kept_validators(sent, headers), headers, moved_to)
    if 200 <= status < 300:
        validators = http_rules.validators_in(headers)
        return Fetched(key, url, answer.url, status, headers, answer.body, now, validators, moved_to, retry_after)
    reason = Reason.PROTOCOL if status == 304 else http_rules.reason_of_status(status)
    said = (http_rules.first(headers, "tdm-reservation") or "").strip()
    reserved = said == "1" if said in ("0", "1") else None
    detail = f"the server answered {status}"
    return FetchFailed(key, url, answer.url, reason, detail, now, status, retry_after, tdm_reserved=reserved)


async def _chain(request: FetchRequest, worker: Worker) -> Answer | Trouble:
    """Follow redirects, each hop checked like the first, until there is an answer.

    The server's time is limited over the whole chain; waiting for our own turn does not count.
    """
    policy, lanes = worker.session.policy, worker.session.lanes
    url, permanent, used, seen = request.url, True, 0.0, {request.url}
    # Once a chain has left its first origin, the user's own headers stay behind, even if it comes back.
    origin, at_home = "", True
    while True:
        target = target_of(url, policy.ports, policy.host_map)
        if isinstance(target, Refusal):
            return Trouble(url, target.reason, target.detail, used)
        origin = origin or target.origin
        at_home = at_home and target.origin == origin
        if trouble := await _robots_trouble(request, url, target, worker):
            return trouble
        async with lanes.turn(request.kind, target.host):
            if worker.session.room is not None:
                await worker.session.room.wait()
            if wait := lanes.pacing.pause_left(target.host):
                detail = f"{target.host} asked to be left alone for another {wait:.0f} s"
                return Trouble(url, Reason.RATE_LIMITED, detail, used, wait, asked=url != request.url)
            started = time.perf_counter()
            left = policy.attempt_seconds(request.kind) - used
            hop = await hop_answer(request, url, target, worker, seconds=left, own_headers=at_home)
            used += time.perf_counter() - started
        if isinstance(hop, Trouble):
            return replace(hop, seconds=used)
        redirect = http_rules.redirect_of(hop.status, hop.headers, url, permanent=permanent) or _refresh(request, hop)
        if redirect is None:
            return replace(hop, permanent=permanent, seconds=used)
        if len(seen) > policy.max_redirects or redirect.url in seen:
            kind = "go round in a circle" if redirect.url in seen else f"are more than {policy.max_redirects}"
            return Trouble(url, Reason.TOO_MANY_REDIRECTS, f"its redirects {kind}", used)
        url, permanent = redirect.url, redirect.permanent
        seen.add(url)


def _refresh(request: FetchRequest, answer: Answer) -> http_rules.Redirect | None:
    """Where the page of an answer sends its readers, if it is one that does: by its header first, as browsers do."""
    if request.kind != "page" or answer.status != 200:
        return None
    target = header_target(http_rules.first(answer.headers, "refresh"), answer.url)
    target = target or refresh_target(answer.body, http_rules.first(answer.headers, "content-type"), answer.url)
    return http_rules.Redirect(target, permanent=False) if target else None


async def _robots_trouble(request: FetchRequest, url: str, target: Target, worker: Worker) -> Trouble | None:
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
        return Trouble(
            url, rules.problem, f"robots.txt of {target.host} {answer}, so nothing is fetched there for now", asked=False
        )
    if not robots.allowed(rules, token, url):
        return Trouble(url, Reason.ROBOTS, f"robots.txt of {target.host} does not allow it", asked=False)
    if delay := robots.crawl_delay(rules, token):
        session.lanes.slow_down(url, delay)
    return None


async def _get_rules(request: FetchRequest, target: Target, worker: Worker) -> robots.RobotsRules:
    """A host's rules: those that are known and fresh, else asked for. Calls and processes side by side ask once."""
    session, origin, now = worker.session, target.origin, datetime.now(UTC)
    cache = session.robots_cache if session.robots_cache is not None else {}
    known = cache.get(origin)
    if known is None or not robots.is_fresh(known, now):
        async with session.lanes.alone(f"robots.txt of {origin}"):
            shelf = session.policy.robots_shelf
            known = robots_shelf.find(shelf, origin)
            if known is None or not robots.is_fresh(known, now):
                asked_before = len(worker.attempts)
                known = robots.cached(await _attempt(FetchRequest(request.key, f"{origin}/robots.txt", "robots"), worker))
                if len(worker.attempts) == asked_before:
                    return robots.rules_from(known)
                robots_shelf.put(shelf, origin, known)
        cache[origin] = known
    return robots.rules_from(known)
