"""What a server of a response tree answers: the record and the tree's type."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. Headers are as written; the server adds Date, Content-Length and the like."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Site = Mapping[tuple[str, str], Response]
"""(host, path with query) -> what is answered there."""


def document(body: bytes, content_type: str, changed: datetime | None = None) -> Response:
    """A 200 with the validators that a conditional request is compared with."""
    headers = {"Content-Type": content_type, "ETag": f'"{zlib.crc32(body):08x}-{len(body):x}"'}
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed, usegmt=True)
        headers["Cache-Control"] = "max-age=0, must-revalidate"
    return Response(200, headers, body)


def plain(status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> Response:
    """A short answer without validators."""
    return Response(status, {"Content-Type": content_type}, text.encode())


def html_error(status: int) -> Response:
    """The page of a web server that has nothing to show."""
    phrase = HTTPStatus(status).phrase
    return plain(
        status,
        f"<!DOCTYPE html>\n<html><head><title>{status} {phrase}</title></head>\n"
        f"<body><center><h1>{status} {phrase}</h1></center><hr></body></html>\n",
        "text/html; charset=utf-8",
    )


def redirect(status: int, location: str) -> Response:
    """An answer that sends the client elsewhere."""
    return Response(
        status,
        {"Location": location, "Content-Type": "text/plain; charset=utf-8"},
        f"See {location}\n".encode(),
    )
