"""`newsfold up`: one command that starts everything, keeps it up, and ends it."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prefect.settings.models.server.api import ServerAPISettings

from flows import apply, reconcile, tied, upkeep
from flows.prefect_api import emit
from flows.reconcile import Run
from flows.up import Up, interval, running_at
from schemas.errors import TransientError
from schemas.events import URL_SUBMITTED
from schemas.settings import Settings
from tasks.store.master import open_master
from tasks.store.query import ask as sql
from tests.up_process import ROOT, UpProcess, processes_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOOKS = ROOT / "tests" / "hooks"
DEMO_WORDS = ("--demo", "--pace", "6")
PATIENCE = 600  # seconds: what comes by itself comes slowly on a busy machine


# ---------------------------------------------------------------- pure parts


def _run(number: int, state: str = "RUNNING", seconds: float = 0, deployment: str = "a", parameters: str = "") -> Run:
    return Run(f"run-{number}", "", state, NOW - timedelta(seconds=seconds), deployment, parameters)


def test_a_run_without_a_process_is_dead_and_one_that_may_be_starting_is_not() -> None:
    runs = [_run(1), _run(2), _run(3, "PENDING", 5), _run(4, "PENDING", 500), _run(5, "CANCELLING", 500)]
    dead = reconcile.dead(runs, frozenset({"run-1"}), NOW, nobody_works=False)
    assert [run.id for run in dead] == ["run-2", "run-4", "run-5"]
    assert len(reconcile.dead(runs, frozenset({"run-1"}), NOW, nobody_works=True)) == 4


def test_what_other_machines_are_at_work_on_is_not_dead() -> None:
    runs = [_run(1), _run(2), _run(3, "PENDING", 5), _run(4, "PENDING", 500), _run(5, "CANCELLING", 500)]
    dead = reconcile.dead(runs, frozenset({"run-1"}), NOW, nobody_works=False, ours=frozenset({"run-1", "run-5"}))
    assert [run.id for run in dead] == ["run-4", "run-5"]


def test_a_server_that_is_slow_at_first_is_waited_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    said, answers = (
        list[str](),
        [TransientError("timed out"), TransientError("timed out"), [], TransientError("timed out"), [], []],
    )

    def slow(*_: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("flows.up.ask", slow)
    up = Up(settings, port=0, demo=False, say=said.append)
    monkeypatch.setattr(up.stopping, "wait", lambda _: False)
    up.begin(poll=True)
    assert answers == [] and said == [""]


def test_no_web_page_may_call_the_api_but_the_ui_itself(settings: Settings) -> None:
    served = Up(settings, port=0, demo=False, say=print).server.environment
    port = served["PREFECT_SERVER_API_PORT"]
    asked_from = ServerAPISettings(cors_allowed_origins=served["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"])
    assert asked_from.cors_allowed_origins.split(",") == [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]


def test_of_late_runs_that_do_the_same_only_the_last_is_kept() -> None:
    late = [_run(1), _run(2, deployment="b"), _run(3), _run(4, deployment="c"), _run(5, deployment="c"), _run(6, parameters="x")]
    gone = reconcile.superfluous(late, frozenset({"a", "b"}))
    assert [run.id for run in gone] == ["run-1"]  # c is not one of which a single run is enough


def test_a_lock_tells_whether_a_run_is_alive(tmp_path: Path) -> None:
    assert not tied.is_held(tmp_path, "one")
    script = (
        f"import time; from pathlib import Path; from flows.tied import hold; hold(Path({str(tmp_path)!r}), 'one'); "
        "print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert tied.is_held(tmp_path, "one")
        assert tied.held(tmp_path) == [process.pid]
        process.kill()
    assert not tied.is_held(tmp_path, "one")
    assert tied.held(tmp_path) == []


def test_a_process_ends_when_the_one_it_is_tied_to_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as master:
        name = tied.name_of(master.pid)
        script = "import time; from flows.tied import tie; tie(); print(1, flush=True); time.sleep(60)"
        environment = {**os.environ, tied.TIED: name}
        with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            assert process.poll() is None
            master.kill()
            master.wait()
            assert process.wait(20) == 1
    assert not tied.is_there(name)
    assert not tied.is_there(f"{os.getpid()}:1")  # the id is taken, but by another process


def test_the_demo_differs_in_what_prefect_yaml_says_and_in_nothing_else() -> None:
    read = yaml.safe_load(apply.definitions().read_text())
    demo = {one["name"]: one for one in apply.for_demo(read)["deployments"]}
    for one in read["deployments"]:
        changed = {key for key in one if demo[one["name"]][key] != one[key]}
        assert changed == {key for key in read["definitions"]["demo"].get(one["name"], {}) if key in changed}
    assert demo["poll"]["schedules"] == [{"interval": 15, "slug": "demo"}]


def test_the_ear_hears_what_leaves_this_machine(tmp_path: Path) -> None:
    """The test at the end of this file is worth something only if attempts are noted."""
    log = tmp_path / "outside.log"
    script = (
        "import socket; s = socket.socket(); s.settimeout(0.1); s.connect_ex(('192.0.2.1', 9)); s.connect_ex(('127.0.0.1', 9))"
    )
    environment = {**os.environ, "PYTHONPATH": str(HOOKS), "CONNECTION_LOG": str(log)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True)
    (line,) = log.read_text().splitlines()
    assert line.startswith("socket.connect 192.0.2.1")


def test_a_log_is_begun_anew_while_a_process_writes_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LOG_BYTES", 100)
    log = tmp_path / "prefect-worker.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 90)
        assert not upkeep.trim(log)
        writer.write(b"y" * 90)
        assert upkeep.trim(log)
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert len((tmp_path / "prefect-worker.log.1").read_bytes()) == 180


def test_a_database_gives_back_what_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "DATABASE_BYTES", 1000)
    file = tmp_path / "prefect.db"
    assert not upkeep.shrink(file)
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE logs (text)")
    connection.executemany("INSERT INTO logs VALUES (?)", [("x" * 1000,)] * 500)
    connection.commit()
    before = file.stat().st_size
    assert not upkeep.shrink(file)
    connection.execute("DELETE FROM logs WHERE rowid > 5")
    connection.commit()
    connection.close()
    assert upkeep.shrink(file)
    assert file.stat().st_size < before / 5


def test_schedules_in_words() -> None:
    assert interval({"interval": 300.0}) == "every 5 minutes"
    assert interval({"interval": 15}) == "every 15 seconds"
    assert interval({"cron": "30 3 * * 0"}) == "at 30 3 * * 0"


def test_without_up_nobody_claims_to_be_running(settings: Settings) -> None:
    folder = settings.home / "master"
    folder.mkdir(parents=True)
    (folder / "up.json").write_text('{"pid": 1, "ui": "x", "api": "y"}')  # left by a kill
    assert running_at(settings) is None


# ---------------------------------------------------------------- the whole, on the sample web


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpProcess]:
    home = tmp_path_factory.mktemp("up") / "home"
    words = {"CONNECTION_LOG": str(home / "outside.log"), "NEWSFOLD_BATCH_SIZE": "20"}
    with UpProcess(home, *DEMO_WORDS, hooks=HOOKS, **words) as process:
        print(f"ready after {process.until_ready():.1f} s")
        yield process


def _settings(up: UpProcess) -> Settings:
    return Settings(home=up.home)


def _articles(up: UpProcess) -> int:
    if not _settings(up).published.exists():
        return 0
    return int(str(sql(_settings(up), "SELECT count(*) FROM news").rows[0][0]))


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_it_says_where_prefect_is_and_what_is_scheduled(up: UpProcess) -> None:
    with urllib.request.urlopen(up.address) as answer:
        assert b"<title>Prefect Server</title>" in answer.read()
    text = "\n".join(up.lines)
    assert re.search(r"poll +every 15 seconds", text)
    assert re.search(r"ingest +every 1 minutes, on newsfold.entries.discovered", text)
    assert re.search(r"submitted +on newsfold.url.submitted", text)
    deployments = {row["name"]: row for row in up.api("POST", "/deployments/filter", {})}
    wanted = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert set(deployments) == {one["name"] for one in wanted}


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_a_second_one_says_that_it_is_up_already(up: UpProcess) -> None:
    done = subprocess.run(up.words, cwd=up.home, env=up.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "is up already" in done.stderr and up.address in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_articles_come_by_themselves_and_new_ones_while_it_runs(up: UpProcess) -> None:
    up.until(lambda: _articles(up) > 60, PATIENCE)
    first = _articles(up)
    up.until(lambda: _articles(up) > first, PATIENCE)
    # Not only the run that `up` starts at once: Prefect's scheduler makes runs, too (SQLAlchemy 2.1 broke that silently).
    scheduled = [row for row in up.runs(state={"type": {"any_": ["COMPLETED"]}}) if row["auto_scheduled"]]
    assert scheduled
    new = "SELECT count(*) FROM news WHERE url LIKE '%/live-%'"
    assert int(str(sql(_settings(up), new).rows[0][0])) > 0


def _emit(up: UpProcess, url: str) -> None:
    """One event, sent again when the server does not answer: what a program that minds its addresses does."""
    for left in reversed(range(5)):
        try:
            return emit(f"{up.address}/api", URL_SUBMITTED, "an.outside.program", [{"urls": [url]}], datetime.now(UTC))
        except TransientError:
            if not left:
                raise
    raise AssertionError


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_a_burst_of_events_makes_few_runs_and_loses_no_address(up: UpProcess) -> None:
    """200 events within ten seconds, sent as an outside program would: at most 5 runs, and each address is settled."""
    deployment = up.deployment("submitted")
    own = {"deployment_id": {"any_": [deployment]}}
    before = {row["id"] for row in up.api("POST", "/flow_runs/filter", {"flow_runs": own, "limit": 200})}
    began, sent = time.monotonic(), datetime.now(UTC)
    for number in range(200):
        url = f"http://www.harborlight.example/burst/{number}"
        _emit(up, url)
        time.sleep(max(0.0, began + (number + 1) * 0.045 - time.monotonic()))
    took = time.monotonic() - began

    def settled() -> int:
        rows = sql(_settings(up), "SELECT count(DISTINCT url) FROM why WHERE url LIKE '%/burst/%' AND state = 'gone'").rows
        return int(str(rows[0][0]))

    up.until(lambda: settled() == 200, PATIENCE)
    mine = [row for row in up.api("POST", "/flow_runs/filter", {"flow_runs": own, "limit": 200}) if row["id"] not in before]
    assert 1 <= len(mine) <= 5 * max(1, round(took / 10)), [row["state_type"] for row in mine]
    up.until(
        lambda: (
            not [
                row
                for row in up.api("POST", "/flow_runs/filter", {"flow_runs": own, "limit": 200})
                if row["state_type"] in ("RUNNING", "PENDING", "SCHEDULED")
            ]
        ),
        PATIENCE,
    )
    assert sql(_settings(up), "SELECT count(*) FROM why WHERE url LIKE '%/burst/%'").rows == ((200,),)
    asked = sql(_settings(up), "SELECT min(started_at) FROM fetches WHERE url LIKE '%/burst/%'").rows[0][0]
    assert isinstance(asked, datetime)
    # How long that takes is for a machine that does nothing else to show: 10 s are wanted.
    waited = (asked - sent).total_seconds()
    print(f"{len(mine)} runs for 200 events in {took:.1f} s; first page asked {waited:.1f} s after the first event")


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_a_bad_feed_is_told_of_once(up: UpProcess) -> None:
    def told() -> list[str]:
        wanted = {"filter": {"event": {"name": ["newsfold.feed.failing"]}, "order": "ASC"}, "limit": 50}
        return [row["payload"]["url"] for row in up.api("POST", "/events/filter", wanted)["events"]]

    polls = "SELECT count(*) FROM runs WHERE flow = 'poll' AND ended_at IS NOT NULL"
    up.until(lambda: int(str(sql(_settings(up), polls).rows[0][0])) >= 2, PATIENCE)
    assert sorted(told()) == sorted(set(told()))
    assert "http://gone.example/rss" in told()


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_a_backfill_that_is_cancelled_in_the_interface_ends_and_leaves_its_entries_alone(up: UpProcess) -> None:
    listed = up.home / "many.txt"
    listed.write_text("".join(f"http://www.harborlight.example/cancelled/{number}\n" for number in range(4000)))
    begun = {"parameters": {"file": str(listed), "limit": 0, "dry_run": False}, "state": {"type": "SCHEDULED"}}
    run = up.api("POST", f"/deployments/{up.deployment('backfill')}/create_flow_run", begun)["id"]

    def state() -> str:
        return str(up.api("GET", f"/flow_runs/{run}")["state_type"])

    def counted(condition: str) -> int:
        query = f"SELECT count(*) FROM entries WHERE url LIKE '%/cancelled/%' AND {condition}"
        with open_master(_settings(up)) as connection:
            return int(connection.execute(query).fetchall()[0][0])

    up.until(lambda: state() == "RUNNING" and counted("state <> 'pending'") > 0, PATIENCE)
    told = time.monotonic()
    # What the button does.
    up.api("POST", f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    up.until(lambda: state() == "CANCELLED", PATIENCE)
    print(f"cancelled after {time.monotonic() - told:.1f} s")
    with open_master(_settings(up)) as connection:
        assert connection.execute("SELECT state FROM backfills").fetchall() == [("stopped",)]
    left = counted("state = 'pending'")
    runs = "SELECT count(*) FROM runs WHERE flow = 'ingest' AND ended_at IS NOT NULL"
    before = int(str(sql(_settings(up), runs).rows[0][0]))
    up.until(lambda: int(str(sql(_settings(up), runs).rows[0][0])) > before, PATIENCE)
    assert counted("state = 'pending'") == left > 0


@pytest.mark.live
@pytest.mark.timeout(1800)
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; `apt-get install chromium` brings it")
def test_a_person_sees_in_the_interface_what_is_scheduled_and_what_ran(up: UpProcess) -> None:
    """Writes the pictures of docs/running.md with NEWSFOLD_SCREENSHOTS=1."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(up.address)
        page.evaluate("localStorage.setItem('prefect-color-mode', JSON.stringify('light'))")
        for place, words in (("deployments", ("backfill", "ingest", "maintain", "poll", "submitted")), ("runs", ("Completed",))):
            page.goto(f"{up.address}/{place}")
            for word in words:
                page.get_by_text(word, exact=True).first.wait_for()
            if os.environ.get("NEWSFOLD_SCREENSHOTS") == "1":
                page.wait_for_timeout(2000)
                page.screenshot(path=ROOT / "docs" / "images" / f"running-{place}.png")
        browser.close()


@pytest.mark.live
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("victim", ["worker", "flow", "server"])
def test_what_is_killed_comes_back_and_no_run_stays_running(up: UpProcess, victim: str) -> None:
    up.until(lambda: bool(up.runs(state={"type": {"any_": ["RUNNING"]}})), PATIENCE)
    mark = f"flows.tied {victim}"
    pids = [pid for pid, command in processes_of(up.home).items() if mark in command]
    # a flow that has just ended takes its process with it: any other one will do
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    killed = datetime.now(UTC)

    def lively() -> bool:
        try:
            old = up.runs(state={"type": {"any_": ["RUNNING", "PENDING"]}}, start_time={"before_": killed.isoformat()})
            new = up.runs(state={"type": {"any_": ["COMPLETED"]}}, start_time={"after_": killed.isoformat()})
        except Exception as error:  # noqa: BLE001  # the server may be down just now
            print(error)
            return False
        return bool(new) and not old

    up.until(lively, PATIENCE)


@pytest.mark.live
@pytest.mark.timeout(600)
def test_it_ends_within_seconds_with_all_it_started(up: UpProcess) -> None:
    """The last of these: nothing is left, nobody asked anything outside this machine."""
    print(f"stopped after {up.stop(signal.SIGINT):.1f} s")
    assert up.process.returncode == 0
    assert up.lines[-1] == "stopped"
    assert processes_of(up.home) == {}
    outside = up.home / "outside.log"
    lines = outside.read_text().splitlines() if outside.exists() else []
    assert lines == []
    assert running_at(_settings(up)) is None


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_killed_outright_nothing_outlives_it_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with UpProcess(home, *DEMO_WORDS) as process:
        process.until_ready()
        process.until(lambda: bool(process.runs(state={"type": {"any_": ["RUNNING"]}})), PATIENCE)
        killed = [row["id"] for row in process.runs(state={"type": {"any_": ["RUNNING", "PENDING"]}})]
        process.process.kill()
        process.process.wait()
    deadline = time.monotonic() + 30
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(home) == {}
    with UpProcess(home, *DEMO_WORDS) as process:
        process.until_ready()
        # Marked by the worker in the moment before it ended itself, or else by this start.
        before = {"id": {"any_": killed}}
        process.until(lambda: {row["state_type"] for row in process.runs(**before)} <= {"CRASHED", "COMPLETED"}, PATIENCE)
        assert "CRASHED" in {row["state_type"] for row in process.runs()}
        began = json.loads((home / "master" / "up.json").read_text())
        assert began["ui"] == process.address
