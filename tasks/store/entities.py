"""Entities, aliases, mentions and facts in the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import duckdb

from schemas.entity_records import ArticleEntities, LinkedEntity
from schemas.reasons import EntityType
from tasks.entity_edits import Edit, EditKind, Edits, Matches
from tasks.entity_memory import KnownAlias, KnownEntity, MemoryContext, surface_key
from tasks.store import aliases, bulk, entity_counts
from tasks.urls import stable_id

# Linking goes by the name that articles gave, whatever a person calls it.
_NAME = "coalesce(e.found_name, e.name)"
# A person's description is the role in which the first article shows them.
_ROLE = "CASE WHEN e.type = 'PERSON' THEN e.description END"


# The one order of articles: an entity's id depends on the articles before, never on those behind.
_TIME = "coalesce({a}.published_at, {a}.first_seen_at)"
ORDER = _TIME + ", {a}.id"
Place = tuple[datetime, int]  # the values of it


def context(
    connection: duckdb.DuckDBPyConnection, keys: Iterable[str], stories: Iterable[int], before: Place | None = None
) -> MemoryContext:
    """What linking needs to know before a batch: the aliases of these keys, and the entities of these stories.

    With `before` only what the articles before that place in the order say counts, else what all say.
    """
    earlier = _earlier(before)
    number, counted = ("x.number", _COUNTED.format(earlier=earlier)) if before else ("a.count", "")
    memory = MemoryContext()
    memory.edits = load_edits(connection)
    for row in bulk.with_ids(
        connection,
        sorted({edit.other_id for edit in memory.edits.rows if edit.other_id is not None}),
        f"SELECT e.id, e.type, {_NAME}, e.complete, {_ROLE} FROM entities e JOIN wanted ON wanted.id = e.id",
    ):
        memory.add_entity(KnownEntity(row[0], EntityType(row[1]), *row[2:]))
    wanted = [{"surface_key": key} for key in sorted(set(keys))]
    if wanted:
        for row in bulk.with_rows(
            connection,
            "aliases",
            wanted,
            f"SELECT a.surface_key, e.id, e.type, CAST(sum({number}) AS BIGINT), {_NAME}, e.complete, {_ROLE} FROM aliases a "
            f"JOIN incoming ON incoming.surface_key = a.surface_key JOIN entities e ON e.id = a.entity_id {counted} "
            "GROUP BY ALL ORDER BY 1, 2",
        ):
            memory.add_alias(KnownAlias(row[0], row[1], EntityType(row[2]), *row[3:]))
    for row in bulk.with_ids(
        connection,
        sorted(set(stories)),
        f"SELECT DISTINCT s.story_id, e.id, e.type, {_NAME}, e.complete, {_ROLE} "
        "FROM story_articles s JOIN wanted ON wanted.id = s.story_id "
        f"JOIN mentions m ON m.article_id = s.article_id JOIN entities e ON e.id = m.entity_id WHERE {earlier} ORDER BY 1, 2",
    ):
        memory.add_story_entity(row[0], KnownEntity(row[1], EntityType(row[2]), *row[3:]))
    for entity_id, clue, count in bulk.with_ids(
        connection,
        sorted({*memory.people(), *(stable_id("entity", "PERSON", each["surface_key"]) for each in wanted)}),
        "SELECT entity_id, clue, CAST(count(*) AS BIGINT) FROM (SELECT m.entity_id, unnest(m.clues) AS clue FROM person_clues m "
        f"JOIN wanted ON wanted.id = m.entity_id WHERE {earlier}) GROUP BY ALL ORDER BY 1, 2",
    ):
        memory.add_clues(entity_id, [clue], count)
    return memory


# The mentions behind the rows of `aliases a`.
_COUNTED = (
    "JOIN (SELECT m.entity_id, m.surface, count(*) AS number FROM mentions m WHERE {earlier} GROUP BY ALL) x "
    "ON x.entity_id = a.entity_id AND x.surface = a.surface"
)


def _earlier(before: Place | None) -> str:
    """A condition on `m.article_id`: the article stands before that place."""
    if before is None:
        return "true"
    place = f"(TIMESTAMPTZ '{before[0].isoformat()}', {before[1]})"
    return f"m.article_id IN (SELECT t.id FROM articles t WHERE ({ORDER.format(a='t')}) < {place})"


def between(connection: duckdb.DuckDBPyConnection, first: Place, last: Place) -> list[Place]:
    """The places of the articles from `first` to `last`, in order."""
    time = _TIME.format(a="t")
    sql = f"SELECT {time}, t.id FROM articles t WHERE {time} BETWEEN ? AND ? ORDER BY ALL"
    return [place for place in connection.execute(sql, [first[0], last[0]]).fetchall() if first <= place <= last]


def load_edits(connection: duckdb.DuckDBPyConnection) -> Edits:
    """The merges and splits in force; ids of stories that were merged since are followed."""
    rows = connection.execute(
        "SELECT e.id, e.kind, e.entity_id, e.other_id, e.matches, coalesce(CAST(s.story_id AS VARCHAR), e.value) "
        "FROM entity_edits e LEFT JOIN story_aliases s ON e.matches = 'story' AND CAST(s.old_id AS VARCHAR) = e.value "
        "WHERE e.active AND e.kind <> 'rename' ORDER BY e.id"
    ).fetchall()
    return Edits(
        tuple(Edit(row[0], EditKind(row[1]), row[2], row[3], Matches(row[4]) if row[4] else None, row[5]) for row in rows)
    )


def forget_counts(connection: duckdb.DuckDBPyConnection, article_ids: Sequence[int], memory: MemoryContext) -> None:
    """Takes the mentions of articles out of the counts: they are about to be replaced by those of a new version."""
    _add_stored(connection, article_ids, memory, -1)


def remember(
    connection: duckdb.DuckDBPyConnection, article_ids: Sequence[int], memory: MemoryContext, stories: Mapping[int, int]
) -> None:
    """Adds what is stored of articles, as if they had just been linked; `stories` are those of them that are in one."""
    for article_id, row in _add_stored(connection, article_ids, memory, 1):
        if article_id in stories:
            memory.add_story_entity(stories[article_id], row)


def _add_stored(
    connection: duckdb.DuckDBPyConnection, article_ids: Sequence[int], memory: MemoryContext, sign: int
) -> list[tuple[int, KnownEntity]]:
    """Adds the mentions and clues of articles to the counts, or takes them out; returns (article, entity) of each mention."""
    added: list[tuple[int, KnownEntity]] = []
    for row in bulk.with_ids(
        connection,
        article_ids,
        f"SELECT m.surface, e.id, e.type, count(*), {_NAME}, e.complete, {_ROLE}, m.article_id "
        "FROM mentions m JOIN wanted ON wanted.id = m.article_id "
        "JOIN entities e ON e.id = m.entity_id GROUP BY ALL ORDER BY 1, 2, m.article_id",
    ):
        alias = KnownAlias(surface_key(row[0]), row[1], EntityType(row[2]), sign * row[3], *row[4:7])
        memory.add_alias(alias)
        added.append((row[7], alias.entity))
    for entity_id, clues in bulk.with_ids(
        connection,
        article_ids,
        "SELECT c.entity_id, c.clues FROM person_clues c JOIN wanted ON wanted.id = c.article_id ORDER BY 1",
    ):
        memory.add_clues(entity_id, clues, sign)
    return added


def add_rows(connection: duckdb.DuckDBPyConnection, entity_ids: Iterable[int], memory: MemoryContext) -> None:
    """Adds the stored rows of these entities: an entity is what its row says, whichever article is read first."""
    for row in bulk.with_ids(
        connection,
        sorted(set(entity_ids)),
        f"SELECT e.id, e.type, {_NAME}, e.complete, {_ROLE} FROM entities e JOIN wanted ON wanted.id = e.id ORDER BY 1",
    ):
        memory.add_entity(KnownEntity(row[0], EntityType(row[1]), *row[2:]))


def mention_rows(article_id: int, found: ArticleEntities, linked: Sequence[LinkedEntity]) -> list[dict[str, Any]]:
    """Rows of `mentions` of an article's current text."""
    return [
        {
            "article_id": article_id,
            "entity_id": linked[mention.entity].id_of(mention.surface),
            "found_id": _found(linked[mention.entity].id, linked[mention.entity].id_of(mention.surface)),
            "start": mention.start,
            "end": mention.end,
            "surface": mention.surface,
            "sentence": mention.sentence,
            "role": mention.role,
            "in_title": mention.in_title,
            "in_lead": mention.in_lead,
        }
        for mention in found.mentions
    ]


def _found(linked_to: int, counts_for: int) -> int | None:
    """`found_id`: the entity that a mention was linked to, where edits of a person made another of it."""
    return None if linked_to == counts_for else linked_to


def linked_to(row: dict[str, Any]) -> int:
    """The entity that newsfold linked a mention to, before the edits of a person."""
    found, counts_for = row["found_id"], row["entity_id"]
    return int(counts_for if found is None else found)


def clue_rows(article_id: int, linked: Sequence[LinkedEntity]) -> list[dict[str, Any]]:
    """Rows of `person_clues` of an article's current text."""
    rows: dict[int, dict[str, Any]] = {}
    for item in linked:
        if item.found.clues:
            row = {
                "article_id": article_id,
                "entity_id": item.id_of(item.found.name),
                "found_id": _found(item.id, item.id_of(item.found.name)),
                "clues": list(item.found.clues),
            }
            rows.setdefault(item.id, row)
    return list(rows.values())


def fact_rows(article_id: int, found: ArticleEntities) -> list[dict[str, Any]]:
    """Rows of `facts` of an article's current text."""
    return [{"article_id": article_id, **asdict(fact)} for fact in found.facts]


def entity_row(item: LinkedEntity, seen_at: datetime | None) -> dict[str, Any]:
    """A row of `entities` as its first article shows it."""
    found = item.found
    return {
        "id": item.id,
        "name": found.name,
        "type": found.type,
        "wikidata_id": found.wikidata_id,
        "iso_code": found.iso_code,
        "ticker": found.ticker,
        "description": found.description,
        "complete": found.complete,
        "first_seen": seen_at,
    }


def write(
    connection: duckdb.DuckDBPyConnection,
    entities: Sequence[dict[str, Any]],
    mentions: Sequence[dict[str, Any]],
    facts: Sequence[dict[str, Any]],
    replaced: Sequence[int],
    clues: Sequence[dict[str, Any]] = (),
) -> None:
    """Writes what a batch mentions; `replaced` are articles whose earlier mentions and facts go. Aliases are counted anew.

    Entities that are known keep their name and first article, and become complete when the full name is seen.
    """
    again = frozenset(replaced)
    gone = bulk.with_ids(
        connection, replaced, "SELECT DISTINCT entity_id FROM mentions JOIN wanted ON wanted.id = mentions.article_id"
    )
    changed = {row[0] for row in gone} | {row["entity_id"] for row in mentions if row["article_id"] in again}
    for table in ("mentions", "facts", "person_clues"):
        bulk.with_ids(connection, replaced, f"DELETE FROM {table} USING wanted WHERE {table}.article_id = wanted.id RETURNING 1")
    first: dict[int, dict[str, Any]] = {}
    for row in entities:
        known = first.setdefault(row["id"], dict(row))
        known["complete"] = known["complete"] or row["complete"]
    if first:
        rows = list(first.values())
        bulk.insert(connection, "entities", rows, or_ignore=True)
        complete = [row["id"] for row in rows if row["complete"]]
        # only where that is news: a column with a changed value is written anew
        newly = "UPDATE entities SET complete = true FROM wanted WHERE entities.id = wanted.id AND NOT entities.complete"
        bulk.with_ids(connection, complete, newly)
    # an article's mentions of one entity side by side: its id, which no compression makes shorter, is stored once
    places = {article: place for place, article in enumerate(dict.fromkeys(row["article_id"] for row in mentions))}
    bulk.insert(
        connection, "mentions", sorted(mentions, key=lambda row: (places[row["article_id"]], row["entity_id"], row["start"]))
    )
    bulk.insert(connection, "facts", facts)
    bulk.insert(connection, "person_clues", clues)
    aliases.recount(connection, sorted(changed))
    aliases.add(connection, [row for row in mentions if row["entity_id"] not in changed])
    entity_counts.add(connection, [row for row in mentions if row["entity_id"] not in changed])
    entity_counts.recount(connection, sorted(changed))


def drop_unmentioned(connection: duckdb.DuckDBPyConnection, entity_ids: Sequence[int]) -> None:
    """Counts these entities and their spellings anew, and removes those that nothing mentions any more."""
    aliases.recount(connection, entity_ids)
    entity_counts.recount(connection, entity_ids)
    bulk.with_ids(
        connection,
        entity_ids,
        "DELETE FROM entities USING wanted WHERE entities.id = wanted.id "
        "AND entities.id NOT IN (SELECT entity_id FROM mentions) "
        # what a person edited stays, so that the edit does
        "AND entities.id NOT IN (SELECT unnest([entity_id, coalesce(other_id, entity_id)]) FROM entity_edits) RETURNING 1",
    )
