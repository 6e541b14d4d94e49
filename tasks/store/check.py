"""`newsfold check`: the store's invariants, asked in SQL. Nothing is changed.

A million articles do not fit into memory with their texts: words and texts are compared in as many parts as it takes,
an article belonging to one part by its id.
"""

import time
from dataclasses import dataclass

import duckdb

from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.invariants import INVARIANTS, OFFSETS
from tasks.store.master import open_master

PART = 100_000  # articles whose texts are compared at a time
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold: how many rows break it, and a few of them."""

    words: str
    rows: int
    examples: tuple[tuple[str, ...], ...]

    def sentence(self) -> str:
        """What is wrong, for a person."""
        shown = "; ".join(", ".join(example) for example in self.examples)
        return f"{self.rows} {self.words}" + (f" (such as {shown})" if shown else "")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: nothing broken is fine. `slowest`: seconds of the invariants that took longest."""

    invariants: int
    articles: int
    seconds: float
    broken: tuple[Broken, ...]
    slowest: tuple[tuple[str, float], ...]


def check(settings: Settings) -> Checked:
    """Checks the master; writers wait meanwhile.

    Raises:
        StoreDamaged: the file can't be read; `newsfold restore` helps.
        StoreLocked: another program holds the master.
    """
    with open_master(settings) as connection:
        return check_connection(connection)


def check_connection(connection: duckdb.DuckDBPyConnection) -> Checked:
    """The same over a connection that is open already."""
    begin = time.monotonic()
    row = bulk.first(connection, "SELECT count(*) FROM articles")
    articles = int(row[0]) if row else 0
    broken: list[Broken] = []
    seconds: list[tuple[str, float]] = []
    for words, queries in (
        *((words, [sql]) for words, sql in INVARIANTS.items()),
        *((words, _parts(sql, articles)) for words, sql in OFFSETS.items()),
    ):
        started = time.monotonic()
        rows, examples = _ask(connection, queries)
        if rows:
            broken.append(Broken(words, rows, examples))
        seconds.append((words, round(time.monotonic() - started, 3)))
    seconds.sort(key=lambda item: -item[1])
    return Checked(len(seconds), articles, round(time.monotonic() - begin, 2), tuple(broken), tuple(seconds[:5]))


def _ask(connection: duckdb.DuckDBPyConnection, queries: list[str]) -> tuple[int, tuple[tuple[str, ...], ...]]:
    """(how many rows, the first of them); the rows are only counted, and looked at where there are any."""
    total = 0
    examples: list[tuple[str, ...]] = []
    for sql in queries:
        row = bulk.first(connection, f"SELECT count(*) FROM ({sql}) AS wrong")
        if not row or not row[0]:
            continue
        total += int(row[0])
        if len(examples) < EXAMPLES:
            found = connection.execute(f"SELECT * FROM ({sql}) AS wrong ORDER BY ALL LIMIT {EXAMPLES}").fetchall()
            examples += [tuple(map(str, one)) for one in found]
    return total, tuple(examples[:EXAMPLES])


def _parts(sql: str, articles: int) -> list[str]:
    parts = articles // PART + 1
    return [sql.format(of=f"a.id % {parts} = {part} AND m.article_id % {parts} = {part}") for part in range(parts)]


def archived_places(settings: Settings) -> dict[str, list[int]]:
    """Archive file -> offsets of the records in it that the books name."""
    with open_master(settings) as connection:
        rows = connection.execute(
            "SELECT archive_file, list(archive_offset) FROM pages WHERE archive_file IS NOT NULL GROUP BY archive_file ORDER BY 1"
        ).fetchall()
    return dict(rows)
