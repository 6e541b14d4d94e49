"""What `newsfold story`, `explain` and `entity` answer. Printed for people by the command line, as JSON with the same names."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Printed:
    """An article as it appeared. `time_known` is False where the publisher gives no time of day: `at` says little then."""

    article_id: int
    outlet: str
    title: str
    url: str
    at: datetime
    time_known: bool
    language: str | None
    words: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Reprint:
    """A copy of a telling; `minutes_after` its original, None where a time is not known."""

    article: Printed
    level: str
    score: float
    reason: str
    minutes_after: int | None


@dataclass(frozen=True, slots=True)
class Telling:
    """An article of a story that is no copy, with its copies; `minutes_after` the first telling, None where not known."""

    article: Printed
    minutes_after: int | None
    score: float
    reason: str
    copies: tuple[Reprint, ...]


@dataclass(frozen=True, slots=True)
class StoryName:
    """Another story; `score` and `reason` say why it is linked."""

    id: int
    title: str
    at: datetime
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class EntityCount:
    """An entity and how many of the articles in question mention it, copies not counted."""

    id: int
    name: str
    type: str
    articles: int


@dataclass(frozen=True, slots=True)
class StoryAnswer:
    """A story. `merged_from` is the old id that was asked for, if any; `minutes_ahead` of the next other outlet's telling."""

    id: int
    merged_from: int | None
    title: str
    first_at: datetime
    last_at: datetime
    outlets: int
    languages: tuple[str, ...]
    first_outlet: str | None
    next_outlet: str | None
    minutes_ahead: int | None
    tellings: tuple[Telling, ...]
    follows: tuple[StoryName, ...]
    followed_by: tuple[StoryName, ...]
    entities: tuple[EntityCount, ...]

    @property
    def copies(self) -> int:
        """How many articles are copies."""
        return sum(len(telling.copies) for telling in self.tellings)


@dataclass(frozen=True, slots=True)
class Spelling:
    """A spelling or role of an entity and how often texts have it."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class EntityStory:
    """A story that mentions an entity in so many articles, a text and its copies once; `at` is the time of the last one."""

    id: int
    title: str
    at: datetime
    articles: int
    outlets: int


@dataclass(frozen=True, slots=True)
class Named:
    """An entity that a name may mean."""

    id: int
    name: str
    type: str
    description: str | None
    mentions: int


@dataclass(frozen=True, slots=True)
class EntityAnswer:
    """Who or what an entity is. `others` are further entities that the name may mean."""

    id: int
    name: str
    type: str
    description: str | None
    wikidata_id: str | None
    iso_code: str | None
    ticker: str | None
    first_at: datetime | None
    last_at: datetime | None
    mentions: int
    articles: int
    outlets: int
    aliases: tuple[Spelling, ...]
    roles: tuple[Spelling, ...]
    stories: tuple[EntityStory, ...]
    named_with: tuple[EntityCount, ...]
    others: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule with its figures in words, and whether it speaks for `yes` (None: it neither does nor does not)."""

    rule: str
    holds: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """Why two articles are or are not copies, and one story: what the store says, and the rules gone through anew."""

    one: Printed
    other: Printed
    copies: bool
    copies_said: str
    copy_checks: tuple[Check, ...]
    same_story: bool
    story_said: str
    story_checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An article that `newsfold search` found; `score` is BM25, `excerpt` the text around the first word."""

    score: float
    title: str | None
    outlet: str | None
    at: datetime
    excerpt: str
    url: str
    story_id: int | None
    original_id: int | None
    article_id: int


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found, the best first. `engine` is scan or fts; `note` says why the index was not asked though it is there."""

    engine: str
    note: str | None
    found: tuple[Found, ...]
