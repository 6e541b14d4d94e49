"""What a store lives through: books that are checked, a damaged master, other programs, a wrong clock."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from flows.checking import missing_records
from flows.cli.main import main
from schemas.errors import BadInput, NothingPublished, StoreDamaged, StoreLocked
from schemas.records import FeedLine
from schemas.settings import Settings
from tasks.doctor import file_system
from tasks.store import feeds
from tasks.store.check import check, check_connection
from tasks.store.invariants import INVARIANTS, OFFSETS
from tasks.store.master import Connection, master_path, open_master
from tasks.store.publish import publish
from tasks.store.query import ask
from tasks.store.restore import restore
from tests import pipeline
from tests.bench.checking import make

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a generated store of 40 articles whose books agree."""
    with open_master(Settings(home=tmp_path_factory.mktemp("made"))) as connection:
        make(connection, 40)
        yield connection


BREAKING = {
    "articles without a text": "DELETE FROM article_texts WHERE article_id = 3",
    "entries in a state that there is not": "UPDATE entries SET state = 'lost' WHERE id = 3",
    "entries with a reason that there is not": "UPDATE entries SET reason = 'whim' WHERE id = 3",
    "entries that ended without a time or a run": "UPDATE entries SET settled_at = NULL WHERE id = 3",
    "stored entries without an article": "DELETE FROM entry_articles WHERE entry_id = 3",
    "texts of a version twice": "INSERT INTO article_texts SELECT * FROM article_texts WHERE article_id = 3",
    "articles whose versions are not": "UPDATE articles SET version = 2 WHERE id = 3",
    "copies of copies": "INSERT INTO copies VALUES (20, 21, 'near', 0.9, 'x')",
    "copies of articles that are not there": "UPDATE copies SET original_id = 77777 WHERE article_id = 21",
    "copies in another story": "UPDATE copies SET original_id = 30 WHERE article_id = 21",
    "stories whose counts": "UPDATE stories SET articles = 9 WHERE id = 4",
    "articles in stories that are not there": "DELETE FROM stories WHERE id = 4",
    "signatures twice": "INSERT INTO signatures SELECT * FROM signatures WHERE article_id = 3",
    "story ids given twice": "INSERT INTO story_ids SELECT * FROM story_ids WHERE story_id = 4",
    "mentions twice": "INSERT INTO mentions SELECT * FROM mentions WHERE article_id = 3",
    "mentions of entities that are not there": "UPDATE mentions SET entity_id = 77777 WHERE article_id = 3",
    "mentions whose place is not as long": "UPDATE mentions SET surface = surface || '!' WHERE article_id = 3",
    "mentions whose words do not stand": "UPDATE mentions SET surface = reverse(surface) WHERE article_id = 3",
    "facts whose words do not stand": 'UPDATE facts SET "start" = "start" + 1, "end" = "end" + 1 WHERE article_id = 3',
    "articles of feeds that are not there": "DELETE FROM feeds WHERE id = 3",
    "rows more or less in the view timeline": "UPDATE stories SET tellings = 9 WHERE id = 4",
    "tables, views or columns without a comment": "CREATE TABLE silent (a INTEGER)",
}


def test_a_store_that_is_whole_breaks_no_invariant(made: Connection) -> None:
    found = check_connection(made)
    assert found.broken == () and found.articles == 40
    assert found.invariants == len(INVARIANTS) + len(OFFSETS) >= 60


@pytest.mark.parametrize("words", sorted(BREAKING))
def test_what_is_wrong_is_found_and_named(made: Connection, words: str) -> None:
    made.execute("BEGIN TRANSACTION")
    try:
        made.execute(BREAKING[words])
        found = check_connection(made).broken
    finally:
        made.execute("ROLLBACK")
    (named,) = [broken for broken in found if broken.words.startswith(words)]
    assert named.rows >= 1 and named.examples and str(named.rows) in named.sentence()


@pytest.fixture
def stored(settings: Settings) -> Iterator[Settings]:
    """A published store with one outlet's articles, while its web is still there."""
    with SampleWeb(1) as web:
        settings = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(settings, FEEDS[:1])
        pipeline.poll_all(settings)
        batch = pipeline.prepare(settings, pipeline.pending(settings))
        half = len(batch) // 2
        pipeline.settle_all(settings, batch[:half], 100)
        publish(settings, datetime.now(UTC))
        pipeline.settle_all(settings, batch[half:], 100)
        yield settings


def _truncate(path: Path) -> bytes:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    return path.read_bytes()


def _articles(settings: Settings) -> set[int]:
    with open_master(settings) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM articles").fetchall()}


def test_a_truncated_master_is_restored_and_the_next_run_brings_back_the_rest(
    stored: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(stored.home))
    before, path = _articles(stored), master_path(stored)
    assert main(["check"]) == 0
    assert missing_records(stored) is None
    assert main(["restore"]) == 2
    assert "nothing to restore" in capsys.readouterr().err
    damaged = _truncate(path)
    path.with_name(path.name + ".wal").write_bytes(b"a log of the damaged file")
    for command in (["check"], ["status"], ["publish"]):
        assert main(command) == 2, command
        said = capsys.readouterr().err
        assert "newsfold restore" in said and said.count("\n") == 1, said
    assert main(["restore"]) == 0
    said = capsys.readouterr().out
    assert "the damaged file can't be read" in said and "kept aside" in said
    (kept,) = path.parent.glob("*.damaged-*.duckdb")
    assert kept.read_bytes() == damaged and kept.with_name(kept.name + ".wal").exists()
    assert not path.with_name(path.name + ".wal").exists()
    rest = _articles(stored)
    assert rest < before
    pipeline.poll_all(stored)
    pipeline.ingest_all(stored)
    assert _articles(stored) == before


def test_a_restore_by_wish_counts_what_is_lost(stored: Settings) -> None:
    lost = len(_articles(stored)) - int(str(ask(stored, "SELECT count(*) FROM articles").rows[0][0]))
    assert lost > 0
    found = restore(stored, None, NOW, force=True)
    assert found.lost == {"feeds": 0, "entries": 0, "articles": lost}
    assert f"{lost} articles" in " ".join(found.sentences())


@pytest.mark.breaks_the_store
def test_a_damaged_published_file_is_passed_over_for_a_snapshot(settings: Settings) -> None:
    publish(settings, NOW)
    snapshot = settings.snapshots_folder / "newsfold-2026-11-23.duckdb"
    snapshot.parent.mkdir()
    snapshot.write_bytes(settings.published.read_bytes())
    settings.published.chmod(0o644)
    for file in (settings.published, master_path(settings)):
        _truncate(file)
    assert restore(settings, None, NOW).source == snapshot
    assert check(settings).broken == ()
    _truncate(snapshot)
    _truncate(master_path(settings))
    with pytest.raises(NothingPublished, match="can't be read"):
        restore(settings, None, NOW)


def test_a_master_that_is_gone_is_not_begun_anew_over_what_was_published(settings: Settings) -> None:
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine("http://a.example/feed")], NOW)
    publish(settings, NOW)
    master_path(settings).unlink()
    with pytest.raises(StoreDamaged, match="is gone"), open_master(settings):
        pass
    assert restore(settings, None, NOW).kept is None
    with open_master(settings) as connection:
        assert len(feeds.listed(connection)) == 1
    with pytest.raises(BadInput, match="nothing to restore"):
        restore(settings, None, NOW)


def test_a_program_that_holds_the_master_is_named_and_the_published_file_offered(settings: Settings) -> None:
    publish(settings, NOW)
    code = f"import duckdb, sys; c = duckdb.connect({str(master_path(settings))!r}); print('in', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "in\n"
        with pytest.raises(StoreLocked, match="another program has") as refused, open_master(settings):
            pass
        assert str(settings.published) in str(refused.value)
        other.communicate("")
    with open_master(settings) as connection:
        assert feeds.listed(connection) == []


def test_a_clock_that_was_ahead_does_not_stop_the_polling(settings: Settings) -> None:
    ahead = NOW + timedelta(days=800)
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine("http://a.example/feed"), FeedLine("http://b.example/feed")], NOW)
        connection.execute("UPDATE feeds SET last_polled_at = ?, next_poll_at = ?", [NOW, NOW + timedelta(hours=1)])
        assert feeds.due(connection, NOW) == []
        connection.execute(
            "UPDATE feeds SET last_polled_at = ?, next_poll_at = ? WHERE url LIKE '%a.example%'",
            [ahead, ahead + timedelta(hours=1)],
        )
        assert [feed.url for feed in feeds.due(connection, NOW)] == ["http://a.example/feed"]


def test_a_folder_on_a_network_is_warned_of(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n/dev/b {tmp_path}/local xfs rw 0 0\n")
    (tmp_path / "local").mkdir()
    warned = file_system(tmp_path / "store", mounts)
    assert (warned.level, warned.found) == ("warn", "nfs4, shared over a network")
    assert "one machine only" in warned.advice
    assert file_system(tmp_path / "local" / "store", mounts).level == "ok"
    assert file_system(Path("/"), mounts).found == "ext4"


@pytest.mark.breaks_the_store
def test_the_command_answers_for_machines_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(settings.home))
    assert main(["check"]) == 2
    assert "no newsfold store" in capsys.readouterr().err
    with open_master(settings) as connection:
        connection.execute("INSERT INTO copies VALUES (1, 2, 'near', 0.9, 'x')")
        connection.execute(
            "INSERT INTO pages BY NAME SELECT 1 AS id, 'u' AS url, 'u' AS final_url, 200 AS status, 'x' AS body_sha1, 1 AS bytes,"
            " now() AS fetched_at, 'newsfold-20261124-00000.warc.gz' AS archive_file, 7 AS archive_offset"
        )
    assert main(["check", "--json", "--archive"]) == 1
    answer = json.loads(capsys.readouterr().out)
    named = {broken["words"]: broken["rows"] for broken in answer["broken"]}
    assert named["copies of articles that are not there"] == 1
    assert named["pages whose record is not in the archive"] == 1
