"""Plain text: clean, count, hash, cut into sentences. Pure: no I/O, no Prefect."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Literal

# Scripts written without spaces: each character counts as a word.
_NO_SPACE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(f"[{_NO_SPACE}]|[^\\W_{_NO_SPACE}]+(?:['’][^\\W_{_NO_SPACE}]+)*")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[^\S\n]+")
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]*|[!?][^<>]*)>")
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|cite|code|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAK_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|h[1-6]|img|hr|blockquote|figure)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#\d{1,6}|#[xX][0-9a-fA-F]{1,5});")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9À-ÞА-Я])|\n+|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Col|Lt|Sgt|Capt|Rev|Hon|St|Mt|Jr|Sr|Inc|Corp|Co|Ltd|No|vs|etc|approx|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b[A-Z]|\b(?:[A-Za-z]\.){1,3}[A-Za-z])\.[\"'”’)\]]*\s*$"
)


_MAYBE_MARKS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
_MOST_MARKS = 30


@cache
def _too_many_marks() -> re.Pattern[str]:
    """More combining marks in a row than any script writes: 30 are kept (UAX #15, "Stream-Safe Text Format")."""
    points = [point for point in range(0x300, 0x1F000) if unicodedata.combining(chr(point))]
    marks = "".join(map(re.escape, map(chr, points)))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def normal_form(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """`text` in a Unicode normal form, at most 30 combining marks in a row: sorting thousands takes quadratic time."""
    if len(text) > _MOST_MARKS and not text.isascii():
        # no mark is a letter: the quick pattern finds the few places where the slow one has to look
        text = _MAYBE_MARKS.sub(lambda match: _too_many_marks().sub(r"\1", match.group()), text)
    return unicodedata.normalize(form, text)


def clean(text: str) -> str:
    """NFC, no invisible or control characters, runs of blanks folded, at most one blank line in a row, stripped."""
    text = normal_form("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", _INVISIBLE.sub("", text.replace("\t", " ")))
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def resolved(text: str) -> str:
    """`text` with the references to characters that are left in it ("&amp;", "&#8217;") as those characters.

    Pages escape once too often, some twice. What only looks like a reference ("AT&T;") stays.
    """
    for _ in range(3):
        if "&" not in text or not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    return text


def one_line(text: str | None, limit: int = 1000) -> str | None:
    """`text` cleaned to one line of at most `limit` characters; None when nothing is left."""
    if not text:
        return None
    line = " ".join(clean(text).split())
    return (line[: limit - 1] + "…" if len(line) > limit else line) or None


def from_html(fragment: str | None, limit: int = 4000) -> str | None:
    """The plain text of a small HTML fragment (a feed's title or summary), on one line of at most `limit` characters.

    Feeds escape once too often: entities are resolved twice, and formatting tags that appear then are dropped as well.
    A `<` that opens no tag stays: "5 < 6".
    """
    if not fragment:
        return None
    text = html.unescape(_without_tags(_HIDDEN.sub(" ", fragment[: limit * 8])))
    if "<" in text:
        text = _BREAK_TAG.sub(" ", _INLINE_TAG.sub("", text))
    return one_line(html.unescape(text) if _ENTITY.search(text) else text, limit)


def _without_tags(fragment: str) -> str:
    # "<b>N</b>ews" is one word, "<p>One</p><p>Two</p>" are two.
    return _TAG.sub(" ", _INLINE_TAG.sub("", fragment))


def words(text: str) -> list[str]:
    """The words of a text; in scripts without spaces, its characters."""
    return WORD.findall(text)


def without_blanks(tokens: Sequence[str]) -> tuple[int, int]:
    """How many of a text's words (by `words`) are (letters of Thai, Lao, Burmese or Khmer, Chinese or Japanese characters)."""
    single = [token for token in tokens if len(token) == 1 and token > "\u0e00"]
    letters = sum(token < "\u1800" for token in single)
    return letters, len(single) - letters


def text_hash(text: str) -> str:
    """A hash of the words only: case, blanks, punctuation and Unicode form do not change it. 32 hex digits."""
    folded = " ".join(words(normal_form("NFKC", text).casefold()))
    return hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def sentence_starts(text: str) -> list[int]:
    """Offsets at which the sentences of `text` start, the first one included. Newlines end sentences."""
    starts = [0]
    for match in _SENTENCE_END.finditer(text):
        if "\n" not in match.group() and _ABBREVIATION.search(text[max(starts[-1], match.start() - 24) : match.start() + 1]):
            continue
        if match.end() < len(text):
            starts.append(match.end())
    return starts
