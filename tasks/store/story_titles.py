"""Which headline a story goes by."""

from collections.abc import Sequence

import duckdb

from tasks.linkage import most_central
from tasks.store import bulk
from tasks.term_weights import Profile, Vector, profile_of

# The first so many tellings of a story say which headline is the most central one.
_TITLED_BY = 40
_TELLINGS = """
SELECT s.story_id, a.title, v.article_id, v.day, v.lead_size, v.lead_terms, v.lead_weights, v.body_terms, v.body_weights
FROM story_articles s JOIN wanted ON wanted.id = s.story_id JOIN story_vectors v ON v.article_id = s.article_id
JOIN articles a ON a.id = coalesce((SELECT c.original_id FROM copies c WHERE c.article_id = s.article_id), s.article_id)
WHERE a.title IS NOT NULL
ORDER BY s.story_id, v.day NULLS LAST, a.published_at NULLS LAST, v.article_id
"""


def title_stories(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    """Gives stories of three tellings and more their most central headline (of fewer, the first one's is it)."""
    several = "SELECT t.id FROM stories t JOIN wanted ON wanted.id = t.id WHERE t.tellings > 2"
    tellings: dict[int, list[tuple[str, Profile]]] = {}
    for row in bulk.with_ids(connection, [row[0] for row in bulk.with_ids(connection, ids, several)], _TELLINGS):
        tellings.setdefault(row[0], []).append((row[1], profile_of(Vector(*row[2:]))))
    rows = []
    for story_id, told in sorted(tellings.items()):
        first = told[:_TITLED_BY]
        rows.append({"id": story_id, "title": first[most_central([profile for _, profile in first])][0]})
    bulk.update(connection, "stories", rows, columns=["title"])
