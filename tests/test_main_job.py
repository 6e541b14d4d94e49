"""The main job on the sample web: what every entry comes to, and that nothing depends on how it is cut into batches."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from demo.server import SampleWeb
from demo.web import FEEDS, specials_of, truth
from flows.renewal import place_changed
from schemas.reasons import EntryState, Reason
from schemas.settings import Settings
from tasks.settle import Worked
from tasks.store.master import master_path
from tasks.store.publish import publish
from tasks.urls import article_id
from tests import pipeline
from tests.tables import differences


class Played:
    """Both editions of the sample web, played once; `worked` is what the steps made of each edition's entries."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.requests: list[tuple[str, str, int]] = []
        self.worked: list[list[Worked]] = []
        with SampleWeb(1) as web:
            self.settings = settings.model_copy(update={"host_map": web.host_map})
            pipeline.add_feeds(self.settings, FEEDS)
            self._edition(web, 1)
            self._edition(web, 2)
            self.requests = [(request.host, request.path, request.status) for request in web.requests]
        from datetime import UTC, datetime

        publish(self.settings, datetime.now(UTC))

    def _edition(self, web: SampleWeb, number: int) -> None:
        web.edition = number
        pipeline.poll_all(self.settings)
        worked = pipeline.prepare(self.settings, pipeline.pending(self.settings))
        pipeline.settle_all(self.settings, worked, 100)
        place_changed(self.settings)
        self.worked.append(worked)

    def sql(self, query: str, parameters: list[object] | None = None) -> list[tuple[object, ...]]:
        with duckdb.connect(self.settings.published, read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(query, parameters or []).fetchall()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield Played(Settings(home=tmp_path_factory.mktemp("played"), gap_seconds=0))


def test_every_entry_ends_in_one_terminal_state_with_a_reason(played: Played) -> None:
    states = dict(played.sql("SELECT state, count(*) FROM entries GROUP BY state"))
    assert EntryState.PENDING not in states
    assert set(states) <= set(EntryState)
    assert {row[0] for row in played.sql("SELECT DISTINCT reason FROM entries")} <= set(Reason)
    assert played.sql("SELECT count(*) FROM entries WHERE settled_at IS NULL") == [(0,)]


_EXPECTED = {
    "redirect": (EntryState.STORED, Reason.NEW_ARTICLE),
    "tracking": (EntryState.STORED, Reason.NEW_ARTICLE),
    "amp": (EntryState.STORED, Reason.NEW_ARTICLE),
    "paywall": (EntryState.STORED, Reason.NEW_ARTICLE),
    "live_blog": (EntryState.STORED, Reason.NEW_ARTICLE),
    "consent": (EntryState.NOT_AN_ARTICLE, Reason.CONSENT_WALL),
    "missing": (EntryState.GONE, Reason.NOT_FOUND),
    "pdf": (EntryState.NOT_AN_ARTICLE, Reason.NOT_HTML),
    "robots": (EntryState.REFUSED, Reason.ROBOTS),
}


@pytest.mark.parametrize("kind", sorted(_EXPECTED))
def test_special_entries_end_as_expected(played: Played, kind: str) -> None:
    special = next(item for item in specials_of(1) if item.kind == kind)
    rows = played.sql("SELECT state, reason, article_url FROM why WHERE url = ?", [special.link])
    assert rows, special.link
    state, reason, article_url = rows[0]
    assert (state, reason) == _EXPECTED[kind]
    if special.target:
        assert article_id(str(article_url)) == article_id(special.target)


def test_a_page_that_robots_txt_forbids_is_never_asked_for(played: Played) -> None:
    special = next(item for item in specials_of(1) if item.kind == "robots")
    path = "/" + special.link.split("/", 3)[3]
    assert not [request for request in played.requests if request[1] == path]


def test_one_article_that_two_feeds_list_is_one_article_fetched_once(played: Played) -> None:
    rows = played.sql(
        "SELECT article_id, count(*), list(DISTINCT reason ORDER BY reason) FROM entry_articles "
        "GROUP BY article_id HAVING count(*) > 1"
    )
    assert len(rows) == 5
    assert all(row[2] == ["new_article", "same_address"] for row in rows)
    pages = [request for request in played.requests if request[0] == "www.harborlight.example" and "/feed" not in request[1]]
    assert len(pages) == len(set(pages))


def test_the_broken_the_moved_and_the_gone_feed_say_so(played: Played) -> None:
    health = dict(played.sql("SELECT url, health FROM feed_health"))
    assert health["http://brokenfeed.example/feed.xml"] == "failing"
    assert health["http://old.fernhillgazette.example/feed.xml"] == "moved"
    assert health["http://gone.example/rss"] == "gone"
    assert sorted(health.values()).count("healthy") == len(FEEDS) - 3
    assert len(health) == len(FEEDS)


def test_all_articles_are_there_with_their_titles(played: Played) -> None:
    stored = dict(played.sql("SELECT id, title FROM articles"))
    labels = truth(2)
    missing = [url for url in labels if article_id(url) not in stored]
    assert missing == []
    wrong = [(label.title, stored[article_id(url)]) for url, label in labels.items() if stored[article_id(url)] != label.title]
    assert wrong == []


def test_the_agency_report_and_its_reprints_fold_and_nothing_else_does(played: Played) -> None:
    labels = truth(2)
    pages = {f"{label.outlet}/{label.slug}": article_id(url) for url, label in labels.items()}
    wanted = {(pages[f"{label.outlet}/{label.slug}"], pages[label.copy_of]) for label in labels.values() if label.copy_of}
    assert set(played.sql("SELECT article_id, original_id FROM copies")) == wanted
    assert len(wanted) == 4


def test_the_tellings_of_each_event_share_a_story_and_two_earthquakes_do_not(played: Played) -> None:
    labels = truth(2)
    story_of = dict(played.sql("SELECT article_id, story_id FROM story_articles"))
    groups: dict[str, set[object]] = {}
    for url, label in labels.items():
        if label.story:
            groups.setdefault(label.story, set()).add(story_of.get(article_id(url)))
    together = {story for story, found in groups.items() if len(found) == 1}
    assert {"marluz-rescue", "verdemont-takeover", "iceland-coalition", "kaluma-dam-ruling", "nz-rate-cut"} <= together
    # Angles as far apart as the two earthquakes' may stand alone; two events never share a story.
    assert len(together) >= len(groups) - 3
    for one, found in groups.items():
        assert not any(found & others for other, others in groups.items() if other != one)


def test_the_paywalled_page_is_known_as_one_and_belongs_to_no_story(played: Played) -> None:
    special = next(item for item in specials_of(1) if item.kind == "paywall")
    rows = played.sql("SELECT verdict, story_id, words < 350 FROM news WHERE id = ?", [article_id(special.link)])
    assert rows == [("paywall", None, True)]


def test_follow_ups_are_linked_to_the_story_they_follow(played: Played) -> None:
    labels = truth(2)
    story_of = dict(played.sql("SELECT article_id, story_id FROM story_articles"))
    follows = set(played.sql("SELECT story_id, follows_id FROM story_links"))
    wanted = {label.follows for label in labels.values() if label.follows}
    assert len(wanted) == 2
    for label_name in wanted:
        earlier = {story_of.get(article_id(url)) for url, label in labels.items() if label.story == label_name}
        later = {story_of.get(article_id(url)) for url, label in labels.items() if label.follows == label_name}
        assert any((new, old) in follows for new in later for old in earlier), label_name


def test_unrelated_articles_are_not_called_follow_ups(played: Played) -> None:
    labels = {article_id(url): label for url, label in truth(2).items()}
    event: dict[object, set[str | None]] = {}
    for key, story_id in played.sql("SELECT article_id, story_id FROM story_articles"):
        label = labels[int(str(key))]
        event.setdefault(story_id, set()).update({label.story, label.follows} - {None})
    wrong = [pair for pair in played.sql("SELECT story_id, follows_id FROM story_links") if not event[pair[0]] & event[pair[1]]]
    assert wrong == []


def test_the_corrected_article_has_two_versions_and_no_second_article(played: Played) -> None:
    rows = played.sql("SELECT id, version, title FROM articles WHERE version > 1")
    assert len(rows) == 1
    key = rows[0][0]
    versions = played.sql("SELECT version, text FROM article_texts WHERE article_id = ? ORDER BY version", [key])
    assert [row[0] for row in versions] == [1, 2]
    assert "4-3" in str(versions[0][1]) and "5-2" in str(versions[1][1])
    assert "Correction" in str(versions[1][1])


def test_the_view_of_changes_says_what_was_corrected(played: Played) -> None:
    rows = played.sql("SELECT change, outlet, new_headline, words_added, words_removed, notice, diff, version FROM changed_since")
    assert len(rows) == 1
    change, outlet, new_headline, added, removed, notice, diff, version = rows[0]
    assert (change, outlet, new_headline, version) == ("correction", "Quill & Ledger", False, 2)
    assert str(notice).startswith("Correction: An earlier version of this article misstated")
    assert str(diff).split("\n")[:2] == [
        "Monetary Policy Committee split [-4-3,-] {+5-2,+} with the minority preferring",
        "who took office in [-2023,-] {+2024,+} said the balance of",
    ]
    assert isinstance(added, int) and isinstance(removed, int) and added - removed == len(str(notice).split())
    assert played.sql("SELECT count(*) FROM refolds") == [(0,)]


def test_mentions_and_facts_stand_where_they_say(played: Played) -> None:
    for table in ("mentions", "facts"):
        wrong = played.sql(
            f"""SELECT m.surface, substr(t.text, m."start" + 1, m."end" - m."start") FROM {table} m
            JOIN articles a ON a.id = m.article_id JOIN article_texts t ON t.article_id = a.id AND t.version = a.version
            WHERE substr(t.text, m."start" + 1, m."end" - m."start") <> m.surface"""
        )
        assert wrong == []
        assert played.sql(f"SELECT count(*) > 300 FROM {table}") == [(True,)]


def test_aliases_count_the_mentions(played: Played) -> None:
    assert played.sql(
        "SELECT (SELECT sum(count) FROM aliases), (SELECT count(*) FROM mentions), "
        "(SELECT count(*) FROM mentions WHERE entity_id NOT IN (SELECT id FROM entities))"
    ) in [[(n, n, 0)] for n in [played.sql("SELECT count(*) FROM mentions")[0][0]]]


def test_french_articles_have_no_entities_and_a_reason(played: Played) -> None:
    rows = played.sql("SELECT entities_skipped, language FROM articles WHERE domain = 'lalumieredujour.example'")
    assert len(rows) == 3
    assert all(row[0] and row[1] == "fr" for row in rows)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_no_result_depends_on_where_a_batch_ends(played: Played, tmp_path: Path, size: int) -> None:
    again = played.settings.model_copy(update={"home": tmp_path / "again", "archive": "off"})
    with SampleWeb(1) as web:
        again = again.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(again, FEEDS)
        for number, worked in enumerate(played.worked, start=1):
            web.edition = number
            pipeline.poll_all(again, size=max(size, 5))
            pipeline.settle_all(again, worked, size)
            place_changed(again)
    found = differences(master_path(played.settings), master_path(again))
    assert [line for line in found if not line.startswith(("publication", "robots", "tdm", "page_lines", "page_furniture"))] == []


def test_playing_the_second_edition_again_changes_no_row(played: Played) -> None:
    before = master_path(played.settings).with_name("before.duckdb")
    before.write_bytes(master_path(played.settings).read_bytes())
    with SampleWeb(2) as web:
        again = played.settings.model_copy(update={"host_map": web.host_map})
        polled = pipeline.poll_all(again)
        counts = pipeline.ingest_all(again)
        answers = [request.status for request in web.requests]
    assert (polled.new, polled.edited) == (0, 0)
    assert counts.entries == 0
    assert answers.count(304) >= 9
    assert differences(before, master_path(played.settings)) == []
