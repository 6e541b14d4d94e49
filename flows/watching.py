"""After an ingest: what do watches match, and is it told? At least once, with retries, once a story."""

import json
from datetime import UTC, datetime

from schemas import VERSION
from schemas.errors import UserError
from schemas.settings import Settings
from tasks import webhook
from tasks.store import watches
from tasks.store.master import holding, open_master, transaction

MOST = 100  # notices delivered in one go: a receiver that hangs must not hold up what follows for long
TROUBLE = 3  # failures in a row after which the rest waits for the next run


def tell_watchers(settings: Settings) -> tuple[int, int]:
    """Notes what watches match in the published file, and delivers what is due; returns (delivered, failed)."""
    with holding(settings, "watching", 0) as had:
        if not had:
            return 0, 0
        with open_master(settings) as connection:
            known = watches.listed(connection)
        if known:
            _note(settings, known, datetime.now(UTC))
        return _deliver(settings) if known else (0, 0)


def _note(settings: Settings, known: list[watches.Watch], now: datetime) -> None:
    for watch in known:
        try:
            found = watches.matches(settings, watch, now)
        except UserError:
            continue  # a condition that newer columns broke: `newsfold watch list` shows it, others go on
        if found:
            with open_master(settings) as connection, transaction(connection):
                watches.note(connection, watch, found, now)


def _deliver(settings: Settings) -> tuple[int, int]:
    with open_master(settings) as connection:
        notices = watches.due(connection, datetime.now(UTC), MOST)
    allowed = webhook.allowed_hosts(settings.watch_hosts)
    delivered, failed, in_a_row = 0, 0, dict[str, int]()
    for notice in notices:
        if in_a_row.get(notice.url, 0) >= TROUBLE:
            continue
        body = json.dumps(notice.body, ensure_ascii=False).encode()
        problem = webhook.post(notice.url, body, notice.body["id"], f"newsfold/{VERSION}", allowed)
        # One transaction a notice: a kill between the answer and this line tells it once more, never once less.
        with open_master(settings) as connection:
            watches.tried(connection, notice, problem, datetime.now(UTC))
        in_a_row[notice.url] = in_a_row.get(notice.url, 0) + 1 if problem else 0
        delivered, failed = delivered + (problem is None), failed + (problem is not None)
    return delivered, failed
