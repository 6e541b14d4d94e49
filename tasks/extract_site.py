"""What a page says of the site around it: the outlet's home, and who may use the article. Pure; reads the one tree."""

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks.extract_blocks import Block
from tasks.extract_jsonld import JsonLd, text_value
from tasks.extract_lines import fold
from tasks.extract_witness import agreed
from tasks.text import one_line
from tasks.urls import absolute, host_of, is_http_url, registrable_domain

_RIGHTS_META = ("dcterms.license", "dc.rights", "dcterms.rights", "copyright", "rights", "dc.rights.copyright", "og:rights")
_NOTICE = re.compile(r"^\W{0,3}(?:©|\(c\)\s|copyright\b)", re.IGNORECASE)
_LAST_BLOCKS = 60


def home_of(tree: HtmlElement, data: JsonLd, url: str) -> tuple[str | None, str]:
    """(the outlet's home, where that is said): its publisher's address, a link marked as home, else the page's own origin.

    An address on another registrable domain (the owner's, a social network's) is not the outlet's home.
    """
    domain = registrable_domain(host_of(url))
    publisher = data.resolve(data.get("publisher"))
    stated = publisher.get("url") if isinstance(publisher, dict) else None
    given = [("json-ld", stated if isinstance(stated, str) else text_value(stated))]
    given += [("link", element.get("href")) for element in tree.iterfind(".//*[@rel='home']")][:1]
    homes = [(source, absolute(value, url) if value else None) for source, value in given]
    claims = [
        (source, home)
        for source, home in homes
        if home and is_http_url(home) and registrable_domain(host_of(home)) == domain and len(urlsplit(home).path) <= 4
    ]
    parts = urlsplit(url) if is_http_url(url) else None
    if parts:
        claims.append(("url", f"{parts.scheme}://{parts.netloc}/"))
    return agreed(claims, lambda home: host_of(home).removeprefix("www.") + urlsplit(home).path.rstrip("/"))


def rights_of(tree: HtmlElement, data: JsonLd, metas: dict[str, str], blocks: list[Block], url: str) -> tuple[str | None, str]:
    """(the statement of rights or the licence's address, where it stands): licences first, then notices of copyright."""
    licence = data.get("license") or data.get("usageInfo")
    if isinstance(licence, dict):
        licence = licence.get("url") or licence.get("@id") or licence
    linked = tree.find(".//*[@rel='license']")
    notice = data.get("copyrightNotice") or _holder(data)
    licences = [
        ("json-ld", text_value(licence)),
        ("link", absolute(str(linked.get("href")), url) if linked is not None and linked.get("href") else None),
    ]
    notices = [
        ("json-ld", text_value(notice)),
        *(("meta", metas.get(name)) for name in _RIGHTS_META),
        ("visible", _visible(blocks)),
    ]
    for given in (licences, notices):
        line, source = agreed([(place, one_line(value, 300)) for place, value in given], fold)
        if line:
            return line, source
    return None, ""


def _holder(data: JsonLd) -> str | None:
    holder = text_value(data.resolve(data.get("copyrightHolder")))
    year = text_value(data.get("copyrightYear"))
    return f"© {year} {holder}" if holder and year else f"© {holder}" if holder else None


def _visible(blocks: list[Block]) -> str | None:
    """The last notice of copyright on the page, where its footer is."""
    last = (block.text for block in reversed(blocks[-_LAST_BLOCKS:]))
    return next((text for text in last if len(text) <= 300 and _NOTICE.match(text)), None)
