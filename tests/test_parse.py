"""Feeds of every format, sound and broken, into the same records."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from schemas.records import ParsedEntry, ParsedFeed, ParseFailed
from tasks.feed_dates import feed_date
from tasks.feed_items import authors
from tasks.parse import ParseChild, parse_feed, parse_feeds_safely

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://news.example/feeds/all.xml"
CORPORA = Path(__file__).parent.parent.parent / "shared" / "corpora" / "feeds"
PINNED = Path(__file__).parent / "data" / "feed_counts.json"


def parsed(body: str | bytes, content_type: str | None = None) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    found = parse_feed(data, URL, content_type, NOW)
    assert isinstance(found, ParsedFeed), found
    return found


def failed(body: bytes) -> ParseFailed:
    found = parse_feed(body, URL, None, NOW)
    assert isinstance(found, ParseFailed), found
    return found


def rss(items: str, channel: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"
    xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>News</title><link>https://news.example/</link>
    {channel}{items}</channel></rss>"""


def item(inner: str) -> ParsedEntry:
    (entry,) = parsed(rss(f"<item>{inner}</item>")).entries
    return entry


# ---------------------------------------------------------------- formats


def test_rss_20() -> None:
    feed = parsed(
        rss(
            """<item><title>One &amp;amp; <![CDATA[<b>b</b>old]]></title>
            <link>/story/1?a=1&amp;b=2</link><guid isPermaLink="false">g1</guid>
            <description>&lt;p&gt;First.&lt;/p&gt;&lt;p&gt;Second&lt;/p&gt;</description>
            <content:encoded><![CDATA[<p>All of it</p>]]></content:encoded>
            <dc:creator>Jane Roe and John Doe</dc:creator>
            <category>World</category><category> World </category><category>Asia</category>
            <pubDate>Mon, 23 Nov 2026 07:00:00 EST</pubDate></item>""",
            "<language>en-GB</language><ttl>45</ttl><skipHours><hour>0</hour><hour>23</hour></skipHours><skipDays><day>Sunday</day></skipDays>",
        )
    )
    assert (feed.format, feed.title, feed.site_url, feed.language) == ("rss20", "News", "https://news.example/", "en-GB")
    assert (feed.ttl_seconds, feed.skip_hours, feed.skip_days, feed.bozo) == (2700, (0, 23), ("Sunday",), None)
    assert feed.entries == (
        ParsedEntry(
            guid="g1",
            url="https://news.example/story/1?a=1&b=2",
            title="One & bold",
            summary="First. Second",
            content="<p>All of it</p>",
            authors=("Jane Roe", "John Doe"),
            published_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            published_as_given="Mon, 23 Nov 2026 07:00:00 EST",
            updated_at=None,
            tags=("World", "Asia"),
            language="en-GB",
        ),
    )


def test_atom_10() -> None:
    feed = parsed(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://news.example/de/">
        <title type="html">N&amp;ouml;ws</title>
        <link rel="self" href="feed.xml"/><link href="."/><updated>2026-11-23T07:00:00Z</updated>
        <entry><id>urn:1</id><title>Plain 5 &lt; 6</title><link rel="enclosure" href="a.mp3"/>
        <link rel="alternate" type="application/json" href="1.json"/>
        <link rel="alternate" type="text/html" href="1.html"/><author><name>Jane Roe</name><email>j@x.example</email></author>
        <author><name>John Doe</name></author>
        <updated>2026-11-23T08:00:00+01:00</updated><published>2026-11-22T08:00:00+01:00</published>
        <summary>Short</summary>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long</p></div></content><category term="x"/></entry>
        <entry><id>urn:2</id><title>Only updated</title><link href="https://other.example/2"/><updated>2026-11-23T09:00:00Z</updated>
        <content type="text">a &lt; b</content></entry></feed>"""
    )
    one, two = feed.entries
    assert (feed.format, feed.title, feed.language, feed.site_url) == ("atom10", "Nöws", "de", "https://news.example/de/")
    assert (one.url, one.title, one.authors) == ("https://news.example/de/1.html", "Plain 5 < 6", ("Jane Roe", "John Doe"))
    assert one.content == "<p>Long</p>" and one.summary == "Short" and one.tags == ("x",)
    assert one.published_at == datetime(2026, 11, 22, 7, tzinfo=UTC) and one.updated_at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert two.published_at == two.updated_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert two.content == "<p>a &lt; b</p>"


def test_rdf() -> None:
    feed = parsed(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel rdf:about="https://r.example/">
        <title>RDF</title><link>https://r.example/</link><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
        <item rdf:about="https://r.example/1"><title>One</title><link>https://r.example/1</link><dc:date>2026-11-23T07:00:00Z</dc:date></item></rdf:RDF>"""
    )
    assert feed.format == "rss10" and feed.ttl_seconds == 21600
    assert feed.entries[0].published_at == datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_json_feed() -> None:
    feed = parsed(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "J",
                "home_page_url": "https://j.example/",
                "language": "fr",
                "items": [
                    {
                        "id": 17,
                        "url": "/17",
                        "title": "T <i> & t",
                        "content_text": "one & two\n\nthree",
                        "authors": [{"name": "A B"}, {"url": "x"}, 3],
                        "date_published": "2026-11-23T07:00:00+01:00",
                        "tags": ["x", None, 5, "x"],
                    },
                    "no item",
                    {"content_html": "<p>x</p>", "external_url": "https://e.example/"},
                    {"id": ["odd"], "title": {"odd": 1}, "authors": "odd", "tags": "odd", "date_published": 5},
                ],
            }
        )
    )
    one, two, odd = feed.entries
    assert (feed.format, feed.language, feed.site_url) == ("json11", "fr", "https://j.example/")
    assert (one.guid, one.url, one.title) == ("17", "https://j.example/17", "T <i> & t")
    assert one.content == "<p>one &amp; two</p><p>three</p>" and one.authors == ("A B",) and one.tags == ("x",)
    assert one.published_at == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert two.guid == two.url == "https://e.example/" and odd.guid.startswith("hash:")


def test_a_json_feed_that_breaks_off_keeps_its_whole_items() -> None:
    feed = parsed('{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"}, {"id": "2"}, {"id": "3", "ti')
    assert [entry.guid for entry in feed.entries] == ["1", "2"] and feed.bozo


# ---------------------------------------------------------------- items


@pytest.mark.parametrize(
    ("inner", "url"),
    [
        ("<link>https://a.example/1</link>", "https://a.example/1"),
        ("<link> \n https://a.example/1 \n</link>", "https://a.example/1"),
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", None),
        ("<guid>17</guid>", None),
        ("<link>1.html</link>", "https://news.example/feeds/1.html"),
        ("<link>https://a.example/mit Leerzeichen</link>", "https://a.example/mit%20Leerzeichen"),
        (
            "<link>https://fb.example/~r/1</link><feedburner:origLink>https://a.example/1</feedburner:origLink>",
            "https://a.example/1",
        ),
        ("<link>javascript:alert(1)</link><title>t</title>", None),
        ("<link>mailto:a@b.example</link><title>t</title>", None),
        ("<link>data:text/html,x</link><title>t</title>", None),
        ("<link>ftp://a.example/</link><title>t</title>", None),
        ("<link>https://a.example/&#1;x</link><title>t</title>", None),
        ("<link></link><title>t</title>", None),
        ("<enclosure url='https://a.example/x.mp3' type='audio/mpeg' length='1'/><title>t</title>", None),
    ],
)
def test_links(inner: str, url: str | None) -> None:
    assert item(inner).url == url


def test_guids_fall_back_and_stay_apart() -> None:
    assert item("<link>https://a.example/1</link>").guid == "https://a.example/1"
    nameless = item("<title>Only a title</title>")
    assert nameless.guid == item("<title>Only a title</title>").guid != item("<title>Another</title>").guid
    same = parsed(
        rss(
            "<item><guid>0</guid><link>https://a.example/1</link></item><item><guid>0</guid><link>https://a.example/2</link></item>"
            "<item><guid>0</guid><link>https://a.example/2</link></item>"
        )
    )
    assert len(same.entries) == 2 and len({entry.guid for entry in same.entries}) == 2


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("AT&amp;amp;T wins", "AT&T wins"),
        ("&amp;lt;b&amp;gt;Breaking&amp;lt;/b&amp;gt; news", "Breaking news"),
        ("It&amp;#8217;s &amp;quot;on&amp;quot;", 'It’s "on"'),
        ("5 &amp;lt; 6 and 7 &amp;gt; 3", "5 < 6 and 7 > 3"),
        ("<![CDATA[<p>Two</p><p>paras</p>]]>", "Two paras"),
        ("<![CDATA[<script>alert('x')</script>Safe]]>", "Safe"),
        ("Right\u202eleft\u200b", "Rightleft"),
        ("  many \n\t blanks ", "many blanks"),
        ("Robert'); DROP TABLE entries;--", "Robert'); DROP TABLE entries;--"),
        ("", None),
    ],
)
def test_titles_are_plain_text(title: str, plain: str | None) -> None:
    assert item(f"<title>{title}</title><guid>g</guid>").title == plain


def test_a_megabyte_title_is_cut() -> None:
    assert len(item(f"<title>{'x' * 1_000_000}</title>").title or "") <= 1000


@pytest.mark.parametrize(
    ("given_names", "names"),
    [
        (["jane@x.example (Jane Roe)"], ("Jane Roe",)),
        (["Jane Roe <jane@x.example>"], ("Jane Roe",)),
        (["jane@x.example"], ()),
        (["By Jane Roe"], ("Jane Roe",)),
        (["Jane Roe, John Doe and Ann Poe"], ("Jane Roe", "John Doe", "Ann Poe")),
        (["Smith, Jane"], ("Smith, Jane",)),
        (["Reuters"], ("Reuters",)),
        (["Ministry of Trade and Industry"], ("Ministry of Trade and Industry",)),
        (["A B", "A B", None, 3, " "], ("A B",)),
    ],
)
def test_authors(given_names: list[object], names: tuple[str, ...]) -> None:
    assert authors(given_names) == names


def test_a_long_description_is_content() -> None:
    long = "<p>" + "words and words " * 100 + "</p>"
    assert item(f"<title>t</title><description><![CDATA[{long}]]></description>").content == long
    assert item("<title>t</title><description>short</description>").content is None


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1795417200", "2026-11-23T07:00:00"),
        ("1795417200000", "2026-11-23T07:00:00"),
        ("Mon, 23 Nov 2026 07:00:00 +0000", "2026-11-23T07:00:00"),
        ("Mon, 23 Nov 2026 07:00:00 GMT", "2026-11-23T07:00:00"),
        ("23 Nov 26 07:00 Z", "2026-11-23T07:00:00"),
        ("2026-11-23 07:00:00 CET", "2026-11-23T06:00:00"),
        ("Mon, 20 Jul 2026 07:00:00 BST", "2026-07-20T06:00:00"),
        ("Mon, 23 Nov 2026 07:00:00 EST", "2026-11-23T12:00:00"),
        ("Mon, 23 Nov 2026 07:00:00 PDT", "2026-11-23T14:00:00"),
        ("Mon Nov 23 07:00:00 2026", "2026-11-23T07:00:00"),
        ("Mon, 23 Nov 2026 07:00:00", "2026-11-23T07:00:00"),
        ("2026-11-23T07:00:00", "2026-11-23T07:00:00"),
        ("2026-11-23T07:00:00.123456789-05:00", "2026-11-23T12:00:00"),
        ("2026-11-23T07:00Z", "2026-11-23T07:00:00"),
        ("20261123T070000Z", "2026-11-23T07:00:00"),
        ("2026-11-23", "2026-11-23T00:00:00"),
        ("2026-11-22T24:00:00Z", "2026-11-23T00:00:00"),
        ("Mon, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59"),
        ("Mon, 23 Nov 2026 07:00:00 GMT+0200", "2026-11-23T05:00:00"),
        ("Nov 23, 2026 7:05 PM EST", "2026-11-24T00:05:00"),
        ("November 23rd, 2026 at 12:30 a.m.", "2026-11-23T00:30:00"),
        ("23. März 2026, 07:15 Uhr", "2026-03-23T07:15:00"),
        ("lundi 23 novembre 2026 - 07:00", "2026-11-23T07:00:00"),
        ("mar, 17 mar 2026 10:00:00 +0100", "2026-03-17T09:00:00"),
        ("пн, 23 ноя 2026 07:00:00 +0300", "2026-11-23T04:00:00"),
        ("23.11.2026 07:30", "2026-11-23T07:30:00"),
        ("23/11/2026 07:30", "2026-11-23T07:30:00"),
        ("11/23/2026 07:30", "2026-11-23T07:30:00"),
        ("2026年11月23日 07:00", "2026-11-23T07:00:00"),
        # no dates: impossible, ambiguous, too old, too far ahead, or words
        ("2026-13-01T00:00:00Z", None),
        ("30 Feb 2026 10:00:00 GMT", None),
        ("Mon, 23 Nov 2026 25:00:00 GMT", None),
        ("Mon, 23 Nov 2026 07:00:00 +9999", None),
        ("03/04/2026", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("0000-00-00 00:00:00", None),
        ("2026-11-26T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text: str | None, instant: str | None) -> None:
    assert feed_date(text, NOW) == (datetime.fromisoformat(instant + "+00:00") if instant else None)


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="0123456789-/:.,T +ZJanGMTESpm", max_size=40))
def test_no_text_makes_the_date_reader_raise(text: str) -> None:
    found = feed_date(text, NOW)
    assert found is None or found.tzinfo is UTC


def test_what_was_given_is_kept_even_when_it_is_no_date() -> None:
    entry = item("<title>t</title><pubDate>31 Smarch 2026</pubDate>")
    assert entry.published_at is None and entry.published_as_given == "31 Smarch 2026"


# ---------------------------------------------------------------- broken and hostile


def test_a_broken_feed_keeps_what_it_holds_and_says_what_is_wrong() -> None:
    whole = rss(
        "".join(f"<item><title>T{number} &nbsp; &</title><link>https://a.example/{number}</link></item>" for number in range(5))
    )
    for body in (whole, whole[: whole.index("T4")], "\n\n" + whole, whole.replace("</channel>", "")):
        feed = parsed(body)
        assert len(feed.entries) >= 4 and feed.bozo
        assert feed.entries[0].url == "https://a.example/0"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Reason.BROKEN_FEED),
        (b"  \n", Reason.BROKEN_FEED),
        (b"just words", Reason.BROKEN_FEED),
        (b"\x89PNG\r\n\x1a\n\0\0\0", Reason.BROKEN_FEED),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", Reason.BROKEN_FEED),
        (b"<rss version='2.0'><channel><title>cut of", Reason.BROKEN_FEED),
        (b'{"a": 1}', Reason.BROKEN_FEED),
        (b'{"a": ', Reason.BROKEN_FEED),
        (b"[" * 100_000, Reason.BROKEN_FEED),
        (b"<!DOCTYPE html><html><head><title>x</title></head></html>", Reason.HTML_INSTEAD_OF_FEED),
        (
            b"<?xml version='1.0'?><!-- <rss> --><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
            Reason.HTML_INSTEAD_OF_FEED,
        ),
        (b"<html><body>See our &lt;rss&gt; <rss></rss></body></html>", Reason.HTML_INSTEAD_OF_FEED),
        ("<!doctype html><html></html>".encode("utf-16"), Reason.HTML_INSTEAD_OF_FEED),
        (b"x" * (10 * 1024 * 1024 + 1), Reason.TOO_LARGE),
        (gzip.compress(b" " * 20_000_000, mtime=0), Reason.TOO_LARGE),
        (gzip.compress(b"<rss/>", mtime=0)[:-5], Reason.BAD_ENCODING),
        (b"/etc/passwd", Reason.BROKEN_FEED),
        (b"https://news.example/feed.xml", Reason.BROKEN_FEED),
    ],
)
def test_what_is_no_feed_has_its_reason(body: bytes, expected: Reason) -> None:
    assert failed(body).reason is expected


def test_a_sound_feed_without_items_is_a_feed() -> None:
    assert parsed(rss("")).entries == ()


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(codec: str) -> None:
    body = rss("<item><title>Grüße “x”</title></item>").replace('encoding="UTF-8"', f'encoding="{codec.removesuffix("-sig")}"')
    assert parsed(body.encode(codec)).entries[0].title == "Grüße “x”"


@pytest.mark.parametrize(
    "content_type", [None, "text/xml", "text/xml; charset=iso-8859-1", "application/rss+xml; charset=utf-16"]
)
def test_utf8_is_read_whatever_the_header_says(content_type: str | None) -> None:
    assert parsed(rss("<item><title>Grüße</title></item>"), content_type).entries[0].title == "Grüße"


def test_the_header_names_the_characters_that_the_feed_does_not() -> None:
    body = "<rss version='2.0'><channel><item><title>Привет</title></item></channel></rss>".encode("cp1251")
    assert parsed(body, "text/xml; charset=windows-1251").entries[0].title == "Привет"


def test_only_the_first_5000_of_100000_items_are_kept_in_little_time() -> None:
    started = time.monotonic()
    feed = parsed(rss("".join(f"<item><guid>{number}</guid></item>" for number in range(100_000))))
    assert len(feed.entries) == 5000 and feed.entries[0].guid == "0" and feed.bozo is None
    assert time.monotonic() - started < 10


def test_entities_do_no_harm(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP SECRET")
    external = rss("<item><title>a&x;b</title><guid>g</guid></item>").replace(
        "<rss", f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]><rss', 1
    )
    found = parse_feed(external.encode(), URL, None, NOW)
    assert "TOP SECRET" not in repr(found)
    bomb = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 10))
    body = rss("<item><title>&e9;</title></item>").replace("<rss", f'<!DOCTYPE rss [<!ENTITY e0 "lol">{bomb}]><rss', 1)
    started = time.monotonic()
    assert len(repr(parse_feed(body.encode(), URL, None, NOW))) < 10_000
    assert time.monotonic() - started < 30


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet="<>/=\"'&;![]?- rsfeditmlkx{}:,0\n", max_size=400).map(str.encode))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    for start in (
        b"",
        b"<rss version='2.0'><channel><item><title>",
        b'{"version":"https://jsonfeed.org/version/1.1","items":[',
        b"<feed><entry>",
    ):
        assert isinstance(parse_feed(start + body, URL, None, NOW), (ParsedFeed, ParseFailed))


# ---------------------------------------------------------------- in the child


@pytest.fixture(scope="module")
def child() -> Iterator[ParseChild]:
    with ParseChild() as running:
        yield running


def test_the_child_gives_the_same_as_the_plain_function_and_is_used_again(child: ParseChild) -> None:
    bodies = [rss(f"<item><title>{number}</title></item>").encode() for number in range(5)] + [b"", b"<html>"]
    done: list[int] = []
    found = parse_feeds_safely([(body, URL, None, NOW) for body in bodies], 20.0, child=child, on_done=done.append)
    assert found == [parse_feed(body, URL, None, NOW) for body in bodies] and done == [1, 2, 3, 4, 5, 6, 7]
    before = child.pid
    parse_feeds_safely([(bodies[0], URL, None, NOW)], 20.0, child=child)
    assert child.pid == before
    assert parse_feeds_safely([], 1.0) == []


def test_a_feed_that_takes_too_long_is_ended_and_the_next_one_lives(child: ParseChild) -> None:
    good = (rss("<item><title>x</title></item>").encode(), URL, None, NOW)
    parse_feeds_safely([good], 20.0, child=child)
    before, started = child.pid, time.monotonic()
    # A feed with 4,000 items takes seconds.
    heavy = rss(
        "".join(f"<item><guid>{number}</guid><description>{'<p>x</p>' * 200}</description></item>" for number in range(4500))
    )
    late = child.parse((heavy.encode(), URL, None, NOW), 0.3)
    assert isinstance(late, ParseFailed) and late.reason is Reason.PARSE_TIMEOUT
    assert time.monotonic() - started < 3
    assert isinstance(child.parse(good, 20.0), ParsedFeed) and child.pid != before


def test_a_child_that_was_killed_while_idle_is_replaced(child: ParseChild) -> None:
    good = (rss("<item><title>x</title></item>").encode(), URL, None, NOW)
    child.parse(good, 20.0)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert isinstance(child.parse(good, 20.0), ParsedFeed)


def test_the_child_ends_with_its_parent_and_knows_no_prefect() -> None:
    code = """
import sys, time
from datetime import datetime, UTC
from tasks.parse_safely import ParseChild
child = ParseChild()
child.parse((b"<rss version='2.0'><channel/></rss>", "http://x.example/", None, datetime.now(UTC)), 20.0)
assert "feedparser" not in sys.modules and "prefect" not in sys.modules
print(child.pid, flush=True)
time.sleep(60)
"""
    root = Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        maps = Path(f"/proc/{pid}/maps")
        if maps.exists():
            assert "prefect" not in maps.read_text()
        parent.kill()
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().split()[2] == "Z":
            return  # ended; nobody has collected it yet
        time.sleep(0.1)
    pytest.fail("the child outlived its parent")


# ---------------------------------------------------------------- the corpora


def facts(found: ParsedFeed | ParseFailed) -> dict[str, int | str]:
    if isinstance(found, ParseFailed):
        return {"failed": str(found.reason)}
    entries = found.entries
    return {
        "entries": len(entries),
        "urls": sum(entry.url is not None for entry in entries),
        "titles": sum(entry.title is not None for entry in entries),
        "dates": sum(entry.published_at is not None for entry in entries),
        "authors": sum(bool(entry.authors) for entry in entries),
        "contents": sum(entry.content is not None for entry in entries),
    }


@pytest.mark.corpora
def test_real_feeds_keep_what_they_hold() -> None:
    real = CORPORA / "real"
    if not real.is_dir():
        pytest.skip(f"{real} is absent")
    paths = sorted(path for path in real.rglob("*") if path.is_file())
    found = {path.relative_to(real).as_posix(): facts(parse_feed(path.read_bytes(), URL, None, NOW)) for path in paths}
    assert len(found) == 88
    if os.environ.get("NEWSFOLD_PIN"):
        PINNED.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
    assert found == json.loads(PINNED.read_text())


@pytest.mark.corpora
def test_other_parsers_test_files_do_not_raise() -> None:
    suites = CORPORA / "suites"
    if not suites.is_dir():
        pytest.skip(f"{suites} is absent")
    ends: dict[str, int] = {}
    for path in sorted(path for path in suites.rglob("*.xml") if path.is_file()):
        found = parse_feed(path.read_bytes(), URL, None, NOW)
        ends[type(found).__name__] = ends.get(type(found).__name__, 0) + 1
        if isinstance(found, ParsedFeed):
            guids = [entry.guid for entry in found.entries]
            assert len(set(guids)) == len(guids) and all(guids), path.name
            assert {field.name for field in fields(ParsedEntry)} >= {"guid", "url"}
    # The few are empty files, feeds' own formats from before RSS, and a test of an empty document.
    assert ends["ParsedFeed"] >= 2_600 and ends["ParseFailed"] <= 12
