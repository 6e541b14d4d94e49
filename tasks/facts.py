"""Figures, tickers and quotes of an article: money, percent, dates, tickers, direct quotes. Pure.

Money and percents come from `tasks.fact_money`. Dates are looked for only where the model saw a date
(`tasks.fact_dates`). Quotes are spans; who spoke is not guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from schemas.entity_records import FoundEntity, FoundFact, FoundMention
from schemas.reasons import EntityType, FactKind
from tasks import knowledge
from tasks.fact_dates import resolve_date
from tasks.fact_money import TABLES, find_money, find_percents

_EXCHANGE = "|".join(TABLES["exchanges"])
_TICKER = re.compile(rf"\b(?P<market>{_EXCHANGE})\s?:\s?(?P<symbol>[A-Z0-9][A-Z0-9.\-]{{0,6}})(?![A-Za-z])")
_CASHTAG = re.compile(r"(?<![\w$])\$(?P<symbol>[A-Z]{1,5}(?:\.[A-Z])?)(?![\w$])")
_MARKETS = {"Nasdaq": "NASDAQ", "LON": "LSE", "TSE": "TYO", "HKG": "HKEX", "SEHK": "HKEX", "XETRA": "ETR", "SIX": "SWX"}
_SENTENCE_END = re.compile(r"[.!?](?=\s|[\"”])|\n")
_QUOTES = re.compile(r"“(?P<curly>[^“”\n]{2,1500})”|(?<![\w\"])\"(?=\S)(?P<straight>[^\"\n]{2,1500}?)(?<=\S)\"(?![\w\"])")


def find_facts(
    text: str, dates: Iterable[tuple[int, int]], published_at: datetime | None, dollar: str = "USD"
) -> tuple[FoundFact, ...]:
    """Facts in order of appearance. `dates` are the spans the model takes for dates; offsets are characters of `text`.

    `dollar` is the currency of "$" alone (`tasks.fact_dollars`).
    """
    found: list[FoundFact] = [*find_money(text, dollar), *find_percents(text), *_tickers(text)]
    taken = [(fact.start, fact.end) for fact in found]
    for start, end in dates:
        if not any(a < end and start < b for a, b in taken):
            fact = _date(text, start, end, published_at)
            if fact is not None:
                found.append(fact)
    found.extend(_quotes(text))
    return tuple(sorted(found, key=lambda fact: (fact.start, fact.end, fact.kind)))


def _tickers(text: str) -> list[FoundFact]:
    found: list[FoundFact] = []
    for match in _TICKER.finditer(text):
        symbol = match["symbol"].rstrip(".-")
        end = match.start("symbol") + len(symbol)
        market = _MARKETS.get(match["market"], match["market"])
        found.append(FoundFact(FactKind.TICKER, match.start(), end, text[match.start() : end], unit=f"{market}:{symbol}"))
    for match in _CASHTAG.finditer(text):
        company = knowledge.find_ticker(match["symbol"])
        unit = company.tickers[0] if company and company.tickers else match["symbol"]
        # "$M" or "$B" alone is a column heading, not a share
        if company is not None or len(match["symbol"]) > 2:
            found.append(FoundFact(FactKind.TICKER, match.start(), match.end(), match.group(), unit=unit))
    return found


def _quotes(text: str) -> list[FoundFact]:
    """Direct quotes of at least three words; the span is what is said, without the marks."""
    found: list[FoundFact] = []
    for match in _QUOTES.finditer(text):
        name = "curly" if match["curly"] else "straight"
        if len(match[name].split()) >= 3:
            found.append(FoundFact(FactKind.QUOTE, match.start(name), match.end(name), match[name]))
    return found


def _date(text: str, start: int, end: int, published_at: datetime | None) -> FoundFact | None:
    surface = text[start:end]
    begin = max(text.rfind(mark, 0, start) for mark in ".!?\n") + 1
    stop = _SENTENCE_END.search(text, end, end + 60)
    sentence = text[begin : stop.start() if stop else end + 60]
    span = resolve_date(surface, published_at, sentence)
    if span is None:
        return None
    return FoundFact(FactKind.DATE, start, end, surface, unit=span.precision, instant_from=span.start, instant_to=span.end)


def tickers_beside(
    entities: tuple[FoundEntity, ...], mentions: tuple[FoundMention, ...], facts: tuple[FoundFact, ...]
) -> tuple[FoundEntity, ...]:
    """The entities with tickers that stand in brackets right after a mention: "Lynas Rare Earths (ASX:LYC)"."""
    given: dict[int, str] = {}
    for fact in facts:
        if fact.kind is FactKind.TICKER and fact.unit and ":" in fact.unit:
            near = [
                mention
                for mention in mentions
                if 0 < fact.start - mention.end <= 12 and entities[mention.entity].type is EntityType.ORG
            ]
            if near and near[-1].entity not in given:
                given[near[-1].entity] = fact.unit
    return tuple(_with_ticker(item, given.get(index)) for index, item in enumerate(entities))


def _with_ticker(item: FoundEntity, ticker: str | None) -> FoundEntity:
    """A ticker of the knowledge file gives the identity; another one is only noted (the name still decides the id)."""
    if ticker is None or item.ticker is not None:
        return item
    company = knowledge.find_ticker(ticker) if item.knowledge_id is None else None
    return replace(item, ticker=ticker, complete=True, knowledge_id=company.key if company else item.knowledge_id)
