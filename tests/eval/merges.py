"""Merges across articles, drawn at random and judged by hand: is it one thing that two articles are given one id for?

`python -m tests.eval.merges` reads about 1,900 texts of the corpora (some minutes), links them in order and prints how many of
the judged pairs that newsfold still merges are right. `… draw SEED NUMBER` prints a new sample with its contexts, to be
judged by a reader. The judgements are `tests/eval/merges.tsv`: ids, offsets, verdicts and the seed of the draw, no text.
What the knowledge file links (countries, peoples, known places, well-known bodies, listed companies) is a stratum of its
own: there is as much of it, and it is seldom wrong.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.entity_records import ArticleEntities, LinkedEntity
from tests.eval.eval_entities import SHARED, gum, seeds

JUDGED = Path(__file__).with_name("merges.tsv")
# Every so manieth text of a corpus, of one with stories every so manieth story: short forms must meet theirs.
_STEPS = {"l2_allsides": 2, "l2_ecbplus": 1, "l1_reuters": 16, "l1_synd": 48}
CONTEXT = 110


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a corpus. `key` is "corpus/id"; `story` is the corpus's own, where it has stories."""

    key: str
    title: str
    text: str
    at: datetime | None
    story: str | None


@dataclass(frozen=True, slots=True)
class Merge:
    """One id in two articles: the entity's first mention in each. `known` where the knowledge file links it."""

    first: str
    first_start: int
    second: str
    second_start: int
    known: bool

    @property
    def key(self) -> tuple[str, int, str, int]:
        """What a judgement is found by."""
        return self.first, self.first_start, self.second, self.second_start


def texts() -> list[Text]:
    """The texts in a fixed order: by date, undated ones last. Those of judged pairs are always among them."""
    found = [Text(f"gum/{doc['id']}", doc["title"], doc["text"], None, None) for doc in gum()[0]]
    found += [Text(f"seeds/{doc['id']}", doc["title"], doc["text"], None, "seeds") for doc in seeds()[0]]
    for corpus, step in _STEPS.items():
        found.extend(_corpus(corpus, step))
    late = datetime(2100, 1, 1, tzinfo=UTC)
    return sorted(found, key=lambda each: (each.at or late, each.key))


def _corpus(name: str, step: int) -> Iterator[Text]:
    from tests.eval.eval_folding import read_docs

    gold = json.loads((SHARED / "corpora" / "copies_stories" / name / "gold.json").read_text(encoding="utf-8"))
    clusters = gold.get("clusters", {}) if gold["kind"] == "story" else {}
    docs = sorted(read_docs(name), key=lambda each: str(each["id"]))
    chosen = set(sorted(set(clusters.values()))[::step])
    also = {key for pair in judged() for key in (pair[0], pair[2])}
    taken = {doc["id"] for doc in docs if clusters[doc["id"]] in chosen} if clusters else {doc["id"] for doc in docs[::step]}
    for doc in [each for each in docs if each["id"] in taken or f"{name}/{each['id']}" in also]:
        at = datetime.fromisoformat(doc["date"]) if doc.get("date") else None
        aware = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
        story = clusters.get(doc["id"])
        yield Text(f"{name}/{doc['id']}", doc["title"] or "", doc["text"], aware, f"{name}/{story}" if story else None)


def _find(item: Text) -> ArticleEntities:
    from tasks.entities import find_entities

    return find_entities(item.title, item.text, None, item.at)


def find_all(items: Sequence[Text]) -> list[ArticleEntities]:
    """What each text names, by two processes."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_find, items, chunksize=20))


def link_all(items: Sequence[Text], found: Sequence[ArticleEntities]) -> list[tuple[LinkedEntity, ...]]:
    """The entities of each text with their ids, article by article as the ingest does."""
    from tasks.entity_links import link_entities
    from tasks.entity_memory import MemoryContext

    context, numbers = MemoryContext(), {}
    made: list[tuple[LinkedEntity, ...]] = []
    for item, each in zip(items, found, strict=True):
        story = numbers.setdefault(item.story, len(numbers)) if item.story else None
        linked = link_entities(each, context.view(item.key, story))
        context.add(story, linked)
        made.append(linked)
    return made


def merges(
    items: Sequence[Text], found: Sequence[ArticleEntities], linked: Sequence[tuple[LinkedEntity, ...]]
) -> dict[int, list[tuple[str, int, bool]]]:
    """Entity -> (article, offset of its first mention there, whether the knowledge file links it), of entities in several."""
    where: dict[int, list[tuple[str, int, bool]]] = defaultdict(list)
    for item, each, entities in zip(items, found, linked, strict=True):
        first: dict[int, int] = {}
        for mention in each.mentions:
            first.setdefault(mention.entity, mention.start)
        seen: set[int] = set()
        for index, entity in enumerate(entities):
            if entity.id not in seen:
                seen.add(entity.id)
                where[entity.id].append((item.key, first[index], entity.found.knowledge_id is not None))
    return {entity: places for entity, places in where.items() if len(places) > 1}


def draw(where: dict[int, list[tuple[str, int, bool]]], seed: int, number: int, known: bool) -> list[Merge]:
    """A sample of merges of one stratum: an article that joins an entity and one that had it before, at most two an entity."""
    several = [(entity, places) for entity, places in sorted(where.items()) if places[0][2] == known]
    joins = [(entity, index) for entity, places in several for index in range(1, len(places))]
    chance = random.Random(seed)
    chance.shuffle(joins)
    taken: dict[int, int] = defaultdict(int)
    sample: list[Merge] = []
    for entity, index in joins:
        if taken[entity] < 2 and len(sample) < number:
            taken[entity] += 1
            first, second = where[entity][chance.randrange(index)], where[entity][index]
            sample.append(Merge(first[0], first[1], second[0], second[1], known))
    return sample


def judged() -> dict[tuple[str, int, str, int], tuple[str, str]]:
    """(article, offset, article, offset) -> (stratum, verdict): "right", "wrong" or "unclear"."""
    rows = [line.split("\t") for line in JUDGED.read_text(encoding="utf-8").splitlines()[1:]]
    return {(row[1], int(row[2]), row[3], int(row[4])): (row[0], row[5]) for row in rows}


def verdicts(where: dict[int, list[tuple[str, int, bool]]]) -> dict[str, float]:
    """Of the judged pairs that are still merged, the share that are right; an unclear one counts as wrong."""
    owner = {(article, start): entity for entity, places in where.items() for article, start, _ in places}
    counts: dict[str, list[bool]] = {"own": [], "known": []}
    for (first, first_start, second, second_start), (stratum, verdict) in judged().items():
        entity = owner.get((first, first_start))
        if entity is not None and entity == owner.get((second, second_start)):
            counts[stratum].append(verdict == "right")
    figures: dict[str, float] = {}
    for stratum, right in counts.items():
        figures[f"{stratum}_merges_judged"] = len(right)
        figures[f"{stratum}_merge_precision"] = round(sum(right) / max(1, len(right)), 4)
    return figures


def run() -> dict[str, float]:
    """The figures over all texts; some minutes."""
    items = texts()
    found = find_all(items)
    return verdicts(merges(items, found, link_all(items, found)))


def show(items: Sequence[Text], found: Sequence[ArticleEntities], sample: Sequence[Merge]) -> Iterator[str]:
    """The pairs with the words around each mention, to be read."""
    by_key = {item.key: (item, each) for item, each in zip(items, found, strict=True)}
    for number, merge in enumerate(sample):
        for key, start in ((merge.first, merge.first_start), (merge.second, merge.second_start)):
            item, each = by_key[key]
            mention = next(one for one in each.mentions if one.start == start)
            entity = each.entities[mention.entity]
            around = item.text[max(0, start - CONTEXT) : mention.end + CONTEXT].replace("\n", " ¶ ")
            yield (
                f"{number}\t{entity.type.value}|{entity.name}\t{key}@{start}\t{item.at:%Y}\t…{around}…"
                if item.at
                else (f"{number}\t{entity.type.value}|{entity.name}\t{key}@{start}\t-\t…{around}…")
            )


def main(arguments: Sequence[str]) -> None:
    """Prints the figures, or a sample to judge."""
    if not arguments:
        for key, value in run().items():
            print(f"{key:28} {value}")
        return
    seed, number = int(arguments[1]), int(arguments[2])
    items = texts()
    found = find_all(items)
    where = merges(items, found, link_all(items, found))
    for known in (False, True):
        for line in show(items, found, draw(where, seed, number if not known else number // 3, known)):
            print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
