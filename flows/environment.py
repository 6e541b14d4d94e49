"""What Prefect finds in its environment when the CLI runs flows in the foreground. Called before prefect is imported."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from schemas.errors import BadSetting, NewsfoldError, StoreUnwritable
from schemas.settings import Settings

START_SECONDS = 600.0  # where other programs want the processor as well, 180 were too few


@contextmanager
def prefect_for(settings: Settings, *, verbose: bool = False) -> Iterator[str]:
    """Prefect for the time of a foreground run; yields its API address.

    With PREFECT_API_URL that server is used. Without it a server of our own starts on a free loopback port, with its
    database below `home`, and ends with this process, even when that is killed: Prefect's own temporary server
    would outlive it.
    """
    if "prefect" in sys.modules:
        raise RuntimeError("prefect was imported before its environment was made; it would not see this server")
    os.environ.update(defaults(settings, verbose))
    asked_for = "PREFECT_API_URL" in os.environ
    # `newsfold up` of this folder has a server already: two on one database would get into each other's way
    given = os.environ.get("PREFECT_API_URL") or address_of_up(settings)
    if given:
        os.environ["PREFECT_API_URL"] = given
    if given:
        _require_health(given)
        try:
            yield given
        finally:
            if not asked_for:
                os.environ.pop("PREFECT_API_URL", None)
        return
    port = free_port()
    address = f"http://127.0.0.1:{port}/api"
    log = _log_file(settings)
    server = subprocess.Popen(
        [sys.executable, "-m", "flows.environment", str(port), str(os.getpid())],
        env={
            **os.environ,
            "PREFECT_UI_ENABLED": "0",
            "PREFECT__SERVER_EPHEMERAL": "1",
            "PREFECT__SERVER_FINAL": "1",
            # By default any web page that a person looks at may call the API.
            "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}",
        },
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    os.environ["PREFECT_API_URL"] = address
    try:
        await_health(address, server, log.name)
        yield address
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _log_file(settings: Settings) -> BinaryIO:
    folder = settings.home / "master"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "prefect-server.log").open("wb")
    except OSError as error:
        raise StoreUnwritable(f"newsfold can't write in {folder}: {error.strerror or error}") from None


def defaults(settings: Settings, verbose: bool) -> dict[str, str]:
    """Prefect settings that a person did not set. Nothing phones home: Prefect's and its libraries' analytics are off."""
    wanted = {
        "PREFECT_HOME": str(settings.home / "master" / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "INFO" if verbose else "ERROR",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_CLI_PROMPT": "false",
    }
    # A password that a person gave to the server is the clients' as well.
    if pair := os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        wanted["PREFECT_API_AUTH_STRING"] = pair
    return {name: value for name, value in wanted.items() if name not in os.environ}


def address_of_up(settings: Settings) -> str | None:
    """API address of the server that `newsfold up` of this folder runs; None when it is not up."""
    from flows.up import running_at

    there = running_at(settings)
    return there["api"] if there else None


def free_port(wanted: int = 0) -> int:
    """The wanted port on loopback if it is free, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NewsfoldError("no port of this machine is free")


def await_health(address: str, server: "subprocess.Popen[bytes]", log: str, stopping: threading.Event | None = None) -> None:
    """Waits until the server answers, or `stopping` is set.

    Raises:
        NewsfoldError: it ended, or took too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if stopping is not None and stopping.is_set():
            return
        if server.poll() is not None:
            raise NewsfoldError(f"the Prefect server ended while it started; see {log}")
        if prefect_trouble(address, 2) is None:
            return
        time.sleep(0.1)
    raise NewsfoldError(f"the Prefect server did not start within {START_SECONDS:g} s; see {log}")


def _require_health(address: str) -> None:
    if trouble := prefect_trouble(address, 10):
        raise BadSetting(f"no Prefect server answers at PREFECT_API_URL={address} ({trouble})")


def prefect_trouble(address: str, seconds: float) -> str | None:
    """Why no Prefect server says that it is well at this API address, None where one does."""
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=seconds) as answer:
            return None if answer.status == 200 else f"it answers {answer.status}"
    except (OSError, ValueError, http.client.HTTPException) as error:  # URLError and timeouts are OSErrors
        return str(error) or type(error).__name__


def _serve(port: int, parent: int) -> None:
    """The server's process: ends when its parent is gone."""
    import uvicorn

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app", factory=True, host="127.0.0.1", port=port, log_level="error", lifespan="on"
    )


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
