"""`newsfold story`, `explain` and `entity`, and the views of stories and entities: what people see, on small made-up stores."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo.server import SampleWeb
from demo.web import FEEDS, truth
from flows.cli.main import main
from schemas.answers import Named
from schemas.settings import Settings
from tasks.entity_memory import surface_key
from tasks.store import bulk
from tasks.store.entity_pages import choose
from tasks.store.master import open_master
from tasks.store.publish import publish
from tasks.urls import article_id
from tests import pipeline

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Asked:
    """How a command ended, with its output."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert "Traceback" not in self.out + self.err
        (line,) = self.err.strip().splitlines()
        assert line.startswith("newsfold: ")
        return line

    @property
    def json(self) -> Any:
        """The answer read as JSON."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Ask = Callable[..., Asked]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Asks a store with a command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(settings: Settings, *words: str, zone: str = "UTC") -> Asked:
        with monkeypatch.context() as patch:
            patch.setenv("NEWSFOLD_HOME", str(settings.home))
            patch.setenv("NEWSFOLD_TIMEZONE", zone)
            capsys.readouterr()
            code = main(list(words))
            shown = capsys.readouterr()
        return Asked(code, shown.out, shown.err)

    return run


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """What the published file answers."""
    with duckdb.connect(settings.published, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(query).fetchall()


# ---------------------------------------------------------------- a store made row by row


def article(number: int, outlet: str, minutes: float | None, *, precision: str = "time", **more: Any) -> dict[str, Any]:
    """A row of `articles`, published so many minutes after noon, or without a time."""
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    return {
        "id": number, "url": f"https://{outlet}.example/{number}", "page_url": f"https://{outlet}.example/{number}",
        "feed_id": 1, "version": 1, "outlet": outlet.title(), "domain": f"{outlet}.example", "title": f"Title {number}",
        "authors": [], "tags": [],
        "published_at": at, "published_precision": at and precision, "language": "en", "words": 300, "verdict": "full",
        "text_hash": str(number), "source": "page", "extractor_version": "", "first_seen_at": NOON + timedelta(hours=9),
        "changed_at": NOON, "run_id": 1,
    } | more  # fmt: skip


def made(settings: Settings, tables: dict[str, Sequence[dict[str, Any]]]) -> Settings:
    """A published store that holds these rows."""
    with open_master(settings) as connection:
        for table, given in tables.items():
            bulk.insert(connection, table, given)
    publish(settings, NOON)
    return settings


def story_row(number: int, articles: int, tellings: int, outlets: int) -> dict[str, Any]:
    """A row of `stories`."""
    times = {"first_at": NOON, "last_at": NOON + timedelta(hours=2)}
    counts = {"articles": articles, "tellings": tellings, "outlets": outlets, "languages": ["en"]}
    return {"id": number, "title": f"Story {number}", **times, **counts}


def entity_row(
    number: int, name: str, kind: str, spellings: dict[str, int], **more: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(a row of `entities`, its rows of `aliases`)."""
    unknown = dict.fromkeys(("wikidata_id", "ticker", "description"))
    row = {"id": number, "name": name, "type": kind, "complete": True} | unknown | more
    spelled = [
        {"surface": text, "surface_key": surface_key(text), "entity_id": number, "count": n, "source": "text"}
        for text, n in spellings.items()
    ]
    return row, spelled


def mention(article_id: int, entity_id: int, surface: str, **more: Any) -> dict[str, Any]:
    """A row of `mentions`."""
    places = {"start": 0, "end": len(surface), "surface": surface, "sentence": 0, "in_title": False, "in_lead": True}
    return {"article_id": article_id, "entity_id": entity_id, **places} | more


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store that tests only read."""
    return small_store(Settings(home=tmp_path_factory.mktemp("small")))


def small_store(settings: Settings) -> Settings:
    """Story 1: told by Ant, Bee (30 minutes later), once more by Ant, by Cat without a time of day; two copies of Ant's.
    Story 2 follows it up, was two stories once (id 9) and is told by one outlet. Article 30 is a teaser without a story.
    """
    articles = [
        article(10, "ant", 0), article(11, "ant", 10), article(12, "bee", 30), article(13, "cat", -720, precision="day"),
        article(14, "dog", 45), article(15, "ant", 1500), article(20, "bee", 4000), article(30, "elk", 5, verdict="teaser"),
    ]  # fmt: skip
    told = [(10, 1), (11, 1), (12, 1), (13, 1), (14, 1), (15, 1), (20, 2)]
    lin, lin_aliases = entity_row(100, "Lin Osei", "PERSON", {"Lin Osei": 3, "Osei": 4}, description="minister")
    ore, ore_aliases = entity_row(101, "Orrin Metals", "ORG", {"Orrin": 2, "Orrin Metals": 1}, ticker="ASX:ORN")
    town, town_aliases = entity_row(102, "Orrin", "PLACE", {"Orrin": 2}, wikidata_id="Q777")
    ola, ola_aliases = entity_row(103, "Ola Osei", "PERSON", {"Ola Osei": 1})
    return made(
        settings,
        {
            "articles": articles,
            "stories": [story_row(1, 6, 4, 4), story_row(2, 1, 1, 1)],
            "story_articles": [{"article_id": a, "story_id": s, "score": 1.0, "reason": "opened the story"} for a, s in told],
            "story_links": [{"story_id": 2, "follows_id": 1, "score": 0.4, "reason": "shares ferry"}],
            "story_aliases": [dict(zip(alias_columns(settings), (9, 2), strict=True))],
            "copies": [
                {"article_id": 14, "original_id": 10, "level": "near", "score": 0.9, "reason": "90%"},
                {"article_id": 15, "original_id": 10, "level": "exact", "score": 1.0, "reason": "the same words"},
            ],
            "entities": [lin, ore, town, ola],
            "aliases": [*lin_aliases, *ore_aliases, *town_aliases, *ola_aliases],
            "mentions": [
                mention(10, 100, "Lin Osei", role="Minister", in_title=True), mention(10, 100, "Osei"), mention(14, 100, "Osei"),
                mention(12, 100, "Osei"), mention(10, 101, "Orrin Metals"), mention(14, 101, "Orrin"), mention(20, 101, "Orrin"),
                mention(12, 102, "Orrin"), mention(20, 102, "Orrin"), mention(20, 103, "Ola Osei"),
            ],
        },
    )  # fmt: skip


def alias_columns(settings: Settings) -> list[str]:
    """The columns of `story_aliases`: the id that is no more, the story that it is part of now."""
    with open_master(settings) as connection:
        sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'story_aliases' ORDER BY column_index LIMIT 2"
        return [row[0] for row in connection.execute(sql).fetchall()]


# ---------------------------------------------------------------- the views


def test_the_timeline_folds_copies_and_counts_minutes_from_the_first_known_time(small: Settings) -> None:
    told = rows(
        small, "SELECT article_id, place, minutes_after_first, copies, copied_by FROM timeline WHERE story_id = 1 ORDER BY place"
    )
    assert told == [(13, 1, None, 0, None), (10, 2, 0, 2, ["Ant", "Dog"]), (11, 3, 10, 0, None), (12, 4, 30, 0, None)]


def test_who_reprinted_whom_leaves_out_an_outlet_that_prints_its_own_text_again(small: Settings) -> None:
    assert rows(
        small, "SELECT outlet, original_outlet, copies, exact, near, excerpts, minutes_after FROM who_reprinted_whom"
    ) == [("Dog", "Ant", 1, 0, 1, 0, 45)]
    found = rows(small, "SELECT article_id, original_outlet, outlet, level, minutes_after FROM reprints ORDER BY article_id")
    assert found == [(14, "Ant", "Dog", "near", 45), (15, "Ant", "Ant", "exact", 1500)]


def test_first_to_report_compares_outlets_whose_times_are_known(small: Settings) -> None:
    found = rows(small, "SELECT story_id, outlet, next_outlet, minutes_ahead, outlets, day FROM first_to_report")
    assert found == [(1, "Ant", "Bee", 30, 2, date(2026, 5, 4))]


def test_stories_of_the_day_do_not_count_copies(small: Settings) -> None:
    found = rows(
        small, "SELECT day, place, story_id, tellings, outlets, tellings_so_far FROM stories_of_the_day ORDER BY day, place"
    )
    assert found == [(date(2026, 5, 4), 1, 1, 4, 3, 4), (date(2026, 5, 7), 1, 2, 1, 1, 1)]


@pytest.mark.breaks_the_store
def test_days_of_the_views_are_those_of_the_zone(settings: Settings) -> None:
    far = small_store(settings.model_copy(update={"timezone": "Pacific/Kiritimati"}))  # 14 hours ahead of UTC
    assert {row[0] for row in rows(far, "SELECT day FROM first_to_report")} == {date(2026, 5, 5)}
    assert {row[0] for row in rows(far, "SELECT day FROM entity_timeline WHERE entity_id = 100")} == {date(2026, 5, 5)}


def test_entities_per_day(small: Settings) -> None:
    found = rows(small, "SELECT day, mentions, articles, tellings, outlets FROM entity_timeline WHERE name = 'Lin Osei'")
    assert found == [(date(2026, 5, 4), 4, 3, 2, 3)]


def test_pairs_count_a_text_and_its_copies_once_and_stand_from_either_side(small: Settings) -> None:
    found = rows(small, "SELECT name, with_name, day, articles, stories FROM entity_pairs WHERE with_id = 101 ORDER BY name")
    assert found == [
        ("Lin Osei", "Orrin Metals", date(2026, 5, 4), 1, 1),
        ("Ola Osei", "Orrin Metals", date(2026, 5, 7), 1, 1),
        ("Orrin", "Orrin Metals", date(2026, 5, 7), 1, 1),
    ]
    one_way, other_way = (
        rows(small, f"SELECT {pair}, day, articles FROM entity_pairs ORDER BY ALL")
        for pair in ("entity_id, with_id", "with_id, entity_id")
    )
    assert one_way == other_way


def test_companies_are_those_with_a_ticker(small: Settings) -> None:
    found = rows(small, "SELECT ticker, article_id, mentions, original_id FROM company_mentions ORDER BY article_id")
    assert found == [("ASX:ORN", 10, 1, None), ("ASX:ORN", 14, 1, 10), ("ASX:ORN", 20, 1, None)]


# ---------------------------------------------------------------- newsfold story


def test_a_story_shows_tellings_copies_and_who_was_first(small: Settings, ask: Ask) -> None:
    shown = ask(small, "story", "1")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0] == "story 1: Story 1"
    assert lines[1] == "4 tellings, 2 copies, 4 outlets; 2026-05-04 12:00 to 2026-05-04 14:00 UTC"
    assert lines[2] == "first: Ant, 30 minutes before Bee"
    assert lines[3].startswith("followed by story 2 of 2026-05-04 12:00: Story 2 (shares ferry)")
    table = [line.split() for line in lines[6:12]]
    assert [line[:4] for line in table] == [
        ["~2026-05-04", "00:00", "?", "Cat"],
        ["2026-05-04", "12:00", "+0", "min"],
        ["2026-05-04", "12:45", "+45", "min"],
        ["2026-05-05", "13:00", "+1,500", "min"],
        ["2026-05-04", "12:10", "+10", "min"],
        ["2026-05-04", "12:30", "+30", "min"],
    ]
    assert "↳ near copy, 90%: Title 14" in lines[8]
    assert lines[-1] == "mentions Lin Osei (PERSON, 2), Orrin (PLACE, 1), Orrin Metals (ORG, 1)"


def test_a_story_is_found_by_its_articles_and_by_the_id_it_had_before_a_merge(small: Settings, ask: Ask) -> None:
    for word in ("https://dog.example/14", "14"):
        assert ask(small, "story", word, "--json").json["id"] == 1
    merged = ask(small, "story", "9", "--json").json
    assert (merged["id"], merged["merged_from"]) == (2, 9)
    assert [one["id"] for one in merged["follows"]] == [1]
    assert (merged["first_outlet"], merged["next_outlet"], merged["minutes_ahead"]) == ("Bee", None, None)
    assert "told by Bee alone" in ask(small, "story", "2").out
    assert "story 9 was merged into this one" in ask(small, "story", "9").out


def test_times_are_shown_in_the_zone(small: Settings, ask: Ask) -> None:
    assert "2026-05-04 21:00 to 2026-05-04 23:00 Asia/Tokyo" in ask(small, "story", "1", zone="Asia/Tokyo").out


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("77", "there is no story 77"),
        ("9" * 30, "there is no story"),
        ("-", "is no http(s) address"),
        ("story one", "is no http(s) address"),
        ("https://nowhere.example/x", "newsfold why https://nowhere.example/x"),
        ("https://elk.example/30", "part of no story: only a teaser of it is readable"),
    ],
)
def test_a_story_that_is_none_is_a_sentence(small: Settings, ask: Ask, word: str, says: str) -> None:
    assert says in ask(small, "story", word).sentence


@pytest.mark.parametrize("words", [["story", "1"], ["explain", "1", "2"], ["entity", "Lin"]])
def test_nothing_published_is_a_sentence(settings: Settings, ask: Ask, words: list[str]) -> None:
    assert "newsfold run" in ask(settings, *words).sentence
    assert not settings.home.exists()


# ---------------------------------------------------------------- newsfold entity


def test_an_entity_shows_who_it_is(small: Settings, ask: Ask) -> None:
    out = ask(small, "entity", "lin  osei").out
    assert out.startswith("Lin Osei (PERSON, minister); id 100\n4 mentions in 3 articles of 3 outlets, 2026-05-04 12:00 to")
    assert "spelled Osei (4), Lin Osei (3)" in out
    assert "shown as Minister (1)" in out
    assert "named with Orrin (PLACE, 1), Orrin Metals (ORG, 1)" in out
    found = ask(small, "entity", "Lin Osei", "--json").json
    assert found["stories"] == [{"id": 1, "title": "Story 1", "at": "2026-05-04T12:45:00+00:00", "articles": 2, "outlets": 3}]


@pytest.mark.parametrize(
    ("word", "number"), [("101", 101), ("asx:orn", 101), ("q777", 102), ("Osei", 100), ("ORRIN METALS LTD", 101)]
)
def test_an_entity_is_found_by_id_ticker_and_spelling(small: Settings, ask: Ask, word: str, number: int) -> None:
    assert ask(small, "entity", word, "--json").json["id"] == number


def test_unknown_names_offer_the_nearest(small: Settings, ask: Ask) -> None:
    assert (
        "nothing that is called 'Lin Osie' is mentioned; nearest: Lin Osei (PERSON)" in ask(small, "entity", "Lin Osie").sentence
    )
    assert "nearest: Orrin Metals (ORG)" in ask(small, "entity", "Metals").sentence
    assert ask(small, "entity", "Zzyzx").sentence.endswith("'Zzyzx' is mentioned")
    assert "give the name" in ask(small, "entity", " ").sentence


def test_a_name_that_may_mean_several_lists_them(settings: Settings, ask: Ask) -> None:
    one, spelled = entity_row(1, "Georgia", "PLACE", {"Georgia": 5}, description="country")
    two, other = entity_row(2, "Georgia", "PLACE", {"Georgia": 60}, description="state of the United States")
    made(settings, {"entities": [one, two], "aliases": [*spelled, *other]})
    shown = ask(settings, "entity", "georgia")
    assert shown.sentence == "newsfold: 'georgia' may mean 2 entities: give the id of one"
    assert "state of the United States" in shown.out and "country" in shown.out
    listed = json.loads(ask(settings, "entity", "Georgia", "--json").out)
    assert [one["id"] for one in listed["candidates"]] == [2, 1]


def test_what_a_name_means() -> None:
    state, country = Named(1, "Georgia", "PLACE", None, 99), Named(2, "Georgia", "PLACE", None, 1)
    person, firm = Named(3, "Donald Trent", "PERSON", None, 95), Named(4, "Trent Organization", "ORG", None, 5)
    town, mine = Named(5, "Verd", "PLACE", None, 6), Named(6, "Verd Metals", "ORG", None, 15)
    assert choose([state, country], "Georgia").chosen is None, "two of one name are never told apart by their numbers"
    assert choose([person, firm], "Trent").chosen == person
    assert choose([mine, town], "Verd").chosen is None, "the less mentioned of that name is not taken for what is meant"
    assert choose([firm], "Trent").others == ()


# ---------------------------------------------------------------- on the sample web


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The sample web's first edition, through the whole job."""
    settings = Settings(home=tmp_path_factory.mktemp("sample"), gap_seconds=0)
    with SampleWeb(1) as web:
        settings = settings.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(settings, FEEDS)
        pipeline.poll_all(settings)
        pipeline.ingest_all(settings)
    publish(settings, datetime.now(UTC))
    yield settings


def _addresses(story: str) -> dict[str, str]:
    """outlet -> address of its article of a story of the sample web."""
    return {label.outlet: url for url, label in truth(1).items() if label.story == story}


def test_the_agency_report_has_its_reprints_below_it(sample: Settings, ask: Ask) -> None:
    found = ask(sample, "story", _addresses("marluz-rescue")["fernhill"], "--json").json
    original = found["tellings"][0]
    assert original["article"]["outlet"] == "Atlas Wire"
    copies = {article_id(copy["article"]["url"]) for copy in original["copies"]}
    assert copies == {article_id(url) for url, label in truth(1).items() if label.copy_of}
    assert found["first_outlet"] == "Atlas Wire" and found["minutes_ahead"] > 0
    assert all(copy["minutes_after"] > 0 for copy in original["copies"])
    assert [one["place"] for one in _timeline(sample, found["id"])] == list(range(1, len(found["tellings"]) + 1))
    assert [one["article_id"] for one in _timeline(sample, found["id"])] == [
        one["article"]["article_id"] for one in found["tellings"]
    ]


def _timeline(settings: Settings, story_id: int) -> list[dict[str, Any]]:
    with duckdb.connect(settings.published, read_only=True) as connection:
        return bulk.dicts(connection, "SELECT place, article_id FROM timeline WHERE story_id = ? ORDER BY place", [story_id])


def test_explain_says_why_a_reprint_is_a_copy(sample: Settings, ask: Ask) -> None:
    told = _addresses("marluz-rescue")
    found = ask(sample, "explain", told["atlaswire"], told["fernhill"], "--json").json
    assert found["copies"] is True and found["same_story"] is True
    assert found["copies_said"].startswith("B is stored as near copy of the other: ")
    checks = {check["rule"]: check for check in found["copy_checks"]}
    assert checks["wording"]["holds"] and checks["figures"]["holds"]
    assert checks["rules as they stand"]["said"] == "near copy"
    # two copies of one original
    assert "both are stored as copies of" in ask(sample, "explain", told["sundial"], told["fernhill"]).out


def test_explain_tells_two_tellings_from_copies(sample: Settings, ask: Ask) -> None:
    told = _addresses("verdemont-takeover")
    found = ask(sample, "explain", told["atlaswire"], told["meridian"], "--json").json
    assert found["copies"] is False and found["same_story"] is True
    checks = {check["rule"]: check for check in found["copy_checks"] + found["story_checks"]}
    assert checks["wording"]["holds"] is False and "samples" in checks["wording"]["said"]
    assert "Verdemont" in checks["shared terms"]["said"]
    assert "Castellan Resources (ORG)" in checks["shared entities"]["said"]
    score, needed = (float(word) for word in checks["likeness"]["said"].replace(",", "").split() if word[0] == "0")
    assert checks["likeness"]["holds"] is (score >= needed)


def test_explain_sets_two_earthquakes_apart(sample: Settings, ask: Ask) -> None:
    one, other = _addresses("peru-quake")["atlaswire"], next(iter(_addresses("sulawesi-quake").values()))
    shown = ask(sample, "explain", one, other)
    assert shown.code == 0
    assert "they are stored as no copies of each other" in shown.out
    assert "they are in two stories" in shown.out
    assert "  - likeness: " in shown.out
    assert "they say another country" in shown.out


def test_explain_sees_the_template_of_an_outlet_s_notes(sample: Settings, ask: Ask) -> None:
    notes = [url for url, label in truth(1).items() if label.title.startswith("Closing note")]
    found = ask(sample, "explain", *notes, "--json").json
    assert found["copies"] is False and found["same_story"] is False
    checks = {check["rule"]: check for check in found["copy_checks"] + found["story_checks"]}
    assert "a template filled in anew" in checks["figures"]["said"]
    assert checks["contradictions"]["said"].startswith("one template with other figures, on another day")


def test_explain_wants_two_stored_articles(sample: Settings, ask: Ask) -> None:
    url = _addresses("marluz-rescue")["atlaswire"]
    assert "both are the same article" in ask(sample, "explain", url, url).sentence
    assert "is no http(s) address" in ask(sample, "explain", url, "x").sentence
    assert "newsfold why" in ask(sample, "explain", url, "http://nowhere.example/").sentence
    assert "there is no article 5" in ask(sample, "explain", "5", url).sentence


def test_the_published_file_is_only_read(sample: Settings, ask: Ask) -> None:
    before = sample.published.stat()
    told = _addresses("marluz-rescue")
    for words in (["story", told["atlaswire"]], ["explain", told["atlaswire"], told["meridian"]], ["entity", "Portugal"]):
        assert ask(sample, *words).code == 0
    assert (sample.published.stat().st_mtime_ns, sample.published.stat().st_size) == (before.st_mtime_ns, before.st_size)
