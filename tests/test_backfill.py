"""Backfills through the flow's own code: dry, real, twice, killed, stopped; captures; the sentences for what can't be done."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from demo import past
from demo.response import Response
from demo.server import SampleWeb, serve
from flows import backfill as flow
from flows.cli.main import main
from flows.ingest import OLDER_A_RUN, _batches
from schemas.backfill import BackfillSummary, Progress, duration
from schemas.errors import BadInput
from schemas.reasons import Reason
from schemas.settings import Settings
from tasks.backfill_request import Asked, read_request
from tasks.store import backfills
from tasks.store.master import holding, master_path, open_master
from tests import pipeline
from tests.tables import hashes_of
from tests.test_pages_flow import page, paragraphs

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
FEEDS = ("http://www.harborlight.example/feed.xml", "http://thesundial.example/feed/", "http://meridianpost.example/atom.xml")
OLDER = {article.url for article in past.older_articles()}
LISTINGS = ("/feed/2", "/wp-json/", "/sitemap")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[SampleWeb, Settings]]:
    """The sample web, and a store that has polled three of its feeds and worked them off."""
    with SampleWeb(1) as web:
        settings = Settings(home=tmp_path / "home", gap_seconds=0, host_map=web.host_map)
        pipeline.add_feeds(settings, FEEDS)
        pipeline.poll_all(settings)
        yield web, settings


@pytest.fixture
def without_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is worked off by the ingest's plain functions."""
    monkeypatch.setattr(flow, "work_off", lambda settings, _key: pipeline.ingest_all(settings, 10, older=True))


def run(settings: Settings, *, dry: bool = False, **asked: Any) -> BackfillSummary:
    request = read_request(Asked(**asked), flow._known(settings), settings.home, "UTC", datetime.now(UTC))
    return flow.look(settings, request) if dry else flow.fetch_older(settings, request)


def sql(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with open_master(settings) as connection:
        return connection.execute(query).fetchall()


# ---------------------------------------------------------------- dry, real, twice


def test_a_dry_run_says_what_it_would_fetch_and_writes_nothing(web: tuple[SampleWeb, Settings]) -> None:
    _, settings = web
    before = hashes_of(master_path(settings)), sql(settings, "SELECT count(*) FROM fetches")
    summary = run(settings, dry=True)
    assert (summary.progress.queued, summary.capped) == (len(OLDER), False)
    assert set(summary.first) <= OLDER
    assert {(one.source, one.new) for one in summary.sources} == {("feed archive", 3), ("wordpress", 3), ("sitemap", 3)}
    assert f"it would fetch {len(OLDER)} pages" in summary.sentence() and "nothing was written" in summary.sentence()
    assert "| The Sundial | wordpress | 1 | 9 | 3 |" in summary.markdown()
    slow = run(settings.model_copy(update={"gap_seconds": 40.0}), dry=True, site="thesundial.example", limit=2)
    assert slow.seconds == 80 and "at least 80 s at the pace rules" in slow.sentence()
    assert (hashes_of(master_path(settings)), sql(settings, "SELECT count(*) FROM fetches")) == before


def test_a_dry_run_makes_no_store(tmp_path: Path) -> None:
    with SampleWeb(1) as web:
        settings = Settings(home=tmp_path / "home", gap_seconds=0, host_map=web.host_map)
        assert run(settings, dry=True, site="http://thesundial.example").progress.queued == 9
    assert not settings.home.exists()


@pytest.mark.usefixtures("without_prefect")
def test_older_articles_are_stored_once_and_a_second_time_there_is_nothing_to_do(web: tuple[SampleWeb, Settings]) -> None:
    server, settings = web
    pipeline.ingest_all(settings)
    first = run(settings)
    assert (first.progress.queued, first.progress.settled, first.progress.stored) == (9, 9, 9)
    assert {row[0] for row in sql(settings, "SELECT page_url FROM articles")} >= OLDER
    # Old pages are not looked at again for edits, and the news' own state is untouched.
    assert sql(settings, "SELECT count(*) FROM page_checks k JOIN entries e ON e.id = k.entry_id "
                         "WHERE e.backfill_id IS NOT NULL AND k.next_check_at IS NOT NULL") == [(0,)]  # fmt: skip
    tables, asked = hashes_of(master_path(settings)), len(server.requests)
    second = run(settings)
    assert second.nothing_to_do and "nothing to do" in second.sentence()
    assert len(server.requests) == asked
    assert hashes_of(master_path(settings)) == tables
    assert run(settings, since=date(2026, 7, 1)).progress.queued == 0  # another backfill, the same articles
    (line,) = _lines(settings)
    assert line.sentence().startswith("Meridian Post, The Harbor Light, The Sundial (auto): done, 0 of 0 articles")


def _lines(settings: Settings) -> tuple[backfills.BackfillLine, ...]:
    with open_master(settings) as connection:
        return backfills.lines(connection)


@pytest.mark.usefixtures("without_prefect")
def test_days_and_limits(web: tuple[SampleWeb, Settings]) -> None:
    _, settings = web
    pipeline.ingest_all(settings)
    july = run(settings, since=date(2026, 7, 1), until=date(2026, 7, 31))
    stored = sql(
        settings, "SELECT a.published_at FROM articles a JOIN entries e ON e.url = a.page_url WHERE e.backfill_id IS NOT NULL"
    )
    assert july.progress.stored == 3 and all(row[0].month == 7 for row in stored)
    # A sitemap gives no publication dates: the page's own date decides.
    assert {row[0] for row in sql(settings, "SELECT reason FROM entries WHERE state = 'refused'")} <= {Reason.OUT_OF_RANGE}
    assert run(settings, limit=2).progress.queued == 2
    assert run(settings, limit=2).nothing_to_do


def test_news_go_first(web: tuple[SampleWeb, Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """The news that a poll found are in the queue before what is older, whatever their dates; one run takes a bounded share."""
    _, settings = web
    monkeypatch.setattr(flow, "work_off", lambda *_: None)
    run(settings)
    # Nothing is settled here, so that the queue has no end: its beginning tells.
    first = [item.entry for item in next(iter(_batches(settings, 0)))]
    assert all(entry.backfill_id is None for entry in first) and len(first) == 24
    pipeline.ingest_all(settings)
    taken = []
    for batch in _batches(settings, 0):
        taken += [item.entry.id for item in batch]
    # Nothing was settled: a batch comes again until the run's share is used up.
    assert set(taken) == {row[0] for row in sql(settings, "SELECT id FROM entries WHERE backfill_id IS NOT NULL")}
    assert OLDER_A_RUN <= len(taken) < OLDER_A_RUN + 25


# ---------------------------------------------------------------- captures


@pytest.mark.usefixtures("without_prefect")
def test_captures_become_articles_under_their_own_address_and_date(tmp_path: Path) -> None:
    host, archive = "closed-paper.example", "web.archive.example"
    rows = [["timestamp", "original", "mimetype", "statuscode"]]
    rows += [["20260815120000", f"http://{host}/{n}", "text/html", "200"] for n in (1, 2)]
    tree = {(archive, f"/web/20260815120000id_/http://{host}/{n}"): _dated(n) for n in (1, 2)}

    def answer(asked: Any) -> Response | None:
        if asked.path.startswith("/cdx/"):
            return Response(200, {"Content-Type": "application/json"}, json.dumps(rows).encode())
        return tree.get((asked.host, asked.path))

    with serve(answer, [host, archive]) as server:
        settings = Settings(home=tmp_path / "home", gap_seconds=0, host_map=server.host_map, wayback_url=f"http://{archive}")
        asked = {"site": f"http://{host}", "source": "internet archive", "since": date(2026, 7, 1)}
        done = run(settings, **asked)
        assert (done.progress.queued, done.progress.settled, done.progress.stored) == (2, 2, 1)
        assert run(settings, **asked).nothing_to_do
        pages = [(request.host, request.path) for request in server.requests if "/web/" in request.path]
    assert sorted(pages) == sorted(tree)
    article = sql(settings, "SELECT url, page_url, domain, published_at FROM articles")
    assert article == [(f"http://{host}/1", f"http://{host}/1", host, datetime(2026, 8, 1, 9, tzinfo=UTC))]
    assert sql(settings, "SELECT state, reason FROM entries WHERE url LIKE '%/2'") == [("refused", "out_of_range")]
    assert sql(settings, "SELECT final_url FROM pages ORDER BY 1") == [(f"http://{host}/1",), (f"http://{host}/2",)]
    assert sql(settings, "SELECT DISTINCT published_at FROM entries") == [(None,)]
    assert sql(settings, "SELECT url, state FROM feeds") == [(f"http://{host}/", "removed")]


def _dated(number: int) -> Response:
    at = f"2026-0{9 - number}-01T09:00:00Z" if number == 1 else "2026-05-01T09:00:00Z"
    meta = f"<meta property='article:published_time' content='{at}'>"
    body = page(paragraphs(f"gravel{number}"), meta, f"Harbour closes for winter number {number}")
    return Response(200, {"Content-Type": "text/html; charset=utf-8"}, body)


# ---------------------------------------------------------------- killed and stopped


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_backfill_goes_on_where_it_was(tmp_path: Path) -> None:
    """kill -9 while archives are read and while pages are worked off: the same tables, nothing asked again that was written."""
    rng = random.Random(20261124)
    homes = {name: tmp_path / name for name in ("calm", "killed")}
    command = [sys.executable, "-m", "tests.backfill_kill_target"]
    kills = 0
    with SampleWeb(1) as web:
        for home in homes.values():
            settings = Settings(home=home, gap_seconds=0, host_map=web.host_map)
            pipeline.add_feeds(settings, FEEDS)
            pipeline.poll_all(settings)
        base = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSFOLD_", "PREFECT_"))}
        base |= {"PYTHONPATH": str(ROOT), "NEWSFOLD_HOST_MAP": web.host_map, "NEWSFOLD_GAP_SECONDS": "0.2"}
        calm = {**base, "NEWSFOLD_HOME": str(homes["calm"])}
        subprocess.run(command, env=calm, cwd=ROOT, check=True, capture_output=True)
        web.requests.clear()
        killed = {**base, "NEWSFOLD_HOME": str(homes["killed"])}
        for number in range(5):
            with subprocess.Popen(command, env=killed, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                if number < 2:  # while archives are read
                    begun = len(web.requests)
                    while len(web.requests) < begun + 2 + number and process.poll() is None:
                        time.sleep(0.01)
                else:
                    for _ in range(number - 1):
                        process.stdout.readline()
                    time.sleep(rng.uniform(0, 0.3))
                kills += process.poll() is None
                process.send_signal(signal.SIGKILL)
                process.wait()
        done = subprocess.run(command, env=killed, cwd=ROOT, check=True, capture_output=True, text=True)
        asked = Counter(f"{request.host}{request.path}" for request in web.requests)
    assert kills >= 3 and "9 queued, 9 worked off, 9 of them stored" in done.stdout.splitlines()[-1]
    # At most what was under way at a kill is asked for again: one document a feed, two pages a batch.
    listings = {url: count for url, count in asked.items() if any(part in url for part in LISTINGS)}
    pages = {url: count for url, count in asked.items() if f"http://{url}" in OLDER}
    assert len(pages) == 9 and sum(pages.values()) <= 9 + 2 * 3
    assert listings and all(count <= 3 for count in listings.values())
    one, other = (hashes_of(master_path(Settings(home=home))) for home in homes.values())
    skip = {"robots", "pauses"}
    assert {name: value for name, value in one.items() if name not in skip} == {
        name: value for name, value in other.items() if name not in skip
    }


def test_a_stopped_backfill_is_left_alone_until_it_is_started_again(
    web: tuple[SampleWeb, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, settings = web
    pipeline.ingest_all(settings)

    def stop_at_once(settings: Settings, _key: int) -> None:
        pipeline.settle_all(settings, pipeline.prepare(settings, pipeline.pending(settings, 2, older=True)), 2)
        raise KeyboardInterrupt

    end = flow.backfills.end

    def told_again(*words: Any) -> None:
        signal.raise_signal(signal.SIGTERM)  # Prefect may cancel twice, one signal after the other
        end(*words)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(flow, "work_off", stop_at_once)
    monkeypatch.setattr(flow.backfills, "end", told_again)
    before = signal.signal(signal.SIGTERM, stopped)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(settings)
        assert signal.getsignal(signal.SIGTERM) is stopped
    finally:
        signal.signal(signal.SIGTERM, before)
    monkeypatch.setattr(flow.backfills, "end", end)
    (line,) = _lines(settings)
    assert (line.state, line.progress.settled, line.progress.queued) == ("stopped", 2, 9)
    assert "goes on with it" in line.sentence()
    assert pipeline.pending(settings, older=True) == [] and pipeline.pending(settings) == []
    assert [batch for batch in _batches(settings, 0) if batch] == []
    monkeypatch.setattr(flow, "work_off", lambda settings, _key: pipeline.ingest_all(settings, 10, older=True))
    listings = sum("/wp-json/" in request.path for request in server.requests)
    assert run(settings).progress.settled == 9
    assert sum("/wp-json/" in request.path for request in server.requests) == listings
    pages = Counter(f"http://{request.host}{request.path}" for request in server.requests)
    assert all(pages[url] == 1 for url in OLDER)


@pytest.mark.usefixtures("without_prefect")
def test_the_same_backfill_does_not_run_twice_at_once(web: tuple[SampleWeb, Settings]) -> None:
    _, settings = web
    request = read_request(Asked(), flow._known(settings), settings.home, "UTC", NOW)
    with holding(settings, f"backfill-{backfills.backfill_id(request)}", 0) as had:
        assert had
        with pytest.raises(BadInput, match="is at work already"):
            flow.fetch_older(settings, request)


# ---------------------------------------------------------------- what can't be done

KNOWN = [
    {"id": 1, "url": "https://fern.example/rss", "poll_url": "https://fern.example/rss", "title": "Fernhill Gazette",
     "site_url": "https://fern.example/", "state": "active"},
    {"id": 2, "url": "https://sun.example/feed", "poll_url": "https://sun.example/feed", "title": None, "site_url": None,
     "state": "paused"},
]  # fmt: skip


def asked(tmp_path: Path, known: list[dict[str, Any]] | None = None, **given: Any) -> Any:
    return read_request(Asked(**given), KNOWN if known is None else known, tmp_path, "Europe/Berlin", NOW)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"feeds": ("Fernhil Gazete",)}, "there is no feed “Fernhil Gazete”; the nearest are “Fernhill Gazette”"),
        ({"feeds": ("zzzzqqq",)}, "there is no feed “zzzzqqq”; `newsfold feeds list` shows the feeds"),
        ({"since": date(2026, 5, 2), "until": date(2026, 5, 1)}, "since (2026-05-02) is later than until (2026-05-01)"),
        ({"since": date(2027, 1, 1)}, "since (2027-01-01) is in the future"),
        ({"until": date(9999, 12, 31)}, "is too far from today"),
        ({"limit": -1}, "limit is -1; give the most articles to fetch, or 0"),
        ({"source": "altavista"}, "there is no source “altavista”; the sources are “auto”, “feed archive”"),
        ({"source": "list of addresses"}, "the source “list of addresses” needs a file"),
        ({"file": "no.csv"}, "there is no file"),
        ({"site": "not a site"}, "“not a site” is no site; give its address"),
        ({"site": "ftp://a.example"}, "“ftp://a.example” is no site"),
        ({"site": "other.example", "source": "feed archive"}, "no feed of other.example is known"),
    ],
)
def test_what_can_not_be_done_is_one_clear_sentence(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as error:
        asked(tmp_path, **given)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_no_feeds_yet(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there are no feeds yet"):
        asked(tmp_path, [])
    with pytest.raises(BadInput, match="either feeds or a file"):
        (tmp_path / "x.csv").write_text("url\n")
        asked(tmp_path, feeds=("fern.example",), file="x.csv")


def test_names_addresses_sites_and_days(tmp_path: Path) -> None:
    assert [target.key for target in asked(tmp_path).targets] == [1]  # what is paused is asked only by name
    for name in ("fernhill gazette", "https://fern.example/rss", "fern.example", "www.fern.example", "1"):
        assert [target.key for target in asked(tmp_path, feeds=(name, "")).targets] == [1]
    assert asked(tmp_path, site="www.fern.example").targets[0].site_url == "https://www.fern.example/"
    (other,) = asked(tmp_path, site="other.example/blog").targets
    assert (other.name, other.feed_url, other.site_url) == ("other.example", None, "https://other.example/blog")
    window = asked(tmp_path, since=date(2026, 5, 1), until=date(2026, 5, 31)).window
    # Days are those of NEWSFOLD_TIMEZONE.
    assert (window.since, window.until) == (datetime(2026, 4, 30, 22, tzinfo=UTC), datetime(2026, 5, 31, 22, tzinfo=UTC))
    (tmp_path / "list.csv").write_text("url\nhttps://a.example/1\n")
    one = asked(tmp_path, file="list.csv")
    assert (one.source, one.targets[0].name) == ("list of addresses", "list.csv")
    (tmp_path / "list.csv").write_text("url\nhttps://a.example/2\n")
    assert asked(tmp_path, file="list.csv").stamp != one.stamp


def test_words() -> None:
    assert [duration(seconds) for seconds in (0.1, 80, 600, 9000)] == ["1 s", "80 s", "10 min", "2.5 h"]
    assert Progress().share == 100 and Progress(unread=1).share == 0
    assert Progress(read=2, queued=4, settled=1).share == pytest.approx(32.5)


# ---------------------------------------------------------------- the command and the flow


def test_the_command_says_what_it_would_do(
    web: tuple[SampleWeb, Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, settings = web
    for name, value in (("HOME", settings.home), ("HOST_MAP", settings.host_map), ("GAP_SECONDS", "0")):
        monkeypatch.setenv(f"NEWSFOLD_{name}", str(value))
    assert main(["backfill", "The Sundial", "--since", "2026-07-01"]) == 0
    said = capsys.readouterr().out
    assert "it would fetch 2 pages" in said and "with --fetch it fetches them" in said
    assert main(["backfill", "The Sundail"]) == 2
    assert "the nearest are “The Sundial”" in capsys.readouterr().err
    assert main(["backfill", "--since", "yesterday"]) == 2
    assert "give a day as in 2026-06-01" in capsys.readouterr().err


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_shows_its_progress_and_a_second_run_finds_nothing(
    web: tuple[SampleWeb, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, settings = web
    for name, value in (("HOME", settings.home), ("HOST_MAP", server.host_map), ("GAP_SECONDS", "0"), ("WORKERS", "1")):
        monkeypatch.setenv(f"NEWSFOLD_{name}", str(value))
    dry = flow.backfill(feeds=["The Sundial"])
    assert dry.dry_run and dry.progress.queued == 3
    done = flow.backfill(feeds=["The Sundial"], dry_run=False)
    # The news that were waiting went first, in the same run.
    assert sql(settings, "SELECT count(*) FROM entries WHERE state = 'pending'") == [(0,)]
    assert done.progress.stored == 3
    artifacts = {row["key"]: row for row in _api("/artifacts/latest/filter")}
    assert artifacts["backfill-progress"]["data"] == 100 and "3 of 3 articles" in artifacts["backfill-progress"]["description"]
    assert "| The Sundial | wordpress |" in artifacts["backfill"]["data"]
    assert flow.backfill(feeds=["The Sundial"], dry_run=False).nothing_to_do
    with pytest.raises(BadInput, match="the nearest are"):
        flow.backfill(feeds=["The Sundail"])


def _api(path: str) -> Any:
    from prefect.settings import PREFECT_API_URL

    request = urllib.request.Request(f"{PREFECT_API_URL.value()}{path}", data=b"{}", headers={"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_the_form_has_a_help_text_for_each_field_and_asks_for_none() -> None:
    schema = (
        flow.backfill.parameters.model_dump()
        if hasattr(flow.backfill.parameters, "model_dump")
        else vars(flow.backfill.parameters)
    )
    assert not schema["required"]
    assert [name for name, field in schema["properties"].items() if not field.get("description") or "default" not in field] == []
    assert schema["properties"]["dry_run"]["default"] is True
