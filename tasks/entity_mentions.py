"""Read the whole text again for every alias of every entity: exact mentions, longest first. Pure."""

import re
from dataclasses import dataclass

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_joins import Group, name_parts

_SHOUTED = (EntityType.PERSON, EntityType.PLACE, EntityType.ORG)


@dataclass(frozen=True, slots=True)
class Span:
    """A mention of `groups[entity]`."""

    entity: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it is read: its tokens, whether it is prose or all capitals, the words the article writes small."""

    text: str
    tokens: list[re.Match[str]]
    prose: bool
    shouting: bool
    lower_words: frozenset[str]


def find_mentions(text: str, groups: list[Group], lines: list[tuple[int, int, bool]], seen: set[tuple[int, int]]) -> list[Span]:
    """Every mention of the groups, non-overlapping, in order. `seen` are the offsets the candidates stood at."""
    aliases = _aliases(groups)
    longest = max((len(w.TOKEN.findall(alias)) for alias in aliases), default=0)
    lower_words = frozenset(re.findall(r"\b[a-z]{2,}\b", text))
    spans: list[Span] = []
    for start, end, prose in lines:
        line = _Line(text, list(w.TOKEN.finditer(text, start, end)), prose, text[start:end].isupper(), lower_words)
        position = 0
        while position < len(line.tokens):
            owner, size, stop = _longest(line, position, aliases, longest)
            begin = line.tokens[position].start()
            if size and ((begin, stop) in seen or _fits(line, position, size, groups[owner])):
                spans.append(Span(owner, begin, stop))
                position += size
            else:
                position += 1
    return spans


def _aliases(groups: list[Group]) -> dict[str, int]:
    """Spelling -> index of its owner; the first entity wins a spelling that two have."""
    aliases: dict[str, int] = {}
    for index, item in enumerate(groups):
        for surface in sorted(item.surfaces, key=lambda each: (-len(each), each)):
            aliases.setdefault(" ".join(surface.split()), index)
    for index, item in enumerate(groups):
        for surface in _derived(item):
            aliases.setdefault(surface, index)
    return aliases


def _derived(item: Group) -> list[str]:
    """Spellings that follow from a name: surname, name without middle initial, name without legal suffix, capitals."""
    made: list[str] = []
    if item.type is EntityType.PERSON:
        made.extend(_person_forms(item.longest))
    elif item.type is EntityType.ORG:
        bare = knowledge.strip_legal(item.longest)
        if bare != item.longest and len(bare) > 3:
            made.append(bare)
    elif item.type is EntityType.PRODUCT and item.longest.split()[0].casefold() in w.CRAFT_HEADS:
        made.extend(rest for rest in (item.longest.partition(" ")[2],) if len(rest) > 3)
    elif item.place is not None and item.place.kind == "country":
        made.extend(name for name in (item.place.name, *item.place.names) if name not in ("America", "US of A"))
    elif item.place is not None and item.place.well_known:
        made.extend(name for name in item.place.names if "," in name or "." in name)
    made.extend(surface.upper() for surface in (item.longest, *made) if len(surface) >= 4 and item.type in _SHOUTED)
    return made


def _person_forms(name: str) -> list[str]:
    """The short forms of a full name: the family name, and first and last name where a middle initial stands between."""
    words = name.split()
    parts = name_parts(name)
    while words and knowledge.fold(words[-1]) in w.NAME_SUFFIX:
        words.pop()
    if len(words) < 2 or len(parts) < 2:
        return []
    short = words[0] if parts[0] in w.FAMILY_FIRST and len(words) <= 3 else words[-1]
    forms = [short] if len(short) > 1 and short[0].isupper() and not knowledge.is_country(short) else []
    if len(words) == 3 and re.fullmatch(r"[A-Z]\.?", words[1]):
        forms.append(f"{words[0]} {words[2]}")
    return forms


def _longest(line: _Line, position: int, aliases: dict[str, int], longest: int) -> tuple[int, int, int]:
    """(owner, tokens, end offset) of the longest alias that starts at a token; tokens is 0 where none does."""
    text, tokens = line.text, line.tokens
    begin = tokens[position].start()
    for size in range(min(longest, len(tokens) - position), 0, -1):
        stop = tokens[position + size - 1].end()
        for end in (stop + 1, stop) if text[stop : stop + 1] == "." else (stop,):
            surface = text[begin:end]
            owner = aliases.get(surface if "  " not in surface else " ".join(surface.split()))
            if owner is not None and not (line.shouting and size == 1 and len(surface) <= 3):
                return owner, size, end
    return 0, 0, 0


def _fits(line: _Line, position: int, size: int, item: Group) -> bool:
    """Whether an alias found by spelling alone is a mention: not a common word, not a part of somebody else's name."""
    if size > 1:
        return True
    text, tokens = line.text, line.tokens
    begin, end = tokens[position].span()
    opening = not line.prose or _sentence_start(text, begin)
    word = text[begin:end]
    if (
        item.type in (EntityType.PERSON, EntityType.ORG)
        and opening
        and not word.isupper()
        and word.casefold() in line.lower_words
    ):
        return False
    if item.type is not EntityType.PERSON:
        return True
    if word.casefold() in w.NOT_NAMES:
        # "May": the minister only where a title or the model says so
        return False
    after = tokens[position + 1] if position + 1 < len(tokens) else None
    if after is not None:
        between = text[end : after.start()]
        if (between in ("-", "‑") and after.group()[:1].isupper()) or (
            line.prose and between == " " and _name_like(after.group())
        ):
            return False
    if line.prose and position and text[tokens[position - 1].end() : begin] in (" ", "-"):
        before = tokens[position - 1]
        opens = _sentence_start(text, before.start()) and before.group().casefold() in w.SENTENCE_WORDS
        return opens or not _name_like(before.group())
    return True


def _sentence_start(text: str, begin: int) -> bool:
    before = text[max(0, begin - 4) : begin].rstrip(" \"'“‘(")
    return not before or before[-1] in ".!?:\n…”"


def _name_like(word: str) -> bool:
    """Whether a capitalised word beside a surname makes it a different name."""
    low = word.casefold().rstrip(".")
    if not word[:1].isupper() or low in w.NOT_NAMES | w.SURE_TITLES | w.LOOSE_TITLES | w.SENTENCE_WORDS:
        return False
    return not (knowledge.people_of(word) or knowledge.is_country(word))
