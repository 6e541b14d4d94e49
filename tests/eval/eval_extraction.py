"""Extraction against truth, beside plain trafilatura in the same run, with the scorer's own measures.

`python -m tests.eval.eval_extraction [--limit N] [--jobs N] [--ablation] [--hidden]` prints the figures; `run()` returns them.
`--ablation` shows what each rule of the body adds: the figures without it. `--hidden` takes the visible text (and the
JSON-LD) out of the pages whose scripts hold a body, and shows how much of it is read from there. Nothing here tunes anything.
"""

import argparse
import dataclasses
import gzip
import importlib.util
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tasks import extract_reading

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

    `memory_mb` is the most that the process held until our own reading was done, its libraries and the scorer included.
    limit: the first pages of each source only; jobs: worker processes.
    """
    score = scorer()
    ours = score.run(str(DATA), OURS, limit=limit, jobs=jobs)
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
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
        "memory_mb": memory,
        "slowest_page_cpu_s": max(page["s"] for page in ours["pages"]),
    }


def run_and_show(limit: int | None, jobs: int) -> dict[str, Any]:
    """As `run`, with the table printed: by source and by field, beside plain trafilatura."""
    found = run(limit, jobs)
    print("\n".join(_table(found)), flush=True)
    return found


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


def ablated(limit: int | None = 120) -> dict[str, dict[str, float]]:
    """The ablation over the first pages of each source: rule -> figures; each line is printed as it is known."""
    found = {}
    for name, shingles, bag, segments in ablation(limit):
        print(f"{name:26} 4-gram F1 {shingles:.4f}  bag F1 {bag:.4f}  segments F1 {segments:.4f}", flush=True)
        found[name] = {"sh_f1": shingles, "bag_f1": bag, "seg_f1": segments}
    return found


def _reader(limit: int | None) -> Callable[[Any], tuple[float, float, float]]:
    """A function from rules to figures over pages that are parsed once, and read once by the other readers."""
    from schemas.records import FeedHints
    from tasks.extract_blocks import blocks_of
    from tasks.extract_jsonld import read as read_jsonld
    from tasks.extract_meta import read_metadata
    from tasks.extract_tree import parse

    score = scorer()
    now = datetime.now(UTC)
    for name in ("_trafilatura_lines", "_second_opinion"):
        setattr(extract_reading, name, lru_cache(maxsize=None)(getattr(extract_reading, name)))
    parsed = []
    for row in score.load(str(DATA), {*NEWS, "trafeval"}, limit):
        tree = parse(score.decode(gzip.decompress(Path(row["_file"]).read_bytes())))
        if tree is not None:
            data, blocks = read_jsonld(tree), blocks_of(tree, row["url"])
            meta = read_metadata(tree, data, blocks, row["url"], now, FeedHints(), None)
            parsed.append((row, tree, blocks, data, meta))

    def figures(rules: Any) -> tuple[float, float, float]:
        rows = [
            score.score_one(row, extract_reading.read_body(tree, blocks, data, meta, row["url"], FeedHints(), rules).text)
            for row, tree, blocks, data, meta in parsed
        ]
        news = score.summarise([row for row in rows if row["source"] in NEWS])
        segments = score.summarise([row for row in rows if row["source"] == "trafeval"])
        return news["sh_f1"], news["bag_f1"], segments["seg_f1"]

    return figures


def hidden(limit: int | None = None) -> dict[str, float]:
    """Pages whose scripts hold a body, without their visible text and JSON-LD: how many are read from there, and how well.

    `publishers` counts their registrable domains; walled pages (`isAccessibleForFree` false) are left alone and not counted.
    """
    from lxml.html import tostring

    from schemas.records import FeedHints
    from tasks.extract import extract
    from tasks.extract_blocks import blocks_of
    from tasks.extract_embedded import embedded_body
    from tasks.extract_jsonld import read as read_jsonld
    from tasks.extract_meta import read_metadata
    from tasks.extract_tree import parse
    from tasks.urls import registrable_domain

    score, now = scorer(), datetime.now(UTC)
    with_body, read, publishers = 0, [], set[str]()
    for row in score.load(str(DATA), None, limit):
        tree = parse(score.decode(gzip.decompress(Path(row["_file"]).read_bytes()))) if row["kind"] == "full" else None
        if tree is None:
            continue
        data, blocks = read_jsonld(tree), blocks_of(tree, row["url"])
        meta = read_metadata(tree, data, blocks, row["url"], now, FeedHints(), None)
        if meta.is_free is False or not embedded_body(tree, meta.title, meta.description):
            continue
        with_body += 1
        for element in [*tree.iter("p", "article", "h2", "h3", "ul", "script")]:
            is_text = element.tag != "script" and element.find(".//h1") is None
            if element.getparent() is not None and (is_text or "ld+json" in (element.get("type") or "")):
                element.drop_tree()
        found = extract(tostring(tree, encoding="unicode"), row["url"], now=now)
        if ("text", "state") in found.provenance:
            read.append(score.score_one(row, found.text)["bag_f1"])
            publishers.add(registrable_domain(row["url"]))
    return {
        "pages with a body in a script": with_body,
        "read from there": len(read),
        "publishers": len(publishers),
        "bag F1 of those": sum(read) / max(len(read), 1),
        "above .9": sum(figure > 0.9 for figure in read),
    }


def _table(found: dict[str, Any]) -> Iterator[str]:
    """The figures as a table: a line a source, our figure beside plain trafilatura's for each field."""
    names = [name for name in _KEPT if any(name in figures for figures in found["ours"].values())]
    yield "ours / plain trafilatura".ljust(26) + "".join(name.rjust(14) for name in names)
    for source, ours in found["ours"].items():
        plain = found["trafilatura"][source]
        cells = (f"{ours[name]:.3f} / {plain.get(name, 0.0):.3f}" if name in ours else "" for name in names)
        yield source.ljust(26) + "".join(cell.rjust(14) for cell in cells)
    speed = found["pages_per_cpu_second"]
    yield f"pages per CPU-second       {speed['ours']:.1f} / {speed['trafilatura']:.1f}, {speed['ratio']:.2f} times"
    yield f"pages that raised          {found['errors']}"
    yield f"slowest page               {found['slowest_page_cpu_s']:.2f} s of CPU"
    yield f"most memory                {found['memory_mb']:.0f} MB"


def main() -> None:
    """Prints the table, the ablation, or how well hidden bodies are read."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=int)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--ablation", action="store_true")
    options.add_argument("--hidden", action="store_true")
    chosen = options.parse_args()
    if chosen.ablation:
        ablated(chosen.limit)
    elif chosen.hidden:
        for name, figure in hidden(chosen.limit).items():
            print(f"{name:32} {figure:.3f}" if isinstance(figure, float) else f"{name:32} {figure}")
    else:
        print("\n".join(_table(run(chosen.limit, chosen.jobs))))


if __name__ == "__main__":
    main()
