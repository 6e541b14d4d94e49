"""What runs say in the log: a line an entry that was worked off, with the run's id; for people, or as JSON."""

import json
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from schemas.settings import Settings
from tasks.store.entries import Settlement

LOGGER = logging.getLogger("newsfold.runs")
_OWN = "newsfold_fields"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message and what the record brings along."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _OWN, {}),
        }
        for name in ("flow_run_id", "flow_run_name", "flow_name", "task_run_id"):  # what Prefect's run loggers know
            if value := getattr(record, name, None):
                line.setdefault(name, str(value))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(settings: Settings) -> None:
    """Makes this process's log lines as the settings want them. Called at the start of each flow that runs by itself."""
    if "PREFECT__FLOW_RUN_ID" not in os.environ or LOGGER.handlers:
        return  # no worker started this process: in the foreground bars and sentences say it
    as_json = settings.log_format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(asctime)s | %(levelname)-7s | %(message)s", "%H:%M:%S"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for name in ("prefect", "prefect.flow_runs", "prefect.task_runs", "") if as_json else ():
        for console in logging.getLogger(name).handlers:
            if isinstance(console, logging.StreamHandler):
                console.setFormatter(JsonLines())


def settled(run_id: int, urls: dict[int, str], settlements: Sequence[Settlement]) -> None:
    """A line an entry. Queries stay out of it: keys and tokens are found there."""
    for item in settlements:
        url = without_secrets(urls.get(item.entry_id, ""))
        fields = {
            "run_id": str(run_id),
            "entry_id": str(item.entry_id),
            "url": url,
            "state": str(item.state),
            "reason": str(item.reason),
        }
        LOGGER.info("run %s: %s %s (%s)", run_id, item.state, url, item.reason, extra={_OWN: fields})


def without_secrets(url: str) -> str:
    """An address without user, password, query and fragment. Pure."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
