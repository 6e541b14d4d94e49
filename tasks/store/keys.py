"""The keys of tables that grow with the articles: kept by whoever writes, because an index of them does not stay small.

DuckDB keeps the index of a PRIMARY KEY in memory and writes it whole: at a million articles those of these tables were half of
the file, and most of what a run of twenty articles wrote. All writes go through one process at a time (tasks/store/master.py)
and through `tasks.store.bulk`, which looks a batch's keys up before it writes; `newsfold check` looks for doubles.
"""

# table -> the columns that name a row
KEYS: dict[str, tuple[str, ...]] = {
    "entries": ("id",),
    "pages": ("id",),
    "articles": ("id",),
    "article_versions": ("article_id", "version"),
    "entry_articles": ("entry_id", "article_id"),
    "copies": ("article_id",),
    "stories": ("id",),
    "story_articles": ("article_id",),
    "story_links": ("story_id", "follows_id"),
    "story_aliases": ("old_id",),
    "entities": ("id",),
    "aliases": ("entity_id", "surface", "source"),
    "page_checks": ("article_id",),
    "page_lines": ("entry_id",),
    "page_furniture": ("entry_id",),
}


def same(table: str, one: str, other: str) -> str:
    """SQL: the rows `one` and `other` of `table` have the same key."""
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in KEYS[table])
