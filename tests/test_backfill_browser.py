"""A person's backfill in a real browser: Chromium opens Prefect's UI, fills in the form, runs it dry and for real, and looks.

Writes the pictures of docs/backfill.md with NEWSFOLD_SCREENSHOTS=1. Skipped, with the reason, where there is no browser.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo import past
from demo.server import SampleWeb
from schemas.settings import Settings
from tests import pipeline
from tests.up_process import ROOT, UpProcess

PICTURES = ROOT / "docs" / "images"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FEEDS = ("http://thesundial.example/feed/",)
OLDER = sum(article.outlet == "sundial" for article in past.older_articles())
RUN_SECONDS = 400  # the machine may be busy
SUBMITS, SUBMIT_SECONDS = 4, 20.0
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = [
    pytest.mark.ci,
    pytest.mark.live,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium; `apt-get install chromium` brings it"),
]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[UpProcess]:
    """`newsfold up` on a store that knows the sample web's WordPress."""
    with SampleWeb(1) as web:
        settings = Settings(home=tmp_path, gap_seconds=0, host_map=web.host_map)
        pipeline.add_feeds(settings, FEEDS)
        pipeline.poll_all(settings)
        with UpProcess(tmp_path, NEWSFOLD_HOST_MAP=web.host_map, NEWSFOLD_GAP_SECONDS="0") as process:
            process.until_ready()
            yield process


def _runs(up: UpProcess) -> list[dict[str, Any]]:
    """The backfills so far, whoever else is at work."""
    return up.runs(deployment_id={"any_": [up.deployment("backfill")]})


def _picture(page: Any, name: str) -> None:
    if os.environ.get("NEWSFOLD_SCREENSHOTS") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")


def _start(page: Any, up: UpProcess, run: int, *, dry: bool) -> None:
    """Opens the deployment's form, fills it in, and starts the `run`-th run."""
    page.goto(f"{up.address}/deployments")
    page.get_by_text("backfill", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("Names or addresses of feeds, as in your list.").wait_for()
    page.get_by_role("button", name="Add item").click()
    page.locator("textarea").first.fill("The Sundial")
    if not dry:
        page.get_by_role("switch").first.click()
    _picture(page, "backfill-form-dry" if dry else "backfill-form")
    # The interface checks the form by the server; pressed while that check is under way, the button does nothing.
    for _ in range(SUBMITS):
        page.get_by_role("button", name="Submit").click()
        deadline = time.monotonic() + SUBMIT_SECONDS
        while time.monotonic() < deadline:
            if len(_runs(up)) >= run:
                return
            page.wait_for_timeout(500)
    raise AssertionError(f"no run after {SUBMITS} times Submit: {page.locator('body').inner_text()[:2000]}")


def _see_artifact(page: Any, up: UpProcess, run: int, key: str, words: str) -> None:
    """Waits for the end of the `run`-th run, then looks at its artifact in the UI."""
    up.until(lambda: len(_runs(up)) >= run and all(one["state_type"] in ENDED for one in _runs(up)), RUN_SECONDS)
    assert [one["state_name"] for one in _runs(up)] == ["Completed"] * run
    (artifact,) = [one for one in up.api("POST", "/artifacts/latest/filter", {}) if one["key"] == key]
    assert words in f"{artifact['data']} {artifact['description']}"
    page.goto(f"{up.address}/artifacts/artifact/{artifact['latest_id']}")
    page.get_by_text(words).first.wait_for()


def test_a_backfill_in_the_browser(up: UpProcess) -> None:
    settings = Settings(home=up.home)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1250})
        page.set_default_timeout(60_000)
        page.goto(up.address)
        page.evaluate("localStorage.setItem('prefect-color-mode', JSON.stringify('light'))")
        _start(page, up, 1, dry=True)
        _see_artifact(page, up, 1, "backfill", f"it would fetch {OLDER} pages")
        _picture(page, "backfill-dry-run")
        assert _older(settings) == []
        _start(page, up, 2, dry=False)
        _see_artifact(page, up, 2, "backfill", f"{OLDER} of them stored")
        _picture(page, "backfill-report")
        _see_artifact(page, up, 2, "backfill-progress", f"{OLDER} of {OLDER} articles worked off")
        _picture(page, "backfill-progress")
        browser.close()
    assert len(_older(settings)) == OLDER


def _older(settings: Settings) -> list[Any]:
    """The older articles that people find in the published file."""
    if not settings.published.exists():
        return []
    with duckdb.connect(settings.published, read_only=True) as connection:
        return connection.execute("SELECT title FROM news WHERE published_at < '2026-09-01'").fetchall()
