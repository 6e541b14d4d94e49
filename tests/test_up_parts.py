"""What `newsfold up` is made of: each part by itself, without a server."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prefect.settings.models.server.api import ServerAPISettings

from flows import apply, reconcile, tied, upkeep
from flows.cli.demo import live
from flows.reconcile import Run
from flows.up import Up, interval, running_at
from schemas.errors import TransientError
from schemas.settings import Settings, load_settings
from tests.up_process import ROOT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOOKS = ROOT / "tests" / "hooks"


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


def test_a_run_that_has_no_state_yet_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect shows a run whose state is not written yet: its type is there, its state is null."""
    old = {"type": "SCHEDULED", "timestamp": "2026-11-24T11:00:00Z"}
    half = {"id": "half", "name": "", "state_type": "SCHEDULED", "state": None, "deployment_id": "a", "parameters": {}}
    late = [{**half, "id": name, "state": old} for name in ("first", "last")]
    answers = {"/deployments/filter": [[{"id": "a", "name": "poll"}]], "/flow_runs/filter": [[half], [late[0], half, late[1]]]}
    deleted = []

    def ask(_: str, method: str, path: str, *_more: object) -> object:
        if method == "DELETE":
            deleted.append(path)
            return None
        return answers[path].pop(0)

    monkeypatch.setattr("flows.reconcile.ask", ask)
    assert reconcile.reconcile("", tmp_path, NOW) == (0, 1)
    assert deleted == ["/flow_runs/first"]


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
    """The last test of test_up.py is worth something only if attempts are noted."""
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


def test_the_demo_publishes_every_five_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path))
    with live(load_settings(), 4.0):
        demo = load_settings()
    assert (demo.publish_seconds, demo.publish_gap_seconds) == (5, 5)
    assert load_settings().publish_gap_seconds == 0  # what was set before, and is again


def test_without_up_nobody_claims_to_be_running(settings: Settings) -> None:
    folder = settings.home / "master"
    folder.mkdir(parents=True)
    (folder / "up.json").write_text('{"pid": 1, "ui": "x", "api": "y"}')  # left by a kill
    assert running_at(settings) is None
