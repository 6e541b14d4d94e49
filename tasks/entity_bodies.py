"""Bodies that every country has ("Foreign Ministry", "Supreme Court"): one each a country, never one for all. Pure.

The country is read from the name itself ("U.S. Agriculture Department"), else from the words right before it ("China's
Foreign Ministry"), else it is the only country of the article. A body whose country is unknown stays with its story.
"""

import re
from collections.abc import Sequence

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_joins import Group

_OWNER = re.compile(r"((?:[A-Z][\w.]*\s)?[A-Z][\w.]*?)(?:['’]s?)?\s(?:the\s)?(?:[a-z]+\s)?$")
# There are many of these in one country: without a place or a chamber in the name, nothing says which one is meant.
_MANY = frozenset(
    {"district", "circuit", "county", "crown", "magistrates", "appeals", "appeal", "police", "council"}
    | {"committee", "subcommittee", "panel", "chamber"}
)
_CHAMBERS = frozenset({"senate", "house", "commons", "lords", "congress", "congressional", "parliament", "parliamentary"})
_CHAMBER_BEFORE = re.compile(r"\b(Senate|House|Commons|Lords)(?:['’]s?)?\s(?:[a-z]+\s)?$")
_LINKS = frozenset({"of", "the", "for", "and", "affairs", "on", "at", "s"})
# Known bodies whose name alone means those of one country, as long as the text names no other.
_HOME = {
    "supreme court": "US",
    "senate": "US",
    "congress": "US",
    "house of representatives": "US",
    "state department": "US",
    "department of justice": "US",
    "department of defense": "US",
    "department of homeland security": "US",
    "house of commons": "GB",
    "house of lords": "GB",
    "labour party": "GB",
    "conservative party": "GB",
    "democratic party": "US",
    "republican party": "US",
}


def is_common_body(name: str) -> bool:
    """Whether all words of a name are words of offices and courts: "Ministry of Finance", "District Court", "Treasury"."""
    words = [word for word in knowledge.fold(_split(name)[1]).split() if word not in _LINKS]
    return bool(words) and all(word in w.BODY_WORDS for word in words) and any(word in w.BODY_HEADS for word in words)


def place_bodies(text: str, groups: Sequence[Group]) -> None:
    """Gives such bodies the key of their country's, where that is known; a known body of another country loses its link."""
    countries = _countries(groups)
    for item in groups:
        if item.type is not EntityType.ORG or not (is_common_body(item.longest) or _home(item)):
            continue
        owner = _owner(text, item)
        home = _home(item)
        if home is not None and _of_state(text, item):
            item.key, item.organization = None, None
            continue
        if home is not None and owner in (None, home):
            continue
        if owner is None and len(countries) == 1:
            owner = next(iter(countries))
        if owner is None and "department" in knowledge.fold(item.longest).split() and "US" in countries:
            owner = "US"
        rest = _split(item.longest)[1]
        words = set(knowledge.fold(rest).split())
        if owner is None and words & _CHAMBERS and "US" in countries and words & {"senate", "house"}:
            owner = "US"
        if "chamber" in words:  # of commerce: a country's only where its own name says so
            owner = next((code for surface in item.surfaces if (code := _split(surface)[0]) is not None), None)
        elif words & _MANY and not words & _CHAMBERS:
            chamber = _chamber(text, item)
            owner, rest = (owner or ("US" if "US" in countries else None), f"{chamber} {rest}") if chamber else (None, rest)
        known = knowledge.find_organization(rest)
        if known is not None and owner == _HOME.get(knowledge.fold(known.name)):
            item.key, item.organization = known.key, known
        elif owner is not None:
            item.key, item.organization, item.body = f"body:{owner}:{_essence(rest)}", None, owner
        else:
            item.key, item.organization = None, None


def _chamber(text: str, item: Group) -> str | None:
    """The house right before a committee's name, where it is always the same: "the Senate's |Judiciary Committee|".

    The committee that is named first without one may be the other house's.
    """
    found: dict[int, str | None] = {}
    for surface in item.surfaces:
        for place in list(re.finditer(re.escape(surface), text))[:5]:
            before = _CHAMBER_BEFORE.search(text[max(0, place.start() - 30) : place.start()])
            found[place.start()] = before.group(1) if before else None
    named = set(found.values()) - {None}
    return next(iter(named)) if len(named) == 1 and found[min(found)] is not None else None


def _of_state(text: str, item: Group) -> bool:
    """Whether it is as a rule a state's: "the state Supreme Court"."""
    places = [place.start() for surface in item.surfaces for place in list(re.finditer(re.escape(surface), text))[:5]]
    return 2 * sum(re.search(r"\b[Ss]tate(?:['’]s)?\s$", text[max(0, at - 9) : at]) is not None for at in places) > len(places)


def _home(item: Group) -> str | None:
    return _HOME.get(knowledge.fold(item.organization.name)) if item.organization is not None else None


def _essence(name: str) -> str:
    """ "Ministry of Foreign Affairs" and "Foreign Ministry" are one."""
    return " ".join(sorted({word for word in knowledge.fold(name).split() if word not in _LINKS}))


def _split(name: str) -> tuple[str | None, str]:
    """(country or people at the front of a name, the rest): "South Korean Defense Ministry"."""
    words = name.removeprefix("the ").split()
    for size in (2, 1):
        front, rest = re.sub(r"['’]s?$", "", " ".join(words[:size])), " ".join(words[size:])
        if rest and _code(front) is not None:
            return _code(front), rest
    return None, " ".join(words)


def _code(name: str) -> str | None:
    """The ISO code of a country's or people's name."""
    people = knowledge.people_of(name)
    if people is not None:
        return people[1]
    place = knowledge.find_place(name) if knowledge.is_country(name) else None
    return place.country if place is not None and place.country else None


def _owner(text: str, item: Group) -> str | None:
    for surface in sorted(item.surfaces, key=lambda each: (-len(each), each)):
        code = _split(surface)[0]
        if code is not None:
            return code
        for found in list(re.finditer(re.escape(surface), text))[:5]:
            before = _OWNER.search(text[max(0, found.start() - 40) : found.start()])
            if before is not None:
                words = before.group(1).split()
                code = _code(" ".join(words)) or _code(words[-1])
                if code is not None:
                    return code
    return None


def _countries(groups: Sequence[Group]) -> set[str]:
    found = {item.people[1] for item in groups if item.people is not None}
    found |= {item.place.country for item in groups if item.place is not None and item.place.country}
    return {code.split("-")[0] for code in found if len(code.split("-")[0]) == 2}
