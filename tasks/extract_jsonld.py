"""The schema.org data that a page carries as JSON-LD: its article node and its outlet. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|LiveBlogPosting|Review|Posting)$")
_PAGE = re.compile(r"(?:WebPage|ItemPage|VideoObject|MediaObject|PodcastEpisode|Recipe)$")
_JUNK = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*;?\s*$"
)
_TRAILING = re.compile(r",\s*([}\]])")
_MAX_SCRIPT = 2_000_000
_MAX_NODES = 5000
_MAX_DEPTH = 20  # of lists in lists and names in names


@dataclass(frozen=True, slots=True)
class JsonLd:
    """The nodes of a page's JSON-LD: all of them, those with an @id, and the one of the article (or None)."""

    nodes: tuple[dict[str, Any], ...]
    by_id: dict[str, dict[str, Any]]
    article: dict[str, Any] | None

    def types(self) -> set[str]:
        """All schema.org types on the page."""
        return {name for node in self.nodes for name in types_of(node)}

    def get(self, key: str) -> Any:
        """A property of the article node; None where there is none."""
        return self.article.get(key) if self.article else None

    def resolve(self, value: Any) -> Any:
        """A node for a bare reference {"@id": …}, else the value itself."""
        if isinstance(value, dict) and "name" not in value and isinstance(value.get("@id"), str):
            return self.by_id.get(value["@id"], value)
        return value


def types_of(node: dict[str, Any]) -> list[str]:
    """The types of a node, without the schema.org address."""
    given = node.get("@type")
    return [str(name).rsplit("/", 1)[-1] for name in (given if isinstance(given, list) else [given]) if name]


def read(tree: HtmlElement) -> JsonLd:
    """Everything that the page's JSON-LD scripts hold; broken ones are left out."""
    nodes: list[dict[str, Any]] = []
    for script in tree.iter("script"):
        kind = (script.get("type") or "").lower()
        if "ld+json" in kind and script.text and len(script.text) < _MAX_SCRIPT:
            nodes.extend(_nodes(_loads(script.text), 0))
        if len(nodes) > _MAX_NODES:
            break
    by_id: dict[str, dict[str, Any]] = {}
    for node in nodes:
        key = node.get("@id")
        if isinstance(key, str) and len(node) > len(by_id.get(key, ())):
            by_id[key] = node
    return JsonLd(tuple(nodes), by_id, _article(nodes))


def _loads(text: str) -> Any:
    text = _JUNK.sub("", _JUNK.sub("", text)).strip().rstrip(";")
    for attempt in (text, _TRAILING.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 6:
        return
    if isinstance(value, list):
        for item in value[:500]:
            yield from _nodes(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in (
            "@graph",
            "mainEntity",
            "mainEntityOfPage",
            "author",
            "publisher",
            "isPartOf",
            "itemListElement",
            "hasPart",
            "liveBlogUpdate",
        ):
            inner = value.get(key)
            if isinstance(inner, dict | list):
                yield from _nodes(inner, depth + 1)


def _article(nodes: list[dict[str, Any]]) -> dict[str, Any] | None:
    best: tuple[int, dict[str, Any]] | None = None
    for node in nodes:
        names = types_of(node)
        kind = 2 if any(_ARTICLE.search(name) for name in names) else 1 if any(_PAGE.search(name) for name in names) else 0
        if not kind:
            continue
        facts = sum(1 for key in ("headline", "datePublished", "author", "articleBody") if node.get(key))
        score = kind * 10 + facts * 2 if facts else 0
        if score and node.get("liveBlogUpdate"):  # the page, not one of its posts
            score += 10
        if score and (best is None or score > best[0]):
            best = (score, node)
    return best[1] if best else None


def text_value(value: Any, depth: int = 0) -> str | None:
    """The string in a JSON-LD value: itself, its name, its @value, or the first of a list."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, list):
        return next((text for item in value if (text := text_value(item, depth + 1))), None)
    if isinstance(value, dict):
        return text_value(value.get("name") or value.get("@value") or value.get("headline"), depth + 1)
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def names_of(data: JsonLd, value: Any, depth: int = 0) -> list[tuple[str, str]]:
    """(name, type) of the persons or organizations in an author value, however it is nested."""
    found: list[tuple[str, str]] = []
    for item in value if isinstance(value, list) else [value]:
        node = data.resolve(item)
        if isinstance(node, dict):
            names = node.get("name") or " ".join(str(part) for part in (node.get("givenName"), node.get("familyName")) if part)
            kind = (types_of(node) or [""])[0]
            given = names if isinstance(names, list) else [names]
            found.extend((name.strip(), kind) for name in given if isinstance(name, str) and name.strip())
        elif isinstance(node, str) and node.strip():
            found.append((node.strip(), ""))
        elif isinstance(node, list) and depth < _MAX_DEPTH:
            found.extend(names_of(data, node, depth + 1))
    return found


def free_flag(data: JsonLd) -> bool | None:
    """`isAccessibleForFree` of the page, wherever a node says it."""
    for node in ([data.article] if data.article else []) + list(data.nodes):
        value = node.get("isAccessibleForFree", node.get("isAccessibleForfree"))
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip():
            return value.strip().lower().rsplit("/", 1)[-1] not in ("false", "no", "0")
    return None
