"""Two ingests at once: both take the same entries, the writer's lock lets one after the other in, nothing doubles or is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from demo.server import SampleWeb
from demo.web import FEEDS
from schemas.settings import Settings
from tasks.store.master import master_path
from tests import pipeline
from tests.tables import differences


def test_two_ingests_of_the_same_entries_end_in_the_tables_of_one(tmp_path: Path) -> None:
    with SampleWeb(1) as web:
        alone = Settings(home=tmp_path / "alone", gap_seconds=0, archive="off", host_map=web.host_map)
        both = alone.model_copy(update={"home": tmp_path / "both"})
        for settings in (alone, both):
            pipeline.add_feeds(settings, FEEDS)
            pipeline.poll_all(settings)
        worked = pipeline.prepare(alone, pipeline.pending(alone))
    pipeline.settle_all(alone, worked, 100)
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda size: pipeline.settle_all(both, worked, size), (5, 11)))
    assert sum(counts.entries for counts in ended) == len(worked)
    found = differences(master_path(alone), master_path(both))
    # what the steps before settling write is there once: the pages were read for one of the stores
    before = ("publication", "robots", "tdm", "runs", "page_lines")
    assert [line for line in found if not line.startswith(before)] == []
