"""Reads a published file with the Python programs that people use: read.py FILE SQL TABLE, one JSON object out."""

import json
import sys

import duckdb
import ibis
import polars as pl


def main(path: str, sql: str, table: str) -> dict[str, object]:
    """What each of them answers."""
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        plain = connection.execute(sql).fetchall()
        frame = connection.execute(f"FROM {table} ORDER BY 1").df()
        polars = connection.execute(f"FROM {table} ORDER BY 1").pl()
        by_polars = pl.read_database(sql, connection)
    backend = ibis.duckdb.connect(path, read_only=True)
    expression = backend.table(table)
    return {
        "duckdb": duckdb.__version__,
        "python": [list(row) for row in plain],
        "pandas": [len(frame), list(frame.columns), str(frame["published_at"].max().tz_convert("UTC"))],
        "polars": [polars.height, polars.columns, str(polars["published_at"].dtype)],
        "polars read_database": [list(row) for row in by_polars.rows()],
        "ibis": int(expression.filter(expression.words > 0).count().execute()),
        "ibis columns": list(expression.columns),
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
