"""What an article says of a person that tells people of one name apart: walk of life, nation, age, company. Pure.

Two people of one name are kept apart only when what is said of them contradicts itself; a walk of life is read from
the words beside the name ("Kenyan runner John Mwale", "John Mwale, a minister"), never guessed from the subject.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from schemas.entity_records import FoundEntity, FoundMention
from schemas.reasons import EntityType
from tasks import knowledge
from tasks.entity_joins import middle_initials, name_parts
from tasks.entity_words import OFFICES, WALK_OF_LIFE

Clues = frozenset[str]

# From this sum on, what is said of two people of one name cannot be said of one.
APART = 2
# Walks of life that one person may well share or change between: no contradiction.
_RELATED = frozenset(
    frozenset((first, second))
    for first, others in {
        "politics": ("law", "business", "military", "police", "media", "science", "academic"),
        "business": ("law", "media", "science", "medicine", "academic"),
        "media": ("arts", "sport", "academic"),
        "science": ("medicine", "academic"),
        "academic": ("law", "arts", "medicine", "religion"),
        "police": ("law", "military"),
        "management": ("business", "sport", "media", "arts", "science", "academic", "medicine"),
    }.items()
    for second in others
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+|[,.;:()—–-]")
_AGE_AFTER = re.compile(
    r"\s?(?:,|\()\s?(?:aged\s)?(\d{1,3})(?=[,.;)]|\s(?:and|of|from|who)\b)|,\s(?:a|an|the)\s(\d{1,3})[- ]year[- ]old\b"
)
_AGE_BEFORE = re.compile(r"\b(\d{1,3})[- ]year[- ]old\s(?:[\w-]+\s){0,4}$")
_APPOSITION = re.compile(
    r"(?:,|\s\()\s?(?:aged\s)?(?:\d{1,3},\s)?(?:(?:a|an|the|its|his|her|their|who is|who was|then|former)\s)*"
)
# A post in a firm that nobody holds beside an office of state; chief executives are not here: they become ministers.
_MANAGEMENT = r"(?:(?:senior|executive|group|regional|assistant|corporate)\s(?:vice[-\s]president|VP)|general\smanager)"
_MANAGES = re.compile(rf"(?:[\w-]+\s){{0,2}}{_MANAGEMENT}\b", re.IGNORECASE)
_MANAGER_BEFORE = re.compile(rf"\b{_MANAGEMENT}\s$", re.IGNORECASE)
_STOP = frozenset(".;:()—–,")


def person_clues(
    text: str, entities: Sequence[FoundEntity], mentions: Sequence[FoundMention], published_at: datetime | None
) -> dict[int, tuple[str, ...]]:
    """The clues to each person, by index of the entity. Without a date, ages say nothing."""
    people = [index for index, item in enumerate(entities) if item.type is EntityType.PERSON]
    if not people:
        return {}
    scene = [f"scene:{code}" for code in _countries(entities)]
    company = [(index, f"with:{' '.join(name_parts(entities[index].name))}") for index in _main(entities, people)]
    found: dict[int, set[str]] = {index: set() for index in people}
    for mention in mentions:
        if mention.entity in found:
            found[mention.entity].update(_beside(text, mention, published_at))
    for index in people:
        found[index].update(f"middle:{between}" for between in _middles(entities[index]))
    for index in people:
        found[index].update(f"office:{office}" for office in (office_of(entities[index].description),) if office)
    year = [f"year:{published_at.year}"] if published_at else []
    return {
        index: tuple(sorted({*own, *scene, *year, *[clue for other, clue in company if other != index][:4]}))
        for index, own in found.items()
    }


def office_of(role: str | None) -> str | None:
    """The office of state that a role is, held or once held: "former President" -> "president"."""
    words = (role or "").casefold().removeprefix("former ").removeprefix("acting ")
    return words if words in OFFICES else None


def contradiction(here: Iterable[str], known: Iterable[str], same_story: bool) -> int:
    """How much speaks against two people of one name being one: `APART` and more is a contradiction, below 0 agreement."""
    mine, theirs = _by_kind(here), _by_kind(known)
    if mine and theirs and _unproven(mine, theirs, same_story):
        return APART
    if not any(kind in mine and kind in theirs for kind in ("field", "nation", "born", "scene", "year", "with", "middle")):
        return -3 if same_story else 0
    against = -3 if same_story else 0
    if mine.get("with", set()) & theirs.get("with", set()):
        against -= 3
    against += _middle(mine.get("middle", set()), theirs.get("middle", set()))
    against += _born(mine.get("born", set()), theirs.get("born", set()))
    against += _field(mine.get("field", set()), theirs.get("field", set()))
    nations, scenes = (mine.get("nation"), theirs.get("nation")), (mine.get("scene"), theirs.get("scene"))
    if nations[0] and nations[1] and not nations[0] & nations[1]:
        against += 3
    if scenes[0] and scenes[1] and not scenes[0] & scenes[1]:
        against += 1
    return against + _years(mine.get("year", set()), theirs.get("year", set()))


def _by_kind(clues: Iterable[str]) -> dict[str, set[str]]:
    sorted_out: dict[str, set[str]] = {}
    for clue in clues:
        kind, _, value = clue.partition(":")
        sorted_out.setdefault(kind, set()).add(value)
    return sorted_out


def _middles(item: FoundEntity) -> set[str]:
    """What stands between given and family name wherever the full name is written: initials, or "-" for nothing."""
    full = [parts for parts in map(name_parts, (item.name, *item.aliases)) if len(parts) > 1]
    ends = name_parts(item.name)[:: max(1, len(name_parts(item.name)) - 1)]
    return {middle_initials(parts) or "-" for parts in full if [parts[0], parts[-1]] == ends}


def _unproven(mine: dict[str, set[str]], theirs: dict[str, set[str]], same_story: bool) -> bool:
    """Whether an initial that only one side writes is all there is: "John F. Kennedy" and a senator "John Kennedy".

    An article that writes both forms proves that they are one; so do the same story and two more people in common. One
    is not enough: half of all articles name the president of the day.
    """
    if same_story or len(mine.get("with", set()) & theirs.get("with", set())) > 1:
        return False
    forms = mine.get("middle", {"-"}), theirs.get("middle", {"-"})
    return not forms[0] & forms[1] and any(each == {"-"} for each in forms)


def _middle(mine: set[str], theirs: set[str]) -> int:
    """ "George W." and "George H. W." are two people, "Donald J." and "Donald" are not."""
    mine, theirs = mine - {"-"}, theirs - {"-"}
    if not mine or not theirs:
        return 0
    return 0 if any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs) else 6


def _born(mine: set[str], theirs: set[str]) -> int:
    """Ages tell best: a year of birth more than two years off is another person."""
    if not mine or not theirs:
        return 0
    apart = min(abs(int(a) - int(b)) for a in mine for b in theirs)
    return -3 if apart <= 1 else (0 if apart == 2 else 6)


def _field(mine: set[str], theirs: set[str]) -> int:
    if not mine or not theirs:
        return 0
    if mine & theirs:
        return -1
    for one, other in ((mine, theirs), (theirs, mine)):
        # whatever else many articles have said of the politician
        if "management" in one and "politics" in other:
            return 3
    return 0 if any(frozenset((a, b)) in _RELATED for a in mine for b in theirs) else 3


def _years(mine: set[str], theirs: set[str]) -> int:
    """A namesake of another generation: nobody is in the news, unmentioned in between, for more than 30 years."""
    if not mine or not theirs:
        return 0
    return 2 if min(abs(int(a) - int(b)) for a in mine for b in theirs) > 30 else 0


def _beside(text: str, mention: FoundMention, published_at: datetime | None) -> Iterable[str]:
    before = text[max(0, mention.start - 70) : mention.start].rpartition("\n")[2]
    after = text[mention.end : mention.end + 90].partition("\n")[0]
    age = _AGE_AFTER.match(after) or _AGE_BEFORE.search(before)
    if age is not None and published_at is not None:
        years = int(next(group for group in age.groups() if group))
        if 5 <= years <= 110:
            yield f"born:{published_at.year - years}"
    yield from ["field:management"] if _MANAGER_BEFORE.search(before) else _title_clues(before)
    opened = _APPOSITION.match(after)
    if opened and opened.end() and "," in opened.group() + "(":
        behind = after[opened.end() :]
        yield from ["field:management"] if _MANAGES.match(behind) else _apposition_clues(behind)


def _title_clues(before: str) -> Iterable[str]:
    """Field and nation in the words that lead up to a name: "the former Kenyan runner |"."""
    words = [match.group() for match in _WORD.finditer(before)]
    if not before.endswith(" "):
        return
    for distance, word in enumerate(reversed(words[-5:])):
        if word in _STOP:
            break
        field = WALK_OF_LIFE.get(word.casefold()) or WALK_OF_LIFE.get(word.casefold().removesuffix("s"))
        people = knowledge.people_of(word) if word[:1].isupper() else None
        if field and distance <= 1:
            yield f"field:{field}"
        elif people:
            yield f"nation:{people[1]}"
        elif distance >= 3:
            break


def _apposition_clues(after: str) -> Iterable[str]:
    """Field and nation in an apposition: "|, a 34-year-old Kenyan long-distance runner"."""
    for distance, match in enumerate(_WORD.finditer(after)):
        word = match.group()
        if word in _STOP or distance > 6 or word.casefold() in ("who", "said", "says", "and", "was", "is", "told", "has", "of"):
            break
        people = knowledge.people_of(word) if word[:1].isupper() else None
        if people:
            yield f"nation:{people[1]}"
        field = WALK_OF_LIFE.get(word.casefold()) or WALK_OF_LIFE.get(word.casefold().rpartition("-")[2])
        if field:
            yield f"field:{field}"
            break


def _countries(entities: Sequence[FoundEntity]) -> list[str]:
    """The countries of an article, the most mentioned first, three at most; peoples count as well."""
    counts: dict[str, int] = {}
    for item in entities:
        code = item.iso_code or ""
        if item.knowledge_id and item.knowledge_id.startswith("people:"):
            code = item.knowledge_id.partition(":")[2]
        elif item.type is EntityType.PLACE and not code:
            places = knowledge.places_named(item.name)
            code = next((place.country for place in places if place.key == item.knowledge_id), "")
        if len(code.split("-")[0]) == 2:
            counts[code.split("-")[0]] = counts.get(code.split("-")[0], 0) + item.count
    return sorted(counts, key=lambda code: (-counts[code], code))[:3]


def _main(entities: Sequence[FoundEntity], people: Sequence[int]) -> list[int]:
    """The people with full names, the most mentioned first, five at most."""
    full = [index for index in people if len(name_parts(entities[index].name)) > 1]
    return sorted(full, key=lambda index: (-entities[index].count, index))[:5]
