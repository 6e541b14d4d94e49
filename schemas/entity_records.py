"""Values that the entity steps hand to each other: what was found in an article, and what it is linked to."""

from dataclasses import dataclass, field
from datetime import datetime

from schemas.reasons import EntityType, FactKind


@dataclass(frozen=True, slots=True)
class FoundMention:
    """A span of an article's plain text; `surface == text[start:end]`. `entity` indexes `ArticleEntities.entities`."""

    entity: int
    start: int
    end: int
    surface: str
    sentence: int
    role: str | None
    in_title: bool
    in_lead: bool


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity as one article shows it.

    `knowledge_id` ("Q30", "geonames:2988507", "ticker:NYSE:V", "org:reuters", "people:CN") where the knowledge file links it.
    """

    name: str
    type: EntityType
    aliases: tuple[str, ...]
    count: int
    wikidata_id: str | None = None
    iso_code: str | None = None
    ticker: str | None = None
    description: str | None = None
    # False while only a part of the name was seen ("Xi"): may still be linked through the story
    complete: bool = True
    knowledge_id: str | None = None
    # what tells people of one name apart: "field:sport", "nation:KE", "born:1984", "year:2025" (`tasks.person_clues`)
    clues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundFact:
    """A figure, date, ticker or quote; offsets as in `FoundMention`. Dates resolve to [instant_from, instant_to)."""

    kind: FactKind
    start: int
    end: int
    surface: str
    value: float | None = None
    unit: str | None = None
    instant_from: datetime | None = None
    instant_to: datetime | None = None
    # of a quote: where the speaker is named (`FoundMention.start`), when the text states it outright
    mention_start: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleEntities:
    """Everything found in one article. `skipped` says why nothing was looked for (another language), if so."""

    entities: tuple[FoundEntity, ...] = ()
    mentions: tuple[FoundMention, ...] = ()
    facts: tuple[FoundFact, ...] = ()
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedEntity:
    """An entity with its stable id across articles."""

    id: int
    found: FoundEntity
    aliases: tuple[tuple[str, int], ...] = field(default=())  # (surface, count) in this article
    # (surface, entity) where a person's edits lead it elsewhere
    moved: tuple[tuple[str, int], ...] = field(default=())

    def id_of(self, surface: str) -> int:
        """The entity that mentions of this spelling count for."""
        return dict(self.moved).get(" ".join(surface.split()), self.id)
