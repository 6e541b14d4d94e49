"""Page -> Extraction: plain text, metadata with provenance, verdict. The step's public face.

Algorithm: parse the page once; read metadata from that tree; choose and repair the body (`tasks.extract_body`); judge
what the page is (`tasks.verdict`). Pure and thread-safe: nothing is remembered between pages.
"""

import re
from datetime import datetime
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from schemas.reasons import Reason, Verdict
from schemas.records import ExtractFailed, Extraction, FeedHints
from tasks import language
from tasks.extract_blocks import Block, blocks_of
from tasks.extract_jsonld import JsonLd, text_value
from tasks.extract_jsonld import read as read_jsonld
from tasks.extract_meta import Metadata, read_metadata
from tasks.extract_reading import Body, read_body
from tasks.extract_tree import parse
from tasks.text import words
from tasks.urls import canonical_url, is_http_url
from tasks.verdict import Judgement, PageSigns, judge

_PAYWALL_MARK = re.compile(
    r"paywall|piano-|regwall|subscriber-only|premium-(?:content|overlay|wall)|metered-|is-locked|locked-content|tp-modal|paid-?content-?wall",
    re.IGNORECASE,
)


def warm_up() -> None:
    """Load what is loaded once a process (the language model), so that the first page does not pay for it."""
    language.warm_up()


def extract_safely(
    html: str,
    url: str,
    *,
    now: datetime,
    hints: FeedHints | None = None,
    content_language: str | None = None,
    furniture: frozenset[int] = frozenset(),
) -> Extraction | ExtractFailed:
    """`extract`, with any exception as an `ExtractFailed` value: one page's trouble never stops a batch."""
    try:
        return extract(html, url, now=now, hints=hints, content_language=content_language, furniture=furniture)
    except Exception as error:  # noqa: BLE001 - the outermost edge of the step: the page is quarantined with this detail
        return ExtractFailed(Reason.EXTRACT_FAILED, f"{type(error).__name__}: {error}"[:300])


def extract(
    html: str,
    url: str,
    *,
    now: datetime,
    hints: FeedHints | None = None,
    content_language: str | None = None,
    furniture: frozenset[int] = frozenset(),
) -> Extraction:
    """Extract one page.

    html: the decoded page; url: where it was found (after redirects); now: aware, in UTC, bounds plausible dates;
    hints: what the feed says of the article; content_language: the HTTP header; furniture: fingerprints of lines that
    stand on many pages of the site (`tasks.furniture`). Never raises for any page text; use `extract_safely` where a
    bug must not stop a batch.
    """
    hints = hints or FeedHints()
    tree = parse(html)
    if tree is None:
        return _nothing(url, hints)
    # lxml makes an element's Python object anew each time nobody holds it: held for the length of this call, every
    # later walk over the tree finds them ready.
    held = list(tree.iter())
    data = read_jsonld(tree)
    blocks = blocks_of(tree, url)
    meta = read_metadata(tree, data, blocks, url, now, hints, content_language)
    body = read_body(tree, blocks, data, meta, url, hints, furniture=furniture)
    count = len(words(body.text))
    signs = _signs(tree, data, meta, body, url, count)
    verdict = judge(signs)
    del held
    return _record(meta, body, verdict, url, count)


def _record(meta: Metadata, body: Body, verdict: Judgement, url: str, count: int) -> Extraction:
    provenance = {**meta.provenance, "text": body.source}
    return Extraction(
        canonical_url=canonical_url(url, meta.canonical) if is_http_url(url) else url,
        title=meta.title,
        text=body.text,
        markdown=body.markdown,
        authors=meta.authors,
        agency=meta.agency,
        outlet=meta.outlet,
        published_at=meta.published.at if meta.published else None,
        published_precision=("time" if meta.published.precise else "day") if meta.published else None,
        published_as_given=meta.published.given if meta.published else None,
        modified_at=meta.modified.at if meta.modified else None,
        language=language.detect(body.text, meta.language_declared),
        language_declared=meta.language_declared,
        section=meta.section,
        tags=meta.tags,
        image_url=meta.image_url,
        description=meta.description,
        is_free=meta.is_free,
        words=count,
        verdict=verdict.verdict,
        verdict_score=verdict.score,
        evidence=verdict.evidence,
        provenance=tuple(sorted(provenance.items())),
        modified_precision=("time" if meta.modified.precise else "day") if meta.modified else None,
        modified_as_given=meta.modified.given if meta.modified else None,
        feed_published_at=meta.feed_published_at,
        outlet_home=meta.outlet_home,
        rights=meta.rights,
    )


def _nothing(url: str, hints: FeedHints) -> Extraction:
    """The record of a page without any element; the feed's claims are kept."""
    judgement = Judgement(Verdict.EMPTY, 1.0, "no element on the page")
    meta = Metadata(title=hints.title, authors=hints.authors, outlet=hints.outlet)
    return _record(meta, Body("", "", "none", (), ()), judgement, url, 0)


def _signs(tree: HtmlElement, data: JsonLd, meta: Metadata, body: Body, url: str, count: int) -> PageSigns:
    chosen = {id(block) for block in body.blocks}
    outside = [block for block in body.page if id(block) not in chosen]
    page_text = "\n".join(block.text for block in body.page[:1500])
    stated = text_value(data.get("wordCount"))
    return PageSigns(
        title=meta.title,
        description=meta.description,
        text=body.text,
        words=count,
        page_text=page_text[:60_000],
        page_words=len(words(page_text[:20_000])),
        after_text=_after(body, chosen),
        prose_blocks=sum(1 for block in body.blocks if block.mass),
        linked_headlines=sum(1 for block in outside if _is_linked_headline(block)),
        types=frozenset(data.types()),
        og_type=meta.og_type,
        is_free=meta.is_free,
        url_path=_path(url),
        has_video=meta.declares_video
        or next(tree.iter("video"), None) is not None
        or any("player" in (e.get("src") or "") or "youtube" in (e.get("src") or "") for e in tree.iter("iframe")),
        images=sum(1 for _ in tree.iter("figure")),
        live_updates=_live_updates(data),
        paywall_marks=sum(
            1 for e in tree.iter("div", "section", "aside") if _PAYWALL_MARK.search(f"{e.get('class') or ''} {e.get('id') or ''}")
        ),
        stated_words=int(stated) if stated and stated.isdigit() else None,
    )


def _after(body: Body, chosen: set[int]) -> str:
    """The text of the dozen blocks after the last one of the body; of the first ones where there is no body."""
    last = max((index for index, block in enumerate(body.page) if id(block) in chosen), default=-1)
    return "\n".join(block.text for block in body.page[last + 1 : last + 13])


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"


def _is_linked_headline(block: Block) -> bool:
    return block.link_share > 0.8 and 20 <= len(block.text) <= 200 and len(block.text.split()) >= 4


def _live_updates(data: JsonLd) -> int:
    updates = data.get("liveBlogUpdate")
    return len(updates) if isinstance(updates, list) else 0
