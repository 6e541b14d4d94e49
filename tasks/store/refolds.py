"""Articles whose place among copies and stories is to be found anew since their text changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from schemas.reasons import FOLDING_VERDICTS, Verdict
from schemas.records import FoldDoc, StoryLink
from tasks.store import bulk, folding

_PLACED = ("signatures", "story_vectors", "copies", "story_articles")


@dataclass(frozen=True, slots=True)
class Place:
    """An article as it stands: `story` is its link, `counted` whether its terms are in the frequencies, `group` the others
    that have its text (original and copies)."""

    doc: FoldDoc
    story: StoryLink | None
    counted: bool
    group: tuple[int, ...]


def queue(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Marks articles: rows of `refolds`. Once one may leave its story, it may."""
    if rows:
        bulk.with_rows(
            connection,
            "refolds",
            rows,
            "INSERT INTO refolds BY NAME SELECT * FROM incoming "
            "ON CONFLICT DO UPDATE SET keep_story = refolds.keep_story AND excluded.keep_story",
        )


def first(connection: duckdb.DuckDBPyConnection) -> tuple[int, bool] | None:
    """The next article of the queue: (id, whether it stays in its story), in the order in which articles appeared."""
    row = bulk.first(
        connection,
        "SELECT r.article_id, r.keep_story FROM refolds r LEFT JOIN articles a ON a.id = r.article_id LEFT JOIN signatures s "
        "ON s.article_id = a.id ORDER BY coalesce(a.published_at, s.appeared_at) NULLS LAST, r.article_id LIMIT 1",
    )
    return (row[0], row[1]) if row else None


def count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many wait."""
    row = bulk.first(connection, "SELECT count(*) FROM refolds")
    return int(row[0]) if row else 0


def done(connection: duckdb.DuckDBPyConnection, article_id: int) -> None:
    """Takes one out of the queue."""
    connection.execute("DELETE FROM refolds WHERE article_id = ?", [article_id])


def place_of(connection: duckdb.DuckDBPyConnection, article_id: int) -> Place | None:
    """How a stored article stands; None when it was forgotten meanwhile."""
    row = bulk.first(
        connection,
        "SELECT a.title, t.text, coalesce(a.published_at, g.appeared_at, a.first_seen_at), coalesce(g.source, a.domain), "
        "a.language, a.verdict, s.story_id, s.score, s.reason, v.article_id IS NOT NULL FROM articles a "
        "JOIN article_texts t ON t.article_id = a.id AND t.version = a.version "
        "LEFT JOIN signatures g ON g.article_id = a.id LEFT JOIN story_articles s ON s.article_id = a.id "
        "LEFT JOIN story_vectors v ON v.article_id = a.id WHERE a.id = ?",
        [article_id],
    )
    if row is None:
        return None
    group = connection.execute(
        "WITH root AS (SELECT coalesce((SELECT original_id FROM copies WHERE article_id = $id), $id) AS id) "
        "SELECT id FROM root UNION SELECT article_id FROM copies WHERE original_id IN (SELECT id FROM root) ORDER BY 1",
        {"id": article_id},
    ).fetchall()
    may_be_original = Verdict(row[5]) in FOLDING_VERDICTS
    return Place(
        FoldDoc(article_id, row[0] or "", row[1], row[2], row[3], row[4], may_be_original),
        StoryLink(article_id, *row[6:9]) if row[6] is not None else None,
        row[9],
        tuple(member[0] for member in group if member[0] != article_id),
    )


def take_out(connection: duckdb.DuckDBPyConnection, article_id: int) -> None:
    """Removes an article from copies and stories, as if it had never been placed. Its copies get a new original."""
    folding.leave_copies(connection, [article_id])
    for table in _PLACED:
        connection.execute(f"DELETE FROM {table} WHERE article_id = ?", [article_id])


def without_vector(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> list[int]:
    """The originals of these articles whose text counts in no story, neither under their own id nor under a copy's."""
    sql = (
        "SELECT DISTINCT coalesce(c.original_id, wanted.id) AS root FROM wanted LEFT JOIN copies c ON c.article_id = wanted.id "
        "JOIN articles a ON a.id = coalesce(c.original_id, wanted.id) WHERE a.verdict IN ('full', 'live_blog') "
        "AND a.id NOT IN (SELECT article_id FROM story_vectors) AND a.id NOT IN "
        "(SELECT x.original_id FROM copies x JOIN story_vectors v ON v.article_id = x.article_id) ORDER BY 1"
    )
    return [row[0] for row in bulk.with_ids(connection, ids, sql)]


def leave_story(connection: duckdb.DuckDBPyConnection, story_id: int, into_id: int | None) -> None:
    """After an article left its story: counts it anew; one that is empty goes, and its id leads on to the article's new one."""
    if bulk.first(connection, "SELECT 1 FROM story_articles WHERE story_id = ? LIMIT 1", [story_id]):
        into_id = None
    elif into_id is not None:
        folding.apply_merges(connection, {story_id: into_id})
    else:
        connection.execute("DELETE FROM story_links WHERE story_id = ? OR follows_id = ?", [story_id, story_id])
        connection.execute("DELETE FROM story_aliases WHERE story_id = ?", [story_id])
    folding.count_stories(connection, sorted({story_id} | ({into_id} if into_id is not None else set())))
