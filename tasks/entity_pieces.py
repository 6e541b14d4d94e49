"""Where one span of the model holds several names: "US-China", "China's Foreign Ministry", "Ann Lee for Harbour Watch". Pure."""

import re
from collections.abc import Iterator

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge

# "the Refugee Council |Enver Solomon|": a person's name at the end of an organization's
_PERSON_AFTER = re.compile(
    r"(?<=\w\w)\s(?<!\bof\s)(?<!\bfor\s)(?<!\band\s)(?<!\bthe\s)([A-Z][a-z]+)\s[A-Z][a-z]+(?:-[A-Z]?[a-z]+)?$"
)
# parts of "Amro, Algemene Bank Nederland NV"; the comma of "Tesla, Inc." stays
_LISTED = re.compile(rf"(?:[^,]|,(?=\s*(?:{knowledge.LEGAL_FORMS})\b))+", re.IGNORECASE)
_PARTY_HOUSE = re.compile(
    r"(?:the )?(?:Republican|Democratic|Democrat|GOP|Conservative|Labou?r|Liberal|Tory)(?:[- ](?:led|controlled|run))? "
    r"(House|Senate|Congress|Assembly|Legislature|Parliament|Cabinet)"
)
# "Ann Lee| for |Harbour Watch": a person whom the model took together with the body that is spoken for
_SPEAKS_FOR = re.compile(r"([A-Z][a-z]+) (?:[A-Z]\. )?([A-Z][\w’'-]+) (?:for|from|with|of(?= [A-Z]{3,6}$)) (?=[A-Z])")
_BODYS_PERSON = re.compile(r"(?:the )?(?:[A-Z][\w.’'-]* ){1,4}([A-Z]\w+)['’]s? ([A-Z][\w-]+) [A-Z][\w’'-]+")


def pieces(text: str, start: int, end: int, kind: EntityType) -> Iterator[tuple[int, int]]:
    """Parts of a span that are names of their own: at line breaks, brackets, "US-China", "China's Foreign Ministry"."""
    surface = text[start:end]
    for match in re.finditer(r"[^\n()\[\]]+" if kind is not EntityType.WORK else r"[^\n]+", surface):
        a, b = start + match.start(), start + match.end()
        part = match.group()
        part, a = _of_place(part, a)
        both = part.split(" and ")
        if len(both) == 2 and all(knowledge.find_organization(name) for name in both) and not knowledge.find_organization(part):
            yield from ((a, a + len(both[0])), (b - len(both[1]), b))
            continue
        halves = re.split(r"\s?[-–—/]\s?", part)
        if len(halves) > 1 and all(knowledge.is_country(half) or knowledge.people_of(half) for half in halves):
            yield from ((a + piece.start(), a + piece.end()) for piece in re.finditer(r"[^-–—/]+", part))
            continue
        owner = re.match(r"(?:the )?([A-Z][\w.]*(?: [A-Z][\w.]*)?)['’]s? (?=[A-Z])", part)
        if owner and (
            kind is EntityType.PERSON
            or knowledge.is_place(owner.group(1))
            or knowledge.find_organization(owner.group(1))
            or knowledge.is_given_name(part[owner.end() :].split()[0])
            or (" " in owner.group(1) and knowledge.is_given_name(owner.group(1).split()[0]))
            or (kind is EntityType.ORG and _owns(owner.group(1)))
        ):
            yield a, a + owner.end(1)
            yield a + owner.end(), b
        elif kind is not EntityType.PLACE and (person := _person_in(part)) is not None:
            yield a, a + person[0]
            yield a + person[1], b
        elif kind is EntityType.ORG and (house := _house_of_party(part)) is not None:
            yield a, a + house
            yield a + house, b
        elif kind in (EntityType.ORG, EntityType.PERSON) and (seat := _seat_behind(part)) is not None:
            yield a + seat, b
        elif kind is EntityType.ORG and ", " in part and not re.search(r" (?:of|for|and|&) ", part):
            yield from ((a + piece.start(), a + piece.end()) for piece in _LISTED.finditer(part))
        elif kind is EntityType.ORG and (named := _person_after(part)) is not None:
            yield a, a + named.start()
            yield a + named.start(1), b
        elif kind is EntityType.PERSON and re.search(r",| and | & ", part):
            yield from (
                (a + piece.start(1), a + piece.end(1))
                for piece in re.finditer(r"(?:^|, and |,| and | & )(.+?)(?=$|,| and | & )", part)
            )
        else:
            yield a, b


def _owns(owner: str) -> bool:
    """Whether two words before "'s" name an owner, not whom a body is for: "Red Hen's Facebook", "Boston Children's Hospital"."""
    first, _, last = owner.casefold().partition(" ")
    return bool(last) and last not in w.BODY_IS_FOR and first.strip(".") not in ("st", "saint")


def _person_in(part: str) -> tuple[int, int] | None:
    """Where a person and whom he speaks for part: "Ann Lee| for |Harbour Watch", "Harbour Watch Party|'s |Ann Lee"."""
    match = _SPEAKS_FOR.match(part)
    if match and knowledge.is_given_name(match.group(1)) and match.group(2).casefold() not in w.GENERIC | w.SOFT_ORG_WORDS:
        return match.end(2), match.end()
    match = _BODYS_PERSON.fullmatch(part)
    if match and match.group(1).casefold() in w.ORG_WORDS and knowledge.is_given_name(match.group(2), places=True):
        return match.end(1), match.start(2)
    return None


def _house_of_party(part: str) -> int | None:
    """Where the house begins behind the party that holds it: "Republican |House|"; every country and state has one."""
    match = _PARTY_HOUSE.fullmatch(part)
    return match.start(1) if match else None


def _seat_behind(part: str) -> int | None:
    """Where the seat of power begins behind a name that only says whose it is: "Trump |White House"."""
    first, _, rest = part.partition(" ")
    known = knowledge.find_organization(rest) if rest and not knowledge.people_of(first) else None
    return len(first) + 1 if known is not None and known.seat and first[:1].isupper() else None


def _of_place(part: str, start: int) -> tuple[str, int]:
    """A span without what only says the kind of place: "State of Texas" -> "Texas", "North and South Korea" -> "South Korea"."""
    match = re.match(
        r"(?:the )?(?:State|City|Province|Commonwealth|Kingdom|County) of |(?:North|East) and (?=(?:South|West) )", part
    )
    if match and knowledge.is_place(part[match.end() :]) and not knowledge.is_place(part):
        return part[match.end() :], start + match.end()
    return part, start


def _person_after(part: str) -> re.Match[str] | None:
    """A given name and another word at the end of an organization that is complete without them."""
    named = _PERSON_AFTER.search(part)
    if named is None or not knowledge.is_given_name(named.group(1)):
        return None
    before = part[: named.start()].casefold().split()
    return named if len(before) > 1 and before[-1] in w.ORG_WORDS | {"relations", "affairs", "rights"} else None
