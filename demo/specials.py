"""The entries and hosts that do not lead straight to an article, and what is served there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from demo.content import OUTLETS, SampleArticle, load_articles
from demo.feeds import Item

SpecialKind = Literal[
    "redirect",
    "tracking",
    "amp",
    "two_feeds",
    "paywall",
    "live_blog",
    "consent",
    "missing",
    "pdf",
    "robots",
]

BUSINESS_FEED = "http://www.harborlight.example/business/feed.xml"
MOVED_FEED = "http://old.fernhillgazette.example/feed.xml"
GONE_FEED = "http://gone.example/rss"
BROKEN_FEED = "http://brokenfeed.example/feed.xml"

_BUSINESS_TOPICS = {"business", "economy", "trade", "transport", "ferries", "restaurants", "recall"}
_TRACKING = "?utm_source=jsonfeed&utm_medium=feed&utm_campaign=all"


@dataclass(frozen=True, slots=True)
class Special:
    """A feed entry with a twist. `target` is the canonical address of its article, if any."""

    kind: SpecialKind
    outlet: str
    link: str
    expected: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Oddity:
    """An entry of a feed behind which there is no article."""

    kind: SpecialKind
    outlet: str
    path: str
    title: str
    summary: str
    expected: str

    @property
    def link(self) -> str:
        """The entry's address."""
        return f"http://{OUTLETS[self.outlet].host}{self.path}"


ODDITIES = (
    Oddity(
        "consent",
        "meridian",
        "/weekend/harvest-festivals-in-pictures",
        "Harvest festivals in pictures",
        "Lanterns, brass bands and very large pumpkins: our readers' photographs.",
        "not an article: a cookie dialog and nothing else (verdict consent)",
    ),
    Oddity(
        "missing",
        "alder",
        "/articles/quarterly-freight-outlook",
        "Quarterly freight outlook",
        "Rates, routes and the ships that are not coming.",
        "gone: the server answers 404",
    ),
    Oddity(
        "pdf",
        "atlaswire",
        "/documents/atlas-wire-style-notes.pdf",
        "Document: Atlas Wire style notes, autumn revision (PDF)",
        "The agency's notes on names, numbers and corrections.",
        "not an article: application/pdf",
    ),
    Oddity(
        "robots",
        "nordkanal",
        "/private/staff-bulletin.html",
        "Staff bulletin: canteen closed on Friday",
        "For staff of the Tromsø building.",
        "refused: robots.txt of this host disallows /private/, the page is never requested",
    ),
)


def feed_link(article: SampleArticle) -> str:
    """The address that the outlet's feed gives for an article: one of each is not its own."""
    if article.page == _chosen("sundial"):
        return f"{OUTLETS['sundial'].home}go/123"
    if article.page == _chosen("quill"):
        return article.url + _TRACKING
    if article.page == _chosen("meridian"):
        return amp_link(article)
    return article.url


def amp_link(article: SampleArticle) -> str:
    """The AMP address of an article; empty for outlets that offer none."""
    if article.outlet != "meridian":
        return ""
    home = OUTLETS["meridian"].home
    return f"{home}amp/{article.url.removeprefix(home)}"


def in_business_feed(article: SampleArticle) -> bool:
    """Whether The Harbor Light lists an article in its second feed as well."""
    topics = {topic.lower() for topic in (article.section, *article.tags)}
    return article.outlet == "harborlight" and not topics.isdisjoint(_BUSINESS_TOPICS)


def odd_items(outlet: str) -> tuple[Item, ...]:
    """The outlet's entries without an article; they are older than its oldest article."""
    dates = [article.published for article in load_articles() if article.outlet == outlet]
    first = min(dates, default=datetime(2026, 9, 7, 12, tzinfo=UTC))
    return tuple(
        Item(
            link=odd.link,
            guid=odd.link,
            title=odd.title,
            summary=odd.summary,
            published=first - timedelta(hours=5),
        )
        for odd in ODDITIES
        if odd.outlet == outlet
    )


def describe(articles: Sequence[SampleArticle]) -> tuple[Special, ...]:
    """All entries with a twist among the given articles, and what should become of each."""
    found = [special for article in articles for special in _describe(article)]
    found += [Special(odd.kind, odd.outlet, odd.link, odd.expected) for odd in ODDITIES]
    return tuple(found)


def _describe(article: SampleArticle) -> list[Special]:
    found: list[Special] = []
    link = feed_link(article)
    if link != article.url:
        kind, expected = _TWISTS[article.outlet]
        found.append(Special(kind, article.outlet, link, expected, article.url))
    if in_business_feed(article):
        text = "one article with two entries, one from each feed"
        found.append(Special("two_feeds", article.outlet, link, text, article.url))
    if article.kind == "paywall":
        text = "stored as a teaser or refused: verdict paywall"
        found.append(Special("paywall", article.outlet, link, text, article.url))
    if article.kind == "live_blog":
        text = "verdict live_blog"
        found.append(Special("live_blog", article.outlet, link, text, article.url))
    return found


_TWISTS: Mapping[str, tuple[SpecialKind, str]] = {
    "sundial": ("redirect", "stored under the address that the 302 leads to"),
    "quill": ("tracking", "stored under the address without utm_ parameters"),
    "meridian": ("amp", "stored under the canonical address that the AMP page names"),
}


def _chosen(outlet: str) -> str:
    """The page that gets the outlet's twist: its oldest plain article that is never corrected."""
    articles = load_articles()
    corrected = {article.corrects for article in articles}
    plain = [
        article
        for article in articles
        if article.outlet == outlet and article.edition == 1 and article.kind == "article" and article.page not in corrected
    ]
    plain.sort(key=lambda article: (article.published, article.slug))
    return plain[0].page if plain else ""


def robots(host: str) -> str:
    """The robots.txt of a host; outlets name their sitemap in it."""
    lines = ["User-agent: *", "Disallow: /search"]
    if host == OUTLETS["nordkanal"].host:
        lines.append("Disallow: /private/")
    if host in {outlet.host for outlet in OUTLETS.values()}:
        lines += ["", f"Sitemap: http://{host}/sitemap.xml"]
    if host == OUTLETS["meridian"].host:
        lines.append(f"Sitemap: http://{host}/sitemap-archive.xml.gz")
    return "\n".join(lines) + "\n"


def broken_feed() -> bytes:
    """A feed whose connection broke off before the first item was through."""
    return (
        b'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0">\n<channel>\n'
        b"<title>Broken Feed Daily</title>\n<link>http://brokenfeed.example/</link>\n"
        b"<description>All the news that fits &amp; some that does not</description>\n<ite"
    )


def pdf() -> bytes:
    """A small valid PDF of one page."""
    text = b"BT /F1 18 Tf 72 720 Td (Atlas Wire style notes, autumn revision) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = b"%PDF-1.4\n", []
    for index, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (index, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 6\n0000000000 65535 f \n"
    return out + head + table + (b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out))
