"""Who says a direct quote, where the grammar states it outright: “…,” said X; “…,” X said; X said: “…”. Pure.

A pronoun, a quote in the middle of a clause, "a spokesman for X said" and a quote that merely stands beside a name
name no speaker: unknown is better than wrong.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from schemas.entity_records import FoundEntity, FoundFact, FoundMention
from schemas.reasons import EntityType, FactKind
from tasks import entity_words as w
from tasks import knowledge

_VERB = (
    r"(?:said|says|added|adds|told|tells|asked|asks|wrote|writes|tweeted|posted|warned|warns|insisted|insists|explained|explains|argued|"
    r"argues|continued|continues|replied|replies|recalled|recalls|declared|declares|noted|notes|stated|states|admitted|admits|joked|"
    r"jokes|commented|shouted|announced|concluded|concludes|stressed|stresses|claimed|claims)"
)
# What may stand between a name and its verb: "Anna Karlsson, the mayor, said".
_APART = (
    r"(?:,\s(?:\d{2},\s)?(?:(?:the|a|an|his|her|its|their|who|[A-Z][\w.]*(?:['’]s)?)\s|"
    rf"{w.ROLE_NOUNS}\b)[^,.;:“”\"\n]{{2,80}},)?"
)
_INTRO = re.compile(r"^(?:In|On|At|After|Before|During|Speaking|Writing)\s[^,]{2,50},\s")
_SAID_X = re.compile(rf"\s{_VERB}\s")
_X_SAID = re.compile(rf"{_APART}\s(?:also\s|later\s|then\s|once\s)?{_VERB}\b(?P<next>.?\s?[\w’']*)")
_BEFORE_QUOTE = re.compile(
    rf"{_APART}\s(?:also\s|later\s|then\s)?{_VERB}"
    r"(?:\s(?:reporters|journalists|lawmakers|investors|the \w+|him|her|them|in a statement|on \w+|"
    rf"in an interview|at a news conference|[A-Z][\w.]+(?:\s[A-Z][\w.]+){{0,2}})){{0,2}}\s?[:,]\s?[\"“]$"
)
# Behind "said X" only these go on without making X a part of something else ("said Smith family lawyer …").
_GOES_ON = re.compile(
    r"[.,;:—–)\n]|$|\s(?:in|on|at|after|during|who|as|to|when|while|before|from|outside|and|by|last|this|earlier|later|with|[(—–]|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
)
_OPENING = frozenset({"but", "and", "the", "mr", "mrs", "ms", "dr", "sir", "meanwhile", "however", "former", "then"})
_SAYS = (EntityType.PERSON, EntityType.ORG)


def with_speakers(
    text: str, entities: Sequence[FoundEntity], mentions: Sequence[FoundMention], facts: Sequence[FoundFact]
) -> tuple[FoundFact, ...]:
    """The facts, quotes with the place where their speaker is named."""
    speakers = [mention for mention in mentions if entities[mention.entity].type in _SAYS]
    starts = [mention.start for mention in speakers]
    return tuple(
        replace(fact, mention_start=_speaker(text, fact, speakers, starts)) if fact.kind is FactKind.QUOTE else fact
        for fact in facts
    )


def _speaker(text: str, quote: FoundFact, mentions: Sequence[FoundMention], starts: Sequence[int]) -> int | None:
    close = quote.end + 1
    last = quote.surface[-1:]
    if last in (",", "?", "!", "—", "–") or text[close : close + 1] == ",":
        found = _behind(text, close + (text[close : close + 1] == ","), last, mentions, starts)
        if found is not None:
            return found
    return _in_front(text, quote.start, mentions, starts)


def _behind(text: str, at: int, last: str, mentions: Sequence[FoundMention], starts: Sequence[int]) -> int | None:
    said = _SAID_X.match(text, at)
    begin = said.end() if said else at + 1
    mention = _first_after(text, begin, mentions, starts)
    if mention is None:
        return None
    if said:
        return mention.start if _GOES_ON.match(text, mention.end) else None
    verb = _X_SAID.match(text, mention.end)
    if verb is None or (last in "?!" and not re.match(r"[.,;:]", verb["next"])):
        return None
    return mention.start


def _first_after(text: str, begin: int, mentions: Sequence[FoundMention], starts: Sequence[int]) -> FoundMention | None:
    """The mention that begins here, but for titles in front of it."""
    index = bisect_left(starts, begin)
    if index == len(mentions) or starts[index] - begin > 60 or not _only_titles(text[begin : starts[index]]):
        return None
    return mentions[index]


def _in_front(text: str, opening: int, mentions: Sequence[FoundMention], starts: Sequence[int]) -> int | None:
    index = bisect_left(starts, opening) - 1
    # what is told may be named between speaker and quote: "Smith told Reuters: “"
    for mention in reversed(mentions[max(0, index - 3) : index + 1]):
        if opening - mention.end <= 180 and _BEFORE_QUOTE.fullmatch(text, mention.end, opening):
            line = text.rfind("\n", 0, mention.start) + 1
            clause = re.split(r"[.!?]\s|[\"“”]\s?", text[line : mention.start])[-1]
            return mention.start if _only_titles(_INTRO.sub("", clause)) else None
    return None


def _only_titles(words: str) -> bool:
    """Whether nothing but titles and words that open a sentence stands here."""
    return all(
        (low := word.casefold().strip(".,")) in _OPENING
        or low in w.SURE_TITLES | w.LOOSE_TITLES | w.TITLE_MODIFIERS
        or knowledge.people_of(word) is not None
        for word in words.split()
    )
