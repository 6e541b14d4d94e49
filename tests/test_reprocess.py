"""Stored articles read again: the report, the writing, running twice, filters, and what can't be read again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.response import Response
from demo.server import SampleWeb, serve
from demo.web import FEEDS
from flows import steps
from flows.cli.main import main
from flows.reprocess import Order, run
from schemas.reasons import Reason, Verdict
from schemas.records import ExtractFailed, Extraction
from schemas.settings import Settings
from tasks import reprocess
from tasks.reprocess import Report
from tasks.store.master import master_path, open_master
from tasks.store.reprocess import Scope
from tasks.text import words
from tests import pipeline
from tests.tables import ENTITY_COUNTS_WRONG, differences

pytestmark = pytest.mark.timeout(600)
# A part of the sample web: with French articles, copies, a story told by several, and a wall.
PART = [url for url in FEEDS if any(name in url for name in ("quill", "atlaswire", "lumiere", "nordkanal"))]
MARK = "kiwi"  # the demo's corrected article has it in its address


def older(job: steps.Source) -> Extraction | ExtractFailed:
    """An extractor that did not know furniture: its texts begin with a line that is none of the article's."""
    made = steps.extract_source(job)
    if isinstance(made, ExtractFailed) or MARK not in job[1]:
        return made
    lines = "Most read today\nSubscribe to our letter\n" + made.text
    return replace(made, text=lines, markdown=lines, words=len(words(lines)), authors=("Staff",))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample web's first edition, stored by today's extractor, but one article by an older one."""
    settings = Settings(home=tmp_path_factory.mktemp("played"), gap_seconds=0)
    with SampleWeb(1) as web:
        settings = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(settings, PART)
        pipeline.poll_all(settings)
        pipeline.ingest_all(settings)
    return settings.home


@pytest.fixture
def home(played: Path, tmp_path: Path) -> Iterator[Settings]:
    """A copy of it, to be changed."""
    folder = tmp_path / "home"
    for file in sorted(played.rglob("*")):
        if file.is_file():
            target = folder / file.relative_to(played)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    yield Settings(home=folder, gap_seconds=0, batch_size=7)


def _sql(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_master(settings) as connection:
        return connection.execute(query).fetchall()


def _copy(settings: Settings, name: str) -> Path:
    path = settings.home / name
    path.write_bytes(master_path(settings).read_bytes())
    return path


def _run(settings: Settings, extractor: steps.Extractor = steps.extract_source, **order: object) -> Report:
    return run(settings, pipeline.INLINE, Order(**order), extractor)  # type: ignore[arg-type]


def test_reading_with_the_same_extractor_changes_nothing(home: Settings) -> None:
    before = _copy(home, "before")
    report = _run(home)
    assert (report.changed, report.versions) == (0, 0)
    assert report.examined + sum(report.left_out.values()) == _sql(home, "SELECT count(*) FROM articles")[0][0]
    assert report.examined > 15
    assert _run(home, write=True).changed == 0
    assert differences(before, master_path(home)) == []


def test_a_report_writes_nothing_and_says_what_would_change(home: Settings) -> None:
    before = _copy(home, "before")
    report = _run(home, older)
    assert (report.changed, report.versions) == (1, 1)
    assert dict(report.kinds) == {"text (update)": 1, "authors": 1}
    shown = report.text()
    assert "1 would change" in shown and MARK in shown and "{+Most read today Subscribe to our letter+}" in shown
    assert differences(before, master_path(home)) == []


def test_what_another_extractor_reads_is_a_version_and_back_again(home: Settings) -> None:
    before = _sql(home, "SELECT article_id, entity_id, start FROM mentions ORDER BY ALL")
    places = "SELECT (SELECT list(c ORDER BY c.article_id) FROM copies c), (SELECT list(s ORDER BY s.id) FROM stories s)"
    stood = _sql(home, places)
    assert _run(home, older, write=True).versions == 1
    rows = _sql(home, f"SELECT id, version, authors FROM articles WHERE url LIKE '%{MARK}%'")
    assert [row[1:] for row in rows] == [(2, ["Staff"])]
    assert _sql(home, "SELECT cause, change FROM article_versions WHERE version = 2") == [("extractor", "update")]
    assert _sql(home, "SELECT * FROM changed_since") == [], "the publisher changed nothing"
    wrong = """SELECT m.surface FROM mentions m JOIN articles a ON a.id = m.article_id
        JOIN article_texts t ON t.article_id = a.id AND t.version = a.version
        WHERE substr(t.text, m."start" + 1, m."end" - m."start") <> m.surface"""
    assert _sql(home, wrong) == []
    assert _sql(home, "SELECT count(*) FROM refolds") == _sql(home, "SELECT count(*) FROM reprocessing") == [(0,)]
    again = _copy(home, "again")
    assert _run(home, older, write=True).changed == 0
    assert differences(again, master_path(home)) == []
    assert _run(home, write=True).versions == 1
    assert _sql(home, "SELECT article_id, entity_id, start FROM mentions ORDER BY ALL") == before
    assert _sql(home, places) == stood
    assert _sql(home, "SELECT max(version) FROM articles") == [(3,)]


def test_batches_of_any_size_end_in_the_same_tables(home: Settings, tmp_path: Path) -> None:
    def all_older(job: steps.Source) -> Extraction | ExtractFailed:
        made = steps.extract_source(job)
        if isinstance(made, ExtractFailed):
            return made
        return replace(made, text=made.text + "\nRead more on our front page", markdown=made.text)

    other = home.model_copy(update={"home": tmp_path / "other", "batch_size": 1})
    (tmp_path / "other" / "master").mkdir(parents=True)
    for path in (master_path(home), *home.archive_folder.iterdir()):
        target = other.home / path.relative_to(home.home)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert _run(home, all_older, write=True).versions == _run(other, all_older, write=True).versions > 15
    assert differences(master_path(home), master_path(other)) == []


def test_a_reading_that_was_stopped_goes_on(home: Settings) -> None:
    calm = _run(home, older).examined
    assert _run(home, older, write=True, limit=10).examined == 10
    assert _sql(home, "SELECT count(*) FROM reprocessing") == [(1,)]
    assert _run(home, older, write=True).examined == calm - 10
    assert _sql(home, "SELECT count(*) FROM reprocessing") == [(0,)]
    assert _sql(home, "SELECT count(*) FROM article_versions WHERE version = 2") == [(1,)]


def test_filters_choose_articles(home: Settings) -> None:
    [(domain, count)] = _sql(
        home, "SELECT domain, count(*) FROM articles WHERE source = 'page' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    assert _run(home, scope=Scope(outlet=str(domain).upper())).examined == count
    [(url, feed_count)] = _sql(
        home,
        "SELECT f.url, count(*) FROM articles JOIN feeds f ON f.id = feed_id WHERE source = 'page' GROUP BY 1 ORDER BY 1 LIMIT 1",
    )
    assert _run(home, scope=Scope(feed=str(url))).examined == feed_count
    [(moment,)] = _sql(home, "SELECT CAST(median(coalesce(published_at, first_seen_at)) AS TIMESTAMPTZ) FROM articles")
    assert isinstance(moment, datetime)
    since, until = _run(home, scope=Scope(since=moment)).examined, _run(home, scope=Scope(until=moment)).examined
    assert since and until and since + until == _run(home).examined
    assert _run(home, scope=Scope(outlet="nobody.example")).examined == 0


def test_what_cannot_be_read_again_is_counted_with_its_reason(home: Settings) -> None:
    _sql(home, "UPDATE articles SET source = 'feed', page_id = NULL WHERE id = (SELECT min(id) FROM articles)")
    _sql(home, "UPDATE pages SET archive_file = NULL WHERE id = (SELECT page_id FROM articles ORDER BY id LIMIT 1 OFFSET 1)")
    _sql(home, "UPDATE pages SET archive_offset = 7 WHERE id = (SELECT page_id FROM articles ORDER BY id LIMIT 1 OFFSET 2)")
    _sql(home, "UPDATE pages SET body_sha1 = 'other' WHERE id = (SELECT page_id FROM articles ORDER BY id LIMIT 1 OFFSET 3)")
    said = _run(home, write=True)
    assert dict(said.left_out) == {
        "made from the feed's own text": 1,
        "the page is not in the archive": 1,
        "the page's record in the archive can't be read": 2,
    }
    assert said.changed == 0


def test_what_would_be_lost_stays(home: Settings) -> None:
    def worse(job: steps.Source) -> Extraction | ExtractFailed:
        made = steps.extract_source(job)
        if isinstance(made, ExtractFailed) or MARK in job[1]:
            return ExtractFailed(Reason.EXTRACT_FAILED, "broken")
        return replace(made, verdict=Verdict.LISTING, text="")

    before = _copy(home, "before")
    report = _run(home, worse, write=True)
    assert report.changed == 0 and report.left_out["the extractor failed; what is stored stays"] == 1
    assert report.left_out["no article any more (listing); what is stored stays"] > 15
    assert differences(before, master_path(home)) == []


def test_metadata_alone_makes_no_version_but_places_anew(home: Settings) -> None:
    def dated(job: steps.Source) -> Extraction | ExtractFailed:
        made = steps.extract_source(job)
        if isinstance(made, ExtractFailed) or MARK not in job[1]:
            return made
        return replace(made, published_at=datetime(2026, 9, 2, tzinfo=UTC), section="Markets & money")

    report = _run(home, dated, write=True)
    assert (report.changed, report.versions) == (1, 0)
    assert dict(report.kinds) == {"publication time": 1, "other metadata": 1}
    assert _sql(home, "SELECT DISTINCT version FROM articles") == [(1,)]
    rows = _sql(
        home,
        f"SELECT published_at = s.appeared_at FROM articles a JOIN signatures s ON article_id = a.id WHERE url LIKE '%{MARK}%'",
    )
    assert rows == [(True,)]
    assert _sql(home, ENTITY_COUNTS_WRONG) == []


def test_every_other_field_is_set_in_place(home: Settings) -> None:
    fields = {
        "outlet_home": "https://quill.example/",
        "rights": "CC BY 4.0",
        "modified_at": datetime(2026, 9, 3, tzinfo=UTC),
        "modified_precision": "day",
        "modified_as_given": "3 Sept 2026",
        "feed_published_at": datetime(2026, 9, 20, tzinfo=UTC),
    }

    def richer(job: steps.Source) -> Extraction | ExtractFailed:
        made = steps.extract_source(job)
        return made if isinstance(made, ExtractFailed) or MARK not in job[1] else replace(made, **fields)  # type: ignore[arg-type]

    report = _run(home, richer, write=True)
    assert (report.changed, report.versions) == (1, 0)
    assert dict(report.kinds) == {"other metadata": 1}
    assert _sql(home, f"SELECT {', '.join(fields)} FROM articles WHERE url LIKE '%{MARK}%'") == [tuple(fields.values())]


def test_what_header_and_feed_declare_is_known_when_the_page_is_read_again(tmp_path: Path) -> None:
    """A page that says nothing of its language itself."""
    host, lines = "tarn-herald.example", "<p>The ferry to the islands sails again from Monday, the harbour master said.</p>" * 2
    page = f"<html><head><title>The ferry sails again</title></head><body><h1>The ferry sails again</h1>{lines}</body></html>"
    items = "".join(f"<item><title>The ferry sails again</title><link>http://{host}/{name}</link></item>" for name in ("a", "b"))
    feed = f"<rss version='2.0'><channel><title>Tarn Herald</title><language>en-nz</language>{items}</channel></rss>"
    html = {"Content-Type": "text/html"}
    tree = {
        (host, "/feed"): Response(200, {"Content-Type": "application/rss+xml"}, feed.encode()),
        (host, "/a"): Response(200, html | {"Content-Language": "en-GB"}, page.encode()),
        (host, "/b"): Response(200, html, page.replace("Monday", "Friday").encode()),
    }
    with serve(lambda request: tree.get((request.host, request.path)), [host]) as server:
        settings = Settings(home=tmp_path / "home", gap_seconds=0, host_map=server.host_map)
        pipeline.add_feeds(settings, [f"http://{host}/feed"])
        pipeline.poll_all(settings)
        pipeline.ingest_all(settings)
    places = "SELECT language_declared, json_extract_string(provenance, '$.language_declared') FROM articles ORDER BY url"
    assert _sql(settings, places) == [("en", "header+feed"), ("en", "feed")]
    assert _run(settings, write=True).changed == 0
    assert _sql(settings, places) == [("en", "header+feed"), ("en", "feed")]


# ---------------------------------------------------------------- entities


def test_entities_read_again_are_the_same_and_what_is_lost_comes_back(home: Settings) -> None:
    first = _run(home, step="entities", write=True)
    assert first.examined == _sql(home, "SELECT count(*) FROM articles")[0][0]
    # Stories were merged after an article was linked: a bare surname in it is that of its story only now.
    assert first.changed <= 2 and set(first.kinds) <= {"mentions of another entity"}, first.text()
    settled = _copy(home, "settled")
    second = _run(home, step="entities", write=True)
    assert second.changed == 0, second.text()
    assert differences(settled, master_path(home)) == []
    _sql(home, "DELETE FROM mentions WHERE article_id = (SELECT min(article_id) FROM mentions)")
    damaged = _copy(home, "damaged")
    report = _run(home, step="entities")
    assert report.changed == 1 and report.kinds["mentions found"] == 1 and "+ " in report.text()
    assert differences(damaged, master_path(home)) == []
    assert _run(home, step="entities", write=True).changed == 1
    assert differences(settled, master_path(home)) == []
    assert _sql(home, ENTITY_COUNTS_WRONG) == []


def test_a_text_in_which_looking_fails_keeps_its_mentions(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _copy(home, "before")
    monkeypatch.setattr("flows.relink._find", lambda _job: None)
    report = _run(home, step="entities", write=True)
    assert (report.examined, report.changed) == (0, 0) and report.left_out.total() > 15
    assert differences(before, master_path(home)) == []


def test_the_command_needs_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path / "nothing"))
    assert main(["reprocess"]) == 2
    assert "there are no articles yet" in capsys.readouterr().err
    assert main(["reprocess", "--step", "weather"]) == 2


# ---------------------------------------------------------------- the report


def test_the_ten_samples_are_the_same_in_whatever_order() -> None:
    reports = [Report("extract", written=False) for _ in range(2)]
    for report, order in zip(reports, (range(40), reversed(range(40))), strict=True):
        for number in order:
            report.add(number, f"https://harbour.example/{number}", ["headline"], "x\n" * 30)
    assert reports[0].samples == reports[1].samples and len(reports[0].samples) == reprocess.SAMPLES
    assert "40 would change" in reports[0].text() and reports[0].text().count("https://") == 10
    assert reports[0].text().count("… 19 more") == 10
