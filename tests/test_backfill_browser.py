"""A person's backfill in a real browser: Chromium opens Prefect's UI, fills in the form, runs it dry and for real, and looks.

Writes the pictures of docs/backfill.md with NEWSFOLD_SCREENSHOTS=1. Skipped, with the reason, where there is no browser.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo import past
from demo.server import SampleWeb
from schemas.settings import Settings
from tests import pipeline

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "images"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FEEDS = ("http://thesundial.example/feed/",)
OLDER = sum(article.outlet == "sundial" for article in past.older_articles())
START_SECONDS = 300
RUN_SECONDS = 400  # the machine may be busy
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; `apt-get install chromium` brings it"),
]


@contextmanager
def _process(words: list[str], environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (
        log.open("wb") as out,
        subprocess.Popen([sys.executable, "-m", *words], env=environment, cwd=log.parent, stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, f"{address} did not answer"
            time.sleep(0.2)


@pytest.fixture
def ui(tmp_path: Path) -> Iterator[tuple[str, Settings]]:
    """A Prefect server with our deployments and a worker, and a store that knows the sample web's WordPress."""
    with SampleWeb(1) as web, ExitStack() as stack:
        settings = Settings(home=tmp_path, gap_seconds=0, host_map=web.host_map)
        pipeline.add_feeds(settings, FEEDS)
        pipeline.poll_all(settings)
        port = _free_port()
        base = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSFOLD_", "PREFECT_"))} | {
            # deployments start `python`: this one, wherever the tests were started from
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": str(ROOT), "NEWSFOLD_HOME": str(tmp_path), "NEWSFOLD_HOST_MAP": web.host_map,
            "NEWSFOLD_GAP_SECONDS": "0", "NEWSFOLD_WORKERS": "1", "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_API_URL": f"{base}/api", "PREFECT_UI_API_URL": f"{base}/api", "PREFECT_SERVER_API_PORT": str(port),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_RUNNER_POLL_FREQUENCY": "2", "PREFECT_CLI_PROMPT": "false",
        }  # fmt: skip
        server = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        stack.enter_context(_process(server, environment, tmp_path / "server.log"))
        _await(f"{base}/api/health")
        for words in (["work-pool", "create", "newsfold", "--type", "process"], ["--no-prompt", "deploy", "--name", "backfill"]):
            subprocess.run([sys.executable, "-m", "prefect", *words], env=environment, cwd=ROOT, check=True, capture_output=True)
        worker = ["prefect", "worker", "start", "--pool", "newsfold"]
        stack.enter_context(_process(worker, environment, tmp_path / "worker.log"))
        yield base, settings


def _picture(page: Any, name: str) -> None:
    if os.environ.get("NEWSFOLD_SCREENSHOTS") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")


def _start(page: Any, base: str, *, dry: bool) -> None:
    """Opens the deployment's form, fills it in, and starts the run."""
    page.goto(f"{base}/deployments")
    page.get_by_text("backfill", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("Names or addresses of feeds, as in your list.").wait_for()
    page.get_by_role("button", name="Add item").click()
    page.locator("textarea").first.fill("The Sundial")
    if not dry:
        page.get_by_role("switch").first.click()
    _picture(page, "backfill-form-dry" if dry else "backfill-form")
    page.get_by_role("button", name="Submit").click()


def _see_artifact(page: Any, base: str, run: int, key: str, words: str) -> None:
    """Waits for the end of the `run`-th run, then looks at its artifact in the UI."""
    deadline = time.monotonic() + RUN_SECONDS
    while not (runs := _api(base, "/flow_runs/filter"))[run - 1 :] or any(one["state_type"] not in ENDED for one in runs):
        assert time.monotonic() < deadline, f"not ended: {[(one['state_name'], one['parameters']) for one in runs]}"
        time.sleep(1)
    assert [one["state_name"] for one in runs] == ["Completed"] * run
    (artifact,) = [one for one in _api(base, "/artifacts/latest/filter") if one["key"] == key]
    assert words in f"{artifact['data']} {artifact['description']}"
    page.goto(f"{base}/artifacts/artifact/{artifact['latest_id']}")
    page.get_by_text(words).first.wait_for()


def _api(base: str, path: str) -> Any:
    request = urllib.request.Request(f"{base}/api{path}", data=b"{}", headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_a_backfill_in_the_browser(ui: tuple[str, Settings]) -> None:
    base, settings = ui
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1250})
        page.set_default_timeout(60_000)
        page.goto(base)
        page.evaluate("localStorage.setItem('prefect-color-mode', JSON.stringify('light'))")
        _start(page, base, dry=True)
        _see_artifact(page, base, 1, "backfill", f"it would fetch {OLDER} pages")
        _picture(page, "backfill-dry-run")
        assert _older(settings) == []
        _start(page, base, dry=False)
        _see_artifact(page, base, 2, "backfill", f"{OLDER} of them stored")
        _picture(page, "backfill-report")
        _see_artifact(page, base, 2, "backfill-progress", f"{OLDER} of {OLDER} articles worked off")
        _picture(page, "backfill-progress")
        browser.close()
    assert len(_older(settings)) == OLDER


def _older(settings: Settings) -> list[Any]:
    """The older articles that people find in the published file."""
    if not settings.published.exists():
        return []
    with duckdb.connect(settings.published, read_only=True) as connection:
        return connection.execute("SELECT title FROM news WHERE published_at < '2026-09-01'").fetchall()
