"""Addresses from outside: `newsfold submit`, and newsfold.url.submitted events."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import submissions
from flows.cli.main import main
from schemas.errors import TransientError
from schemas.settings import Settings
from tasks.store import feeds
from tasks.store import submissions as stored
from tasks.store.master import open_master

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://www.harborlight.example/2026/11/24/a-story/"


def _pending(settings: Settings) -> list[str]:
    with open_master(settings) as connection:
        return [row[0] for row in connection.execute("SELECT url FROM entries WHERE state = 'pending' ORDER BY url").fetchall()]


def test_submitting_twice_queues_once_and_no_feed_appears(settings: Settings) -> None:
    with open_master(settings) as connection:
        assert stored.submit(connection, [URL, "https://other.example/x"], 1, NOW) == 2
        assert stored.submit(connection, [URL, URL + "?utm_source=x"], 2, NOW) == 0
        assert feeds.listed(connection) == []
        assert feeds.due(connection, NOW, everything=True) == []
        (feed,) = connection.execute("SELECT DISTINCT feed FROM why").fetchall()[0]
    assert feed == stored.FEED_URL
    assert len(_pending(settings)) == 2


def test_the_command_writes_the_rows_without_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert main(["submit", URL, "https://other.example/x"]) == 0
    assert "2 addresses queued" in capsys.readouterr().out
    assert main(["submit", URL]) == 0
    assert "0 addresses queued, 1 known already" in capsys.readouterr().out
    assert main(["submit", "no address"]) == 2
    assert len(_pending(Settings(home=tmp_path))) == 2


def test_a_server_that_is_gone_loses_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert main(["submit", URL]) == 0
    assert "the next sweep works them off" in capsys.readouterr().err
    assert _pending(Settings(home=tmp_path)) == [URL]


def _event(*urls: object) -> dict[str, Any]:
    return {"payload": {"urls": list(urls)}}


def test_payloads_of_another_shape_are_left_out() -> None:
    events = [
        _event(URL),
        _event("ftp://x.example/", " https://other.example/x "),
        {"payload": {"url": URL}},
        {},
        _event(7),
        _event(),
    ]
    assert submissions.addresses(events) == [URL, "https://other.example/x"]


class History:
    """Prefect's history of events, as `flows.prefect_api.events` reads it."""

    def __init__(self) -> None:
        self.events: list[tuple[datetime, dict[str, Any]]] = []
        self.down = False
        self.asked: list[tuple[datetime, datetime]] = []

    def read(self, _api: str, _name: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
        if self.down:
            raise TransientError("down")
        self.asked.append((since, until))
        return [event for at, event in self.events if since <= at <= until]


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> History:
    made = History()
    monkeypatch.setattr(submissions, "events", made.read)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    return made


def test_the_history_is_read_from_where_the_last_reading_ended(settings: Settings, history: History) -> None:
    history.events = [(NOW - timedelta(minutes=1), _event("https://one.example/a"))]
    assert submissions.take_submitted(settings, NOW) == 1
    history.events.append((NOW + timedelta(minutes=9), _event("https://one.example/b")))
    assert submissions.take_submitted(settings, NOW + timedelta(minutes=10)) == 1
    assert history.asked[0][0] == NOW - submissions.LONGEST
    assert history.asked[1][0] == NOW - submissions.OVERLAP
    assert _pending(settings) == ["https://one.example/a", "https://one.example/b"]


def test_an_event_that_comes_late_is_found_and_one_read_twice_changes_nothing(settings: Settings, history: History) -> None:
    submissions.take_submitted(settings, NOW)
    history.events = [(NOW - timedelta(seconds=30), _event("https://one.example/late"))]
    assert submissions.take_submitted(settings, NOW + timedelta(minutes=1)) == 1
    assert submissions.take_submitted(settings, NOW + timedelta(minutes=1, seconds=10)) == 0


def test_an_event_of_a_slow_clock_is_found_within_hours_and_one_of_a_fast_clock_at_once(
    settings: Settings, history: History
) -> None:
    submissions.take_submitted(settings, NOW)
    history.events = [(NOW - timedelta(hours=5), _event("https://one.example/slow"))]
    history.events += [(NOW + timedelta(hours=5), _event("https://one.example/fast"))]
    assert submissions.take_submitted(settings, NOW + timedelta(minutes=1)) == 1
    assert _pending(settings) == ["https://one.example/fast"]
    assert submissions.take_submitted(settings, NOW + submissions.ALL_OF_IT) == 1
    assert submissions.take_submitted(settings, NOW + 2 * submissions.ALL_OF_IT) == 0
    assert _pending(settings) == ["https://one.example/fast", "https://one.example/slow"]
    with open_master(settings) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]  # a reading that brings nothing is no run


def test_what_was_forgotten_is_not_queued_by_its_old_event(settings: Settings, history: History) -> None:
    history.events = [(NOW, _event("https://one.example/a"))]
    assert submissions.take_submitted(settings, NOW) == 1
    with open_master(settings) as connection:
        connection.execute("DELETE FROM entries")
        connection.execute("INSERT INTO blocked VALUES ('one.example', 'domain', ?)", [NOW])
    assert submissions.take_submitted(settings, NOW + timedelta(minutes=1)) == 0
    assert _pending(settings) == []


def test_while_the_server_is_down_the_watermark_stays(settings: Settings, history: History) -> None:
    submissions.take_submitted(settings, NOW)
    history.down = True
    assert submissions.take_submitted(settings, NOW + timedelta(hours=1)) == 0
    history.down = False
    history.events = [(NOW + timedelta(minutes=5), _event("https://one.example/a"))]
    assert submissions.take_submitted(settings, NOW + timedelta(hours=2)) == 1
