"""The resolver: clean candidates of one article -> entities with canonical names, and every mention of them. Pure.

Order of work: bucket candidates by folded surface; vote each bucket's type; link places, organizations and peoples to
the knowledge file; join short forms to full ones (surnames, acronyms, legal suffixes, first words of a company's name);
then read the whole text again for every alias, so that counts do not depend on what the model happened to see.
"""

import re
from collections import Counter
from collections.abc import Iterable

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_bodies import place_bodies
from tasks.entity_context import plausible, refine, role_after, role_before
from tasks.entity_edges import widened
from tasks.entity_joins import Group, join_craft, join_keys, join_organizations, join_persons
from tasks.entity_places import called_places, elsewhere, is_state, place_regions, place_votes
from tasks.entity_sift import sifted
from tasks.entity_spans import Candidate
from tasks.entity_trades import trade_of

_KIN = re.compile(rf"\b(?:{'|'.join(sorted(w.KIN))}|first lady)(?: and (?:\w+ )?adviser)?,? $", re.IGNORECASE)
_LOCATIVE = re.compile(r"\b(?:in|at|near|from|across|outside|throughout|toward|towards)\s+(?:the\s+)?$")


def group(text: str, candidates: Iterable[Candidate]) -> list[Group]:
    """The entities of an article, in order of first appearance, with type, key and name decided."""
    buckets = plausible(text, _bucket(text, refine(text, sifted(text, widened(text, candidates)))))
    countries = frozenset(
        place.country
        for bucket in buckets
        if knowledge.is_country(bucket.longest) and (place := knowledge.find_place(bucket.longest)) is not None and place.country
    ) | frozenset(people[1] for bucket in buckets if (people := knowledge.people_of(bucket.longest)))
    spoken = countries | _countries_of(buckets)
    persons_last = {
        bucket.longest.split()[-1]
        for bucket in buckets
        if len(bucket.longest.split()) > 1 and _top(bucket.votes) is EntityType.PERSON
    }
    # "Abadi" of "Haider al-Abadi"
    persons_last |= {re.sub(r"^(?:al|el|ul)[-‑]", "", each, flags=re.IGNORECASE) for each in persons_last}
    persons_last |= {
        " ".join(words[-2:])
        for bucket in buckets
        if len(words := bucket.longest.split()) == 3
        and words[1].casefold() in w.PARTICLES | {"le", "van"}
        and _top(bucket.votes) is EntityType.PERSON
    }
    for bucket in buckets:
        _decide(bucket, countries, spoken, persons_last)
    groups = join_keys([bucket for bucket in buckets if bucket.surfaces])
    groups = join_persons(join_craft(groups))
    groups = join_organizations(groups)
    place_bodies(text, groups)
    place_regions(text, groups)
    groups = join_keys(groups)
    for item in groups:
        item.name = _name(item)
    return sorted(groups, key=lambda item: item.first)


def _countries_of(buckets: Iterable[Group]) -> frozenset[str]:
    """The countries whose states or best-known cities an article names, where the name is nobody else's."""
    found: set[str] = set()
    for bucket in buckets:
        places = knowledge.places_named(bucket.longest)
        sure = [place for place in places if place.kind == "region" or (place.kind == "city" and place.well_known)]
        if len(places) == len(sure) > 0 or (places and bucket.longest in knowledge.STATE_SHORT):
            found.update(place.country for place in sure[:1])
    return frozenset(found)


def _bucket(text: str, candidates: Iterable[Candidate]) -> list[Group]:
    """Candidates of one folded surface, with votes: the model's label counts 1, a title or a marking word more."""
    buckets: dict[str, Group] = {}
    last: Candidate | None = None
    for item in sorted(candidates, key=lambda each: (each.start, -each.end)):
        found = buckets.setdefault(_bucket_key(item.surface), Group(first=item.start))
        found.surfaces[item.surface] += 1
        found.votes[item.type] += 2
        found.kin = found.kin or _KIN.search(text[max(0, item.start - 50) : item.start]) is not None
        found.beside = found.beside or _beside_surname(text, item)
        before = role_before(text, item.start)
        role = _one_role(before, item.role)
        if role is None and item.type is EntityType.PERSON:
            role = role_after(text, item.end)
        if role and item.type in (EntityType.PERSON, EntityType.ORG, EntityType.PLACE):
            if item.type is EntityType.PERSON or (
                (item.role or role_before(text, item.start)) and len(item.surface.split()) <= 3
            ):
                found.votes[EntityType.PERSON] += 3
            found.roles[role] += 1
        if re.search(r"\b(?:Mr|Mrs|Ms|Dr)\.?\s$", text[max(0, item.start - 5) : item.start]):
            found.votes[EntityType.PERSON] += 4
        words = item.surface.split()
        if 2 <= len(words) <= 3 and knowledge.is_given_name(words[0]) and not w.GENERIC & {word.casefold() for word in words}:
            found.votes[EntityType.PERSON] += 2
        locative = _LOCATIVE.search(text[max(0, item.start - 16) : item.start]) if len(words) == 1 else None
        if locative:
            found.votes[EntityType.PLACE] += 1
            weak = locative.group().split()[0].casefold() == "at"
            found.at, found.located = found.at or weak, found.located or not weak
        found.as_state += is_state(text, item)
        around = place_votes(text, item, last)
        if around:
            found.votes[EntityType.PLACE] += around
            found.located = True
        last = item
    called = called_places(text)
    for bucket in buckets.values():
        trade = None if bucket.roles else trade_of(text, bucket.longest, _top(bucket.votes))
        if trade is not None:
            bucket.votes[trade] += 2 + bucket.votes.total()
        if called & bucket.surfaces.keys() and not bucket.roles and _top(bucket.votes) in (EntityType.PERSON, EntityType.ORG):
            bucket.votes[EntityType.PLACE] += 2 + bucket.votes.total()
            bucket.located = True
    return list(buckets.values())


def _beside_surname(text: str, item: Candidate) -> bool:
    """Whether a full name stands beside its own surname, that of a relative: "Mwale and |Ann Mwale|"."""
    if item.type is not EntityType.PERSON or " " not in item.surface:
        return False
    last = re.escape(item.surface.split()[-1])
    return re.search(rf"(?<![\w-]){last} and (?:(?:his|her) \w+,? )?$", text[max(0, item.start - 60) : item.start]) is not None


def _one_role(before: str | None, own: str | None) -> str | None:
    """A role in front of a span and one inside it: "Deputy" "Prime Minister"; a page that says "Cllr Cllr" says it once."""
    if before and own and before.casefold().split()[-len(own.split()) :] == own.casefold().split():
        return before
    return " ".join(part for part in (before, own) if part) or None


def _bucket_key(surface: str) -> str:
    """Folded surface; an all-caps acronym does not meet a word of the same letters (US / us, WHO / Who)."""
    folded = knowledge.fold(surface)
    return f"{folded}^" if len(surface) <= 5 and surface.isupper() and not knowledge.is_country(surface) else folded


def _top(votes: Counter[EntityType]) -> EntityType:
    order = [
        EntityType.PERSON,
        EntityType.ORG,
        EntityType.PLACE,
        EntityType.GROUP,
        EntityType.EVENT,
        EntityType.WORK,
        EntityType.PRODUCT,
    ]
    return max(order, key=lambda kind: (votes[kind], -order.index(kind)))


def _decide(bucket: Group, countries: frozenset[str], spoken: frozenset[str], surnames: set[str]) -> None:
    """Set type and knowledge links of one bucket. `surnames` are the last words of the article's full-named persons.

    `countries` are named themselves or by their people, `spoken` also by their states and best-known cities.
    """
    surface = bucket.longest
    people = knowledge.people_of(surface)
    if people:
        bucket.type, bucket.people, bucket.key = EntityType.GROUP, people, f"people:{people[1]}"
        return
    kind = _top(bucket.votes)
    where = kind is EntityType.PLACE and (bucket.located or bucket.at or "," in surface)
    if surface in surnames and not (knowledge.is_place(surface) and (where or knowledge.is_country(surface))):
        # "Lipsky" read as a company, "Washington thanked": a surname of somebody in the article, unless something is "in" it.
        kind = EntityType.PERSON
    if kind is EntityType.PERSON and re.fullmatch(r"[A-Z]{3,5}", surface) and not bucket.roles and surface not in surnames:
        kind = EntityType.ORG  # "DAB"
    bucket.type = kind = _by_words(surface, kind)
    if kind is EntityType.PRODUCT:
        return
    place = knowledge.find_place(surface, countries)
    place = None if place is not None and elsewhere(place, spoken) else place
    if place is not None and place.kind == "city" and 2 * bucket.as_state > bucket.surfaces.total():
        place = next((each for each in knowledge.places_named(surface) if each.kind == "region"), place)
    organization = knowledge.find_organization(surface)
    if knowledge.is_country(surface) or _is_place(place, kind, surface in surnames or organization is not None):
        bucket.type, bucket.place, bucket.key = EntityType.PLACE, place, place.key if place else None
    elif organization is not None and _may_link(surface, organization, kind, bool(bucket.roles) or surface in surnames):
        bucket.type, bucket.organization, bucket.key = organization.type, organization, organization.key


def _by_words(surface: str, kind: EntityType) -> EntityType:
    """The type that the words of a name prove, whatever the model says; else `kind`."""
    words = surface.casefold().split()
    last = words[-1].strip(".,")
    if surface in knowledge.load().products:
        return EntityType.PRODUCT
    if len(words) < 2:
        if kind is EntityType.PLACE and re.search(r"(?:ology|ism)$", words[0]) and not knowledge.is_place(surface):
            return EntityType.ORG  # a belief or a field has followers, not inhabitants
        code = re.fullmatch(r"[A-Z]{1,5}-?\d+[A-Z]?", surface) and kind in (EntityType.PERSON, EntityType.PLACE)
        return EntityType.PRODUCT if code else kind
    if kind in (EntityType.PERSON, EntityType.PLACE, EntityType.ORG) and _is_team(surface, last, kind):
        return EntityType.ORG
    if last in w.EVENT_WORDS or words[0] in w.EVENT_HEADS:
        return EntityType.EVENT
    if last in w.WORK_WORDS:
        return EntityType.WORK
    if (words[0] in w.CRAFT_HEADS and surface.split(maxsplit=1)[0].isupper()) or words[:2] == ["space", "shuttle"]:
        return EntityType.PRODUCT
    if kind is EntityType.PERSON and len(words) == 2 and knowledge.is_given_name(words[0], places=True):
        # "Charlotte Church", "Danielle Steel"
        return kind
    if (
        kind is EntityType.PLACE
        and last in ("post", "times", "journal", "police", "league")
        and words[0] not in ("the", "border")
    ):
        return EntityType.ORG
    if last in w.SOFT_ORG_WORDS or (last in w.COMPANY_WORDS and kind is EntityType.PERSON):
        return EntityType.ORG if kind is EntityType.PERSON else kind
    if last in w.PAPER_WORDS and kind in (EntityType.PERSON, EntityType.PLACE):
        return EntityType.ORG
    if last in w.ORG_WORDS or (words[0] in w.ORG_WORDS and words[1] in ("of", "for", "on")):
        return kind if kind in (EntityType.EVENT, EntityType.WORK) else EntityType.ORG
    if kind is EntityType.ORG and last in w.LANDSCAPE and not (w.ORG_WORDS & set(words) or knowledge.find_organization(surface)):
        return EntityType.PLACE
    return EntityType.PLACE if last in w.PLACE_WORDS and kind is EntityType.PERSON else kind


def _is_team(surface: str, last: str, kind: EntityType) -> bool:
    """Whether a name is a sports club's: a city or region and "United", or a plural nickname ("Chicago Bulls")."""
    front = surface.rpartition(" ")[0]
    if not knowledge.is_place(front) or knowledge.is_place(surface):
        return False
    if last in w.TEAM_WORDS:
        return True
    if kind is EntityType.PERSON and knowledge.is_given_name(front, places=True):
        return False  # "Austin Reaves"
    return last.endswith("s") and len(last) > 3 and last not in w.PLACE_WORDS | w.EVENT_WORDS | w.GENERIC


def _is_place(place: knowledge.Place | None, kind: EntityType, other: bool) -> bool:
    """Whether a name that the knowledge file has as a place is one here; `other` says it is somebody else's name, too."""
    if place is None:
        return False
    if kind is EntityType.PLACE:
        return True
    if other:
        return False
    if place.kind == "city":
        return kind in (EntityType.ORG, EntityType.PERSON) and place.population > 500_000
    return place.kind == "area" or kind is not EntityType.PERSON or (place.kind == "region" and " " in place.name)


def _may_link(surface: str, organization: knowledge.Organization, kind: EntityType, person: bool) -> bool:
    """Whether a surface names this organization: well-known ones always, companies when the model saw an organization."""
    if organization.tickers and knowledge.fold(surface) in knowledge.AMBIGUOUS_COMPANIES:
        return False
    whole = " " in surface  # "Morgan Stanley", "Wells Fargo": a company's full name, unless somebody is called so
    if kind is EntityType.PERSON and (person or (organization.key.startswith("ticker:") and not whole)):
        return False
    return not organization.tickers or kind is EntityType.ORG or (kind is EntityType.PERSON and whole)


def _name(item: Group) -> str:
    """The canonical name: the knowledge file's, else the fullest spelling without legal suffix, title or shouting."""
    if item.people is not None:
        return item.people[0]
    if item.place is not None:
        return item.place.name
    if item.organization is not None:
        return item.organization.name
    name = " ".join((item.best if item.type is EntityType.PERSON else item.longest).split())
    if item.type is EntityType.ORG:
        name = knowledge.strip_legal(name)
    if name.isupper() and len(name) > 6 and " " in name:
        name = " ".join(word.title() if len(word) > 3 else word for word in name.split())
    return name
