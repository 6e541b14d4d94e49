"""What is different about the XML reader that feedparser is given, and about its tags."""

import xml.sax
from datetime import UTC, datetime
from io import BytesIO
from xml.sax.handler import ContentHandler

import pytest

from schemas.records import ParsedFeed
from tasks.feed_xml import MAX_DEPTH, FeedXmlReader
from tasks.parse import parse_feed

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Pieces(ContentHandler):
    """Keeps the pieces of text that it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def characters(self, content: str) -> None:
        self.texts.append(content)


def read(markup: str) -> list[str]:
    reader = xml.sax.make_parser(["tasks.feed_xml"])
    assert isinstance(reader, FeedXmlReader)
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    handler = Pieces()
    reader.setContentHandler(handler)
    reader.parse(BytesIO(markup.encode()))
    return handler.texts


def test_text_comes_in_one_piece_whatever_references_it_holds() -> None:
    assert read("<a>one &amp; two&#x21;<b>three</b> four &lt;</a>") == ["one & two!", "three", " four <"]


def test_elements_nested_too_deep_end_the_reading() -> None:
    assert read("<a>" * MAX_DEPTH + "x" + "</a>" * MAX_DEPTH) == ["x"]
    assert read("<a>" + "<b></b>" * 2 * MAX_DEPTH + "x</a>") == ["x"]
    with pytest.raises(xml.sax.SAXParseException, match="nested more than 1,000 deep"):
        read("<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1))


def parsed(items: str) -> ParsedFeed:
    body = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    feed = parse_feed(body, "http://a.example/", None, NOW)
    assert isinstance(feed, ParsedFeed)
    return feed


def test_a_feed_nested_too_deep_still_gives_its_items() -> None:
    deep = "<b>" * (MAX_DEPTH + 1) + "</b>" * (MAX_DEPTH + 1)
    feed = parsed(f"<item><title>Tea &amp; cake</title>{deep}</item>")
    assert [entry.title for entry in feed.entries] == ["Tea & cake"]
    assert feed.bozo is not None and "nested more than 1,000 deep" in feed.bozo


def test_the_first_of_very_many_tags_are_kept() -> None:
    tags = "".join(f"<category>t{n}</category>" for n in range(5_000))
    feed = parsed(f"<item><guid>1</guid>{tags}</item><item><guid>2</guid><category>later</category></item>")
    assert feed.entries[0].tags == tuple(f"t{n}" for n in range(50))
    assert feed.entries[1].tags == ("later",)
