"""Maintenance: what is old goes, what is not stays, and a dry run changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from flows.cli.main import main
from flows.maintenance import steps
from schemas.settings import Settings
from tasks.retention import StoredFile, archive_to_remove, snapshots_to_remove
from tasks.store import integrity
from tasks.store.master import holding, master_path, open_master
from tasks.store.publish import publish
from tests import pipeline
from tests.tables import differences

NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)


def _file(day: str, number: int = 0, size: int = 100) -> StoredFile:
    return StoredFile(f"newsfold-{day}-{number:05d}.warc.gz", size)


def test_archive_files_go_by_age_and_the_youngest_never() -> None:
    files = [_file("20261124"), _file("20261123"), _file("20261120"), _file("20261001"), StoredFile("other.warc.gz", 5)]
    assert archive_to_remove(files, 0, 0, NOW) == []
    assert archive_to_remove(files, 30, 0, NOW) == [_file("20261001")]
    assert archive_to_remove(files, 1, 0, NOW) == [_file("20261001"), _file("20261120")]


def test_archive_files_go_by_size_the_oldest_first_and_only_as_many_as_need_be() -> None:
    files = [_file("20261110", 1, 400_000_000), _file("20261110", 0, 400_000_000), _file("20261112", 0, 400_000_000)]
    assert archive_to_remove(files, 0, 1.3, NOW) == []
    assert archive_to_remove(files, 0, 1.0, NOW) == [_file("20261110", 0, 400_000_000)]
    both = archive_to_remove([*files, _file("20261124", 0, 900_000_000)], 0, 0.1, NOW)
    assert [file.name for file in both] == sorted(file.name for file in files)


def test_the_newest_snapshots_stay() -> None:
    names = ["newsfold-2026-11-01.duckdb", "newsfold-2026-11-15.duckdb", "newsfold-2026-11-08.duckdb", "mine.duckdb"]
    assert snapshots_to_remove(names, 2) == ["newsfold-2026-11-01.duckdb"]
    assert snapshots_to_remove(names, 0) == sorted(names[:3])


@pytest.fixture
def stored(settings: Settings) -> Settings:
    with SampleWeb(1) as web:
        settings = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(settings, FEEDS[:2])
        pipeline.poll_all(settings)
        pipeline.settle_all(settings, pipeline.prepare(settings, pipeline.pending(settings)), 100)
    publish(settings, datetime.now(UTC))
    return settings


def _count(settings: Settings, sql: str) -> int:
    with open_master(settings) as connection:
        return int(connection.execute(sql).fetchall()[0][0])


def test_a_dry_run_says_it_and_changes_nothing(stored: Settings, tmp_path: Path) -> None:
    settings = stored.model_copy(update={"archive_days": 1, "log_days": 1, "article_days": 1})
    before = tmp_path / "before.duckdb"
    before.write_bytes(master_path(settings).read_bytes())
    later = datetime.now(UTC) + timedelta(days=400)
    lines = list(steps(settings, None, later, dry_run=True))
    assert any(line.startswith("archive: 1 of 1 files would be removed") for line in lines)
    assert any("older than 1 days would be removed" in line for line in lines)
    assert differences(before, master_path(settings)) == []
    assert len(list(settings.archive_folder.glob("*.warc.gz"))) == 1
    assert not settings.snapshots_folder.exists()


def test_old_pages_and_logs_go_articles_stay_and_the_books_agree(stored: Settings) -> None:
    settings = stored.model_copy(update={"archive_days": 30, "log_days": 30})
    articles = _count(settings, "SELECT count(*) FROM articles")
    later = datetime.now(UTC) + timedelta(days=40)
    lines = list(steps(settings, None, later, dry_run=False))
    assert "check: the books agree" in lines
    assert list(settings.archive_folder.glob("*.warc.gz")) == []
    assert _count(settings, "SELECT count(*) FROM pages WHERE archive_file IS NOT NULL") == 0
    assert _count(settings, "SELECT count(*) FROM fetches") == 0
    assert _count(settings, "SELECT count(*) FROM articles") == articles > 10
    assert _count(settings, "SELECT count(*) FROM pages") >= articles - _count(settings, "SELECT count(*) FROM copies")
    again = list(steps(settings, None, later, dry_run=False))
    assert any(line.startswith("archive: 0 of 0") for line in again)
    assert "snapshots: none made, 0 removed" in again


def test_articles_go_only_when_a_person_asks_for_it(stored: Settings) -> None:
    later = datetime.now(UTC) + timedelta(days=400)
    list(steps(stored, None, later, dry_run=False))
    assert _count(stored, "SELECT count(*) FROM articles") > 10
    list(steps(stored.model_copy(update={"article_days": 365}), None, later, dry_run=False))
    assert _count(stored, "SELECT count(*) FROM articles") == 0
    assert _count(stored, "SELECT count(*) FROM article_texts") == 0
    with open_master(stored) as connection:
        assert integrity.findings(connection) == []


def test_a_snapshot_keeps_what_was_published_that_day(stored: Settings) -> None:
    list(steps(stored, None, NOW, dry_run=False))
    snapshot = stored.snapshots_folder / "newsfold-2026-11-24.duckdb"
    content = snapshot.read_bytes()
    publish(stored, datetime.now(UTC))
    assert snapshot.read_bytes() == content != stored.published.read_bytes()
    for week in range(1, 4):
        list(steps(stored, None, NOW + timedelta(weeks=week), dry_run=False))
    assert [file.name for file in sorted(stored.snapshots_folder.iterdir())] == [
        "newsfold-2026-12-08.duckdb",
        "newsfold-2026-12-15.duckdb",
    ]


def test_compaction_waits_for_a_run(stored: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.store.retention.LEAST_BYTES", 0)
    monkeypatch.setattr("tasks.store.retention.DEAD_SHARE", 0.0)
    with holding(stored, "ingest", 0):
        assert any("put off, a run is at work" in line for line in steps(stored, None, NOW, dry_run=False))
    assert any("compacted from" in line for line in steps(stored, None, NOW, dry_run=False))


@pytest.mark.breaks_the_store
def test_books_that_do_not_agree_are_named(stored: Settings) -> None:
    with open_master(stored) as connection:
        connection.execute("DELETE FROM article_texts WHERE article_id = (SELECT min(id) FROM articles)")
        connection.execute("DELETE FROM feeds WHERE id = (SELECT min(feed_id) FROM entries)")
        found = integrity.findings(connection)
    assert any(line.startswith("1 articles without a text") for line in found)
    assert any("entries of feeds that are not there" in line for line in found)


def test_the_command_says_what_it_did(
    stored: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(stored.home))
    assert main(["maintain", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "archive: 0 of 1 files would be removed" in out and "check: the books agree" in out
    monkeypatch.setenv("NEWSFOLD_HOME", str(stored.home / "nowhere"))
    assert main(["maintain"]) == 2
