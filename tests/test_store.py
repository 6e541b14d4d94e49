"""The store: migrations, the lock, publishing, forgetting, retrying. Real DuckDB files."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from demo.response import Response
from demo.server import SampleWeb, serve
from demo.web import FEEDS
from schemas.errors import StoreLocked, StoreUnwritable
from schemas.reasons import EntryState, Reason
from schemas.records import FeedLine, ParsedEntry
from schemas.settings import Settings
from tasks import archive
from tasks.store import entries, feeds
from tasks.store.compact import compact
from tasks.store.forget import forget
from tasks.store.master import holding, master_path, open_master, transaction
from tasks.store.migrate import known_migrations
from tasks.store.publish import publish
from tasks.store.query import ask
from tasks.store.retry import retry_entries
from tasks.store.why import why
from tests import pipeline
from tests.tables import differences

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def test_every_table_view_and_column_explains_itself(settings: Settings) -> None:
    with open_master(settings) as connection:
        silent = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND coalesce(comment, '') = '' "
            "UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE NOT internal AND coalesce(comment, '') = '' "
            "UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND coalesce(comment, '') = ''"
        ).fetchall()
        naive = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'TIMESTAMP'"
        ).fetchall()
        indexes = connection.execute("SELECT count(*) FROM duckdb_indexes()").fetchall()
    assert silent == [] and naive == [] and indexes == [(0,)]


def test_the_promised_tables_and_views_are_there(settings: Settings) -> None:
    with open_master(settings) as connection:
        tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        views = {row[0] for row in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    assert tables >= {
        "feeds", "fetches", "entries", "entry_articles", "pages", "articles", "article_texts", "article_versions", "copies",
        "stories", "story_articles", "entities", "aliases", "mentions", "facts", "runs", "quarantine",
    }  # fmt: skip
    assert views >= {
        "news", "story_overview", "timeline", "reprints", "who_reprinted_whom", "first_to_report", "stories_of_the_day",
        "entity_overview", "entity_timeline", "entity_pairs", "company_mentions", "why", "changed_since", "feed_health", "about",
    }  # fmt: skip


def test_migrating_twice_changes_nothing_and_a_half_made_file_is_carried_on(settings: Settings) -> None:
    with open_master(settings) as connection:
        applied = connection.execute("SELECT version, applied_at FROM schema_migrations ORDER BY 1").fetchall()
    assert [row[0] for row in applied] == [migration.version for migration in known_migrations()]
    with open_master(settings) as connection:
        assert connection.execute("SELECT version, applied_at FROM schema_migrations ORDER BY 1").fetchall() == applied
        # as if the process had been killed before the last step
        connection.execute("DROP VIEW about; DROP VIEW why; DROP TABLE runs; DROP TABLE quarantine; DROP TABLE publication")
        connection.execute("DELETE FROM schema_migrations WHERE version = 5; DELETE FROM views_made")
    with open_master(settings) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]
        assert connection.execute("SELECT schema_version FROM about").fetchall() == [(known_migrations()[-1].version,)]


def test_days_follow_the_timezone_setting(settings: Settings) -> None:
    far = settings.model_copy(update={"timezone": "Australia/Sydney"})
    for one, day in ((settings, "2026-09-20"), (far, "2026-09-21")):
        with open_master(one) as connection:
            sql = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'news'").fetchall()[0][0]
            assert one.timezone in sql
            at = "TIMESTAMPTZ '2026-09-20 20:00:00+00'"
            shown = connection.execute(f"SELECT CAST(CAST(timezone('{one.timezone}', {at}) AS DATE) AS VARCHAR)").fetchall()
            assert shown == [(day,)]


def test_writers_queue_and_say_so_when_it_takes_too_long(settings: Settings) -> None:
    hasty = settings.model_copy(update={"lock_seconds": 0.1})
    with open_master(settings), pytest.raises(StoreLocked, match="another newsfold process"), open_master(hasty):
        pass
    with open_master(hasty) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_a_transaction_that_fails_leaves_nothing(settings: Settings) -> None:
    with open_master(settings) as connection:
        with pytest.raises(ZeroDivisionError), transaction(connection):
            feeds.add(connection, [FeedLine("http://a.example/feed")], NOW)
            raise ZeroDivisionError
        assert feeds.listed(connection) == []


def test_publishing_keeps_open_readers_alive_and_the_file_is_read_only(settings: Settings) -> None:
    first = publish(settings, NOW)
    assert first.stat().st_mode & 0o777 == 0o444
    reader = duckdb.connect(first, read_only=True)
    (first.with_name(first.name + ".wal")).write_bytes(b"a stray log")
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine("http://a.example/feed")], NOW)
    publish(settings, NOW)
    assert not first.with_name(first.name + ".wal").exists()
    assert reader.execute("SELECT count(*) FROM feeds").fetchall() == [(0,)]
    reader.close()
    assert ask(settings, "SELECT count(*) FROM feeds").rows == ((1,),)


def test_a_published_file_that_cannot_be_replaced_stays(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings, NOW)
    before = settings.published.stat().st_ino

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnwritable, match=r"No space left on device; the old file stays"):
        publish(settings, NOW)
    monkeypatch.undo()
    assert settings.published.stat().st_ino == before
    assert [path.name for path in settings.home.iterdir() if "new" in path.name and path.name.startswith(".")] == []


def test_today_s_other_clients_can_read_the_format(settings: Settings) -> None:
    """The 1.5 format is sticky in the file; its mark is in the header that DuckDB itself reports."""
    publish(settings, NOW)
    with duckdb.connect(settings.published, read_only=True) as connection:
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()[0][0]
    assert "1.5" in str(tags) or "v1.5.0" in str(tags), tags


def _entry(number: int, **changes: object) -> ParsedEntry:
    values: dict[str, object] = {
        "guid": str(number),
        "url": f"http://a.example/{number}",
        "title": f"Title {number}",
        "summary": None,
        "content": None,
        "authors": (),
        "published_at": NOW,
        "published_as_given": None,
        "updated_at": None,
    }
    return ParsedEntry(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.breaks_the_store
def test_an_entry_that_its_feed_changes_is_queued_again_and_only_then(settings: Settings) -> None:
    with open_master(settings) as connection:
        assert entries.discover(connection, [(1, _entry(1)), (1, _entry(2, url=None))], 5, NOW).new == 2
        (waiting,) = entries.pending(connection, 10, NOW)
        done = entries.Settlement(waiting.id, EntryState.STORED, Reason.NEW_ARTICLE, None, 0, None, NOW)
        entries.settle(connection, [done], 5)
        again = entries.discover(connection, [(1, _entry(1)), (1, _entry(2, url=None))], 6, NOW)
        assert (again.new, again.edited) == (0, 0)
        assert entries.pending(connection, 10, NOW) == []
        edited = entries.discover(connection, [(1, _entry(1, title="Another title"))], 7, NOW)
        assert (edited.new, edited.edited) == (0, 1)
        (waiting,) = entries.pending(connection, 10, NOW)
        assert (waiting.title, waiting.queued_reason) == ("Another title", Reason.EDITED_ENTRY)


@pytest.mark.breaks_the_store
def test_an_item_that_gets_its_link_later_is_worked_off_then(settings: Settings) -> None:
    with open_master(settings) as connection:
        entries.discover(connection, [(1, _entry(1, url=None))], 5, NOW)
        assert entries.pending(connection, 10, NOW) == []
        entries.discover(connection, [(1, _entry(1))], 6, NOW)
        (waiting,) = entries.pending(connection, 10, NOW)
        assert waiting.url == "http://a.example/1"
        assert connection.execute("SELECT address FROM entries").fetchall() == [(entries.address_of(waiting.url),)]


@pytest.mark.breaks_the_store
def test_the_queue_has_one_order_whatever_came_first(settings: Settings) -> None:
    times = [None, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)]
    listed = [(1, _entry(number, published_at=at)) for number, at in enumerate(times)]
    with open_master(settings) as connection:
        for one in listed:
            entries.discover(connection, [one], 5, NOW)
        order = [entry.guid for entry in entries.pending(connection, 10, NOW)]
        assert order == ["2", "1", "0"]
        first, *rest = entries.pending(connection, 10, NOW)
        assert entries.pending(connection, 10, NOW, (first.published_at, first.id)) == rest
        assert entries.pending(connection, 10, NOW, (rest[-1].published_at, rest[-1].id)) == []


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with two outlets' articles."""
    settings = Settings(home=tmp_path_factory.mktemp("stored"), gap_seconds=0)
    with SampleWeb(1) as web:
        mapped = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(mapped, [url for url in FEEDS if "fernhill" in url or "atlaswire" in url])
        pipeline.poll_all(mapped)
        pipeline.ingest_all(mapped)
    publish(settings, NOW)
    return settings


def test_compaction_keeps_every_row(stored: Settings, tmp_path: Path) -> None:
    before = tmp_path / "before.duckdb"
    before.write_bytes(master_path(stored).read_bytes())
    old, new = compact(stored)
    assert new < old * 1.1
    assert differences(before, master_path(stored)) == []


def test_why_says_what_became_of_an_address(stored: Settings) -> None:
    article, copy = ask(
        stored, "SELECT a.url FROM articles a LEFT JOIN copies c ON c.article_id = a.id ORDER BY c.level IS NOT NULL, a.url"
    ).rows[:: len(ask(stored, "SELECT 1 FROM articles").rows) - 1]
    assert "is stored: its page became an article. It is article" in why(stored, str(article[0]))
    assert "copy of http://atlaswire.example" in why(stored, str(copy[0]))
    assert "is no HTML page" in why(stored, "http://atlaswire.example/documents/atlas-wire-style-notes.pdf")
    assert "is a feed (active)" in why(stored, next(url for url in FEEDS if "atlaswire" in url))
    assert "never listed" in why(stored, "http://elsewhere.example/x")


def test_retry_queues_what_ended(stored: Settings) -> None:
    with open_master(stored) as connection, transaction(connection):
        assert retry_entries(connection, None, Reason.NOT_HTML, NOW) == 1
    assert "waits" in why(stored, "http://atlaswire.example/documents/atlas-wire-style-notes.pdf")
    with open_master(stored) as connection:
        (waiting,) = entries.pending(connection, 10, NOW)
        ending = entries.Settlement(waiting.id, EntryState.NOT_AN_ARTICLE, Reason.NOT_HTML, None, 0, None, NOW)
        entries.settle(connection, [ending], 1)


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory, stored: Settings) -> tuple[Settings, str]:
    """A copy of the store after `newsfold forget` of one outlet, and a headline that must be nowhere in it any more."""
    home = tmp_path_factory.mktemp("forgotten") / "home"
    shutil.copytree(stored.home, home)
    copied = stored.model_copy(update={"home": home})
    secret = str(ask(copied, "SELECT title FROM articles WHERE domain = 'atlaswire.example' ORDER BY id LIMIT 1").rows[0][0])
    spots = ask(copied, "SELECT final_url, archive_file, archive_offset FROM pages WHERE archive_file IS NOT NULL").rows
    assert any("atlaswire" in str(row[0]) for row in spots)
    said = forget(copied, "atlaswire.example", NOW)
    assert "articles removed: " in said and "stays blocked" in said
    return copied, secret


def test_forget_removes_a_domain_from_master_published_file_and_archive(forgotten: tuple[Settings, str]) -> None:
    settings, secret = forgotten
    left = ask(
        settings,
        """SELECT (SELECT count(*) FROM articles WHERE domain = 'atlaswire.example'),
        (SELECT count(*) FROM entries WHERE url LIKE '%atlaswire%'),
        (SELECT count(*) FROM pages WHERE final_url LIKE '%atlaswire%'),
        (SELECT count(*) FROM feeds WHERE url LIKE '%atlaswire%'), (SELECT count(*) FROM fetches WHERE url LIKE '%atlaswire%')""",
    ).rows
    assert left == ((0, 0, 0, 0, 0),)
    orphans = ask(
        settings,
        """SELECT (SELECT count(*) FROM mentions WHERE article_id NOT IN (SELECT id FROM articles)),
        (SELECT count(*) FROM article_texts WHERE article_id NOT IN (SELECT id FROM articles)),
        (SELECT count(*) FROM copies WHERE original_id NOT IN (SELECT id FROM articles)),
        (SELECT count(*) FROM stories WHERE id NOT IN (SELECT story_id FROM story_articles)),
        (SELECT count(*) FROM entities WHERE id NOT IN (SELECT entity_id FROM mentions))""",
    ).rows
    assert orphans == ((0, 0, 0, 0, 0),)
    for path in (master_path(settings), settings.published, *settings.archive_folder.iterdir()):
        assert secret.encode() not in path.read_bytes(), path
    kept = ask(settings, "SELECT final_url, archive_file, archive_offset FROM pages WHERE archive_file IS NOT NULL").rows
    assert kept
    for url, file, offset in kept:
        assert archive.read_record(settings.archive_folder, str(file), int(str(offset))).url == url
    assert "removed by `newsfold forget`" in why(settings, "http://atlaswire.example/anything")


def test_what_was_forgotten_does_not_return(forgotten: tuple[Settings, str]) -> None:
    settings, _ = forgotten
    with SampleWeb(1) as web:
        mapped = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(mapped, [url for url in FEEDS if "atlaswire" in url])
        pipeline.poll_all(mapped)
        pipeline.ingest_all(mapped)
        asked = [request.path for request in web.requests if request.host == "atlaswire.example"]
    with open_master(settings) as connection:
        states = connection.execute("SELECT DISTINCT state, reason FROM entries WHERE url LIKE '%atlaswire%'").fetchall()
        articles = connection.execute("SELECT count(*) FROM articles WHERE domain = 'atlaswire.example'").fetchall()
    assert states == [(EntryState.REFUSED, Reason.FORGOTTEN)]
    assert articles == [(0,)]
    assert len(asked) == 1  # the feed alone


def test_a_second_process_waits_for_the_first_one(settings: Settings) -> None:
    with open_master(settings):
        code = (
            "from pathlib import Path; from schemas.settings import Settings; from tasks.store.master import open_master\n"
            f"with open_master(Settings(home=Path({str(settings.home)!r}))): print('in', flush=True)"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        waiting = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2)
    assert waiting.communicate(timeout=30)[0] == "in\n"


def test_what_was_forgotten_does_not_return_through_a_redirect(tmp_path: Path) -> None:
    html = {"Content-Type": "text/html"}
    story = "<html><head><title>Harbour dredged</title></head><body><article><h1>Harbour dredged</h1>{}</article></body></html>"
    text = "".join(
        f"<p>The dredger moved {n} barges of silt on day {n}, and the harbour master counted each of them.</p>" for n in range(30)
    )
    feed = (
        "<rss version='2.0'><channel><title>S</title><item><guid>1</guid><title>Harbour dredged</title>"
        "<link>http://s.example/go/1</link></item></channel></rss>"
    )
    tree = {
        ("s.example", "/feed"): Response(200, {"Content-Type": "application/rss+xml"}, feed.encode()),
        ("s.example", "/go/1"): Response(302, {"Location": "http://s.example/story"}, b""),
        ("s.example", "/story"): Response(200, html, story.format(text).encode()),
    }
    settings = Settings(home=tmp_path, gap_seconds=0)
    with serve(tree) as server:
        mapped = settings.model_copy(update={"host_map": server.host_map})
        pipeline.add_feeds(mapped, ["http://s.example/feed"])
        pipeline.poll_all(mapped)
        assert pipeline.ingest_all(mapped).articles == 1
        assert "articles removed: 1, entries removed: 1" in forget(settings, "http://s.example/story", NOW)
        pipeline.poll_all(mapped)
        with open_master(settings) as connection:  # as if the feed had listed it again
            connection.execute("UPDATE feeds SET body_hash = NULL, etag = NULL, last_modified = NULL")
        pipeline.poll_all(mapped)
        assert pipeline.ingest_all(mapped).articles == 0
    with open_master(settings) as connection:
        assert connection.execute("SELECT state, reason FROM entries").fetchall() == [("refused", "forgotten")]
        assert connection.execute("SELECT count(*) FROM pages").fetchall() == [(0,)]


def test_forget_waits_for_an_ingest_and_says_so(settings: Settings) -> None:
    hasty = settings.model_copy(update={"lock_seconds": 0.2})
    with holding(settings, "ingest", 0), pytest.raises(StoreLocked, match="ingest lock"):
        forget(hasty, "a.example", NOW)
