"""Entities across articles: ids, stories, earlier articles, batches."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.entity_records import ArticleEntities, FoundEntity, FoundMention, LinkedEntity
from schemas.reasons import EntityType
from tasks.entities import find_entities
from tasks.entity_joins import initials, name_parts, short_form
from tasks.entity_links import alias_keys, entity_key, link_entities
from tasks.entity_memory import KnownAlias, KnownEntity, MemoryContext, known_entity, surface_key
from tasks.urls import stable_id

AT = datetime(2025, 6, 6, tzinfo=UTC)


def article(*entities: FoundEntity) -> ArticleEntities:
    mentions = tuple(
        FoundMention(index, index * 100, index * 100 + len(item.name), item.name, 0, None, False, False)
        for index, item in enumerate(entities)
    )
    return ArticleEntities(entities, mentions)


def person(name: str, role: str | None = None) -> FoundEntity:
    return FoundEntity(name, EntityType.PERSON, (name,), 1, description=role, complete=" " in name)


def organization(name: str) -> FoundEntity:
    return FoundEntity(name, EntityType.ORG, (name,), 1, complete=" " in name)


def link(context: MemoryContext, number: int, story: int | None, *entities: FoundEntity) -> tuple[LinkedEntity, ...]:
    linked = link_entities(article(*entities), context.view(number, story))
    context.add(story, linked)
    return linked


def test_knowledge_decides_the_id() -> None:
    found = find_entities("", "The U.S. and China met in Geneva, and the United Nations watched.", "en", AT)
    ids = {item.found.name: item.id for item in link_entities(found, MemoryContext().view(1))}
    assert ids["United States"] == stable_id("entity", "Q30")
    assert ids["United Nations"] == stable_id("entity", "Q1065")
    other = find_entities("", "America and Britain met again in Geneva on Monday, officials said.", "en", AT)
    again = {item.found.name: item.id for item in link_entities(other, MemoryContext().view(2))}
    assert again["United States"] == ids["United States"] and again["Geneva"] == ids["Geneva"]


def test_full_names_have_one_id_everywhere() -> None:
    context = MemoryContext()
    first = link(context, 1, None, person("Donald Trump"))[0]
    assert link(context, 2, None, person("Donald J. Trump"))[0].id == first.id
    assert link(context, 3, None, person("Melania Trump"))[0].id != first.id
    assert link(context, 3, None, person("Donald Trump Jr."))[0].id != first.id
    assert (
        link(context, 4, None, organization("Lynas Rare Earths"))[0].id
        == link(context, 5, None, organization("Lynas Rare Earths Ltd"))[0].id
    )


def test_a_surname_takes_the_one_person_of_its_story() -> None:
    context = MemoryContext()
    xi = link(context, 1, 7, person("Xi Jinping"))[0]
    assert link(context, 2, 7, person("Xi"))[0].id == xi.id
    assert link(context, 3, 8, person("Xi"))[0].id != xi.id


def test_two_of_a_surname_in_a_story_are_not_guessed_between() -> None:
    context = MemoryContext()
    maria, juan = link(context, 1, 7, person("Maria Lopez"), person("Juan Lopez"))
    lopez = link(context, 2, 7, person("Lopez"))[0]
    assert lopez.id not in (maria.id, juan.id)
    assert link(context, 3, 7, person("Lopez"))[0].id == lopez.id


def test_an_office_and_a_surname_mean_who_holds_it() -> None:
    context = MemoryContext()
    ann = link(context, 1, 7, person("Ann Mwale"))[0].id
    held = link(context, 2, 7, person("Mwale", "President"))[0].id
    assert held != ann, "the story names only her in full, and nobody calls her president"
    assert link(context, 3, 7, person("Mwale"))[0].id == ann
    robert = link(context, 4, 8, person("Robert Mwale", "President"))[0].id
    assert link(context, 5, 8, person("Mwale", "President"))[0].id == robert


def test_a_company_with_its_legal_form_is_the_one_of_the_story() -> None:
    context = MemoryContext()
    full = link(context, 1, 7, organization("Marluz Ferries"))[0].id
    limited = FoundEntity("Marluz", EntityType.ORG, ("Marluz Ltd",), 1, complete=True)
    assert link(context, 2, 7, limited)[0].id == full
    assert link(context, 3, 8, limited)[0].id != full, "another story"


def test_stories_that_became_one_keep_their_bare_surname() -> None:
    context = MemoryContext()
    first = link(context, 1, 7, person("Mwale"))[0]
    context.add(8, [first])  # story 7 was merged into story 8
    assert link(context, 2, 8, person("Mwale"))[0].id == first.id


def test_a_bare_surname_without_story_stays_with_its_article() -> None:
    context = MemoryContext()
    assert link(context, 1, None, person("Smith"))[0].id != link(context, 2, None, person("Smith"))[0].id


def test_offices_identify() -> None:
    context = MemoryContext()
    full = link(context, 1, None, person("Ronald Reagan", "President"))[0]
    assert (
        link(context, 2, None, person("Reagan", "President"))[0].id != link(context, 3, None, person("Reagan", "analyst"))[0].id
    )
    context.add_alias(alias("reagan", known_entity(full), 1))
    assert link(context, 4, None, person("Reagan", "President"))[0].id == full.id


def test_what_several_articles_agree_on_is_believed() -> None:
    context = MemoryContext()
    powell = KnownEntity(5, EntityType.PERSON, "Jerome Powell")
    context.add_alias(alias("powell", powell, 2))
    assert link(context, 1, None, person("Powell"))[0].id != 5
    context.add_alias(alias("powell", powell, 30))
    assert link(context, 2, None, person("Powell"))[0].id == 5
    context.add_alias(alias("powell", KnownEntity(6, EntityType.PERSON, "Colin Powell"), 4))
    assert link(context, 3, None, person("Powell"))[0].id not in (5, 6)


def test_acronyms_and_first_words_of_companies_in_a_story() -> None:
    context = MemoryContext()
    long, lynas = link(context, 1, 3, organization("American Motors"), organization("Lynas Rare Earths"))
    short = link(context, 2, 3, organization("AM"), organization("Lynas"), organization("American"))
    assert short[0].id == long.id and short[1].id == lynas.id


def test_a_misread_type_follows_the_known_entity() -> None:
    context = MemoryContext()
    known = link(context, 1, 3, organization("Lynas Rare Earths"), person("Nancy Pelosi"))
    wrong = FoundEntity("Lynas Rare Earths", EntityType.PERSON, ("Lynas Rare Earths",), 1)
    linked = link(context, 2, 3, wrong, organization("Pelosi"))
    assert [item.id for item in linked] == [item.id for item in known]
    assert [item.found.type for item in linked] == [EntityType.PERSON, EntityType.PERSON]


def alias(key: str, entity: KnownEntity, count: int) -> KnownAlias:
    return KnownAlias(key, entity.entity_id, entity.type, count, entity.name, entity.complete, entity.role)


ARTICLES = [
    (1, 10, (person("Trump", "President"), organization("Lynas"))),
    (2, 10, (person("Donald Trump", "President"), organization("Lynas Rare Earths"))),
    (3, 10, (person("Trump", "President"), person("Xi"))),
    (4, 11, (person("Xi Jinping"), person("Xi"))),
    (5, None, (person("Trump", "President"), person("Lopez"))),
    (6, 10, (organization("Lynas"), person("Maria Lopez"))),
    (7, 12, (person("Trump", "President"), person("Donald J. Trump"))),
]


def run(batches: list[list[int]]) -> list[list[int]]:
    """Link the articles in batches, each with a context preloaded from rows as a store would keep them."""
    entities: dict[int, KnownEntity] = {}
    aliases: dict[tuple[str, int], int] = {}
    stories: dict[int, set[int]] = {}
    ids: list[list[int]] = []
    for batch in batches:
        context = MemoryContext()
        keys = {key for index in batch for key in alias_keys(article(*ARTICLES[index][2]))}
        for (key, entity), count in aliases.items():
            if key in keys:
                context.add_alias(alias(key, entities[entity], count))
        for index in batch:
            story = ARTICLES[index][1]
            if story is not None:
                for entity in stories.get(story, ()):
                    context.add_story_entity(story, entities[entity])
        for index in batch:
            number, story, found = ARTICLES[index]
            linked = link(context, number, story, *found)
            ids.append([item.id for item in linked])
            for item in linked:
                row = known_entity(item)
                old = entities.setdefault(item.id, row)
                entities[item.id] = replace(old, complete=old.complete or row.complete)
                for surface, spelled in item.aliases:
                    key = surface_key(surface)
                    aliases[key, item.id] = aliases.get((key, item.id), 0) + spelled
                if story is not None:
                    stories.setdefault(story, set()).add(item.id)
    return ids


def test_no_result_depends_on_batches() -> None:
    count = len(ARTICLES)
    expected = run([[index] for index in range(count)])
    for cuts in itertools.chain.from_iterable(itertools.combinations(range(1, count), size) for size in (0, 1, 2)):
        edges = [0, *cuts, count]
        assert run([list(range(a, b)) for a, b in itertools.pairwise(edges)]) == expected


@pytest.mark.parametrize(
    ("short", "full", "fits"),
    [
        ("Trump", "Donald Trump", True),
        ("Xi", "Xi Jinping", True),
        ("Jinping", "Xi Jinping", True),
        ("Donald", "Donald Trump", False),
        ("Donald Trump", "Donald J. Trump", True),
        ("King", "Martin Luther King Jr.", True),
        ("von der Leyen", "Ursula von der Leyen", True),
        ("Al-Maeena", "Khaled Al-Maeena", True),
        ("Ivanka Trump", "Donald Trump", False),
        ("Donald Trump", "Donald Trump", False),
    ],
)
def test_short_forms(short: str, full: str, fits: bool) -> None:
    assert short_form(name_parts(short), name_parts(full)) is fits


def test_initials() -> None:
    assert "WHO" in initials("World Health Organization")
    assert "FBI" in initials("Federal Bureau of Investigation")


def test_entity_keys_tell_types_apart() -> None:
    assert entity_key(person("Jordan Smith"), "x") != entity_key(organization("Jordan Smith"), "x")
    assert entity_key(person("Smith"), "story:1") != entity_key(person("Smith"), "story:2")
