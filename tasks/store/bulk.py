"""Bulk writes through Arrow: one statement for many rows, columns matched by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from tasks.store.keys import KEYS, same

Row = Mapping[str, Any]

# So many ids go into a query as one parameter: an Arrow table costs a millisecond to register, a long list costs more than that.
# Statements that write get the table, however few.
_FEW = 1_000


class KeyTaken(ValueError):
    """A row with this key is there already: a bug of the caller, whose transaction is rolled back."""


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row], *, or_ignore: bool = False) -> None:
    """Appends `rows` (dicts with the table's column names; missing ones are NULL) to `table`.

    With `or_ignore`, rows whose key is there already are left out. Callers hand over batches without doubles.

    Raises:
        KeyTaken: a key is there already, or twice in the batch (tables of `tasks.store.keys`; DuckDB looks after the others).
    """
    if not rows:
        return
    if table not in KEYS:
        verb = "INSERT OR IGNORE" if or_ignore else "INSERT"
        with_rows(connection, table, rows, f"{verb} INTO {table} BY NAME SELECT * FROM incoming")
        return
    _refuse_doubles(table, rows)
    if or_ignore:
        new = f"NOT EXISTS (SELECT 1 FROM {table} t WHERE {same(table, 't', 'incoming')})"
        with_rows(connection, table, rows, f"INSERT INTO {table} BY NAME SELECT * FROM incoming WHERE {new}")
        return
    keys = KEYS[table]
    taken = (
        f"SELECT {', '.join(f't.{key}' for key in keys)} FROM {table} t JOIN incoming ON {same(table, 't', 'incoming')} LIMIT 1"
    )
    if found := with_rows(connection, table, rows, taken, keys):
        raise KeyTaken(f"{table} has a row {found[0]} already")
    with_rows(connection, table, rows, f"INSERT INTO {table} BY NAME SELECT * FROM incoming")


def replace(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Writes `rows` in place of those with the same keys, if there are any; `table` is one of `tasks.store.keys`.

    Raises:
        KeyTaken: a key is twice in the batch.
    """
    if not rows:
        return
    _refuse_doubles(table, rows)
    delete = f"DELETE FROM {table} USING incoming WHERE {same(table, table, 'incoming')}"
    with_rows(connection, table, rows, delete, KEYS[table])
    with_rows(connection, table, rows, f"INSERT INTO {table} BY NAME SELECT * FROM incoming")


def _refuse_doubles(table: str, rows: Sequence[Row]) -> None:
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = tuple(row[column] for column in KEYS[table])
        if key in seen:
            raise KeyTaken(f"{key} twice in a batch for {table}")
        seen.add(key)


def update(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row], *, key: str = "id", columns: Sequence[str]
) -> None:
    """Sets `columns` of the rows of `table` whose `key` is in `rows`."""
    if not rows:
        return
    assignments = ", ".join(f"{column} = incoming.{column}" for column in columns)
    sql = f"UPDATE {table} SET {assignments} FROM incoming WHERE {table}.{key} = incoming.{key}"
    with_rows(connection, table, rows, sql, [key, *columns])


def with_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row], sql: str, columns: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Runs `sql` with `rows` visible as the relation `incoming`, typed like the columns of `table`. Returns what it returns.

    `columns`: those of the rows that are wanted; all of the first row's where none are named.
    """
    schema = _schema(connection, table, columns or rows[0].keys())
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    connection.register("incoming", pa.Table.from_arrays(arrays, schema=schema))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.unregister("incoming")


def with_ids(connection: duckdb.DuckDBPyConnection, ids: Sequence[int], sql: str) -> list[tuple[Any, ...]]:
    """Runs `sql` with `ids` visible as the relation `wanted(id)`. Returns all rows."""
    if not ids:
        return []
    if len(ids) <= _FEW and sql.lstrip().startswith("SELECT"):
        return connection.execute(
            f"WITH wanted AS (SELECT unnest(?::BIGINT[]) AS id) {sql}", [[int(one) for one in ids]]
        ).fetchall()
    connection.register("wanted", pa.table({"id": pa.array(ids, pa.int64())}))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.unregister("wanted")


def by_key(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, ids: Sequence[int], columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """`columns` of the rows of `table` whose `key` is one of `ids`, in no order."""
    names = ", ".join(f"t.{column}" for column in columns)
    return with_ids(connection, ids, f"SELECT {names} FROM {table} t JOIN wanted ON wanted.id = t.{key}")


def first(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """The first row of a query, None where there is none.

    All rows are fetched: since DuckDB 2.0 a result left unfinished (`fetchone`) keeps the connection from other work.
    """
    rows = connection.execute(sql, list(parameters)).fetchall()
    return rows[0] if rows else None


def dicts(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query as dicts by column name."""
    result = connection.execute(sql, list(parameters))
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


_ARROW = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT[]": pa.list_(pa.int64()),
    "INTEGER[]": pa.list_(pa.int32()),
    "DOUBLE[]": pa.list_(pa.float64()),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


def _schema(connection: duckdb.DuckDBPyConnection, table: str, columns: Any) -> pa.Schema:
    # `duckdb_columns()` would bind every view of the file for it, and cost as much as writing the rows
    names = ", ".join(f'"{column}"' for column in columns)
    described = connection.execute(f"SELECT {names} FROM {table} LIMIT 0").description or ()
    return pa.schema([(column[0], _ARROW[str(column[1])]) for column in described])
