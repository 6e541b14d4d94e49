"""Forward-only migrations: `schemas/sql/NNNN_name.sql`, each in one transaction with its row in `schema_migrations`."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb

from schemas import VERSION
from schemas.errors import StoreTooNew
from tasks.store import bulk

_NAME = re.compile(r"^(\d{4})_(\w+)\.sql$")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    sql: str


@cache
def known_migrations() -> tuple[Migration, ...]:
    """The migrations that this version ships, in order."""
    found = []
    for item in files("schemas").joinpath("sql").iterdir():
        match = _NAME.match(item.name)
        if match:
            found.append(Migration(int(match[1]), match[2], item.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda migration: migration.version))


def migrate(connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Brings the file to this version's schema and views. Safe to run again and after a kill.

    Raises:
        StoreTooNew: the file has migrations that this version does not know.
    """
    applied = _applied(connection)
    known = known_migrations()
    if applied and max(applied) > known[-1].version:
        raise StoreTooNew(
            f"the file was written by a newer newsfold (schema {max(applied)}; "
            f"this is {VERSION} with schema {known[-1].version}); upgrade newsfold"
        )
    for migration in known:
        if migration.version not in applied:
            _apply(connection, migration)
    _refresh_views(connection, timezone)


def _applied(connection: duckdb.DuckDBPyConnection) -> set[int]:
    exists = bulk.first(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'schema_migrations'")
    if not exists:
        return set()
    return {row[0] for row in connection.execute("SELECT version FROM schema_migrations").fetchall()}


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    connection.execute("BEGIN TRANSACTION")
    connection.execute(_BOOKS)
    connection.execute(migration.sql)
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, now())", [migration.version, migration.name, VERSION])
    connection.execute("COMMIT")


def _refresh_views(connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Makes the views anew when their SQL or the zone of their days changed."""
    template = files("schemas").joinpath("sql", "views.sql").read_text(encoding="utf-8")
    sql = template.replace("{timezone}", timezone)
    digest = hashlib.sha1(sql.encode()).hexdigest()
    if bulk.first(connection, "SELECT 1 FROM views_made WHERE digest = ?", [digest]):
        return
    connection.execute("BEGIN TRANSACTION")
    connection.execute(sql)
    connection.execute("DELETE FROM views_made")
    connection.execute("INSERT INTO views_made VALUES (?)", [digest])
    connection.execute("COMMIT")


_BOOKS = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, newsfold VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE schema_migrations IS 'Steps of the schema that this file has been through.';
COMMENT ON COLUMN schema_migrations.version IS 'Number of the step';
COMMENT ON COLUMN schema_migrations.name IS 'Name of the step';
COMMENT ON COLUMN schema_migrations.newsfold IS 'newsfold version that made it';
COMMENT ON COLUMN schema_migrations.applied_at IS 'When (wall-clock time)';
CREATE TABLE IF NOT EXISTS views_made (digest VARCHAR NOT NULL);
COMMENT ON TABLE views_made IS 'Which text of the views this file holds.';
COMMENT ON COLUMN views_made.digest IS 'SHA-1 of the views'' SQL';
"""
