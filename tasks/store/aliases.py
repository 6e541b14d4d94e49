"""The spellings of entities (`aliases`) with their counts: added to as articles come, counted anew where something went.

At a million articles, counting the spellings of a country anew means reading all of its mentions; see `entity_counts`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from tasks.entity_memory import surface_key
from tasks.store import bulk
from tasks.store.keys import same

FROM_TEXTS = "text"  # the source of spellings that articles gave


def recount(connection: duckdb.DuckDBPyConnection, entity_ids: Sequence[int]) -> None:
    """Counts the spellings of these entities anew from all mentions."""
    bulk.with_ids(
        connection,
        entity_ids,
        f"DELETE FROM aliases USING wanted WHERE aliases.entity_id = wanted.id AND source = '{FROM_TEXTS}' RETURNING 1",
    )
    counted = bulk.with_ids(
        connection,
        entity_ids,
        "SELECT m.surface, m.entity_id, count(*) FROM mentions m JOIN wanted ON wanted.id = m.entity_id "
        "GROUP BY ALL ORDER BY 2, 1",
    )
    bulk.insert(connection, "aliases", [_row(*row) for row in counted])


def add(connection: duckdb.DuckDBPyConnection, mentions: Iterable[Mapping[str, Any]]) -> None:
    """Adds mentions that were not counted before."""
    counted = Counter((row["entity_id"], row["surface"]) for row in mentions)
    rows = [_row(surface, entity_id, number) for (entity_id, surface), number in sorted(counted.items())]
    if not rows:
        return
    key = same("aliases", "a", "incoming")
    known = bulk.with_rows(
        connection, "aliases", rows, f"SELECT a.entity_id, a.surface, a.count FROM aliases a JOIN incoming ON {key}"
    )
    before = {(row[0], row[1]): row[2] for row in known}
    bulk.replace(
        connection, "aliases", [row | {"count": row["count"] + before.get((row["entity_id"], row["surface"]), 0)} for row in rows]
    )


def _row(surface: str, entity_id: int, count: int) -> dict[str, Any]:
    return {
        "surface": surface,
        "surface_key": surface_key(surface),
        "entity_id": entity_id,
        "count": count,
        "source": FROM_TEXTS,
    }
