"""Pages through the real ingest steps: reservations, the feed's own text, looking again, forgetting, the archive."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from demo.response import Response
from demo.server import TreeServer, serve
from flows.ingest import _batches
from schemas.reasons import Reason, Verdict
from schemas.records import Entry, FetchFailed
from schemas.settings import Settings
from tasks import archive, feed_text, page_checks, tdm
from tasks.seen_files import SeenFile
from tasks.store.forget import forget, repair_offsets
from tasks.store.master import master_path, open_master
from tasks.store.why import why
from tests import pipeline
from tests.tables import hashes_of

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
HOST = "harbour.example"
FEED = f"http://{HOST}/feed"
HTML = {"Content-Type": "text/html; charset=utf-8"}
DELAYS = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72))


def paragraphs(word: str = "silt", count: int = 25) -> str:
    lines = (
        f"<p>The dredger moved {n} barges of {word} on day {n}, and the harbour master counted each of them twice.</p>"
        for n in range(count)
    )
    return "".join(lines)


def page(text: str, head: str = "", title: str = "Harbour dredged at last") -> bytes:
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{text}</article></body></html>"
    ).encode()


def feed(*items: tuple[str, str | None], title: str = "Harbour dredged at last") -> bytes:
    rows = "".join(
        f"<item><guid>{path}</guid><title>{title}</title><link>http://{HOST}{path}</link>"
        + (f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else "")
        + "</item>"
        for path, content in items
    )
    return (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        f"<title>Harbour News</title>{rows}</channel></rss>"
    ).encode()


class Site:
    """A small site: its tree may be changed between runs."""

    def __init__(self, server: TreeServer, tree: dict[tuple[str, str], Response], settings: Settings) -> None:
        self.server, self.tree, self.settings = server, tree, settings.model_copy(update={"host_map": server.host_map})

    def put(self, path: str, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.tree[HOST, path] = Response(status, HTML | (headers or {}), body)

    def lists(self, *items: tuple[str, str | None], title: str = "Harbour dredged at last") -> None:
        self.tree[HOST, "/feed"] = Response(200, {"Content-Type": "application/rss+xml"}, feed(*items, title=title))

    def run(self) -> None:
        with open_master(self.settings) as connection:
            connection.execute("UPDATE feeds SET body_hash = NULL, etag = NULL, last_modified = NULL")
        pipeline.add_feeds(self.settings, [FEED])
        pipeline.poll_all(self.settings)
        pipeline.ingest_all(self.settings)

    def look_again(self) -> int:
        """As if it was later: every article is due. Goes through the ingest flow's own batches. Returns new versions."""
        self.sql("UPDATE page_checks SET next_check_at = now() - INTERVAL 1 MINUTE, stored_at = stored_at - INTERVAL 2 HOUR")
        versions = 0
        for batch in _batches(self.settings, 0):
            checks = {item.entry.id: item.check for item in batch if item.check is not None}
            if batch:
                versions += pipeline.settle_checks(self.settings, [item.entry for item in batch], checks).versions
        return versions

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with open_master(self.settings) as connection:
            return connection.execute(query).fetchall()

    def asked(self, path: str) -> int:
        return sum(request.path == path for request in self.server.requests)

    def entries(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT state, reason FROM entries ORDER BY guid")

    def records(self) -> list[tuple[str, str]]:
        found = []
        for path in sorted(self.settings.archive_folder.glob("*.warc.gz")):
            with path.open("rb") as stream:
                found += [(one.rec_type, one.rec_headers.get_header("WARC-Target-URI")) for one in ArchiveIterator(stream)]
        return [(kind, url) for kind, url in found if kind != "warcinfo"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    tree: dict[tuple[str, str], Response] = {}
    with serve(lambda request: tree.get((request.host, request.path)), [HOST]) as server:
        yield Site(server, tree, Settings(home=tmp_path / "home", gap_seconds=0))


# ---------------------------------------------------------------- reservations


def _seen(rules: object) -> SeenFile:
    return SeenFile(NOW, json.dumps(rules), 200)


@pytest.mark.parametrize(
    ("location", "path", "fits"),
    [
        ("/", "/news/1", True),
        ("/news/", "/news/1", True),
        ("/news/", "/sport/1", False),
        ("/news/*.html$", "/news/a/b.html", True),
        ("/news/*.html$", "/news/a/b.html?x=1", False),
        ("*/premium/*", "/a/premium/b", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/*a*a*a*a*a*a*a*a*a*a*b$", "/" + "a" * 5000, False),
    ],
)
def test_a_location_is_a_path_with_stars_and_an_end(location: str, path: str, fits: bool) -> None:
    rules = [{"location": location, "tdm-reservation": 1, "tdm-policy": "/policy.json"}]
    said = tdm.reservation(_seen(rules), f"http://{HOST}{path}")
    assert said == (tdm.Reservation(True, f"http://{HOST}/policy.json", "file") if fits else tdm.UNSAID)


def test_the_first_rule_that_fits_counts_and_nonsense_is_passed_over() -> None:
    rules = [7, {"location": 3}, {"location": "/free/", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": "1"}]
    assert tdm.reservation(_seen(rules), f"http://{HOST}/free/1").reserved is False
    assert tdm.reservation(_seen(rules), f"http://{HOST}/x").reserved is True
    assert tdm.reservation(SeenFile(NOW, "[[[" * 9999, 200), f"http://{HOST}/x") == tdm.UNSAID
    assert tdm.reservation(SeenFile(NOW, None, 503, Reason.SERVER_ERROR), f"http://{HOST}/x").source == "unknown"


def test_a_refusal_whose_header_reserves_keeps_the_feeds_text_out(site: Site) -> None:
    site.put("/news/1", b"", status=403, headers={"tdm-reservation": "1"})
    site.put("/news/2", b"", status=403)
    site.lists(("/news/1", paragraphs()), ("/news/2", paragraphs("sand")))
    site.run()
    assert site.entries() == [("refused", "login_required"), ("stored", "from_feed")]
    assert site.sql("SELECT count(*) FROM article_texts") == [(1,)]


def test_reserved_text_is_not_stored_nor_archived_nor_taken_from_the_feed(site: Site) -> None:
    site.put(tdm.PATH, json.dumps([{"location": "/news/*", "tdm-reservation": 1, "tdm-policy": "/policy"}]).encode())
    site.put("/news/1", page(paragraphs()), headers={"X-Robots-Tag": "noarchive"})
    site.put("/news/2", page(paragraphs("sand")), headers={"tdm-reservation": "0"})
    site.put("/news/3", b"", status=403)
    meta = "<meta name='tdm-reservation' content='1'><meta name='tdm-policy' content='/p'>"
    site.put("/free/4", page(paragraphs("gravel"), meta))
    site.lists(("/news/1", paragraphs()), ("/news/2", None), ("/news/3", paragraphs()), ("/free/4", paragraphs("gravel")))
    site.run()
    said = site.sql("SELECT final_url, tdm_reserved, tdm_policy, tdm_source, robots_tag FROM pages ORDER BY final_url")
    assert said == [
        (f"http://{HOST}/free/4", True, f"http://{HOST}/p", "meta", None),
        (f"http://{HOST}/news/1", True, f"http://{HOST}/policy", "file", "noarchive"),
        (f"http://{HOST}/news/2", False, None, "header", None),
    ]
    reserved, refused = ("refused", "tdm_reserved"), ("refused", "login_required")
    assert site.entries() == [reserved, reserved, ("stored", "new_article"), refused]
    assert site.records() == [("response", f"http://{HOST}/news/2")]
    assert site.sql("SELECT count(*) FROM article_texts") == [(1,)]
    assert site.sql("SELECT tdm_reserved, tdm_source, robots_tag FROM article_rights") == [(False, "header", None)]
    assert "reserves text and data mining (said by its file" in why(site.settings, f"http://{HOST}/news/1")
    assert site.asked(tdm.PATH) == 1
    assert site.sql("SELECT kind, count(*) FROM fetches WHERE kind = 'tdm' GROUP BY 1") == [("tdm", 1)]


def test_reserved_text_is_stored_when_the_setting_says_so_and_an_unknown_file_blocks_nothing(site: Site) -> None:
    site.settings = site.settings.model_copy(update={"store_reserved": True})
    site.put(tdm.PATH, b"", status=503)
    site.put("/news/1", page(paragraphs()), headers={"tdm-reservation": "1"})
    site.put("/news/2", page(paragraphs("sand")))
    site.lists(("/news/1", None), ("/news/2", None))
    site.run()
    assert site.entries() == [("stored", "new_article")] * 2
    assert site.sql("SELECT tdm_source FROM pages ORDER BY final_url") == [("header",), ("unknown",)]
    assert site.sql("SELECT status, problem FROM tdm") == [(503, "server_error")]


# ---------------------------------------------------------------- the feed's own text


def test_a_page_that_is_refused_walled_or_gone_is_made_from_the_feed(site: Site) -> None:
    site.put("/robots.txt", b"User-agent: *\nDisallow: /closed/\n", headers={"Content-Type": "text/plain"})
    site.put("/news/2", b"", status=451)
    wall = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    teaser = paragraphs("mud", 2) + "<div class='paywall'>Subscribe to read on.</div>"
    site.put("/news/4", page(teaser, wall, "Mud moved"))
    texts = ("silt", "sand", "gravel", "mud")
    paths = ("/closed/1", "/news/2", "/news/3", "/news/4")
    site.lists(*((path, paragraphs(word)) for path, word in zip(paths, texts, strict=True)), ("/news/5", "<p>A teaser only…</p>"))
    site.run()
    assert site.entries() == [("stored", "from_feed")] * 4 + [("gone", "not_found")]
    rows = site.sql("SELECT url, source, page_id, verdict FROM articles ORDER BY url")
    assert rows == [(f"http://{HOST}{path}", "feed", None, "full") for path in paths]
    assert site.sql("SELECT count(*) FROM story_articles") == [(4,)]
    assert site.sql("SELECT count(*) FROM pages") == [(1,)]
    assert site.asked("/closed/1") == 0
    assert "made from the feed's own text" in why(site.settings, f"http://{HOST}/news/2")
    before = hashes_of(master_path(site.settings))
    site.run()
    assert hashes_of(master_path(site.settings)) == before


def test_a_page_that_can_be_read_later_replaces_the_feed_s_text(site: Site) -> None:
    site.put("/news/1", b"", status=403)
    site.lists(("/news/1", paragraphs("silt")))
    site.run()
    site.put("/news/1", page(paragraphs("silt and sand"), "<link rel='canonical' href='/news/one'>"))
    assert site.look_again() == 1
    assert site.sql("SELECT source, version, url FROM articles") == [("page", 2, f"http://{HOST}/news/1")]
    site.put("/news/1", b"", status=403)
    site.lists(("/news/1", paragraphs("something else")), title="Edited")
    site.run()
    assert site.sql("SELECT source, version FROM articles") == [("page", 2)]
    assert site.entries() == [("unchanged", "same_text")]


ENTRY = Entry(1, 2, "g", f"http://{HOST}/1", "t", (), NOW, None, content=paragraphs())


def test_only_what_a_wall_hides_is_looked_for_in_the_feed() -> None:
    def failed(reason: Reason) -> FetchFailed:
        return FetchFailed(1, ENTRY.url, ENTRY.url, reason, "", NOW)

    assert feed_text.is_wanted(ENTRY, failed(Reason.ROBOTS), None)
    for reason in (Reason.TIMEOUT, Reason.TDM_RESERVED, Reason.FORGOTTEN, Reason.FORBIDDEN_ADDRESS):
        assert not feed_text.is_wanted(ENTRY, failed(reason), None)


# ---------------------------------------------------------------- looking again


def test_looks_come_at_their_hours_and_missed_ones_are_one() -> None:
    hour = timedelta(hours=1)
    assert page_checks.next_check(NOW, 0, NOW, DELAYS) == (0, NOW + hour)
    assert page_checks.next_check(NOW, 0, NOW + hour, DELAYS) == (1, NOW + 6 * hour)
    assert page_checks.next_check(NOW, 0, NOW + 48 * hour, DELAYS) == (3, NOW + 72 * hour)
    assert page_checks.next_check(NOW, 3, NOW + 72 * hour, DELAYS) == (4, None)
    assert page_checks.next_check(NOW, 0, NOW, ()) == (0, None)


def test_an_unchanged_page_is_asked_with_its_own_validators_and_changes_nothing(site: Site) -> None:
    site.put("/news/1", page(paragraphs()), headers={"ETag": '"one"'})
    site.lists(("/news/1", None))
    site.run()
    before = hashes_of(master_path(site.settings))
    assert site.look_again() == 0
    asked = [request for request in site.server.requests if request.path == "/news/1"]
    assert [request.headers.get("if-none-match") for request in asked] == [None, 'W/"one"']
    assert hashes_of(master_path(site.settings)) == before
    assert site.entries() == [("stored", "new_article")]
    assert site.sql("SELECT result, done FROM page_checks") == [("not_modified", 1)]
    assert site.asked("/news/1") == 2
    assert list(_batches(site.settings, 0)) == [[]]
    said = why(site.settings, f"http://{HOST}/news/1")
    assert "the server says that it is unchanged" in said and "the next look for edits is due" in said


def test_a_changed_page_is_a_new_version_and_a_changed_etag_a_revisit(site: Site) -> None:
    site.put("/news/1", page(paragraphs()), headers={"ETag": '"one"'})
    site.lists(("/news/1", None))
    site.run()
    site.put("/news/1", page(paragraphs()), headers={"ETag": '"two"'})
    assert site.look_again() == 0
    assert [kind for kind, _ in site.records()] == ["response", "revisit"]
    assert site.sql("SELECT result, etag FROM page_checks") == [("same_text", 'W/"two"')]  # weak: the answer was packed
    site.put("/news/1", page(paragraphs("gold")), headers={"ETag": '"three"'})
    assert site.look_again() == 1
    assert site.sql("SELECT version, source FROM articles") == [(2, "page")]
    assert site.entries() == [("stored", "new_article")]
    assert [kind for kind, _ in site.records()] == ["response", "revisit", "response"]


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (403, False), (500, False)])
def test_an_article_whose_page_goes_away_stays(site: Site, status: int, gone: bool) -> None:
    site.put("/news/1", page(paragraphs()))
    site.lists(("/news/1", paragraphs("feed")))
    site.run()
    site.put("/news/1", b"", status=status)
    assert site.look_again() == 0
    assert site.entries() == [("stored", "new_article")]
    assert site.sql("SELECT version, source FROM articles") == [(1, "page")]
    assert site.sql("SELECT gone_at IS NOT NULL, next_check_at > now() FROM page_checks") == [(gone, True)]
    assert ("its page is gone" in why(site.settings, f"http://{HOST}/news/1").lower()) is gone


def test_a_wall_that_comes_up_later_takes_nothing_away(site: Site) -> None:
    site.put("/news/1", page(paragraphs()))
    site.lists(("/news/1", None))
    site.run()
    wall = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    site.put("/news/1", page(paragraphs("silt", 2) + "<div class='paywall'>Subscribe to read on.</div>", wall))
    assert site.look_again() == 0
    assert site.sql("SELECT version, verdict FROM articles") == [(1, Verdict.FULL)]


def test_news_goes_before_looks(site: Site) -> None:
    site.put("/news/1", page(paragraphs()))
    site.lists(("/news/1", None))
    site.run()
    site.sql("UPDATE page_checks SET next_check_at = now() - INTERVAL 1 DAY")
    site.lists(("/news/1", None), ("/news/2", None))
    pipeline.poll_all(site.settings)
    kinds = []
    for batch in _batches(site.settings, 2):
        kinds += [item.check is not None for item in batch]
        entries = [item.entry for item in batch if item.check is None]
        pipeline.settle_all(site.settings, pipeline.prepare(site.settings, entries), 10)
    assert kinds == [False, True]


def test_no_hours_mean_no_looks(site: Site) -> None:
    site.settings = site.settings.model_copy(update={"recheck_hours": ""})
    site.put("/news/1", page(paragraphs()))
    site.lists(("/news/1", None))
    site.run()
    assert site.sql("SELECT next_check_at FROM page_checks") == [(None,)]


# ---------------------------------------------------------------- addresses, forgetting, the archive


def test_an_amp_page_and_its_canonical_one_are_one_article(site: Site) -> None:
    link = f"<link rel='canonical' href='http://{HOST}/news/1'>"
    site.put("/news/1", page(paragraphs(), link))
    site.put("/amp/one", page(paragraphs(), link))
    site.lists(("/amp/one", None), ("/news/1", None))
    site.run()
    assert site.sql("SELECT url FROM articles") == [(f"http://{HOST}/news/1",)]
    assert sorted(site.entries()) == [("stored", "new_article"), ("unchanged", "same_article")]


def test_a_page_whose_canonical_address_was_forgotten_is_not_even_archived(site: Site) -> None:
    site.put("/news/1", page(paragraphs(), "<LINK href='/news/2' data-x rel=\"nofollow canonical\">"))
    site.lists(("/news/1", None))
    forget(site.settings, f"http://{HOST}/news/2", NOW)
    site.run()
    assert site.entries() == [("refused", "forgotten")]
    assert site.records() == [] and site.sql("SELECT count(*) FROM pages") == [(0,)]


def test_a_kill_after_the_archive_was_rewritten_is_made_good(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("silt", "sand", "gravel")
    for number, word in enumerate(words):
        site.put(f"/news/{number}", page(paragraphs(word)))
    site.lists(*((f"/news/{number}", None) for number in range(3)))
    site.run()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tasks.store.forget._move_offsets", killed)
    with pytest.raises(KeyboardInterrupt):
        forget(site.settings, f"http://{HOST}/news/0", NOW)
    assert len(archive.rewritten(site.settings.archive_folder)) == 1
    repair_offsets(site.settings)
    assert archive.rewritten(site.settings.archive_folder) == []
    rows = site.sql("SELECT final_url, archive_file, archive_offset FROM pages ORDER BY final_url")
    assert [row[0] for row in rows] == [f"http://{HOST}/news/1", f"http://{HOST}/news/2"]
    for (url, file, offset), word in zip(rows, words[1:], strict=True):
        record = archive.read_record(site.settings.archive_folder, file, offset)
        assert record.url == url and word.encode() in record.body


@pytest.mark.parametrize(("kept", "records"), [("off", 0), ("pages", 1), ("all", 1)])
def test_the_archive_keeps_what_its_setting_says(site: Site, kept: str, records: int) -> None:
    site.settings = site.settings.model_copy(update={"archive": kept})
    site.put("/news/1", page(paragraphs()))
    site.lists(("/news/1", None))
    site.run()
    assert len([url for _, url in site.records() if url.endswith("/news/1")]) == records
