"""What feed an address has: the address itself, or the feeds that its page names, or those at the usual paths."""

from datetime import UTC, datetime

from flows.policy import fetch_policy
from schemas.errors import BadInput
from schemas.records import FeedLine, Fetched, FetchFailed, FetchRequest, ParsedFeed
from schemas.settings import Settings
from tasks import discover as candidates
from tasks import fetch, page, parse_safely

PARSE_SECONDS = 20.0


def discover(url: str, settings: Settings) -> tuple[FeedLine, ...]:
    """The feeds of an address, at least one.

    robots.txt decides whether its page may be searched for them. Where it says no, the address is asked for all the same,
    as a feed that the user lists, and taken if it is one.

    Raises:
        BadInput: the address can't be fetched, or has no feed that can be found.
    """
    policy = fetch_policy(settings)
    rules: fetch.SeenFiles = {}
    outcome = fetch.run(fetch.fetch_pages([FetchRequest(0, url, "discovery")], policy, rules))[0]
    refused = outcome.detail if isinstance(outcome, FetchFailed) and _not_asked(outcome) else None
    if refused:
        outcome = fetch.run(fetch.fetch_all([FetchRequest(0, url, "feed")], policy))[0]
    if not isinstance(outcome, Fetched):
        detail = outcome.detail if isinstance(outcome, FetchFailed) else "not modified"
        raise BadInput(f"{url} can't be fetched ({detail}); add it as it is with --unchecked")
    itself = _as_feed(outcome, url)
    if itself:
        return (itself,)
    if refused:
        raise BadInput(f"{url} is no feed, and its page may not be searched for one: {refused}")
    html, _ = page.decode(outcome.body, outcome.header("content-type"))
    named = candidates.feed_candidates(html, outcome.final_url)
    if named:
        return named
    requests = [FetchRequest(0, path, "discovery") for path in candidates.usual_paths(outcome.final_url)]
    tried = fetch.run(fetch.fetch_pages(requests, policy, rules))
    found = [line for answer in tried if isinstance(answer, Fetched) and (line := _as_feed(answer, answer.url))]
    if not found:
        raise BadInput(f"{url} names no feed, and there is none at the usual paths")
    return tuple({line.url: line for line in found[:1]}.values())


def _not_asked(outcome: FetchFailed) -> bool:
    """Whether robots.txt, or that it can't be had, kept the address itself from being asked for."""
    return all(attempt.kind == "robots" for attempt in outcome.attempts) and bool(outcome.attempts)


def _as_feed(outcome: Fetched, url: str) -> FeedLine | None:
    item = (outcome.body, outcome.final_url, outcome.header("content-type"), datetime.now(UTC))
    parsed = parse_safely.parse_feeds_safely([item], PARSE_SECONDS)[0]
    return FeedLine(url, parsed.title, parsed.site_url) if isinstance(parsed, ParsedFeed) else None
