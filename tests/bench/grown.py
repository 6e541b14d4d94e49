"""A store as it is after so many articles: every table filled as the flows fill it, without running them.

`python -m tests.bench.grown FOLDER 100000`. Texts, names and stories are those of `tests.bench.grown_texts`. Signatures and
vectors of the last weeks are made by newsfold's own functions; older ones are of the same size and made of the same words,
because nothing looks at them any more. Logs and page lines are kept for as long as maintenance keeps them.
"""

import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.records import FoldDoc
from schemas.settings import Settings
from tasks.entity_memory import surface_key
from tasks.signatures import FRACTION_LIMIT, MAX_HASHES, MIN_HASHES, Signature, day_of, signature_of, text_key
from tasks.store import bulk, found_terms
from tasks.store.entries import address_of, entry_id
from tasks.store.master import open_master, transaction
from tasks.term_features import HEAVY_TERMS, Features, features_of, terms_of
from tasks.term_weeks import WEEKS, week_of
from tasks.term_weights import BODY_TERMS, LEAD_TERMS, Vector, vector_of
from tasks.urls import article_id, registrable_domain, stable_id
from tests.bench.grown_texts import A_DAY, LAST, OUTLETS, Made, articles, digest, entities_in, name_of, type_of, vocabulary

PORTION = 5_000
REAL_DAYS = 16  # what folding looks back on
LOG_DAYS = 30
FEEDS = 500
Rows = dict[str, list[dict[str, Any]]]


def build(settings: Settings, total: int, first: int = 0) -> None:
    """Fills a new store with the articles from `first` on, of `total`."""
    portions = [(start, min(total, start + PORTION), total) for start in range(first, total, PORTION)]
    weeks: Counter[tuple[int, int]] = Counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        for done, (rows, terms) in enumerate(_ahead(pool, portions)):
            weeks.update(terms)
            with open_master(settings) as connection, transaction(connection):
                for table, its in rows.items():
                    _append(connection, table, its)
            if done % 20 == 19:
                print(f"{(done + 1) * PORTION:,} articles", flush=True)
    with open_master(settings) as connection:
        with transaction(connection):
            _append(connection, "term_weeks", [_week(*item) for item in sorted(weeks.items())])
            _append(connection, "feeds", [_feed(number) for number in range(FEEDS)])
            names(connection, total)
            for sql in END:
                connection.execute(sql)
        connection.execute("CHECKPOINT")


def _ahead(pool: ProcessPoolExecutor, portions: list[tuple[int, int, int]]) -> Iterator[tuple[Rows, Counter[tuple[int, int]]]]:
    """The portions in their order, three of them made ahead."""
    waiting = [pool.submit(rows_of, *portion) for portion in portions[:3]]
    for portion in [*portions[3:], None, None, None][: len(portions)]:
        done = waiting.pop(0).result()
        if portion is not None:
            waiting.append(pool.submit(rows_of, *portion))
        yield done


def rows_of(first: int, last: int, total: int) -> tuple[Rows, Counter[tuple[int, int]]]:
    """The rows of the articles with these numbers, table by table, and how often each term stands in a week's leads."""
    rows: Rows = {}
    weeks: Counter[tuple[int, int]] = Counter()
    for made in articles(first, last, total):
        for table, row in _rows(made, total, weeks):
            rows.setdefault(table, []).append(row)
    return rows, weeks


def _append(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        bulk.with_rows(connection, table, rows, f"INSERT INTO {table} BY NAME SELECT * FROM incoming")


def ids_of(made: Made) -> tuple[int, int, int, int]:
    """(entry, article, page, feed) of an article."""
    feed = stable_id("feed", str(made.outlet))
    return entry_id(feed, made.url), article_id(made.url), stable_id("page", made.url), feed


def run_of(made: Made) -> int:
    """The run that stored it: one every half hour."""
    return stable_id("run", str(int(made.at.timestamp()) // 1800))


def _rows(made: Made, total: int, weeks: Counter[tuple[int, int]]) -> Iterator[tuple[str, dict[str, Any]]]:
    entry, article, page, feed = ids_of(made)
    seen, run, age = made.at + timedelta(minutes=40), run_of(made), LAST - made.at
    domain, outlet = registrable_domain(made.url), f"The Outlet {made.outlet}"
    text_hash, words = digest(made.text)[:32], len(made.words)
    given = made.at.isoformat()
    summary, authors = made.text[:120], [name_of(made.outlet * 11 + made.number % 11)]
    etag, modified = f'W/"{digest("etag", made.number)[:12]}"', made.at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    yield "entries", {
        "id": entry, "feed_id": feed, "url": made.url, "address": address_of(made.url), "title": made.title,
        "summary": summary, "authors": authors, "tags": ["news"], "published_at": made.at, "published_as_given": given,
        "updated_at": made.at, "fingerprint": digest("entry", made.number), "edits": 0, "state": "stored",
        "reason": "new_article", "attempts": 0, "discovered_at": seen, "queued_at": seen,
        "settled_at": seen + timedelta(minutes=2), "discovered_run": run, "settled_run": run,
    }  # fmt: skip
    yield "pages", {
        "id": page, "url": made.url, "final_url": made.url, "status": 200, "content_type": "text/html; charset=utf-8",
        "charset": "utf-8", "body_sha1": digest("page", made.number), "bytes": 40_000 + made.number % 50_000, "etag": etag,
        "last_modified": modified, "verdict": "full", "verdict_score": 1.0,
        "evidence": f"{words} words in {words // 54 + 1} paragraphs", "fetched_at": seen,
        "archive_file": f"newsfold-{made.at:%Y%m%d}-00000.warc.gz", "archive_offset": made.number % A_DAY * 12_345,
    }  # fmt: skip
    yield "articles", {
        "id": article, "url": made.url, "page_url": made.url, "feed_id": feed, "page_id": page, "version": 1, "outlet": outlet,
        "domain": domain, "title": made.title, "description": summary, "authors": authors, "published_at": made.at,
        "published_precision": "time", "published_as_given": given, "language": "en", "language_declared": "en",
        "section": f"Section {made.number % 9}", "tags": ["news"], "image_url": f"{made.url}/image.jpg", "words": words,
        "verdict": "full", "text_hash": text_hash, "source": "page", "provenance": _PROVENANCE[made.outlet % 4],
        "extractor_version": "0.1.0", "first_seen_at": seen, "changed_at": seen, "run_id": run,
        "outlet_home": f"https://www.outlet{made.outlet}.example/", "rights": f"© {outlet}. All rights reserved.",
    }  # fmt: skip
    yield "article_versions", {
        "article_id": article, "version": 1, "page_id": page, "title": made.title, "text_hash": text_hash, "words": words,
        "extractor_version": "0.1.0", "seen_at": seen, "run_id": run,
    }  # fmt: skip
    yield "article_texts", {"article_id": article, "version": 1, "text": made.text, "markdown": _markdown(made)}
    yield "entry_articles", {"entry_id": entry, "article_id": article, "reason": "new_article"}
    yield "page_checks", {
        "article_id": article, "entry_id": entry, "stored_at": seen, "done": 4 if age.days > 7 else 1,
        "next_check_at": None if age.days > 7 else LAST + timedelta(hours=1 + made.number % 90), "checked_at": seen,
        "result": "not_modified", "checked_url": made.url, "etag": etag, "last_modified": modified,
    }  # fmt: skip
    if age.days < LOG_DAYS:
        yield "page_lines", {
            "entry_id": entry, "domain": domain, "published_at": made.at, "text_hash": text_hash, "seen_at": seen,
            "lines": [stable_id("line", str(made.number), str(line)) for line in range(9)],
        }  # fmt: skip
        for kind in ("page", "feed", "feed"):
            yield "fetches", {
                "run_id": run, "kind": kind, "key": entry, "url": made.url, "final_url": made.url, "started_at": seen,
                "seconds": 0.3, "status": 200, "bytes": 40_000, "reason": "new_body",
            }  # fmt: skip
    yield from _folded(made, article, domain, weeks)
    yield from _named(made, article)


def _folded(made: Made, article: int, domain: str, weeks: Counter[tuple[int, int]]) -> Iterator[tuple[str, dict[str, Any]]]:
    day = day_of(made.at)
    signature, features = _read(made, article, domain)
    row = {name: getattr(signature, name) for name in signature.__slots__ if name != "at"}
    yield "signatures", row | {"appeared_at": made.at, "text_key": text_key(signature.text_hash)}
    story = stable_id("story", str(made.story))
    opened = made.number % 3 == 0
    shared = f"shares names {name_of(made.names[0])} and words {made.title[:40].lower()}"
    reason = "opened the story" if opened else f"{shared}; likeness 0.{made.number % 100}, needed 0.34"
    score = 1.0 if opened else 0.4 + made.number % 50 / 100
    yield "story_articles", {"article_id": article, "story_id": story, "score": score, "reason": reason}
    if made.original is not None:
        yield "copies", {
            "article_id": article, "original_id": ids_of(made.original)[1], "level": "near", "score": 0.97,
            "reason": f"{90 + made.number % 10}% of the shorter text stands in the other, 5 of 5 figures agree",
        }  # fmt: skip
        return
    if (LAST - made.at).days < REAL_DAYS:
        vector, heavy, lead = vector_of(signature, features, {}, 0), features.heavy, features.lead.term_list()
    else:
        vector, heavy, lead = _plain_vector(made, article, day or 0)
    row = {name: getattr(vector, name) for name in vector.__slots__ if name != "frames"}
    yield "story_vectors", row | {"found": found_terms.pack(vector.lead_terms, heavy)}
    if (LAST - made.at).days < 7 * 2 * WEEKS and day is not None:
        weeks.update((week_of(day), term) for term in (0, *lead))


def _read(made: Made, article: int, domain: str) -> tuple[Signature, Features]:
    if (LAST - made.at).days < REAL_DAYS:
        doc = FoldDoc(article, made.title, made.text, made.at, domain, "en")
        return signature_of(doc), features_of(made.title, made.text, "en")
    rng = np.random.default_rng((4, made.number))
    count = int(np.clip(len(made.words) // 8, MIN_HASHES, MAX_HASHES))
    sketch = np.sort(rng.integers(0, FRACTION_LIMIT, count)).astype("<u4").tobytes()
    short = [np.sort(rng.integers(0, 2**16, size)).astype("<u2").tobytes() for size in (8, 5)]
    frames = np.sort(rng.integers(0, 2**32, 10)).astype("<u4").tobytes()
    signature = Signature(
        article, day_of(made.at), made.at, domain, "en", True, len(made.words), short[0], digest("text", made.text)[:32],
        FRACTION_LIMIT, sketch, short[1], frames,
    )  # fmt: skip
    return signature, features_of("", "")


@cache
def _terms() -> NDArray[np.int64]:
    """The term of each word of the vocabulary."""
    words, _ = vocabulary()
    return np.array([(terms_of(word) or [1])[0] for word in words], dtype=np.int64)


@cache
def _weights() -> list[tuple[bytes, bytes, bytes]]:
    """Weights and marks as real articles have them."""
    made = [vector_of(*_read(one, one.number, "a.example"), {}, 0) for one in articles(10**6 - 300, 10**6, 10**6)]
    return [(one.lead_weights, one.body_weights, one.names) for one in made]


def _plain_vector(made: Made, article: int, day: int) -> tuple[Vector, list[int], list[int]]:
    """(a vector of the article's words with another one's weights, terms by which it is found, terms of title and lead)."""
    lead = np.unique(_terms()[made.words[:120]])
    body = np.unique(_terms()[made.words])
    drawn = random.Random(made.number)
    lead_weights, body_weights, names = drawn.choice(_weights())
    kept = [_some(drawn, lead, LEAD_TERMS, lead_weights), _some(drawn, body, BODY_TERMS, body_weights)]
    vector = Vector(
        article, day, len(lead), kept[0].tobytes(), lead_weights[: 2 * len(kept[0])], kept[1].tobytes(),
        body_weights[: 2 * len(kept[1])], names,
    )  # fmt: skip
    return vector, kept[0][:HEAVY_TERMS].tolist(), lead.tolist()


def _some(drawn: random.Random, terms: NDArray[np.int64], most: int, weights: bytes) -> NDArray[np.uint32]:
    count = min(most, len(terms), len(weights) // 2)
    first = drawn.randrange(len(terms) - count + 1)
    return terms[first : first + count].astype("<u4")


def _named(made: Made, article: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in sorted(made.found.mentions, key=lambda one: (entity_id(made.names[one.entity]), one.start)):
        yield "mentions", {
            "article_id": article, "entity_id": entity_id(made.names[one.entity]), "start": one.start, "end": one.end,
            "surface": one.surface, "sentence": one.sentence, "role": one.role, "in_title": one.in_title,
            "in_lead": one.in_lead,
        }  # fmt: skip
    for fact in made.found.facts:
        yield "facts", {
            "article_id": article, "kind": fact.kind, "start": fact.start, "end": fact.end, "surface": fact.surface,
            "value": fact.value, "unit": fact.unit,
        }  # fmt: skip
    for number, entity in zip(made.names, made.found.entities, strict=True):
        if entity.clues and entity.count:
            yield "person_clues", {"article_id": article, "entity_id": entity_id(number), "clues": list(entity.clues)}


@lru_cache(maxsize=500_000)
def entity_id(number: int) -> int:
    """The id that linking gives the entity."""
    return stable_id("entity", type_of(number), surface_key(name_of(number)))


def _markdown(made: Made) -> str | None:
    """One article in ten has a heading; the Markdown of the others is not stored."""
    return f"## {made.title}\n\n" + made.text.replace("\n", "\n\n") if made.number % 10 == 0 else None


def _week(key: tuple[int, int], count: int) -> dict[str, Any]:
    return {"week": key[0], "language": "en", "term": key[1], "articles": count}


def _feed(number: int) -> dict[str, Any]:
    host = f"https://www.outlet{number % OUTLETS}.example/{number}"
    return {
        "id": stable_id("feed", str(number)), "url": f"{host}/feed", "title": f"The Outlet {number}", "site_url": host,
        "tags": [], "state": "active", "added_at": LAST - timedelta(days=900), "poll_url": f"{host}/feed", "failures": 0,
        "interval_seconds": 1800, "last_polled_at": LAST, "last_success_at": LAST, "moved_count": 0,
        "next_poll_at": LAST + timedelta(minutes=30),
    }  # fmt: skip


_PROVENANCE = [
    '{"authors": "json-ld+line", "description": "og+meta", "image_url": "og+json-ld", "published_at": "json-ld+og", '
    f'"section": "og", "text": "structure", "title": "og+json-ld{extra}"}}'
    for extra in ("", "+h1", "+title", "+feed")
]
_FIRST = "JOIN articles a ON a.id = m.article_id"
END = (
    "INSERT INTO entities BY NAME SELECT n.id, n.name, n.type, true AS complete, m.first_seen FROM names n JOIN (SELECT "
    f"m.entity_id, min(a.published_at) AS first_seen FROM mentions m {_FIRST} GROUP BY 1) m ON m.entity_id = n.id "
    "ORDER BY m.first_seen, n.id",
    "INSERT INTO aliases BY NAME SELECT m.surface, lower(m.surface) AS surface_key, m.entity_id, "
    "CAST(count(*) AS INTEGER) AS count, 'text' AS source FROM mentions m JOIN entities e ON e.id = m.entity_id "
    "GROUP BY m.surface, m.entity_id, e.rowid ORDER BY e.rowid",
    "INSERT INTO entity_counts BY NAME SELECT m.entity_id, count(*) AS articles, CAST(sum(m.mentions) AS BIGINT) AS mentions, "
    "list_sort(list(DISTINCT a.outlet)) AS outlets, min(a.published_at) AS first_at, max(a.published_at) AS last_at "
    "FROM (SELECT entity_id, article_id, count(*) AS mentions FROM mentions GROUP BY ALL) m "
    f"{_FIRST} GROUP BY m.entity_id ORDER BY min(a.published_at)",
    "INSERT INTO stories BY NAME SELECT s.story_id AS id, arg_min(a.title, a.published_at) AS title, "
    "min(a.published_at) AS first_at, max(a.published_at) AS last_at, CAST(count(*) AS INTEGER) AS articles, "
    "CAST(count(*) FILTER (c.article_id IS NULL) AS INTEGER) AS tellings, CAST(count(DISTINCT a.domain) AS INTEGER) AS outlets, "
    "['en'] AS languages FROM story_articles s JOIN articles a ON a.id = s.article_id "
    "LEFT JOIN copies c ON c.article_id = a.id GROUP BY s.story_id ORDER BY first_at, id",
    "INSERT INTO story_ids SELECT id, row_number() OVER () FROM stories",
    "INSERT INTO story_links SELECT id, lag(id, 7) OVER (ORDER BY first_at, id), 0.4, 'shares names and words of a made-up kind' "
    "FROM stories QUALIFY lag(id, 7) OVER (ORDER BY first_at, id) IS NOT NULL AND abs(hash(id)) % 8 = 0",
    "INSERT INTO runs BY NAME SELECT run_id AS id, 'ingest' AS flow, '0.1.0' AS version, min(first_seen_at) AS started_at, "
    "max(first_seen_at) AS ended_at, 0 AS feeds, count(*) AS entries, count(*) AS articles, 0 AS versions, 0 AS copies, "
    "0 AS stories, 0 AS failures, 'stored some articles' AS summary FROM articles GROUP BY run_id",
)


def names(connection: duckdb.DuckDBPyConnection, total: int) -> None:
    """The temporary table `names`: id, name and type of each entity."""
    numbers = range(entities_in(total))
    table = pa.table(
        {
            "id": [entity_id(number) for number in numbers],
            "name": [name_of(number) for number in numbers],
            "type": [type_of(number).value for number in numbers],
        }
    )
    connection.register("incoming", table)
    connection.execute("CREATE TEMP TABLE names AS SELECT * FROM incoming")
    connection.unregister("incoming")


def main() -> None:
    """Makes the store."""
    folder, total, first = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0
    begin = time.monotonic()
    build(Settings(home=folder), total, first)
    print(f"made {total:,} articles in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
