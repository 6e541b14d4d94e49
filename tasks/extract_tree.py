"""One HTML page as a tree and as a row of text blocks in reading order. Pure: no I/O, no Prefect.

The tree is parsed once; everything else (body, metadata, verdict) reads that one tree. A block is what a reader sees
as one paragraph, heading, list item or table row, with the share of its text that is links and the furniture that it
stands in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import lxml.html
from lxml.etree import ParserError, XMLSyntaxError
from lxml.html import HtmlElement, HTMLParser

from tasks.extract_vocabulary import HARD_PAIRS, HARD_TOKENS, LAYOUT_TOKENS, STRONG_PAIRS, STRONG_TOKENS, WEAK_TOKENS
from tasks.urls import host_of, registrable_domain

# The parser stops at 255 nested tags unless told otherwise; the retry may go down to 2,048. The walk below is
# recursive, so deeper parts are read flat.
_MAX_DEPTH = 400
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"<!--|<(script|style)\b[^>]*>", re.IGNORECASE)
_STUFFED_TAG = re.compile(r"<([a-zA-Z]\w*)\s[^<>]{5000,}>")
_LARGE, _LONGEST = 3_000_000, 5_000_000
_SPACE = re.compile(r"\s+")
_RUN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_INLINE = frozenset(
    ["a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark", "nobr", "output", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"]
)
_DROPPED = frozenset(
    ["script", "style", "noscript", "template", "iframe", "frame", "frameset", "svg", "canvas", "button", "select", "option", "textarea", "input", "object", "embed", "applet", "audio", "video", "map", "area", "datalist", "dialog", "rt", "rp", "math", "head", "link", "meta", "base", "progress", "meter", "source", "track", "picture"]
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Elements whose name alone says that they are beside the article.
_BESIDE = frozenset(("nav", "aside", "footer", "menu", "form", "fieldset", "figcaption", "figure"))


@dataclass(frozen=True, slots=True)
class Mark:
    """An element that looks like furniture. strength: 3 = hardly ever anything else (comments, related articles,
    navigation), 2 = by name or tag (a sidebar, a promotion), 1 = a hint only."""

    element: HtmlElement
    strength: int

    @property
    def kind(self) -> tuple[str, str]:
        """What elements of one make have in common: tag and class."""
        return str(self.element.tag), self.element.get("class") or self.element.get("id") or ""


@dataclass(slots=True)
class Block:
    """A run of text that is shown as one piece.

    kind: "p" (paragraph or paragraph-like div), "h1".."h6", "li", "tr", "pre". `link` counts the characters in links,
    `away` those in links to other sites. `marks` are the elements around it that look like furniture. `mass` is its
    length when it reads like running text, else 0 (see `tasks.extract_body.weigh`).
    """

    text: str
    kind: str
    link: int
    away: int
    element: HtmlElement
    marks: tuple[Mark, ...] = ()
    quote: bool = False
    bold: bool = False
    mass: int = 0

    @property
    def link_share(self) -> float:
        """The share of the text that is links, 0 to 1."""
        return self.link / len(self.text) if self.text else 0.0


def parse(html: str) -> HtmlElement | None:
    """The page's tree, or None where there is no element at all. Never raises for any text.

    What is longer than `_LARGE` characters loses its scripts and comments first and is cut at `_LONGEST`.
    """
    if len(html) > _LARGE:
        html = _without_code(html)[:_LONGEST]
    data = _STUFFED_TAG.sub(_plain_tag, _INVALID.sub("", html)).encode("utf-8", "replace")
    tree = _parse(data, huge=False)
    # A text of more than 10 MB or very deep nesting is dropped by the plain parser.
    if len(data) > 100_000 and (tree is None or len(tree.text_content()) < len(data) // 5000):
        deeper = _parse(data, huge=True)
        return deeper if deeper is not None else tree
    return tree


def _without_code(html: str) -> str:
    """`html` without scripts (but JSON-LD), styles and comments, in one pass."""
    kept: list[str] = []
    at = 0
    while match := _CODE.search(html, at):
        kept.append(html[at : match.start()])
        closing = "-->" if match.group() == "<!--" else f"</{match.group(1)}"
        end = html.find(closing, match.end())
        if end < 0:
            return "".join(kept)
        if "ld+json" in match.group():
            kept.append(html[match.start() : end + len(closing)])
        at = end + len(closing)
    return "".join((*kept, html[at:]))


def _plain_tag(match: re.Match[str]) -> str:
    """A tag without its attributes when it has thousands: the parser takes quadratic time on them."""
    return f"<{match.group(1)}>" if match.group().count("=") > 1000 else match.group()


def _parse(data: bytes, *, huge: bool) -> HtmlElement | None:
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=huge)
    try:
        tree = lxml.html.document_fromstring(data, parser=parser)
    except (ParserError, XMLSyntaxError, ValueError):
        return None
    return tree if isinstance(tree, HtmlElement) else None


def squeeze(text: str) -> str:
    """`text` with every run of blanks as one space, stripped."""
    return _SPACE.sub(" ", text).strip()


def element_text(element: HtmlElement) -> str:
    """All text of an element on one line, scripts and styles left out."""
    return squeeze("".join(_text_of(element)))


def _text_of(element: HtmlElement) -> Iterator[str]:
    for node in element.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "noscript", "template", "svg", "button"):
            if node is not element and node.tail:
                yield node.tail
            continue
        if node.tag not in _INLINE and node is not element:
            yield " "
        parent = node.getparent()
        if node.text and (node is element or parent is None or parent.tag not in ("script", "style", "svg", "button")):
            yield node.text
        if node is not element and node.tail:
            yield node.tail


@lru_cache(maxsize=65536)
def strength_of(names: str) -> int:
    """How much the words in a class or id say "furniture": see `Mark.strength`; 0 = nothing."""
    best = 0
    for name in names.split():
        tokens = _tokens(name)
        pairs = set(zip(tokens, tokens[1:], strict=False))
        found = set(tokens)
        if found & HARD_TOKENS or pairs & HARD_PAIRS:
            strength = 3
        elif found & STRONG_TOKENS or pairs & STRONG_PAIRS:
            strength = 2
        else:
            strength = 1 if found & WEAK_TOKENS else 0
        # "has-sidebar", "comments-enabled", "sidebar-grid": says how the page is laid out, not what the element is
        if strength > 1 and found & LAYOUT_TOKENS:
            strength = 1
        best = max(best, strength)
    return best


def _tokens(name: str) -> list[str]:
    """The lower-case words of a class name. Runs of letters mixed with digits are ids and stay whole."""
    tokens: list[str] = []
    for run in _RUN.findall(name):
        if run.isalpha():
            tokens.extend(part.lower() for part in (_CAMEL.findall(run) or [run]))
        else:
            word = run.rstrip("0123456789")
            tokens.append(word.lower() if len(word) >= 4 and word.isalpha() else run.lower())
    return tokens


def _strength(element: HtmlElement, tag: str) -> int:
    if tag in ("body", "html", "main"):
        return 0
    get = element.get
    if get("itemprop") == "articleBody":
        return 0
    if get("hidden") is not None or get("aria-hidden") == "true":
        return 2
    style = get("style")
    if style and "none" in style and "display:none" in style.replace(" ", "").lower():
        return 2
    role = get("role")
    if role in ("navigation", "search", "contentinfo", "complementary", "dialog", "alertdialog", "banner"):
        return 3 if role in ("navigation", "search", "contentinfo") else 2
    given = get("class"), get("id")
    strength = max(strength_of(names) if names else 0 for names in given)
    if tag in _BESIDE:
        strength = max(strength, 3 if tag in ("nav", "figcaption") else 2)
    return strength


class _Walker:
    """Collects the blocks of a tree; holds the text of the block that is being read."""

    __slots__ = ("away", "blocks", "bold", "domain", "link", "parts")

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.link = self.away = self.bold = 0

    def add(self, text: str | None, link: int, bold: bool) -> None:
        """Text inside no link (0), a link on the site (1) or away from it (2)."""
        if text:
            self.parts.append(text)
            if link or bold:
                size = len(text.strip())
                self.link += size if link else 0
                self.away += size if link == 2 else 0
                self.bold += size if bold else 0

    def flush(self, element: HtmlElement, kind: str, marks: tuple[Mark, ...], quote: bool) -> None:
        """End the block that is being read."""
        if self.parts:
            text = squeeze("".join(self.parts))
            if text:
                bold = self.bold >= 0.9 * len(text)
                self.blocks.append(Block(text, kind, min(self.link, len(text)), self.away, element, marks, quote, bold))
            self.parts, self.link, self.away, self.bold = [], 0, 0, 0

    def walk(
        self, element: HtmlElement, kind: str, marks: tuple[Mark, ...], quote: bool, link: int, bold: bool, depth: int
    ) -> None:
        """Read the children of `element`; its own mark is already in `marks`."""
        self.add(element.text, link, bold)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _DROPPED:
                pass
            elif tag in ("br", "hr"):
                self.flush(element, kind, marks, quote)
            elif depth > _MAX_DEPTH:
                self.add(" ".join(str(text) for text in child.itertext()), link, bold)
            else:
                self.child(element, child, tag, kind, marks, quote, link, bold, depth)
            self.add(child.tail, link, bold)

    def child(
        self,
        element: HtmlElement,
        child: HtmlElement,
        tag: str,
        kind: str,
        marks: tuple[Mark, ...],
        quote: bool,
        link: int,
        bold: bool,
        depth: int,
    ) -> None:
        """Read one child element: inline text goes on, anything else starts a block of its own."""
        strength = _strength(child, tag)
        if tag in _INLINE:
            # a mark on a piece of inline text only counts when it is sure: screen-reader text, a hidden span
            inside = (*marks, Mark(child, strength)) if strength == 3 else marks
            inner_link = max(link, self.target(child)) if tag == "a" else link
            if strength == 3 and inside is not marks and not self.parts:
                self.walk(child, kind, inside, quote, inner_link, bold or tag in ("b", "strong"), depth + 1)
                self.flush(child, kind, inside, quote)
            else:
                self.walk(child, kind, marks, quote, inner_link, bold or tag in ("b", "strong"), depth + 1)
            return
        inside = (*marks, Mark(child, strength)) if strength else marks
        self.flush(element, kind, marks, quote)
        if tag == "table":
            self.table(child, inside, quote, depth)
            return
        inner = _kind(tag, kind)
        quoted = quote or tag == "blockquote"
        self.walk(child, inner, inside, quoted, link, bold, depth + 1)
        self.flush(child, inner, inside, quoted)

    def target(self, anchor: HtmlElement) -> int:
        """1 for a link on the page's own site, 2 for one that leads away."""
        href = anchor.get("href") or ""
        if not href.startswith(("http", "//")):
            return 1
        host = host_of(href)
        return 1 if not host or registrable_domain(host) == self.domain else 2

    def table(self, table: HtmlElement, marks: tuple[Mark, ...], quote: bool, depth: int) -> None:
        """A table of data gives a block a row; one that only lays out the page is read through."""
        if any(table.find(f".//{tag}") is not None for tag in ("p", "table", "div", "h2", "h3", "article")):
            self.walk(table, "p", marks, quote, 0, False, depth + 1)
            self.flush(table, "p", marks, quote)
            return
        for row in table.iter("tr"):
            cells = [element_text(cell) for cell in row if cell.tag in ("td", "th")]
            text = " | ".join(cell for cell in cells if cell)
            if text:
                link = sum(len(element_text(anchor)) for anchor in row.iter("a"))
                self.blocks.append(Block(text, "tr" if len(cells) > 1 else "p", min(link, len(text)), 0, row, marks, quote))


def _kind(tag: str, around: str) -> str:
    if tag in _HEADINGS:
        return tag
    if tag in ("li", "dd", "dt"):
        return "li"
    if tag == "pre":
        return "pre"
    return around if around == "li" and tag in ("p", "div") else "p"


def blocks_of(tree: HtmlElement, url: str = "") -> list[Block]:
    """The blocks of a page in reading order, furniture included and marked; `url` tells links away from the site."""
    body = tree.find("body")
    root = body if body is not None else tree
    walker = _Walker(registrable_domain(host_of(url)) if url else "")
    walker.walk(root, "p", (), False, 0, False, 0)
    walker.flush(root, "p", (), False)
    return walker.blocks
