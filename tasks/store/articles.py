"""Pages, articles, their texts and versions in the store."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from schemas import VERSION
from schemas.records import Entry, Extraction, Page
from tasks.feed_text import is_from_feed
from tasks.settle import KnownArticle, Worked
from tasks.store import bulk
from tasks.urls import article_key, registrable_domain

CHANGE_COLUMNS = ("cause", "change", "words_added", "words_removed", "notice", "diff")


def known(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, KnownArticle]:
    """Those of these articles that are stored."""
    rows = bulk.with_ids(
        connection,
        ids,
        "SELECT a.id, coalesce(any_value(p.final_url), any_value(a.page_url)), any_value(a.version), any_value(a.text_hash), "
        "any_value(a.title), any_value(a.words), list(e.entry_id), any_value(a.source), any_value(a.page_id) "
        "FROM articles a JOIN wanted ON wanted.id = a.id LEFT JOIN pages p ON p.id = a.page_id "
        "LEFT JOIN entry_articles e ON e.article_id = a.id GROUP BY a.id",
    )
    return {
        row[0]: KnownArticle(row[0], article_key(row[1]), row[2], row[3], row[4], row[5], frozenset(row[6]), row[7], row[8])
        for row in rows
    }


def linked(connection: duckdb.DuckDBPyConnection, entry_ids: Sequence[int]) -> set[int]:
    """The articles to which these entries led."""
    sql = "SELECT DISTINCT a.article_id FROM entry_articles a JOIN wanted ON wanted.id = a.entry_id"
    return {row[0] for row in bulk.with_ids(connection, entry_ids, sql)}


def archived(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Those of these pages whose payload is in the archive: id -> (address, time) of that record."""
    sql = "SELECT p.id, p.final_url, p.fetched_at FROM pages p JOIN wanted ON wanted.id = p.id WHERE p.archive_file IS NOT NULL"
    return {row[0]: (row[1], row[2]) for row in bulk.with_ids(connection, ids, sql)}


def texts(connection: duckdb.DuckDBPyConnection, versions: Mapping[int, int]) -> dict[int, str]:
    """The text of one version of each article: `versions` are article id -> version."""
    sql = "SELECT t.article_id, t.version, t.text FROM article_texts t JOIN wanted ON wanted.id = t.article_id"
    rows = bulk.with_ids(connection, sorted(versions), sql)
    return {row[0]: row[2] for row in rows if row[1] == versions[row[0]]}


def blocked(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Article keys and domains that must not return."""
    return frozenset(row[0] for row in connection.execute("SELECT target FROM blocked").fetchall())


def insert_pages(connection: duckdb.DuckDBPyConnection, worked: Sequence[Worked]) -> None:
    """Writes pages that are not there yet."""
    rows = {item.page.id: _page_row(item, item.page) for item in worked if item.page is not None}
    bulk.insert(connection, "pages", list(rows.values()), or_ignore=True)


def _page_row(item: Worked, page: Page) -> dict[str, Any]:
    judged = item.extraction if isinstance(item.extraction, Extraction) else None
    return {
        "id": page.id,
        "url": page.url,
        "final_url": page.final_url,
        "status": page.status,
        "content_type": page.content_type,
        "charset": page.charset,
        "body_sha1": page.body_sha1,
        "bytes": page.bytes,
        "etag": page.validators.etag,
        "last_modified": page.validators.last_modified,
        "tdm_reserved": page.tdm_reserved,
        "tdm_policy": page.tdm_policy,
        "tdm_source": page.tdm_source,
        "robots_tag": page.robots_tag,
        "verdict": judged.verdict if judged else None,
        "verdict_score": judged.verdict_score if judged else None,
        "evidence": judged.evidence if judged else None,
        "fetched_at": page.fetched_at,
        "archive_file": item.archive_file,
        "archive_offset": item.archive_offset,
    }


def article_row(
    article_id: int, url: str, entry: Entry, page: Page | None, made: Extraction, text_hash: str, run_id: int, now: datetime
) -> dict[str, Any]:
    """A row of `articles` for a first version. Without a page it is made from the feed's text."""
    return {
        "id": article_id,
        "url": url,
        "page_url": entry.url,
        "feed_id": entry.feed_id,
        "domain": registrable_domain(url),
        "published_at": made.published_at,
        "published_precision": made.published_precision,
        "published_as_given": made.published_as_given,
        "feed_published_at": made.feed_published_at,
        "first_seen_at": now,
        **_content(page, made, text_hash, 1, run_id, now),
    }


def new_version_row(
    article_id: int, version: int, page: Page | None, made: Extraction, text_hash: str, run_id: int, now: datetime
) -> dict[str, Any]:
    """The columns of `articles` that a new version sets. The publication time stays."""
    return {"id": article_id, **_content(page, made, text_hash, version, run_id, now)}


def _content(page: Page | None, made: Extraction, text_hash: str, version: int, run_id: int, now: datetime) -> dict[str, Any]:
    fed = page is None or is_from_feed(made)
    return {
        "page_id": page.id if page and not fed else None,
        "source": "feed" if fed else "page",
        "version": version,
        "outlet": made.outlet,
        "title": made.title,
        "description": made.description,
        "authors": list(made.authors),
        "agency": made.agency,
        "outlet_home": made.outlet_home,
        "rights": made.rights,
        "modified_at": made.modified_at,
        "modified_precision": made.modified_precision,
        "modified_as_given": made.modified_as_given,
        "language": made.language,
        "language_declared": made.language_declared,
        "section": made.section,
        "tags": list(made.tags),
        "image_url": made.image_url,
        "is_free": made.is_free,
        "words": made.words,
        "verdict": made.verdict,
        "text_hash": text_hash,
        "provenance": json.dumps(dict(made.provenance), ensure_ascii=False),
        "extractor_version": VERSION,
        "changed_at": now,
        "run_id": run_id,
    }


def text_row(article_id: int, version: int, text: str, markdown: str) -> dict[str, Any]:
    """A row of `article_texts`. Most texts have no structure but their paragraphs: their Markdown is not stored a second time."""
    plain = text.replace("\n", "\n\n")
    return {"article_id": article_id, "version": version, "text": text, "markdown": None if markdown == plain else markdown}


def version_row(row: dict[str, Any], now: datetime, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The row of `article_versions` that goes with a row of `articles`."""
    return {
        **dict.fromkeys(CHANGE_COLUMNS),
        **(change or {}),
        "article_id": row["id"],
        "version": row["version"],
        "page_id": row["page_id"],
        "title": row["title"],
        "text_hash": row["text_hash"],
        "words": row["words"],
        "modified_at": row["modified_at"],
        "extractor_version": row["extractor_version"],
        "seen_at": now,
        "run_id": row["run_id"],
    }


def write(
    connection: duckdb.DuckDBPyConnection,
    new: Sequence[dict[str, Any]],
    edited: Sequence[dict[str, Any]],
    texts: Sequence[dict[str, Any]],
    links: Sequence[dict[str, Any]],
    now: datetime,
    changes: Mapping[int, dict[str, Any]],
) -> None:
    """Writes articles, their versions and texts, and which entries led to them. `changes`: what each edit changed."""
    bulk.insert(connection, "articles", new)
    if edited:
        bulk.update(connection, "articles", edited, columns=[name for name in edited[0] if name != "id"])
    bulk.insert(connection, "article_versions", [version_row(row, now, changes.get(row["id"])) for row in [*new, *edited]])
    bulk.insert(connection, "article_texts", texts)
    bulk.insert(connection, "entry_articles", links, or_ignore=True)


def touched(connection: duckdb.DuckDBPyConnection, run_id: int, most: int) -> tuple[list[int], list[int], bool]:
    """The stories and entities that a run's articles belong to, at most `most` of each, and whether that is all of them."""
    own = "SELECT id FROM articles WHERE run_id = ?"
    stories = connection.execute(
        f"SELECT DISTINCT story_id FROM story_articles WHERE article_id IN ({own}) ORDER BY 1 LIMIT ?", [run_id, most + 1]
    ).fetchall()
    found = connection.execute(
        f"SELECT DISTINCT entity_id FROM mentions WHERE entity_id IS NOT NULL AND article_id IN ({own}) ORDER BY 1 LIMIT ?",
        [run_id, most + 1],
    ).fetchall()
    complete = len(stories) <= most and len(found) <= most
    return [row[0] for row in stories[:most]], [row[0] for row in found[:most]], complete
