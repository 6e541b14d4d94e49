"""Copies and stories against the corpora: `python -m tests.eval.eval_folding` prints the scorer's measures."""

import importlib.util
import json
import lzma
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.eval import adapters

_SHARED = Path(__file__).resolve().parents[3] / "shared"
CORPORA = _SHARED / "corpora" / "copies_stories"
_SCORER = _SHARED / "score" / "score_copies_stories.py"
# The lead of a news text: what most feeds carry.
LEAD_WORDS = 50


def available() -> bool:
    """Whether corpora and scorer are there."""
    return CORPORA.is_dir() and _SCORER.is_file()


def run() -> dict[str, dict[str, Any]]:
    """The measures of each corpus, by name; `l2_allsides_leads` is AllSides with title and 50 words only."""
    return {
        "l1_synd": measure("l1_synd", adapters.copies),
        "l1_reuters": measure("l1_reuters", adapters.copies),
        "l2_allsides": measure("l2_allsides", adapters.stories),
        "l2_allsides_leads": measure("l2_allsides", adapters.stories, lead_words=LEAD_WORDS),
        "l2_ecbplus": measure("l2_ecbplus", adapters.stories),
        "l2_uci_titles": measure("l2_uci_titles", adapters.stories),
    }


def measure(name: str, predict: Any, *, lead_words: int | None = None) -> dict[str, Any]:
    """The measures of one corpus under `predict(docs) -> {id: cluster}`."""
    docs = read_docs(name)
    if lead_words is not None:
        docs = [doc | {"text": " ".join(doc["text"].split()[:lead_words])} for doc in docs]
    gold = json.loads((CORPORA / name / "gold.json").read_text())
    predicted = predict(docs)
    if "clusters" in gold:
        ids = [doc["id"] for doc in docs]
        scores: dict[str, Any] = _scorer().cluster_scores([gold["clusters"][one] for one in ids], [predicted[one] for one in ids])
        return scores
    return _pair_scores(gold["pairs"], predicted)


def read_docs(name: str) -> list[dict[str, Any]]:
    """The documents of a corpus."""
    with lzma.open(CORPORA / name / "docs.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _pair_scores(pairs: dict[str, list[list[str]]], predicted: dict[Any, int]) -> dict[str, Any]:
    together = {kind: sum(predicted[one] == predicted[other] for one, other in pairs[kind]) for kind in ("pos", "neg")}
    return {"recall": together["pos"] / len(pairs["pos"]), "false_merges": together["neg"], "hard_neg": len(pairs["neg"])}


def _scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_copies_stories", _SCORER)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_SCORER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    for corpus, scores in run().items():
        print(corpus, json.dumps({key: round(value, 4) if isinstance(value, float) else value for key, value in scores.items()}))
