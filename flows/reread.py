"""The `extract` step of `reprocess`: archived pages read again, compared with what is stored, written as versions."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flows import renewal, steps
from flows.settle import open_books, store_version, write_books
from flows.steps import Extractor
from schemas import VERSION
from schemas.records import ExtractFailed, Extraction, Page
from schemas.settings import Settings
from tasks import archive, text
from tasks.feed_text import is_from_feed
from tasks.page import decode
from tasks.reprocess import METADATA, PLACING, Difference, Report, compare
from tasks.settle import Worked
from tasks.store import articles, entity_counts, feeds, furniture, refolds
from tasks.store import reprocess as store
from tasks.store.master import open_master, transaction
from tasks.store.reprocess import Stored
from tasks.workers import Workers

At = tuple[int, str, int]  # run id, name of the order, the last article of the batch
_Changed = tuple[Stored, Worked, Extraction, Difference]


def read_batch(
    settings: Settings, pool: Workers, batch: Sequence[Stored], extractor: Extractor, report: Report, at: At | None
) -> None:
    """Reads a batch's pages again, adds what changed to the report and, with `at`, writes it."""
    with open_master(settings) as connection:
        titles = feeds.titles(connection, [stored.entry.feed_id for stored in batch if stored.entry])
        # What repetition cut from a page at its first reading is cut again: the same page, the same text.
        cut = furniture.decided(connection, [stored.entry.id for stored in batch if stored.entry])
    readable: list[tuple[Stored, Worked]] = []
    for stored in batch:
        page = _page_of(settings, stored)
        if page is None or stored.entry is None:
            report.left_out["the page's record in the archive can't be read" if page is None else "its entry is gone"] += 1
        else:
            readable.append((stored, Worked(stored.entry, page=page)))
    # Dates are judged as on the day when the page was fetched.
    jobs = [steps.source_of(item, titles, stored.appeared_at, cut.get(item.entry.id, frozenset())) for stored, item in readable]
    made = pool.run(extractor, jobs, steps.extract_failed, steps.EXTRACT_SECONDS)
    changed = _compare_all(readable, made, report)
    if at is not None:
        items = steps.read_batch(settings, pool, [item for _, item, _, found in changed if found.is_version])
        read = {item.entry.id: item for item in items}
        _write(settings, [(one, read.get(item.entry.id, item), made, found) for one, item, made, found in changed], at)


def _page_of(settings: Settings, stored: Stored) -> Page | None:
    """The page as it was fetched; None when the archive does not hold that payload any more."""
    try:
        record = archive.read_record(settings.archive_folder, stored.archive_file, stored.archive_offset)
    except LookupError:
        return None
    page = stored.page
    if page is None or hashlib.sha1(record.body, usedforsecurity=False).hexdigest() != page.body_sha1:
        return None
    declared = next((value for name, value in record.headers if name == "content-language"), None)
    return replace(page, html=decode(record.body, page.content_type)[0], content_language=declared)


def _compare_all(
    readable: Sequence[tuple[Stored, Worked]], made: Sequence[Extraction | ExtractFailed], report: Report
) -> list[_Changed]:
    """What is to be written. What would be lost by writing it (no article any more, a failure) is only reported."""
    changed: list[_Changed] = []
    for (stored, item), found in zip(readable, made, strict=True):
        report.examined += 1
        if isinstance(found, ExtractFailed):
            report.left_out["the extractor failed; what is stored stays"] += 1
            continue
        if is_from_feed(found):
            report.left_out["the feed shows more than the page; what is stored stays"] += 1
            continue
        difference = compare(stored.row, stored.text, _row(stored, item, found), found.text)
        if not difference.kinds:
            continue
        if difference.kinds[0].startswith("no article any more"):
            report.left_out[f"{difference.kinds[0]}; what is stored stays"] += 1
            continue
        report.add(stored.row["id"], stored.row["url"], difference.kinds, difference.shown, version=difference.is_version)
        changed.append((stored, replace(item, extraction=found), found, difference))
    return changed


def _row(stored: Stored, item: Worked, made: Extraction) -> dict[str, Any]:
    """The columns of `articles` that this reading gives."""
    row = articles.new_version_row(
        stored.row["id"], stored.row["version"], item.page, made, text.text_hash(made.text), 0, stored.appeared_at
    )
    dated = made if made.published_at is not None else None
    for name in ("published_at", "published_precision", "published_as_given", "feed_published_at"):
        row[name] = getattr(dated, name) if dated else stored.row[name]
    return row


def _write(settings: Settings, changed: Sequence[_Changed], at: At) -> None:
    run_id, key, after = at
    now = datetime.now(UTC)
    with open_master(settings) as connection, transaction(connection):
        versions = [item for _, item, _, found in changed if found.is_version]
        books = open_books(connection, settings, [], run_id, now)
        books.known = articles.known(connection, [stored.row["id"] for stored, *_ in changed])
        rows, moved = [], []
        for stored, item, made, found in changed:
            rows.append(_row(stored, item, made))
            if found.is_version:
                known = books.known[stored.row["id"]]
                store_version(books, item, item.page, made, known, text.text_hash(made.text), renewal.BY_EXTRACTOR)
            elif PLACING & set(found.columns):
                moved.append({"article_id": stored.row["id"], "keep_story": True})
        write_books(connection, books, versions)
        columns = ("id", *METADATA)
        store.set_columns(connection, [{name: row[name] for name in columns} | {"extractor_version": VERSION} for row in rows])
        seen = [stored.row["id"] for stored, _, _, found in changed if {"outlet", "published_at"} & set(found.columns)]
        entity_counts.recount_articles(connection, seen)
        refolds.queue(connection, moved)
        store.judge_pages(connection, [_judged(item.page, made) for _, item, made, _ in changed if item.page is not None])
        store.note(connection, key, after, now)


def _judged(page: Page, made: Extraction) -> dict[str, Any]:
    return {"id": page.id, "verdict": made.verdict, "verdict_score": made.verdict_score, "evidence": made.evidence}
