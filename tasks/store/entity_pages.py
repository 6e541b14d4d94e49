"""Who or what an entity is, as people ask for it by a name: spellings, recent stories, and with whom it is named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from schemas.answers import EntityAnswer, EntityCount, EntityStory, Named, Spelling
from schemas.errors import BadInput
from tasks.entity_memory import surface_key
from tasks.store import bulk

ALIASES, ROLES, STORIES, NAMED_WITH, NEAREST = 15, 5, 10, 12, 5
# an entity that has this share of a spelling's mentions is what the spelling means
MOST = 0.9
# how alike two spellings are (Jaro-Winkler, 0 to 1) when the one may be a slip of the other
NEAR = 0.8

# What a person merged into something else is shown there: `t` is `e`, or what `e` was merged into.
_BY_ID = """
SELECT t.id, t.name, t.type, t.description, coalesce(c.mentions, 0), CASE WHEN t.name <> e.name THEN e.name END
FROM entities e JOIN entities t ON t.id = coalesce(e.merged_into, e.id) LEFT JOIN entity_counts c ON c.entity_id = t.id
WHERE e.id = ? OR e.wikidata_id = ? OR upper(e.ticker) = ? ORDER BY 5 DESC, t.id, 6 NULLS FIRST
"""
_BY_NAME = """
WITH spelled AS (SELECT entity_id, sum(count) AS mentions FROM aliases WHERE surface_key = ? GROUP BY entity_id)
SELECT t.id, t.name, t.type, t.description, CAST(coalesce(s.mentions, 0) AS BIGINT) AS mentions,
       CASE WHEN t.name <> e.name THEN e.name END
FROM entities e JOIN entities t ON t.id = coalesce(e.merged_into, e.id) LEFT JOIN spelled s ON s.entity_id = t.id
WHERE e.id IN (SELECT entity_id FROM spelled) OR lower(e.name) = lower(?) ORDER BY mentions DESC, t.id, 6 NULLS FIRST
"""
_NEAREST = """
SELECT e.name, e.type FROM (
    SELECT entity_id, max(CASE WHEN contains(' ' || surface_key || ' ', ' ' || ? || ' ') THEN 1
                               ELSE jaro_winkler_similarity(surface_key, ?) END) AS likeness, sum(count) AS mentions
    FROM aliases GROUP BY entity_id
) a JOIN entities e ON e.id = a.entity_id
WHERE a.likeness >= ? ORDER BY a.likeness DESC, a.mentions DESC, e.id LIMIT ?
"""
_OVERVIEW = """
SELECT e.id, e.name, e.type, e.description, e.wikidata_id, e.iso_code, e.ticker,
       min(coalesce(a.published_at, a.first_seen_at)), max(coalesce(a.published_at, a.first_seen_at)),
       count(m.article_id), count(DISTINCT m.article_id), count(DISTINCT coalesce(a.outlet, a.domain))
FROM entities e LEFT JOIN mentions m ON m.entity_id = e.id LEFT JOIN articles a ON a.id = m.article_id
WHERE e.id = ? GROUP BY ALL
"""
_COLUMNS = ("id", "name", "type", "description", "wikidata_id", "iso_code", "ticker", "first_at", "last_at")
_COUNTS = ("mentions", "articles", "outlets")
_ALIASES = """
SELECT surface, CAST(sum(count) AS BIGINT) AS n FROM aliases WHERE entity_id = ? GROUP BY surface ORDER BY n DESC, surface LIMIT ?
"""
_ROLES = """
SELECT role, count(*) AS n FROM mentions WHERE entity_id = ? AND role IS NOT NULL GROUP BY role ORDER BY n DESC, role LIMIT ?
"""
_STORIES = """
SELECT t.id, t.title, max(coalesce(a.published_at, a.first_seen_at)) AS at_,
       count(DISTINCT coalesce(c.original_id, a.id)) AS articles, count(DISTINCT coalesce(a.outlet, a.domain))
FROM (SELECT DISTINCT article_id FROM mentions WHERE entity_id = ?) m
JOIN articles a ON a.id = m.article_id JOIN story_articles s ON s.article_id = a.id JOIN stories t ON t.id = s.story_id
LEFT JOIN copies c ON c.article_id = a.id
GROUP BY t.id, t.title ORDER BY at_ DESC, t.id LIMIT ?
"""
_NAMED_WITH = """
SELECT e.id, e.name, e.type, count(DISTINCT m.article_id) AS articles
FROM (SELECT DISTINCT article_id FROM mentions x WHERE entity_id = ?
      AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.article_id = x.article_id)) mine
JOIN mentions m ON m.article_id = mine.article_id JOIN entities e ON e.id = m.entity_id
WHERE e.id <> ? GROUP BY ALL ORDER BY articles DESC, count(*) DESC, e.name, e.id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """The entity that a name means, None where that can't be told; and the other ones that have it."""

    chosen: Named | None
    others: tuple[Named, ...]


def named(connection: duckdb.DuckDBPyConnection, word: str) -> Choice:
    """What a person means by a name, a spelling, an entity id, a Wikidata id or a ticker with its exchange.

    Raises:
        BadInput: nothing has this name; the sentence offers the nearest.
    """
    word = " ".join(word.split())
    if not word:
        raise BadInput("give the name of a person, organization, place or other thing")
    number = int(word) if word.isdecimal() and len(word) < 20 and int(word) < 2**63 else -1
    found = _named(connection.execute(_BY_ID, [number, word.upper(), word.upper()]).fetchall())
    if not found:
        found = _named(connection.execute(_BY_NAME, [surface_key(word), word]).fetchall())
    if not found:
        raise BadInput(f"nothing that is called {word!r} is mentioned{_nearest(connection, word)}")
    return choose(found, word)


def choose(found: Sequence[Named], word: str) -> Choice:
    """The one that is meant: the only one, the one of nearly all mentions, or the one that others merely share a spelling with.

    `found` is ordered by mentions. An entity of that very name which is mentioned less than another is not taken for
    what is meant. Pure.
    """
    first, key = found[0], surface_key(word)
    own = [one for one in found if surface_key(one.name) == key]
    clear = first.mentions >= MOST * sum(one.mentions for one in found) and len(own) < 2
    chosen = first if len(found) == 1 or clear or own == [first] else None
    return Choice(chosen, tuple(one for one in found if one is not chosen))


def entity(connection: duckdb.DuckDBPyConnection, choice: Named, others: Sequence[Named] = ()) -> EntityAnswer:
    """All that is shown of an entity."""

    def rows(sql: str, *values: int) -> list[tuple[Any, ...]]:
        return connection.execute(sql, list(values)).fetchall()

    values = dict(zip(_COLUMNS + _COUNTS, rows(_OVERVIEW, choice.id)[0], strict=True))
    return EntityAnswer(
        **values,
        aliases=tuple(Spelling(*row) for row in rows(_ALIASES, choice.id, ALIASES)),
        roles=tuple(Spelling(*row) for row in rows(_ROLES, choice.id, ROLES)),
        stories=tuple(EntityStory(*row) for row in rows(_STORIES, choice.id, STORIES)),
        named_with=tuple(EntityCount(*row) for row in rows(_NAMED_WITH, choice.id, choice.id, NAMED_WITH)),
        others=tuple(others),
        merged=choice.merged,
    )


def _named(rows: Sequence[tuple[Any, ...]]) -> list[Named]:
    """One an entity, with the name of what was asked for where a person merged that into it."""
    found: dict[int, Named] = {}
    for row in rows:
        one = Named(*row)
        found[one.id] = replace(found.get(one.id, one), merged=one.merged)
    return list(found.values())


def _nearest(connection: duckdb.DuckDBPyConnection, word: str) -> str:
    key = surface_key(word)
    near = connection.execute(_NEAREST, [key, key, NEAR, NEAREST]).fetchall()
    if near:
        return f"; nearest: {', '.join(f'{name} ({kind})' for name, kind in near)}"
    return "" if bulk.first(connection, "SELECT 1 FROM entities LIMIT 1") else ": no entities are stored yet"
