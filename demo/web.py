"""The sample web: all that its hosts answer, as a function of the edition.

Edition 1 is what the first poll meets. In edition 2 some outlets have printed more, and one
article has been corrected; what got nothing new is the same to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from demo import feeds, furniture, markup, past, specials
from demo.content import OUTLETS, Outlet, SampleArticle, load_articles
from demo.feeds import Channel, Item
from demo.render import Pages
from demo.response import Response, Site, document, html_error, plain, redirect
from demo.specials import Special

__all__ = ["FEEDS", "Label", "Response", "Site", "site", "specials_of", "truth"]

FEEDS: tuple[str, ...] = (
    *(outlet.feed_url for outlet in OUTLETS.values() if outlet.slug != "fernhill"),
    specials.BUSINESS_FEED,
    specials.MOVED_FEED,
    specials.GONE_FEED,
    specials.BROKEN_FEED,
)
"""What a reader would have on the list: Fernhill's feed stands there with its old address."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is true of an article page. `copy_of` is `outlet/slug`, `follows` that or a story's name."""

    outlet: str
    slug: str
    title: str
    story: str
    copy_of: str
    follows: str
    kind: str
    corrected: bool


@lru_cache(maxsize=2)
def site(edition: int) -> Site:
    """The whole tree of an edition: (host, path with query) -> response."""
    tree: dict[tuple[str, str], Response] = {}
    articles = printed(edition)
    for outlet in OUTLETS.values():
        own = [article for article in articles if article.outlet == outlet.slug]
        tree |= _outlet(outlet, own)
    tree |= _oddities()
    for host in sorted({host for host, _ in tree}):
        text = specials.robots(host)
        tree[host, "/robots.txt"] = plain(200, text)
    return MappingProxyType(tree)


def truth(edition: int) -> Mapping[str, Label]:
    """Canonical address of each article page -> what is true of it."""
    return {
        article.url: Label(
            outlet=article.outlet,
            slug=article.page.split("/")[1],
            title=article.title,
            story=article.story,
            copy_of=article.copy_of,
            follows=article.follows,
            kind=article.kind,
            corrected=bool(article.corrects),
        )
        for article in printed(edition)
    }


def specials_of(edition: int) -> tuple[Special, ...]:
    """The edition's entries that do not lead straight to an article."""
    return specials.describe(printed(edition))


def printed(edition: int) -> tuple[SampleArticle, ...]:
    """The articles of an edition, the newest first; a correction stands where the first was."""
    if edition not in (1, 2):
        raise ValueError(f"There is no edition {edition} of the sample web, only 1 and 2.")
    printed = {a.page: a for a in load_articles() if a.edition <= edition and not a.corrects}
    later = {a.page for a in printed.values() if a.edition == 2}
    printed |= {a.page: a for a in load_articles() if a.edition <= edition and a.corrects}
    pages = sorted(printed)
    pages.sort(key=lambda page: (page in later, printed[page].published), reverse=True)
    return tuple(printed[page] for page in pages)


def _outlet(outlet: Outlet, articles: Sequence[SampleArticle]) -> dict[tuple[str, str], Response]:
    """Feeds and pages of an outlet."""
    channels = _channels(outlet, articles)
    pages = Pages(outlet, load_articles(), {c.url: c.title for c in channels})
    tree = {_key(c.url): document(feeds.write(c), feeds.content_type(outlet), c.changed) for c in channels}
    tree |= _listings(outlet, pages, articles)
    for article in articles:
        tree |= _article(outlet, pages, article)
    for path, body in (("about", pages.about()), ("privacy", pages.privacy())):
        tree[_key(outlet.home + path)] = _html(outlet, body)
    tree[outlet.host, "/sitemap.xml"] = _sitemap(articles)
    return tree | _own_oddities(outlet, pages)


def _channels(outlet: Outlet, articles: Sequence[SampleArticle]) -> list[Channel]:
    items = [_item(outlet, article) for article in articles]
    items += specials.odd_items(outlet.slug)
    channels = [Channel(outlet, outlet.feed_url, outlet.name, tuple(items), past.archive_of(outlet))]
    business = tuple(_item(outlet, a) for a in articles if specials.in_business_feed(a))
    if outlet.slug == "harborlight":
        title = f"{outlet.name}: Business"
        channels.append(Channel(outlet, specials.BUSINESS_FEED, title, business))
    return channels


def _item(outlet: Outlet, article: SampleArticle) -> Item:
    guid = article.url
    if outlet.template == "magazine":
        guid = f"{outlet.home}?p={furniture.number(article.page) % 90000 + 10000}"
    return Item(
        link=specials.feed_link(article),
        guid=guid,
        title=article.title,
        summary=article.description,
        published=article.published,
        content=_feed_content(outlet, article),
        authors=furniture.names(article, outlet),
        tags=(article.section, *article.tags),
        updated=article.modified,
    )


def _feed_content(outlet: Outlet, article: SampleArticle) -> str:
    """The HTML in the feed: everything, or a summary, or nothing, as the outlet likes."""
    if outlet.full_content:
        blocks = markup.parse(article.body)
        if article.kind == "paywall":
            blocks = blocks[: article.teaser_paragraphs]
        tail = ""
        if outlet.template == "magazine":
            tail = (
                f'\n<p>The post <a href="{escape(article.url)}">{escape(article.title)}</a> '
                f'appeared first on <a href="{outlet.home}">{escape(outlet.name)}</a>.</p>'
            )
        return markup.simple_html(blocks) + tail
    if outlet.slug == "harborlight":
        more = f'<a href="{escape(article.url)}">Continue reading</a>'
        return f"<p>{escape(article.description)}</p>\n<p>{more}</p>"
    return ""


def _article(outlet: Outlet, pages: Pages, article: SampleArticle) -> dict[tuple[str, str], Response]:
    """An article's page and what belongs to it: its picture, its AMP form, its other addresses."""
    amp, link = specials.amp_link(article), specials.feed_link(article)
    page = _html(outlet, pages.article(article, amp), article)
    image = f"{outlet.home}images/{article.page.split('/')[1]}.svg"
    tree = {
        _key(article.url): page,
        _key(image): document(furniture.picture(article).encode(), "image/svg+xml"),
    }
    if link not in (article.url, amp):
        tree[_key(link)] = redirect(302, article.url) if "/go/" in link else page
    if amp:
        tree[_key(amp)] = _html(outlet, pages.amp(article), article)
    return tree


def _listings(outlet: Outlet, pages: Pages, articles: Sequence[SampleArticle]) -> dict[tuple[str, str], Response]:
    """Front page and section pages."""
    front = pages.listing(outlet.tagline, outlet.home, articles[:20])
    tree = {_key(outlet.home): _html(outlet, front)}
    for section in pages.sections():
        url = pages.section_url(section)
        own = [article for article in articles if article.section == section]
        tree[_key(url)] = _html(outlet, pages.listing(section, url, own))
    return tree


def _html(outlet: Outlet, body: bytes, article: SampleArticle | None = None) -> Response:
    """A page. The old-fashioned outlet sends no validators."""
    kind = f"text/html; charset={outlet.encoding}"
    if outlet.template == "soup":
        return Response(200, {"Content-Type": kind}, body)
    return document(body, kind, (article.modified or article.published) if article else None)


def _sitemap(articles: Sequence[SampleArticle]) -> Response:
    rows = "".join(
        f"<url><loc>{escape(article.url)}</loc><lastmod>"
        f"{furniture.dates(article.modified or article.published)['iso']}</lastmod></url>\n"
        for article in articles
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )
    return document(text.encode(), "application/xml; charset=utf-8")


def _own_oddities(outlet: Outlet, pages: Pages) -> dict[tuple[str, str], Response]:
    """What an outlet serves at the addresses of entries without an article."""
    tree: dict[tuple[str, str], Response] = {}
    for odd in specials.ODDITIES:
        if odd.outlet != outlet.slug:
            continue
        response = _html(outlet, pages.plain(odd.title, odd.link, odd.summary))
        if odd.kind == "consent":
            response = _html(outlet, pages.consent())
        elif odd.kind == "missing":
            response = Response(404, {"Content-Type": "text/html; charset=utf-8"}, pages.not_found())
        elif odd.kind == "pdf":
            response = document(specials.pdf(), "application/pdf")
        tree[_key(odd.link)] = response
    return tree


def _oddities() -> dict[tuple[str, str], Response]:
    """The hosts that only have a feed, and what is wrong with each."""
    broken = document(specials.broken_feed(), "application/rss+xml; charset=utf-8")
    return {
        _key(specials.MOVED_FEED): redirect(301, OUTLETS["fernhill"].feed_url),
        _key(specials.GONE_FEED): html_error(410),
        _key(specials.BROKEN_FEED): broken,
    }


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return parts.netloc, parts.path + query
