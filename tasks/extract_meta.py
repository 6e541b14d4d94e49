"""A page's metadata, each field with where it came from. Pure; reads the one parsed tree.

Algorithm: gather what JSON-LD, OpenGraph, meta tags, the visible headline and the feed say; the first two that agree
win, in the spelling of the surest of them.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from itertools import islice
from typing import Any

from lxml.html import HtmlElement

from schemas.records import FeedHints
from tasks.extract_authors import read_authors
from tasks.extract_blocks import Block
from tasks.extract_dates import modified, published
from tasks.extract_fields import description_of, free_of, image_of, language_of, section_of, tags_of
from tasks.extract_jsonld import JsonLd, text_value
from tasks.extract_lines import fold
from tasks.extract_site import home_of, rights_of
from tasks.extract_tree import element_text, squeeze
from tasks.extract_witness import agreed, places_of
from tasks.moments import Moment, plausible
from tasks.text import one_line
from tasks.urls import registrable_domain

_SEPARATOR = re.compile(r"\s+[|–—\-»«•·:/~]+\s+|\s*[|»]\s*")
_WORDS = re.compile(r"\w+")
_PIECES = 300  # texts of one element that are looked at: lines set apart by <br> all stand in the same one


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself. `provenance` names the places of each field that was found: "og", or "og+json-ld" where
    two agree. `declares_video`: og:video or a player card."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    outlet: str | None = None
    published: Moment | None = None
    modified: Moment | None = None
    language_declared: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    description: str | None = None
    is_free: bool | None = None
    canonical: str | None = None
    og_type: str | None = None
    robots: str | None = None
    feed_published_at: datetime | None = None
    outlet_home: str | None = None
    rights: str | None = None
    declares_video: bool = False
    provenance: dict[str, str] = field(default_factory=dict)


def metas_of(tree: HtmlElement) -> dict[str, str]:
    """Every <meta> by its lower-case name, property or itemprop; the first one counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = element.get("content") or element.get("value")
        if not content or not content.strip():
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = element.get(attribute)
            if name:
                found.setdefault(name.strip().lower(), unescape(content.strip()))
    return found


def read_metadata(
    tree: HtmlElement, data: JsonLd, blocks: list[Block], url: str, now: datetime, hints: FeedHints, content_language: str | None
) -> Metadata:
    """All metadata of a page found at `url`; `blocks` are the page's text blocks in reading order."""
    metas = metas_of(tree)
    provenance: dict[str, str] = {}
    outlet = _outlet(tree, data, metas, hints, provenance)
    names = _outlet_names(data, metas, outlet, url)
    title = _title(tree, data, metas, hints, names, provenance)
    head = lines_by_headline(blocks, title)
    authors = read_authors(tree, data, metas, head, hints.authors, names)
    if authors.source:
        provenance["authors"] = authors.source
    when = _published(tree, data, metas, head, hints, url, now, provenance)
    changed = modified(tree, data, metas, now)
    if changed:
        provenance["modified_at"] = changed.source
    values = {
        "language_declared": language_of(tree, data, metas, hints, content_language),
        "section": section_of(data, metas, url),
        "image_url": image_of(data, metas, url),
        "description": description_of(data, metas),
        "is_free": free_of(data, metas),
        "outlet_home": home_of(tree, data, url),
        "rights": rights_of(tree, data, metas, blocks, url),
        "tags": tags_of(tree, data, metas),
    }
    provenance |= {name: source for name, (value, source) in values.items() if value not in (None, ())}
    found: dict[str, Any] = {name: value for name, (value, _) in values.items() if value is not None}
    return Metadata(
        title=title,
        authors=authors.names,
        agency=authors.agency,
        outlet=outlet,
        published=when,
        modified=changed,
        canonical=_canonical(tree),
        og_type=(metas.get("og:type") or "").lower() or None,
        robots=metas.get("robots"),
        declares_video=any(name.startswith(("og:video", "twitter:player")) for name in metas),
        feed_published_at=_feed_differs(when, hints),
        provenance=provenance,
        **found,
    )


def _canonical(tree: HtmlElement) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and link.get("href"):
            return str(link.get("href"))
    return None


def _outlet(tree: HtmlElement, data: JsonLd, metas: dict[str, str], hints: FeedHints, provenance: dict[str, str]) -> str | None:
    """The outlet's name; without any declaration, what the window title adds to the headline ("… - The Daily")."""
    publisher = data.resolve(data.get("publisher"))
    candidates = [
        ("og", metas.get("og:site_name")),
        ("json-ld", text_value(publisher)),
        ("feed", hints.outlet),
        ("meta", metas.get("application-name") or metas.get("dc.publisher") or metas.get("al:ios:app_name")),
        ("title", _title_tail(tree)),
    ]
    lines = [(source, one_line(unescape(value), 120) if value else None) for source, value in candidates]
    name, places = agreed([(source, line) for source, line in lines if line and not line.startswith(("http", "@"))], fold)
    if name:
        provenance["outlet"] = places
    return name


def _title_tail(tree: HtmlElement) -> str | None:
    head = tree.find(".//title")
    title = element_text(head) if head is not None else ""
    for heading in _headlines(tree):
        rest = title[len(heading) :]
        if title.startswith(heading) and (match := _SEPARATOR.match(rest)):
            name = rest[match.end() :].strip()
            return name if 1 <= len(name.split()) <= 5 else None
    return None


def _outlet_names(data: JsonLd, metas: dict[str, str], outlet: str | None, url: str) -> set[str]:
    """Names by which the outlet may sign or end its titles."""
    domain = registrable_domain(url)
    names = {
        outlet,
        metas.get("og:site_name"),
        metas.get("application-name"),
        text_value(data.resolve(data.get("publisher"))),
        domain,
        domain.split(".")[0],
    }
    return {name for name in names if name and len(fold(name)) >= 2}


def strip_outlet(title: str, names: set[str]) -> str:
    """A title without the outlet's name at its end or start ("… | The Daily", "Daily: …")."""
    folded = {fold(name) for name in names}
    for _ in range(3):
        cuts = list(_SEPARATOR.finditer(title))
        if not cuts:
            return title
        last, first = cuts[-1], cuts[0]
        tail, head = title[last.end() :], title[: first.start()]
        if _is_outlet(tail, folded) and title[: last.start()].strip():
            title = title[: last.start()].strip()
        elif _is_outlet(head, folded) and title[first.end() :].strip():
            title = title[first.end() :].strip()
        else:
            return title
    return title


def _is_outlet(part: str, folded: set[str]) -> bool:
    key = fold(part)
    if not key or len(part.split()) > 6:
        return False
    return any(
        key == name or (len(name) >= 4 and len(key) >= 3 and (name in key or key in name) and len(key) <= 3 * len(name))
        for name in folded
    )


def _headlines(tree: HtmlElement) -> list[str]:
    """The texts of the page's <h1> elements in reading order; a logo's <h1> has no text or only a picture."""
    found: dict[str, None] = {}
    for element in tree.iter("h1"):
        text = one_line(element_text(element), 400)
        if text and len(text) > 3:
            found[text] = None
        if len(found) == 12:
            break
    return list(found)


def _similar(a: str, b: str) -> float:
    """Jaccard similarity of the words of two titles."""
    x, y = set(_WORDS.findall(a.casefold())), set(_WORDS.findall(b.casefold()))
    return len(x & y) / len(x | y) if x and y else 0.0


def _title(
    tree: HtmlElement, data: JsonLd, metas: dict[str, str], hints: FeedHints, names: set[str], provenance: dict[str, str]
) -> str | None:
    """The headline without the outlet's name, and in `provenance` the places that say it."""
    others = _declared_titles(tree, data, metas, hints, names)
    headings = _headlines(tree)
    title, source = _chosen_title(headings, others, {fold(name) for name in names})
    if title is None:
        return None
    title = strip_outlet(title, names)
    provenance["title"] = places_of(source, title, [*others, *(("h1", strip_outlet(text, names)) for text in headings)], fold)
    return title


def _chosen_title(headings: list[str], others: list[tuple[str, str]], outlets: set[str]) -> tuple[str | None, str]:
    """(the headline, its place): OpenGraph and JSON-LD where they agree, else the <h1> that the others confirm, else what
    two say, else the surest."""
    by_source = dict(reversed(others))
    og, headline = by_source.get("og"), by_source.get("json-ld")
    if og and headline and fold(og) == fold(headline) and fold(og) not in outlets:
        return og, "og"
    headings = [text for text in headings if fold(text) not in outlets]
    heading, confirmed = _best_heading(headings, others)
    if heading and (without := _without_kicker(heading, others)):
        return without[1], without[0]
    alone = len(headings) == 1 and len(fold(headings[0])) >= 15 and len(headings[0].split()) >= 4
    if heading and (confirmed >= 0.3 or alone):
        return heading, "h1"
    title, _ = agreed([(source, text) for source, text in others if fold(text) not in outlets], fold)
    if title is not None:
        return title, next(source for source, text in others if text == title)
    return (headings[0], "h1") if headings else (None, "")


def _declared_titles(
    tree: HtmlElement, data: JsonLd, metas: dict[str, str], hints: FeedHints, names: set[str]
) -> list[tuple[str, str]]:
    """(source, title without the outlet) of everything but the headings, the surest first."""
    head = tree.find(".//title")
    given = (
        ("og", metas.get("og:title")),
        ("json-ld", text_value(data.get("headline"))),
        ("twitter", metas.get("twitter:title")),
        (
            "meta",
            metas.get("dc.title")
            or metas.get("parsely-title")
            or metas.get("sailthru.title")
            or metas.get("title")
            or metas.get("headline"),
        ),
        ("title", element_text(head) if head is not None else None),
        ("feed", hints.title),
    )
    lines = ((source, one_line(unescape(value), 400)) for source, value in given if value)
    return [(source, strip_outlet(line, names)) for source, line in lines if line]


def _best_heading(headings: list[str], others: list[tuple[str, str]]) -> tuple[str | None, float]:
    """The <h1> that the declared titles confirm best, and how well: 2 = the same words, else the share of words in common."""
    best: tuple[str | None, float] = (None, -1.0)
    folds = {fold(text) for _, text in others}
    for heading in headings:
        key = fold(heading)
        score = max((_similar(heading, text) for _, text in others), default=0.0)
        if key in folds:
            score = 2.0
        elif len(key) > 15 and any(len(other) > 15 and (key in other or other in key) for other in folds):
            score = max(score, 0.9)
        if score > best[1]:
            best = (heading, score)
    return best


def _without_kicker(heading: str, others: list[tuple[str, str]]) -> tuple[str, str] | None:
    """The declared title of which the heading only adds a kicker in front ("Opinion", the topic), or None."""
    key = fold(heading)
    for source in ("json-ld", "og", "title", "twitter"):
        for given, text in others:
            other = fold(text)
            if given == source and other and len(other) < len(key) and key.endswith(other) and 2 * len(other) > len(key):
                return source, text
    return None


def _published(
    tree: HtmlElement,
    data: JsonLd,
    metas: dict[str, str],
    head: list[str],
    hints: FeedHints,
    url: str,
    now: datetime,
    provenance: dict[str, str],
) -> Moment | None:
    moment = published(tree, data, metas, head, url, now, hints.published_at)
    if moment is None and (at := hints.published_at) is not None:
        fed = Moment(at, True, at.isoformat(), "feed", at.date().isoformat())
        moment = fed if plausible(fed, now) else None
    if moment is not None:
        provenance["published_at"] = moment.source
    return moment


def _feed_differs(moment: Moment | None, hints: FeedHints) -> datetime | None:
    """The feed's date where it is more than a day from the page's."""
    if moment is None or hints.published_at is None:
        return None
    return hints.published_at if abs(moment.at - hints.published_at) > timedelta(days=1) else None


def lines_by_headline(blocks: list[Block], title: str | None) -> list[str]:
    """The short lines around the headline, where byline and dateline stand: those after it first, then those before.

    Without a headline among the blocks, the first short lines of the page.
    """
    key = fold(title) if title else ""
    at = next((i for i, block in enumerate(blocks) if block.kind == "h1" and fold(block.text) == key), None)
    if at is None:
        at = next((i for i, block in enumerate(blocks) if block.kind == "h1" or (key and fold(block.text) == key)), None)
    if at is None:
        around = blocks[:60]
    else:
        around = [*blocks[at + 1 : at + 15], *reversed(blocks[max(0, at - 6) : at])]
    short = [
        block
        for block in around
        if len(block.text) <= 160 and not any(mark.element.tag in ("figure", "figcaption") for mark in block.marks)
    ]
    # Inline pieces without blanks between them ("Jane DoeDec 05, 2023") are read one by one as well.
    pieces = (
        squeeze(piece)
        for block in short
        if block.kind == "p"
        for piece in islice(block.element.itertext(), _PIECES)
        if 6 <= len(piece) <= 60
    )
    return [*(block.text for block in short), *islice(pieces, 60)]
