"""The steps as others' scorers call them: plain values in, plain values out. They run the real steps.

Each function here keeps its signature; scorers outside the project import them by name.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from tasks import extract as extract_step
from tasks.entities import find_entities
from tasks.entity_links import link_entities
from tasks.entity_memory import MemoryContext
from tasks.moments import read_moment
from tests.eval.folding import fold, fold_copies, fold_docs


def extract(html: str, url: str) -> dict[str, Any]:
    """{text, title, authors, date, verdict} of a page; `date` is the day (or time) of publication as the page gives it."""
    found = extract_step.extract(html, url, now=datetime.now(UTC))
    return {
        "text": found.text,
        "title": found.title,
        "authors": list(found.authors) or ([found.agency] if found.agency else []),
        "date": _date(found.published_at, found.published_as_given),
        "verdict": found.verdict.value,
    }


def entities(docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """[{id, entities: [{name, type, aliases, n, entity_id}], mentions: [{start, end, type, entity_id}]}] of {id, title, text}.

    Linked across the documents in the order given; offsets are characters of `text`.
    """
    context = MemoryContext()
    rows: list[dict[str, Any]] = []
    for doc in docs:
        found = find_entities(doc.get("title") or "", doc["text"], None, None)
        linked = link_entities(found, context.view(str(doc["id"])))
        context.add(None, linked)
        rows.append(
            {
                "id": doc["id"],
                "entities": [
                    {
                        "name": item.found.name,
                        "type": item.found.type.value,
                        "aliases": list(item.found.aliases),
                        "n": item.found.count,
                        "entity_id": item.id,
                    }
                    for item in linked
                ],
                "mentions": [
                    {
                        "start": each.start,
                        "end": each.end,
                        "type": linked[each.entity].found.type.value,
                        "entity_id": linked[each.entity].id,
                    }
                    for each in found.mentions
                ],
            }
        )
    return rows


def _date(at: datetime | None, given: str | None) -> str | None:
    """The publication date in the zone it was given in: the day that a reader of the page sees."""
    moment = read_moment(given, "given")
    if at is None:
        return None
    return moment.local_day if moment and abs(moment.at - at) <= timedelta(days=2) else at.isoformat()


def copies(docs: list[dict[str, Any]]) -> dict[Any, int]:
    """{id: cluster} of docs of {id, title, text, date, source, url}: the copies of one text share a cluster."""
    folded, ids = fold_docs(docs)
    index = fold_copies(folded)
    return {ids[doc.id - 1]: index.root_of(doc.id) for doc in folded}


def stories(docs: list[dict[str, Any]]) -> dict[Any, int]:
    """{id: cluster} of docs of {id, title, text, date, source, url}: the tellings of one event share a cluster."""
    folded, ids = fold_docs(docs)
    index = fold(folded)
    return {ids[doc.id - 1]: index.story_of(doc.id) or doc.id for doc in folded}
