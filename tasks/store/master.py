"""The master file: one writer at a time, short transactions, nobody else ever opens it.

Writers queue at an flock'd lock file beside the master. DuckDB's own lock does not wait, and another program that
opens the master (a SQL client left open) would block every run: people get the published file instead.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from schemas.errors import StoreDamaged, StoreLocked, StoreUnwritable
from schemas.settings import Settings
from tasks.store.damage import explained, read_all
from tasks.store.files import copy_whole
from tasks.store.header import lost_its_end
from tasks.store.migrate import migrate, outdated

Connection = duckdb.DuckDBPyConnection  # for whoever hands one on without touching it
MASTER_NAME = "newsfold-master.duckdb"
_POLL_SECONDS = 0.02
ZSTD_FROM = 256  # characters on average: columns of such strings are kept with zstd, where that is smaller


def master_folder(settings: Settings) -> Path:
    """The folder of the master file and its locks."""
    return settings.home / "master"


def master_path(settings: Settings) -> Path:
    """The master file."""
    return master_folder(settings) / MASTER_NAME


def is_there(settings: Settings) -> bool:
    """Whether there is a master file: commands that only read make none.

    Raises:
        StoreUnwritable: its folder can't be one.
    """
    try:
        master_path(settings).stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreUnwritable(f"newsfold can't write in {master_folder(settings)}: {error.strerror or error}") from None
    return True


@contextmanager
def holding(settings: Settings, name: str, seconds: float) -> Iterator[bool]:
    """Holds the lock `name` in the master folder; yields whether it was had within `seconds`.

    Released by the system when the process dies, so a kill never leaves it behind.

    Raises:
        StoreUnwritable: the folder can't be made or written.
    """
    folder = master_folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreUnwritable(f"newsfold can't write in {folder}: {error.strerror or error}") from None
    try:
        deadline = time.monotonic() + seconds
        while not (had := _try_lock(handle)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        yield had
    finally:
        os.close(handle)


@contextmanager
def must_hold(settings: Settings, name: str) -> Iterator[None]:
    """Holds the lock `name`, waiting for it as long as for the writer's.

    Raises:
        StoreLocked: it was not free in `lock_seconds`.
        StoreUnwritable: the folder can't be made or written.
    """
    with holding(settings, name, settings.lock_seconds) as had:
        if not had:
            raise StoreLocked(
                f"another newsfold process has held the {name} lock for over {settings.lock_seconds:g} s; try again later"
            )
        yield


@contextmanager
def open_master(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the migrated master file, for a short time and for this process alone.

    Raises:
        StoreLocked: another writer, or another program, did not let go in `lock_seconds`.
        StoreUnwritable: the file can't be made or written.
        StoreTooNew: the file comes from a newer newsfold.
        StoreDamaged: the file can't be read, or is gone while what was published of it is there.
    """
    path = master_path(settings)
    with must_hold(settings, "writer"):
        if settings.published.exists() and not path.exists():
            # A fresh master would soon be published over the only copy of what was stored.
            raise StoreDamaged(
                f"{path} is gone, but {settings.published} is there: `newsfold restore` makes the one from the other "
                "(to begin anew, move the published file away)"
            )
        try:
            cut_short = _cut_short(path)
            connection = connect(settings, path)
            try:
                if cut_short:  # it opens, and would be published over a whole one: what is lost must show
                    read_all(connection)
                if (schema := outdated(connection)) is not None:
                    connection.execute("CHECKPOINT")
                    connection.close()
                    _back_up(path, schema)
                    connection = connect(settings, path)
                migrate(connection, settings.timezone)
                yield connection
            finally:
                connection.close()
        except duckdb.Error as error:
            if (known := explained(path, error)) is not None:
                raise known from error
            raise


def _cut_short(path: Path) -> bool:
    """Whether the closed file may have lost its end; DuckDB itself says what is wrong with one that can't be read."""
    try:
        return lost_its_end(path)
    except OSError:
        return False


def _back_up(path: Path, schema: int) -> None:
    """Copies the closed file before migrations change it; that of the schema before goes then.

    Made anew by the run after a kill: each migration is whole or not there, so the copy always is of a whole schema.
    """
    target = path.with_name(f"{path.stem}.schema-{schema:04d}.duckdb")
    try:
        copy_whole(path, target)
        for older in path.parent.glob(f"{path.stem}.schema-*.duckdb"):
            if older.name < target.name:
                older.unlink()
    except OSError as error:
        raise StoreUnwritable(
            f"newsfold can't back up {path} before it changes its schema: {error.strerror or error}; nothing was changed"
        ) from None


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: commits at the end, rolls back on any exception."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def connect(settings: Settings, path: Path) -> duckdb.DuckDBPyConnection:
    """A writing connection to a database file of ours.

    Raises:
        StoreLocked: another program has it open.
        StoreUnwritable: it can't be made or written.
    """
    # The 1.5 format, because today's command line, JDBC and node clients still are 1.5 (docs/choices.md).
    config: dict[str, str | bool | int | float | list[str]] = {
        "storage_compatibility_version": "v1.5.0",
        "memory_limit": settings.memory_limit,
        "threads": "2",
        # texts of news are shorter than the 4,096 characters from which on DuckDB would try it by itself
        "zstd_min_string_length": ZSTD_FROM,
    }
    try:
        connection = duckdb.connect(path, config=config)
    except duckdb.IOException as error:
        message = str(error)
        if "Could not set lock on file" in message or "Conflicting lock" in message:
            raise StoreLocked(
                f"another program has {path} open; close it there (people query {settings.published} instead)"
            ) from None
        raise explained(path, error) or StoreUnwritable(f"newsfold can't open {path}: {message.splitlines()[0]}") from None
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
