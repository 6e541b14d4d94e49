"""How long `newsfold check` takes: `python -m tests.bench.checking 1000000` makes a store of that many articles and checks it.

The store is made in SQL: texts of eight paragraphs (about 3,300 characters, some not ASCII), twenty mentions and two facts an
article that stand where they say, 5 % copies, stories of up to four. Only what the check reads is filled in.
"""

import sys
import tempfile
import time
from pathlib import Path

from schemas.settings import Settings
from tasks.store.check import check
from tasks.store.master import Connection, open_master, transaction

AT = "TIMESTAMPTZ '2026-09-01 00:00:00+00'"
CHUNK = 50_000
_PARAGRAPHS = """
CREATE TEMP TABLE paragraphs AS
SELECT p.i AS i, string_agg(w, ' ' ORDER BY k) AS text FROM range(2000) p(i), LATERAL (
    SELECT k, CASE WHEN hash(p.i, k) % 40 = 0 THEN 'Málaga'
        ELSE md5(CAST(CAST(floor(exp(9 * (hash(p.i, k) % 10007) / 10007.0)) AS BIGINT) AS VARCHAR))
        [1:2 + CAST(hash(k, p.i) % 8 AS INTEGER)] END AS w FROM range(60) r(k)) GROUP BY p.i
"""
_CHUNK = (
    """INSERT INTO entries BY NAME SELECT i AS id, i % 500 AS feed_id, CAST(i AS VARCHAR) AS guid, 'http://a.example/' || i
    AS url,     [] AS authors, [] AS tags,
    'x' AS fingerprint, 0 AS edits, 'stored' AS state, 'new_article' AS reason, 0 AS attempts,
    {at} AS discovered_at, {at} AS queued_at, {at} AS settled_at, 1 AS discovered_run, 1 AS settled_run FROM chunk""",
    """INSERT INTO articles BY NAME SELECT i AS id, 'http://a.example/' || i AS url, 'http://a.example/' || i AS page_url,
    i % 500 AS feed_id, 1 AS version, 'Outlet ' || i % 500 AS outlet, 'a.example' AS domain, 'Title ' || i AS title,
    [] AS authors,
    {at} + to_seconds(i) AS published_at, [] AS tags, 480 AS words, 'full' AS verdict, md5(CAST(i AS VARCHAR)) AS text_hash,
    'page' AS source, '1' AS extractor_version, {at} AS first_seen_at, {at} AS changed_at, 1 AS run_id FROM chunk""",
    "INSERT INTO entry_articles SELECT i, i, 'new_article' FROM chunk",
    """INSERT INTO article_versions BY NAME SELECT i AS article_id, 1 AS version, 'x' AS text_hash, 480 AS words,
    '1' AS extractor_version, {at} AS seen_at, 1 AS run_id FROM chunk""",
    """CREATE OR REPLACE TEMP TABLE made AS SELECT c.i AS i, string_agg(p.text, chr(10) ORDER BY k) AS text
    FROM chunk c, range(8) r(k), paragraphs p WHERE p.i = hash(c.i, k) % 2000 GROUP BY c.i""",
    "INSERT INTO article_texts SELECT i, 1, text, text FROM made ORDER BY i",
    """INSERT INTO mentions BY NAME SELECT i AS article_id, CAST(hash(i, k) % {entities} AS BIGINT) AS entity_id, s AS "start",
    s + 12 AS "end",     substr(text, s + 1, 12) AS surface, k AS sentence, false AS in_title, false AS in_lead FROM (
    SELECT i, k, text, CAST(k * 120 + hash(i, k) % 100 AS INTEGER) AS s FROM made, range(20) r(k)) ORDER BY i, s""",
    """INSERT INTO facts BY NAME SELECT i AS article_id, 'money' AS kind, k * 400 AS "start", k * 400 + 9 AS "end",
    substr(text, CAST(k * 400 + 1 AS BIGINT), 9) AS surface, k AS value, 'USD' AS unit FROM made, range(2) r(k)""",
    "INSERT INTO copies SELECT i, i - 1, 'near', 0.9, 'x' FROM chunk WHERE i % 20 = 1",
    "INSERT INTO story_articles SELECT i, i - i % 4, 1, 'x' FROM chunk",
    """INSERT INTO signatures BY NAME SELECT i AS article_id, 1 AS day, 'en' AS language, true AS may_be_original, 480 AS words,
    ''::BLOB AS title_words, 'x' AS text_hash, 1 AS sketch_limit, ''::BLOB AS sketch, ''::BLOB AS numbers FROM chunk""",
    """INSERT INTO story_vectors BY NAME SELECT i AS article_id, 1 AS day, 9 AS lead_size, ''::BLOB AS lead_terms,
    ''::BLOB AS lead_weights, ''::BLOB AS body_terms, ''::BLOB AS body_weights, ''::BLOB AS found FROM chunk""",
)
_END = (
    """INSERT INTO feeds BY NAME SELECT i AS id, 'http://a.example/feed' || i AS url, [] AS tags, 'active' AS state,
    {at} AS added_at,
    'http://a.example/feed' || i AS poll_url, 3600 AS interval_seconds, 0 AS failures, 0 AS moved_count FROM range(500) r(i)""",
    "INSERT INTO entities BY NAME SELECT i AS id, 'Name ' || i AS name, 'PERSON' AS type, true AS complete FROM "
    "range({entities}) r(i)",
    """INSERT INTO stories BY NAME SELECT s.story_id AS id, 'Title' AS title, count(*) AS articles,
    count(*) FILTER (c.article_id IS NULL) AS tellings, 1 AS outlets, [] AS languages
    FROM story_articles s LEFT JOIN copies c ON c.article_id = s.article_id GROUP BY s.story_id""",
    "INSERT INTO story_ids SELECT id, row_number() OVER (ORDER BY id) FROM stories",
    """INSERT INTO entity_counts BY NAME SELECT m.entity_id, count(DISTINCT a.id) AS articles, count(*) AS mentions,
    list_sort(list(DISTINCT a.outlet)) AS outlets, min(a.published_at) AS first_at, max(a.published_at) AS last_at
    FROM mentions m JOIN articles a ON a.id = m.article_id GROUP BY m.entity_id""",
)


def make(connection: Connection, articles: int) -> None:
    """Fills an empty store with `articles` articles whose books agree."""
    entities = max(1, articles // 3)
    connection.execute(_PARAGRAPHS)
    for start in range(0, articles, CHUNK):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE chunk AS SELECT * FROM range({start}, {min(articles, start + CHUNK)}) r(i)"
        )
        with transaction(connection):
            for sql in _CHUNK:
                connection.execute(sql.format(at=AT, entities=entities))
    with transaction(connection):
        for sql in _END:
            connection.execute(sql.format(at=AT, entities=entities))


def main() -> None:
    """Makes the store, checks it, prints how long each took."""
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="newsfold-check-") as folder:
        settings = Settings(home=Path(folder))
        begin = time.monotonic()
        with open_master(settings) as connection:
            make(connection, articles)
        print(f"made {articles:,} articles in {time.monotonic() - begin:.0f} s", flush=True)
        cpu = time.process_time()
        found = check(settings)
        print(f"checked in {found.seconds:.1f} s ({time.process_time() - cpu:.0f} s of CPU), {found.invariants} invariants")
        for words, seconds in found.slowest:
            print(f"  {seconds:6.1f} s  {words}")
        for broken in found.broken:
            print(broken.sentence())


if __name__ == "__main__":
    main()
