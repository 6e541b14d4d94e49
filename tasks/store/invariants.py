"""What must hold in every store, as queries for the rows that break it. Plain SQL; the order is that of the pipeline."""

from schemas.reasons import EntryState, Reason
from tasks.store.integrity import CHECKS
from tasks.store.keys import KEYS


def _words(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _orphans(table: str, column: str, parent: str, key: str = "id") -> str:
    return (
        f"SELECT t.{column} FROM {table} t WHERE t.{column} IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.{key} = t.{column})"
    )


def _doubled(table: str, *columns: str) -> str:
    keys = ", ".join(columns)
    return f"SELECT {keys} FROM {table} GROUP BY {keys} HAVING count(*) > 1"


def _unequal(one: str, other: str) -> str:
    return f"SELECT n.a, n.b FROM (SELECT ({one}) AS a, ({other}) AS b) n WHERE n.a IS DISTINCT FROM n.b"


_STATES = _words([state.value for state in EntryState])
_REASONS = _words([reason.value for reason in Reason])

# What is wrong, in words that follow a count -> the rows for which it is; the first columns name a row.
INVARIANTS: dict[str, str] = CHECKS | {
    # keys that no index keeps
    **{f"rows of {table} with the key of another": _doubled(table, *columns) for table, columns in KEYS.items()},
    # each entry in one state, with one reason
    "entries in a state that there is not": f"SELECT id, state FROM entries WHERE state NOT IN ({_STATES})",
    "entries with a reason that there is not": f"SELECT id, reason FROM entries WHERE reason NOT IN ({_REASONS})",
    "entries that ended without a time or a run": (
        "SELECT id, state FROM entries WHERE state <> 'pending' AND (settled_at IS NULL OR settled_run IS NULL)"
    ),
    "pending entries with an end": "SELECT id FROM entries WHERE state = 'pending' AND settled_at IS NOT NULL",
    "entries in quarantine that are not quarantined": (
        "SELECT q.id FROM quarantine q WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = q.id AND e.state = 'quarantined')"
    ),
    "links of articles to entries that are not there": _orphans("entry_articles", "entry_id", "entries"),
    "contents of entries that are not there": _orphans("entry_contents", "entry_id", "entries"),
    "contents of an entry and edit twice": _doubled("entry_contents", "entry_id", "edit"),
    "entries of backfills that are not there": _orphans("entries", "backfill_id", "backfills"),
    "steps of backfills that are not there": _orphans("backfill_steps", "backfill_id", "backfills"),
    "page lines of entries that are not there": _orphans("page_lines", "entry_id", "entries"),
    "cut lines of entries that are not there": _orphans("page_furniture", "entry_id", "entries"),
    # articles and their versions
    "articles of feeds that are not there": _orphans("articles", "feed_id", "feeds"),
    "articles of pages that are not there": _orphans("articles", "page_id", "pages"),
    "texts of a version twice": _doubled("article_texts", "article_id", "version"),
    "versions of articles that are not there": _orphans("article_versions", "article_id", "articles"),
    "articles whose versions are not 1, 2, 3 … up to theirs": (
        "SELECT a.id FROM articles a LEFT JOIN (SELECT article_id, min(version) AS low, max(version) AS high, "
        "count(*) AS all_of_them FROM article_versions GROUP BY article_id) v ON v.article_id = a.id "
        "WHERE (v.low, v.high, v.all_of_them) IS DISTINCT FROM (1, a.version, CAST(a.version AS BIGINT))"
    ),
    "looks at articles that are not there": _orphans("page_checks", "article_id", "articles"),
    # copies: roots only, hence without circles
    "copies that are not articles": _orphans("copies", "article_id", "articles"),
    "copies of copies, or of themselves": (
        "SELECT c.article_id FROM copies c WHERE c.original_id = c.article_id "
        "OR EXISTS (SELECT 1 FROM copies o WHERE o.article_id = c.original_id)"
    ),
    "copies in another story than their original": (
        "SELECT c.article_id FROM copies c LEFT JOIN story_articles s ON s.article_id = c.article_id "
        "LEFT JOIN story_articles o ON o.article_id = c.original_id WHERE s.story_id IS DISTINCT FROM o.story_id"
    ),
    "signatures of articles that are not there": _orphans("signatures", "article_id", "articles"),
    "signatures twice": _doubled("signatures", "article_id"),
    # stories
    "story places of articles that are not there": _orphans("story_articles", "article_id", "articles"),
    "stories whose counts are not those of their articles": (
        "SELECT t.id FROM stories t LEFT JOIN (SELECT s.story_id, count(*) AS articles, "
        "count(*) FILTER (c.article_id IS NULL) AS tellings FROM story_articles s LEFT JOIN copies c "
        "ON c.article_id = s.article_id GROUP BY s.story_id) n ON n.story_id = t.id "
        "WHERE (t.articles, t.tellings) IS DISTINCT FROM (n.articles, n.tellings)"
    ),
    "links to stories that are not there": _orphans("story_links", "follows_id", "stories"),
    "links from stories that are not there": _orphans("story_links", "story_id", "stories"),
    "old story ids that lead nowhere": _orphans("story_aliases", "story_id", "stories"),
    "old story ids that are still in use": "SELECT old_id FROM story_aliases WHERE old_id IN (SELECT id FROM stories)",
    "stories whose id was never given": _orphans("stories", "id", "story_ids", "story_id"),
    "story ids given twice": _doubled("story_ids", "story_id"),
    "story vectors twice": _doubled("story_vectors", "article_id"),
    "story vectors of articles that are not there": _orphans("story_vectors", "article_id", "articles"),
    # mentions and facts
    "mentions twice": _doubled("mentions", "article_id", '"start"', '"end"', "entity_id"),
    "facts twice": _doubled("facts", "article_id", "kind", '"start"', '"end"', "surface", "unit"),
    "facts in articles that are not there": _orphans("facts", "article_id", "articles"),
    "mentions whose place is not as long as their words": (
        'SELECT article_id, "start" FROM mentions WHERE "start" < 0 OR "end" - "start" <> length(surface)'
    ),
    "facts whose place is not as long as their words": (
        'SELECT article_id, "start" FROM facts WHERE "start" < 0 OR "end" - "start" <> length(surface)'
    ),
    "spellings of entities that are not there": _orphans("aliases", "entity_id", "entities"),
    "entities merged into ones that are not there": _orphans("entities", "merged_into", "entities"),
    "clues about entities that are not there": _orphans("person_clues", "entity_id", "entities"),
    # the views count what the tables hold
    "rows more or less in the view news than articles": _unequal("SELECT count(*) FROM news", "SELECT count(*) FROM articles"),
    "rows more or less in the view story_overview than stories": _unequal(
        "SELECT count(*) FROM story_overview", "SELECT count(*) FROM stories"
    ),
    "rows more or less in the view reprints than copies": _unequal(
        "SELECT count(*) FROM reprints", "SELECT count(*) FROM copies"
    ),
    "rows more or less in the view timeline than tellings": _unequal(
        "SELECT count(*) FROM timeline", "SELECT coalesce(sum(tellings), 0) FROM stories"
    ),
    "entries missing or doubled in the view why": _unequal(
        "SELECT count(DISTINCT entry_id) FROM why", "SELECT count(*) FROM entries"
    ),
    "rows more or less in the view feed_health than feeds": _unequal(
        "SELECT count(*) FROM feed_health", "SELECT count(*) FROM feeds WHERE state <> 'removed'"
    ),
    "counts in the view about that are not those of the tables": (
        "SELECT articles, stories FROM about WHERE (articles, stories, entities) IS DISTINCT FROM "
        "((SELECT count(*) FROM articles), (SELECT count(*) FROM stories), (SELECT count(*) FROM entities))"
    ),
    # the file explains itself
    "tables, views or columns without a comment": (
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND database_name = current_database() "
        "AND coalesce(comment, '') = '' UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE NOT internal "
        "AND database_name = current_database() AND coalesce(comment, '') = '' "
        "UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal "
        "AND database_name = current_database() AND coalesce(comment, '') = ''"
    ),
    "rows too many in publication": "SELECT version FROM publication QUALIFY row_number() OVER () > 1",
    "indexes (DuckDB's are not to be trusted after a crash)": "SELECT index_name FROM duckdb_indexes()",
}

# Mentions and facts stand where they say in the article's current text. {of}: a condition that takes a part of the articles.
OFFSETS: dict[str, str] = {
    f"{table} whose words do not stand in the text where they say": (
        f'SELECT m.article_id, m."start" FROM {table} m JOIN articles a ON a.id = m.article_id '
        "JOIN article_texts t ON t.article_id = a.id AND t.version = a.version "
        'WHERE {of} AND substr(t.text, m."start" + 1, m."end" - m."start") <> m.surface'
    )
    for table in ("mentions", "facts")
}
