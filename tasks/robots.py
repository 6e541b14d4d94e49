"""robots.txt: what a host's file says, by RFC 9309. Pure: parse and decide, no I/O. The only importer of protego.

4xx means that there are no rules (2.3.1.3); 5xx and a host that can't be reached mean that nothing may be fetched for
now (2.3.1.4): the page then fails for the same passing reason, so that it is tried again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from protego import Protego

from schemas.reasons import TRANSIENT, Reason
from schemas.records import Fetched, FetchFailed, FetchOutcome

MAX_BYTES = 500 * 1024
_LIVES = timedelta(days=1)
_LIVES_UNREACHABLE = timedelta(minutes=10)
_MOST_DELAY = 3600.0


class CachedRobots(NamedTuple):
    """A host's robots.txt as last seen. `text` None: no file, everything is allowed, unless `problem` says it was unreachable."""

    fetched_at: datetime
    text: str | None
    status: int | None
    problem: Reason | None = None


# origin ("https://news.example") -> what was seen; the caller may keep it between runs
RobotsCache = dict[str, CachedRobots]


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """A parsed file. `parsed` None: everything is allowed, or nothing while `problem` is set."""

    parsed: Any | None = None
    problem: Reason | None = None
    status: int | None = None


def cached(outcome: FetchOutcome) -> CachedRobots:
    """What to remember of the answer to a request for robots.txt."""
    if isinstance(outcome, Fetched):
        text = outcome.body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
        return CachedRobots(outcome.fetched_at, text, outcome.status)
    status = outcome.status if isinstance(outcome, FetchFailed) else 304
    unreachable = isinstance(outcome, FetchFailed) and (outcome.reason in TRANSIENT or outcome.reason is Reason.FORBIDDEN_ADDRESS)
    return CachedRobots(outcome.fetched_at, None, status, outcome.reason if unreachable else None)  # type: ignore[union-attr]


def is_fresh(entry: CachedRobots, now: datetime) -> bool:
    """Whether a cache entry still counts: a day, and ten minutes where the host could not be reached."""
    return now - entry.fetched_at < (_LIVES_UNREACHABLE if entry.problem else _LIVES)


def rules_from(entry: CachedRobots) -> RobotsRules:
    """The rules of a cache entry. A file that can't be parsed allows everything, as one that is not there."""
    if entry.problem or not entry.text:
        return RobotsRules(None, entry.problem, entry.status)
    try:
        return RobotsRules(Protego.parse(entry.text), None, entry.status)
    except (ValueError, TypeError, IndexError, RecursionError):
        return RobotsRules(None, None, entry.status)


def allowed(rules: RobotsRules, token: str, url: str) -> bool:
    """Whether the rules let the robot named `token` fetch `url`."""
    if rules.parsed is None:
        return rules.problem is None
    return bool(rules.parsed.can_fetch(url, token))


def crawl_delay(rules: RobotsRules, token: str) -> float | None:
    """The seconds between two requests that the file asks for, if it does; at most an hour."""
    delay = rules.parsed.crawl_delay(token) if rules.parsed is not None else None
    return min(max(float(delay), 0.0), _MOST_DELAY) if delay is not None else None
