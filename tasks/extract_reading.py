"""The text that is stored: the readings of a page compared, the chosen one rendered plain and in light Markdown.

Algorithm: our own structural reading (`tasks.extract_body`) stands unless cheap signs speak against it (much running
text of the page left out, little running text in it, a short text). Then resiliparse gives a second opinion, and only
where the two disagree trafilatura reads the page as well and wins when resiliparse agrees more with it. Whatever is
chosen goes through the same repairs. A complete JSON-LD articleBody, the body in the page's script data or
the feed's own content is taken where the page shows much less. trafilatura's `deduplicate` is never used: it is a
memory of the whole process and eats text.
"""

import html as html_entities
import logging
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

import trafilatura
from lxml.html import HtmlElement, tostring
from resiliparse.extract.html2text import extract_plain_text

from schemas.records import FeedHints
from tasks.extract_blocks import Block, blocks_of
from tasks.extract_body import RULES, Article, Rules, repair, structural
from tasks.extract_embedded import embedded_body
from tasks.extract_jsonld import JsonLd
from tasks.extract_lines import ends_sentence
from tasks.extract_meta import Metadata
from tasks.extract_tree import element_text, is_deeper, parse
from tasks.furniture import fingerprint
from tasks.text import clean, resolved, words

# Its warnings ("discarding data") say nothing that the verdict does not say better.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_OPENING = re.compile(r"(?<![\w*_])(?:\*\*|__)(?=[^\s*_])")
_CLOSING = re.compile(r"(?<=\S)(?:\*\*|__)(?![\w*_])")
_LONE_MARKER = re.compile(r"^\s*(?:\*\*|__)+|(?<![*_])(?:\*\*|__)+[*_]?\s*$")
_LITERAL_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_BREAK = re.compile(r"</(?:p|div|li|h\d|blockquote)>|<br\s*/?>|\r?\n", re.IGNORECASE)
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}\.)\s+")
_TOO_MANY_BLOCKS = 20_000
_TOO_LONG = 3_000_000
_TOO_DEEP = 240  # trafilatura calls itself for a list in a list, and takes quadratic time on articles in articles


@dataclass(frozen=True, slots=True)
class Body:
    """The chosen text. `source` names the reading; `blocks` are its blocks, `page` all blocks of the page."""

    text: str
    markdown: str
    source: str
    blocks: tuple[Block, ...]
    page: tuple[Block, ...]


def plain(line: str) -> str:
    """One line of plain text: no Markdown markers or tags that the page shows as text, NFC, nothing invisible."""
    if "**" in line or "__" in line:
        line = _LONE_MARKER.sub("", _without_markers(line))
    if "</" in line:
        line = _LITERAL_TAG.sub(" ", line)
    return " ".join(clean(line).split())


def _without_markers(line: str) -> str:
    """The line without its pairs of Markdown markers. One pass: a pattern for the pair tries each opening to the end."""
    closings: dict[str, list[int]] = {}
    for match in _CLOSING.finditer(line):
        closings.setdefault(match.group(), []).append(match.start())
    parts: list[str] = []
    at = 0
    for opening in _OPENING.finditer(line):
        places = closings.get(opening.group(), [])
        index = bisect_left(places, opening.end() + 1)
        if opening.start() >= at and index < len(places):
            parts += (line[at : opening.start()], line[opening.end() : places[index]])
            at = places[index] + 2
    return "".join((*parts, line[at:]))


def _markdown(lines: list[tuple[Block, str]]) -> str:
    """The lines in light Markdown: headings, lists, quotes and tables; items of one list or table stand together."""
    parts: list[str] = []
    for (shape, _), group in groupby(lines, _group):
        if shape == "table":
            parts.append(_table([block for block, _ in group]))
        elif shape == "list":
            parts.append("\n".join(f"- {line}" for _, line in group))
        elif shape == "quote":
            parts.append("\n>\n".join(f"> {line}" for _, line in group))
        else:
            parts += ("#" * max(2, int(block.kind[1:])) + f" {line}" if shape == "heading" else line for block, line in group)
    return "\n\n".join(parts)


def _group(item: tuple[Block, str]) -> tuple[str, HtmlElement | None]:
    """(the shape of a line, the table or the outermost list it is in): what neighbours share that stand together."""
    block, _ = item
    if block.kind[0] == "h" and block.kind[1:].isdigit():
        return "heading", None
    if block.kind == "li":
        return "list", next(reversed(list(block.element.iterancestors("ul", "ol", "dl"))), None)
    if block.kind == "tr":
        return "table", next(block.element.iterancestors("table"), None)
    return ("quote" if block.quote else "text"), None


def _table(rows: list[Block]) -> str:
    """The rows of a table, all as wide as the widest: cells that are empty keep their place."""
    cells = [[plain(element_text(cell)).replace("|", "\\|") for cell in row.element if cell.tag in ("td", "th")] for row in rows]
    width = max(map(len, cells))
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in cells]
    return "\n".join([lines[0], "| --- " * width + "|", *lines[1:]])


def read_body(
    tree: HtmlElement,
    page: list[Block],
    data: JsonLd,
    meta: Metadata,
    url: str,
    hints: FeedHints,
    rules: Rules = RULES,
    furniture: frozenset[int] = frozenset(),
) -> Body:
    """The body of a page; `page` are the blocks of `tree`, `furniture` the fingerprints of lines that repeat on the site."""
    article = structural(page, meta.title, rules)
    blocks, source = article.blocks, "structure"
    if rules.second_reading and not _is_settled(article, rules):
        other = _other_reading(tree, page, article, meta, url, rules)
        if other:
            blocks, source = other, "trafilatura"
    length = sum(len(block.text) for block in blocks)
    embedded = _complete_body(data) if rules.embedded else None
    if embedded and length < rules.embedded_share * len(embedded):
        blocks, source = _blocks_of_text(embedded), "json-ld"
        length = len(embedded)
    if rules.state and length < rules.little_text and meta.is_free is not False:
        stated = _state_blocks(tree, blocks, meta, rules)
        if stated:
            blocks, source = stated, "state"
            length = sum(len(block.text) for block in blocks)
    fed = _feed_blocks(hints, meta, rules)
    if sum(len(block.text) for block in fed) > max(400, 1.5 * length):
        blocks, source = fed, "feed"
    lines = [(block, line) for block in blocks if (line := plain(block.text))]
    if furniture:
        lines = [(block, line) for block, line in lines if fingerprint(line) not in furniture]
    return Body(
        "\n".join(line for _, line in lines),
        _markdown(lines),
        source,
        tuple(block for block, _ in lines),
        tuple(page),
    )


def _is_settled(article: Article, rules: Rules) -> bool:
    """Whether nothing speaks against our own reading: it holds most of the page's running text and is made of it."""
    return (
        article.mass >= rules.settled_mass
        and article.mass_share >= rules.settled_share
        and article.prose_share >= rules.settled_prose
    )


def _other_reading(tree: HtmlElement, page: list[Block], article: Article, meta: Metadata, url: str, rules: Rules) -> list[Block]:
    """trafilatura's reading, repaired, when resiliparse agrees with it more than with ours; else nothing."""
    if len(page) > _TOO_MANY_BLOCKS:
        return []
    second = _second_opinion(tree)
    if second is None:
        return []
    opinion = Counter(words(second))
    ours = _agreement(Counter(words(" ".join(block.text for block in article.blocks))), opinion)
    if article.blocks and ours >= rules.agreement:
        return []
    if is_deeper(tree, _TOO_DEEP):
        return []
    lines = _trafilatura_lines(tree, url, recall=not article.blocks)
    other = repair(lines, page, article, meta.title, rules)
    theirs = _agreement(Counter(words(" ".join(block.text for block in other))), opinion)
    return other if not article.blocks or theirs > ours + rules.margin else []


def _second_opinion(tree: HtmlElement) -> str | None:
    """resiliparse's reading; None of a page that is too long for it."""
    # it takes quadratic time on deep nesting: it gets the tree as parsed, which is cut off at a depth
    source = str(tostring(tree, encoding="unicode"))
    return extract_plain_text(source, main_content=True, alt_texts=False) if len(source) <= _TOO_LONG else None


def _agreement(one: Counter[str], other: Counter[str]) -> float:
    """F1 of two bags of words."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _trafilatura_lines(tree: HtmlElement, url: str, *, recall: bool) -> list[str]:
    """The lines of trafilatura's fast reading; it works on a copy of the tree."""
    found = trafilatura.bare_extraction(
        tree, url=url, fast=True, favor_precision=not recall, favor_recall=recall, include_comments=False, with_metadata=False
    )
    text = resolved(str(getattr(found, "text", None) or ""))
    return [line for given in text.split("\n") if (line := _LIST_MARK.sub("", given).strip())]


def _complete_body(data: JsonLd) -> str | None:
    """The articleBody of the page's JSON-LD, or its live updates, when it is whole: long enough, not broken off."""
    given = data.get("articleBody")
    if not isinstance(given, str) or len(given) < 500:
        given = _live_updates(data)
    if len(given) < 500:
        return None
    text = html_entities.unescape(given)
    if "<" in text and _TAG.search(text):
        text = html_entities.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
    text = clean(text)
    return text if ends_sentence(text) and not text.rstrip().endswith(("…", "...")) else None


def _live_updates(data: JsonLd) -> str:
    """The posts of a live blog, the headline of each before its text."""
    posts = data.get("liveBlogUpdate")
    lines = [
        str(post[key]).strip()
        for post in (posts if isinstance(posts, list) else [])[:1000]
        if isinstance(post, dict) and isinstance(post.get("articleBody"), str)
        for key in ("headline", "articleBody")
        if post.get(key)
    ]
    return "\n".join(lines)


def _blocks_of_text(text: str) -> list[Block]:
    root = HtmlElement()
    return [Block(line, "p", 0, 0, root, mass=len(line)) for given in text.split("\n") if (line := given.strip())]


def _state_blocks(tree: HtmlElement, blocks: list[Block], meta: Metadata, rules: Rules) -> list[Block]:
    """The blocks of the body in the page's script data, when it is much longer than what is shown and holds it."""
    html = embedded_body(tree, meta.title, meta.description)
    inner = _read_fragment(html, meta, rules) if html else []
    shown = Counter(words(" ".join(block.text for block in blocks)))
    held = Counter(words(" ".join(block.text for block in inner)))
    if held.total() < 2 * shown.total():
        return []
    # a notice in place of the text ("enable JavaScript") is not in it, the article's first lines are
    return inner if shown.total() < 60 or (shown & held).total() >= 0.6 * shown.total() else []


def _read_fragment(html: str, meta: Metadata, rules: Rules) -> list[Block]:
    """A piece of HTML, read like a page."""
    tree = parse(f"<html><body><article>{html}</article></body></html>")
    return structural(blocks_of(tree), meta.title, rules).blocks if tree is not None else []


def _feed_blocks(hints: FeedHints, meta: Metadata, rules: Rules) -> list[Block]:
    """The blocks of the content that the feed carried, read like a page."""
    if not hints.content or len(hints.content) < 400:
        return []
    return _read_fragment(hints.content, meta, rules)
