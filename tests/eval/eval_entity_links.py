"""Entities across articles against truth: GUM's links to Wikipedia, and the seeds' canonical names.

`merge_precision`: of the pairs of mentions-in-an-article that newsfold gives one id in two articles, the share that are
one thing. `b3`: B-cubed of these items. Raw spaCy joins what is spelt alike.
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations
from typing import Any

from tests.eval.eval_entities import CORPUS, gum, raw, scorer, seeds

# The seeds' gold names things as each text does.
_OTHER_NAMES = {"Ministry of Foreign Affairs": "Foreign Ministry"}
Items = dict[tuple[str, str], Hashable]  # (document, gold entity) -> cluster


def gum_links() -> dict[str, list[dict[str, Any]]]:
    """GUM's entities with their Wikipedia titles."""
    rows = (json.loads(line) for line in (CORPUS / "gum_news.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["id"]: [{"name": item["id"], "surfaces": item["surfaces"]} for item in row["entities"]] for row in rows}


def place(gold: Mapping[str, list[dict[str, Any]]], found: Mapping[str, list[dict[str, Any]]], key: str) -> Items:
    """The cluster (`key` of what was found) of the gold entities that can be matched one to one.

    GUM's spans are nested, and a place in an apposition is a spelling of what it stands beside: only an entity's most
    frequent spelling counts, and a found entity that fits two of them is left out.
    """
    norm = scorer().norm
    items: Items = {}
    for doc, wanted in gold.items():
        owners: dict[int, list[str]] = defaultdict(list)
        for item in wanted:
            spelt = norm(max(item["surfaces"], key=item["surfaces"].get))
            for index, each in enumerate(found[doc]):
                if spelt in {norm(name) for name in (each["name"], *each["aliases"])}:
                    owners[index].append(item["name"])
        for index, names in owners.items():
            if len(names) == 1 and not names[0].startswith("nil:"):
                value = found[doc][index][key]
                items[doc, _OTHER_NAMES.get(names[0], names[0])] = norm(value) if key == "name" else value
    return items


def merge_precision(items: Items) -> tuple[float, int]:
    """(precision, number) of the pairs of two documents that share a cluster."""
    clusters: dict[Hashable, list[tuple[str, str]]] = defaultdict(list)
    for item, cluster in items.items():
        clusters[cluster].append(item)
    pairs = [pair for each in clusters.values() for pair in combinations(each, 2) if pair[0][0] != pair[1][0]]
    return (sum(a[1] == b[1] for a, b in pairs) / len(pairs) if pairs else 0.0), len(pairs)


def b_cubed(items: Items) -> float:
    """B-cubed F1 of the clusters against the gold names."""

    def mean(of: Iterable[float]) -> float:
        values = list(of)
        return sum(values) / len(values) if values else 0.0

    ours: dict[Hashable, set[tuple[str, str]]] = defaultdict(set)
    truth: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for item, cluster in items.items():
        ours[cluster].add(item)
        truth[item[1]].add(item)
    precision = mean(len(ours[cluster] & truth[item[1]]) / len(ours[cluster]) for item, cluster in items.items())
    recall = mean(len(ours[cluster] & truth[item[1]]) / len(truth[item[1]]) for item, cluster in items.items())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def run() -> dict[str, float]:
    """Figures for GUM and the seeds, beside raw spaCy."""
    from tests.eval.adapters import entities

    figures: dict[str, float] = {}
    seed_docs, seed_gold, _ = seeds()
    for name, docs, gold in (("gum", gum()[0], gum_links()), ("seeds", seed_docs, seed_gold)):
        ours = place(gold, {row["id"]: row["entities"] for row in entities(docs)}, "entity_id")
        plain = place(gold, raw(docs), "name")
        figures[f"{name}_merge_precision"], pairs = merge_precision(ours)
        figures[f"{name}_merges"] = float(pairs)
        figures |= {f"{name}_b3": b_cubed(ours), f"{name}_b3_raw": b_cubed(plain)}
        figures[f"{name}_merge_precision_raw"] = merge_precision(plain)[0]
    return {key: round(value, 4) for key, value in figures.items()}


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:28} {value}")
