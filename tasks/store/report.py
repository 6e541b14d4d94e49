"""What `newsfold report` shows, read from the published file.

The articles of the period, and all articles of the stories that they belong to, are put into two temporary tables first: the
rest reads those, so that a report costs a look through `articles` and not one a question.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from schemas.answers import StoryAnswer
from schemas.reasons import Reason
from schemas.report import EntityTime, FeedState, Missed, MissedEntry, OutletFigures, Pair, Period, Report, Totals
from tasks.store import bulk
from tasks.store.lookups import PRINTED
from tasks.store.stories import told, who_was_first
from tasks.store.why import in_words

SHARED, SINGLE, ENTITIES, OUTLETS, FEEDS, EXAMPLES = 30, 40, 24, 40, 200, 3

_IN_PERIOD = """
CREATE OR REPLACE TEMP TABLE in_period AS
SELECT a.id, coalesce(a.published_at, a.first_seen_at) AS appeared_at, coalesce(a.outlet, a.domain) AS outlet, a.language,
       s.story_id, c.original_id
FROM articles a LEFT JOIN story_articles s ON s.article_id = a.id LEFT JOIN copies c ON c.article_id = a.id
WHERE coalesce(a.published_at, a.first_seen_at) >= ? AND coalesce(a.published_at, a.first_seen_at) < ?
"""
_TOUCHED = """
CREATE OR REPLACE TEMP TABLE touched AS
SELECT s.story_id, a.id, coalesce(a.published_at, a.first_seen_at) AS appeared_at, coalesce(a.outlet, a.domain) AS outlet,
       coalesce(a.published_precision = 'time', false) AS time_known, c.original_id
FROM story_articles s JOIN articles a ON a.id = s.article_id LEFT JOIN copies c ON c.article_id = a.id
WHERE s.story_id IN (SELECT story_id FROM in_period)
"""
_TOTALS = """
SELECT count(*), count(original_id), count(DISTINCT story_id), count(DISTINCT outlet), count(DISTINCT language) FROM in_period
"""
_STORIES = """
SELECT story_id, count(*) FILTER (original_id IS NULL) AS tellings, count(DISTINCT outlet) AS outlets, count(*) AS articles,
       max(appeared_at) AS last_at
FROM touched GROUP BY story_id HAVING (count(*) > 1) = ?
ORDER BY {order}, story_id
"""
_ARTICLES = f"""
SELECT {PRINTED}, s.score, s.reason, c.original_id, c.level, c.score, c.reason, s.story_id
FROM wanted JOIN story_articles s ON s.story_id = wanted.id JOIN articles a ON a.id = s.article_id
LEFT JOIN copies c ON c.article_id = a.id
ORDER BY coalesce(a.published_at, a.first_seen_at), a.id
"""
_HEADS = "SELECT t.id, t.title, t.first_at, t.last_at, t.outlets, t.languages FROM wanted JOIN stories t ON t.id = wanted.id"
# Nationalities and the outlets' own names (in credits and datelines) say little about the news.
_ENTITIES = """
SELECT e.id, e.name, e.type, e.description, count(DISTINCT p.outlet), list(DISTINCT (p.appeared_at, p.id))
FROM in_period p JOIN mentions m ON m.article_id = p.id JOIN entities e ON e.id = m.entity_id
WHERE p.original_id IS NULL AND e.type <> 'GROUP'
  AND regexp_replace(lower(e.name), '^the ', '') NOT IN (SELECT regexp_replace(lower(outlet), '^the ', '') FROM in_period)
GROUP BY ALL HAVING count(DISTINCT p.id) > 1 ORDER BY count(DISTINCT p.id) DESC, count(*) DESC, e.name, e.id LIMIT ?
"""
_PAIRS = """
WITH named AS (
    SELECT DISTINCT m.entity_id, m.article_id
    FROM wanted JOIN mentions m ON m.entity_id = wanted.id JOIN in_period p ON p.id = m.article_id WHERE p.original_id IS NULL
)
SELECT x.entity_id, y.entity_id, count(*) FROM named x JOIN named y ON y.article_id = x.article_id AND y.entity_id > x.entity_id
GROUP BY ALL ORDER BY 3 DESC, 1, 2
"""
_OUTLETS = """
WITH told AS (
    SELECT story_id, outlet, min(appeared_at) AS appeared_at, arg_min(id, (appeared_at, id)) AS id
    FROM touched WHERE time_known AND original_id IS NULL GROUP BY ALL
), ranked AS (
    SELECT outlet, count(*) OVER story AS outlets,
           row_number() OVER (PARTITION BY story_id ORDER BY appeared_at, id) AS place,
           date_sub('minute', min(appeared_at) OVER story, appeared_at) AS behind
    FROM told WINDOW story AS (PARTITION BY story_id)
), raced AS (
    SELECT outlet, count(*) AS shared, count(*) FILTER (place = 1) AS first, CAST(median(behind) AS BIGINT) AS delay
    FROM ranked WHERE outlets > 1 GROUP BY outlet
)
SELECT p.outlet, count(*), count(p.original_id), coalesce(any_value(r.shared), 0), coalesce(any_value(r.first), 0),
       any_value(r.delay)
FROM in_period p LEFT JOIN raced r ON r.outlet = p.outlet GROUP BY p.outlet ORDER BY 5 DESC, 2 DESC, 1 LIMIT ?
"""
_FEEDS = """
SELECT feed, url, health, advice, needs_person, entries, stored FROM feed_health
ORDER BY needs_person DESC, health = 'healthy', lower(feed), url LIMIT ?
"""
_MISSED = """
SELECT e.state, e.reason, min(e.detail), count(*),
       list((e.title, e.url, coalesce(f.title, f.url)) ORDER BY coalesce(e.published_at, e.discovered_at) DESC, e.id)[:?]
FROM entries e JOIN feeds f ON f.id = e.feed_id
WHERE e.state NOT IN ('stored', 'unchanged') AND coalesce(e.published_at, e.discovered_at) >= ?
  AND coalesce(e.published_at, e.discovered_at) < ?
GROUP BY e.state, e.reason ORDER BY 4 DESC, 1, 2
"""


def last_days(connection: duckdb.DuckDBPyConnection, days: int, zone: str, now: datetime) -> Period:
    """The last so many days of the data, to the end of the day of its newest article; of `now` where there is none."""
    newest = bulk.first(connection, "SELECT max(coalesce(published_at, first_seen_at)) FROM articles")
    local = ((newest[0] if newest else None) or now).astimezone(ZoneInfo(zone))
    until = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Period((until - timedelta(days=days)).astimezone(UTC), until.astimezone(UTC), zone)


def read_report(connection: duckdb.DuckDBPyConnection, period: Period) -> Report:
    """Everything that a report of the period shows."""
    within: list[Any] = [period.since, period.until]
    connection.execute(_IN_PERIOD, within)
    connection.execute(_TOUCHED)
    articles, copies, stories, outlets, languages = connection.execute(_TOTALS).fetchall()[0]
    missed = _missed(connection, within)
    shared = [row[0] for row in connection.execute(_STORIES.format(order="tellings DESC, articles DESC"), [True]).fetchall()]
    single = [row[0] for row in connection.execute(_STORIES.format(order="last_at DESC"), [False]).fetchall()]
    entities = tuple(
        EntityTime(number, name, kind, description, told_by, tuple(sorted(moment[0] for moment in moments)))
        for number, name, kind, description, told_by, moments in connection.execute(_ENTITIES, [ENTITIES]).fetchall()
    )
    about = bulk.first(connection, "SELECT published_at, version FROM publication") or (None, "")
    return Report(
        period=period,
        published_at=about[0],
        version=about[1],
        totals=Totals(articles, copies, stories, outlets, languages, sum(part.count for part in missed)),
        shared=stories_of(connection, shared[:SHARED]),
        shared_left=len(shared[SHARED:]),
        single=stories_of(connection, single[:SINGLE]),
        single_left=len(single[SINGLE:]),
        entities=entities,
        pairs=tuple(Pair(*row) for row in bulk.with_ids(connection, [entity.id for entity in entities], _PAIRS)),
        outlets=tuple(OutletFigures(*row) for row in connection.execute(_OUTLETS, [OUTLETS]).fetchall()),
        feeds=tuple(FeedState(*row) for row in connection.execute(_FEEDS, [FEEDS]).fetchall()),
        missed=missed,
    )


def stories_of(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> tuple[StoryAnswer, ...]:
    """The stories with these ids, in their order, with tellings and copies (without links and entities)."""
    heads = {row[0]: row[1:] for row in bulk.with_ids(connection, ids, _HEADS)}
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for row in bulk.with_ids(connection, ids, _ARTICLES):
        rows.setdefault(row[15], []).append(row)
    return tuple(_story(one, heads[one], rows[one]) for one in ids if one in heads and one in rows)


def _story(story_id: int, head: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> StoryAnswer:
    title, first_at, last_at, outlets, languages = head
    tellings = told(rows)
    first_outlet, next_outlet, ahead = who_was_first(tellings)
    return StoryAnswer(
        id=story_id, merged_from=None, title=title or tellings[0].article.title, first_at=first_at, last_at=last_at,
        outlets=outlets, languages=tuple(languages), first_outlet=first_outlet, next_outlet=next_outlet, minutes_ahead=ahead,
        tellings=tellings, follows=(), followed_by=(), entities=(),
    )  # fmt: skip


def _missed(connection: duckdb.DuckDBPyConnection, within: list[Any]) -> tuple[Missed, ...]:
    rows = connection.execute(_MISSED, [EXAMPLES, *within]).fetchall()
    return tuple(
        Missed(state, reason, in_words(Reason(reason), detail), count, tuple(MissedEntry(*example) for example in examples))
        for state, reason, detail, count, examples in rows
    )
