"""What the model cut off at the edges of a name, put back: initials, second halves, what a body is of or for. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge
from tasks.entity_spans import NAME, Candidate

# "L. |Ron Hubbard|", "J.K. |Rowling|"; the word in front says whether the initial belongs to it: "Vitamin C. Smith"
_INITIALS = re.compile(r"(?:^|[^\w.&’'-])((?!I\.\s|U\.[SKN]\.)(?:[A-Z]\.\s?){1,3})$")
_WORD_BEFORE = re.compile(r"[A-Z][\w.]* $")
# "|Wong Yeung|-tat"
_SECOND_HALF = re.compile(r"[-‑]([a-z]{2,6})\b")
# "Joint Council |for the Welfare of Immigrants|"
_OF = re.compile(rf" (?:of|for)(?: the)? {NAME}(?: {NAME}){{0,3}}(?:(?: and| of)(?: the)? {NAME}(?: {NAME}){{0,2}})?")
# "University of Alabama|, Birmingham|", "University of Texas| at Austin|", "University of Wisconsin|-Madison|"
_CAMPUS = re.compile(r"(?:,\s|\sat\s|[-–])([A-Z][\w.]+(?:\s[A-Z][\w.]+)?)")
# "American Federation of State|, County and Municipal Employees|", "Subcommittee on Space|, Science, and Competitiveness|"
_LIST_HEAD = re.compile(
    r"\b(?:Federation|Committee|Subcommittee|Department|Ministry|Bureau|Council|Office|Commission|Institute|Academy|Union|Association|"
    r"Board|School|College|Centers?|Society) (?:of|for|on) [A-Z][a-z]+$"
)
_LIST_TAIL = re.compile(rf"(?:, {NAME}){{1,3}},? (?:and|&) {NAME}(?: {NAME})?")
_OFFICE_OF = re.compile(r"\b(?:[Mm]inister|[Ss]ecretary|[Cc]ommissioner|[Uu]ndersecretary) (?:of|for)(?: the)? $")


def widened(text: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates in order, the edges of their names put right."""
    items = sorted(candidates, key=lambda each: (each.start, -each.end))
    made: list[Candidate] = []
    for index, item in enumerate(items):
        following = items[index + 1 :]
        if item.type is EntityType.PERSON:
            made.append(_person(text, item))
        elif item.type is EntityType.ORG:
            made.append(_body(text, item, following))
        else:
            made.append(item)
    return made


def _person(text: str, item: Candidate) -> Candidate:
    """A person with initials in front and the second half behind; without the end of "Minister of Education"."""
    start, end = item.start, item.end
    words = item.surface.split()
    front = text[max(0, start - 24) : start]
    if _OFFICE_OF.search(front) and len(words) > 1 and words[0].casefold() in w.BODY_WORDS:
        start += len(item.surface) - len(item.surface.split(maxsplit=1)[1])
    initials = _INITIALS.search(front)
    if initials and start == item.start and not _WORD_BEFORE.search(front[: initials.start(1)]):
        start -= len(initials.group(1))
    half = _SECOND_HALF.match(text, end)
    if half and len(words) > 1 and knowledge.fold(words[0]) in w.FAMILY_FIRST and half.group(1) not in w.COMPOUND_TAILS:
        end = half.end()
    return replace(item, start=start, end=end, surface=text[start:end])


def _campus(text: str, item: Candidate) -> Candidate | None:
    """A university of several towns with the one that is meant: "University of Alabama, |Birmingham|", "… at Birmingham"."""
    front, _, state = item.surface.rpartition("University of ")
    match = _CAMPUS.match(text, item.end) if not front and state else None
    if match is None or not any(place.kind == "region" for place in knowledge.places_named(state)):
        return None
    if not any(place.kind == "city" for place in knowledge.places_named(match.group(1))):
        return None
    return replace(item, end=match.end(1), surface=text[item.start : match.end(1)])


def _body(text: str, item: Candidate, following: list[Candidate]) -> Candidate:
    """An organization with what it is of or for, unless that is a country, a person, or a name that goes on."""
    campus = _campus(text, item)
    if campus is not None:
        return campus
    listed = _LIST_TAIL.match(text, item.end) if _LIST_HEAD.search(item.surface) else None
    people = any(listed and each.type is EntityType.PERSON and each.start < listed.end() for each in following[:6])
    if listed is not None and not people and not knowledge.is_place(item.surface.split()[-1]):
        return replace(item, end=listed.end(), surface=text[item.start : listed.end()])
    if item.surface.split()[-1].casefold() not in w.BODY_GOES_ON:
        return item
    match = _OF.match(text, item.end)
    if match is None:
        return item
    end = match.end()
    tail = re.sub(r"^ (?:of|for)(?: the)? ", "", match.group())
    first = tail.split()[0].casefold()
    names = first in w.NOT_NAMES | w.SURE_TITLES | w.SENTENCE_WORDS or knowledge.is_country(tail) or knowledge.people_of(tail)
    crossed = any(each.start < end < each.end or (each.start < end and each.type is EntityType.PERSON) for each in following[:6])
    if names or crossed:
        return item
    return replace(item, end=end, surface=text[item.start : end])
