"""What becomes of stories and copies in a real store, with the settings as they come: articles polled, fetched and settled."""

import html
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.response import Response, document
from demo.server import Request, TreeServer, serve
from flows.cli.main import main
from schemas.reasons import Reason
from schemas.settings import Settings
from tasks.store.master import master_path, open_master, transaction
from tasks.store.publish import publish
from tasks.store.retry import retry_entries
from tasks.urls import article_id
from tests import pipeline
from tests.tables import rows_of

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FOLDING = ("copies", "stories", "story_articles", "story_links", "story_aliases", "story_ids", "signatures")
COUNTED = ("story_vectors", "term_weeks")


@dataclass(frozen=True, slots=True)
class Told:
    """An article of an outlet of its own, which published it so many hours after the first of all."""

    name: str
    hours: float
    title: str
    text: str

    @property
    def host(self) -> str:
        return f"{self.name}.example"

    @property
    def url(self) -> str:
        return f"http://{self.host}/news"

    @property
    def id(self) -> int:
        return article_id(self.url)


BRIDGE = Told(
    "bridge",
    0,
    "Bridge over the Tarn closed after cracks are found",
    "The Osprey Bridge over the river Tarn was closed to all traffic on Monday after inspectors found cracks in two of its steel "
    "girders, the highway agency said.\nDrivers between Calder and Westhaven face a detour of forty kilometres. Nobody was hurt. "
    "The agency said that it would decide within days whether lorries may ever use the bridge again.",
)
BOATS = Told(
    "boats",
    2,
    "Commuters queue for extra boats to Calder",
    "Commuters in Westhaven queued for hours on Monday as the town sent out two extra ferries. The ferry company Marlin "
    "Lines put "
    "on boats every twenty minutes and asked people to leave their cars at home.\nSchools let classes begin an hour later. The "
    "mayor, Ines Dahl, said the boats would run as long as they were needed.",
)
BRIDGE_AND_BOATS = Told(
    "both",
    5,
    "Cracks close Osprey Bridge, ferries carry commuters",
    "Cracks in two steel girders closed the Osprey Bridge over the river Tarn on Monday, and thousands of commuters between "
    "Calder "
    "and Westhaven took extra ferries of Marlin Lines instead. Inspectors of the highway agency found the cracks in the steel at "
    "dawn.\nThe ferry company put on boats every twenty minutes. The mayor of Westhaven, Ines Dahl, told commuters to leave "
    "their "
    "cars at home; the agency said drivers face a detour of forty kilometres.",
)
STORM = Told(
    "storm",
    0,
    "Storm tears roofs off houses in Sable Bay",
    "A storm battered the coast of Lorne on Monday night and tore the roofs off a hundred houses in Sable Bay, the weather "
    "service said. Gusts of 140 kilometres an hour felled trees, and 9,000 homes had no power. Two fishing boats sank in "
    "the harbour. "
    "Nobody was hurt.\nThe storm moved on to the north in the morning.",
)
HOSPITAL = Told(
    "hospital",
    8,
    "Hospital in the dark after a transformer burns",
    "The hospital of Sable Bay lost power for six hours on Monday night when a transformer of Kestrel Grid caught fire. Doctors "
    "carried patients down dark stairs.\nThe transformer was forty years old, the hospital said, and Kestrel Grid had been asked "
    "twice to replace it.",
)
LETTERS = Told(
    "letters",
    20,
    "Kestrel Grid was asked twice to replace transformer that left hospital without power",
    "Kestrel Grid was asked twice to replace the forty years old transformer that caught fire and left a hospital without power "
    "for six hours, letters of the hospital show. Doctors had to carry patients down dark stairs.\nKestrel Grid said that it had "
    "planned to replace the transformer in May and was sorry for what the patients went through. The public prosecutor of Lorne "
    "wants to see the letters.",
)
AGENCY = Told(
    "agency",
    -1,
    "Osprey Bridge shut, cracks in girders",
    f"{BRIDGE.text}\nThe bridge was built by an army and carries thirty thousand vehicles a day. Its last inspection was "
    "two years ago.",
)
REPRINT = replace(BRIDGE, name="reprint", hours=3, title="No way across the Tarn for drivers this week")
EVENTS = (BRIDGE, BOATS, BRIDGE_AND_BOATS, STORM, HOSPITAL, LETTERS, AGENCY, REPRINT)


class Outlets:
    """Outlets on loopback, each with a feed of one article, and the store that reads them."""

    def __init__(self, home: Path) -> None:
        self._out: dict[str, Told] = {}
        self.server: TreeServer = serve(self._answer, [told.host for told in EVENTS])
        self.settings = Settings(home=home, gap_seconds=0, archive="off", host_map=self.server.host_map)

    def another_store(self, home: Path) -> Settings:
        """Settings of a second store that reads the same outlets."""
        return self.settings.model_copy(update={"home": home})

    def publish(self, *told: Told) -> None:
        """Articles come out; the store polls and works them off as one batch."""
        self.announce(self.settings, *told)
        pipeline.ingest_all(self.settings)

    def announce(self, settings: Settings, *told: Told) -> None:
        """Articles come out, and a store sees them in its feeds."""
        self._out.update({one.host: one for one in told})
        pipeline.add_feeds(settings, [f"http://{one.host}/feed" for one in told])
        pipeline.poll_all(settings)

    def _answer(self, request: Request) -> Response | None:
        told = self._out.get(request.host)
        if told is None or request.path not in ("/feed", "/news"):
            return None
        at, title = f"{START + timedelta(hours=told.hours):%a, %d %b %Y %H:%M:%S} GMT", html.escape(told.title)
        if request.path == "/feed":
            item = f"<item><title>{title}</title><link>{told.url}</link><pubDate>{at}</pubDate></item>"
            feed = f"<rss version='2.0'><channel><title>{told.name}</title>{item}</channel></rss>"
            return document(feed.encode(), "application/rss+xml")
        text = "".join(f"<p>{html.escape(line)}</p>" for line in told.text.split("\n"))
        page = f"<html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
        return document(page.encode(), "text/html; charset=utf-8")


@pytest.fixture
def outlets(tmp_path: Path) -> Iterator[Outlets]:
    made = Outlets(tmp_path / "home")
    with made.server:
        yield made


def sql(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with open_master(settings) as connection:
        return connection.execute(query).fetchall()


def story_of(settings: Settings, told: Told) -> int:
    ((story_id,),) = sql(settings, f"SELECT story_id FROM story_articles WHERE article_id = {told.id}")
    return int(story_id)


def folded(settings: Settings) -> dict[str, list[str]]:
    """The rows of all tables of copies and stories."""
    tables = rows_of(master_path(settings))
    return {name: tables[name] for name in (*FOLDING, *COUNTED)}


def groups(settings: Settings) -> tuple[set[frozenset[int]], dict[int, int]]:
    """The articles of each story, and the original of each copy."""
    stories: dict[int, set[int]] = {}
    for article, story in sql(settings, "SELECT article_id, story_id FROM story_articles"):
        stories.setdefault(story, set()).add(article)
    return {frozenset(one) for one in stories.values()}, dict(sql(settings, "SELECT article_id, original_id FROM copies"))


def counted_wrong(settings: Settings) -> list[tuple[Any, ...]]:
    """Stories whose numbers of articles and tellings are not those of their rows."""
    return sql(
        settings,
        "SELECT t.id FROM stories t FULL JOIN (SELECT s.story_id, count(*) AS articles, count(*) FILTER (c.article_id IS NULL) "
        "AS tellings FROM story_articles s LEFT JOIN copies c ON c.article_id = s.article_id GROUP BY 1) n ON n.story_id = t.id "
        "WHERE (t.articles, t.tellings) IS DISTINCT FROM (n.articles, n.tellings)",
    )


def test_better_evidence_makes_two_stories_one_and_the_id_that_goes_leads_on(
    outlets: Outlets, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = outlets.settings
    outlets.publish(BRIDGE)
    outlets.publish(BOATS)
    older, newer = story_of(settings, BRIDGE), story_of(settings, BOATS)
    assert older != newer
    outlets.publish(BRIDGE_AND_BOATS)
    assert {story_of(settings, told) for told in (BRIDGE, BOATS, BRIDGE_AND_BOATS)} == {older}
    assert sql(settings, "SELECT id, articles, tellings, outlets FROM stories") == [(older, 3, 3, 3)]
    assert sql(settings, "SELECT old_id, story_id FROM story_aliases") == [(newer, older)]
    publish(settings, datetime.now(UTC))
    monkeypatch.setenv("NEWSFOLD_HOME", str(settings.home))
    capsys.readouterr()
    assert main(["story", str(newer)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"story {newer} was merged into this one"
    assert lines[1].startswith(f"story {older}: ")
    assert lines[2].startswith("3 tellings, 0 copies, 3 outlets; 2026-03-02 08:00 to 2026-03-02 13:00")
    assert lines[3] == "first: bridge, 2 h 0 min before boats"


def test_an_article_that_fits_better_elsewhere_splits_off(outlets: Outlets) -> None:
    settings = outlets.settings
    outlets.publish(STORM)
    outlets.publish(HOSPITAL)
    storm = story_of(settings, STORM)
    assert story_of(settings, HOSPITAL) == storm
    outlets.publish(LETTERS)
    moved = story_of(settings, HOSPITAL)
    assert story_of(settings, STORM) == storm != moved == story_of(settings, LETTERS)
    ((reason,),) = sql(settings, f"SELECT reason FROM story_articles WHERE article_id = {HOSPITAL.id}")
    assert f"was in story {storm} until article {LETTERS.id} came" in reason
    assert sorted(sql(settings, "SELECT id, articles FROM stories")) == sorted([(storm, 1), (moved, 2)])
    assert sql(settings, "SELECT * FROM story_aliases") == []


def test_an_earlier_original_that_comes_late_becomes_that_of_all_copies(outlets: Outlets) -> None:
    settings = outlets.settings
    outlets.publish(BRIDGE)
    outlets.publish(REPRINT)
    assert sql(settings, "SELECT article_id, original_id, level FROM copies") == [(REPRINT.id, BRIDGE.id, "exact")]
    story = story_of(settings, BRIDGE)
    outlets.publish(AGENCY)
    assert dict(sql(settings, "SELECT article_id, original_id FROM copies")) == {BRIDGE.id: AGENCY.id, REPRINT.id: AGENCY.id}
    assert sql(settings, "SELECT count(*) FROM copies c JOIN copies d ON d.article_id = c.original_id") == [(0,)]
    assert {story_of(settings, told) for told in (BRIDGE, REPRINT, AGENCY)} == {story}
    assert sql(settings, "SELECT articles, tellings FROM stories") == [(3, 1)]


def test_the_same_batch_in_any_order_makes_the_same_stories_and_originals(outlets: Outlets, tmp_path: Path) -> None:
    outlets.announce(outlets.settings, *EVENTS)
    worked = pipeline.prepare(outlets.settings, pipeline.pending(outlets.settings))
    pipeline.settle_all(outlets.settings, worked, 100)
    stories, originals = groups(outlets.settings)
    assert {frozenset(one.id for one in told) for told in ((STORM,), (HOSPITAL, LETTERS))} <= stories
    assert len(stories) == 3
    assert originals == {BRIDGE.id: AGENCY.id, REPRINT.id: AGENCY.id}
    for seed in range(4):
        other = outlets.another_store(tmp_path / str(seed))
        outlets.announce(other, *EVENTS)
        size = (100, 3, 1, 5)[seed]
        pipeline.settle_all(other, random.Random(seed).sample(worked, len(worked)), size)
        assert groups(other) == (stories, originals)
        assert counted_wrong(other) == []


def test_two_ingests_of_the_halves_of_the_queue_lose_and_double_no_link(outlets: Outlets, tmp_path: Path) -> None:
    outlets.announce(outlets.settings, *EVENTS)
    worked = pipeline.prepare(outlets.settings, pipeline.pending(outlets.settings))
    pipeline.settle_all(outlets.settings, worked, 100)
    both = outlets.another_store(tmp_path / "both")
    outlets.announce(both, *EVENTS)
    # One event's tellings and a text's copies are in either half, and one entry is in both.
    halves: Sequence[Sequence[Any]] = (worked[::2], [*worked[1::2], worked[0]])
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda half: pipeline.settle_all(both, half, 1), halves))
    assert sum(counts.articles for counts in ended) == len(EVENTS)
    assert groups(both) == groups(outlets.settings)
    assert counted_wrong(both) == []
    for table in ("signatures", "story_articles", "story_ids"):
        key = "story_id" if table == "story_ids" else "article_id"
        assert sql(both, f"SELECT count(*) - count(DISTINCT {key}) FROM {table}") == [(0,)]
    counted = "SELECT language, week, term, articles FROM term_weeks ORDER BY ALL"
    assert sql(both, counted) == sql(outlets.settings, counted)


def test_what_is_read_again_changes_nothing(outlets: Outlets) -> None:
    settings = outlets.settings
    for told in (EVENTS[:1], EVENTS[1:2], EVENTS[2:]):  # so that a story merges
        outlets.publish(*told)
    before, mentions = folded(settings), sql(settings, "SELECT * FROM mentions ORDER BY ALL")
    assert all(before[name] for name in FOLDING if name not in ("story_links",))
    with open_master(settings) as connection, transaction(connection):
        assert retry_entries(connection, None, Reason.NEW_ARTICLE, datetime.now(UTC)) == len(EVENTS)
    counts = pipeline.ingest_all(settings)
    assert (counts.entries, counts.articles, counts.versions) == (len(EVENTS), 0, 0)
    assert folded(settings) == before
    assert sql(settings, "SELECT * FROM mentions ORDER BY ALL") == mentions
