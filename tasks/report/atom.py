"""Folded stories as an Atom feed (RFC 4287), for any reader.

Ids are name-based UUIDs of the stories' and articles' own ids, the same in every run and every feed. A story is updated when it
is told anew; a copy changes what its entry says, not its time, so that readers do not show it as new again. Pure.
"""

from uuid import UUID, uuid5

from lxml import etree

from schemas import VERSION
from schemas.answers import Printed, Reprint, StoryAnswer, Telling
from schemas.report import FoldedFeed
from tasks.report.page import content, lead, line, plural, web

ATOM = "http://www.w3.org/2005/Atom"
# Made once at random; what it names stays named so for good.
NAMESPACE = UUID("5f0c1c0e-6d0b-4b39-9f27-3a6d7e2f8b51")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def atom(feed: FoldedFeed, address: str | None) -> bytes:
    """The feed as XML; `address` is where readers will find it, if that is known."""
    root = etree.fromstring(f'<feed xmlns="{ATOM}"/>')
    _add(root, "id", _id("feed", feed.key))
    _add(root, "title", line(feed.title) or "newsfold")
    _add(root, "updated", feed.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if address:
        _add(root, "link", rel="self", type="application/atom+xml", href=address)
    _add(root, "generator", "newsfold", version=VERSION)
    _add(_add(root, "author"), "name", "newsfold")
    for story in feed.stories:
        if feed.as_tellings:
            for telling in sorted(story.tellings, key=lambda one: (one.article.at, one.article.article_id), reverse=True):
                _telling(root, telling)
        else:
            _story(root, story)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8") + b"\n"


def told_last(story: StoryAnswer) -> Printed:
    """The last telling of a story, copies not counted."""
    return max((telling.article for telling in story.tellings), key=lambda article: (article.at, article.article_id))


def _story(root: etree._Element, story: StoryAnswer) -> None:
    articles = [telling.article for telling in story.tellings]
    said = f"{plural(len(articles), 'telling')}, {plural(story.copies, 'copy', 'copies')} folded; {lead(story)}"
    entry = _entry(root, _id("story", str(story.id)), story.title, articles[0], told_last(story), said)
    for name in dict.fromkeys(article.outlet for article in articles):
        _add(_add(entry, "author"), "name", line(name) or "unknown")
    for article in articles[1:]:
        if target := web(article.url):
            _add(
                entry,
                "link",
                rel="related",
                type="text/html",
                href=target,
                title=f"{line(article.outlet)}: {line(article.title)}",
            )
    _add(entry, "content", content(story.tellings), type="html")


def _telling(root: etree._Element, telling: Telling) -> None:
    article = telling.article
    said = f"{line(article.outlet)}, {plural(article.words, 'word')}" + (
        f"; {plural(len(telling.copies), 'copy', 'copies')} folded: {_outlets(telling.copies)}" if telling.copies else ""
    )
    entry = _entry(root, _id("article", str(article.article_id)), article.title, article, article, said)
    _add(_add(entry, "author"), "name", line(article.outlet) or "unknown")
    _add(entry, "content", content([telling]), type="html")


def _entry(root: etree._Element, entry_id: str, title: str, first: Printed, last: Printed, said: str) -> etree._Element:
    entry = _add(root, "entry")
    if first.language:
        entry.set(_XML_LANG, first.language)
    _add(entry, "id", entry_id)
    _add(entry, "title", line(title) or "(without a title)")
    if target := web(first.url):
        _add(entry, "link", rel="alternate", type="text/html", href=target)
    _add(entry, "published", first.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(entry, "updated", last.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(entry, "summary", said)
    return entry


def _outlets(copies: tuple[Reprint, ...]) -> str:
    return ", ".join(line(name) for name in dict.fromkeys(copy.article.outlet for copy in copies))


def _id(kind: str, name: str) -> str:
    return uuid5(NAMESPACE, f"{kind}/{name}").urn


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text
    return child
