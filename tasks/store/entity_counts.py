"""How much each entity is in the news (`entity_counts`): added to as articles come, counted anew where something went.

At a million articles a country stands in hundreds of thousands of them: new articles are added to what was counted, and
only what is taken away or changed (articles read again, forgotten, edits of a person) makes all mentions be read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from tasks.store import bulk

# Of one row an entity and article, with the number of mentions.
_SUMS = (
    "SELECT m.entity_id, count(*) AS articles, CAST(sum(m.mentions) AS BIGINT) AS mentions, "
    "list_sort(list(DISTINCT coalesce(a.outlet, a.domain))) AS outlets, "
    "min(coalesce(a.published_at, a.first_seen_at)) AS first_at, max(coalesce(a.published_at, a.first_seen_at)) AS last_at "
    "FROM {counted} m JOIN articles a ON a.id = m.article_id GROUP BY m.entity_id"
)
_ALL = _SUMS.format(
    counted="(SELECT x.entity_id, x.article_id, count(*) AS mentions FROM mentions x JOIN wanted ON wanted.id = x.entity_id "
    "GROUP BY ALL)"
)
# `incoming` is typed like `entity_counts`: its `articles` holds the id of one.
_NEW = _SUMS.format(counted="(SELECT entity_id, articles AS article_id, mentions FROM incoming)")


def recount(connection: duckdb.DuckDBPyConnection, entity_ids: Sequence[int]) -> None:
    """Counts these entities anew from all their mentions; those that nothing mentions have no row."""
    bulk.with_ids(
        connection, entity_ids, "DELETE FROM entity_counts USING wanted WHERE entity_counts.entity_id = wanted.id RETURNING 1"
    )
    bulk.with_ids(connection, entity_ids, f"INSERT INTO entity_counts BY NAME {_ALL}")


def recount_articles(connection: duckdb.DuckDBPyConnection, article_ids: Sequence[int]) -> None:
    """Counts anew what these articles mention: their outlet or time changed."""
    sql = "SELECT DISTINCT m.entity_id FROM mentions m JOIN wanted ON wanted.id = m.article_id ORDER BY 1"
    recount(connection, [row[0] for row in bulk.with_ids(connection, article_ids, sql)])


def add(connection: duckdb.DuckDBPyConnection, mentions: Iterable[Mapping[str, Any]]) -> None:
    """Adds the mentions of articles that were not counted before; the articles are in the store."""
    counted = Counter((row["entity_id"], row["article_id"]) for row in mentions)
    if not counted:
        return
    rows = [{"entity_id": key[0], "articles": key[1], "mentions": number} for key, number in counted.items()]
    bulk.with_rows(
        connection,
        "entity_counts",
        rows,
        "UPDATE entity_counts c SET articles = c.articles + n.articles, mentions = c.mentions + n.mentions, "
        "outlets = list_sort(list_distinct(list_concat(c.outlets, n.outlets))), "
        f"first_at = least(c.first_at, n.first_at), last_at = greatest(c.last_at, n.last_at) FROM ({_NEW}) n "
        "WHERE c.entity_id = n.entity_id",
    )
    known = "SELECT c.entity_id FROM entity_counts c JOIN wanted ON wanted.id = c.entity_id"
    had = {row[0] for row in bulk.with_ids(connection, sorted({key[0] for key in counted}), known)}
    fresh = [row for row in rows if row["entity_id"] not in had]
    if fresh:
        bulk.with_rows(connection, "entity_counts", fresh, f"INSERT INTO entity_counts BY NAME {_NEW}")
