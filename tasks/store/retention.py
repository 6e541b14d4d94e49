"""Old rows leave the store; what may go is counted first, by the same conditions."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from schemas.settings import Settings
from tasks.retention import snapshots_to_remove
from tasks.store import bulk
from tasks.store.forget import OLD
from tasks.store.watches import LOOK_BACK
from tasks.term_weeks import WEEKS

# Share of the master's blocks that hold nothing, from which on compacting is worth the while it takes.
DEAD_SHARE = 0.25
LEAST_BYTES = 50_000_000
# So long does an article that `article_days` removed stay blocked.
OLD_BLOCKED = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class OldRows:
    """How many rows are older than the settings want."""

    fetches: int
    runs: int
    pages: int
    notices: int
    blocked: int
    term_weeks: int

    def total(self) -> int:
        """All of them."""
        return self.fetches + self.runs + self.pages + self.notices + self.blocked + self.term_weeks


def old_rows(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> OldRows:
    """Counts what `remove_old_rows` would remove."""
    counts = []
    for table, condition, moment in _conditions(settings, now):
        row = bulk.first(connection, f"SELECT count(*) FROM {table} WHERE {condition}", [moment])
        counts.append(int(row[0]) if row else 0)
    return OldRows(*counts)


def remove_old_rows(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> None:
    """Removes old HTTP attempts and runs, pages that no article rests on, delivered notices, and counts of terms."""
    for table, condition, moment in _conditions(settings, now):
        connection.execute(f"DELETE FROM {table} WHERE {condition}", [moment])


def _conditions(settings: Settings, now: datetime) -> list[tuple[str, str, datetime]]:
    logs = now - timedelta(days=settings.log_days)
    # Without a limit for the archive nothing before the first page is old.
    pages = now - timedelta(days=settings.archive_days) if settings.archive_days else datetime(1970, 1, 1, tzinfo=now.tzinfo)
    return [
        ("fetches", "started_at < ?", logs),
        ("runs", "started_at < ? AND id NOT IN (SELECT run_id FROM articles)", logs),
        (
            "pages",
            "fetched_at < ? AND id NOT IN (SELECT page_id FROM articles WHERE page_id IS NOT NULL) "
            "AND id NOT IN (SELECT page_id FROM quarantine WHERE page_id IS NOT NULL)",
            pages,
        ),
        # A notice that is gone while its article may still match would be made and told again.
        ("notices", "delivered_at < ?", min(logs, now - LOOK_BACK - timedelta(days=1))),
        # A feed that still lists one brings it back for a week, until it is removed again: what a person forgot stays.
        ("blocked", f"kind = '{OLD}' AND blocked_at < ?", now - OLD_BLOCKED),
        # Counts fade within half a year (`tasks.term_weeks`); as long again they serve articles that are backfilled.
        (
            "term_weeks",
            "week < date_diff('day', DATE '1970-01-01', CAST(? AS DATE)) // 7",
            now - timedelta(weeks=2 * WEEKS),
        ),
    ]


def old_articles(connection: duckdb.DuckDBPyConnection, settings: Settings, now: datetime) -> list[str]:
    """Addresses of articles older than `article_days`; none without that setting."""
    if not settings.article_days:
        return []
    rows = connection.execute(
        "SELECT url FROM articles WHERE coalesce(published_at, first_seen_at) < ? AND first_seen_at < ? ORDER BY url",
        [now - timedelta(days=settings.article_days)] * 2,
    ).fetchall()
    return [row[0] for row in rows]


def without_archive(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> None:
    """Pages whose archive file is to be removed have no place there any more."""
    for file in files:
        connection.execute("UPDATE pages SET archive_file = NULL, archive_offset = NULL WHERE archive_file = ?", [file])


def dead_share(connection: duckdb.DuckDBPyConnection) -> tuple[float, int]:
    """Share of the master's blocks that hold nothing, and its size in bytes."""
    row = bulk.first(connection, "SELECT block_size, total_blocks, free_blocks FROM pragma_database_size()")
    if not row or not row[1]:
        return 0.0, 0
    return float(row[2]) / float(row[1]), int(row[0]) * int(row[1])


def rotate_snapshots(settings: Settings, now: datetime, *, dry_run: bool) -> tuple[str | None, list[str]]:
    """Puts the published file aside under today's date and removes the oldest such copies; returns what came and went.

    A hard link costs nothing until the next publication replaces the original.
    """
    folder, made = settings.snapshots_folder, None
    target = folder / f"newsfold-{now:%Y-%m-%d}.duckdb"
    if settings.snapshots and settings.published.exists() and not target.exists():
        made = target.name
        if not dry_run:
            folder.mkdir(exist_ok=True)
            _link(settings.published, target)
    names = {file.name for file in folder.glob("newsfold-*.duckdb")} | ({made} if made else set())
    gone = snapshots_to_remove(sorted(names), settings.snapshots)
    for name in gone if not dry_run else ():
        (folder / name).unlink(missing_ok=True)
    return made, gone


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        temporary = target.with_suffix(".new")
        shutil.copy2(source, temporary)
        temporary.replace(target)
