"""What is different about the XML reader that feedparser is given, and about its tags."""

import xml.sax
from datetime import UTC, datetime
from io import BytesIO
from xml.sax.handler import ContentHandler

from schemas.records import ParsedFeed
from tasks.feed_xml import MAX_DEPTH, FeedXmlReader
from tasks.parse import parse_feed

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Pieces(ContentHandler):
    """Keeps the pieces of text that it is handed, and counts the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.opened = self.closed = 0

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: object) -> None:  # noqa: N802
        self.opened += 1

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802
        self.closed += 1

    def characters(self, content: str) -> None:
        self.texts.append(content)


def read(markup: str) -> Pieces:
    reader = xml.sax.make_parser(["tasks.feed_xml"])
    assert isinstance(reader, FeedXmlReader)
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    handler = Pieces()
    reader.setContentHandler(handler)
    reader.parse(BytesIO(markup.encode()))
    return handler


def test_text_comes_in_one_piece_whatever_references_it_holds() -> None:
    assert read("<a>one &amp; two&#x21;<b>three</b> four &lt;</a>").texts == ["one & two!", "three", " four <"]


def test_of_elements_nested_too_deep_only_the_text_is_handed_over() -> None:
    for depth in (MAX_DEPTH, MAX_DEPTH + 1, 3 * MAX_DEPTH):
        handler = read("<a>" * depth + "x" + "</a>" * depth + "\n")
        assert handler.texts == ["x"]
        assert handler.opened == handler.closed == min(depth, MAX_DEPTH)
    beside = read("<a>" + "<b></b>" * 2 * MAX_DEPTH + "x</a>")
    assert beside.texts == ["x"] and beside.opened == beside.closed == 2 * MAX_DEPTH + 1


def parsed(items: str) -> ParsedFeed:
    body = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    feed = parse_feed(body, "http://a.example/", None, NOW)
    assert isinstance(feed, ParsedFeed)
    return feed


def test_a_feed_nested_too_deep_gives_all_its_items() -> None:
    deep = "<b>" * 3 * MAX_DEPTH + "</b>" * 3 * MAX_DEPTH
    feed = parsed(f"<item><title>Tea &amp; cake</title>{deep}</item><item><title>Second</title></item>")
    assert [entry.title for entry in feed.entries] == ["Tea & cake", "Second"]
    assert feed.bozo is None


def test_the_first_of_very_many_tags_are_kept() -> None:
    tags = "".join(f"<category>t{n}</category>" for n in range(5_000))
    feed = parsed(f"<item><guid>1</guid>{tags}</item><item><guid>2</guid><category>later</category></item>")
    assert feed.entries[0].tags == tuple(f"t{n}" for n in range(50))
    assert feed.entries[1].tags == ("later",)
