"""The smaller fields of a page's metadata, each with the place that said it. Pure."""

import re
from collections.abc import Iterable
from html import unescape

from lxml.html import HtmlElement

from schemas.records import FeedHints
from tasks.extract_jsonld import JsonLd, free_flag, text_value
from tasks.language import declared_code
from tasks.text import one_line
from tasks.urls import absolute


def language_of(
    tree: HtmlElement, data: JsonLd, metas: dict[str, str], hints: FeedHints, content_language: str | None
) -> tuple[str | None, str]:
    """The declared language and where it is declared."""
    given = (
        ("html", tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")),
        ("og", metas.get("og:locale")),
        ("meta", metas.get("content-language")),
        ("json-ld", text_value(data.get("inLanguage"))),
        ("header", content_language),
        ("feed", hints.language),
    )
    return next(((code, source) for source, value in given if (code := declared_code(value))), (None, ""))


def _first(given: Iterable[tuple[str, str | None]], limit: int) -> tuple[str | None, str]:
    """The first value that is one, on one line, and its source."""
    return next(((line, source) for source, value in given if (line := one_line(value, limit))), (None, ""))


def section_of(data: JsonLd, metas: dict[str, str]) -> tuple[str | None, str]:
    """The section of the outlet, and where it was said."""
    stated = ("json-ld", text_value(data.get("articleSection")))
    others = (("meta", metas.get(name)) for name in ("parsely-section", "section"))
    return _first((("og", metas.get("article:section")), stated, *others), 120)


def description_of(data: JsonLd, metas: dict[str, str]) -> tuple[str | None, str]:
    """The standfirst as metadata give it, and where it was said."""
    stated = ("json-ld", text_value(data.get("description")))
    return _first((("og", metas.get("og:description")), ("meta", metas.get("description")), stated), 1000)


def tags_of(tree: HtmlElement, data: JsonLd, metas: dict[str, str]) -> tuple[tuple[str, ...], str]:
    """The keywords, and where it was said."""
    og = [element.get("content") or "" for element in tree.iterfind(".//meta[@property='article:tag']")]
    given = data.get("keywords")
    stated = [str(item) for item in (given if isinstance(given, list) else [given]) if isinstance(item, str)]
    # article:tag and JSON-LD belong together; plain keywords only count where they say nothing
    values, source = [*og, *stated], "og" if any(og) else "json-ld"
    if not any(values):
        values, source = [metas.get("news_keywords", ""), metas.get("keywords", "")], "meta"
    parts = (one_line(part, 80) for value in values for part in re.split(r"[,;|]", unescape(value)))
    return tuple(dict.fromkeys(part for part in parts if part))[:30], source


def image_of(data: JsonLd, metas: dict[str, str], url: str) -> tuple[str | None, str]:
    """The lead image's address, and where it was said."""
    stated = data.get("image")
    first = stated[0] if isinstance(stated, list) and stated else stated
    given = (
        ("og", metas.get("og:image") or metas.get("og:image:url")),
        ("twitter", metas.get("twitter:image")),
        ("json-ld", first.get("url") if isinstance(first, dict) else first),
    )
    return next(
        ((address, source) for source, value in given if isinstance(value, str) and (address := absolute(value, url))), (None, "")
    )


def free_of(data: JsonLd, metas: dict[str, str]) -> tuple[bool | None, str]:
    """Whether the text may be read without paying, and where it was said."""
    flag = free_flag(data)
    if flag is not None:
        return flag, "json-ld"
    tier = metas.get("article:content_tier", "").lower()
    return {"free": True, "metered": False, "locked": False}.get(tier), "og"
