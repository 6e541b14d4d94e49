"""Which stories an Atom feed of folded stories holds."""

from datetime import UTC, datetime
from hashlib import sha256

import duckdb

from schemas.answers import StoryAnswer
from schemas.errors import BadInput, BadQuery
from schemas.report import FoldedFeed
from tasks.store import bulk, entity_pages
from tasks.store.lookups import story_named
from tasks.store.report import stories_of

_OF_ENTITY = """
SELECT s.story_id, max(coalesce(a.published_at, a.first_seen_at)) AS told_at
FROM story_articles s JOIN articles a ON a.id = s.article_id
WHERE s.story_id IN (SELECT x.story_id FROM mentions m JOIN story_articles x ON x.article_id = m.article_id WHERE m.entity_id = ?)
  AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = s.article_id)
GROUP BY s.story_id ORDER BY told_at DESC, s.story_id LIMIT ?
"""
_RECENT = """
SELECT s.story_id, max(coalesce(a.published_at, a.first_seen_at)) AS told_at
FROM wanted JOIN story_articles s ON s.story_id = wanted.id JOIN articles a ON a.id = s.article_id
WHERE NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = s.article_id)
GROUP BY s.story_id ORDER BY told_at DESC, s.story_id
"""


def of_story(connection: duckdb.DuckDBPyConnection, word: str) -> FoldedFeed:
    """The tellings of one story. It keeps its id when the story is merged into another: the id of the story it is now.

    Raises:
        BadInput: there is no such story.
    """
    story_id, _ = story_named(connection, word)
    stories = stories_of(connection, [story_id])
    title = stories[0].title if stories else word
    return FoldedFeed(f"story/{story_id}", f"newsfold: {title}", _updated(connection, stories), stories, as_tellings=True)


def of_entity(connection: duckdb.DuckDBPyConnection, word: str, most: int) -> FoldedFeed:
    """The stories that mention an entity, the last told first.

    Raises:
        BadInput: nothing or several things are called so.
    """
    choice = entity_pages.named(connection, word)
    if choice.chosen is None:
        ids = ", ".join(f"{one.id} ({one.name}, {one.type})" for one in choice.others[:5])
        raise BadInput(f"{word!r} may mean {len(choice.others)} entities: give the id of one, such as {ids}")
    found = connection.execute(_OF_ENTITY, [choice.chosen.id, most]).fetchall()
    stories = stories_of(connection, [row[0] for row in found])
    return FoldedFeed(
        f"entity/{choice.chosen.id}", f"newsfold: {choice.chosen.name}", _updated(connection, stories), stories
    )  # fmt: skip


def of_query(connection: duckdb.DuckDBPyConnection, sql: str, most: int) -> FoldedFeed:
    """The stories of a query's column `story_id`, the last told first.

    Raises:
        BadQuery: DuckDB refuses the query.
        BadInput: its answer has no such column, or it holds no ids.
    """
    try:
        result = connection.execute(sql)
        names = [column[0] for column in (result.description if result else None) or ()]
        rows = result.fetchall() if result else []
    except duckdb.Error as error:
        raise BadQuery(f"DuckDB can't run this: {str(error).splitlines()[0]}") from None
    if "story_id" not in names:
        raise BadInput(
            "a feed's query answers with a column story_id, such as SELECT story_id FROM news WHERE section = 'Economy'"
        )
    values = [row[names.index("story_id")] for row in rows]
    if any(not isinstance(value, int) for value in values if value is not None):
        raise BadInput("the query's column story_id holds something else than ids of stories")
    ids = sorted({value for value in values if value is not None and 0 <= value < 2**63})
    recent = [row[0] for row in bulk.with_ids(connection, ids, _RECENT)][:most]
    stories = stories_of(connection, recent)
    key = sha256(" ".join(sql.split()).encode()).hexdigest()
    return FoldedFeed(f"query/{key}", "newsfold: stories of a query", _updated(connection, stories), stories)


def _updated(connection: duckdb.DuckDBPyConnection, stories: tuple[StoryAnswer, ...]) -> datetime:
    """When the last of them was told; when the file was published where there are none."""
    told = [telling.article.at for story in stories for telling in story.tellings]
    if told:
        return max(told)
    published = bulk.first(connection, "SELECT published_at FROM publication")
    return published[0] if published else datetime(1970, 1, 1, tzinfo=UTC)
