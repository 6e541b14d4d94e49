"""A fetched answer as a page: is it HTML at all, and in which characters? Pure: no I/O, no Prefect.

The character encoding follows the WHATWG rules (BOM, header, meta; latin-1 means windows-1252), except that bytes which
are valid UTF-8 beyond ASCII are UTF-8 whatever the header claims: a lie that is common, and hardly ever an accident.
"""

import codecs
import hashlib
import re
from dataclasses import dataclass
from html import unescape

from resiliparse.parse.encoding import detect_encoding

from schemas.reasons import Reason
from schemas.records import Fetched, Page
from tasks.tdm import UNSAID, Reservation
from tasks.urls import absolute, canonical_url, masked, stable_id

_HEAD = 4096
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"BM", "an image"),
    (b"RIFF", "an image, sound or video"),
    (b"\x00\x00\x01\x00", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"ID3", "sound"),
    (b"OggS", "sound or video"),
    (b"fLaC", "sound"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"FLV\x01", "a video"),
    (b"wOF", "a font"),
    (b"{\\rtf", "an office document"),
    (b"%!PS", "a PostScript file"),
)
_HTML_TYPES = re.compile(r"^(text/html|application/xhtml\+xml)\b", re.I)
_VAGUE_TYPES = re.compile(
    r"^(text/plain|text/xml|application/xml|application/octet-stream|binary/.*|unknown/.*|)$", re.IGNORECASE
)
_HTML_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|article|section|main|div|p|h1|table|br)\b", re.I
)
_FEED_TAG = re.compile(rb"<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml|svg)\b")
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.I)
_XML_ENCODING = re.compile(rb"^\s*<\?xml\b[^>]{0,100}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.-]{2,40})", re.I)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.I)
_TDM_META = re.compile(
    rb"<meta\b(?=[^>]{0,300}\bname\s*=\s*[\"']?tdm-reservation\b)[^>]{0,300}?\bcontent\s*=\s*[\"']?\s*([01])", re.I
)
_TDM_POLICY = re.compile(
    rb"<meta\b(?=[^>]{0,300}\bname\s*=\s*[\"']?tdm-policy\b)[^>]{0,300}?\bcontent\s*=\s*[\"']?\s*([^\"'\s>]{1,500})", re.I
)
_LINK = re.compile(r"<link\b[^>]{0,2000}>", re.I)
_REL_CANONICAL = re.compile(r"\brel\s*=\s*(?:\"[^\"]*\bcanonical\b|'[^']*\bcanonical\b|canonical\b)", re.I)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]+)|'([^']+)|([^\s>\"']+))", re.I)
# What the names mean on the web (WHATWG Encoding), where Python's codecs of that name know fewer characters.
_WEB_CODECS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ALIASES = {"x-sjis": "cp932", "ks_c_5601-1987": "cp949", "x-gbk": "gb18030", "unicode": "utf-16-le", "x-user-defined": "cp1252"}
# Codecs that are no character encodings of text on the web, or are a known trick.
_NEVER = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "utf-8-sig"})
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_kr", "hz"})


@dataclass(frozen=True, slots=True)
class NotAPage:
    """Why an answer can't be read as an HTML page."""

    reason: Reason
    detail: str


def page_from(outcome: Fetched, entry_id: int) -> Page | NotAPage:
    """The page of an answer, decoded, or why it is none (a PDF, an image, a video, a feed, nothing at all)."""
    content_type = outcome.header("content-type")
    if refusal := not_html(outcome.body, content_type):
        return refusal
    html, charset = decode(outcome.body, content_type)
    digest = hashlib.sha1(outcome.body, usedforsecurity=False).hexdigest()
    robots = ", ".join(value for name, value in outcome.headers if name == "x-robots-tag" and value)
    said = tdm_said(outcome)
    return Page(
        id=stable_id("page", outcome.final_url, digest),
        entry_id=entry_id,
        url=outcome.url,
        final_url=outcome.final_url,
        status=outcome.status,
        html=html,
        content_type=content_type,
        charset=charset,
        body_sha1=digest,
        bytes=len(outcome.body),
        fetched_at=outcome.fetched_at,
        validators=outcome.validators,
        tdm_reserved=said.reserved,
        tdm_policy=said.policy,
        tdm_source=said.source,
        robots_tag=robots or None,
        content_language=outcome.header("content-language"),
    )


def not_html(body: bytes, content_type: str | None) -> NotAPage | None:
    """Why bytes are no HTML page, by their first bytes, then by the header; None when they may be one."""
    head = body[:_HEAD].lstrip()
    if not head:
        return NotAPage(Reason.NO_TEXT, "the answer is empty")
    kind = next((kind for magic, kind in _MAGIC if body.startswith(magic)), None)
    if kind is None and body[4:8] == b"ftyp":
        kind = "a video"
    if kind:
        return NotAPage(Reason.NOT_HTML, f"the address leads to {kind}")
    media = (content_type or "").partition(";")[0].strip()
    wide = any(body.startswith(bom) for bom, _ in _BOMS) or b"utf-16" in (content_type or "").lower().encode()
    sample = head.replace(b"\0", b"") if wide else head
    feed, html = _FEED_TAG.search(sample), _HTML_TAG.search(sample)
    if feed and (html is None or feed.start() < html.start()) and not _HTML_TYPES.match(media):
        return NotAPage(Reason.NOT_HTML, f"the address leads to {feed.group()[1:].decode('ascii')} data")
    if html or _HTML_TYPES.match(media):
        return NotAPage(Reason.NOT_HTML, "the address leads to binary data") if _is_binary(head) and not wide else None
    if _VAGUE_TYPES.match(media):
        return NotAPage(Reason.NOT_HTML, "the address leads to something that holds no HTML")
    return NotAPage(Reason.NOT_HTML, f"the address leads to {media[:60]}")


def _is_binary(head: bytes) -> bool:
    return head.count(b"\0") > len(head) // 50


def canonical_of(page: Page) -> str:
    """The canonical address of a page by its link element, found without parsing it: for what must be known early."""
    links = (found[0] for found in _LINK.finditer(page.html) if _REL_CANONICAL.search(found[0]))
    href = next((match for link in links if (match := _HREF.search(link))), None)
    declared = unescape(href[1] or href[2] or href[3]) if href else None
    return canonical_url(page.final_url, declared)


def tdm_said(outcome: Fetched) -> Reservation:
    """What an answer itself says of text and data mining: its meta elements, else its header (TDMRep, "Processing priority")."""
    head, header = outcome.body[: 64 * 1024], (outcome.header("tdm-reservation") or "").strip()
    if meta := _TDM_META.search(head):
        found = _TDM_POLICY.search(head)
        reserved, source, policy = meta[1] == b"1", "meta", found[1].decode("utf-8", "replace") if found else None
    elif header in ("0", "1"):
        reserved, source, policy = header == "1", "header", outcome.header("tdm-policy")
    else:
        return UNSAID
    target = absolute(policy, outcome.final_url) if policy else None
    return Reservation(reserved, masked(target) if target else None, source)


def decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    """Bytes as text, and the encoding used. Never raises; what can't be read becomes U+FFFD, NULs vanish."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _tidy(body[len(bom) :].decode(name, "replace")), name
    declared = [name for name in (_header_charset(content_type), _meta_charset(body)) if name]
    if body.isascii() and not _SEVEN_BIT & set(declared):
        return _tidy(body.decode("ascii")), "utf-8"
    for name in ("utf-8", *declared):
        if name == "utf-8" and _SEVEN_BIT & set(declared):
            continue
        try:
            return _tidy(body.decode(name)), name
        except UnicodeError:
            continue
    guess = codec_for(detect_encoding(body) or "")
    # A single bad byte in a page that is what it says does not make it another encoding.
    good = next((name for name in (*declared, guess, "utf-8") if name and _bad_share(body, name) < 0.001), None)
    name = good or guess or (declared[0] if declared else "cp1252")
    return _tidy(body.decode(name, "replace")), name


def _bad_share(body: bytes, name: str) -> float:
    text = body[: 256 * 1024].decode(name, "replace")
    return text.count("\ufffd") / max(len(text), 1)


def _header_charset(content_type: str | None) -> str | None:
    found = _HEADER_CHARSET.search(content_type or "")
    return codec_for(found[1]) if found else None


def _meta_charset(body: bytes) -> str | None:
    found = _META_CHARSET.search(body[:_HEAD]) or _XML_ENCODING.search(body[:200])
    name = codec_for(found[1].decode("ascii")) if found else None
    # A meta element that could be read byte by byte is not in UTF-16 (WHATWG HTML, "prescan").
    return "utf-8" if name and name.startswith(("utf-16", "utf-32")) else name


def codec_for(label: str) -> str | None:
    """Python's codec for a charset label as the web means it, or None."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except (LookupError, ValueError):
        return None
    name = _WEB_CODECS.get(name, name)
    if name in _NEVER or name.endswith("_codec") or name in ("rot13", "hex", "base64", "bz2", "zlib", "uu", "quopri"):
        return None
    return {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name)


def _tidy(text: str) -> str:
    return text.replace("\0", "").removeprefix("\ufeff")
