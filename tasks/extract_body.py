"""The body of an article: which blocks of a page belong to it, and in which reading.

Algorithm: (1) every block that reads like running text has a mass, its length; (2) elements named like furniture are
left out unless the page's text is in them; (3) the article is where the mass is: from the page down for as long as
one child holds nearly all of it; (4) inside it, and in the standfirst between headline and text, lines that are
labels, pointers to other articles, notices, bylines, datelines or lists of links are dropped, and what comes after
the text is trimmed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml.html import HtmlElement

from tasks.extract_blocks import Block, Mark
from tasks.extract_lines import (
    ends_sentence,
    fold,
    is_breadcrumb,
    is_byline,
    is_closing,
    is_credit,
    is_date_line,
    is_pointer,
    is_pointer_label,
    is_prose,
    is_tail_heading,
    is_ui,
    size,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The thresholds and switches of the reading; `make eval` turns them off one by one to show what each adds."""

    free_share: float = 0.25  # an element named like furniture is layout when less than this much mass lies outside it
    free_share_hard: float = 0.1  # the same for names that hardly ever mean anything else
    weak_share: float = 0.25  # a hint is ignored on an element that holds this share of the text
    descend: float = 0.8  # go down into a child that holds this share of the mass
    named_share: float = 0.5  # … or into the only child that is named an article and holds this share
    link_share: float = 0.6  # lines with more links than this are lists of links
    tail_from: float = 0.6  # "Related", "Comments" end the article only after this share of its mass
    one_article: bool = True
    standfirst: bool = True
    pointers: bool = True
    labels: bool = True
    closing: bool = True
    credits: bool = True
    repeats: bool = True
    trim_end: bool = True
    away: bool = True
    second_reading: bool = True
    embedded: bool = True
    state: bool = True
    settled_mass: int = 1000  # a reading with this much running text …
    settled_share: float = 0.75  # … that is this share of the page's …
    settled_prose: float = 0.82  # … and this share of the reading needs no second opinion
    agreement: float = 0.7  # nor does one on which resiliparse agrees (F1 of the words)
    margin: float = 0.05  # trafilatura wins when resiliparse agrees with it more by this
    embedded_share: float = 0.7  # a complete JSON-LD body is taken when the reading is shorter than this share of it
    little_text: int = 1000  # with fewer characters than this the script data is looked into


RULES = Rules()


def weigh(blocks: Iterable[Block]) -> None:
    """Give each block its mass: its length when it reads like running text, else 0."""
    for block in blocks:
        prose = block.kind in ("p", "li", "pre") and block.link_share < 0.5 and is_prose(block.text)
        block.mass = size(block.text) if prose else 0


class Furniture:
    """Which marked elements of a page are furniture in truth, decided once over all its blocks."""

    __slots__ = ("_head", "_layout", "_weak")

    def __init__(self, blocks: list[Block], rules: Rules) -> None:
        masses: dict[tuple[str, str], int] = {}
        texts: dict[tuple[str, str], int] = {}
        strength: dict[tuple[str, str], int] = {}
        total = sum(len(block.text) - block.link for block in blocks)
        for block in blocks:
            if not block.marks:
                continue
            for kind in {mark.kind for mark in block.marks}:
                texts[kind] = texts.get(kind, 0) + len(block.text) - block.link
                if block.mass:
                    masses[kind] = masses.get(kind, 0) + block.mass
            for mark in block.marks:
                strength[mark.kind] = max(strength.get(mark.kind, 0), mark.strength)
        self._weak = {kind for kind, length in texts.items() if length >= rules.weak_share * total}
        # what holds the headline is never furniture
        self._head = {mark.element for block in blocks if block.kind == "h1" for mark in block.marks}
        self._layout: set[tuple[str, str]] = set()
        free = self._free(blocks)
        for kind, mass in sorted(masses.items(), key=lambda item: (-item[1], item[0])):
            if strength[kind] >= 2 and free < (rules.free_share_hard if strength[kind] == 3 else rules.free_share) * mass:
                self._layout.add(kind)
                free = self._free(blocks)

    def _free(self, blocks: list[Block]) -> int:
        """The mass outside all that counts as furniture so far."""
        return sum(block.mass for block in blocks if block.mass and not self.holds(block))

    def is_furniture(self, mark: Mark) -> bool:
        """Whether a marked element is furniture and not a wrapper of the page's own text."""
        return mark.strength >= 2 and mark.kind not in self._layout and mark.element not in self._head

    def holds(self, block: Block) -> bool:
        """Whether a block stands in furniture."""
        return any(self.is_furniture(mark) for mark in block.marks)

    def surely_holds(self, block: Block) -> bool:
        """Whether a block stands in furniture of the surest kind (comments, related articles, navigation)."""
        return any(mark.strength == 3 and self.is_furniture(mark) for mark in block.marks)

    def hints(self, block: Block) -> bool:
        """Whether an element around the block hints at furniture."""
        return any(mark.strength == 1 and mark.kind not in self._weak for mark in block.marks)


def container_of(blocks: list[Block], furniture: Furniture, title: str | None, rules: Rules) -> HtmlElement | None:
    """The element that holds the article, or None on a page without running text."""
    masses: dict[HtmlElement, int] = {}
    children: dict[HtmlElement, dict[HtmlElement, None]] = {}
    top: HtmlElement | None = None
    for block in blocks:
        if not block.mass or furniture.holds(block):
            continue
        below = block.element
        masses[below] = masses.get(below, 0) + block.mass
        for element in below.iterancestors():
            masses[element] = masses.get(element, 0) + block.mass
            children.setdefault(element, {})[below] = None
            below = element
        top = below
    if top is None:
        return None
    own = _own_article(blocks, masses, title) if rules.one_article else None
    return _descend(own if own is not None else top, masses, children, rules)


def _own_article(blocks: list[Block], masses: dict[HtmlElement, int], title: str | None) -> HtmlElement | None:
    """On a page of several <article>s, the one that holds the headline, when it holds text of its own."""
    articles = [element for element in masses if element.tag == "article"]
    if len(articles) < 2:
        return None
    key = fold(title) if title else ""
    for block in blocks:
        if block.kind == "h1" and (not key or fold(block.text) == key or key in fold(block.text)):
            around = [
                element for element in block.element.iterancestors() if element.tag == "article" and masses.get(element, 0) >= 300
            ]
            outer = around[-1] if around else None
            # an article around everything is no choice; then the innermost one counts
            if outer is not None and len(around) > 1 and masses[around[0]] >= 300:
                outer = around[0]
            return outer
    return None


def _descend(
    top: HtmlElement, masses: dict[HtmlElement, int], children: dict[HtmlElement, dict[HtmlElement, None]], rules: Rules
) -> HtmlElement:
    while True:
        here = children.get(top)
        if not here:
            return top
        best = max(here, key=lambda element: masses[element])
        share = masses[best] / masses[top]
        if best.tag in ("p", "li", "blockquote", "tr", "td", "ul", "ol"):
            return top
        if share < rules.descend:
            named = [element for element in here if _is_named_article(element)]
            if len(named) != 1 or named[0] is not best or share < rules.named_share:
                return top
        top = best


def _is_named_article(element: HtmlElement) -> bool:
    if element.tag == "article" or element.get("itemprop") == "articleBody":
        return True
    return (
        element.tag in ("div", "section", "main")
        and "article" in f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    )


@dataclass(frozen=True, slots=True)
class Article:
    """A reading: its blocks in order, and how much of the page's running text it holds.

    mass: running text in it; mass_share: that as a share of all on the page; prose_share: as a share of the reading.
    """

    blocks: list[Block]
    furniture: Furniture
    first: int
    mass: int
    mass_share: float
    prose_share: float


def structural(blocks: list[Block], title: str | None, rules: Rules = RULES) -> Article:
    """The article as the structure of the page shows it."""
    weigh(blocks)
    furniture = Furniture(blocks, rules)
    container = container_of(blocks, furniture, title, rules)
    if container is None:
        return Article([], furniture, 0, 0, 0.0, 0.0)
    inside = [
        index for index, block in enumerate(blocks) if block.element is container or container in block.element.iterancestors()
    ]
    first, last = inside[0], inside[-1]
    kept = _clean(blocks[first : last + 1], furniture, title, rules)
    if rules.standfirst:
        kept = [*_standfirst(blocks, first, furniture, kept, title), *kept]
    mass = sum(block.mass for block in kept)
    total = sum(block.mass for block in blocks) or 1
    length = sum(size(block.text) for block in kept) or 1
    return Article(kept, furniture, first, mass, mass / total, mass / length)


def repair(lines: list[str], blocks: list[Block], article: Article, title: str | None, rules: Rules = RULES) -> list[Block]:
    """Another reader's lines as blocks of the page, put through the same repairs; lines from sure furniture are dropped."""
    places: dict[str, int] = {}
    for index, block in enumerate(blocks):
        places.setdefault(fold(block.text), index)
    beside = "".join(fold(block.text) for block in blocks if article.furniture.surely_holds(block))
    root = blocks[0].element if blocks else HtmlElement()
    found: list[Block] = []
    first: int | None = None
    for line in lines:
        key = fold(line)
        place = places.get(key)
        if place is not None:
            first = place if first is None else min(first, place)
            if not article.furniture.surely_holds(blocks[place]):
                found.append(blocks[place])
        elif len(key) < 20 or key[len(key) // 2 : len(key) // 2 + 40] not in beside:
            # readers join and cut lines in their own ways: a piece from the middle tells where one comes from
            found.append(Block(line, "p", 0, 0, root))
    weigh(found)
    kept = _clean(found, None, title, rules)
    if rules.standfirst and first is not None:
        kept = [*_standfirst(blocks, first, article.furniture, kept, title), *kept]
    return kept


def _standfirst(blocks: list[Block], first: int, furniture: Furniture, kept: list[Block], title: str | None) -> list[Block]:
    """Up to two paragraphs between the headline and the container: the standfirst stands in the page's header."""
    key = fold(title) if title else None
    before = range(first - 1, max(-1, first - 40), -1)
    start = next((index for index in before if blocks[index].kind == "h1" or fold(blocks[index].text) == key), None)
    if start is None:
        return []
    text = " ".join(block.text for block in kept)
    found: list[Block] = []
    for block in blocks[start + 1 : first]:
        if furniture.holds(block) or block.link_share > 0.3 or size(block.text) < 50 or block.text in text:
            continue
        if (
            is_ui(block.text)
            or is_breadcrumb(block.text)
            or is_byline(block.text)
            or is_date_line(block.text)
            or is_credit(block.text)
            or is_pointer(block.text)
        ):
            continue
        found.append(block)
    # the standfirst follows the headline; a first paragraph outside the container stands right before it
    return found if len(found) <= 2 else [found[0], found[-1]]


def _clean(blocks: list[Block], furniture: Furniture | None, title: str | None, rules: Rules) -> list[Block]:
    """The blocks without furniture (None: there is none among them), labels, pointers and what follows the text."""
    key = fold(title) if title else None
    blocks = [block for block in blocks if furniture is None or not furniture.holds(block)]
    counts: dict[str, int] = {}
    for block in blocks:
        counts[block.text] = counts.get(block.text, 0) + 1
    total = sum(block.mass for block in blocks)
    kept: list[Block] = []
    seen: set[str] = set()
    done = 0
    tail = pointer = False
    for block in blocks:
        text = block.text
        if is_tail_heading(text) and done >= rules.tail_from * total:
            tail = True
            continue
        if tail and not (block.mass >= 150 and block.link_share < 0.2):
            continue
        tail = False
        if pointer and size(text) < 200 and (block.link_share > 0.5 or not ends_sentence(text)):
            pointer = False
            continue
        pointer = rules.pointers and is_pointer_label(text)
        if (
            pointer
            or _is_dropped(block, key, furniture, rules)
            or (rules.repeats and _is_repeated(block, counts[text], text in seen))
        ):
            continue
        seen.add(text)
        kept.append(block)
        done += block.mass
    return _trim(kept, rules)


def _is_repeated(block: Block, count: int, before: bool) -> bool:
    """Short lines that stand on the page again and again, and paragraphs that stand there twice (for two screen sizes).

    What is said in full three times and more is a refrain of the text itself: the words below each entry of a list.
    """
    return before and count == 2 if block.mass else count > 2


def _is_dropped(block: Block, key: str | None, furniture: Furniture | None, rules: Rules) -> bool:
    """Whether a block of the container is a label, a pointer, a notice or a list of links."""
    text = block.text
    folded = fold(text) if len(text) < 400 else text
    if not folded or folded == key:
        return True
    if rules.labels and (is_ui(text) or is_breadcrumb(text)):
        return True
    if rules.pointers and is_pointer(text):
        return True
    link = block.link - block.away if rules.away else block.link
    if link > rules.link_share * len(text) and size(text) < 300:
        return True
    if not block.mass and not block.kind.startswith("h") and furniture is not None and furniture.hints(block):
        return True
    return block.kind != "tr" and (is_date_line(text) or is_byline(text) or (rules.credits and is_credit(text)))


def _trim(kept: list[Block], rules: Rules) -> list[Block]:
    """Without what comes after the last sentence, short lines before the first, and headings without text."""
    kept = list(kept)
    places = {_place(block) for block in kept if block.mass}
    while rules.trim_end and kept:
        last = kept[-1]
        loose = not last.mass and not ends_sentence(last.text) and (size(last.text) < 25 or _place(last) not in places)
        loose = loose and bool(places)
        if last.kind.startswith("h") or loose or (rules.closing and is_closing(last.text)):
            kept.pop()
        else:
            break
    start = 0
    while places and start < len(kept) and not kept[start].mass and size(kept[start].text) < 40:
        if ends_sentence(kept[start].text) and kept[start].kind == "p":
            break
        start += 1
    first = next((index for index, block in enumerate(kept) if block.mass), len(kept))
    # an <h1> before the text is the headline, however it differs from the title; later ones are headings
    return [block for index, block in enumerate(kept) if index >= start and (block.kind != "h1" or index > first)]


def _place(block: Block) -> HtmlElement | None:
    """The element in which a block stands among its like: for a list item, that of its list."""
    parent = block.element.getparent()
    return parent.getparent() if parent is not None and block.kind == "li" else parent
