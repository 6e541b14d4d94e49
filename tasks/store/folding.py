"""What folding reads before a batch and writes after it.

Reading has two stages: articles that share wording or terms with the batch, then what these bring with them (their
originals and copies, and the articles of their stories). Both are answered within the days that the batch looks at,
so that their cost follows the window and not the history.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import duckdb

from schemas.reasons import CopyLevel
from schemas.records import CopyLink, FollowLink, StoryLink
from tasks.cluster import StoryDecision, StoryLookups
from tasks.dedupe import CopyDecision, CopyLookups
from tasks.fold_index import MemoryIndex
from tasks.signatures import Days, Signature, text_key
from tasks.store import bulk, found_terms, sketches, term_counts
from tasks.store.story_titles import title_stories
from tasks.story_ids import story_id_of
from tasks.term_features import Features
from tasks.term_weeks import week_of
from tasks.term_weights import Vector

# An article's signature and features, and what was decided about its story.
StoryPlace = tuple[Signature, Features, StoryDecision]


def preload(connection: duckdb.DuckDBPyConnection, copies: Sequence[CopyLookups], stories: Sequence[StoryLookups]) -> MemoryIndex:
    """An index with every stored row that deciding a batch may ask for."""
    index = MemoryIndex()
    term_counts.preload(connection, index, stories)
    found = alike(connection, copies)
    heavy = {term for lookup in stories for term in lookup.heavy}
    found_by: dict[int, list[int]] = {}
    for article_id, term in found_terms.holders(connection, heavy, _span(stories)):
        found_by.setdefault(article_id, []).append(term)
    found |= found_by.keys()
    found |= _groups(connection, found)
    members = _story_members(connection, found)
    found |= members.keys()
    _preload_articles(connection, index, sorted(found), found_by)
    index.link_copies(_copy_links(connection, sorted(found)))
    for article_id, story_id in members.items():
        index.link_story(StoryLink(article_id, story_id, 1.0, ""))
    _preload_story_ids(connection, index, list(members.values()), found)
    return index


def _preload_story_ids(
    connection: duckdb.DuckDBPyConnection, index: MemoryIndex, stories: Sequence[int], found: Iterable[int]
) -> None:
    """The numbers of these stories and of those that these articles opened; articles of the batch itself come on top."""
    given = bulk.first(connection, "SELECT count(*) FROM story_ids")
    ids = sorted({*stories, *(story_id_of(article_id) for article_id in found)})
    sql = "SELECT s.story_id, min(s.number) FROM story_ids s JOIN wanted ON wanted.id = s.story_id GROUP BY 1"
    births = dict(bulk.with_ids(connection, ids, sql))
    known = {row[0] for row in bulk.by_key(connection, "stories", "id", list(births), ["id"])}
    known.update(row[0] for row in bulk.by_key(connection, "story_aliases", "old_id", list(births), ["old_id"]))
    index.preload_births({story: number for story, number in births.items() if story in known}, 1 + (given[0] if given else 0))


def alike(connection: duckdb.DuckDBPyConnection, copies: Sequence[CopyLookups]) -> set[int]:
    """Articles that have the words of one of the look-ups, whenever, or share wording with one within its days."""
    found = _same_text(connection, [lookup.text_hash for lookup in copies])
    bands = {band for lookup in copies for band in lookup.bands}
    return found | sketches.sharing(connection, bands, _span(copies))


def _span(lookups: Sequence[CopyLookups] | Sequence[StoryLookups]) -> Days:
    """The days that any of the lookups looks at; no limits as soon as one has none."""
    firsts = [lookup.days[0] for lookup in lookups]
    lasts = [lookup.days[1] for lookup in lookups]
    if not lookups or None in firsts or None in lasts:
        return (None, None)
    return (min(day for day in firsts if day is not None), max(day for day in lasts if day is not None))


def _same_text(connection: duckdb.DuckDBPyConnection, hashes: Sequence[str]) -> set[int]:
    """Articles that may have one of these text hashes: their first 60 bits agree. The index compares the whole."""
    keys = sorted({text_key(value) for value in hashes})
    rows = bulk.with_ids(connection, keys, "SELECT s.article_id FROM signatures s JOIN wanted ON wanted.id = s.text_key")
    return {row[0] for row in rows}


def _groups(connection: duckdb.DuckDBPyConnection, found: Iterable[int]) -> set[int]:
    """The originals and the copies of these articles: whoever regroups one regroups all."""
    ids = sorted(found)
    original = dict(bulk.by_key(connection, "copies", "article_id", ids, ["article_id", "original_id"]))
    roots = {original.get(one, one) for one in ids}
    sql = "SELECT c.article_id FROM copies c JOIN wanted ON wanted.id = c.original_id"
    return roots | {row[0] for row in bulk.with_ids(connection, sorted(roots), sql)}


def _story_members(connection: duckdb.DuckDBPyConnection, found: Iterable[int]) -> dict[int, int]:
    """All articles of the stories that these articles are part of: article -> story."""
    touched = bulk.by_key(connection, "story_articles", "article_id", sorted(found), ["story_id"])
    sql = "SELECT s.article_id, s.story_id FROM story_articles s JOIN wanted ON wanted.id = s.story_id ORDER BY 1"
    return dict(bulk.with_ids(connection, sorted({row[0] for row in touched}), sql))


def _copy_links(connection: duckdb.DuckDBPyConnection, found: Sequence[int]) -> list[CopyLink]:
    rows = bulk.by_key(connection, "copies", "article_id", found, ["article_id", "original_id", "level", "score", "reason"])
    return [CopyLink(row[0], row[1], CopyLevel(row[2]), row[3], row[4]) for row in sorted(rows)]


# `at` is a word of DuckDB's grammar
_COLUMN = {"at": "appeared_at"}
_SIGNATURE = tuple(_COLUMN.get(item.name, item.name) for item in fields(Signature))


# an article's frames are its signature's
_VECTOR = tuple(item.name for item in fields(Vector) if item.name != "frames")


def _preload_articles(
    connection: duckdb.DuckDBPyConnection, index: MemoryIndex, ids: Sequence[int], found_by: Mapping[int, Sequence[int]]
) -> None:
    known = signatures(connection, ids)
    for signature in known.values():
        index.add(signature)
    for vector in _vectors(connection, known, ids):
        index.add_vector(vector, found_by.get(vector.article_id, ()))


def _vectors(connection: duckdb.DuckDBPyConnection, known: Mapping[int, Signature], ids: Sequence[int]) -> list[Vector]:
    rows = _rows_of(connection, "story_vectors", _VECTOR, ids)
    return [Vector(**dict(zip(_VECTOR, row, strict=True)), frames=known[row[0]].frames) for row in rows]


def _rows_of(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], ids: Sequence[int]
) -> list[tuple[Any, ...]]:
    """The rows of these articles, by article. Only the rows found are read whole: a plain join reads a million sketches."""
    return bulk.with_ids(
        connection,
        ids,
        f"SELECT {', '.join(columns)} FROM {table} WHERE rowid IN "
        f"(SELECT t.rowid FROM {table} t JOIN wanted ON wanted.id = t.article_id) ORDER BY article_id",
    )


def write(
    connection: duckdb.DuckDBPyConnection,
    signatures: Sequence[Signature],
    copies: Sequence[CopyDecision],
    stories: Sequence[StoryPlace],
    also_touched: Sequence[int] = (),
    counted: frozenset[int] = frozenset(),
) -> None:
    """Writes a batch's decisions, in their order; the stories of `also_touched` articles are counted anew as well.

    The batch's rows of `articles` must be written before: stories are counted from them. `counted` articles are in the
    term frequencies already.
    """
    _write_signatures(connection, signatures)
    changed = _write_copies(connection, copies)
    touched = _write_stories(connection, stories)
    _write_vectors(connection, stories, counted)
    stories_changed = stories_of(connection, sorted(changed | set(also_touched)))
    count_stories(connection, sorted(touched | set(stories_changed.values())))


def stories_of(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, int]:
    """The story of each of these articles that has one."""
    return dict(bulk.by_key(connection, "story_articles", "article_id", sorted(set(ids)), ["article_id", "story_id"]))


def _write_signatures(connection: duckdb.DuckDBPyConnection, signatures: Sequence[Signature]) -> None:
    bulk.insert(connection, "signatures", [_signature_row(signature) for signature in signatures])


def _signature_row(signature: Signature) -> dict[str, Any]:
    row = {_COLUMN.get(name, name): value for name, value in asdict(signature).items()}
    return row | {"text_key": text_key(signature.text_hash)}


def _write_copies(connection: duckdb.DuckDBPyConnection, decisions: Sequence[CopyDecision]) -> set[int]:
    """Writes the last word on each article; returns the articles whose standing changed."""
    final: dict[int, CopyLink | None] = {}
    for decision in decisions:
        final.update(dict.fromkeys(decision.freed))
        final.update({link.article_id: link for link in decision.links})
    freed = [article_id for article_id, link in final.items() if link is None]
    bulk.with_ids(connection, freed, "DELETE FROM copies USING wanted WHERE copies.article_id = wanted.id RETURNING 1")
    rows = [asdict(link) for link in final.values() if link is not None]
    bulk.replace(connection, "copies", rows)
    return set(final)


def _write_stories(connection: duckdb.DuckDBPyConnection, decisions: Sequence[StoryPlace]) -> set[int]:
    """Writes links and merges; returns the ids of the stories that gained or lost articles."""
    now_part_of: dict[int, int] = {}
    links: dict[int, StoryLink] = {}
    for _, _, decision in decisions:
        links.update({link.article_id: link for link in (decision.link, *decision.brings, *decision.moves)})
        for merge in decision.merges:
            now_part_of[merge.story_id] = merge.into_id
    merged = {old: _survivor(old, now_part_of) for old in now_part_of}
    left = stories_of(connection, sorted(links))
    _write_story_ids(connection, [story_id for _, _, decision in decisions for story_id in decision.opens])
    rows = [{**asdict(link), "story_id": merged.get(link.story_id, link.story_id)} for link in links.values()]
    bulk.replace(connection, "story_articles", rows)
    apply_merges(connection, merged)
    follows = [link for _, _, decision in decisions for link in decision.follows]
    _write_follows(connection, follows, merged)
    return {row["story_id"] for row in rows} | set(left.values()) | set(merged) | set(merged.values())


def _write_story_ids(connection: duckdb.DuckDBPyConnection, opened: Sequence[int]) -> None:
    given = bulk.first(connection, "SELECT count(*) FROM story_ids")
    start = 1 + (given[0] if given else 0)
    bulk.insert(connection, "story_ids", [{"story_id": one, "number": start + place} for place, one in enumerate(opened)])


def _survivor(story_id: int, now_part_of: Mapping[int, int]) -> int:
    while story_id in now_part_of:
        story_id = now_part_of[story_id]
    return story_id


def apply_merges(connection: duckdb.DuckDBPyConnection, merged: Mapping[int, int]) -> None:
    """Moves articles and links of merged stories, and keeps their ids as aliases."""
    for old, into in merged.items():
        connection.execute("UPDATE story_articles SET story_id = ? WHERE story_id = ?", [into, old])
        connection.execute("UPDATE story_aliases SET story_id = ? WHERE story_id = ?", [into, old])
        bulk.replace(connection, "story_aliases", [{"old_id": old, "story_id": into}])
        moved = connection.execute(
            "DELETE FROM story_links WHERE story_id = ? OR follows_id = ? RETURNING story_id, follows_id, score, reason",
            [old, old],
        ).fetchall()
        _write_follows(connection, [FollowLink(*row) for row in moved], merged)


def _write_follows(connection: duckdb.DuckDBPyConnection, follows: Sequence[FollowLink], merged: Mapping[int, int]) -> None:
    rows = {}
    for link in follows:
        story_id, follows_id = merged.get(link.story_id, link.story_id), merged.get(link.follows_id, link.follows_id)
        if story_id != follows_id:
            row = {"story_id": story_id, "follows_id": follows_id, "score": link.score, "reason": link.reason}
            rows[story_id, follows_id] = row
    bulk.insert(connection, "story_links", list(rows.values()), or_ignore=True)


def _write_vectors(connection: duckdb.DuckDBPyConnection, decisions: Sequence[StoryPlace], counted: frozenset[int]) -> None:
    vectors = []
    counts: Counter[tuple[str, int, int]] = Counter()
    for signature, features, decision in decisions:
        if decision.vector is None:
            continue
        row = {name: getattr(decision.vector, name) for name in _VECTOR}
        vectors.append(row | {"found": found_terms.pack(decision.vector.lead_terms, decision.found_by)})
        if signature.article_id in counted or signature.day is None:
            continue
        language, week = signature.language, week_of(signature.day)
        counts.update((language, week, term) for term in (term_counts.ALL_ARTICLES, *features.lead.term_list()))
    bulk.insert(connection, "story_vectors", vectors)
    term_counts.add(connection, counts)


def leave_copies(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    """Before articles are removed: the copies of each get the earliest of themselves as their original."""
    rows = bulk.with_ids(
        connection,
        ids,
        "SELECT c.original_id, c.article_id FROM copies c JOIN wanted ON wanted.id = c.original_id "
        "JOIN articles a ON a.id = c.article_id WHERE c.article_id NOT IN (SELECT id FROM wanted) "
        "ORDER BY a.verdict NOT IN ('full', 'live_blog'), coalesce(a.published_at, a.first_seen_at), a.id",
    )
    heirs: dict[int, int] = {}
    for original, article_id in rows:
        heir = heirs.setdefault(original, article_id)
        if article_id == heir:
            connection.execute("DELETE FROM copies WHERE article_id = ?", [heir])
        else:
            connection.execute("UPDATE copies SET original_id = ? WHERE article_id = ?", [heir, article_id])


_COUNT = """
SELECT s.story_id AS id, arg_min(a.title, (c.article_id IS NOT NULL, coalesce(a.published_at, g.appeared_at), a.id)) AS title,
       min(coalesce(a.published_at, g.appeared_at)) AS first_at, max(coalesce(a.published_at, g.appeared_at)) AS last_at,
       CAST(count(*) AS INTEGER) AS articles, CAST(count(*) FILTER (c.article_id IS NULL) AS INTEGER) AS tellings,
       CAST(count(DISTINCT a.domain) AS INTEGER) AS outlets,
       coalesce(list(DISTINCT a.language ORDER BY a.language) FILTER (a.language IS NOT NULL), []) AS languages
FROM story_articles s JOIN wanted ON wanted.id = s.story_id JOIN articles a ON a.id = s.article_id
LEFT JOIN copies c ON c.article_id = a.id
LEFT JOIN (SELECT article_id, any_value(appeared_at) AS appeared_at FROM signatures GROUP BY article_id) g ON g.article_id = a.id
GROUP BY s.story_id
"""


def count_stories(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    """Counts these stories anew; one without articles goes, and what is linked to it."""
    bulk.with_ids(connection, ids, "DELETE FROM stories USING wanted WHERE stories.id = wanted.id RETURNING 1")
    bulk.with_ids(connection, ids, f"INSERT INTO stories BY NAME {_COUNT} RETURNING 1")
    title_stories(connection, ids)
    gone = [row[0] for row in bulk.with_ids(connection, ids, "SELECT id FROM wanted WHERE id NOT IN (SELECT id FROM stories)")]
    for table, column in (("story_links", "story_id"), ("story_links", "follows_id"), ("story_aliases", "story_id")):
        bulk.with_ids(connection, gone, f"DELETE FROM {table} USING wanted WHERE {table}.{column} = wanted.id RETURNING 1")


def signatures(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, Signature]:
    """The stored signatures of these articles, by article."""
    return {row[0]: Signature(*row) for row in _rows_of(connection, "signatures", _SIGNATURE, ids)}


def vectors(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, Vector]:
    """The stored vectors of these articles, by article; copies have none."""
    return {vector.article_id: vector for vector in _vectors(connection, signatures(connection, ids), ids)}
