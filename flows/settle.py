"""Settling a batch: decide how each entry ends, fold and link its article, and write all of it in one transaction.

Entries are decided one by one in the queue's order. What a decision needs is read from the store before the batch and
kept up with what the batch itself decides, so that batches of any size end in the same tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import duckdb
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows import logs, renewal
from flows.folding import Folding, lookups
from schemas.entity_records import ArticleEntities
from schemas.reasons import EntryState, Reason
from schemas.records import Entry, Extraction, FoldDoc, Page, PageCheck
from schemas.settings import Settings
from schemas.summaries import RunCounts
from tasks import entity_links, text, urls
from tasks.dedupe import CopySettings
from tasks.feed_text import is_from_feed
from tasks.page_checks import next_check
from tasks.settle import (
    Batch,
    Ending,
    KnownArticle,
    Worked,
    blocked_by,
    identify,
    is_edit,
    look_again,
    out_of_range,
    replaces_feed_text,
    settle_failure,
    settle_without_article,
)
from tasks.store import articles, entities, entries, folding, page_checks, runs
from tasks.store.entries import AddressOutcome, Settlement
from tasks.store.master import open_master, transaction
from tasks.story_settings import StorySettings
from tasks.urls import article_key


@dataclass(slots=True)
class Books:
    """What a batch has decided so far; everything here is written at the end."""

    run_id: int
    now: datetime
    known: dict[int, KnownArticle]
    fold: Folding
    blocked: frozenset[str]
    delays: tuple[timedelta, ...]  # after which an article's page is looked at again
    settlements: list[Settlement] = field(default_factory=list)
    new: dict[int, dict[str, Any]] = field(default_factory=dict)
    edited: dict[int, dict[str, Any]] = field(default_factory=dict)
    texts: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    looked: list[dict[str, Any]] = field(default_factory=list)
    edits: dict[int, renewal.Edit] = field(default_factory=dict)
    # (article, what was found in it, its time), in the queue's order
    found: list[tuple[int, ArticleEntities, datetime | None]] = field(default_factory=list)


@task(name="settle-batch", cache_policy=NO_CACHE, persist_result=False, retries=2, retry_delay_seconds=5)
def settle_batch(settings: Settings, batch: Batch, run_id: int) -> RunCounts:
    """Decides and writes a batch. Running it again changes nothing: settled entries are passed over."""
    checks = any(item.check is not None for item in batch.items)
    return (settle_checks if checks else settle_entries)(settings, batch.items, run_id, datetime.now(UTC))


def settle_entries(settings: Settings, batch: Sequence[Worked], run_id: int, now: datetime) -> RunCounts:
    """Decides and writes a batch in one transaction; returns what it came to."""
    with open_master(settings) as connection, transaction(connection):
        queued = entries.still_pending(connection, [item.entry.id for item in batch])
        batch = [item for item in batch if item.entry.id in queued]
        books = open_books(connection, settings, batch, run_id, now)
        addresses = sorted({address for _, address in queued.values() if address is not None})
        outcomes = entries.address_outcomes(connection, addresses, now)
        for item in batch:
            queued_at, address = queued[item.entry.id]
            lead = outcomes.get(address) if address is not None else None
            if item.follows or entries.leads(lead, item.entry, queued_at):
                ending, article_id = _follow(books, item, lead)
            else:
                ending, article_id = _decide(books, item, settings.attempts)
            _note(books, item, ending)
            if address is not None:
                outcomes[address] = AddressOutcome(
                    item.entry.id, ending.state, ending.reason, ending.detail, now, article_id, ending.next_attempt_at
                )
        write_books(connection, books, batch)
    logs.settled(run_id, {item.entry.id: item.entry.url for item in batch}, books.settlements)
    return counts_of(books)


def settle_checks(settings: Settings, batch: Sequence[Worked], run_id: int, now: datetime) -> RunCounts:
    """Writes what looks at stored articles' pages came to. Their entries keep the state in which they ended."""
    with open_master(settings) as connection, transaction(connection):
        due = page_checks.still_due(connection, [item.check.article_id for item in batch if item.check], now)
        batch = [item for item in batch if item.check and item.check.article_id in due]
        books = open_books(connection, settings, batch, run_id, now)
        for item in batch:
            if item.check is not None:
                _settle_check(books, item, item.check)
        write_books(connection, books, batch)
        return counts_of(books)


def open_books(
    connection: duckdb.DuckDBPyConnection, settings: Settings, batch: Sequence[Worked], run_id: int, now: datetime
) -> Books:
    known, fold = _known(connection, batch), _folding(connection, settings, batch)
    return Books(run_id, now, known, fold, articles.blocked(connection), settings.recheck_delays)


def _known(connection: duckdb.DuckDBPyConnection, batch: Sequence[Worked]) -> dict[int, KnownArticle]:
    """The stored articles that the batch's pages may be, or to which its entries led before."""
    ids = articles.linked(connection, [item.entry.id for item in batch])
    for item in batch:
        if isinstance(item.extraction, Extraction) and item.page is not None:
            ids.update((urls.article_id(item.extraction.canonical_url), urls.article_id(item.page.final_url)))
        if item.feed_text is not None:
            ids.add(urls.article_id(item.feed_text.canonical_url))
    return articles.known(connection, sorted(ids))


def _folding(connection: duckdb.DuckDBPyConnection, settings: Settings, batch: Sequence[Worked]) -> Folding:
    """What is known of copies and stories, as far as this batch may touch it."""
    copy_settings, story_settings = CopySettings(window_days=settings.fold_window_days), StorySettings()
    read = [(item.signature, item.features) for item in batch if item.signature is not None and item.features is not None]
    index = folding.preload(connection, *lookups(read, copy_settings, story_settings))
    return Folding(index, copy_settings, story_settings)


def _follow(books: Books, item: Worked, lead: AddressOutcome | None) -> tuple[Ending, int | None]:
    """An entry whose address another one has worked off ends as that one did."""
    if lead is None or lead.state is EntryState.PENDING:
        later = lead.next_attempt_at if lead else books.now + timedelta(minutes=5)
        return Ending(EntryState.PENDING, item.entry.queued_reason, None, item.entry.attempts, later), None
    if lead.article_id is None:
        return Ending(lead.state, lead.reason, lead.detail), None
    books.links.append({"entry_id": item.entry.id, "article_id": lead.article_id, "reason": Reason.SAME_ADDRESS})
    return Ending(EntryState.UNCHANGED, Reason.SAME_ADDRESS), lead.article_id


def _decide(books: Books, item: Worked, most_attempts: int) -> tuple[Ending, int | None]:
    if item.feed_text is not None:
        return _settle_feed_text(books, item, item.feed_text)
    if item.failure is not None:
        return settle_failure(item.entry, item.failure, books.now, most_attempts), None
    if item.extraction is None or item.page is None:
        detail = "the page was fetched but not extracted"
        return Ending(EntryState.QUARANTINED, Reason.EXTRACT_FAILED, detail, item.entry.attempts + 1, stage="extract"), None
    ending = settle_without_article(item.extraction, item.entry.attempts)
    if ending is not None or not isinstance(item.extraction, Extraction):
        return ending or Ending(EntryState.QUARANTINED, Reason.EXTRACT_FAILED, stage="extract"), None
    return _settle_article(books, item, item.page, item.extraction)


def _settle_article(books: Books, item: Worked, page: Page, made: Extraction) -> tuple[Ending, int | None]:
    digest = text.text_hash(made.text)
    if ending := out_of_range(item.entry, made):
        return ending, None
    url = identify(made, page, books.known.get(urls.article_id(made.canonical_url)), digest)
    known = books.known.get(urls.article_id(url)) or _made_from_feed(books, item.entry)
    article_id = known.id if known else urls.article_id(url)
    if blocked_by(url, books.blocked) or blocked_by(page.final_url, books.blocked):
        return Ending(EntryState.REFUSED, Reason.FORGOTTEN, "it leads to what was removed by `newsfold forget`"), None
    reason = Reason.FROM_FEED if is_from_feed(made) else Reason.NEW_ARTICLE
    if known is None:
        _store_new(books, item, page, made, url, digest)
    elif _is_new_version(item.entry, page, known, made, digest):
        reason = Reason.NEW_VERSION
        store_version(books, item, page, made, known, digest)
    else:
        reason = Reason.SAME_TEXT if item.entry.id in known.entries else Reason.SAME_ARTICLE
        books.known[article_id] = replace(known, entries=known.entries | {item.entry.id})
    books.links.append({"entry_id": item.entry.id, "article_id": article_id, "reason": reason})
    new = reason in (Reason.NEW_ARTICLE, Reason.FROM_FEED, Reason.NEW_VERSION)
    return Ending(EntryState.STORED if new else EntryState.UNCHANGED, reason), article_id


def _made_from_feed(books: Books, entry: Entry) -> KnownArticle | None:
    """The article that an entry's own feed text became, whatever address its page turns out to have."""
    return next((known for known in books.known.values() if entry.id in known.entries and known.source == "feed"), None)


def _is_new_version(entry: Entry, page: Page, known: KnownArticle, made: Extraction, digest: str) -> bool:
    if known.source == "feed":
        return replaces_feed_text(entry, known, made, digest)
    if is_from_feed(made):  # the page showed more before: what is stored stays
        return False
    return is_edit(entry, page, known, digest, made.title)


def _settle_feed_text(books: Books, item: Worked, made: Extraction) -> tuple[Ending, int | None]:
    """An article made from the feed. It never takes the place of what was read on the page."""
    digest, own_id = text.text_hash(made.text), item.entry.id
    if ending := out_of_range(item.entry, made):
        return ending, None
    if blocked_by(made.canonical_url, books.blocked):
        return Ending(EntryState.REFUSED, Reason.FORGOTTEN, "it leads to what was removed by `newsfold forget`"), None
    led = (known for known in books.known.values() if own_id in known.entries)
    known = next(led, None) or books.known.get(urls.article_id(made.canonical_url))
    article_id = known.id if known else urls.article_id(made.canonical_url)
    reason = Reason.FROM_FEED
    if known is None:
        _store_new(books, item, None, made, made.canonical_url, digest)
    elif own_id in known.entries and known.source == "feed" and digest != known.text_hash:
        reason = Reason.NEW_VERSION
        store_version(books, item, None, made, known, digest)
    else:
        reason = Reason.SAME_TEXT if own_id in known.entries else Reason.SAME_ARTICLE
        books.known[article_id] = replace(known, entries=known.entries | {own_id})
    books.links.append({"entry_id": own_id, "article_id": article_id, "reason": reason})
    new = reason in (Reason.FROM_FEED, Reason.NEW_VERSION)
    return Ending(EntryState.STORED if new else EntryState.UNCHANGED, reason, _page_trouble(item)), article_id


def _page_trouble(item: Worked) -> str | None:
    """Why the page itself could not be read, in words."""
    if item.failure is not None:
        return item.failure.detail
    return item.extraction.evidence if isinstance(item.extraction, Extraction) else None


def _settle_check(books: Books, item: Worked, check: PageCheck) -> None:
    """A look at a stored article's page: other words make a new version, everything else is only noted."""
    result = look_again(item)
    if result is None and item.page is not None and isinstance(item.extraction, Extraction):
        result = _compare(books, item, check, item.page, item.extraction)
    got = item.same or item.page
    row = partial(page_checks.looked_row, check, next_check(check.stored_at, check.done, books.now, books.delays))
    gone = result in (Reason.NOT_FOUND, Reason.HTTP_GONE, Reason.SOFT_404)
    answered = (got.final_url, got.validators) if got else None
    books.looked.append(row(result or Reason.EXTRACT_FAILED, answered, gone=gone, now=books.now))


def _compare(books: Books, item: Worked, check: PageCheck, page: Page, made: Extraction) -> Reason:
    digest, known = text.text_hash(made.text), books.known.get(check.article_id)
    if known is None or blocked_by(made.canonical_url, books.blocked) or blocked_by(page.final_url, books.blocked):
        return Reason.FORGOTTEN
    if not _is_new_version(item.entry, page, known, made, digest):
        return Reason.SAME_TEXT if digest == known.text_hash else Reason.SAME_ARTICLE
    store_version(books, item, page, made, known, digest)
    return Reason.NEW_VERSION


def _store_new(books: Books, item: Worked, page: Page | None, made: Extraction, url: str, digest: str) -> None:
    article_id = urls.article_id(url)
    row = articles.article_row(article_id, url, item.entry, page, made, digest, books.run_id, books.now)
    row["entities_skipped"] = item.found.skipped if item.found else None
    books.new[article_id] = row
    _add_text(books, item, made, row)
    books.known[article_id] = _known_as(row, page, frozenset({item.entry.id}))
    # What an archive held is not edited any more: it is not looked at again.
    delays = books.delays if item.entry.backfill_id is None else ()
    upcoming = next_check(books.now, 0, books.now, delays)
    books.checks.append(page_checks.first_row(article_id, item.entry, page, upcoming, books.now))
    if item.signature is not None and item.features is not None:
        doc = FoldDoc(article_id, made.title or "", made.text, item.signature.at, item.signature.source, made.language)
        books.fold.place(doc, replace(item.signature, article_id=article_id), item.features)


def store_version(
    books: Books, item: Worked, page: Page | None, made: Extraction, known: KnownArticle, digest: str, cause: str = ""
) -> None:
    """An edited article: another version of its text and metadata. Its place among copies is found anew at the run's end."""
    cause = cause or (renewal.BY_PAGE if known.source == "feed" and page is not None else renewal.BY_PUBLISHER)
    books.edits[known.id] = renewal.Edit(known.version, known.title, made.title, made.text, cause)
    row = articles.new_version_row(known.id, known.version + 1, page, made, digest, books.run_id, books.now)
    row["entities_skipped"] = item.found.skipped if item.found else None
    books.edited[known.id] = row
    _add_text(books, item, made, row)
    books.known[known.id] = _known_as(row, page, known.entries | {item.entry.id}, item.entry.url)


def _add_text(books: Books, item: Worked, made: Extraction, row: dict[str, Any]) -> None:
    books.texts.append(articles.text_row(row["id"], row["version"], made.text, made.markdown))
    if item.found is not None:
        seen_at = item.signature.at if item.signature else None
        books.found.append((row["id"], item.found, seen_at))


def _known_as(row: dict[str, Any], page: Page | None, entry_ids: frozenset[int], page_url: str = "") -> KnownArticle:
    where = page.final_url if page else row.get("page_url", page_url)
    key, words = article_key(where), row["words"]
    digest, title, source = row["text_hash"], row["title"], row["source"]
    return KnownArticle(row["id"], key, row["version"], digest, title, words, entry_ids, source, row["page_id"])


def _note(books: Books, item: Worked, ending: Ending) -> None:
    entry = item.entry
    books.settlements.append(
        Settlement(entry.id, ending.state, ending.reason, ending.detail, ending.attempts, ending.next_attempt_at, books.now)
    )
    if ending.state is EntryState.QUARANTINED:
        books.quarantined.append(
            {
                "id": entry.id,
                "kind": "entry",
                "url": entry.url,
                "stage": ending.stage,
                "reason": ending.reason,
                "detail": ending.detail,
                "attempts": ending.attempts,
                "page_id": item.page.id if item.page else None,
                "quarantined_at": books.now,
                "run_id": books.run_id,
            }
        )


def write_books(connection: duckdb.DuckDBPyConnection, books: Books, batch: Sequence[Worked]) -> None:
    runs.record_attempts(connection, [attempt for item in batch for attempt in item.attempts], books.run_id)
    kept = [item for item in batch if item.same is None and not (item.page and blocked_by(item.page.final_url, books.blocked))]
    articles.insert_pages(connection, kept)
    changes = renewal.describe(connection, books.edits)
    articles.write(
        connection, list(books.new.values()), list(books.edited.values()), books.texts, books.links, books.now, changes
    )
    fold = books.fold
    folding.write(connection, fold.signatures, fold.copies, fold.stories, also_touched=list(books.edited))
    _write_entities(connection, books)
    page_checks.insert(connection, books.checks)
    page_checks.record(connection, books.looked)
    runs.quarantine(connection, books.quarantined)
    entries.settle(connection, books.settlements, books.run_id)


def _write_entities(connection: duckdb.DuckDBPyConnection, books: Books) -> None:
    """Links the batch's entities in the queue's order and writes them."""
    edited = [article_id for article_id in books.edited if article_id not in books.new]
    stories = folding.stories_of(connection, [article_id for article_id, _, _ in books.found])
    keys = {key for _, found, _ in books.found for key in entity_links.alias_keys(found)}
    memory = entities.context(connection, keys, stories.values())
    entities.forget_counts(connection, edited, memory)
    rows: list[dict[str, Any]] = []
    mentions: dict[int, list[dict[str, Any]]] = {}
    facts: dict[int, list[dict[str, Any]]] = {}
    clues: dict[int, list[dict[str, Any]]] = {}
    for article_id, found, seen_at in books.found:
        story_id = stories.get(article_id)
        linked = entity_links.link_entities(found, memory.view(article_id, story_id))
        memory.add(story_id, linked)
        rows += [entities.entity_row(item, seen_at) for item in linked]
        mentions[article_id] = entities.mention_rows(article_id, found, linked)
        facts[article_id] = entities.fact_rows(article_id, found)
        clues[article_id] = entities.clue_rows(article_id, linked)
    entities.write(connection, rows, _flat(mentions), _flat(facts), edited, _flat(clues))


def _flat(groups: dict[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for group in groups.values() for row in group]


def counts_of(books: Books) -> RunCounts:
    return RunCounts(
        entries=sum(done.state is not EntryState.PENDING for done in books.settlements),
        articles=len(books.new),
        versions=len(books.edited),
        copies=sum(books.fold.is_copy(article_id) for article_id in books.new),
        stories=books.fold.opened,
        failures=sum(done.state in (EntryState.QUARANTINED, EntryState.PENDING) for done in books.settlements),
    )
