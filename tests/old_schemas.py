"""Files as earlier versions left them: the first migrations applied, a row in every table, the views of the time in the way.

Made from the migrations themselves, which never change once released (tests/test_migrations.py holds their hashes).
"""

from pathlib import Path

import duckdb

from tasks.store import migrate

_VALUES = {
    "VARCHAR": "'1' || n",
    "BIGINT": "n",
    "INTEGER": "n",
    "SMALLINT": "n",
    "DOUBLE": "n",
    "BOOLEAN": "true",
    "BLOB": "'\\x01'::BLOB",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2026-09-01 00:00:00+00'",
}


def make(path: Path, version: int, rows: int = 3) -> None:
    """A file with the schema of `version` and `rows` rows in each table."""
    with duckdb.connect(path, config={"storage_compatibility_version": "v1.5.0", "threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for step in migrate.known_migrations():
            if step.version <= version:
                migrate._apply(connection, step)
        columns = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index"
        ).fetchall()
        tables: dict[str, list[str]] = {}
        for table, column, kind in columns:
            base = kind.removesuffix("[]")
            # sketches look like hashes: 0x… must be readable as a number
            value = "md5(CAST(n AS VARCHAR))" if column.endswith("hash") else _VALUES[base]
            tables.setdefault(table, []).append(f'{f"[{value}]" if kind != base else value} AS "{column}"')
        for table, values in tables.items():
            if table not in {"schema_migrations", "views_made"}:
                connection.execute(f"INSERT INTO {table} BY NAME SELECT {', '.join(values)} FROM range(1, {rows + 1}) r(n)")
        connection.execute("CREATE VIEW news AS SELECT * FROM articles" if "articles" in tables else "SELECT 1")


def contents(path: Path) -> dict[str, list[str]]:
    """table -> its rows as text, by the columns that it had then."""
    with duckdb.connect(path, read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1").fetchall()
        return {
            table: [repr(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()]
            for (table,) in tables
            if table not in {"schema_migrations", "views_made"}
        }


def shape(path: Path) -> list[tuple[object, ...]]:
    """Tables, columns, types, comments and views' SQL: what two files of one schema have in common."""
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE NOT internal "
            "UNION ALL SELECT view_name, sql, '', false, comment FROM duckdb_views() WHERE NOT internal "
            "UNION ALL SELECT table_name, CAST(constraint_column_names AS VARCHAR), constraint_type, false, '' "
            "FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL' ORDER BY ALL"
        ).fetchall()
