"""reprocess: read stored articles again without the network, say what that changes, and (when asked) write it.

`extract` reads the archived pages with today's extractor; `entities` looks for entities in the stored texts again.
Pages are taken in the order of the articles' ids, texts in the order of their time, a batch a transaction that also
notes how far the reading has come: after a kill the next run with the same step and filters goes on from there. What is
the same stays untouched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from flows import progress, relink, renewal, reread, steps
from flows.policy import flow_run_id
from flows.steps import Extractor
from schemas import VERSION
from schemas.settings import Settings, load_settings
from schemas.summaries import RunCounts
from tasks.reprocess import Report
from tasks.store import reprocess as store
from tasks.store import runs
from tasks.store.master import must_hold, open_master
from tasks.store.publish import publish
from tasks.store.reprocess import Scope, Stored
from tasks.workers import Workers, workers

Step = Literal["extract", "entities"]


@flow(name="reprocess", persist_result=False)
def reprocess(
    step: Step = "extract",
    dry_run: bool = True,
    since: datetime | None = None,
    until: datetime | None = None,
    feed: str | None = None,
    outlet: str | None = None,
    limit: int = 0,
) -> Report:
    """Reads stored articles again, without the network, and reports what that changes.

    Args:
        step: extract: archived pages with this version's extractor; entities: entities and facts in the stored texts.
        dry_run: Only report. Off: write, texts as new versions.
        since: Only articles that appeared at this time or later.
        until: Only articles that appeared before this time.
        feed: Only articles first found through this feed: its address or title.
        outlet: Only articles of this outlet: its name or domain.
        limit: Most articles to read; 0 means all.
    """
    settings = load_settings()
    order = Order(step, Scope(_aware(since), _aware(until), feed, outlet), limit, write=not dry_run)
    with workers(settings.workers, steps.WARM_UP) as pool:
        report = run(settings, pool, order)
    if order.write and report.changed:
        publish(settings, datetime.now(UTC))
    if flow_run_id():
        create_markdown_artifact(key="reprocess", markdown=f"```\n{report.text()}\n```", description="What a new reading changes")
    return report


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@dataclass(frozen=True, slots=True)
class Order:
    """What to do: a step, over which articles, how many at most (0: all), and whether to write."""

    step: Step = "extract"
    scope: Scope = field(default_factory=Scope)
    limit: int = 0
    write: bool = False

    @property
    def key(self) -> str:
        """Its name in the table `reprocessing`."""
        return self.scope.key(self.step, VERSION)


def run(settings: Settings, pool: Workers, order: Order, extractor: Extractor = steps.extract_source) -> Report:
    """Does what `order` says. `extractor` stands in for this version's own in tests.

    Raises:
        StoreLocked: an ingest is at work, and did not end in time.
    """
    if not order.write:
        return _read_all(settings, pool, order, extractor, 0, None)[0]
    with must_hold(settings, "ingest"):
        now = datetime.now(UTC)
        with open_master(settings) as connection:
            run_id = runs.start(connection, "reprocess", flow_run_id(), now)
            after = store.reached(connection, order.key)
        report, through = _read_all(settings, pool, order, extractor, run_id, after)
        renewal.place_changed(settings)
        counts = RunCounts(versions=report.versions)
        with open_master(settings) as connection:
            if through:
                store.ended(connection, order.key)
            runs.finish(connection, run_id, counts, report.sentence(), datetime.now(UTC))
    return report


def _read_all(
    settings: Settings, pool: Workers, order: Order, extractor: Extractor, run_id: int, reached: int | None
) -> tuple[Report, bool]:
    """(the report, whether the last article of the scope was reached)."""
    report = Report(order.step, order.write)
    from_pages = order.step == "extract"
    after = reached if reached is not None else -1
    with open_master(settings) as connection:
        total = store.count(connection, order.scope, with_page=from_pages, after=after)
        if from_pages:
            report.left_out.update(store.left_out(connection, order.scope))
    through = not order.limit or total <= order.limit
    total = total if through else order.limit
    done = 0
    next_batch: Callable[..., list[Stored]] = store.with_pages if from_pages else store.with_texts
    while size := min(settings.batch_size, total - done):
        with open_master(settings) as connection:
            batch = next_batch(connection, order.scope, after, size)
        if not batch:
            break
        after, done = batch[-1].row["id"], done + len(batch)
        at = (run_id, order.key, after) if order.write else None
        if from_pages:
            reread.read_batch(settings, pool, batch, extractor, report, at)
        else:
            relink.read_batch(settings, pool, batch, report, at)
        progress.report("articles", done, total)
    return report, through
