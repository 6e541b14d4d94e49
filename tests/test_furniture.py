"""What repeats on many pages of a site is cut: through the real ingest steps, on the pages of an invented outlet."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.response import Response
from demo.server import TreeServer, serve
from schemas.settings import Settings
from tasks.extract import extract
from tasks.furniture import LEAST_PAGES, MOST_PAGES, PageLines, fingerprint, furniture_of, lines_of
from tasks.store import furniture
from tasks.store.forget import forget
from tasks.store.master import master_path, open_master
from tests import pipeline
from tests.tables import differences

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOST = "lindmark-courier.example"
FEED = f"http://{HOST}/feed"
PLEA = "The Lindmark Courier belongs to its readers, and three in four of them have kept a share since the mill closed."
BACKGROUND = "The old ferry was built in 1957 and has crossed the sound some two million times without a single accident."
TOPICS = ("ferry", "mill", "library", "harbour", "school", "market", "choir", "bridge", "orchard", "museum", "bakery", "quarry")


def text_of(number: int) -> list[str]:
    """The paragraphs of an article, all of them its own."""
    topic = TOPICS[number]
    return [
        f"The {topic} of Lindmark will stay open for another {number + 2} years, the council decided on Tuesday evening.",
        f"Members had argued for {number + 3} hours over what the {topic} costs, and who is to pay for its new roof.",
        f"“Nobody who grew up here can think of the town without its {topic},” said Ada Brandt, who spoke for its friends.",
        f"The vote on the {topic} was {number + 20} to seven; the mayor said that work could begin in week {number + 10}.",
    ]


def html_of(number: int) -> bytes:
    """Its page. The plea stands in the midst of the text, in a paragraph like any other."""
    lines = text_of(number)
    lines.insert(2, PLEA)
    if number in (2, 5, 8):
        lines.insert(4, BACKGROUND)
    title = f"Council keeps the {TOPICS[number]}"
    body = "".join(f"<p>{line}</p>" for line in lines)
    head = f"<html lang='en'><head><title>{title}</title></head>"
    return f"{head}<body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def feed_of(numbers: range) -> bytes:
    """The outlet's feed."""
    items = "".join(
        f"<item><guid>{n}</guid><title>Council keeps the {TOPICS[n]}</title><link>http://{HOST}/{n}</link>"
        f"<pubDate>{NOW + timedelta(hours=n):%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Lindmark Courier</title>{items}</channel></rss>".encode()


@pytest.fixture(scope="module")
def outlet() -> Iterator[TreeServer]:
    pages = {f"/{n}": html_of(n) for n in range(len(TOPICS))}
    tree = {(HOST, path): Response(200, {"Content-Type": "text/html"}, body) for path, body in pages.items()}
    tree[HOST, "/feed"] = Response(200, {"Content-Type": "application/rss+xml"}, feed_of(range(len(TOPICS))))
    with serve(lambda request: tree.get((request.host, request.path)), [HOST]) as server:
        yield server


def ingested(outlet: TreeServer, home: Path, size: int) -> Settings:
    """A store into which the outlet was read in batches of `size`."""
    settings = Settings(home=home, gap_seconds=0, workers=1, host_map=outlet.host_map)
    pipeline.add_feeds(settings, [FEED])
    pipeline.poll_all(settings)
    pipeline.ingest_all(settings, size)
    return settings


@pytest.fixture(scope="module")
def whole(outlet: TreeServer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store into which the outlet was read at once; tests that change it take one of their own."""
    return ingested(outlet, tmp_path_factory.mktemp("whole"), 100)


def texts(settings: Settings) -> list[str]:
    """The texts of the articles in the queue's order."""
    with open_master(settings) as connection:
        sql = "SELECT t.text FROM article_texts t JOIN articles a ON a.id = t.article_id ORDER BY a.page_url"
        rows = {row[0].split(" of Lindmark")[0][4:]: row[0] for row in connection.execute(sql).fetchall()}
    return [rows[topic] for topic in TOPICS]


def test_what_stands_on_most_pages_is_cut_and_background_stays(whole: Settings) -> None:
    found = texts(whole)
    assert [PLEA in text for text in found] == [n < LEAST_PAGES for n in range(len(TOPICS))]
    assert [BACKGROUND in text for text in found] == [n in (2, 5, 8) for n in range(len(TOPICS))]
    assert all(line in found[n] for n in range(len(TOPICS)) for line in text_of(n))


def test_the_answer_does_not_depend_on_batches(whole: Settings, outlet: TreeServer, tmp_path: Path) -> None:
    for size in (1, 5):
        assert differences(master_path(whole), master_path(ingested(outlet, tmp_path / str(size), size))) == []


def test_a_run_that_died_before_it_settled_ends_the_same(whole: Settings, outlet: TreeServer, tmp_path: Path) -> None:
    broken = Settings(home=tmp_path / "broken", gap_seconds=0, workers=1, host_map=outlet.host_map)
    pipeline.add_feeds(broken, [FEED])
    pipeline.poll_all(broken)
    pipeline.prepare(broken, pipeline.pending(broken, 9))
    pipeline.ingest_all(broken, 4)
    assert differences(master_path(whole), master_path(broken)) == []


def test_an_edit_and_another_extraction_meet_the_same_decision(outlet: TreeServer, tmp_path: Path) -> None:
    settings = ingested(outlet, tmp_path, 100)
    before = texts(settings)
    with open_master(settings) as connection:
        rows = connection.execute("SELECT id, url FROM entries").fetchall()
        cut = furniture.decided(connection, [row[0] for row in rows])
        connection.execute("UPDATE entries SET state = 'pending', reason = 'edited_entry'")
    again = {
        url.rsplit("/", 1)[1]: extract(html_of(int(url.rsplit("/", 1)[1])).decode(), url, now=NOW, furniture=cut[key])
        for key, url in rows
    }
    assert [again[str(n)].text for n in range(len(TOPICS))] == before
    pipeline.ingest_all(settings)
    with open_master(settings) as connection:
        assert connection.execute("SELECT max(version) FROM articles").fetchall() == [(1,)]


def test_what_is_forgotten_leaves_no_fingerprint(outlet: TreeServer, tmp_path: Path) -> None:
    settings = ingested(outlet, tmp_path, 100)
    forget(settings, HOST, NOW)
    with open_master(settings) as connection:
        for table in ("page_lines", "page_furniture"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]


def test_old_fingerprints_go(outlet: TreeServer, tmp_path: Path) -> None:
    settings = ingested(outlet, tmp_path, 100)
    with open_master(settings) as connection:
        furniture.keep(connection, [], {}, datetime.now(UTC) + furniture.KEPT + timedelta(days=1))
        assert connection.execute("SELECT count(*) FROM page_lines").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM page_furniture").fetchall() != [(0,)]  # decisions stay


# ---------------------------------------------------------------- the decision itself


def left(number: int, *lines: str, hours: int | None = None) -> PageLines:
    """What a page leaves."""
    at = NOW + timedelta(hours=number if hours is None else hours)
    return lines_of(number, HOST, at, "\n".join((f"The one line that only page number {number} of them all has.", *lines)))


OWN = "Something of its own, long enough to be the larger part of what stands here, and said by nobody else on the site before."


def test_a_single_page_and_a_young_site_lose_nothing() -> None:
    text = f"{OWN}\n{PLEA}"
    page = lines_of(99, HOST, NOW + timedelta(hours=99), text)
    assert furniture_of(page, text, []) == frozenset()
    assert furniture_of(page, text, [left(n, PLEA) for n in range(LEAST_PAGES - 1)]) == frozenset()
    assert furniture_of(page, text, [left(n, PLEA) for n in range(LEAST_PAGES)]) == frozenset((fingerprint(PLEA),))


def test_the_background_of_a_weeks_story_stays_on_a_small_site() -> None:
    text = f"{OWN}\n{BACKGROUND}"
    page = lines_of(99, HOST, NOW + timedelta(hours=99), text)
    others = [left(n) for n in range(4)]
    assert furniture_of(page, text, [*others, *(left(n, BACKGROUND) for n in range(4, 10))]) == frozenset()
    assert furniture_of(page, text, [*others, *(left(n, BACKGROUND) for n in range(4, 16))]) != frozenset()


def test_only_earlier_pages_of_the_last_days_count() -> None:
    text = f"{OWN}\n{PLEA}"
    page = lines_of(50, HOST, NOW, text)
    assert furniture_of(page, text, [left(n, PLEA, hours=n + 1) for n in range(20)]) == frozenset()
    assert furniture_of(page, text, [left(n, PLEA, hours=-24 * 8 - n) for n in range(20)]) == frozenset()
    assert furniture_of(page, text, [left(n, PLEA, hours=-n - 1) for n in range(20)]) != frozenset()


def test_copies_of_one_text_count_once() -> None:
    text = f"{OWN}\n{PLEA}"
    page = lines_of(50, HOST, NOW + timedelta(hours=60), text)
    same = [lines_of(n, HOST, NOW, f"One text under many addresses, which is no sign of furniture.\n{PLEA}") for n in range(20)]
    assert furniture_of(page, text, same) == frozenset()


def test_a_page_that_would_lose_half_of_its_text_loses_nothing() -> None:
    text = f"Short.\n{PLEA}"
    page = lines_of(50, HOST, NOW + timedelta(hours=60), text)
    assert furniture_of(page, text, [left(n, PLEA) for n in range(20)]) == frozenset()


def test_what_a_page_leaves_is_bounded() -> None:
    long = "\n".join(f"This is line number {n} of a text that never seems to come to its end." for n in range(5000))
    assert len(lines_of(1, HOST, NOW, long).lines) < 100
    assert fingerprint("Why it matters") is None
    others = [left(n, PLEA) for n in range(5)] + [left(n) for n in range(10, 10 + MOST_PAGES)]
    page = lines_of(500, HOST, NOW + timedelta(hours=100), f"Its own words, as many as it takes to keep them.\n{PLEA}")
    assert furniture_of(page, PLEA * 3, others) == frozenset()  # gone from the latest pages: no furniture any more
