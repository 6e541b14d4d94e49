"""Two people with one name: told apart when what is said of them contradicts itself, and only then."""

from collections import Counter

import pytest

from tasks.entities import find_entities
from tasks.entity_links import MemoryContext, link_entities
from tasks.person_clues import APART, contradiction
from tests.eval import merges, namesakes


def test_there_are_enough_cases_of_both_kinds() -> None:
    kinds = Counter(case[0] for case in namesakes.cases())
    assert kinds["same"] >= 20 and kinds["apart"] >= 20


@pytest.mark.parametrize("case", namesakes.cases(), ids=lambda case: namesakes.name_of(case[2], case[4]))
def test_one_or_two(case: tuple[str, ...]) -> None:
    assert namesakes.judge(case) == case[0]


@pytest.mark.parametrize(
    ("here", "known", "story", "apart"),
    [
        ((), (), False, False),
        (("field:sport",), ("field:politics",), False, True),
        (("field:law",), ("field:politics",), False, False),
        (("field:sport",), ("field:politics",), True, False),
        (("born:1980",), ("born:1984",), True, True),
        (("born:1980",), ("born:1981",), False, False),
        (("nation:KE",), ("nation:ZM",), False, True),
        (("nation:KE", "field:sport", "scene:DE"), ("nation:ZM", "field:sport", "scene:DE"), False, True),
        (("nation:KE", "with:mary okello"), ("nation:ZM", "with:mary okello"), False, False),
        (("scene:KE",), ("scene:CA",), False, False),
        (("year:1987",), ("year:2026",), False, True),
        (("middle:w",), ("middle:hw",), True, True),
        (("middle:j",), ("middle:jr",), False, False),
        (("year:1987",), ("year:2010", "year:2026"), False, False),
    ],
)
def test_what_contradicts(here: tuple[str, ...], known: tuple[str, ...], story: bool, apart: bool) -> None:
    assert (contradiction(here, known, story) >= APART) is apart
    assert contradiction(here, known, story) == contradiction(known, here, story)


def test_towns_of_two_states_and_bodies_of_two_articles_stay_apart() -> None:
    context = MemoryContext()
    ids: dict[str, list[int]] = {}
    for number, text in enumerate(
        (
            "The mayor of Kelbrook, Va., said that the bridge was closed. Iran and Iraq did not answer the Foreign Ministry.",
            "A fire broke out in Kelbrook, Texas, on Monday. Russia and Ukraine did not answer the Foreign Ministry.",
            "The people of Kelbrook, Va., said on Monday that the bridge was open again. The Judiciary Committee met in Rome.",
            "The Judiciary Committee met in Madrid on Monday.",
        )
    ):
        linked = link_entities(find_entities("", text, "en", None), context.view(number, 7))
        context.add(7, linked)
        for item in linked:
            ids.setdefault(item.found.name, []).append(item.id)
    first, second, third = ids["Kelbrook"]
    assert first == third != second
    assert len(set(ids["Foreign Ministry"])) == len(ids["Foreign Ministry"]) == 2
    assert len(set(ids["Judiciary Committee"])) == 2


def test_the_judged_merges_are_many_and_hold_no_text() -> None:
    rows = merges.judged()
    assert len(rows) >= 180 and {verdict for _, verdict in rows.values()} == {"right", "wrong", "unclear"}
    own = [verdict for stratum, verdict in rows.values() if stratum == "own"]
    assert len(own) >= 150 and own.count("right") / len(own) >= 0.94
