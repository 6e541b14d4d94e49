"""A store of a million articles from one of 200,000: the older ones are the newer ones again, further back in time.

`python -m tests.bench.grown_far BASE TARGET 4`: BASE four times again with other ids, addresses, hashes and days, each time
160 days further back, and then BASE itself. Names that many articles have stay who they are; the others are namesakes. Texts
stand too far apart for DuckDB's compression to notice. Making a million texts one by one took an hour.
"""

import sys
import time
from pathlib import Path

from schemas.settings import Settings
from tasks.store.master import Connection, master_path, open_master, transaction
from tests.bench.grown import END
from tests.bench.grown_texts import A_DAY

KNOWN = 2_000  # entities that are the same in all copies
MACROS = (
    "CREATE TEMP MACRO other(id) AS CASE WHEN getvariable('turn') = 0 THEN id "
    "ELSE CAST(hash(id, getvariable('turn')) >> 1 AS BIGINT) END",
    "CREATE TEMP MACRO whose(one) AS CASE WHEN one IN (SELECT id FROM known) THEN one ELSE other(one) END",
    "CREATE TEMP MACRO back(moment) AS moment - to_days(CAST(getvariable('days') AS INTEGER))",
    "CREATE TEMP MACRO day_back(day) AS day - CAST(getvariable('days') AS INTEGER)",
    "CREATE TEMP MACRO there(url) AS CASE WHEN getvariable('turn') = 0 THEN url ELSE url || '-' || getvariable('turn') END",
    "CREATE TEMP MACRO digest(hash) AS CASE WHEN getvariable('turn') = 0 THEN hash "
    "ELSE sha1(hash || getvariable('turn'))[:len(hash)] END",
)
_LATER = "getvariable('turn') = 0"
# table -> its columns that are other ones in a copy
CHANGED: dict[str, dict[str, str]] = {
    "entries": {
        "id": "other(id)", "url": "there(url)", "address": "other(address)",
        "published_at": "back(published_at)",
        "updated_at": "back(updated_at)", "fingerprint": "digest(fingerprint)", "discovered_at": "back(discovered_at)",
        "queued_at": "back(queued_at)", "settled_at": "back(settled_at)", "discovered_run": "other(discovered_run)",
        "settled_run": "other(settled_run)",
    },
    "pages": {
        "id": "other(id)", "url": "there(url)", "final_url": "there(final_url)", "body_sha1": "digest(body_sha1)",
        "fetched_at": "back(fetched_at)", "etag": "digest(etag)",
        "archive_file": "'newsfold-' || strftime(timezone('UTC', back(fetched_at)), '%Y%m%d') || '-00000.warc.gz'",
    },
    "articles": {
        "id": "other(id)", "page_id": "other(page_id)", "url": "there(url)", "page_url": "there(page_url)",
        "published_at": "back(published_at)", "first_seen_at": "back(first_seen_at)", "changed_at": "back(changed_at)",
        "text_hash": "digest(text_hash)", "image_url": "there(image_url)", "run_id": "other(run_id)",
    },
    "article_versions": {
        "article_id": "other(article_id)", "page_id": "other(page_id)", "text_hash": "digest(text_hash)",
        "seen_at": "back(seen_at)", "run_id": "other(run_id)",
    },
    "article_texts": {"article_id": "other(article_id)"},
    "entry_articles": {"entry_id": "other(entry_id)", "article_id": "other(article_id)"},
    "page_checks": {
        "article_id": "other(article_id)", "entry_id": "other(entry_id)", "stored_at": "back(stored_at)",
        "checked_at": "back(checked_at)", "checked_url": "there(checked_url)", "etag": "digest(etag)",
        "next_check_at": f"CASE WHEN {_LATER} THEN next_check_at END",
    },
    "signatures": {
        "article_id": "other(article_id)", "day": "day_back(day)", "appeared_at": "back(appeared_at)",
        "text_hash": "digest(text_hash)", "text_key": "other(text_key)",
    },
    "copies": {"article_id": "other(article_id)", "original_id": "other(original_id)"},
    "story_articles": {"article_id": "other(article_id)", "story_id": "other(story_id)"},
    "story_vectors": {"article_id": "other(article_id)", "day": "day_back(day)"},
    "mentions": {"article_id": "other(article_id)", "entity_id": "whose(entity_id)"},
    "facts": {"article_id": "other(article_id)"},
    "person_clues": {"article_id": "other(article_id)", "entity_id": "whose(entity_id)"},
}  # fmt: skip
ONCE = ("feeds", "fetches", "page_lines", "term_weeks")


def grow(base: Settings, target: Settings, copies: int) -> None:
    """Fills the new store `target` with `base` and so many copies of it, the oldest first."""
    with open_master(target) as connection:
        connection.execute(f"ATTACH '{master_path(base)}' AS base (READ_ONLY)")
        connection.execute(
            "CREATE TEMP TABLE known AS SELECT entity_id AS id FROM base.entity_counts ORDER BY articles DESC, entity_id LIMIT ?",
            [KNOWN],
        )
        days = _days(connection)
        for macro in MACROS:
            connection.execute(macro)
        connection.execute("CREATE TEMP TABLE who (id BIGINT, name VARCHAR, type VARCHAR)")
        for turn in range(copies, -1, -1):
            connection.execute(f"SET VARIABLE turn = {turn}; SET VARIABLE days = {turn * days}")
            for table, changed in CHANGED.items():
                with transaction(connection):
                    _copy(connection, table, changed)
            connection.execute("INSERT INTO who SELECT whose(id), name, type FROM base.entities")
            print(f"copy {turn} done", flush=True)
        for table in ONCE:
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM base.{table}")
        connection.execute("CREATE TEMP TABLE names AS SELECT DISTINCT * FROM who")
        for sql in END:
            connection.execute(sql)
        connection.execute("CHECKPOINT")


def _days(connection: Connection) -> int:
    found = connection.execute("SELECT count(*) FROM base.articles").fetchall()[0][0]
    return int(found) // A_DAY


def _copy(connection: Connection, table: str, changed: dict[str, str]) -> None:
    columns = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND database_name = current_database() "
        "ORDER BY column_index",
        [table],
    ).fetchall()
    made = ", ".join(f'{changed[name]} AS "{name}"' if name in changed else f'"{name}"' for (name,) in columns)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT {made} FROM base.{table}")


def main() -> None:
    """Makes the store."""
    begin = time.monotonic()
    grow(Settings(home=Path(sys.argv[1])), Settings(home=Path(sys.argv[2])), int(sys.argv[3]))
    print(f"made in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
