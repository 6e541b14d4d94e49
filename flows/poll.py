"""poll: which feeds are due → conditional GET → parse what changed → new entries pending; one small event a run."""

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from pydantic import BaseModel

from flows import logs
from flows.metrics import write_metrics
from flows.policy import flow_run_id
from flows.polling import PollJob, poll_job, resume_pauses
from schemas.events import ENTRIES_DISCOVERED, FEED_FAILING, RESOURCE_ID, EntriesDiscovered, FeedFailing
from schemas.settings import Settings, load_settings
from schemas.summaries import Polled, PollSummary
from tasks.store import feed_health, feeds, runs
from tasks.store.master import holding, open_master, transaction
from tasks.store.publish import publish_owed


@flow(name="poll", persist_result=False, validate_parameters=True)
def poll(everything: bool = False, only: list[str] | None = None) -> PollSummary:
    """Asks the feeds that are due what is new.

    Args:
        everything: Ask all active feeds, whether due or not. Requests stay conditional.
        only: Addresses of feeds; only these are asked. Empty means all.
    """
    settings = load_settings()
    logs.set_up(settings)
    with holding(settings, "poll", 0) as had:
        # A poll that takes longer than its schedule must not be doubled: feeds would be asked twice.
        if not had:
            return PollSummary(0, Polled(), busy=True)
        summary = _poll(settings, everything, only or [])
    publish_owed(settings, datetime.now(UTC))  # what an ingest held back because it had published just before
    return summary


def _poll(settings: Settings, everything: bool, only: list[str]) -> PollSummary:
    with open_master(settings) as connection:
        now = datetime.now(UTC)
        run_id = runs.start(connection, "poll", flow_run_id(), now)
        due = feeds.due(connection, now, everything=everything, only=only)
        resume_pauses(connection, now)
    job = PollJob(due)
    if due:
        poll_feeds(settings, job, run_id)
    polled = job.polled
    summary = PollSummary(run_id, polled)
    with open_master(settings) as connection:
        runs.finish(connection, run_id, polled.counts, summary.sentence(), datetime.now(UTC))
        with transaction(connection):
            alarms = feed_health.raise_alarms(connection, datetime.now(UTC))
    if due and flow_run_id():
        create_markdown_artifact(key="poll", markdown=summary.sentence(), description="What the last poll did")
    if polled.new or polled.edited:
        _emit(ENTRIES_DISCOVERED, EntriesDiscovered(run_id=run_id, new=polled.new, edited=polled.edited))
    for feed_id, url, health, advice in alarms:
        _emit(FEED_FAILING, FeedFailing(feed_id=feed_id, url=url, health=health, advice=advice))
    write_metrics(settings)
    return summary


def _emit(event: str, payload: BaseModel) -> None:
    emit_event(event, resource={"prefect.resource.id": RESOURCE_ID}, payload=payload.model_dump())


@task(name="poll-feeds", cache_policy=NO_CACHE, persist_result=False, retries=2, retry_delay_seconds=5)
def poll_feeds(settings: Settings, job: PollJob, run_id: int) -> None:
    """Polls a run's feeds; what it finds goes into `job`. A second try asks only those that are not settled."""
    poll_job(settings, job, run_id)
