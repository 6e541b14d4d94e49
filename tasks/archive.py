"""Raw answers in WARC files (ISO 28500), readable by any WARC tool. The only importer of warcio.

One gzip member a record, files by UTC day and size: `archive/newsfold-20261123-00000.warc.gz`. Bodies are stored decoded,
with headers that fit them, so that a replay serves what was read. One writer at a time: the caller holds a lock.
A record is durable once the writer is closed; what a crash left half-written is cut off when a writer next opens a file,
also when a new day has begun in between.
"""

import base64
import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from schemas import VERSION
from schemas.errors import StoreUnwritable
from schemas.records import Fetched

MAX_BYTES = 1_000_000_000
_PATTERN = "newsfold-*.warc.gz"
_MAGIC = b"\x1f\x8b\x08"
_STEP = 1024 * 1024
# True of the connection, not of the body that is stored.
_NOT_KEPT = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection", "keep-alive", "trailer"})
_MOVED = ".moved"  # beside a file that was rewritten, until the new places of its records are written down
_REQUESTED = "X-Newsfold-Requested-URI"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a record is: file name in the archive's folder, offset and length in bytes."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """The earlier record with the same payload: the address and the time under which it is stored."""

    url: str
    fetched_at: datetime


class ArchivedAnswer(NamedTuple):
    """A record read back. The body of a revisit record is empty: it is that of the record seen before."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ArchiveWriter:
    """Appends to the day's newest file. Use it in `with`; closing makes the records durable."""

    def __init__(self, folder: Path, now: datetime, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self._day, self._max_bytes = folder, now.astimezone(UTC).strftime("%Y%m%d"), max_bytes
        self._file: IO[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("*.tmp"):
            leftover.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, outcome: Fetched, seen: SeenBefore | None = None) -> Spot:
        """Append an answer; as a revisit record when its payload was `seen` before."""
        file = self._open()
        writer = WARCWriter(file, gzip=True)
        start = file.tell()
        try:
            writer.write_record(_revisit(writer, outcome, seen) if seen else _response(writer, outcome))
            file.flush()
        except OSError:
            # A full disk: half a record must not stand before the next one.
            self._file = None
            with suppress(OSError):
                file.close()
            os.truncate(file.name, start)
            raise
        return Spot(Path(file.name).name, start, file.tell() - start)

    def close(self) -> None:
        """Write everything to the disk and close the file."""
        file, self._file = self._file, None
        if file is not None:
            file.flush()
            os.fsync(file.fileno())
            file.close()
            _sync_folder(self._folder)

    def _open(self) -> IO[bytes]:
        if self._file is not None and self._file.tell() < self._max_bytes:
            return self._file
        self.close()
        files = sorted(self._folder.glob(_PATTERN))
        known = [path for path in files if path.name.startswith(f"newsfold-{self._day}-")]
        number = int(known[-1].name.split("-")[2].partition(".")[0]) if known else 0
        # The newest of all may be yesterday's, which a crash tore just before midnight.
        for path in {*known[-1:], *files[-1:]}:
            cut_torn_record(path)
        if known:
            number += known[-1].stat().st_size >= self._max_bytes
        path = self._folder / f"newsfold-{self._day}-{number:05d}.warc.gz"
        self._file = path.open("ab")
        if self._file.tell() == 0:
            writer = WARCWriter(self._file, gzip=True)
            info = {"software": f"newsfold/{VERSION}", "format": "WARC File Format 1.0"}
            writer.write_record(writer.create_warcinfo_record(path.name, info))
        return self._file


def append(folder: Path, outcomes: Sequence[Fetched], now: datetime) -> list[Spot]:
    """Append answers; where they are, in the given order. Durable on return."""
    return append_all(folder, [(outcome, None) for outcome in outcomes], now)


def append_all(folder: Path, answers: Iterable[tuple[Fetched, SeenBefore | None]], now: datetime) -> list[Spot]:
    """As `append`; answers whose payload was seen before become revisit records.

    Raises:
        StoreUnwritable: the folder can't be written or the disk is full; no half record stays.
    """
    try:
        with ArchiveWriter(folder, now) as writer:
            return [writer.add(outcome, seen) for outcome, seen in answers]
    except OSError as error:
        raise StoreUnwritable(
            f"newsfold can't write the archive in {folder}: {error.strerror or error}; the next run fetches these pages again"
        ) from None


def read_record(folder: Path, file: str, offset: int) -> ArchivedAnswer:
    """The record at an offset. Raises LookupError when there is none (a file removed by hand, a damaged disk)."""
    try:
        with (folder / Path(file).name).open("rb") as stream:
            stream.seek(offset)
            record = next(iter(ArchiveIterator(stream)), None)
            if record is None or record.rec_headers.get_header("WARC-Target-URI") is None:
                raise LookupError(f"{file} has no page at {offset}")
            headers = record.http_headers.headers if record.http_headers else ()
            body = record.content_stream().read() if record.rec_type == "response" else b""
            url = str(record.rec_headers.get_header("WARC-Target-URI"))
            return ArchivedAnswer(url, tuple((str(name).lower(), str(value)) for name, value in headers), body)
    except (OSError, ArchiveLoadFailed, zlib.error, EOFError) as error:
        raise LookupError(f"{file} can't be read at {offset}: {error}") from error


def forget(folder: Path, matches: Callable[[str], bool]) -> dict[tuple[str, int], int]:
    """Remove all records of the addresses that `matches`; (file, old offset) -> new offset of those that moved or stayed.

    Only files that hold such an address are rewritten and named in the result: to a temporary file that replaces the old
    one in one step. A mark stays beside each until `places_written` is called, so that a crash in between can be made
    good with `rewritten` and `places_in`. A record is removed for the address it was asked for as well as for the one
    where it was found.
    """
    moved: dict[tuple[str, int], int] = {}
    for path in sorted(folder.glob(_PATTERN)):
        cut_torn_record(path)
        places = list(_places(path, matches))
        if not any(gone for _, _, gone, _ in places):
            continue
        kept = [(offset, length) for offset, length, gone, _ in places if not gone]
        if not any(is_page for _, _, gone, is_page in places if not gone):
            path.unlink()
        else:
            path.with_suffix(_MOVED).touch()
            _sync_folder(folder)
            offsets = _copy(path, kept)
            moved.update({(path.name, offset): new for (offset, _), new in zip(kept, offsets, strict=True)})
        _sync_folder(folder)
    return moved


def rewritten(folder: Path) -> list[str]:
    """Names of the files that were rewritten, but where the new places of their records may not be known yet."""
    return sorted(mark.with_suffix(".gz").name for mark in folder.glob(f"*{_MOVED}"))


def places_written(folder: Path, files: Iterable[str]) -> None:
    """The new places of these files' records are known."""
    for name in files:
        (folder / Path(name).name).with_suffix(_MOVED).unlink(missing_ok=True)


def places_in(folder: Path, file: str) -> dict[tuple[str, str], int]:
    """(address, SHA-1 of the payload, hexadecimal) -> offset of the first response record in a file that holds it."""
    path = folder / Path(file).name
    found: dict[tuple[str, str], int] = {}
    if not path.is_file():
        return found
    with path.open("rb") as stream:
        records = ArchiveIterator(stream)
        for record in records:
            url, digest = (record.rec_headers.get_header(name) for name in ("WARC-Target-URI", "WARC-Payload-Digest"))
            if record.rec_type == "response" and url and digest:
                sha1 = base64.b32decode(str(digest).partition(":")[2]).hex()
                found.setdefault((str(url), sha1), records.get_record_offset())
    return found


def cut_torn_record(path: Path) -> int:
    """Cut off what a crash left of a half-written last record; the number of bytes removed.

    The last record is found from the end: the last place where a gzip member starts that unpacks to a WARC record. A
    whole gigabyte need not be read for it.
    """
    size = path.stat().st_size
    with path.open("r+b") as file:
        end = _sound_end(file, size)
        if end < size:
            file.truncate(end)
            file.flush()
            os.fsync(file.fileno())
    return size - end


def _sound_end(file: IO[bytes], size: int) -> int:
    """Where the last complete record ends."""
    for start in _members_from_end(file, size):
        try:
            first, end = _unpacked(file, start)
        except zlib.error:
            # By chance the bytes looked like a start, or the record is damaged: all ends before this one.
            continue
        if first == b"WARC/":
            return start if end is None else end
    return 0


def _unpacked(file: IO[bytes], start: int) -> tuple[bytes, int | None]:
    """The first five bytes in a gzip member, and where it ends; None where the file ends before."""
    file.seek(start)
    unpacker, first, position = zlib.decompressobj(31), b"", start
    while not unpacker.eof and (data := file.read(_STEP)):
        position += len(data)
        full = True
        while full and not unpacker.eof:
            piece = unpacker.decompress(data, _STEP)
            first = (first + piece[:5])[:5]
            data = unpacker.unconsumed_tail
            # A full piece may have more behind it although all input is taken.
            full = bool(data) or len(piece) == _STEP
    return first, position - len(unpacker.unused_data) if unpacker.eof else None


def _members_from_end(file: IO[bytes], size: int) -> Iterator[int]:
    """Offsets at which a gzip member may start, the last one first."""
    end = size
    while end > 0:
        start = max(0, end - _STEP)
        file.seek(start)
        # Overlapping by two bytes, so that a magic number across the border is seen.
        block = file.read(min(end + 2, size) - start)
        place = block.rfind(_MAGIC)
        while place >= 0:
            yield start + place
            place = block.rfind(_MAGIC, 0, place + 2)
        end = start


def _places(path: Path, matches: Callable[[str], bool]) -> Iterator[tuple[int, int, bool, bool]]:
    """Each record's (offset, length, whether it goes, whether it is a page's and not the file's own)."""
    with path.open("rb") as stream:
        records = ArchiveIterator(stream)
        for record in records:
            names = [record.rec_headers.get_header(name) for name in ("WARC-Target-URI", _REQUESTED)]
            urls = [str(name) for name in names if name]
            yield records.get_record_offset(), records.get_record_length(), any(map(matches, urls)), bool(urls)


def _copy(path: Path, kept: Sequence[tuple[int, int]]) -> list[int]:
    """Replace a file by one with only these (offset, length) pieces of it; their new offsets."""
    offsets: list[int] = []
    with path.open("rb") as old, _replacing(path) as new:
        for offset, length in kept:
            old.seek(offset)
            offsets.append(new.tell())
            new.write(old.read(length))
    return offsets


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _response(writer: WARCWriter, outcome: Fetched) -> Any:
    return writer.create_warc_record(
        outcome.final_url,
        "response",
        payload=io.BytesIO(outcome.body),
        http_headers=_http_headers(outcome),
        warc_headers_dict=_warc_headers(outcome),
    )


def _revisit(writer: WARCWriter, outcome: Fetched, seen: SeenBefore) -> Any:
    digest = writer._create_digester()
    digest.update(outcome.body)
    return writer.create_revisit_record(
        outcome.final_url,
        str(digest),
        seen.url,
        _warc_date(seen.fetched_at),
        http_headers=_http_headers(outcome),
        warc_headers_dict=_warc_headers(outcome),
    )


def _warc_headers(outcome: Fetched) -> dict[str, str]:
    headers = {"WARC-Date": _warc_date(outcome.fetched_at)}
    return headers if outcome.url == outcome.final_url else headers | {_REQUESTED: outcome.url}


def _warc_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _http_headers(outcome: Fetched) -> StatusAndHeaders:
    names = [(name if name not in _NOT_KEPT else f"x-archive-orig-{name}", value) for name, value in outcome.headers]
    names.append(("content-length", str(len(outcome.body))))
    phrase = HTTPStatus(outcome.status).phrase if outcome.status in HTTPStatus._value2member_map_ else "OK"
    return StatusAndHeaders(f"{outcome.status} {phrase}", names, protocol="HTTP/1.1")
