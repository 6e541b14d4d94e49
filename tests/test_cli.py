"""The command line as a person meets it: each bad input is one clear sentence with exit code 2 and no traceback."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from demo.response import Response
from demo.server import serve
from flows.cli.main import main
from schemas import VERSION
from schemas.errors import BadInput, BadSetting
from schemas.records import FeedLine
from schemas.settings import Settings
from tasks.store import feeds
from tasks.store.master import master_path, open_master

ROOT = Path(__file__).parents[1]


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Newsfold = Callable[..., Done]


@pytest.fixture
def newsfold(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Newsfold:
    """Runs a command in a folder of its own, in this process."""

    def run(home: Path, *words: str, **environment: str) -> Done:
        monkeypatch.chdir(home)
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            capfd.readouterr()
            code = main(list(words))
            shown = capfd.readouterr()
        return Done(code, shown.out, shown.err)

    return run


def test_the_installed_command_is_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flows.cli.main"]
    keep = {name: value for name, value in os.environ.items() if not name.startswith("NEWSFOLD_")} | {"PYTHONPATH": str(ROOT)}
    shown = subprocess.run([*command, "--version"], cwd=tmp_path, env=keep, capture_output=True, text=True, check=True)
    assert shown.stdout == f"newsfold {VERSION}\n"
    wrong = subprocess.run([*command, "sql", "SELECT 1"], cwd=tmp_path, env=keep, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def refused(done: Done) -> str:
    """The one sentence of a refusal."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("newsfold: ")
    return lines[0]


def test_an_opml_file_that_is_no_xml(newsfold: Newsfold, tmp_path: Path) -> None:
    bad = tmp_path / "bad.opml"
    bad.write_text("these are not the feeds you are looking for")
    assert "OPML" in refused(newsfold(tmp_path, "feeds", "import", str(bad)))


def test_an_opml_file_that_is_not_there(newsfold: Newsfold, tmp_path: Path) -> None:
    assert "can't read" in refused(newsfold(tmp_path, "feeds", "import", "nowhere.opml"))


@pytest.mark.parametrize("url", ["not a url", "ftp://a.example/feed", "http://", "javascript:alert(1)"])
def test_a_feed_address_that_is_no_url(newsfold: Newsfold, tmp_path: Path, url: str) -> None:
    assert "is no http(s) address" in refused(newsfold(tmp_path, "feeds", "add", url))


def test_a_database_path_that_cannot_be_written(newsfold: Newsfold, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    sentence = refused(newsfold(tmp_path, "feeds", "list", NEWSFOLD_HOME=str(tmp_path / "file" / "home")))
    assert "can't write" in sentence


def test_a_database_that_another_program_holds(newsfold: Newsfold, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with open_master(settings):
        pass
    code = f"import duckdb, sys; c = duckdb.connect({str(master_path(settings))!r}); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        assert "another program has" in refused(newsfold(tmp_path, "feeds", "list"))
        assert "another program has" in refused(newsfold(tmp_path, "run"))
    finally:
        holder.communicate("")
    assert newsfold(tmp_path, "feeds", "list").returncode == 0


def test_a_file_from_a_newer_newsfold(newsfold: Newsfold, tmp_path: Path) -> None:
    with open_master(Settings(home=tmp_path)) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (999, 'later', '9.9', now())")
    assert "newer newsfold" in refused(newsfold(tmp_path, "feeds", "list"))


def test_an_unknown_setting(newsfold: Newsfold, tmp_path: Path) -> None:
    assert "did you mean NEWSFOLD_TIMEZONE" in refused(newsfold(tmp_path, "feeds", "list", NEWSFOLD_TIME_ZONE="UTC"))


@pytest.mark.parametrize("command", [["run"], ["demo"], ["sql", "SELECT 1"], ["why", "http://a.example/"]])
def test_a_wrong_setting_stops_every_command(newsfold: Newsfold, tmp_path: Path, command: list[str]) -> None:
    assert "NEWSFOLD_WORKERS" in refused(newsfold(tmp_path, *command, NEWSFOLD_WORKERS="many"))


def test_a_host_map_that_cannot_be_read(newsfold: Newsfold, tmp_path: Path) -> None:
    sentence = refused(newsfold(tmp_path, "feeds", "add", "http://a.example/", NEWSFOLD_HOST_MAP="a.example"))
    assert "NEWSFOLD_HOST_MAP" in sentence


def test_sql_before_anything_was_published(newsfold: Newsfold, tmp_path: Path) -> None:
    assert "newsfold run" in refused(newsfold(tmp_path, "sql", "SELECT 1"))


def test_a_run_without_feeds(newsfold: Newsfold, tmp_path: Path) -> None:
    assert "no feeds yet" in refused(newsfold(tmp_path, "run"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["feeds", "pause", "nobody"], "no feed 'nobody'"),
        (["feeds", "edit", "nobody"], "nothing to change"),
        (["retry", "http://a.example/x"], "no feed has listed"),
        (["retry", "--reason", "timeuot"], "did you mean 'timeout'"),
        (["retry"], "either an address or --reason"),
        (["retry", "https://[bad"], "no http(s) address"),
        (["why", "https://[bad"], "no http(s) address"),
        (["forget", "--yes", "nonsense"], "neither an address nor a domain"),
    ],
)
def test_names_that_are_not_there(newsfold: Newsfold, tmp_path: Path, words: list[str], says: str) -> None:
    assert says in refused(newsfold(tmp_path, *words))


def test_the_list_of_feeds_through_a_day(newsfold: Newsfold, tmp_path: Path) -> None:
    opml = tmp_path / "my.opml"
    opml.write_text(
        "<opml version='2.0'><body><outline text='World'><outline type='rss' text='A' xmlUrl='http://a.example/feed'/>"
        "</outline><outline type='rss' text='B' xmlUrl='http://b.example/feed'/></body></opml>"
    )
    assert "2 feeds added" in newsfold(tmp_path, "feeds", "import", str(opml)).stdout
    assert "0 feeds added, 2 known" in newsfold(tmp_path, "feeds", "import", str(opml)).stdout
    assert newsfold(tmp_path, "feeds", "pause", "A").returncode == 0
    assert newsfold(tmp_path, "feeds", "edit", "B", "--title", "Bee", "--tag", "markets").returncode == 0
    listed = newsfold(tmp_path, "feeds", "list").stdout
    assert "paused  http://a.example/feed  A  [World]" in listed
    assert "active  http://b.example/feed  Bee  [markets]" in listed
    assert newsfold(tmp_path, "feeds", "remove", "http://a.example/feed").returncode == 0
    assert "a.example" not in newsfold(tmp_path, "feeds", "list").stdout
    exported = newsfold(tmp_path, "feeds", "export").stdout
    assert 'xmlUrl="http://b.example/feed"' in exported and "a.example" not in exported


FEED = (
    b"<rss version='2.0'><channel><title>Main</title><item><guid>1</guid><link>http://s.example/1</link></item></channel></rss>"
)


@pytest.fixture
def site() -> Iterator[str]:
    """A site that names one feed, one that names two, one that has a feed at a usual path only, one without any."""
    page = "<html><head>{}</head><body><p>Home</p></body></html>"
    link = '<link rel="alternate" type="application/rss+xml" title="{0}" href="/{0}.xml">'
    html = {"Content-Type": "text/html"}
    tree = {
        ("one.example", "/"): Response(200, html, page.format(link.format("main")).encode()),
        ("two.example", "/"): Response(200, html, page.format(link.format("main") + link.format("sport")).encode()),
        ("path.example", "/"): Response(200, html, page.format("").encode()),
        ("path.example", "/feed"): Response(200, {"Content-Type": "application/rss+xml"}, FEED),
        ("none.example", "/"): Response(200, html, page.format("").encode()),
    }
    with serve(tree) as server:
        yield server.host_map


@pytest.mark.parametrize(
    ("host", "code", "says"),
    [
        ("one.example", 0, "added: http://one.example/main.xml"),
        ("two.example", 2, "offers 2 feeds"),
        ("path.example", 0, "added: http://path.example/feed (Main)"),
        ("none.example", 2, "names no feed"),
    ],
)
def test_adding_a_site_finds_its_feed(newsfold: Newsfold, tmp_path: Path, site: str, host: str, code: int, says: str) -> None:
    done = newsfold(tmp_path, "feeds", "add", f"http://{host}/", NEWSFOLD_HOST_MAP=site)
    assert done.returncode == code, done
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A home with a published file."""
    settings = Settings(home=tmp_path)
    from tasks.store.publish import publish

    publish(settings, datetime.now(UTC))
    return tmp_path


def test_sql_in_every_format(newsfold: Newsfold, published: Path) -> None:
    query = "SELECT 1 AS a, 'x|y' AS b, NULL AS c, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS d, ['p', 'q'] AS e"
    assert "(1 row)" in newsfold(published, "sql", query).stdout
    csv = newsfold(published, "sql", "-f", "csv", query).stdout.splitlines()
    assert csv == ["a,b,c,d,e", '1,x|y,,2026-01-02 03:04:05+00:00,"[""p"", ""q""]"']
    assert json.loads(newsfold(published, "sql", "--format", "json", query).stdout) == [
        {"a": 1, "b": "x|y", "c": None, "d": "2026-01-02 03:04:05+00:00", "e": ["p", "q"]}
    ]
    assert "| 1 | x\\|y |  |" in newsfold(published, "sql", "-f", "markdown", query).stdout
    target = published / "out.parquet"
    assert newsfold(published, "sql", "-f", "parquet", "-o", str(target), query).returncode == 0
    assert duckdb.read_parquet(str(target)).fetchall()[0][:2] == (1, "x|y")
    assert "parquet is written to a file" in refused(newsfold(published, "sql", "-f", "parquet", query))


@pytest.mark.parametrize(
    "query", ["SELEC 1", "", "-- nothing", "SELECT nonsense FROM news", "DELETE FROM articles", "SELECT * FROM nowhere"]
)
def test_invalid_sql_is_one_sentence(newsfold: Newsfold, published: Path, query: str) -> None:
    sentence = refused(newsfold(published, "sql", "--", query))
    assert "DuckDB can't run this" in sentence or "there is no query" in sentence


def test_every_command_explains_itself_with_an_example(newsfold: Newsfold) -> None:
    for words in (["run"], ["sql"], ["why"], ["retry"], ["forget"], ["demo"], ["publish"], ["feeds", "add"], ["feeds", "import"]):
        shown = newsfold(ROOT, *words, "--help").stdout
        assert "Example: newsfold" in " ".join(shown.split()), words


@pytest.mark.parametrize(
    "words", [["bogus"], ["sql", "--format", "xml", "SELECT 1"], ["feeds", "add"], ["sql", "--no-such-option"]]
)
def test_words_that_no_command_knows(newsfold: Newsfold, tmp_path: Path, words: list[str]) -> None:
    done = newsfold(tmp_path, *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_no_to_the_question_does_nothing(newsfold: Newsfold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    done = newsfold(tmp_path, "forget", "a.example")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "master").exists()


def test_a_prefect_server_that_does_not_answer(newsfold: Newsfold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Prefect is imported already when other tests ran in this process: the check comes before it matters.
    from flows import environment

    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(BadSetting, match="no Prefect server answers"):
        environment._require_health("http://127.0.0.1:9/api")


def test_a_feed_never_takes_another_ones_address(newsfold: Newsfold, tmp_path: Path) -> None:
    for url in ("http://foo.example/rss", "http://bar.example/rss"):
        assert "added" in newsfold(tmp_path, "feeds", "add", "--unchecked", url).stdout
    assert "another feed has" in refused(
        newsfold(tmp_path, "feeds", "edit", "http://foo.example/rss", "--url", "http://bar.example/rss")
    )
    assert newsfold(tmp_path, "feeds", "edit", "http://bar.example/rss", "--url", "http://baz.example/rss").returncode == 0
    assert "known already" in newsfold(tmp_path, "feeds", "add", "--unchecked", "http://baz.example/rss").stdout
    assert "added" in newsfold(tmp_path, "feeds", "add", "--unchecked", "http://bar.example/rss").stdout
    assert "3 feeds" in newsfold(tmp_path, "feeds", "list").stdout


def test_the_demo_keeps_away_from_a_folder_with_other_feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.cli.demo import play

    monkeypatch.setenv("NEWSFOLD_HOME", str(tmp_path))
    with open_master(Settings(home=tmp_path)) as connection:
        feeds.add(connection, [FeedLine("http://mine.example/feed")], datetime.now(UTC))
    with pytest.raises(BadInput, match="feeds of your own"):
        play()
