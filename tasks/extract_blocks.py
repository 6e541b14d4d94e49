"""A page as a row of text blocks in reading order. Pure: no I/O, no Prefect.

A block is what a reader sees as one paragraph, heading, list item or table row, with the share of its text that is
links and the elements around it that look like furniture.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from lxml.html import HtmlElement

from tasks.extract_tree import INLINE, element_text, squeeze
from tasks.extract_vocabulary import HARD_PAIRS, HARD_TOKENS, LAYOUT_TOKENS, STRONG_PAIRS, STRONG_TOKENS, WEAK_TOKENS, listed
from tasks.text import resolved
from tasks.urls import host_of, registrable_domain

# The parser stops at 255 nested tags, or at 2,048 when asked; the walk below is recursive, so deeper parts are read flat.
_MAX_DEPTH = 280
# The longest live blogs have some thousands; what comes after so many is not read.
_MOST_BLOCKS = 100_000
_RUN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_DROPPED = frozenset(
    listed(
        """
        script style noscript template iframe frame frameset svg canvas button select option textarea input
        object embed applet audio video map area datalist dialog rt rp math head link meta base progress
        meter source track picture
        """
    )
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Elements whose name alone says that they are beside the article.
_BESIDE = frozenset(("nav", "aside", "footer", "menu", "form", "fieldset", "figcaption", "figure"))


class Mark(NamedTuple):
    """An element that looks like furniture.

    strength: 3 = hardly ever anything else (comments, related articles, navigation), 2 = by name or tag (a sidebar, a
    promotion), 1 = a hint only. kind: what elements of one make have in common, tag and class (or id).
    """

    element: HtmlElement
    strength: int
    kind: tuple[str, str]


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
    mass: int = 0

    @property
    def link_share(self) -> float:
        """The share of the text that is links, 0 to 1."""
        return self.link / len(self.text) if self.text else 0.0


@lru_cache(maxsize=65536)
def strength_of(names: str) -> int:
    """How much the words in a class or id say "furniture": see `Mark.strength`; 0 = nothing."""
    best = 0
    for name in names.split():
        tokens = _tokens(name)
        pairs = set(pairwise(tokens))
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
    classes, name = get("class"), get("id")
    strength = strength_of(classes) if classes else 0
    if name and strength < 3:
        strength = max(strength, strength_of(name))
    if tag in _BESIDE:
        strength = max(strength, 3 if tag in ("nav", "figcaption") else 2)
    return strength


class _Here(NamedTuple):
    """What the text at a place of the tree is: the kind of its block, the furniture around it, whether it is quoted, and
    whether it is in a link (0 no, 1 on the site, 2 away from it)."""

    kind: str
    marks: tuple[Mark, ...]
    quote: bool
    link: int


class _Walker:
    """Collects the blocks of a tree; holds the text of the block that is being read."""

    __slots__ = ("away", "blocks", "domain", "link", "parts")

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.link = self.away = 0

    def add(self, text: str | None, link: int) -> None:
        """Text inside no link (0), a link on the site (1) or away from it (2)."""
        if text:
            self.parts.append(text)
            if link:
                size = len(text.strip())
                self.link += size
                self.away += size if link == 2 else 0

    def flush(self, element: HtmlElement, here: _Here) -> None:
        """End the block that is being read."""
        if self.parts:
            text = "".join(self.parts)
            text = squeeze(text if here.kind == "pre" else resolved(text))
            if text:
                link = min(self.link, len(text))
                self.blocks.append(Block(text, here.kind, link, self.away, element, here.marks, here.quote))
            self.parts, self.link, self.away = [], 0, 0

    def walk(self, element: HtmlElement, here: _Here, depth: int) -> None:
        """Read the children of `element`; its own mark is already in `here`."""
        self.add(element.text, here.link)
        for child in element:
            if len(self.blocks) >= _MOST_BLOCKS:
                return
            tag = child.tag
            if not isinstance(tag, str) or tag in _DROPPED:
                pass
            elif tag in ("br", "hr"):
                self.flush(element, here)
            elif depth > _MAX_DEPTH:
                self.add(" ".join(str(text) for text in child.itertext()), here.link)
            elif tag in INLINE:
                self.inline(child, tag, here, depth)
            else:
                self.block(element, child, tag, here, depth)
            self.add(child.tail, here.link)

    def inline(self, child: HtmlElement, tag: str, here: _Here, depth: int) -> None:
        """Inline text goes on in the block that is being read.

        A mark on it only counts when it is sure and opens a block: text for screen readers, a label.
        """
        if tag == "a":
            here = here._replace(link=max(here.link, self.target(child)))
        if not self.parts and (strength := _strength(child, tag)) == 3:
            here = here._replace(marks=(*here.marks, _mark(child, tag, strength)))
            self.walk(child, here, depth + 1)
            self.flush(child, here)
        else:
            self.walk(child, here, depth + 1)

    def block(self, element: HtmlElement, child: HtmlElement, tag: str, here: _Here, depth: int) -> None:
        """An element that starts a block of its own ends the one around it."""
        self.flush(element, here)
        strength = _strength(child, tag)
        marks = (*here.marks, _mark(child, tag, strength)) if strength else here.marks
        if tag == "table":
            self.table(child, _Here("p", marks, here.quote, 0), depth)
            return
        inner = _Here(_kind(tag, here.kind), marks, here.quote or tag == "blockquote", here.link)
        self.walk(child, inner, depth + 1)
        self.flush(child, inner)

    def target(self, anchor: HtmlElement) -> int:
        """1 for a link on the page's own site, 2 for one that leads away."""
        href = anchor.get("href")
        if not href or not href.startswith(("http", "//")):
            return 1
        return 2 if _is_away(href.partition("//")[2].partition("/")[0], self.domain) else 1

    def table(self, table: HtmlElement, here: _Here, depth: int) -> None:
        """A table of data gives a block a row; one that only lays out the page is read through."""
        if any(table.find(f".//{tag}") is not None for tag in ("p", "table", "div", "h2", "h3", "article")):
            self.walk(table, here, depth + 1)
            self.flush(table, here)
            return
        for row in table.iter("tr"):
            cells = [element_text(cell) for cell in row if cell.tag in ("td", "th")]
            text = " | ".join(cell for cell in cells if cell)
            if text:
                link = min(sum(len(element_text(anchor)) for anchor in row.iter("a")), len(text))
                self.blocks.append(Block(text, "tr" if len(cells) > 1 else "p", link, 0, row, here.marks, here.quote))


def _mark(element: HtmlElement, tag: str, strength: int) -> Mark:
    return Mark(element, strength, (tag, element.get("class") or element.get("id") or ""))


@lru_cache(maxsize=16384)
def _is_away(netloc: str, domain: str) -> bool:
    """Whether a link's host belongs to another registrable domain."""
    host = host_of(f"//{netloc}")
    return bool(host) and registrable_domain(host) != domain


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
    here = _Here("p", (), False, 0)
    walker.walk(root, here, 0)
    walker.flush(root, here)
    return walker.blocks
