"""Puts the sample web's answers into docs/cookbook.md: each ```sql block is asked, and the table below it is its answer.

`make cookbook` plays the sample web (no network outside this machine) and rewrites the answers; tests/test_cookbook.py
compares them.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from schemas.settings import Settings
from tasks.store.query import as_markdown, ask
from tests.pipeline import play_sample_web

COOKBOOK = Path(__file__).resolve().parents[1] / "docs" / "cookbook.md"
_BLOCK = re.compile(
    r"(^### (?P<title>[^\n]+)\n.*?^```sql\n(?P<sql>.*?)^```\n)(?:\n(?P<answer>(?:^\|[^\n]*\n)+))?", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A question, its SQL and the answer that is printed below it (a Markdown table)."""

    title: str
    sql: str
    answer: str


def recipes(text: str) -> list[Recipe]:
    """The questions of a cookbook."""
    return [Recipe(found["title"], found["sql"], (found["answer"] or "").strip()) for found in _BLOCK.finditer(text)]


def answered(settings: Settings, sql: str) -> str:
    """The answer as it is printed."""
    return as_markdown(ask(settings, sql)).strip()


def rewritten(settings: Settings, text: str) -> str:
    """The cookbook with this file's answers."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{answered(settings, found['sql'])}\n", text)


def main() -> None:
    """Rewrites docs/cookbook.md."""
    with tempfile.TemporaryDirectory() as folder:
        settings = play_sample_web(Settings(home=Path(folder), gap_seconds=0))
        COOKBOOK.write_text(rewritten(settings, COOKBOOK.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
