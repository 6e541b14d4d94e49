"""Two people with one name: told apart when what is said of them contradicts itself, and only then."""

from collections import Counter

import pytest

from tasks.person_clues import APART, contradiction
from tests.eval import namesakes


def test_there_are_enough_cases_of_both_kinds() -> None:
    kinds = Counter(case[0] for case in namesakes.cases())
    assert kinds["same"] >= 20 and kinds["apart"] >= 20


@pytest.mark.parametrize("case", namesakes.cases(), ids=lambda case: namesakes.name_of(case[2], case[4]))
def test_one_or_two(case: tuple[str, ...]) -> None:
    assert namesakes.judge(case) == case[0]


@pytest.mark.parametrize(
    ("here", "known", "story", "apart"),
    [
        ((), (), False, False),
        (("field:sport",), ("field:politics",), False, True),
        (("field:law",), ("field:politics",), False, False),
        (("field:sport",), ("field:politics",), True, False),
        (("born:1980",), ("born:1984",), True, True),
        (("born:1980",), ("born:1981",), False, False),
        (("nation:KE",), ("nation:ZM",), False, True),
        (("nation:KE", "field:sport", "scene:DE"), ("nation:ZM", "field:sport", "scene:DE"), False, True),
        (("nation:KE", "with:mary okello"), ("nation:ZM", "with:mary okello"), False, False),
        (("scene:KE",), ("scene:CA",), False, False),
        (("year:1987",), ("year:2026",), False, True),
        (("middle:w",), ("middle:hw",), True, True),
        (("middle:j",), ("middle:jr",), False, False),
        (("year:1987",), ("year:2010", "year:2026"), False, False),
    ],
)
def test_what_contradicts(here: tuple[str, ...], known: tuple[str, ...], story: bool, apart: bool) -> None:
    assert (contradiction(here, known, story) >= APART) is apart
    assert contradiction(here, known, story) == contradiction(known, here, story)
