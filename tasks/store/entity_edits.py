"""What a person does to entities: merge, split, rename, undo. Every act is a row, replayed on all mentions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import duckdb

from schemas.errors import BadInput
from tasks.entity_edits import EditKind, Edits, Matches
from tasks.store import aliases, bulk, entity_counts
from tasks.store.entities import load_edits
from tasks.urls import stable_id

# An edit as a command asks for it: done on a connection, at a time; says what was done.
Act = Callable[[duckdb.DuckDBPyConnection, datetime], str]


def find(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[int, str]:
    """(id, name) of the one entity that a name, a spelling or an id means. A merged one is where it was merged into.

    Raises:
        BadInput: there is none, or there are several.
    """
    if name.lstrip("-").isdigit():
        rows = _entities(connection, "e.id = ?", [int(name)])
    else:
        rows = _entities(connection, "lower(e.name) = lower(?) AND e.merged_into IS NULL", [name])
        rows = rows or _entities(connection, "lower(e.name) = lower(?)", [name])
        spelt = "e.id IN (SELECT entity_id FROM aliases WHERE lower(surface) = lower(?))"
        rows = rows or _entities(connection, spelt, [name])
    found = {_end(connection, row[0]) for row in rows}
    if not found:
        raise BadInput(f'no entity is called {name!r}; `newsfold sql "SELECT id, name FROM entities"` lists them')
    if len(found) > 1:
        several = "; ".join(f"{row[0]} = {row[1]} ({row[2].lower()}{', ' + row[3] if row[3] else ''})" for row in rows[:5])
        raise BadInput(f"{len(found)} entities are called {name!r}; give the id of one: {several}")
    only = found.pop()
    return only, _name(connection, only)


def merge(connection: duckdb.DuckDBPyConnection, source: str, target: str, now: datetime) -> str:
    """Makes two entities one: all mentions of `source` count for `target` from now on. Says what was done.

    Raises:
        BadInput: a name means no entity or several.
    """
    (from_id, from_name), (into_id, into_name) = find(connection, source), find(connection, target)
    if from_id == into_id:
        return f"{source} and {target} are one entity already; nothing was changed"
    number = _add(connection, EditKind.MERGE, from_id, into_id, None, None, now)
    moved = replay(connection, [from_id, into_id])
    return f"{number}: {from_name} is merged into {into_name}; {_mentions(moved)} moved"


def split(
    connection: duckdb.DuckDBPyConnection, name: str, matches: Matches, value: str, new_name: str | None, now: datetime
) -> str:
    """Takes the mentions of a spelling, an article or a story out of an entity, into one of their own. Says what was done.

    Raises:
        BadInput: the name means no entity or several; nothing matches.
    """
    entity_id, own = find(connection, name)
    value = _matched(connection, entity_id, own, matches, value)
    other_id = stable_id("split", str(entity_id), matches.value, value)
    if bulk.first(connection, "SELECT 1 FROM entities WHERE id = ?", [other_id]) is None:
        columns = "type, wikidata_id, iso_code, ticker, description, complete, first_seen"
        connection.execute(
            f"INSERT INTO entities BY NAME SELECT CAST(? AS BIGINT) AS id, CAST(? AS VARCHAR) AS name, {columns} "
            "FROM (SELECT type, NULL AS wikidata_id, NULL AS iso_code, NULL AS ticker, NULL AS description, complete, first_seen "
            "FROM entities WHERE id = ?)",
            [other_id, new_name or (value if matches is Matches.ALIAS else own), entity_id],
        ).fetchall()
    number = _add(connection, EditKind.SPLIT, entity_id, other_id, matches, value, now)
    moved = replay(connection, [entity_id, other_id])
    return f"{number}: {_mentions(moved)} of {own} now belong to {_name(connection, other_id)} (id {other_id})"


def rename(connection: duckdb.DuckDBPyConnection, name: str, new_name: str, now: datetime) -> str:
    """Gives an entity another canonical name. Says what was done.

    Raises:
        BadInput: the name means no entity or several; the new name is empty.
    """
    new_name = " ".join(new_name.split())
    if not new_name:
        raise BadInput("the new name is empty")
    entity_id, own = find(connection, name)
    if own == new_name:
        return f"{own} is called so already; nothing was changed"
    number = _add(connection, EditKind.RENAME, entity_id, None, None, new_name, now)
    _rename(connection, entity_id)
    return f"{number}: {own} is now called {new_name}"


def undo(connection: duckdb.DuckDBPyConnection, number: int, now: datetime) -> str:
    """Takes an edit back; the edits after it stay and are replayed without it. Says what was done.

    Raises:
        BadInput: there is no such edit.
    """
    row = bulk.first(connection, "SELECT kind, entity_id, other_id, active FROM entity_edits WHERE id = ?", [number])
    if row is None:
        raise BadInput(f"there is no edit {number}; `newsfold entities edits` lists them")
    kind, entity_id, other_id, active = row
    if not active:
        return f"edit {number} is undone already; nothing was changed"
    before = load_edits(connection).connected([entity_id, *([other_id] if other_id is not None else [])])
    connection.execute("UPDATE entity_edits SET active = false, undone_at = ? WHERE id = ?", [now, number]).fetchall()
    if kind == EditKind.RENAME:
        _rename(connection, entity_id)
        return f"edit {number} is undone: {_name(connection, entity_id)} has its name back"
    moved = replay(connection, before)
    if kind == EditKind.SPLIT:
        _drop_split(connection, other_id)
    return f"edit {number} is undone; {_mentions(moved)} moved back"


def listed(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """All edits, the undone ones as well, in the order in which they were made."""
    return bulk.dicts(
        connection,
        "SELECT x.id, x.kind, x.entity_id, e.name, x.other_id, o.name AS other, x.matches, x.value, x.active, x.made_at "
        "FROM entity_edits x LEFT JOIN entities e ON e.id = x.entity_id LEFT JOIN entities o ON o.id = x.other_id ORDER BY x.id",
    )


def replay(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> int:
    """Places all mentions of these entities, and of those that edits connect them with, anew. Returns how many moved."""
    edits = load_edits(connection)
    ids = edits.connected(ids)
    moved = _place(connection, edits, ids, "mentions", 'm.surface, m."start"')
    _place(connection, edits, ids, "person_clues", "e.name, 0")
    touched = {each for row in moved for each in (row["entity_id"], row["old_id"])} | set(ids)
    aliases.recount(connection, sorted(touched))
    entity_counts.recount(connection, sorted(touched))
    ends = [{"id": each, "merged_into": end if (end := _merged(edits, each)) != each else None} for each in ids]
    bulk.update(connection, "entities", ends, columns=["merged_into"])
    return len(moved)


def _place(
    connection: duckdb.DuckDBPyConnection, edits: Edits, ids: Sequence[int], table: str, columns: str
) -> list[dict[str, Any]]:
    """Sets `entity_id` of a table's rows by the edits; returns the rows that changed, with the id they had."""
    rows = bulk.with_ids(
        connection,
        ids,
        f"SELECT m.article_id, coalesce(m.found_id, m.entity_id), m.entity_id, s.story_id, {columns} FROM {table} m "
        "JOIN wanted ON wanted.id = coalesce(m.found_id, m.entity_id) JOIN entities e ON e.id = wanted.id "
        "LEFT JOIN story_articles s ON s.article_id = m.article_id ORDER BY ALL",
    )
    changed = [
        {"article_id": row[0], "found_id": row[1], "start": row[5], "entity_id": target, "old_id": row[2]}
        for row in rows
        if (target := edits.target(row[1], row[4], row[0], row[3])) != row[2]
    ]
    if changed:
        keys = ("article_id", "found_id", "entity_id", *(("start",) if table == "mentions" else ()))
        same = ' AND m."start" = incoming."start"' if table == "mentions" else ""
        bulk.with_rows(
            connection,
            table,
            [{key: row[key] for key in keys} for row in changed],
            f"UPDATE {table} m SET entity_id = incoming.entity_id, "
            "found_id = nullif(incoming.found_id, incoming.entity_id) FROM incoming "
            f"WHERE m.article_id = incoming.article_id AND coalesce(m.found_id, m.entity_id) = incoming.found_id{same}",
        )
    return changed


def _merged(edits: Edits, entity_id: int) -> int:
    """Where an entity as a whole went."""
    for edit in edits.rows:
        if edit.kind is EditKind.MERGE and edit.entity_id == entity_id and edit.other_id is not None:
            entity_id = edit.other_id
    return entity_id


def _end(connection: duckdb.DuckDBPyConnection, entity_id: int) -> int:
    row = bulk.first(connection, "SELECT coalesce(merged_into, id) FROM entities WHERE id = ?", [entity_id])
    return int(row[0]) if row else entity_id


def _matched(connection: duckdb.DuckDBPyConnection, entity_id: int, own: str, matches: Matches, value: str) -> str:
    """The value by which a split chooses: a spelling as it stands, else the id of an article or story."""
    condition = {
        Matches.ALIAS: "lower(m.surface) = lower(?)",
        Matches.ARTICLE: "(CAST(m.article_id AS VARCHAR) = ? OR "
        "m.article_id IN (SELECT id FROM articles WHERE ? IN (url, page_url)))",
        Matches.STORY: "CAST(s.story_id AS VARCHAR) = ?",
    }[matches]
    row = bulk.first(
        connection,
        "SELECT m.surface, CAST(m.article_id AS VARCHAR), CAST(s.story_id AS VARCHAR) FROM mentions m "
        f"LEFT JOIN story_articles s ON s.article_id = m.article_id WHERE m.entity_id = ? AND {condition} ORDER BY ALL LIMIT 1",
        [entity_id, *[value] * condition.count("?")],
    )
    if row is None:
        raise BadInput(f"nothing in {own} matches --{matches.value} {value!r}")
    everything = bulk.first(
        connection,
        "SELECT count(*) FROM mentions m LEFT JOIN story_articles s ON s.article_id = m.article_id "
        f"WHERE m.entity_id = ? AND ({condition}) IS NOT TRUE",
        [entity_id, *[value] * condition.count("?")],
    )
    if everything == (0,):
        raise BadInput(
            f"all of {own} matches --{matches.value} {value!r}: there would be nothing left; use `newsfold entities rename`"
        )
    return str(row[list(Matches).index(matches)])


def _add(
    connection: duckdb.DuckDBPyConnection,
    kind: EditKind,
    entity_id: int,
    other_id: int | None,
    matches: Matches | None,
    value: str | None,
    now: datetime,
) -> int:
    last = bulk.first(connection, "SELECT coalesce(max(id), 0) FROM entity_edits")
    number = int(last[0]) + 1 if last else 1
    row = {"id": number, "kind": kind.value, "entity_id": entity_id, "other_id": other_id, "value": value, "active": True}
    bulk.insert(connection, "entity_edits", [row | {"matches": matches.value if matches else None, "made_at": now}])
    return number


def _rename(connection: duckdb.DuckDBPyConnection, entity_id: int) -> None:
    """The name of the last rename in force, else the one that articles gave."""
    last = bulk.first(
        connection,
        "SELECT value FROM entity_edits WHERE entity_id = ? AND kind = 'rename' AND active ORDER BY id DESC LIMIT 1",
        [entity_id],
    )
    own = bulk.first(connection, "SELECT coalesce(found_name, name) FROM entities WHERE id = ?", [entity_id])
    if own is not None:
        row = {"id": entity_id, "name": last[0] if last else own[0], "found_name": own[0] if last else None}
        bulk.update(connection, "entities", [row], columns=["name", "found_name"])


def _drop_split(connection: duckdb.DuckDBPyConnection, entity_id: int) -> None:
    """An entity that only a split made goes with it, unless another edit needs it."""
    connection.execute(
        "DELETE FROM entities WHERE id = ? AND id NOT IN (SELECT entity_id FROM mentions) "
        "AND id NOT IN (SELECT unnest([entity_id, coalesce(other_id, entity_id)]) FROM entity_edits WHERE active)",
        [entity_id],
    ).fetchall()


def _entities(connection: duckdb.DuckDBPyConnection, condition: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    sql = f"SELECT e.id, e.name, e.type, e.description FROM entities e WHERE {condition} ORDER BY e.id"
    return connection.execute(sql, parameters).fetchall()


def _name(connection: duckdb.DuckDBPyConnection, entity_id: int) -> str:
    row = bulk.first(connection, "SELECT name FROM entities WHERE id = ?", [entity_id])
    return str(row[0]) if row else str(entity_id)


def _mentions(count: int) -> str:
    return f"{count} mention{'' if count == 1 else 's'}"
