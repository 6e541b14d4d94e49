"""Migrations: from every earlier schema, killed at every statement, with a backup before; a newer file is refused."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from schemas.errors import StoreTooNew, StoreUnwritable
from schemas.settings import Settings
from tasks.store import master, migrate
from tasks.store.master import master_path, open_master
from tests import old_schemas

VERSIONS = [step.version for step in migrate.known_migrations()]
# Plumbing whose rows live on elsewhere: the counts of terms by week (tests/test_term_counts.py migrates them),
# the bands of sketches in the sketches, the terms of stories in the vectors.
_REPLACED = {"term_counts", "sketch_bands", "story_terms"}
LONG = os.environ.get("NEWSFOLD_LONG_TESTS") == "1"
ROOT = Path(__file__).parents[1]


@pytest.fixture
def old(settings: Settings) -> Settings:
    master_path(settings).parent.mkdir(parents=True)
    return settings


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The shape of a file that was made by this version."""
    settings = Settings(home=tmp_path_factory.mktemp("today"))
    with open_master(settings):
        pass
    return old_schemas.shape(master_path(settings))


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_every_earlier_schema_becomes_this_one_and_keeps_its_rows(
    old: Settings, version: int, today: list[tuple[object, ...]]
) -> None:
    path = master_path(old)
    old_schemas.make(path, version)
    before = old_schemas.contents(path)
    with open_master(old):
        pass
    assert old_schemas.shape(path) == today
    after = old_schemas.contents(path)
    for table, rows in before.items():
        if table not in _REPLACED:
            assert len(after[table]) == len(rows), table
    (backup,) = path.parent.glob("*.schema-*.duckdb")
    assert backup.name == f"{path.stem}.schema-{version:04d}.duckdb"
    assert old_schemas.contents(backup) == before
    with open_master(old):
        pass
    assert old_schemas.contents(path) == after


def test_a_file_without_content_needs_no_backup_and_a_backup_replaces_the_one_before(old: Settings) -> None:
    path = master_path(old)
    old_schemas.make(path, VERSIONS[-2], rows=0)
    with open_master(old):
        pass
    assert list(path.parent.glob("*.schema-*")) == []
    path.with_name(f"{path.stem}.schema-0001.duckdb").write_bytes(b"older")
    path.unlink()
    old_schemas.make(path, VERSIONS[-2])
    with open_master(old):
        pass
    assert [file.name for file in path.parent.glob("*.schema-*")] == [f"{path.stem}.schema-{VERSIONS[-2]:04d}.duckdb"]


def test_without_room_for_the_backup_nothing_is_changed(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = master_path(old)
    old_schemas.make(path, VERSIONS[0])
    before = old_schemas.shape(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(master, "copy_whole", full)
    with pytest.raises(StoreUnwritable, match="No space left on device; nothing was changed"), open_master(old):
        pass
    assert old_schemas.shape(path) == before


def test_a_newer_file_is_refused_and_left_as_it_is(old: Settings) -> None:
    path = master_path(old)
    old_schemas.make(path, VERSIONS[-1])
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', '9.9', now())")
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="upgrade newsfold"), open_master(old):
        pass
    assert path.read_bytes() == before
    assert list(path.parent.glob("*.schema-*")) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from schemas.settings import Settings
from tasks.store import migrate
from tasks.store.master import open_master
settings, step, done = Settings(home=Path(sys.argv[1])), int(sys.argv[2]), Path(sys.argv[1]) / "done"
done.touch()
run_one, apply_one = migrate._run, migrate._apply

def killed(before):
    # One process a kill: DuckDB is opened in the child alone. It ends before that statement of the first pending migrations.
    child = os.fork()
    if child == 0:
        seen = 0
        def run(connection, statement):
            nonlocal seen
            seen += 1
            if seen == before:
                os.kill(os.getpid(), signal.SIGKILL)
            run_one(connection, statement)
        def apply(connection, migration):
            apply_one(connection, migration)
            with done.open("a") as log:
                log.write("x")
        migrate._run, migrate._apply = run, apply
        with open_master(settings):
            pass
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

before, kills, through = 1, 0, 0
while (ended := killed(before)) != 0:
    assert ended == -signal.SIGKILL, ended
    kills += 1
    before = before + step if done.stat().st_size == through else 1 + step
    through = done.stat().st_size
print(kills)
"""


def test_migrations_killed_between_any_two_statements_end_as_if_undisturbed(
    old: Settings, today: list[tuple[object, ...]]
) -> None:
    """A kill takes back the migration that it met, and no earlier one. Every statement in `make ci-long`, else every 23rd."""
    path = master_path(old)
    old_schemas.make(path, VERSIONS[0])
    before = old_schemas.contents(path)
    step = 1 if LONG else 23
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(old.home), str(step)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 400 // step
    assert old_schemas.shape(path) == today
    after = old_schemas.contents(path)
    assert {table: len(after[table]) for table in before} == {table: len(rows) for table, rows in before.items()}
