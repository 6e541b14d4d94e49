"""Stories do not depend on the order in which articles come: same groups, ids that stay, copies with one original."""

import random
from collections.abc import Sequence

import pytest

from schemas.records import FoldDoc
from tasks.fold_index import MemoryIndex
from tasks.linkage import likeness, most_central, needed, partition
from tasks.story_ids import Unit, name_groups, story_id_of
from tasks.story_settings import StorySettings
from tasks.term_weights import profile_of, vector_of
from tests.eval.folding import Folded, fold_one
from tests.fold_store import fold_in_batches
from tests.test_cluster import FERRY, FERRY_AGAIN, QUAKE, QUAKE_AGAIN, doc, four, mixture

SETTINGS = StorySettings()


def fold(docs: Sequence[FoldDoc]) -> MemoryIndex:
    index = MemoryIndex()
    for one in docs:
        fold_one(Folded.of(one), index)
    return index


def unit(one: FoldDoc, story: int | None) -> Unit:
    folded = Folded.of(one)
    return Unit(profile_of(vector_of(folded.signature, folded.features, {}, 0)), story, one.id)


def b_cubed(one: dict[int, int | None], other: dict[int, int | None]) -> float:
    """Agreement of two groupings of the same ids (Bagga and Baldwin 1998), as F1."""
    precision = recall = 0.0
    for key, story in one.items():
        mine = {each for each, its in one.items() if its == story}
        theirs = {each for each, its in other.items() if its == other[key]}
        precision += len(mine & theirs) / len(mine) / len(one)
        recall += len(mine & theirs) / len(theirs) / len(one)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_articles_in_any_order_make_the_same_stories_and_originals(seed: int) -> None:
    docs = sorted(mixture(), key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0, one.id))
    shuffled = random.Random(seed).sample(docs, len(docs))
    in_order, other = fold(docs), fold(shuffled)
    stories = [{one.id: index.story_of(one.id) for one in docs} for index in (in_order, other)]
    # Invented words that no table knows, weighed by a hundred articles: real texts agree better (docs/folding.md).
    assert b_cubed(*stories) >= 0.92
    roots = {one.id: other.root_of(one.id) for one in docs}
    assert all(roots[root] == root for root in roots.values())
    assert sum(roots[one.id] == in_order.root_of(one.id) for one in docs) >= 0.98 * len(docs)


def test_an_older_article_that_is_backfilled_leaves_the_story_its_id() -> None:
    index = fold([doc(2, "Rescuers search Valdoria town after earthquake", QUAKE_AGAIN, 5)])
    fold_one(Folded.of(doc(1, "Earthquake topples houses in Valdoria", QUAKE, 0)), index)
    assert {index.story_of(1), index.story_of(2)} == {story_id_of(2)}


def test_stories_that_turn_out_to_be_one_keep_the_id_given_first_and_the_other_is_not_given_again() -> None:
    old, new = story_id_of(2), story_id_of(1)
    units = [unit(doc(1, "a harbour", QUAKE), new), unit(doc(2, "b harbour", QUAKE), old), unit(doc(3, "c", QUAKE), None)]
    births = {old: 1, new: 2}
    names = name_groups([units], births.get)
    assert (names.ids, names.opens, names.became) == ((old,), (), {new: old})
    alone = name_groups([[units[0]], [units[1], units[2]]], {old: 1, new: 1}.get)
    assert alone.ids == (new, old)


def test_an_id_goes_with_most_tellings_and_what_splits_off_gets_a_new_one() -> None:
    story = story_id_of(1)
    units = [unit(doc(number, "a", QUAKE, number), story) for number in (1, 2, 3)]
    names = name_groups([[units[0]], units[1:]], {story: 1}.get)
    assert names.ids[1] == story
    assert names.opens == names.ids[:1]
    assert names.ids[0] not in (story, story_id_of(1))  # its own id is that of the others


def test_a_move_says_where_the_article_was_and_what_changed_that() -> None:
    index = MemoryIndex()
    loose = StorySettings(join=-1.0, headline_discount=0.0)
    docs = four()
    for one in docs[:3]:
        fold_one(Folded.of(one), index, stories=loose)
    assert len({index.story_of(one) for one in (1, 2, 3)}) == 1  # everything is alike under such a threshold
    strict = StorySettings(near_factor=0.0)
    index.add_vector(vector_of(Folded.of(docs[2]).signature, Folded.of(docs[2]).features, {}, 0), ())
    _, decision = fold_one(Folded.of(docs[3]), index, stories=strict)
    assert {index.story_of(2), index.story_of(4)} != {index.story_of(1)}
    assert index.story_of(2) == index.story_of(4)
    assert [move.article_id for move in decision.moves] == [2]
    assert "was in story" in decision.moves[0].reason and "article 4" in decision.moves[0].reason


def test_a_partition_is_the_same_in_any_order() -> None:
    profiles = [unit(one, None).profile for one in four()]
    assert partition(profiles, SETTINGS) == [[0, 2], [1, 3]]
    assert partition(profiles[::-1], SETTINGS) == [[0, 2], [1, 3]]
    assert partition(profiles[:1], SETTINGS) == [[0]]


def test_the_table_asks_what_the_plain_functions_say() -> None:
    one, other = (unit(item, None).profile for item in (four()[0], four()[2]))
    over = likeness(one, other, SETTINGS) - needed(one, other, SETTINGS)
    assert (over >= 0) == (partition([one, other], SETTINGS) == [[0, 1]])
    two = one.plus(other)
    assert needed(two, two, SETTINGS) == pytest.approx(SETTINGS.merge_factor * needed(two, one, SETTINGS))


def test_the_most_central_headline_is_that_of_what_all_tell() -> None:
    tellings = [
        doc(1, "Ferry Stella Maris aground", FERRY),
        doc(2, "A night on the water", "The crew sang, a passenger said."),
        doc(3, "Stella Maris: all 212 passengers safe", FERRY_AGAIN),
        doc(4, "Stella Maris aground off Port Anselm", f"{FERRY} {FERRY_AGAIN}"),
    ]
    assert most_central([unit(one, None).profile for one in tellings]) in (0, 2, 3)
    assert most_central([unit(tellings[1], None).profile]) == 0


def test_batches_of_a_shuffled_run_end_in_the_same_rows() -> None:
    articles = [Folded.of(one) for one in random.Random(9).sample(mixture(), len(mixture()))]
    whole, parts = fold_in_batches(articles, 1_000_000), fold_in_batches(articles, 13)
    assert (parts.story_articles, parts.story_ids, parts.copies) == (whole.story_articles, whole.story_ids, whole.copies)


@pytest.mark.parametrize("opener", [1, 2])
def test_of_halves_the_one_with_the_telling_that_opened_the_story_keeps_the_id(opener: int) -> None:
    story = story_id_of(opener)
    units = [unit(doc(number, "a", QUAKE, number), story) for number in (1, 2)]
    names = name_groups([units[:1], units[1:]], {story: 1}.get)
    assert names.ids[opener - 1] == story
    assert names.opens == (names.ids[2 - opener],) and names.became == {}
