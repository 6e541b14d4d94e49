"""Entities of stored articles linked again: each to what articles before it say, so that once is as good as twice."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from flows.reprocess import Order, run
from schemas.settings import Settings
from tasks.reprocess import Report
from tasks.store.master import master_path
from tasks.store.reprocess import Scope
from tests import pipeline
from tests.tables import differences
from tests.test_entity_edits import AT, ingest, rows, site

pytestmark = pytest.mark.timeout(300)
# "Mayor Mwale" is Robert, whom the first article names, until Ann turns up in the story that the second one began.
TEXTS = {
    "known": "Mayor Robert Mwale opened the quay of Lusaka on Monday. Mwale said that work would go on. ",
    "bare": "The harbour board said on Monday that Mayor Mwale had answered its letter. The letter to Mayor Mwale was short. ",
    "sister": "Ann Mwale told the harbour board that the ferries were too old. Ann Mwale asked for money. ",
    "later": "The harbour board wrote that Mayor Mwale had not paid since the winter. A judge will hear Mayor Mwale in May. ",
}
STORY = ["bare", "sister", "later"]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store with the four articles, the last three of one story, made once."""
    settings = Settings(home=tmp_path_factory.mktemp("relink"), gap_seconds=0)
    ingest(settings, ["known"], site(["known"], TEXTS, AT - timedelta(days=90)))
    for number, name in enumerate(STORY):
        ingest(settings, [name], site([name], TEXTS, AT + timedelta(days=number)))
    sql = "SELECT s.story_id, list_sort(list(a.domain)) FROM story_articles s JOIN articles a ON a.id = s.article_id GROUP BY 1"
    found = {tuple(names) for _, names in rows(settings, sql)}
    assert found == {("known.example",), tuple(sorted(f"{name}.example" for name in STORY))}
    return settings.home


@pytest.fixture
def told(once: Path, settings: Settings) -> Settings:
    """A copy of it, to be changed."""
    shutil.copytree(once, settings.home)
    return settings


def _relink(settings: Settings, **order: object) -> Report:
    return run(settings, pipeline.INLINE, Order(step="entities", **order))  # type: ignore[arg-type]


def _meant(settings: Settings) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, entity in rows(
        settings,
        "SELECT DISTINCT replace(a.domain, '.example', ''), e.name FROM mentions m JOIN articles a ON a.id = m.article_id "
        "JOIN entities e ON e.id = m.entity_id WHERE m.surface = 'Mwale'",
    ):
        found.setdefault(name, set()).add(entity)
    return found


def test_a_second_reading_changes_nothing(told: Settings) -> None:
    assert _meant(told)["bare"] == {"Robert Mwale"}
    assert _meant(told)["later"] == {"Mwale"}, "one of two"
    _relink(told, write=True)
    assert _meant(told)["bare"] == {"Robert Mwale"}, "what a later article says is no reason to link an earlier one anew"
    once = _copy(told)
    second = _relink(told, write=True)
    assert second.changed == 0, second.text()
    assert differences(once, master_path(told)) == []


@pytest.mark.parametrize("size", [1, 2, 3])
def test_batches_of_any_size_link_alike(told: Settings, size: int) -> None:
    _relink(told, write=True)
    report = _relink(told.model_copy(update={"batch_size": size}))
    assert (report.examined, report.changed) == (4, 0), report.text()


def test_articles_of_one_outlet_are_linked_to_what_the_others_said(told: Settings) -> None:
    _relink(told, write=True)
    for name in TEXTS:
        report = _relink(told, scope=Scope(outlet=f"{name}.example"))
        assert (report.examined, report.changed) == (1, 0), report.text()


def _copy(settings: Settings) -> Path:
    path = settings.home / "once"
    path.write_bytes(master_path(settings).read_bytes())
    return path
