"""robots.txt: what a host's file says, by RFC 9309. Pure: parse and decide, no I/O. The only importer of protego.

4xx means that there are no rules (2.3.1.3); 5xx and a host that can't be reached mean that nothing may be fetched for
now (2.3.1.4): the page then fails for the same passing reason, so that it is tried again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from protego import Protego

from schemas.reasons import TRANSIENT, Reason
from schemas.records import Fetched, FetchFailed, FetchOutcome
from tasks import seen_files
from tasks.seen_files import SeenFile, seen_file

MAX_BYTES = 500 * 1024
_LIVES_UNREACHABLE = timedelta(minutes=10)
_MOST_DELAY = 3600.0


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """A parsed file. `parsed` None: everything is allowed, or nothing while `problem` is set."""

    parsed: Any | None = None
    problem: Reason | None = None
    status: int | None = None


def cached(outcome: FetchOutcome) -> SeenFile:
    """What to remember of the answer to a request for robots.txt."""
    failed = isinstance(outcome, FetchFailed) and (outcome.reason in TRANSIENT or outcome.reason is Reason.FORBIDDEN_ADDRESS)
    if isinstance(outcome, Fetched):
        outcome = replace(outcome, body=outcome.body[:MAX_BYTES])
    return seen_file(outcome, problem=failed)


def is_fresh(seen: SeenFile, now: datetime) -> bool:
    """Whether a file still counts: a day, and ten minutes where the host could not be reached."""
    return seen_files.is_fresh(seen, now, _LIVES_UNREACHABLE)


def rules_from(seen: SeenFile) -> RobotsRules:
    """The rules of a file. One that can't be parsed allows everything, as one that is not there."""
    if seen.problem or not seen.text:
        return RobotsRules(None, seen.problem, seen.status)
    try:
        return RobotsRules(Protego.parse(seen.text), None, seen.status)
    except (ValueError, TypeError, IndexError, RecursionError):
        return RobotsRules(None, None, seen.status)


def allowed(rules: RobotsRules, token: str, url: str) -> bool:
    """Whether the rules let the robot named `token` fetch `url`."""
    if rules.parsed is None:
        return rules.problem is None
    return bool(rules.parsed.can_fetch(url, token))


def crawl_delay(rules: RobotsRules, token: str) -> float | None:
    """The seconds between two requests that the file asks for, if it does; at most an hour."""
    delay = rules.parsed.crawl_delay(token) if rules.parsed is not None else None
    return min(max(float(delay), 0.0), _MOST_DELAY) if delay is not None else None
