"""In how many articles of a week each term was: the table `term_weeks`."""

from collections.abc import Mapping, Sequence

import duckdb

from tasks.cluster import StoryLookups
from tasks.fold_index import MemoryIndex
from tasks.store import bulk

ALL_ARTICLES = 0  # the term under which articles are counted

_KEY = "t.week = incoming.week AND t.language = incoming.language AND t.term = incoming.term"


def preload(connection: duckdb.DuckDBPyConnection, index: MemoryIndex, lookups: Sequence[StoryLookups]) -> None:
    """Tells the index the counts that these lookups ask for. Only the weeks asked for are read."""
    weeks: dict[str, set[int]] = {}
    terms: dict[str, set[int]] = {}
    for lookup in lookups:
        weeks.setdefault(lookup.language, set()).update(lookup.weeks)
        terms.setdefault(lookup.language, {ALL_ARTICLES}).update(lookup.terms)
    wanted = sorted(set().union(*weeks.values())) if weeks else []
    if not wanted:
        return
    counts: dict[tuple[str, int], dict[int, int]] = {(language, week): {} for language, its in weeks.items() for week in its}
    rows = [{"language": language, "term": term} for language, its in terms.items() for term in sorted(its)]
    sql = (
        "SELECT t.language, t.week, t.term, t.articles FROM term_weeks t "
        "JOIN incoming ON incoming.language = t.language AND incoming.term = t.term "
        # the span prunes blocks, the list rows
        f"WHERE t.week BETWEEN {wanted[0]} AND {wanted[-1]} AND t.week IN ({', '.join(map(str, wanted))})"
    )
    for language, week, term, articles in bulk.with_rows(connection, "term_weeks", rows, sql):
        if (language, week) in counts:
            counts[language, week][term] = articles
    for (language, week), seen in counts.items():
        index.preload_frequencies(language, week, seen.pop(ALL_ARTICLES, 0), seen)


def add(connection: duckdb.DuckDBPyConnection, counts: Mapping[tuple[str, int, int], int]) -> None:
    """Adds articles to the counts: by language, week and term.

    Without a key: its index would be kept of all weeks that ever were, and only these weeks are looked at.
    """
    if not counts:
        return
    ordered = sorted(counts.items(), key=lambda item: (item[0][1], item[0][0], item[0][2]))
    rows = [{"week": week, "language": language, "term": term, "articles": n} for (language, week, term), n in ordered]
    span = f"t.week BETWEEN {rows[0]['week']} AND {rows[-1]['week']}"
    update = f"UPDATE term_weeks t SET articles = t.articles + incoming.articles FROM incoming WHERE {span} AND {_KEY}"
    # what is there already must not be added again, so the new ones are told apart before anything is written
    new = f"SELECT * FROM incoming WHERE NOT EXISTS (SELECT 1 FROM term_weeks t WHERE {span} AND {_KEY}) ORDER BY ALL"
    columns = list(rows[0])
    fresh = [dict(zip(columns, row, strict=True)) for row in bulk.with_rows(connection, "term_weeks", rows, new)]
    bulk.with_rows(connection, "term_weeks", rows, update)
    bulk.insert(connection, "term_weeks", fresh)
