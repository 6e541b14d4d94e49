"""Stories: which articles tell of the same event?

Online and deterministic: an article joins the best open story above a threshold or opens one; the article that joins
may show that two stories are one. Likeness is made of the cosines of two TF-IDF vectors (title and lead, whole text),
averaged over a story's articles (copies of one text count once) and corrected for how far apart these are among
themselves, less something for each day in between (group-average and centroid linkage, Manning et al. 2008, ch. 17;
single-pass clustering as in topic detection and tracking, Allan et al. 1998).

Pure decisions: what is stored comes in through a `StoryIndex`, what is to be written goes out as a `StoryDecision`.
No Prefect, no database, no clock.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from schemas.records import FoldDoc, FollowLink, StoryLink
from tasks.signatures import Days, Signature
from tasks.term_features import Features, words_of_terms
from tasks.term_weights import Profile, Sum, Vector, mean_cosine, profile_of, shared_terms, vector_of
from tasks.urls import stable_id


@dataclass(frozen=True, slots=True)
class StorySettings:
    """What may be changed about stories. Likeness is a number from 0 to 1; see `likeness`."""

    # an article joins a story that has an article within so many days …
    window_days: int = 3
    # … and may follow up one that is so many days older
    follow_days: int = 14
    # the likeness an article needs to join, and how much less where there is only a headline (so little to have in common)
    join: float = 0.34
    headline_discount: float = 0.16
    # the share of the whole text in likeness; the rest is that of title and lead
    body_share: float = 0.3
    # what each day between lowers likeness by, and as how many days an unknown time counts
    per_day: float = 0.1
    unknown_days: float = 1.0
    # how much a story of many articles is forgiven that these differ: 0 is group average, 1/2 the cosine of centroids;
    # reached at so many articles
    breadth: float = 0.3
    breadth_articles: int = 21
    # what is asked of two stories to become one, compared with the threshold to join
    merge_factor: float = 1.4
    # a new story follows up one that it would have joined at this share of the threshold
    follow_factor: float = 0.95
    # a term that more articles have finds no story (once so many were counted)
    find_share: float = 0.05
    find_documents: int = 2_000
    max_candidates: int = 200
    max_stories: int = 30


class StoryIndex(Protocol):
    """What is stored, as far as a decision about one article needs it (see `lookups`)."""

    def frequencies(self, language: str, terms: Iterable[int]) -> Mapping[int, int]:
        """In how many counted articles of a language each term was."""

    def documents(self, language: str) -> int:
        """How many articles of a language were counted."""

    def term_postings(self, terms: Iterable[int], days: Days) -> Mapping[int, Sequence[int]]:
        """For each term the articles that have it among their heavy ones, within `days` or without a day."""

    def story_of(self, article_id: int) -> int | None:
        """The story of an article."""

    def profile(self, story_id: int) -> Profile:
        """The summed vectors of a story's articles, copies of one text once."""

    def root_of(self, article_id: int) -> int:
        """The original of an article, itself where it is no copy."""

    def copies_of(self, root: int) -> Sequence[int]:
        """The copies of an original."""


@dataclass(frozen=True, slots=True)
class StoryLookups:
    """What to have at hand before an article is decided: frequencies of `terms`, articles by `heavy` terms."""

    language: str
    terms: tuple[int, ...]
    heavy: tuple[int, ...]
    days: Days


@dataclass(frozen=True, slots=True)
class StoryMerge:
    """All of `story_id` becomes part of the older `into_id`; the old id stays known as another name of it."""

    story_id: int
    into_id: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class StoryDecision:
    """What to write for one article.

    `link` puts it into its story (before `merges` are applied, in order). `vector` is None for a copy: it is not
    counted, neither in the story nor in the term frequencies. `found_by` are the terms that later articles find it by.
    `brings` are its copies that had no story yet (a teaser came first): they are where their text is.
    """

    link: StoryLink
    vector: Vector | None = None
    found_by: tuple[int, ...] = ()
    follows: tuple[FollowLink, ...] = ()
    merges: tuple[StoryMerge, ...] = ()
    brings: tuple[StoryLink, ...] = ()

    @property
    def opened(self) -> bool:
        """Whether the article opened its story."""
        return self.link.story_id == story_id_of(self.link.article_id)


def story_id_of(article_id: int) -> int:
    """The id of the story that an article opens."""
    return stable_id("story", str(article_id))


def lookups(signature: Signature, features: Features, settings: StorySettings) -> StoryLookups:
    """What `decide_story` will ask the index for; the members of the stories found come on top (second stage)."""
    terms = sorted({*features.lead.term_list(), *features.body.term_list()})
    return StoryLookups(signature.language, tuple(terms), features.heavy, _window(signature, settings))


def decide_story(
    doc: FoldDoc, signature: Signature, features: Features, index: StoryIndex, settings: StorySettings
) -> StoryDecision:
    """The story of an article. Its copies must be decided and known to the index before."""
    root = index.root_of(signature.article_id)
    group = [member for member in (root, *index.copies_of(root)) if member != signature.article_id]
    stories = {story for member in group if (story := index.story_of(member)) is not None}
    if stories:
        decision = _with_its_text(signature, sorted(stories), index)
    else:
        decision = _by_its_terms(doc, signature, features, index, settings)
    without = (member for member in group if index.story_of(member) is None)
    return replace(decision, brings=tuple(StoryLink(one, decision.link.story_id, 1.0, COPY_REASON) for one in without))


COPY_REASON = "a copy of an article of this story"


def _by_its_terms(
    doc: FoldDoc, signature: Signature, features: Features, index: StoryIndex, settings: StorySettings
) -> StoryDecision:
    vector, found_by = about(signature, features, index, settings)
    candidates = _candidate_stories(_weights(vector, found_by), _window(signature, settings), index, settings)
    return replace(_by_likeness(doc, vector, candidates, index, settings), found_by=found_by)


def about(signature: Signature, features: Features, index: StoryIndex, settings: StorySettings) -> tuple[Vector, tuple[int, ...]]:
    """What an article is about, and the terms that later articles find it by."""
    terms = {*features.lead.term_list(), *features.body.term_list()}
    seen, documents = index.frequencies(signature.language, terms), index.documents(signature.language)
    most = max(settings.find_documents, documents) * settings.find_share
    found_by = tuple(term for term in features.heavy if seen.get(term, 0) <= most)
    return vector_of(signature, features, seen, documents), found_by


def _with_its_text(signature: Signature, stories: Sequence[int], index: StoryIndex) -> StoryDecision:
    """A copy is where its text is; where that is in two stories, these are one."""
    oldest, *others = sorted(stories, key=lambda story: _story_age(story, index))
    link = StoryLink(signature.article_id, oldest, 1.0, COPY_REASON)
    merges = tuple(StoryMerge(other, oldest, 1.0, "the same text is in both stories") for other in others)
    return StoryDecision(link, merges=merges)


@dataclass(frozen=True, slots=True)
class _Scored:
    """A story that may be the article's: how alike, and whether it is open (near enough in time)."""

    story: int
    profile: Profile
    score: float
    open: bool


def _by_likeness(
    doc: FoldDoc, vector: Vector, candidates: Sequence[int], index: StoryIndex, settings: StorySettings
) -> StoryDecision:
    own = profile_of(vector)
    needed = threshold(own.lead_size, settings)
    scored = []
    for story in candidates:
        profile = index.profile(story)
        near = (own.days_from(profile) or 0) <= settings.window_days
        scored.append(_Scored(story, profile, likeness(own, profile, settings), near))
    scored.sort(key=lambda item: (-item.score, item.story))
    best = next((item for item in scored if item.open), None)
    if best is None or best.score < needed:
        link = StoryLink(doc.id, story_id_of(doc.id), 1.0, "opened the story")
        return StoryDecision(link, vector, follows=_follows(doc, own, link.story_id, scored, settings))
    link = StoryLink(doc.id, best.story, round(best.score, 4), _reason(doc, own, best.profile, best.score, needed))
    others = [item for item in scored if item.open and item.story != best.story]
    return StoryDecision(link, vector, merges=_merges(best.story, best.profile.plus(own), others, index, settings))


def likeness(one: Profile, other: Profile, settings: StorySettings) -> float:
    """How alike two stories are (or a story and an article): square roots of mean cosines, less the days between."""
    days = one.days_from(other)
    return (
        (1 - settings.body_share) * math.sqrt(_corrected(one.lead, one.count, other.lead, other.count, settings))
        + settings.body_share * math.sqrt(_corrected(one.body, one.count, other.body, other.count, settings))
        - settings.per_day * (settings.unknown_days if days is None else days)
    )


def _corrected(one: Sum, one_count: int, other: Sum, other_count: int, settings: StorySettings) -> float:
    between = mean_cosine(one, one_count, other, other_count)
    for part, count in ((one, one_count), (other, other_count)):
        if count > 1 and between:
            power = settings.breadth * min(1.0, (count - 1) / (settings.breadth_articles - 1))
            between /= mean_cosine(part, count, part, count) ** power
    return between


def threshold(lead_size: int, settings: StorySettings) -> float:
    """The likeness an article needs to join: 48 terms and more are a full lead, 12 and fewer a headline."""
    return settings.join - settings.headline_discount * min(1.0, max(0.0, (48 - lead_size) / 36))


def _window(signature: Signature, settings: StorySettings) -> Days:
    if signature.day is None:
        return (None, None)
    return (signature.day - settings.follow_days, signature.day + settings.window_days)


def _weights(vector: Vector, terms: Iterable[int]) -> dict[int, int]:
    known = zip(np.frombuffer(vector.lead_terms, dtype="<u4"), np.frombuffer(vector.lead_weights, dtype="<u2"), strict=True)
    weights = {int(term): int(weight) for term, weight in known}
    return {term: weights[term] for term in terms if term in weights}


def _candidate_stories(weights: Mapping[int, int], days: Days, index: StoryIndex, settings: StorySettings) -> list[int]:
    """The stories of the articles that share the most weight in the terms they are found by, best first."""
    shared: dict[int, int] = {}
    for term, article_ids in index.term_postings(weights, days).items():
        for article_id in article_ids:
            shared[article_id] = shared.get(article_id, 0) + weights[term]
    ranked = sorted(shared, key=lambda article_id: (-shared[article_id], article_id))[: settings.max_candidates]
    found: dict[int, None] = {}
    for article_id in ranked:
        story = index.story_of(article_id)
        if story is not None:
            found[story] = None
        if len(found) >= settings.max_stories:
            break
    return list(found)


def _merges(
    story: int, joined: Profile, others: Sequence[_Scored], index: StoryIndex, settings: StorySettings
) -> tuple[StoryMerge, ...]:
    """At most one merge: of the joined story with the other one that is most alike."""
    found: tuple[float, float, int] | None = None
    for other in others:
        needed = settings.merge_factor * threshold(min(joined.lead_size, other.profile.lead_size), settings)
        score = likeness(joined, other.profile, settings)
        if score >= needed and (found is None or (score - needed, -other.story) > (found[0], -found[2])):
            found = (score - needed, score, other.story)
    if found is None:
        return ()
    old, new = sorted((story, found[2]), key=lambda one: _story_age(one, index))
    return (StoryMerge(new, old, round(found[1], 4), f"the articles of both stories are alike: {found[1]:.2f} on average"),)


def _story_age(story: int, index: StoryIndex) -> tuple[int, int]:
    first = index.profile(story).first_day
    return (first if first is not None else 1 << 31, story)


def _follows(
    doc: FoldDoc, own: Profile, story: int, scored: Sequence[_Scored], settings: StorySettings
) -> tuple[FollowLink, ...]:
    """The earlier story that a new one follows up, if one is alike enough; time between does not count against it."""
    needed = threshold(own.lead_size, settings) * settings.follow_factor
    best: tuple[float, _Scored] | None = None
    for item in scored:
        earlier = own.first_day is None or item.profile.first_day is None or item.profile.first_day <= own.first_day
        days = own.days_from(item.profile)
        score = item.score + settings.per_day * (settings.unknown_days if days is None else days)
        if earlier and score >= needed and (best is None or score > best[0]):
            best = (score, item)
    if best is None:
        return ()
    return (FollowLink(story, best[1].story, round(best[0], 4), _reason(doc, own, best[1].profile, best[0], needed)),)


def _reason(doc: FoldDoc, own: Profile, profile: Profile, score: float, needed: float) -> str:
    words = words_of_terms(doc.title, doc.text, shared_terms(own, profile, 6))
    return f"shares {', '.join(words)}; likeness {score:.2f}, needed {needed:.2f}"
