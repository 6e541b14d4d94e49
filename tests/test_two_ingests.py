"""Two ingests at once, each in a process of its own: one store, overlapping entries; nothing doubles, nothing is lost."""

import multiprocessing
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import duckdb
import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from schemas.settings import Settings
from tasks.settle import Worked
from tasks.store.master import master_path
from tests import pipeline
from tests.tables import differences

# the tables of copies and stories with what identifies a row
LINKS = {
    "copies": "article_id",
    "story_articles": "article_id",
    "signatures": "article_id",
    "story_vectors": "article_id",
    "stories": "id",
    "story_ids": "story_id",
    "story_aliases": "old_id",
    "story_links": "(story_id, follows_id)",
    "term_weeks": "(language, week, term)",
}
_WAIT = 300


def _settle(settings: Settings, worked: list[Worked], size: int, gate: Barrier, ended: "Queue[tuple[int, int]]") -> None:
    """What a process does: waits for the other one, then settles its entries in batches."""
    gate.wait(_WAIT)
    counts = pipeline.settle_all(settings, worked, size)
    ended.put((counts.entries, counts.articles))


def _at_once(settings: Settings, parts: list[list[Worked]], sizes: list[int]) -> list[tuple[int, int]]:
    """(entries, new articles) of each of two processes that settle at the same time."""
    context = multiprocessing.get_context("spawn")
    gate, ended = context.Barrier(len(parts)), context.Queue()
    processes = [
        context.Process(target=_settle, args=(settings, part, size, gate, ended)) for part, size in zip(parts, sizes, strict=True)
    ]
    for process in processes:
        process.start()
    try:
        counts = [ended.get(timeout=_WAIT) for _ in processes]
    finally:
        for process in processes:
            process.join(30)
            process.kill()
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    return counts


def _rows(settings: Settings, query: str) -> set[tuple[object, ...]]:
    with duckdb.connect(master_path(settings), read_only=True) as connection:
        return set(connection.execute(query).fetchall())


def _links(settings: Settings) -> dict[str, set[tuple[object, ...]]]:
    """Each copy with its original and level; the articles of each story; which article stories follow which."""
    copies = _rows(settings, "SELECT article_id, original_id, level FROM copies")
    stories = _rows(settings, "SELECT list_sort(list(article_id)) :: VARCHAR FROM story_articles GROUP BY story_id")
    follows = _rows(
        settings,
        "WITH told AS (SELECT story_id, list_sort(list(article_id)) :: VARCHAR AS articles FROM story_articles GROUP BY 1) "
        "SELECT a.articles, b.articles FROM story_links l JOIN told a USING (story_id) JOIN told b ON b.story_id = l.follows_id",
    )
    return {"copies": copies, "stories": stories, "follows": follows}


@pytest.mark.parametrize("overlap", ["all", "thirds"])
def test_two_processes_that_ingest_at_once_end_in_the_tables_of_one(tmp_path: Path, overlap: str) -> None:
    with SampleWeb(1) as web:
        alone = Settings(home=tmp_path / "alone", gap_seconds=0, archive="off", host_map=web.host_map)
        both = alone.model_copy(update={"home": tmp_path / "both"})
        for settings in (alone, both):
            pipeline.add_feeds(settings, FEEDS)
            pipeline.poll_all(settings)
        worked = pipeline.prepare(alone, pipeline.pending(alone))
    third = len(worked) // 3
    parts = [worked, worked] if overlap == "all" else [worked[: 2 * third], worked[third:]]
    pipeline.settle_all(alone, worked, 100)
    ended = _at_once(both, parts, [5, 11])
    assert sum(entries for entries, _ in ended) == len(worked)
    assert overlap == "all" or all(entries >= third for entries, _ in ended)
    mine, theirs = _links(alone), _links(both)
    assert (theirs["copies"], theirs["stories"]) == (mine["copies"], mine["stories"])
    assert theirs["follows"] >= mine["follows"]
    for table, key in LINKS.items():
        assert _rows(both, f"SELECT {key} FROM {table} GROUP BY 1 HAVING count(*) > 1") == set(), table
    # Where each process has entries of its own, their order is not that of one process: which story came first, and which
    # follow-ups were seen, hangs on it. What is counted once an article must be the same all the same.
    same = ("copies", "signatures", "term_weeks", "articles", "entries") if overlap == "thirds" else ("",)
    found = [line for line in differences(master_path(alone), master_path(both)) if line.startswith(same)]
    # what the steps before settling write is there once: the pages were read for one of the stores
    before = ("publication", "robots", "tdm", "runs", "page_lines")
    assert [line for line in found if not line.startswith(before)] == []
