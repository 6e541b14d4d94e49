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
    _refuse_newer(applied)
    for migration in known:
        if migration.version not in applied:
            _apply(connection, migration)
    _refresh_views(connection, timezone)


def outdated(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The schema of a file with content that migrations are still to change: it is copied first. None: there are none.

    Raises:
        StoreTooNew: the file has migrations that this version does not know.
    """
    applied = _applied(connection)
    _refuse_newer(applied)
    if not applied or all(migration.version in applied for migration in known_migrations()):
        return None
    return max(applied) if bulk.first(connection, "SELECT 1 FROM feeds LIMIT 1") else None


def _refuse_newer(applied: set[int]) -> None:
    known = known_migrations()
    if applied and max(applied) > known[-1].version:
        raise StoreTooNew(
            f"the file was written by a newer newsfold (schema {max(applied)}; "
            f"this is {VERSION} with schema {known[-1].version}); upgrade newsfold"
        )


def _applied(connection: duckdb.DuckDBPyConnection) -> set[int]:
    try:
        return {row[0] for row in connection.execute("SELECT version FROM schema_migrations").fetchall()}
    except duckdb.CatalogException:  # a new file; asking the catalogue first would cost each opening more than the rest
        return set()


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    connection.execute("BEGIN TRANSACTION")
    for sql in (_BOOKS, migration.sql):
        for statement in connection.extract_statements(sql):
            _run(connection, statement)
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, now())", [migration.version, migration.name, VERSION])
    connection.execute("COMMIT")


def _run(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> None:
    """One statement: where the tests kill the process."""
    connection.execute(statement)


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
