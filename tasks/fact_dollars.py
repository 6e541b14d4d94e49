"""Whose dollar "$" alone is: told by the listings, the outlet and the countries of an article. Pure.

Wrong currencies are worse than the usual reading, so "$" is the US dollar unless the article gives another one away.
"""

import re
from collections.abc import Mapping

from tasks.fact_money import TABLES

_OF_COUNTRY: dict[str, str] = TABLES["dollars"]["countries"]
_OF_EXCHANGE: dict[str, str] = TABLES["dollars"]["exchanges"]
_LISTED = re.compile(rf"\b({'|'.join(re.escape(each) for each in TABLES['exchanges'])})\s?:\s?[A-Z0-9]")
_WRITTEN = {
    "AUD": r"A\$|AU\$",
    "CAD": r"(?<![A-Z])C\$|CA\$",
    "NZD": r"NZ\$",
    "HKD": r"HK\$",
    "SGD": r"(?<![A-Z])S\$",
    "TWD": r"NT\$",
}
_US = re.compile(r"(?<![A-Z])US\s?\$|\bUSD\b")


def dollar(text: str, home: str | None, countries: Mapping[str, int]) -> str:
    """The currency (ISO 4217) of "$" alone.

    `home` is the country code that the outlet's address ends with ("au"), `countries` how often the article names each
    country, its people and its cities. In this order: a text that writes "A$" means something else by "$"; the first listing
    named ("ASX:…") is where the article's shares are paid for; an outlet means its own dollar unless the article is about
    another dollar country; a text that writes "US$" means the only other dollar country it names.
    """
    listed = _LISTED.search(text)
    here = (home or "").upper()
    named = {code: count for code, count in countries.items() if code in _OF_COUNTRY}
    others = {code: count for code, count in named.items() if code != "US"}
    chosen = None
    if listed is not None:
        chosen = _OF_EXCHANGE.get(listed.group(1), "USD")
    elif here in _OF_COUNTRY and max(named, key=lambda code: (named[code], code == here), default=here) == here:
        chosen = _OF_COUNTRY[here]
    elif _US.search(text) and len(others) == 1:
        chosen = _OF_COUNTRY[next(iter(others))]
    written = _WRITTEN.get(chosen or "")
    return "USD" if chosen is None or (written is not None and re.search(written, text)) else chosen


def home_of(domain: str | None) -> str | None:
    """The country code at the end of an outlet's domain ("paper.com.au" -> "au"), where it is one with a dollar of its own."""
    last = (domain or "").rpartition(".")[2]
    return last if last.upper() in _OF_COUNTRY else None
