"""Keys without an index: whoever writes a row a second time is refused, and the check finds what got in all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.check import check_connection
from tasks.store.keys import KEYS
from tasks.store.master import Connection, open_master, transaction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def store(settings: Settings) -> Iterator[Connection]:
    with open_master(settings) as connection:
        yield connection


def _copies(connection: Connection) -> list[tuple[int, int]]:
    return connection.execute("SELECT article_id, original_id FROM copies ORDER BY ALL").fetchall()


def _copy(article: int, original: int) -> dict[str, object]:
    return {"article_id": article, "original_id": original, "level": "near", "score": 0.9, "reason": "x"}


def test_no_table_that_grows_with_the_articles_has_an_index(store: Connection) -> None:
    keyed = store.execute(
        "SELECT table_name, unnest(constraint_column_names) FROM duckdb_constraints() "
        "WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE')"
    ).fetchall()
    assert not {table for table, _ in keyed} & KEYS.keys()
    columns = store.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT is_nullable").fetchall()
    assert {(table, column) for table, key in KEYS.items() for column in key} <= set(columns)


def test_a_key_that_is_there_is_refused_left_out_or_replaced(store: Connection) -> None:
    bulk.insert(store, "copies", [_copy(1, 9), _copy(2, 9)])
    with pytest.raises(bulk.KeyTaken, match=r"copies has a row \(2,\)"), transaction(store):
        bulk.insert(store, "copies", [_copy(3, 9), _copy(2, 8)])
    assert _copies(store) == [(1, 9), (2, 9)]
    bulk.insert(store, "copies", [_copy(3, 7), _copy(2, 8)], or_ignore=True)
    assert _copies(store) == [(1, 9), (2, 9), (3, 7)]
    bulk.replace(store, "copies", [_copy(4, 7), _copy(2, 8)])
    assert _copies(store) == [(1, 9), (2, 8), (3, 7), (4, 7)]


@pytest.mark.parametrize("write", [bulk.insert, bulk.replace])
def test_a_key_twice_in_a_batch_is_refused(store: Connection, write: object) -> None:
    assert callable(write)
    with pytest.raises(bulk.KeyTaken, match="twice in a batch"):
        write(store, "copies", [_copy(3, 9), _copy(3, 8)])
    assert _copies(store) == []


def test_keys_of_several_columns_are_compared_whole(store: Connection) -> None:
    links = [{"entry_id": 1, "article_id": article, "reason": "new_article"} for article in (1, 2)]
    bulk.insert(store, "entry_articles", links[:1])
    bulk.insert(store, "entry_articles", links, or_ignore=True)
    assert store.execute("SELECT count(*) FROM entry_articles").fetchall() == [(2,)]
    with pytest.raises(bulk.KeyTaken):
        bulk.insert(store, "entry_articles", links[1:])


def test_the_check_finds_doubles_in_each_table(store: Connection) -> None:
    for table in KEYS:
        columns = store.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [table]
        ).fetchall()
        values = [f'{_VALUES[kind]} AS "{name}"' for name, kind in columns]
        store.execute(f"INSERT INTO {table} BY NAME SELECT {', '.join(values)} FROM range(2)")
    found = {broken.words: broken.rows for broken in check_connection(store).broken}
    assert [found.get(f"rows of {table} with the key of another") for table in KEYS] == [1] * len(KEYS)


_VALUES = {
    "VARCHAR": "'1'",
    "BIGINT": "1",
    "INTEGER": "1",
    "SMALLINT": "1",
    "DOUBLE": "1",
    "BOOLEAN": "true",
    "VARCHAR[]": "['1']",
    "BIGINT[]": "[1]",
    "TIMESTAMP WITH TIME ZONE": f"TIMESTAMPTZ '{NOW.isoformat()}'",
}
