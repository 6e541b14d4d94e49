"""Names that their own words give away where the model saw nothing or something else. Pure."""

import re
from collections.abc import Iterator

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_spans import NAME, POSSESSIVE, Candidate

Lines = list[tuple[int, int, bool]]

_CALLED = re.compile(
    rf"\b(?i:{'|'.join(sorted(w.WALK_OF_LIFE, key=len, reverse=True))})\s({NAME}\s(?:[A-Z]\.\s)?{NAME})(?!\s[A-Z&])"
)

_SHORT_STATE = re.compile(rf"(?:[a-z], |\b[RDI][-‑–])({'|'.join(re.escape(name) for name in knowledge.STATE_SHORT)})")
_FULL = re.compile(rf"(?<![\w.&’'-])(?<![A-Z]\w\s)({NAME})\s((?:[A-Z]\.\s)?{NAME})(?!\s(?:[A-Z&]|of\b)|[-’'\w])")
_FIRM_WORDS = "|".join(sorted(word.title() for word in w.COMPANY_WORDS))
_FIRM = re.compile(rf"(?<![\w.&’'-])({NAME})\s(?:{_FIRM_WORDS})\b(?!\s[A-Z&]|[-’'\w])")
# "Jefferies and Co", "Weil, Gotshal & Sons": the second half tells
_AND_CO = re.compile(
    rf"(?<![\w.&’'-])({NAME}(?:,?\s{NAME}){{0,3}})\s(?:and|&)\s(?:Co(?:mpany)?|Sons|Bros|Brothers|Partners|Associates|Daughters)\b"
    r"(?:\.?,?\s(?:Inc|Ltd|LLC|LLP|PLC|Plc|plc)\b)?(?!\s[A-Z&]|[-’'\w])"
)
_DOES = (
    r"(?:said|says|reported|announced|declined to|told|acquired|agreed to|launched|plans to|"
    r"spokes(?:man|woman|person)|officials?|executives|shareholders|shares|chief executive|chairman|president|director)"
)
_ACRONYM = re.compile(
    rf"(?<![\w.&’'$#@/-])([A-Z]{{3,6}})(?=(?:,\swhich\s[^,.]{{3,60}},)?\s{_DOES}\b)"
    r"|\b(?:company|firm|bank|union|agency|airline|insurer|retailer|group|broadcaster|network|charity|watchdog|regulator)\s([A-Z]{2,6})(?![\w&’'-])"
)
# letters that are offices, not bodies
_ROLES = frozenset(
    {"AG", "DA", "PM", "MP", "VP", "CEO", "CFO", "COO", "CTO", "MEP", "MSP", "MD", "GM", "DJ", "SUV", "POTUS", "FLOTUS"}
)
_CAPITAL_BEFORE = re.compile(r"[A-Z][\w.&’'-]* $")
_STORM = re.compile(r"\b(?:Hurricane|Typhoon|Cyclone|Tropical Storm|Superstorm)\s[A-Z][a-z]+\b")
_CRAFT = re.compile(
    rf"\b(?:{'|'.join(sorted(word.upper() for word in w.CRAFT_HEADS))}|Space Shuttle)\s[A-Z][a-z]+(?:\s[A-Z][a-z]+)?\b"
)


def by_form(text: str, lines: Lines) -> Iterator[Candidate]:
    """Storms, ships and spacecraft, whatever the model makes of them: "Typhoon Haiyan", "HMS Victory"."""
    for start, end, prose in lines:
        for pattern, kind in ((_STORM, EntityType.EVENT), (_CRAFT, EntityType.PRODUCT)) if prose else ():
            for match in pattern.finditer(text, start, end):
                yield Candidate(match.start(), match.end(), kind, match.group())


def full_names(text: str, lines: Lines) -> Iterator[Candidate]:
    """A given name and one more capitalised word, where the model saw nothing: "Sinead O'Connor".

    The given name may be no everyday word and no place, the other one nothing that is known or written small.
    """
    small = frozenset(re.findall(r"\b[a-z]{3,}\b", text))
    for start, end, prose in lines:
        for match in _FULL.finditer(text, start, end) if prose else ():
            given, last = match.group(1), match.group(2).split()[-1]
            low = last.casefold()
            if (
                knowledge.is_given_name(given)
                and given.casefold() not in w.ALSO_WORDS | w.NOT_NAMES | w.SENTENCE_WORDS | w.SURE_TITLES | w.LOOSE_TITLES | small
                and low not in w.GENERIC | w.NOT_NAMES | w.SURE_TITLES | w.SENTENCE_WORDS | small
                and not (knowledge.is_place(last) or knowledge.people_of(last) or last.isupper())
                and knowledge.find_organization(match.group()) is None
            ):
                yield Candidate(match.start(), match.end(), EntityType.PERSON, match.group())


def firms(text: str, lines: Lines) -> Iterator[Candidate]:
    """Companies whose last word says so: "Marluz Ferries". The first word may be nothing that is known or written small."""
    small = frozenset(re.findall(r"\b[a-z]{3,}\b", text))
    for start, end, prose in lines:
        for match in _FIRM.finditer(text, start, end) if prose else ():
            word = match.group(1)
            known = knowledge.is_place(word) or knowledge.people_of(word) or knowledge.is_given_name(word, places=True)
            common = w.GENERIC | w.NOT_NAMES | w.SENTENCE_WORDS | w.SURE_TITLES | w.LOOSE_TITLES | w.NO_SHORT_FORMS | small
            longer = _CAPITAL_BEFORE.search(text[max(start, match.start() - 24) : match.start()])
            if not (known or longer) and word.casefold() not in common:
                yield Candidate(match.start(), match.end(), EntityType.ORG, match.group())


def and_co(text: str, lines: Lines) -> Iterator[Candidate]:
    """Houses named after their founders: "Jefferies and Co". A first word that begins the sentence is none of them."""
    for start, end, prose in lines:
        for match in _AND_CO.finditer(text, start, end) if prose else ():
            words = match.group(1).split()
            cut = len(words[0]) + 1 if words[0].casefold() in w.SENTENCE_WORDS and len(words) > 1 else 0
            surface = match.group()[cut:]
            if surface.split()[0].casefold() not in w.SENTENCE_WORDS | w.GENERIC | w.NOT_NAMES:
                yield Candidate(match.start() + cut, match.end(), EntityType.ORG, surface)


def acronyms(text: str, lines: Lines) -> Iterator[Candidate]:
    """Organizations written as letters that do what organizations do: "ADP reported", "the company ADP"."""
    for start, end, prose in lines:
        for match in _ACRONYM.finditer(text, start, end) if prose and not text[start:end].isupper() else ():
            surface = next(group for group in match.groups() if group)
            low = surface.casefold()
            begin = match.start() if match.group(1) else match.start(2)
            known = knowledge.is_place(surface) or knowledge.people_of(surface) or low in w.NOT_NAMES | w.SURE_TITLES | w.SHOUTED
            if not known and surface not in _ROLES:
                yield Candidate(begin, begin + len(surface), EntityType.ORG, surface)


def called(text: str, lines: Lines) -> Iterator[Candidate]:
    """Persons that a walk of life gives away: "prosecutor Iain Fallow". The first word must be a given name."""
    for start, end, prose in lines:
        for match in _CALLED.finditer(text, start, end) if prose else ():
            surface = POSSESSIVE.sub("", match.group(1))
            first, last = surface.split()[0], surface.split()[-1]
            if knowledge.is_given_name(first, places=True) and last.casefold() not in w.GENERIC | w.NOT_NAMES:
                yield Candidate(match.start(1), match.start(1) + len(surface), EntityType.PERSON, surface)


def short_states(text: str) -> Iterator[Candidate]:
    """States as agencies shorten them, behind a city or a party: "Savannah, Ga.", "(R-Fla.)"."""
    for match in _SHORT_STATE.finditer(text):
        yield Candidate(match.start(1), match.end(1), EntityType.PLACE, match.group(1))
