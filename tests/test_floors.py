"""The gate on quality itself: a figure below its floor, above its ceiling or missing is named."""

import json

from tests.eval.run import FLOORS, below_floor, flat


def test_a_figure_below_its_floor_is_named() -> None:
    floors = {"at_least": {"a.f1": 0.9, "b.f1": 0.5}, "at_most": {"a.errors": 0}}
    assert below_floor({"a.f1": 0.9, "b.f1": 0.6, "a.errors": 0}, floors) == []
    wrong = below_floor({"a.f1": 0.8999, "a.errors": 1}, floors)
    assert wrong == ["b.f1 is missing", "a.f1 is 0.8999, its floor is 0.9", "a.errors is 1.0000, its ceiling is 0"]


def test_nested_figures_get_flat_names_and_words_are_left_out() -> None:
    assert flat({"x": {"f1": 1, "name": "no", "ok": True}}, "a") == {"a.x.f1": 1.0}


def test_the_pinned_floors_are_sane() -> None:
    floors = json.loads(FLOORS.read_text())
    assert len(floors["at_least"]) >= 15
    assert all(0 < floor <= 1 for floor in floors["at_least"].values())
