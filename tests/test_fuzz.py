"""Whatever comes in, the readers of feeds, addresses and headers give an answer: hypothesis looks for what makes them raise."""

import ipaddress
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from schemas.records import ParsedFeed, ParseFailed
from tasks import http_rules
from tasks.address_guard import Refusal, Target, address_problem, literal_address, target_of
from tasks.page import decode
from tasks.parse import parse_feed
from tasks.urls import (
    absolute,
    article_id,
    article_key,
    article_url,
    canonical_url,
    host_of,
    is_http_url,
    masked,
    normalize,
    registrable_domain,
)

pytestmark = pytest.mark.suite

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://news.example/feed.xml"
PORTS = frozenset({80, 443})
# The same examples each time: a run of the tests says the same about the same code.
many = settings(max_examples=120, deadline=None, derandomize=True, database=None)
some = settings(max_examples=60, deadline=None, derandomize=True, database=None)

RSS = (
    b"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>T</title><link>https://news.example/</link>"
    b"<skipHours><hour>3</hour></skipHours><ttl>60</ttl><item><guid>1</guid><title>A &amp; B</title><link>/a?b=c</link>"
    b"<pubDate>Mon, 23 Nov 2026 07:00:00 GMT</pubDate><description><![CDATA[<p>x</p>]]></description></item></channel></rss>"
)
ATOM = (
    b"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entry><id>u:1</id><link href='/x'/>"
    b"<author><name>J</name></author><updated>2026-11-23T07:00:00Z</updated>"
    b"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>y</div></content></entry></feed>"
)
PIECES = st.sampled_from(
    [
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<!--",
        b"<![CDATA[",
        b"\0",
        b"\xff\xfe",
        b"&#xD800;",
        b"<item>",
        b"</channel>",
        b"<!DOCTYPE x [",
        b"'",
    ]
)
LETTERS = st.text(alphabet="abAB01.:/@%?#[]\\ \t\r\n-_~&=;éß☃０\u202e\0", max_size=60)
ADDRESSES = st.builds(
    lambda scheme, host, rest: f"{scheme}{host}{rest}",
    st.sampled_from(["http://", "https://", "HTTP:", "//", "", "ftp://", "http:///", "http://u:p@"]),
    st.sampled_from(
        ["news.example", "www.amp.news.co.uk", "[::1]", "127.1", "xn--", "é.example", "a..b", "m.amp.m.x", ":80", ":x", ""]
    )
    | LETTERS,
    LETTERS,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sound feed with a few of its bytes cut, doubled or replaced."""
    body = draw(st.sampled_from([RSS, ATOM, RSS.decode().encode("utf-16")]))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        body = body[:start] + draw(PIECES | st.binary(max_size=6)) + body[draw(st.sampled_from([start, end])) :]
    return body


def sound(found: ParsedFeed | ParseFailed) -> None:
    """Asserts that a result can be kept: every text is one that a store takes."""
    assert isinstance(found, (ParsedFeed, ParseFailed))
    repr(found).encode("utf-8")
    for entry in found.entries if isinstance(found, ParsedFeed) else ():
        assert entry.guid
        assert entry.url is None or is_http_url(entry.url)
        for text in (entry.guid, entry.url, entry.title, entry.summary, entry.content, *entry.authors, *entry.tags):
            assert text is None or "\0" not in text.encode("utf-8").decode("utf-8")
        assert entry.published_at is None or 1990 <= entry.published_at.year <= 2027


@many
@given(mutated(), st.none() | st.text(max_size=40))
def test_mutated_feeds_end_in_words(body: bytes, content_type: str | None) -> None:
    sound(parse_feed(body, URL, content_type, NOW))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "https://a.example/\udfff"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "id",
        "url",
        "title",
        "content_html",
        "content_text",
        "authors",
        "author",
        "tags",
        "date_published",
        "external_url",
        "summary",
        "language",
    ]
)


@many
@given(
    st.dictionaries(st.sampled_from(["items", "version", "title", "home_page_url", "language"]), VALUES),
    st.lists(st.dictionaries(KEYS, VALUES), max_size=3),
)
def test_json_of_any_shape_ends_in_words(feed: dict[str, object], listed: list[dict[str, object]]) -> None:
    for body in (feed, feed | {"items": listed}):
        sound(parse_feed(json.dumps(body).encode(), URL, "application/feed+json", NOW))
    sound(parse_feed(json.dumps(feed | {"items": listed}).encode()[:-7], URL, None, NOW))


@many
@given(ADDRESSES, ADDRESSES)
def test_addresses_of_any_shape_have_stable_forms(url: str, other: str) -> None:
    once = article_url(url)
    assert article_url(once) == once
    assert article_key(once) == article_key(url)
    assert normalize(normalize(url)) == normalize(url)
    assert article_id(url) > 0
    for text in (host_of(url), registrable_domain(url), registrable_domain(other.replace("/", "")), canonical_url(url, other)):
        assert isinstance(text, str)
    joined = absolute(other, url)
    assert joined is None or is_http_url(joined)


@many
@given(st.sampled_from(["http", "https", "ftp"]), st.text(alphabet="abcé:@%2f!$;,é", min_size=1, max_size=20), LETTERS)
@example("http", "user:s3cret@@", "")
def test_what_is_shown_hides_user_names_and_passwords(scheme: str, user: str, rest: str) -> None:
    shown = masked(f"{scheme}://{user}SECRET@news.example/{rest}")
    assert "SECRET" not in shown and shown.startswith(f"{scheme}://***@news.example/")


@many
@given(ADDRESSES, st.sampled_from([PORTS, frozenset({8080})]))
def test_an_address_taken_apart_is_one_that_may_be_asked_for(url: str, ports: frozenset[int]) -> None:
    found = target_of(url, ports, {})
    assert isinstance(found, (Target, Refusal))
    if isinstance(found, Target):
        found.path.encode("ascii")
        assert found.port in ports and found.scheme in ("http", "https") and "@" not in urlsplit(url).netloc
        literal = literal_address(found.host)
        assert literal is None or address_problem(literal) is None


PRIVATE = st.one_of(
    *(
        st.integers(int(net[0]), int(net[-1])).map(ipaddress.IPv4Address)
        for net in map(
            ipaddress.IPv4Network,
            (
                "0.0.0.0/8",
                "10.0.0.0/8",
                "100.64.0.0/10",
                "127.0.0.0/8",
                "169.254.0.0/16",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "224.0.0.0/3",
            ),
        )
    )
)


def _part(value: int, kind: str, zeros: int) -> str:
    return {"d": str(value), "o": "0" * (zeros + 1) + f"{value:o}", "x": "0x" + "0" * zeros + f"{value:x}", "X": f"0X{value:X}"}[
        kind
    ]


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """An inside IPv4 address in one of the many ways in which it can be written as a host."""
    value = int(draw(PRIVATE))
    if draw(st.booleans()):
        high, low = f"{value >> 16:x}", f"{value & 0xFFFF:x}"
        return draw(
            st.sampled_from(
                [f"[::ffff:{high}:{low}]", f"[64:ff9b::{high}:{low}]", f"[2002:{high}:{low}::1]", f"[::{high}:{low}]"]
            )
        )
    count = draw(st.integers(1, 4))
    numbers = [(value >> (24 - 8 * index)) & 0xFF for index in range(count - 1)] + [value & ((1 << (8 * (5 - count))) - 1)]
    host = ".".join(_part(number, draw(st.sampled_from("doxX")), draw(st.integers(0, 3))) for number in numbers)
    wide = str.maketrans("0123456789.abcdefxABCDEFX", "０１２３４５６７８９．ａｂｃｄｅｆｘＡＢＣＤＥＦＸ")
    host = draw(st.sampled_from([host, host.translate(wide), host.replace(".", "。"), host.upper()]))
    return host + draw(st.sampled_from(["", "."]))


@settings(many, max_examples=500)
@given(spelled(), st.sampled_from(["", ":80", ":443"]), st.sampled_from(["http", "https", "HTTP"]))
def test_no_spelling_of_an_inside_address_is_let_through(host: str, port: str, scheme: str) -> None:
    found = target_of(f"{scheme}://{host}{port}/x", PORTS, {})
    assert isinstance(found, Refusal) and found.reason is Reason.FORBIDDEN_ADDRESS, found


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["location", "retry-after", "etag", "last-modified", "content-type"]),
        LETTERS
        | st.text(alphabet=st.characters(max_codepoint=255), max_size=40)
        | st.sampled_from(["-1", "1e9", "9" * 400, "Mon, 99 Foo 2026 25:00 GMT", "Mon, 23 Nov 0001 07:00:00 +9999"]),
    ),
    max_size=4,
)


@many
@given(st.integers(100, 999), HEADERS, ADDRESSES, st.booleans())
def test_headers_of_any_shape_are_answers(status: int, headers: list[tuple[str, str]], url: str, permanent: bool) -> None:
    redirect = http_rules.redirect_of(status, headers, url, permanent=permanent)
    assert redirect is None or isinstance(target_of(redirect.url, PORTS, {}), (Target, Refusal))
    wait = http_rules.retry_after_seconds(headers, NOW)
    assert wait is None or 0 <= wait <= 30 * 86400
    http_rules.validators_in(headers)


@some
@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
    st.none()
    | st.sampled_from(
        ["text/html; charset=" + name for name in ("utf-7", "zlib_codec", "utf-16", "x", "iso-2022-jp", "idna", "\0")]
    ),
    st.sampled_from([b"", b"<meta charset=utf-7>", b"<meta charset='hz'>", b"\xff\xfe", b"\0\0\xfe\xff"]),
)
def test_bytes_of_any_kind_are_text(body: bytes, content_type: str | None, start: bytes) -> None:
    text, name = decode(start + body, content_type)
    assert "\0" not in text and name != "utf-7"
    text.encode("utf-8")
