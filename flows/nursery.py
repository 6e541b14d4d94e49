"""Flow runs begin as copies of a process that has imported everything: in a fraction of a second, instead of the four seconds
of processor time that importing Prefect and newsfold's flows costs each of them.

The nursery imports, and forks a child for each run. The process that Prefect's worker started stays, as the run's stand-in: it
passes signals on, ends as the run ends, and takes the run with it when it is killed. Without a nursery (it is about to start,
it was killed, this is not Linux) a run is an ordinary process.

The nursery has no thread when it forks, holds no connection, and reads no setting. Its socket stands in a folder that only this
user may enter, because whoever can talk to it can run code as this user.
"""

import json
import os
import random
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

WHERE = "nursery"  # a file in the folder of runs that names the socket: its own path could be too long for one
ROOM = "newsfold-nursery-"
LOOK_SECONDS = 0.5
HELLO_SECONDS = 5.0
_LENGTH = struct.Struct("!I")
_PID = struct.Struct("!i")
_CODE = struct.Struct("!i")


# ---------------------------------------------------------------- the stand-in


def run_as_copy(folder: Path) -> int | None:
    """Has the nursery run this process's flow; returns the exit code, None where no nursery answers."""
    try:
        address = (folder / WHERE).read_text()
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(HELLO_SECONDS)
        connection.connect(address)
        words = json.dumps({"environment": dict(os.environ), "folder": str(Path.cwd())}).encode()
        socket.send_fds(connection, [_LENGTH.pack(len(words))], [0, 1, 2])
        connection.sendall(words)
        answer = connection.recv(_PID.size)
    except (OSError, ValueError):
        return None
    if len(answer) < _PID.size:
        return None
    (pid,) = _PID.unpack(answer)

    def pass_on(number: int, _: object) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    connection.settimeout(None)
    code = connection.recv(_CODE.size)
    # Nothing comes from one that was killed.
    return int(_CODE.unpack(code)[0]) if len(code) == _CODE.size else 128 + signal.SIGKILL


# ---------------------------------------------------------------- the nursery


def serve(folder: Path, entrypoints: list[str], master_lives: Callable[[], bool], run: Callable[[], int]) -> None:
    """Imports the flows, then forks a child that calls `run` for each stand-in that connects, as long as the master lives."""
    import prefect.flow_engine  # noqa: F401

    for module in dict.fromkeys(one.rpartition(".")[0] for one in entrypoints):
        import_module(module)
    settings = _prefect_settings(os.environ)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that ended vanish by themselves
    room = Path(tempfile.mkdtemp(prefix=ROOM))
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(room / "socket"))
            door.listen(16)
            door.settimeout(LOOK_SECONDS)
            _tell(folder, room / "socket")
            while master_lives():
                try:
                    visitor, _ = door.accept()
                except TimeoutError:
                    continue
                with visitor:
                    _take(visitor, door, settings, run)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Removes the room of a nursery that was killed."""
    try:
        before = Path((folder / WHERE).read_text()).parent
    except OSError:
        return
    if before.name.startswith(ROOM):
        shutil.rmtree(before, ignore_errors=True)


def _tell(folder: Path, address: Path) -> None:
    fresh = folder / f"{WHERE}.new"
    fresh.write_text(str(address))
    fresh.replace(folder / WHERE)


def _take(visitor: socket.socket, door: socket.socket, settings: Mapping[str, str], run: Callable[[], int]) -> None:
    try:
        visitor.settimeout(HELLO_SECONDS)
        head, handles, _, _ = socket.recv_fds(visitor, _LENGTH.size, 3)
        (length,) = _LENGTH.unpack(head)
        words = bytearray()
        while len(words) < length:
            part = visitor.recv(length - len(words))
            if not part:
                break
            words += part
        asked = json.loads(words)
    except (OSError, ValueError, struct.error) as error:
        print(f"nursery: what came is no flow run ({error})", flush=True)
        return
    pid = os.fork()
    if pid == 0:
        door.close()
        _live(visitor, handles, asked, settings, run)
    for handle in handles:
        os.close(handle)


def _live(
    visitor: socket.socket, handles: list[int], asked: Mapping[str, Any], settings: Mapping[str, str], run: Callable[[], int]
) -> None:
    """The child: becomes the run, and ends."""
    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        os.setsid()
        for target, handle in enumerate(handles):
            os.dup2(handle, target)
            os.close(handle)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        random.seed()
        if _prefect_settings(os.environ) != settings:
            from prefect import context

            context.GLOBAL_SETTINGS_CONTEXT = context.root_settings_context()
        visitor.settimeout(None)
        visitor.sendall(_PID.pack(os.getpid()))
        threading.Thread(target=_end_with, args=(visitor,), daemon=True, name="stand-in").start()
        code = run()
        sys.stdout.flush()
        sys.stderr.flush()
        visitor.sendall(_CODE.pack(code))
    except BaseException:
        traceback.print_exc()  # nobody else would tell of it
        raise
    finally:
        # Never back into the nursery's loop, whatever happened.
        os._exit(code)


def _end_with(visitor: socket.socket) -> None:
    """The stand-in says nothing more: when its end is closed, it was killed, and its run is to be as dead."""
    with suppress(OSError):
        visitor.recv(1)
    os._exit(1)


def _prefect_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What Prefect has read when it was imported: its settings, without what it tells a single run."""
    return {
        name: value for name, value in environment.items() if name.startswith("PREFECT_") and not name.startswith("PREFECT__")
    }
