"""How newsfold is doing, read from the store without changing it or waiting long for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from schemas.errors import NothingPublished, StoreDamaged, StoreUnwritable
from schemas.settings import Settings
from tasks.store import query
from tasks.store.backfills import BackfillLine, lines
from tasks.store.bulk import first
from tasks.store.damage import explained
from tasks.store.master import holding, is_there, master_path

_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of one flow; `ended_at` is None while it runs, or when it was killed."""

    flow: str
    started_at: datetime
    ended_at: datetime | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Counts and times from the store; `source` is `master`, or `published` when a run held the master."""

    source: str
    feeds: int
    feeds_due: int
    feeds_failing: int
    feeds_need_person: int
    pending: int
    quarantined: int
    last_publish_at: datetime | None
    last_runs: tuple[LastRun, ...]
    backfills: tuple[BackfillLine, ...] = ()


def store_status(connection: duckdb.DuckDBPyConnection, now: datetime, source: str) -> StoreStatus:
    """Reads the status by plain queries."""
    feeds, due, failing = _numbers(
        connection,
        "SELECT count(*), count(*) FILTER (state = 'active' AND (next_poll_at IS NULL OR next_poll_at <= ?)), "
        "count(*) FILTER (state = 'active' AND failures > 0) FROM feeds WHERE state <> 'removed'",
        [now],
    )
    (needing,) = _numbers(connection, "SELECT count(*) FROM feed_health WHERE needs_person")
    (pending,) = _numbers(connection, "SELECT count(*) FROM entries WHERE state = 'pending'")
    (quarantined,) = _numbers(connection, "SELECT count(*) FROM quarantine")
    published = first(connection, "SELECT max(published_at) FROM publication")
    runs = connection.execute(
        "SELECT flow, started_at, ended_at, summary FROM runs "
        "QUALIFY row_number() OVER (PARTITION BY flow ORDER BY started_at DESC, id) = 1 ORDER BY flow"
    ).fetchall()
    return StoreStatus(
        source,
        feeds,
        due,
        failing,
        needing,
        pending,
        quarantined,
        published[0] if published else None,
        tuple(LastRun(*run) for run in runs),
        lines(connection),
    )


def read_status(settings: Settings, now: datetime) -> StoreStatus:
    """The status from the master, or from the published file when a writer holds the master.

    Raises:
        NothingPublished: there is no store, or none that can be read now.
        StoreUnwritable: the file can't be read, or comes from another version.
    """
    with _readable(settings) as (connection, source):
        try:
            return store_status(connection, now, source)
        except duckdb.Error as error:
            _raise_if_damaged(settings, error)
            words = str(error).splitlines()[0]
            raise StoreUnwritable(
                f"the {source} file has another schema than this newsfold ({words}); `newsfold publish` brings it up to date"
            ) from None


def schema_version(settings: Settings) -> tuple[int, datetime | None]:
    """The number of the store's last migration, and the latest time that its runs name.

    Raises:
        NothingPublished: there is no store, or none that can be read now.
    """
    with _readable(settings) as (connection, _):
        version = first(connection, "SELECT max(version) FROM schema_migrations")
        run = first(connection, "SELECT max(greatest(started_at, coalesce(ended_at, started_at))) FROM runs")
    return int(version[0]) if version and version[0] is not None else 0, run[0] if run else None


@contextmanager
def _readable(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    if not is_there(settings):
        raise NothingPublished(f"there is no newsfold store in {settings.home} yet; `newsfold feeds add URL` makes it")
    with holding(settings, "writer", min(_PATIENCE_SECONDS, settings.lock_seconds)) as had:
        connection = _master(settings) if had else None
        if connection is not None:
            with connection:
                try:
                    yield connection, "master"
                except duckdb.Error as error:
                    _raise_if_damaged(settings, error)
                    raise
            return
    try:
        published = query.open_published(settings)
    except NothingPublished:
        raise NothingPublished("a run is writing the store and nothing is published yet; try again when it has ended") from None
    with published:
        yield published, "published"


def _master(settings: Settings) -> duckdb.DuckDBPyConnection | None:
    """A read-only connection to the master; None when another program holds it."""
    try:
        connection = duckdb.connect(master_path(settings), read_only=True)
    except duckdb.Error as error:
        _raise_if_damaged(settings, error)
        if isinstance(error, duckdb.IOException):
            return None
        raise StoreUnwritable(f"newsfold can't read {master_path(settings)}: {str(error).splitlines()[0]}") from None
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _raise_if_damaged(settings: Settings, error: duckdb.Error) -> None:
    if isinstance(known := explained(master_path(settings), error), StoreDamaged):
        raise known from error


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str, values: list[object] | None = None) -> tuple[int, ...]:
    row = first(connection, sql, values or [])
    return tuple(int(value) for value in row or ())
