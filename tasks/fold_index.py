"""What the store knows of signatures and links, in memory: history rows first, then each article as it is decided.

The ingest fills a `MemoryIndex` with the rows that a batch's lookups returned, decides article after article and adds
each; tests and the evaluation start with an empty one. Both give the same decisions as one long run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from schemas.records import CopyLink, StoryLink
from tasks.signatures import Days, Signature, bands_of
from tasks.term_weeks import week_of
from tasks.term_weights import Profile, Vector, profile_of, sum_profiles


class MemoryIndex:
    """Answers `tasks.dedupe.CopyIndex` and `tasks.cluster.StoryIndex` from memory."""

    def __init__(self) -> None:
        self._signatures: dict[int, Signature] = {}
        self._exact: dict[str, list[int]] = {}
        self._postings: dict[int, list[int]] = {}
        self._root: dict[int, int] = {}
        self._copies: dict[int, set[int]] = {}
        self._vectors: dict[int, Vector] = {}
        self._term_postings: dict[int, list[int]] = {}
        self._story: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._profiles: dict[int, Profile] = {}
        self._births: dict[int, int] = {}
        self._next_birth = 1
        self._taken: set[int] = set()  # ids of stories that are not here, or that became part of others
        self._frequencies: dict[tuple[str, int], Counter[int]] = {}  # by language and week
        self._documents: Counter[tuple[str, int]] = Counter()

    # ------------------------------------------------------------ what is known

    def add(self, signature: Signature) -> None:
        """Know an article (a second time changes nothing)."""
        if signature.article_id in self._signatures:
            return
        self._signatures[signature.article_id] = signature
        self._exact.setdefault(signature.text_hash, []).append(signature.article_id)
        for band in bands_of(signature):
            self._postings.setdefault(band, []).append(signature.article_id)

    def link_copies(self, links: Iterable[CopyLink], freed: Iterable[int] = ()) -> None:
        """Know that articles are copies, or (`freed`) no longer are."""
        for article_id in freed:
            self._unlink(article_id)
        for link in links:
            self._unlink(link.article_id)
            self._root[link.article_id] = link.original_id
            self._copies.setdefault(link.original_id, set()).add(link.article_id)
            self._forget_profiles(link.article_id, link.original_id)

    def add_vector(self, vector: Vector, found_by: Iterable[int]) -> None:
        """Know what a counted article is about. Its frequencies are counted apart (`count`, `preload_frequencies`)."""
        if vector.article_id in self._vectors:
            return
        self._vectors[vector.article_id] = vector
        for term in found_by:
            self._term_postings.setdefault(term, []).append(vector.article_id)

    def count(self, language: str, day: int | None, terms: Iterable[int]) -> None:
        """Count a new article's terms; one without a day is in no week."""
        if day is not None:
            self._documents[language, week_of(day)] += 1
            self._frequencies.setdefault((language, week_of(day)), Counter()).update(terms)

    def preload_frequencies(self, language: str, week: int, documents: int, frequencies: Mapping[int, int]) -> None:
        """Know the counts of a week (again: the same counts)."""
        self._documents[language, week] = documents
        counts = self._frequencies.setdefault((language, week), Counter())
        for term, seen in frequencies.items():
            counts[term] = seen

    def link_story(self, link: StoryLink) -> None:
        """Know the story of an article, which may have been in another one."""
        old = self._story.get(link.article_id)
        if old is not None and old != link.story_id:
            self._members[old].discard(link.article_id)
            self._profiles.pop(old, None)
            self._profiles.pop(link.story_id, None)
        self._story[link.article_id] = link.story_id
        self._members.setdefault(link.story_id, set()).add(link.article_id)
        known = self._profiles.pop(link.story_id, None)
        if known is not None and link.article_id in self._vectors:
            self._profiles[link.story_id] = known.plus(profile_of(self._vectors[link.article_id]))

    def open_story(self, story_id: int) -> None:
        """Know that an id was given to a story."""
        if story_id not in self._births:
            self._births[story_id] = self._next_birth
            self._next_birth += 1

    def preload_births(self, births: Mapping[int, int], following: int) -> None:
        """Know which ids are taken, the how manieth each was, and the number of the next one. Members must be known."""
        self._births.update(births)
        self._taken.update(story_id for story_id in births if story_id not in self._members)
        self._next_birth = following

    def merge_story(self, story_id: int, into_id: int) -> None:
        """Know that all of a story is part of another."""
        for article_id in self._members.pop(story_id, set()):
            self._story[article_id] = into_id
            self._members.setdefault(into_id, set()).add(article_id)
        self._profiles.pop(story_id, None)
        self._profiles.pop(into_id, None)
        self._taken.add(story_id)

    # ------------------------------------------------------------ what is asked

    def exact(self, text_hash: str) -> Sequence[int]:
        return self._exact.get(text_hash, ())

    def postings(self, bands: Iterable[int], days: Days) -> dict[int, list[int]]:
        found = {}
        for band in bands:
            if ids := [one for one in self._postings.get(band, ()) if _within(self._signatures[one].day, days)]:
                found[band] = ids
        return found

    def signature(self, article_id: int) -> Signature:
        return self._signatures[article_id]

    def root_of(self, article_id: int) -> int:
        return self._root.get(article_id, article_id)

    def copies_of(self, root: int) -> Sequence[int]:
        return sorted(self._copies.get(root, ()))

    def frequencies(self, language: str, weeks: Mapping[int, float], terms: Iterable[int]) -> dict[int, float]:
        found: dict[int, float] = {}
        wanted = set(terms)
        for week, voice in weeks.items():
            counts: Mapping[int, int] = self._frequencies.get((language, week), {})
            for term in wanted & counts.keys():
                found[term] = found.get(term, 0.0) + voice * counts[term]
        return found

    def documents(self, language: str, weeks: Mapping[int, float]) -> float:
        return sum(voice * self._documents[language, week] for week, voice in weeks.items())

    def term_postings(self, terms: Iterable[int], days: Days) -> dict[int, list[int]]:
        found = {}
        for term in terms:
            if ids := [one for one in self._term_postings.get(term, ()) if _within(self._vectors[one].day, days)]:
                found[term] = ids
        return found

    def story_of(self, article_id: int) -> int | None:
        return self._story.get(article_id)

    def profile(self, story_id: int) -> Profile:
        if story_id not in self._profiles:
            self._profiles[story_id] = sum_profiles([profile_of(vector) for vector in self.tellings(story_id)])
        return self._profiles[story_id]

    def tellings(self, story_id: int) -> list[Vector]:
        return [self._vectors[one] for one in self._counted(story_id)]

    def members(self, story_id: int) -> Sequence[int]:
        return sorted(self._members.get(story_id, ()))

    def birth(self, story_id: int) -> int | None:
        # what a story left behind of which nothing remains may be used again
        return self._births.get(story_id) if self._members.get(story_id) or story_id in self._taken else None

    def is_counted(self, article_id: int) -> bool:
        """Whether the text of an article, under its own id or that of a copy, counts in its story."""
        root = self.root_of(article_id)
        return any(one in self._vectors for one in (root, *self.copies_of(root)))

    def _counted(self, story_id: int) -> list[int]:
        """The articles of a story that have a vector, one for each text."""
        chosen: dict[int, int] = {}
        for article_id in sorted(self._members[story_id]):
            if article_id in self._vectors:
                root = self.root_of(article_id)
                if root not in chosen or article_id == root:
                    chosen[root] = article_id
        return sorted(chosen.values())

    def _unlink(self, article_id: int) -> None:
        old = self._root.pop(article_id, None)
        if old is not None:
            self._copies[old].discard(article_id)
            self._forget_profiles(article_id, old)

    def _forget_profiles(self, *article_ids: int) -> None:
        for article_id in article_ids:
            self._profiles.pop(self._story.get(article_id, 0), None)


def _within(day: int | None, days: Days) -> bool:
    first, last = days
    return day is None or first is None or last is None or first <= day <= last
