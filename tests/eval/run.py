"""`make eval`: the quality of each step on ../shared/corpora, in the scorers' own measures.

`python -m tests.eval.run [PART …]` runs all parts (but those that take long and hold no floor), or the named ones.
`--check` (make floors) compares with tests/eval/floors.json and exits 1 where a figure is below its floor (or, for counts
of errors and memory, above its ceiling). Floors only rise: raise one when a change has earned it.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tests.eval import eval_entities, eval_extraction, eval_folding, eval_verdicts, worker

FLOORS = Path(__file__).with_name("floors.json")
SHARED = Path(__file__).resolve().parents[3] / "shared"

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "extraction": lambda: eval_extraction.run_and_show(None, 2),
    "worker": worker.run,
    "verdicts": eval_verdicts.run,
    "folding": eval_folding.run,
    "entities": eval_entities.run,
}
# Only when named: `make eval PARTS=ablation`, what each rule of the extraction adds.
MORE: dict[str, Callable[[], dict[str, Any]]] = {"ablation": eval_extraction.ablated}


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


def floors_of(parts: Collection[str], floors: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The floors and ceilings of some parts only."""
    return {
        kind: {name: bound for name, bound in bounds.items() if name.partition(".")[0] in parts}
        for kind, bounds in floors.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Prints the figures; the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", metavar="PART", choices=[*PARTS, *MORE, []], help=", ".join([*PARTS, *MORE]))
    options.add_argument("--check", action="store_true", help="hold the figures against the floors")
    chosen = options.parse_args(arguments)
    if not (SHARED / "corpora").is_dir():
        print("skipped: ../shared/corpora is not here; the figures need its labelled data")
        return 0
    parts = chosen.parts or list(PARTS)
    figures: dict[str, float] = {}
    for title in parts:
        begin = time.monotonic()
        measured = flat((PARTS | MORE)[title](), title)
        for name, value in measured.items():
            print(f"{name:52} {value:10.4f}")
        print(f"  ({title}: {time.monotonic() - begin:.0f} s)", flush=True)
        figures |= measured
    if not chosen.check:
        return 0
    wrong = below_floor(figures, floors_of(parts, json.loads(FLOORS.read_text())))
    print("\n".join(wrong) or "all floors hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
