"""What the scores of copies count, on clusters of our own."""

from tests.eval.eval_folding import found_by_edit

GOLD = {
    "op": {"a": "orig", "b": "trunc", "c": "trunc", "d": "excerpt", "e": "single", "f": "sibling", "g": "boiler"},
    "clusters": {"a": "1", "b": "1", "c": "1", "d": "1", "e": "2", "f": "3", "g": "4"},
}


def test_each_kind_of_edit_is_counted_by_where_its_original_is() -> None:
    predicted = {"a": 1, "b": 1, "c": 3, "d": 3, "e": 1, "f": 1, "g": 1}
    # d stands with another copy and not with its original; g's original is not here
    assert found_by_edit(GOLD, predicted) == {"excerpt": 0.0, "trunc": 0.5}
