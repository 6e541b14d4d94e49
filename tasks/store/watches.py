"""Watches and their notices: what people want to be told of, what matched, and what has reached them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from schemas.errors import BadInput, BadQuery
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.query import open_published
from tasks.urls import stable_id

ENTITY, SQL = "entity", "sql"
# Articles that came so long ago are not told of any more: a receiver that was away for months is not flooded.
LOOK_BACK = timedelta(days=7)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
_ENTITY = (
    "SELECT n.id, n.story_id FROM news n WHERE n.first_seen_at >= ? AND n.id IN (SELECT m.article_id FROM mentions m "
    "WHERE m.entity_id IN (SELECT id FROM entities WHERE lower(name) = lower(?) "
    "UNION ALL SELECT entity_id FROM aliases WHERE lower(surface) = lower(?)))"
)


@dataclass(frozen=True, slots=True)
class Watch:
    """What somebody wants to be told of. `target` is an entity's name, or a condition over the view `news`."""

    id: int
    kind: str
    target: str
    url: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell: `body` is what is sent as JSON."""

    id: int
    url: str
    attempts: int
    body: dict[str, Any]


def add(connection: duckdb.DuckDBPyConnection, kind: str, target: str, url: str, now: datetime) -> Watch:
    """Adds a watch; one that is there already stays as it is."""
    watch = Watch(stable_id("watch", kind, target, url), kind, target, url, now)
    row = {"id": watch.id, "kind": kind, "target": target, "url": url, "added_at": now}
    bulk.insert(connection, "watches", [row], or_ignore=True)
    return watch


def listed(connection: duckdb.DuckDBPyConnection) -> list[Watch]:
    """All watches, the oldest first."""
    rows = connection.execute("SELECT id, kind, target, url, added_at FROM watches ORDER BY added_at, id").fetchall()
    return [Watch(*row) for row in rows]


def remove(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Removes the watches with this id or target, and what was still to be told; returns how many.

    Raises:
        BadInput: there is none.
    """
    rows = connection.execute("SELECT id FROM watches WHERE CAST(id AS VARCHAR) = ? OR target = ?", [name, name]).fetchall()
    if not rows:
        raise BadInput(f"there is no watch {name!r}; `newsfold watch list` shows them")
    ids = [row[0] for row in rows]
    for table, column in (("notices", "watch_id"), ("watches", "id")):
        bulk.with_ids(connection, ids, f"DELETE FROM {table} USING wanted WHERE {table}.{column} = wanted.id RETURNING 1")
    return len(ids)


def matches(settings: Settings, watch: Watch, now: datetime) -> list[tuple[int, int | None]]:
    """(article, story) of the published articles that a watch matches and that came after it, the oldest first.

    Raises:
        BadQuery: DuckDB refuses the condition.
        NothingPublished: there is no published file.
    """
    since = max(watch.added_at, now - LOOK_BACK)
    with open_published(settings) as connection:
        try:
            # A condition is a person's own words: it reads this file and nothing else.
            connection.execute("SET enable_external_access = false")
            if watch.kind == ENTITY:
                sql, values = _ENTITY, [since, watch.target, watch.target]
            else:
                sql, values = f"SELECT id, story_id FROM news WHERE first_seen_at >= ? AND (\n{watch.target}\n)", [since]
            return connection.execute(f"{sql} ORDER BY appeared_at, id", values).fetchall()
        except duckdb.Error as error:
            raise BadQuery(f"the condition of the watch can't be run: {str(error).splitlines()[0]}") from None


def note(connection: duckdb.DuckDBPyConnection, watch: Watch, found: Sequence[tuple[int, int | None]], now: datetime) -> int:
    """Notes what is to be told: one notice a watch and story, whatever it is found in; returns how many are new.

    Stories become one, and then the older id stays: a story is known, too, when it holds the article of an earlier notice.
    """
    told = _told(connection, watch)
    rows: dict[int, dict[str, Any]] = {}
    for article, story in found:
        if (story or article) in told:
            continue
        key = stable_id("notice", str(watch.id), str(story or article))
        about = {"watch_id": watch.id, "story_id": story or article, "article_id": article}
        rows.setdefault(key, {"id": key, **about, "made_at": now, "attempts": 0})
    bulk.insert(connection, "notices", list(rows.values()))
    return len(rows)


def _told(connection: duckdb.DuckDBPyConnection, watch: Watch) -> set[int]:
    """The stories of a watch's notices: as they were, and as they are now."""
    sql = (
        "WITH mine AS (SELECT story_id, article_id FROM notices WHERE watch_id = ?) SELECT story_id FROM mine "
        "UNION SELECT a.story_id FROM mine JOIN story_aliases a ON a.old_id = mine.story_id "
        "UNION SELECT s.story_id FROM mine JOIN story_articles s ON s.article_id = mine.article_id"
    )
    return {row[0] for row in connection.execute(sql, [watch.id]).fetchall()}


def due(connection: duckdb.DuckDBPyConnection, now: datetime, most: int) -> list[Notice]:
    """The next notices to deliver, the oldest first. One whose article was forgotten is told of no more."""
    rows = bulk.dicts(
        connection,
        "SELECT n.id, n.attempts, n.made_at, w.kind, w.target, w.url AS receiver, coalesce(s.story_id, n.story_id) AS story_id, "
        "t.title AS story, t.tellings, a.title, a.url, coalesce(a.outlet, a.domain) AS outlet, a.published_at FROM notices n "
        "JOIN watches w ON w.id = n.watch_id JOIN articles a ON a.id = n.article_id "
        "LEFT JOIN story_articles s ON s.article_id = n.article_id "
        "LEFT JOIN stories t ON t.id = coalesce(s.story_id, n.story_id) "
        "WHERE n.delivered_at IS NULL AND (n.next_attempt_at IS NULL OR n.next_attempt_at <= ?) "
        "ORDER BY n.made_at, n.id LIMIT ?",
        [now, most],
    )
    return [Notice(row["id"], row["receiver"], row["attempts"], _body(row)) for row in rows]


def _body(row: dict[str, Any]) -> dict[str, Any]:
    published = row["published_at"]
    # Ids as text: 63 bits are more than JSON's readers keep.
    return {
        "id": str(row["id"]),
        "watch": {"kind": row["kind"], "target": row["target"]},
        "story": {"id": str(row["story_id"]), "title": row["story"] or row["title"], "tellings": row["tellings"] or 1},
        "article": {
            "title": row["title"],
            "url": row["url"],
            "outlet": row["outlet"],
            "published_at": published.isoformat() if published else None,
        },
        "matched_at": row["made_at"].isoformat(),
    }


def tried(connection: duckdb.DuckDBPyConnection, notice: Notice, problem: str | None, now: datetime) -> None:
    """Writes down how an attempt went. A failed one is repeated for as long as it takes, ever more seldom."""
    wait = min(FIRST_WAIT * 2 ** min(notice.attempts, 12), LONGEST_WAIT)
    connection.execute(
        "UPDATE notices SET attempts = attempts + 1, problem = ?, delivered_at = ?, next_attempt_at = ? WHERE id = ?",
        [problem, None if problem else now, now + wait if problem else None, notice.id],
    )


def waiting(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[int, str | None]]:
    """Watch -> how many notices are still to be delivered, and what the last attempt ran into."""
    rows = connection.execute(
        "SELECT watch_id, count(*), arg_max(problem, coalesce(next_attempt_at, made_at)) FROM notices "
        "WHERE delivered_at IS NULL GROUP BY watch_id"
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}
