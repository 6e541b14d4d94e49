"""Addresses that newsfold.url.submitted events bring, read from Prefect's history of events.

An event carries its addresses and nothing else does. So what counts is not the event that started a run but the history,
read from where the last reading ended: events that started no run are found there as well.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from flows.policy import flow_run_id
from flows.prefect_api import events
from schemas.errors import TransientError
from schemas.events import URL_SUBMITTED, UrlSubmitted
from schemas.settings import Settings
from tasks.store import runs, submissions
from tasks.store.master import open_master, transaction
from tasks.urls import is_http_url

# An event's time is its sender's: one that was held back, or whose sender's clock is slow, comes in behind the watermark. The
# span before the last reading is read again each time, and all that Prefect keeps every few hours. Entries are known by
# address, so that reading one twice changes nothing.
OVERLAP = timedelta(minutes=10)
ALL_OF_IT = timedelta(hours=6)
AHEAD = timedelta(days=1)  # so much a sender's clock may be fast
LONGEST = timedelta(days=7)  # so long does Prefect keep events


def take_submitted(settings: Settings, now: datetime) -> int:
    """Queues what events have brought since the last reading; returns how many addresses are new. Nothing without a server."""
    api = os.environ.get("PREFECT_API_URL")
    if not api:
        return 0
    with open_master(settings) as connection:
        since = submissions.read_until(connection)
        whole = submissions.read_until(connection, submissions.WHOLE)
    everything = since is None or whole is None or not timedelta(0) <= now - whole < ALL_OF_IT
    begin = now - LONGEST if since is None or everything else max(since - OVERLAP, now - LONGEST)
    try:
        brought = list(events(api, URL_SUBMITTED, begin, now + AHEAD))
    except TransientError:
        return 0  # the watermark stays: the next reading begins where this one would have
    with open_master(settings) as connection, transaction(connection):
        count = 0
        if urls := submissions.unknown(connection, addresses(brought)):
            run_id = runs.start(connection, "submitted", flow_run_id(), now)
            count = submissions.submit(connection, urls, run_id, now)
            runs.finish(connection, run_id, submissions.counts(count), f"{count} addresses submitted", now)
        submissions.have_read(connection, now)
        if everything:
            submissions.have_read(connection, now, submissions.WHOLE)
    return count


def addresses(brought: Iterable[Mapping[str, Any]]) -> list[str]:
    """The http(s) addresses in events' payloads, each once; what is none, or has another shape, is left out. Pure."""
    found: dict[str, None] = {}
    for event in brought:
        try:
            payload = UrlSubmitted.model_validate(event.get("payload"))
        except ValidationError:
            continue
        found.update(dict.fromkeys(url.strip() for url in payload.urls if is_http_url(url.strip())))
    return list(found)
