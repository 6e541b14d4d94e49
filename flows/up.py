"""The supervisor behind `newsfold up`: a Prefect server (unless one is given), the deployments, a worker; all of it watched,
started again when it dies, and ended by process id. It does not import Prefect, and stays small."""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from flows import environment, tied
from flows.apply import definitions, write_for_demo
from flows.children import Child, send, stop_all
from flows.prefect_api import ask, healthy
from flows.reconcile import reconcile
from flows.upkeep import shrink, trim
from schemas.errors import BadSetting, NewsfoldError, TransientError
from schemas.settings import PREFIX, Settings
from tasks.store.master import holding, master_folder

PORT = 4200
RECONCILE_SECONDS = 10.0
# Stopping in order, ten seconds in all: the worker and its flow runs, then the server.
WORKER_SECONDS, NURSERY_SECONDS, MARKING_SECONDS, SERVER_SECONDS = 4.0, 0.3, 2.0, 3.2
MOST_FAILURES = 5
Say = Callable[[str], None]


class Up:
    """What runs, and how it is held together."""

    def __init__(self, settings: Settings, *, port: int, demo: bool, say: Say) -> None:
        self.settings, self.demo, self.say = settings, demo, say
        self.folder = master_folder(settings)
        self.running = self.folder / "running"
        given = os.environ.get("PREFECT_API_URL", "").rstrip("/")
        self.own = not given
        self.port = environment.free_port(port) if self.own else 0
        self.api = given or f"http://127.0.0.1:{self.port}/api"
        self.stopping = threading.Event()
        base = child_environment(settings, self.api, self.running)
        served = _server_side(base, self.port, settings.prefect_days)
        self.server = Child("server", ["flows.tied", "server", str(self.port)], served, self._log("server"))
        self.worker = Child("worker", ["flows.tied", "worker"], base, self._log("worker"))
        # Where a process may be copied without harm: its flow runs begin at once.
        self.nursery = Child("nursery", ["flows.tied", "nursery"], base, self._log("nursery"))
        self.base = base

    def _log(self, name: str) -> Path:
        return self.folder / f"prefect-{name}.log"

    @property
    def ui(self) -> str:
        """Address of Prefect's user interface."""
        return self.api.removesuffix("/api")

    def start(self) -> None:
        """Brings everything up; returns when flows can run.

        Raises:
            NewsfoldError: the server does not start, or refuses the deployments.
            BadSetting: PREFECT_API_URL leads to no server.
        """
        if not self.own and not healthy(self.api, 30):
            raise BadSetting(f"no Prefect server answers at PREFECT_API_URL={self.api}")
        file = write_for_demo(self.folder / "prefect-demo.yaml") if self.demo else definitions()
        # Its imports take as long as the server's start: side by side.
        applying = Child("apply", ["flows.apply", str(file)], self.base, self._log("apply"))
        try:
            applying.start()
            if self.own:
                self._start_server()
            self.say(f"Prefect: {self.ui}")
            self._note()
            self._patiently(lambda: self._bring_in_line(nobody_works=True))
            if not self.stopping.is_set():
                self.worker.start()
                if sys.platform == "linux":
                    self.nursery.start()
            while not applying.ended() and not self.stopping.wait(0.1):
                pass
        finally:
            applying.stop(0.5)
        if applying.process is not None and applying.process.returncode and not self.stopping.is_set():
            raise NewsfoldError(f"the deployments of {file} could not be applied; see {applying.log}")

    def _start_server(self) -> None:
        shrink(Path(self.base["PREFECT_HOME"]) / "prefect.db")
        print("starting Prefect's server (the first time takes half a minute)…", file=sys.stderr, flush=True)
        self.server.start()
        assert self.server.process is not None
        environment.await_health(self.api, self.server.process, str(self.server.log), self.stopping)

    def _patiently(self, call: Callable[[], object]) -> None:
        """Calls until the server answers: on a busy machine its first answers take longer than a request waits."""
        deadline = time.monotonic() + environment.START_SECONDS
        while not self.stopping.is_set():
            try:
                call()
            except TransientError:
                if time.monotonic() > deadline:
                    raise
                self.stopping.wait(1)
            else:
                return

    def begin(self, *, poll: bool) -> None:
        """Starts a poll beside its schedule, if wanted, and says what is scheduled.

        Raises:
            TransientError: the server does not answer for minutes.
        """
        if poll:
            self._patiently(lambda: self.run_now("poll"))
        self._patiently(lambda: self.say("\n".join(self.scheduled())))

    def _note(self) -> None:
        target = self.folder / "up.json"
        fresh = target.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": os.getpid(), "api": self.api, "ui": self.ui}))
        fresh.replace(target)

    def scheduled(self) -> list[str]:
        """What will run when, a line a deployment."""
        lines = []
        triggers = {
            action.get("deployment_id"): ", ".join(row["trigger"].get("expect", []))
            for row in ask(self.api, "POST", "/automations/filter", {})
            for action in row["actions"]
        }
        for row in sorted(ask(self.api, "POST", "/deployments/filter", {}), key=lambda one: str(one["name"])):
            times = [interval(item["schedule"]) for item in row["schedules"] if item["active"]]
            when = [*times, *([f"on {triggers[row['id']]}"] if row["id"] in triggers else [])]
            lines.append(f"  {row['name']:<10} {', '.join(when) or 'by hand'}")
        return lines

    def run_now(self, name: str) -> None:
        """Starts a deployment once, beside its schedule."""
        for row in ask(self.api, "POST", "/deployments/filter", {"deployments": {"name": {"any_": [name]}}}):
            ask(self.api, "POST", f"/deployments/{row['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})

    def watch(self) -> None:
        """Keeps everything up until `stopping` is set."""
        checked, told = time.monotonic(), datetime.now(UTC)
        while not self.stopping.wait(0.5):
            if self.own and self.server.ended():
                self._again(self.server)
                self._await_again()
            if self.nursery.ended() and self.nursery.failures < MOST_FAILURES:  # runs do without it, only slower
                self._again(self.nursery)
            if self.worker.ended():
                # What its runs were at is lost with it: they end, and the next ones take it up.
                stop_all(tied.held(self.running), WORKER_SECONDS, self._holds)
                self._reconcile(nobody_works=True)
                self._again(self.worker)
            if time.monotonic() - checked >= RECONCILE_SECONDS:
                checked = time.monotonic()
                self._reconcile()
                told = self._tell(told)
                for child in (self.server, self.worker, self.nursery):
                    trim(child.log)

    def _again(self, child: Child) -> None:
        self.say(f"the {child.name} ended by itself; it is started again (see {child.log})")
        if not self.stopping.wait(child.pause()):
            child.start()

    def _await_again(self) -> None:
        deadline = time.monotonic() + environment.START_SECONDS
        while not self.stopping.wait(0.2) and time.monotonic() < deadline and not self.server.ended():
            if healthy(self.api):
                return

    def _holds(self, pid: int) -> bool:
        return pid in tied.held(self.running)

    def _reconcile(self, *, nobody_works: bool = False) -> None:
        try:
            self._bring_in_line(nobody_works=nobody_works)
        except TransientError as error:
            print(f"newsfold: {error}", file=sys.stderr, flush=True)

    def _bring_in_line(self, *, nobody_works: bool) -> None:
        """As `reconcile`, and says what that came to.

        Raises:
            TransientError: no server answers.
        """
        crashed, late = reconcile(
            self.api, self.running, datetime.now(UTC), nobody_works=nobody_works and self.own, shared=not self.own
        )
        if crashed:
            self.say(f"{crashed} runs whose process was gone are marked as crashed; the next ones take up what they left")
        if late:
            self.say(f"{late} runs that were late are dropped: the one after them does their work")

    def _tell(self, since: datetime) -> datetime:
        """Says what runs did since, in their own sentences."""
        try:
            rows = ask(self.api, "POST", "/artifacts/latest/filter", {"limit": 20})
        except TransientError:
            return since
        fresh = [(datetime.fromisoformat(row["updated"]), row) for row in rows]
        for at, row in sorted((item for item in fresh if item[0] > since), key=lambda item: item[0]):
            sentence = next(iter(str(row["data"] or "").strip().splitlines()), "")
            self.say(f"{at:%H:%M:%S} {row['key']}: {sentence}")
        return max([since, *(at for at, _ in fresh)])

    def stop(self) -> None:
        """Ends all processes: the worker with its flow runs before the server, all within ten seconds."""
        self.stopping.set()
        runs = tied.held(self.running)
        worker = self.worker.process
        pids = [*runs, *([worker.pid] if worker is not None and worker.poll() is None else [])]

        def lives(pid: int) -> bool:
            return worker.poll() is None if worker is not None and pid == worker.pid else self._holds(pid)

        stop_all(pids, WORKER_SECONDS, lives)
        # Runs that the worker was just starting when it got the signal.
        send(tied.held(self.running), signal.SIGKILL)
        self.worker.stop(0)
        self.nursery.stop(NURSERY_SECONDS)
        # A server that is busy may take its time: what is not marked now is at the next start. One that is not ours stays.
        marking = threading.Thread(target=self._reconcile, kwargs={"nobody_works": True}, daemon=True)
        marking.start()
        marking.join(MARKING_SECONDS if self.own else MARKING_SECONDS + SERVER_SECONDS)
        self.server.stop(SERVER_SECONDS)
        (self.folder / "up.json").unlink(missing_ok=True)


def up(settings: Settings, *, port: int = PORT, demo: bool = False, say: Say, first: Callable[[], bool] = lambda: True) -> None:
    """Runs everything until SIGINT or SIGTERM. `first` says whether a poll is to start at once.

    Raises:
        BadSetting: another `newsfold up` is at work on this folder; PREFECT_API_URL leads to no server.
        NewsfoldError: the server does not start.
    """
    # A moment's patience: `running_at` takes the lock to see whether it is free.
    with holding(settings, "up", 1) as had:
        if not had:
            raise BadSetting(f"newsfold is up already in {settings.home}{_where(settings)}; Ctrl-C there stops it")
        began = time.monotonic()
        all_of_it = Up(settings, port=port, demo=demo, say=say)
        before = {
            number: signal.signal(number, lambda *_: all_of_it.stopping.set()) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            all_of_it.start()
            if not all_of_it.stopping.is_set():
                all_of_it.begin(poll=first())
                say(f"ready after {time.monotonic() - began:.0f} s; Ctrl-C stops it")
            all_of_it.watch()
        finally:
            all_of_it.stop()
            for number, handler in before.items():
                signal.signal(number, handler)
        say("stopped")


def running_at(settings: Settings) -> dict[str, str] | None:
    """Where `newsfold up` of this folder runs (pid, api, ui); None when it does not."""
    file = master_folder(settings) / "up.json"
    if not file.exists():
        return None
    with holding(settings, "up", 0) as had:
        if had:
            return None
    try:
        return {name: str(value) for name, value in json.loads(file.read_text()).items()}
    except (OSError, ValueError):
        return None


def _where(settings: Settings) -> str:
    there = running_at(settings)
    return f" (process {there['pid']}, {there['ui']})" if there else ""


def interval(schedule: Mapping[str, object]) -> str:
    """A schedule in words. Pure."""
    if "interval" in schedule:
        seconds = timedelta(seconds=float(str(schedule["interval"]))).total_seconds()
        return f"every {seconds / 60:g} minutes" if seconds >= 60 else f"every {seconds:g} seconds"
    return f"at {schedule.get('cron') or schedule.get('rrule')}"


def child_environment(settings: Settings, api: str, running: Path) -> dict[str, str]:
    """What the worker and its flow runs find: they work in folders of their own, where no `.env` is."""
    own = {}
    for name, info in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value != info.default:
            text = value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)
            own[PREFIX + name.upper()] = text.lower() if isinstance(value, bool) else text
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    folder = str(Path(sys.executable).parent)
    return {
        **environment.defaults(settings, verbose=True),
        **inherited,
        **own,
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_WORKER_PREFETCH_SECONDS": "2",
        tied.TIED: tied.name_of(os.getpid()),
        tied.RUNS: str(running),
        # deployments start `python`: this one
        "PATH": os.pathsep.join([folder, inherited.get("PATH", os.defpath)]) if shutil.which("python") else folder,
    }


def _server_side(base: Mapping[str, str], port: int, days: int) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}/api"
    wanted = {
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_UI_API_URL": address,
        "PREFECT_UI_API_URL": address,
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # By default any web page that a person looks at may call the API, and so start processes on this machine.
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        # Writers wait for each other in one SQLite file: on a busy machine for longer than 10 seconds.
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    }
    # Prefect's own house-keeping: runs with their logs, and events (those for 7 days, its default).
    kept = {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(days * 24 * 3600),
    }
    return {**kept, **{name: value for name, value in base.items() if name != "PREFECT_API_URL"}, **wanted}
