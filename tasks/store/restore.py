"""`newsfold restore`: a master that is damaged or gone is made anew from the last file that was published of it.

The damaged file is kept aside: a person may still get something out of it. What was stored after the last publication is
lost from the tables; feeds that still list it bring it again with the next poll, and the raw pages are in the archive.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from schemas.errors import BadInput, NothingPublished, StoreUnwritable
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.damage import first_line, read_all
from tasks.store.files import copy_whole, sync_folder
from tasks.store.master import master_path, must_hold, open_master

_COUNTED = ("feeds", "entries", "articles")


@dataclass(frozen=True, slots=True)
class Restored:
    """From which file of when, where the damaged one is kept, what is lost (None: that one can't be read any more)."""

    source: Path
    published_at: datetime
    kept: Path | None
    articles: int
    lost: dict[str, int] | None

    def sentences(self) -> list[str]:
        """What was done and lost, for a person."""
        said = [f"restored: {self.articles} articles from {self.source}, published {self.published_at:%Y-%m-%d %H:%M:%S} UTC"]
        if self.lost is None:
            said.append("lost: whatever was stored or changed after that; the damaged file can't be read, so nobody can count it")
        elif any(self.lost.values()):
            said.append("lost: " + ", ".join(f"{count} {name}" for name, count in self.lost.items()))
        else:
            said.append("lost: no feed, entry or article; changes to them after that time, at most")
        if self.kept:
            said.append(f"kept aside: {self.kept}")
        said.append("`newsfold run` now fetches again what the feeds still list")
        return said


def restore(settings: Settings, source: Path | None, now: datetime, *, force: bool = False) -> Restored:
    """Puts the newest readable published file (or `source`) in the place of the master.

    Raises:
        BadInput: the master can be read, and `force` was not given.
        NothingPublished: there is no file to go back to.
        StoreLocked: a run is at work.
        StoreUnwritable: there is no room for the copy; all stays as it was.
    """
    path = master_path(settings)
    with ExitStack() as stack:
        for name in ("poll", "ingest"):
            stack.enter_context(must_hold(settings, name))
        with must_hold(settings, "writer"):
            trouble = _trouble(path)
            if trouble is None and not force:
                raise BadInput(f"{path} can be read: nothing to restore (--force goes back to the published file all the same)")
            chosen, published_at = _chosen(settings, source)
            lost = _lost(path, chosen)
            kept = _put(chosen, path, now)
        with open_master(settings) as connection:  # brings an older file to this version's schema
            articles = _count(connection, "articles")
    return Restored(chosen, published_at, kept, articles, lost)


def readable(path: Path) -> datetime:
    """When a published file was published. Every table of it is read to the end.

    Raises:
        duckdb.Error, ValueError: it is not a whole published file.
    """
    with _reading(path) as connection:
        read_all(connection)
        row = bulk.first(connection, "SELECT max(published_at) FROM publication")
    if not row or row[0] is None:
        raise ValueError("it was never published")
    found: datetime = row[0]
    return found


def _trouble(path: Path) -> str | None:
    """Why the master can't be used; None when all of it can be read."""
    if not path.exists():
        return "gone"
    try:
        with _reading(path) as connection:
            read_all(connection)
            return None if bulk.first(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'feeds'") else "empty"
    except duckdb.Error as error:
        return first_line(error)


def _chosen(settings: Settings, source: Path | None) -> tuple[Path, datetime]:
    if source is not None:
        candidates = [source]
    else:
        candidates = [settings.published, *sorted(settings.snapshots_folder.glob("newsfold-*.duckdb"), reverse=True)]
    troubles = []
    for candidate in candidates:
        if not candidate.is_file():
            continue
        try:
            return candidate, readable(candidate)
        except (duckdb.Error, ValueError) as error:
            troubles.append(f"{candidate} can't be read ({first_line(error)})")
    raise NothingPublished("; ".join(troubles) or f"there is no {candidates[0]} to restore from")


def _lost(path: Path, chosen: Path) -> dict[str, int] | None:
    """How many rows only the damaged master has; None when it can't be read that far."""
    ids: list[dict[str, set[int]]] = []
    for file in (path, chosen):
        try:
            with _reading(file) as connection:
                ids.append(
                    {table: {row[0] for row in connection.execute(f"SELECT id FROM {table}").fetchall()} for table in _COUNTED}
                )
        except duckdb.Error:
            return None
    return {table: len(ids[0][table] - ids[1][table]) for table in _COUNTED}


def _put(chosen: Path, path: Path, now: datetime) -> Path | None:
    """Sets the old master and its log aside and the new one in place; at no moment there is none."""
    kept = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%S}.duckdb") if path.exists() else None
    fresh = path.with_name(f"{path.stem}.restored")
    log = path.with_name(path.name + ".wal")
    try:
        copy_whole(chosen, fresh)
        if kept:
            _second_name(path, kept)
            if log.exists():  # of the damaged file: replayed into the new one it would do harm
                log.replace(kept.with_name(kept.name + ".wal"))
        log.unlink(missing_ok=True)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreUnwritable(f"newsfold can't restore {path}: {error.strerror or error}; the old file stays") from None
    return kept


def _second_name(path: Path, kept: Path) -> None:
    try:
        os.link(path, kept)
    except OSError:  # a file system without hard links
        copy_whole(path, kept)


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not path.exists():
        raise duckdb.IOException(f"there is no {path}")
    connection = duckdb.connect(path, read_only=True)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = bulk.first(connection, f"SELECT count(*) FROM {table}")
    return int(row[0]) if row else 0
