"""The article body in the data that a page's scripts carry (`__NEXT_DATA__`, `Fusion.globalContent`, any JSON state). Pure.

Pages that are drawn in the browser hold their text as JSON: one HTML string, or a list of parts with a type and a text.
Algorithm: read every JSON value of the scripts; each string that is a text of its own and each list of parts is a
candidate; those under names of furniture (comments, related, …) are left out; of those that belong to the page's
headline (it stands beside them, or its words are in them) the one with the most running text wins. No name of a
publisher or of a content system is known here, only the shapes.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from lxml.html import HtmlElement

from tasks.extract_blocks import strength_of
from tasks.extract_lines import fold, is_prose, size
from tasks.extract_vocabulary import listed

_ASSIGNED = re.compile(r"(?:=|\bJSON\.parse\()\s*(?=[{\[\"'])")
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_LINE_END = re.compile(r"</(?:p|div|li|h\d|blockquote|section)>|<br\s*/?>")
_NOT_TEXT = re.compile(r"<(style|script)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"[{}\[\]=\\|_]|://|;(?=\S)")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}|[\u3040-\u30ff\u3400-\u9fff]")
_LEAST = 500  # characters of running text that make a body
_LEAST_ALONE = 800  # … of a single paragraph
_MAX_SCRIPT = 4_000_000
_MAX_NODES = 60_000
_MAX_DEPTH = 60
_MAX_ASSIGNED = 40  # assignments of one script that are tried
# Where a part keeps its text, the likeliest first; what says of which kind it is; what makes it an article of its own.
_TEXT_KEYS = listed("text html content value children body data copy paragraph rendered markup markdown nodes items blocks root")
_TYPE_KEYS = listed("type _type __typename name tag tagName nodeType style kind blockType block_type component")
_HEADLINE_KEYS = listed("headline title headlines name")
_OWN_ADDRESS = frozenset(listed("url slug href canonical_url canonicalUrl permalink link website_url path webUrl"))
_INLINE = frozenset(listed("text span link a strong em b i bold italic underline mark hyperlink u sub sup code inline"))
_SKIPPED = re.compile(
    r"image|photo|video|audio|gallery|embed|iframe|advert|\bad\b|promo|related|newsletter|caption|social|tweet|poll|button|"
    r"interstitial|divider|script|figure|media|widget|correction_link|reference",
    re.IGNORECASE,
)
_HEADING = re.compile(r"head|title|^h[2-6]$", re.IGNORECASE)
_QUOTE = re.compile(r"quote", re.IGNORECASE)
_LIST_ITEM = re.compile(r"list[-_]?item|^li$", re.IGNORECASE)
_LIST = re.compile(r"list|^[uo]l$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate: its HTML, the running text in it, and the headlines that stand beside it or around it."""

    html: str
    mass: int
    headlines: tuple[str, ...]


def embedded_body(tree: HtmlElement, title: str | None, description: str | None) -> str | None:
    """The body as HTML, or None where no script holds one that belongs to `title` (or `description`)."""
    found = [candidate for value in _values(tree) for candidate in _Reader().read(value)]
    found = [candidate for candidate in found if candidate.mass >= _LEAST]
    key = fold(title) if title else ""
    own = [candidate for candidate in found if key and any(_same(key, fold(line)) for line in candidate.headlines)]
    own = own or [candidate for candidate in found if _tells(candidate.html, title) or _tells(candidate.html, description)]
    best = max(own, key=lambda candidate: candidate.mass, default=None)
    return _NOT_TEXT.sub(" ", best.html) if best else None


def _same(key: str, other: str) -> bool:
    return bool(other) and (key == other or (len(other) >= 20 and (key in other or other in key)))


def _tells(html: str, line: str | None) -> bool:
    """Whether most of the longer words of `line` stand in the text."""
    wanted = set(_LONG_WORD.findall((line or "").casefold()))
    if len(wanted) < 3:
        return False
    words = set(_LONG_WORD.findall(unescape(html).casefold()))
    return len(wanted & words) >= 0.6 * len(wanted)


def _values(tree: HtmlElement) -> Iterator[Any]:
    """The JSON values of the page's scripts, JSON-LD left out."""
    for script in tree.iter("script"):
        text, kind = script.text, (script.get("type") or "").lower()
        if not text or not _LEAST <= len(text) <= _MAX_SCRIPT or "ld+json" in kind:
            continue
        if "json" in kind:
            value = _loads(text)
            if value is not None:
                yield value
        elif not kind or "javascript" in kind or kind == "module":
            yield from _assigned(text)


def _assigned(text: str) -> Iterator[Any]:
    """The JSON values that a script assigns: `x = {…}`, `x = [...]`, `JSON.parse("…")`."""
    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(_MAX_ASSIGNED):
        match = _ASSIGNED.search(text, at)
        if match is None:
            return
        at = match.end()
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        if not isinstance(value, str) or "{" in value[:3]:
            yield value


def _loads(text: str) -> Any:
    text = text.strip()
    for given in (text, unescape(text)):
        try:
            return json.loads(given, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


class _Reader:
    """Walks one JSON value and collects the candidates in it."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _MAX_NODES

    def read(self, value: Any) -> Iterator[_Found]:
        """The candidates of a value."""
        yield from self._walk(value, (), 0)

    def _walk(self, value: Any, headlines: tuple[str, ...], depth: int) -> Iterator[_Found]:
        self.left -= 1
        if self.left < 0 or depth > _MAX_DEPTH:
            return
        if isinstance(value, str):
            yield from self._string(value, headlines, depth)
        elif isinstance(value, list):
            html = "".join(_parts(value, 0))
            if html:
                yield _Found(html, _mass(html), headlines)
            for item in value:
                yield from self._walk(item, headlines, depth + 1)
        elif isinstance(value, dict):
            near = tuple(line for name in _HEADLINE_KEYS if (line := _headline(value.get(name))))
            # the headline of the object itself, and of the one around it: {"title": …, "body": {"html": …}}
            inner = (*near, *headlines[:2]) if near else headlines[:2]
            for name, item in value.items():
                if strength_of(str(name)) < 2:
                    yield from self._walk(item, inner, depth + 1)

    def _string(self, value: str, headlines: tuple[str, ...], depth: int) -> Iterator[_Found]:
        if len(value) < _LEAST:
            return
        if value[:1] in "{[" and (inner := _loads(value)) is not None:
            yield from self._walk(inner, headlines, depth + 1)
            return
        html = value if _TAG.search(value) else _as_paragraphs(value)
        mass = _mass(html)
        if mass >= _LEAST_ALONE or len(_LINE_END.findall(html)) > 1:  # else it is one paragraph of something
            yield _Found(html, mass, headlines)


def _headline(value: Any) -> str | None:
    """A headline given as a string, or as an object of strings ({"basic": "…"}, {"rendered": "…"})."""
    if isinstance(value, dict):
        value = next((item for item in value.values() if isinstance(item, str) and len(item) >= 12), None)
    return unescape(_TAG.sub("", value)) if isinstance(value, str) and 8 <= len(value) <= 400 else None


def _mass(html: str) -> int:
    """The characters of running text in an HTML string; 0 when most of it is code, names or links."""
    lines = [" ".join(unescape(_TAG.sub("", given)).split()) for given in _LINE_END.split(_NOT_TEXT.sub(" ", html))]
    mass = sum(size(line) for line in lines if is_prose(line) and len(_CODE.findall(line)) * 60 < len(line))
    return mass if mass >= 0.6 * sum(size(line) for line in lines) else 0


def _as_paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line.strip())}</p>" for line in unescape(text).split("\n") if line.strip())


def _parts(items: list[Any], depth: int) -> Iterator[str]:
    """The parts of a body as HTML, each by its type. Nothing for a list of articles, links or pictures."""
    if depth > 12:
        return
    for item in items[:3000]:
        if isinstance(item, str):
            if item.strip():
                yield item if "<p" in item else f"<p>{item}</p>"
        elif isinstance(item, dict) and not _is_article(item):
            kind = _kind_of(item)
            if _SKIPPED.search(kind):
                continue
            inner = _inner(item)
            if isinstance(inner, list) and not any(_is_inline(child) for child in inner):
                html = "".join(_parts(inner, depth + 1))
                if _LIST.search(kind) and not _LIST_ITEM.search(kind):
                    html = html.replace("<p>", "<li>").replace("</p>", "</li>")
                yield f"<blockquote>{html}</blockquote>" if _QUOTE.search(kind) else html
            elif text := _inline_text(inner, 0).strip():
                yield _rendered(kind, text)


def _rendered(kind: str, text: str) -> str:
    if _QUOTE.search(kind):
        return f"<blockquote><p>{text}</p></blockquote>"
    if _HEADING.search(kind) and len(text) < 200:
        return f"<h2>{text}</h2>"
    if _LIST_ITEM.search(kind):
        return f"<li>{text}</li>"
    return text if "<p" in text else f"<p>{text}</p>"


def _is_article(item: dict[str, Any]) -> bool:
    """Whether an item is an article of its own: it has an address and a headline."""
    return bool(_OWN_ADDRESS & item.keys()) and any(_headline(item.get(name)) for name in _HEADLINE_KEYS)


def _kind_of(item: dict[str, Any]) -> str:
    return " ".join(value for name in _TYPE_KEYS if isinstance(value := item.get(name), str) and len(value) < 40)


def _inner(item: dict[str, Any], depth: int = 0) -> Any:
    """What a part holds: the string or the list under the likeliest name."""
    for name in _TEXT_KEYS:
        value = item.get(name)
        if isinstance(value, dict):
            value = _inner(value, depth + 1) if depth < 12 else None
        if isinstance(value, str | list) and value:
            return value
    named = (value for name, value in item.items() if name.casefold().endswith(("html", "text")) and isinstance(value, str))
    return next((value for value in named if value), None)


def _is_inline(child: Any) -> bool:
    """Whether an item of a list is a piece of a paragraph: a bare string, a text, a link."""
    if isinstance(child, str):
        return True
    if not isinstance(child, dict):
        return False
    kinds = [str(child[name]).casefold() for name in _TYPE_KEYS if isinstance(child.get(name), str)]
    return any(kind in _INLINE for kind in kinds) or (not kinds and isinstance(child.get("text"), str))


def _inline_text(value: Any, depth: int) -> str:
    """The text of a paragraph's pieces, joined."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth < 8:
        return "".join(_inline_text(child, depth + 1) for child in value[:2000])
    if isinstance(value, dict) and depth < 8:
        return _inline_text(_inner(value), depth + 1)
    return ""
