"""Stories: which articles tell of the same event?

Online and deterministic: each new article makes the stories near it be looked at anew, together with it and article by
article (`tasks.linkage.partition`), so that what comes out hardly depends on the order in which the articles came. It
joins one of them or opens one; stories that turn out to be one are merged, an article that fits elsewhere by now moves.
Likeness is made of the cosines of two TF-IDF vectors (title and lead, whole text), averaged over a story's articles
(copies of one text count once), less something for each day in between.

Pure decisions: what is stored comes in through a `StoryIndex`, what is to be written goes out as a `StoryDecision`.
No Prefect, no database, no clock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from schemas.records import FoldDoc, FollowLink, StoryLink
from tasks.linkage import likeness, needed, partition, threshold
from tasks.signatures import Days, Signature
from tasks.story_ids import Unit, age, name_groups, story_id_of
from tasks.story_marks import contradictions
from tasks.story_settings import StorySettings
from tasks.term_features import Features, words_of_terms
from tasks.term_weeks import voices
from tasks.term_weights import Profile, Vector, profile_of, shared_terms, sum_profiles, vector_of

__all__ = [
    "StoryDecision",
    "StoryIndex",
    "StoryLookups",
    "StoryMerge",
    "StorySettings",
    "about",
    "decide_story",
    "likeness",
    "lookups",
    "needed",
    "story_id_of",
    "threshold",
    "weeks_of",
]


class StoryIndex(Protocol):
    """What is stored, as far as a decision about one article needs it (see `lookups`)."""

    def frequencies(self, language: str, weeks: Mapping[int, float], terms: Iterable[int]) -> Mapping[int, float]:
        """In how many counted articles of a language each term was, those of each of `weeks` times its voice."""

    def documents(self, language: str, weeks: Mapping[int, float]) -> float:
        """How many articles of a language were counted, those of each of `weeks` times its voice."""

    def term_postings(self, terms: Iterable[int], days: Days) -> Mapping[int, Sequence[int]]:
        """For each term the articles that have it among their heavy ones, within `days` or without a day."""

    def story_of(self, article_id: int) -> int | None:
        """The story of an article."""

    def profile(self, story_id: int) -> Profile:
        """The summed vectors of a story's articles, copies of one text once."""

    def tellings(self, story_id: int) -> Sequence[Vector]:
        """The vectors of a story's articles, copies of one text once."""

    def members(self, story_id: int) -> Sequence[int]:
        """The articles of a story."""

    def birth(self, story_id: int) -> int | None:
        """The how manieth story it was that newsfold opened; None where no story had this id yet."""

    def root_of(self, article_id: int) -> int:
        """The original of an article, itself where it is no copy."""

    def copies_of(self, root: int) -> Sequence[int]:
        """The copies of an original."""


@dataclass(frozen=True, slots=True)
class StoryLookups:
    """What to have at hand before an article is decided: frequencies of `terms` in `weeks`, articles by `heavy` terms."""

    language: str
    weeks: tuple[int, ...]
    terms: tuple[int, ...]
    heavy: tuple[int, ...]
    days: Days


@dataclass(frozen=True, slots=True)
class StoryMerge:
    """What is left of `story_id` becomes part of the older `into_id`; the old id stays known as another name of it."""

    story_id: int
    into_id: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class StoryDecision:
    """What to write for one article.

    `link` puts it into its story; `opens` are the ids of stories that are new. `vector` is None for a copy: it is not
    counted, neither in the story nor in the term frequencies. `found_by` are the terms that later articles find it by.
    `brings` are its copies that had no story yet (a teaser came first): they are where their text is. `moves` put other
    articles into another story than they were in; `merges` come after these.
    """

    link: StoryLink
    vector: Vector | None = None
    opens: tuple[int, ...] = ()
    found_by: tuple[int, ...] = ()
    follows: tuple[FollowLink, ...] = ()
    moves: tuple[StoryLink, ...] = ()
    merges: tuple[StoryMerge, ...] = ()
    brings: tuple[StoryLink, ...] = ()

    @property
    def opened(self) -> bool:
        """Whether the article opened its story."""
        return self.link.story_id in self.opens


def lookups(signature: Signature, features: Features, settings: StorySettings) -> StoryLookups:
    """What `decide_story` will ask the index for; the members of the stories found come on top (second stage)."""
    terms = sorted({*features.lead.term_list(), *features.body.term_list()})
    return StoryLookups(
        signature.language, tuple(weeks_of(signature)), tuple(terms), features.heavy, _window(signature, settings)
    )


def weeks_of(signature: Signature) -> Mapping[int, float]:
    """The weeks whose counts say how rare the terms of an article are."""
    return voices(signature.day)


def decide_story(
    doc: FoldDoc, signature: Signature, features: Features, index: StoryIndex, settings: StorySettings
) -> StoryDecision:
    """The story of an article. Its copies must be decided and known to the index before."""
    root = index.root_of(signature.article_id)
    group = [member for member in (root, *index.copies_of(root)) if member != signature.article_id]
    stories = {story for member in group if (story := index.story_of(member)) is not None}
    if stories:
        decision = _with_its_text(signature, group, sorted(stories), index)
    else:
        decision = _by_its_terms(doc, signature, features, index, settings)
    without = (member for member in group if index.story_of(member) is None)
    return replace(decision, brings=tuple(StoryLink(one, decision.link.story_id, 1.0, COPY_REASON) for one in without))


OPENED_REASON = "opened the story"
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
    weeks = weeks_of(signature)
    seen, documents = index.frequencies(signature.language, weeks, terms), index.documents(signature.language, weeks)
    most = max(settings.find_documents, documents) * settings.find_share
    found_by = tuple(term for term in features.heavy if seen.get(term, 0) <= most)
    return vector_of(signature, features, seen, documents), found_by


def _with_its_text(signature: Signature, group: Sequence[int], stories: Sequence[int], index: StoryIndex) -> StoryDecision:
    """A copy is where its text is; where that is in several stories, it gathers in the oldest of these."""
    oldest, *others = sorted(stories, key=lambda story: age(story, index.birth))
    link = StoryLink(signature.article_id, oldest, 1.0, COPY_REASON)
    moved = [member for member in group if index.story_of(member) in others]
    emptied = [other for other in others if not set(index.members(other)) - set(moved)]
    return StoryDecision(
        link,
        moves=tuple(StoryLink(member, oldest, 1.0, COPY_REASON) for member in moved if index.story_of(member) not in emptied),
        merges=tuple(StoryMerge(other, oldest, 1.0, "the same text is in both stories") for other in emptied),
    )


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
    scored = []
    for story in candidates:
        profile = index.profile(story)
        near = (own.days_from(profile) or 0) <= settings.window_days
        scored.append(_Scored(story, profile, likeness(own, profile, settings), near))
    scored.sort(key=lambda item: (-item.score, item.story))
    nearest = [one for one in scored if one.open and one.score >= settings.near_factor * needed(own, one.profile, settings)]
    units = _units(vector, nearest[: settings.near_stories], index, settings)
    groups = [[units[place] for place in group] for group in partition([unit.profile for unit in units], settings)]
    decision = _regrouped(doc, vector, groups, index, settings)
    if not decision.opened:
        return decision
    mine = {unit.story for group in groups if any(unit.story is None for unit in group) for unit in group}
    others = [item for item in scored if item.story not in mine]
    story = decision.link.story_id
    follows = (*_follows(doc, own, story, others, settings), *_followed_by(doc, own, story, others, settings))
    return replace(decision, follows=follows)


def _regrouped(
    doc: FoldDoc, vector: Vector, groups: Sequence[Sequence[Unit]], index: StoryIndex, settings: StorySettings
) -> StoryDecision:
    """What to write so that the articles stand in these groups, which hold the article decided and whole stories."""
    names = name_groups(groups, index.birth)
    link = StoryLink(doc.id, names.ids[0], 1.0, OPENED_REASON)
    moves: list[StoryLink] = []
    for story_id, group in zip(names.ids, groups, strict=True):
        for unit in group:
            rest = [other.profile for other in group if other is not unit]
            if unit.story is None:
                link = replace(link, story_id=story_id) if not rest else _joined(doc, unit.profile, rest, story_id, settings)
            elif names.became.get(unit.story, unit.story) != story_id:
                score = likeness(unit.profile, sum_profiles(rest), settings) if rest else 1.0
                reason = f"was in story {unit.story} until article {doc.id} came; likeness {score:.2f} to the others here"
                with_it = [unit.article_id, *_same_text(unit.article_id, index)]
                moves += [StoryLink(one, story_id, _score(score), reason) for one in with_it if index.story_of(one) == unit.story]
    merges = [_merge(old, new, index, settings) for old, new in names.became.items()]
    return StoryDecision(link, vector, names.opens, moves=tuple(moves), merges=tuple(merges))


def _joined(doc: FoldDoc, own: Profile, rest: Sequence[Profile], story_id: int, settings: StorySettings) -> StoryLink:
    story = sum_profiles(rest)
    score, asked = likeness(own, story, settings), needed(own, story, settings)
    reason = _reason(doc, own, story, score, asked, settings)
    if score < asked:  # it came in by one telling, which drew in the others
        reason += f", {max(likeness(own, one, settings) for one in rest):.2f} to the nearest"
    return StoryLink(doc.id, story_id, _score(score), reason)


def _merge(old: int, new: int, index: StoryIndex, settings: StorySettings) -> StoryMerge:
    score = likeness(index.profile(old), index.profile(new), settings)
    return StoryMerge(old, new, _score(score), f"their articles tell of one event: likeness {score:.2f} on average")


def _score(likeness: float) -> float:
    return round(min(1.0, max(0.0, likeness)), 4)


def _same_text(article_id: int, index: StoryIndex) -> list[int]:
    """The other articles of the text of an article."""
    root = index.root_of(article_id)
    return [one for one in (root, *index.copies_of(root)) if one != article_id]


def _units(vector: Vector, near: Sequence[_Scored], index: StoryIndex, settings: StorySettings) -> list[Unit]:
    units = [Unit(profile_of(vector), None, vector.article_id)]
    for item in near:
        tellings = index.tellings(item.story)
        if len(tellings) <= settings.loose_tellings and len(units) + len(tellings) <= settings.loose_in_all:
            units += [Unit(profile_of(telling), item.story, telling.article_id) for telling in tellings]
        else:
            units.append(Unit(item.profile, item.story, 0))
    return sorted(units, key=lambda unit: unit.place)


def _window(signature: Signature, settings: StorySettings) -> Days:
    if signature.day is None:
        return (None, None)
    # as far ahead as back: what is backfilled late may be what a stored story follows up
    return (signature.day - settings.follow_days, signature.day + settings.follow_days)


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


def _follows(
    doc: FoldDoc, own: Profile, story: int, scored: Sequence[_Scored], settings: StorySettings
) -> tuple[FollowLink, ...]:
    """The earlier story that a new one follows up, if one is alike enough; time between does not count against it."""
    asked = threshold(own.lead_size, settings) * settings.follow_factor
    best: tuple[float, _Scored] | None = None
    for item in scored:
        earlier = own.first_day is None or item.profile.first_day is None or item.profile.first_day <= own.first_day
        days = own.days_from(item.profile)
        score = item.score + settings.per_day * (settings.unknown_days if days is None else days)
        if earlier and score >= asked and (best is None or score > best[0]):
            best = (score, item)
    if best is None:
        return ()
    return (FollowLink(story, best[1].story, round(best[0], 4), _reason(doc, own, best[1].profile, best[0], asked, settings)),)


def _followed_by(
    doc: FoldDoc, own: Profile, story: int, scored: Sequence[_Scored], settings: StorySettings
) -> tuple[FollowLink, ...]:
    """The later stories that follow up a new one of an article which came late: as they would, had it come in time."""
    found = []
    for item in scored:
        profile, days = item.profile, own.days_from(item.profile)
        if own.first_day is None or profile.first_day is None or profile.first_day <= own.first_day or days is None:
            continue
        score = item.score + settings.per_day * days
        asked = threshold(min(own.lead_size, profile.lead_size), settings) * settings.follow_factor
        if days <= settings.follow_days and score >= asked:
            found.append(FollowLink(item.story, story, round(score, 4), _reason(doc, own, profile, score, asked, settings)))
    return tuple(found)


def _reason(doc: FoldDoc, own: Profile, profile: Profile, score: float, asked: float, settings: StorySettings) -> str:
    shared = shared_terms(own, profile, 10)
    known = {term for marks in own.marks for term, _ in marks.names}
    names = words_of_terms(doc.title, doc.text, [term for term in shared if term in known])[:5]
    words = words_of_terms(doc.title, doc.text, [term for term in shared if term not in known])[:5]
    said = [f"names {', '.join(names)}"] * bool(names) + [f"words {', '.join(words)}"] * bool(words)
    against = Counter(kind for mine in own.marks for theirs in profile.marks for kind in contradictions(mine, theirs, settings))
    pairs = max(1, len(own.marks) * len(profile.marks))
    other = "".join(f", {kind} contradict {times / pairs:.0%}" for kind, times in sorted(against.items()))
    return f"shares {' and '.join(said) or 'nothing'}{other}; likeness {score:.2f}, needed {asked:.2f}"
