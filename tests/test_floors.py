"""The gate on quality itself: a figure below its floor, above its ceiling or missing is named."""

import json
from pathlib import Path

from tests.eval.run import FLOORS, PARTS, below_floor, flat, floors_of


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
    assert {name.partition(".")[0] for kind in floors.values() for name in kind} == set(PARTS)


def test_a_part_is_held_to_its_own_floors_only() -> None:
    floors = {"at_least": {"extraction.f1": 0.9, "extra.f1": 0.9}, "at_most": {"worker.failed": 0}}
    assert floors_of(["extraction"], floors) == {"at_least": {"extraction.f1": 0.9}, "at_most": {}}
    assert floors_of(["worker", "extra"], floors) == {"at_least": {"extra.f1": 0.9}, "at_most": {"worker.failed": 0}}


def test_make_floors_runs_every_part_that_has_floors() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    held = [
        part for line in makefile.splitlines() if "eval.run --check " in line for part in line.partition("--check ")[2].split()
    ]
    assert sorted(held) == sorted(PARTS)
