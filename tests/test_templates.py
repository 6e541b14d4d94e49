"""Notes made from a template: filled in anew they are no copies, printed by another outlet they are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from schemas.records import FoldDoc
from tasks.dedupe import CopySettings, decide_copy
from tasks.fold_index import MemoryIndex
from tasks.frames import filled_in_anew, frames_of
from tasks.signatures import signature_of

START = datetime(2026, 3, 2, 8, tzinfo=UTC)

MARKETS = (
    "Stocks closed {0} on {1}, with the Harbour 50 index at {2} points, {3} percent from the day before. Volume on the main "
    "exchange came to {4} million shares, compared with a 20-day average of 205 million. The yield on the ten-year bond stood at "
    "{5} percent. The euro bought {6} dollars and the pound {7} dollars. Crude for next month's delivery "
    "settled at {8} dollars a "
    "barrel, and gold at {9} dollars an ounce. Traders will look to figures on jobs at 8:30 a.m. and to the central bank's "
    "minutes. The exchange is open from 9:00 a.m. to 5:30 p.m. and prices in this note are delayed by 15 minutes."
)
WEATHER = (
    "The weather for {0}: {1} in the morning with a light breeze from the west, and {2} in the "
    "afternoon. Temperatures will rise to "
    "{3} degrees in the capital, {4} degrees on the coast and {5} degrees in the hills. At night they "
    "fall to {6} degrees. The wind "
    "blows at {7} km/h with gusts of {8} km/h at the cape. The chance of rain is {9} percent. Sailors should listen to the "
    "forecast for coastal waters, which the weather office reads at the full hour."
)
RESULTS = (
    "{0} said its net profit for the quarter rose {1} percent to {2} million dollars, or {3} cents a "
    "share. Revenue was {4} million "
    "dollars, compared with {5} million dollars a year earlier. The company ordered a dividend of {6} cents a share, payable on "
    "April {7}. It expects revenue of {8} million to {9} million dollars for the full year. The figures are not audited, and are "
    "drawn up by the international standards of accounting."
)
FILLS: dict[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "markets": (
        MARKETS,
        ("higher", "Tuesday", "4,812.36", "0.4", "212", "4.11", "1.1642", "1.3317", "68.42", "3,418"),
        ("lower", "Wednesday", "4,769.05", "0.9", "198", "4.16", "1.1588", "1.3249", "69.65", "3,394"),
    ),
    "weather": (
        WEATHER,
        ("Tuesday", "sun", "some cloud", "21", "18", "14", "9", "15", "42", "20"),
        ("Wednesday", "fog", "showers", "17", "16", "11", "7", "28", "63", "70"),
    ),
    "results": (
        RESULTS,
        ("Brenntal Motors", "12", "82", "41", "910", "844", "18", "15", "3,650", "3,720"),
        ("Castor Paper", "7", "64", "33", "720", "698", "11", "22", "2,870", "2,940"),
    ),
}


def fold(*docs: FoldDoc) -> list[int]:
    """The original of each."""
    index = MemoryIndex()
    for one in docs:
        signature = signature_of(one)
        decision = decide_copy(signature, index, CopySettings())
        index.add(signature)
        index.link_copies(decision.links, decision.freed)
    return [index.root_of(one.id) for one in docs]


def printed(number: int, title: str, text: str, hours: float, outlet: str) -> FoldDoc:
    return FoldDoc(number, title, text, START + timedelta(hours=hours), outlet, "en")


@pytest.mark.parametrize("kind", sorted(FILLS))
@pytest.mark.parametrize("hours", [2, 24, 72])
def test_a_template_filled_in_anew_is_no_copy(kind: str, hours: int) -> None:
    template, first, second = FILLS[kind]
    title = "Daily note"
    notes = [template.format(*first), template.format(*second)]
    assert filled_in_anew(*map(frames_of, notes))
    assert fold(*(printed(place + 1, title, note, hours * place, "quill.example") for place, note in enumerate(notes))) == [1, 2]
    # nor at another outlet
    assert fold(printed(1, title, notes[0], 0, "quill.example"), printed(2, title, notes[1], hours, "rival.example")) == [1, 2]


@pytest.mark.parametrize("kind", sorted(FILLS))
def test_a_note_that_another_outlet_prints_is_a_copy_of_that_note(kind: str) -> None:
    template, first, second = FILLS[kind]
    notes = [template.format(*first), template.format(*second)]
    sentences = notes[1].split(". ")
    roots = fold(
        printed(1, "Daily note", notes[0], 0, "quill.example"),
        printed(2, "Daily note", notes[1], 24, "quill.example"),
        printed(3, "Daily note", notes[1], 25, "rival.example"),
        # cut, with a line of its own and another headline
        printed(4, "What you need to know", ". ".join(sentences[:-1]) + ". More in our evening edition.", 26, "third.example"),
    )
    assert roots == [1, 2, 2, 2]
    assert not filled_in_anew(frames_of(notes[1]), frames_of(". ".join(sentences[:-1])))
