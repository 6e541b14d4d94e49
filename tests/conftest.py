"""Fixtures that several test files share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.settings import PREFIX, Settings
from tasks.store import master

SHARED = Path(__file__).resolve().parents[2] / "shared"

for _name in [
    name for name in os.environ if name.startswith(PREFIX) and name not in {"NEWSFOLD_LONG_TESTS", "NEWSFOLD_SCREENSHOTS"}
]:
    del os.environ[_name]  # a person's own settings must not reach the tests

os.environ["NEWSFOLD_PUBLISH_GAP_SECONDS"] = "0"  # tests look at the published file after each run

# Nothing phones home from the tests either.
os.environ |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a store of their own."""
    return Settings(home=tmp_path / "home", gap_seconds=0, workers=2)


@pytest.fixture(scope="session")
def new_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A master file with nothing in it, as the migrations make it."""
    settings = Settings(home=tmp_path_factory.mktemp("new"))
    with master.open_master(settings):
        return master.master_path(settings)


@pytest.fixture(autouse=True)
def new_stores_are_copied(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, new_master: Path) -> None:
    """New stores begin as copies: seven hundred statements of migrations a test are most of a short test's time.

    The tests of the migrations themselves go without.
    """
    if request.module.__name__.endswith("test_migrations"):
        return
    connect = master.connect

    def connect_copy(settings: Settings, path: Path) -> master.Connection:
        if (
            path.name == master.MASTER_NAME
            and not path.exists()
            and settings.timezone == Settings.model_fields["timezone"].default
        ):
            shutil.copyfile(new_master, path)
        return connect(settings, path)

    monkeypatch.setattr(master, "connect", connect_copy)


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that plays the main job or a flow, the stores that it leaves behind are checked.

    A test that damages its store on purpose carries the mark `breaks_the_store`.
    """
    plays = "prefect_server" in request.fixturenames or hasattr(request.module, "pipeline")
    looked_at = plays and "tmp_path" in request.fixturenames and not request.node.get_closest_marker("breaks_the_store")
    folder: Path | None = request.getfixturevalue("tmp_path") if looked_at else None
    yield
    if folder is None:
        return
    from tasks.store.check import check

    for file in sorted(folder.glob("**/master/newsfold-master.duckdb")):
        found = check(Settings(home=file.parents[1], lock_seconds=5))
        assert found.broken == (), "\n".join(broken.sentence() for broken in found.broken)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """One Prefect server for all flow tests of this process."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests run when they are asked for."""
    if os.environ.get("NEWSFOLD_LONG_TESTS") != "1":
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: set NEWSFOLD_LONG_TESTS=1 or run make ci-long"))
