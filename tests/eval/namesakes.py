"""Two people with one name: invented pairs of sentences that mean one person or two, through the real steps."""

import re
from datetime import UTC, datetime
from pathlib import Path

from tasks.entities import find_entities
from tasks.entity_links import link_entities
from tasks.entity_memory import MemoryContext

CASES = Path(__file__).parents[1] / "data" / "namesakes.tsv"
_INITIAL = re.compile(r"(?<=[a-z]) [A-Z]\. (?=[A-Z])")
FILL = "\nThe report was published in the morning, and nobody else was ready to comment on it before the end of the day."


def cases() -> list[tuple[str, ...]]:
    """(expected "same" or "apart", year, text, year, text)."""
    return [tuple(line.split("\t")) for line in CASES.read_text(encoding="utf-8").splitlines()[1:]]


def name_of(first: str, second: str) -> str:
    """The full name that two texts have in common; an initial in its middle does not count."""
    first, second = _INITIAL.sub(" ", first), _INITIAL.sub(" ", second)
    pairs = re.compile(r"(?=\b([A-Z][a-z]+ [A-Z][a-z]+)\b)")
    return next(name for name in pairs.findall(first) if name in pairs.findall(second))


def judge(case: tuple[str, ...]) -> str:
    """What newsfold makes of a case: "same", "apart", or what is wrong with it."""
    _, year_a, text_a, year_b, text_b = case
    name = name_of(text_a, text_b)
    context = MemoryContext()
    ids = []
    for number, (year, text) in enumerate(((year_a, text_a), (year_b, text_b))):
        found = find_entities("", text + FILL, "en", datetime(int(year), 5, 4, tzinfo=UTC))
        linked = link_entities(found, context.view(number))
        context.add(None, linked)
        ids.append([item.id for item in linked if _INITIAL.sub(" ", item.found.name) == name])
    if any(len(each) != 1 for each in ids):
        return f"{name} was not found"
    return "same" if ids[0] == ids[1] else "apart"


def run() -> dict[str, float]:
    """Share of right answers, precision of the merges and of the pairs kept apart."""
    judged = [(case[0], judge(case)) for case in cases()]
    same = [expected for expected, said in judged if said == "same"]
    apart = [expected for expected, said in judged if said == "apart"]
    return {
        "cases": len(judged),
        "right": sum(expected == said for expected, said in judged) / len(judged),
        "merge_precision": same.count("same") / max(1, len(same)),
        "apart_precision": apart.count("apart") / max(1, len(apart)),
        "without_clues_right": sum(expected == "same" for expected, _ in judged) / len(judged),
    }
