"""`newsfold forget`: everything of an address or a domain goes, from master, published file and archive, and stays away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import duckdb

from schemas.errors import BadInput
from schemas.settings import Settings
from tasks import archive
from tasks.settle import blocked_by
from tasks.store import bulk, entities, folding
from tasks.store.compact import compact
from tasks.store.master import master_path, must_hold, open_master, transaction
from tasks.store.publish import owe, publish
from tasks.store.search import index_path
from tasks.urls import article_key, host_of, is_http_url

Matches = Callable[[str], bool]

OLD = "old"  # kind of what `article_days` removed
_BY_ARTICLE = (
    "article_texts", "article_versions", "copies", "story_articles", "signatures", "story_vectors",
    "mentions", "facts", "person_clues", "entry_articles", "page_checks", "refolds",
)  # fmt: skip
_BACKFILLS_OF = "SELECT DISTINCT s.backfill_id FROM backfill_steps s JOIN wanted ON wanted.id = s.target"
_BY_ENTRY = ("entry_contents", "entry_articles", "page_checks", "page_lines", "page_furniture")


def forget(settings: Settings, target: str, now: datetime) -> str:
    """Removes an address or a domain for good; returns a sentence that says what went.

    Deleted rows would live on in the file's free blocks, so the master is compacted and published anew; older copies go.

    Raises:
        BadInput: `target` is neither an address nor a domain.
        StoreLocked: the master is held by another program.
    """
    key, kind = read_target(target)
    articles, entries = _forget_all(settings, {key: kind}, now)
    remove_older_copies(settings)
    return f"{target}: articles removed: {articles}, entries removed: {entries}; it stays blocked"


def remove_older_copies(settings: Settings) -> None:
    """Removes snapshots, backups and damaged masters kept aside: they hold what is forgotten."""
    path = master_path(settings)
    for file in (
        *settings.snapshots_folder.glob("newsfold-*.duckdb"),
        *path.parent.glob(f"{path.stem}.schema-*"),
        *path.parent.glob(f"{path.stem}.damaged-*"),
    ):
        file.unlink(missing_ok=True)


def forget_old(settings: Settings, urls: Sequence[str], now: datetime) -> int:
    """Removes articles that are too old for a person's taste, all in one go; returns how many.

    They stay blocked (for half a year): a feed that still lists them would bring them back.
    """
    return _forget_all(settings, {article_key(url): OLD for url in urls}, now)[0]


def _forget_all(settings: Settings, blocked: Mapping[str, str], now: datetime) -> tuple[int, int]:
    targets = frozenset(blocked)

    def matches(url: str) -> bool:
        return blocked_by(url, targets)

    # No ingest may be at work: it would write what it fetched before, and where that stood in the archive.
    with must_hold(settings, "ingest"), must_hold(settings, "archive"):
        repair_offsets(settings)
        owe(settings)  # killed before the end of this, the next run publishes: what people open must not keep it
        with open_master(settings) as connection, transaction(connection):
            articles, entries = _forget_rows(connection, matches)
            for key, kind in blocked.items():
                verb = "IGNORE" if kind == OLD else "REPLACE"  # what a person forgot stays what it is
                connection.execute(f"INSERT OR {verb} INTO blocked VALUES (?, ?, ?)", [key, kind, now])
        moved = archive.forget(settings.archive_folder, matches)
        with open_master(settings) as connection, transaction(connection):
            _move_offsets(connection, moved)
        archive.places_written(settings.archive_folder, archive.rewritten(settings.archive_folder))
    index_path(settings).unlink(missing_ok=True)  # it holds the words of what is forgotten
    compact(settings)
    publish(settings, now)
    return articles, entries


def repair_offsets(settings: Settings) -> None:
    """Makes good a crash between the rewriting of an archive file and the writing of its records' new places.

    The caller holds the archive lock. Running it again changes nothing.
    """
    for file in archive.rewritten(settings.archive_folder):
        places = archive.places_in(settings.archive_folder, file)
        with open_master(settings) as connection, transaction(connection):
            sql = "SELECT id, final_url, body_sha1 FROM pages WHERE archive_file = ?"
            rows = connection.execute(sql, [file]).fetchall()
            found = [{"id": row[0], "archive_offset": places[row[1], row[2]]} for row in rows if (row[1], row[2]) in places]
            bulk.update(connection, "pages", found, columns=["archive_offset"])
        archive.places_written(settings.archive_folder, [file])


def read_target(target: str) -> tuple[str, str]:
    """(what is blocked, "address" or "domain").

    Raises:
        BadInput: it is neither.
    """
    if "://" in target:
        if not is_http_url(target):
            raise BadInput(f"{target!r} is no http(s) address")
        return article_key(target), "address"
    host = target.strip().rstrip(".").lower()
    if "/" in host:
        return article_key(f"https://{host}"), "address"
    if "." not in host or host_of(f"https://{host}") != host:
        raise BadInput(f"{target!r} is neither an address nor a domain")
    return host, "domain"


def _forget_rows(connection: duckdb.DuckDBPyConnection, matches: Matches) -> tuple[int, int]:
    articles = _matching(connection, "SELECT id, url FROM articles UNION ALL SELECT id, page_url FROM articles", matches)
    feeds = _matching(connection, "SELECT id, url FROM feeds UNION ALL SELECT id, poll_url FROM feeds", matches)
    entries = _matching(connection, "SELECT id, url FROM entries WHERE url IS NOT NULL", matches)
    entries |= {
        row[0]
        for row in bulk.with_ids(connection, sorted(feeds), "SELECT e.id FROM entries e JOIN wanted ON wanted.id = e.feed_id")
    }
    pages = _matching(connection, "SELECT id, url FROM pages UNION ALL SELECT id, final_url FROM pages", matches)
    entries |= _led_there(connection, articles, pages)
    touched = _entities_of(connection, articles)
    stories = set(folding.stories_of(connection, sorted(articles)).values())
    _forget_notices(connection, articles)
    folding.leave_copies(connection, sorted(articles))
    for table in _BY_ARTICLE:
        _delete(connection, table, "article_id", articles)
    for table in _BY_ENTRY:
        _delete(connection, table, "entry_id", entries)
    for table, ids in (("articles", articles), ("entries", entries), ("quarantine", entries), ("pages", pages), ("feeds", feeds)):
        _delete(connection, table, "id", ids)
    _forget_backfills(connection, feeds, matches)
    _delete(connection, "fetches", "key", entries | feeds)
    _delete_by_url(connection, "fetches", "url", matches)
    _delete_by_url(connection, "robots", "host", matches)
    _delete_by_url(connection, "pauses", "domain", lambda domain: matches(f"https://{domain}/"))
    _delete_by_url(connection, "page_lines", "domain", lambda domain: matches(f"https://{domain}/"))
    _delete_by_url(connection, "tdm", "origin", matches)
    entities.drop_unmentioned(connection, sorted(touched))
    folding.count_stories(connection, sorted(stories))
    return len(articles), len(entries)


def _forget_notices(connection: duckdb.DuckDBPyConnection, articles: set[int]) -> None:
    """A story that was told of stays told of, by another of its articles; without one the notice goes."""
    others = (
        "UPDATE notices SET article_id = o.other FROM (SELECT g.article_id AS gone, min(s.article_id) AS other FROM wanted "
        "JOIN story_articles g ON g.article_id = wanted.id JOIN story_articles s ON s.story_id = g.story_id "
        "WHERE s.article_id NOT IN (SELECT id FROM wanted) GROUP BY g.article_id) o WHERE notices.article_id = o.gone RETURNING 1"
    )
    bulk.with_ids(connection, sorted(articles), others)
    _delete(connection, "notices", "article_id", articles)


def _forget_backfills(connection: duckdb.DuckDBPyConnection, feeds: set[int], matches: Matches) -> None:
    """The documents of forgotten feeds and addresses; and backfills to which nothing else belongs, neither document nor entry."""
    had = {row[0] for row in bulk.with_ids(connection, sorted(feeds), _BACKFILLS_OF)}
    _delete(connection, "backfill_steps", "target", feeds)
    _delete_by_url(connection, "backfill_steps", "url", matches)
    left = "SELECT backfill_id FROM backfill_steps UNION SELECT backfill_id FROM entries WHERE backfill_id IS NOT NULL"
    kept = {row[0] for row in connection.execute(left).fetchall()}
    _delete(connection, "backfills", "id", had - kept)


def _matching(connection: duckdb.DuckDBPyConnection, sql: str, matches: Matches) -> set[int]:
    return {row[0] for row in connection.execute(sql).fetchall() if matches(row[1])}


def _led_there(connection: duckdb.DuckDBPyConnection, articles: set[int], pages: set[int]) -> set[int]:
    """Entries of other addresses that led to these articles or pages, by a redirect or a canonical address."""
    linked = "SELECT a.entry_id FROM entry_articles a JOIN wanted ON wanted.id = a.article_id"
    redirected = "SELECT e.id FROM pages p JOIN wanted ON wanted.id = p.id JOIN entries e ON e.url = p.url"
    rows = bulk.with_ids(connection, sorted(articles), linked) + bulk.with_ids(connection, sorted(pages), redirected)
    return {row[0] for row in rows}


def _entities_of(connection: duckdb.DuckDBPyConnection, articles: set[int]) -> set[int]:
    sql = "SELECT DISTINCT m.entity_id FROM mentions m JOIN wanted ON wanted.id = m.article_id"
    return {row[0] for row in bulk.with_ids(connection, sorted(articles), sql)}


def _delete(connection: duckdb.DuckDBPyConnection, table: str, column: str, ids: set[int]) -> None:
    bulk.with_ids(connection, sorted(ids), f"DELETE FROM {table} USING wanted WHERE {table}.{column} = wanted.id RETURNING 1")


def _delete_by_url(connection: duckdb.DuckDBPyConnection, table: str, column: str, matches: Matches) -> None:
    found = [row[0] for row in connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall() if matches(row[0])]
    for value in found:
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [value])


def _move_offsets(connection: duckdb.DuckDBPyConnection, moved: dict[tuple[str, int], int]) -> None:
    """Records that stay have new places in the archive's rewritten files."""
    rows = connection.execute("SELECT id, archive_file, archive_offset FROM pages WHERE archive_file IS NOT NULL").fetchall()
    changed = [{"id": row[0], "archive_offset": moved[row[1], row[2]]} for row in rows if (row[1], row[2]) in moved]
    bulk.update(connection, "pages", changed, columns=["archive_offset"])
