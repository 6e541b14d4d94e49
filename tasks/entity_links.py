"""Entities of one article -> entities across articles. Pure; precision first: a false merge is worse than a missed one.

An id depends only on the article and on articles before it in the total order, through rows the store keeps. Before a
batch the caller preloads into a `MemoryContext`

- `add_alias`: the alias rows of `alias_keys(found)` of every article in the batch, joined with their entities;
- `add_story_entity`: for every story that the batch's articles belong to, its entities so far;
- `add_clues`: what earlier articles say of the people among them; `edits`: what a person decided;

then works article by article, in the total order: `link_entities(found, context.view(article_id, story_id))`, then
`context.add(story_id, linked)`. That adds what the tables will hold, so batches of any size give the same ids.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from schemas.entity_records import ArticleEntities, FoundEntity, LinkedEntity
from schemas.reasons import EntityType
from tasks import knowledge
from tasks.entity_bodies import is_common_body
from tasks.entity_edits import Edits
from tasks.entity_joins import generation, initials, name_parts, short_form
from tasks.entity_words import (
    COMPANY_WORDS,
    MANY_BODIES,
    MANY_MEAN,
    MANY_PLACES,
    MANY_TITLES,
    NO_SHORT_FORMS,
    OFFICES,
    PARTY_PEOPLE,
)
from tasks.person_clues import APART, Clues, contradiction
from tasks.urls import stable_id

# A bare surname outside its story is believed when it meant one person this often and hardly anyone else.
MIN_COUNT = 20
MIN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """An entity as stored. `role` is its description where it is a person's ("President")."""

    entity_id: int
    type: EntityType
    name: str
    complete: bool = True
    role: str | None = None


@dataclass(frozen=True, slots=True)
class KnownAlias:
    """A stored alias: `count` mentions of an entity have a spelling whose `surface_key` is `key`. The rest is the entity's."""

    key: str
    entity_id: int
    type: EntityType
    count: int
    name: str
    complete: bool = True
    role: str | None = None

    @property
    def entity(self) -> KnownEntity:
        """The entity of the row."""
        return KnownEntity(self.entity_id, self.type, self.name, self.complete, self.role)


class EntityContext(Protocol):
    """What is known before one article."""

    @property
    def scope(self) -> str:
        """What a bare surname that fits nobody belongs to: the story, else the article."""

    @property
    def article(self) -> str:
        """What belongs to the article alone."""

    def redirect(self, entity_id: int, surface: str) -> int:
        """The entity that a spelling counts for after a person's edits."""

    def clues(self, entity_id: int) -> Clues:
        """What earlier articles say of a person."""

    def aliases(self, key: str) -> tuple[KnownAlias, ...]:
        """The alias rows of a surface key: all entities that have it, by id."""

    def story(self) -> tuple[KnownEntity, ...]:
        """The entities of the article's story so far, by id."""


def surface_key(surface: str) -> str:
    """The key under which spellings of one alias meet: folded, without legal suffix."""
    return knowledge.fold(knowledge.strip_legal(surface))


def alias_keys(found: ArticleEntities) -> frozenset[str]:
    """The surface keys whose alias rows an article needs."""
    items = [item for item in found.entities if item.knowledge_id is None]
    people = [item for item in items if item.type is EntityType.PERSON and item.complete]
    return frozenset(surface_key(item.name) for item in items).union(*(person_keys(item) for item in people))


def entity_key(found: FoundEntity, scope: str, article: str = "") -> tuple[str, ...]:
    """What the id of an entity is the hash of: its knowledge id; its type and name; a bare surname's office or scope.

    `scope` is the story, else the article; `article` is what a body belongs to that many countries or towns have.
    """
    if found.knowledge_id is not None:
        return ("entity", found.knowledge_id)
    if found.type is not EntityType.PERSON:
        # "IM" is not "Im": short names keep their case
        short = len(found.name) <= 3
        if found.type is EntityType.ORG and not found.complete and is_common_body(found.name):
            # one story may speak of two countries' foreign ministries
            return ("entity", "ORG", surface_key(found.name), article or scope)
        if found.type is EntityType.ORG and not found.complete and surface_key(found.name) in MANY_MEAN:
            return ("entity", "ORG", surface_key(found.name), scope)  # "the Globe" is one paper a story
        if _many_bear(found):
            return ("entity", found.type.value, surface_key(found.name), scope)
        return ("entity", found.type.value, found.name if short else surface_key(found.name))
    parts = name_parts(found.name)
    if not found.complete:
        role = (found.description or "").casefold()
        return ("entity", "PERSON", " ".join(parts), role if role in OFFICES else scope)
    # a middle initial comes and goes: "Donald J. Trump" is "Donald Trump"
    middle = [part for part in parts[1:-1] if len(part) > 1]
    generation = [word for word in knowledge.fold(found.name).split()[-1:] if word in ("jr", "sr")]
    return ("entity", "PERSON", " ".join([*parts[:1], *middle, *parts[1:][-1:], *generation]))


def _many_bear(found: FoundEntity) -> bool:
    """Whether a name that the knowledge file lacks is borne by many: "Love" and "State of the Union" by works and yearly
    events, "Springfield" and "Orange County" by places, "AG" by whatever it is short for, "Liberals" by parties; one a story."""
    key = surface_key(found.name)
    if key in MANY_TITLES or (found.type is EntityType.WORK and " " not in key):
        return True
    if found.type is EntityType.PLACE:
        # several of the file have the name, and the article did not say which one it means
        return key.split()[-1] in MANY_PLACES or len(knowledge.places_named(found.name)) > 1
    if found.type is EntityType.ORG:
        return key.split()[-1] in MANY_BODIES or (not found.complete and len(found.name) == 2)
    return found.type is EntityType.GROUP and key in PARTY_PEOPLE


def link_entities(found: ArticleEntities, context: EntityContext) -> tuple[LinkedEntity, ...]:
    """The article's entities with their ids, in the order of `found.entities`.

    Knowledge-linked and complete names have ids of their own. An incomplete one (a bare surname, an acronym, one word of
    a company's name) takes the id of the one entity of the story that fits it, else of the one that it meant in earlier
    articles, else an id of its own; an incomplete name takes over the type of the entity it is found to mean.
    """
    surfaces: dict[int, dict[str, int]] = {}
    for mention in found.mentions:
        counts = surfaces.setdefault(mention.entity, {})
        surface = " ".join(mention.surface.split())
        counts[surface] = counts.get(surface, 0) + 1
    linked: list[LinkedEntity] = []
    for index, item in enumerate(found.entities):
        known = None if item.knowledge_id is not None else _known(item, context)
        aliases = tuple(sorted(surfaces.get(index, {}).items()))
        if known is None or (item.complete and known.type is item.type is EntityType.PERSON):
            linked.append(LinkedEntity(_apart(_own_id(item, context), item, context), item, aliases))
        else:
            kind = item.type if item.complete else known.type
            linked.append(LinkedEntity(known.entity_id, replace(item, type=kind), aliases))
    return tuple(with_edits(item, context) for item in linked)


def _own_id(item: FoundEntity, context: EntityContext) -> int:
    """The id that an entity's name and scope give. Two stories that became one keep the bare surname that one of them had."""
    key = entity_key(item, context.scope, context.article)
    own = stable_id(*key, context.scope) if _somebodys(item, context) else stable_id(*key)
    if item.type is not EntityType.PERSON or context.scope not in key:
        return own
    short = surface_key(item.name)
    same = [each for each in context.story() if each.type is item.type and not each.complete and surface_key(each.name) == short]
    ids = {each.entity_id for each in same}
    return own if own in ids or len(ids) != 1 else next(iter(ids))


def with_edits(item: LinkedEntity, context: EntityContext) -> LinkedEntity:
    """The entity with the spellings that a person's edits lead elsewhere."""
    surfaces = dict.fromkeys((*(surface for surface, _ in item.aliases), item.found.name))
    targets = ((surface, context.redirect(item.id, surface)) for surface in surfaces)
    return replace(item, moved=tuple(pair for pair in targets if pair[1] != item.id))


def _somebodys(item: FoundEntity, context: EntityContext) -> bool:
    """Whether one word taken for an organization's name is as likely a person's: "Scott", "Christine"; one a story."""
    if item.type is not EntityType.ORG or item.complete or item.knowledge_id is not None or " " in item.name:
        return False
    people = any(row.type is EntityType.PERSON and row.complete for row in context.aliases(surface_key(item.name)))
    return people or knowledge.is_given_name(item.name, places=True)


def _apart(own: int, item: FoundEntity, context: EntityContext) -> int:
    """The person of a full name that an article means: the one its clues fit best, a new one when they contradict all."""
    if item.type is not EntityType.PERSON or not item.complete or item.knowledge_id is not None:
        return own
    key = entity_key(item, "")
    rows = {row.entity_id for name in person_keys(item) for row in context.aliases(name) if _same_person_name(row.entity, key)}
    story = {known.entity_id for known in context.story()}
    ranked = sorted((contradiction(item.clues, context.clues(each), each in story), each != own, each) for each in rows | {own})
    best, _, chosen = ranked[0]
    return chosen if best < APART else stable_id(*key, context.scope)


def _same_person_name(known: KnownEntity, key: tuple[str, ...]) -> bool:
    if known.type is not EntityType.PERSON or not known.complete:
        return False
    return entity_key(FoundEntity(known.name, EntityType.PERSON, (), 0), "") == key


def person_keys(found: FoundEntity) -> frozenset[str]:
    """The surface keys under which people of one full name are looked for: as written, and without a middle initial."""
    return frozenset((surface_key(found.name), entity_key(found, "")[2]))


def _known(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The stored entity that an article's entity is, if that can be told."""
    if item.complete:
        return None if _many_bear(item) else _same_name(item, context)
    if item.type is EntityType.ORG and is_common_body(item.name):
        return None
    fits = {known.entity_id: known for known in context.story() if known.complete and _stands_for(item, known)}
    if fits:
        return next(iter(fits.values())) if len(fits) == 1 else None
    return _as_in_story(item, context) or _from_earlier(item, context)


def _as_in_story(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The organization that a bare name taken for a person's was in an earlier article of the story: "Marluz"."""
    if item.type is not EntityType.PERSON or item.description or len(name_parts(item.name)) != 1:
        return None
    key = surface_key(item.name)
    same = [known for known in context.story() if known.type is EntityType.ORG and surface_key(known.name) == key]
    return same[0] if len(same) == 1 else None


def _same_name(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The entity known under the same full name but another type: several words name one thing, whatever the vote here."""
    key = surface_key(item.name)
    if " " not in key:
        return None
    rows = [row.entity for row in context.aliases(key) if row.entity.complete and surface_key(row.entity.name) == key]
    return rows[0] if len(rows) == 1 else None


def _stands_for(item: FoundEntity, known: KnownEntity) -> bool:
    """Whether an incomplete name can mean a known entity: surname, first words or acronym."""
    if known.type is EntityType.PERSON:
        fits = short_form(name_parts(item.name), name_parts(known.name))
        # a Jr. is as a rule told from his father by it
        fits = fits and generation(item.name) == generation(known.name)
        return fits and item.type in (EntityType.PERSON, EntityType.ORG) and not item.name.isupper()
    if known.type is not item.type:
        return _firm(item, known)
    acronym = item.name.replace(".", "")
    if acronym.isupper() and " " in known.name and acronym in initials(known.name):
        return True
    short, full = surface_key(item.name).split(), surface_key(known.name).split()
    return len(short) < len(full) and full[: len(short)] == short and len(short[0]) >= 4 and short[0] not in NO_SHORT_FORMS


def _firm(item: FoundEntity, known: KnownEntity) -> bool:
    """Whether a bare name taken for a person's is a company of the story: "Marluz" where it has "Marluz Ferries"."""
    words, full = name_parts(item.name), surface_key(known.name).split()
    if item.type is not EntityType.PERSON or item.description or known.type is not EntityType.ORG or len(words) != 1:
        return False
    return len(full) > 1 and full[0] == words[0] and len(words[0]) >= 4 and full[-1] in COMPANY_WORDS


def _from_earlier(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The one complete entity that a spelling meant in earlier articles: with the same role, or in nearly all of several."""
    rows = [row for row in context.aliases(surface_key(item.name)) if row.entity.type is item.type]
    fits = [row for row in rows if row.entity.complete and _stands_for(item, row.entity)]
    if len(fits) != 1:
        return None
    role, known = item.description, fits[0].entity
    if role and known.role and role.casefold() == known.role.casefold() and item.type is EntityType.PERSON:
        return known
    total = sum(row.count for row in rows)
    return known if fits[0].count >= MIN_COUNT and fits[0].count >= MIN_SHARE * total else None


class MemoryContext:
    """The preloaded rows of a batch with what the batch itself adds on top."""

    def __init__(self) -> None:
        self._entities: dict[int, KnownEntity] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._stories: dict[int, set[int]] = {}
        self._clues: dict[int, Counter[str]] = {}
        self.edits = Edits()

    def add_clues(self, entity_id: int, clues: Iterable[str], count: int = 1) -> None:
        """Add what an article says of a person (a negative count takes it away)."""
        known = self._clues.setdefault(entity_id, Counter())
        for clue in clues:
            known[clue] += count

    def people(self) -> list[int]:
        """The ids of the people with full names that are known so far."""
        return sorted(row.entity_id for row in self._entities.values() if row.type is EntityType.PERSON and row.complete)

    def clues(self, entity_id: int) -> Clues:
        """What the articles so far say of a person."""
        return frozenset(clue for clue, count in self._clues.get(entity_id, {}).items() if count > 0)

    def add_entity(self, row: KnownEntity) -> None:
        """Add an entity: as in the table, the first of an id stays, and is complete once one of them is."""
        old = self._entities.get(row.entity_id)
        self._entities[row.entity_id] = row if old is None else replace(old, complete=old.complete or row.complete)

    def add_alias(self, row: KnownAlias) -> None:
        """Add a stored alias row, or mentions to a known one (a negative count takes them away)."""
        self.add_entity(row.entity)
        counts = self._counts.setdefault(row.key, {})
        counts[row.entity_id] = counts.get(row.entity_id, 0) + row.count

    def add_story_entity(self, story_id: int, row: KnownEntity) -> None:
        """Add an entity that an earlier article of the story has."""
        self.add_entity(row)
        self._stories.setdefault(story_id, set()).add(row.entity_id)

    def add(self, story_id: int | None, linked: Iterable[LinkedEntity]) -> None:
        """Add what an article brought: to be called before the next article is linked."""
        said: set[int] = set()
        for item in linked:
            for surface, count in item.aliases:
                target = item.id_of(surface)
                # what edits lead to was read from the store with them
                row = self._entities[target] if target != item.id else known_entity(item)
                key = surface_key(surface)
                self.add_alias(KnownAlias(key, row.entity_id, row.type, count, row.name, row.complete, row.role))
                if story_id is not None:
                    self.add_story_entity(story_id, row)
            if item.found.clues and item.id not in said:
                said.add(item.id)
                self.add_clues(item.id_of(item.found.name), item.found.clues)

    def aliases(self, key: str) -> tuple[KnownAlias, ...]:
        """The rows of a surface key, by entity id."""
        known = ((self._entities[each], count) for each, count in sorted(self._counts.get(key, {}).items()) if count > 0)
        return tuple(KnownAlias(key, row.entity_id, row.type, count, row.name, row.complete, row.role) for row, count in known)

    def story(self, story_id: int) -> tuple[KnownEntity, ...]:
        """The entities of a story so far, by id."""
        return tuple(self._entities[each] for each in sorted(self._stories.get(story_id, ())))

    def view(self, article_id: int | str, story_id: int | None = None) -> "ArticleContext":
        """The context of one article."""
        return ArticleContext(self, article_id, story_id)


def known_entity(item: LinkedEntity) -> KnownEntity:
    """The row that an article's entity adds to (or finds in) the stored entities."""
    found = item.found
    role = found.description if found.type is EntityType.PERSON else None
    return KnownEntity(item.id, found.type, found.name, found.complete, role)


@dataclass(frozen=True, slots=True)
class ArticleContext:
    """A `MemoryContext` as one article sees it."""

    memory: MemoryContext
    article_id: int | str
    story_id: int | None

    @property
    def scope(self) -> str:
        """The story, else the article."""
        return f"story:{self.story_id}" if self.story_id is not None else f"article:{self.article_id}"

    @property
    def article(self) -> str:
        """The article alone."""
        return f"article:{self.article_id}"

    def redirect(self, entity_id: int, surface: str) -> int:
        """The entity that a spelling counts for after a person's edits."""
        return self.memory.edits.target(entity_id, surface, self.article_id, self.story_id)

    def clues(self, entity_id: int) -> Clues:
        """What the articles so far say of a person."""
        return self.memory.clues(entity_id)

    def aliases(self, key: str) -> tuple[KnownAlias, ...]:
        """The alias rows of a surface key, by entity id."""
        return self.memory.aliases(key)

    def story(self) -> tuple[KnownEntity, ...]:
        """The entities of the story so far, by id."""
        return () if self.story_id is None else self.memory.story(self.story_id)
