"""Two people with one name: told apart when what is said of them contradicts itself, and only then."""

from collections import Counter

import pytest

from schemas.entity_records import ArticleEntities, FoundEntity, FoundMention
from schemas.reasons import EntityType
from tasks.entities import find_entities
from tasks.entity_links import link_entities
from tasks.entity_memory import MemoryContext
from tasks.person_clues import APART, contradiction
from tests.eval import merges, namesakes
from tests.eval.namesakes import FILL


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
    assert len(rows) >= 700 and {verdict for _, verdict in rows.values()} == {"right", "wrong", "unclear"}
    own = [verdict for stratum, verdict in rows.values() if stratum == "own"]
    assert len(own) >= 150 and own.count("right") / len(own) >= 0.94


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (
            "China's Communist Party met in Beijing on Monday, officials said.",
            "The Communist Party of Greece marched in Athens on Monday, and Greece's Communist Party paid.",
            "Communist Party",
        ),
        ("A guard at the U.S. Embassy was hurt on Monday.", "The U.S. Embassy was closed on Monday.", "U.S. Embassy"),
        ("Voters in Orange County stayed at home.", "A storm hit Orange County on Monday.", "Orange County"),
        ("Only the Liberals voted for the bill.", "A third of the Liberals stayed at home.", "Liberals"),
    ],
)
def test_names_that_many_bear_stay_with_their_story(first: str, second: str, name: str) -> None:
    context = MemoryContext()
    ids: list[int] = []
    for number, text in enumerate((first, second)):
        linked = link_entities(find_entities("", text + FILL, "en", None), context.view(number, number))
        context.add(number, linked)
        ids += [item.id for item in linked if item.found.name == name]
    assert len(ids) == len(set(ids)) == 2


def test_a_word_that_is_a_known_surname_is_no_company_of_all_stories() -> None:
    context = MemoryContext()
    ids: list[int] = []
    person = FoundEntity("Rick Scott", EntityType.PERSON, ("Rick Scott", "Scott"), 2)
    spoken = FoundMention(0, 0, 10, "Rick Scott", 0, None, False, False), FoundMention(0, 20, 25, "Scott", 0, None, False, False)
    context.add(1, link_entities(ArticleEntities((person,), spoken), context.view(1, 1)))
    for number in (2, 3):
        firm = FoundEntity("Scott", EntityType.ORG, ("Scott",), 1, complete=False)
        found = ArticleEntities((firm,), (FoundMention(0, 0, 5, "Scott", 0, None, False, False),))
        linked = link_entities(found, context.view(number, number))
        context.add(number, linked)
        ids.append(linked[0].id)
    assert len(set(ids)) == 2
