"""From raw spans of the model (and the knowledge file) to clean candidates. Pure: no model, no I/O beyond the knowledge file."""

import re
from dataclasses import dataclass, replace

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_pieces import pieces

_TYPES = {
    "PERSON": EntityType.PERSON, "ORG": EntityType.ORG, "GPE": EntityType.PLACE, "LOC": EntityType.PLACE, "FAC": EntityType.PLACE,
    "NORP": EntityType.GROUP, "EVENT": EntityType.EVENT,
    "WORK_OF_ART": EntityType.WORK, "LAW": EntityType.WORK, "PRODUCT": EntityType.PRODUCT,
}  # fmt: skip
_EDGE = " \t\n\"'“”‘’`,;:()[]{}*-–—|/•·@#<>…!?"
POSSESSIVE = re.compile(r"\s?['’]s?$")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+(?=\S)", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:pro|anti|ex|non|pre|post|mid|pan|trans|then|former|late)\s?[-–]\s?(?=[A-Z])", re.IGNORECASE)
_KEEP_DOT = re.compile(r"(?:\b[A-Z](?:\.[A-Z])*|\b(?:Co|Inc|Corp|Ltd|Jr|Sr|St|Bros))\.$")
_TAIL = re.compile(rf"\s?[-‑–]\s?(?:{'|'.join(sorted(w.COMPOUND_TAILS))})$", re.IGNORECASE)
# Titles that are given names when one word follows: "Dean Kamen", "Duke Ellington".
_ALSO_GIVEN = frozenset({"dean", "duke", "baron", "major"})
_TWICE = re.compile(r"(([A-Z][a-z]+) ([A-Z]\w+)) \2 \3")
# "BB-plus", "B-1": a rating, no name
_RATING = re.compile(r"[ABCD]{1,3}[a-z]{0,2}")
_RATED = re.compile(r"[-‑](?:plus|minus|\d)\b|[+]")
# "Sweden 1": a team with its goals
_GOALS = re.compile(r" \d{1,3}$")
_SPEAKER = re.compile(r" (?:spokes(?:man|woman|person|people)|officials?|administrator)$", re.IGNORECASE)
_GLUED = re.compile(r"[a-z][A-Z]\w*[a-z][A-Z]")
# "UTCShare", "AFPImage": where a page's furniture runs into a name
_FURNITURE = re.compile(r"\b[A-Z]{2,5}(?:Share|Copy|Print|Save|Listen|Read|Watch|Photo|Image|Published|Updated|Posted|Follow)\b")
_BELIEF = re.compile(r"\w{3,}(?:ology|ism)")
_PARTISANS = frozenset({"republican", "republicans", "democrat", "democrats", "democratic", "tory", "tories"})
_LOOSE_END = re.compile(r"(?: (?:and|of|the|for|in|at|on|to|&|-))+$")
_URLISH = re.compile(r"https?:|www\.|\S@\S|\w\.(?:com|org|net|gov|edu|co|io)\b|^@", re.IGNORECASE)


MAX_NAME_WORDS = 4
# A capitalised word of a person's name.
NAME = r"[A-ZÀ-ÞŁŚŠŽ][\w'’]+(?:[-‑][A-ZÀ-Þ][\w'’]+)*"


@dataclass(frozen=True, slots=True)
class Raw:
    """A span as the model gives it: offsets into the text and the OntoNotes label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A clean span that may name an entity. `sure` is False where only a weak rule proposes it."""

    start: int
    end: int
    type: EntityType
    surface: str
    role: str | None = None


def clean(text: str, raw: Raw) -> list[Candidate]:
    """The candidates in one raw span: trimmed, split, stripped of titles; an empty list when it names nothing."""
    kind = _TYPES.get(raw.label)
    if kind is None:
        return []
    made: list[Candidate] = []
    for piece in pieces(text, raw.start, raw.end, kind):
        start, end = trim(text, *piece, keep_article=kind is EntityType.WORK)
        twice = _TWICE.match(text, start)
        if twice and twice.end() >= end:  # a name that a page prints twice: "John Cornyn John CornynGOP senators"
            end = twice.end(1)
        if text[max(0, start - 1) : start] == "[" and re.match(r"\]\s[A-Z]", text[end : end + 3]):
            continue  # "[Eric] Holder": what an editor put in is half a name
        if start >= end or text[max(0, start - 1) : start] in ("#", "@", "/"):
            continue
        if text[start : end + 1] in knowledge.STATE_SHORT:
            made.append(Candidate(start, end + 1, EntityType.PLACE, text[start : end + 1]))
            continue
        rating = _RATING.match(text, start, end)
        if rating and (_RATED.match(text, rating.end()) if rating.end() == end else _RATED.fullmatch(text, rating.end(), end)):
            continue
        shaped = _shape(Candidate(start, end, kind, text[start:end]))
        if shaped is not None:
            made.append(shaped)
    return made


def trim(text: str, start: int, end: int, keep_article: bool) -> tuple[int, int]:
    """Offsets without edge punctuation, leading article, "pro-" and trailing possessive."""
    while True:
        before = (start, end)
        while start < end and text[start] in _EDGE:
            start += 1
        while end > start and (text[end - 1] in _EDGE or (text[end - 1] == "." and not _KEEP_DOT.search(text[start:end]))):
            end -= 1
        for pattern in (POSSESSIVE, _TAIL):
            match = pattern.search(text[start:end])
            if match and match.start() > 0:
                end = start + match.start()
        if not keep_article or text[start].islower():
            for pattern in (_ARTICLE, _PREFIX):
                match = pattern.match(text[start:end])
                if match:
                    start += match.end()
        if (start, end) == before:
            return start, end


def _shape(item: Candidate) -> Candidate | None:
    """Apply the rules of one type; None when the span names nothing."""
    surface = item.surface
    low = surface.casefold().rstrip(".")
    if _no_name(surface) and not (item.type is EntityType.PERSON and low in w.MONTHS):
        return None
    tail = _GOALS.search(surface) or _SPEAKER.search(surface)
    if tail is not None and _named_without(surface[: tail.start()]):
        item = replace(item, end=item.start + tail.start(), surface=surface[: tail.start()])
        surface, low = item.surface, item.surface.casefold().rstrip(".")
    first, _, rest = surface.partition(" ")
    if first.casefold() in w.SENTENCE_WORDS and (knowledge.people_of(rest) or knowledge.is_country(rest)):
        item = replace(item, start=item.end - len(rest), surface=rest)
        surface = rest
    if knowledge.people_of(surface):
        return replace(item, type=EntityType.GROUP)
    if knowledge.is_country(surface):
        return replace(item, type=EntityType.PLACE)
    if low in _PARTISANS:
        return replace(item, type=EntityType.GROUP)
    known = knowledge.find_organization(surface)
    if known and item.type is not EntityType.PLACE and (" " in surface or surface.isupper() or item.type is EntityType.ORG):
        return replace(item, type=known.type)
    if item.type in (EntityType.PERSON, EntityType.ORG, EntityType.PLACE):
        item = strip_title(item)
    if item.type is EntityType.PERSON:
        return _shape_person(_without_code(item))
    if item.type in (EntityType.ORG, EntityType.PLACE):
        return _shape_name(item)
    return item


def _named_without(front: str) -> bool:
    """Whether a name is whole without the goals or the speaker behind it."""
    if knowledge.is_country(front) or knowledge.people_of(front) or knowledge.find_organization(front):
        return True
    return " " in front and front.rsplit(maxsplit=1)[-1].casefold() in w.ORG_WORDS


def _no_name(surface: str) -> bool:
    """Whether a span cannot be a name: too short or long, an address, only dates and words that are never names."""
    if surface in ("US", "U.S."):
        return False
    words = re.findall(r"\w+", surface)
    return (
        not 2 <= len(surface) <= 90
        or _URLISH.search(surface) is not None
        or _FURNITURE.search(surface) is not None
        or "MORE" in words  # where a site's list of links runs into the text
        or (len(words) == 1 and surface.isupper() and len(surface) > 3 and surface.casefold() in w.SHOUTED)
        or surface in ("Q&A", "Q & A")
        or not any(char.isupper() for char in surface)
        or all(word.casefold() in w.NOT_NAMES or word.isdigit() for word in words)
        or words[-1].casefold() in w.CURRENCIES
    )


def strip_title(item: Candidate) -> Candidate:
    """Move a title at the front of a span into its role: "Treasury Secretary Scott Bessent" -> "Scott Bessent"."""
    words = list(re.finditer(r"\S+", item.surface))
    cut = 0
    for index, word in enumerate(words[:-1]):
        low = word.group().casefold().strip(".,")
        if (low in w.SURE_TITLES and (item.type is EntityType.PERSON or _looks_person(words[index + 1 :]))) or (
            item.type is EntityType.PERSON
            and index == cut
            and not (low in _ALSO_GIVEN and len(words) == 2)
            and (low in w.LOOSE_TITLES | w.NAME_LABELS or _label_like(word.group()) or knowledge.people_of(low))
        ):
            cut = index + 1
    if not cut and _called(words, item.type):
        cut = 1
    if not cut or not words[cut].group()[:1].isupper() or words[cut].group().casefold().strip(".") in w.NAME_SUFFIX:
        return item
    title = " ".join(word.group() for word in words[:cut])
    start = item.start + words[cut].start()
    return Candidate(start, item.end, EntityType.PERSON, item.surface[words[cut].start() :], role_text(title) or item.role)


def _called(words: list[re.Match[str]], kind: EntityType) -> bool:
    """Whether a name begins with what its bearer does: "Boxer Iain Fallow". Two words must be left; an organization's own
    name may begin so ("Archer Daniels Midland"), so there the next one is a given name."""
    if len(words) < 3 or words[0].group().casefold() not in w.WALK_OF_LIFE or not words[1].group()[:1].isupper():
        return False
    return kind is EntityType.PERSON or (len(words) == 3 and knowledge.is_given_name(words[1].group(), places=True))


def _label_like(word: str) -> bool:
    """Whether a hyphenated word describes rather than names: "Pan-democrat", "US-based"."""
    return (
        re.fullmatch(r"\w+[-‑](?!al\b|el\b|ul\b|ho\b)[a-z]{3,}", word) is not None
        and word.rsplit("-", maxsplit=1)[-1] in w.DESCRIBING
    )


def _looks_person(words: list[re.Match[str]]) -> bool:
    return 1 <= len(words) <= 3 and all(
        word.group()[:1].isupper() and not word.group().isupper() and word.group().casefold() not in w.GENERIC | {"of", "for"}
        for word in words
    )


def role_text(title: str) -> str | None:
    """A title without demonyms and articles: "the Chinese President" -> "President"."""
    words = [
        word
        for word in title.split()
        if not (knowledge.people_of(word) or knowledge.is_country(word)) and word.casefold() not in ("the", "then")
    ]
    words = [word for index, word in enumerate(words) if not index or word != words[index - 1]]  # a page that says "Cllr Cllr"
    role = " ".join(words).strip(" ,.")
    return role if role and role.casefold() not in ("mr", "mrs", "ms", "miss") else None


def _without_code(item: Candidate) -> Candidate:
    """A person without the code before the name: "DL Myles Garrett", "FBI Robert Mueller"."""
    code, _, rest = item.surface.partition(" ")
    if code.isupper() and len(code) in (2, 3) and rest.count(" ") == 1 and knowledge.is_given_name(rest.split()[0]):
        return replace(item, start=item.end - len(rest), surface=rest)
    return item


def _shape_person(item: Candidate) -> Candidate | None:
    """A person's name is capitalised words and particles; what follows the first other word is cut."""
    end = 0
    names = 0
    for word in re.finditer(r"\S+", item.surface):
        token = word.group()
        plain = re.split(r"[-‑]", token.casefold())[0].strip(".,")
        if token == "MORE":  # where a site's list of links runs into the text
            break
        if (
            token[:1].isupper()
            and plain not in w.NAME_JUNK
            and token != "MORE"
            and not (names == 0 and plain in w.NOT_NAMES - w.MONTHS - {"he"})
        ):
            names, end = names + 1, word.end()
        elif not (plain in w.PARTICLES or re.match(r"(?:al|el|d|l|ul)[-'’]", token, re.IGNORECASE)):
            break
        elif re.search(r"[-'’][A-Z]", token):
            names, end = names + 1, word.end()
    if not names:
        return None
    surface = item.surface[:end].rstrip(",")
    words = surface.split()
    low = surface.casefold()
    if _BELIEF.fullmatch(low):
        return None
    if len(surface) < 2 or low in w.SURE_TITLES | w.GENERIC | w.SENTENCE_WORDS or any(char.isdigit() for char in surface):
        return None
    if (
        (len(words) > MAX_NAME_WORDS and not w.PARTICLES & set(low.split()))
        or len(set(words)) < len(words) == 2
        or _GLUED.search(surface)
    ):
        # a headline run together, not a name
        return None
    body = len(words) > 1 and words[-1].casefold() in w.ORG_WORDS and not knowledge.is_given_name(words[0], places=True)
    kind = EntityType.ORG if body else item.type
    return replace(item, end=item.start + len(surface), surface=surface, type=kind)


def _shape_name(item: Candidate) -> Candidate | None:
    """Organizations and places: no generic word alone, no lower-case start."""
    match = re.search(r"[A-Z0-9À-Þ]", item.surface)
    if match is None:
        return None
    head = item.surface[: match.start()]
    if head and " " in head.strip() + " " and not re.fullmatch(r"(?:al|el|d|e|i|x)[-'’]?", head.strip(), re.IGNORECASE):
        item = replace(item, start=item.start + match.start(), surface=item.surface[match.start() :])
    end = _LOOSE_END.search(item.surface)
    if end:
        item = replace(item, end=item.end - len(end.group()), surface=item.surface[: end.start()])
    words = item.surface.casefold().split()
    if len(words) == 1 and (words[0] in w.GENERIC or words[0] in w.SURE_TITLES or words[0] in w.SENTENCE_WORDS):
        known = knowledge.find_organization(item.surface)
        return replace(item, type=known.type) if known else None
    if words[-1] in w.NOT_NAMES and len(words) > 1 and words[-1] in ("image", "photo", "images"):
        cut = len(item.surface) - len(words[-1]) - 1
        return replace(item, end=item.start + cut, surface=item.surface[:cut])
    return item
