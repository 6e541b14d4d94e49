"""What the words around a name say of its being a place, and places that stand where agencies put them. Pure."""

import re
from collections.abc import Iterator, Sequence

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_joins import Group
from tasks.entity_spans import NAME, Candidate

# "JAKARTA (Reuters) -", "KISUMU, Kenya —", "SAN JOSE, Calif., Jan. 5 (AP) --"
_CAPITALS = r"[A-Z][A-Z.'’]+(?:[ -][A-Z][A-Z.'’]+){0,3}"
_DATELINE = re.compile(
    rf"(?:\([A-Z][A-Za-z]{{1,8}}\)\s)?({_CAPITALS})((?:,\s[A-Z][\w.]+(?:\s[A-Z][\w.]+)?){{0,2}})(?:,?\s[A-Z][a-z]{{2,8}}\.?\s\d{{1,2}})?"
    r"\s?(\([A-Z][^()\n]{1,30}\))?\s?(?:--|[-–—])\s"
)
_KINDS = (
    r"(?:cit(?:y|ies)|towns?|villages?|provinces?|districts?|regions?|prefectures?|governorates?|municipalit(?:y|ies)|suburbs?|"
    r"neighbou?rhoods?|townships?|oblasts?|count(?:y|ies)|islands?|settlements?|hamlets?)"
)
_NAMES = rf"({NAME}(?:\s{NAME})?)"
_OF_KIND = re.compile(rf"\b(?:{_KINDS}|capital|port|slum|peninsula|enclave) of {_NAMES}")
_IS_KIND = re.compile(rf"\b(?:capital|{_KINDS}), {_NAMES},")
_THEN_KIND = re.compile(
    rf"{_NAMES},?\s(?:(?:{_KINDS}|peninsula|airport|slum|refugee camp|border(?! patrol| guard| polic))\b"
    r"|state(?=[,.]|\s(?:in|on|and|governor|capital|where|police|government|assembly)\b))"
)
_BEHIND = re.compile(r",\s([A-Z][\w.]+(?:\s[A-Z][\w.]+)?)")
_INSIDE = re.compile(r"(?:^|(\w+)\s)(?:in|near|outside|throughout)\s$", re.IGNORECASE)


def datelines(text: str, lines: list[tuple[int, int, bool]]) -> Iterator[Candidate]:
    """Places in capitals at the front of a report. One that is not known needs a country or an agency behind it."""
    for start, end, _ in lines:
        match = _DATELINE.match(text, start, min(end, start + 120))
        if match is None:
            continue
        name, behind = match.group(1), match.group(2).rpartition(", ")[2]
        written = " ".join(word.title() for word in name.split())
        near = bool(behind) and (knowledge.is_place(behind) or behind in knowledge.STATE_SHORT)
        if (near or match.group(3) or knowledge.is_place(written)) and knowledge.find_organization(name) is None:
            yield Candidate(match.start(1), match.end(1), EntityType.PLACE, name)


def called_places(text: str) -> frozenset[str]:
    """Names that the text itself calls a place: "the Tarnow region", "the town of Tarnow", "the capital, Tarnow,"."""
    found = (match.group(1) for pattern in (_OF_KIND, _IS_KIND, _THEN_KIND) for match in pattern.finditer(text))
    # "The Barron lake", "France's Picardy region": only what comes last is the place
    cut = (re.split(r"['’]s\s", name)[-1].split() for name in found)
    return frozenset(" ".join(words[1:] if words[0].casefold() in w.SENTENCE_WORDS else words) for words in cut) - {""}


def place_votes(text: str, item: Candidate, before: Candidate | None) -> int:
    """How much the words around a name that is taken for a person speak for a place: "in Tarnow", "Ann Lee of Tarnow".

    `before` is the candidate in front of it.
    """
    if item.type is not EntityType.PERSON or " " in item.surface or item.role or item.surface.isupper():
        return 0
    if text[item.end : item.end + 1] in ("'", "’"):
        return 0
    if before is not None and before.type is EntityType.PERSON and text[before.end : item.start] == " of ":
        return 3 if " " in before.surface else 0
    inside = _INSIDE.search(text[max(0, item.start - 40) : item.start])
    trusted = inside is not None and (inside.group(1) or "").casefold() in w.TRUST_WORDS
    return 3 if inside is not None and not trusted and not knowledge.is_given_name(item.surface, places=True) else 0


def place_regions(text: str, groups: Sequence[Group]) -> None:
    """Gives a place that the knowledge file lacks the key of the state or country behind its name.

    "Arlington, Va." is not "Arlington, Tex."; one that is called both in an article gets none.
    """
    for item in groups:
        if item.type is not EntityType.PLACE or item.key is not None:
            continue
        found: set[str] = set()
        for surface in item.surfaces:
            for match in re.finditer(rf"(?<!\w){re.escape(surface)}(?={_BEHIND.pattern})", text):
                found.add(_region(match.group(1)))
        found.discard("")
        if len(found) == 1:
            item.key = f"place:{found.pop()}:{knowledge.fold(item.longest)}"


def _region(behind: str) -> str:
    """The key of the state or country that a name begins with; "" where it is neither."""
    for name in (behind, behind.split(maxsplit=1)[0], behind.split(maxsplit=1)[0].rstrip(".")):
        keys = {place.key for place in knowledge.places_named(name) if place.kind in ("region", "country")}
        if len(keys) == 1:
            return keys.pop()
    return ""
