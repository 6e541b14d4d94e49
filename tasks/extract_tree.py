"""One HTML page as a tree. Pure: no I/O, no Prefect.

The tree is parsed once; body, metadata and verdict read that one tree. The parser is bounded: what could take quadratic
time or endless memory (nesting, thousands of attributes, huge scripts) is cut before it.
"""

import re
from collections.abc import Iterator

import lxml.html
from lxml.etree import ErrorTypes, ParserError, XMLSyntaxError, iterwalk
from lxml.html import HtmlElement, HTMLParser

from tasks.extract_vocabulary import listed
from tasks.text import resolved

_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"<!--|<(script|style)\b[^>]*>", re.IGNORECASE)
_STUFFED_TAG = re.compile(r"<([a-zA-Z]\w*)\s[^<>]{5000,}>")
_LARGE, _LONGEST = 3_000_000, 5_000_000
INLINE = frozenset(
    listed(
        """
        a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr output q rb
        ruby s samp small span strike strong sub sup time tt u var wbr
        """
    )
)


def parse(html: str) -> HtmlElement | None:
    """The page's tree, or None where there is no element at all. Never raises for any text.

    What is longer than `_LARGE` characters loses its scripts and comments first and is cut at `_LONGEST`.
    """
    if len(html) > _LARGE:
        html = _without_code(html)[:_LONGEST]
    data = _STUFFED_TAG.sub(_plain_tag, _INVALID.sub("", html)).encode("utf-8", "replace")
    tree, whole = _parse(data, huge=False)
    # The plain parser stops at elements nested 256 deep and at a text of more than 10 MB.
    if not whole:
        deeper, _ = _parse(data, huge=True)
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


def _parse(data: bytes, *, huge: bool) -> tuple[HtmlElement | None, bool]:
    """(the tree, whether all of the page is in it)."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=huge)
    try:
        tree = lxml.html.document_fromstring(data, parser=parser)
    except (ParserError, XMLSyntaxError, ValueError):
        return None, False
    last = parser.error_log.last_error
    whole = last is None or last.type != ErrorTypes.ERR_RESOURCE_LIMIT
    return (tree if isinstance(tree, HtmlElement) else None), whole


def is_deeper(tree: HtmlElement, most: int) -> bool:
    """Whether elements stand in one another more than `most` deep."""
    depth = 0
    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > most:
            return True
    return False


def squeeze(text: str) -> str:
    """`text` with every run of blanks as one space, stripped."""
    return " ".join(text.split())


def element_text(element: HtmlElement) -> str:
    """All text of an element on one line, scripts and styles left out."""
    return squeeze(resolved("".join(_text_of(element))))


def _text_of(element: HtmlElement) -> Iterator[str]:
    for node in element.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "noscript", "template", "svg", "button"):
            if node is not element and node.tail:
                yield node.tail
            continue
        if node.tag not in INLINE and node is not element:
            yield " "
        parent = node.getparent()
        if node.text and (node is element or parent is None or parent.tag not in ("script", "style", "svg", "button")):
            yield node.text
        if node is not element and node.tail:
            yield node.tail
