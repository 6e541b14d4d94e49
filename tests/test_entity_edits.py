"""Merges, splits and renames of entities: through the real ingest, undone, done twice, kept when articles are read again."""

import html
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.response import Response, document
from demo.server import serve
from flows.cli.main import main
from schemas.errors import BadInput
from schemas.settings import PREFIX, Settings
from tasks import entity_links
from tasks.entities import find_entities
from tasks.entity_edits import Edit, EditKind, Edits, Matches
from tasks.store import entities, entity_edits, folding
from tasks.store.master import open_master, transaction
from tasks.store.publish import publish
from tests import pipeline, tables

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILL = "The council has debated the plan for the harbour since the spring, and a vote is expected before the end of the year. "
TEXTS = {
    "one": "Robert Quillfeather, the harbour master of Oslo, opened the new quay on Monday. Quillfeather said work would go on. ",
    "two": "Bob Quillfeather told a meeting in Bergen that the ferries were too old. Bob Quillfeather asked for money. ",
    "three": "Residents of Tromsø wrote to Bob Quillfeather about the noise. Bob Quillfeather has not answered them so far. ",
    "four": "Ada Brandvold won the ski race in Narvik by a second. Ada Brandvold had trained for it through the whole winter. ",
}


def site(
    names: list[str], texts: Mapping[str, str] = TEXTS, first: datetime = AT, days: int = 30
) -> dict[tuple[str, str], Response]:
    """A feed a name, each with one article of its own, `days` after the one before."""
    tree: dict[tuple[str, str], Response] = {}
    for number, name in enumerate(names):
        host = f"{name}.example"
        title = f"Report number {name} from the north"
        body = f"<p>{html.escape(texts[name])}</p><p>{FILL * 4}</p><p>{FILL * 3}</p>"
        page = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"
        at = first + timedelta(days=number * days)
        item = (
            f"<item><title>{title}</title><link>http://{host}/2026/a</link><guid>{name}</guid>"
            f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        )
        feed = f"<rss version='2.0'><channel><title>{name}</title>{item}</channel></rss>"
        tree[host, "/2026/a"] = document(page.encode(), "text/html; charset=utf-8")
        tree[host, "/feed"] = document(feed.encode(), "application/rss+xml")
    return tree


def ingest(settings: Settings, names: list[str], tree: dict[tuple[str, str], Response] | None = None) -> None:
    with serve(tree or site(names)) as server:
        mapped = settings.model_copy(update={"host_map": server.host_map})
        pipeline.add_feeds(mapped, [f"http://{name}.example/feed" for name in names])
        pipeline.poll_all(mapped)
        counts = pipeline.ingest_all(mapped)
    assert counts.articles == len(names)


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_master(settings) as connection:
        return connection.execute(sql).fetchall()


def everything(settings: Settings) -> list[list[tuple[Any, ...]]]:
    """What edits may change, but for the edits themselves."""
    assert rows(settings, tables.ENTITY_COUNTS_WRONG) == []
    return [
        rows(settings, "SELECT * FROM entity_counts ORDER BY ALL"),
        rows(settings, "SELECT * FROM entities ORDER BY ALL"),
        rows(settings, "SELECT * FROM aliases ORDER BY ALL"),
        rows(settings, "SELECT * FROM mentions ORDER BY ALL"),
        rows(settings, "SELECT * FROM person_clues ORDER BY ALL"),
    ]


def act(settings: Settings, what: str, *words: Any) -> str:
    with open_master(settings) as connection, transaction(connection):
        return str(getattr(entity_edits, what)(connection, *words, AT))


def counts(settings: Settings) -> dict[str, int]:
    return dict(
        rows(
            settings,
            "SELECT e.name, count(m.entity_id) FROM entities e JOIN mentions m ON m.entity_id = e.id WHERE e.type = 'PERSON' "
            "GROUP BY ALL",
        )
    )


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store with two articles, made once."""
    settings = Settings(home=tmp_path_factory.mktemp("edits"), gap_seconds=0)
    ingest(settings, ["one", "two"])
    assert counts(settings) == {"Robert Quillfeather": 2, "Bob Quillfeather": 2}
    return settings.home


@pytest.fixture
def filled(once: Path, settings: Settings) -> Settings:
    shutil.copytree(once, settings.home)
    return settings


def test_a_merge_moves_mentions_and_spellings_and_new_articles_follow(filled: Settings) -> None:
    said = act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    assert said == "1: Bob Quillfeather is merged into Robert Quillfeather; 2 mentions moved"
    assert counts(filled) == {"Robert Quillfeather": 4}
    spelt = "SELECT surface, count FROM aliases a JOIN entities e ON e.id = a.entity_id WHERE e.name LIKE '%Quill%' ORDER BY 1"
    assert rows(filled, spelt) == [("Bob Quillfeather", 2), ("Quillfeather", 1), ("Robert Quillfeather", 1)]
    assert rows(filled, "SELECT name FROM entity_overview WHERE name LIKE '%Quill%'") == [("Robert Quillfeather",)]
    ingest(filled, ["three"])
    assert counts(filled) == {"Robert Quillfeather": 6}
    # the id that articles give is kept beside the one that counts
    assert (
        len(rows(filled, "SELECT DISTINCT coalesce(found_id, entity_id) FROM mentions WHERE surface LIKE '%Quillfeather'")) == 2
    )


def test_undoing_a_merge_leaves_no_trace(filled: Settings) -> None:
    before = everything(filled)
    act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    assert everything(filled) != before
    assert act(filled, "undo", 1) == "edit 1 is undone; 2 mentions moved back"
    assert everything(filled) == before
    assert act(filled, "undo", 1) == "edit 1 is undone already; nothing was changed"


def test_a_merge_undone_after_new_articles_gives_them_back_as_well(filled: Settings) -> None:
    act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    ingest(filled, ["three"])
    act(filled, "undo", 1)
    assert counts(filled) == {"Robert Quillfeather": 2, "Bob Quillfeather": 4}


def test_everything_twice_changes_nothing(filled: Settings) -> None:
    act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    once = everything(filled)
    assert "one entity already" in act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    assert everything(filled) == once
    with open_master(filled) as connection, transaction(connection):
        ids = [row[0] for row in connection.execute("SELECT id FROM entities").fetchall()]
        assert entity_edits.replay(connection, ids) == 0
    assert everything(filled) == once
    assert len(rows(filled, "SELECT * FROM entity_edits")) == 1


def test_merges_in_a_chain_follow_each_other_and_undo_in_any_order(filled: Settings) -> None:
    ingest(filled, ["four"])
    before = everything(filled)
    act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    act(filled, "merge", "Robert Quillfeather", "Ada Brandvold")
    assert counts(filled) == {"Ada Brandvold": 6}
    act(filled, "undo", 1)
    assert counts(filled) == {"Ada Brandvold": 4, "Bob Quillfeather": 2}
    act(filled, "undo", 2)
    assert everything(filled) == before


def test_a_split_by_spelling_holds_for_new_articles_and_can_be_undone(filled: Settings) -> None:
    act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    merged = everything(filled)
    said = act(filled, "split", "Robert Quillfeather", Matches.ALIAS, "bob quillfeather", "Bob Quillfeather (poet)")
    assert said.startswith("2: 2 mentions of Robert Quillfeather now belong to Bob Quillfeather (poet) (id ")
    ingest(filled, ["three"])
    assert counts(filled) == {"Robert Quillfeather": 2, "Bob Quillfeather (poet)": 4}
    act(filled, "undo", 2)
    assert counts(filled) == {"Robert Quillfeather": 6}
    assert rows(filled, "SELECT name FROM entities WHERE name LIKE '%poet%'") == []
    assert len(rows(filled, "SELECT * FROM entities")) >= len(merged[1])


def test_a_split_by_article_takes_the_whole_article(filled: Settings) -> None:
    ingest(filled, ["three"])
    said = act(filled, "split", "Bob Quillfeather", Matches.ARTICLE, "http://three.example/2026/a", "Bob of Tromsø")
    assert "2 mentions" in said
    assert counts(filled) == {"Robert Quillfeather": 2, "Bob Quillfeather": 2, "Bob of Tromsø": 2}
    with pytest.raises(BadInput, match="nothing in Bob Quillfeather matches"):
        act(filled, "split", "Bob Quillfeather", Matches.ARTICLE, "http://three.example/2026/a", "Bob of Tromsø")


def test_a_split_by_story_holds_for_the_articles_of_that_story_only() -> None:
    edits = Edits((Edit(1, EditKind.SPLIT, 7, 8, Matches.STORY, "55"),))
    assert edits.target(7, "Bob", 1, 55) == 8
    assert edits.target(7, "Bob", 1, 56) == 7
    assert edits.target(7, "Bob", 1, None) == 7


def test_a_split_by_story_moves_its_mentions(filled: Settings) -> None:
    ingest(filled, ["three"])
    of_two = "JOIN articles a ON a.id = s.article_id WHERE domain = 'two.example'"
    story = rows(filled, f"SELECT CAST(story_id AS VARCHAR) FROM story_articles s {of_two}")[0][0]
    act(filled, "split", "Bob Quillfeather", Matches.STORY, story, "Bob of Bergen")
    assert counts(filled) == {"Robert Quillfeather": 2, "Bob Quillfeather": 2, "Bob of Bergen": 2}


def test_a_rename_is_kept_and_undone(filled: Settings) -> None:
    before = everything(filled)
    assert act(filled, "rename", "Bob Quillfeather", "Sir  Bob Q.") == "1: Bob Quillfeather is now called Sir Bob Q."
    assert "nothing was changed" in act(filled, "rename", "Sir Bob Q.", "Sir Bob Q.")
    ingest(filled, ["three"])
    assert counts(filled) == {"Robert Quillfeather": 2, "Sir Bob Q.": 4}
    act(filled, "rename", "Sir Bob Q.", "Lord Bob")
    act(filled, "undo", 2)
    assert counts(filled) == {"Robert Quillfeather": 2, "Sir Bob Q.": 4}
    act(filled, "undo", 1)
    assert counts(filled) == {"Robert Quillfeather": 2, "Bob Quillfeather": 4}
    assert rows(filled, "SELECT name, found_name FROM entities WHERE name LIKE '%Bob%'") == [("Bob Quillfeather", None)]
    assert before[1][0] in everything(filled)[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("merge", "Nobody Atall", "Robert Quillfeather"), "no entity is called 'Nobody Atall'"),
        (("merge", "12345", "Robert Quillfeather"), "no entity is called '12345'"),
        (("split", "Bob Quillfeather", Matches.ALIAS, "Roberto", None), "nothing in Bob Quillfeather matches --alias 'Roberto'"),
        (("split", "Bob Quillfeather", Matches.ALIAS, "Bob Quillfeather", None), "there would be nothing left"),
        (("rename", "Bob Quillfeather", "  "), "the new name is empty"),
        (("undo", 99), "there is no edit 99"),
    ],
)
def test_errors_are_said_and_nothing_changes(filled: Settings, words: tuple[Any, ...], message: str) -> None:
    before = everything(filled)
    with pytest.raises(BadInput, match=message):
        act(filled, *words)
    assert everything(filled) == before
    assert rows(filled, "SELECT * FROM entity_edits") == []


def test_a_spelling_that_several_have_needs_an_id(filled: Settings) -> None:
    ids = rows(filled, "SELECT id FROM entities WHERE name LIKE '%Quillfeather' ORDER BY name")
    act(filled, "rename", "Bob Quillfeather", "Robert Quillfeather")
    with pytest.raises(BadInput, match="2 entities are called 'Robert Quillfeather'; give the id of one"):
        act(filled, "merge", "Robert Quillfeather", str(ids[0][0]))
    assert "2 mentions moved" in act(filled, "merge", str(ids[0][0]), str(ids[1][0]))


def test_articles_read_again_keep_ids_and_merges(filled: Settings) -> None:
    act(filled, "merge", "Bob Quillfeather", "Robert Quillfeather")
    before = everything(filled)
    with open_master(filled) as connection, transaction(connection):
        texts = connection.execute(
            "SELECT a.id, a.title, t.text, a.language, a.published_at FROM articles a "
            "JOIN article_texts t ON t.article_id = a.id AND t.version = a.version ORDER BY a.published_at"
        ).fetchall()
        ids = [row[0] for row in texts]
        found = {row[0]: find_entities(row[1] or "", row[2], row[3], row[4]) for row in texts}
        stories = folding.stories_of(connection, ids)
        keys = {key for each in found.values() for key in entity_links.alias_keys(each)}
        memory = entities.context(connection, keys, stories.values())
        entities.forget_counts(connection, ids, memory)
        written: tuple[list[Any], ...] = ([], [], [], [])
        for row in texts:
            linked = entity_links.link_entities(found[row[0]], memory.view(row[0], stories.get(row[0])))
            memory.add(stories.get(row[0]), linked)
            written[0].extend(entities.entity_row(item, row[4]) for item in linked)
            written[1].extend(entities.mention_rows(row[0], found[row[0]], linked))
            written[2].extend(entities.fact_rows(row[0], found[row[0]]))
            written[3].extend(entities.clue_rows(row[0], linked))
        entities.write(connection, written[0], written[1], written[2], ids, written[3])
    assert everything(filled) == before


def test_the_commands(filled: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(filled.home))
    assert main(["entities", "merge", "Bob Quillfeather", "Robert Quillfeather"]) == 0
    assert main(["entities", "split", "Robert Quillfeather"]) == 2
    assert "one of --alias, --article and --story" in capsys.readouterr().err
    assert main(["entities", "split", "Robert Quillfeather", "--alias", "Bob Quillfeather", "--as", "Bob the Poet"]) == 0
    assert main(["entities", "rename", "Bob the Poet", "Bob Q."]) == 0
    assert main(["entities", "undo", "2"]) == 0
    capsys.readouterr()
    assert main(["entities", "edits"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].strip() == "1 merge  Bob Quillfeather → Robert Quillfeather"
    assert out[1].strip().endswith("(undone)") and out[-1] == "3 edits"
    assert main(["entities", "merge", "Nobody Atall", "Robert Quillfeather"]) == 2
    assert "no entity is called 'Nobody Atall'" in capsys.readouterr().err


def test_what_was_merged_is_shown_where_it_went(
    filled: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(filled.home))
    old = rows(filled, "SELECT id FROM entities WHERE name = 'Bob Quillfeather'")[0][0]
    assert main(["entities", "merge", "Bob Quillfeather", "Robert Quillfeather"]) == 0
    publish(filled, AT)
    for asked in (str(old), "Bob Quillfeather"):
        capsys.readouterr()
        assert main(["entity", asked]) == 0
        out = capsys.readouterr().out
        assert "Bob Quillfeather was merged into Robert Quillfeather by hand" in out
        assert "4 mentions in 2 articles of 2 outlets" in out
        assert "also spelled so" not in out
    assert main(["entity", "Robert Quillfeather"]) == 0
    assert "was merged into" not in capsys.readouterr().out


def test_without_a_store_the_commands_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "none"))
    assert main(["entities", "merge", "A", "B"]) == 2
    assert "there are no entities yet" in capsys.readouterr().err
    assert main(["entities", "edits"]) == 0
    assert not (tmp_path / "none").exists()


def test_an_edit_is_taken_once_and_in_order() -> None:
    there, back = Edit(1, EditKind.MERGE, 1, 2), Edit(2, EditKind.MERGE, 2, 1)
    assert Edits((there, back)).target(1, "x", 1, None) == 1
    assert Edits((there, back)).target(2, "x", 1, None) == 1
    assert Edits((there,)).connected([2]) == [1, 2]
