"""`<meta http-equiv="refresh">` and the `Refresh` header: redirects that are no status. Pure: no I/O.

Read as in the HTML standard's "shared declarative refresh steps", with a search in place of a parser: what stands in a
comment, a script or a noscript (a page for those without scripts is seldom the article) is passed over.
"""

import html
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

# Longer delays are pages that reload themselves or say goodbye, not redirects.
MOST_SECONDS = 5
_LOOKED_AT = 64 * 1024
_MOST_TAGS = 200
_PASSED_OVER = re.compile(
    r"<!--.*?(?:-->|\Z)|<(noscript|script|style|template|title|textarea|svg)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_HEAD_ENDS = re.compile(r"</head\b|<body\b", re.IGNORECASE)
# Of bounded length: a page of a thousand quotes that never close must not be read a thousand times over.
_TAG = re.compile(r"""<(meta|base)\b((?:[^<>"']++|"[^"]{0,2048}+"|'[^']{0,2048}+'){0,64}+)>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]{1,40}+)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""")
_CONTENT = re.compile(r"^\s*(\d{1,9})(?:\.[\d.]*)?(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?(.*)$", re.IGNORECASE | re.DOTALL)


def refresh_target(body: bytes, content_type: str | None, url: str) -> str | None:
    """Where the HTML page `body`, found at `url`, sends its readers at once; None where it keeps them."""
    if content_type and "html" not in content_type.lower():
        return None
    start = body[:_LOOKED_AT]
    if b"refresh" not in start.lower():
        return None
    head = _HEAD_ENDS.split(_PASSED_OVER.sub(" ", start.decode("utf-8", "replace")), maxsplit=1)[0]
    base = url
    for name, attributes in islice(_tags(head), _MOST_TAGS):
        if name == "base" and base == url and attributes.get("href"):
            base = _joined(url, attributes["href"]) or url
        if name == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh":
            target = _target(attributes.get("content", ""), base)
            return target if target and target.partition("#")[0] != url.partition("#")[0] else None
    return None


def header_target(value: str | None, url: str) -> str | None:
    """Where a `Refresh` header sends the readers of `url` at once; None where it keeps them."""
    # A header is bytes; servers that put an address with ä in it mean UTF-8.
    target = _target((value or "").encode("latin-1", "replace").decode("utf-8", "replace"), url)
    return target if target and target.partition("#")[0] != url.partition("#")[0] else None


def _tags(head: str) -> Iterator[tuple[str, dict[str, str]]]:
    for tag in _TAG.finditer(head):
        found: dict[str, str] = {}
        for name, *values in _ATTRIBUTE.findall(tag[2]):
            # Of two attributes of one name the first counts.
            found.setdefault(name.lower(), html.unescape(next(filter(None, values), "")))
        yield tag[1].lower(), found


def _target(content: str, base: str) -> str | None:
    match = _CONTENT.match(content[:4096])
    if match is None or int(match[1]) > MOST_SECONDS:
        return None
    given = match[2].strip()
    if given[:1] in ("'", '"'):
        given = given[1:].partition(given[0])[0]
    given = re.sub(r"[\t\n\r]", "", given).strip().replace(" ", "%20")
    target = _joined(base, given) if given else None
    # A browser follows neither javascript: nor data: from here; the page itself is what there is.
    return target if target and urlsplit(target).scheme.lower() in ("http", "https") else None


def _joined(base: str, given: str) -> str | None:
    try:
        joined = urljoin(base, given.strip())
        urlsplit(joined)
    except ValueError:
        return None
    return joined
