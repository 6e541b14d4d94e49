"""The bench's servers, each in a process of its own so that serving does not take the measured process's time.

`python -m tests.bench.serve articles 200` or `… unchanged 1000 50` (milliseconds to an answer): prints one line of JSON, serves
until stdin closes.
"""

import asyncio
import json
import sys
from typing import ClassVar, cast

from demo.server import serve
from tests.bench.site import article_site


def articles(count: int) -> None:
    """Article pages and their feeds."""
    answer, hosts, feeds = article_site(count)
    with serve(answer, hosts) as server:
        print(json.dumps({"host_map": server.host_map, "feeds": feeds}), flush=True)
        sys.stdin.read()


_FEED = b"<rss version='2.0'><channel><title>x</title><item><guid>1</guid><link>http://x.example/1</link></item></channel></rss>"
_HEAD = b'ETag: "1"\r\nContent-Type: application/rss+xml\r\n'
_FULL = b"HTTP/1.1 200 OK\r\n" + _HEAD + b"Content-Length: %d\r\n\r\n" % len(_FEED) + _FEED
_SAME = b"HTTP/1.1 304 Not Modified\r\n" + _HEAD + b"\r\n"


class _Unchanged(asyncio.Protocol):
    """A connection on which feeds are asked for. A bare protocol: streams would cost more than either client that is measured."""

    asked: ClassVar = [0, 0]  # unconditional and conditional requests
    seconds = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.head = b""

    def data_received(self, data: bytes) -> None:
        *heads, self.head = (self.head + data).split(b"\r\n\r\n")
        for head in heads:
            if head.startswith(b"GET /asked "):
                body = json.dumps(self.asked).encode()
                self.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                continue
            conditional = b"\r\nif-none-match:" in head.lower()
            self.asked[conditional] += 1
            answer = _SAME if conditional else _FULL
            if self.seconds:
                asyncio.get_running_loop().call_later(self.seconds, self.write, answer)
            else:
                self.write(answer)

    def write(self, answer: bytes) -> None:
        """Sends an answer, unless nobody waits for it any more."""
        if not self.transport.is_closing():
            cast(asyncio.Transport, self.transport).write(answer)


def unchanged(count: int, milliseconds: int) -> None:
    """Feeds that answer 304 to a conditional request, and a small feed to another one, after so many milliseconds."""
    _Unchanged.seconds = milliseconds / 1000

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Unchanged, "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        hosts = [f"feed{number}.example" for number in range(count)]
        host_map = ", ".join(f"{host}=127.0.0.1:{port}" for host in ["one.example", *hosts])
        print(json.dumps({"host_map": host_map, "feeds": [f"http://{host}/feed" for host in hosts], "port": port}), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)

    asyncio.run(run())


if __name__ == "__main__":
    if sys.argv[1] == "articles":
        articles(int(sys.argv[2]))
    else:
        unchanged(int(sys.argv[2]), int(sys.argv[3]))
