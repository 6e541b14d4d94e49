"""Other people's web archive files: WARC as it is or in gzip, and WACZ (a zip with WARC files in `archive/`). Read only.

A place is `path#offset`, or `path!member#offset` for a WARC file in a WACZ.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from schemas.backfill import RecordHead
from tasks.decompress import BadCodingError, TooLargeError, gunzip_file

MAX_BODY = 20 * 1024 * 1024
PART = 500  # records looked at in one go
_WARC = (".warc", ".warc.gz")
_HTML = ("text/html", "application/xhtml+xml")
# What a damaged or foreign file makes warcio, gzip and zipfile raise.
DAMAGED = (
    ArchiveLoadFailed,
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TooLargeError,
    BadCodingError,
)


@dataclass(frozen=True, slots=True)
class Part:
    """The HTML answers of a part of a file, and where the next part begins; `trouble`: what ended the reading early."""

    heads: tuple[RecordHead, ...]
    next_offset: int | None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as it was captured: body decompressed, header names in lower case."""

    url: str
    captured_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def places(path: Path) -> list[str]:
    """The WARC files that a path leads to: itself, those in a folder, those in a WACZ. Damaged WACZ files hold none."""
    if path.is_dir():
        return [place for child in sorted(path.iterdir()) if child.is_file() for place in places(child)]
    if path.name.lower().endswith(".wacz"):
        try:
            with zipfile.ZipFile(path) as package:
                names = sorted(name for name in package.namelist() if name.startswith("archive/"))
        except DAMAGED:
            return []
        return [f"{path}!{name}" for name in names if name.lower().endswith(_WARC)]
    return [str(path)] if path.name.lower().endswith(_WARC) else []


def part(place: str, offset: int, size: int = PART) -> Part:
    """The HTML answers with status 200 among the next `size` records from `offset` on."""
    heads: list[RecordHead] = []
    try:
        with _stream(place, offset) as stream:
            records = ArchiveIterator(stream)
            for count, record in enumerate(records):
                start = records.get_record_offset()  # from the file's beginning
                if count == size:
                    return Part(tuple(heads), start)
                if head := _head(record, f"{place}#{start}"):
                    heads.append(head)
    except DAMAGED as error:
        return Part(tuple(heads), None, f"the file can't be read to its end: {str(error)[:200] or type(error).__name__}")
    return Part(tuple(heads), None)


def capture(place: str) -> Capture | None:
    """The page at a place; None when there is none any more, or it can't be read."""
    name, _, offset = place.rpartition("#")
    try:
        with _stream(name, int(offset)) as stream:
            record = next(iter(ArchiveIterator(stream)), None)
            if record is None or record.rec_type != "response" or record.http_headers is None:
                return None
            body = record.content_stream().read(MAX_BODY + 1)
            if len(body) > MAX_BODY:
                return None
            # Some crawlers store bodies twice compressed, or name no encoding.
            body = gunzip_file(body, MAX_BODY)
            headers = tuple((str(key).lower(), str(value)) for key, value in record.http_headers.headers)
            url, at = _url(record), _date(record)
            return Capture(url, at, int(record.http_headers.get_statuscode()), headers, body) if at and url else None
    except DAMAGED:
        return None


@contextmanager
def _stream(place: str, offset: int) -> Iterator[IO[bytes]]:
    path, _, member = place.partition("!") if ".wacz!" in place.lower() else (place, "", "")
    if not member:
        with Path(path).open("rb") as file:
            file.seek(offset)
            yield file
        return
    with zipfile.ZipFile(path) as package, package.open(member) as file:
        file.seek(offset)
        yield file


def _head(record: Any, place: str) -> RecordHead | None:
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != "200":
        return None
    kind = (record.http_headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    url, at = _url(record), _date(record)
    return RecordHead(url, at, place) if kind in _HTML and url.startswith(("http://", "https://")) and at else None


def _url(record: Any) -> str:
    # wget writes the address in angle brackets.
    return str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")


def _date(record: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(record.rec_headers.get_header("WARC-Date")).replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        return None
