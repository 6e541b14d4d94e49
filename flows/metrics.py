"""Figures for a monitor, after each run, where the settings name a file."""

from datetime import UTC, datetime

from flows.logs import LOGGER
from schemas.settings import Settings
from tasks.store.master import open_master
from tasks.store.metrics import metrics, write


def write_metrics(settings: Settings) -> None:
    """Writes the file of the setting `metrics_file`; nothing without it."""
    if settings.metrics_file is None:
        return
    with open_master(settings) as connection:
        text = metrics(connection, datetime.now(UTC))
    try:
        write(text, settings.metrics_file)
    except OSError as error:
        # What the run did stands: a monitor's folder that is gone must not make it a failed one.
        LOGGER.warning("NEWSFOLD_METRICS_FILE can't be written: %s", error)
