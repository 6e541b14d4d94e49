"""The structured data that pages carry about themselves (schema.org as JSON-LD)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from demo import furniture
from demo.content import Outlet, SampleArticle

_CONTEXT = "https://schema.org"


def flat(article: SampleArticle, outlet: Outlet, image: str) -> str:
    """One NewsArticle object, the way most sites do it."""
    return _script({"@context": _CONTEXT, **_article(article, outlet, image)})


def graph(article: SampleArticle, outlet: Outlet, image: str) -> str:
    """A graph of page, site, person and article that point at each other, as plugins write it."""
    people = [
        {
            "@type": "Person",
            "@id": f"{outlet.home}#person-{furniture.number(name):08x}",
            "name": name,
        }
        for name in furniture.names(article, outlet)
    ]
    node = _article(article, outlet, image)
    node |= {
        "@id": f"{article.url}#article",
        "isPartOf": {"@id": article.url},
        "author": [{"@id": person["@id"]} for person in people],
        "publisher": {"@id": f"{outlet.home}#organization"},
    }
    page = {"@type": "WebPage", "@id": article.url, "url": article.url, "name": article.title}
    site = {"@type": "WebSite", "@id": f"{outlet.home}#website", "url": outlet.home}
    maker = {"@type": "Organization", "@id": f"{outlet.home}#organization", "name": outlet.name}
    return _script({"@context": _CONTEXT, "@graph": [node, page, site, maker, *people]})


def access(article: SampleArticle) -> str:
    """Only that the page is not free; for themes without structured data of their own."""
    return _script(
        {
            "@context": _CONTEXT,
            "@type": "NewsArticle",
            "headline": article.title,
            "isAccessibleForFree": False,
        }
    )


def _article(article: SampleArticle, outlet: Outlet, image: str) -> dict[str, object]:
    modified = article.modified or article.published
    node: dict[str, object] = {
        "@type": "LiveBlogPosting" if article.kind == "live_blog" else "NewsArticle",
        "headline": article.title,
        "description": article.description,
        "datePublished": furniture.dates(article.published)["iso"],
        "dateModified": furniture.dates(modified)["iso"],
        "author": _authors(furniture.names(article, outlet), bool(article.authors)),
        "publisher": {"@type": "Organization", "name": outlet.name, "url": outlet.home},
        "mainEntityOfPage": {"@type": "WebPage", "@id": article.url},
        "image": [image],
        "articleSection": article.section,
        "keywords": list(article.tags),
        "inLanguage": outlet.language,
        "isAccessibleForFree": article.kind != "paywall",
    }
    if article.kind == "paywall":
        node["hasPart"] = {
            "@type": "WebPageElement",
            "isAccessibleForFree": False,
            "cssSelector": f".{outlet.prefix}-paywall",
        }
    return node


def _authors(names: Sequence[str], persons: bool) -> list[dict[str, str]]:
    return [{"@type": "Person" if persons else "Organization", "name": name} for name in names]


def _script(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, indent=1).replace("</", "<\\/")
    return f'<script type="application/ld+json">\n{text}\n</script>'
