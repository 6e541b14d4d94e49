"""The extract step: body, metadata with provenance, dates, names, lines, and what it must survive."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason, Verdict
from schemas.records import ExtractFailed, Extraction, FeedHints
from tasks import extract as step
from tasks.extract import extract, extract_safely
from tasks.extract_blocks import strength_of
from tasks.extract_lines import is_byline, is_closing, is_credit, is_date_line, is_pointer, is_prose, is_tail_heading, is_ui
from tasks.extract_meta import strip_outlet
from tasks.extract_reading import plain
from tasks.language import declared_code, detect
from tasks.moments import read_moment, url_date
from tasks.person_names import agency_of, split_names

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "pages"
ONE = "The council met on Tuesday to discuss the new bridge, and members agreed to a second reading of the plan."
TWO = "Engineers said that the old crossing, which dates from 1931, could no longer carry heavy lorries in winter."
THREE = "“We have waited twenty years for this,” said Maria Lopez, who runs the bakery on the northern bank."


def page(body: str, head: str = "", title: str = "Council agrees to a new bridge") -> str:
    """An article page with some furniture around the body."""
    return (
        f"<html lang='en-GB'><head><title>{title} - The Example</title>{head}</head><body>"
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/world'>World news and comment from everywhere</a></li></ul></nav>"
        f"<article><h1>{title}</h1>{body}</article>"
        "<footer><p>© 2026 The Example. All rights reserved. Terms of use.</p></footer></body></html>"
    )


def paragraphs(*texts: str) -> str:
    """The texts as paragraphs."""
    return "".join(f"<p>{text}</p>" for text in texts)


def see(html: str, url: str = "https://www.example.com/2026/11/20/bridge", **more: object) -> Extraction:
    """The extraction of a page."""
    return extract(html, url, now=NOW, **more)  # type: ignore[arg-type]


def ld(**data: object) -> str:
    """A JSON-LD script."""
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **data})}</script>'


# ---------------------------------------------------------------- body


def test_paragraphs_stay_paragraphs_and_furniture_goes() -> None:
    body = (
        paragraphs(ONE, TWO)
        + (
            "<div class='related-articles'><h3>More on this</h3><p>Another bridge was opened in the capital last "
            "year, officials said.</p></div>"
        )
        + "<p>Also read: Ferry service to close at the end of the year</p>"
        + (
            "<figure><img src='x.jpg'><figcaption>The old bridge in a picture taken from the southern bank in "
            "May.</figcaption></figure>"
        )
        + paragraphs(THREE)
        + "<div class='newsletter-signup'><p>Get the best stories in your inbox every morning, free of charge.</p></div>"
        + "<section id='comments'><p>I have lived here for years and never seen such a plan, honestly.</p></section>"
    )
    assert see(page(body)).text.split("\n") == [ONE, TWO, THREE]


def test_a_standfirst_in_the_header_belongs_to_the_text() -> None:
    html = (
        "<html><head><title>New bridge</title></head><body><header><h1>Council agrees to a new bridge</h1>"
        "<p class='standfirst'>Work on the crossing will start next spring, after two decades of debate.</p>"
        "<p class='meta-date'>Published 20 November 2026</p></header>"
        f"<div class='article-body'>{paragraphs(ONE, TWO, THREE)}</div></body></html>"
    )
    assert see(html).text.startswith("Work on the crossing will start next spring")
    assert "Published" not in see(html).text


def test_several_containers_of_one_body_are_joined() -> None:
    part = "<div class='row'><div class='body-chunk'>{}</div></div><div class='ad-slot'>Advertisement</div>"
    html = page("".join(part.format(paragraphs(text, text.replace("the", "this"))) for text in (ONE, TWO, THREE)))
    assert [text in see(html).text for text in (ONE, TWO, THREE)] == [True, True, True]


def test_a_wrapper_named_like_furniture_keeps_the_text() -> None:
    inner = f"<div class='subscriber-only'>{paragraphs(ONE, TWO, THREE)}</div>"
    html = page(f"<div class='content-with-sidebar'><form id='aspnetForm'>{inner}</form></div>")
    assert see(html).text.split("\n") == [ONE, TWO, THREE]


def test_only_the_first_of_several_articles_is_taken() -> None:
    other = "".join(
        f"<article><h2>Story {n}</h2>{paragraphs(TWO.replace('1931', str(n)), ONE.replace('bridge', f'road {n}'))}</article>"
        for n in range(4)
    )
    html = (
        f"<html><body><main><article><h1>Council agrees</h1>{paragraphs(ONE, THREE, TWO)}</article>{other}</main></body></html>"
    )
    assert see(html).text.split("\n") == [ONE, THREE, TWO]


def test_links_in_running_text_stay_and_link_lists_go() -> None:
    body = (
        paragraphs(ONE, TWO)
        + "<ul><li><a href='/a'>Bridge closed for a week</a></li><li><a href='/b'>Ferry fares to rise</a></li></ul>"
    )
    body += f"<p>{THREE} <a href='/c'>The plan</a> is public.</p>"
    text = see(page(body)).text
    assert "Ferry fares" not in text
    assert "The plan is public." in text


def test_lists_quotes_headings_and_tables_are_light_markdown() -> None:
    body = (
        paragraphs(ONE)
        + (
            "<h2>What it costs</h2><ul><li>Steel and stone for the four piers, about a third of it</li><li>Land "
            "on both banks, most of it public</li></ul>"
        )
        + f"<blockquote><p>{THREE}</p></blockquote>"
        + f"<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2027</td><td>4 million</td></tr></table>{paragraphs(TWO)}"
    )
    found = see(page(body))
    assert found.markdown == (
        f"{ONE}\n\n## What it costs\n\n"
        "- Steel and stone for the four piers, about a third of it\n- Land on both banks, most of it public\n\n"
        f"> {THREE}\n\n| Year | Cost |\n| --- | --- |\n| 2027 | 4 million |\n\n{TWO}"
    )
    assert "2027 | 4 million" in found.text
    assert not {"#", ">", "*", "---"} & set(found.text.split())


def test_tables_keep_their_columns_and_lists_stay_apart() -> None:
    votes = "<tr><th>Town</th><th>Votes</th></tr><tr><td></td><td>3|4</td></tr><tr><td>Oby</td><td>1</td><td>late</td></tr>"
    fares = "<tr><td>Single</td><td>2</td></tr>"
    points = "<ul><li>Tolls<ul><li>lorries</li></ul></li></ul><ol><li>Vote</li></ol>"
    body = f"{paragraphs(ONE)}<table>{votes}</table><table>{fares}</table>{points}{paragraphs(TWO, THREE)}"
    assert see(page(body)).markdown == (
        f"{ONE}\n\n| Town | Votes |  |\n| --- | --- | --- |\n|  | 3\\|4 |  |\n| Oby | 1 | late |\n\n"
        f"| Single | 2 |\n| --- | --- |\n\n- Tolls\n- lorries\n\n- Vote\n\n{TWO}\n\n{THREE}"
    )


def test_a_table_in_a_table_is_one_of_its_own() -> None:
    inner = "<table><tr><td>Inner</td><td>5</td></tr><tr><td>Other</td><td>6</td></tr></table>"
    body = f"{paragraphs(ONE)}<table><tr><td>Outer</td><td>{inner}</td></tr></table>{paragraphs(TWO, THREE)}"
    found = see(page(body)).markdown
    assert f"{ONE}\n\nOuter\n\n| Inner | 5 |\n| --- | --- |\n| Other | 6 |\n\n{TWO}" in found


def test_a_paragraph_that_stands_there_twice_is_kept_once_and_a_refrain_stays() -> None:
    assert see(page(paragraphs(ONE, TWO, ONE, THREE))).text.split("\n") == [ONE, TWO, THREE]
    assert see(page(paragraphs(ONE, TWO, ONE, THREE, ONE))).text.split("\n") == [ONE, TWO, ONE, THREE, ONE]


def test_no_marker_entity_or_invisible_character_is_left() -> None:
    body = paragraphs(
        f"**{ONE}**",
        "Soft&shy;hyphens, zero\u200bwidth blanks and &amp; entities &mdash; all of them are cleaned away here.",
        "Cafe\u0301 owners agreed with __all__ of it, they said.",
    )
    text = see(page(body)).text
    assert text.startswith(ONE)
    assert "Softhyphens, zerowidth blanks and & entities — all" in text
    assert "Café owners agreed with all of it" in text


def test_what_a_page_escapes_twice_is_resolved() -> None:
    line = (
        "The council met on Tuesday to discuss road &amp;amp; rail, and the mayor&amp;#8217;s &amp;amp;quot;plan&amp;quot; won."
    )
    table = "<table><tr><td>Road &amp;amp; rail</td><td>7</td></tr></table>"
    code = "<pre>In the old pages, each of the two names stands with &amp;amp; between them, said the editor.</pre>"
    found = see(page(paragraphs(line, TWO) + table + code + paragraphs(THREE), title="Road &amp;amp; rail win the vote"))
    assert found.title == "Road & rail win the vote"
    assert found.text.split("\n")[0] == 'The council met on Tuesday to discuss road & rail, and the mayor’s "plan" won.'
    assert "Road & rail | 7" in found.text and "| Road & rail | 7 |" in found.markdown
    assert "stands with &amp; between" in found.text, "code that is shown keeps what it shows"
    assert (
        "AT&T; and R&D stay"
        in see(page(paragraphs(ONE, "Names like AT&amp;T; and R&amp;D stay what they are in the text."))).text
    )


def test_breaks_and_divs_without_paragraphs_are_read() -> None:
    html = f"<html><body><h1>Council agrees</h1><div class='text'>{ONE}<br><br>{TWO}<br/><br/>{THREE}</div></body></html>"
    assert see(html).text.split("\n") == [ONE, TWO, THREE]


def test_a_short_brief_is_whole() -> None:
    found = see(page(paragraphs("Police closed the harbour road on Monday after a lorry lost its load. Nobody was hurt.")))
    assert found.verdict is Verdict.FULL
    assert found.words == 16


def test_a_complete_json_body_is_taken_where_the_page_shows_much_less() -> None:
    whole = " ".join((ONE, TWO, THREE) * 3)
    data = ld(**{"@type": "NewsArticle", "headline": "Council agrees to a new bridge", "articleBody": whole})
    found = see(page(paragraphs(ONE), data))
    assert found.text == whole
    assert ("text", "json-ld") in found.provenance
    cut = ld(**{"@type": "NewsArticle", "headline": "Council agrees to a new bridge", "articleBody": whole[:700] + "…"})
    assert see(page(paragraphs(ONE), cut)).text == ONE


def test_the_posts_of_a_live_blog_are_its_text() -> None:
    posts = [{"@type": "BlogPosting", "headline": f"Update {n}", "articleBody": f"{ONE} Part {n}."} for n in range(6)]
    data = ld(**{"@type": "LiveBlogPosting", "headline": "Council agrees to a new bridge", "liveBlogUpdate": posts})
    found = see(page("<p>Follow our live updates here.</p>", data))
    assert found.text.split("\n")[:2] == ["Update 0", f"{ONE} Part 0."]
    assert found.verdict is Verdict.LIVE_BLOG
    shown = "".join(f"<div class='post'><time>09:0{n}</time><h3>Update {n}</h3><p>{ONE} Part {n}.</p></div>" for n in range(6))
    assert [f"{ONE} Part {n}." in see(page(shown)).text for n in range(6)] == [True] * 6


def test_the_slides_of_a_gallery_keep_their_texts() -> None:
    slides = "".join(
        f"<li class='gallery-slide'><figure><img src='{n}.jpg'></figure><h2>Place {n}</h2><p>{TWO} It is number {n}.</p></li>"
        for n in range(12)
    )
    text = see(page(f"<p>{ONE}</p><ul class='gallery'>{slides}</ul>")).text
    assert [f"It is number {n}." in text for n in range(12)] == [True] * 12


def test_the_feeds_content_is_taken_where_the_page_shows_much_less() -> None:
    hints = FeedHints(content=paragraphs(ONE, TWO, THREE, ONE.replace("council", "board"), TWO.replace("old", "second")))
    found = see(page("<div id='root'></div>"), hints=hints)
    assert found.text.split("\n")[:3] == [ONE, TWO, THREE]
    assert ("text", "feed") in found.provenance
    assert see(page(paragraphs(ONE, TWO, THREE)), hints=FeedHints(content=paragraphs(ONE))).text.count("\n") == 2


# ---------------------------------------------------------------- metadata


def test_metadata_with_provenance() -> None:
    head = ld(
        **{
            "@type": ["NewsArticle"],
            "headline": "Council agrees to a new bridge",
            "author": [{"@type": "Person", "name": "Jane Roe"}, {"@type": "Person", "name": "By John Doe, Political Editor"}],
            "datePublished": "2026-11-20T09:30:00+01:00",
            "dateModified": "2026-11-20T10:30:00+01:00",
            "publisher": {"@type": "Organization", "name": "The Example"},
            "articleSection": "Local",
            "isAccessibleForFree": "True",
            "image": {"url": "/bridge.jpg"},
            "keywords": ["bridge", "council"],
        }
    )
    head += (
        "<link rel='canonical' href='/2026/11/20/bridge?utm_source=x'><meta property='og:title' "
        "content='Council agrees to a new bridge | The Example'>"
    )
    head += "<meta property='og:site_name' content='The Example'><meta name='description' content='What the council decided.'>"
    found = see(page(paragraphs(ONE, TWO, THREE), head), "https://m.example.com/2026/11/20/bridge?fbclid=1")
    assert found.title == "Council agrees to a new bridge"
    assert found.authors == ("Jane Roe", "John Doe")
    assert found.agency is None
    assert found.outlet == "The Example"
    assert found.published_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert found.published_precision == "time"
    assert found.published_as_given == "2026-11-20T09:30:00+01:00"
    assert found.modified_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert found.canonical_url == "https://example.com/2026/11/20/bridge"
    assert (found.language, found.language_declared) == ("en", "en")
    assert (found.section, found.tags, found.is_free) == ("Local", ("bridge", "council"), True)
    assert found.image_url == "https://m.example.com/bridge.jpg"
    assert found.description == "What the council decided."
    sources = dict(found.provenance)
    assert sources["title"] == sources["outlet"] == "og+json-ld"
    assert sources["authors"] == "json-ld"
    assert sources["published_at"] == "json-ld+url"


def test_the_first_claim_that_two_places_make_wins_in_every_field() -> None:
    """The surest place says something of its own in each field; the two places after it agree."""
    head = ld(
        **{
            "@type": "NewsArticle",
            "headline": "Another headline of this page",
            "author": "Someone Else",
            "datePublished": "2026-11-02T08:00:00Z",
            "dateModified": "2026-11-03T08:00:00Z",
            "publisher": {"@type": "Organization", "name": "The Example", "url": "https://old.example.com/"},
            "articleSection": "Local",
            "description": "What the council decided.",
            "keywords": ["council", "bridge"],
            "image": "https://cdn.example.com/bridge-small.jpg",
            "isAccessibleForFree": True,
            "inLanguage": "de",
        }
    )
    named = {
        "og:title": "Council agrees",
        "twitter:title": "Council agrees to a new bridge",
        "og:site_name": "example.com",
        "application-name": "The Example",
        "og:locale": "de_AT",
        "author": "Jane Roe",
        "article:published_time": "2026-11-20T09:30:00Z",
        "article:modified_time": "2026-11-21T09:30:00Z",
        "article:section": "news",
        "section": "Local",
        "og:description": "All the news, every morning.",
        "description": "What the council decided.",
        "article:tag": "premium",
        "news_keywords": "bridge, council",
        "og:image": "https://cdn.example.com/logo-of-the-site.png",
        "twitter:image": "https://img.example.com/1200/bridge-small.jpg",
        "article:content_tier": "locked",
        "isaccessibleforfree": "false",
    }
    head += "".join(f"<meta property='{name}' content='{value}'>" for name, value in named.items())
    head += "<link rel='home' href='https://www.example.com'>"
    shown = "<span class='byline'>By Jane Roe</span><meta itemprop='dateModified' content='2026-11-21T10:00:00Z'>"
    found = see(page(shown + paragraphs(ONE, TWO, THREE), head), "https://www.example.com/2026/11/20/bridge")
    said = {
        "title": ("Council agrees to a new bridge", "h1+twitter"),
        "authors": (("Jane Roe",), "meta+line"),
        "outlet": ("The Example", "json-ld+meta"),
        "outlet_home": ("https://www.example.com", "link+url"),
        "published_at": (datetime(2026, 11, 20, 9, 30, tzinfo=UTC), "og+url"),
        "modified_at": (datetime(2026, 11, 21, 9, 30, tzinfo=UTC), "og+meta"),
        "language_declared": ("de", "og+json-ld"),
        "section": ("Local", "json-ld+meta"),
        "description": ("What the council decided.", "meta+json-ld"),
        "tags": (("council", "bridge"), "json-ld+meta"),
        "image_url": ("https://img.example.com/1200/bridge-small.jpg", "twitter+json-ld"),
        "is_free": (False, "og+microdata"),
    }
    assert {name: (getattr(found, name), dict(found.provenance)[name]) for name in said} == said


def test_a_byline_seen_in_three_ways_is_one_witness() -> None:
    head = ld(**{"@type": "NewsArticle", "headline": "x", "author": ["Jane Roe", "John Doe"]})
    shown = "<p class='byline'>By <a href='/author/john-doe'>John Doe</a></p>"
    assert see(page(shown + paragraphs(ONE, TWO), head)).authors == ("Jane Roe", "John Doe")
    assert see(page(shown + paragraphs(ONE, TWO))).authors == ("John Doe",)


def test_half_of_the_outlets_name_is_no_author() -> None:
    head = ld(**{"@type": "NewsArticle", "headline": "x", "author": "The Velmouth Herald and Gazette"})
    head += "<meta property='og:site_name' content='The Velmouth Herald and Gazette'><meta name='author' content='Jane Roe'>"
    assert see(page(paragraphs(ONE, TWO), head)).authors == ("Jane Roe",)


def test_every_field_says_where_it_came_from() -> None:
    head = ld(
        **{
            "@type": "NewsArticle",
            "headline": "Council agrees to a new bridge",
            "datePublished": "2026-11-20T09:30:00+01:00",
            "dateModified": "2026-11-21",
            "articleSection": "Local",
            "keywords": "bridge, council",
            "isAccessibleForFree": False,
            "image": ["/bridge.jpg"],
            "inLanguage": "de-AT",
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "publisher": {"@type": "Organization", "name": "The Example", "url": "https://example.com/"},
        }
    )
    head += "<meta name='description' content='What was decided.'><meta name='byl' content='By Jane Roe'>"
    found = see(page(paragraphs(ONE, TWO, THREE), head).replace(" lang='en-GB'", ""))
    assert dict(found.provenance) == {
        "title": "h1+json-ld",
        "authors": "meta",
        "outlet": "json-ld+title",
        "outlet_home": "json-ld+url",
        "published_at": "json-ld+url",
        "modified_at": "json-ld",
        "language_declared": "json-ld",
        "section": "json-ld",
        "tags": "json-ld",
        "image_url": "json-ld",
        "description": "meta",
        "is_free": "json-ld",
        "rights": "json-ld",
        "text": "structure",
    }
    assert (found.modified_at, found.modified_precision) == (datetime(2026, 11, 21, tzinfo=UTC), "day")
    assert (found.modified_as_given, found.published_as_given) == ("2026-11-21", "2026-11-20T09:30:00+01:00")
    assert (found.outlet_home, found.rights) == ("https://example.com/", "https://creativecommons.org/licenses/by/4.0/")
    assert (found.language, found.language_declared) == ("en", "de")


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("<link rel='license' href='/terms'>", "", ("https://www.example.com/terms", "link")),
        ("<meta name='dcterms.rights' content='(c) Jane Roe'>", "", ("(c) Jane Roe", "meta")),
        (
            ld(**{"@type": "NewsArticle", "headline": "x", "copyrightYear": 2026, "copyrightHolder": {"name": "The Example"}}),
            "",
            ("© 2026 The Example", "json-ld"),
        ),
        ("", "", ("© 2026 The Example. All rights reserved. Terms of use.", "visible")),
    ],
)
def test_statements_of_rights_are_kept(head: str, body: str, expected: tuple[str, str]) -> None:
    found = see(page(body + paragraphs(ONE, TWO), head))
    assert (found.rights, dict(found.provenance)["rights"]) == expected
    assert "©" not in found.text


@pytest.mark.parametrize(
    ("publisher", "expected"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("https://owner.example.org/", "https://m.example.com/"),
        ("https://www.example.com/2026/11/20/bridge", "https://m.example.com/"),
        (None, "https://m.example.com/"),
    ],
)
def test_the_outlets_home_is_on_its_own_domain(publisher: str | None, expected: str) -> None:
    head = ld(**{"@type": "NewsArticle", "headline": "x", "publisher": {"@type": "Organization", "name": "E", "url": publisher}})
    assert see(page(paragraphs(ONE), head), "https://m.example.com/2026/11/20/bridge").outlet_home == expected


def test_a_feed_that_disagrees_by_more_than_a_day_is_recorded() -> None:
    html = page(paragraphs(ONE, TWO), "<meta property='article:published_time' content='2026-11-20T09:30:00Z'>")
    for fed, kept in ((datetime(2026, 11, 19, 10, tzinfo=UTC), False), (datetime(2026, 11, 18, tzinfo=UTC), True)):
        found = see(html, hints=FeedHints(published_at=fed))
        assert found.published_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
        assert found.feed_published_at == (fed if kept else None)


def test_the_feed_bears_out_one_of_two_dates() -> None:
    head = ld(**{"@type": "NewsArticle", "headline": "x", "datePublished": "2026-11-02T08:00:00Z"})
    head += "<meta property='article:published_time' content='2026-11-20T09:30:00Z'>"
    html = page(paragraphs(ONE, TWO), head)
    assert see(html, "https://example.com/bridge").published_as_given == "2026-11-02T08:00:00Z"
    hints = FeedHints(published_at=datetime(2026, 11, 20, 9, 31, tzinfo=UTC))
    assert see(html, "https://example.com/bridge", hints=hints).published_as_given == "2026-11-20T09:30:00Z"


def test_an_agency_is_no_person_and_the_outlet_signs_nothing() -> None:
    head = "<meta name='author' content='Jane Roe and Reuters Staff'><meta property='og:site_name' content='The Example'>"
    found = see(page(paragraphs(ONE, TWO), head))
    assert (found.authors, found.agency) == (("Jane Roe",), "Reuters")
    head = "<meta name='author' content='The Example'><meta property='og:site_name' content='The Example'>"
    assert see(page(paragraphs(ONE, TWO), head)).authors == ()


def test_a_visible_byline_and_dateline_are_read() -> None:
    body = (
        "<div class='head'><span>By <a href='/author/jane-roe'>Jane Roe</a></span> <span>20 November 2026, 9:30 am</span></div>"
    )
    found = see(page(body + paragraphs(ONE, TWO, THREE)), "https://example.com/bridge")
    assert found.authors == ("Jane Roe",)
    assert found.published_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert found.text.split("\n") == [ONE, TWO, THREE]


def test_the_day_is_that_of_the_publishers_own_zone() -> None:
    """A stamp in UTC names the day that readers saw: that of the page's own dateline, not of the stamp said once more."""
    stamp = "<meta property='article:published_time' content='{0}'>"
    again = "<time datetime='{0}'>{1}</time>"
    for moment, shown in (
        ("2026-11-20T04:00:41+00:00", "Nov. 19, 2026 11:00 pm EST"),
        ("2026-11-20T04:00:41Z", "November 19, 2026"),
        ("2026-11-18T22:03:00.000Z", "November 19, 2026 - 9:03AM"),
    ):
        html = page(f"<div>{again.format(moment, shown)}</div>" + paragraphs(ONE, TWO), stamp.format(moment))
        found = see(html, "https://example.com/bridge")
        assert found.published_at == datetime.fromisoformat(moment)
        assert found.published_as_given == shown
    edited = page("<p>Updated November 19, 2026</p>" + paragraphs(ONE, TWO), stamp.format("2026-11-16T09:30:00Z"))
    assert see(edited, "https://example.com/bridge").published_as_given == "2026-11-16T09:30:00Z"


def test_a_date_in_the_window_title_goes_before_one_in_a_caption() -> None:
    caption = "<p>The new bridge over the river seen from the southern bank at dawn, 4 November 2026</p>"
    html = page(caption + paragraphs(ONE, TWO, THREE)).replace("- The Example</title>", "| The Example | 20.11.2026</title>")
    found = see(html, "https://example.com/bridge")
    assert (found.published_as_given, dict(found.provenance)["published_at"]) == ("20.11.2026", "title")
    body = "<p>Published 19 November 2026</p>" + paragraphs(ONE, TWO, THREE)
    html = page(body).replace("- The Example</title>", "| The Example | 20.11.2026</title>")
    assert dict(see(html, "https://example.com/bridge").provenance)["published_at"] == "visible"


def test_implausible_dates_are_none() -> None:
    for date in ("2027-03-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-13-40", "soon"):
        head = f"<meta property='article:published_time' content='{date}'>"
        assert see(page(paragraphs(ONE, TWO), head), "https://example.com/bridge").published_at is None
    head = f"<meta property='article:published_time' content='{(NOW + timedelta(hours=20)).isoformat()}'>"
    assert see(page(paragraphs(ONE, TWO), head)).published_at is not None


def test_the_feed_fills_what_the_page_leaves_open() -> None:
    at = datetime(2026, 11, 19, 12, tzinfo=UTC)
    hints = FeedHints(title="A title", authors=("Jane Roe",), published_at=at, outlet="The Feed", language="de")
    found = see("<html><body><div><p>" + ONE + "</p></div></body></html>", "https://example.com/x", hints=hints)
    assert (found.title, found.authors, found.published_at, found.outlet) == ("A title", ("Jane Roe",), at, "The Feed")
    assert found.language_declared == "de"


def test_the_language_is_that_of_the_text() -> None:
    german = (
        "Der Rat hat am Dienstag über die neue Brücke beraten und sich nach langer Debatte auf einen Plan "
        "geeinigt, teilte die Stadt mit."
    )
    found = see(page(paragraphs(german, german.replace("Rat", "Ausschuss"))))
    assert (found.language, found.language_declared) == ("de", "en")
    assert detect("Ja.", "de") == "de"
    assert [declared_code(code) for code in ("en-US", "de_DE", "x", None, "english")] == ["en", "de", None, None, None]


@pytest.mark.parametrize(
    ("title", "names", "expected"),
    [
        ("A storm is coming | The Daily", {"The Daily"}, "A storm is coming"),
        ("A storm is coming - World - The Daily", {"The Daily"}, "A storm is coming - World"),
        ("The Daily: a storm is coming", {"The Daily"}, "The Daily: a storm is coming"),
        ("The Daily | A storm is coming", {"The Daily"}, "A storm is coming"),
        ("US-China talks – what comes next", {"Example"}, "US-China talks – what comes next"),
        ("The Daily", {"The Daily"}, "The Daily"),
    ],
)
def test_the_outlet_is_cut_off_a_title(title: str, names: set[str], expected: str) -> None:
    assert strip_outlet(title, names) == expected


@pytest.mark.parametrize(
    ("given", "expected", "precise"),
    [
        ("2026-11-20T09:30:00Z", "2026-11-20T09:30", True),
        ("2026-11-20T09:30:00.123-0500", "2026-11-20T14:30", True),
        ("2026-11-20 09:30", "2026-11-20T09:30", True),
        ("20261120", "2026-11-20T00:00", False),
        ("2026-11-20", "2026-11-20T00:00", False),
        ("Fri, 20 Nov 2026 09:30:00 +0100", "2026-11-20T08:30", True),
        ("1795167000", "2026-11-20T09:30", True),
        ("November 20, 2026 at 9:30 PM EST", "2026-11-21T02:30", True),
        ("20. November 2026, 09:30 Uhr", "2026-11-20T09:30", True),
        ("20 de noviembre de 2026", "2026-11-20T00:00", False),
        ("le 20 novembre 2026 à 9h30", "2026-11-20T09:30", True),
        ("20 ноября 2026", "2026-11-20T00:00", False),
        ("2026年11月20日", "2026-11-20T00:00", False),
        ("20/11/2026", "2026-11-20T00:00", False),
        ("11/20/2026", "2026-11-20T00:00", False),
        ("31.02.2026", None, False),
        ("in the year 2026", None, False),
        ("", None, False),
    ],
)
def test_dates_in_many_forms(given: str, expected: str | None, precise: bool) -> None:
    moment = read_moment(given, "test")
    if expected is None:
        assert moment is None
    else:
        assert moment is not None
        assert (moment.at, moment.precise) == (datetime.fromisoformat(f"{expected}+00:00"), precise)


def test_dates_in_addresses() -> None:
    days = {
        "https://x.example/2026/11/20/story": "2026-11-20",
        "https://x.example/news/2026-11-20-story": "2026-11-20",
        "https://x.example/2026/nov/20/story": "2026-11-20",
        "https://x.example/story-20261120": "2026-11-20",
        "https://x.example/article1202611209": None,
        "https://x.example/2026/story": None,
    }
    assert {url: (moment.local_day if (moment := url_date(url)) else None) for url in days} == days


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Jane Roe", ["Jane Roe"]),
        ("By JANE ROE and JOHN DOE, Associated Press", ["JANE ROE", "JOHN DOE", "Associated Press"]),
        ("Von Anna Schmidt und Jörg Maier", ["Anna Schmidt", "Jörg Maier"]),
        ("Jane Roe, Staff Writer", ["Jane Roe"]),
        ("Jane Roe (Paris)", ["Jane Roe"]),
        ("Par Léa Petit | Publié le 20 novembre", ["Léa Petit"]),
        ("https://www.facebook.com/example", []),
        ("admin", []),
        ("news@example.com", []),
        ("Updated 3 hours ago", []),
    ],
)
def test_names_in_bylines(byline: str, names: list[str]) -> None:
    assert split_names(byline) == names


def test_agencies_are_known_by_their_names() -> None:
    assert [agency_of(name) for name in ("AP", "The Associated Press", "Reuters Staff", "dpa", "Jane Roe")] == [
        *("Associated Press", "Associated Press", "Reuters", "dpa"),
        None,
    ]


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Also read : Markets surge as talks resume",
            "Read more: Why it matters",
            "RELATED: What we know so far",
            "Lire aussi : Le pont fermé",
        ),
        *(
            "Lesen Sie auch: Neue Brücke",
            "Leggi anche: il nuovo ponte",
            "Lee también: El puente",
            "Lees ook: De brug",
            "Baca juga: Jembatan baru",
        ),
        *("Читайте также: Новый мост", "Czytaj też: Nowy most", "MORE: Bridge timeline", "Read more", "関連記事"),
    ],
)
def test_pointers_to_other_articles(line: str) -> None:
    assert is_pointer(line)


@pytest.mark.parametrize(
    "line",
    [
        ONE,
        "More: the plan costs less than the last one did.",
        "Read the room, he told them, and they did.",
        "Related costs rose.",
    ],
)
def test_prose_is_no_pointer(line: str) -> None:
    assert not is_pointer(line)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Advertisement",
            "Thumbnail",
            "All Categories",
            "Recommendations",
            "Please follow and like us:",
            "Leave a Comment",
            "Scroll to Top",
            "error",
        ),
        *(
            "LinkedIn",
            "Email",
            "X",
            "Facebook Twitter WhatsApp",
            "Share this article",
            "Share on Facebook",
            "Click to share on X",
            "12 comments",
        ),
        *(
            "Story continues below",
            "Anzeige",
            "Publicidad",
            "Tags: bridge, council",
            "Sign up for our newsletter",
            "© 2026 The Example",
            "5 min read",
        ),
        *(
            "Enjoy this blog? Please spread the word :)",
            "Follow us on Instagram",
            "Be the first to comment",
            "View all comments",
            "Back to top",
        ),
    ],
)
def test_labels_and_buttons(line: str) -> None:
    assert is_ui(line)


@pytest.mark.parametrize(
    "line",
    [
        ONE,
        TWO,
        THREE,
        "Xi said no.",
        "Share prices fell by a third on Monday.",
        "Comments by the mayor drew fire.",
        "Follow the money, she said.",
        "Email is dead, the report says.",
    ],
)
def test_prose_is_no_label(line: str) -> None:
    assert not is_ui(line)
    assert not is_tail_heading(line)
    assert not is_byline(line)
    assert not is_date_line(line)
    assert not is_credit(line)


def test_kinds_of_lines() -> None:
    assert all(map(is_byline, ("By Jane Roe", "Von Anna Schmidt", "By Jane Roe and John Doe, Example News")))
    assert all(
        map(
            is_date_line,
            (
                "20 November 2026",
                "Updated: 2026-11-20 09:30",
                "Published Nov. 20, 2026 at 9:30 a.m. ET Updated Nov. 21, 2026 at 10:00 a.m. ET",
            ),
        )
    )
    assert all(map(is_credit, ("Photo: Jane Roe", "The bridge. (Getty Images)", "Image credit: Example")))
    assert all(
        map(
            is_tail_heading,
            ("Leave a Reply", "Related articles", "3 Comments", "You may also like", "Das könnte Sie auch interessieren"),
        )
    )
    assert all(
        map(
            is_closing,
            ("Jane Roe is a reporter at The Example.", "Follow Jane Roe on Twitter @roe", "We may earn a commission from links."),
        )
    )
    assert is_prose(ONE)
    assert not is_prose("Bridge closed")


def test_markers_are_stripped() -> None:
    assert plain("**Bold line**") == "Bold line"
    assert plain("A **bold** word and 2 ** 3") == "A bold word and 2 ** 3"
    assert plain("A **bold** and __other__ **word** here") == "A bold and other word here"
    assert plain("An **open one") == "An **open one"
    assert plain("Stars at the end***") == "Stars at the end"
    assert plain("snake_case__name stays") == "snake_case__name stays"
    assert plain('<a href="/x">Linked</a> text') == "Linked text"


def test_names_of_elements() -> None:
    assert [strength_of(name) for name in ("related-articles", "ArticleRelated", "newsletter", "js-share")] == [3, 3, 3, 3]
    assert [strength_of(name) for name in ("sidebar", "has-sidebar", "comments-enabled", "article-body", "ad45")] == [
        2,
        1,
        1,
        0,
        0,
    ]


# ---------------------------------------------------------------- what it must survive

AWKWARD = {
    "empty": "",
    "blanks": " \n ",
    "no markup": "just text",
    "NULs": "<p>a\x00b</p>",
    "lone surrogates": "<p>" + chr(0xD800) + "</p>",
    "an encoding declaration": '<?xml version="1.0" encoding="iso-8859-1"?><html><body><p>' + ONE + "</p></body></html>",
    "200,000 nested tags": "<html><body>" + "<div>" * 200_000 + ONE + "</div>" * 200_000,
    "unclosed inline tags": "<html><body>" + paragraphs(ONE) + "<b><i>" * 100_000,
    "20 MB of paragraphs": "<html><body>" + paragraphs(ONE) * 190_000,
    "a 20 MB paragraph": "<html><body><p>" + "one word and another. " * 950_000 + "</p></body></html>",
    "a 20 MB script": "<html><body><script>" + "x=1;" * 5_000_000 + "</script>" + paragraphs(ONE),
    "deep JSON": '<script type="application/ld+json">' + "[" * 100_000 + "</script>" + paragraphs(ONE),
    "100,000 attributes": "<div " + " ".join(f'a{n}="b"' for n in range(100_000)) + ">" + paragraphs(ONE) + "</div>",
    "many headlines": "".join(f"<h1>Council agrees to plan {n}</h1>" for n in range(50_000)),
    "many breaks": "x<br>" * 600_000,
    "many short paragraphs": "<p>x</p>" * 600_000,
    "nested lists": "<ul><li>" * 50_000 + ONE,
    "nested articles": "<article>" * 50_000 + ONE,
    "nested tables": "<table><tr><td>" * 20_000 + ONE,
    "300,000 links": "<a href='/a'>word word word</a> " * 300_000,
    "repeated labels": paragraphs("copy link " * 23 + "!", "share this article " * 12 + "?", "also read " * 20),
    "counts of shares": paragraphs("1 share - " * 22 + "5x"),
    "openings of bold": paragraphs(ONE + " **a" * 20_000),
    "alternating marks": paragraphs(ONE + "&#769;&#803;" * 100_000)
    + paragraphs(ONE + chr(0x301) * 3 + (chr(0x323) + chr(0x301)) * 100_000),
    "a row of stars": paragraphs(ONE + "*" * 40_000 + "x"),
    "a row of dots": paragraphs(ONE + "." * 40_000 + "x"),
    "blanks in the title": "<title>" + chr(160) * 40_000 + "x</title>" + paragraphs(ONE),
    "comments in data": '<script type="application/json">{"b": "<p>' + ONE * 10 + "</p>" + "<!--" * 20_000 + '"}</script>',
    "names in names": '<script type="application/ld+json">{"@type": "NewsArticle", "headline": '
    + "[" * 900
    + '"x"'
    + "]" * 900
    + ', "author": '
    + "[" * 900
    + '"x"'
    + "]" * 900
    + "}</script>"
    + paragraphs(ONE),
    "odd dates": "<meta property='article:published_time' content='99999-99-99T99:99'><time datetime='2023-02-31'>x</time>"
    + paragraphs(ONE),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(AWKWARD))
def test_awkward_pages_end_with_a_verdict(name: str) -> None:
    begin = time.process_time()
    found = extract_safely(AWKWARD[name], "https://example.com/x", now=NOW)
    assert isinstance(found, Extraction), found
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("depth", [200, 250, 300, 600, 1_500])
def test_text_nested_deep_in_a_small_page_is_read(depth: int) -> None:
    found = see(page("<div>" * depth + paragraphs(ONE, TWO, THREE) + "</div>" * depth))
    assert [sentence in found.text for sentence in (ONE, TWO, THREE)] == [True] * 3
    assert found.verdict is Verdict.FULL


@pytest.mark.parametrize("url", ["", "no address", "https://[bad", "http://a.example:99999/", "ftp://a.example/x"])
def test_any_address_is_survived(url: str) -> None:
    assert isinstance(extract_safely(page(paragraphs(ONE)), url, now=NOW), Extraction)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div class='related'>",
                "<table><tr><td>",
                "<h1>",
                "<a href='//['>",
                "<br>",
                "&#0;",
                "<!--",
                "<script>",
            ]
        ),
        max_size=12,
    ),
)
def test_any_text_is_survived(text: str, tags: list[str]) -> None:
    found = extract_safely("".join(tag + text for tag in tags) or text, "https://example.com/x", now=NOW)
    assert isinstance(found, Extraction), found


def test_a_bug_becomes_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(step, "read_jsonld", broken)
    assert extract_safely(page(ONE), "https://example.com/x", now=NOW) == ExtractFailed(
        Reason.EXTRACT_FAILED, "RuntimeError: broken"
    )


def test_the_same_page_always_gives_the_same(benchmark_pages: int = 24) -> None:
    html = page(paragraphs(ONE, TWO, THREE) * 2)
    first = see(html)
    assert all(see(html) == first for _ in range(6))
    with ThreadPoolExecutor(4) as pool:
        assert all(found == first for found in pool.map(see, [html] * benchmark_pages))


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpora is not here")
def test_pages_of_the_corpora_go_through() -> None:
    """Every fourth page: no exception, less than 10 s, clean text. `make eval` goes through all of them."""
    rows = [json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines()][::4]
    for row in rows:
        html = gzip.decompress((CORPUS / row["path"]).read_bytes()).decode("utf-8", "replace")
        begin = time.process_time()
        found = extract_safely(html, row["url"], now=NOW)
        assert isinstance(found, Extraction), (row["id"], found)
        assert time.process_time() - begin < 10, row["id"]
        assert not {"\u00ad", "\u200b", "\ufeff"} & set(found.text), row["id"]
        assert found.published_at is None or found.published_at.tzinfo is UTC, row["id"]
