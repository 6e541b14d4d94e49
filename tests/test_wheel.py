"""The built wheel, installed elsewhere, in an empty folder: `newsfold up` needs nothing of the checkout."""

import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.up_process import ROOT, UpProcess, processes_of


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("newsfold-*.whl"))


def test_the_wheel_holds_what_runs_need(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "flows/prefect.yaml" in names
    assert {f"schemas/sql/{file.name}" for file in (ROOT / "schemas" / "sql").glob("*.sql")} <= names
    assert any(name.startswith("demo/articles/") for name in names)
    assert not any(name.startswith("tests/") for name in names)


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_up_works_from_the_wheel_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are those of this environment, seen through a .pth file, which does not pass the linked newsfold on."""
    fresh = tmp_path / "venv"
    venv.create(fresh, with_pip=False, symlinks=True)
    packages = next((fresh / "lib").glob("python*/site-packages"))
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    install = [sys.executable, "-m", "pip", "--python", str(fresh), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--ignore-installed", str(wheel)], check=True, capture_output=True)
    where = [str(fresh / "bin" / "python"), "-c", "import flows; print(flows.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    assert found.stdout.startswith(str(fresh))

    home = tmp_path / "empty"
    process = UpProcess(home, "--demo")
    process.words = [str(fresh / "bin" / "newsfold"), "up", "--port", "0", "--demo"]
    process.environment.pop("PYTHONPATH")
    process.environment.pop("NEWSFOLD_HOME")
    with process as up:
        print(f"ready after {up.until_ready():.1f} s")
        names = {row["name"] for row in up.api("POST", "/deployments/filter", {})}
        assert {"poll", "ingest", "submitted", "maintain"} <= names
        up.until(lambda: bool(up.runs(state={"type": {"any_": ["COMPLETED"]}})), 600)
        up.stop()
    assert processes_of(home) == {}
    assert {"master"} <= {path.name for path in home.iterdir()}
