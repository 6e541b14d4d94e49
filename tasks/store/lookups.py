"""Finding what a person names: an article by its address, a story by its id or an article's address."""

from typing import Any

import duckdb

from schemas.answers import Printed
from schemas.errors import BadInput
from tasks import urls
from tasks.store import bulk
from tasks.store.entries import address_of

_ARTICLE = """
SELECT a.id FROM articles a WHERE a.id = ? OR a.url = ? OR a.page_url = ?
UNION ALL SELECT ea.article_id FROM entries e JOIN entry_articles ea ON ea.entry_id = e.id WHERE e.address = ? OR e.url = ?
"""

PRINTED = (
    "a.id, coalesce(a.outlet, a.domain), coalesce(a.title, a.url), a.url, coalesce(a.published_at, a.first_seen_at), "
    "coalesce(a.published_precision = 'time', false), a.language, a.words, a.verdict"
)


def printed(row: tuple[Any, ...]) -> Printed:
    """An article of a row whose first columns are `PRINTED`."""
    return Printed(*row[:9])


def article_at(connection: duckdb.DuckDBPyConnection, url: str) -> int:
    """The article that an address leads to: its own, or one that a feed gave for it.

    Raises:
        BadInput: it is no http(s) address, or leads to no stored article.
    """
    if not urls.is_http_url(url):
        raise BadInput(f"{url!r} is no http(s) address")
    row = bulk.first(connection, _ARTICLE, [urls.article_id(url), url, url, address_of(url), url])
    if row is None:
        raise BadInput(f"no article of {url} is stored; `newsfold why {url}` says what became of the address")
    return int(row[0])


def article_named(connection: duckdb.DuckDBPyConnection, word: str) -> int:
    """The article that a person names by its id or address.

    Raises:
        BadInput: it is neither of a stored article.
    """
    if not word.isdecimal():
        return article_at(connection, word)
    row = bulk.first(connection, "SELECT id FROM articles WHERE id = ?", [_number(word, "article")])
    if row is None:
        raise BadInput(f"there is no article {word}")
    return int(row[0])


def story_named(connection: duckdb.DuckDBPyConnection, word: str) -> tuple[int, int | None]:
    """(the story that a person names, the old id they gave when it was merged into that story).

    `word` is the id of a story, one that it had before it was merged, the id of an article, or an article's address.

    Raises:
        BadInput: there is no such story, or the article is part of none.
    """
    if not word.isdecimal():
        return _story_of(connection, article_at(connection, word), word), None
    number = _number(word, "story")
    if bulk.first(connection, "SELECT 1 FROM stories WHERE id = ?", [number]):
        return number, None
    # the columns named by place, so that this holds whatever the first is called
    merged = bulk.first(
        connection, "SELECT s.story_id FROM story_aliases AS s(alias_id, story_id) WHERE s.alias_id = ?", [number]
    )
    if merged:
        return int(merged[0]), number
    if bulk.first(connection, "SELECT 1 FROM articles WHERE id = ?", [number]):
        return _story_of(connection, number, word), None
    raise BadInput(
        f'there is no story {word}; `newsfold sql "FROM stories_of_the_day ORDER BY day DESC, place LIMIT 20"` lists some'
    )


def _story_of(connection: duckdb.DuckDBPyConnection, article_id: int, word: str) -> int:
    row = bulk.first(connection, "SELECT story_id FROM story_articles WHERE article_id = ?", [article_id])
    if row is not None:
        return int(row[0])
    verdict = bulk.first(connection, "SELECT verdict FROM articles WHERE id = ?", [article_id])
    why = f"only a {verdict[0]} of it is readable" if verdict and verdict[0] in ("teaser", "paywall") else "it was not folded"
    raise BadInput(f"{word} is article {article_id}, which is part of no story: {why}")


def _number(word: str, what: str) -> int:
    number = int(word) if len(word) < 20 else 2**63
    if number >= 2**63:
        raise BadInput(f"there is no {what} {word}")
    return number
