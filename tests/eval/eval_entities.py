"""Entities against truth: GUM news and the seeds' gold, beside raw spaCy in the same run.

`python -m tests.eval.eval_entities` prints the figures; `run()` returns them. Nothing here tunes anything.
"""

import importlib.util
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpora" / "entities"
_RAW = {"PERSON": "PERSON", "ORG": "ORG", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"}
_GUM = {"person": "PERSON", "organization": "ORG", "place": "PLACE"}
_TYPES = ("PERSON", "ORG", "PLACE")
Rows = dict[str, list[dict[str, Any]]]


def scorer() -> ModuleType:
    """The scorers' own module, by path."""
    spec = importlib.util.spec_from_file_location("score_entities", SHARED / "score" / "score_entities.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gum() -> tuple[list[dict[str, str]], Rows]:
    """Documents and gold entities of GUM news; an entity's name is its most frequent surface."""
    rows = [json.loads(line) for line in (CORPUS / "gum_news.jsonl").read_text(encoding="utf-8").splitlines()]
    docs = [{"id": row["id"], "title": row["title"], "text": row["text"]} for row in rows]
    gold = {
        row["id"]: [
            {"name": max(item["surfaces"], key=item["surfaces"].get), "type": _GUM[item["type"]], "surfaces": item["surfaces"]}
            for item in row["entities"]
        ]
        for row in rows
    }
    return docs, gold


def seeds() -> tuple[list[dict[str, str]], Rows, dict[str, set[str]]]:
    """Documents, gold entities and optional names of the five seeds; the first line is the title."""
    rows = json.loads((CORPUS / "seeds_gold.json").read_text(encoding="utf-8"))
    texts = {row["id"]: (SHARED / "seeds" / f"{row['id']}.txt").read_text(encoding="utf-8") for row in rows}
    docs = [{"id": key, "title": text.strip().split("\n")[0], "text": text} for key, text in texts.items()]
    return docs, {row["id"]: row["entities"] for row in rows}, {row["id"]: set(row["optional"]) for row in rows}


def ours(docs: list[dict[str, str]]) -> Rows:
    """What newsfold finds, of the scored types."""
    from tests.eval.adapters import entities

    return {row["id"]: [item for item in row["entities"] if item["type"] in _TYPES] for row in entities(docs)}


def raw(docs: list[dict[str, str]]) -> Rows:
    """What the model alone finds: spans of one normalized surface are one entity, with the majority's type."""
    from tasks.entities import _model

    norm = scorer().norm
    found: Rows = {}
    for doc in docs:
        names: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for span in _model()(doc["text"]).ents:
            if span.label_ in _RAW:
                names[norm(span.text)].append((span.text, _RAW[span.label_]))
        found[doc["id"]] = [
            {
                "name": spans[0][0],
                "type": Counter(kind for _, kind in spans).most_common(1)[0][0],
                "aliases": sorted({text for text, _ in spans}),
                "n": len(spans),
            }
            for spans in names.values()
        ]
    return found


def score(
    gold: Rows, found: Rows, optional: dict[str, set[str]] | None = None, typed: bool = True
) -> tuple[dict[str, float], list[Any], list[Any]]:
    """The scorers' document-level measure: their command line leaves optional names out in the same way."""
    module = scorer()
    if optional:
        left_out = {key: {module.norm(name) for name in names} for key, names in optional.items()}
        found = {
            key: [item for item in items if not left_out[key] & {module.norm(name) for name in (item["name"], *item["aliases"])}]
            for key, items in found.items()
        }
    return module.score_ents(gold, found, typed)  # type: ignore[no-any-return]


def counts_exact(gold: Rows, found: Rows) -> float:
    """Share of gold entities that were found and whose mention count is right."""
    norm = scorer().norm
    right = total = 0
    for key, items in gold.items():
        for item in items:
            names = {norm(name) for name in (item["name"], *item["aliases"], *item["surfaces"])}
            match = [
                each
                for each in found[key]
                if names & {norm(name) for name in (each["name"], *each["aliases"])} and each["type"] in item["type"]
            ]
            if match:
                total += 1
                right += max(match, key=lambda each: each["n"])["n"] == item["mentions"]
    return right / total if total else 0.0


def speed(docs: list[dict[str, str]], words: int = 570) -> float:
    """Articles of `words` words per CPU-second, one process, model already loaded."""
    from tasks.entities import find_entities, warm_up

    warm_up()
    tokens = " ".join(doc["text"].replace("\n", " \n ") for doc in docs).split(" ")
    articles = [" ".join(tokens[start : start + words]) for start in range(0, len(tokens) - words, words)]
    begin = time.process_time()
    for article in articles:
        find_entities(article[:60], article, "en", datetime(2025, 6, 6, tzinfo=UTC))
    return len(articles) / (time.process_time() - begin)


# Not getrusage: on Linux its peak is also that of the process that started this one.
_WORKER = """
from pathlib import Path
from tasks.entities import find_entities, warm_up
from tests.eval.eval_entities import gum, seeds
warm_up()
for doc in gum()[0] + seeds()[0]:
    find_entities(doc["title"], doc["text"], "en", None)
(line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(line.split()[1]) / 1024)
"""


def worker_memory_mb() -> float:
    """The most memory (MB resident) of a process that reads all these texts and does nothing else, as a worker does."""
    done = subprocess.run([sys.executable, "-c", _WORKER], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(done.stdout)


def run() -> dict[str, float]:
    """All figures: names end in _raw for the model alone. `gum_f1` is without types (GUM's spans are nested, its types shaky)."""
    figures: dict[str, float] = {}
    docs, gold = gum()
    for name, found in (("", ours(docs)), ("_raw", raw(docs))):
        measured, _, _ = score(gold, found)
        untyped, _, _ = score(gold, found, typed=False)
        figures |= {
            f"gum_f1{name}": untyped["f1"],
            f"gum_f1_typed{name}": measured["f1"],
            f"gum_precision{name}": untyped["p"],
            f"gum_recall{name}": untyped["r"],
        }
    figures["articles_per_cpu_second"] = speed(docs)
    figures["worker_memory_mb"] = worker_memory_mb()
    docs, gold, optional = seeds()
    for name, found in (("", ours(docs)), ("_raw", raw(docs))):
        measured, _, _ = score(gold, found, optional)
        figures |= {
            f"seeds_f1{name}": measured["f1"],
            f"seeds_canonical{name}": measured["canonical_ok"],
            f"seeds_counts{name}": counts_exact(gold, found),
        }
    from tests.eval import eval_entity_links, namesakes

    figures |= eval_entity_links.run() | {f"namesakes_{name}": value for name, value in namesakes.run().items()}
    return {name: round(value, 4) for name, value in figures.items()}


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:28} {value}")
