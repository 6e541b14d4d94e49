"""Whether the store's books agree with each other: each check counts rows that should not be there."""

import duckdb

from tasks.store import bulk

# What is wrong, in words for a person -> the rows for which it is.
CHECKS = {
    "articles without a text of their version": (
        "SELECT 1 FROM articles a ANTI JOIN article_texts t ON t.article_id = a.id AND t.version = a.version"
    ),
    "texts of articles that are not there": "SELECT 1 FROM article_texts t ANTI JOIN articles a ON a.id = t.article_id",
    "stored entries without an article": (
        "SELECT 1 FROM entries e ANTI JOIN entry_articles l ON l.entry_id = e.id WHERE e.state = 'stored'"
    ),
    "links from entries to articles that are not there": (
        "SELECT 1 FROM entry_articles l ANTI JOIN articles a ON a.id = l.article_id"
    ),
    "entries of feeds that are not there": "SELECT 1 FROM entries e ANTI JOIN feeds f ON f.id = e.feed_id",
    "copies of articles that are not there": "SELECT 1 FROM copies c ANTI JOIN articles a ON a.id = c.original_id",
    "articles in stories that are not there": "SELECT 1 FROM story_articles s ANTI JOIN stories t ON t.id = s.story_id",
    "mentions of entities that are not there": (
        "SELECT 1 FROM mentions m ANTI JOIN entities e ON e.id = m.entity_id WHERE m.entity_id IS NOT NULL"
    ),
    "mentions in articles that are not there": "SELECT 1 FROM mentions m ANTI JOIN articles a ON a.id = m.article_id",
    "entities whose mentions are counted wrongly": (
        "SELECT 1 FROM (SELECT entity_id, count(*) AS mentions FROM mentions GROUP BY entity_id) m "
        "FULL JOIN entity_counts c ON c.entity_id = m.entity_id WHERE c.mentions IS DISTINCT FROM m.mentions"
    ),
    "quarantined entries that are not in quarantine": (
        "SELECT 1 FROM entries e ANTI JOIN quarantine q ON q.id = e.id WHERE e.state = 'quarantined'"
    ),
}


def findings(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong, a sentence each; empty when the books agree."""
    found = []
    for words, sql in CHECKS.items():
        row = bulk.first(connection, f"SELECT count(*) FROM ({sql})")
        if row and row[0]:
            found.append(f"{row[0]} {words}")
    return found
