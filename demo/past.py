"""What the sample web's outlets printed before their feeds begin, and the archives that lead there.

The Harbor Light's feed has archive documents (RFC 5005), The Sundial runs on WordPress with its REST API, and Meridian Post
lists old articles in a packed sitemap of their own. Feeds and the truth of an edition know nothing of these articles.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from demo import feeds, furniture, markup
from demo.content import OUTLETS, Outlet, SampleArticle, load_articles, parse_article
from demo.feeds import Channel, Item
from demo.render import Pages
from demo.response import Response, Site, document, plain

FEED_ARCHIVE, WORDPRESS, SITEMAP = "harborlight", "sundial", "meridian"
PACKED_SITEMAP = "/sitemap-archive.xml.gz"
_POSTS = "/wp-json/wp/v2/posts"


@lru_cache(maxsize=1)
def older_articles() -> tuple[SampleArticle, ...]:
    """The older articles, the newest first."""
    found = [
        parse_article(file.read_text(encoding="utf-8"), outlet.name, file.name.removesuffix(".md"))
        for outlet in sorted((files("demo") / "past").iterdir(), key=lambda folder: folder.name)
        for file in sorted(outlet.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".md")
    ]
    return tuple(sorted(found, key=lambda article: article.published, reverse=True))


def archive_of(outlet: Outlet) -> str:
    """Address of the newest archive document of an outlet's feed; "" where it has none."""
    months = _months(_of(outlet.slug)) if outlet.slug == FEED_ARCHIVE else []
    return _archive_url(outlet, months[0]) if months else ""


@lru_cache(maxsize=1)
def tree() -> Site:
    """The pages of the older articles, the archive documents and the packed sitemap."""
    found: dict[tuple[str, str], Response] = {}
    for article in older_articles():
        outlet = OUTLETS[article.outlet]
        pages = Pages(outlet, (*load_articles(), *older_articles()), {outlet.feed_url: outlet.name})
        body = pages.article(article, "")
        found[_key(article.url)] = document(body, f"text/html; charset={outlet.encoding}", article.published)
    outlet = OUTLETS[FEED_ARCHIVE]
    months = _months(_of(FEED_ARCHIVE))
    for month, before in zip(months, [*months[1:], ""], strict=True):
        own = [article for article in _of(FEED_ARCHIVE) if f"{article.published:%Y-%m}" == month]
        older = _archive_url(outlet, before) if before else ""
        channel = Channel(outlet, _archive_url(outlet, month), outlet.name, tuple(map(_item, own)), older)
        found[_key(channel.url)] = document(feeds.write(channel), feeds.content_type(outlet), channel.changed)
    rows = "".join(f"<url><loc>{escape(a.url)}</loc><lastmod>{a.published:%Y-%m-%d}</lastmod></url>\n" for a in _of(SITEMAP))
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )
    packed = gzip.compress(text.encode(), mtime=0)
    found[OUTLETS[SITEMAP].host, PACKED_SITEMAP] = document(packed, "application/x-gzip")
    return found


def answer(host: str, path: str, printed: Sequence[SampleArticle]) -> Response | None:
    """What the archives answer at an address; None: nothing. `printed`: the edition's articles."""
    if host == OUTLETS[WORDPRESS].host and path.partition("?")[0] == _POSTS:
        own = [article for article in printed if article.outlet == WORDPRESS]
        return posts([*own, *_of(WORDPRESS)], parse_qs(urlsplit(path).query))
    return tree().get((host, path))


def posts(articles: Sequence[SampleArticle], query: Mapping[str, list[str]]) -> Response:
    """WordPress's list of posts: filtered, in order, in pages; past the last page it is an error."""

    def given(name: str, default: str) -> str:
        return query.get(name, [default])[0]

    after, before = (
        datetime.fromisoformat(given(n, d)) for n, d in (("after", "1990-01-01T00:00Z"), ("before", "2100-01-01T00:00Z"))
    )
    chosen = sorted((a for a in articles if after < a.published < before), key=lambda a: a.published)
    chosen = chosen if given("order", "desc") == "asc" else chosen[::-1]
    size, page = int(given("per_page", "10")), int(given("page", "1"))
    pages = -(-len(chosen) // size)
    if page > max(pages, 1):
        error = {
            "code": "rest_post_invalid_page_number",
            "message": "The page number requested is larger than the number of pages available.",
        }
        return plain(400, json.dumps({**error, "data": {"status": 400}}), "application/json; charset=UTF-8")
    body = json.dumps([_post(article) for article in chosen[(page - 1) * size : page * size]], ensure_ascii=False)
    found = document(body.encode(), "application/json; charset=UTF-8")
    return Response(200, {**found.headers, "X-WP-Total": str(len(chosen)), "X-WP-TotalPages": str(pages)}, found.body)


def _post(article: SampleArticle) -> dict[str, object]:
    number = furniture.number(article.page) % 90000 + 10000
    moment = f"{article.published:%Y-%m-%dT%H:%M:%S}"
    return {
        "id": number,
        "date_gmt": moment,
        "modified_gmt": moment,
        "guid": {"rendered": f"{OUTLETS[article.outlet].home}?p={number}"},
        "link": article.url,
        "status": "publish",
        "type": "post",
        "title": {"rendered": escape(article.title)},
        "excerpt": {"rendered": f"<p>{escape(article.description)}</p>\n", "protected": False},
        "content": {"rendered": markup.simple_html(markup.parse(article.body)), "protected": False},
    }


def _of(outlet: str) -> list[SampleArticle]:
    return [article for article in older_articles() if article.outlet == outlet]


def _months(articles: Sequence[SampleArticle]) -> list[str]:
    return list(dict.fromkeys(f"{article.published:%Y-%m}" for article in articles))


def _archive_url(outlet: Outlet, month: str) -> str:
    return f"{outlet.home}feed/{month}.xml"


def _item(article: SampleArticle) -> Item:
    outlet = OUTLETS[article.outlet]
    names = furniture.names(article, outlet)
    return Item(article.url, article.url, article.title, article.description, article.published, authors=names, tags=article.tags)


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc, parts.path
