"""The tables that folding persists, as lists of rows, with the look-ups that the store makes for a batch in SQL."""

from collections.abc import Iterable, Sequence

from schemas.records import CopyLink, StoryLink
from tasks import cluster, dedupe
from tasks.fold_index import MemoryIndex
from tasks.signatures import Days, Signature, bands_of
from tasks.story_ids import story_id_of
from tasks.story_settings import StorySettings
from tasks.term_weeks import week_of
from tasks.term_weights import Vector
from tests.eval.folding import Folded, fold_one


class RowStore:
    """`signatures, sketch_bands, copies, story_vectors, story_terms, story_articles, term_weeks` as rows."""

    def __init__(self) -> None:
        self.signatures: dict[int, Signature] = {}
        self.sketch_bands: list[tuple[int | None, int, int]] = []
        self.copies: dict[int, CopyLink] = {}
        self.vectors: dict[int, Vector] = {}
        self.story_terms: list[tuple[int | None, int, int]] = []
        self.story_articles: dict[int, int] = {}
        self.story_ids: list[int] = []
        self.term_counts: dict[tuple[str, int, int], int] = {}
        self.documents: dict[tuple[str, int], int] = {}

    def write(self, article: Folded, copy: dedupe.CopyDecision, story: cluster.StoryDecision) -> None:
        """What a commit writes for one article."""
        signature = article.signature
        self.signatures[signature.article_id] = signature
        self.sketch_bands += [(signature.day, band, signature.article_id) for band in bands_of(signature)]
        for freed in copy.freed:
            del self.copies[freed]
        self.copies.update({link.article_id: link for link in copy.links})
        if story.vector is not None:
            self.vectors[signature.article_id] = story.vector
            self.story_terms += [(signature.day, term, signature.article_id) for term in story.found_by]
            if signature.day is not None:
                language, week = signature.language, week_of(signature.day)
                self.documents[language, week] = self.documents.get((language, week), 0) + 1
                for term in article.features.lead.term_list():
                    key = (language, week, term)
                    self.term_counts[key] = self.term_counts.get(key, 0) + 1
        self.story_articles.update({link.article_id: link.story_id for link in (story.link, *story.brings, *story.moves)})
        self.story_ids += story.opens
        for merge in story.merges:
            moved = [one for one, story_id in self.story_articles.items() if story_id == merge.story_id]
            self.story_articles.update(dict.fromkeys(moved, merge.into_id))

    def preload(self, batch: Sequence[Folded]) -> MemoryIndex:
        """An index that holds the rows of history which the batch's articles may need, and no others."""
        copy_wants = [dedupe.lookups(one.signature, dedupe.CopySettings()) for one in batch]
        story_wants = [cluster.lookups(one.signature, one.features, StorySettings()) for one in batch]
        index = MemoryIndex()
        hits = self._copy_hits(copy_wants)
        term_rows = self._term_hits(story_wants)
        hits |= {article_id for _, _, article_id in term_rows}
        # second stage: the whole groups of copies, then all of their stories
        roots = {self._root(one) for one in hits}
        group = roots | {one for one in self.copies if self._root(one) in roots}
        stories = {self.story_articles[one] for one in group if one in self.story_articles}
        members = {one for one, story in self.story_articles.items() if story in stories}
        for one in sorted(group):
            index.add(self.signatures[one])
        index.link_copies(self.copies[one] for one in sorted(group | members) if one in self.copies)
        for one in sorted(members & self.vectors.keys()):
            index.add_vector(self.vectors[one], [term for _, term, article_id in term_rows if article_id == one])
        for one in sorted(members):
            index.link_story(StoryLink(one, self.story_articles[one], 1.0, ""))
        births = {story: number for number, story in enumerate(self.story_ids, start=1)}
        known = stories | {story_id_of(one) for one in group | members}
        index.preload_births({story: births[story] for story in known if story in births}, len(births) + 1)
        for want in story_wants:
            for week in want.weeks:
                counts = {term: self.term_counts.get((want.language, week, term), 0) for term in want.terms}
                index.preload_frequencies(want.language, week, self.documents.get((want.language, week), 0), counts)
        return index

    def _root(self, article_id: int) -> int:
        return self.copies[article_id].original_id if article_id in self.copies else article_id

    def _copy_hits(self, wants: Iterable[dedupe.CopyLookups]) -> set[int]:
        hits = set()
        for want in wants:
            bands = set(want.bands)
            hits |= {one.article_id for one in self.signatures.values() if one.text_hash == want.text_hash}
            hits |= {one for day, band, one in self.sketch_bands if band in bands and _within(day, want.days)}
        return hits

    def _term_hits(self, wants: Iterable[cluster.StoryLookups]) -> list[tuple[int | None, int, int]]:
        found: dict[tuple[int | None, int, int], None] = {}
        for want in wants:
            heavy = set(want.heavy)
            found.update({row: None for row in self.story_terms if row[1] in heavy and _within(row[0], want.days)})
        return list(found)


def _within(day: int | None, days: Days) -> bool:
    first, last = days
    return day is None or first is None or last is None or first <= day <= last


def fold_in_batches(articles: Sequence[Folded], size: int) -> RowStore:
    """The rows after folding in batches of `size`, each with an index that was filled from the rows."""
    store = RowStore()
    for start in range(0, len(articles), size):
        batch = articles[start : start + size]
        index = store.preload(batch)
        for article in batch:
            store.write(article, *fold_one(article, index))
    return store
