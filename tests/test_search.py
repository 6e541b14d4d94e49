"""Full-text search: the macro in the published file, and DuckDB's fts where it can be had."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from schemas.errors import BadInput, SearchIndexMissing
from schemas.settings import Settings
from tasks.store.forget import forget
from tasks.store.master import open_master
from tasks.store.publish import publish
from tasks.store.search import Engine, index_path, load_fts, make_index, search

ROOT = Path(__file__).parents[1]
OTHER_PYTHON = ROOT / ".venv-fts" / "bin" / "python"
TEXTS = {
    1: ("Earthquake shakes the coast", "An earthquake of 6.1 shook the coast of Péru. Quakes are common there."),
    2: (
        "Minister speaks of the coast",
        "The minister said that the earthquake had cost much. " + "Other matters were spoken of. " * 40,
    ),
    3: ("Rare earths found", "A mine of rare earths was found below O’Hara’s farm, the company said."),
    4: ("Rare birds, wide earths", "Birds that are rare were seen; earths of all kinds, too."),
    5: ("東京で地震", "昨日、東京で強い地震がありました。"),
    6: (None, "A hundred per cent (100%) of a_b was sold. Wheelwright."),
    7: ("Émeute à Besançon", "Une émeute a eu lieu à Besançon, selon la préfecture."),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = Settings(home=tmp_path_factory.mktemp("search"))
    with open_master(settings) as connection:
        for key, (title, text) in TEXTS.items():
            connection.execute(
                """INSERT INTO articles BY NAME SELECT ? AS id, 'http://a.example/' || id AS url, url AS page_url, 1 AS feed_id,
                1 AS version, 'a.example' AS domain, ? AS title, [] AS authors, [] AS tags, ? AS words, 'full' AS verdict,
                '' AS text_hash, 'page' AS source, '' AS extractor_version, ?::TIMESTAMPTZ AS first_seen_at,
                first_seen_at AS changed_at, 1 AS run_id""",
                [key, title, len(text.split()), datetime(2026, 1, key, tzinfo=UTC)],
            )
            connection.execute("INSERT INTO article_texts VALUES (?, 1, ?, '')", [key, text])
    publish(settings, datetime(2026, 2, 1, tzinfo=UTC))
    yield settings


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("earthquake", [1, 2]),  # the one with the word in its headline comes first
        ("EARTHQUAKE peru", [1]),
        ("quake", [1]),  # from the beginning of a word on, not within one
        ('"rare earths"', [3]),
        ("rare earths", [3, 4]),
        ("rare -birds", [3]),
        ('earths -"rare earths"', [4]),
        ("O'Hara", [3]),
        ("“rare earths”", [3]),
        ("地震", [5]),
        ("emeute besancon", [7]),
        ("a_b", [6]),
        ("100%", [6]),
        ("(100%)", [6]),
        ("wheel.right", []),  # no pattern of any kind
        ("nowhere", []),
        ("-rare", []),  # only words to leave out: nothing is asked for
    ],
)
def test_the_macro_finds(filled: Settings, words: str, ids: list[int]) -> None:
    answer = search(filled, words, 10)
    assert answer.engine == "scan"
    found = [one.article_id for one in answer.found]
    assert (found if words in ("earthquake", "quake") else sorted(found)) == ids
    assert [one.score for one in answer.found] == sorted((one.score for one in answer.found), reverse=True)


def test_hits_say_where(filled: Settings) -> None:
    best = search(filled, "earthquake", 1).found[0]
    assert (best.title, best.url) == ("Earthquake shakes the coast", "http://a.example/1")
    assert "earthquake of 6.1" in best.excerpt
    assert best.score > 0


def test_any_client_can_call_the_macro(filled: Settings) -> None:
    with duckdb.connect(filled.published, read_only=True) as connection:
        assert connection.execute("SELECT title FROM search('birds')").fetchall() == [("Rare birds, wide earths",)]


@pytest.mark.parametrize("words", ["", "  ", '"', "-", "_"])
def test_no_word_is_said_to_be_none(filled: Settings, words: str) -> None:
    with pytest.raises(BadInput, match="no word"):
        search(filled, words, 10)


def test_fts_is_not_asked_for_what_it_can_not_answer(filled: Settings) -> None:
    for words in ('"rare earths"', "rare -birds", "地震"):
        with pytest.raises(BadInput, match="--engine fts"):
            search(filled, words, 10, Engine.FTS)


def test_without_an_index_the_texts_are_read_and_fts_says_what_is_missing(filled: Settings) -> None:
    with pytest.raises(SearchIndexMissing, match="newsfold search-index"):
        search(filled, "rare", 10, Engine.FTS)


def _here() -> bool:
    with duckdb.connect() as connection:
        return load_fts(connection) is None


def test_where_the_extension_is_missing_one_sentence_says_so_and_nothing_is_left(tmp_path: Path, filled: Settings) -> None:
    if _here():
        pytest.skip("DuckDB's fts is here")
    with pytest.raises(SearchIndexMissing, match="--install"):
        make_index(filled)
    assert not list((filled.home / "master").glob("*search-index.duckdb*"))


def test_forgetting_removes_the_index(settings: Settings) -> None:
    with open_master(settings):
        index_path(settings).write_bytes(b"words")
    forget(settings, "a.example", datetime(2026, 2, 1, tzinfo=UTC))
    assert settings.published.is_file()
    assert not index_path(settings).exists()


def test_more_words_than_the_first_pass_knows_all_count(filled: Settings) -> None:
    words = "birds that are rare were seen earths of all kinds"
    assert [one.article_id for one in search(filled, words, 10).found] == [4]
    assert search(filled, words + " nowhere", 10).found == ()
    assert search(filled, "rare -a1 -b2 -birds -zz9", 10).found[0].article_id == 3
    assert [one.article_id for one in search(filled, "rare -a1 -birds -mine -zz9", 10).found] == []


_SCRIPT = """
import sys, json
from pathlib import Path
sys.path += sys.argv[2:]
from schemas.settings import Settings
from tasks.store.search import Engine, make_index, search
from tasks.store import search as module
settings = Settings(home=Path(sys.argv[1]))
said = {"made": make_index(settings)}
for words in ("earthquake", "quakes", "rare earths", "besancon"):
    for engine in ("fts", "scan"):
        answer = search(settings, words, 10, Engine(engine))
        said[f"{words} {engine}"] = [answer.engine, [one.article_id for one in answer.found]]
said["auto"] = search(settings, "rare", 10).engine
said["auto phrase"] = search(settings, '"rare earths"', 10).engine
published = settings.published
import duckdb
published.chmod(0o644)
with duckdb.connect(published) as connection:
    connection.execute("UPDATE publication SET published_at = published_at + INTERVAL 1 DAY")
late = search(settings, "rare", 10)
said["after the next publish"] = [late.engine, late.note]
print(json.dumps(said))
"""


def test_the_index_answers_like_the_macro_and_only_for_the_file_it_is_of(filled: Settings, tmp_path: Path) -> None:
    python = Path(sys.executable) if _here() else OTHER_PYTHON
    if not python.is_file():
        pytest.skip("DuckDB's fts can't be loaded here, and there is no .venv-fts (make fts)")
    home = tmp_path / "home"
    home.mkdir()
    (home / filled.published.name).write_bytes(filled.published.read_bytes())
    done = subprocess.run(
        [python, "-c", _SCRIPT, home, ROOT, sysconfig.get_path("purelib")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["made"] == len(TEXTS)
    assert said["earthquake fts"] == ["fts", [1, 2]]
    assert said["earthquake scan"] == ["scan", [1, 2]]
    assert said["quakes fts"] == ["fts", [1]]
    assert said["besancon fts"] == ["fts", [7]]
    assert sorted(said["rare earths fts"][1]) == sorted(said["rare earths scan"][1]) == [3, 4]
    assert (said["auto"], said["auto phrase"]) == ("fts", "scan")
    assert said["after the next publish"][0] == "scan"
    assert "older file" in said["after the next publish"][1]
