"""`newsfold feeds health` and the view `feed_health`: each word through polls that are settled and stored."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.cli.main import main
from schemas.reasons import FeedState, Reason
from schemas.records import (
    Attempt,
    Feed,
    FeedLine,
    Fetched,
    FetchFailed,
    FetchOutcome,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    ParseFailed,
    Validators,
)
from schemas.settings import Settings
from tasks.feed_health import COLUMNS
from tasks.opml import read_list
from tasks.schedule import settle_poll
from tasks.store import feeds, runs
from tasks.store.feed_health import health
from tasks.store.master import open_master

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
URL = "http://a.example/feed"
HTML = ParseFailed(Reason.HTML_INSTEAD_OF_FEED, "an HTML page")
Poll = tuple[FetchOutcome, ParsedFeed | ParseFailed | None, str | None]


def _parsed(count: int = 3) -> ParsedFeed:
    entries = tuple(
        ParsedEntry(str(n), f"http://a.example/{n}", "t", None, None, (), NOW - timedelta(hours=6 * n + 6), None, None)
        for n in range(count)
    )
    return ParsedFeed("rss20", "The A", "http://a.example/", None, entries)


def _fetched(url: str = URL, **changes: object) -> Fetched:
    base = Fetched(1, url, url, 200, (), b"x", NOW, Validators('"e"', None))
    return replace(base, **changes)  # type: ignore[arg-type]


def _failed(reason: Reason, detail: str = "words of the failure") -> FetchFailed:
    return FetchFailed(1, URL, URL, reason, detail, NOW)


GOOD: Poll = (_fetched(), _parsed(), "h1")
SAME: Poll = (NotModified(1, URL, URL, NOW, Validators('"e"')), None, None)


def _poll(settings: Settings, polls: Sequence[Poll], url: str = URL, start: datetime = NOW) -> datetime:
    """Adds the feed where it is new, and settles and records polls that are two hours apart. Returns the last one's time."""
    at = start
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine(url)], start)
        for number, (outcome, parsed, digest) in enumerate(polls):
            at = start + timedelta(hours=2 * number)
            result = settle_poll(_stored(connection, url, at), outcome, parsed, digest, at)
            feeds.record_polls(connection, [result], [])
    return at


def _stored(connection: object, url: str, at: datetime) -> Feed:
    (feed,) = feeds.due(connection, at, everything=True, only=[url])  # type: ignore[arg-type]
    return feed


def _rows(settings: Settings, *, failing: bool = False) -> list[dict[str, object]]:
    with open_master(settings) as connection:
        return [dict(zip(COLUMNS, row, strict=True)) for row in health(connection, failing=failing)]


def _row(settings: Settings) -> dict[str, object]:
    (row,) = _rows(settings)
    return row


@pytest.mark.parametrize(
    ("polls", "word", "says", "person"),
    [
        ([], "never polled", "next `newsfold run`", False),
        ([GOOD], "healthy", None, False),
        ([GOOD, SAME], "healthy", None, False),
        ([GOOD, (_failed(Reason.TIMEOUT), None, None)], "failing", "1 poll: words of the failure", False),
        ([GOOD, *[(_failed(Reason.TIMEOUT), None, None)] * 3], "failing", "3 polls", True),
        ([GOOD, (_failed(Reason.TIMEOUT), None, None), GOOD], "healthy", None, False),
        ([(_failed(Reason.LOGIN_REQUIRED), None, None)], "failing", "NEWSFOLD_FEED_HEADERS", True),
        ([GOOD, (_failed(Reason.NOT_FOUND), None, None)], "failing", "newsfold feeds add http://a.example/", True),
        ([(_failed(Reason.TLS), None, None)], "failing", "NEWSFOLD_CA_FILE", False),
        ([(_failed(Reason.RATE_LIMITED), None, None)], "failing", "as long as it says", False),
        ([GOOD, (_failed(Reason.HTTP_GONE), None, None)], "gone", "410", True),
        ([(_fetched(), HTML, "h")], "html instead of feed", "`newsfold feeds add http://a.example/` to discover", True),
        ([(_fetched(), HTML, "h"), SAME], "html instead of feed", None, True),
        ([(_fetched(), ParseFailed(Reason.BROKEN_FEED, "torn"), "h")], "failing", "can't be read as a feed", True),
        ([(_fetched(), _parsed(0), "h")], "empty", "lists nothing", True),
        ([(_fetched(moved_to="http://b.example/f"), _parsed(), "h")], "moved", "moved to http://b.example/f; newsfold", False),
        ([(_fetched(moved_to="http://b.example/f"), _parsed(), "h")] * 3, "moved", "polled at http://b.example/f", False),
    ],
)  # fmt: skip
def test_each_word_comes_from_polls(settings: Settings, polls: list[Poll], word: str, says: str | None, person: bool) -> None:
    _poll(settings, polls)
    row = _row(settings)
    assert (row["health"], row["needs_person"]) == (word, person)
    assert row["advice"] is None if word == "healthy" else (says or "") in str(row["advice"])


def test_a_304_that_a_probe_shows_untrue_is_stuck_until_it_is_true_again(settings: Settings) -> None:
    _poll(settings, [GOOD, SAME])
    later = NOW + timedelta(days=60)
    _poll(settings, [(_fetched(), _parsed(5), "h2")], start=later)
    row = _row(settings)
    assert row["health"] == "stuck" and row["since"] == later and not row["needs_person"]
    assert "not modified" in str(row["advice"])
    _poll(settings, [(_fetched(), _parsed(6), "h3")], start=later + timedelta(hours=1))
    assert _row(settings)["health"] == "healthy"


def test_failing_names_the_last_good_answer_in_the_persons_time_zone(settings: Settings) -> None:
    settings = settings.model_copy(update={"timezone": "Asia/Tokyo"})
    _poll(settings, [GOOD, *[(_failed(Reason.TIMEOUT), None, None)] * 2])
    row = _row(settings)
    assert row["since"] == NOW
    assert "failing since 2026-09-20 21:00" in str(row["advice"])
    with open_master(settings) as connection:
        due = _stored(connection, URL, NOW).next_poll_at
    assert due is not None and row["next_poll"] == (due + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")


def test_paused_by_a_person(settings: Settings) -> None:
    _poll(settings, [GOOD])
    with open_master(settings) as connection:
        feeds.set_state(connection, feeds.find(connection, URL), FeedState.PAUSED)
    row = _row(settings)
    assert (row["health"], row["next_poll"]) == ("paused", "not polled")


@pytest.mark.parametrize(("seconds", "word"), [([1, 9, 9, 9, 1], "slow"), ([9, 9, 1, 1, 1, 1, 1], "healthy")])
def test_slow_is_what_the_last_five_requests_took(settings: Settings, seconds: list[float], word: str) -> None:
    _poll(settings, [GOOD])
    key = feeds.feed_id(URL)
    made = [
        Attempt(key, "feed", URL, URL, NOW + timedelta(hours=n), took, 200, 1, Reason.NEW_BODY) for n, took in enumerate(seconds)
    ]
    with open_master(settings) as connection:
        runs.record_attempts(connection, made, 1)
    assert _row(settings)["health"] == word


def test_two_feeds_with_one_final_address_name_each_other(settings: Settings) -> None:
    other = "http://www.a.example/rss"
    _poll(settings, [GOOD])
    _poll(settings, [(_fetched(other, final_url=URL), _parsed(), "h")], other)
    _poll(settings, [(_fetched("http://c.example/f"), _parsed(), "h")], "http://c.example/f")
    same = {row["url"]: row["same_as"] for row in _rows(settings)}
    assert same == {URL: other, other: URL, "http://c.example/f": None}
    assert {row["url"] for row in _rows(settings, failing=True)} == {URL, other}
    assert all("ends at the same address as" in str(row["advice"]) for row in _rows(settings, failing=True))


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def newsfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a command in the test's folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Done:
        capfd.readouterr()
        code = main(list(words))
        shown = capfd.readouterr()
        return Done(code, shown.out, shown.err)

    return run


def test_the_command_says_what_the_view_says(tmp_path: Path, newsfold: Callable[..., Done]) -> None:
    settings = Settings(home=tmp_path)
    _poll(settings, [GOOD])
    _poll(settings, [(_failed(Reason.LOGIN_REQUIRED), None, None)], "http://b.example/feed")
    rows = _rows(settings)
    done = newsfold("feeds", "health")
    assert done.code == 0 and done.out.rstrip().endswith("2 feeds: 1 failing, 1 healthy")
    assert all(f"{row['health']}: {row['url']}" in done.out and str(row["next_poll"]) in done.out for row in rows)
    assert all(str(row["advice"]) in done.out for row in rows if row["advice"])
    only = json.loads(newsfold("feeds", "health", "--failing", "--format", "json").out)
    assert [row["url"] for row in only] == ["http://b.example/feed"]
    lines = newsfold("feeds", "health", "--format", "csv").out.splitlines()
    assert lines[0].split(",") == list(COLUMNS) and len(lines) == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("feeds", "health"), 0),
        (("feeds", "list"), 0),
        (("feeds", "export"), 2),
        (("why", "http://a.example/x"), 0),
        (("retry", "http://a.example/x"), 2),
    ],
)
def test_reading_makes_no_store(tmp_path: Path, newsfold: Callable[..., Done], words: tuple[str, ...], code: int) -> None:
    done = newsfold(*words)
    assert done.code == code
    assert "newsfold feeds add" in done.out + done.err
    assert list(tmp_path.iterdir()) == []


def test_health_of_an_empty_folder_is_an_empty_json_list(newsfold: Callable[..., Done]) -> None:
    assert json.loads(newsfold("feeds", "health", "-f", "json").out) == []


OPML = b"""<opml version="2.0"><body><outline text="Folder">
<outline text="Good" xmlUrl="http://a.example/feed"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
<outline text="None" type="rss"/>
<outline text="A page" type="link" url="http://a.example/page"/></outline></body></opml>"""


def test_an_opml_file_names_what_is_not_used() -> None:
    read = read_list(OPML)
    assert [(line.url, line.tags) for line in read.lines] == [("http://a.example/feed", ("Folder",))]
    assert read.unused == (
        "line 3: Script: 'javascript:alert(1)' is no http(s) address",
        "line 4: None: it gives no address",
    )


def test_import_names_what_is_not_used(tmp_path: Path, newsfold: Callable[..., Done]) -> None:
    (tmp_path / "my.opml").write_bytes(OPML)
    done = newsfold("feeds", "import", "my.opml")
    assert done.code == 0 and "1 feeds added, 0 known already, 0 taken up again, 2 not used" in done.out
    assert "not used: line 3: Script" in done.err and "A page" not in done.err
