"""Log lines and figures of runs."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from flows import logs
from flows.metrics import write_metrics
from schemas.reasons import EntryState, Reason
from schemas.settings import Settings
from tasks.store.entries import Settlement
from tasks.store.master import open_master
from tasks.store.metrics import metrics
from tests import pipeline

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAMPLE = re.compile(r'^newsfold_[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?\d+(\.\d+)?(e[+-]?\d+)?$')


@pytest.mark.parametrize("secret", ["user:pass@", "?key=topsecret", "#token=topsecret"])
def test_no_secret_of_an_address_reaches_the_log(secret: str) -> None:
    url = f"https://{secret}news.example/a/b" if secret.endswith("@") else f"https://news.example/a/b{secret}"
    assert logs.without_secrets(url) == "https://news.example/a/b"


def test_a_line_an_entry_with_the_runs_id(caplog: pytest.LogCaptureFixture) -> None:
    done = [
        Settlement(1, EntryState.STORED, Reason.NEW_ARTICLE, None, 0, None, NOW),
        Settlement(2, EntryState.GONE, Reason.NOT_FOUND, None, 1, None, NOW),
    ]
    with caplog.at_level(logging.INFO, logger="newsfold.runs"):
        logs.settled(77, {1: "https://news.example/a?key=topsecret", 2: "https://news.example/b"}, done)
    lines = [json.loads(logs.JsonLines().format(record)) for record in caplog.records]
    assert [(line["run_id"], line["url"], line["state"]) for line in lines] == [
        ("77", "https://news.example/a", "stored"),
        ("77", "https://news.example/b", "gone"),
    ]
    assert {"time", "level", "logger", "message", "reason", "entry_id"} <= set(lines[0])
    assert "topsecret" not in caplog.text


def test_an_error_stays_one_line() -> None:
    try:
        raise ValueError("with\nlines")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "it %s", ("broke",), (type(error), error, error.__traceback__))
    text = logs.JsonLines().format(record)
    assert "\n" not in text
    assert "ValueError" in json.loads(text)["error"]


def test_the_figures_are_in_prometheus_format_and_true(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"metrics_file": tmp_path / "node" / "newsfold.prom"})
    with SampleWeb(1) as web:
        live = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(live, FEEDS[:2])
        pipeline.poll_all(live)
        with open_master(settings) as connection:
            waiting = connection.execute("SELECT count(*) FROM entries WHERE state = 'pending'").fetchall()[0][0]
            assert f"newsfold_queue_length {waiting}\n" in metrics(connection, datetime.now(UTC))
        pipeline.settle_all(live, pipeline.prepare(live, pipeline.pending(live)), 100)
    with open_master(settings) as connection:
        connection.execute(
            "UPDATE articles SET published_at = first_seen_at - INTERVAL 90 SECOND, published_precision = 'time' "
            "WHERE id IN (SELECT id FROM articles ORDER BY id LIMIT 5)"
        )
        (articles,) = connection.execute("SELECT count(*) FROM articles").fetchall()[0]
    write_metrics(settings)
    text = (tmp_path / "node" / "newsfold.prom").read_text()
    for line in text.splitlines():
        assert line.startswith("# ") or SAMPLE.match(line), line
    assert f"newsfold_articles {articles}\n" in text
    assert "newsfold_queue_length 0\n" in text
    assert 'newsfold_delay_seconds{quantile="0.5"} 90.0\n' in text
    assert 'newsfold_entries{state="stored",reason=' in text
    assert 'newsfold_feeds{health="healthy"}' in text
    assert [file.name for file in (tmp_path / "node").iterdir()] == ["newsfold.prom"]


def test_a_folder_that_is_no_folder_fails_no_run(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    with caplog.at_level(logging.WARNING, "newsfold.runs"):
        write_metrics(settings.model_copy(update={"metrics_file": tmp_path / "file" / "newsfold.prom"}))
    assert "NEWSFOLD_METRICS_FILE can't be written" in caplog.text


def test_without_a_store_of_news_there_are_figures_too(settings: Settings) -> None:
    with open_master(settings) as connection:
        text = metrics(connection, NOW + timedelta(days=1))
    assert "newsfold_articles 0\n" in text and "newsfold_delay_seconds_count 0\n" in text
