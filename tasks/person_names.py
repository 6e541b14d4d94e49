"""Names of persons and agencies out of bylines: without "By", roles, handles, places and dates. Pure."""

import html
import re

from tasks.extract_lines import fold
from tasks.extract_tree import squeeze

# Agencies: the name we keep, then the other ways they sign (letters only, folded).
_AGENCY_NAMES = """
Associated Press: ap associatedpress theassociatedpress
Reuters: reuters
AFP: afp agencefrancepresse
dpa: dpa deutschepresseagentur germanpressagency
APA: apa austriapresseagentur
ANSA: ansa agenziaansa agenzianazionalestampaassociata
EFE: efe agenciaefe
Bernama: bernama
Interfax: interfax
Ukrinform: ukrinform
Inter Press Service: interpressservice
Europa Press: europapress
Bloomberg: bloomberg bloombergnews
PA Media: pa pamedia pressassociation
UPI: upi unitedpressinternational
TASS: tass itartass
Xinhua: xinhua xinhuanews
Kyodo: kyodo kyodonews
Jiji Press: jiji jijipress
Yonhap: yonhap yonhapnews
IANS: ians indoasiannewsservice
PTI: pti presstrustofindia thepresstrustofindia
ANI: ani asiannewsinternational
SID: sid sportinformationsdienst
epd: epd evangelischerpressedienst
KNA: kna katholischenachrichtenagentur
Belga: belga belganews
ANP: anp algemeennederlandspersbureau
NTB: ntb norsktelegrambyra norsktelegrambyrå
Ritzau: ritzau
PAP: pap polskaagencjaprasowa polishpress
ČTK: ctk čtk
MTI: mti
Lusa: lusa agencialusa agêncialusa lusanews
Keystone-SDA: keystonesda sda
AAP: aap australianassociatedpress
The Canadian Press: thecanadianpress canadianpress cp
STT: stt suomentietotoimisto
TT: tt ttnyhetsbyran ttnyhetsbyrån tidningarnastelegrambyra tidningarnastelegrambyrå
Anadolu: anadoluagency anadolu aa
CNN Wire: cnnwire
PR Newswire: prnewswire
Business Wire: businesswire
GlobeNewswire: globenewswire
"""
_AGENCIES = {
    key: name.strip()
    for line in _AGENCY_NAMES.strip().splitlines()
    for name, _, keys in [line.partition(":")]
    for key in keys.split()
}

_LEAD = re.compile(
    r"""
        ^\W*(?:(?:(?:story|words?|text|texte|report(?:ed|ing)?|written|posted|published|review(?:ed)?|created|submitted|
        interview|opinion|analysis|article|edited|compiled|guest\s+post|column)\s+)?(?:by|von|par|por|di|af|av|door|przez|od|
        от)\b|(?:ein\s+(?:\w+\s+)?von|un\s+article\s+de|autorin?|autoren|auteurs?|autore|autores?|authors?|skribent|
        författare|tekst|texte?|words|story|redaktion|автор|著者|文|记者|責任編輯|编辑|记者)\s*[:：/]|(?:(?:with|mit|avec|con)\s+)?
        (?:(?:additional|further|zusätzlichem?)\s+)?(?:inputs?|files?|material|reporting|information(?:s|en)?)\s+
        (?:from|by|von|de|der))\s*[:：]?\s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SPLIT = re.compile(
    r"\s*(?:[;|•·/\n、，]|,(?!\s*(?:jr|sr|ii|iii|iv|m\.?d|ph\.?d|esq)\b)|"
    r"\s(?:and|und|et|y|e|en|og|och|i|&|with|mit|avec|con|met|via|ve|и)\s)\s*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+|(?<!\S)@\w+")
_IN_BRACKETS = re.compile(r"\(\s*(?:(?:with|mit|avec|con|met|med|via|from|by|par)\s+)?([^()]{2,40}?)\s*\)", re.IGNORECASE)
# Who made the pictures did not write the article.
_PICTURES = re.compile(
    r"""
        ^(?:all\s+)?(?:photo(?:graph(?:s|y|er|ed)?)?s?|fotos?|fotografie|pictures?|images?|videos?|illustrations?|illustrated|
        graphics?|grafik|camera|kamera|filmed)\s*(?:by\b|von\b|par\b|por\b|di\b|[:：/])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ROLE = re.compile(
    r"""
        \b(?:staff(?:\s+(?:writer|reporter))?|writers?|reporters?|correspondents?|editors?|editor-in-chief|contributors?|
        contributing|columnists?|journalists?|photographers?|producers?|senior|chief|freelance|managing|redakteur(?:in)?|
        korrespondent(?:in)?|reporterin|journaliste|redactora?|periodista|giornalista|redacteur|author|bureau|desk|producer|
        anchor|host|intern|fellow|analyst|professor|director|president|founder|ceo|manager|specialist|deputy|associate|
        executive|assistant|published|updated|posted|min\s+read|view\s+(?:all|profile|bio)|follow|follows?\s+on|bio|email|
        e-mail|twitter|contact|biography|read\s+more|more\s+(?:by|from)|all\s+(?:posts|articles|stories)|photos?|images?|
        illustration|video|courtesy|special\s+to|for\s+the|correspondent)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOT_NAME = re.compile(
    r"""
        https?:|www\.|@|\.com\b|\.org\b|\d|[<>{}=\[\]]|^(?:admin|administrator|editor|staff|guest|news\s?desk|webmaster|
        unknown|anonymous|null|undefined|none|n/a|author|user|root|contributor|redaktion|redacción|rédaction|la\s+rédaction|
        redazione|redactie|newsroom|web\s?desk|online\s?desk|(?:news\s+)?agencies|wire\s+services?|
        (?:the\s+)?(?:editorial|news|digital|web)\s+(?:team|board|staff|service))$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TRAILING = re.compile(r"\s*(?:\(.*?(?:\)|$)|\[.*?\]|[,–—|:•·-]\s*$|\son\s+(?:twitter|x|\w+day)\b.*)\s*$", re.IGNORECASE)
_PLACE = re.compile(r"(?<=\w)\s+in\s+[A-Z][\w.’'-]+(?:\s+[A-Z][\w.’'-]+){0,2}$")  # "Jane Roe in Norvik"
_WIRE_END = re.compile(
    r"[\s,/-]+(?:the\s+)?(?:associated\s+press|canadian\s+press|reuters|afp|dpa|bloomberg|upi)(?:\s+\w+)?$", re.IGNORECASE
)


def agency_of(name: str) -> str | None:
    """The agency that a byline part names ("Reuters Staff", "The Associated Press"), or None."""
    key = fold(
        re.sub(
            r"\b(?:staff|newswires?|news\s+agency|wire|agency|with|via|from|und|mit|editors?|team|report(?:er|ing)?s?)\b",
            " ",
            name,
            flags=re.IGNORECASE,
        )
    )
    return _AGENCIES.get(key) or _AGENCIES.get(fold(name))


def split_names(text: str) -> list[str]:
    """The names in a byline, without "By", roles, handles and dates."""
    text = squeeze(html.unescape(text.replace("\xa0", " ")))
    text = _LEAD.sub("", _ADDRESS.sub(" ", text))
    text = _IN_BRACKETS.sub(lambda match: f", {match[1]}" if agency_of(match[1]) else match[0], text)
    names = []
    for part in _SPLIT.split(text):
        name = clean_name(part)
        if name:
            names.append(name)
    return names


def clean_name(part: str) -> str | None:
    """One name, or None where the text is no name."""
    if _PICTURES.search(part.strip()):
        return None
    name = _LEAD.sub("", part).strip(" \t,.;:|–—-•·*\"“”'’")
    for _ in range(2):
        name = _PLACE.sub("", _TRAILING.sub("", name).strip())
    if not 2 <= len(name) <= 60 or len(name.split()) > 6 or _NOT_NAME.search(name):
        return None
    if not any(char.isalpha() for char in name):
        return None
    if agency_of(name):
        return name
    signed = _WIRE_END.sub("", name)
    if len(signed.split()) >= 2:
        name = signed
    role = _ROLE.search(name)
    if role:
        rest = squeeze(_ROLE.sub(" ", name)).strip(" ,.-|&")
        # "Jane Doe Staff Writer" keeps the name; "Senior Editor, Politics" keeps nothing
        return rest if len(rest.split()) >= 2 and all(word[:1].isupper() for word in rest.split()) and role.start() > 0 else None
    return name
