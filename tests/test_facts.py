"""Money, percents, tickers, quotes and dates."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.entity_records import FoundFact
from schemas.reasons import FactKind
from tasks.entities import find_entities
from tasks.fact_dates import resolve_date
from tasks.fact_money import parse_number
from tasks.facts import find_facts

# a Friday
AT = datetime(2025, 6, 6, 8, 30, tzinfo=UTC)


def facts(text: str, kind: FactKind) -> list[FoundFact]:
    found = [fact for fact in find_facts(text, [], AT) if fact.kind is kind]
    assert all(text[fact.start : fact.end] == fact.surface for fact in found)
    return found


@pytest.mark.parametrize(
    ("text", "surface", "value", "unit"),
    [
        ("a deal worth A$1.2 billion was signed", "A$1.2 billion", 1.2e9, "AUD"),
        ("a fine of €40m for the bank", "€40m", 40e6, "EUR"),
        ("Rs 500 crore for roads", "Rs 500 crore", 5e9, "INR"),
        ("Rs. 1,00,000 was paid", "Rs. 1,00,000", 1e5, "INR"),
        ("₹2 lakh crore of debt", "₹2 lakh crore", 2e12, "INR"),
        ("closed at $9.26.", "$9.26", 9.26, "USD"),
        ("it cost US$3,500 then", "US$3,500", 3500, "USD"),
        ("profits of £1.5bn and more", "£1.5bn", 1.5e9, "GBP"),
        ("HK$2.3 trillion was wiped out", "HK$2.3 trillion", 2.3e12, "HKD"),
        ("he paid 12.5 million dollars", "12.5 million dollars", 12.5e6, "USD"),
        ("300 million yuan in aid", "300 million yuan", 3e8, "CNY"),
        ("a price of 80 cents a litre", "80 cents", 0.8, "USD"),
        ("USD 250 million in bonds", "USD 250 million", 250e6, "USD"),
        ("EUR 1,250.50 a tonne", "EUR 1,250.50", 1250.5, "EUR"),
        ("a 20-million-dollar loan", "20-million-dollar", 20e6, "USD"),
        ("the $1-billion plan", "$1-billion", 1e9, "USD"),
        ("half a million dollars went missing", "half a million dollars", 5e5, "USD"),
        ("raised $400k from friends", "$400k", 4e5, "USD"),
        ("Sars gets R4bn to hire", "R4bn", 4e9, "ZAR"),
        ("a fine of R1,500 for", "R1,500", 1500, "ZAR"),
        ("1.5 billion dlrs in bids", "1.5 billion dlrs", 1.5e9, "USD"),
        ("10 Swiss francs each", "10 Swiss francs", 10, "CHF"),
        ("a grant of KSh 300 million", "KSh 300 million", 3e8, "KES"),
        ("TL 40 million in fines", "TL 40 million", 4e7, "TRY"),
        ("US $5 million in aid", "US $5 million", 5e6, "USD"),
        ("5 million Mexican pesos", "5 million Mexican pesos", 5e6, "MXN"),
        ("1.2 billion Australian dollars", "1.2 billion Australian dollars", 1.2e9, "AUD"),
    ],
)
def test_money(text: str, surface: str, value: float, unit: str) -> None:
    found = facts(text, FactKind.MONEY)
    assert [(fact.surface, fact.value, fact.unit) for fact in found] == [(surface, pytest.approx(value), unit)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a loan of $5-7 million", [5e6, 7e6]),
        ("$1-2 billion", [1e9, 2e9]),
        ("£3 to £4bn", [3e9, 4e9]),
        ("between $50 and $70 million", [5e7, 7e7]),
        ("he paid $5 and $7 million", [5.0, 7e6]),
        ("it fell from $80 to $7 million", [80.0, 7e6]),
        ("between $5 million and $7 million", [5e6, 7e6]),
    ],
)
def test_a_multiplier_holds_for_both_ends_of_a_range(text: str, values: list[float]) -> None:
    assert [fact.value for fact in facts(text, FactKind.MONEY)] == [pytest.approx(value) for value in values]


@pytest.mark.parametrize(
    "text",
    ["$ESG funds", "version 1.2 billionth", "the R2 road", "the year 2025", "room $", "5 poundcakes", "B2B", "Rs", "1,2,3"],
)
def test_what_is_no_money(text: str) -> None:
    assert not facts(text, FactKind.MONEY)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("from 145% of", 145.0, "%"),
        ("soared 12.52% on", 12.52, "%"),
        ("10 per cent baseline", 10.0, "%"),
        ("fell 3 percent", 3.0, "%"),
        ("down -2.5% today", -2.5, "%"),
        ("growth of 9.72 pct", 9.72, "%"),
        ("cut by 25 basis points", 0.25, "percentage points"),
        ("up 2 percentage points", 2.0, "percentage points"),
    ],
)
def test_percent(text: str, value: float, unit: str) -> None:
    assert [(fact.value, fact.unit) for fact in facts(text, FactKind.PERCENT)] == [(pytest.approx(value), unit)]


def test_a_range_is_two_percents_without_a_sign() -> None:
    assert [fact.value for fact in facts("between 5-10% of", FactKind.PERCENT)] == [10.0]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("miner Lynas Rare Earths (ASX:LYC) rose", "ASX:LYC"),
        ("Apple (NASDAQ: AAPL) fell", "NASDAQ:AAPL"),
        ("Apple (Nasdaq: AAPL).", "NASDAQ:AAPL"),
        ("buy $TSLA now", "NASDAQ:TSLA"),
        ("Berkshire (NYSE: BRK.B) gained", "NYSE:BRK.B"),
        ("shares (LSE:VOD).", "LSE:VOD"),
        ("HSBC (HKG: 0005) rose", "HKEX:0005"),
    ],
)
def test_tickers(text: str, unit: str) -> None:
    assert [fact.unit for fact in facts(text, FactKind.TICKER)] == [unit]


@pytest.mark.parametrize(
    ("text", "domain", "unit"),
    [
        ("The miner (ASX:QXR) will pay $4 million for the pit.", None, "AUD"),
        ("The miner (ASX:QXR) will pay $4 million, or A$6 million, for the pit.", None, "USD"),
        ("The miner (NYSE: QXR) will pay $4 million for a pit in Australia.", "paper.com.au", "USD"),
        ("The bridge in Ballarat costs $4 million, and Australia pays half.", "paper.com.au", "AUD"),
        ("The bridge costs 4 million dollars, the mayor said.", "paper.co.nz", "NZD"),
        ("The bridge in Ballarat costs $4 million, and Australia pays half.", "paper.com", "USD"),
        ("The bank in Texas will pay $4 million, a judge in the United States said.", "paper.com.au", "USD"),
        ("The bank in Toronto paid $4 million (US$3 million) for it.", None, "CAD"),
        ("The bank paid $4 million (US$3 million) for it.", None, "USD"),
    ],
)
def test_whose_dollar_it_is(text: str, domain: str | None, unit: str) -> None:
    found = find_entities("", text, "en", AT, domain).facts
    assert next(fact.unit for fact in found if fact.kind is FactKind.MONEY and "A$" not in fact.surface) == unit


@pytest.mark.parametrize("text", ["TIME: 10 o'clock", "in $M", "the ASX: a market", "at NYSE today", "US$TSLA"])
def test_what_is_no_ticker(text: str) -> None:
    assert not facts(text, FactKind.TICKER)


def test_tickers_reach_the_company() -> None:
    text = "Shares in Australian miner Lynas Rare Earths (ASX:LYC) soared, and Apple Inc. (NASDAQ: AAPL) fell a little on Friday."
    tickers = {item.name: item.ticker for item in find_entities("", text, "en", AT).entities}
    assert tickers["Lynas Rare Earths"] == "ASX:LYC"
    assert tickers["Apple"] == "NASDAQ:AAPL"


def test_quotes_are_spans_without_their_marks() -> None:
    text = 'He said: “We are in good shape.” Then "no" and then "it was not what we wanted", she added.'
    assert [fact.surface for fact in facts(text, FactKind.QUOTE)] == ["We are in good shape.", "it was not what we wanted"]


_END = " The report came out in Oslo on Monday morning."


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We are ready for talks,” said Anna Karlsson.", "Anna Karlsson"),
        ("“We are ready for talks,” said Treasury Secretary Anna Karlsson.", "Anna Karlsson"),
        ("“We are ready for talks,” Anna Karlsson said on Friday.", "Anna Karlsson"),
        ('"We are ready for talks", said Anna Karlsson.', "Anna Karlsson"),
        ("“Are we ready for talks?” Anna Karlsson asked.", "Anna Karlsson"),
        ("“We are ready for talks,” Anna Karlsson, the mayor, said.", "Anna Karlsson"),
        ("Anna Karlsson said: “We are ready for talks.”", "Anna Karlsson"),
        ("Anna Karlsson, the mayor of the town, said: “We are ready for talks.”", "Anna Karlsson"),
        ("Anna Karlsson told Reuters: “We are ready for talks.”", "Anna Karlsson"),
        ("In a statement, Anna Karlsson said: “We are ready for talks.”", "Anna Karlsson"),
        ("“We are ready for talks,” said a spokesman for Anna Karlsson.", None),
        ("A spokesman for Anna Karlsson said: “We are ready for talks.”", None),
        ("“We are ready for talks,” said Anna Karlsson’s lawyer.", None),
        ("“We are ready for talks,” he said. Anna Karlsson left.", None),
        ("“We are ready for talks.” Anna Karlsson said she was tired.", None),
        ("Anna Karlsson called it “a complete and utter disaster”.", None),
        ("According to Anna Karlsson, “the plan is dead and buried”.", None),
        ("“Are we ready for talks?” Anna Karlsson said she did not know.", None),
        ("“We are ready for talks.” It was all that anybody heard.", None),
    ],
)
def test_a_speaker_is_named_only_where_the_grammar_does(text: str, speaker: str | None) -> None:
    found = find_entities("", text + _END, "en", AT)
    quotes = [fact for fact in found.facts if fact.kind is FactKind.QUOTE]
    assert len(quotes) == 1
    named = [mention for mention in found.mentions if mention.start == quotes[0].mention_start]
    assert [found.entities[mention.entity].name for mention in named] == ([speaker] if speaker else [])


@pytest.mark.parametrize(
    ("number", "multiplier", "value"),
    [("1.2", "billion", 1.2e9), ("1,00,000", None, 1e5), ("3", "lakh crore", 3e12), ("7", "crores", 7e7)],
)
def test_numbers(number: str, multiplier: str | None, value: float) -> None:
    assert parse_number(number, multiplier) == pytest.approx(value)


def day(year: int, month: int, date: int) -> tuple[datetime, datetime]:
    start = datetime(year, month, date, tzinfo=UTC)
    return start, start + timedelta(days=1)


@pytest.mark.parametrize(
    ("phrase", "sentence", "span"),
    [
        ("Thursday", "held a call on Thursday", day(2025, 6, 5)),
        ("Friday", "he said on Friday", day(2025, 6, 6)),
        ("Monday", "are expected to meet on Monday", day(2025, 6, 9)),
        ("Monday", "they met on Monday", day(2025, 6, 2)),
        ("Monday", "the index fell to 93 from 97 on Monday and would stay there", day(2025, 6, 2)),
        ("Monday", "he said on Monday that the plant will open", day(2025, 6, 2)),
        ("Monday", "the vote will be held on Monday, officials said", day(2025, 6, 9)),
        ("Monday", "a hearing was scheduled for Monday", day(2025, 6, 9)),
        ("March", "shares have lost a third since March", (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))),
        ("August", "shares have lost a third since August", (datetime(2024, 8, 1, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC))),
        ("Monday", "On Monday the court will hear both sides", day(2025, 6, 9)),
        ("last Friday", "", day(2025, 5, 30)),
        ("next Friday", "", day(2025, 6, 13)),
        ("today", "", day(2025, 6, 6)),
        ("yesterday", "", day(2025, 6, 5)),
        ("tomorrow", "", day(2025, 6, 7)),
        ("May 12", "a truce reached on May 12", day(2025, 5, 12)),
        ("12 May", "", day(2025, 5, 12)),
        ("December 20", "it began on December 20", day(2024, 12, 20)),
        ("August 1", "tariffs will rise on August 1", day(2025, 8, 1)),
        ("January 17, 2024", "", day(2024, 1, 17)),
        ("Friday, July 21, 2017", "", day(2017, 7, 21)),
        ("the 3rd of March 2021", "", day(2021, 3, 3)),
        ("2025-06-05", "", day(2025, 6, 5)),
        ("three days ago", "", day(2025, 6, 3)),
        ("a week ago", "", (datetime(2025, 5, 26, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC))),
        ("April", "volumes halved in April", (datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC))),
        ("August", "is set to expire in August", (datetime(2025, 8, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC))),
        ("last month", "", (datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))),
        ("this year", "", (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))),
        ("next quarter", "", (datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC))),
        ("last week", "", (datetime(2025, 5, 26, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC))),
        ("2019", "", (datetime(2019, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))),
        ("the 1990s", "", (datetime(1990, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC))),
        ("two years ago", "", (datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))),
        ("May 5-7", "they met on May 5-7", (datetime(2025, 5, 5, tzinfo=UTC), datetime(2025, 5, 8, tzinfo=UTC))),
        ("5 to 7 May 2021", "", (datetime(2021, 5, 5, tzinfo=UTC), datetime(2021, 5, 8, tzinfo=UTC))),
        ("2019-2021", "", (datetime(2019, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))),
        ("between 2019 and 2021", "", (datetime(2019, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))),
        ("1998-99", "", (datetime(1998, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC))),
        ("the first quarter of 2025", "", (datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))),
        ("Q3 2024", "", (datetime(2024, 7, 1, tzinfo=UTC), datetime(2024, 10, 1, tzinfo=UTC))),
        ("the second half of 2024", "", (datetime(2024, 7, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))),
    ],
)
def test_dates(phrase: str, sentence: str, span: tuple[datetime, datetime]) -> None:
    found = resolve_date(phrase, AT, sentence)
    assert found is not None
    assert (found.start, found.end) == span


@pytest.mark.parametrize(
    "phrase", ["90 days", "six months", "the 90-day", "recent weeks", "the day", "daily", "41", "decades", "February 30", ""]
)
def test_durations_and_nonsense_are_no_dates(phrase: str) -> None:
    assert resolve_date(phrase, AT) is None


def test_without_a_publication_time_only_full_dates_resolve() -> None:
    assert resolve_date("Thursday", None) is None
    assert resolve_date("May 12", None) is None
    assert resolve_date("last month", None) is None
    found = resolve_date("May 12, 2025", None)
    assert found is not None and found.start == datetime(2025, 5, 12, tzinfo=UTC)


def test_the_year_of_publication_may_turn() -> None:
    at = datetime(2025, 1, 3, tzinfo=UTC)
    found = resolve_date("December 30", at, "he died on December 30")
    assert found is not None and found.start.year == 2024
    ahead = resolve_date("Monday", datetime(2024, 12, 31, tzinfo=UTC), "talks will resume on Monday")
    assert ahead is not None and ahead.start == datetime(2025, 1, 6, tzinfo=UTC)
