"""Who signed an article: structured data, meta tags, the visible byline and the feed, compared. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from lxml.html import HtmlElement

from tasks.extract_jsonld import JsonLd, names_of
from tasks.extract_lines import fold
from tasks.extract_tree import element_text
from tasks.extract_vocabulary import listed
from tasks.extract_witness import places_of
from tasks.person_names import agency_of, split_names

_BYLINE_CLASS = re.compile(
    r"byline|by-line|author|autor\b|autore|auteur|writer|contributor|reporter|journalist|signature|skribent|credit-name",
    re.IGNORECASE,
)
_NOT_BYLINE = re.compile(
    r"""
        comment|related|sidebar|footer|bio\b|-bio|description|about|avatar|image|photo|social|follow|more|recommend|teaser|
        caption|list-item|newsletter|role|title|job|position|authority|authoriz|date|time
    """,
    re.IGNORECASE | re.VERBOSE,
)


_SHOWN = {"line": "byline", "link": "byline"}


@dataclass(frozen=True, slots=True)
class Authors:
    """The persons, the agency (its usual short name) and where they were found."""

    names: tuple[str, ...]
    agency: str | None
    source: str | None


def _json_candidates(data: JsonLd) -> list[str]:
    values = [data.get("author"), data.get("creator")]
    for value in values:
        found = names_of(data, value) if value else []
        persons = [name for name, kind in found if kind not in ("Organization", "NewsMediaOrganization", "Corporation")]
        names = [name for given in (persons or [name for name, _ in found]) for name in split_names(given)]
        if names:
            return names
    return []


_META = listed(
    """
    author article:author_name byl parsely-author sailthru.author dc.creator dcterms.creator dc.creator.author
    authors article.author article:author og:article:author cxenseparse:author cxenseparse:recs:author
    citation_author twitter:data1 shareaholic:article_author_name mediator_author content.author auth creator
    og:author rbauthors dcsext.author twitter:creator:name
    """
)
_WRITTEN_BY = frozenset(
    ("writtenby", "verfasstvon", "ecritpar", "escritopor", "scrittoda", "author", "geschrevendoor", "skrevetav", "skrivetav")
)
_AUTHOR_PATH = re.compile(
    r"""
        /(?:authors?|autor(?:e[ns]?|es|i)?|auteurs?|profiles?|people|person|staff|reporters?|journalists?|contributors?|
        columnists?|writers?|editors|by|bio|redaktion|redakteure?|firmas?|byline)/[^/?#]{3,}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BY_LINE = re.compile(
    r"""
        ^(?:.{0,60}\d.{0,20}?[\s|•·,–—-])?\W{0,3}(?:(?:words|story|text|written|posted|reported|published|
        photos?\s+and\s+story|review)\s+)?(?:by|von|par|por|di|af|av|door)\s*:?\s+(.{3,120})$
    """,
    re.IGNORECASE | re.VERBOSE,
)


def _meta_candidates(metas: dict[str, str]) -> Iterator[list[str]]:
    for key in _META:
        value = metas.get(key)
        if value and "://" not in value and (key != "twitter:data1" or fold(metas.get("twitter:label1", "")) in _WRITTEN_BY):
            names = split_names(value)
            if names:
                yield names


def visible_bylines(tree: HtmlElement, safe: set[HtmlElement], limit: int = 6) -> Iterator[list[str]]:
    """Names in elements that say they are a byline, in reading order; teasers, comments and biographies left out."""
    found = 0
    marked = tree.iterfind(".//*[@rel='author']"), tree.iterfind(".//*[@itemprop='author']")
    for group in marked:
        names: list[str] = []
        for element in group:
            if _beside(element, safe):
                continue
            inner = element.find(".//*[@itemprop='name']")
            text = (
                (inner.get("content") or element_text(inner))
                if inner is not None
                else (element.get("content") or element_text(element))
            )
            if text and len(text) < 160:
                names.extend(name for name in split_names(text) if name not in names)
        if names:
            yield names
    for element in tree.iter("a", "span", "p", "div", "li", "address", "strong", "h3", "h4", "h5", "em", "cite"):
        get = element.get
        if not _is_byline_mark(get("class"), get("id"), get("data-testid")) or _beside(element, safe):
            continue
        links = [element_text(a) for a in element.iter("a")]
        text = element_text(element)
        if not text or len(text) > 200:
            continue
        names = [name for link in links if link for name in split_names(link)] or split_names(text)
        names = [name for name in names if len(name.split()) >= 2 or agency_of(name)]
        if names:
            yield list(dict.fromkeys(names))
            found += 1
            if found >= limit:
                return


@lru_cache(maxsize=65536)
def _is_byline_mark(*names: str | None) -> bool:
    """Whether class, id or test id of an element say that it is a byline."""
    mark = " ".join(name for name in names if name)
    return len(mark) >= 3 and _BYLINE_CLASS.search(mark) is not None and not _NOT_BYLINE.search(mark)


def linked_authors(tree: HtmlElement, safe: set[HtmlElement]) -> list[str]:
    """Names of the first links that lead to a person's page (/author/…), those standing together; never from teasers."""
    found: list[str] = []
    first: HtmlElement | None = None
    for anchor in tree.iter("a"):
        href = anchor.get("href")
        if not href or not _AUTHOR_PATH.search(href) or _beside(anchor, safe):
            continue
        text = element_text(anchor)
        if not text or len(text) > 60:
            continue
        if first is not None and not _together(first, anchor):
            break
        names = [name for name in split_names(text) if len(name.split()) >= 2]
        if names:
            first = first if first is not None else anchor
            found.extend(name for name in names if name not in found)
    return found


def _together(one: HtmlElement, other: HtmlElement) -> bool:
    """Whether two links stand in one small block (up to three levels up)."""
    near = list(one.iterancestors())[:3]
    return any(
        around in near for around in list(other.iterancestors())[:3] if around.tag not in ("body", "html", "main", "article")
    )


_LINE_CUT = re.compile(
    r"""
        \s[|•·–—-]\s|\d|(?i:\b(?:published|updated|posted|on|for|in|at|jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|
        january|february|march|april|june|july|august|september|october|november|december|mon|tues?|wed|thurs?|fri|sat|sun|
        \w+day)\b[.,]?)
    """,
    re.VERBOSE,
)


def _line_candidates(lines: Iterable[str]) -> Iterator[list[str]]:
    """Names in lines by the headline that begin with "By"."""
    for line in lines:
        match = _BY_LINE.match(line)
        if match:
            names = [
                name for name in split_names(_LINE_CUT.split(match.group(1))[0]) if len(name.split()) >= 2 or agency_of(name)
            ]
            if names:
                yield names


def _beside(element: HtmlElement, safe: set[HtmlElement]) -> bool:
    """Whether an element stands in a part of the page that shows other articles, comments or the like.

    `safe` are the elements around the headline: whatever they are called, the article is in them too.
    """
    for around in element.iterancestors():
        if around in safe or around.tag in ("body", "html", "main"):
            return False
        if around.tag in ("aside", "footer"):
            return True
        mark = f"{around.get('class') or ''} {around.get('id') or ''}".lower()
        if mark != " " and any(
            word in mark for word in ("comment", "related", "recommend", "sidebar", "teaser", "promo", "most-", "latest")
        ):
            return True
    return False


def read_authors(
    tree: HtmlElement, data: JsonLd, metas: dict[str, str], head: list[str], hinted: Iterable[str], outlet_names: set[str]
) -> Authors:
    """The authors: the first two sources that agree win, else the surest that names a person.

    `head` are the lines by the headline; `outlet_names` the names of the outlet, which never is an author, nor a part of it
    ("Herald & Gazette").
    """
    head_element = next(tree.iter("h1"), None)
    safe = set(head_element.iterancestors()) if head_element is not None else set()
    lists: list[tuple[str, list[str]]] = [("json-ld", _json_candidates(data))]
    lists.extend(("meta", names) for names in _meta_candidates(metas))
    lists.extend(("line", names) for names in _line_candidates(head))
    lists.extend(("byline", names) for names in visible_bylines(tree, safe))
    lists.append(("link", linked_authors(tree, safe)))
    lists.append(("feed", [name for given in hinted for name in split_names(given)]))
    agency = next((wire for _, names in lists for name in names if (wire := agency_of(name))), None)
    outlets = {fold(part) for name in outlet_names for part in (name, *split_names(name))}
    persons = [(source, _persons(names, outlets)) for source, names in lists]
    there = [(source, names) for source, names in persons if names]
    source, names = _first_agreeing(there)
    if source:
        source = places_of(source, names, there, _keys)
    return Authors(tuple(names), agency, source or ("byline" if agency else None))


def _persons(names: list[str], outlet_names: set[str]) -> list[str]:
    """The names that are neither agencies nor the outlet, each once."""
    kept: dict[str, str] = {}
    for name in names:
        key = fold(name)
        if key not in outlet_names and not agency_of(name):
            kept.setdefault(key, name)
    return list(kept.values())


def _first_agreeing(lists: list[tuple[str, list[str]]]) -> tuple[str | None, list[str]]:
    """The first names that two witnesses give; an agreed list that holds these and more completes them; else the surest.

    A line, an element and a link beside the headline are one and the same byline: together they are a witness against
    each other's absence, but not against structured data.
    """
    if not lists:
        return None, []
    keys = [_keys(names) for _, names in lists]
    witnesses = [_SHOWN.get(source, source) for source, _ in lists]
    agreed = [
        at for at, key in enumerate(keys) if any(key == keys[n] and witnesses[at] != witnesses[n] for n in range(len(keys)))
    ]
    if not agreed and lists[0][0] != "json-ld":
        agreed = [
            at for at, key in enumerate(keys) if any(key == keys[n] and lists[at][0] != lists[n][0] for n in range(len(keys)))
        ]
    first = agreed[0] if agreed else 0
    return lists[next((at for at in agreed if keys[at] > keys[first]), first)]


def _keys(names: list[str]) -> frozenset[str]:
    return frozenset(fold(name) for name in names)
