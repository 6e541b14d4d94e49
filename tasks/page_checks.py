"""When a stored article's page is looked at again for edits. Pure: no I/O, no Prefect."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class NextCheck(NamedTuple):
    """How many of the delays are behind an article, and when its page is due next (None: never again)."""

    done: int
    due_at: datetime | None


def next_check(stored_at: datetime, done: int, now: datetime, delays: Sequence[timedelta]) -> NextCheck:
    """What is to come after a look at `now`. Looks that were missed meanwhile count as done: one stands for them all."""
    behind = max(done, sum(stored_at + delay <= now for delay in delays))
    return NextCheck(behind, stored_at + delays[behind] if behind < len(delays) else None)
