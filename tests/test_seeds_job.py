"""The five texts in ../shared/seeds through the whole job: five articles, no copies, one story and its follow-up."""

import html
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.response import Response, document
from demo.server import serve
from schemas.settings import Settings
from tasks.store.publish import publish
from tasks.store.query import ask
from tests import pipeline
from tests.test_seeds import JUNK, MANNERS, OUTLETS, SEEDS, _lines, _names, _title

pytestmark = [pytest.mark.corpora, pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is not here")]
DAYS = {"004": datetime(2025, 6, 9, 6, tzinfo=UTC)}  # the talks; the reports of the call are of the day after it


def _site(manner: str) -> tuple[dict[tuple[str, str], Response], list[str]]:
    """Each text on a host of its own, with a feed that lists it."""
    tree: dict[tuple[str, str], Response] = {}
    feeds = []
    for number, name in enumerate(_names()):
        lines = _lines(name)
        title, host = _title(lines), f"outlet-{name[:3]}.example"
        page = MANNERS[manner](lines, title, OUTLETS.get(name[:3], f"Daily {number}"))
        at = DAYS.get(name[:3], datetime(2025, 6, 5, 18, tzinfo=UTC) + timedelta(hours=number))
        item = (
            f"<item><title>{html.escape(title)}</title><link>http://{host}/2025/story</link><guid>{name}</guid>"
            f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        )
        feed = f"<rss version='2.0'><channel><title>{OUTLETS.get(name[:3], f'Daily {number}')}</title>{item}</channel></rss>"
        tree[host, "/2025/story"] = document(page.encode(), "text/html; charset=utf-8")
        tree[host, "/feed"] = document(feed.encode(), "application/rss+xml")
        feeds.append(f"http://{host}/feed")
    return tree, feeds


@pytest.mark.parametrize("manner", sorted(MANNERS))
def test_five_texts_are_five_articles_one_story_and_its_follow_up(tmp_path: Path, manner: str) -> None:
    tree, feeds = _site(manner)
    settings = Settings(home=tmp_path, gap_seconds=0)
    with serve(tree) as server:
        mapped = settings.model_copy(update={"host_map": server.host_map})
        pipeline.add_feeds(mapped, feeds)
        pipeline.poll_all(mapped)
        counts = pipeline.ingest_all(mapped)
    publish(settings, datetime.now(UTC))
    assert (counts.articles, counts.copies, counts.failures) == (5, 0, 0)
    rows = ask(
        settings,
        "SELECT n.domain, n.title, n.story_id, n.outlet, n.published_at, t.text, n.verdict FROM news n "
        "JOIN article_texts t ON t.article_id = n.id ORDER BY n.domain",
    ).rows
    assert [row[1] for row in rows] == [_title(_lines(name)) for name in _names()]
    assert all(row[6] == "full" and row[4] is not None for row in rows)
    for row in rows:
        lines = str(row[5]).split("\n")
        assert not set(lines) & set(JUNK)
        assert "**" not in str(row[5])
        assert not any(line.lower().startswith("also read") for line in lines)
        if str(row[0])[7:10] in OUTLETS:
            assert row[3] == OUTLETS[str(row[0])[7:10]]
    call, talks = {row[2] for row in rows[:4]}, rows[4][2]
    assert len(call) == 1
    follows = ask(settings, "SELECT follows_id FROM story_links WHERE story_id = ?", [talks]).rows
    assert talks in call or follows == ((call.pop(),),)
