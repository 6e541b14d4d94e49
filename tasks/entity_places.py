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
_STATE_BEHIND = re.compile(
    r"\s(?:Gov(?:ernor\b|\.)|Sens?(?:ators?\b|\.)|Reps?(?:resentatives?\b|\.)|[Aa]ttorneys? [Gg]eneral\b|state\b|"
    r"Congress(?:man|woman)|(?:Democratic|Republican) (?:Gov|Sen|Rep))"
)
# "Rep. Ann Tully, |Washington| Republican"
_MEMBER_BEHIND = re.compile(r"\s(?:Republican|Democrat|Independent)\b")
_STATE_BEFORE = re.compile(
    r"(?:\b(?:Sens?|Reps?|Gov|Senators?|Representatives?|Governor|Congress(?:man|woman))\.?\s[A-Z][\w.'’]+(?:\s[A-Z][\w.'’]+){0,2}"
    r"(?:\s\([RDI]\))?,?\s(?:of|from)|\b[Ss]tate of|\battorneys general of)\s$"
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


def is_state(text: str, item: Candidate) -> bool:
    """Whether the words around a place speak of a state with a city of its name: "New York Gov. …", "Rep. … of New York"."""
    before = text[max(0, item.start - 2) : item.start]
    behind = _STATE_BEHIND.match(text, item.end) or (before == ", " and _MEMBER_BEHIND.match(text, item.end))
    return bool(behind) or _STATE_BEFORE.search(text[max(0, item.start - 60) : item.start]) is not None


def elsewhere(place: knowledge.Place, spoken: frozenset[str]) -> bool:
    """Whether a city of the file is too small to be meant in an article that speaks of other countries only: "St. Petersburg"
    beside Moscow is not the one in Florida. `spoken` are the ISO codes of the countries spoken of."""
    small = place.kind == "city" and not place.well_known and place.population < 1_000_000
    return small and bool(spoken) and place.country not in spoken


def place_regions(text: str, groups: Sequence[Group]) -> None:
    """Gives a place that the knowledge file lacks, or has in another state, the key of the state or country behind its name.

    "Arlington, Va." is not "Arlington, Tex."; one that is called both in an article gets none.
    """
    for item in groups:
        if item.type is not EntityType.PLACE or (item.key is not None and (item.place is None or item.place.kind != "city")):
            continue
        found: dict[str, knowledge.Place] = {}
        for surface in item.surfaces:
            for match in re.finditer(rf"(?<!\w){re.escape(surface)}(?={_BEHIND.pattern})", text):
                region = _region(match.group(1))
                found |= {region.key: region} if region else {}
        regions = list(found.values())
        if len(regions) == 1 and not (item.place and _inside(item.place, regions[0])):
            item.key, item.place = f"place:{regions[0].key}:{knowledge.fold(item.longest)}", None


def _inside(city: knowledge.Place, region: knowledge.Place) -> bool:
    """Whether a city lies in a state or country, as far as the file says."""
    if region.kind == "country" or city.iso_code is None or region.country != city.country:
        return city.country == region.country
    return city.iso_code == region.iso_code or not (region.iso_code or "").startswith("US-")


def _region(behind: str) -> knowledge.Place | None:
    """The state or country that a name begins with: "Virginia", "Va.", "VA"."""
    first = behind.split(maxsplit=1)[0]
    for name in (behind, first, first.rstrip("."), f"{first}."):
        places = {place.key: place for place in knowledge.places_named(name) if place.kind in ("region", "country")}
        if len(places) == 1:
            return next(iter(places.values()))
    return knowledge.load().territories.get(f"US-{first}") if len(first) == 2 else None
