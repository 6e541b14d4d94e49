"""Look-alikes that are two events, and one event whose figures change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from schemas.records import FoldDoc
from schemas.settings import Settings
from tasks.cluster import StoryDecision
from tasks.fold_index import MemoryIndex
from tasks.frames import filled_in_anew, frames_of
from tasks.key_facts import against, key_facts, of_one_kind
from tasks.store import folding
from tasks.store.master import open_master
from tasks.story_marks import SAMPLE, Marks, contradictions, mean_cost, sample
from tasks.story_settings import StorySettings
from tasks.term_features import features_of
from tasks.term_names import name_terms
from tasks.term_weights import marks_of
from tasks.term_words import term_id
from tests.eval.folding import Folded, fold_one

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def told(number: int, title: str, text: str, hours: float, source: str | None = None) -> FoldDoc:
    return FoldDoc(number, title, text, START + timedelta(hours=hours), source or f"outlet{number}.example", "en")


def stories(*docs: FoldDoc) -> tuple[list[int | None], list[StoryDecision]]:
    index = MemoryIndex()
    decisions = [fold_one(Folded.of(one), index)[1] for one in docs]
    return [index.story_of(one.id) for one in docs], decisions


def quake(place: str, country: str, magnitude: str, dead: int, depth: int, expert: str) -> str:
    return (
        f"An earthquake of magnitude {magnitude} struck near {place} in {country} early on Monday, killing at "
        f"least {dead} people "
        f"and toppling houses, officials said. Rescuers dug through the rubble with bare hands as aftershocks went on. "
        f"The quake was {depth} km deep, the seismological institute said. {expert}, who leads the rescue service, said that "
        f"hundreds of people had spent the morning in the open, and that the number of the dead was certain to rise. "
        f"Roads were blocked by landslides, power was cut, and the hospital treated the injured in tents."
    )


PERU = told(1, "Strong earthquake kills at least 12 in Peru", quake("Ayacucho", "Peru", "6.4", 12, 30, "Rosa Quispe"), 0)
NEPAL = told(2, "Strong earthquake kills at least 9 in Nepal", quake("Pokhara", "Nepal", "5.5", 9, 12, "Hari Gurung"), 7)
PERU_LATER = told(3, "Earthquake in Peru: toll rises to 40", quake("Ayacucho", "Peru", "6.3", 40, 30, "Rosa Quispe"), 26)


def test_two_earthquakes_are_two_stories_and_a_toll_that_rises_is_one() -> None:
    (peru, nepal, later), _ = stories(PERU, NEPAL, PERU_LATER)
    assert peru != nepal
    assert later == peru


def test_the_reason_names_what_is_shared_and_what_contradicts() -> None:
    _, (_, _, later) = stories(PERU, NEPAL, PERU_LATER)
    assert later.link.reason.startswith("shares names ")
    assert "Ayacucho" in later.link.reason.split(" and words ")[0]
    assert "earthquake" in later.link.reason.split(" and words ")[1].lower()


def match(home: str, away: str, score: str, scorer: str, ground: str) -> str:
    return (
        f"{home} beat {away} {score} in the league on Monday night with two late goals by {scorer} in front of a full house at "
        f"{ground}. The visitors had taken the lead after a quarter of an hour, but lost a defender to a red card before the "
        f"break and could not hold on. The coach praised his players for their patience and said that the race for the title was "
        f"open again. The goalkeeper kept his side in the game with three saves in the second half."
    )


def test_two_matches_are_two_stories_and_two_reports_of_one_are_one() -> None:
    first = told(1, "Porthaven beat Millbrook with late goals", match("Porthaven", "Millbrook", "2-1", "Dario Venn", "London"), 0)
    other = told(2, "Ashcombe beat Redfield with late goals", match("Ashcombe", "Redfield", "3-1", "Luka Brandt", "Leeds"), 1)
    again = told(
        3,
        "Venn's double sinks Millbrook",
        "Dario Venn scored twice in the last ten minutes as Porthaven came from behind to beat Millbrook 2-1 in London. "
        "Millbrook, down to ten men since the first half, held on to their early lead until the striker's "
        "double turned the league "
        "match. Porthaven are now third, and Venn has nine goals.",
        2,
    )
    (one, two, three), _ = stories(first, other, again)
    assert one != two
    assert three == one


def results(company: str, quarter: str, profit: str, revenue: str, chief: str) -> str:
    return (
        f"{company} said its {quarter}-quarter net profit rose to {profit} million dollars on strong demand, "
        f"and raised its outlook "
        f"for the year. Revenue grew to {revenue} million dollars, more than analysts had expected. {chief}, "
        f"the chief executive, "
        f"said orders were the best in years. The shares rose in early trading. The company will pay a higher dividend."
    )


def test_quarterly_results_of_two_companies_and_of_two_quarters_are_apart() -> None:
    mine = told(
        1, "Brenntal Motors lifts outlook after strong quarter", results("Brenntal Motors", "third", "82", "910", "Ida Holm"), 0
    )
    other = told(
        2, "Castor Paper lifts outlook after strong quarter", results("Castor Paper", "third", "64", "720", "Jon Weir"), 1
    )
    again = told(3, "Strong demand lifts Brenntal Motors", results("Brenntal Motors", "third", "82", "910", "Ida Holm")[40:], 3)
    (one, two, three), _ = stories(mine, other, again)
    assert one != two
    assert three == one


def note(day: str, index: str, points: str, rate: str, euro: str, oil: str, gold: str, gas: str) -> str:
    return (
        f"Stocks ended {day} with the Harbour 50 index at {index} points. Volume came to {points} million "
        f"shares. The yield on the "
        f"10-year bond closed at {rate} percent. The euro bought {euro} dollars. Crude for next month's "
        f"delivery settled at {oil} "
        f"dollars a barrel, gold at {gold} dollars an ounce and natural gas at {gas} dollars per unit. Traders will look to "
        f"figures on jobs tomorrow."
    )


TUESDAY = note("Tuesday", "4,812", "212", "4.11", "1.16", "68.4", "3,418", "3.06")
WEDNESDAY = note("Wednesday", "4,769", "198", "4.16", "1.15", "69.6", "3,394", "3.13")


def test_notes_of_a_template_are_a_story_each_day() -> None:
    notes = [
        told(1, "Closing note: stocks edge higher", TUESDAY, 0, "quill.example"),
        told(2, "Closing note: stocks slip", WEDNESDAY, 24, "quill.example"),
        told(3, "Stocks edge higher", TUESDAY, 1, "other.example"),
    ]
    (one, two, reprint), _ = stories(*notes)
    assert one != two
    assert reprint == one
    assert filled_in_anew(frames_of(TUESDAY), frames_of(WEDNESDAY))
    assert not filled_in_anew(frames_of(TUESDAY), frames_of(TUESDAY))


def test_a_report_with_a_higher_toll_is_no_template_filled_in_anew() -> None:
    assert not filled_in_anew(frames_of(PERU.text), frames_of(PERU_LATER.text))


QUAKE, RESULTS = "A magnitude 6.1 earthquake hit {}", "Profit for the {} was up and the shares rose"


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        (QUAKE.format("at dawn"), "A 7.6-magnitude quake hit", ("magnitude",)),
        (QUAKE.format("at dawn"), "A 6.3-magnitude quake hit", ()),
        (QUAKE.format("Kenya"), QUAKE.format("Norway"), ("country",)),
        (QUAKE.format("Nairobi"), QUAKE.format("Kenyan farms"), ()),
        (QUAKE.format("Kenya, 12 dead"), QUAKE.format("Kenya, 40 dead"), ()),
        (RESULTS.format("third quarter"), RESULTS.format("fourth quarter"), ("quarter",)),
        (RESULTS.format("third quarter"), RESULTS.format("Q3"), ()),
        (RESULTS.format("third quarter in Kenya"), RESULTS.format("third quarter in Norway"), ()),
    ],
)
def test_facts_that_contradict_each_other(one: str, other: str, kinds: tuple[str, ...]) -> None:
    assert against(key_facts("", one), key_facts("", other)) == kinds
    assert against(key_facts("", other), key_facts("", one)) == kinds


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (QUAKE.format("Kenya"), "An aftershock of the quake was felt", True),
        ("Porthaven beat Millbrook 2-1 in the league", "Ashcombe lost the match 3-0", True),
        (RESULTS.format("third quarter"), "Quarterly earnings and revenue fell", True),
        (QUAKE.format("Kenya"), "Ashcombe lost the match 3-0", False),
        ("The court ruled 5-4 against the league", "Ashcombe lost the match 3-0", False),
        ("Town hit by quake\nShe sat down", QUAKE.format("Kenya"), True),
        ("The vote was a political earthquake", QUAKE.format("Kenya"), False),
        ("A bridge fell in Kenya", "A bridge fell in Norway", False),
    ],
)
def test_the_kind_of_event_is_read_from_title_and_lead(one: str, other: str, same: bool) -> None:
    assert of_one_kind(key_facts(*_parted(one)), key_facts(*_parted(other))) is same


def _parted(told: str) -> tuple[str, str]:
    title, _, text = told.rpartition("\n")
    return title, text


def test_names_are_words_with_capitals_inside_of_sentences() -> None:
    found = name_terms(
        "Minister Leaves Port Anselm After Storm", "Rescuers left. The ferry Stella reached Port Anselm after a storm.", {}
    )
    assert found == {term_id(word) for word in ("stella", "port", "anselm")}
    assert name_terms("Ferry Stella runs aground", "", {}) == {term_id("stella")}
    assert name_terms("地震で住宅が倒壊", "山間の町で住宅が倒壊した。", {}) == frozenset()


def test_other_names_contradict_in_events_of_one_kind_only() -> None:
    def marks(facts: bytes, *names: str) -> Marks:
        return Marks(tuple((term_id(name), 5) for name in sorted(names, key=term_id)), facts, b"", 1)

    match, none = key_facts("", "They won the match 2-1"), b""
    against_it = ("names",)
    assert contradictions(marks(match, "stella", "anselm"), marks(match, "pernik", "valdoria"), StorySettings()) == against_it
    assert contradictions(marks(match, "stella", "anselm"), marks(match, "stella", "valdoria"), StorySettings()) == ()
    assert contradictions(marks(match, "stella", "anselm"), marks(match, "pernik"), StorySettings()) == ()
    assert contradictions(marks(none, "stella", "anselm"), marks(none, "pernik", "valdoria"), StorySettings()) == ()
    kenya, nairobi = (key_facts("", QUAKE.format(place)) for place in ("Kenya", "Nairobi"))
    assert contradictions(marks(kenya, "stella", "anselm"), marks(nairobi, "pernik", "valdoria"), StorySettings()) == ()


def test_of_events_whose_names_are_alike_other_figures_are_corrections() -> None:
    weak, strong = (Marks(((1, 5), (2, 5)), key_facts("", f"A magnitude {size} quake hit"), b"", 1) for size in ("5.4", "6.2"))
    assert contradictions(weak, strong, StorySettings()) == ()
    elsewhere = replace(strong, names=((3, 5), (4, 5)))
    assert contradictions(weak, elsewhere, StorySettings()) == ("names", "magnitude")


def test_the_marks_that_speak_for_a_story_are_the_same_in_any_order() -> None:
    every = [Marks(((place, 1), (place + 1, 1)), b"", b"", place) for place in range(40)]
    assert len(sample(every)) == SAMPLE
    assert sample(every) == sample(every[::-1]) == sample((*sample(every[:20]), *sample(every[20:])))
    assert mean_cost(sample(every), (), StorySettings()) == 0.0


def test_features_hold_what_contradicts() -> None:
    found = features_of(PERU.title, PERU.text, "en")
    assert term_id("ayacucho") in found.names
    assert len(np.frombuffer(found.facts, dtype="<u4")) == 3  # the kind, the magnitude and the country


def test_marks_are_stored_and_read_back(settings: Settings) -> None:
    article = Folded.of(PERU)
    copy, story = fold_one(article, MemoryIndex())
    with open_master(settings) as connection:
        folding.write(connection, [article.signature], [copy], [(article.signature, article.features, story)])
        assert folding.vectors(connection, [PERU.id]) == {PERU.id: story.vector}
        assert folding.signatures(connection, [PERU.id]) == {PERU.id: article.signature}
    assert story.vector is not None
    assert term_id("ayacucho") in dict(marks_of(story.vector).names)


def test_rows_of_before_have_no_marks_and_contradict_nothing() -> None:
    article = Folded.of(PERU)
    _, story = fold_one(article, MemoryIndex())
    assert story.vector is not None
    before = marks_of(replace(story.vector, names=b"", facts=b"", frames=b""))
    assert before.names == ()
    assert contradictions(before, marks_of(story.vector), StorySettings()) == ()
