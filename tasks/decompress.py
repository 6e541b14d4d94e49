"""Content codings, undone piece by piece with a limit, so that a bomb costs no more than the limit. Pure: no I/O."""

import sys
import zlib
from collections.abc import Mapping
from typing import Protocol

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_STEP = 256 * 1024
_MOST_LAYERS = 2
# A gzip or zstd body may be many in a row; beyond this the many are the attack.
_MOST_MEMBERS = 1000
# RFC 9659: a zstd body for the web needs no window over 8 MB.
_ZSTD_WINDOW: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
# What newsfold can undo, as it says in Accept-Encoding.
OFFERED = "gzip, br, zstd"


class TooLargeError(Exception):
    """The body is larger than the limit, on the wire or decompressed."""


class BadCodingError(Exception):
    """The content coding is unknown, or the bytes are not in it."""


class _Layer(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...

    def finish(self) -> None: ...


class _Zlib:
    """gzip (several members are one body) and deflate, with or without its zlib header."""

    def __init__(self, coding: str) -> None:
        self._gzip = coding == "gzip"
        self._inner: zlib._Decompress | None = zlib.decompressobj(31) if self._gzip else None
        self._started = False
        self._members = 1

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inner is None:
            if not data:
                return b""
            # "deflate" should have a zlib header; some servers leave it out.
            self._inner = zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)
        self._started = self._started or bool(data)
        pieces: list[bytes] = []
        full = False
        # A full piece may have more behind it although all input is taken.
        while data or full:
            if self._inner.eof:
                if not self._gzip or data[:1] != b"\x1f":
                    break  # padding after the end, as browsers ignore it
                self._members = _counted(self._members)
                self._inner = zlib.decompressobj(31)
            try:
                piece = self._inner.decompress(data, _STEP)
            except zlib.error as error:
                raise BadCodingError(f"the compressed body is damaged ({error})") from error
            room -= len(piece)
            if room < 0:
                raise TooLargeError
            pieces.append(piece)
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            full = len(piece) == _STEP and not self._inner.eof
        return b"".join(pieces)

    def finish(self) -> None:
        if self._started and self._inner is not None and not self._inner.eof:
            raise BadCodingError("the compressed body ends too early")


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._started = False

    def feed(self, data: bytes, room: int) -> bytes:
        if not data or self._inner.is_finished():
            return b""
        self._started = True
        pieces: list[bytes] = []
        while True:
            try:
                piece = self._inner.process(data, output_buffer_limit=_STEP)
            except brotli.error as error:
                raise BadCodingError(f"the compressed body is damaged ({error})") from error
            room -= len(piece)
            if room < 0:
                raise TooLargeError
            pieces.append(piece)
            data = b""
            # A full piece may have more behind it, whatever `can_accept_more_data` says.
            if self._inner.is_finished() or (len(piece) < _STEP and self._inner.can_accept_more_data()):
                return b"".join(pieces)

    def finish(self) -> None:
        if self._started and not self._inner.is_finished():
            raise BadCodingError("the compressed body ends too early")


class _Zstd:
    """zstd: frames in a row are one body."""

    def __init__(self) -> None:
        self._inner = zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
        self._members = 1
        self._started = False

    def feed(self, data: bytes, room: int) -> bytes:
        self._started = self._started or bool(data)
        pieces: list[bytes] = []
        while data or not (self._inner.needs_input or self._inner.eof):
            if self._inner.eof:
                self._members = _counted(self._members)
                self._inner = zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
            try:
                piece = self._inner.decompress(data, _STEP)
            except zstd.ZstdError as error:
                raise BadCodingError(f"the compressed body is damaged ({error})") from error
            room -= len(piece)
            if room < 0:
                raise TooLargeError
            pieces.append(piece)
            data = self._inner.unused_data if self._inner.eof else b""
        return b"".join(pieces)

    def finish(self) -> None:
        if self._started and not self._inner.eof:
            raise BadCodingError("the compressed body ends too early")


def _counted(members: int) -> int:
    if members >= _MOST_MEMBERS:
        raise BadCodingError(f"the compressed body has more than {_MOST_MEMBERS} parts")
    return members + 1


class BodyReader:
    """Collects a body as it arrives. `feed` raises TooLargeError or BadCodingError; `finish` returns the decoded bytes."""

    def __init__(self, coding: str | None, max_wire: int, max_body: int) -> None:
        names = [name.strip().lower() for name in (coding or "").split(",")]
        names = [name for name in reversed(names) if name not in ("", "identity")]
        if len(names) > _MOST_LAYERS:
            raise BadCodingError("the body is compressed more than twice")
        self._layers: list[_Layer] = [_layer(name) for name in names]
        # What each layer has put out: an outer one may be a bomb of which the inner one makes nothing.
        self._made = [0] * len(names)
        self._max_wire, self._max_body = max_wire, max_body
        self._pieces: list[bytes] = []
        self.wire = 0
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the wire."""
        self.wire += len(data)
        if self.wire > self._max_wire:
            raise TooLargeError
        for number, layer in enumerate(self._layers):
            data = layer.feed(data, self._max_body - self._made[number])
            self._made[number] += len(data)
        self.size += len(data)
        if self.size > self._max_body:
            raise TooLargeError
        if data:
            self._pieces.append(data)

    def finish(self) -> bytes:
        """The whole body. BadCodingError when a compressed one is cut short."""
        for layer in self._layers:
            layer.finish()
        return self.so_far()

    def so_far(self) -> bytes:
        """What has been decoded up to now."""
        return b"".join(self._pieces)


def gunzip_file(body: bytes, max_body: int) -> bytes:
    """A body that is itself a gzip file (feed.xml.gz served as it lies there), unpacked; any other as it is."""
    if not body.startswith(b"\x1f\x8b\x08"):
        return body
    reader = BodyReader("gzip", len(body), max_body)
    reader.feed(body)
    return reader.finish()


def _layer(name: str) -> _Layer:
    if name in ("gzip", "x-gzip"):
        return _Zlib("gzip")
    if name == "deflate":
        return _Zlib("deflate")
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise BadCodingError(f"the content coding “{name[:20]}” is unknown")
