"""The bench's servers, each in a process of its own so that serving does not take the measured process's time.

`python -m tests.bench.serve articles 200` or `… unchanged 1000`: prints one line of JSON, serves until stdin closes.
"""

import asyncio
import json
import sys

from demo.server import serve
from tests.bench.site import article_site


def articles(count: int) -> None:
    """Article pages and their feeds."""
    answer, hosts, feeds = article_site(count)
    with serve(answer, hosts) as server:
        print(json.dumps({"host_map": server.host_map, "feeds": feeds}), flush=True)
        sys.stdin.read()


def unchanged(count: int) -> None:
    """Feeds that answer 304 to a conditional request, and a small feed to another one. Bare asyncio: as cheap as can be."""
    feed = (
        b"<rss version='2.0'><channel><title>x</title><item><guid>1</guid><link>http://x.example/1</link></item></channel></rss>"
    )
    full = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n' % len(feed) + feed
    asked = [0, 0]  # unconditional and conditional requests

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"GET /asked "):
                    body = json.dumps(asked).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                else:
                    conditional = b"if-none-match" in head.lower()
                    asked[conditional] += 1
                    writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n' if conditional else full)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(one, "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        hosts = [f"feed{number}.example" for number in range(count)]
        host_map = ", ".join(f"{host}=127.0.0.1:{port}" for host in hosts)
        feeds = [f"http://{host}/feed" for host in hosts]
        print(json.dumps({"host_map": host_map, "feeds": feeds, "port": port}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(run())


if __name__ == "__main__":
    {"articles": articles, "unchanged": unchanged}[sys.argv[1]](int(sys.argv[2]))
