"""When an article was published and changed: read from the tree, the cheapest and surest places first.

Algorithm: gather candidates in order of trust (JSON-LD, meta, microdata and <time>, a date line by the headline, the
address), drop what cannot be (in the future, before the web), and let the first two that name the same day win.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from lxml.html import HtmlElement

from tasks.extract_jsonld import JsonLd
from tasks.extract_lines import is_date_line
from tasks.extract_tree import squeeze
from tasks.extract_vocabulary import listed
from tasks.extract_witness import places_of
from tasks.moments import Moment, plausible, read_moment, url_date

# The <meta> names that carry a date of publication, and of change.
_PUBLISHED_META = listed(
    """
    article:published_time og:article:published_time og:published_time datepublished published_time
    publishdate publish-date publish_date pubdate pub_date article.published parsely-pub-date sailthru.date
    dc.date.issued dcterms.created dc.date.created dcterms.issued dc.date dcterms.date date
    cxenseparse:recs:publishtime cxenseparse:publishtime bt:pubdate rnews:datepublished
    originalpublicationdate article_date_original ptime displaydate dc.date.published
    citation_publication_date publication_date publicationdate analytics.publishdate
    shareaholic:article_published_time article:published vr:published_time newsdate og:pubdate creation_date
    created dcsext.articlefirstpublished mediator_published_time nrk:publishtime cre_date release_date
    og:release_date gsa:date last-publication-date time
    """
)
_MODIFIED_META = listed(
    """
    article:modified_time og:updated_time datemodified article:updated_time last-modified dcterms.modified
    dc.date.modified lastmod revision_date updated_time modified_time utime article.updated
    """
)


def _structured(data: JsonLd, metas: dict[str, str], key: str, names: tuple[str, ...]) -> Iterator[Moment]:
    moment = read_moment(data.get(key), "json-ld")
    if moment:
        yield moment
    for node in data.nodes:
        if node is not data.article and node.get(key) and not node.get("itemListElement"):
            moment = read_moment(node.get(key), "json-ld")
            if moment:
                yield moment
                break
    for name in names:
        if name in metas:
            moment = read_moment(metas[name], "og" if name.startswith(("article:", "og:")) else "meta")
            if moment:
                yield moment


def _microdata(tree: HtmlElement, name: str) -> Iterator[Moment]:
    for element in tree.iterfind(f".//*[@itemprop='{name}']"):
        moment = read_moment(element.get("content") or element.get("datetime") or element.text_content()[:100], "microdata")
        if moment:
            yield moment
            return


_NOT_THE_DATE = re.compile(
    r"related|comment|sidebar|footer|recommend|teaser|card|promo|latest|popular|trending|list|widget|modified|updated?\b|nav\b",
    re.IGNORECASE,
)


def _times(tree: HtmlElement) -> Iterator[Moment]:
    """<time> elements, those of the article's head first, those of teasers and comments never."""
    taken = 0
    for element in tree.iter("time"):
        around = " ".join(
            f"{e.get('class') or ''} {e.get('id') or ''}"
            for e in [element, *list(element.iterancestors())[:4]]
            if e.tag not in ("body", "html")
        )
        if _NOT_THE_DATE.search(around) or any(e.tag in ("aside", "footer", "nav", "li") for e in element.iterancestors()):
            continue
        moment = read_moment(element.get("datetime"), "time") or read_moment(element.text_content(), "time")
        if moment:
            yield moment
            taken += 1
            if taken == 2:
                return


def published(
    tree: HtmlElement,
    data: JsonLd,
    metas: dict[str, str],
    lines: list[str],
    url: str,
    now: datetime,
    fed: datetime | None = None,
) -> Moment | None:
    """The publication date; `lines` are the short lines around the headline, in reading order; `fed` is the feed's date,
    which bears out one of the page's dates where these differ. `source` of the answer names the place, or the two that agree."""
    strong = [m for m in _structured(data, metas, "datePublished", _PUBLISHED_META) if plausible(m, now)]
    address = url_date(url)
    if not plausible(address, now):
        address = None
    weak = [
        m
        for m in (
            *_microdata(tree, "datePublished"),
            *_times(tree),
            *_visible(lines, squeeze(tree.findtext(".//title") or "")[:400]),
        )
        if plausible(m, now)
    ]
    there = [*strong, *weak, *([address] if address else [])]
    if strong:
        return _with_places(_as_readers_see(_agreeing(strong, address, fed), there[len(strong) :]), there, fed)
    if weak:
        return _with_places(_agreeing(weak, address, fed), there, fed)
    if address:
        return _with_places(address, there, fed)
    created = (m for m in _structured(data, metas, "dateCreated", _MODIFIED_META) if plausible(m, now))
    return next(created, None) or modified(tree, data, metas, now)


def _visible(lines: list[str], title: str) -> Iterator[Moment]:
    """The first date in the lines: in one that is a dateline, else in one that says little else, else in any.

    A part of the window title that is only a date goes before a date inside a longer line, which may be a caption.
    """
    dated = [
        (line, moment) for line in lines if any(char.isdigit() for char in line) and (moment := read_moment(line, "visible"))
    ]
    best = min(dated, key=lambda pair: _rank(pair[0]), default=None)
    if best is None or _rank(best[0]) == 2:
        parts = (part for part in re.split(r"\s+[|–—·:-]\s+", title) if len(part) <= 30 and is_date_line(part))
        stated = next((moment for part in parts if (moment := read_moment(part, "title"))), None)
        if stated:
            yield stated
    if best:
        yield best[1]


def _rank(line: str) -> int:
    return 0 if is_date_line(line) else 1 if len(line) <= 60 else 2


def _as_readers_see(moment: Moment, shown: list[Moment]) -> Moment:
    """A time given in UTC, with the day that the page itself shows for the same moment.

    Publishers stamp in UTC and show their own zone: 01:00 UTC on the 20th is the evening of the 19th in New York. The
    same stamp once more, in microdata or a <time>, is no second witness of the day.
    """
    if not _is_in_utc(moment):
        return moment
    for other in shown:
        if other.at == moment.at and other.precise and _is_in_utc(other) and other.source != "visible":
            continue
        days = (datetime.fromisoformat(other.local_day) - datetime.fromisoformat(moment.local_day)).days
        if days == 0:
            return moment
        if abs(days) == 1 and other.precise:
            same = other.at.minute == moment.at.minute and abs(other.at - moment.at) <= timedelta(hours=14)
        else:
            # west of Greenwich the day before is shown, up to 12 hours; east of it the day after, up to 14
            same = (days == -1 and moment.at.hour < 12) or (days == 1 and moment.at.hour >= 10 and other.source == "visible")
        if same:
            return replace(moment, local_day=other.local_day, given=other.given)
    return moment


def _is_in_utc(moment: Moment) -> bool:
    """Whether a moment is a time of day without a zone or in UTC."""
    if not moment.precise or re.search(r"[+-](?!00)\d\d:?\d\d$", moment.given):
        return False
    return re.search(r"(?:Z|[+-]00:?00|\d)$", moment.given) is not None


def _agreeing(found: list[Moment], address: Moment | None, fed: datetime | None) -> Moment:
    """The first whose day a second source names, too: another place of the page, its address, the feed; else the first."""
    there = [*found, *([address] if address else [])]
    return next((moment for moment in found if "+" in _with_places(moment, there, fed).source), found[0])


def _with_places(moment: Moment, there: list[Moment], fed: datetime | None = None) -> Moment:
    """The moment, its source with the first other place that names its day: "json-ld+meta"."""
    given = [(other.source, other.local_day) for other in there]
    if fed is not None and abs(moment.at - fed) <= timedelta(hours=14):
        day = fed.date().isoformat()
        given += [("feed", moment.local_day)] if day in (moment.local_day, moment.at.date().isoformat()) else []
    return replace(moment, source=places_of(moment.source, moment.local_day, given, str))


def modified(tree: HtmlElement, data: JsonLd, metas: dict[str, str], now: datetime) -> Moment | None:
    """The date of the last change: the first day that two places name, else the surest's."""
    given = [*_structured(data, metas, "dateModified", _MODIFIED_META), *_microdata(tree, "dateModified")]
    there = [moment for moment in given if plausible(moment, now)]
    return _with_places(_agreeing(there, None, None), there) if there else None
