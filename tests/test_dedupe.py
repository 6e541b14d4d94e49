"""Copies: what is one text, what only looks like it, and which one is the original."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.reasons import CopyLevel
from schemas.records import FoldDoc
from tasks.dedupe import CopyDecision, CopySettings, Evidence, compare, decide_copy, level_of, lookups, matches
from tasks.fold_index import MemoryIndex
from tasks.signatures import signature_of
from tests.eval import eval_folding

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SETTINGS = CopySettings()
VOCABULARY = [
    first + second for first in ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo") for second in ("rn", "lt", "sk", "mp")
]


def prose(words: int, seed: int = 1) -> str:
    """Invented prose: sentences of invented words, no figures."""
    rng = random.Random(seed)
    sentences = (" ".join(rng.choices(VOCABULARY, k=12)).capitalize() + "." for _ in range(words // 12 + 1))
    return " ".join(" ".join(sentences).split()[:words])


def doc(
    number: int,
    text: str,
    title: str = "Council votes on the harbour",
    hours: float | None = None,
    source: str | None = None,
    **more: bool,
) -> FoldDoc:
    at = None if hours is None else START + timedelta(hours=hours)
    return FoldDoc(number, title, text, at, source or f"outlet{number}.example", **more)


def fold(*docs: FoldDoc) -> tuple[MemoryIndex, list[CopyDecision]]:
    index, decisions = MemoryIndex(), []
    for one in docs:
        signature = signature_of(one)
        decision = decide_copy(signature, index, SETTINGS)
        index.add(signature)
        index.link_copies(decision.links, decision.freed)
        decisions.append(decision)
    return index, decisions


def test_the_same_words_are_an_exact_copy_whenever_they_come() -> None:
    text = prose(200)
    _, (_, second, third) = fold(
        doc(1, text, hours=0), doc(2, text.upper(), hours=2, title="Other"), doc(3, text, hours=24 * 300)
    )
    for decision in (second, third):
        assert decision.own is not None
        assert (decision.own.original_id, decision.own.level, decision.own.score) == (1, CopyLevel.EXACT, 1.0)


def test_a_cut_reprint_with_boilerplate_and_another_headline_is_a_near_copy() -> None:
    original = prose(400)
    reprint = f"{prose(25, 7)} {' '.join(original.split()[:260])} {prose(40, 8)}"
    _, (_, decision) = fold(doc(1, original, hours=0), doc(2, reprint, "Quay plan divides town", hours=30))
    assert decision.own is not None
    assert decision.own.level is CopyLevel.NEAR
    assert "samples" in decision.own.reason


def test_a_teaser_is_an_excerpt_even_when_it_comes_first() -> None:
    original = prose(500)
    teaser = " ".join(original.split()[:60])
    _, (_, late) = fold(doc(1, original, hours=5), doc(2, teaser, hours=9))
    assert late.own is not None
    assert late.own.level is CopyLevel.EXCERPT
    index, (_, second) = fold(doc(1, teaser, hours=0), doc(2, original, hours=5))
    assert second.root == 2
    assert [(link.article_id, link.original_id, link.level) for link in second.links] == [(1, 2, CopyLevel.EXCERPT)]
    assert index.root_of(1) == 2


def test_near_copies_are_looked_for_in_the_window_only_and_undated_ones_everywhere() -> None:
    text = prose(300)
    edited = text.replace("barn", "newword", 3)
    _, (_, late) = fold(doc(1, text, hours=0), doc(2, edited, hours=24 * 9))
    assert late.own is None
    _, (_, undated) = fold(doc(1, text, hours=0), doc(2, edited))
    assert undated.own is not None
    _, (_, after_undated) = fold(doc(1, text), doc(2, edited, hours=24 * 9))
    assert [link.article_id for link in after_undated.links] == [1]  # the one with a time is the original


def test_an_earlier_one_that_arrives_late_becomes_the_original_of_all() -> None:
    text = prose(300)
    index, decisions = fold(doc(1, text, hours=10), doc(2, text, hours=12), doc(3, text, hours=1), doc(4, text, hours=20))
    assert decisions[2].root == 3
    assert {(link.article_id, link.original_id) for link in decisions[2].links} == {(1, 3), (2, 3)}
    assert decisions[3].own is not None
    assert decisions[3].own.original_id == 3
    assert index.copies_of(3) == [1, 2, 4]


def test_an_original_is_never_a_teaser_or_paywalled_when_there_is_a_full_one() -> None:
    text = prose(300)
    index, _ = fold(doc(1, text, hours=0, may_be_original=False), doc(2, text, hours=3), doc(3, text, hours=5))
    assert [index.root_of(one) for one in (1, 2, 3)] == [2, 2, 2]


def test_a_third_text_brings_two_groups_together_without_chains() -> None:
    whole = prose(600).split()
    first, second = " ".join(whole[:340]), " ".join(whole[260:])
    index, decisions = fold(doc(1, first, hours=0), doc(2, second, hours=1), doc(3, " ".join(whole), hours=2))
    assert {index.root_of(one) for one in (1, 2, 3)} == {1}
    assert {link.original_id for decision in decisions for link in decision.links} == {1}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_original_does_not_depend_on_the_order_of_arrival(order: tuple[int, ...]) -> None:
    text = prose(300)
    docs = [doc(1, text, hours=5), doc(2, f"{text} {prose(40, 3)}", hours=3), doc(3, text, hours=9), doc(4, text)]
    index, _ = fold(*(docs[place] for place in order))
    assert [index.root_of(one) for one in (1, 2, 3, 4)] == [2, 2, 2, 2]


def test_market_notes_of_a_template_are_not_copies() -> None:
    note = (
        "The central bank entered the money market on {day} to provide {sum} billion crowns of assistance to the banking "
        "system, a spokesman said. Dealers said overnight funds were trading at {rate} percent when the bank began its "
        "temporary supply of reserves, which it revised from an earlier forecast of a shortage of {gap} million crowns."
    )
    fills = [("Monday", "1.5", "6.25", "350"), ("Tuesday", "2.5", "6.25", "410"), ("Wednesday", "2.1", "6.50", "275")]
    notes = [note.format(day=day, sum=total, rate=rate, gap=gap) for day, total, rate, gap in fills]
    docs = [doc(place, text, "Central bank gives help to market", 24 * place, "wire.example") for place, text in enumerate(notes)]
    _, decisions = fold(*docs)
    assert [decision.own for decision in decisions] == [None, None, None]


def test_a_short_notice_recurs_but_a_reissue_within_the_day_is_a_copy() -> None:
    notice = (
        "The council left its rates unchanged after today's regular meeting, a spokesman said in answer to questions. "
        "The discount rate remains at 3.0 percent and the emergency rate at 5.0 percent."
    )
    title = "Council leaves rates unchanged"
    _, (_, same_day, later) = fold(
        doc(1, notice, title, 0, "wire.example"),
        doc(2, notice, title, 3, "wire.example"),
        doc(3, notice, title, 24 * 14, "wire.example"),
    )
    assert same_day.own is not None
    assert later.own is None


def test_the_same_words_in_another_outlet_are_a_copy_whenever_they_come() -> None:
    short, long, title = prose(60), prose(200, 3), "Ferry company orders two ships"
    _, (_, reprint, _, own_reprint) = fold(
        doc(1, short, title, 0, "wire.example"),
        doc(2, short, title, 24 * 200, "gazette.example"),
        doc(3, long, title, 0, "wire.example"),
        doc(4, long, title, 24 * 200, "wire.example"),
    )
    assert reprint.own is not None and reprint.own.original_id == 1
    assert own_reprint.own is not None and own_reprint.own.original_id == 3


def test_short_notices_of_different_companies_are_not_copies() -> None:
    dividend = "Quarterly dividend ten cents against ten cents prior. Pay April 15. Record March 30."
    _, (_, other, same) = fold(
        doc(1, dividend, "Thompson Medical declares quarterly dividend", 0),
        doc(2, dividend, "Justin Industries sets payout", 2),
        doc(3, dividend, "Thompson Medical declares quarterly dividend", 3),
    )
    assert other.own is None
    assert same.own is not None
    assert same.own.original_id == 1


def test_thirty_word_texts_fold_when_title_and_wording_agree() -> None:
    text = prose(34)
    _, (_, edited, other) = fold(doc(1, text, hours=0), doc(2, f"{text} More soon.", hours=1), doc(3, prose(34, 5), hours=2))
    assert edited.own is not None
    assert other.own is None


def test_boilerplate_that_many_articles_share_is_evidence_for_nothing() -> None:
    boiler = prose(110, 99)
    articles = [doc(number, f"{prose(260, number)} {boiler}", prose(6, 50 + number), number) for number in range(1, 6)]
    short = doc(9, f"{prose(60, 70)} {boiler}", "A short one", 10)
    _, (*_, alone) = fold(articles[0], short)
    assert alone.links  # nothing shows yet that this is boilerplate
    _, (*others, known) = fold(*articles, short)
    assert all(decision.own is None for decision in others)
    assert not known.links


def test_scripts_without_blanks() -> None:
    rng = random.Random(4)
    original = "".join(chr(0x4E00 + rng.randrange(3_000)) for _ in range(400))
    other = "".join(chr(0x4E00 + rng.randrange(3_000)) for _ in range(400))
    thai = "รัฐบาลไทยประกาศเมื่อวันจันทร์ว่าจะสร้างท่าเรือใหม่ในจังหวัดภูเก็ตภายในสามปีข้างหน้า" * 3
    _, decisions = fold(
        doc(1, original, "港口", 0),
        doc(2, original[:300] + "。", "港", 5),
        doc(3, other, "港口", 6),
        doc(4, thai, "ท่าเรือ", 7),
        doc(5, thai + "ครับ", "ท่าเรือ", 8),
    )
    assert [decision.own is not None for decision in decisions] == [False, True, False, False, True]


def test_empty_and_tiny_texts_are_no_copies_of_each_other() -> None:
    docs = [doc(1, "", "", 0), doc(2, "", "", 1), doc(3, "", "One headline of several words", 2), doc(4, "Video.", "Another", 3)]
    _, decisions = fold(*docs)
    assert all(decision.own is None for decision in decisions)


def test_what_is_looked_up_is_what_decides() -> None:
    signature = signature_of(doc(1, prose(300), hours=0))
    wanted = lookups(signature, SETTINGS)
    assert wanted.days == (signature.day - 7, signature.day + 7) if signature.day is not None else False
    assert wanted.text_hash == signature.text_hash
    assert lookups(signature_of(doc(1, prose(300))), SETTINGS).days == (None, None)


def test_evidence_is_symmetric_and_matches_name_the_root() -> None:
    one, other = signature_of(doc(1, prose(300), hours=0)), signature_of(doc(2, prose(300)[:900], hours=5))
    assert compare(one, other, SETTINGS) == compare(other, one, SETTINGS)
    assert level_of(compare(one, other, SETTINGS), SETTINGS) is CopyLevel.NEAR
    index, _ = fold(doc(1, prose(300), hours=0), doc(3, prose(300), hours=1))
    assert {match.root for match in matches(other, index, SETTINGS)} == {1}


def test_more_figures_than_are_kept_do_not_look_like_other_figures() -> None:
    table = " ".join(f"{word} {place * 37 + 11}" for place, word in enumerate(prose(140).split()))
    _, (_, cut) = fold(doc(1, table, hours=0), doc(2, " ".join(table.split()[:120]), hours=2))
    assert cut.own is not None


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not eval_folding.available(), reason="../shared/corpora or ../shared/score is absent")
def test_templated_look_alikes_of_the_wire_are_kept_apart() -> None:
    scores = eval_folding.measure("l1_reuters", eval_folding.adapters.copies)
    assert scores["false_merges"] == 0
    assert scores["recall"] >= 0.95


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, CopyLevel.EXCERPT),
        ({"title_share": 0.5}, None),
        ({"days": 2.0}, None),
        ({"shared": 2}, None),
        ({"cut": False}, None),
    ],
)
def test_few_samples_of_a_teaser_need_less_under_the_headline_of_its_article(
    changes: dict[str, Any], level: CopyLevel | None
) -> None:
    given = {"share": 0.0, "shared": 3, "sampled": 5, "figures_shared": 0, "figures": 0, "most_figures": 4, "title_share": 1.0}
    given |= {"words": 45, "cut": True, "days": 0.1, "same_outlet": False, "same_words": False} | changes
    assert level_of(Evidence(**(given | {"share": given["shared"] / given["sampled"]})), CopySettings()) is level
