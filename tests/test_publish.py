"""Publishing: when, whole beside writers, and nobody waits. Real DuckDB files."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from schemas.records import FeedLine
from schemas.settings import Settings
from tasks.store import feeds, master
from tasks.store import publish as module
from tasks.store.master import holding, master_path, open_master
from tasks.store.publish import Due, due, publish, publish_if_due, publish_owed
from tasks.store.query import ask

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("published", "changed", "stale", "expected"),
    [
        (None, False, None, Due.NOW),
        (NOW - 2 * MINUTE, False, None, Due.NOT),
        (NOW - 2 * MINUTE, True, None, Due.NOW),
        (NOW - MINUTE, True, None, Due.NOW),
        (NOW - MINUTE / 2, True, None, Due.LATER),
        (NOW - MINUTE / 2, False, None, Due.NOT),
        (NOW - 2 * MINUTE, False, 90 * MINUTE, Due.NOT),
        (NOW - 91 * MINUTE, False, 90 * MINUTE, Due.NOW),
        (NOW + 500 * MINUTE, True, None, Due.NOW),
    ],
)
def test_when_it_is_due(published: datetime | None, changed: bool, stale: timedelta | None, expected: Due) -> None:
    assert due(NOW, published, MINUTE, changed=changed, stale=stale) is expected


def test_once_an_interval_and_nothing_is_kept_back_for_ever(settings: Settings) -> None:
    settings = settings.model_copy(update={"publish_gap_seconds": 60.0})
    assert publish_if_due(settings, NOW, changed=False)
    inode = settings.published.stat().st_ino
    made = datetime.fromtimestamp(settings.published.stat().st_mtime, UTC)
    _add(settings, "http://a.example/feed")
    assert not publish_owed(settings, made + timedelta(minutes=5))  # nobody has asked yet
    assert not publish_if_due(settings, made + timedelta(seconds=59), changed=True)
    assert not publish_owed(settings, made + timedelta(seconds=59.5))
    assert settings.published.stat().st_ino == inode
    assert publish_owed(settings, made + timedelta(seconds=60))
    assert ask(settings, "SELECT count(*) FROM feeds").rows == ((1,),)
    assert not publish_owed(settings, made + timedelta(hours=5))
    assert not publish_if_due(settings, made + timedelta(hours=5), changed=False)


def test_what_is_owed_is_published_by_a_run_that_changed_nothing_and_at_once_on_a_word(settings: Settings) -> None:
    settings = settings.model_copy(update={"publish_gap_seconds": 3600.0})
    publish(settings, NOW)
    made = datetime.fromtimestamp(settings.published.stat().st_mtime, UTC)
    publish_if_due(settings, made, changed=True)
    assert publish_if_due(settings, made + timedelta(hours=1), changed=False)
    publish_if_due(settings, datetime.fromtimestamp(settings.published.stat().st_mtime, UTC), changed=True)
    assert publish_owed(settings, made, at_once=True)


def test_a_writer_does_not_wait_for_the_copy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that would wait for nothing (lock_seconds=0) commits while the copy is under way."""
    hasty = settings.model_copy(update={"lock_seconds": 0.0})
    _add(settings, "http://a.example/feed")
    real, copies = module._clone, []

    def slow(source: Path, target: Path) -> bool:
        done = real(source, target)
        if not copies:
            _add(hasty, "http://b.example/feed")
        copies.append(target.stat().st_size)
        return done

    monkeypatch.setattr(module, "_clone", slow)
    publish(settings, NOW)
    # It closed, and so made a checkpoint: the first copy may be torn and is not the one that was published.
    assert len(copies) == 2
    assert ask(settings, "SELECT count(*) FROM feeds").rows == ((2,),)


def test_writers_that_leave_no_gap_are_made_to_wait_in_the_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real, held = module._clone, []

    def slow(source: Path, target: Path) -> bool:
        with holding(settings, "writer", 0) as free:
            held.append(not free)
        done = real(source, target)
        if free:
            _add(settings, f"http://a{len(held)}.example/feed")
        return done

    monkeypatch.setattr(module, "_clone", slow)
    publish(settings, NOW)
    assert held == [False] * module.TRIES + [True]
    assert ask(settings, "SELECT count(*) FROM feeds").rows == ((module.TRIES,),)


def test_without_cp_it_is_copied_all_the_same(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(settings, "http://a.example/feed")
    monkeypatch.setenv("PATH", "")
    publish(settings, NOW)
    assert ask(settings, "SELECT count(*) FROM feeds").rows == ((1,),)


WRITER = """
import sys
import time
from pathlib import Path
from typing import Any
from schemas.settings import Settings
from tasks.store.master import open_master, transaction
settings = Settings(home=Path(sys.argv[1]))
number = 0
while True:
    number += 1
    with open_master(settings) as connection, transaction(connection):
        # two tables that always agree, and blocks that come and go
        connection.execute("DELETE FROM pair_a WHERE n < ?", [number - 3])
        connection.execute("DELETE FROM pair_b WHERE n < ?", [number - 3])
        for table in ("pair_a", "pair_b"):
            connection.execute(f"INSERT INTO {table} SELECT ?, md5(i::VARCHAR || ?) FROM range(20000) t(i)", [number, table])
    print(number, flush=True)
    time.sleep(0.1)  # the lock is no queue: without a pause, whoever asks for it on a loaded machine may never meet it free
"""


def test_each_file_published_beside_a_busy_writer_is_whole(settings: Settings) -> None:
    with open_master(settings) as connection:
        for table in ("pair_a", "pair_b"):
            connection.execute(f"CREATE TABLE {table} (n INTEGER, filler VARCHAR)")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(settings.home)], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        seen = []
        for _ in range(6):
            writer.stdout.readline()
            publish(settings, NOW)
            with duckdb.connect(settings.published, read_only=True) as connection:
                a, b, top, bad = connection.execute(
                    "SELECT (SELECT count(*) FROM pair_a), (SELECT count(*) FROM pair_b), (SELECT max(n) FROM pair_a), "
                    "(SELECT count(*) FROM (FROM pair_a UNION ALL FROM pair_b) WHERE length(filler) <> 32)"
                ).fetchall()[0]
            assert a == b and a % 20000 == 0 and bad == 0
            seen.append(top)
        assert seen == sorted(seen) and seen[-1] > seen[0]
    finally:
        writer.kill()
        writer.wait()
        if writer.stdout is not None:
            writer.stdout.close()


def _add(settings: Settings, url: str) -> None:
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine(url)], NOW)


def test_the_master_is_never_opened_by_this_process_while_it_copies(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a second handle on it would drop DuckDB's lock (see the module's text)."""
    publish(settings, NOW)
    opened: list[str] = []
    listening: list[bool] = []  # from DuckDB's own opening on; an audit hook can't be taken away

    def connect(*given: Any) -> duckdb.DuckDBPyConnection:
        connection = real(*given)
        listening.append(True)
        return connection

    real = master.connect
    monkeypatch.setattr(master, "connect", connect)

    def hear(event: str, values: tuple[object, ...]) -> None:
        if listening and event == "open" and isinstance(values[0], str | Path):
            opened.append(os.fspath(values[0]))

    sys.addaudithook(hear)
    publish(settings, NOW)
    listening.clear()
    assert opened and str(master_path(settings)) not in opened
