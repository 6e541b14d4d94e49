"""Articles whose pages are looked at again for edits, in the store; and /.well-known/tdmrep.json of each origin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

from schemas.reasons import Reason
from schemas.records import Entry, Page, PageCheck, Validators
from tasks.page_checks import NextCheck
from tasks.store import bulk

_COLUMNS = ("done", "next_check_at", "checked_at", "result", "checked_url", "etag", "last_modified", "gone_at")


def due(connection: duckdb.DuckDBPyConnection, limit: int, now: datetime) -> list[tuple[Entry, PageCheck]]:
    """The articles that are due for a look now, the longest due first."""
    rows = connection.execute(
        "SELECT k.article_id, k.entry_id, k.stored_at, k.done, k.checked_url, k.etag, k.last_modified, "
        "e.feed_id, coalesce(e.guid, e.url), e.url, e.title, e.authors, e.published_at, e.updated_at, e.language "
        "FROM page_checks k JOIN entries e ON e.id = k.entry_id "
        "WHERE k.next_check_at <= ? AND e.url IS NOT NULL AND e.state <> 'pending' "
        # an entry that led to two articles (its link changed) is asked for one at a time
        "QUALIFY row_number() OVER (PARTITION BY k.entry_id ORDER BY k.next_check_at, k.article_id) = 1 "
        "ORDER BY k.next_check_at, k.article_id LIMIT ?",
        [now, limit],
    ).fetchall()
    return [
        (
            Entry(row[1], row[7], row[8], row[9], row[10], tuple(row[11]), row[12], row[13], language=row[14]),
            PageCheck(row[0], row[1], row[2], row[3], row[4], Validators(row[5], row[6])),
        )
        for row in rows
    ]


def count_due(connection: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """How many looks are due now."""
    row = bulk.first(connection, "SELECT count(*) FROM page_checks WHERE next_check_at <= ?", [now])
    return int(row[0]) if row else 0


def still_due(connection: duckdb.DuckDBPyConnection, ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Of these articles, those whose look nobody has written meanwhile."""
    sql = (
        "SELECT article_id FROM page_checks JOIN wanted ON wanted.id = article_id "
        f"WHERE next_check_at <= TIMESTAMPTZ '{now.isoformat()}'"
    )
    return frozenset(row[0] for row in bulk.with_ids(connection, ids, sql))


def first_row(article_id: int, entry: Entry, page: Page | None, upcoming: NextCheck, now: datetime) -> dict[str, Any]:
    """The row of an article that is stored now."""
    row = {
        "article_id": article_id,
        "entry_id": entry.id,
        "stored_at": now,
        "done": upcoming.done,
        "next_check_at": upcoming.due_at,
    }
    return row | _to_ask_with(upcoming, page.final_url if page else None, page.validators if page else Validators())


def _to_ask_with(upcoming: NextCheck, url: str | None, validators: Validators) -> dict[str, Any]:
    """What the next look asks with; nothing of it is kept when there will be none."""
    if upcoming.due_at is None:
        url, validators = None, Validators()
    return {"checked_url": url, "etag": validators.etag, "last_modified": validators.last_modified}


def looked_row(
    check: PageCheck, upcoming: NextCheck, result: Reason, answered: tuple[str, Validators] | None, *, gone: bool, now: datetime
) -> dict[str, Any]:
    """What a look came to. `answered`: the address that answered and its validators, None when there was no answer."""
    return {
        "article_id": check.article_id,
        "done": upcoming.done,
        "next_check_at": upcoming.due_at,
        "checked_at": now,
        "result": result,
        "gone_at": now if gone else None,
        **_to_ask_with(upcoming, *(answered or (check.checked_url, check.validators))),
    }


def insert(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Writes the rows of new articles."""
    bulk.insert(connection, "page_checks", rows, or_ignore=True)


def record(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Writes what looks came to."""
    bulk.update(connection, "page_checks", rows, key="article_id", columns=_COLUMNS)
