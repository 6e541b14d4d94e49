"""Copies and stories against the corpora: `python -m tests.eval.eval_folding` prints the scorer's measures.

`--ablation` shows what each rule of copies and of stories adds: the figures without it. Nothing here tunes anything.
`agreement` is how much the stories are the same (B³) when the articles come in another order than that of their times:
`backfilled` is the later half first, then the older one; `shuffled` is any order, each article a run of its own.
"""

import importlib.util
import json
import lzma
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from tasks.dedupe import CopySettings, decide_copy
from tasks.fold_index import MemoryIndex
from tasks.signatures import signature_of
from tasks.story_settings import StorySettings
from tests.eval import adapters
from tests.eval.folding import Folded, fold_docs, fold_one

_SHARED = Path(__file__).resolve().parents[3] / "shared"
CORPORA = _SHARED / "corpora" / "copies_stories"
_SCORER = _SHARED / "score" / "score_copies_stories.py"
# The lead of a news text: what most feeds carry.
LEAD_WORDS = 50


def available() -> bool:
    """Whether corpora and scorer are there."""
    return CORPORA.is_dir() and _SCORER.is_file()


def run() -> dict[str, dict[str, Any]]:
    """The measures of each corpus, by name; `l2_allsides_leads` is AllSides with title and 50 words only.

    `l2_allsides_triples` stands in for BASIL, which is not here: the events of AllSides that three outlets tell, and no others.
    """
    return {
        "l1_synd": _synthetic(),
        "l1_reuters": measure("l1_reuters", adapters.copies),
        "l2_allsides": measure("l2_allsides", adapters.stories),
        "l2_allsides_leads": measure("l2_allsides", adapters.stories, lead_words=LEAD_WORDS),
        "l2_allsides_triples": triples("l2_allsides"),
        "l2_ecbplus": measure("l2_ecbplus", adapters.stories),
        "l2_uci_titles": measure("l2_uci_titles", adapters.stories),
        "agreement": {name: agreement(corpus, lead_words) for name, (corpus, lead_words) in _ORDERED.items()},
    }


# Corpora whose stories are followed through other orders. (Headlines only have few, huge stories: see docs/folding.md.)
_ORDERED: dict[str, tuple[str, int | None]] = {
    "l2_allsides": ("l2_allsides", None),
    "l2_allsides_leads": ("l2_allsides", LEAD_WORDS),
    "l2_ecbplus": ("l2_ecbplus", None),
}


def agreement(name: str, lead_words: int | None = None) -> dict[str, float]:
    """B³ F1 between the stories of articles that came in order, and of those that came in other orders."""
    articles = _articles(name, lead_words)
    in_order, middle = _stories(articles, StorySettings()), len(articles) // 2
    orders = {"backfilled": articles[middle:] + articles[:middle], "shuffled": random.Random(1).sample(articles, len(articles))}
    found = {}
    for order, arrived in orders.items():
        stories = dict(zip([one.doc.id for one in arrived], _stories(arrived, StorySettings()), strict=True))
        scores = _scorer().cluster_scores(in_order, [stories[one.doc.id] for one in articles])
        found[order] = float(scores["b3_f1"])
    return found


def ablation() -> Iterator[tuple[str, dict[str, float]]]:
    """(rule, B³ F1 of each corpus of stories) with all rules, then without each of them."""
    every = StorySettings()
    without = {
        "all rules": every,
        "without the whole text": replace(every, body_share=0.0),
        "without days between": replace(every, per_day=0.0),
        "without less for headlines": replace(every, headline_discount=0.0),
        "without more for two stories": replace(every, merge_factor=1.0),
        "without breadth": replace(every, breadth=0.0),
        "without looking anew": replace(every, loose_tellings=0),
        "without events of one kind": replace(every, event_cost=0.0),
        "without templates": replace(every, template_cost=0.0),
    }
    for rule, settings in without.items():
        yield rule, {name: _b3(corpus, lead_words, settings) for name, (corpus, lead_words) in _ORDERED.items()}


def copy_ablation() -> Iterator[tuple[str, dict[str, float]]]:
    """(rule, measures of the corpora of copies) with all rules, then without each of them."""
    every, nobody = CopySettings(), {"source": None}
    without: dict[str, tuple[CopySettings, dict[str, Any]]] = {
        "all rules": (every, {}),
        "without templates": (every, {"frames": b""}),
        "without figures that must agree": (replace(every, figures_share=0.0, long_figures_share=0.0), {}),
        "without either": (replace(every, figures_share=0.0, long_figures_share=0.0), {"frames": b""}),
        "without boilerplate": (replace(every, boilerplate_roots=1 << 30), {}),
        "without less for one headline": (replace(every, title_bonus=0.0), {}),
        "without more for one outlet": (every, nobody),
        "short notices recur never": (replace(every, short_days=1 << 20), {}),
        "a window of 2 days": (replace(every, window_days=2), {}),
        "a window of 30 days": (replace(every, window_days=30), {}),
    }
    corpora = {name: fold_docs(read_docs(name)) for name in ("l1_synd", "l1_reuters")}
    signed = {name: [signature_of(doc) for doc in docs] for name, (docs, _) in corpora.items()}
    for rule, (settings, changes) in without.items():
        figures: dict[str, float] = {}
        for name, (docs, ids) in corpora.items():
            index = MemoryIndex()
            for signature in signed[name]:
                known = replace(signature, **changes)
                copy = decide_copy(known, index, settings)
                index.add(known)
                index.link_copies(copy.links, copy.freed)
            scores = _scored(name, {ids[doc.id - 1]: index.root_of(doc.id) for doc in docs})
            figures.update({f"{name}.{key}": scores[key] for key in _COPY_MEASURES if key in scores})
        yield rule, figures


_COPY_MEASURES = ("pair_p", "pair_r", "pair_f1", "recall", "false_merges")


def _b3(name: str, lead_words: int | None, settings: StorySettings) -> float:
    articles = _articles(name, lead_words)
    gold = json.loads((CORPORA / name / "gold.json").read_text())["clusters"]
    _, ids = fold_docs(read_docs(name))
    scores = _scorer().cluster_scores([gold[ids[one.doc.id - 1]] for one in articles], _stories(articles, settings))
    return float(scores["b3_f1"])


def _articles(name: str, lead_words: int | None) -> list[Folded]:
    """The articles of a corpus in the order of their times."""
    docs, _ = fold_docs(_cut(read_docs(name), lead_words))
    return [Folded.of(doc) for doc in docs]


def _stories(articles: list[Folded], settings: StorySettings) -> list[int | None]:
    """The story of each article once all have come, in this order."""
    index = MemoryIndex()
    for article in articles:
        fold_one(article, index, stories=settings)
    return [index.story_of(article.doc.id) for article in articles]


def _cut(docs: list[dict[str, Any]], lead_words: int | None) -> list[dict[str, Any]]:
    if lead_words is None:
        return docs
    return [doc | {"text": " ".join(doc["text"].split()[:lead_words])} for doc in docs]


def measure(name: str, predict: Any, *, lead_words: int | None = None) -> dict[str, Any]:
    """The measures of one corpus under `predict(docs) -> {id: cluster}`."""
    return _scored(name, predict(_cut(read_docs(name), lead_words)))


def _synthetic() -> dict[str, Any]:
    """The measures of `l1_synd`, and how many edited copies stand with their original, for each kind of edit."""
    predicted = adapters.copies(read_docs("l1_synd"))
    gold = json.loads((CORPORA / "l1_synd" / "gold.json").read_text())
    return _scored("l1_synd", predicted) | {f"found_{op}": share for op, share in found_by_edit(gold, predicted).items()}


_UNEDITED = ("orig", "single", "sibling")


def found_by_edit(gold: Mapping[str, Mapping[str, str]], predicted: Mapping[str, int]) -> dict[str, float]:
    """Of each kind of edit (`gold["op"]`) the share of copies that stand with their cluster's original."""
    original = {gold["clusters"][one]: one for one, op in gold["op"].items() if op == "orig"}
    found: dict[str, list[bool]] = {}
    for one, op in gold["op"].items():
        if op not in _UNEDITED and gold["clusters"][one] in original:
            found.setdefault(op, []).append(predicted[one] == predicted[original[gold["clusters"][one]]])
    return {op: sum(times) / len(times) for op, times in sorted(found.items())}


def triples(name: str) -> dict[str, Any]:
    """The measures of the stories of a corpus that have three articles, folded without the others."""
    docs, gold = read_docs(name), json.loads((CORPORA / name / "gold.json").read_text())["clusters"]
    sizes = Counter(gold.values())
    return _scored(name, adapters.stories([doc for doc in docs if sizes[gold[doc["id"]]] == 3]))


def _scored(name: str, predicted: dict[Any, int]) -> dict[str, Any]:
    gold = json.loads((CORPORA / name / "gold.json").read_text())
    if "clusters" in gold:
        ids = list(predicted)
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


def main() -> None:
    """Prints the measures, or the ablation."""
    if "--ablation" in sys.argv:
        for rule, figures in chain(copy_ablation(), ablation()):
            print(rule.ljust(32), "  ".join(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)
        return
    for corpus, scores in run().items():
        print(corpus, json.dumps(json.loads(json.dumps(scores), parse_float=lambda text: round(float(text), 4))))


if __name__ == "__main__":
    main()
