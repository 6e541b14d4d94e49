"""What the words around a span say: titles and roles, tickers, names the model missed. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_joins import Group, initials
from tasks.entity_spans import MAX_NAME_WORDS, NAME, POSSESSIVE, Candidate, role_text

_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Gov|Rep|President|Minister|Secretary|Chancellor|Premier|Senator|Governor|Mayor|Ambassador|Chairman|Representative|"
    rf"Spokes(?:man|woman|person)|Pope|Prince|Princess|King|Queen|Sheikh|Judge|Justice|Captain|Colonel|Sergeant)\.?\s+({NAME}(?:\s+(?:[A-Z]\.\s+)?{NAME}){{0,2}})"
)

_AFTER = re.compile(rf",\s+(?:(?:the|a|an|its|his|her|who is|former|then|\w+[’']s)\s+)*({w.ROLE_NOUNS})\b", re.IGNORECASE)

_DEPARTMENT_TITLE = re.compile(
    r"\s+(?:[A-Z]\w+\s+){0,2}(?:Secretary|Minister|Representative|Spokes(?:man|woman|person)|Commissioner|Chancellor)\b"
)

_TICKER_AFTER = re.compile(r"\s?\((?:[A-Z][A-Za-z-]{1,5}|Nasdaq)\s?:\s?[A-Z0-9]")

_TICKER_INSIDE = re.compile(r"\b(?:[A-Z]{3,6}|Nasdaq)\s?:\s?[A-Z0-9.]{1,6}\b")

_HYPHENATED = re.compile(r" [A-Z][a-z]+[-‑][a-z]+\b")
_IN_PLACE = re.compile(r"\b(?:(?:in|at|near|from|to|of|outside)\s|(?:pro|anti)-)$")
_BRACKETED = re.compile(r"\s?\(([A-Z][A-Za-z]{1,8})\)")
_OF_LETTERS = re.compile(r" of ([A-Z]{3,6})(?![\w&’'-])")
_ONE_MORE = re.compile(r" [A-ZÀ-Þ][\w'’-]+")
_ONE_BEFORE = re.compile(r"(?<![\w.’'-])[A-ZÀ-Þ][\w-]+ $")
_NOUN_BEFORE = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(w.WALK_OF_LIFE, key=len, reverse=True))})s? $")
_AND = re.compile(r"(?:,| and| or|, and) ")
_PARTICLE_TAIL = re.compile(rf"(?: (?:{'|'.join(sorted(w.PARTICLES - {'al-'}))}))+ [A-ZÀ-Þ][\w'’-]+")
# Federal states whose members are written without an explanation.
_STATES = ("US", "CA", "AU", "GB", "IN")
# Well-known bodies whose names are also common words.
_COMMON = frozenset(["congress", "senate", "capitol", "fed", "isis", "emirates", "telegram", "mozilla", "ansa"])
_SURFACES: dict[str, EntityType] = {}


def role_before(text: str, start: int) -> str | None:
    """The title that stands right before a name: "U.S. Ambassador |David Perdue|" -> "Ambassador"."""
    words = re.split(r"\s+", text[max(0, start - 60) : start].rpartition("\n")[2])
    if not words or words[-1] != "":
        return None
    taken: list[str] = []
    for word in reversed(words[:-1]):
        low = word.casefold().rstrip(".")
        wanted = w.TITLE_MODIFIERS | w.SURE_TITLES if taken else (w.SURE_TITLES | w.LOOSE_TITLES) - w.NO_HEAD
        if low not in wanted or low in ("and", "of", "for", "the"):
            break
        taken.append(word)
    return role_text(" ".join(reversed(taken))) if taken else None


def role_after(text: str, end: int) -> str | None:
    """The role in apposition after a name: "|Josh Lipsky|, chair of …" -> "chair"."""
    match = _AFTER.match(text, end, min(len(text), end + 80))
    return match.group(1) if match else None


def titled(text: str, lines: list[tuple[int, int, bool]]) -> Iterator[Candidate]:
    """Persons that a title gives away where the model saw nothing: "Vice Premier He Lifeng"."""
    for start, end, prose in lines:
        if not prose:
            continue
        for match in _TITLED.finditer(text, start, end):
            words = match.group(1).split()
            months = w.MONTHS if match.group().startswith(("Mr", "Ms", "Dr")) else frozenset()
            while words and (words[-1].casefold() in (w.NOT_NAMES | w.SENTENCE_WORDS) - months):
                words.pop()
            if not words or any(
                word.casefold() in w.NOT_NAMES - {"he"} - months or word.casefold() in w.SURE_TITLES for word in words
            ):
                continue
            surface = text[match.start(1) : match.start(1) + len(" ".join(words))]
            surface = POSSESSIVE.sub("", surface)
            if knowledge.is_country(surface) or knowledge.people_of(surface) or words[0].casefold() in w.GENERIC:
                continue
            yield Candidate(match.start(1), match.start(1) + len(surface), EntityType.PERSON, surface)


def bracketed(text: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Short forms in brackets right after an organization whose initials they are: "South African Revenue Service (Sars)"."""
    for item in candidates:
        found = _BRACKETED.match(text, item.end)
        if found and item.type is EntityType.ORG and found.group(1).upper() in initials(item.surface):
            yield Candidate(found.start(1), found.end(1), EntityType.ORG, found.group(1))


def affiliated(text: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Letters behind a person are whom he is of: "Ann Lee |of ABC|"."""
    for item in candidates:
        found = _OF_LETTERS.match(text, item.end) if item.type is EntityType.PERSON and not item.surface.isupper() else None
        if found and not (knowledge.is_place(found.group(1)) or found.group(1).casefold() in w.NOT_NAMES):
            yield Candidate(found.start(1), found.end(1), EntityType.ORG, found.group(1))


def known_names(text: str, lines: list[tuple[int, int, bool]]) -> Iterator[Candidate]:
    """Countries, peoples, areas and well-known bodies by name, whether or not the model saw them."""
    index = _known_surfaces()
    for start, end, prose in lines:
        if not prose:
            continue
        tokens = list(w.TOKEN.finditer(text, start, end))
        position = 0
        while position < len(tokens):
            step = 1
            first = tokens[position]
            if first.group()[:1].isupper():
                for size in range(min(6, len(tokens) - position), 0, -1):
                    surface = text[first.start() : tokens[position + size - 1].end()]
                    kind = index.get(surface)
                    if kind is None and _big_city(text, first.start(), surface):
                        kind = EntityType.PLACE
                    if kind is not None:
                        yield Candidate(first.start(), first.start() + len(surface), kind, surface)
                        step = size
                        break
            position += step


def _big_city(text: str, start: int, surface: str) -> bool:
    """Whether a name after a preposition is that of a well-known city or one of 300,000 people."""
    if len(surface) < 4 or not _IN_PLACE.search(text[max(0, start - 9) : start]):
        return False
    places = knowledge.places_named(surface)
    return bool(places) and any(place.kind == "city" and (place.well_known or place.population >= 300_000) for place in places)


def _known_surfaces() -> dict[str, EntityType]:
    """Exact spellings that need no model: filled once a process."""
    if not _SURFACES:
        loaded = knowledge.load()
        for places in loaded.places.values():
            place = places[0]
            if place.kind in ("country", "area"):
                for name in (place.name, *place.names):
                    if knowledge.fold(name) not in knowledge.AMBIGUOUS_TERRITORIES and len(name) > 1:
                        _SURFACES[name] = EntityType.PLACE
            elif place.kind == "region" and place.country in _STATES and not knowledge.is_given_name(place.name, places=True):
                _SURFACES[place.name] = EntityType.PLACE
        for word in loaded.peoples:
            _SURFACES[word.title()] = EntityType.GROUP
        for organization in {
            item.key: item for item in loaded.organizations.values() if item.key.startswith(("org:", "Q"))
        }.values():
            for name in (organization.name, *organization.names):
                distinct = knowledge.fold(name) not in _COMMON
                if not organization.tickers and (" " in name or distinct or sum(char.isupper() for char in name) > 1):
                    _SURFACES[name] = organization.type
    return _SURFACES


def refine(text: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates corrected by what stands around them: departments in titles, tickers, "U.S. Trump" over a full stop."""
    items = sorted(candidates, key=lambda each: (each.start, -each.end))
    tickers = [match.span() for match in _TICKER_INSIDE.finditer(text)]
    surnames = {item.surface.split()[-1] for item in items if item.type is EntityType.PERSON}
    listed = {item.surface.split()[0] for item in items if _TICKER_AFTER.match(text, item.end)}
    kept: list[Candidate] = []
    for item in items:
        if any(start <= item.start and item.end <= end for start, end in tickers) or (kept and item.end <= kept[-1].end):
            continue
        known = knowledge.find_organization(item.surface) or knowledge.is_place(item.surface)
        if (
            item.type is not EntityType.PERSON
            and not known
            and len(item.surface.split()) <= 3
            and _DEPARTMENT_TITLE.match(text, item.end)
        ):
            continue
        if kept and item.type is EntityType.PERSON is kept[-1].type and _one_name(text, kept[-1], item):
            kept[-1] = replace(kept[-1], end=item.end, surface=text[kept[-1].start : item.end])
            continue
        front = _front(text, kept, item)
        if front is not None:
            while kept and kept[-1].start >= front:
                kept.pop()
            kept.append(replace(item, start=front, surface=text[front : item.end], type=EntityType.PERSON))
            continue
        given = _tail(text, item)
        if given:
            kept.append(replace(item, end=given.end(), surface=text[item.start : given.end()], type=EntityType.PERSON))
            continue
        head, _, rest = item.surface.partition(" ")
        if _TICKER_AFTER.match(text, item.end) or item.surface in listed or _among_companies(text, items, item):
            kept.append(replace(item, type=EntityType.ORG))
        elif rest in surnames and knowledge.is_country(head):
            kept.append(replace(item, end=item.start + len(head), surface=head, type=EntityType.PLACE))
            kept.append(Candidate(item.end - len(rest), item.end, EntityType.PERSON, rest))
        else:
            kept.append(item)
    return kept


def _front(text: str, kept: list[Candidate], item: Candidate) -> int | None:
    """Where a person's name begins that the model cut in front, or whose given name it took for a place: "Israel |Adesanya"."""
    words = item.surface.split()
    found = _ONE_BEFORE.search(text[max(0, item.start - 24) : item.start])
    if found is None or item.type not in (EntityType.PERSON, EntityType.PLACE, EntityType.ORG) or item.role:
        return None
    start, word = item.start - len(found.group()), found.group().strip()
    low = word.casefold()
    if low in w.ALSO_WORDS | w.NOT_NAMES | w.SENTENCE_WORDS | w.SURE_TITLES | w.LOOSE_TITLES or low in w.WALK_OF_LIFE:
        return None
    free = not kept or kept[-1].end <= start
    if free and len(words) == 1 and _NOUN_BEFORE.search(text[max(0, start - 24) : start]) and not knowledge.is_place(word):
        # "athletes Vidas |Kerulis|": who is called something has a given name, whatever it is
        known = knowledge.is_place(item.surface) or knowledge.find_organization(item.surface) or low in w.GENERIC
        return None if known or words[0].casefold() in w.GENERIC else start
    if item.type is EntityType.PERSON and free and len(words) < MAX_NAME_WORDS and knowledge.is_given_name(word):
        return start if not knowledge.is_given_name(words[0]) or len(words) == 1 else None
    split = bool(kept) and kept[-1].start == start and kept[-1].type is EntityType.PLACE and kept[-1].surface == word
    if split and len(words) == 1 and knowledge.is_given_name(word) and not knowledge.find_organization(f"{word} {words[0]}"):
        return start  # "Valeska Paris": what stands before a place is no place
    known = knowledge.is_place(item.surface) or knowledge.find_organization(item.surface) or words[0].casefold() in w.GENERIC
    if split and len(words) == 1 and not known and knowledge.is_given_name(word, places=True):
        return start
    return None


def _tail(text: str, item: Candidate) -> re.Match[str] | None:
    """What the model cut off a person's name: "Ursula| von der Leyen", "Gracey Van Der| Mark", "Song| Young-moo"."""
    words = item.surface.split()
    if item.type is EntityType.PERSON:
        if len(words) > 1 and words[-1].casefold() in w.PARTICLES:
            return _ONE_MORE.match(text, item.end)
        found = _PARTICLE_TAIL.match(text, item.end)
        if found:
            return found
    return _HYPHENATED.match(text, item.end) if item.surface.casefold() in w.FAMILY_FIRST else None


def _among_companies(text: str, items: list[Candidate], item: Candidate) -> bool:
    """Whether a bare name that could be a surname stands in one enumeration with an organization: "Nissan and Suzuki"."""
    if item.type is not EntityType.PERSON or " " in item.surface or item.role or not knowledge.find_company(item.surface):
        return False
    beside = [
        other
        for other in items
        if other.type is EntityType.ORG
        and (
            _AND.fullmatch(text[other.end : item.start] if other.end <= item.start else "")
            or _AND.fullmatch(text[item.end : other.start] if item.end <= other.start else "")
        )
    ]
    return bool(beside)


def _one_name(text: str, first: Candidate, second: Candidate) -> bool:
    """Whether two spans of persons side by side are one name that the model cut: "Hanns Christian" "Schroeder-Hohenwarth"."""
    words = first.surface.split() + second.surface.split()
    return (
        text[first.end : second.start] == " "
        and len(words) <= MAX_NAME_WORDS
        and len(set(words)) == len(words)
        and second.role is None
        and not knowledge.is_given_name(second.surface.split()[0])
    )


def plausible(text: str, buckets: list[Group]) -> list[Group]:
    """Without single words that the text also writes small and that were only seen at the start of sentences."""
    lower = Counter(re.findall(r"(?<![\w'’-])[a-z]{3,}", text))
    kept: list[Group] = []
    for bucket in buckets:
        surface = bucket.longest
        # "FIRE crews": a word in capitals that the text also writes small
        if surface.isupper() and len(surface) > 3 and lower[surface.casefold()] and not knowledge.find_organization(surface):
            continue
        if " " not in surface and lower[surface.casefold()] and not knowledge.is_country(surface) and not surface.isupper():
            inside = re.search(rf"(?<=[a-z,] ){re.escape(surface)}\b", text)
            if inside is None or lower[surface.casefold()] > 3 * sum(bucket.surfaces.values()):
                continue
        kept.append(bucket)
    return kept
