"""poll: which feeds are due → conditional GET → parse what changed → new entries pending; one small event a run."""

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from flows.policy import flow_run_id
from flows.polling import PollJob, poll_job
from schemas.events import ENTRIES_DISCOVERED, RESOURCE_ID, EntriesDiscovered
from schemas.settings import Settings, load_settings
from schemas.summaries import PollSummary
from tasks.store import feeds, runs
from tasks.store.master import open_master


@flow(name="poll", persist_result=False, validate_parameters=True)
def poll(everything: bool = False, only: list[str] | None = None) -> PollSummary:
    """Asks the feeds that are due what is new.

    Args:
        everything: Ask all active feeds, whether due or not. Requests stay conditional.
        only: Addresses of feeds; only these are asked. Empty means all.
    """
    settings = load_settings()
    with open_master(settings) as connection:
        now = datetime.now(UTC)
        run_id = runs.start(connection, "poll", flow_run_id(), now)
        due = feeds.due(connection, now, everything=everything, only=only or ())
    job = PollJob(due)
    if due:
        poll_feeds(settings, job, run_id)
    polled = job.polled
    summary = PollSummary(run_id, polled)
    with open_master(settings) as connection:
        runs.finish(connection, run_id, polled.counts, summary.sentence(), datetime.now(UTC))
    if due and flow_run_id():
        create_markdown_artifact(key="poll", markdown=summary.sentence(), description="What the last poll did")
    if polled.new or polled.edited:
        payload = EntriesDiscovered(run_id=run_id, new=polled.new, edited=polled.edited)
        emit_event(ENTRIES_DISCOVERED, resource={"prefect.resource.id": RESOURCE_ID}, payload=payload.model_dump())
    return summary


@task(name="poll-feeds", cache_policy=NO_CACHE, persist_result=False, retries=2, retry_delay_seconds=5)
def poll_feeds(settings: Settings, job: PollJob, run_id: int) -> None:
    """Polls a run's feeds; what it finds goes into `job`. A second try asks only those that are not settled."""
    poll_job(settings, job, run_id)
