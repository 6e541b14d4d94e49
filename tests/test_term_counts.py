"""The counts of terms by week, in a real store."""

from pathlib import Path

import duckdb

from schemas.settings import Settings
from tasks.cluster import StoryLookups
from tasks.fold_index import MemoryIndex
from tasks.store import term_counts
from tasks.store.master import open_master
from tasks.term_weeks import voices

SQL = Path(__file__).resolve().parents[1] / "schemas" / "sql"


def test_counts_add_up_and_only_the_weeks_asked_for_are_told(settings: Settings) -> None:
    with open_master(settings) as connection:
        term_counts.add(connection, {("en", 100, 0): 2, ("en", 100, 7): 1, ("de", 100, 7): 5})
        term_counts.add(connection, {("en", 100, 0): 1, ("en", 100, 7): 1, ("en", 101, 7): 9, ("en", 102, 8): 1})
        term_counts.add(connection, {})
        rows = connection.execute("SELECT count(*), count(DISTINCT (week, language, term)) FROM term_weeks").fetchall()
        index = MemoryIndex()
        term_counts.preload(connection, index, [StoryLookups("en", (99, 100, 102), (7, 8, 9), (), (None, None))])
    assert rows == [(5, 5)]
    assert index.documents("en", {100: 1.0}) == 3
    assert index.frequencies("en", {100: 1.0, 101: 1.0, 102: 1.0}, [7, 8, 9]) == {7: 2, 8: 1}


def test_articles_without_a_day_ask_for_nothing(settings: Settings) -> None:
    index = MemoryIndex()
    with open_master(settings) as connection:
        term_counts.preload(connection, index, [StoryLookups("en", (), (7,), (), (None, None))])
        term_counts.preload(connection, index, [])
    assert index.documents("en", {0: 1.0}) == 0


def test_what_was_counted_before_weeks_were_known_goes_to_the_last_week() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE term_counts (language VARCHAR, term BIGINT, articles BIGINT)")
        connection.execute("CREATE TABLE signatures (language VARCHAR, day INTEGER)")
        connection.execute("INSERT INTO term_counts VALUES ('en', 0, 40), ('en', 7, 3), ('fr', 7, 1)")
        connection.execute("INSERT INTO signatures VALUES ('en', 699), ('en', 706), ('en', NULL), ('fr', NULL)")
        connection.execute((SQL / "0022_term_weeks.sql").read_text())
        rows = connection.execute("SELECT week, language, term, articles FROM term_weeks ORDER BY ALL").fetchall()
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert rows == [(100, "en", 0, 40), (100, "en", 7, 3)]
    assert ("term_counts",) not in tables
    assert 100 in voices(706)
