"""What newsfold knows of the world: places, peoples, listed companies, well-known organizations. Pure but for one file read.

The data is `schemas/data/knowledge.json`, built at development time by `tools/build_knowledge.py`; nothing is
downloaded at run time. A name that could mean several things is answered only with context; unknown stays unlinked.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from schemas.reasons import EntityType
from tasks.text import normal_form

# Legal forms at the end of a company's name; "Group" and "Holdings" only count when something is left before them.
LEGAL_FORMS = (
    r"incorporated|inc|corporation|corp|company|co|limited|ltd|llc|llp|plc|l\.p|lp|gmbh|ag|se|sa|s\.a|nv|n\.v|bv|b\.v|spa|s\.p\.a|"
    r"ab|asa|oyj|a/s|kk|k\.k|pty|pty ltd|pvt|pvt ltd|bhd|sdn bhd|kgaa|sas|srl"
)
LEGAL_SUFFIX = re.compile(rf"(?:,?\s+(?:{LEGAL_FORMS})\.?)+$", re.IGNORECASE)
_FIGURE_SPACE = re.compile(r"[\s\-–—‑]+")
_POSSESSIVE = re.compile(r"(?<=\w)['’](?:s|S)?$")

# Country names that are as often a person's, a US state or a thing: linked only with a sign of the place around them.
AMBIGUOUS_TERRITORIES = frozenset(
    {"georgia", "jordan", "chad", "jersey", "guinea", "niger", "mali", "cuba", "turkey", "dominica", "saint martin"}
)


# Short names of listed companies that are everyday words or part of many names: the ticker's only with a legal form.
AMBIGUOUS_COMPANIES = frozenset(
    [
        "american",
        "arch",
        "atlantic",
        "block",
        "box",
        "brady",
        "buckle",
        "carrier",
        "century",
        "champion",
        "compass",
        "continental",
        "eastern",
        "first",
        "focus",
        "gap",
        "general",
        "imperial",
        "international",
        "liberty",
        "match",
        "national",
        "next",
        "pacific",
        "premier",
        "progressive",
        "republic",
        "sage",
        "standard",
        "target",
        "union",
        "united",
        "universal",
        "western",
    ]
)
# How news agencies shorten the United States' states: only with the dot, which belongs to the name.
STATE_SHORT = {
    "Ala.": "Alabama",
    "Ariz.": "Arizona",
    "Ark.": "Arkansas",
    "Calif.": "California",
    "Colo.": "Colorado",
    "Conn.": "Connecticut",
    "Del.": "Delaware",
    "Fla.": "Florida",
    "Ga.": "Georgia",
    "Ill.": "Illinois",
    "Ind.": "Indiana",
    "Kan.": "Kansas",
    "Ky.": "Kentucky",
    "La.": "Louisiana",
    "Md.": "Maryland",
    "Mass.": "Massachusetts",
    "Mich.": "Michigan",
    "Minn.": "Minnesota",
    "Miss.": "Mississippi",
    "Mo.": "Missouri",
    "Mont.": "Montana",
    "Neb.": "Nebraska",
    "Nev.": "Nevada",
    "N.H.": "New Hampshire",
    "N.J.": "New Jersey",
    "N.M.": "New Mexico",
    "N.Y.": "New York",
    "N.C.": "North Carolina",
    "N.D.": "North Dakota",
    "Okla.": "Oklahoma",
    "Ore.": "Oregon",
    "Pa.": "Pennsylvania",
    "R.I.": "Rhode Island",
    "S.C.": "South Carolina",
    "S.D.": "South Dakota",
    "Tenn.": "Tennessee",
    "Vt.": "Vermont",
    "Va.": "Virginia",
    "Wash.": "Washington",
    "W.Va.": "West Virginia",
    "Wis.": "Wisconsin",
    "Wyo.": "Wyoming",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the knowledge file. `key` is "Q30" or "geonames:2988507"; `country` an ISO 3166 code ('' where none)."""

    key: str
    name: str
    kind: str  # "country" | "region" | "city" | "area"
    country: str
    iso_code: str | None
    population: int
    well_known: bool
    names: tuple[str, ...]

    @property
    def wikidata_id(self) -> str | None:
        """The Wikidata id, where the file has one (territories; cities have geonames ids)."""
        return self.key if self.key.startswith("Q") else None


@dataclass(frozen=True, slots=True)
class Organization:
    """A company or body of the knowledge file. `key` is "ticker:NYSE:V", "Q1065" or "org:<name>"."""

    key: str
    name: str
    type: EntityType
    tickers: tuple[str, ...]
    names: tuple[str, ...]
    seat: bool = False  # a building that stands for who works in it


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The whole file, indexed by `fold`ed names."""

    places: dict[str, tuple[Place, ...]]
    peoples: dict[str, tuple[str, str]]  # demonym -> (canonical demonym, name or key of the place)
    organizations: dict[str, Organization]
    tickers: dict[str, Organization]
    territories: dict[str, Place]  # by ISO code
    products: frozenset[str]
    given_names: frozenset[str]  # folded


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """The form names are compared by: no accents, case, dots, possessive, leading article; hyphens are blanks."""
    name = normal_form("NFKD", name)
    name = "".join(char for char in name if not unicodedata.combining(char)).replace("’", "'").casefold().strip()
    name = _POSSESSIVE.sub("", name).replace(".", "").replace("'", "").replace(",", " ")
    name = _FIGURE_SPACE.sub(" ", name).strip()
    return name.removeprefix("the ")


def strip_legal(name: str) -> str:
    """`name` without legal suffixes ("Huawei Technologies Co." -> "Huawei Technologies"); never empty."""
    bare = LEGAL_SUFFIX.sub("", name).rstrip(" ,&")
    if bare != name:  # "Goldman, Sachs and Co"
        bare = bare.removesuffix(" and").rstrip(" ,")
    return bare if len(bare) > 1 else name


@lru_cache(maxsize=1)
def load() -> Knowledge:
    """Read and index the knowledge file (about 0.1 s, 15 MB), once a process."""
    raw = json.loads((files("schemas") / "data" / "knowledge.json").read_text(encoding="utf-8"))
    if raw["format"] != 1:
        raise ValueError(f"knowledge file has format {raw['format']}, this version reads format 1")
    places: dict[str, list[Place]] = {}
    territories: dict[str, Place] = {}
    for place in (*_territories(raw), *_regions(raw), *_cities(raw)):
        if place.iso_code and place.kind != "city":
            territories[place.iso_code] = place
        # "St. John's" would fold like a possessive, and swallow every St. John
        for name in {fold(each) for each in (place.name, *place.names) if not each.endswith("'s")}:
            places.setdefault(name, []).append(place)
    organizations, tickers = _organizations(raw)
    peoples: dict[str, tuple[str, str]] = {}
    for code, first, *rest in raw["demonyms"]:
        for word in (first, *rest):
            peoples.setdefault(fold(word), (first, code))
    ranked = {name: tuple(sorted(found, key=_rank)) for name, found in places.items()}
    given = frozenset(fold(name) for row in raw["given_names"] for name in row)
    return Knowledge(ranked, peoples, organizations, tickers, territories, frozenset(raw["products"][0]), given)


def places_named(name: str) -> tuple[Place, ...]:
    """All places of a name, the most likely first. Names of up to three letters count only as they are written (US, not Us)."""
    if name in STATE_SHORT:
        regions = load().places.get(fold(STATE_SHORT[name]), ())
        return tuple(place for place in regions if place.kind == "region" and place.country == "US")
    folded = fold(name)
    found = load().places.get(folded, ())
    if len(folded) > 3:
        return found
    exact = name.removeprefix("the ")
    return tuple(place for place in found if exact == place.name or exact in place.names)


def find_place(name: str, countries: frozenset[str] = frozenset()) -> Place | None:
    """The place `name` means, given the countries (ISO codes) and first-level codes the article speaks of; None when unsure.

    A country wins over the rest unless its name is ambiguous; a region over cities when its country is spoken of or no
    city has the name; of cities, the one in a country spoken of, or one five times as large as the next.
    """
    found = places_named(name)
    if not found:
        return None
    if len(found) == 1:
        return found[0]
    near = [place for place in found if place.country in countries or (place.iso_code or "") in countries]
    if found[0].kind in ("country", "area") and fold(name) not in AMBIGUOUS_TERRITORIES:
        return found[0]
    if found[0].kind == "country":
        # Georgia: the state when only the United States are spoken of, the country when its neighbours or cities are.
        return near[0] if len({place.key for place in near}) == 1 else None
    known = [place for place in found if place.kind == "city" and place.well_known]
    if known and found[0].kind == "region":
        return known[0]
    if near:
        regions = [place for place in near if place.kind == "region"]
        cities = [place for place in near if place.kind == "city"]
        if regions and cities and cities[0].population < 1_000_000:
            return regions[0]
        return _dominant(cities) or (regions[0] if regions else None)
    cities = [place for place in found if place.kind == "city"]
    return _dominant(cities) if cities and (cities[0].well_known or cities[0].population >= 300_000) else None


def is_place(name: str) -> bool:
    """Whether any place of the file has this name."""
    return bool(places_named(name))


def is_country(name: str) -> bool:
    """Whether `name` means a country whatever the context."""
    found = places_named(name)
    return bool(found) and found[0].kind == "country" and fold(name) not in AMBIGUOUS_TERRITORIES


def people_of(word: str) -> tuple[str, str] | None:
    """(canonical demonym, ISO code or area name) of "Chinese", "Britons"…; None when it is no demonym."""
    return load().peoples.get(fold(word))


def find_organization(name: str) -> Organization | None:
    """The organization with this name, with or without its legal suffix."""
    known = load().organizations
    return known.get(fold(name)) or known.get(fold(strip_legal(name)))


def find_company(name: str) -> Organization | None:
    """The listed company of a name."""
    found = find_organization(name)
    return found if found and found.tickers else None


def is_given_name(word: str, places: bool = False) -> bool:
    """Whether a word is a given name; with `places`, also one that is a place as well ("Virginia", "Paris")."""
    known = load()
    if "-" in word and all(word.split("-")):
        return all(is_given_name(part, places=True) for part in word.split("-"))
    return fold(word) in known.given_names and (places or fold(word) not in known.places)


def find_ticker(ticker: str) -> Organization | None:
    """The company behind "NASDAQ:AAPL"; a bare symbol is taken when only one market of the file has it."""
    return load().tickers.get(ticker.replace(" ", "").upper())


def _rank(place: Place) -> tuple[int, int]:
    return ({"country": 0, "area": 1, "region": 2, "city": 3}[place.kind], -place.population)


def _dominant(cities: list[Place]) -> Place | None:
    if not cities:
        return None
    if len(cities) == 1 or cities[0].population >= 5 * cities[1].population:
        return cities[0]
    return None


def _territories(raw: dict[str, Any]) -> list[Place]:
    return [
        Place(qid, name, kind, code.split("-")[0] if kind == "country" else parent, code, 0, False, tuple(names))
        for code, qid, name, kind, parent, names in raw["territories"]
    ]


def _regions(raw: dict[str, Any]) -> list[Place]:
    return [
        Place(qid or f"area:{fold(name)}", name, "area", "", None, 0, False, tuple(names)) for qid, name, names in raw["regions"]
    ]


def _cities(raw: dict[str, Any]) -> list[Place]:
    return [
        Place(
            f"geonames:{key}",
            name,
            "city",
            country,
            f"{country}-{admin}" if admin else None,
            population,
            bool(known),
            tuple(names),
        )
        for key, name, country, admin, population, known, names in raw["cities"]
    ]


def _organizations(raw: dict[str, Any]) -> tuple[dict[str, Organization], dict[str, Organization]]:
    """Indexes by folded name and by ticker. Well-known bodies win over companies of the same name."""
    names: dict[str, Organization] = {}
    tickers: dict[str, Organization] = {}
    symbols: dict[str, list[Organization]] = {}
    for name, others, *qid in raw["organizations"]:
        known = Organization(qid[0] if qid else f"org:{fold(name)}", name, EntityType.ORG, (), tuple(others))
        for each in (name, *others):
            names.setdefault(fold(each), known)
    for name, kind in raw["seats"]:
        names.setdefault(fold(name), Organization(f"org:{fold(name)}", name, EntityType(kind), (), (), seat=True))
    for name, listed, short in raw["companies"]:
        bare = strip_legal(name)
        key = f"ticker:{listed[0]}" if listed else f"org:{fold(bare)}"
        company = Organization(key, bare.removeprefix("The "), EntityType.ORG, tuple(listed), (name,))
        for each in {fold(name), fold(bare), fold(short or name)}:
            names.setdefault(each, company)
        for ticker in listed:
            tickers.setdefault(ticker, company)
            symbols.setdefault(ticker.partition(":")[2], []).append(company)
    for symbol, found in symbols.items():
        if len({company.key for company in found}) == 1:
            tickers.setdefault(symbol, found[0])
    return names, tickers
