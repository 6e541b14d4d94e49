"""What a single line of a page is: prose, or a label, button or notice of the page around it. Pure.

Judged by general features (length, sentence shape, share of links, place) and by vocabulary that web pages of any
publisher use. A rule that is true of one site only has no place here.
"""

import re

from tasks.extract_vocabulary import UI_LINES
from tasks.text import normal_form

_SENTENCE_END = re.compile(r"[.!?…。！？؟।]['\"”’»)\]]*\s*$")
_SENTENCE_INSIDE = re.compile(r"[.!?…]['\"”’»)]?\s+['\"“‘«(]?\w|[。！？]")
_NO_SPACE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

# "Also read: <headline>" and its kin: a short label, a colon or dash, then a headline.
_POINTER_LABEL = r"""
    also\s+(?:read|see|watch|on|check)|read\s+(?:also|more|next|here|this|it|our|the\s+full\s+\w+)|see\s+(?:also|more|
    related)|more\s*(?:on\s+this|from|to\s+read|:)?|related(?:\s+(?:articles?|stor(?:y|ies)|posts?|news|reading|content|
    links?|coverage|topics?|video))?|recommended(?:\s+(?:reading|for\s+you|stories|articles|articles?))?|don['’]?t\s+miss|
    must[\s-]+read|you\s+(?:may|might)\s+(?:also\s+)?like|watch(?:\s+(?:also|now|more|this|video|here))?|
    listen(?:\s+(?:now|here|to\s+this))?|explore\s+more|next\s+(?:up|article|post)|up\s+next|previous(?:ly|\s+(?:article|
    post))?|further\s+reading|trending(?:\s+now)?|in\s+case\s+you\s+missed\s+it|in\s+pictures|photos?|video|opinion|
    lire\s+(?:aussi|également|la\s+suite)|à\s+lire(?:\s+(?:aussi|également))?|voir\s+aussi|a\s+lire(?:\s+aussi)?|
    leggi\s+anche|leggi|guarda\s+anche|per\s+approfondire|approfondisci|lee(?:r)?\s+(?:también|tambien|más|mas)|
    lea\s+(?:también|además|más)|te\s+puede\s+interesar|(?:ver|vea|mira)\s+(?:también|además)|noticias?\s+relacionadas?|
    más\s+información|leia\s+(?:também|mais)|veja\s+(?:também|mais)|saiba\s+mais|lesen\s+sie\s+(?:auch|mehr|hier)|
    lies\s+auch|auch\s+interessant|mehr\s+(?:zum\s+thema|dazu|lesen)?|siehe\s+auch|zum\s+artikel|weiterlesen|
    das\s+könnte\s+sie\s+auch\s+interessieren|passend\s+dazu|lees\s+(?:ook|meer|verder)|zie\s+ook|bekijk\s+ook|
    les\s+(?:også|mer)|læs\s+(?:også|mere)|läs\s+(?:också|mer|även)|se\s+også|lue\s+(?:myös|lisää)|czytaj\s+(?:też|także|
    również|więcej|dalej)|zobacz\s+(?:też|także|również|więcej)|polecamy|przeczytaj\s+(?:też|także)|čtěte\s+(?:také|více)|
    přečtěte\s+si|citiți\s+și|citește\s+și|olvassa?\s+(?:el|még)|lásd\s+még|ayrıca\s+oku(?:yun)?|ilgili\s+haber(?:ler)?|
    читайте\s+(?:также|ещё|еще|по\s+теме)|смотрите\s+также|читать\s+далее|по\s+теме|читайте\s+також|baca\s+juga|
    lihat\s+juga|xem\s+thêm|đọc\s+thêm|関連記事|相关阅读|延伸阅读|相关新闻|اقرأ\s+(?:أيضا|أيضًا|المزيد)
"""
_POINTER = re.compile(rf"^\W*(?:{_POINTER_LABEL})\s*(?:[:|»›>–—-]|\s-\s|$)", re.IGNORECASE | re.VERBOSE)
_POINTER_ALONE = re.compile(rf"^\W*(?:{_POINTER_LABEL})\W*$", re.IGNORECASE | re.VERBOSE)

_NETWORKS = r"""
    facebook|twitter|x|linkedin|linked\s?in|e-?mail|mail|whatsapp|telegram|pinterest|reddit|instagram|youtube|tiktok|
    threads|bluesky|mastodon|flipboard|messenger|tumblr|vk|viber|line|wechat|weibo|snapchat|rss|sms|xing|pocket|print|
    copy(?:\s+(?:link|url))?|link|share|tweet|pin(?:\s+it)?|post|save|bookmark
"""
_UI = re.compile(
    rf"""
        ^\W*(?:(?:(?:{_NETWORKS})\b\W*)++|(?:share|post|tweet|send|email|teilen|partager|compartir|compartilhar|condividi|delen|
        del|dela|paylaş|поделиться|udostępnij)(?:\W+(?:this|on|via|to|by|it|the|with|auf|sur|en|su|op|på|по|this\s+\w+|
        article|story|post|page|link|friends?|dit|denna|artikel|artigo|artículo|article))*+(?:\W+(?:{_NETWORKS})\b)*+\W*|
        click\s+to\s+(?:share|email|print).*|(?:share|follow)\s*\d*[km]?|
        (?:please\s+)?follow\s+(?:and\s+like\s+)?us\b.{{0,60}}|like\s+us\s+on\b.{{0,40}}|find\s+us\s+on\b.{{0,40}}|
        follow\s+[\w\s'’.&@-]{{1,40}}\s+on\s+(?:{_NETWORKS})\b.{{0,80}}|(?:enjoy(?:ed)?|like|liked|loved?)\s+(?:this|
        what)\b.{{0,40}}\?.{{0,40}}|(?:please\s+)?spread\s+the\s+word.{{0,20}}|leave\s+a\s+(?:comment|reply|
        response)\b.{{0,40}}|(?:post|add|write|submit|leave|be\s+the\s+first\s+to)\s+(?:a\s+|your\s+)?comments?\b.{{0,30}}|
        (?:view|show|see|read|hide|load|join)\s+(?:all\s+|the\s+|more\s+|\d+\s+)*(?:comments?|conversation|discussion|
        replies)\b.{{0,30}}|\(?\d*\)?\s*(?:comments?|commentaires?|kommentare?|comentarios?|comentários?|commenti|reacties|
        komentarzy?|komentarze|replies)(?:\s+(?:are\s+)?closed\.?)?\s*\(?\d*\)?|no\s+comments?(?:\s+yet)?|
        your\s+email(?:\s+address)?\s+will\s+not\s+be\s+published.*|required\s+fields\s+are\s+marked.*|
        save\s+my\s+name,?\s+email.*|notify\s+me\s+of\s+.{{0,60}}|(?:your\s+)?(?:name|email|website|comment)\s*\*?|(?:scroll|
        back|go|return)\s+to\s+(?:the\s+)?top|nach\s+oben|haut\s+de\s+page|volver\s+arriba|skip\s+to\s+.{{0,30}}|
        (?:advertisements?|ads?|sponsored(?:\s+content)?|anzeige|werbung|publicidad|publicité|pubblicità|publicidade|
        advertentie|reklama?|реклама|annons|annonse|annonce|広告|advertorial|paid\s+content|promoted)\W*|(?:story|article|
        content|text|post)\s+continues\s+(?:below|after)\b.{{0,60}}|continue\s+reading\b.{{0,60}}|scroll\s+(?:down\s+)?(?:to|
        for)\s+.{{0,40}}|(?:thumbnail|image|photo|picture|video|audio|gallery|loading|play|pause|mute|close|menu|search|home|
        error|submit|next|previous|prev|more|less|expand|collapse|show\s+more|show\s+less|load\s+more|view\s+all|see\s+all|
        open|ok|cancel|accept|reject|login|log\s+in|sign\s+in|register|logout|download|top|featured|feature|exclusive|
        breaking(?:\s+news)?|live|new|n/a)|(?:all|browse|other|more|popular|hot|top)?\s*(?:categories|topics|tags|sections|
        archives?)|(?:categories|category|tags?|topics?|filed\s+under|posted\s+in|tagged(?:\s+with)?|keywords?|labels?|
        sections?|schlagwörter|themen|mots[-\s]clés|etiquetas|argomenti|temas)\s*:.{{0,200}}|(?:recommendations?|
        recommended(?:\s+for\s+you)?|related(?:\s+\w+)?|similar\s+\w+|suggested(?:\s+\w+)?|latest(?:\s+(?:news|posts?|stories|
        articles|videos?))?|recent\s+(?:posts?|news|articles|comments)|most\s+(?:read|popular|viewed|recent|commented)|
        popular(?:\s+\w+)?|trending(?:\s+\w+)?|top\s+(?:stories|news|posts|picks)|editors?['’]?s?\s+(?:picks?|choice)|
        more\s+(?:stories|news|articles|posts|videos|headlines)|other\s+(?:stories|news|articles|posts)|you\s+(?:may|
        might)\s+(?:also\s+)?(?:like|be\s+interested\s+in|have\s+missed|enjoy)|you\s+missed|what\s+to\s+read\s+next|
        read\s+next|next\s+read|news\s+feed)\W*|(?:sign\s+up|subscribe|register|join)\b.{{0,100}}(?:newsletter|inbox|updates?|
        alerts?|now|today|here|free|channel|free\s+trial|community|list)\W*|(?:subscribe|sign\s+up|newsletters?|
        subscribe\s+now|get\s+the\s+app|download\s+(?:the|our)\s+app.{{0,40}})|(?:get|receive)\b.{{0,80}}\b(?:in|
        to)\s+your\s+(?:inbox|e-?mail)\W*|(?:©|\(c\)|copyright)\s.{{0,120}}|.{{0,60}}all\s+rights\s+reserved.{{0,60}}|
        alle\s+rechte\s+vorbehalten.*|(?:terms|privacy)\s*(?:of\s+(?:use|service)|policy|&\s*\w+)?(?:\s*[|·]\s*.*)?|(?:we|
        this\s+(?:site|website))\s+uses?\s+cookies\b.*|accept\s+(?:all\s+)?cookies.*|(?:click|tap)\s+here\s+(?:to|
        for)\b.{{0,90}}|(?:reading\s+time|read\s+time|lesezeit|temps\s+de\s+lecture)\W.{{0,20}}|
        \d+\s*[-–]?\s*min(?:ute)?s?(?:\s+read)?|(?:\d+(?:[.,]\d+)?\s*(?:[km]\s*)?(?:shares?|views?|likes?|votes?)\W*)++|
        oops\W.{{0,80}})\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Labels after which a page shows other articles, comments or its forms.
_TAIL_HEADING = re.compile(
    r"""
        ^\W*(?:leave\s+a\s+(?:comment|reply)|(?:\d+\s+)?(?:comments?|commentaires|kommentare|comentarios|comentários|commenti|
        reacties|komentarze)(?:\s*\(\d+\))?|related(?:\s+\w+){0,2}|recommend(?:ed|ations?)(?:\s+\w+){0,2}|similar\s+\w+|
        more\s+(?:stories|news|articles|posts|on\s+this|from)\b.{0,40}|you\s+(?:may|might)\s+(?:also\s+)?(?:like|
        be\s+interested\s+in|enjoy)|read\s+(?:next|more|also)|most\s+(?:read|popular|viewed)|latest(?:\s+(?:news|posts?|
        stories|articles|videos?))?|trending(?:\s+now)?|popular(?:\s+\w+)?|top\s+stories|about\s+the\s+author|the\s+author|
        please\s+follow\s+and\s+like\s+us|follow\s+us|share\s+this(?:\s+\w+)?|all\s+categories|categories|tags|newsletter|
        auch\s+interessant|mehr\s+zum\s+thema|das\s+könnte\s+sie\s+auch\s+interessieren|meistgelesen|à\s+lire\s+aussi|
        lire\s+aussi|sur\s+le\s+même\s+(?:sujet|thème)|articles?\s+similaires|te\s+puede\s+interesar|noticias\s+relacionadas|
        más\s+noticias|lo\s+más\s+(?:leído|visto)|leia\s+(?:também|mais)|veja\s+também|notícias\s+relacionadas|leggi\s+anche|
        articoli\s+correlati|potrebbe\s+interessarti|lees\s+ook|meer\s+over|polecane|zobacz\s+także|czytaj\s+także|
        читайте\s+также|по\s+теме|похожие\s+\w+|関連記事|相关(?:阅读|新闻|文章))\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BYLINE = re.compile(
    r"""
        ^\W*(?:(?:by|von|par|por|di|af|av|door|autor|author|authors|written\s+by|words\s+by|text|texte|foto|fotos|photos?|автор|
        reported\s+by|edited\s+by|reporting\s+by|story\s+by|posted\s+by|published\s+by|
        updated\s+by)\s*:?\s+)[^\s.!?]+(?:\s+[^\s]+){0,11}\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DATE_LINE = re.compile(
    r"""
        ^\W*(?:(?:published|updated|posted|last\s+(?:updated|modified)|modified|first\s+published|created|date|datum|on|am|le|
        el|stand|veröffentlicht|aktualisiert|publié|mis\s+à\s+jour|publicado|actualizado|atualizado|pubblicato|aggiornato|mon|
        tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|
        sunday)\b[\s.:,@|-]*)*(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}(?:st|nd|rd|th|
        \.)?\s+(?:de\s+)?[^\W\d]{3,10}\.?,?\s+(?:de\s+)?\d{4}|[^\W\d]{3,10}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}|
        \d{4}年\d{1,2}月\d{1,2}日)[\s,|·–-]*(?:(?:at|um|à|a\s+las|às|ore|kl\.?|@|
        ,)?\s*\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?(?:\s*\(?[A-Z]{1,5}\)?(?:[+-]\d{1,4})?)?(?:\s+uhr)?)?.{0,25}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CREDIT = re.compile(
    r"""
        ^\W*(?:photo(?:graph)?s?|image|images|picture|pic|foto|fotos|bild|bilder|video|crédito|credit|source|quelle|fuente|
        fonte|ảnh|фото)\s*(?:by|credit|courtesy(?:\s+of)?|von|/|©)?\s*[:/©]\s*.{1,120}$|
        ^.{0,80}[(/|]\s*(?:getty(?:\s+images)?|shutterstock|istock|unsplash|ap\s+photo|afp|reuters|epa|picture\s+alliance|dpa|
        imago)\b.{0,60}\)?\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A caption with its credit at the end: "… in Ghana's Western region. | Photo: Jo Doe"
_CAPTION = re.compile(r"[|(]\s*(?:photo(?:graph)?|image|picture|foto|bild|crédit|credit)s?\s*[:©]\s*[^|]{1,60}$", re.IGNORECASE)
_EDITED = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Letters and digits only, casefolded: what two lines must share to be the same line."""
    return _EDITED.sub("", normal_form("NFKC", text).casefold())


def size(text: str) -> int:
    """The length of a text in Latin-like characters: one in a script without spaces counts for three."""
    return len(text) if text.isascii() else len(text) + 2 * len(_NO_SPACE.findall(text))


def ends_sentence(text: str) -> bool:
    """Whether the line ends as a sentence does."""
    return _SENTENCE_END.search(text) is not None


def is_prose(text: str) -> bool:
    """Whether the line reads like running text: long enough, and it ends or holds a sentence."""
    length = size(text)
    return length >= 40 and (
        ends_sentence(text) or (length >= 100 and (_SENTENCE_INSIDE.search(text) is not None or length >= 200))
    )


def is_pointer(text: str) -> bool:
    """Whether the line leads to another article: "Also read: …", "Lire aussi : …", a bare "Read more"."""
    if len(text) > 220:
        return False
    match = _POINTER.match(text)
    if match is None:
        return False
    rest = text[match.end() :].strip()
    # "More: he said so." is prose; a headline neither ends with a full stop nor holds two sentences.
    return not rest or (not rest.endswith((".", "。")) and len(rest.split()) <= 28)


def is_pointer_label(text: str) -> bool:
    """Whether the line is only the label ("Also read"), the headline following in the next one."""
    return len(text) < 60 and _POINTER_ALONE.match(text) is not None


_NOTICE = re.compile(
    r"""
        ^\W*(?:(?:published|updated|posted|last\s+updated)?\s*(?:\d+|an?)\s+(?:min(?:ute)?|hour|day|week|month|year)s?\s+ago|
        (?:total\s+)?views?\s*:?\s*[\d.,]+\s*[km]?|view\s+all\s+posts\s+by\b.{1,60}|posted\s+(?:in|under)\b.{1,60}|
        (?:image|photo|picture)\s+source\b.{0,60}|file\s+(?:photo|picture|image)\b.{0,60}|set\s+youtube\s+channel\s+id|
        add\s+as\s+a\s+preferred\s+source\b.{0,30}|(?:\#\w+[\s,]*)+|[^>›»]{2,30}(?:\s[>›»]\s[^>›»]{2,60}){1,5})\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_ui(text: str) -> bool:
    """Whether the line is a button, a label, a form hint or a notice of the page."""
    if len(text) > 240:
        return False
    return (len(text) < 60 and fold(text) in UI_LINES) or _UI.match(text) is not None or _NOTICE.match(text) is not None


def is_tail_heading(text: str) -> bool:
    """Whether the line opens a part after the article: comments, related articles, share and follow blocks."""
    return len(text) <= 60 and _TAIL_HEADING.match(text) is not None


def is_byline(text: str) -> bool:
    """Whether the line is a byline or names who took part."""
    return (len(text) <= 120 and _BYLINE.match(text) is not None) or _is_meta_line(text)


_SEGMENT = re.compile(r"\s*[·•|]\s*")
_CRUMB = re.compile(r"\s*[›»]\s*")
_READING_TIME = re.compile(r"^\D{0,25}\d{1,3}\s*[- ]?(?:min(?:ute)?s?|mins?\.?|minuten|minutos|minuti)\b.{0,12}$", re.IGNORECASE)


def _is_meta_line(text: str) -> bool:
    """Whether at least half of the parts that a line sets apart with dots or bars are byline, date, reading time or button."""
    parts = [part for part in _SEGMENT.split(text) if part]
    if len(parts) < 2 or len(text) > 240 or ends_sentence(text):
        return False
    meta = sum(
        _BYLINE.match(part) is not None or is_date_line(part) or is_ui(part) or _READING_TIME.match(part) is not None
        for part in parts
    )
    return 2 * meta >= len(parts)


def is_breadcrumb(text: str) -> bool:
    """Whether the line is a trail of sections: three or more short parts set apart by angle marks."""
    parts = _CRUMB.split(text)
    return len(parts) >= 3 and len(text) <= 240 and all(0 < len(part) <= 40 for part in parts[:-1])


_DATE_WORDS = re.compile(
    r"""
        \b(?:(?:last|first)?\s*(?:updated|published|posted|modified)|on|at|am|pm|a\.m\.?|p\.m\.?|utc|gmt|e[sd]?t|c[sde]t|cest|p[sd]t|bst|ist|uhr|stand|
        aktualisiert|veröffentlicht|publié|mis\s+à\s+jour|le|à|publicado|actualizado|atualizado|às|min|read|
        (?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|
        jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|
        dec(?:ember)?)\b|[\W\d_]+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def is_date_line(text: str) -> bool:
    """Whether the line is a date of publication or update, or several of them."""
    if len(text) > 150:
        return False
    if len(text) <= 110 and _DATE_LINE.match(text):
        return True
    return _YEAR.search(text) is not None and len(_DATE_WORDS.sub("", text)) <= 3


def is_credit(text: str) -> bool:
    """Whether the line credits a picture."""
    return (len(text) <= 160 and _CREDIT.match(text) is not None) or (len(text) <= 300 and _CAPTION.search(text) is not None)


_CLOSING = re.compile(
    r"""
        (?:[\w.+-]+@[\w-]+\.\w{2,}|\b(?:follow|contact|reach|email|e-mail|write\s+to)\s+(?:him|her|them|me|us|the\s+(?:author|
        writer|reporter)|[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+){0,3})\s+(?:on|at|via)\b|\b(?:is|
        was)\s+an?\s+(?:\w+[\s-]){0,5}(?:reporter|writer|editor|correspondent|columnist|journalist|contributor|producer|
        author|fellow|professor|reporterin|redakteur(?:in)?)\b|\b(?:may|might)\s+(?:earn|
        receive)\s+(?:an?\s+)?(?:\w+\s+)?(?:commission|compensation)|\baffiliate\s+(?:links?|commission)|
        \bcontributed\s+to\s+this\s+(?:report|story|article)|\b(?:originally|first)\s+(?:appeared|published)\s+(?:in|on|at|
        by)\b|\bsubject\s+to\s+copyright\b|\ball\s+rights\s+reserved\b|\bcontent\s+may\s+be\s+edited\b|\b(?:sign\s+up|
        subscribe)\b.{0,80}\b(?:newsletter|inbox|podcast|channel|alerts?)\b|\bnewsletter\b.{0,60}\b(?:sign\s+up|subscribe|
        inbox)\b|\bdownload\s+(?:the|our)\s+.{0,20}app\b|\bhave\s+a\s+(?:news\s+)?tip\b|^(?:©|copyright)\s)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_closing(text: str) -> bool:
    """Whether a last paragraph is about the page and not the news: contacts, biographies, disclosures, copyright."""
    return len(text) <= 420 and _CLOSING.search(text) is not None
