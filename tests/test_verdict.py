"""The verdict: made-up pages of each kind, and pages of the corpora labelled by hand."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.reasons import Verdict
from schemas.records import Extraction
from tasks.extract import extract

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "pages"
P = "<p>The council met on Tuesday to discuss the new bridge, and members agreed to a second reading of the plan in May.</p>"
NAV = "<nav><a href='/'>Home</a> <a href='/world'>World</a> <a href='/sport'>Sport</a></nav>"


def page(body: str, title: str = "Council agrees to new bridge over the river", head: str = "", h1: bool = True) -> str:
    """An HTML page around a body."""
    headline = f"<h1>{title}</h1>" if h1 else ""
    main = f"<main><article>{headline}{body}</article></main>"
    return f"<html><head><title>{title}</title>{head}</head><body>{NAV}{main}</body></html>"


def see(html: str, url: str = "https://news.example/2026/11/bridge") -> Extraction:
    """The extraction of a made-up page."""
    return extract(html, url, now=NOW)


def ld(**data: object) -> str:
    """A JSON-LD script."""
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **data})}</script>'


PAID = ld(**{"@type": "NewsArticle", "headline": "Council agrees to new bridge over the river", "isAccessibleForFree": False})
LINKS = "".join(f"<li><a href='/story-{n}'>Headline number {n} about something that happened</a></li>" for n in range(40))

MADE_UP: dict[str, tuple[str, str, Verdict]] = {
    "an article": (page(P * 6), "/a", Verdict.FULL),
    "a paywalled paper's free article": (
        page(P * 12 + "<p>Subscribe to continue reading other stories.</p>", head=PAID),
        "/a",
        Verdict.FULL,
    ),
    "a brief of thirty words": (
        page(
            "<p>Police closed the harbour road for two hours on Monday after a lorry lost its load of timber "
            "near the roundabout. Nobody was hurt, the fire service said in a statement.</p>"
        ),
        "/a",
        Verdict.FULL,
    ),
    "an article under a cookie banner": (
        page(P * 5) + "<div class='cookie-banner'><p>We use cookies and value your privacy.</p><button>Accept all</button></div>",
        "/a",
        Verdict.FULL,
    ),
    "an article on bots": (
        page(P * 4 + ("<p>Are you a robot? The captcha asks that question a billion times a day.</p>"), "Are you human?"),
        "/a",
        Verdict.FULL,
    ),
    "an article on missing pages": (page(P * 8, "Why the page not found error became a joke"), "/a", Verdict.FULL),
    "a teaser": (
        page("<p>The council met on Tuesday to discuss the new bridge, and members agreed to a […]</p>"),
        "/a",
        Verdict.TEASER,
    ),
    "a teaser with a link": (
        page("<p>The council met on Tuesday to discuss the new bridge, and members agreed…</p><p>Read more…</p>"),
        "/a",
        Verdict.TEASER,
    ),
    "a teaser by its word count": (
        page(P, head=ld(**{"@type": "NewsArticle", "headline": "Council agrees", "wordCount": 900})),
        "/a",
        Verdict.TEASER,
    ),
    "a paywall": (
        page(
            P
            + (
                "<div class='paywall'><p>This article is for subscribers only. Already a subscriber? Log in to "
                "continue.</p></div>"
            ),
            head=PAID,
        ),
        "/a",
        Verdict.PAYWALL,
    ),
    "a German paywall": (
        page(
            P
            + (
                "<div class='paywall-overlay'><h3>Jetzt abonnieren und weiterlesen</h3><p>Sie sind bereits Abonnent? "
                "Hier anmelden.</p></div>"
            ),
            head=PAID,
        ),
        "/a",
        Verdict.PAYWALL,
    ),
    "a consent wall": (
        page(
            (
                "<p>Before you continue: we and our 843 partners store and access information on a device to serve "
                "personalised ads.</p><p>Manage your choices or accept all. See our cookie policy.</p>"
            ),
            "Before you continue",
            h1=True,
        ),
        "/consent",
        Verdict.CONSENT,
    ),
    "a browser check": (
        (
            "<html><head><title>Just a moment...</title></head><body><h1>news.example</h1><p>Checking your "
            "browser before accessing the site. Enable JavaScript and cookies to continue.</p><p>Ray ID: 85c</p>"
            "</body></html>"
        ),
        "/a",
        Verdict.BOT_WALL,
    ),
    "an access denial": (
        (
            "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1><p>Your request has been "
            "blocked. Reference 18.</p></body></html>"
        ),
        "/a",
        Verdict.BOT_WALL,
    ),
    "a soft 404": (
        page(
            ("<p>Sorry, the page you are looking for could not be found. Try the search or go to the home page.</p>"),
            "Page not found",
        ),
        "/a",
        Verdict.NOT_FOUND_PAGE,
    ),
    "a German soft 404": (
        page(
            ("<p>Leider konnten wir nichts unter dieser Adresse anzeigen. Bitte prüfen Sie die Schreibweise.</p>"),
            "404 – Seite nicht gefunden",
        ),
        "/a",
        Verdict.NOT_FOUND_PAGE,
    ),
    "a section": (
        f"<html><head><title>World news</title></head><body>{NAV}<main><h1>World</h1><ul>{LINKS}</ul></main></body></html>",
        "/category/world",
        Verdict.LISTING,
    ),
    "a front page": (
        f"<html><head><title>The Example</title></head><body>{NAV}<main><ul>{LINKS}</ul></main></body></html>",
        "/",
        Verdict.LISTING,
    ),
    "a live blog": (
        page(
            "".join(f"<div><time>1{n}:05</time>{P}</div>" for n in range(8)),
            "Bridge vote: live updates",
            head=ld(**{"@type": "LiveBlogPosting", "headline": "x", "liveBlogUpdate": [{"@type": "BlogPosting"}] * 8}),
        ),
        "/live/bridge",
        Verdict.LIVE_BLOG,
    ),
    "a live blog by its title": (page(P * 6, "Liveticker: Der Rat stimmt über die Brücke ab"), "/a", Verdict.LIVE_BLOG),
    "a video": (
        page(
            ("<video src='v.mp4'></video><p>Watch the council vote on the bridge.</p>"),
            "Watch: council votes on bridge",
            head="<meta property='og:type' content='video.other'>",
        ),
        "/video/bridge",
        Verdict.GALLERY_OR_VIDEO,
    ),
    "a gallery": (
        page(
            "".join(f"<figure><img src='{n}.jpg'><figcaption>Picture {n}</figcaption></figure>" for n in range(12))
            + "<p>The new bridge in pictures.</p>",
            "In pictures: the new bridge",
        ),
        "/gallery/bridge",
        Verdict.GALLERY_OR_VIDEO,
    ),
    "nothing": ("", "/a", Verdict.EMPTY),
    "an application without its script": (
        ("<html><head><title>News</title></head><body><div id='root'></div></body></html>"),
        "/a",
        Verdict.EMPTY,
    ),
}


@pytest.mark.parametrize("name", sorted(MADE_UP))
def test_a_made_up_page_is_judged(name: str) -> None:
    html, path, verdict = MADE_UP[name]
    found = see(html, f"https://news.example{path}")
    assert found.verdict is verdict, (found.verdict, found.evidence, found.text[:300])
    assert 0.0 < found.verdict_score <= 1.0
    assert found.evidence


def test_evidence_names_what_was_seen() -> None:
    html, path, _ = MADE_UP["a paywall"]
    assert "isAccessibleForFree" in see(html, f"https://news.example{path}").evidence


# Read by hand. Ids of pages in ../shared/corpora/pages whose text is not a whole article.
BY_HAND = {
    "mc2020-2b1ed95eaf28": Verdict.LIVE_BLOG,
    "mc2020-d9caf465e43c": Verdict.EMPTY,
    "trafeval-5719bd67d107": Verdict.PAYWALL,
    "trafeval-a85d8d3629c3": Verdict.PAYWALL,
    "trafeval-6eb3dedabf4e": Verdict.PAYWALL,
    "zyte-042bb7b5feda": Verdict.PAYWALL,
    "zyte-7ab16ade3238": Verdict.PAYWALL,
}


def _pages(kind: str) -> list[dict[str, str]]:
    rows = [json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["kind"] == kind] if kind else rows


def _judge(row: dict[str, str]) -> Extraction:
    raw = gzip.decompress((CORPUS / row["path"]).read_bytes())
    return extract(raw.decode("utf-8", "replace"), row["url"], now=NOW)


@pytest.mark.corpora
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpora is not here")
def test_labelled_pages_are_judged() -> None:
    rows = {row["id"]: row for row in _pages("")}
    wrong = {name: found for name, verdict in BY_HAND.items() if (found := _judge(rows[name]).verdict) is not verdict}
    assert not wrong


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpora is not here")
def test_whole_articles_are_full() -> None:
    """Every fifth page with a whole reference text of 200 words and more is an article, or a live blog."""
    rows = [row for row in _pages("full") if len((row.get("text") or "").split()) >= 200][::5]
    wrong = [
        (row["id"], found.evidence) for row in rows if (found := _judge(row)).verdict not in (Verdict.FULL, Verdict.LIVE_BLOG)
    ]
    assert len(rows) >= 60
    assert len(wrong) <= 0.03 * len(rows), wrong
