"""What follows from a changed text: the version says what changed, and the article's place among copies is found anew.

The place is not found inside a batch. Changed articles are queued with the batch that changes them, and worked off one
by one, in the order in which they appeared, when the run has nothing else left: so no result depends on where a batch
ends, and a kill loses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flows import progress
from flows.folding import Folding, lookups
from schemas.settings import Settings
from tasks import cluster
from tasks.cluster import StoryDecision, StorySettings
from tasks.dedupe import CopySettings
from tasks.signatures import Signature, signature_of
from tasks.store import articles, folding, refolds
from tasks.store.master import Connection, open_master, transaction
from tasks.store.refolds import Place
from tasks.term_features import Features, features_of
from tasks.versions import Change, compare_versions

BY_PUBLISHER, BY_PAGE, BY_EXTRACTOR = "publisher", "page", "extractor"
_AT_A_TIME = 50  # placed under one hold of the writer's lock


@dataclass(frozen=True, slots=True)
class Edit:
    """A new version on its way into the store: the number and headline of the one before it, its own content, its cause."""

    before: int
    old_title: str | None
    title: str | None
    text: str
    cause: str


def describe(connection: Connection, edits: Mapping[int, Edit]) -> dict[int, dict[str, Any]]:
    """What each edit changed, as columns of `article_versions`; queues the articles for a new place."""
    old = articles.texts(connection, {article_id: edit.before for article_id, edit in edits.items()})
    found: dict[int, dict[str, Any]] = {}
    for article_id, edit in edits.items():
        diff = compare_versions(edit.old_title, old.get(article_id, ""), edit.title, edit.text)
        found[article_id] = {"cause": edit.cause}
        if diff is not None:
            found[article_id] |= {
                "change": diff.change,
                "words_added": diff.added,
                "words_removed": diff.removed,
                "notice": diff.notice,
                "diff": diff.diff,
            }
    # Another text may be about something else; an edited one is about what it was, and people noted its story's id.
    another = (None, Change.REWRITE, Change.REMOVED)
    rows = [{"article_id": key, "keep_story": row.get("change") not in another} for key, row in found.items()]
    refolds.queue(connection, rows)
    return found


def place_changed(settings: Settings) -> int:
    """Works the queue off; returns how many articles were placed anew."""
    placed, more = 0, True
    while more:
        with open_master(settings) as connection:
            total = placed + refolds.count(connection)
            for _ in range(_AT_A_TIME):
                upcoming = refolds.first(connection)
                if upcoming is None:
                    more = False
                    break
                with transaction(connection):
                    place_again(connection, settings, *upcoming)
                    refolds.done(connection, upcoming[0])
                placed += 1
        if placed:
            progress.report("copies and stories", placed, max(total, placed))
    return placed


def place_again(connection: Connection, settings: Settings, article_id: int, keep_story: bool) -> None:
    """Finds an article's place anew from its stored text, as if it came in now. Where that leaves articles of its former
    text uncounted in their story, their original is queued."""
    place = refolds.place_of(connection, article_id)
    if place is None:
        return
    signature = replace(signature_of(place.doc), article_id=article_id)
    features = features_of(place.doc.title, place.doc.text, place.doc.language)
    refolds.take_out(connection, article_id)
    copy_settings, story_settings = CopySettings(window_days=settings.fold_window_days), StorySettings()
    index = folding.preload(connection, *lookups([(signature, features)], copy_settings, story_settings))
    fold = Folding(index, copy_settings, story_settings)
    copy, story = fold.place(place.doc, signature, features)
    if story is not None:
        decision = _kept(fold, place, signature, features, story, keep_story=keep_story, is_copy=copy.own is not None)
        fold.stories = [(signature, features, decision)]
    counted = frozenset({article_id}) if place.counted else frozenset[int]()
    folding.write(connection, fold.signatures, fold.copies, fold.stories, also_touched=place.group, counted=counted)
    if place.story is not None:
        now = folding.stories_of(connection, [article_id]).get(article_id)
        if now != place.story.story_id:
            refolds.leave_story(connection, place.story.story_id, now)
    orphans = refolds.without_vector(connection, [*place.group, article_id])
    refolds.queue(connection, [{"article_id": orphan, "keep_story": True} for orphan in orphans])


def _kept(
    fold: Folding,
    place: Place,
    signature: Signature,
    features: Features,
    story: StoryDecision,
    *,
    keep_story: bool,
    is_copy: bool,
) -> StoryDecision:
    """The decision with what a placed article keeps: its story, unless it became a copy; its being counted, as an original."""
    vector, found_by = story.vector, story.found_by
    if is_copy or (vector is None and fold.index.is_counted(signature.article_id)):
        return story
    if vector is None:  # it is the original of its group again, of which nobody else is counted
        vector, found_by = cluster.about(signature, features, fold.index, fold.story_settings)
    elif keep_story and place.story is not None:
        return StoryDecision(place.story, vector, found_by=found_by)
    return replace(story, vector=vector, found_by=found_by)
