"""What a page turned out to be: an article, or one of the things that stand in its place. Pure rules.

Each rule adds weight to one verdict and leaves a word of evidence; the heaviest verdict wins when it passes its bar,
else the page is `full`. The rules look at structure (forms, links, types) and at the wording of walls, which is the
same all over the web.
"""

import re
from dataclasses import dataclass

from schemas.reasons import Verdict
from tasks.text import words


@dataclass(frozen=True, slots=True)
class PageSigns:
    """What the verdict looks at.

    title, description: what the page says that it is about; text: the extracted body; words: its words; page_text,
    page_words: all visible text; after_text: what the page shows right after the body, where a wall stands;
    prose_blocks: running paragraphs of the body; linked_headlines: links of headline length outside the body; types: schema.org
    types of the page; paywall_marks: elements named like a wall; stated_words: the word count that the page states.
    """

    title: str | None
    description: str | None
    text: str
    words: int
    page_text: str
    page_words: int
    after_text: str
    prose_blocks: int
    linked_headlines: int
    types: frozenset[str]
    og_type: str | None
    is_free: bool | None
    url_path: str
    has_video: bool
    images: int
    live_updates: int
    paywall_marks: int
    stated_words: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with its score in [0, 1] and the evidence for it."""

    verdict: Verdict
    score: float
    evidence: str


_NOT_FOUND = re.compile(
    r"""
        \b(?:(?:error|fehler|http)\W{0,3}404|404\W{0,3}(?:error|page|not\s+found)|page\s+(?:you\s+(?:are\s+looking|requested|were\s+looking)\b.{0,40}|(?:was\s+|is\s+|
        could\s+)?not\s+(?:be\s+)?found|(?:doesn.t|does\s+not|no\s+longer)\s+exists?|(?:is\s+)?no\s+longer\s+available|
        cannot\s+be\s+found|can.t\s+be\s+found|(?:is\s+)?unavailable)|
        (?:article|story|content|post)\s+(?:you\s+(?:requested|are\s+looking\s+for|were\s+looking\s+for)\s+)?(?:not\s+found|
        (?:can(?:no|.)t|could\s+not|couldn.t)\s+be\s+found|
        (?:is\s+)?no\s+longer\s+available|has\s+been\s+removed|(?:does\s+not|doesn.t)\s+exist)|we\s+(?:can.t|cannot|couldn.t|
        could\s+not)\s+find\s+(?:the|that|this|what)|seite\s+(?:wurde\s+)?nicht\s+gefunden|
        page\s+(?:introuvable|non\s+trouvée)|página\s+no\s+encontrada|página\s+não\s+encontrada|pagina\s+non\s+trovata|
        pagina\s+niet\s+gevonden|страница\s+не\s+найдена|sayfa\s+bulunamadı|nie\s+znaleziono\s+strony)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BOT = re.compile(
    r"""
        (?:are\s+you\s+(?:a\s+)?(?:human|robot)|verify\s+(?:that\s+)?you\s+are\s+(?:a\s+)?human|not\s+a\s+robot|
        unusual\s+(?:traffic|activity)|checking\s+your\s+browser|just\s+a\s+moment|
        enable\s+javascript\s+and\s+cookies\s+to\s+continue|please\s+(?:enable|turn\s+on)\s+(?:javascript|js)|
        access\s+(?:to\s+this\s+page\s+has\s+been\s+|is\s+)?denied|attention\s+required|ddos\s+protection|captcha|ray\s+id|
        bot\s+detection|automated\s+(?:access|requests)|security\s+(?:check|service)|request\s+(?:has\s+been\s+)?blocked|
        you\s+have\s+been\s+blocked|pardon\s+our\s+interruption|request\s+unsuccessful|403\s+forbidden|
        javascript\s+is\s+(?:disabled|not\s+(?:enabled|available))|robot\s+check|incident\s+id|kein\s+roboter|
        pas\s+un\s+robot|no\s+(?:eres|es|soy)\s+un\s+robot|sicherheitsüberprüfung|you\s+(?:are|were)\s+a\s+bot|не\s+робот)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CONSENT = re.compile(
    r"""
        (?:before\s+you\s+continue|we\s+(?:and\s+our\s+(?:\d+\s+)?partners\s+)?(?:use|value|store)\b.{0,60}\b(?:cookies|
        privacy|information\s+on\s+(?:a|your)\s+device)|accept\s+(?:all|cookies)|reject\s+all|cookie\s+(?:policy|settings|
        preferences|consent)|manage\s+(?:your\s+)?(?:choices|preferences|settings)|your\s+privacy\s+(?:choices|matters)|
        legitimate\s+interest|personali[sz]ed\s+(?:ads|advertising|content)|alle\s+akzeptieren|
        zustimmen\s+und|mit\s+werbung\s+(?:weiter)?lesen|(?:cookie|datenschutz)-?einstellungen|tout\s+accepter|
        accepter\s+et\s+(?:continuer|fermer)|(?:tout|continuer\s+sans)\s+(?:refuser|accepter)|
        (?:aceptar|rechazar)\s+(?:todo|todas|y\s+continuar)|(?:aceitar|rejeitar)\s+(?:tudo|todos)|(?:accetta|rifiuta)\s+tutt[oi]|
        alles\s+(?:accepteren|weigeren)|alle\s+ablehnen|(?:za)?akceptuj\w*\s+wszystk\w+|godkänn\s+alla|(?:accepter|godta)\s+alle|
        hyväksy\s+kaikki|принять\s+все|tümünü\s+kabul|
        (?:utilisons|utilizamos|usamos|utilizziamo|usiamo|verwenden|nutzen|gebruiken|używamy|använder|bruger|bruker|используем)\b.{0,30}
        \b(?:cookies?|куки)|(?:nos|nuestros|nossos|nostri|unsere[nr]?|onze|våra|vores|nasi|naszymi)\s+(?:\d+\s+)?
        (?:partenaires|socios|parceiros|partner\w*)|(?:publicités?|anuncios|anúncios|annunci|werbung|advertenties)\s+
        personn?ali[sz]\w+|cookie-?(?:instellingen|richtlinien?)|paramètres\s+des\s+cookies|intérêt\s+légitime|
        berechtigte[sn]?\s+interesse)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAYWALL = re.compile(
    r"""
        (?:subscribe(?:rs?)?\s+(?:now\s+)?(?:to\s+(?:continue|read|keep|unlock|access)|for\s+(?:full|unlimited)|only|today)|
        (?:this|the)\s+(?:article|story|content|post)\s+is\s+(?:for|available\s+(?:only\s+)?to|reserved\s+for|exclusive\s+to|
        only\s+(?:for|available))\b.{0,40}(?:subscribers?|members?|premium|paid)|(?:already\s+a\s+(?:subscriber|member))|
        (?:to\s+)?(?:continue|keep)\s+reading\b.{0,60}(?:subscri|sign|log|register|free|account|trial)|(?:log|
        sign)\s+in\s+to\s+(?:continue|read)|(?:exclusive|only)\s+(?:for|to)\s+(?:our\s+)?(?:subscribers|members)|
        unlock\s+(?:this|the)\s+(?:article|story)|you.ve\s+(?:reached|read)\s+your\b.{0,40}(?:limit|free\s+articles?)|
        register\s+(?:for\s+free\s+)?to\s+(?:continue|read)|start\s+(?:your\s+)?(?:free\s+)?trial|(?:jetzt|
        weiter)\s+(?:abonnieren|lesen\s+mit)|nur\s+für\s+abonnenten|sie\s+sind\s+bereits\s+abonnent|mit\s+.{0,20}plus\s+lesen|
        réservé\s+(?:aux|à\s+nos)\s+abonnés|déjà\s+abonné|suscríbete\s+para|contenido\s+exclusivo\s+para|
        solo\s+para\s+suscriptores|exclusivo\s+para\s+(?:assinantes|suscriptores)|contenuto\s+riservato|abbonati\s+per|
        alleen\s+voor\s+abonnees|dla\s+(?:abonentów|prenumeratorów|subskrybentów)|material\s+(?:is\s+)?för\s+prenumeranter|
        доступно\s+(?:только\s+)?по\s+подписке)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Words that no box of a paper's own advertising has: they say that this very text goes on behind the wall.
_WALL = re.compile(
    r"""
        (?:(?:this|the)\s+(?:article|story|content|post)\s+is\s+(?:for|available\s+(?:only\s+)?to|reserved\s+for|exclusive\s+to|
        only\s+(?:for|available))\b.{0,40}(?:subscribers?|members?|premium|paid)|
        (?:to\s+)?(?:continue|keep)\s+reading\b.{0,60}(?:subscri|sign|log|register|account|trial)|
        subscribe\s+(?:now\s+)?to\s+(?:continue|keep|unlock)|to\s+read\s+the\s+(?:full|whole|rest\s+of\s+the)\s+(?:story|article)|
        unlock\s+(?:this|the)\s+(?:article|story)|you.ve\s+(?:reached|read)\s+your\b.{0,40}(?:limit|free\s+articles?)|
        (?:log|sign)\s+in\s+to\s+(?:continue|read)|(?:sie\s+sind\s+)?bereits\s+abonnent|nur\s+für\s+abonnent|
        möchten\s+sie\s+weiterlesen|(?:jetzt\s+)?abonnieren\s+und\s+weiterlesen|diesen\s+artikel\s+(?:weiter)?lesen|
        réservée?s?\s+(?:aux|à\s+nos)\s+abonnés|il\s+vous\s+reste\s+\d+\W*%|déjà\s+abonné|(?:suscríbete|regístrate)\s+para\s+
        (?:seguir|continuar|leer)|(?:contenido\s+)?exclusivo\s+para\s+(?:suscriptores|assinantes|abonados)|
        solo\s+para\s+suscriptores|contenuto\s+riservato|abbonati\s+per\s+(?:continuare|leggere)|alleen\s+voor\s+abonnees|
        dla\s+(?:abonentów|prenumeratorów|subskrybentów)|för\s+prenumeranter|для\s+подписчиков|по\s+подписке)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MORE = re.compile(
    r"""
        ^\W*(?:(?:read|continue|see|view|click)\s+(?:more|reading|on|(?:the\s+)?full\s+\w+|here\s+to\s+read)|weiterlesen|mehr\s+lesen|
        lire\s+(?:la\s+suite|plus)|leer\s+más|seguir\s+leyendo|leia\s+mais|continua\s+a\s+leggere|lees\s+(?:meer|verder)|
        czytaj\s+(?:więcej|dalej)|читать\s+(?:далее|дальше|полностью))\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_RIGHTS = re.compile(
    r"""
        ©|\ball\s+rights\s+reserved|alle\s+rechte\s+vorbehalten|tous\s+droits\s+réservés|(?:todos\s+(?:los|os)\s+derechos|
        direitos)\s+reservados|tutti\s+i\s+diritti|alle\s+rechten\s+voorbehouden|wszelkie\s+prawa|все\s+права|sva\s+prava
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OLD_BROWSER = re.compile(
    r"\bbrowser\b.{0,60}\b(?:outdated|out\s+of\s+date|not\s+supported|veraltet|obsolète|obsoleto)", re.IGNORECASE
)
# A cut that a machine made, or words that lead on, at the end of the text itself.
_CUT_MARK = re.compile(
    r"(?:\[(?:…|\.\.\.)\]|\[\+?\d+\s+chars?\]|\w\s(?:…|\.\.\.)|\b(?:more|reading|weiterlesen|suite|más|далее)\W{0,4})\s*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…:。！？।]\W*$")
_LAST = 200  # characters in which the end of a text is looked for: a row of dots takes quadratic time
_LIVE_TITLE = re.compile(
    r"""
        (?:\blive\s*(?:blog|updates?|coverage|ticker)\b|\bas\s+it\s+happened\b|\blive-?ticker\b|\w-ticker\b\s*:|
        \bnews-?ticker\b|^\W*live\s*[:|–—-]|\ben\s+direct\b\s*[:|]|\ben\s+(?:directo|vivo)\b\s*[:,|]|\bin\s+diretta\b|
        \bao\s+vivo\b\s*[:|]|\bonline\s*[:|]\s*live)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LIVE_WORD = re.compile(r"blog|ticker|updates?", re.IGNORECASE)
_GALLERY = re.compile(
    r"""
        (?:\b(?:photo\s*)?gallery\b|\bslideshow\b|\bin\s+pictures\b|\bphotos?\s*[:|]|\bwatch\s*[:|]|\bvideo\s*[:|]|
        \bbilderstrecke\b|\bfotostrecke\b|\bfotogalería\b|\bfotogaleria\b|\bdiaporama\b|\ben\s+images\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MEDIA_PATH = re.compile(
    r"""
        /(?:videos?|watch|gallery|galleries|galerie|photos?|photo-gallery|pictures|slideshow|bildergalerie|fotostrecke|
        fotogaleria|podcasts?|audio)(?:/|$|-)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LISTING_PATH = re.compile(
    r"""
        ^/?(?:$|(?:index\.\w+|home)/?$|(?:tags?|topics?|category|categories|section|sections|author|authors|archive|archives|
        search|page)(?:/|$))
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TRUNCATED = re.compile(
    r"""
        (?:\[?(?:…|\.\.\.)\]?|\[\+?\d+\s+chars?\]|(?:read|continue|see|view)\s+(?:more|reading|full\s+\w+)\W{0,3}|
        weiterlesen\W*|lire\s+la\s+suite\W*|leer\s+más\W*|читать\s+далее\W*)\s*$
    """,
    re.IGNORECASE | re.VERBOSE,
)


def judge(signs: PageSigns) -> Judgement:
    """The verdict on a page from its signs. A short text that is whole (a brief of 30 words) is `full`."""
    cases = _Cases()
    _walls(signs, cases)
    _other_kinds(signs, cases)
    _cut_texts(signs, cases)
    _nothing(signs, cases)
    verdict, weight = cases.heaviest()
    if verdict is not None and weight >= 0.6:
        return Judgement(verdict, round(weight, 3), "; ".join(cases.notes[verdict]))
    return Judgement(Verdict.FULL, round(1.0 - weight, 3), f"{signs.words} words in {signs.prose_blocks} paragraphs")


class _Cases:
    """The case for each verdict: its weight so far and the evidence."""

    __slots__ = ("notes", "weights")

    def __init__(self) -> None:
        self.weights: dict[Verdict, float] = {}
        self.notes: dict[Verdict, list[str]] = {}

    def add(self, verdict: Verdict, weight: float, note: str) -> None:
        """Add weight to one verdict, with a word of evidence."""
        self.weights[verdict] = self.weights.get(verdict, 0.0) + weight
        self.notes.setdefault(verdict, []).append(note)

    def heaviest(self) -> tuple[Verdict | None, float]:
        """The verdict with the greatest weight, at most 1; the first in the list of verdicts among equals."""
        order = list(Verdict)
        # Nothing to read is what is left when it has no other reason: half a reason is better than none.
        others: dict[Verdict, float] = {}
        others.update((verdict, weight) for verdict, weight in self.weights.items() if verdict != Verdict.EMPTY and weight >= 0.3)
        empty = self.weights.get(Verdict.EMPTY, 0.0) >= 0.6
        notice = self.weights.get(Verdict.EMPTY, 0.0) >= 1.0  # a text, but another's: not nothing to read
        weights = others if empty and others and not notice else self.weights
        best = max(weights, key=lambda verdict: (min(weights[verdict], 1.0), -order.index(verdict)), default=None)
        if best is None:
            return None, 0.0
        return best, max(min(weights[best], 1.0), 0.6 if empty else 0.0)


def _nothing(signs: PageSigns, cases: _Cases) -> None:
    if signs.words == 0:
        cases.add(Verdict.EMPTY, 0.75, "no text")
    elif signs.words < 12 and signs.prose_blocks == 0:
        cases.add(Verdict.EMPTY, 0.65, f"{signs.words} words and no sentence")
    elif signs.words < 40 and signs.prose_blocks <= 2 and (match := _RIGHTS.search(signs.text)):
        cases.add(Verdict.EMPTY, 0.65, f"nothing but “{match.group()}”")
    elif signs.words < 40 and (match := _OLD_BROWSER.search(signs.text)):
        cases.add(Verdict.EMPTY, 0.65, f"says “{match.group()[:60]}”")
    elif signs.words < 80 and 0 < signs.prose_blocks <= 3 and _is_foreign(signs):
        cases.add(Verdict.EMPTY, 1.0, "a notice: the text shares no word with headline and description")


def _is_foreign(signs: PageSigns) -> bool:
    """Whether a text has none of at least eight longer words of headline and description, inflected or not."""
    named = _stems(f"{signs.title or ''} {signs.description or ''}")
    return len(named) >= 8 and named.isdisjoint(_stems(signs.text))


def _stems(text: str) -> set[str]:
    return {word[:5] for word in words(text.casefold()) if len(word) >= 4}


def _walls(signs: PageSigns, cases: _Cases) -> None:
    title = signs.title or ""
    start = f"{title}\n{signs.page_text[:3000]}\n{signs.text[:1000]}"
    small = signs.words < 130 and signs.prose_blocks <= 3
    if (_NOT_FOUND.search(title) or re.match(r"\W*404\b", title)) and signs.prose_blocks <= 3 and signs.words < 250:
        cases.add(Verdict.NOT_FOUND_PAGE, 0.8, "the title says that nothing was found")
    elif small and not _is_article(signs) and (match := _NOT_FOUND.search(start)):
        cases.add(Verdict.NOT_FOUND_PAGE, 0.65 if signs.words < 80 else 0.45, f"says “{match.group()[:60]}”")
    hits = {match.group().lower()[:40] for match in _BOT.finditer(start)} if signs.page_words < 400 and small else set()
    if hits:
        cases.add(Verdict.BOT_WALL, 0.45 + 0.25 * len(hits) + (0.2 if _BOT.search(title) else 0.0), f"says {sorted(hits)[:3]}")
    # A banner over an article is no wall: the consent text has to be what there is instead of one.
    walled = signs.words < 250 and signs.page_words < 1200 and _CONSENT.search(f"{title}\n{signs.text[:1500]}")
    consent = {match.group().lower()[:40] for match in _CONSENT.finditer(start)} if walled else set()
    if len(consent) >= 2:
        cases.add(Verdict.CONSENT, 0.3 + 0.15 * len(consent), f"says {sorted(consent)[:3]}")


def _is_article(signs: PageSigns) -> bool:
    """Whether the page says of itself that it is an article."""
    return signs.og_type == "article" or any(name.endswith(("Article", "BlogPosting")) for name in signs.types)


def _other_kinds(signs: PageSigns, cases: _Cases) -> None:
    title = signs.title or ""
    if "LiveBlogPosting" in signs.types:
        cases.add(Verdict.LIVE_BLOG, 0.8, "LiveBlogPosting")
    if match := _LIVE_TITLE.search(title):
        cases.add(Verdict.LIVE_BLOG, 0.65 if _LIVE_WORD.search(match.group()) else 0.45, f"the title says “{match.group()}”")
    if signs.live_updates >= 5:
        cases.add(Verdict.LIVE_BLOG, 0.4, f"{signs.live_updates} timed updates")
    article = _is_article(signs)
    if signs.prose_blocks < 3 and signs.linked_headlines >= 15 and signs.words < 200:
        cases.add(
            Verdict.LISTING,
            0.3 + min(0.4, signs.linked_headlines / 100) - (0.3 if article else 0.0),
            f"{signs.linked_headlines} linked headlines, {signs.prose_blocks} paragraphs",
        )
    if _LISTING_PATH.match(signs.url_path) and not article:
        cases.add(Verdict.LISTING, 0.45, "the address is that of a section")
    if signs.types & {"CollectionPage", "SearchResultsPage", "ItemList"} and not article:
        cases.add(Verdict.LISTING, 0.3, "typed as a collection")
    if signs.words < 120:
        media = 0.0
        if (signs.og_type and signs.og_type.startswith("video")) or signs.types & {"VideoObject", "ImageGallery", "MediaGallery"}:
            media += 0.3
        if _MEDIA_PATH.search(signs.url_path):
            media += 0.35
        if _GALLERY.search(title) or (signs.words == 0 and _GALLERY.search(signs.page_text[:3000])):
            media += 0.35
        if signs.has_video or signs.images >= 8:
            media += 0.5 if signs.words < 60 and signs.prose_blocks <= 2 else 0.15
        if signs.has_video and signs.words < 60 and signs.prose_blocks <= 2:
            media += 0.15
        if media:
            cases.add(Verdict.GALLERY_OR_VIDEO, media, f"media page with {signs.words} words")


def _cut_texts(signs: PageSigns, cases: _Cases) -> None:
    # "Subscribe" stands on every page of a paper; a wall stands where the text breaks off.
    place = f"{signs.text[-600:]}\n{signs.after_text}"
    wall, offer = _WALL.search(place), _PAYWALL.search(place)
    short = signs.words < 220
    behind = signs.is_free is False or bool(wall)
    if signs.is_free is False:
        cases.add(Verdict.PAYWALL, 0.4 if short else 0.15, "isAccessibleForFree is false")
        if signs.words < 60:
            cases.add(Verdict.PAYWALL, 0.25, f"{signs.words} words")
    if signs.is_free is False and (wall or offer) and signs.paywall_marks and signs.words < 350:
        # Three signs that have nothing to do with one another; what little text there is may have gathered furniture.
        cases.add(Verdict.PAYWALL, 0.5, "not free, with a wall and its words")
    if (said := wall or offer) and short:
        cases.add(Verdict.PAYWALL, 0.6 if wall else 0.35, f"says “{said.group()[:60]}”")
    if signs.paywall_marks and short and (wall or offer):
        cases.add(Verdict.PAYWALL, 0.25, "paywall elements")
    _stated(signs, cases, behind=behind)
    _breaks_off(signs, cases, behind=behind)


def _stated(signs: PageSigns, cases: _Cases, *, behind: bool) -> None:
    """The page says how many words its text has."""
    if not signs.stated_words or signs.stated_words <= 150 or signs.words >= 0.4 * signs.stated_words:
        return
    cases.add(
        Verdict.PAYWALL if behind else Verdict.TEASER,
        0.65 if signs.words < 220 and signs.words < 0.3 * signs.stated_words else 0.4,
        f"{signs.words} of {signs.stated_words} stated words",
    )
    if _TRUNCATED.search(signs.text[-_LAST:]):
        cases.add(Verdict.PAYWALL if behind else Verdict.TEASER, 0.3, "the text breaks off")


def _breaks_off(signs: PageSigns, cases: _Cases, *, behind: bool) -> None:
    """The text ends where none ends. Some writers end with three dots: those count with a way to go on only."""
    if signs.words >= 250:
        return
    more = _MORE.search(signs.after_text)
    end = signs.text[-_LAST:]
    dots = _TRUNCATED.search(end)
    open_end = not _SENTENCE_END.search(end) and signs.words >= 12 and signs.prose_blocks > 0
    if dots and (behind or more or _CUT_MARK.search(end)):
        cases.add(Verdict.PAYWALL if behind else Verdict.TEASER, 0.65, "the text breaks off")
    elif dots and signs.words < 150:
        cases.add(Verdict.TEASER, 0.5, "the text ends with dots")
    elif more and signs.words < 80 and more.end() >= len(signs.after_text.split("\n")[0].rstrip(" .…→»›>")):
        cases.add(Verdict.TEASER, 0.65, f"{signs.words} words, then “{more.group().strip()}”")
    elif open_end and more:
        cases.add(Verdict.TEASER, 0.65, f"the text ends in a sentence, then “{more.group().strip()}”")
