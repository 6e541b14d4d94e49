"""`newsfold forget` and what stands beside articles: notices of watches, the documents of backfills; and a kill in between."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.settings import Settings
from tasks.store import bulk, forget, retention, runs
from tasks.store.master import open_master
from tasks.store.publish import publish_if_due
from tests.test_looking import NOON, rows, small_store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANT, BEE = 71, 72  # feeds


def _feed(number: int, site: str) -> dict[str, Any]:
    return {
        "id": number, "url": site, "poll_url": site, "tags": [], "state": "removed", "added_at": NOON, "interval_seconds": 0,
        "failures": 0, "moved_count": 0,
    }  # fmt: skip


def _backfill(number: int) -> dict[str, Any]:
    return {"id": number, "target": "x", "source": "auto", "most": 0, "state": "done", "started_at": NOON, "run_id": 1}


def _document(number: int, backfill: int, feed: int, url: str) -> dict[str, Any]:
    return {
        "id": number, "backfill_id": backfill, "position": number, "target": feed, "source": "sitemap", "role": "sitemap",
        "url": url, "number": 1, "note": "", "root": True, "state": "done", "found": 1, "queued": 0,
    }  # fmt: skip


def _notice(number: int, story: int, article: int) -> dict[str, Any]:
    return {"id": number, "watch_id": 5, "story_id": story, "article_id": article, "made_at": NOON, "attempts": 0}


@pytest.fixture
def settled(settings: Settings) -> Settings:
    small_store(settings)
    given = {
        "feeds": [_feed(ANT, "https://ant.example/"), _feed(BEE, "https://bee.example/")],
        "backfills": [_backfill(1), _backfill(2)],
        "backfill_steps": [
            _document(1, 1, ANT, "https://ant.example/sitemap.xml"),
            _document(2, 2, ANT, "https://web.archive.example/cdx?url=ant.example"),
            _document(3, 2, BEE, "https://bee.example/sitemap.xml"),
            _document(4, 2, BEE, "/data/a list.csv"),
        ],
        "notices": [_notice(1, 1, 10), _notice(2, 2, 20), _notice(3, 9, 30)],
    }
    with open_master(settings) as connection:
        for table, made in given.items():
            bulk.insert(connection, table, made)
    return settings


def _all(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_master(settings) as connection:
        return connection.execute(sql).fetchall()


def test_notices_and_documents_of_what_is_forgotten_go(settled: Settings) -> None:
    forget.forget(settled, "ant.example", NOW)
    # Story 1 was told of, and stays told of by what is left of it.
    assert _all(settled, "SELECT id, story_id, article_id FROM notices ORDER BY id") == [(1, 1, 12), (2, 2, 20), (3, 9, 30)]
    assert _all(settled, "SELECT id FROM backfill_steps ORDER BY id") == [(3,), (4,)]
    assert _all(settled, "SELECT id FROM backfills") == [(2,)]
    forget.forget(settled, "elk.example", NOW)
    forget.forget(settled, "https://bee.example/20", NOW)
    assert _all(settled, "SELECT id FROM notices ORDER BY id") == [(1,)]
    assert _all(settled, "SELECT id FROM backfill_steps ORDER BY id") == [(3,), (4,)]


@pytest.mark.parametrize("step", ["compact", "publish"])
def test_killed_before_it_is_published_the_next_run_publishes(
    settled: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forget, step, killed)
        with pytest.raises(KeyboardInterrupt):
            forget.forget_old(settled, ["https://bee.example/20"], NOW)
    seen = "SELECT count(*) FROM articles WHERE id = 20"
    assert rows(settled, seen) == [(1,)]
    assert publish_if_due(settled, NOW, changed=False)
    assert rows(settled, seen) == [(0,)]
    assert not publish_if_due(settled, NOW, changed=False)


def test_marks_of_old_articles_go_after_half_a_year_and_those_of_a_person_never(settled: Settings) -> None:
    forget.forget(settled, "https://bee.example/20", NOW)
    forget.forget_old(settled, ["https://bee.example/20", "https://cat.example/13"], NOW)
    for later, left in ((NOW, 2), (NOW + retention.OLD_BLOCKED * 1.01, 1)):
        with open_master(settled) as connection:
            counted = retention.old_rows(connection, settled, later)
            retention.remove_old_rows(connection, settled, later)
        assert counted.blocked == 2 - left
        assert len(_all(settled, "SELECT kind FROM blocked")) == left
    assert _all(settled, "SELECT kind FROM blocked") == [("address",)]


def test_a_run_that_was_killed_does_not_stay_open(settings: Settings) -> None:
    with open_master(settings) as connection:
        first = runs.start(connection, "ingest", None, NOON)
        other = runs.start(connection, "backfill", None, NOON)
        fresh = runs.start(connection, "reprocess", None, NOW)
        second = runs.start(connection, "ingest", None, NOW)
    found = _all(settings, "SELECT id, ended_at, summary FROM runs ORDER BY started_at, flow DESC")
    assert {row[0]: row[1:] for row in found} == {
        first: (NOW, runs.KILLED), other: (NOW, runs.KILLED), fresh: (None, None), second: (None, None)
    }  # fmt: skip
