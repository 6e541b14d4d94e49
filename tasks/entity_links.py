"""Entities of one article -> entities across articles. Pure; precision first: a false merge is worse than a missed one.

An id depends only on the article and on articles before it in the total order, through rows the store keeps. Before a
batch the caller preloads into a `MemoryContext`

- `add_alias`: the alias rows of `alias_keys(found)` of every article in the batch, joined with their entities;
- `add_story_entity`: for every story that the batch's articles belong to, its entities so far;
- `add_clues`: what earlier articles say of the people among them; `edits`: what a person decided;

then works article by article, in the total order: `link_entities(found, context.view(article_id, story_id))`, then
`context.add(story_id, linked)`. That adds what the tables will hold, so batches of any size give the same ids.
"""

from dataclasses import replace

from schemas.entity_records import ArticleEntities, FoundEntity, LinkedEntity
from schemas.reasons import EntityType
from tasks import knowledge
from tasks.entity_bodies import is_common_body
from tasks.entity_joins import generation, initials, name_parts, short_form
from tasks.entity_memory import EntityContext, KnownEntity, surface_key
from tasks.entity_words import (
    COMPANY_WORDS,
    MANY_BODIES,
    MANY_MEAN,
    MANY_PLACES,
    MANY_TITLES,
    NO_SHORT_FORMS,
    OFFICES,
    PARTY_PEOPLE,
)
from tasks.person_clues import APART, contradiction, office_of
from tasks.urls import stable_id

# A bare surname outside its story is believed when it meant one person this often and hardly anyone else.
MIN_COUNT = 20
MIN_SHARE = 0.9


def alias_keys(found: ArticleEntities) -> frozenset[str]:
    """The surface keys whose alias rows an article needs."""
    items = [item for item in found.entities if item.knowledge_id is None]
    people = [item for item in items if item.type is EntityType.PERSON and item.complete]
    return frozenset(surface_key(item.name) for item in items).union(*(person_keys(item) for item in people))


def entity_key(found: FoundEntity, scope: str, article: str = "") -> tuple[str, ...]:
    """What the id of an entity is the hash of: its knowledge id; its type and name; a bare surname's office or scope.

    `scope` is the story, else the article; `article` is what a body belongs to that many countries or towns have.
    """
    if found.knowledge_id is not None:
        return ("entity", found.knowledge_id)
    if found.type is not EntityType.PERSON:
        # "IM" is not "Im": short names keep their case
        short = len(found.name) <= 3
        if found.type is EntityType.ORG and not found.complete and is_common_body(found.name):
            # one story may speak of two countries' foreign ministries
            return ("entity", "ORG", surface_key(found.name), article or scope)
        if found.type is EntityType.ORG and not found.complete and surface_key(found.name) in MANY_MEAN:
            return ("entity", "ORG", surface_key(found.name), scope)  # "the Globe" is one paper a story
        if _many_bear(found):
            return ("entity", found.type.value, surface_key(found.name), scope)
        return ("entity", found.type.value, found.name if short else surface_key(found.name))
    parts = name_parts(found.name)
    if not found.complete:
        role = (found.description or "").casefold()
        return ("entity", "PERSON", " ".join(parts), role if role in OFFICES else scope)
    # a middle initial comes and goes: "Donald J. Trump" is "Donald Trump"
    middle = [part for part in parts[1:-1] if len(part) > 1]
    generation = [word for word in knowledge.fold(found.name).split()[-1:] if word in ("jr", "sr")]
    return ("entity", "PERSON", " ".join([*parts[:1], *middle, *parts[1:][-1:], *generation]))


def _many_bear(found: FoundEntity) -> bool:
    """Whether a name that the knowledge file lacks is borne by many: "Love" and "State of the Union" by works and yearly
    events, "Springfield" and "Orange County" by places, "AG" by whatever it is short for, "Liberals" by parties; one a story."""
    key = surface_key(found.name)
    if key in MANY_TITLES or (found.type is EntityType.WORK and " " not in key):
        return True
    if found.type is EntityType.PLACE:
        # several of the file have the name, and the article did not say which one it means
        return key.split()[-1] in MANY_PLACES or len(knowledge.places_named(found.name)) > 1
    if found.type is EntityType.ORG:
        return key.split()[-1] in MANY_BODIES or (not found.complete and len(found.name) == 2)
    return found.type is EntityType.GROUP and key in PARTY_PEOPLE


def link_entities(found: ArticleEntities, context: EntityContext) -> tuple[LinkedEntity, ...]:
    """The article's entities with their ids, in the order of `found.entities`.

    Knowledge-linked and complete names have ids of their own. An incomplete one (a bare surname, an acronym, one word of
    a company's name) takes the id of the one entity of the story that fits it, else of the one that it meant in earlier
    articles, else an id of its own; an incomplete name takes over the type of the entity it is found to mean.
    """
    surfaces: dict[int, dict[str, int]] = {}
    for mention in found.mentions:
        counts = surfaces.setdefault(mention.entity, {})
        surface = " ".join(mention.surface.split())
        counts[surface] = counts.get(surface, 0) + 1
    linked: list[LinkedEntity] = []
    for index, item in enumerate(found.entities):
        known = None if item.knowledge_id is not None else _known(item, context)
        aliases = tuple(sorted(surfaces.get(index, {}).items()))
        if known is None or (item.complete and known.type is item.type is EntityType.PERSON):
            linked.append(LinkedEntity(_apart(_own_id(item, context), item, context), item, aliases))
        else:
            kind = item.type if item.complete else known.type
            linked.append(LinkedEntity(known.entity_id, replace(item, type=kind), aliases))
    return tuple(with_edits(item, context) for item in linked)


def _own_id(item: FoundEntity, context: EntityContext) -> int:
    """The id that an entity's name and scope give. Two stories that became one keep the bare surname that one of them had."""
    key = entity_key(item, context.scope, context.article)
    own = stable_id(*key, context.scope) if _somebodys(item, context) else stable_id(*key)
    if item.type is not EntityType.PERSON or context.scope not in key:
        return own
    short = surface_key(item.name)
    same = [each for each in context.story() if each.type is item.type and not each.complete and surface_key(each.name) == short]
    ids = {each.entity_id for each in same}
    return own if own in ids or len(ids) != 1 else next(iter(ids))


def with_edits(item: LinkedEntity, context: EntityContext) -> LinkedEntity:
    """The entity with the spellings that a person's edits lead elsewhere."""
    surfaces = dict.fromkeys((*(surface for surface, _ in item.aliases), item.found.name))
    targets = ((surface, context.redirect(item.id, surface)) for surface in surfaces)
    return replace(item, moved=tuple(pair for pair in targets if pair[1] != item.id))


def _somebodys(item: FoundEntity, context: EntityContext) -> bool:
    """Whether one word taken for an organization's name is as likely a person's: "Scott", "Christine"; one a story."""
    if item.type is not EntityType.ORG or item.complete or item.knowledge_id is not None or " " in item.name:
        return False
    people = any(row.type is EntityType.PERSON and row.complete for row in context.aliases(surface_key(item.name)))
    return people or knowledge.is_given_name(item.name, places=True)


def _apart(own: int, item: FoundEntity, context: EntityContext) -> int:
    """The person of a full name that an article means: the one its clues fit best, a new one when they contradict all."""
    if item.type is not EntityType.PERSON or not item.complete or item.knowledge_id is not None:
        return own
    key = entity_key(item, "")
    rows = {row.entity_id for name in person_keys(item) for row in context.aliases(name) if _same_person_name(row.entity, key)}
    story = {known.entity_id for known in context.story()}
    ranked = sorted((contradiction(item.clues, context.clues(each), each in story), each != own, each) for each in rows | {own})
    best, _, chosen = ranked[0]
    return chosen if best < APART else stable_id(*key, context.scope)


def _same_person_name(known: KnownEntity, key: tuple[str, ...]) -> bool:
    if known.type is not EntityType.PERSON or not known.complete:
        return False
    return entity_key(FoundEntity(known.name, EntityType.PERSON, (), 0), "") == key


def person_keys(found: FoundEntity) -> frozenset[str]:
    """The surface keys under which people of one full name are looked for: as written, and without a middle initial."""
    return frozenset((surface_key(found.name), entity_key(found, "")[2]))


def _known(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The stored entity that an article's entity is, if that can be told."""
    if item.complete:
        return None if _many_bear(item) else _firm_in_full(item, context) or _same_name(item, context)
    if item.type is EntityType.ORG and is_common_body(item.name):
        return None
    story = (known for known in context.story() if known.complete and _stands_for(item, known))
    fits = {known.entity_id: known for known in story if _may_hold(item, known, context)}
    if fits:
        return next(iter(fits.values())) if len(fits) == 1 else None
    return _as_in_story(item, context) or _from_earlier(item, context)


def _as_in_story(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The organization that a bare name taken for a person's was in an earlier article of the story: "Marluz"."""
    if item.type is not EntityType.PERSON or item.description or len(name_parts(item.name)) != 1:
        return None
    key = surface_key(item.name)
    same = [known for known in context.story() if known.type is EntityType.ORG and surface_key(known.name) == key]
    return same[0] if len(same) == 1 else None


def _same_name(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The entity known under the same full name but another type: several words name one thing, whatever the vote here."""
    key = surface_key(item.name)
    if " " not in key:
        return None
    rows = [row.entity for row in context.aliases(key) if row.entity.complete and surface_key(row.entity.name) == key]
    return rows[0] if len(rows) == 1 else None


def _stands_for(item: FoundEntity, known: KnownEntity) -> bool:
    """Whether an incomplete name can mean a known entity: surname, first words or acronym."""
    if known.type is EntityType.PERSON:
        fits = short_form(name_parts(item.name), name_parts(known.name))
        # a Jr. is as a rule told from his father by it
        fits = fits and generation(item.name) == generation(known.name)
        return fits and item.type in (EntityType.PERSON, EntityType.ORG) and not item.name.isupper()
    if known.type is not item.type:
        return _firm(item, known)
    acronym = item.name.replace(".", "")
    if acronym.isupper() and " " in known.name and acronym in initials(known.name):
        return True
    short, full = surface_key(item.name).split(), surface_key(known.name).split()
    return len(short) < len(full) and full[: len(short)] == short and len(short[0]) >= 4 and short[0] not in NO_SHORT_FORMS


def _firm_in_full(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The one company of the story whose name goes on where a legal form stood: "Marluz Ltd" where it has "Marluz Ferries"."""
    if item.type is not EntityType.ORG or " " in item.name:
        return None
    fits = [known for known in context.story() if known.complete and known.type is item.type and _stands_for(item, known)]
    fits = [known for known in fits if surface_key(known.name).split()[-1] in COMPANY_WORDS]
    return fits[0] if len(fits) == 1 else None


def _may_hold(item: FoundEntity, known: KnownEntity, context: EntityContext) -> bool:
    """Whether a person known by name may be whom an office and a surname mean: where some article gives them that office.

    "President Mwale" is not Ann Mwale because the story names only her in full.
    """
    office = office_of(item.description) if item.type is EntityType.PERSON else None
    return office is None or office == office_of(known.role) or f"office:{office}" in context.clues(known.entity_id)


def _firm(item: FoundEntity, known: KnownEntity) -> bool:
    """Whether a bare name taken for a person's is a company of the story: "Marluz" where it has "Marluz Ferries"."""
    words, full = name_parts(item.name), surface_key(known.name).split()
    if item.type is not EntityType.PERSON or item.description or known.type is not EntityType.ORG or len(words) != 1:
        return False
    return len(full) > 1 and full[0] == words[0] and len(words[0]) >= 4 and full[-1] in COMPANY_WORDS


def _from_earlier(item: FoundEntity, context: EntityContext) -> KnownEntity | None:
    """The one complete entity that a spelling meant in earlier articles: with the same role, or in nearly all of several."""
    rows = [row for row in context.aliases(surface_key(item.name)) if row.entity.type is item.type]
    fits = [row for row in rows if row.entity.complete and _stands_for(item, row.entity) and _may_hold(item, row.entity, context)]
    if len(fits) != 1:
        return None
    role, known = item.description, fits[0].entity
    if role and known.role and role.casefold() == known.role.casefold() and item.type is EntityType.PERSON:
        return known
    total = sum(row.count for row in rows)
    return known if fits[0].count >= MIN_COUNT and fits[0].count >= MIN_SHARE * total else None
