"""submitted: addresses that newsfold.url.submitted events bring → pending entries → worked off like everything else."""

from datetime import UTC, datetime

from prefect import flow

from flows.ingest import RUNNER, ingest_once
from flows.submissions import take_submitted
from schemas.settings import load_settings
from schemas.summaries import IngestSummary


@flow(name="submitted", persist_result=False, task_runner=RUNNER)  # type: ignore[arg-type]  # as in flows/ingest.py
def submitted() -> IngestSummary:
    """Queues the addresses that were submitted through Prefect's events API, and works the queue off."""
    settings = load_settings()
    take_submitted(settings, datetime.now(UTC))
    summary = ingest_once(settings, 0, publish_after=True)
    # Events that came within the trigger's five seconds, but after the history was read, start no run of their own.
    while take_submitted(settings, datetime.now(UTC)):
        summary = ingest_once(settings, 0, publish_after=True)
    return summary
