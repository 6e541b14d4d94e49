"""OPML: lists of feeds, in and out. Pure: bytes and values, no I/O."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from schemas.errors import BadInput
from schemas.records import FeedLine
from tasks.text import one_line
from tasks.urls import absolute
from tasks.xml_safely import defines_entities, root_of

_MAX_BYTES = 20 * 1024 * 1024
_FEED_SCHEME = re.compile(r"^feed:(?://)?(?=https?://)|^feed(?=://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpmlList:
    """What an OPML file lists: feeds, and a sentence for each outline that gives an address which can't be used."""

    lines: tuple[FeedLine, ...]
    unused: tuple[str, ...] = ()


def read_opml(content: bytes) -> tuple[FeedLine, ...]:
    """The feeds of an OPML file; see `read_list`."""
    return read_list(content).lines


def read_list(content: bytes) -> OpmlList:
    """The feeds of an OPML file in its order, each address once; folders and categories become tags.

    Forgiving with what real exports do (any case of `xmlUrl`, `feed://` addresses, a bare `&`). Outlines without an http(s)
    address are named, folders and links to pages are not. Raises BadInput with one sentence: not XML, not OPML, no feeds.
    """
    if len(content) > _MAX_BYTES:
        raise BadInput(f"This OPML file is larger than {_MAX_BYTES // 1024 // 1024} MB.")
    if defines_entities(content):
        raise BadInput("This OPML file defines entities of its own, which newsfold does not read.")
    root = root_of(content)
    if root is None:
        raise BadInput("This file is not XML, so it can't be an OPML list of feeds.")
    if _name(root) not in ("opml", "body", "outline"):
        raise BadInput(f"This file is XML, but no OPML list of feeds (it starts with <{_name(root)}>).")
    lines: dict[str, FeedLine] = {}
    unused: list[str] = []
    for line in _feeds(root):
        if isinstance(line, str):
            unused.append(line)
            continue
        known = lines.get(line.url)
        if known is None:
            lines[line.url] = line
        else:
            tags = tuple(dict.fromkeys(known.tags + line.tags))
            lines[line.url] = FeedLine(line.url, known.title or line.title, known.site_url or line.site_url, tags)
    if not lines:
        raise BadInput(f"This OPML file lists no feeds{f' that can be used: {unused[0]}' if unused else ''}.")
    return OpmlList(tuple(lines.values()), tuple(unused))


def _feeds(root: etree._Element) -> Iterator[FeedLine | str]:
    """The feeds, and for each that can't be used a sentence that says where it stands and why."""
    # No recursion: a file may be nested deeper than Python likes.
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        if not isinstance(element.tag, str) or _name(element) == "head":
            continue
        given = {str(key).rpartition("}")[2].lower(): str(value) for key, value in element.attrib.items()}
        title = one_line(given.get("title") or given.get("text"), 300)
        address = given.get("xmlurl") or (given.get("url") if given.get("type", "").lower() in ("rss", "atom") else None)
        inside = folders
        if _name(element) == "outline":
            url = absolute(_FEED_SCHEME.sub(_plain_scheme, address.strip()), None) if address else None
            if url:
                tags = dict.fromkeys((*folders, *_categories(given.get("category"))))
                # Where there is no title, writers put the address in its place.
                yield FeedLine(url, None if title == url else title, absolute(given.get("htmlurl", ""), None), tuple(tags))
            elif address is not None:
                yield _unused(element, title, address)
            elif given.get("type", "").lower() in ("rss", "atom"):
                yield _unused(element, title, "")
            elif title:
                inside = (*folders, title)
        waiting.extend((child, inside) for child in reversed(element))


def _unused(element: etree._Element, title: str | None, address: str) -> str:
    why = f"{one_line(address, 200)!r} is no http(s) address" if address.strip() else "it gives no address"
    return f"line {element.sourceline}: {title or 'a feed without a title'}: {why}"


def _plain_scheme(match: re.Match[str]) -> str:
    return "http" if match.group().lower() == "feed" else ""


def _categories(given: str | None) -> Iterator[str]:
    """OPML 2.0: categories are separated by commas, levels of one by slashes."""
    for part in re.split(r"[,/]", given or ""):
        if tag := one_line(part, 200):
            yield tag


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def write_opml(lines: Iterable[FeedLine], title: str = "newsfold feeds") -> bytes:
    """An OPML 2.0 file; tags become nested folders, so that `read_opml` gives the same lines back, grouped by tags."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _legal(title)
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], etree._Element] = {(): body}
    for line in lines:
        parent = body
        for depth in range(1, len(line.tags) + 1):
            path = line.tags[:depth]
            if path not in folders:
                name = _legal(path[-1])
                folders[path] = etree.SubElement(parent, "outline", text=name, title=name)
            parent = folders[path]
        name = _legal(line.title or line.url)
        feed = etree.SubElement(parent, "outline", type="rss", text=name, xmlUrl=_legal(line.url))
        if line.title:
            feed.set("title", name)
        if line.site_url:
            feed.set("htmlUrl", _legal(line.site_url))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _legal(text: str) -> str:
    """Without the characters that no XML file may hold."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
