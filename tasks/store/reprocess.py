"""Stored articles to be read again, and how far an unfinished reading has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from schemas.records import Entry, Page
from tasks.store import bulk
from tasks.store.entities import ORDER


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles: of a time (of publication, else when first seen), a feed (address or title), an outlet (name or domain)."""

    since: datetime | None = None
    until: datetime | None = None
    feed: str | None = None
    outlet: str | None = None

    def where(self) -> tuple[str, list[Any]]:
        """A condition on `articles a`, and its parameters."""
        parts, values = ["true"], list[Any]()
        for sign, moment in ((">=", self.since), ("<", self.until)):
            if moment is not None:
                parts.append(f"coalesce(a.published_at, a.first_seen_at) {sign} ?")
                values.append(moment)
        if self.feed is not None:
            parts.append("a.feed_id IN (SELECT id FROM feeds WHERE url = ? OR poll_url = ? OR lower(title) = lower(?))")
            values += [self.feed] * 3
        if self.outlet is not None:
            parts.append("(lower(a.outlet) = lower(?) OR a.domain = lower(?))")
            values += [self.outlet] * 2
        return " AND ".join(parts), values

    def key(self, step: str, version: str) -> str:
        """What names this scope in the table `reprocessing`."""
        return "|".join([step, version, *(str(value) for value in (self.since, self.until, self.feed, self.outlet))])


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored article: its row, its text, when it appeared, and (for `extract`) its entry, its page and the record of it."""

    row: dict[str, Any]
    text: str
    appeared_at: datetime
    entry: Entry | None = None
    page: Page | None = None
    archive_file: str = ""
    archive_offset: int = 0


_TEXT = "JOIN article_texts t ON t.article_id = a.id AND t.version = a.version"
# Behind an article in the order of time; from the start again when that article is gone.
_BEHIND = f"coalesce(({ORDER.format(a='a')}) > (SELECT ({ORDER.format(a='z')}) FROM articles z WHERE z.id = ?), true)"
_FROM_PAGE = "a.source = 'page' AND p.archive_file IS NOT NULL"


def left_out(connection: duckdb.DuckDBPyConnection, scope: Scope) -> dict[str, int]:
    """The articles of a scope that have no archived page: why -> how many."""
    where, values = scope.where()
    rows = connection.execute(
        "SELECT CASE WHEN a.source = 'feed' THEN 'made from the feed''s own text' ELSE 'the page is not in the archive' END, "
        f"count(*) FROM articles a LEFT JOIN pages p ON p.id = a.page_id WHERE NOT coalesce({_FROM_PAGE}, false) AND {where} "
        "GROUP BY 1",
        values,
    ).fetchall()
    return dict(rows)


def count(connection: duckdb.DuckDBPyConnection, scope: Scope, *, with_page: bool, after: int) -> int:
    """How many articles come after `after` in the order of reading."""
    where, values = scope.where()
    only = f"AND {_FROM_PAGE}" if with_page else ""
    behind = "a.id > ?" if with_page else _BEHIND
    sql = f"SELECT count(*) FROM articles a LEFT JOIN pages p ON p.id = a.page_id WHERE {behind} {only} AND {where}"
    row = bulk.first(connection, sql, [after, *values])
    return int(row[0]) if row else 0


def with_pages(connection: duckdb.DuckDBPyConnection, scope: Scope, after: int, limit: int) -> list[Stored]:
    """The next articles that have an archived page, by id."""
    where, values = scope.where()
    rows = bulk.dicts(
        connection,
        "SELECT a.*, t.text AS its_text, p.url AS p_url, p.final_url AS p_final_url, p.status AS p_status, "
        "p.content_type AS p_content_type, p.charset AS p_charset, p.body_sha1 AS p_body_sha1, p.bytes AS p_bytes, "
        "p.fetched_at AS p_fetched_at, p.archive_file AS p_archive_file, p.archive_offset AS p_archive_offset, "
        "coalesce(k.entry_id, (SELECT min(x.entry_id) FROM entry_articles x WHERE x.article_id = a.id)) AS its_entry "
        f"FROM articles a {_TEXT} JOIN pages p ON p.id = a.page_id LEFT JOIN page_checks k ON k.article_id = a.id "
        f"WHERE a.id > ? AND {_FROM_PAGE} AND {where} ORDER BY a.id LIMIT ?",
        [after, *values, limit],
    )
    entries = _entries(connection, [row["its_entry"] for row in rows if row["its_entry"] is not None])
    return [_stored(row, entries.get(row["its_entry"])) for row in rows]


def _stored(row: dict[str, Any], entry: Entry | None) -> Stored:
    page = Page(
        id=row["page_id"],
        entry_id=entry.id if entry else 0,
        url=row["p_url"],
        final_url=row["p_final_url"],
        status=row["p_status"],
        html="",
        content_type=row["p_content_type"],
        charset=row["p_charset"],
        body_sha1=row["p_body_sha1"],
        bytes=row["p_bytes"],
        fetched_at=row["p_fetched_at"],
    )
    return Stored(row, row["its_text"], page.fetched_at, entry, page, row["p_archive_file"], row["p_archive_offset"])


def _entries(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, Entry]:
    rows = bulk.with_ids(
        connection,
        sorted(set(ids)),
        "SELECT e.id, e.feed_id, coalesce(e.guid, e.url, ''), coalesce(e.url, ''), e.title, e.authors, "
        "e.published_at, e.updated_at, e.attempts, e.summary, c.content, e.language FROM entries e "
        "JOIN wanted ON wanted.id = e.id LEFT JOIN entry_contents c ON c.entry_id = e.id AND c.edit = e.edits",
    )
    return {
        row[0]: Entry(
            row[0], row[1], row[2], row[3], row[4], tuple(row[5]), row[6], row[7], row[8], row[9], row[10], language=row[11]
        )
        for row in rows
    }


def with_texts(connection: duckdb.DuckDBPyConnection, scope: Scope, after: int, limit: int) -> list[Stored]:
    """The next articles with their stored texts, in the order of their time."""
    where, values = scope.where()
    rows = bulk.dicts(
        connection,
        "SELECT a.*, t.text AS its_text, coalesce(a.published_at, g.appeared_at, a.first_seen_at) AS its_time "
        f"FROM articles a {_TEXT} LEFT JOIN signatures g ON g.article_id = a.id WHERE {_BEHIND} AND {where} "
        f"ORDER BY {ORDER.format(a='a')} LIMIT ?",
        [after, *values, limit],
    )
    return [Stored(row, row["its_text"], row["its_time"]) for row in rows]


def reached(connection: duckdb.DuckDBPyConnection, key: str) -> int | None:
    """The last article that an unfinished reading has done; None when there is none."""
    row = bulk.first(connection, "SELECT after_id FROM reprocessing WHERE scope = ?", [key])
    return row[0] if row else None


def note(connection: duckdb.DuckDBPyConnection, key: str, after: int, now: datetime) -> None:
    """Writes how far a reading has come."""
    connection.execute(
        "INSERT INTO reprocessing VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET after_id = excluded.after_id", [key, after, now]
    )


def ended(connection: duckdb.DuckDBPyConnection, key: str) -> None:
    """The reading is through."""
    connection.execute("DELETE FROM reprocessing WHERE scope = ?", [key])


def set_columns(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Sets columns of `articles`; all rows have the same ones."""
    if rows:
        bulk.update(connection, "articles", rows, columns=[name for name in rows[0] if name != "id"])


def judge_pages(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Sets what pages were judged to be."""
    bulk.update(connection, "pages", rows, columns=["verdict", "verdict_score", "evidence"])
