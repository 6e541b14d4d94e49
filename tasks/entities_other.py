"""Entities of an article that is not in English: what its own model sees, grouped by name. No English rule is applied.

Titles, roles, headlines, figures and dates are read in English only; here the model's spans are trimmed, short forms of
persons join full names, places that are spelt the same in English are linked, and every name is counted in the text.
"""

from collections.abc import Iterable
from typing import Any

from schemas.reasons import EntityType
from tasks import entity_models, knowledge
from tasks.entity_joins import Group, join_keys, join_organizations, join_persons
from tasks.entity_spans import Candidate, trim

MAX_LINE = 5_000


def spans(text: str, language: str, model: Any) -> list[Candidate]:
    """What the model of the language sees, trimmed."""
    labels = dict(entity_models.MODELS[language].labels)
    lines: list[tuple[str, int]] = []
    at = 0
    for line in text.split("\n"):
        lines += [(line[start : start + MAX_LINE], at + start) for start in range(0, len(line), MAX_LINE)]
        at += len(line) + 1
    found: list[Candidate] = []
    for doc, offset in model.pipe(lines, as_tuples=True, batch_size=64):
        for span in doc.ents:
            kind = labels.get(span.label_)
            start, end = trim(text, offset + span.start_char, offset + span.end_char, keep_article=True)
            if kind is not None and end - start > 1 and any(char.isupper() for char in text[start:end]):
                found.append(Candidate(start, end, kind, text[start:end]))
    return found


def groups(candidates: Iterable[Candidate]) -> list[Group]:
    """The entities, in order of first appearance."""
    buckets: dict[str, Group] = {}
    for item in candidates:
        bucket = buckets.setdefault(knowledge.fold(item.surface), Group(first=item.start))
        bucket.surfaces[item.surface] += 1
        bucket.votes[item.type] += 1
    surnames = {
        bucket.longest.split()[-1]
        for bucket in buckets.values()
        if " " in bucket.longest and bucket.votes[EntityType.PERSON] * 2 > bucket.votes.total()
    }
    for bucket in buckets.values():
        bucket.type = max((EntityType.PERSON, EntityType.ORG, EntityType.PLACE), key=lambda kind: bucket.votes[kind])
        if bucket.longest in surnames:
            bucket.type = EntityType.PERSON
        place = knowledge.find_place(bucket.longest) if bucket.type is EntityType.PLACE else None
        if place is not None:
            bucket.place, bucket.key = place, place.key
    joined = join_organizations(join_persons(join_keys(list(buckets.values()))))
    for each in joined:
        each.name = each.place.name if each.place is not None else " ".join(each.longest.split())
    return sorted(joined, key=lambda each: each.first)
