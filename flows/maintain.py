"""maintain: what is older than the settings say goes, the master is compacted when it pays, the books are checked."""

import os
from datetime import UTC, datetime

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from flows.maintenance import steps
from flows.policy import flow_run_id
from schemas.settings import load_settings
from schemas.summaries import RunCounts
from tasks.store import runs
from tasks.store.master import open_master


@flow(name="maintain", persist_result=False)
def maintain(dry_run: bool = False) -> str:
    """Removes what is older than the settings say, compacts, and checks the store.

    Args:
        dry_run: Only say what would be done.
    """
    settings, now = load_settings(), datetime.now(UTC)
    with open_master(settings) as connection:
        run_id = 0 if dry_run else runs.start(connection, "maintain", flow_run_id(), now)
    lines = list(steps(settings, os.environ.get("PREFECT_API_URL"), now, dry_run=dry_run))
    report = "\n".join(f"- {line}" for line in lines)
    if not dry_run:
        with open_master(settings) as connection:
            runs.finish(connection, run_id, RunCounts(), "; ".join(lines), datetime.now(UTC))
    if flow_run_id():
        create_markdown_artifact(key="maintain", markdown=report, description="What the last maintenance did")
    return report
