"""robots.txt by RFC 9309, without a network."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.reasons import Reason
from schemas.records import Fetched, FetchFailed, Validators
from tasks import robots
from tasks.seen_files import SeenFile

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def served(body: bytes) -> SeenFile:
    return robots.cached(Fetched(1, "u", "u", 200, (), body, NOW, Validators()))


def failed(reason: Reason, status: int | None = None) -> SeenFile:
    return robots.cached(FetchFailed(1, "u", "u", reason, "", NOW, status))


def may(entry: SeenFile, path: str = "/x", token: str = "newsfold") -> bool:
    return robots.allowed(robots.rules_from(entry), token, f"https://a.example{path}")


FILE = b"""\xef\xbb\xbfUser-agent: *
Disallow: /private/
Allow: /private/open
Disallow: /*.pdf$
Crawl-delay: 7

User-Agent: NewsFold
Disallow: /not-for-newsfold
"""


def test_the_most_specific_group_and_the_longest_rule_count() -> None:
    entry = served(FILE)
    assert may(entry, "/private/x") and not may(entry, "/not-for-newsfold/1")
    assert not may(entry, "/private/x", "other") and may(entry, "/private/open/x", "other")
    assert not may(entry, "/a.pdf", "other") and may(entry, "/a.pdf?x", "other")


def test_crawl_delay_is_of_the_group_and_bounded() -> None:
    assert robots.crawl_delay(robots.rules_from(served(FILE)), "other") == 7
    assert robots.crawl_delay(robots.rules_from(served(FILE)), "newsfold") is None
    assert robots.crawl_delay(robots.rules_from(served(b"User-agent: *\nCrawl-delay: 99999999")), "x") == 3600


@pytest.mark.parametrize(("reason", "status"), [(Reason.NOT_FOUND, 404), (Reason.LOGIN_REQUIRED, 403), (Reason.HTTP_GONE, 410)])
def test_4xx_means_no_rules(reason: Reason, status: int) -> None:
    assert may(failed(reason, status))


def test_too_many_redirects_mean_no_rules() -> None:
    assert may(failed(Reason.TOO_MANY_REDIRECTS))


@pytest.mark.parametrize("reason", ["server_error", "timeout", "dns", "connection", "tls", "rate_limited"])
def test_unreachable_means_nothing_for_now(reason: str) -> None:
    entry = failed(Reason(reason))
    assert not may(entry) and entry.problem == reason


def test_a_day_and_ten_minutes_when_unreachable() -> None:
    assert robots.is_fresh(served(FILE), NOW + timedelta(hours=23)) and not robots.is_fresh(
        served(FILE), NOW + timedelta(hours=24)
    )
    entry = failed(Reason.TIMEOUT)
    assert robots.is_fresh(entry, NOW + timedelta(minutes=9)) and not robots.is_fresh(entry, NOW + timedelta(minutes=10))


def test_only_the_first_500_kb_count_and_nonsense_allows() -> None:
    long = b"User-agent: *\n" + b"# comment\n" * 60_000 + b"Disallow: /\n"
    assert may(served(long))
    for nonsense in (b"", b"\0\xff" * 999, b"<html>404</html>", b"Disallow: /", b"User-agent\nDisallow\n:::\n", b"a" * 100_000):
        assert may(served(nonsense))
