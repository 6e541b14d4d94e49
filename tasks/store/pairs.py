"""What the store knows of two articles: all that is needed to say why they are or are not copies, or one story."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from schemas.answers import Printed
from schemas.reasons import CopyLevel
from schemas.records import CopyLink, FollowLink, StoryLink
from tasks.signatures import Signature
from tasks.store import bulk, folding
from tasks.store.lookups import PRINTED, article_named, printed
from tasks.term_weights import Vector


@dataclass(frozen=True, slots=True)
class Side:
    """One article of a pair. `entities` are (id, name, type) of what it mentions; `vector` is None for a copy."""

    article: Printed
    text: str
    signature: Signature | None
    vector: Vector | None
    copy: CopyLink | None
    story: StoryLink | None
    entities: tuple[tuple[int, str, str], ...]


def sides(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> tuple[Side, Side]:
    """Two articles, named by address or id.

    Raises:
        BadInput: one of them is not stored.
    """
    ids = [article_named(connection, one), article_named(connection, other)]
    signatures, vectors = folding.signatures(connection, ids), folding.vectors(connection, ids)
    first, second = (_side(connection, one, signatures.get(one), vectors.get(one)) for one in ids)
    return first, second


def _side(connection: duckdb.DuckDBPyConnection, article_id: int, signature: Signature | None, vector: Vector | None) -> Side:
    row = connection.execute(f"SELECT {PRINTED}, a.version FROM articles a WHERE a.id = ?", [article_id]).fetchall()[0]
    text = bulk.first(connection, "SELECT text FROM article_texts WHERE article_id = ? AND version = ?", [article_id, row[9]])
    copy = bulk.first(
        connection, "SELECT article_id, original_id, level, score, reason FROM copies WHERE article_id = ?", [article_id]
    )
    story = bulk.first(
        connection, "SELECT article_id, story_id, score, reason FROM story_articles WHERE article_id = ?", [article_id]
    )
    entities = connection.execute(
        "SELECT DISTINCT e.id, e.name, e.type FROM mentions m JOIN entities e ON e.id = m.entity_id "
        "WHERE m.article_id = ? ORDER BY e.name, e.id",
        [article_id],
    ).fetchall()
    return Side(
        printed(row),
        text[0] if text else "",
        signature,
        vector,
        CopyLink(copy[0], copy[1], CopyLevel(copy[2]), copy[3], copy[4]) if copy else None,
        StoryLink(*story) if story else None,
        tuple(entities),
    )


def url_of(connection: duckdb.DuckDBPyConnection, article_id: int) -> str:
    """The canonical address of a stored article."""
    row = bulk.first(connection, "SELECT url FROM articles WHERE id = ?", [article_id])
    return str(row[0]) if row else str(article_id)


def story_title(connection: duckdb.DuckDBPyConnection, story_id: int) -> str:
    """The title of a story."""
    row = bulk.first(connection, "SELECT title FROM stories WHERE id = ?", [story_id])
    return str(row[0]) if row else ""


def follow_links(connection: duckdb.DuckDBPyConnection, stories: Sequence[int]) -> list[FollowLink]:
    """The follow-up links between two stories, either way."""
    sql = (
        "SELECT story_id, follows_id, score, reason FROM story_links "
        "WHERE list_contains(?, story_id) AND list_contains(?, follows_id) ORDER BY 1, 2"
    )
    return [FollowLink(*row) for row in connection.execute(sql, [list(stories), list(stories)]).fetchall()]


def copies_said(connection: duckdb.DuckDBPyConnection, one: Side, other: Side) -> tuple[bool, str]:
    """(whether they are stored as copies of one text, that in words with the stored reason)."""
    for mark, copy, original in (("A", one, other), ("B", other, one)):
        if copy.copy and copy.copy.original_id == original.article.article_id:
            return True, f"{mark} is stored as {copy.copy.level} copy of the other: {copy.copy.reason}"
    if one.copy and other.copy and one.copy.original_id == other.copy.original_id:
        return True, f"both are stored as copies of {url_of(connection, one.copy.original_id)}"
    elsewhere = [
        f"{mark} is a copy of {url_of(connection, side.copy.original_id)}"
        for mark, side in (("A", one), ("B", other))
        if side.copy
    ]
    return False, "; ".join(["they are stored as no copies of each other", *elsewhere])


def story_said(connection: duckdb.DuckDBPyConnection, one: Side, other: Side) -> tuple[bool, str]:
    """(whether they are stored in one story, that in words with the stored reason)."""
    without = [mark for mark, side in (("A", one), ("B", other)) if side.story is None]
    if one.story is None or other.story is None:
        return False, f"not one story: {' and '.join(without)} {'is' if len(without) == 1 else 'are'} part of none"
    if one.story.story_id == other.story.story_id:
        title = story_title(connection, one.story.story_id)
        return True, f"they are in one story, {one.story.story_id}: {title}"
    said = f"they are in two stories, A in {one.story.story_id} and B in {other.story.story_id}"
    links = follow_links(connection, [one.story.story_id, other.story.story_id])
    for link in links:
        later = "A" if link.story_id == one.story.story_id else "B"
        said += f"; that of {later} follows up the other ({link.reason})"
    return False, said
