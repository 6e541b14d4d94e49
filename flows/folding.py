"""Folding one article after the other: is it a copy, which story is it part of. The ingest and the evaluation share it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.records import FoldDoc
from tasks import cluster, dedupe
from tasks.cluster import StoryDecision
from tasks.dedupe import CopyDecision, CopySettings
from tasks.fold_index import MemoryIndex
from tasks.signatures import Signature
from tasks.store.folding import StoryPlace
from tasks.story_settings import StorySettings
from tasks.term_features import Features


@dataclass(slots=True)
class Folding:
    """An index of what is known, and the decisions made on top of it, in order."""

    index: MemoryIndex
    copy_settings: CopySettings = field(default_factory=CopySettings)
    story_settings: StorySettings = field(default_factory=StorySettings)
    signatures: list[Signature] = field(default_factory=list)
    copies: list[CopyDecision] = field(default_factory=list)
    stories: list[StoryPlace] = field(default_factory=list)

    def place(self, doc: FoldDoc, signature: Signature, features: Features) -> tuple[CopyDecision, StoryDecision | None]:
        """Decides one article and lets the index know. Copies first: a copy is where its text is.

        A teaser that is no copy belongs to no story: it says too little to be told apart.
        """
        copy = dedupe.decide_copy(signature, self.index, self.copy_settings)
        self.index.add(signature)
        self.index.link_copies(copy.links, copy.freed)
        self.signatures.append(signature)
        self.copies.append(copy)
        if not (signature.may_be_original or copy.own):
            return copy, None
        story = cluster.decide_story(doc, signature, features, self.index, self.story_settings)
        if story.vector is not None:
            self.index.add_vector(story.vector, story.found_by)
            self.index.count(signature.language, signature.day, features.lead.term_list())
        for story_id in story.opens:
            self.index.open_story(story_id)
        for link in (story.link, *story.brings, *story.moves):
            self.index.link_story(link)
        for merge in story.merges:
            self.index.merge_story(merge.story_id, merge.into_id)
        self.stories.append((signature, features, story))
        return copy, story

    @property
    def opened(self) -> int:
        """How many stories these articles opened."""
        return sum(len(story.opens) for _, _, story in self.stories)

    def is_copy(self, article_id: int) -> bool:
        """Whether an article is a copy after all decisions."""
        return self.index.root_of(article_id) != article_id


def lookups(
    articles: Sequence[tuple[Signature, Features]], copy_settings: CopySettings, story_settings: StorySettings
) -> tuple[list[dedupe.CopyLookups], list[cluster.StoryLookups]]:
    """What to read from the store before these articles are decided."""
    return (
        [dedupe.lookups(signature, copy_settings) for signature, _ in articles],
        [cluster.lookups(signature, features, story_settings) for signature, features in articles],
    )
