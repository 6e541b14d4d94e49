"""docs/cookbook.md: every question is asked of the sample web, and its printed answer is the true one."""

import re
from collections.abc import Iterator

import pytest

from schemas.settings import Settings
from tests import pipeline
from tools.build_cookbook import COOKBOOK, Recipe, answered, recipes, rewritten

TEXT = COOKBOOK.read_text(encoding="utf-8")
ALL = recipes(TEXT)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    yield pipeline.play_sample_web(Settings(home=tmp_path_factory.mktemp("cookbook"), gap_seconds=0))


def test_there_are_many_questions_and_none_twice() -> None:
    titles = [recipe.title for recipe in ALL]
    assert len(titles) >= 40
    assert len(set(titles)) == len(titles)
    assert len(titles) == TEXT.count("```sql\n") == TEXT.count("\n### ")


@pytest.mark.parametrize("recipe", ALL, ids=[recipe.title for recipe in ALL])
def test_the_answer_is_the_true_one(played: Settings, recipe: Recipe) -> None:
    assert recipe.answer == answered(played, recipe.sql), "make cookbook writes it anew"
    assert recipe.answer.count("\n") >= 2, "the sample web has no answer to this"


def test_the_tool_changes_nothing_but_answers(played: Settings) -> None:
    stripped = "\n".join(line for line in TEXT.splitlines() if not line.startswith("|"))
    again = rewritten(played, TEXT)
    assert "\n".join(line for line in again.splitlines() if not line.startswith("|")) == stripped
    assert rewritten(played, again) == again


def test_the_readmes_question_has_its_true_answer(played: Settings) -> None:
    text = (COOKBOOK.parents[1] / "README.md").read_text(encoding="utf-8")
    shown = re.search(r'newsfold sql "(SELECT outlet, original_outlet.*)"\n```\n\n((?:\|.*\n)+)', text)
    assert shown is not None
    assert shown[2].strip() == answered(played, shown[1]).strip()
