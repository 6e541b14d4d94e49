"""What the words around a name say of its being a company or a vessel and no person. Pure."""

import re
from itertools import islice

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge

_TRADE = (
    r"(?:company|companies|firm|maker|manufacturer|operator|conglomerate|airline|carrier|bank|lender|insurer|retailer|grocer|supermarket|"
    r"start-?up|producer|miner|brewer|distiller|charity|consultancy|supplier|developer|publisher|restaurant|hotel|nightclub|bakery|bookshop|bookstore|broadcaster|builder|shipyard|refiner|"
    r"utility|automaker|carmaker|chipmaker|drugmaker|steelmaker|brand|subsidiary|agency|newspaper|website|nonprofit|think tank)"
)
# ", a ferry company", ", the Porto-based shoe maker"; not ", a company director", ", a bank robber"
_IS_TRADE = re.compile(
    rf",\s(?:a|an|the|one of|its|Europe['’]s|America['’]s)\s(?:[\w'’-]+\s){{0,4}}{_TRADE}\b"
    r"(?!\s(?!that|which|based|in|with|of|said|is|has|and)\w)"
)
# "the ferry operator |Marluz|", "chip maker |Tolvan|", "the streaming service |Tolvan|"
_BODY = (
    r"(?:(?:streaming|ride-hailing|messaging|news|wire|delivery|intelligence|secret|postal) service|app|(?:online )?platform|"
    r"search engine|social network|television network|militia|news agency|daily|weekly|magazine|broadcaster|record label|"
    r"(?:militant|rebel|armed|advocacy|rights|lobby|terrorist|industry|campaign|jihadist) group|film studio|supermarket chain|"
    r"(?:football|soccer|rugby|cricket|hockey) club|investment fund|hedge fund|trade union|opposition party)"
)
_TRADE_BEFORE = re.compile(rf"\b(?:{_TRADE}|{_BODY})\s$")
_OWNS = re.compile(
    r"['’]s?\s(?:shares?|stock|shareholders|board of directors|headquarters|employees|workforce|customers|subsidiar(?:y|ies)|"
    r"(?:share|stock) price|(?:chief executive|chief financial officer|ceo|cfo)|(?:annual|net) (?:profits?|loss|sales))\b"
    r"|\s(?:shares|stock)\s(?:rose|fell|were|closed|jumped|dropped|slid|gained|lost|have|had|climbed|plunged|surged|tumbled)\b"
    r"|\s\([A-Z][A-Za-z-]{1,5}\s?:\s?[A-Z0-9]",
    re.IGNORECASE,
)
_OF_FIRM = re.compile(
    r"\b(?:shares?|stake|shareholders|investors|stock) (?:of|in) $|"
    r"\b(?:chief executive|chief financial officer|ceo|cfo|co-?founder|managing director|general counsel) (?:of|at) $",
    re.IGNORECASE,
)
_VESSEL = (
    r"(?:ferry|vessel|tanker|freighter|trawler|yacht|frigate|destroyer|submarine|icebreaker|satellite|spacecraft|space probe|"
    r"cargo ship|cruise ship)"
)
# Mentions of a name that are looked at.
MOST = 12
_VESSEL_BEFORE = re.compile(rf"\bthe (?:[\w-]+\s){{0,2}}{_VESSEL},?\s(?:the\s)?$")


def trade_of(text: str, surface: str, kind: EntityType) -> EntityType | None:
    """What a name taken for a person's or a place's (`kind`) is by the words beside any of its mentions; else None.

    Only names of one or two words that no given name makes a person's.
    """
    words = surface.split()
    if kind not in (EntityType.PERSON, EntityType.PLACE) or len(words) > 2 or knowledge.is_place(surface):
        return None
    if (len(words) == 2 and knowledge.is_given_name(words[0], places=True)) or words[0].casefold() in w.FAMILY_FIRST:
        return None
    for found in islice(re.finditer(rf"(?<![\w-]){re.escape(surface)}(?!\w)", text), MOST):
        before = text[max(0, found.start() - 50) : found.start()].rpartition("\n")[2]
        if _VESSEL_BEFORE.search(before) and kind is EntityType.PERSON:
            return EntityType.PRODUCT
        behind = _IS_TRADE.match(text, found.end()) or _OWNS.match(text, found.end())
        if behind or _TRADE_BEFORE.search(before) or _OF_FIRM.search(before):
            return EntityType.ORG
    return None
