"""A story as people look at it: its tellings in time order, copies below their originals, who was first, what it mentions."""

from typing import Any

import duckdb

from schemas.answers import EntityCount, Printed, Reprint, StoryAnswer, StoryName, Telling
from tasks.store.lookups import PRINTED, printed, story_named

ENTITIES = 12

_ARTICLES = f"""
SELECT {PRINTED}, s.score, s.reason, c.original_id, c.level, c.score, c.reason
FROM story_articles s JOIN articles a ON a.id = s.article_id LEFT JOIN copies c ON c.article_id = a.id
WHERE s.story_id = ? ORDER BY coalesce(a.published_at, a.first_seen_at), a.id
"""
_STORY = "SELECT title, first_at, last_at, outlets, languages FROM stories WHERE id = ?"
_LINKS = """
SELECT t.id, t.title, t.first_at, l.score, l.reason FROM story_links l JOIN stories t ON t.id = l.{there}
WHERE l.{here} = ? ORDER BY l.score DESC, t.id
"""
_ENTITIES = """
SELECT e.id, e.name, e.type, count(DISTINCT m.article_id) AS articles
FROM story_articles s JOIN mentions m ON m.article_id = s.article_id JOIN entities e ON e.id = m.entity_id
WHERE s.story_id = ? AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = s.article_id)
GROUP BY ALL ORDER BY articles DESC, count(*) DESC, e.name, e.id LIMIT ?
"""


def story(connection: duckdb.DuckDBPyConnection, word: str) -> StoryAnswer:
    """The story with this id, or of the article with this address or id.

    Raises:
        BadInput: there is none.
    """
    story_id, merged_from = story_named(connection, word)
    title, first_at, last_at, outlets, languages = connection.execute(_STORY, [story_id]).fetchall()[0]
    tellings = told(connection.execute(_ARTICLES, [story_id]).fetchall())
    first_outlet, next_outlet, ahead = who_was_first(tellings)
    return StoryAnswer(
        id=story_id,
        merged_from=merged_from,
        title=title or tellings[0].article.title,
        first_at=first_at,
        last_at=last_at,
        outlets=outlets,
        languages=tuple(languages),
        first_outlet=first_outlet,
        next_outlet=next_outlet,
        minutes_ahead=ahead,
        tellings=tellings,
        follows=_linked(connection, story_id, here="story_id", there="follows_id"),
        followed_by=_linked(connection, story_id, here="follows_id", there="story_id"),
        entities=tuple(EntityCount(*row) for row in connection.execute(_ENTITIES, [story_id, ENTITIES]).fetchall()),
    )


def told(rows: list[tuple[Any, ...]]) -> tuple[Telling, ...]:
    """The tellings of rows of `_ARTICLES`, in their order; a copy whose original is not among them stands by itself. Pure."""
    articles = {row[0]: printed(row) for row in rows}
    copies: dict[int, list[Reprint]] = {}
    for row in rows:
        if row[11] in articles:
            after = minutes_between(articles[row[11]], articles[row[0]])
            copies.setdefault(row[11], []).append(Reprint(articles[row[0]], row[12], row[13], row[14], after))
    own = [row for row in rows if row[11] not in articles]
    first = next((articles[row[0]] for row in own if row[5]), None)
    return tuple(
        Telling(
            articles[row[0]],
            minutes_between(first, articles[row[0]]) if first else None,
            row[9],
            row[10],
            tuple(copies.get(row[0], ())),
        )
        for row in own
    )


def minutes_between(first: Printed, later: Printed) -> int | None:
    """Whole minutes from the one to the other (negative when it came before); None where a time of day is not known."""
    if not (first.time_known and later.time_known):
        return None
    return int((later.at - first.at).total_seconds() / 60)


def who_was_first(tellings: tuple[Telling, ...]) -> tuple[str | None, str | None, int | None]:
    """(outlet that told it first, next other outlet, whole minutes between), as far as times are known. Pure."""
    timed = [telling.article for telling in tellings if telling.article.time_known]
    if not timed:
        return None, None, None
    following = next((article for article in timed if article.outlet != timed[0].outlet), None)
    if following is None:
        return timed[0].outlet, None, None
    return timed[0].outlet, following.outlet, minutes_between(timed[0], following)


def _linked(connection: duckdb.DuckDBPyConnection, story_id: int, *, here: str, there: str) -> tuple[StoryName, ...]:
    rows = connection.execute(_LINKS.format(here=here, there=there), [story_id]).fetchall()
    return tuple(StoryName(*row) for row in rows)
