"""OPML in and out."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import BadInput
from schemas.records import FeedLine
from tasks.opml import read_opml, write_opml
from tasks.text import one_line

COUNTRIES = Path(__file__).parent.parent.parent / "shared" / "corpora" / "opml" / "countries"


def test_folders_categories_and_odd_spellings() -> None:
    content = b"""<?xml version="1.0"?><OPML version="1.0"><head><title>x</title></head><body>
    <outline text="World"><outline title="Asia" text="asia">
      <outline text="One &amp; only" xmlUrl="https://one.example/feed?a=1&b=2"
        htmlUrl="https://one.example/" category="/News/Daily,Extra"/>
    </outline></outline>
    <outline type="rss" title="Two" XMLURL=" feed://two.example/rss "/>
    <outline type="rss" text="https://three.example/f" xmlurl="feed:https://three.example/f"/>
    <outline text="a page" type="link" url="https://page.example/"/>
    <outline text="odd" xmlUrl="javascript:alert(1)"/>
    <outline text="Second folder"><outline xmlUrl="https://one.example/feed?a=1&amp;b=2"/></outline>
    </body></OPML>"""
    assert read_opml(content) == (
        FeedLine(
            "https://one.example/feed?a=1&b=2",
            "One & only",
            "https://one.example/",
            ("World", "Asia", "News", "Daily", "Extra", "Second folder"),
        ),
        FeedLine("http://two.example/rss", "Two", None, ()),
        FeedLine("https://three.example/f", None, None, ()),
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not XML"),
        (b"just words", "not XML"),
        (b"\x89PNG\r\n\0\0", "not XML"),
        (b"<html><body>hello</body></html>", "no OPML"),
        (b"<rss version='2.0'><channel/></rss>", "no OPML"),
        (b"<opml><body><outline text='empty'/></body></opml>", "no feeds"),
        (
            b"<!DOCTYPE opml [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><opml><body><outline text='&b;' xmlUrl='http://x.example/'/></body></opml>",
            "entities",
        ),
        (b"<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><opml><body>&x;</body></opml>", "entities"),
    ],
)
def test_what_is_no_list_of_feeds_is_said_in_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        read_opml(content)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_utf16_and_deep_nesting_are_read() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><opml><body><outline text="ä" xmlUrl="http://x.example/"/></body></opml>'
    assert read_opml(text.encode("utf-16"))[0].title == "ä"
    nested = b"<outline text='f'>" * 200 + b"<outline xmlUrl='http://x.example/'/>" + b"</outline>" * 200
    deep = b"<opml><body>" + nested + b"</body></opml>"
    assert read_opml(deep)[0].tags == ("f",)


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
lines = st.builds(
    FeedLine,
    st.integers(0, 10**6).map(lambda number: f"https://x{number}.example/feed?a={number}&b=<>"),
    st.none() | words,
    st.none() | st.just("https://x.example/"),
    st.lists(words, max_size=3, unique=True).map(tuple),
)


def tidy_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for given_tag in tags if (tag := one_line(given_tag))))


@settings(deadline=None)
@given(st.lists(lines, min_size=1, max_size=12, unique_by=lambda line: line.url))
def test_what_is_written_reads_back_the_same(given_lines: list[FeedLine]) -> None:
    tidy = [replace(line, title=one_line(line.title), tags=tidy_tags(line.tags)) for line in given_lines]
    back = read_opml(write_opml(tidy))
    assert sorted(back, key=lambda line: line.url) == sorted(tidy, key=lambda line: line.url)


@pytest.mark.corpora
def test_every_list_of_the_corpus_is_read_whole() -> None:
    if not COUNTRIES.is_dir():
        pytest.skip(f"{COUNTRIES} is absent")
    for path in sorted(COUNTRIES.glob("*.opml")):
        content = path.read_bytes()
        found = read_opml(content)
        assert len(found) >= content.count(b"xmlUrl") - 1, path.name
        assert sorted(read_opml(write_opml(found)), key=lambda line: line.url) == sorted(found, key=lambda line: line.url)
