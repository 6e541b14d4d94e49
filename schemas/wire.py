"""How newsfold gets out: a proxy, and headers of one's own for some addresses. Both hold secrets: no repr shows them."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HEADER_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
# These are the connection's or newsfold's own affair.
_OURS = re.compile(
    r"^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|range|keep-alive|accept-encoding|if-.*|proxy-.*)$"
)
_EXAMPLE = '{"https://news.example/members": {"Authorization": "Bearer …"}}'


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy: `http://user:password@host:port`."""

    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OwnHeaders:
    """Headers for requests to `origin` ("https://news.example") at `prefix` or below it ("" or "/": everywhere there)."""

    origin: str
    prefix: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)


def read_proxy(text: str) -> Proxy | None:
    """The proxy that a setting names, None when it is empty. Raises ValueError with a sentence that tells no secret."""
    if not text.strip():
        return None
    wrong = ValueError("the proxy is not an address such as http://proxy.example:3128 or http://user:password@proxy.example:3128")
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "http" or not host or not port or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise wrong
    if not host.isascii() or any(ord(char) <= 32 for char in text.strip()):
        raise wrong
    user, password = parts.username, parts.password
    return Proxy(host, port, unquote(user) if user else None, unquote(password or "") if user else None)


def read_feed_headers(text: str) -> tuple[OwnHeaders, ...]:
    """The headers that a setting gives for addresses. Raises ValueError with a sentence that tells no secret."""
    if not text.strip():
        return ()
    try:
        given = json.loads(text)
    except ValueError:
        raise ValueError(f"the feed headers are no JSON such as {_EXAMPLE}") from None
    if not isinstance(given, dict):
        raise ValueError(f"the feed headers are no JSON object such as {_EXAMPLE}")
    return tuple(_own_headers(number, url, headers) for number, (url, headers) in enumerate(given.items(), 1))


def _own_headers(number: int, url: str, headers: Any) -> OwnHeaders:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host.isascii() or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"address {number} of the feed headers is not like https://news.example or https://news.example/members")
    if not isinstance(headers, dict) or not headers:
        raise ValueError(f"the feed headers of {host} are not an object of names and values such as {_EXAMPLE}")
    for name, value in headers.items():
        if not _HEADER_NAME.match(name) or _OURS.match(name.lower()):
            shown = f"“{name}”" if _HEADER_NAME.match(name) else "a header"
            raise ValueError(f"the feed headers of {host} give {shown}, which can't be set")
        if not isinstance(value, str) or not value.strip() or not _sendable(value):
            raise ValueError(f"the feed headers of {host} give “{name}” a value that can't be sent")
    name = f"[{host}]" if ":" in host else host
    netloc = name if port in (None, _DEFAULT_PORTS[scheme]) else f"{name}:{port}"
    return OwnHeaders(f"{scheme}://{netloc}", parts.path, tuple((name, value.strip()) for name, value in headers.items()))


def _sendable(value: str) -> bool:
    return value.isprintable() and all(ord(char) < 256 for char in value)
