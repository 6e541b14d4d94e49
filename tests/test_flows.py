"""The real Prefect flows against a Prefect server of the tests' own, on the sample web."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from schemas.settings import Settings
from tasks.store.master import holding, master_path, open_master
from tasks.store.query import ask
from tests import pipeline

pytestmark = pytest.mark.usefixtures("prefect_server")
ROOT = Path(__file__).parents[1]


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SampleWeb]:
    """The sample web, and settings in the environment as the flows read them."""
    with SampleWeb(1) as web:
        monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path))
        monkeypatch.setenv("NEWSFOLD_HOST_MAP", web.host_map)
        monkeypatch.setenv("NEWSFOLD_GAP_SECONDS", "0")
        monkeypatch.setenv("NEWSFOLD_BATCH_SIZE", "30")
        yield web


def _settings() -> Settings:
    from schemas.settings import load_settings

    return load_settings()


def _api(path: str) -> Any:
    from prefect.settings import PREFECT_API_URL

    request = urllib.request.Request(f"{PREFECT_API_URL.value()}{path}", data=b"{}", headers={"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_poll_and_ingest_as_flows_end_in_a_published_file_and_say_what_they_did(web: SampleWeb) -> None:
    from flows.ingest import ingest
    from flows.poll import poll

    pipeline.add_feeds(_settings(), FEEDS)
    polled = poll(everything=True)
    assert polled.polled.counts.feeds == len(FEEDS)
    assert polled.polled.new > 70

    ingested = ingest()
    assert ingested.counts.articles >= 60
    assert ingested.counts.copies == 4
    assert ingested.waiting == 0
    runs = ask(_settings(), "SELECT flow, flow_run IS NOT NULL, ended_at IS NOT NULL, summary FROM runs ORDER BY started_at").rows
    assert [row[:3] for row in runs] == [("poll", True, True), ("ingest", True, True)]
    assert f"{ingested.counts.articles} new articles" in str(runs[1][3])
    assert ask(_settings(), "SELECT articles FROM about").rows == ((ingested.counts.articles,),)
    artifacts = {row["key"]: row["data"] for row in _api("/artifacts/latest/filter")}
    assert "new articles" in artifacts["ingest"]
    assert f"{len(FEEDS)} feeds polled" in artifacts["poll"]

    again = ingest()
    assert not again.changed and not again.busy

    from flows.reprocess import reprocess

    report = reprocess(limit=5)
    assert (report.examined, report.changed, report.written) == (5, 0, False)
    assert "5 articles read again" in {row["key"]: row["data"] for row in _api("/artifacts/latest/filter")}["reprocess"]


def test_a_second_ingest_finds_nothing_to_do_while_one_is_at_work(web: SampleWeb) -> None:
    from flows.ingest import ingest

    with holding(_settings(), "ingest", 0) as had:
        assert had
        assert ingest().busy


def test_what_comes_behind_an_ingests_last_look_at_the_queue_is_worked_off_by_it(
    web: SampleWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that its event starts finds this one at work and ends; half an hour's wait for the sweep would follow."""
    from flows import ingest as module
    from tasks.store import submissions

    pipeline.add_feeds(_settings(), FEEDS[:1])
    late, steps = "http://www.harborlight.example/late", ["comes"]
    after = module.place_changed

    def and_one_comes(settings: Settings) -> Any:
        if steps:
            steps.pop()
            with open_master(settings) as connection:
                submissions.submit(connection, [late], 0, datetime.now(UTC))
            assert module.ingest_once(settings, 0, publish_after=False).busy
        return after(settings)

    monkeypatch.setattr(module, "place_changed", and_one_comes)
    done = module.ingest()
    assert steps == [] and not done.busy
    assert done.counts.entries == 1
    with duckdb.connect(str(master_path(_settings()))) as connection:
        assert connection.execute("SELECT state FROM entries WHERE url = ?", [late]).fetchall() == [("gone",)]
        assert connection.execute("SELECT sum(entries), count(*) FROM runs WHERE flow = 'ingest'").fetchall() == [(1, 2)]


def test_a_long_ingest_publishes_what_it_has_so_far(web: SampleWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.ingest import ingest
    from flows.poll import poll
    from tasks.store import publish as module

    seen: list[int] = []
    real = module.publish

    def counted(settings: Settings, now: datetime) -> Path:
        path = real(settings, now)
        seen.append(int(str(ask(settings, "SELECT count(*) FROM news").rows[0][0])))
        return path

    monkeypatch.setattr(module, "publish", counted)
    monkeypatch.setenv("NEWSFOLD_PUBLISH_SECONDS", "0")
    monkeypatch.setenv("NEWSFOLD_BATCH_SIZE", "10")
    pipeline.add_feeds(_settings(), FEEDS[:3])
    poll(everything=True)
    done = ingest()
    assert len(seen) >= 3
    assert seen == sorted(seen) and seen[0] < seen[-1] == done.counts.articles


def test_a_second_poll_finds_nothing_to_do_while_one_is_at_work(web: SampleWeb) -> None:
    from flows.poll import poll

    pipeline.add_feeds(_settings(), FEEDS[:3])
    with holding(_settings(), "poll", 0) as had:
        assert had
        assert poll(everything=True).busy
    assert not web.requests


def test_events_say_what_was_stored_and_which_feed_turned_bad_once(web: SampleWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import ingest as ingest_module
    from flows import poll as poll_module
    from flows.ingest import ingest
    from flows.poll import poll

    told: list[tuple[str, dict[str, Any]]] = []

    def emit(event: str, resource: dict[str, str], payload: dict[str, Any]) -> None:
        assert resource == {"prefect.resource.id": "newsfold.store"}
        told.append((event, payload))

    monkeypatch.setattr(ingest_module, "emit_event", emit)
    monkeypatch.setattr(poll_module, "emit_event", emit)
    pipeline.add_feeds(_settings(), [*FEEDS[:2], "http://gone.example/rss"])
    poll(everything=True)
    poll(everything=True)
    bad = [payload for event, payload in told if event == "newsfold.feed.failing"]
    assert [(payload["url"], payload["health"]) for payload in bad] == [("http://gone.example/rss", "gone")]
    assert "410" in bad[0]["advice"]
    ingest()
    (payload,) = (payload for event, payload in told if event == "newsfold.articles.stored")
    with open_master(_settings()) as connection:
        stories = connection.execute("SELECT DISTINCT story_id FROM story_articles ORDER BY 1").fetchall()
        entities = connection.execute("SELECT DISTINCT entity_id FROM mentions ORDER BY 1").fetchall()
    assert payload["story_ids"] == [row[0] for row in stories]
    assert payload["entity_ids"] == [row[0] for row in entities][:1000] and payload["entity_ids"]
    assert payload["complete"] == (len(entities) <= 1000)
    assert payload["articles"] > 10


def test_sql_works_while_a_run_writes_and_an_open_client_disturbs_nobody(web: SampleWeb) -> None:
    """A client of another process holds the published file open over a whole poll and ingest."""
    from flows.ingest import ingest
    from flows.poll import poll
    from tasks.store.publish import publish

    settings = _settings()
    publish(settings, datetime.now(UTC))
    client = (
        "import duckdb, sys\n"
        f"c = duckdb.connect({str(settings.published)!r}, read_only=True)\n"
        "for line in sys.stdin:\n"
        "    print(c.execute('SELECT count(*) FROM news').fetchall()[0][0], flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", client], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None

        def count() -> int:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        assert count() == 0
        pipeline.add_feeds(settings, FEEDS[:3])
        poll(everything=True)
        with open_master(settings):
            assert count() == 0
            assert ask(settings, "SELECT count(*) FROM news").rows == ((0,),)
        assert ingest().counts.articles > 10
        assert count() == 0  # its file is the one it opened
        process.stdin.close()
    assert int(str(ask(settings, "SELECT count(*) FROM news").rows[0][0])) > 10
    with duckdb.connect(master_path(settings), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchall()[0][0] > 10


def test_prefect_yaml_defines_deployments_schedules_and_the_trigger() -> None:
    from prefect.settings import get_current_settings

    environment = {**os.environ, **get_current_settings().to_environment_variables(exclude_unset=True)}
    for words in (["work-pool", "create", "newsfold", "--type", "process", "--overwrite"], ["--no-prompt", "deploy", "--all"]):
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    deployments = {row["name"]: row for row in _api("/deployments/filter")}
    assert {name: row["entrypoint"] for name, row in deployments.items()} == {
        name: f"flows.{name}.{name}" for name in ("poll", "ingest", "submitted", "maintain", "backfill", "reprocess")
    }
    assert not any(row["pull_steps"] for row in deployments.values())
    assert {name for name, row in deployments.items() if row["schedules"]} == {"poll", "ingest", "maintain"}
    asked = deployments["reprocess"]
    assert asked["parameters"]["dry_run"] is True
    assert all(item["description"] for item in asked["parameter_openapi_schema"]["properties"].values())
    assert str(ROOT) not in json.dumps(deployments)
    started_by = {row["actions"][0]["deployment_id"]: row["trigger"] for row in _api("/automations/filter")}
    assert started_by[deployments["ingest"]["id"]]["expect"] == ["newsfold.entries.discovered"]
    assert started_by[deployments["submitted"]["id"]]["expect"] == ["newsfold.url.submitted"]
    # a burst of events is one run
    assert all(trigger["within"] > 0 for trigger in started_by.values())
