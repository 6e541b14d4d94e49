"""`make eval`: the quality of each step on ../shared/corpora, in the scorers' own measures.

`--check` (make floors) compares with tests/eval/floors.json and exits 1 where a figure is below its floor (or, for
counts of errors, above its ceiling). Floors only rise: raise one when a change has earned it.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.eval import eval_entities, eval_extraction, eval_folding, eval_verdicts

FLOORS = Path(__file__).with_name("floors.json")
SHARED = Path(__file__).resolve().parents[3] / "shared"

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "extraction": lambda: eval_extraction.run(None, 2),
    "verdicts": eval_verdicts.run,
    "folding": eval_folding.run,
    "entities": eval_entities.run,
}


def flat(tree: dict[str, Any], prefix: str) -> dict[str, float]:
    """A tree of figures as one level: `folding.l1_synd.pair_f1` and so on."""
    found: dict[str, float] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}.{name}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"{prefix}.{name}"] = float(value)
    return found


def below_floor(figures: dict[str, float], floors: dict[str, dict[str, float]]) -> list[str]:
    """A sentence for each figure that is not as good as what is pinned, or that is missing."""
    wrong = [f"{name} is missing" for kind in floors.values() for name in kind if name not in figures]
    for name, floor in floors["at_least"].items():
        if name in figures and figures[name] < floor:
            wrong.append(f"{name} is {figures[name]:.4f}, its floor is {floor}")
    for name, ceiling in floors["at_most"].items():
        if name in figures and figures[name] > ceiling:
            wrong.append(f"{name} is {figures[name]:.4f}, its ceiling is {ceiling}")
    return wrong


def main() -> int:
    """Prints the figures; the exit code."""
    if not (SHARED / "corpora").is_dir():
        print("skipped: ../shared/corpora is not here; the figures need its labelled data")
        return 0
    figures: dict[str, float] = {}
    for title, part in PARTS.items():
        begin = time.monotonic()
        measured = flat(part(), title)
        for name, value in measured.items():
            print(f"{name:52} {value:10.4f}")
        print(f"  ({title}: {time.monotonic() - begin:.0f} s)", flush=True)
        figures |= measured
    if "--check" not in sys.argv:
        return 0
    wrong = below_floor(figures, json.loads(FLOORS.read_text()))
    print("\n".join(wrong) or "all floors hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
