"""What a database file holds, without what may differ from run to run."""

import hashlib
from pathlib import Path

import duckdb

# Named in the issue: these may differ. `views_made` and `schema_migrations` are books about the file itself.
EXEMPT = {"runs", "fetches", "schema_migrations", "views_made"}
MARKS = ("wall-clock time", "run id", "polling column")

# `entity_counts` against what it stands for, counted from the mentions: rows that are in one only.
ENTITY_COUNTS_WRONG = """
WITH counted AS (
    SELECT m.entity_id, count(DISTINCT m.article_id) AS articles, count(*) AS mentions,
           list_sort(list(DISTINCT coalesce(a.outlet, a.domain))) AS outlets,
           min(coalesce(a.published_at, a.first_seen_at)) AS first_at, max(coalesce(a.published_at, a.first_seen_at)) AS last_at
    FROM mentions m JOIN articles a ON a.id = m.article_id GROUP BY m.entity_id
)
(FROM counted EXCEPT ALL FROM entity_counts) UNION ALL (FROM entity_counts EXCEPT ALL FROM counted)
"""


def rows_of(path: Path) -> dict[str, list[str]]:
    """table -> its rows (sorted, as text), columns that are commented as wall-clock time, run id or polling left out."""
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        columns = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal AND table_name IN "
            "(SELECT table_name FROM duckdb_tables()) ORDER BY table_name, column_index"
        ).fetchall()
        kept: dict[str, list[str]] = {}
        for table, column, comment in columns:
            kept.setdefault(table, [])
            if not any(mark in (comment or "") for mark in MARKS):
                kept[table].append(f'"{column}"')
        return {
            table: sorted(repr(row) for row in connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())
            for table, names in kept.items()
            if table not in EXEMPT and names
        }


def hashes_of(path: Path) -> dict[str, str]:
    """table -> hash of its rows."""
    return {table: hashlib.sha256("\n".join(rows).encode()).hexdigest() for table, rows in rows_of(path).items()}


def differences(one: Path, other: Path) -> list[str]:
    """The rows in which two files differ, a few a table, for a test's message."""
    first, second = rows_of(one), rows_of(other)
    found = []
    for table in sorted(first.keys() | second.keys()):
        mine, theirs = set(first.get(table, [])), set(second.get(table, []))
        found += [f"{table} only in the first: {row[:300]}" for row in sorted(mine - theirs)[:3]]
        found += [f"{table} only in the second: {row[:300]}" for row in sorted(theirs - mine)[:3]]
        if len(first.get(table, [])) != len(second.get(table, [])):
            found.append(f"{table}: {len(first.get(table, []))} rows, {len(second.get(table, []))} rows")
    return found
