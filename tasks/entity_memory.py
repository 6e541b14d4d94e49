"""What is known of entities before an article is linked: stored rows, with what the batch adds on top. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from schemas.entity_records import LinkedEntity
from schemas.reasons import EntityType
from tasks import knowledge
from tasks.entity_edits import Edits
from tasks.person_clues import Clues


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
