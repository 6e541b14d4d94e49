"""The processes below `newsfold up`: server, worker, nursery, flow runs. Each ends when the supervisor is gone, however it went.

`python -m flows.tied server PORT | worker | nursery | flow`. The supervisor names itself in the environment variable `TIED`.
"""

import atexit
import fcntl
import os
import runpy
import sys
import threading
import time
from pathlib import Path

TIED = "UNDER_NEWSFOLD_UP"
RUNS = "RUNS_OF_NEWSFOLD"
POLL_SECONDS = 0.5
GRACE_SECONDS = 3
WORKER_RUNS = 4  # flow runs at once: a backfill, an ingest and a poll, and one to spare


def name_of(pid: int) -> str:
    """A process's id and, where the system tells, when it began: ids are used again."""
    try:
        # the command in brackets may hold anything; the 20th field after it is the start
        began = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        began = ""
    return f"{pid}:{began}"


def is_there(name: str) -> bool:
    """Whether the process of that name still is."""
    pid, _, began = name.partition(":")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not began or name_of(int(pid)) == name


def tie() -> None:
    """Ends this process as soon as the supervisor is gone. Without one (a worker started by hand) nothing is tied."""
    master = os.environ.get(TIED)
    if not master:
        return

    def watch() -> None:
        while is_there(master):
            time.sleep(POLL_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="tied").start()


def hold(folder: Path, run_id: str) -> int:
    """Locks the file of a run and writes this process's id in it; the system lets go when the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{run_id}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle


def is_held(folder: Path, run_id: str) -> bool:
    """Whether a process is at work on that run."""
    try:
        handle = os.open(folder / f"{run_id}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def held(folder: Path) -> list[int]:
    """Ids of the processes that are at work on runs."""
    files = folder.glob("*.lock") if folder.is_dir() else ()
    pids = [_pid_in(file) for file in sorted(files) if is_held(folder, file.stem)]
    return [pid for pid in pids if pid]


def _pid_in(file: Path) -> int:
    """0 while the process has not written it yet."""
    try:
        return int(file.read_text() or 0)
    except FileNotFoundError:
        return 0


def _server(port: int) -> None:
    import uvicorn

    from flows.one_writer import take_turns

    take_turns()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _worker() -> None:
    sys.argv = ["prefect", "worker", "start", "--pool", "newsfold", "--type", "process", "--limit", str(WORKER_RUNS)]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _nursery() -> None:
    import yaml

    from flows.apply import definitions
    from flows.nursery import serve

    master = os.environ.get(TIED, "")
    entrypoints = [one["entrypoint"] for one in yaml.safe_load(definitions().read_text())["deployments"]]

    def copy() -> int:
        tie()
        return _engine()

    serve(Path(os.environ[RUNS]), entrypoints, lambda: is_there(master), copy)


def _flow() -> None:
    folder, code = os.environ.get(RUNS), None
    if folder and sys.platform == "linux":
        from flows.nursery import run_as_copy

        code = run_as_copy(Path(folder))
    if code is None:
        code = _engine()
    # As in flows/cli/main.py: DuckDB's binding would fill the worker's log with leak warnings.
    os._exit(code)


def _engine() -> int:
    """Runs the flow run that the environment names; returns the exit code."""
    run_id, folder = os.environ.get("PREFECT__FLOW_RUN_ID"), os.environ.get(RUNS)
    if run_id and folder:
        hold(Path(folder), run_id)
    sys.argv = ["prefect.engine"]
    sys.modules.pop("prefect.engine", None)  # in a copy of the nursery it is there already, and runpy would complain
    code: object = 0
    try:
        # Not as sys.modules["__main__"]: each worker process of a pool imports that one, and with it all of Prefect.
        runpy.run_module("prefect.engine", run_name="__main__")
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0 if code is None else 1


def main(words: list[str]) -> None:
    """Becomes one of the processes."""
    if words != ["nursery"]:  # which forks, and so must have no thread: it looks by itself
        tie()
    match words:
        case ["server", port]:
            _server(int(port))
        case ["worker"]:
            _worker()
        case ["nursery"]:
            _nursery()
        case ["flow"]:
            _flow()
        case _:
            raise SystemExit(f"flows.tied: {words} is none of server PORT, worker, nursery, flow")


if __name__ == "__main__":
    main(sys.argv[1:])
