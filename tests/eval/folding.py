"""Runs the real copy and story deciders over plain documents, one by one, as the ingest does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.folding import Folding
from schemas.records import FoldDoc
from tasks.cluster import StoryDecision
from tasks.dedupe import CopyDecision, CopySettings, decide_copy
from tasks.fold_index import MemoryIndex
from tasks.signatures import Signature, signature_of
from tasks.story_settings import StorySettings
from tasks.term_features import Features, features_of

# Before the electric telegraph there was no news wire; Reuters-21578 is of 1987 and must count.
_FIRST_YEAR = 1900
COPIES, STORIES = CopySettings(), StorySettings()


def fold_docs(docs: Iterable[dict[str, Any]], *, now: datetime | None = None) -> tuple[list[FoldDoc], list[Any]]:
    """(documents in the order they are worked off, their ids): by date and id, those without a plausible date last."""
    latest = (now or datetime.now(UTC)) + timedelta(days=2)
    dated = [(_plausible(doc.get("date"), latest), str(doc["id"]), doc) for doc in docs]
    dated.sort(key=lambda item: (item[0] is None, item[0] or latest, item[1]))
    folded = [
        FoldDoc(number, doc.get("title") or "", doc.get("text") or "", at, doc.get("source"))
        for number, (at, _, doc) in enumerate(dated, start=1)
    ]
    return folded, [doc["id"] for _, _, doc in dated]


def _plausible(date: Any, latest: datetime) -> datetime | None:
    if not date:
        return None
    try:
        at = datetime.fromisoformat(str(date))
    except ValueError:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at if at.year >= _FIRST_YEAR and at <= latest else None


@dataclass(frozen=True, slots=True)
class Folded:
    """An article with what the worker process makes of it."""

    doc: FoldDoc
    signature: Signature
    features: Features

    @classmethod
    def of(cls, doc: FoldDoc) -> "Folded":
        """The pure part of folding, once an article."""
        return cls(doc, signature_of(doc), features_of(doc.title, doc.text, doc.language))


def fold_one(
    article: Folded, index: MemoryIndex, copies: CopySettings = COPIES, stories: StorySettings = STORIES
) -> tuple[CopyDecision, StoryDecision]:
    """Decides one article and lets the index know: what the ingest does, less the writing."""
    copy, story = Folding(index, copies, stories).place(article.doc, article.signature, article.features)
    assert story is not None, "only a teaser has no story"
    return copy, story


def fold_copies(docs: Sequence[FoldDoc]) -> MemoryIndex:
    """The index after the copies among documents were found, in the order given."""
    index = MemoryIndex()
    for doc in docs:
        signature = signature_of(doc)
        copy = decide_copy(signature, index, COPIES)
        index.add(signature)
        index.link_copies(copy.links, copy.freed)
    return index


def fold(docs: Sequence[FoldDoc]) -> MemoryIndex:
    """The index after all documents were folded, in the order given."""
    index = MemoryIndex()
    for doc in docs:
        fold_one(Folded.of(doc), index)
    return index
