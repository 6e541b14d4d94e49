"""Queues entries again because a person asks for it."""

import difflib
from datetime import datetime

import duckdb

from schemas.errors import BadInput
from schemas.reasons import Reason
from tasks.store import entries
from tasks.urls import is_http_url


def check_asked(url: str | None, reason: str | None) -> None:
    """Whether one can ask for this at all, whatever is stored.

    Raises:
        BadInput: the address is none, or there is no such reason.
    """
    if url is not None:
        if not is_http_url(url):
            raise BadInput(f"{url!r} is no http(s) address")
    elif reason not in set(Reason):
        near = difflib.get_close_matches(reason or "", [one.value for one in Reason], n=1)
        raise BadInput(f"{reason!r} is no reason" + (f"; did you mean {near[0]!r}?" if near else ""))


def retry_entries(connection: duckdb.DuckDBPyConnection, url: str | None, reason: str | None, now: datetime) -> int:
    """Queues the entries of an address, or all settled or waiting ones with a reason. Returns how many.

    Raises:
        BadInput: no entry has this address, or there is no such reason.
    """
    check_asked(url, reason)
    if url is not None:
        rows = connection.execute(
            "SELECT id FROM entries WHERE address = ? OR url = ?", [entries.address_of(url), url]
        ).fetchall()
        if not rows:
            raise BadInput(f"no feed has listed {url}")
    else:
        rows = connection.execute("SELECT id FROM entries WHERE reason = ?", [reason]).fetchall()
    return entries.queue_again(connection, [row[0] for row in rows], Reason.RETRY, now)
