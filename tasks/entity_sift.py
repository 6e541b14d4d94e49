"""What looks like a name and is none, by what stands around it: page furniture, religious orders, people of a city. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from schemas.reasons import EntityType
from tasks import knowledge
from tasks.entity_spans import Candidate
from tasks.entity_words import PHRASES

# "TrumpGOP", "TrumpSessions": where a page's list of links runs into a name
_RUN_IN = re.compile(r"(?<!\w)([A-Z][\w'’]*?[a-z]{3})(?=[A-Z])(\w+)")
_LINK_LIST = re.compile(r"(?<=[a-z]{3})(?=[A-Z])[^\n]{20,600}?\bMORE\b")
# the letters of a religious order behind a name: "Sister Carol Keehan, |DC|"
_ORDER_BEFORE = re.compile(r"\b(?:Sister|Brother|Father|Mother|Fr\.|Sr\.|Br\.|Rev\.)\s(?:[A-Z][\w.'’-]*\s){0,3}[A-Z][\w'’-]+,\s$")
_DEFINED = re.compile(r"((?:\w+[\s/-]+){2,8})\(([A-Z][A-Za-z]{1,5})\)")
# How long a full name behind a name can be.
_FULL_NAME = 50
_RATED = re.compile(r"Moody['’]s|Standard (?:and|&) Poor|\b(?:debt|credit|bond) ratings?\b|\brated\b|\bBB gun")
_RATING = re.compile(r"AAA|AA|BBB|BB|CCC|CC|Baa|Caa")
_PARTY_STATE = re.compile(r"[RDI]-[A-Z][a-z]+\.?")
_THE_BEFORE = re.compile(r"\b[Tt]he $")


def sifted(text: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates in order, without those that are no names."""
    kept: list[Candidate] = []
    terms = defined_terms(text)
    rated = _RATED.search(text) is not None
    links = _link_lists(text)
    for found in _unjoined(sorted(candidates, key=lambda each: (each.start, -each.end))):
        if run_together(text, found) or any(start <= found.start < end for start, end in links):
            continue
        item = _before_glue(text, found)
        if _inhabitant(text, item):
            kept.append(replace(item, type=EntityType.GROUP))
        elif not (_order(text, item) or item.surface in terms or _shouted(text, item) or _no_name(item.surface, rated)):
            kept.append(item)
    return kept


def _unjoined(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """The candidates; a person's surname and what follows behind an article are two: "According to Fallow the Harbour Board"."""
    surnames = {item.surface.split()[-1] for item in candidates if item.type is EntityType.PERSON and " " in item.surface}
    for item in candidates:
        name, the, rest = item.surface.partition(" the ")
        if item.type is EntityType.ORG and the and name in surnames:
            yield replace(item, end=item.start + len(name), surface=name, type=EntityType.PERSON)
            yield replace(item, start=item.end - len(rest), surface=rest)
        else:
            yield item


def _link_lists(text: str) -> list[tuple[int, int]]:
    """Where a page's headlines run into a sentence: from the word that the first one is glued to, to the "MORE" behind them."""
    return [match.span() for match in _LINK_LIST.finditer(text)]


def defined_terms(text: str) -> frozenset[str]:
    """Letters that the text itself says stand for a common noun: "body mass index (BMI)", "gamma-ray bursts (GRBs)"."""
    found: set[str] = set()
    for match in _DEFINED.finditer(text):
        letters = match.group(2).rstrip("s")
        words = [word for word in re.split(r"[\s/-]+", match.group(1)) if word][-len(letters) :]
        spelt = "".join(word[0] for word in words).casefold() == letters.casefold()
        if spelt and words[0].islower() and words[-1].islower():
            found |= {letters, f"{letters}s"}
    return frozenset(found)


def run_together(text: str, item: Candidate) -> bool:
    """Whether a name's end is glued to the next headline: "TrumpGOP". Names have such capitals, too ("BuzzFeed", "DeSantis"):
    the front half must be a word of its own in the text, or what is glued to a person's name be all capitals."""
    person = item.type is EntityType.PERSON
    named = person or " " in item.surface or re.search(r"[A-Z][a-z]+ $", text[max(0, item.start - 20) : item.start]) is not None
    for match in _RUN_IN.finditer(item.surface):
        shouts = match.group(2)[:2].isupper()
        alone = re.search(rf"(?<![\w'’]){re.escape(match.group(1))}(?!\w)", text) is not None
        if (alone and (shouts or named)) or (shouts and person):
            return True
    return False


def _before_glue(text: str, item: Candidate) -> Candidate:
    """A name without the full name that a page prints behind it: "President |Trump| Donald John TrumpGOP", "|Marco Rubio| Marco
    Antonio RubioGOP": the family name is the word that the next headline is glued to."""
    words = item.surface.split(" ")
    if item.type is not EntityType.PERSON or len(words) < 2:
        return item
    glued = _RUN_IN.search(text[item.end : item.end + _FULL_NAME].partition("\n")[0])
    if glued is None or glued.group(1) not in words[:-1]:
        return item
    surface = " ".join(words[: words.index(glued.group(1)) + 1])
    return replace(item, end=item.start + len(surface), surface=surface)


def _shouted(text: str, item: Candidate) -> bool:
    """Whether a word in capitals is a sentence of its own: "DISGRACEFUL!"."""
    if not (item.surface.isupper() and item.surface.isalpha() and len(item.surface) > 4):
        return False
    return (
        text[item.end : item.end + 1] == "!"
        and re.search(r"(?:^|[.!?”\"'’)])\s*$", text[max(0, item.start - 3) : item.start]) is not None
    )


def _no_name(surface: str, rated: bool) -> bool:
    """A rating where ratings are spoken of ("AAA"), a party with a state ("D-Mass"), a phrase ("National Security")."""
    if rated and _RATING.fullmatch(surface):
        return True
    return _PARTY_STATE.fullmatch(surface) is not None or knowledge.fold(surface) in PHRASES


def _order(text: str, item: Candidate) -> bool:
    return (
        item.surface.replace(".", "").isupper() and _ORDER_BEFORE.search(text[max(0, item.start - 60) : item.start]) is not None
    )


def _inhabitant(text: str, item: Candidate) -> bool:
    """Whether a name is that of somebody who lives in a city: "no New Yorker"; but "the New Yorker" is a magazine."""
    stems = (item.surface.removesuffix(tail) for tail in ("ers", "er", "rs", "r") if item.surface.endswith(tail))
    if item.type is EntityType.PERSON or not any(len(stem) > 3 and knowledge.is_place(stem) for stem in stems):
        return False
    return item.surface.endswith("s") or _THE_BEFORE.search(text[max(0, item.start - 4) : item.start]) is None
