"""`newsfold feed`: Atom that other programs read, with ids that stay."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from flows.cli.main import main
from schemas.settings import Settings
from tasks.store import bulk
from tasks.store.master import open_master
from tasks.store.publish import publish
from tests.test_looking import NOON, article, small_store
from tests.test_report import HOSTILE, hostile

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parent / "data" / "atom.rng"))


class Made:
    """A feed as it was written, read by feedparser, valid after RFC 4287's grammar."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        GRAMMAR.assertValid(etree.fromstring(data))
        self.read = feedparser.parse(data)
        assert not self.read.bozo, self.read.get("bozo_exception")
        assert self.read.version == "atom10"
        ids = [entry.id for entry in self.read.entries]
        assert len(set(ids)) == len(ids)
        assert all(sum(link.rel == "alternate" for link in entry.get("links", [])) <= 1 for entry in self.read.entries)

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """(title, published, updated) of each entry."""
        return [(entry.title, entry.published, entry.updated) for entry in self.read.entries]


class Feeds:
    """Writes feeds of a store with the command."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.patch, self.capsys = folder, monkeypatch, capsys

    def write(self, settings: Settings, *words: str) -> Made:
        """The feed that the words ask for."""
        out = self.folder / "feed.xml"
        code, _, err = self.run(settings, *words, "--out", str(out))
        assert code == 0, err
        return Made(out.read_bytes())

    def run(self, settings: Settings, *words: str) -> tuple[int, str, str]:
        """(exit code, output, errors)."""
        with self.patch.context() as patch:
            patch.setenv("NEWSFOLD_HOME", str(settings.home))
            self.capsys.readouterr()
            code = main(["feed", *words])
            shown = self.capsys.readouterr()
        return code, shown.out, shown.err


@pytest.fixture
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Feeds:
    """The command, its files in a folder of their own."""
    return Feeds(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store that tests only read."""
    return small_store(Settings(home=tmp_path_factory.mktemp("feeds")))


def add(settings: Settings, tables: dict[str, Sequence[dict[str, Any]]]) -> None:
    """Adds rows, and publishes an hour later."""
    with open_master(settings) as connection:
        for table, rows in tables.items():
            bulk.insert(connection, table, rows)
    publish(settings, NOON + timedelta(hours=1))


def test_stories_of_an_entity(store: Settings, feeds: Feeds) -> None:
    made = feeds.write(store, "--entity", "Orrin Metals", "--address", "https://me.example/orrin.xml")
    assert made.read.feed.title == "newsfold: Orrin Metals"
    assert [link.href for link in made.read.feed.links if link.rel == "self"] == ["https://me.example/orrin.xml"]
    assert made.told == [
        ("Story 2", "2026-05-07T06:40:00Z", "2026-05-07T06:40:00Z"),
        ("Story 1", "2026-05-04T00:00:00Z", "2026-05-04T12:30:00Z"),  # not the time of its copies
    ]
    assert made.read.feed.updated == "2026-05-07T06:40:00Z"
    entry = made.read.entries[1]
    assert entry.link == "https://cat.example/13"
    assert [author.name for author in entry.authors] == ["Cat", "Ant", "Bee"]
    assert entry.summary == "4 tellings, 2 copies folded; first: Ant, 30 min before Bee"
    assert "near copy, Dog" in entry.content[0].value


def test_tellings_of_a_story(store: Settings, feeds: Feeds) -> None:
    made = feeds.write(store, "--story", "1")
    assert [entry.title for entry in made.read.entries] == ["Title 12", "Title 11", "Title 10", "Title 13"]
    assert made.read.entries[2].summary == "Ant, 300 words; 2 copies folded: Dog, Ant"
    # a story that was merged into another one is that one
    assert feeds.write(store, "--story", "9").data == feeds.write(store, "--story", "2").data


def test_stories_of_a_query(store: Settings, feeds: Feeds) -> None:
    made = feeds.write(store, "--query", "SELECT story_id FROM news WHERE outlet = 'Bee'", "--title", "What Bee tells")
    assert (made.read.feed.title, [entry.title for entry in made.read.entries]) == ("What Bee tells", ["Story 2", "Story 1"])
    assert [entry.title for entry in feeds.write(store, "--query", "FROM timeline", "--most", "1").read.entries] == ["Story 2"]
    nothing = feeds.write(store, "--query", "SELECT story_id FROM news WHERE false")
    assert (nothing.read.entries, nothing.read.feed.updated) == ([], "2026-05-04T12:00:00Z")


def test_ids_are_the_same_in_each_run_and_each_feed(settings: Settings, store: Settings, feeds: Feeds) -> None:
    one = feeds.write(store, "--entity", "100")
    assert feeds.write(small_store(settings), "--entity", "Lin Osei").data == one.data
    queried = feeds.write(store, "--query", "SELECT 1 AS story_id")
    assert [entry.id for entry in queried.read.entries] == [entry.id for entry in one.read.entries]
    assert one.read.entries[0].id == "urn:uuid:ed244d92-c5c5-5d04-90f8-bea9b1983124"
    assert queried.read.feed.id != one.read.feed.id


def test_a_copy_is_nothing_new_and_a_telling_is(settings: Settings, feeds: Feeds) -> None:
    before = feeds.write(small_store(settings), "--entity", "100").read.entries[0]
    late = article(40, "fox", 3000)
    add(
        settings,
        {
            "articles": [late],
            "story_articles": [{"article_id": 40, "story_id": 1, "score": 1.0, "reason": ""}],
            "copies": [{"article_id": 40, "original_id": 10, "level": "exact", "score": 1.0, "reason": ""}],
        },
    )
    copied = feeds.write(settings, "--entity", "100").read.entries[0]
    assert (copied.id, copied.updated, copied.published) == (before.id, before.updated, before.published)
    assert "exact copy, Fox" in copied.content[0].value
    add(
        settings,
        {
            "articles": [article(41, "gnu", 3100)],
            "story_articles": [{"article_id": 41, "story_id": 1, "score": 1.0, "reason": ""}],
        },
    )
    told = feeds.write(settings, "--entity", "100").read.entries[0]
    assert (told.id, told.published) == (before.id, before.published)
    assert told.updated == "2026-05-06T15:40:00Z"


def test_a_feed_that_says_the_same_is_not_written_again(store: Settings, feeds: Feeds) -> None:
    feeds.write(store, "--story", "1")
    before = (feeds.folder / "feed.xml").stat().st_ino
    feeds.write(store, "--story", "1")
    assert (feeds.folder / "feed.xml").stat().st_ino == before
    feeds.write(store, "--story", "2")
    assert (feeds.folder / "feed.xml").stat().st_ino != before
    assert [path.name for path in feeds.folder.iterdir() if path.suffix != ""] == ["feed.xml"]


def test_words_of_strangers_stay_words(settings: Settings, feeds: Feeds) -> None:
    hostile(settings)
    for words in (["--story", "1"], ["--query", "SELECT story_id FROM news"]):
        made = feeds.write(settings, *words)
        text = etree.fromstring(made.data)
        for content in text.iterfind(".//{http://www.w3.org/2005/Atom}content"):
            assert "<script" not in (content.text or "") and "<img" not in (content.text or "")
        links = [link.href for entry in made.read.entries for link in entry.get("links", [])]
        assert links and all(link.startswith("https://a.example/") for link in links)
    assert "\u202e" not in made.data.decode() and HOSTILE.startswith("<script>alert(1)")
    assert "<script>alert(1)</script>" in (text.findtext(".//{http://www.w3.org/2005/Atom}entry/{*}title") or "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "one of --story, --entity and --query"),
        (["--story", "1", "--entity", "Orrin"], "one of --story, --entity and --query"),
        (["--story", "77"], "there is no story 77"),
        (["--entity", "Nobody Atall"], "nothing that is called"),
        (["--entity", "Orrin"], "give the id of one, such as"),
        (["--query", "SELECT nonsense"], "DuckDB can't run this"),
        (["--query", "SELECT title FROM news"], "a column story_id"),
        (["--query", "SELECT title AS story_id FROM news"], "something else than ids"),
        (["--query", "-- nothing"], "a column story_id"),
        (["--story", "1", "--address", "file:///etc/passwd"], "no http(s) address"),
        (["--story", "1", "--out", "/nowhere/feed.xml"], "can't write"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_sentence(store: Settings, feeds: Feeds, words: list[str], said: str) -> None:
    code, out, err = feeds.run(store, *words)
    assert (code, out) == (2, "")
    assert said in err and len(err.strip().splitlines()) == 1
