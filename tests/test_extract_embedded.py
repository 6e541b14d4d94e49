"""The body in a page's script data: all common shapes, and what must not be taken for one. All texts are invented."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.records import Extraction
from tasks.extract import extract

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TITLE = "Harbour town votes for a second ferry"
LINES = (
    "The harbour town of Lindmark voted on Sunday for a second ferry, which will cross the sound every half an hour.",
    "Turnout was the highest for twenty years, the returning officer said after the last of nine stations had closed.",
    "“We have been an island for half of the night for far too long,” said Ada Brandt, who runs the bakery at the quay.",
    "The first crossing is planned for next spring; until then the old ferry will run an hour longer at weekends.",
    "Opponents had warned of noise and of fares that could double, and announced that they would appeal against the vote.",
    "The council will decide in January who is to build the new pier, for which three companies have handed in offers.",
)
HTML = "".join(f"<p>{line}</p>" for line in LINES)


def shell(script: str, body: str = "<div id='root'></div><noscript>Please enable JavaScript.</noscript>") -> str:
    """A page that is drawn in the browser."""
    return (
        f"<html><head><title>{TITLE} | Lindmark Courier</title><meta property='og:title' content='{TITLE}'></head>"
        f"<body>{body}{script}</body></html>"
    )


def state(value: Any) -> str:
    """JSON state as frameworks write it."""
    return f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(value)}</script>'


def read(html: str) -> Extraction:
    """The extraction of a page."""
    return extract(html, "https://lindmark-courier.example/ferry", now=NOW)


def source(found: Extraction) -> str:
    """Where the text came from."""
    return dict(found.provenance)["text"]


SHAPES: dict[str, Any] = {
    "one HTML string": {"props": {"pageProps": {"article": {"title": TITLE, "body": HTML}}}},
    "rendered HTML": {"post": {"title": {"rendered": TITLE}, "content": {"rendered": HTML}}},
    "plain text with line breaks": {"story": {"headline": TITLE, "fulltext": "\n\n".join(LINES)}},
    "a list of strings": {"story": {"headline": TITLE, "paragraphs": list(LINES)}},
    "parts with content": {
        "headlines": {"basic": TITLE},
        "content_elements": [
            *({"type": "text", "_id": f"A{n}", "content": line} for n, line in enumerate(LINES)),
            {"type": "image", "caption": "The quay of Lindmark in the morning light, seen from the old lighthouse."},
            {"type": "interstitial_link", "content": "Also worth your time: the night of the long queue at the quay."},
        ],
    },
    "blocks of spans": {
        "title": TITLE,
        "body": [
            {
                "_type": "block",
                "_key": f"k{n}",
                "children": [{"_type": "span", "text": line[:20]}, {"_type": "span", "text": line[20:]}],
            }
            for n, line in enumerate(LINES)
        ],
    },
    "a document of nodes": {
        "title": TITLE,
        "doc": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in LINES]},
    },
    "blocks with data": {"title": TITLE, "blocks": [{"type": "paragraph", "data": {"text": line}} for line in LINES]},
    "JSON in JSON": {"cache": {"article:1": json.dumps({"title": TITLE, "body": HTML})}},
}


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_is_read(shape: str) -> None:
    found = read(shell(state(SHAPES[shape])))
    assert found.text.split("\n") == list(LINES)
    assert source(found) == "state"


@pytest.mark.parametrize(
    "script",
    [
        "window.Fusion=window.Fusion||{};Fusion.arcSite='x';Fusion.globalContent=VALUE;Fusion.lastModified=17;",
        "window.__STATE__ = VALUE;",
        "(function(){var a = 1; self.page=VALUE})()",
        "window.__DATA__ = JSON.parse(STRING);",
    ],
)
def test_assignments_in_scripts_are_read(script: str) -> None:
    value = json.dumps({"headlines": {"basic": TITLE}, "content_elements": [{"type": "text", "content": line} for line in LINES]})
    code = script.replace("VALUE", value).replace("STRING", json.dumps(value))
    assert read(shell(f"<script>{code}</script>")).text.split("\n") == list(LINES)


def test_structure_survives() -> None:
    body = [
        {"type": "paragraph", "text": LINES[0]},
        {"type": "heading", "text": "What was decided"},
        {"type": "list", "items": [{"type": "list_item", "text": LINES[1]}, {"type": "list_item", "text": LINES[3]}]},
        {"type": "quote", "text": LINES[2]},
        {"type": "paragraph", "text": LINES[4]},
    ]
    found = read(shell(state({"title": TITLE, "body": body})))
    assert "## What was decided" in found.markdown
    assert f"- {LINES[1]}" in found.markdown
    assert f"> {LINES[2]}" in found.markdown
    assert found.text.split("\n") == [LINES[0], "What was decided", LINES[1], LINES[3], LINES[2], LINES[4]]


def test_the_first_lines_that_are_shown_must_be_in_it() -> None:
    own = state({"title": TITLE, "body": HTML})
    assert source(read(shell(own, f"<article><h1>{TITLE}</h1><p>{LINES[0]}</p></article>"))) == "state"
    other = "A bridge was opened in the capital last year, and the minister said that no ferry would ever be needed again. "
    shown = "".join(f"<p>{other.replace('capital', place)}</p>" for place in ("capital", "south", "north"))
    shown = f"<article><h1>{TITLE}</h1>{shown}</article>"
    assert source(read(shell(own, shown))) == "structure"


def test_a_page_that_shows_its_text_is_not_looked_into() -> None:
    long = "".join(f"<p>{line}</p><p>{line.replace('ferry', 'boat').replace('The', 'That')}</p>" for line in LINES)
    found = read(
        shell(
            state({"title": TITLE, "body": HTML.replace("Lindmark", "Elsewhere") * 4}),
            f"<article><h1>{TITLE}</h1>{long}</article>",
        )
    )
    assert source(found) == "structure"
    assert "Elsewhere" not in found.text


OTHER = [line.replace("ferry", "tram").replace("Lindmark", "Osterby") for line in LINES]


@pytest.mark.parametrize(
    "value",
    [
        {
            "title": "Cookies and you",
            "text": "".join(f"<p>We and our partners keep data of kind {n} on your device.</p>" for n in range(20)),
        },
        {"messages": {"consent": ["We and our partners keep data on your device, and you may object to that."] * 12}},
        {"title": TITLE, "comments": [{"text": line} for line in OTHER]},
        {"title": TITLE, "related": [{"title": "Trams", "body": "".join(f"<p>{line}</p>" for line in OTHER)}]},
        {"stories": [{"headline": f"Another story, number {n}", "url": f"/{n}", "text": line} for n, line in enumerate(OTHER)]},
        {
            "title": TITLE,
            "sizes": [f"https://img.example/{n}/{'x' * 60}.jpg {n}w, https://img.example/b.jpg 2w" for n in range(30)],
        },
        {"title": TITLE, "css": "<style>" + ".a{color:red} .b{display:none; margin: 0 auto} " * 60 + "</style>"},
        {"title": TITLE, "code": "var a = function(b) { return b.c; }; window.d = { e: [1, 2] }; " * 40},
    ],
)
def test_what_is_no_body_is_not_taken(value: Any) -> None:
    assert source(read(shell(state(value)))) != "state"


def test_a_wall_is_respected() -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "isAccessibleForFree": False})
    wall = f'<script type="application/ld+json">{data}</script>'
    found = read(shell(wall + state({"title": TITLE, "body": HTML}), f"<article><h1>{TITLE}</h1><p>{LINES[0]}</p></article>"))
    assert found.text == LINES[0]


def test_broken_and_endless_data_is_survived() -> None:
    deep: Any = HTML
    for _ in range(500):
        deep = [deep]
    for script in (
        state(deep),
        f'<script type="application/json">{json.dumps({"title": TITLE, "body": HTML})[:-40]}</script>',
        "<script>" + "x={" * 50_000 + "</script>",
        "<script>a = " + "[" * 200_000 + "</script>",
        state([{"text": "a b c. " * 20}] * 80_000),
    ):
        assert isinstance(read(shell(script)), Extraction)
