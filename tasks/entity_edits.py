"""What a person decided about entities: merges and splits, replayed in order on every mention. Pure.

A mention keeps the id that newsfold linked it to; where it counts is that id after the edits. So an edit holds for
new articles and for re-read ones as well, and undoing it leaves no trace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tasks import knowledge


class EditKind(StrEnum):
    """What a person may do to an entity."""

    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"


class Matches(StrEnum):
    """By what a split chooses the mentions that go."""

    ALIAS = "alias"
    ARTICLE = "article"
    STORY = "story"


@dataclass(frozen=True, slots=True)
class Edit:
    """A row of `entity_edits` that was not undone."""

    id: int
    kind: EditKind
    entity_id: int
    other_id: int | None
    matches: Matches | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Edits:
    """The merges and splits in force, in the order in which they were made."""

    rows: tuple[Edit, ...] = ()

    def target(self, entity_id: int, surface: str, article_id: int | str, story_id: int | None) -> int:
        """The entity that a mention counts for. Each edit is taken once, in order: there are no circles."""
        for edit in self.rows:
            if edit.entity_id == entity_id and edit.other_id is not None and _goes(edit, surface, article_id, story_id):
                entity_id = edit.other_id
        return entity_id

    def connected(self, ids: Sequence[int]) -> list[int]:
        """These ids and all that edits connect them with."""
        wanted = set(ids)
        size = 0
        while size != len(wanted):
            size = len(wanted)
            for edit in self.rows:
                if edit.other_id is not None and (edit.entity_id in wanted or edit.other_id in wanted):
                    wanted |= {edit.entity_id, edit.other_id}
        return sorted(wanted)


def spelling(surface: str) -> str:
    """A spelling as splits compare it: case and blanks do not count, dots and accents do not either."""
    return knowledge.fold(" ".join(surface.split()))


def _goes(edit: Edit, surface: str, article_id: int | str, story_id: int | None) -> bool:
    if edit.kind is EditKind.MERGE:
        return True
    match edit.matches:
        case Matches.ALIAS:
            return spelling(surface) == spelling(edit.value or "")
        case Matches.ARTICLE:
            return str(article_id) == edit.value
        case Matches.STORY:
            return story_id is not None and str(story_id) == edit.value
        case _:
            return False
