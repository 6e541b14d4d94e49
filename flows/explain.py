"""Why two articles are or are not copies, and one story: the store's own words, and the rules gone through anew.

The rules are those of the ingest, on the stored signatures and vectors: no figure is made up for the explanation. What
was decided when the articles came in may rest on fewer articles than are known today; both are told.
"""

import math

from flows.folding import lookups
from schemas.answers import Check, PairAnswer
from schemas.errors import BadInput
from schemas.settings import Settings
from tasks import cluster, dedupe
from tasks.cluster import StorySettings
from tasks.dedupe import CopySettings
from tasks.fold_index import MemoryIndex
from tasks.signatures import Signature, number_hashes
from tasks.store import folding, pairs
from tasks.store.pairs import Side
from tasks.store.query import open_published
from tasks.story_marks import NAMES, TEMPLATE, Marks, contradictions, cost
from tasks.term_features import Features, features_of, words_of_terms
from tasks.term_weights import Profile, mean_cosine, profile_of, shared_terms, vector_of

SHOWN = 12  # terms, names and figures at most


def explain(settings: Settings, one: str, other: str) -> PairAnswer:
    """Why two articles (addresses or ids) are or are not copies, and one story.

    Raises:
        BadInput: one is not stored, or both are the same article.
        NothingPublished: there is no published file yet.
    """
    copy_settings, story_settings = CopySettings(window_days=settings.fold_window_days), StorySettings()
    with open_published(settings) as connection:
        first, second = pairs.sides(connection, one, other)
        if first.article.article_id == second.article.article_id:
            raise BadInput(f"both are the same article, {first.article.url}: give two")
        read = [(side.signature, _features(side)) for side in (first, second) if side.signature is not None]
        index = folding.preload(connection, *lookups(read, copy_settings, story_settings))
        copies, copies_said = pairs.copies_said(connection, first, second)
        same, story_said = pairs.story_said(connection, first, second)
    return PairAnswer(
        first.article,
        second.article,
        copies,
        copies_said,
        _copy_checks(first.signature, second.signature, index, copy_settings),
        same,
        story_said,
        _story_checks(first, second, index, story_settings),
    )


def _features(side: Side) -> Features:
    return features_of(side.article.title, side.text, side.article.language)


# ---------------------------------------------------------------- the rules anew


def _copy_checks(one: Signature | None, other: Signature | None, index: MemoryIndex, settings: CopySettings) -> tuple[Check, ...]:
    if one is None or other is None:
        return (Check("signature", None, "nothing is kept of the wording of one of them"),)
    common = dedupe.boilerplate(one, index, settings) | dedupe.boilerplate(other, index, settings)
    plain, evidence = dedupe.compare(one, other, settings), dedupe.compare(one, other, settings, common)
    level = dedupe.level_of(evidence, settings)
    found = [Check(*rule) for rule in dedupe.rules(evidence, settings)]
    if plain.sampled > evidence.sampled:
        found.append(
            Check("boilerplate", None, f"{plain.sampled - evidence.sampled} samples are left out: many articles share them")
        )
    found.append(Check("titles", None, f"{evidence.title_share:.0%} of their words agree"))
    near = evidence.days <= settings.window_days
    days = f"{evidence.days:.1f} days apart, near copies are looked for within {settings.window_days}"
    found.append(Check("time", near or evidence.same_words, days))
    if evidence.same_outlet:
        found.append(Check("outlet", None, f"both of {one.source}, which may use its own paragraphs again: more is asked"))
    found.append(Check("rules as they stand", level is not None, f"{level} copy" if level else "no copy"))
    return tuple(found)


def _story_checks(one: Side, other: Side, index: MemoryIndex, settings: StorySettings) -> tuple[Check, ...]:
    found = [
        Check(f"{mark} in its story", None, f"{side.story.reason} (score {side.story.score:.2f})")
        for mark, side in (("A", one), ("B", other))
        if side.story
    ]
    first, second = _profile(one, index), _profile(other, index)
    if first is not None and second is not None:
        found += _likeness_checks(one, first, second, settings)
    found.append(_names_check(one, other))
    found += _differences(one, other)
    return tuple(found)


def _profile(side: Side, index: MemoryIndex) -> Profile | None:
    """The article's weighted terms: as stored, else (a copy) as they would weigh today."""
    if side.vector is not None:
        return profile_of(side.vector)
    if side.signature is None:
        return None
    features = _features(side)
    terms = {*features.lead.term_list(), *features.body.term_list()}
    language, weeks = side.signature.language, cluster.weeks_of(side.signature)
    seen, documents = index.frequencies(language, weeks, terms), index.documents(language, weeks)
    return profile_of(vector_of(side.signature, features, seen, documents))


def _likeness_checks(one: Side, first: Profile, second: Profile, settings: StorySettings) -> list[Check]:
    score = cluster.likeness(first, second, settings)
    needed = cluster.needed(first, second, settings)
    lead, body = (mean_cosine(mine, 1, theirs, 1) for mine, theirs in ((first.lead, second.lead), (first.body, second.body)))
    days = first.days_from(second)
    apart = "one has no time" if days is None else f"{days} {'day' if days == 1 else 'days'} apart"
    taken = settings.per_day * (settings.unknown_days if days is None else days)
    words = words_of_terms(one.article.title, one.text, shared_terms(first, second, SHOWN))
    return [
        Check(
            "likeness",
            score >= needed,
            f"{score:.2f} of these two alone, {needed:.2f} would join them; a story counts as a whole",
        ),
        Check("title and lead", None, f"cosine {lead:.2f}, gives {(1 - settings.body_share) * math.sqrt(max(lead, 0)):.2f}"),
        Check("whole text", None, f"cosine {body:.2f}, gives {settings.body_share * math.sqrt(max(body, 0)):.2f}"),
        Check(
            "time",
            (days or 0) <= settings.window_days,
            f"{apart}, takes {taken:.2f}; a story is open for {settings.window_days} days",
        ),
        Check("shared terms", None, ", ".join(words) or "none"),
        _contradictions_check(first.marks[0], second.marks[0], settings),
    ]


def _contradictions_check(one: Marks, other: Marks, settings: StorySettings) -> Check:
    """What says outright that these are two events, and what that takes off their likeness."""
    found = contradictions(one, other, settings)
    if not found:
        shared = len(dict(one.names).keys() & dict(other.names).keys())
        return Check("contradictions", True, f"none: {shared} names of title and lead in common")
    said = [_CONTRADICTION.get(kind, f"they say another {kind}") for kind in found]
    return Check("contradictions", False, f"{'; '.join(said)}: takes {cost(one, other, settings):.2f}")


_CONTRADICTION = {
    NAMES: "reports of one kind that have hardly a name in common",
    TEMPLATE: "one template with other figures, on another day",
}


def _names_check(one: Side, other: Side) -> Check:
    theirs = {entity[0] for entity in other.entities}
    shared = [f"{name} ({kind})" for key, name, kind in one.entities if key in theirs]
    total = f"{len(shared)} of {len(one.entities)} and {len(other.entities)}"
    return Check("shared entities", None, f"{total}: {', '.join(shared[:SHOWN])}" if shared else total)


def _differences(one: Side, other: Side) -> list[Check]:
    """What may speak against one story: places that only one names, figures of the headlines and openings that differ."""
    found = []
    places = [{name for _, name, kind in side.entities if kind == "PLACE"} for side in (one, other)]
    if places[0] and places[1] and not places[0] & places[1]:
        names = " · ".join(", ".join(sorted(side)[:SHOWN]) for side in places)
        found.append(Check("places", None, f"none in common, which may speak against one story: {names}"))
    openings = [number_hashes(f"{side.article.title}\n{side.text[:600]}") for side in (one, other)]
    if all(openings) and not {*_pairs(openings[0])} & {*_pairs(openings[1])}:
        said = "headlines and openings have figures, and none in common, which may speak against one story"
        found.append(Check("figures", None, said))
    return found


def _pairs(codes: bytes) -> list[bytes]:
    return [codes[place : place + 2] for place in range(0, len(codes), 2)]
