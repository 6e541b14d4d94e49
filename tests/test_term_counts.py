"""The counts of terms by week, in a real store."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from schemas.settings import Settings
from tasks.cluster import StoryLookups
from tasks.fold_index import MemoryIndex
from tasks.signatures import day_of
from tasks.store import retention, term_counts
from tasks.store.master import open_master
from tasks.term_weeks import WEEKS, voices, week_of

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


def test_counts_of_weeks_that_speak_for_no_article_any_more_are_removed(settings: Settings) -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    this_week = week_of(day_of(now) or 0)
    with open_master(settings) as connection:
        term_counts.add(connection, {("en", this_week - age, 7): 2 for age in (0, WEEKS, 2 * WEEKS, 2 * WEEKS + 1, 200)})
        assert retention.old_rows(connection, settings, now).term_weeks == 2
        retention.remove_old_rows(connection, settings, now)
        left = connection.execute("SELECT week FROM term_weeks ORDER BY week DESC").fetchall()
    assert [this_week - row[0] for row in left] == [0, WEEKS, 2 * WEEKS]
