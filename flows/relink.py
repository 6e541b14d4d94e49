"""The `entities` step of `reprocess`: entities and facts of the stored texts found and linked again, with today's rules.

Each article is linked as it was when it came in: to what the articles before it say, in the order of their time. Ids of
entities are hashes of what they are, so that what is found again keeps its id, and merges made by hand stay.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flows import steps
from flows.reread import At
from schemas.entity_records import ArticleEntities, LinkedEntity
from schemas.settings import Settings
from tasks import entity_links
from tasks.reprocess import Report
from tasks.store import bulk, entities, folding
from tasks.store import reprocess as store
from tasks.store.master import Connection, open_master, transaction
from tasks.store.reprocess import Stored
from tasks.workers import Workers

Rows = list[dict[str, Any]]


class _Linked(NamedTuple):
    """What one article gives: rows of `mentions` and `facts`, and the entities they name."""

    stored: Stored
    found: ArticleEntities
    linked: Sequence[LinkedEntity]
    mentions: Rows
    facts: Rows


def read_batch(settings: Settings, pool: Workers, batch: Sequence[Stored], report: Report, at: At | None) -> None:
    """Looks for entities in a batch's texts again, adds what changed to the report and, with `at`, writes it."""
    found = pool.run(_find, [_job(stored) for stored in batch], _find_failed, steps.READ_SECONDS)
    ready = [(stored, each) for stored, each in zip(batch, found, strict=True) if each is not None]
    if len(ready) < len(batch):
        report.left_out["looking for entities failed; what is stored stays"] += len(batch) - len(ready)
    with open_master(settings) as connection, transaction(connection):
        changed = []
        before = _stored_rows(connection, [stored.row["id"] for stored in batch])
        for one in _link(connection, ready):
            report.examined += 1
            kinds, shown = _difference(one, before.get(one.stored.row["id"], ([], [])))
            if kinds:
                report.add(one.stored.row["id"], one.stored.row["url"], kinds, shown)
                changed.append(one)
        if at is not None:
            _write(connection, changed)
            store.note(connection, at[1], at[2], datetime.now(UTC))


def _job(stored: Stored) -> steps.FindJob:
    row = stored.row
    domain = None if row["agency"] else row["domain"]
    return row["title"] or "", stored.text, row["language"], stored.appeared_at, (row["outlet"], row["agency"]), domain


def _find(job: steps.FindJob) -> ArticleEntities | None:
    return steps.find_again(job)


def _find_failed(_job: steps.FindJob, _detail: str) -> ArticleEntities | None:
    """A text that hangs or kills its process."""
    return None


def _link(connection: Connection, found: Sequence[tuple[Stored, ArticleEntities]]) -> list[_Linked]:
    """Links one after the other, each to what the articles before it say: those of the batch as they are read now, the rest
    as stored. What an article itself or a later one was linked to says nothing, so that a second reading finds the same."""
    if not found:
        return []
    places = [_place(stored) for stored, _ in found]
    order = entities.between(connection, places[0], places[-1])
    stories = folding.stories_of(connection, [article_id for _, article_id in order])
    keys = {key for _, each in found for key in entity_links.alias_keys(each)}
    memory = entities.context(connection, keys, stories.values(), before=places[0])
    had = _had(connection, [article_id for _, article_id in places])
    read_now = dict(zip(places, found, strict=True))
    others: list[int] = []
    result = []
    for place in order:
        article_id = place[1]
        if place not in read_now:
            others.append(article_id)
            continue
        entities.remember(connection, others, memory, stories)
        others = []
        stored, each = read_now[place]
        view = memory.view(article_id, stories.get(article_id))
        linked = entity_links.link_entities(each, view)
        linked = _with_known_ids(connection, linked, had.get(article_id, {}))
        linked = tuple(entity_links.with_edits(item, view) for item in linked)
        entities.add_rows(connection, [item.id for item in linked], memory)
        memory.add(stories.get(article_id), linked)
        mentions, facts = entities.mention_rows(article_id, each, linked), entities.fact_rows(article_id, each)
        result.append(_Linked(stored, each, linked, mentions, facts))
    return result


def _place(stored: Stored) -> entities.Place:
    return stored.row["published_at"] or stored.row["first_seen_at"], stored.row["id"]


def _had(connection: Connection, ids: Sequence[int]) -> dict[int, dict[tuple[str, str], int]]:
    """Article -> (name, type) -> id of the entities that it mentions as stored."""
    rows = bulk.with_ids(
        connection,
        ids,
        "SELECT DISTINCT m.article_id, coalesce(e.found_name, e.name), e.type, e.id FROM mentions m "
        "JOIN wanted ON wanted.id = m.article_id JOIN entities e ON e.id = coalesce(m.found_id, m.entity_id) ORDER BY ALL",
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for article_id, name, kind, entity_id in rows:
        found.setdefault(article_id, {})[name, kind] = entity_id
    return found


def _with_known_ids(
    connection: Connection, linked: tuple[LinkedEntity, ...], had: dict[tuple[str, str], int]
) -> tuple[LinkedEntity, ...]:
    """An entity that would be new to the store, but that the article had under the same name, keeps the id it had: a bare
    surname's id comes from its story, and stories are merged."""
    taken = {item.id for item in linked}
    wished = {item.id: old for item in linked if (old := had.get((item.found.name, item.found.type))) and old not in taken}
    if len(set(wished.values())) < len(wished):  # two entities of one article never become one here
        return linked
    known = bulk.with_ids(connection, sorted(wished), "SELECT e.id FROM entities e JOIN wanted ON wanted.id = e.id")
    for (entity_id,) in known:
        del wished[entity_id]
    return tuple(replace(item, id=wished.get(item.id, item.id)) for item in linked)


def _stored_rows(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Rows, Rows]]:
    found: dict[int, tuple[Rows, Rows]] = {}
    for place, table in enumerate(("mentions", "facts")):
        columns = [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]
        names = ", ".join(f't."{name}"' for name in columns)
        for row in bulk.with_ids(connection, ids, f"SELECT {names} FROM {table} t JOIN wanted ON wanted.id = t.article_id"):
            values = dict(zip(columns, row, strict=True))
            found.setdefault(values["article_id"], ([], []))[place].append(values)
    return found


def _difference(one: _Linked, before: tuple[Rows, Rows]) -> tuple[list[str], str]:
    """(the kinds of change, the places that changed)."""
    kinds, lines = Counter[str](), []
    old, new = ({(row["start"], row["end"], row["in_title"]): row for row in rows} for rows in (before[0], one.mentions))
    names = {item.id: f"{item.found.name} ({item.found.type})" for item in one.linked}
    for key in sorted(old.keys() | new.keys()):
        mine, theirs = old.get(key), new.get(key)
        if mine is None and theirs is not None:
            kinds["mentions found"] += 1
            lines.append(f"+ {theirs['surface']}: {names[entities.linked_to(theirs)]}")
        elif theirs is None and mine is not None:
            kinds["mentions gone"] += 1
            lines.append(f"- {mine['surface']}")
        elif mine is not None and theirs is not None and mine["entity_id"] != theirs["entity_id"]:
            kinds["mentions of another entity"] += 1
            lines.append(f"~ {theirs['surface']}: now {names[entities.linked_to(theirs)]}")
        elif mine != theirs:
            kinds["mentions with other particulars"] += 1
    facts = [
        {tuple(sorted((name, str(value)) for name, value in row.items())) for row in rows} for rows in (before[1], one.facts)
    ]
    if facts[0] != facts[1]:
        kinds["facts"] += 1
    if one.found.skipped != one.stored.row["entities_skipped"]:
        kinds["why none are looked for"] += 1
    return list(kinds), "\n".join(lines)


def _write(connection: Connection, changed: Sequence[_Linked]) -> None:
    """Replaces mentions and facts of the changed articles; entities that nothing mentions any more go."""
    ids = [one.stored.row["id"] for one in changed]
    sql = "SELECT DISTINCT entity_id FROM mentions m JOIN wanted ON wanted.id = m.article_id"
    lost = {row[0] for row in bulk.with_ids(connection, ids, sql)}
    rows = [entities.entity_row(item, one.stored.appeared_at) for one in changed for item in one.linked]
    mentions, facts = ([row for one in changed for row in getattr(one, name)] for name in ("mentions", "facts"))
    clues = [row for one in changed for row in entities.clue_rows(one.stored.row["id"], one.linked)]
    entities.write(connection, rows, mentions, facts, ids, clues)
    skipped = [{"id": one.stored.row["id"], "entities_skipped": one.found.skipped} for one in changed]
    store.set_columns(connection, skipped)
    entities.drop_unmentioned(connection, sorted(lost - {row["entity_id"] for row in mentions}))
