"""How entries end: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.reasons import TRANSIENT, EntryState, Reason
from schemas.records import Entry, FetchFailed, Page
from tasks.settle import KnownArticle, blocked_by, is_edit, settle_failure
from tasks.urls import article_key

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
ENTRY = Entry(1, 2, "g", "https://a.example/news/1", "t", (), NOW, None)
PAGE = Page(9, 1, ENTRY.url, ENTRY.url, 200, "<html>", "text/html", "utf-8", "sha", 10, NOW)
KNOWN = KnownArticle(5, article_key(ENTRY.url), 1, "text", "t", 100, frozenset({1}))


def _failure(reason: Reason, **changes: object) -> FetchFailed:
    return replace(FetchFailed(1, ENTRY.url, ENTRY.url, reason, "why", NOW), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", sorted(TRANSIENT))
def test_what_may_pass_is_tried_again_ever_later_and_then_quarantined(reason: Reason) -> None:
    entry, waits = ENTRY, []
    for attempt in range(1, 4):
        ending = settle_failure(entry, _failure(reason), NOW, most_attempts=4)
        assert ending.state is EntryState.PENDING and ending.attempts == attempt
        assert ending.next_attempt_at is not None
        waits.append(ending.next_attempt_at - NOW)
        entry = replace(entry, attempts=ending.attempts)
    assert waits == sorted(set(waits))
    last = settle_failure(entry, _failure(reason), NOW, most_attempts=4)
    assert (last.state, last.reason, last.attempts) == (EntryState.QUARANTINED, reason, 4)


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.NOT_FOUND, EntryState.GONE),
        (Reason.HTTP_GONE, EntryState.GONE),
        (Reason.ROBOTS, EntryState.REFUSED),
        (Reason.FORBIDDEN_ADDRESS, EntryState.REFUSED),
        (Reason.NOT_HTML, EntryState.NOT_AN_ARTICLE),
        (Reason.NO_TEXT, EntryState.NOT_AN_ARTICLE),
        (Reason.TOO_LARGE, EntryState.QUARANTINED),
    ],
)
def test_what_will_not_pass_is_final_at_once(reason: Reason, state: EntryState) -> None:
    ending = settle_failure(ENTRY, _failure(reason), NOW, most_attempts=4)
    assert (ending.state, ending.reason) == (state, reason)
    assert ending.next_attempt_at is None


def test_retry_after_is_waited_for_but_never_longer_than_a_day() -> None:
    soon = settle_failure(ENTRY, _failure(Reason.RATE_LIMITED, retry_after=7200.0), NOW, 4)
    assert soon.next_attempt_at == NOW + timedelta(hours=2)
    late = settle_failure(ENTRY, _failure(Reason.RATE_LIMITED, retry_after=1e9), NOW, 4)
    assert late.next_attempt_at == NOW + timedelta(days=1)


def test_other_words_at_the_same_address_are_an_edit() -> None:
    assert is_edit(ENTRY, PAGE, KNOWN, "other text")
    assert not is_edit(ENTRY, PAGE, KNOWN, "text")


def test_another_address_or_another_entry_never_makes_a_version() -> None:
    amp = replace(PAGE, final_url="https://a.example/other/place")
    assert not is_edit(ENTRY, amp, KNOWN, "other text")
    assert not is_edit(replace(ENTRY, id=7), PAGE, KNOWN, "other text")


def test_a_blocked_domain_covers_its_hosts_and_a_blocked_address_only_itself() -> None:
    assert blocked_by("https://www.a.example/x", frozenset({"a.example"}))
    assert not blocked_by("https://nota.example/x", frozenset({"a.example"}))
    assert blocked_by("http://www.a.example/x?utm_source=q", frozenset({article_key("https://a.example/x")}))
    assert not blocked_by("http://a.example/y", frozenset({article_key("https://a.example/x")}))
