"""`newsfold report`: figures of a small made-up store, and a page that strangers' headlines can't break."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from flows.cli.main import main
from schemas.answers import Printed, Reprint, StoryAnswer, Telling
from schemas.errors import BadInput
from schemas.report import EntityTime, OutletFigures, Pair, Period, Report
from schemas.settings import Settings
from tasks.report import charts, page
from tasks.report.network import HEIGHT, STRONGEST, WIDTH, network
from tasks.report.period import chosen
from tasks.store.query import open_published
from tasks.store.report import last_days, read_report
from tests.test_looking import NOON, article, made, small_store, story_row

WEEK = Period(datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 5, 11, tzinfo=UTC), "UTC")
HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)> {{ 7*7 }} \u202egnp.exe\u0000\u0007 [x](javascript:alert(3)) `|*_'
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store that tests only read."""
    return small_store(Settings(home=tmp_path_factory.mktemp("report")))


def read(settings: Settings, period: Period = WEEK) -> Report:
    """The report of a period."""
    with open_published(settings) as connection:
        return read_report(connection, period)


def printed(number: int, minutes: float, title: str = "A title", url: str | None = None, outlet: str = "Ant") -> Printed:
    """An article so many minutes after the week's second noon."""
    at = WEEK.since + timedelta(hours=36, minutes=minutes)
    return Printed(number, outlet, title, url or f"https://ant.example/{number}", at, True, "en", 300, "full")


def story(number: int, tellings: list[Telling], title: str = "A story") -> StoryAnswer:
    """A story of these tellings."""
    first, last = tellings[0].article.at, tellings[-1].article.at
    return StoryAnswer(
        number, None, title, first, last, 1, ("en",), tellings[0].article.outlet, None, None, tuple(tellings), (), (), ()
    )  # fmt: skip


def telling(what: Printed, copies: int = 0) -> Telling:
    """A telling with so many copies."""
    folded = [Reprint(replace(what, article_id=10**6 + n), "near", 0.9, "90%", n) for n in range(copies)]
    return Telling(what, 0, 1.0, "", tuple(folded))


# ---------------------------------------------------------------- what is read


def test_the_figures(store: Settings) -> None:
    report = read(store)
    assert (report.totals.articles, report.totals.copies, report.totals.stories, report.totals.outlets) == (8, 2, 2, 5)
    (shared,), (single,) = report.shared, report.single
    assert (shared.id, [one.article.article_id for one in shared.tellings], shared.copies) == (1, [13, 10, 11, 12], 2)
    assert (shared.first_outlet, shared.next_outlet, shared.minutes_ahead) == ("Ant", "Bee", 30)
    assert single.id == 2
    figures = {one.name: (one.articles, one.copies, one.shared, one.first, one.delay) for one in report.outlets}
    assert figures == {
        "Ant": (3, 1, 1, 1, 0), "Bee": (2, 0, 1, 0, 30), "Cat": (1, 0, 0, 0, None), "Dog": (1, 1, 0, 0, None),
        "Elk": (1, 0, 0, 0, None),
    }  # fmt: skip
    assert [(one.name, len(one.moments)) for one in report.entities] == [
        ("Lin Osei", 2), ("Orrin", 2), ("Orrin Metals", 2)
    ]  # fmt: skip
    assert [(one.one, one.other, one.articles) for one in report.pairs] == [(100, 101, 1), (100, 102, 1), (101, 102, 1)]


def test_who_was_first_is_judged_on_the_whole_story_and_counts_on_the_period(store: Settings) -> None:
    late = read(store, Period(NOON + timedelta(minutes=20), NOON + timedelta(minutes=40), "UTC"))
    assert late.totals.articles == 1
    assert [(one.name, one.shared, one.first, one.delay) for one in late.outlets] == [("Bee", 1, 0, 30)]
    assert late.shared[0].first_outlet == "Ant"


def test_the_last_days_end_with_the_day_of_the_newest_article(store: Settings) -> None:
    with open_published(store) as connection:
        period = last_days(connection, 3, "Asia/Tokyo", NOON)
    # the newest one appeared on 7 May, 06:40 UTC, which is the afternoon of that day in Tokyo
    assert (period.since, period.until) == (datetime(2026, 5, 4, 15, tzinfo=UTC), datetime(2026, 5, 7, 15, tzinfo=UTC))


def test_an_empty_store_and_an_empty_period_give_a_page(settings: Settings, store: Settings) -> None:
    made(settings, {})
    for empty in (read(settings), read(store, Period(NOON - timedelta(days=900), NOON - timedelta(days=899), "UTC"))):
        shown = lxml_html.fromstring(page.html(empty)).text_content()
        assert "Nothing was published in this period" in shown
        assert "None in this period" in page.markdown(empty)


# ---------------------------------------------------------------- the page


def assert_harmless(made_page: str) -> None:
    """Nothing runs and nothing loads: by the page's elements, and by the policy that a browser keeps to."""
    tree = lxml_html.fromstring(made_page)
    assert {element.tag for element in tree.iter() if isinstance(element.tag, str)} <= {
        "html", "head", "meta", "title", "link", "style", "body", "a", "header", "nav", "main", "section", "footer", "p", "h1",
        "h2", "h3", "dl", "dt", "dd", "div", "ul", "ol", "li", "span", "svg", "circle", "line", "rect", "text", "b", "bdi", "br",
        "time", "small", "table", "thead", "tbody", "tr", "th", "td", "caption", "details", "summary", "figure", "code",
    }  # fmt: skip
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name not in {"style", "src", "srcset", "xlink:href", "action"}, (
                element.tag,
                name,
            )
            if name == "href":
                assert re.match(r"https?://|#|data:image/svg", value), value
    (style,) = tree.xpath("//style")
    digest = b64encode(sha256((style.text or "").encode()).digest()).decode()
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "url(" not in (style.text or "") and "@import" not in (style.text or "")


def hostile(settings: Settings) -> Settings:
    """A store all of whose words come from somebody who means ill."""
    spoilt = {"title": HOSTILE, "description": HOSTILE}
    links = ["javascript:alert(1)", 'https://a.example/"onmouseover="alert(1)', "https://a.example/)[x](javascript:alert(1))"]
    rows = [article(n, f"ant{n}", n * 30, **spoilt, url=link) | {"outlet": f"{n} {HOSTILE}"} for n, link in enumerate(links, 1)]
    return made(
        settings,
        {
            "articles": rows,
            "stories": [story_row(1, 3, 3, 3) | {"title": HOSTILE}],
            "story_articles": [{"article_id": n, "story_id": 1, "score": 1.0, "reason": ""} for n in (1, 2, 3)],
        },
    )


def test_headlines_of_strangers_stay_words(settings: Settings) -> None:
    made_page = page.html(read(hostile(settings)))
    assert_harmless(made_page)
    tree = lxml_html.fromstring(made_page)
    assert any("<script>alert(1)</script>" in text and "{{ 7*7 }}" in text for text in tree.xpath("//h3//text()"))
    assert not {"\u202e", "\u0000", "\u0007"} & set(made_page)
    assert len(tree.xpath("//ol[@class='tellings']//a")) == 2  # the third has no address that can be linked


def test_a_mail_says_headlines_as_they_are(settings: Settings) -> None:
    rendered = MarkdownIt("commonmark").render(page.markdown(read(hostile(settings))))
    tree = lxml_html.fromstring(f"<div>{rendered}</div>")
    assert {element.tag for element in tree.iter()} <= {"div", "h1", "h2", "h3", "p", "ul", "li", "a"}
    links = tree.xpath("//a/@href")
    assert links and all(link.startswith("https://a.example/") for link in links)
    assert page.line(HOSTILE) in {" ".join(heading.text_content().split()) for heading in tree.xpath("//h3")}


def test_the_same_report_gives_the_same_bytes(store: Settings) -> None:
    assert page.html(read(store)) == page.html(read(store))
    assert_harmless(page.html(read(store)))


def test_a_page_stays_below_a_megabyte(store: Settings) -> None:
    long = "A very long headline & its many <odd> words " * 8
    crowd = [
        story(s, [telling(printed(s * 1000 + n, n, long, f"https://ant.example/{'x' * 400}/{n}"), 60) for n in range(100)], long)
        for s in range(30)
    ]
    made_page = page.html(replace(read(store), shared=tuple(crowd)))
    assert len(made_page.encode()) < page.LARGEST
    assert "more tellings" in made_page and "more copies" in made_page and "more stories" in made_page


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (125, "2 h 05"), (48 * 60, "2 d"), (3 * 1440 + 60, "3 d 1 h"), (-5, "−5 min"),
     (None, "–")],
)  # fmt: skip
def test_minutes_in_words(count: int | None, words: str) -> None:
    assert page.minutes(count) == words


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("https://[2001:db8::1]:8080/[x]#a#b", "https://[2001:db8::1]:8080/%5Bx%5D#a%23b"),
        ("https://a.example/100%25%zz|'<>", "https://a.example/100%25%25zz%7C%27%3C%3E"),
        ("https://a.example/straße", "https://a.example/straße"),
        ("https://a.example", "https://a.example"),
        ("javascript:alert(1)", None), ("data:text/html,x", None), ("//a.example/", None), (None, None), ("", None),
    ],
)  # fmt: skip
def test_addresses_that_may_stand_in_a_link(url: str | None, shown: str | None) -> None:
    assert page.web(url) == shown


def test_a_period_in_words() -> None:
    assert page.span(WEEK) == "Monday 4 May to Sunday 10 May 2026"
    assert page.span(Period(WEEK.since, WEEK.since + timedelta(days=1), "UTC")) == "Monday 4 May 2026"
    assert page.span(replace(WEEK, zone="Asia/Tokyo")).startswith("Monday 4 May 2026, 09:00 to ")


# ---------------------------------------------------------------- the geometry

MOMENTS = st.integers(0, 364 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"])


@given(MOMENTS, st.integers(1, 366 * 24), ZONES, st.lists(st.floats(0, 0.999999), max_size=8))
def test_every_moment_of_a_period_is_in_one_bin(since: datetime, hours: int, zone: str, shares: list[float]) -> None:
    period = Period(since, since + timedelta(hours=hours), zone)
    moments = [period.since + (period.until - period.since) * share for share in shares]
    assert sum(charts.counts(period, moments)) == len(moments)
    edges = charts.bins(period)
    assert list(edges) == sorted(set(edges))
    assert all(0 <= tick.x <= 100 for tick in charts.ticks(period))
    assert 1 <= len(charts.ticks(period)) <= charts.TICKS


def test_days_are_those_of_the_zone_when_its_clocks_change() -> None:
    period = Period(datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2026, 10, 27, 23, tzinfo=UTC), "Europe/Berlin")
    lengths = [
        int((end - start).total_seconds() / 3600)
        for start, end in zip(charts.bins(period), charts.bins(period)[1:], strict=False)
    ]
    assert lengths == [24, 25, 24, 24]


@given(st.lists(st.floats(0, 7000), min_size=1, max_size=60))
def test_marks_of_a_lane_do_not_cover_each_other(minutes: list[float]) -> None:
    made_lane = charts.lane(WEEK, story(1, [telling(printed(n, at)) for n, at in enumerate(minutes)]), 100)
    assert len(made_lane.marks) == len(minutes)
    by_level: dict[int, list[float]] = {}
    for mark in made_lane.marks:
        by_level.setdefault(mark.level, []).append(mark.x)
    if made_lane.levels < charts.LEVELS:
        assert all(b - a >= charts.NEAR for xs in by_level.values() for a, b in zip(sorted(xs), sorted(xs)[1:], strict=False))
    assert made_lane.levels <= charts.LEVELS


def test_a_network_is_the_same_each_time_and_its_names_do_not_overlap() -> None:
    people = [EntityTime(n, f"Person {n}", "PERSON", None, 2, (NOON,) * (30 - n)) for n in range(24)]
    pairs = [Pair(n, m, 1 + (n * m) % 5) for n in range(24) for m in range(n + 1, 24) if (n * 7 + m) % 3 == 0]
    drawn = network(people, pairs)
    assert drawn == network(people, pairs)
    shown = [node for node in drawn.nodes if node.label != "never"]
    assert len(shown) > 12
    boxes = []
    for node in shown:
        length = len(node.entity.name) * 7
        left = node.x * WIDTH / 100 + node.label_dx - {"start": 0, "middle": length / 2, "end": length}[node.anchor]
        boxes.append((left, left + length, node.y * HEIGHT / 100 + node.label_dy))
    for n, one in enumerate(boxes):
        assert one[0] >= 0 and one[1] <= WIDTH
        assert not [other for other in boxes[:n] if one[0] < other[1] and other[0] < one[1] and abs(one[2] - other[2]) < 15]


def test_a_network_of_all_with_all_draws_the_strongest() -> None:
    people = [EntityTime(n, f"Person {n}", "PERSON", None, 2, (NOON,)) for n in range(20)]
    pairs = [Pair(n, m, 1 + (n + m) % 9) for n in range(20) for m in range(n + 1, 20)]
    drawn = network(people, pairs)
    assert len(drawn.nodes) == 20
    assert 20 <= len(drawn.edges) <= 20 * STRONGEST
    assert max(edge.width for edge in drawn.edges) == 4.0


def test_no_pairs_no_network() -> None:
    assert network([EntityTime(1, "Lin", "PERSON", None, 1, (NOON,))], []).nodes == ()


def test_outlets_at_one_place_share_a_label() -> None:
    outlets = [OutletFigures(name, 5, 0, 2, 1, 0) for name in ("Ant", "Bee")] + [OutletFigures("Cat", 5, 1, 2, 0, 600)]
    assert [label.names for label in charts.labels(charts.bubbles(outlets))] == [("Ant", "Bee"), ("Cat",)]


# ---------------------------------------------------------------- which period, and the command


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (4, 11)), ("2026-05-06", None, (6, 11)), (None, "2026-05-09", (3, 10)), ("2026-05-06", "2026-05-06", (6, 7)),
        ("2026-05-20", None, (20, 27)), ("2026-05-06T00:00", "2026-05-07T00:00:00Z", (6, 7)),
    ],
)  # fmt: skip
def test_the_period_that_is_meant(since: str | None, until: str | None, expected: tuple[int, int]) -> None:
    found = chosen(since, until, 7, WEEK)
    assert (found.since, found.until) == tuple(datetime(2026, 5, day, tzinfo=UTC) for day in expected)


@pytest.mark.parametrize(
    ("since", "until"), [("soon", None), (None, "2026-13-01"), ("2026-05-09", "2026-05-07"), ("2020-01-01", None)]
)
def test_a_period_that_can_not_be(since: str | None, until: str | None) -> None:
    with pytest.raises(BadInput):
        chosen(since, until, 7, WEEK)


def test_the_command_writes_whole_files(
    store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSFOLD_HOME", str(store.home))
    out = tmp_path / "report.html"
    assert main(["report", "--out", str(out), "--since", "2026-05-04"]) == 0
    assert_harmless(out.read_text())
    before = out.stat()
    assert main(["report", "--out", str(out), "--since", "2026-05-04"]) == 0
    assert (out.stat().st_mtime_ns, out.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html"]
    capsys.readouterr()
    assert main(["report", "--md"]) == 0
    assert capsys.readouterr().out.startswith("# The news, folded\n\nFriday 1 May to Thursday 7 May 2026")
    for words in (["report"], ["report", "--out", str(tmp_path / "no" / "x.html")], ["report", "--md", "--since", "soon"]):
        assert main(words) == 2
        assert capsys.readouterr().err.startswith("newsfold: ")
