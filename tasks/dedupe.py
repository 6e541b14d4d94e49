"""Copies: is an article the same text as one that is stored?

Three levels: exact (same words), near (most of the shorter text's wording stands in the other: reprints are cut, have
boilerplate added and get new headlines, hence containment and not Jaccard) and excerpt (contained, and much shorter).
Look-alikes made from a template (market notes, results, weather) share wording but not figures; wording that several
independent articles share (disclaimers, navigation) is evidence for nothing.

Pure decisions: what is stored comes in through a `CopyIndex`, what is to be written goes out as a `CopyDecision`.
No Prefect, no database, no clock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from schemas.reasons import CopyLevel
from schemas.records import CopyLink
from tasks.frames import filled_in_anew
from tasks.signatures import Days, Signature, bands_of, figures_of, hashes_of, title_words_of

AgeKey = tuple[bool, float, int, int]


@dataclass(frozen=True, slots=True)
class CopySettings:
    """What may be changed about folding copies. Shares are of 1; texts are measured in words."""

    window_days: int = 7
    # wording shared with this many independent articles in the window is boilerplate
    boilerplate_roots: int = 4
    # the share of the shorter text's wording that makes a copy …
    near_share: float = 0.5
    # … less where the titles agree: up to this much less
    title_bonus: float = 0.25
    # a text of which so much less is left is an excerpt and never an original
    excerpt_ratio: float = 0.5
    # fewer words than this are compared exactly only, and fewer than that must agree in their titles as well
    least_words: int = 8
    short_words: int = 30
    # below so many words a text may be a filled-in template: its figures must agree …
    template_words: int = 150
    figures_share: float = 0.8
    long_figures_share: float = 0.4
    # … and even the same words are another notice of the same outlet after so many days
    short_days: int = 3
    max_candidates: int = 60


class CopyIndex(Protocol):
    """What is stored, as far as a decision about one article needs it (see `lookups`)."""

    def exact(self, text_hash: str) -> Sequence[int]:
        """Articles with this text hash, whatever their time."""

    def postings(self, bands: Iterable[int], days: Days) -> Mapping[int, Sequence[int]]:
        """For each band the articles that have it, within `days` or without a day."""

    def signature(self, article_id: int) -> Signature:
        """The signature of a stored article."""

    def root_of(self, article_id: int) -> int:
        """The original of an article, itself where it is no copy."""

    def copies_of(self, root: int) -> Sequence[int]:
        """The copies of an original."""


@dataclass(frozen=True, slots=True)
class CopyLookups:
    """What to have at hand before an article is decided: `bands` within `days`, and `text_hash` whenever it was."""

    text_hash: str
    bands: tuple[int, ...]
    days: Days


@dataclass(frozen=True, slots=True)
class CopyDecision:
    """What to write for one article.

    `links` are upserts by `article_id`: the article's own, if it is a copy, and those of others that got a new
    original because of it. `freed` were copies and are originals now: their rows go.
    """

    article_id: int
    root: int
    links: tuple[CopyLink, ...] = ()
    freed: tuple[int, ...] = ()

    @property
    def own(self) -> CopyLink | None:
        """The article's own link, None where it is an original."""
        return next((link for link in self.links if link.article_id == self.article_id), None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two texts set side by side: the figures that decide and that a reason quotes.

    `share` of the shorter text's wording stands in the other: `shared` of `sampled` runs of words; `figures_shared` of
    the `figures` of the text that has fewer (`most_figures`: of the other). `words` is the length of the shorter text,
    `cut` whether it is much shorter, `days` how far apart they appeared, `filled_in_anew` whether they are one template with
    other figures.
    """

    share: float
    shared: int
    sampled: int
    figures_shared: int
    figures: int
    most_figures: int
    title_share: float
    words: int
    cut: bool
    days: float
    same_outlet: bool
    same_words: bool
    filled_in_anew: bool = False

    @property
    def reissue(self) -> bool:
        """The same headline within a day: the text may be worked over."""
        return self.title_share >= 0.9 and self.days <= 1


def lookups(signature: Signature, settings: CopySettings) -> CopyLookups:
    """What `decide_copy` will ask the index for. Roots and copies of what is found come on top (second stage)."""
    return CopyLookups(signature.text_hash, tuple(bands_of(signature)), window(signature, settings))


def window(signature: Signature, settings: CopySettings) -> Days:
    """The days within which near copies are looked for; (None, None), all of them, for an article without a time."""
    if signature.day is None:
        return (None, None)
    return (signature.day - settings.window_days, signature.day + settings.window_days)


def decide_copy(signature: Signature, index: CopyIndex, settings: CopySettings) -> CopyDecision:
    """Whether an article is a copy, of what, and what that changes for the copies already known.

    Texts that are exact or near copies of articles in several groups bring these together; an excerpt joins the best one only.
    """
    found = matches(signature, index, settings)
    if not found:
        return CopyDecision(signature.article_id, signature.article_id)
    best = found[0]
    roots = {best.root}
    if best.level is not CopyLevel.EXCERPT:
        roots.update(match.root for match in found if match.level is not CopyLevel.EXCERPT)
    return _regroup(signature, sorted(roots), index, settings)


@dataclass(frozen=True, slots=True)
class Match:
    """A stored article whose text is the same, and the original of that article."""

    article_id: int
    root: int
    level: CopyLevel
    evidence: Evidence


def matches(signature: Signature, index: CopyIndex, settings: CopySettings) -> list[Match]:
    """What the article is a copy of, best first."""
    candidates, common = _candidates(signature, index, settings)
    found: list[tuple[tuple[float, bool, AgeKey], Match]] = []
    for other_id in {*index.exact(signature.text_hash), *candidates} - {signature.article_id}:
        other = index.signature(other_id)
        evidence = compare(signature, other, settings, common)
        level = level_of(evidence, settings)
        if level is not None:
            root = index.root_of(other_id)
            rank = _RANK[level] + round(evidence.share + 0.1 * evidence.title_share, 3)
            found.append(((-rank, other_id != root, age_key(other)), Match(other_id, root, level, evidence)))
    return [match for _, match in sorted(found, key=lambda item: item[0])]


_RANK = {CopyLevel.EXACT: 4.0, CopyLevel.NEAR: 2.0, CopyLevel.EXCERPT: 0.0}


def _candidates(signature: Signature, index: CopyIndex, settings: CopySettings) -> tuple[list[int], frozenset[int]]:
    """(articles that share wording, most first; hashes that are boilerplate)."""
    postings = index.postings(bands_of(signature), window(signature, settings))
    counts: Counter[int] = Counter()
    common = set()
    for band, article_ids in postings.items():
        if len(article_ids) >= settings.boilerplate_roots:
            roots = {index.root_of(article_id) for article_id in article_ids}
            if len(roots) >= settings.boilerplate_roots:
                common.add(band)
                continue
        counts.update(article_ids)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [article_id for article_id, _ in ranked[: settings.max_candidates]], frozenset(common)


def compare(one: Signature, other: Signature, settings: CopySettings, common: frozenset[int] = frozenset()) -> Evidence:
    """Two texts side by side. `common` are hashes of boilerplate, left out of the count of shared wording."""
    limit = min(one.sketch_limit, other.sketch_limit)
    first, second = hashes_of(one), hashes_of(other)
    first, second = first[: int(np.searchsorted(first, limit))], second[: int(np.searchsorted(second, limit))]
    if common:
        skip = np.fromiter(common, dtype=np.uint32, count=len(common))
        first = first[~np.isin(first, skip)]
        second = second[~np.isin(second, skip)]
    shared = len(np.intersect1d(first, second, assume_unique=True))
    sampled = min(len(first), len(second))
    mine, theirs = figures_of(one, other)
    fewest, most = sorted((one.words, other.words))
    return Evidence(
        share=shared / sampled if sampled else 0.0,
        shared=shared,
        sampled=sampled,
        figures_shared=len(np.intersect1d(mine, theirs, assume_unique=True)),
        figures=min(len(mine), len(theirs)),
        most_figures=max(len(mine), len(theirs)),
        title_share=_overlap(title_words_of(one), title_words_of(other)),
        words=fewest,
        cut=fewest < settings.excerpt_ratio * most,
        days=_days_apart(one, other),
        same_outlet=one.source is not None and one.source == other.source,
        same_words=one.text_hash == other.text_hash,
        filled_in_anew=filled_in_anew(one.frames, other.frames),
    )


def level_of(evidence: Evidence, settings: CopySettings) -> CopyLevel | None:
    """How the one text is a copy of the other, None if it is not."""
    if evidence.same_words:
        return CopyLevel.EXACT if _exact_counts(evidence, settings) else None
    if evidence.words < settings.least_words or evidence.shared < 2 or not _figures_agree(evidence, settings):
        return None
    if evidence.share < _needed_share(evidence, settings):
        return None
    return CopyLevel.EXCERPT if evidence.cut else CopyLevel.NEAR


def _exact_counts(evidence: Evidence, settings: CopySettings) -> bool:
    """The same words make a copy whenever they come, but an outlet's short notices recur: "the council left rates unchanged"."""
    if evidence.words < settings.short_words:
        return evidence.title_share >= 0.5 and evidence.days <= settings.short_days
    return evidence.words >= settings.template_words or not evidence.same_outlet or evidence.days <= settings.short_days


def _figures_agree(evidence: Evidence, settings: CopySettings) -> bool:
    """A template filled in anew has other figures; a cut text has fewer, but the same; a long one may have some edited."""
    if evidence.filled_in_anew:
        return False
    if evidence.same_outlet and evidence.days > 1:
        # the same outlet on another day with other figures
        fewest = evidence.figures if evidence.cut else evidence.most_figures
        if evidence.figures_shared < fewest:
            return False
    if evidence.words >= settings.template_words:
        return evidence.figures_shared >= settings.long_figures_share * evidence.figures
    whole = evidence.figures
    if not evidence.cut and not evidence.reissue:
        whole = (evidence.figures + evidence.most_figures + 1) // 2
    return evidence.figures_shared >= whole * (0.5 if evidence.reissue else settings.figures_share)


def _needed_share(evidence: Evidence, settings: CopySettings) -> float:
    """How much of the shorter text must stand in the other; above 1 where nothing would be enough."""
    if evidence.words < settings.short_words and not evidence.reissue:
        return 0.8 if evidence.title_share >= 0.5 and evidence.days <= settings.short_days else 2.0
    if evidence.sampled < 8:
        # a teaser of few samples under its article's headline needs fewer of them
        return 0.75 - (settings.title_bonus * evidence.title_share if evidence.cut and evidence.reissue else 0.0)
    if evidence.shared < 4:
        return 2.0
    title_counts = evidence.reissue or evidence.words >= settings.template_words
    bonus = settings.title_bonus * evidence.title_share if title_counts else 0.0
    if evidence.same_outlet and not evidence.reissue:
        # an outlet uses its own background paragraphs again
        return (0.9 if evidence.cut else 0.8) - bonus
    return settings.near_share - bonus


def _days_apart(one: Signature, other: Signature) -> float:
    """Days between two articles; 0 where one has no time."""
    if one.at is None or other.at is None:
        return 0.0
    return abs((one.at - other.at).total_seconds()) / 86400


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(len(one), len(other)) if one and other else 0.0


def age_key(signature: Signature) -> AgeKey:
    """Orders articles by their time (those without one last), the longer first, then by id."""
    stamp = signature.at.timestamp() if signature.at else 0.0
    return (signature.at is None, stamp, -signature.words, signature.article_id)


def choose_root(members: Sequence[Signature], settings: CopySettings) -> Signature:
    """The original among copies of one text: the earliest published full one, whatever order they came in."""
    able = [member for member in members if member.may_be_original] or list(members)
    longest = max(member.words for member in able)
    full = [member for member in able if member.words >= settings.excerpt_ratio * longest]
    return min(full, key=age_key)


def _regroup(signature: Signature, roots: Sequence[int], index: CopyIndex, settings: CopySettings) -> CopyDecision:
    """The links after `signature` has joined the groups of `roots`: only what changes."""
    old_root = {member: root for root in roots for member in (root, *index.copies_of(root)) if member != signature.article_id}
    members = [index.signature(member) for member in sorted(old_root)] + [signature]
    root = choose_root(members, settings)
    changed = (one for one in members if root.article_id not in (one.article_id, old_root.get(one.article_id)))
    links = [link_between(member, root, settings) for member in changed]
    was_copy = root.article_id in old_root and old_root[root.article_id] != root.article_id
    freed = (root.article_id,) if was_copy else ()
    return CopyDecision(signature.article_id, root.article_id, tuple(links), freed)


def link_between(member: Signature, root: Signature, settings: CopySettings) -> CopyLink:
    """The row that says `member` is a copy of `root`, with the figures in words."""
    evidence = compare(member, root, settings)
    level = level_of(evidence, settings)
    if level is CopyLevel.EXACT:
        return CopyLink(member.article_id, root.article_id, level, 1.0, "the same words")
    reason = f"{evidence.share:.0%} of the shorter text stands in the other ({evidence.shared} of {evidence.sampled} samples)"
    if evidence.figures:
        reason += f", {evidence.figures_shared} of {evidence.figures} figures agree"
    shorter = member.words < settings.excerpt_ratio * root.words
    if shorter:
        reason += f", {member.words} of {root.words} words"
    if level is None:
        reason += ", joined through another copy"
    return CopyLink(
        member.article_id, root.article_id, CopyLevel.EXCERPT if shorter else CopyLevel.NEAR, round(evidence.share, 4), reason
    )


def boilerplate(signature: Signature, index: CopyIndex, settings: CopySettings) -> frozenset[int]:
    """Hashes of wording that so many independent articles share that it is evidence for nothing."""
    return _candidates(signature, index, settings)[1]


def rules(evidence: Evidence, settings: CopySettings) -> tuple[tuple[str, bool, str], ...]:
    """What `level_of` asks of two texts: (rule, whether it is met, the figures in words). For people; it decides nothing."""
    if evidence.same_words:
        told = f"word for word the same, {evidence.words} words, {evidence.days:.1f} days apart"
        return (("same words", _exact_counts(evidence, settings), told),)
    needed = _needed_share(evidence, settings)
    wording = f"{evidence.share:.0%} of the shorter text stands in the other ({evidence.shared} of {evidence.sampled} samples); "
    wording += f"{needed:.0%} would make a copy" if needed <= 1 else "too little in common for a copy"
    figures = (
        f"{evidence.figures_shared} shared, of {evidence.figures} in the text with fewer and {evidence.most_figures} in the other"
    )
    if evidence.filled_in_anew:
        figures += "; the words around them agree and they do not: a template filled in anew"
    return (
        (
            "length",
            evidence.words >= settings.least_words,
            f"the shorter text has {evidence.words} words of at least {settings.least_words}",
        ),
        ("wording", evidence.shared >= 2 and evidence.share >= needed, wording),
        ("figures", _figures_agree(evidence, settings), figures),
    )
