"""The smaller fields of a page's metadata, each with the places that said it. Pure.

For each field the claims are gathered, the surest place first; the first that two places make wins (`agreed`).
"""

import re
from html import unescape
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from schemas.records import FeedHints
from tasks.extract_jsonld import JsonLd, free_flag, text_value
from tasks.extract_lines import fold
from tasks.extract_witness import agreed, places_of
from tasks.language import declared_code
from tasks.text import one_line
from tasks.urls import absolute

_OPENING = 60  # folded characters in which two descriptions agree: one place often cuts what the other has whole


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
    return agreed([(source, declared_code(value)) for source, value in given], str)


def _line(value: str | None, limit: int) -> str | None:
    return one_line(unescape(value), limit) if value else None


def section_of(data: JsonLd, metas: dict[str, str], url: str) -> tuple[str | None, str]:
    """The section of the outlet, and where it was said; a folder of the address of that name bears it out."""
    given = (
        ("og", metas.get("article:section")),
        ("json-ld", text_value(data.get("articleSection"))),
        *(("meta", metas.get(name)) for name in ("parsely-section", "section")),
    )
    section, places = agreed([(source, _line(value, 120)) for source, value in given], fold)
    if section and "+" not in places:
        # a folder is named after the section, not the other way round: it never chooses between two
        places = places_of(places, section, [("url", folder) for folder in url.split("?", maxsplit=1)[0].split("/")[3:-1]], fold)
    return section, places


def description_of(data: JsonLd, metas: dict[str, str]) -> tuple[str | None, str]:
    """The standfirst as metadata give it, and where it was said."""
    given = (
        ("og", metas.get("og:description")),
        ("meta", metas.get("description")),
        ("json-ld", text_value(data.get("description"))),
        ("twitter", metas.get("twitter:description")),
    )
    return agreed([(source, _line(value, 1000)) for source, value in given], lambda line: fold(line)[:_OPENING])


def tags_of(tree: HtmlElement, data: JsonLd, metas: dict[str, str]) -> tuple[tuple[str, ...] | None, str]:
    """The keywords, and where they were said; two places agree that name the same ones in any order."""
    stated = data.get("keywords")
    given = (
        ("og", [element.get("content") or "" for element in tree.iterfind(".//meta[@property='article:tag']")]),
        ("json-ld", [item for item in (stated if isinstance(stated, list) else [stated]) if isinstance(item, str)]),
        ("meta", [metas.get("news_keywords", "")]),
        ("meta", [metas.get("keywords", "")]),
    )
    return agreed([(source, _tags(values)) for source, values in given], lambda tags: frozenset(map(fold, tags)))


def _tags(values: list[str]) -> tuple[str, ...]:
    parts = (one_line(part, 80) for value in values for part in re.split(r"[,;|]", unescape(value)))
    return tuple(dict.fromkeys(part for part in parts if part))[:30]


def image_of(data: JsonLd, metas: dict[str, str], url: str) -> tuple[str | None, str]:
    """The lead image's address, and where it was said; one file in two sizes or from two hosts is one image."""
    stated = data.resolve(data.get("image"))
    first = data.resolve(stated[0]) if isinstance(stated, list) and stated else stated
    given = (
        ("og", metas.get("og:image") or metas.get("og:image:url")),
        ("twitter", metas.get("twitter:image") or metas.get("twitter:image:src")),
        ("json-ld", first.get("url") or first.get("contentUrl") if isinstance(first, dict) else first),
        ("json-ld", text_value(data.get("thumbnailUrl"))),
    )
    return agreed([(source, absolute(value, url) if isinstance(value, str) else None) for source, value in given], _file_of)


def _file_of(address: str) -> str:
    """The file an address of an image names; the whole address where it names none."""
    path = urlsplit(address).path.rstrip("/")
    name = path.rsplit("/", 1)[-1]
    return name.casefold() if len(name) >= 8 else f"{path}?{urlsplit(address).query}"


def free_of(data: JsonLd, metas: dict[str, str]) -> tuple[bool | None, str]:
    """Whether the text may be read without paying, and where it was said."""
    said = metas.get("isaccessibleforfree", "").lower()
    given = (
        ("json-ld", free_flag(data)),
        ("og", {"free": True, "metered": False, "locked": False}.get(metas.get("article:content_tier", "").lower())),
        ("microdata", {"true": True, "yes": True, "false": False, "no": False}.get(said)),
    )
    return agreed(given, str)
