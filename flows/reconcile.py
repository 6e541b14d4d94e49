"""Prefect's list of runs brought in line with what really goes on: dead runs end as Crashed, late ones are not all made up for.

A flow process holds a lock on a file named by its run for as long as it lives. The system lets go of it when the process
dies, however it dies: so whether a run is alive needs no heartbeat and no guess about process ids.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.prefect_api import PAGE, ask
from flows.tied import is_held

POOL = "newsfold"
# So long may pass between a worker taking a run and that run's process holding its lock.
STARTING = timedelta(seconds=120)
# A run is late when the worker did not take it in that time; of several late ones only the last is worth running.
LATE = timedelta(seconds=20)
# Each of their runs does all there is to do: one run is as good as ten.
ALIKE = ("poll", "ingest", "submitted", "maintain")


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run as Prefect knows it."""

    id: str
    name: str
    state: str
    since: datetime
    deployment_id: str | None
    parameters: str


def dead(
    runs: Iterable[Run], alive: frozenset[str], now: datetime, *, nobody_works: bool, ours: frozenset[str] | None = None
) -> list[Run]:
    """The runs that no process belongs to. Pure. With `nobody_works` (no worker of the pool is up) none can be starting.

    `ours`: the runs that this machine ever began, where other machines may be at work on the rest; None: all are ours.
    """
    silent = [run for run in runs if run.id not in alive and (ours is None or run.id in ours or run.state == "PENDING")]
    return [run for run in silent if nobody_works or run.state == "RUNNING" or now - run.since > STARTING]


def superfluous(late: Iterable[Run], alike: frozenset[str]) -> list[Run]:
    """Of late runs of one deployment with the same parameters, all but the last one (`late` is in their order). Pure."""
    last: dict[tuple[str, str], str] = {}
    known = [run for run in late if run.deployment_id in alike]
    for run in known:
        last[run.deployment_id or "", run.parameters] = run.id
    return [run for run in known if last[run.deployment_id or "", run.parameters] != run.id]


def reconcile(api: str, running: Path, now: datetime, *, nobody_works: bool = False, shared: bool = False) -> tuple[int, int]:
    """Ends dead runs and removes superfluous late ones; returns how many of each. `running` is the folder of run locks.

    With `shared` the server has other workers, too: what they are at work on holds no lock here, and is not touched.

    Raises:
        TransientError: the server does not answer.
    """
    alike = frozenset(row["id"] for row in ask(api, "POST", "/deployments/filter", {}) if row["name"] in ALIKE)
    open_runs = list(_runs(api, {"state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}}))
    # Looked at after the list was made: a run that ended in between has another state by now, and is looked at again.
    alive = frozenset(run.id for run in open_runs if is_held(running, run.id))
    ours = frozenset(file.stem for file in running.glob("*.lock")) if shared else None
    ended = dead(open_runs, alive, now, nobody_works=nobody_works, ours=ours)
    crashed = [run for run in ended if _crash(api, run)]
    late = _runs(api, {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": (now - LATE).isoformat()}})
    gone = superfluous(late, alike)
    for run in gone:
        ask(api, "DELETE", f"/flow_runs/{run.id}")
    _forget_locks(running, now)
    return len(crashed), len(gone)


def _runs(api: str, wanted: Mapping[str, Any]) -> Iterator[Run]:
    offset = 0
    while True:
        body = {
            "work_pools": {"name": {"any_": [POOL]}},
            "flow_runs": wanted,
            "limit": PAGE,
            "offset": offset,
            "sort": "EXPECTED_START_TIME_ASC",
        }
        rows = ask(api, "POST", "/flow_runs/filter", body)
        # One that is just being made, or deleted, may have no state yet, or no more: it is looked at again.
        yield from (_run(row) for row in rows if row["state"])
        if len(rows) < PAGE:
            return
        offset += PAGE


def _run(row: Mapping[str, Any]) -> Run:
    since = datetime.fromisoformat(row["state"]["timestamp"])
    return Run(row["id"], row["name"], row["state_type"], since, row["deployment_id"], repr(sorted(row["parameters"].items())))


def _crash(api: str, run: Run) -> bool:
    """Ends a run unless it has ended by itself since the list was made."""
    if ask(api, "GET", f"/flow_runs/{run.id}")["state_type"] != run.state:
        return False
    state = {"type": "CRASHED", "name": "Crashed", "message": "its process is gone; the next run takes up what it left"}
    ask(api, "POST", f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})
    wanted = {"flow_runs": {"id": {"any_": [run.id]}}, "task_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    for row in ask(api, "POST", "/task_runs/filter", wanted):
        ask(api, "POST", f"/task_runs/{row['id']}/set_state", {"state": state, "force": True})
    return True


def _forget_locks(running: Path, now: datetime) -> None:
    """Removes the files of runs that ended, an hour later: nobody takes a lock on an old name."""
    for file in running.glob("*.lock") if running.is_dir() else ():
        try:
            old = now - datetime.fromtimestamp(file.stat().st_mtime, UTC) > timedelta(hours=1)
        except FileNotFoundError:
            continue
        if old and not is_held(running, file.stem):
            file.unlink(missing_ok=True)
