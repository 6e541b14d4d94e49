"""What `newsfold report` and `newsfold feed` tell: plain records, read from the published file and drawn by tasks/report."""

from dataclasses import dataclass
from datetime import datetime

from schemas.answers import StoryAnswer


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (inclusive) to `until` (exclusive), both in UTC; shown in `zone`."""

    since: datetime
    until: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of the period; `missed` counts entries that became no article."""

    articles: int
    copies: int
    stories: int
    outlets: int
    languages: int
    missed: int


@dataclass(frozen=True, slots=True)
class EntityTime:
    """An entity and the times of the articles that mention it in the period, copies not counted."""

    id: int
    name: str
    type: str
    description: str | None
    outlets: int
    moments: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities (ids, the lower one first) and how many articles of the period name both, copies not counted."""

    one: int
    other: int
    articles: int


@dataclass(frozen=True, slots=True)
class OutletFigures:
    """An outlet in the period. `delay` is its median of minutes behind the first outlet of a story, None where no story of
    its own was told by others, too (with times); `shared` counts those stories, `first` those of them where it was first."""

    name: str
    articles: int
    copies: int
    shared: int
    first: int
    delay: int | None

    @property
    def own_share(self) -> float:
        """Share of its articles that are in its own words, 0 to 1."""
        return 1 - self.copies / self.articles


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a feed does now (view `feed_health`)."""

    feed: str
    url: str
    health: str
    advice: str | None
    needs_person: bool
    entries: int
    stored: int


@dataclass(frozen=True, slots=True)
class MissedEntry:
    """An entry that became no article."""

    title: str | None
    url: str | None
    feed: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Entries of the period that became no article for one reason, with some examples."""

    state: str
    reason: str
    words: str
    count: int
    examples: tuple[MissedEntry, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report shows. `shared` are stories with several articles, most told first; `single` those with one, newest
    first; `shared_left` and `single_left` say how many more there are. `pairs` are among `entities`."""

    period: Period
    published_at: datetime | None
    version: str
    totals: Totals
    shared: tuple[StoryAnswer, ...]
    shared_left: int
    single: tuple[StoryAnswer, ...]
    single_left: int
    entities: tuple[EntityTime, ...]
    pairs: tuple[Pair, ...]
    outlets: tuple[OutletFigures, ...]
    feeds: tuple[FeedState, ...]
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class FoldedFeed:
    """Stories for an Atom feed. `key` names what was asked for and makes the feed's id; `as_tellings` makes each telling of
    the (one) story an entry instead of each story."""

    key: str
    title: str
    updated_at: datetime
    stories: tuple[StoryAnswer, ...]
    as_tellings: bool = False
