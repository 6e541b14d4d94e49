"""The XML reader that feedparser is given: the standard library's expat driver, with two differences that bound its time.

`xml.sax.make_parser(["tasks.feed_xml"])` finds `create_parser`, the interface of a SAX driver.
"""

from typing import Any
from xml.sax.expatreader import ExpatParser

# Feeds are ten or so deep, XHTML content a few dozen. feedparser looks through its stack at each element.
MAX_DEPTH = 1_000
_PIECE = 1024 * 1024


class FeedXmlReader(ExpatParser):
    """Hands over text in large pieces (expat: one at each reference), and of elements nested too deep only the text."""

    _parser: Any  # expat's own, which the base class makes

    def reset(self) -> None:
        """As the base class's, before each document."""
        super().reset()
        self._depth = 0
        self._parser.buffer_text = True
        self._parser.buffer_size = _PIECE

    def start_element_ns(self, name: str, attrs: Any) -> None:
        """Called by expat at a start tag."""
        self._depth += 1
        if self._depth <= MAX_DEPTH:
            super().start_element_ns(name, attrs)

    def end_element_ns(self, name: str) -> None:
        """Called by expat at an end tag."""
        if self._depth <= MAX_DEPTH:
            super().end_element_ns(name)
        self._depth -= 1


def create_parser(namespaceHandling: bool = False) -> FeedXmlReader:  # noqa: N803 (the name that SAX gives it)
    """A reader, not yet fed with anything."""
    return FeedXmlReader(namespaceHandling)
