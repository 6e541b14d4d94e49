"""The sources of backfills, each against a server of ours whose answers have the shapes of the real ones."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from demo.response import Response, plain
from demo.server import Request as Asked
from demo.server import serve
from flows import archives, captures
from schemas.backfill import Document, Found, Listing, Request, Source, Step, Target, Window
from schemas.reasons import Reason
from schemas.records import Entry, Fetched, FetchFailed, Validators
from schemas.settings import Settings
from tasks import archive_read
from tasks.sources import ADAPTERS, decide, feed_archive, first_steps, internet_archive, sitemap, url_list, warc, wordpress
from tasks.workers import workers

HOST = "harbour.example"
SITE = f"http://{HOST}/"
ARCHIVE = "web.archive.example"
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
TARGET = Target(7, "Harbour News", f"http://{HOST}/feed/", SITE)
ALL = Window()
SUMMER = Window(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))


@contextmanager
def walk(
    tmp_path: Path, answer: Callable[[Asked], Response | None], source: Source, window: Window = ALL, target: Target = TARGET
) -> Iterator[tuple[archives.DryBook, list[Asked]]]:
    """The whole search of a target by the flow's own code, fetches and all."""
    with serve(answer, [HOST, ARCHIVE]) as server:
        settings = Settings(home=tmp_path / "home", gap_seconds=0, host_map=server.host_map, wayback_url=f"http://{ARCHIVE}")
        request = Request((target,), source, window, None, None, 0)
        book = archives.DryBook(settings, request, archives.beginnings(settings, request))
        archives.read_archives(settings, request, book)
        yield book, server.requests


def paths(requests: list[Asked]) -> list[str]:
    return [request.path for request in requests if request.path != "/robots.txt"]


def document(body: bytes, step: Step, **headers: str) -> Document:
    return Document(step, step.url, NOW, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


# ---------------------------------------------------------------- feed archives (RFC 5005)


def rss(numbers: list[int], link: str = "", rel: str = "prev-archive") -> Response:
    items = "".join(
        f"<item><guid>{n}</guid><title>No {n}</title><link>{SITE}{n}</link><pubDate>{n:02} Aug 2026 10:00:00 GMT</pubDate></item>"
        for n in numbers
    )
    onward = f'<atom:link rel="{rel}" href="{link}"/>' if link else ""
    text = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Harbour News</title>'
        f"{onward}{items}</channel></rss>"
    )
    return plain(200, text, "application/rss+xml")


def test_archived_feeds_are_followed_back(tmp_path: Path) -> None:
    pages = {"/feed/": rss([30, 29], "/old/3.xml"), "/old/3.xml": rss([12, 11], "2.xml"), "/old/2.xml": rss([2, 1])}
    with walk(tmp_path, lambda asked: pages.get(asked.path), Source.FEED_ARCHIVE) as (book, requests):
        assert list(book.found) == [f"{SITE}{n}" for n in (30, 29, 12, 11, 2, 1)]
        assert paths(requests) == ["/feed/", "/old/3.xml", "/old/2.xml"]


def test_paged_feeds_stop_behind_the_first_day_asked_for_and_at_circles(tmp_path: Path) -> None:
    pages = {
        "/feed/": rss([30, 29], f"{SITE}feed/?p=2", "next"),
        "/feed/?p=2": rss([20, 19], f"{SITE}feed/?p=3", "next"),
        "/feed/?p=3": rss([10, 9], f"{SITE}feed/?p=4", "next"),
        "/feed/?p=4": rss([3], f"{SITE}feed/", "next"),
    }
    late = Window(datetime(2026, 8, 15, tzinfo=UTC), datetime(2026, 8, 30, tzinfo=UTC))
    with walk(tmp_path, lambda asked: pages.get(asked.path), Source.FEED_ARCHIVE, late) as (book, requests):
        assert list(book.found) == [f"{SITE}{n}" for n in (29, 20, 19)]
        assert paths(requests) == ["/feed/", "/feed/?p=2", "/feed/?p=3"]
    with walk(tmp_path, lambda asked: pages.get(asked.path), Source.FEED_ARCHIVE) as (book, requests):
        assert len(book.found) == 7 and paths(requests) == list(pages)


def test_onward_links() -> None:
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="?p=2"/><link rel="prev-archive" href="/a/1"/></feed>'
    )
    assert feed_archive.onward_link(atom, SITE) == f"{SITE}a/1"
    assert feed_archive.onward_link(b'{"version": "x", "next_url": "/feed.json?page=2"}', SITE) == f"{SITE}feed.json?page=2"
    in_entry = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="next" href="/no"/></entry></feed>'
    assert feed_archive.onward_link(in_entry, SITE) is None
    bomb = b'<!DOCTYPE feed [<!ENTITY a "b">]><feed><link rel="next" href="&a;"/></feed>'
    assert feed_archive.onward_link(bomb, SITE) is None


def test_a_feed_that_leads_to_another_site_is_not_followed(tmp_path: Path) -> None:
    pages = {"/feed/": rss([30], "http://elsewhere.example/1.xml", "next")}
    with walk(tmp_path, lambda asked: pages.get(asked.path), Source.FEED_ARCHIVE) as (book, requests):
        assert list(book.found) == [f"{SITE}30"] and paths(requests) == ["/feed/"]


# ---------------------------------------------------------------- WordPress


def post(number: int) -> dict[str, object]:
    at = f"2026-{1 + number // 28:02}-{1 + number % 28:02}T08:00:00"
    return {
        "id": number,
        "date_gmt": at,
        "modified_gmt": at,
        "guid": {"rendered": f"{SITE}?p={number}"},
        "link": f"{SITE}2026/{number}/",
        "status": "publish",
        "type": "post",
        "title": {"rendered": f"Tide &#8211; number {number}"},
        "excerpt": {"rendered": "<p>Short.</p>\n", "protected": False},
        "content": {"rendered": "<p>Long.</p>", "protected": False},
    }


def wordpress_site(asked: Asked) -> Response | None:
    """235 posts; answers as WordPress does."""
    parts = urlsplit(asked.path)
    if parts.path != "/wp-json/wp/v2/posts":
        return None
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    after, before = query.get("after", "1990"), query.get("before", "2100")
    chosen = [row for n in range(235) if after < str((row := post(n))["date_gmt"]) < before]
    size, page = int(query["per_page"]), int(query["page"])
    pages = -(-len(chosen) // size)
    if page > pages:
        error = {"code": "rest_post_invalid_page_number", "message": "…", "data": {"status": 400}}
        return plain(400, json.dumps(error), "application/json; charset=UTF-8")
    answer = plain(200, json.dumps(chosen[(page - 1) * size : page * size]), "application/json; charset=UTF-8")
    return Response(200, {**answer.headers, "X-WP-Total": str(len(chosen)), "X-WP-TotalPages": str(pages)}, answer.body)


def test_wordpress_rest_is_paged_to_its_end_and_filtered_by_the_server(tmp_path: Path) -> None:
    with walk(tmp_path, wordpress_site, Source.WORDPRESS) as (book, requests):
        assert len(book.found) == 235
        assert [parse_qs(urlsplit(path).query)["page"] for path in paths(requests)] == [["1"], ["2"], ["3"]]
        first = book.found[f"{SITE}2026/0/"].entry
    assert (first.guid, first.title, first.summary) == (f"{SITE}?p=0", "Tide – number 0", "Short.")
    assert (first.content, first.published_at) == ("<p>Long.</p>", datetime(2026, 1, 1, 8, tzinfo=UTC))
    with walk(tmp_path, wordpress_site, Source.WORDPRESS, SUMMER) as (book, requests):
        assert 80 < len(book.found) < 95 and len(paths(requests)) == 1
        assert all(SUMMER.may_hold(found.entry.published_at) for found in book.found.values())


def test_a_wordpress_that_closes_its_api_still_pages_its_feed(tmp_path: Path) -> None:
    pages = {"/feed/?paged=1": rss([9, 8]), "/feed/?paged=2": rss([7, 6]), "/feed/?paged=3": rss([5])}

    def answer(asked: Asked) -> Response | None:
        if asked.path.startswith("/wp-json/"):
            return plain(401, json.dumps({"code": "rest_not_logged_in"}), "application/json")
        return pages.get(asked.path)

    with walk(tmp_path, answer, Source.WORDPRESS) as (book, requests):
        assert list(book.found) == [f"{SITE}{n}" for n in (9, 8, 7, 6, 5)]
        assert paths(requests)[-1] == "/feed/?paged=4"


def test_a_server_that_knows_no_pages_is_asked_twice_only(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Response | None:
        return rss([9, 8]) if asked.path.startswith("/feed/") else None

    with walk(tmp_path, answer, Source.WORDPRESS) as (book, requests):
        assert [path for path in paths(requests) if "paged" in path] == ["/feed/?paged=1", "/feed/?paged=2"]
        assert len(book.found) == 2


@pytest.mark.parametrize("body", [b"<html>login</html>", b'{"code": "rest_no_route"}', b"[1, 2]", b"[" * 100_000])
def test_what_is_no_list_of_posts_is_no_wordpress(body: bytes) -> None:
    (step,) = wordpress.starts(TARGET, ALL, "")
    assert not wordpress.read(document(body, step), TARGET, ALL).offered


# ---------------------------------------------------------------- sitemaps

_NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
INDEX = f"""<?xml version="1.0" encoding="UTF-8"?><sitemapindex {_NS}>
<sitemap><loc>{SITE}post-sitemap.xml</loc><lastmod>2026-09-01T10:00:00+00:00</lastmod></sitemap>
<sitemap><loc>{SITE}post-sitemap-2019.xml</loc><lastmod>2019-12-31</lastmod></sitemap>
<sitemap><loc>{SITE}news.xml.gz</loc></sitemap>
<sitemap><loc>{SITE}category-sitemap.xml</loc></sitemap>
<sitemap><loc>{SITE}wp-sitemap-users-1.xml</loc></sitemap>
<sitemap><loc>http://elsewhere.example/sitemap.xml</loc></sitemap></sitemapindex>"""
POSTS = f"""<?xml version="1.0"?><urlset {_NS}><url><loc>{SITE}</loc></url>
<url><loc>{SITE}old</loc><lastmod>2026-05-02</lastmod></url><url><loc>{SITE}new</loc><lastmod>2026-07-02T09:00Z</lastmod></url>
<url><loc>{SITE}undated?a=1&amp;b=2</loc></url><url><loc>{SITE}photo.jpg</loc></url>
<url><loc>http://elsewhere.example/x</loc></url></urlset>"""
NEWS = f"""<?xml version="1.0"?><urlset {_NS}><url><loc>{SITE}breaking</loc><news:news><news:publication>
<news:name>Harbour News</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-08-30T22:15:00+02:00</news:publication_date>
<news:title>Crane &amp; quay</news:title></news:news></url>
<url><loc>{SITE}late</loc><news:news><news:publication_date>2026-09-15</news:publication_date></news:news></url></urlset>"""


def sitemap_site(asked: Asked) -> Response | None:
    return {
        "/robots.txt": plain(200, f"User-agent: *\nDisallow: /x\nSITEMAP: {SITE}index.xml\n"),
        "/index.xml": plain(200, INDEX, "application/xml"),
        "/post-sitemap.xml": plain(200, POSTS, "text/xml"),
        "/news.xml.gz": Response(200, {"Content-Type": "application/x-gzip"}, gzip.compress(NEWS.encode())),
    }.get(asked.path)


def test_sitemap_indexes_news_and_gzip(tmp_path: Path) -> None:
    with walk(tmp_path, sitemap_site, Source.SITEMAP, SUMMER) as (book, requests):
        assert sorted(book.found) == [f"{SITE}breaking", f"{SITE}new", f"{SITE}undated?a=1&b=2"]
        assert paths(requests) == ["/index.xml", "/post-sitemap.xml", "/news.xml.gz"]
        news, plain_one = book.found[f"{SITE}breaking"].entry, book.found[f"{SITE}new"]
    assert (news.title, news.language) == ("Crane & quay", "en")
    assert news.published_at == datetime(2026, 8, 30, 20, 15, tzinfo=UTC)
    # When a page last changed is no publication date.
    assert plain_one.entry.published_at is None and plain_one.latest == datetime(2026, 7, 2, 9, tzinfo=UTC)


def test_sitemaps_at_the_usual_places_and_as_plain_text(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Response | None:
        if asked.path == "/wp-sitemap.xml":
            return plain(200, f"{SITE}one\n{SITE}two\n")
        return plain(200, "<html>home</html>", "text/html") if asked.path == "/sitemap.xml" else None

    with walk(tmp_path, answer, Source.SITEMAP) as (book, requests):
        assert list(book.found) == [f"{SITE}one", f"{SITE}two"]
        assert paths(requests) == ["/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml"]


def test_hostile_sitemaps_list_nothing() -> None:
    step = Step(7, Source.SITEMAP, "sitemap", f"{SITE}sitemap.xml", root=True)
    bomb = b'<!DOCTYPE u [<!ENTITY a "http://harbour.example/a">]><urlset><url><loc>&a;</loc></url></urlset>'
    for body in (bomb, gzip.compress(b"\0" * (60 * 1024 * 1024)), b"\x1f\x8b\x08broken", b"", b"<urlset>" * 10_000):
        assert sitemap.read(document(body, step), TARGET, ALL).items == ()


# ---------------------------------------------------------------- the Internet Archive


def cdx(asked: Asked) -> Response | None:
    """Two pages of an index, the key of the second in the last row of the first."""
    if not asked.path.startswith("/cdx/search/cdx?") or asked.host != ARCHIVE:
        return None
    names = ["timestamp", "original", "mimetype", "statuscode"]
    rows = [
        ["20260615120000", f"http://{HOST}:80/story-1", "text/html", "200"],
        ["20190101000000", f"http://{HOST}/ancient", "text/html", "200"],
        ["20260901120000", f"https://www.{HOST}/story-2?utm_source=x", "text/html", "200"],
        ["20260901120001", f"http://{HOST}/feed/", "text/html", "200"],
        ["20260901120001", f"http://{HOST}/", "text/html", "200"],
        ["20260901120002", "http://not-harbour.example/story", "text/html", "200"],
    ]
    if "resumeKey=" in asked.path:
        return plain(
            200, json.dumps([names, ["20260902000000", f"http://{HOST}/story-3", "text/html", "200"]]), "application/json"
        )
    return plain(200, json.dumps([names, *rows, [], ["example%2Charbour%29%2Fz+20260902000000"]]), "application/json")


def test_captures_of_the_internet_archive(tmp_path: Path) -> None:
    with walk(tmp_path, cdx, Source.INTERNET_ARCHIVE, Window(datetime(2026, 6, 1, tzinfo=UTC))) as (book, requests):
        found = book.found
        asked = [parse_qs(urlsplit(request.path).query) for request in requests if request.path.startswith("/cdx")]
    assert list(found) == [f"http://{HOST}/story-1", f"https://www.{HOST}/story-2", f"http://{HOST}/story-3"]
    one = found[f"http://{HOST}/story-1"]
    assert one.fetch_url == f"http://{ARCHIVE}/web/20260615120000id_/http://{HOST}:80/story-1"
    assert one.entry.published_at is None and one.latest == datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert asked[0]["filter"] == ["statuscode:200", "mimetype:text/html"]
    assert asked[0]["from"] == ["20260601000000"] and asked[0]["matchType"] == ["domain"]
    assert asked[1]["resumeKey"] == ["example,harbour)/z 20260902000000"]


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>busy</html>", b'{"a": 1}', b'[["timestamp"], [], []]', b"[[], null, 3]"])
def test_odd_answers_of_the_index_list_nothing(body: bytes) -> None:
    (step,) = internet_archive.starts(TARGET, ALL, f"http://{ARCHIVE}")
    read = internet_archive.read(document(body, step), TARGET, ALL)
    assert read.items == () and read.more == ()


ENTRY = Entry(5, 7, "g", f"http://{HOST}/story-1", None, (), None, None, fetch_url=f"http://{ARCHIVE}/web/20260615id_/x")


def test_a_capture_is_read_as_the_original() -> None:
    final = f"https://{ARCHIVE}/web/20260614093000id_/https://www.{HOST}/story-1-renamed"
    headers = (
        ("content-type", "text/html"),
        ("server", "nginx"),
        ("x-archive-orig-server", "Apache"),
        ("x-archive-orig-tdm-reservation", "1"),
    )
    came = Fetched(5, ENTRY.fetch_url or "", final, 200, headers, b"<p>", NOW, Validators("e"), moved_to=final)
    read = captures.as_original(ENTRY, came)
    assert isinstance(read, Fetched)
    assert (read.url, read.final_url) == (ENTRY.url, f"https://www.{HOST}/story-1-renamed")
    assert (read.header("server"), read.header("tdm-reservation"), read.validators, read.moved_to) == (
        "Apache",
        "1",
        Validators(),
        None,
    )
    away = captures.as_original(ENTRY, Fetched(5, "", f"https://{ARCHIVE}/", 200, (), b"", NOW, Validators()))
    assert isinstance(away, FetchFailed) and away.reason is Reason.NOT_FOUND
    posing = f"https://elsewhere.example/web/20260614093000id_/https://{HOST}/story-1"
    away = captures.as_original(ENTRY, Fetched(5, "", posing, 200, (), b"", NOW, Validators()))
    assert isinstance(away, FetchFailed)  # what another host says is no capture, however its address looks
    lost = captures.as_original(ENTRY, FetchFailed(5, "x", "y", Reason.NOT_FOUND, "gone", NOW))
    assert (lost.url, lost.final_url) == (ENTRY.url, ENTRY.url)


@pytest.mark.parametrize(
    ("capture", "original"),
    [
        ("https://web.archive.org/web/20260101000000id_/https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://web.archive.org/web/20260101/http:/a.example/x", "http://a.example/x"),
        ("https://web.archive.org/about", None),
    ],
)
def test_the_original_of_a_capture(capture: str, original: str | None) -> None:
    assert internet_archive.original_of(capture) == original


# ---------------------------------------------------------------- web archive files


def write_warc(path: Path | io.BytesIO, records: list[tuple[str, str, str, bytes, str]], *, packed: bool = True) -> None:
    """(type, address, date, body, content type)."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "crawler/1.0"}))
    for kind, url, at, plain_body, content_type in records:
        body = gzip.compress(plain_body) if kind == "packed" else plain_body
        status, extra = ("404 Not Found", []) if kind == "missing" else ("200 OK", [])
        if kind == "packed":
            extra = [("Content-Encoding", "gzip")]
        http = StatusAndHeaders(status, [("Content-Type", content_type), *extra], protocol="HTTP/1.1")
        if kind == "request":
            http = StatusAndHeaders("GET / HTTP/1.1", [("Host", HOST)], is_http_request=True)
        record = writer.create_warc_record(
            url, "request" if kind == "request" else "response", payload=io.BytesIO(body), http_headers=http,
            warc_headers_dict={"WARC-Date": at},
        )  # fmt: skip
        writer.write_record(record)
    if isinstance(path, Path):
        path.write_bytes(buffer.getvalue())
    else:
        path.write(buffer.getvalue())


RECORDS = [
    ("request", f"{SITE}one", "2026-06-15T12:00:00Z", b"", ""),
    ("response", f"{SITE}one", "2026-06-15T12:00:00Z", b"<html>one</html>", "text/html; charset=utf-8"),
    ("response", f"{SITE}photo", "2026-06-15T12:00:01Z", b"GIF8", "image/gif"),
    ("missing", f"{SITE}gone", "2026-06-15T12:00:02Z", b"<html>no</html>", "text/html"),
    ("packed", "http://other.example/two", "2026-07-01T00:00:00Z", b"<html>two</html>", "text/html"),
    ("response", f"{SITE}ancient", "2019-06-15T12:00:00Z", b"<html>old</html>", "text/html"),
]


def read_file(path: Path, window: Window = ALL, site: str | None = None) -> dict[str, Found]:
    """All that a file or folder lists, by the flow's own code."""
    settings = Settings(home=path.parent / "home", gap_seconds=0)
    target = Target(3, path.name, None, site, str(path))
    request = Request((target,), Source.WARC, window, None, None, 0)
    book = archives.DryBook(settings, request, archives.beginnings(settings, request))
    assert archives.read_archives(settings, request, book) == 0
    assert book.seconds() == 0
    return book.found


def body_of(found: Found) -> bytes:
    outcome = captures.from_disk(Entry(1, 3, "g", found.entry.url or "", None, (), None, None, fetch_url=found.fetch_url), NOW)
    assert isinstance(outcome, Fetched)
    return outcome.body


@pytest.mark.parametrize("packed", [True, False])
def test_pages_in_a_warc_file(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_read.part, "__defaults__", (2,))  # small parts: the offsets must lead on
    path = tmp_path / ("news.warc.gz" if packed else "news.warc")
    write_warc(path, RECORDS, packed=packed)
    found = read_file(path)
    assert list(found) == [f"{SITE}one", "http://other.example/two", f"{SITE}ancient"]
    assert [body_of(item) for item in found.values()] == [b"<html>one</html>", b"<html>two</html>", b"<html>old</html>"]
    assert found[f"{SITE}one"].entry.published_at is None
    assert list(read_file(path, SUMMER, SITE)) == [f"{SITE}one"]


def test_folders_and_wacz(tmp_path: Path) -> None:
    folder = tmp_path / "crawl"
    folder.mkdir()
    inner = io.BytesIO()
    write_warc(inner, RECORDS)
    with zipfile.ZipFile(folder / "site.wacz", "w") as package:
        package.writestr("datapackage.json", json.dumps({"profile": "data-package", "wacz_version": "1.1.1"}))
        package.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n')
        package.writestr("indexes/index.cdx.gz", b"")
        package.writestr("archive/data.warc.gz", inner.getvalue())
    write_warc(
        folder / "more.warc.gz", [("response", f"{SITE}three", "2026-08-01T00:00:00Z", b"<html>three</html>", "text/html")]
    )
    (folder / "broken.wacz").write_bytes(b"PK no zip")
    (folder / "notes.txt").write_text("not an archive")
    found = read_file(folder)
    assert sorted(found) == sorted([f"{SITE}one", "http://other.example/two", f"{SITE}ancient", f"{SITE}three"])
    assert body_of(found["http://other.example/two"]) == b"<html>two</html>"
    assert "!archive/data.warc.gz#" in (found[f"{SITE}one"].fetch_url or "")


def test_a_torn_file_gives_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "torn.warc.gz"
    write_warc(path, RECORDS)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 60])
    assert f"{SITE}one" in read_file(path)
    path.write_bytes(b"no archive at all" * 100)
    assert archive_read.part(str(path), 0).heads == ()
    assert archive_read.capture(f"{path}#0") is None
    assert isinstance(
        captures.from_disk(Entry(1, 3, "g", SITE, None, (), None, None, fetch_url="warc:/no/file#0"), NOW), FetchFailed
    )


# ---------------------------------------------------------------- lists of addresses


@pytest.mark.parametrize(
    "text",
    [
        f"{SITE}1\n\n# a note\n{SITE}2\nno address\n",
        f'\ufeffid,URL,publish_date,Title\n1,{SITE}1,2026-07-01,"One, first"\n2,{SITE}2,,\n3,,2026-07-01,none\n',
        f"title;link;published\nOne;{SITE}1;2026-07-01\nTwo;{SITE}2;\n",
        f"url\ttitle\n{SITE}1\tOne\n{SITE}2\tTwo\n",
        f'{{"url": "{SITE}1", "published_at": "2026-07-01T10:00:00Z"}}\n{{"url": "{SITE}2"}}\n{{broken\n{{"url": 7}}\n',
        f'[{{"link": "{SITE}1", "date": "2026-07-01"}},\n "{SITE}2", 7, null]',
        f"{SITE}1\r\n{SITE}2\r\n",
    ],
)
def test_lists_of_addresses(text: str) -> None:
    target = Target(3, "list", None, None, "/tmp/list")
    (step,) = url_list.starts(target, ALL, "")
    read = url_list.read(document(text.encode(), step), target, ALL)
    assert [found.entry.url for found in read.items] == [f"{SITE}1", f"{SITE}2"]
    assert read.offered and read.more == ()


def test_long_lists_are_read_in_parts() -> None:
    target = Target(3, "list", None, None, "/tmp/list")
    text = "".join(f"{SITE}{n}\n" for n in range(url_list.LINES + 3)).encode()
    (step,) = url_list.starts(target, ALL, "")
    one = url_list.read(document(text, step), target, ALL)
    (second,) = one.more
    two = url_list.read(document(text, second), target, ALL)
    assert len(one.items) == url_list.LINES and [found.entry.url for found in two.items] == [
        f"{SITE}{url_list.LINES + n}" for n in range(3)
    ]
    assert two.more == ()


def test_a_long_list_is_taken_apart_once_whatever_the_number_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = list[int]()
    rows = url_list._rows

    def counted(text: str) -> Iterator[dict[str, str]]:
        taken.append(len(text))
        return rows(text)

    monkeypatch.setattr(url_list, "_rows", counted)
    body = "\n".join(f"https://a.example/{number}" for number in range(4 * url_list.LINES + 7)).encode()
    target = Target(1, "a", file="list.txt")
    (step,) = url_list.starts(target, ALL, "")
    found = list[str]()
    while True:
        listing = url_list.read(document(bytes(bytearray(body)), step), target, ALL)
        found += [item.entry.url or "" for item in listing.items]
        if not listing.more:
            break
        (step,) = listing.more
    assert found == body.decode().split("\n")
    assert len(taken) == 1


def test_a_document_that_takes_too_long_is_given_up() -> None:
    lines = "".join(f"<url><loc>https://a.example/{number}</loc></url>" for number in range(50_000))
    target = Target(1, "a", site_url="https://a.example/")
    step = Step(1, Source.SITEMAP, "sitemap", "https://a.example/sitemap.xml", 1, root=True)
    came = Document(step, step.url, NOW, body=f"<urlset>{lines}</urlset>".encode())
    request = Request((target,), Source.SITEMAP, ALL, None, None, 0)
    one = decide.Judged(step, came, target, request, "")
    assert one.may_take_long
    assert not decide.Judged(step, replace(came, body=b"<urlset/>"), target, request, "").may_take_long
    with workers(1) as pool:
        (cut,) = pool.run(decide.decided, [one], decide.too_long, 0.01)
        (whole,) = pool.run(decide.decided, [one], decide.too_long, 120)
    assert cut.absent and cut.items == () and "not done within" in (cut.detail or "")
    assert len(whole.items) == 50_000


def test_a_list_keeps_to_the_days_asked_for() -> None:
    target = Target(3, "list", None, None, "/tmp/list")
    (step,) = url_list.starts(target, SUMMER, "")
    body = f"url,date\n{SITE}1,2026-07-01\n{SITE}2,2025-07-01\n{SITE}3,\n".encode()
    assert [found.entry.url for found in url_list.read(document(body, step), target, SUMMER).items] == [f"{SITE}1", f"{SITE}3"]


# ---------------------------------------------------------------- what is decided on the way


def test_auto_goes_on_to_what_the_outlet_has_and_asks_no_third_party(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Response | None:
        return rss([9]) if asked.path == "/feed/" else sitemap_site(asked)

    with walk(tmp_path, answer, Source.AUTO) as (book, requests):
        assert len(book.found) == 5
        assert {request.host for request in requests} == {HOST}
        counts = {(one.source, one.documents) for one in book.counts()}
    assert (Source.SITEMAP, 4) in counts
    with walk(tmp_path, lambda asked: None, Source.AUTO) as (book, requests):
        assert book.found == {} and {request.host for request in requests} == {HOST}
        assert all(one.trouble for one in book.counts())


def test_what_may_come_back_stays_on_the_list() -> None:
    request = Request((TARGET,), Source.AUTO, ALL, None, None, 0)
    (step,) = first_steps(TARGET, Source.AUTO, ALL, "")
    later = decide.decide(step, FetchFailed(7, "u", "u", Reason.TIMEOUT, "slow", NOW), TARGET, request, "")
    assert later.later and later.more == () and not later.absent
    gone = decide.decide(step, FetchFailed(7, "u", "u", Reason.NOT_FOUND, "404", NOW), TARGET, request, "")
    assert gone.absent and [one.source for one in gone.more] == [Source.WORDPRESS]


def test_the_window() -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    assert SUMMER.may_hold(at) and SUMMER.may_hold(None) and not SUMMER.may_hold(datetime(2026, 9, 1, tzinfo=UTC))
    # Captured before it cannot be of it; captured after it may be.
    assert not SUMMER.may_hold(None, datetime(2026, 5, 1, tzinfo=UTC)) and SUMMER.may_hold(None, datetime(2027, 5, 1, tzinfo=UTC))


def test_every_source_but_auto_has_its_adapter() -> None:
    assert set(ADAPTERS) == set(Source) - {Source.AUTO}
    for adapter in ADAPTERS.values():
        assert adapter.starts(Target(1, "nothing"), ALL, "http://a.example") == ()
    (files,) = warc.starts(Target(1, "f", file="/f"), ALL, "")
    assert warc.read(Document(files, "/f", NOW), TARGET, ALL) == Listing(offered=False, note="there is no WARC or WACZ file")
