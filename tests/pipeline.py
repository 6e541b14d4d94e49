"""The main job without Prefect: the same plain functions that the tasks call, for tests that need many runs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

from demo.server import SampleWeb
from demo.web import FEEDS
from flows import renewal, settle, steps
from flows.polling import poll_batch
from flows.settle import settle_entries
from schemas.records import Entry, FeedLine, PageCheck
from schemas.settings import Settings
from schemas.summaries import Polled, RunCounts
from tasks.settle import Worked
from tasks.store import entries, feeds, runs
from tasks.store.master import open_master
from tasks.store.publish import publish
from tasks.workers import Workers

Item = TypeVar("Item")
Result = TypeVar("Result")


class Inline:
    """Stands in for `Workers`: the work is done in this process."""

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], failed: Callable[[Item, str], Result], seconds: float
    ) -> list[Result]:
        """As `Workers.run`."""
        return [work(item) for item in items]


INLINE = cast("Workers", Inline())


def add_feeds(settings: Settings, urls: Sequence[str]) -> None:
    """Adds feeds."""
    with open_master(settings) as connection:
        feeds.add(connection, [FeedLine(url) for url in urls], datetime.now(UTC))


def poll_all(settings: Settings, size: int = 100) -> Polled:
    """Polls all active feeds."""
    now = datetime.now(UTC)
    with open_master(settings) as connection:
        run_id = runs.start(connection, "poll", None, now)
        due = feeds.due(connection, now, everything=True)
    polled = Polled()
    for start in range(0, len(due), size):
        polled += poll_batch(settings, due[start : start + size], run_id)
    return polled


def pending(settings: Settings, size: int = 1000, *, older: bool = False) -> list[Entry]:
    """What may be worked off now; with `older`, what backfills found."""
    with open_master(settings) as connection:
        return entries.pending(connection, size, datetime.now(UTC), older=older)


def prepare(settings: Settings, batch: Sequence[Entry], pool: Workers = INLINE) -> list[Worked]:
    """All steps of a batch but the last one."""
    return steps.read_batch(settings, pool, steps.extract_batch(settings, pool, steps.fetch_batch(settings, batch)))


def settle_all(settings: Settings, worked: Sequence[Worked], size: int) -> RunCounts:
    """Settles entries in batches of `size`."""
    with open_master(settings) as connection:
        run_id = runs.start(connection, "ingest", None, datetime.now(UTC))
    counts = RunCounts()
    for start in range(0, len(worked), size):
        counts += settle_entries(settings, worked[start : start + size], run_id, datetime.now(UTC))
    return counts


def ingest_all(settings: Settings, size: int = 100, *, older: bool = False) -> RunCounts:
    """Works the queue off; with `older`, what backfills found."""
    counts = RunCounts()
    while batch := pending(settings, size, older=older):
        counts += settle_all(settings, prepare(settings, batch), size)
    renewal.place_changed(settings)
    return counts


def settle_checks(settings: Settings, batch: Sequence[Entry], checks: Mapping[int, PageCheck]) -> RunCounts:
    """Looks again at the pages of stored articles."""
    with open_master(settings) as connection:
        run_id = runs.start(connection, "ingest", None, datetime.now(UTC))
    fetched = steps.fetch_batch(settings, batch, checks)
    worked = steps.read_batch(settings, INLINE, steps.extract_batch(settings, INLINE, fetched))
    counts = settle.settle_checks(settings, worked, run_id, datetime.now(UTC))
    renewal.place_changed(settings)
    return counts


def play_sample_web(settings: Settings) -> Settings:
    """Both editions of the sample web, polled, worked off and published; returns the settings that lead to its hosts."""
    with SampleWeb(1) as web:
        settings = settings.model_copy(update={"host_map": web.host_map})
        add_feeds(settings, FEEDS)
        for edition in (1, 2):
            web.edition = edition
            poll_all(settings)
            ingest_all(settings)
    publish(settings, datetime.now(UTC))
    return settings
