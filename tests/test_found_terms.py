"""The terms by which stories are found are kept as bits, and found again."""

import random
from pathlib import Path

import duckdb
import numpy as np
import pytest

from schemas.settings import Settings
from tasks.store import bulk, found_terms, sketches
from tasks.store.master import master_path, open_master
from tests import old_schemas


def _rows(count: int, seed: int = 5) -> list[tuple[int, int | None, list[int], list[int]]]:
    """(article, day, terms of its vector, terms by which it is found): some without a day, some found by other terms as well."""
    drawn = random.Random(seed)
    rows: list[tuple[int, int | None, list[int], list[int]]] = []
    for number in range(count):
        terms = sorted(drawn.sample(range(2**32 - 1), drawn.randrange(0, 65)))
        found = drawn.sample(terms, len(terms) // 2) + drawn.sample(range(2**32), drawn.choice([0, 0, 0, 2]))
        rows.append((number, None if number % 11 == 0 else number // 10, terms, found))
    return rows


def _write(settings: Settings, rows: list[tuple[int, int | None, list[int], list[int]]]) -> None:
    made = []
    for number, day, terms, found in rows:
        lead = np.array(terms, dtype="<u4").tobytes()
        empty = dict.fromkeys(("lead_weights", "body_terms", "body_weights", "names", "facts"), b"")
        row = {"article_id": number, "day": day, "lead_size": 1, "lead_terms": lead, "found": found_terms.pack(lead, found)}
        made.append(row | empty)
    with open_master(settings) as connection:
        bulk.insert(connection, "story_vectors", made)


@pytest.mark.parametrize("days", [(None, None), (20, 35), (900, 901)])
def test_articles_are_found_by_these_terms_within_their_days(
    settings: Settings, days: tuple[int | None, int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketches, "ROWS", 100)
    rows = _rows(1000)
    _write(settings, rows)
    asked = {term for _, _, terms, found in rows[::7] for term in [*terms[:9], *found]} | {17, 2**31}
    first, last = days
    expected = sorted(
        (number, term)
        for number, day, _, found in rows
        if day is None or first is None or last is None or first <= day <= last
        for term in set(found) & asked
    )
    assert expected
    with open_master(settings) as connection:
        assert found_terms.holders(connection, asked, days) == expected
        assert found_terms.holders(connection, [], days) == []
        assert found_terms.holders(connection, [17], days) == []


def test_terms_of_an_earlier_schema_are_found_again(settings: Settings) -> None:
    path: Path = master_path(settings)
    path.parent.mkdir(parents=True)
    old_schemas.make(path, 30, rows=0)
    lead = np.array([5, 70_000, 2**32 - 2], dtype="<u4").tobytes()
    with duckdb.connect(path) as connection:
        for article in (1, 2):
            connection.execute(
                "INSERT INTO story_vectors BY NAME SELECT ? AS article_id, 3 AS day, 3 AS lead_size, ?::BLOB AS lead_terms, "
                "''::BLOB AS lead_weights, ''::BLOB AS body_terms, ''::BLOB AS body_weights",
                [article, lead],
            )
        connection.execute("INSERT INTO story_terms VALUES (3, 70000, 1), (3, 4294967294, 1), (3, 9, 1)")
    with open_master(settings) as connection:
        assert found_terms.holders(connection, [5, 9, 70_000, 2**32 - 2], (3, 3)) == [(1, 9), (1, 70_000), (1, 2**32 - 2)]
