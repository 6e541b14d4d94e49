"""`newsfold status`: what it says, its exit code, and that it neither makes a store nor waits for one."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.cli import status
from flows.cli.main import main
from flows.environment import prefect_trouble
from schemas.records import FeedLine
from schemas.settings import Settings
from schemas.summaries import RunCounts
from tasks.store import feeds, runs
from tasks.store.master import holding, open_master
from tasks.store.publish import publish
from tasks.store.status import StoreStatus, read_status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(status, "_LOCAL_PREFECT", "http://127.0.0.1:9/api")
    return Settings(home=tmp_path)


def fill(settings: Settings) -> None:
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine("https://a.example/feed"), FeedLine("https://b.example/feed")], NOW)
        connection.execute("UPDATE feeds SET next_poll_at = ? WHERE url LIKE '%b.example%'", [NOW + timedelta(hours=1)])
        for hours in (0, 1):
            begin = NOW + timedelta(hours=hours)
            run = runs.start(connection, "poll", None, begin)
            if not hours:
                runs.finish(connection, run, RunCounts(), "2 feeds", begin)


def test_an_empty_folder_is_a_sentence_and_stays_empty(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 2
    assert "there is no newsfold store" in capsys.readouterr().err
    assert list(settings.home.iterdir()) == []


def test_it_counts(settings: Settings) -> None:
    fill(settings)
    seen = read_status(settings, NOW)
    assert (seen.source, seen.feeds, seen.feeds_due, seen.feeds_failing) == ("master", 2, 1, 0)
    assert (seen.pending, seen.quarantined, seen.last_publish_at) == (0, 0, None)
    assert [(run.flow, run.started_at, run.ended_at) for run in seen.last_runs] == [("poll", NOW + timedelta(hours=1), None)]


def test_a_held_lock_leads_to_the_published_file(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    fill(settings)
    with holding(settings, "writer", 0) as had:
        assert had
        assert main(["status"]) == 2
    assert "nothing is published yet" in capsys.readouterr().err
    publish(settings, NOW)
    with holding(settings, "writer", 0) as had:
        assert had
        seen = read_status(settings, NOW)
    assert (seen.source, seen.feeds, seen.last_publish_at) == ("published", 2, NOW)


def test_the_exit_code_tells_health(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    fill(settings)
    assert main(["status"]) == 0
    assert "Prefect: not up" in capsys.readouterr().out
    with open_master(settings) as connection:
        row = {"id": 1, "kind": "entry", "url": "https://a.example/x", "stage": "fetch", "reason": "timeout"}
        runs.quarantine(connection, [{**row, "detail": None, "attempts": 4, "page_id": None, "quarantined_at": NOW, "run_id": 1}])
    assert main(["status", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["quarantined"] == 1
    assert answer["problems"] == ["1 entries are quarantined: `newsfold retry` queues them again"]
    assert answer["sizes"]["master"] > 0
    assert answer["sizes"]["published"] == 0
    assert answer["free_bytes"] > 0


def test_troubles() -> None:
    well = StoreStatus("master", 2, 1, 1, 0, 5, 0, NOW, ())
    assert status.troubles(well, 10**10, prefect_missing=False) == []
    ill = StoreStatus("master", 2, 1, 1, 1, 5, 3, NOW, ())
    assert len(status.troubles(ill, 10**6, prefect_missing=True)) == 4


class Health(BaseHTTPRequestHandler):
    """Answers as Prefect's health route does."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def prefect() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()
        thread.join()


def test_prefect_up_or_not(prefect: str) -> None:
    assert prefect_trouble(prefect, 10) is None
    assert "404" in str(prefect_trouble(prefect + "/other", 10))
    assert prefect_trouble("http://127.0.0.1:9/api", 1)
    assert prefect_trouble("no address", 1)
