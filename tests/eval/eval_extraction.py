"""Extraction against truth, beside plain trafilatura in the same run, with the scorer's own measures.

`python -m tests.eval.eval_extraction [--limit N] [--jobs N] [--ablation]` prints the figures; `run()` returns them.
`--ablation` shows what each rule of the body adds: the figures without it. Nothing here tunes anything.
"""

import argparse
import dataclasses
import gzip
import importlib.util
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared"
DATA = SHARED / "corpora" / "pages"
OURS, PLAIN = "tests.eval.adapters:extract", "builtin:trafilatura"
NEWS = ("andy", "zyte", "fundus")
_KEPT = ("sh_p", "sh_r", "sh_f1", "bag_f1", "empty", "seg_p", "seg_r", "seg_f1", "title", "author", "date", "opening")


def scorer() -> ModuleType:
    """The scorers' own module, by path. It is registered so that its worker processes find it as well."""
    name = "score_extraction"
    if name in sys.modules:
        return sys.modules[name]
    # Worker processes import the module by its name, so its folder has to be on their path: they inherit ours.
    sys.path.insert(0, str(SHARED / "score"))
    spec = importlib.util.spec_from_file_location(name, SHARED / "score" / "score_extraction.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run(limit: int | None = None, jobs: int = 1) -> dict[str, Any]:
    """{"ours" | "trafilatura": {source: {measure: figure}}, "pages_per_cpu_second": {…, "ratio"}} of one run.

    limit: the first pages of each source only; jobs: worker processes.
    """
    score = scorer()
    ours = score.run(str(DATA), OURS, limit=limit, jobs=jobs)
    plain = score.run(str(DATA), PLAIN, limit=limit, jobs=jobs)
    return {
        "ours": _figures(ours),
        "trafilatura": _figures(plain),
        "pages_per_cpu_second": {
            "ours": ours["docs_per_cpu_s"],
            "trafilatura": plain["docs_per_cpu_s"],
            "ratio": ours["docs_per_cpu_s"] / plain["docs_per_cpu_s"],
        },
        "errors": len(ours["errors"]),
        "slowest_page_cpu_s": max(page["s"] for page in ours["pages"]),
    }


def _figures(result: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {source: {name: found[name] for name in _KEPT if name in found} for source, found in sorted(result["by"].items())}


def ablation(limit: int | None = None) -> Iterator[tuple[str, float, float, float]]:
    """(rule, 4-gram F1 and bag F1 on the news sources, segments F1) with all rules, then without each of them."""
    from tasks.extract_body import RULES

    switches = [field.name for field in dataclasses.fields(RULES) if isinstance(getattr(RULES, field.name), bool)]
    read = _reader(limit)
    yield ("all rules", *read(RULES))
    for name in switches:
        yield (f"without {name}", *read(dataclasses.replace(RULES, **{name: False})))


def _reader(limit: int | None) -> Callable[[Any], tuple[float, float, float]]:
    """A function from rules to figures over pages that are parsed once."""
    from schemas.records import FeedHints
    from tasks.extract_blocks import blocks_of
    from tasks.extract_jsonld import read as read_jsonld
    from tasks.extract_meta import read_metadata
    from tasks.extract_reading import read_body
    from tasks.extract_tree import parse

    score = scorer()
    now = datetime.now(UTC)
    parsed = []
    for row in score.load(str(DATA), {*NEWS, "trafeval"}, limit):
        tree = parse(score.decode(gzip.decompress(Path(row["_file"]).read_bytes())))
        if tree is not None:
            data, blocks = read_jsonld(tree), blocks_of(tree, row["url"])
            meta = read_metadata(tree, data, blocks, row["url"], now, FeedHints(), None)
            parsed.append((row, tree, blocks, data, meta))

    def figures(rules: Any) -> tuple[float, float, float]:
        rows = [
            score.score_one(row, read_body(tree, blocks, data, meta, row["url"], FeedHints(), rules).text)
            for row, tree, blocks, data, meta in parsed
        ]
        news = score.summarise([row for row in rows if row["source"] in NEWS])
        segments = score.summarise([row for row in rows if row["source"] == "trafeval"])
        return news["sh_f1"], news["bag_f1"], segments["seg_f1"]

    return figures


def main() -> None:
    """Prints the table, or the ablation."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=int)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--ablation", action="store_true")
    chosen = options.parse_args()
    if chosen.ablation:
        for name, shingles, bag, segments in ablation(chosen.limit):
            print(f"{name:26} 4-gram F1 {shingles:.4f}  bag F1 {bag:.4f}  segments F1 {segments:.4f}", flush=True)
        return
    found = run(chosen.limit, chosen.jobs)
    for source, ours in found["ours"].items():
        plain = found["trafilatura"][source]
        print(source.ljust(10), "  ".join(f"{name} {value:.3f} ({plain.get(name, 0.0):.3f})" for name, value in ours.items()))
    print(found["pages_per_cpu_second"], "errors", found["errors"], "slowest page", round(found["slowest_page_cpu_s"], 2), "s")


if __name__ == "__main__":
    main()
