"""Stories: who tells of the same event, in whatever batches the articles come."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.records import FoldDoc
from tasks.cluster import StoryDecision, decide_story
from tasks.dedupe import CopyDecision
from tasks.fold_index import MemoryIndex
from tasks.linkage import likeness, threshold
from tasks.signatures import day_of
from tasks.story_ids import story_id_of
from tasks.story_settings import StorySettings
from tasks.term_weeks import HALF_LIFE, voices, week_of
from tasks.term_weights import profile_of, sum_profiles, vector_of
from tests.eval import eval_folding
from tests.eval.folding import Folded, fold_docs, fold_one
from tests.fold_store import RowStore, fold_in_batches

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)

QUAKE = "A magnitude 6.1 earthquake struck Valdoria early on Sunday, toppling houses in the hill town of Pernik, officials said."
QUAKE_AGAIN = (
    "Rescuers in Valdoria dug through toppled houses in Pernik on Sunday after a 6.1 magnitude earthquake hit the hill town."
)
FERRY = "The ferry Stella Maris ran aground off Port Anselm with 212 passengers aboard, and the coast guard took all of them off."
FERRY_AGAIN = "All 212 passengers of the Stella Maris were brought to Port Anselm by the coast guard after the ferry ran aground."


def doc(number: int, title: str, text: str, hours: float | None = 0) -> FoldDoc:
    at = None if hours is None else START + timedelta(hours=hours)
    return FoldDoc(number, title, text, at, f"outlet{number}.example", "en")


def fold(*docs: FoldDoc) -> tuple[MemoryIndex, list[tuple[CopyDecision, StoryDecision]]]:
    index = MemoryIndex()
    return index, [fold_one(Folded.of(one), index) for one in docs]


def four() -> list[FoldDoc]:
    return [
        doc(1, "Earthquake topples houses in Valdoria", QUAKE, 0),
        doc(2, "Ferry runs aground off Port Anselm", FERRY, 1),
        doc(3, "Rescuers search Valdoria town after earthquake", QUAKE_AGAIN, 5),
        doc(4, "Passengers of stranded ferry safe in Port Anselm", FERRY_AGAIN, 6),
    ]


def test_tellings_of_one_event_join_and_others_do_not() -> None:
    index, decisions = fold(*four())
    assert [index.story_of(one) for one in (1, 2, 3, 4)] == [story_id_of(1), story_id_of(2), story_id_of(1), story_id_of(2)]
    assert decisions[0][1].opened
    joined = decisions[2][1]
    assert not joined.opened
    assert "Valdoria" in joined.link.reason
    assert 0 < joined.link.score <= 1


def test_a_copy_takes_the_story_of_its_text_and_counts_once() -> None:
    text = f"{QUAKE} " + " ".join(f"Detail{place} of the rescue was told." for place in range(40))
    index, decisions = fold(
        doc(1, "Earthquake topples houses in Valdoria", text, 0), *(doc(number, "Quake", text, number) for number in (2, 3))
    )
    assert {index.story_of(one) for one in (1, 2, 3)} == {story_id_of(1)}
    assert [story.vector is None for _, story in decisions] == [False, True, True]
    assert index.profile(story_id_of(1)).count == 1
    assert index.documents("en", {week_of(day_of(START)): 1.0}) == 1


def test_a_late_original_takes_the_story_of_its_copies() -> None:
    text = f"{QUAKE} " + " ".join(f"Detail{place} of the rescue was told." for place in range(40))
    index, decisions = fold(doc(1, "Quake in Valdoria", text, 9), doc(2, "Quake in Valdoria", text, 1))
    assert index.root_of(1) == 2
    assert index.story_of(2) == story_id_of(1)
    assert index.profile(story_id_of(1)).count == 1
    assert decisions[1][1].vector is None


def test_a_teaser_without_a_story_is_brought_to_that_of_its_full_text() -> None:
    text = f"{QUAKE} " + " ".join(f"Detail{place} of the rescue was told." for place in range(60))
    teaser = replace(doc(1, "Earthquake topples houses", " ".join(text.split()[:40]), 0), may_be_original=False)
    index, signature = MemoryIndex(), Folded.of(teaser).signature
    index.add(signature)  # stored, but put into no story
    copy, story = fold_one(Folded.of(doc(2, "Earthquake topples houses in Valdoria", text, 3)), index)
    assert [link.article_id for link in copy.links] == [1]
    assert [(link.article_id, link.story_id) for link in story.brings] == [(1, story.link.story_id)]


def test_a_similar_event_a_week_later_is_another_story_that_follows() -> None:
    later = doc(2, "Valdoria mourns after earthquake in Pernik", QUAKE_AGAIN, 24 * 8)
    _, (_, (_, story)) = fold(doc(1, "Earthquake topples houses in Valdoria", QUAKE, 0), later)
    assert story.opened
    assert [(follow.story_id, follow.follows_id) for follow in story.follows] == [(story_id_of(2), story_id_of(1))]


def test_a_story_never_follows_a_later_one_but_is_followed_by_it() -> None:
    earlier = doc(2, "Valdoria mourns after earthquake in Pernik", QUAKE_AGAIN, -24 * 3.5)
    other = doc(3, "Ferry runs aground off Port Anselm", FERRY, 25)
    _, (*_, (_, story)) = fold(doc(1, "Earthquake topples houses in Valdoria", QUAKE, 24), other, earlier)
    assert story.opened
    assert [(follow.story_id, follow.follows_id) for follow in story.follows] == [(story_id_of(1), story_id_of(2))]
    assert "Valdoria" in story.follows[0].reason


def test_what_is_backfilled_of_another_year_changes_no_rarity_and_older_weeks_fade() -> None:
    index, week = MemoryIndex(), week_of(day_of(START))
    index.count("en", day_of(START), [7])
    index.count("en", day_of(START) - 7 * HALF_LIFE, [7, 8])
    index.count("en", day_of(START) - 365, [7])
    index.count("en", day_of(START) + 7, [7])
    index.count("en", None, [7])
    now = voices(day_of(START))
    assert now[week] == 1
    assert index.frequencies("en", now, [7, 8, 9]) == {7: 1.5, 8: 0.5}
    assert index.documents("en", now) == 1.5
    assert index.frequencies("en", voices(None), [7]) == {}


def test_an_unknown_time_counts_as_a_day() -> None:
    settings = StorySettings()
    vector = profile_of(_vector(doc(1, "Earthquake topples houses", QUAKE)))
    unknown = profile_of(replace(_vector(doc(1, "Earthquake topples houses", QUAKE)), day=None))
    assert likeness(vector, unknown, settings) == pytest.approx(1 - settings.per_day * settings.unknown_days, abs=0.01)


def _vector(one: FoldDoc):  # type: ignore[no-untyped-def]
    folded = Folded.of(one)
    return vector_of(folded.signature, folded.features, {}, 0)


def test_profiles_are_exact_sums_in_any_order() -> None:
    profiles = [profile_of(_vector(one)) for one in four()]
    forth, back = sum_profiles(profiles), sum_profiles(profiles[::-1])
    assert forth.lead.terms.tolist() == back.lead.terms.tolist()
    assert forth.body.sums.tolist() == back.body.sums.tolist()
    assert (forth.count, forth.first_day, forth.last_day) == (back.count, back.first_day, back.last_day)


def test_headlines_alone_need_less() -> None:
    settings = StorySettings()
    assert threshold(8, settings) == pytest.approx(settings.join - settings.headline_discount)
    assert threshold(8, settings) < threshold(30, settings) < threshold(60, settings) == settings.join


def test_an_article_that_is_like_two_stories_makes_them_one() -> None:
    easy = StorySettings(merge_factor=0.6)
    index = MemoryIndex()
    docs = [
        doc(5, "Earthquake topples houses in Valdoria", "The earthquake toppled houses across Valdoria.", 2),
        doc(6, "Pernik rescuers dig with bare hands", "Rescuers in Pernik dug with bare hands.", 1),
        doc(7, "Earthquake topples houses in Pernik", "Rescuers in Pernik dug in toppled houses across Valdoria.", 5),
    ]
    decisions = [fold_one(Folded.of(one), index, stories=easy)[1] for one in docs]
    merges = [merge for decision in decisions for merge in decision.merges]
    assert len(merges) == 1
    assert {merges[0].story_id, merges[0].into_id} == {story_id_of(5), story_id_of(6)}
    assert len({index.story_of(one) for one in (5, 6, 7)}) == 1


def test_deciding_again_gives_the_same_and_changes_nothing() -> None:
    index, _ = fold(*four())
    article = Folded.of(doc(9, "Valdoria earthquake: houses toppled", QUAKE_AGAIN + " Help is coming.", 7))
    index.add(article.signature)
    decisions = {decide_story(article.doc, article.signature, article.features, index, StorySettings()) for _ in range(2)}
    assert len(decisions) == 1


def mixture() -> list[FoldDoc]:
    """Invented articles: events told several times, copies, undated ones, in no order."""
    rng = random.Random(5)
    names = [f"Name{place}" for place in range(120)]
    plain = [f"word{place}" for place in range(400)]
    docs = []
    for event in range(30):
        cast, start = rng.sample(names, 6), rng.randrange(0, 24 * 20)
        for _ in range(rng.randrange(1, 5)):
            body = " ".join(
                rng.choice(cast) if rng.random() < 0.3 else rng.choice(plain) for _ in range(rng.choice((20, 90, 250)))
            )
            title = " ".join(rng.sample(cast, 3)) + f" event {event}"
            for _ in range(rng.choice((1, 1, 1, 3))):
                when = None if rng.random() < 0.08 else start + rng.randrange(0, 40)
                docs.append(doc(len(docs) + 1, title, body if rng.random() < 0.7 else body[: len(body) * 2 // 3], when))
    rng.shuffle(docs)
    return docs


@pytest.mark.parametrize("size", [1, 7, 100])
def test_batches_filled_from_looked_up_rows_give_what_one_long_run_gives(size: int) -> None:
    articles = [Folded.of(one) for one in mixture()]
    whole, parts = fold_in_batches(articles, 1_000_000), fold_in_batches(articles, size)
    assert _rows(parts) == _rows(whole)
    assert len(whole.copies) > 10
    assert 15 < len(set(whole.story_articles.values())) < len(articles) - len(whole.copies)


def _rows(store: RowStore) -> tuple[object, ...]:
    return (
        store.copies,
        store.vectors,
        store.story_terms,
        store.story_articles,
        store.story_ids,
        store.term_counts,
        store.documents,
    )


@pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is absent")
@pytest.mark.parametrize("dated", [True, False])
def test_the_seeds_are_one_story_and_its_follow_up(dated: bool) -> None:
    docs = []
    for number, path in enumerate(sorted(SEEDS.glob("*.txt"))):
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        head = next(place for place, line in enumerate(lines) if len(line.split()) >= 6)
        date = ("2025-06-09" if number == 4 else "2025-06-05") if dated else None
        docs.append({"id": path.name[:3], "title": lines[head], "text": "\n".join(lines[head + 1 :]), "date": date})
    folded, ids = fold_docs(docs)
    index, decisions = fold(*folded)
    assert all(copy.own is None for copy, _ in decisions)
    story = {ids[one.id - 1]: index.story_of(one.id) for one in folded}
    assert len({story[one] for one in ("000", "001", "002", "003")}) == 1
    follows = {follow.follows_id for _, decision in decisions for follow in decision.follows}
    assert story["004"] == story["000"] or story["000"] in follows


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not eval_folding.available(), reason="../shared/corpora or ../shared/score is absent")
def test_stories_of_left_centre_and_right() -> None:
    assert eval_folding.measure("l2_allsides", eval_folding.adapters.stories)["b3_f1"] >= 0.905
