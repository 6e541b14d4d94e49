"""The sample web is what the flow tests run against, so it is tested itself."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urlsplit

import feedparser
import pytest

from demo import markup, specials
from demo.content import OUTLETS, ContentError, load_articles, parse_article
from demo.response import Response, document
from demo.server import Request, SampleWeb, serve
from demo.web import FEEDS, site, specials_of, truth

FERNHILL = OUTLETS["fernhill"].feed_url


def key(url: str) -> tuple[str, str]:
    parts = urlsplit(urldefrag(url).url)
    return parts.netloc, parts.path + (f"?{parts.query}" if parts.query else "")


def entries(url: str, edition: int) -> list[dict[str, Any]]:
    """Link, title and id of each entry, the way a client reads them."""
    response = site(edition)[key(url)]
    if "json" in response.headers["Content-Type"]:
        items = json.loads(response.body)["items"]
        return [{"link": i["url"], "title": i["title"], "id": i["id"], "published": i["date_published"]} for i in items]
    parsed = feedparser.parse(response.body, response_headers={"content-type": response.headers["Content-Type"]})
    assert not parsed.bozo, (url, parsed.get("bozo_exception"))
    return [dict(entry) for entry in parsed.entries]


def working_feeds() -> list[str]:
    return [*(outlet.feed_url for outlet in OUTLETS.values()), specials.BUSINESS_FEED]


@pytest.fixture
def web() -> Iterator[SampleWeb]:
    with SampleWeb() as web:
        yield web


def get(address: str, url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    host, path = key(url)
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": host, **sent})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


# What there is


def test_enough_outlets_and_articles() -> None:
    labels = truth(1)
    assert len({label.outlet for label in labels.values()}) >= 8
    assert len(labels) >= 60
    assert {outlet.feed_format for outlet in OUTLETS.values()} == {"rss", "atom", "rdf", "json"}
    assert len({outlet.template for outlet in OUTLETS.values()}) >= 4


def test_stories_copies_and_a_follow_up() -> None:
    labels = truth(2).values()
    reprints = Counter(label.copy_of for label in labels if label.copy_of)
    assert max(reprints.values()) >= 4
    tellings = Counter(label.story for label in labels if label.story and not label.copy_of)
    assert sum(count >= 3 for count in tellings.values()) >= 3
    assert any(label.follows for label in labels)
    assert sum(label.corrected for label in labels) >= 1
    assert {"paywall", "live_blog"} <= {label.kind for label in labels}


def test_every_article_file_is_valid_and_long_enough() -> None:
    for article in load_articles():
        assert article.authors or article.agency or article.section, article.slug
        assert article.published.tzinfo is not None
        assert len(article.body.split()) >= 120, article.slug
        assert article.description and article.title
    pages = [(article.page, article.edition) for article in load_articles()]
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no front matter", "no front matter"),
        ("+++\ntitle = \n+++\nbody", "Invalid value"),
        ('+++\ntitle = "T"\nsection = "S"\n+++\nbody', "missing published, description"),
        ('+++\ntitle = "T"\nsection = "S"\ndescription = "D"\npublished = 2026-09-01T10:00:00Z\n+++\n \n', "no body"),
        ('+++\ntitle = "T"\nsection = "S"\ndescription = "D"\npublished = "soon"\n+++\nbody', "not a time"),
        (
            '+++\ntitle = "T"\nsection = "S"\ndescription = "D"\npublished = 2026-09-01\ncolour = "x"\n+++\nbody',
            "colour is unknown",
        ),
        (
            '+++\ntitle = "T"\nsection = "S"\ndescription = "D"\npublished = 2026-09-01\nedition = 3\n+++\nbody',
            "edition is 1 or 2",
        ),
    ],
)
def test_bad_article_files_are_named(text: str, says: str) -> None:
    with pytest.raises(ContentError, match=says) as caught:
        parse_article(text, "quill", "some-slug")
    assert "quill/some-slug" in str(caught.value)


def test_light_markdown() -> None:
    blocks = markup.parse("One\nline.\n\n## Head\n- a\n- b & c\n\n> said *so*")
    assert [block.kind for block in blocks] == ["p", "h2", "ul", "quote"]
    html = markup.simple_html(blocks)
    assert "<p>One line.</p>" in html
    assert "<li>b &amp; c</li>" in html
    assert "<blockquote><p>said <em>so</em></p></blockquote>" in html


# Feeds


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("url", working_feeds())
def test_feeds_parse_and_their_links_are_served(url: str, edition: int) -> None:
    found = entries(url, edition)
    assert found, url
    for entry in found:
        assert key(entry["link"]) in site(edition), entry["link"]
        assert entry["title"]
        assert entry.get("published") or entry["updated"]
    assert len({entry["id"] for entry in found}) == len(found)
    if "json" not in site(edition)[key(url)].headers["Content-Type"]:
        ET.fromstring(site(edition)[key(url)].body)


@pytest.mark.parametrize("edition", [1, 2])
def test_every_article_stands_in_a_feed(edition: int) -> None:
    listed = {entry["link"] for url in working_feeds() for entry in entries(url, edition)}
    twisted = {special.target for special in specials_of(edition) if special.link != special.target}
    assert {url for url in truth(edition) if url not in listed} == twisted & set(truth(edition))


def test_one_feed_is_in_windows_1252() -> None:
    body = site(1)[key(FERNHILL)].body
    assert body.startswith(b'<?xml version="1.0" encoding="windows-1252"?>')
    page = next(url for url, label in truth(1).items() if label.outlet == "fernhill")
    assert "windows-1252" in site(1)[key(page)].headers["Content-Type"]
    bodies = b"".join(r.body for (host, _), r in site(1).items() if host == OUTLETS["fernhill"].host)
    with pytest.raises(UnicodeDecodeError):
        bodies.decode("utf-8")


def test_two_feeds_share_articles() -> None:
    main = {entry["link"]: entry["id"] for entry in entries(OUTLETS["harborlight"].feed_url, 1)}
    business = {entry["link"]: entry["id"] for entry in entries(specials.BUSINESS_FEED, 1)}
    assert business.items() < main.items()


def test_the_broken_feed_has_no_entries() -> None:
    parsed = feedparser.parse(site(1)[key(specials.BROKEN_FEED)].body)
    assert parsed.bozo
    assert not parsed.entries


# Editions


def test_the_tree_is_the_same_in_every_process() -> None:
    code = (
        "import hashlib; from demo.web import site; h = hashlib.sha256()\n"
        "for e in (1, 2):\n"
        "    for k, r in site(e).items(): h.update(repr((k, r.status, dict(r.headers), r.body)).encode())\n"
        "print(h.hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(digests) == 1


def test_what_the_second_edition_changes() -> None:
    first, second = site(1), site(2)
    later = [article for article in load_articles() if article.edition == 2]
    outlets = {article.outlet for article in later}
    assert later
    assert set(first) < set(second)
    for outlet in OUTLETS.values():
        same = first[key(outlet.feed_url)] == second[key(outlet.feed_url)]
        assert same == (outlet.slug not in outlets), outlet.slug
    assert outlets < set(OUTLETS), "some feeds must have nothing new"
    old_pages = {url for url in truth(1) if first[key(url)] != second[key(url)]}
    assert old_pages == {article.url for article in later if article.corrects}
    assert {article.url for article in later if not article.corrects} == truth(2).keys() - truth(1).keys()


def test_new_entries_are_on_top_and_a_correction_stays_in_its_place() -> None:
    for outlet in OUTLETS.values():
        old = [entry["id"] for entry in entries(outlet.feed_url, 1)]
        new = [entry["id"] for entry in entries(outlet.feed_url, 2)]
        assert new[len(new) - len(old) :] == old, outlet.slug


def test_a_correction_changes_its_page_and_its_feed_entry() -> None:
    for article in (article for article in load_articles() if article.corrects):
        assert article.modified is not None
        assert site(1)[key(article.url)].headers["ETag"] != site(2)[key(article.url)].headers["ETag"]
        feed = OUTLETS[article.outlet].feed_url
        assert article.modified.strftime("%Y-%m-%dT%H:%M:%SZ").encode() in site(2)[key(feed)].body


def test_there_is_no_third_edition() -> None:
    with pytest.raises(ValueError, match="no edition 3"):
        site(3)


# Pages


@pytest.mark.parametrize("edition", [1, 2])
def test_no_link_leads_nowhere(edition: int) -> None:
    tree = site(edition)
    for (host, path), response in tree.items():
        if response.headers.get("Content-Type", "").startswith("text/html"):
            text = response.body.decode(response.headers["Content-Type"].rpartition("charset=")[2])
            for link in re.findall(r'(?:href|src)="(http[^"]+)"', text):
                target = key(link.replace("&amp;", "&"))
                assert target in tree, (host, path, link)
                assert target[0] == host, (path, link)


def test_pages_have_the_furniture_of_real_pages() -> None:
    for url, label in truth(1).items():
        outlet = OUTLETS[label.outlet]
        html = site(1)[key(url)].body.decode(outlet.encoding)
        assert f'<link rel="canonical" href="{url}"' in html
        assert "<style" in html and "<script" in html
        assert "cookie" in html.lower()
        assert html.count(f'href="{outlet.home}') > 10
        assert re.search(r"©|&copy;|Copyright", html)
        assert ('"isAccessibleForFree": false' in html) == (label.kind == "paywall")


def test_a_paywall_page_shows_a_teaser_only() -> None:
    walls = [article for article in load_articles() if article.kind == "paywall"]
    assert walls
    for article in walls:
        paragraphs = article.body.split("\n\n")
        html = site(1)[key(article.url)].body.decode()
        assert paragraphs[0][:60] in html
        assert paragraphs[-1][:60] not in html
        assert paragraphs[-1][:60] not in site(1)[key(OUTLETS[article.outlet].feed_url)].body.decode()


def test_also_read_lines_stand_inside_the_body() -> None:
    for article in load_articles():
        html = site(2)[key(article.url)].body.decode(OUTLETS[article.outlet].encoding)
        if article.also_read and article.kind == "article":
            assert re.search(r"also read|à lire aussi", html, re.IGNORECASE), article.slug


def test_the_french_outlet_is_french() -> None:
    url = next(url for url, label in truth(1).items() if label.outlet == "lumiere")
    html = site(1)[key(url)].body.decode()
    assert '<html lang="fr">' in html
    assert "Publié le" in html and "réactions" in html and "Les plus lus" in html
    assert "Related" not in html and "Most read" not in html


# The server


def test_the_host_map_and_the_log(web: SampleWeb) -> None:
    places = dict(part.split("=") for part in web.host_map.split(", "))
    assert set(places) == {host for host, _ in site(1)}
    assert set(places.values()) == {web.address}
    assert {urlsplit(feed).netloc for feed in FEEDS} <= set(places)
    get(web.address, FEEDS[0], User_Agent="newsfold-test")
    seen = web.requests[-1]
    assert (seen.method, seen.host, seen.path, seen.status) == ("GET", *key(FEEDS[0]), 200)
    assert seen.headers["user-agent"] == "newsfold-test"


@pytest.mark.parametrize("url", working_feeds())
def test_conditional_requests(web: SampleWeb, url: str) -> None:
    status, headers, body = get(web.address, url)
    assert (status, body) == (200, site(1)[key(url)].body)
    tag, changed = headers["etag"], headers["last-modified"]
    for condition in ({"If_None_Match": tag}, {"If_None_Match": f'"x", W/{tag}'}, {"If_Modified_Since": changed}):
        status, headers, body = get(web.address, url, **condition)
        assert (status, body) == (304, b"")
        assert headers["etag"] == tag
    for condition in (
        {"If_None_Match": '"x"', "If_Modified_Since": changed},
        {"If_Modified_Since": "Mon, 01 Jan 2024 00:00:00 GMT"},
        {"If_Modified_Since": "rubbish"},
    ):
        assert get(web.address, url, **condition)[0] == 200


def test_the_edition_can_be_set_while_it_runs(web: SampleWeb) -> None:
    tags = {url: get(web.address, url)[1]["etag"] for url in working_feeds()}
    web.edition = 2
    answers = {url: get(web.address, url, If_None_Match=tag)[0] for url, tag in tags.items()}
    news = {article.outlet for article in load_articles() if article.edition == 2}
    for outlet in OUTLETS.values():
        assert answers[outlet.feed_url] == (200 if outlet.slug in news else 304)


def test_gzip_and_head(web: SampleWeb) -> None:
    url = FEEDS[0]
    plain = get(web.address, url)[2]
    status, headers, body = get(web.address, url, Accept_Encoding="br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(body)
    assert gzip.decompress(body) == plain
    assert get(web.address, url, If_None_Match=headers["etag"])[0] == 304
    assert "content-encoding" not in get(web.address, url, Accept_Encoding="gzip;q=0")[1]
    status, headers, body = get(web.address, url, method="HEAD")
    assert (status, body, int(headers["content-length"])) == (200, b"", len(plain))


def test_what_is_odd(web: SampleWeb) -> None:
    def answer(url: str) -> tuple[int, dict[str, str], bytes]:
        return get(web.address, url)

    status, headers, _ = answer(specials.MOVED_FEED)
    assert (status, headers["location"]) == (301, FERNHILL)
    assert FERNHILL not in FEEDS and specials.MOVED_FEED in FEEDS
    assert answer(specials.GONE_FEED)[0] == 410
    assert answer("http://meridianpost.example/no-such-page")[0] == 404
    assert answer("http://unknown.example/")[0] == 404
    kinds = {special.kind: special for special in specials_of(1)}
    assert set(kinds) >= {"redirect", "tracking", "amp", "two_feeds", "paywall", "live_blog"}
    status, headers, _ = answer(kinds["redirect"].link)
    assert (status, headers["location"]) == (302, kinds["redirect"].target)
    assert "utm_source=" in kinds["tracking"].link
    assert answer(kinds["tracking"].link)[2] == answer(kinds["tracking"].target)[2]
    amp, target = answer(kinds["amp"].link)[2].decode(), kinds["amp"].target
    assert f'<link rel="canonical" href="{target}">' in amp
    assert f'<link rel="amphtml" href="{kinds["amp"].link}">' in answer(target)[2].decode()
    assert answer(kinds["missing"].link)[0] == 404
    status, headers, body = answer(kinds["pdf"].link)
    assert (status, headers["content-type"], body[:5]) == (200, "application/pdf", b"%PDF-")
    consent = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", answer(kinds["consent"].link)[2].decode(), flags=re.S)
    assert len(consent.split()) < 60
    assert "Disallow: /private/" in answer("http://news.nordkanal.example/robots.txt")[2].decode()
    assert urlsplit(kinds["robots"].link).path.startswith("/private/")


def test_every_host_has_robots_txt_and_leaves_the_articles_free() -> None:
    for host in {host for host, _ in site(1)}:
        assert site(1)[host, "/robots.txt"].body.startswith(b"User-agent: *")
    assert not any("/private/" in url for url in truth(2))


def test_connections_are_kept_and_errors_survived(web: SampleWeb) -> None:
    host, port = web.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"complete rubbish\r\n\r\n")
        assert b"400" in raw.recv(200)
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: half")
    connection = http.client.HTTPConnection(web.address, timeout=5)
    for _ in range(3):
        connection.request("GET", "/robots.txt", headers={"Host": "copperline.example"})
        used = connection.sock
        assert connection.getresponse().read().startswith(b"User-agent")
        assert connection.sock is used is not None
    connection.request("POST", "/", headers={"Host": "copperline.example"})
    assert connection.getresponse().status == 501
    connection.close()


def test_it_can_be_used_as_a_proxy(web: SampleWeb) -> None:
    connection = http.client.HTTPConnection(web.address, timeout=5)
    connection.request("GET", FEEDS[0], headers={"Host": "elsewhere.example"})
    assert connection.getresponse().read() == site(1)[key(FEEDS[0])].body
    connection.close()


def test_it_ends_at_once_with_connections_open() -> None:
    web = SampleWeb()
    with web:
        connection = http.client.HTTPConnection(web.address, timeout=5)
        connection.request("GET", "/robots.txt", headers={"Host": "copperline.example"})
        connection.getresponse().read()
        began = time.monotonic()
    assert time.monotonic() - began < 0.5
    connection.close()
    with pytest.raises(OSError):
        get(web.address, FEEDS[0])


def test_serving_a_tree_of_ones_own() -> None:
    tree = {("a.example", "/x?y=1"): document(b"hello", "text/plain")}
    with serve(tree) as server:
        assert server.host_map == f"a.example={server.address}"
        assert get(server.address, "http://a.example/x?y=1")[2] == b"hello"
        assert get(server.address, "http://a.example/x")[0] == 404


def test_serving_a_function() -> None:
    def answer(request: Request) -> Response | None:
        if request.path == "/short":
            return Response(200, {"Content-Type": "text/plain", "Content-Length": "99"}, b"cut off")
        return Response(503, {"Retry-After": "7"}) if request.path == "/busy" else None

    with serve(answer, hosts=["b.example"]) as server:
        assert server.host_map == f"b.example={server.address}"
        assert get(server.address, "http://b.example/busy")[1]["retry-after"] == "7"
        assert get(server.address, "http://b.example/other")[0] == 404
        with pytest.raises(http.client.IncompleteRead):
            get(server.address, "http://b.example/short")
        assert [request.status for request in server.requests] == [503, 404, 200]
