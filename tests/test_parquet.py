"""`newsfold publish --to`: Parquet by day that says the same as the published file, and only what changed is written."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.cli.main import main
from schemas.errors import BadInput, StoreUnwritable
from schemas.settings import Settings
from tasks.store import parquet
from tasks.store.master import open_master
from tasks.store.parquet import BY_ARTICLE, BY_STORY, WHOLE, export
from tasks.store.places import Folder, place, without_secrets
from tasks.store.publish import publish
from tests.test_looking import small_store

TABLES = (*BY_ARTICLE, *BY_STORY, *WHOLE)


@pytest.fixture
def store(settings: Settings) -> Settings:
    """A small published store with texts."""
    small_store(settings)
    with open_master(settings) as connection:
        connection.execute("INSERT INTO article_texts SELECT id, version, 'Words of ' || title, 'Words' FROM articles")
    publish(settings, datetime.now(UTC))
    return settings


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Counter[str]:
    return Counter(str(row) for row in connection.execute(sql).fetchall())


def _change(settings: Settings, *statements: str) -> None:
    with open_master(settings) as connection:
        for sql in statements:
            connection.execute(sql)
    publish(settings, datetime.now(UTC))


def _times(folder: Path) -> dict[str, int]:
    return {file.relative_to(folder).as_posix(): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def test_the_catalog_says_what_the_published_file_says(store: Settings, tmp_path: Path) -> None:
    target = tmp_path / "it's here"
    export(store, str(target))
    with duckdb.connect(store.published, read_only=True) as published, duckdb.connect() as other:
        for connection in (published, other):
            connection.execute("SET TimeZone = 'UTC'")
        other.execute((target / "catalog.sql").read_text(encoding="utf-8"))
        views = dict(published.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal").fetchall())
        there = {row[0] for row in other.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()} - set(
            TABLES
        )
        assert {"news", "story_overview", "timeline", "reprints", "first_to_report", "entity_overview"} <= there
        rows = published.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        others = {row[0] for row in rows} - set(TABLES)
        for view in set(views) - there:  # what is left out is about polling
            assert any(re.search(rf"\b{table}\b", views[view]) for table in others), view
        for view in sorted(there):
            columns = f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{view}' ORDER BY column_index"
            assert published.execute(columns).fetchall() == other.execute(columns).fetchall(), view
            assert _rows(published, f"FROM {view}") == _rows(other, f"FROM {view}"), view
        for table in TABLES:
            without = "* EXCLUDE (day)" if table not in WHOLE else "*"
            assert _rows(published, f"FROM {table}") == _rows(other, f"SELECT {without} FROM {table}"), table
        assert sum(_rows(other, "FROM news").values()) == 8


def test_hive_layout_and_zstd(store: Settings, tmp_path: Path) -> None:
    export(store, str(tmp_path / "out"))
    days = {path.parent.name for path in (tmp_path / "out" / "articles").rglob("*.parquet")}
    assert days == {"day=2026-05-04", "day=2026-05-05", "day=2026-05-07"}
    for file in (tmp_path / "out").rglob("*.parquet"):
        group = pq.ParquetFile(file).metadata
        codecs = {group.row_group(i).column(j).compression for i in range(group.num_row_groups) for j in range(group.num_columns)}
        assert codecs <= {"ZSTD"}, file
    with duckdb.connect() as connection:
        sql = f"SELECT count(*) FROM read_parquet('{tmp_path}/out/articles/*/*.parquet', hive_partitioning = true) WHERE day = ?"
        assert connection.execute(sql, [datetime(2026, 5, 4, tzinfo=UTC).date()]).fetchall() == [(6,)]


def test_only_changed_days_are_written_and_gone_ones_go(store: Settings, tmp_path: Path) -> None:
    target = tmp_path / "out"
    first = export(store, str(target))
    assert first.written == 19 and not first.kept and not first.removed
    before = _times(target)
    publish(store, datetime.now(UTC))
    assert export(store, str(target)) == parquet.Exported(0, first.written, 0, f"{target}/")
    assert _times(target) == before

    _change(store, "UPDATE articles SET title = 'Another' WHERE id = 15")
    export(store, str(target))
    after = _times(target)
    assert {name for name in after if after[name] != before[name]} == {
        "articles/day=2026-05-05/data.parquet", "_newsfold.json"
    }  # fmt: skip

    _change(store, *(f"DELETE FROM {table} WHERE {'id' if table == 'articles' else 'article_id'} = 20" for table in BY_ARTICLE))
    done = export(store, str(target))
    assert done.removed == 4 and done.written == 0
    assert not list(target.rglob("day=2026-05-07"))
    assert "2026-05-07" not in (target / "catalog.sql").read_text(encoding="utf-8")


def test_a_lost_or_foreign_file_is_put_right_and_broken_books_too(store: Settings, tmp_path: Path) -> None:
    target = tmp_path / "out"
    whole = export(store, str(target)).written
    (target / "entities" / "data.parquet").unlink()
    (target / "aliases" / "data.parquet").write_bytes(b"no")
    (target / "a person's note.txt").write_text("keep me")
    assert export(store, str(target)).written == 2
    (target / "_newsfold.json").write_text("{")
    assert export(store, str(target)).written == whole
    assert (target / "a person's note.txt").read_text() == "keep me"


def test_a_run_that_is_broken_off_is_made_good(store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    export(store, str(target))
    _change(store, "UPDATE articles SET title = 'Another'")
    real, calls = Folder.put, []

    def put(self: Folder, source: Path, name: str) -> None:
        calls.append(name)
        if len(calls) == 3:
            raise StoreUnwritable("the disk is full")
        real(self, source, name)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "put", put)
        with pytest.raises(StoreUnwritable, match="full"):
            export(store, str(target))
    for file in target.rglob("*.parquet"):
        pq.read_table(file, partitioning=None)  # each file is a whole one, the old or the new
    _change(store, "UPDATE articles SET title = upper(title)")
    export(store, str(target))
    assert export(store, str(target)).written == 0
    titles = pq.read_table(target / "articles", columns=["title"]).column("title").to_pylist()
    assert titles == ["ANOTHER"] * 8
    assert not [name for name in target.iterdir() if name.name.startswith(".")]


def test_many_rows_still_make_one_file(store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = parquet._copy

    def split(connection: duckdb.DuckDBPyConnection, parts: list[parquet.Part], folder: Path) -> None:
        real(connection, parts, folder)
        for file in list(folder.rglob("data_0.parquet")):
            table = pq.read_table(file, partitioning=None)
            pq.write_table(table.slice(0, 1), file)
            pq.write_table(table.slice(1), file.with_name("data_1.parquet"))

    monkeypatch.setattr(parquet, "_copy", split)
    export(store, str(tmp_path / "out"))
    assert pq.read_table(tmp_path / "out" / "articles").num_rows == 8
    assert {path.name for path in (tmp_path / "out").rglob("*.parquet")} == {"data.parquet"}


def test_places_that_are_none(store: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="other files"):
        export(store, str(tmp_path / "mine"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match="can't write in"):
        export(store, str(tmp_path / "file"))
    for bad in ("ftp://a.example/b", "s3://", "s3://key:hidden@bucket/x", "s3://bucket/x?secret=hidden"):
        with pytest.raises(BadInput) as caught:
            place(bad)
        assert "hidden" not in str(caught.value)


def test_what_a_store_answers_is_shown_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    assert without_secrets("no such key AKIDEXAMPLE (hush)\nmore") == "no such key *** (***)"


def test_the_command(
    store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEWSFOLD_HOME", str(store.home))
    assert main(["publish", "--to", "out"]) == 0
    assert "files written: 19, unchanged: 0, removed: 0" in capsys.readouterr().out
    assert set(json.loads((tmp_path / "out" / "_newsfold.json").read_text())) == {"about", "files"}
    assert main(["publish", "--to", "gs://bucket"]) == 2
    assert "a folder or to s3://bucket/path" in capsys.readouterr().err
