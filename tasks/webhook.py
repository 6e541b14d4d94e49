"""One POST to a person's webhook. The address is judged as a publisher's would be: it must lead to the public net, unless
the settings name it (`watch_hosts`). What the name leads to is looked up once, judged, and connected to: no second look-up."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tasks.address_guard import address_problem, literal_address, name_problem
from tasks.urls import ascii_host, is_http_url

SECONDS = 10.0  # to connect; then for all the rest, up to the answer's last header


def allowed_hosts(text: str) -> frozenset[str]:
    """The `host:port` of the setting `watch_hosts`."""
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


def problem(url: str, allowed: frozenset[str]) -> str | None:
    """Why an address can be no webhook, in words; None when it can. Pure: names are not looked up."""
    if not is_http_url(url):
        return "is no http(s) address"
    parts = urlsplit(url)
    host = ascii_host(parts.hostname or "")
    if host is None or "@" in parts.netloc:
        return "has no host name that can be looked up, or holds a password"
    if f"{host}:{_port(url)}" in allowed:
        return None
    literal = literal_address(host)
    found = address_problem(literal) if literal is not None else name_problem(host)
    return f"leads to {found}; NEWSFOLD_WATCH_HOSTS={host}:{_port(url)} allows it" if found else None


def post(url: str, body: bytes, key: str, user_agent: str, allowed: frozenset[str]) -> str | None:
    """Sends JSON; None when the receiver took it (2xx), else why not, in words. Redirects are not followed."""
    if wrong := problem(url, allowed):
        return wrong
    parts = urlsplit(url)
    host, port = ascii_host(parts.hostname or "") or "", _port(url)
    late = threading.Event()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        address = ipaddress.ip_address(str(found[0][4][0]).partition("%")[0])
        if f"{host}:{port}" not in allowed and (inside := address_problem(address)):
            return f"its name leads to {inside}"
        with _connected(parts.scheme, host, port, str(address), late) as connection:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Content-Type": "application/json", "User-Agent": user_agent, "Idempotency-Key": key}
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status  # what it says beside that, nobody reads
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"no answer within {SECONDS:g} s" if late.is_set() else f"{type(error).__name__}: {error}"[:200]
    if late.is_set():  # half of the headers look like all of them
        return f"no answer within {SECONDS:g} s"
    return None if 200 <= status < 300 else f"the receiver answered {status}"


@contextmanager
def _connected(scheme: str, host: str, port: int, address: str, late: threading.Event) -> Iterator[http.client.HTTPConnection]:
    """A connection to that very address, under the name that the certificate and the Host header want.

    It is cut after `SECONDS` and `late` set, whatever a receiver does that answers byte by byte.
    """
    made = http.client.HTTPConnection(host, port, timeout=SECONDS)
    line = socket.create_connection((address, port), SECONDS)
    if scheme == "https":
        line = ssl.create_default_context().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    made.sock = line

    def cut() -> None:
        late.set()
        with suppress(OSError):  # it ended by itself just now
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # not TLS's own, which waits for the other side

    timer = threading.Timer(SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        yield made
    finally:
        timer.cancel()
        made.close()
        line.close()


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme.lower() == "https" else 80)
