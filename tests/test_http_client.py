"""The plain 304 that is read without h11: whatever is read so, h11 reads the same; whatever is not plain, h11 reads."""

import asyncio
from typing import Any, cast

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.guarded_network import Stream
from tasks.http_client import Connection, Head, ProtocolError

REQUEST = [(b"Host", b"news.example"), (b"Accept", b"*/*"), (b"If-None-Match", b'W/"1"')]
PLAIN = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nX-Empty:\r\nCache-Control:\tmax-age=60 \r\n\r\n'
LINE = st.one_of(
    st.sampled_from(
        [
            b"ETag: 1",
            b"Connection: close",
            b"connection: Keep-Alive",
            b"Content-Length: 5",
            b"Transfer-Encoding: chunked",
            b" folded",
            b": no",
        ]
    ),
    st.binary(max_size=12),
    st.tuples(st.text("abcXY-_", min_size=1, max_size=4), st.text(" \tab\x00\x7f\x85é,;:", max_size=6)).map(
        lambda pair: f"{pair[0]}:{pair[1]}".encode("latin-1")
    ),
)


class _Played:
    """A stream that gives what it is told to, piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data

    async def read(self, most: int, silence: float) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    @property
    def quiet(self) -> bool:
        return not self.pieces


def _ask(*pieces: bytes, headers: Any = REQUEST) -> tuple[Head, Connection, _Played]:
    stream = _Played(*pieces)
    connection = Connection(cast(Stream, stream))
    return asyncio.run(connection.ask(b"GET", b"/feed?a=1", headers, 1.0)), connection, stream


def _by_h11(data: bytes) -> tuple[int, tuple[tuple[str, str], ...]] | None:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=b"GET", target=b"/", headers=REQUEST))
    client.send(h11.EndOfMessage())
    try:
        client.receive_data(data)
        event = client.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.Response):
        return None
    return event.status_code, tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers)


def test_a_plain_304_is_whole_and_its_connection_serves_again() -> None:
    head, connection, stream = _ask(PLAIN)
    assert head == Head(304, (("etag", '"1"'), ("x-empty", ""), ("cache-control", "max-age=60")), whole=True)
    assert _by_h11(PLAIN) == (head.status, head.headers)
    assert connection.may_be_kept()
    stream.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"ok"]
    again = asyncio.run(connection.ask(b"GET", b"/feed", REQUEST, 1.0))

    async def body() -> bytes:
        return b"".join([piece async for piece in connection.pieces(1.0)])

    assert (again.status, again.whole, asyncio.run(body())) == (200, False, b"ok")
    assert connection.may_be_kept()


def test_the_request_is_the_one_that_h11_would_send() -> None:
    _, _, stream = _ask(PLAIN)
    client = h11.Connection(h11.CLIENT)
    assert stream.sent == client.send(h11.Request(method=b"GET", target=b"/feed?a=1", headers=REQUEST))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 304 Not Modified\nETag: 1\n\n",  # bare line ends
        b"HTTP/1.0 304 Not Modified\r\n\r\n",  # a version that keeps no connection
        b"HTTP/1.1 304 Not Modified\r\nX: a\r\n b\r\n\r\n",  # folded
        PLAIN[:30],  # in pieces, the rest follows
    ],
)
def test_any_other_304_is_h11s(answer: bytes) -> None:
    head, _, _ = _ask(answer, PLAIN[len(answer) :] if PLAIN.startswith(answer) else b"")
    assert head.status == 304 and not head.whole


@pytest.mark.parametrize("behind", [b"HTTP/1.1 200 OK\r\n\r\n", b"x"])
def test_what_comes_behind_a_304_ends_its_connection(behind: bytes) -> None:
    head, connection, _ = _ask(PLAIN + behind)
    assert head.status == 304 and not head.whole
    assert not connection.may_be_kept()
    _, connection, _ = _ask(PLAIN, behind)
    assert not connection.may_be_kept()


def test_a_304_that_closes_is_believed() -> None:
    head, connection, _ = _ask(PLAIN[:-2] + b"Connection: close\r\n\r\n")
    assert head.whole and not connection.may_be_kept()


@pytest.mark.parametrize("value", [b"a\r\nX-Evil: 1", b"a\nb", b"a\x00b", b" edge "])
def test_what_can_not_be_sent_is_refused(value: bytes) -> None:
    with pytest.raises(ProtocolError):
        _ask(PLAIN, headers=[*REQUEST, (b"X", value)])


def test_a_line_end_in_the_path_is_refused() -> None:
    stream = _Played(PLAIN)
    with pytest.raises(ProtocolError):
        asyncio.run(Connection(cast(Stream, stream)).ask(b"GET", b"/ HTTP/1.1\r\nX: y", REQUEST, 1.0))
    assert stream.sent == b""


@settings(max_examples=60, deadline=None)
@given(st.lists(LINE, max_size=5))
def test_whatever_is_read_without_h11_is_read_as_h11_would(lines: list[bytes]) -> None:
    data = b"\r\n".join([b"HTTP/1.1 304 Not Modified", *lines, b"", b""])
    try:
        head, connection, _ = _ask(data)
    except ProtocolError:
        assert _by_h11(data) is None
        return
    if head.whole:
        assert _by_h11(data) == (head.status, head.headers)
        if connection.may_be_kept():
            assert all(value.lower() == "keep-alive" for name, value in head.headers if name == "connection")


def test_a_head_of_blanks_costs_no_time() -> None:
    with pytest.raises(ProtocolError):
        _ask(b"HTTP/1.1 304 x\r\nA:" + b" " * 60_000 + b"\x00\r\n\r\n")
