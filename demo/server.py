"""A threading HTTP server on loopback for trees of responses, and the sample web in it.

Which site answers is told by the Host header, so one server plays all hosts. Clients find it
through the host map (`name=127.0.0.1:port, …`), or use it as an HTTP proxy.
"""

from __future__ import annotations

import argparse
import gzip
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from demo import past
from demo.response import Response, Site, html_error
from demo.web import FEEDS, printed, site


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the server saw it; header names are in lower case, `path` has the query."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    status: int = 0


Answer = Callable[[Request], Response | None]
"""What may stand in for a tree; None is a 404."""


class TreeServer:
    """Serves a tree, or whatever a function answers, until its `with` block ends."""

    def __init__(self, answer: Site | Answer, hosts: Iterable[str] = ()) -> None:
        self._answer: Answer = answer if callable(answer) else _from_tree(answer)
        self._hosts = set(hosts)
        if not callable(answer):
            self._hosts |= {host for host, _ in answer}
        self.requests: list[Request] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """Where it listens: `127.0.0.1:port`."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def host_map(self) -> str:
        """All its hosts, in the form of NEWSFOLD_HOST_MAP."""
        return ", ".join(f"{host}={self.address}" for host in sorted(self._hosts))

    def answer(self, request: Request) -> Response:
        """What a request gets, conditional requests seen to; the request is put on the log."""
        response = self._answer(request) or html_error(404)
        if response.status == 200 and _unchanged(request.headers, response.headers):
            kept = ("ETag", "Last-Modified", "Cache-Control")
            response = Response(304, {name: response.headers[name] for name in kept if name in response.headers})
        self.requests.append(replace(request, status=response.status))
        return response


class SampleWeb(TreeServer):
    """The sample web. `edition` may be set while it runs: the next request meets the new one."""

    def __init__(self, edition: int = 1) -> None:
        self._site = site(edition)
        self._edition = edition
        super().__init__(self._page, {host for host, _ in self._site})

    @property
    def edition(self) -> int:
        """The edition that is served."""
        return self._edition

    @edition.setter
    def edition(self, edition: int) -> None:
        self._site, self._edition = site(edition), edition

    def _page(self, request: Request) -> Response | None:
        found = self._site.get((request.host, request.path))
        return found or past.answer(request.host, request.path, printed(self._edition))


def serve(answer: Site | Answer, hosts: Iterable[str] = ()) -> TreeServer:
    """A server for a response tree of one's own, or for a function; name the function's hosts."""
    return TreeServer(answer, hosts)


def _from_tree(tree: Site) -> Answer:
    return lambda request: tree.get((request.host, request.path))


def _unchanged(asked: Mapping[str, str], has: Mapping[str, str]) -> bool:
    """Whether a conditional request is answered with 304. If-None-Match goes before the date."""
    tags = asked.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "ETag" in has and ("*" in known or has["ETag"].removeprefix("W/") in known)
    since, changed = _moment(asked.get("if-modified-since")), _moment(has.get("Last-Modified"))
    return since is not None and changed is not None and changed <= since


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


class _Server(ThreadingHTTPServer):
    """The sockets: knows its open connections, so that it can end at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, tree: TreeServer) -> None:
        self.tree = tree
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver what this machine is called."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close what clients keep alive."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SampleWeb"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self._reply(with_body=True)

    def do_HEAD(self) -> None:
        self._reply(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `requests` is the log."""

    def _reply(self, with_body: bool) -> None:
        request = self._request()
        response = self.server.tree.answer(request)
        headers, body = _packed(response, request.headers.get("accept-encoding", ""))
        self.send_response(response.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)
        if "Content-Length" in response.headers:
            self.close_connection = True

    def _request(self) -> Request:
        """The request line and headers; a proxy's request line names the host itself."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        parts = urlsplit(self.path) if self.path.startswith("http://") else None
        if parts is None:
            return Request(self.command, _hostname(headers.get("host", "")), self.path, headers)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Request(self.command, _hostname(parts.netloc), path, headers)


def _hostname(text: str) -> str:
    return text.rpartition("@")[2].partition(":")[0].lower()


def _packed(response: Response, accepted: str) -> tuple[dict[str, str], bytes]:
    """Headers and body as sent: compressed if the client accepts it and it is worth it.

    A Content-Length that the response brings itself is sent as it is, right or wrong.
    """
    headers, body = dict(response.headers), response.body
    if response.status in {204, 304}:
        return headers, b""
    is_text = headers.get("Content-Type", "").startswith(("text/", "application/")) and not body.startswith(b"%PDF")
    if is_text and "Content-Encoding" not in headers and len(body) > 256:
        headers["Vary"] = "Accept-Encoding"
        if _takes_gzip(accepted):
            body = gzip.compress(body, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
            if headers.get("ETag", "").startswith('"'):
                headers["ETag"] = f"W/{headers['ETag']}"
    headers.setdefault("Content-Length", str(len(body)))
    return headers, body


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def main(arguments: list[str] | None = None) -> None:
    """Serve an edition until Ctrl-C and say how to look at it."""
    parser = argparse.ArgumentParser(prog="python -m demo.server", description=main.__doc__)
    parser.add_argument("--edition", type=int, choices=(1, 2), default=1)
    with SampleWeb(parser.parse_args(arguments).edition) as web:
        print(f"The sample web, edition {web.edition}, on {web.address}. Ctrl-C ends it. To look at it:")
        print(f"  curl -x {web.address} http://www.harborlight.example/")
        print(f"  chromium --proxy-server={web.address} http://www.harborlight.example/")
        print("Feeds:", *FEEDS, sep="\n  ")
        print(f"NEWSFOLD_HOST_MAP='{web.host_map}'", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
