"""What a hostile feed's body holds, and how its poll must end."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass

from schemas.reasons import Reason

_MB = 1024 * 1024
VERSION = '"version":"https://jsonfeed.org/version/1.1"'


@dataclass(frozen=True, slots=True)
class BodyCase:
    """`entries`: how many the poll keeps; None when that is not the point."""

    name: str
    make: Callable[[], bytes]
    reason: Reason
    entries: int | None = None
    content_type: str = "application/xml"


def rss(items: str, doctype: str = "", encoding: str = "utf-8") -> str:
    """An RSS feed as text."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<rss version="2.0"><channel><title>T</title>'
    return f"{head}<link>https://news.example/</link>{items}</channel></rss>"


def item(number: int, inner: str = "") -> str:
    """An item with a link of its own."""
    return f"<item><guid>g{number}</guid><title>t{number}</title><link>https://news.example/{number}</link>{inner}</item>"


def items(count: int, inner: str = "") -> str:
    """So many of them."""
    return "".join(item(number, inner) for number in range(count))


def one(inner: str, doctype: str = "", encoding: str = "utf-8") -> bytes:
    """A feed with one item that holds `inner` in its description."""
    return rss(item(1, f"<description>{inner}</description>"), doctype, encoding).encode()


def jsonfeed(listed: str) -> bytes:
    """A JSON Feed with `listed` where its list of items should be."""
    return f'{{{VERSION},"title":"T","items":{listed}}}'.encode()


def atom(count: int) -> bytes:
    """An Atom feed of so many entries, in one line."""
    entries = "".join(f"<entry><id>{n}</id></entry>" for n in range(count))
    return f"<feed xmlns='http://www.w3.org/2005/Atom'>{entries}</feed>".encode()


def _laughs() -> bytes:
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return one("&e11;", f'<!DOCTYPE rss [<!ENTITY e0 "lol">{steps}]>')


def _chain() -> bytes:
    steps = "".join(f'<!ENTITY e{n} "&e{n - 1};">' for n in range(1, 20_000))
    return one("&e19999;", f'<!DOCTYPE rss [<!ENTITY e0 "lol">{steps}]>')


def _parameter() -> bytes:
    steps = "".join(f"<!ENTITY % p{n} '{f'&#37;p{n - 1};' * 10}'>" for n in range(1, 10))
    return one("x", f"<!DOCTYPE rss [<!ENTITY % p0 'lol'>{steps}%p9;]>")


def _swapped() -> bytes:
    return rss(items(2)).encode("utf-16-be").replace(b"\0<", b"<\0", 1)


BODIES = (
    # entities
    BodyCase("internal entity bomb", _laughs, Reason.NEW_BODY),
    BodyCase("entities nested 20,000 deep", _chain, Reason.NEW_BODY),
    BodyCase(
        "quadratic entity bomb", lambda: one("&a;" * 50_000, f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'), Reason.NEW_BODY
    ),
    BodyCase(
        "entity bomb below the library's factor",
        lambda: one("&a;" * 90 + "x" * 400_000, f'<!DOCTYPE rss [<!ENTITY a "{"a" * 300_000}">]>'),
        Reason.NEW_BODY,
        1,
    ),
    BodyCase("parameter entity bomb", _parameter, Reason.NEW_BODY),
    BodyCase(
        "entity that holds itself", lambda: one("&a;", '<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'), Reason.NEW_BODY
    ),
    BodyCase(
        "external entity: a file", lambda: one("&x;", '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), Reason.NEW_BODY
    ),
    BodyCase(
        "external entity: a server",
        lambda: one("&x;", '<!DOCTYPE rss [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]>'),
        Reason.NEW_BODY,
    ),
    BodyCase(
        "external parameter entity",
        lambda: one("a", '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>'),
        Reason.NEW_BODY,
    ),
    BodyCase("external doctype", lambda: one("a", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/evil.dtd">'), Reason.NEW_BODY, 1),
    BodyCase("entities that nobody defined", lambda: one("&nope;" * 20_000), Reason.NEW_BODY, 1),
    BodyCase("character references beyond Unicode", lambda: one("&#x110000;&#xD800;&#0;&#99999999999;"), Reason.NEW_BODY, 1),
    # depth and width
    BodyCase("elements nested 100,000 deep, unclosed", lambda: one("<a>" * 100_000), Reason.NEW_BODY),
    BodyCase("elements nested 100,000 deep, closed", lambda: one("<b>" * 100_000 + "</b>" * 100_000), Reason.NEW_BODY, 1),
    BodyCase("HTML nested 100,000 deep in CDATA", lambda: one(f"<![CDATA[{'<div>' * 100_000}]]>"), Reason.NEW_BODY, 1),
    BodyCase("items nested in items", lambda: rss("<item>" * 50_000).encode(), Reason.NEW_BODY),
    BodyCase("channels nested in channels", lambda: b"<rss>" + b"<channel>" * 50_000, Reason.BROKEN_FEED, 0),
    BodyCase("a megabyte attribute", lambda: rss(item(1, f'<enclosure url="{"x" * 3 * _MB}"/>')).encode(), Reason.NEW_BODY, 1),
    BodyCase("a megabyte element name", lambda: rss(item(1, f"<{'x' * _MB}/>")).encode(), Reason.NEW_BODY, 1),
    BodyCase(
        "60,000 attributes",
        lambda: rss(item(1, "<x " + " ".join(f"a{n}='1'" for n in range(60_000)) + "/>")).encode(),
        Reason.PARSE_TIMEOUT,
        0,
    ),
    BodyCase(
        "200,000 namespaces",
        lambda: rss("".join(f'<x{n}:y xmlns:x{n}="u{n}"/>' for n in range(200_000))).encode(),
        Reason.PARSE_TIMEOUT,
        0,
    ),
    BodyCase("400,000 categories", lambda: rss(item(1, "<category>x</category>" * 400_000)).encode(), Reason.PARSE_TIMEOUT, 0),
    BodyCase("nine million <", lambda: b"<rss version='2.0'><channel>" + b"<" * 9_000_000, Reason.PARSE_TIMEOUT, 0),
    BodyCase(
        "100,000 items",
        lambda: rss("".join(f"<item><guid>{n}</guid></item>" for n in range(100_000))).encode(),
        Reason.NEW_BODY,
        5000,
    ),
    BodyCase(
        "100,000 items in one line of Atom",
        lambda: atom(100_000),
        Reason.NEW_BODY,
        5000,
    ),
    BodyCase("a 9 MB item", lambda: one("word " * (9 * _MB // 5)), Reason.NEW_BODY, 1),
    BodyCase("a 9 MB item of escapes", lambda: one("&amp;lt;" * (9 * _MB // 8)), Reason.NEW_BODY, 1),
    BodyCase("a 9 MB item in one wide character", lambda: one("\U0001f4f0" + "a " * (9 * _MB // 2)), Reason.NEW_BODY, 1),
    BodyCase("a 50 MB item", lambda: one("x" * 50 * _MB), Reason.TOO_LARGE, 0),
    BodyCase("a 9 MB comment", lambda: rss(f"<!--{'x ' * (9 * _MB // 2)}-->" + item(1)).encode(), Reason.NEW_BODY, 1),
    BodyCase(
        "a 9 MB processing instruction", lambda: b"<?x " + b"y" * 9 * _MB + b"?>" + rss(item(1)).encode(), Reason.NEW_BODY, 1
    ),
    BodyCase(
        "one guid for a thousand items",
        lambda: rss(
            "".join(f"<item><guid>same</guid><link>https://news.example/{n}</link></item>" for n in range(1000))
        ).encode(),
        Reason.NEW_BODY,
        1000,
    ),
    # bytes
    BodyCase("NULs between all", lambda: rss(items(2)).replace("<item>", "\0<item>\0").encode(), Reason.NEW_BODY),
    BodyCase("nothing but NULs", lambda: b"\0" * 100_000, Reason.BROKEN_FEED, 0),
    BodyCase("random control characters", lambda: one("".join(map(chr, range(1, 32)))), Reason.NEW_BODY, 1),
    BodyCase("an encoding that is a lie", lambda: rss(items(2), encoding="utf-16").encode("latin-1"), Reason.NEW_BODY, 2),
    BodyCase("an encoding that does not exist", lambda: rss(items(2), encoding="x-evil").encode(), Reason.NEW_BODY, 2),
    BodyCase("an encoding that is Python's own", lambda: rss(items(2), encoding="unicode_escape").encode(), Reason.NEW_BODY, 2),
    BodyCase(
        "a charset header that is a lie", lambda: rss(items(2)).encode(), Reason.NEW_BODY, 2, "application/xml; charset=utf-32"
    ),
    BodyCase(
        "a charset header that is a decompressor",
        lambda: rss(items(2)).encode(),
        Reason.NEW_BODY,
        2,
        "application/xml; charset=zlib_codec",
    ),
    BodyCase("UTF-7", lambda: rss(items(2), encoding="utf-7").replace("t1", "+ADw-script+AD4-").encode(), Reason.NEW_BODY, 2),
    BodyCase("UTF-16", lambda: rss(items(2), encoding="utf-16").encode("utf-16"), Reason.NEW_BODY, 2),
    BodyCase("UTF-16 without a mark", lambda: rss(items(2)).encode("utf-16-le"), Reason.NEW_BODY, 2),
    BodyCase("UTF-16 of odd length", lambda: rss(items(2)).encode("utf-16")[:-1], Reason.NEW_BODY, 2),
    BodyCase("UTF-16 that changes its order", _swapped, Reason.BROKEN_FEED, 0),
    BodyCase("UTF-32", lambda: rss(items(2)).encode("utf-32"), Reason.NEW_BODY, 2),
    BodyCase("UTF-32 of 9 MB", lambda: rss(items(20_000)).encode("utf-32"), Reason.NEW_BODY, 5000),
    BodyCase("half Latin-1, half UTF-8", lambda: one("é").replace(b"T</title>", b"\xe9\xe8</title>"), Reason.NEW_BODY, 1),
    BodyCase("a surrogate in UTF-8", lambda: one("SURR").replace(b"SURR", b"\xed\xa0\x80"), Reason.NEW_BODY, 1),
    # no feed at all
    BodyCase("nothing", lambda: b"", Reason.BROKEN_FEED, 0),
    BodyCase("blanks", lambda: b" \r\n" * 1000, Reason.BROKEN_FEED, 0),
    BodyCase("truncated in its first item", lambda: rss(items(1)).encode()[:150], Reason.NEW_BODY),
    BodyCase("truncated after two of three", lambda: rss(items(3)).encode()[:-50], Reason.NEW_BODY),
    BodyCase("truncated in the channel", lambda: rss("").encode()[:90], Reason.BROKEN_FEED, 0),
    BodyCase(
        "an HTML page",
        lambda: b"<!DOCTYPE html><html><head><title>Hi</title></head><body>" + b"<p>x</p>" * 100_000,
        Reason.HTML_INSTEAD_OF_FEED,
        0,
    ),
    BodyCase(
        "an HTML page that says it is RSS", lambda: b"<html><body><rss>", Reason.HTML_INSTEAD_OF_FEED, 0, "application/rss+xml"
    ),
    BodyCase("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4000, Reason.BROKEN_FEED, 0),
    BodyCase("an XML that is no feed", lambda: b"<?xml version='1.0'?><invoice><line/></invoice>", Reason.BROKEN_FEED, 0),
    BodyCase("a sound feed without items", lambda: rss("").encode(), Reason.EMPTY_FEED, 0),
    # a gzip file within
    BodyCase("a gzip file that is a bomb", lambda: gzip.compress(b" " * 60 * _MB), Reason.TOO_LARGE, 0),
    BodyCase("a gzip file in a gzip file", lambda: gzip.compress(gzip.compress(rss(items(2)).encode())), Reason.NEW_BODY),
    BodyCase("a gzip file that is cut", lambda: gzip.compress(rss(items(99)).encode())[:-20], Reason.BAD_ENCODING, 0),
    # JSON
    BodyCase("JSON: nested 100,000 deep", lambda: jsonfeed("[" * 100_000), Reason.BROKEN_FEED, 0, "application/json"),
    BodyCase("JSON: objects nested 100,000 deep", lambda: b'{"a":' * 100_000, Reason.BROKEN_FEED, 0, "application/json"),
    BodyCase(
        "JSON: deep in an item", lambda: jsonfeed('[{"id":"1"},{"x":' + "[" * 100_000), Reason.NEW_BODY, 1, "application/json"
    ),
    BodyCase(
        "JSON: a number of a million digits",
        lambda: jsonfeed(f'[{{"id":{"9" * _MB}}}]'),
        Reason.BROKEN_FEED,
        0,
        "application/json",
    ),
    BodyCase(
        "JSON: numbers that are none",
        lambda: jsonfeed('[{"id":NaN},{"id":1e999},{"id":-0.0}]'),
        Reason.NEW_BODY,
        3,
        "application/json",
    ),
    BodyCase(
        "JSON: duplicate keys",
        lambda: jsonfeed('[{"id":"1","id":"2","url":"https://a.example/1","url":"javascript:1"}]'),
        Reason.NEW_BODY,
        1,
        "application/json",
    ),
    BodyCase(
        "JSON: wrong types all over",
        lambda: jsonfeed('[{"id":[],"url":{},"title":5,"authors":"x","tags":{"a":1},"date_published":[]},7,null,"x",[]]'),
        Reason.NEW_BODY,
        1,
        "application/json",
    ),
    BodyCase("JSON: items that are no list", lambda: jsonfeed('"many"'), Reason.EMPTY_FEED, 0, "application/json"),
    BodyCase(
        "JSON: millions of empty items",
        lambda: jsonfeed("[" + "{}," * 3_000_000 + "{}]"),
        Reason.PARSE_MEMORY,
        0,
        "application/json",
    ),
    BodyCase(
        "JSON: 100,000 items",
        lambda: jsonfeed("[" + ",".join(f'{{"id":"{n}"}}' for n in range(100_000)) + "]"),
        Reason.NEW_BODY,
        5000,
        "application/json",
    ),
    BodyCase(
        "JSON: a 9 MB item",
        lambda: jsonfeed(json.dumps([{"id": "1", "content_html": "<p>x</p>" * (9 * _MB // 8)}])),
        Reason.NEW_BODY,
        1,
        "application/json",
    ),
    BodyCase(
        "JSON: lone surrogates",
        lambda: jsonfeed(
            '[{"id":"\\ud800","title":"\\udfff!","url":"https://a.example/\\ud83d","tags":["\\ud800"],"content_html":"<p>\\udc00\\u0000</p>"}]'
        ),
        Reason.NEW_BODY,
        1,
        "application/json",
    ),
    BodyCase("JSON: an object that is no feed", lambda: b'{"error": "not found"}', Reason.BROKEN_FEED, 0, "application/json"),
    BodyCase(
        "JSON: cut in its second item", lambda: jsonfeed('[{"id":"1"},{"id":"2')[:-1], Reason.NEW_BODY, 1, "application/json"
    ),
)
