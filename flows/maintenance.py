"""The steps of maintenance, plain: each does one thing, or only says what it would do."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

from flows.prefect_api import ask
from schemas.errors import StoreLocked, TransientError, UserError
from schemas.settings import Settings
from tasks.retention import StoredFile, archive_to_remove
from tasks.store import integrity, retention
from tasks.store.compact import compact
from tasks.store.feed_health import health
from tasks.store.forget import forget_old
from tasks.store.master import holding, must_hold, open_master, transaction

PREFECT_PAGE = 50  # the most that Prefect deletes in one request


def steps(settings: Settings, api: str | None, now: datetime, *, dry_run: bool) -> Iterator[str]:
    """Does one thing after another and says each in a sentence; with `dry_run` what it would do, and does nothing."""
    would = "would be " if dry_run else ""
    yield from _archive(settings, now, dry_run=dry_run, would=would)
    yield from _articles(settings, now, dry_run=dry_run, would=would)
    with open_master(settings) as connection:
        old = retention.old_rows(connection, settings, now)
        if old.total() and not dry_run:
            with transaction(connection):
                retention.remove_old_rows(connection, settings, now)
    words = f"{old.fetches} HTTP attempts, {old.runs} runs, {old.pages} pages, {old.notices} notices"
    yield f"old rows {would}removed: {words}, {old.blocked} marks of removed articles, {old.term_weeks} counts of terms"
    yield _compact(settings, dry_run=dry_run, would=would)
    made, gone = retention.rotate_snapshots(settings, now, dry_run=dry_run)
    yield f"snapshots: {f'{made} {would}made' if made else 'none made'}, {len(gone)} {would}removed"
    yield _prefect(settings, api, now, dry_run=dry_run, would=would)
    with open_master(settings) as connection:
        wrong = integrity.findings(connection)
        ill = health(connection, failing=True)
    yield f"check: {'; '.join(wrong) if wrong else 'the books agree'}"
    yield f"feeds: {len(ill)} need a person" + (" (`newsfold feeds health --failing`)" if ill else "")


def _archive(settings: Settings, now: datetime, *, dry_run: bool, would: str) -> Iterator[str]:
    with must_hold(settings, "archive"):
        files = [StoredFile(file.name, file.stat().st_size) for file in sorted(settings.archive_folder.glob("*.warc.gz"))]
        gone = archive_to_remove(files, settings.archive_days, settings.archive_gb, now)
        if gone and not dry_run:
            # First the books, then the files: a kill in between leaves a file too many, never a page that can't be read.
            with open_master(settings) as connection, transaction(connection):
                retention.without_archive(connection, [file.name for file in gone])
            for file in gone:
                (settings.archive_folder / file.name).unlink(missing_ok=True)
    size = sum(file.size for file in gone)
    yield f"archive: {len(gone)} of {len(files)} files {would}removed ({size / 1e6:.1f} MB)"


def _articles(settings: Settings, now: datetime, *, dry_run: bool, would: str) -> Iterator[str]:
    """Only where a person asked for it with `article_days`."""
    if not settings.article_days:
        return
    with open_master(settings) as connection:
        urls = retention.old_articles(connection, settings, now)
    if urls and not dry_run:
        try:
            forget_old(settings, urls, now)
        except StoreLocked:  # a long ingest must not keep the other steps from their work
            yield f"articles: {len(urls)} older than {settings.article_days} days; put off, a run is at work"
            return
    yield f"articles: {len(urls)} older than {settings.article_days} days {would}removed"


def _compact(settings: Settings, *, dry_run: bool, would: str) -> str:
    with open_master(settings) as connection:
        share, size = retention.dead_share(connection)
    words = f"compaction: {share:.0%} of {size / 1e6:.0f} MB are empty"
    if share < retention.DEAD_SHARE or size < retention.LEAST_BYTES:
        return f"{words}, not worth it"
    if dry_run:
        return f"{words}, {would}compacted"
    with ExitStack() as stack:
        # Runs would wait too long for the writer's lock: not while one is at work.
        had = [stack.enter_context(holding(settings, name, 0)) for name in ("poll", "ingest")]
        if not all(had):
            return f"{words}; put off, a run is at work"
        try:
            before, after = compact(settings)
        except UserError as error:
            return f"{words}; not compacted: {error}"
    return f"{words}; compacted from {before / 1e6:.0f} to {after / 1e6:.0f} MB"


def _prefect(settings: Settings, api: str | None, now: datetime, *, dry_run: bool, would: str) -> str:
    """Finished runs with their logs; events go by themselves after 7 days."""
    if not api:
        return "Prefect: not up, nothing removed"
    old = {
        "end_time": {"before_": (now - timedelta(days=settings.prefect_days)).isoformat()},
        "state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}},
    }
    try:
        count = int(ask(api, "POST", "/flow_runs/count", {"flow_runs": old}))
        gone = 0
        while not dry_run and gone < count:
            deleted = ask(api, "POST", "/flow_runs/bulk_delete", {"flow_runs": old, "limit": PREFECT_PAGE}, seconds=60)["deleted"]
            if not deleted:
                break
            gone += len(deleted)
    except TransientError as error:
        return f"Prefect: {error}"
    return f"Prefect: {count} finished runs older than {settings.prefect_days} days {would}removed"
