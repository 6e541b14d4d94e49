"""Compaction: the master copied table by table into a fresh file. DuckDB never shrinks a file, and keeps deleted bytes."""

import os

import duckdb

from schemas.settings import Settings
from tasks.store.master import connect, master_path, open_master
from tasks.store.migrate import migrate


def compact(settings: Settings) -> tuple[int, int]:
    """Rewrites the master without dead space; returns its size before and after, in bytes.

    Raises:
        StoreLocked: the master is held by another program.
        StoreUnwritable: there is no room for the fresh file; the old one stays.
    """
    path = master_path(settings)
    fresh = path.with_suffix(".compact")
    for stray in (fresh, fresh.with_name(fresh.name + ".wal")):
        stray.unlink(missing_ok=True)
    with open_master(settings) as old:
        old.execute("CHECKPOINT")
        before = path.stat().st_size
        # The fresh file is attached to this connection: the master is never opened a second time in this process.
        with connect(settings, fresh) as made:
            migrate(made, settings.timezone)
        tables = [
            row[0] for row in old.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1").fetchall()
        ]
        name = str(fresh).replace("'", "''")
        old.execute(f"ATTACH '{name}' AS fresh")
        for table in tables:
            _copy(old, table)
        old.execute("CHECKPOINT fresh")
        old.execute("DETACH fresh")
        handle = os.open(fresh, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        old.close()
        fresh.replace(path)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
    return before, path.stat().st_size


def _copy(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute(f"DELETE FROM fresh.{table}")
    connection.execute(f"INSERT INTO fresh.{table} BY NAME SELECT * FROM {table}")
