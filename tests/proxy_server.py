"""A small HTTP proxy on 127.0.0.1: CONNECT and absolute-form, every host led to one local port. It notes what it was told."""

import asyncio
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass
class ProxyServer:
    """`with ProxyServer(plain=port, tls=port) as proxy`. `heads`: the request heads as they came, in the clear."""

    plain: int = 0
    tls: int = 0
    refuse: bytes = b""
    heads: list[str] = field(default_factory=list)
    # everything that went through a tunnel towards the server, as it came
    tunnelled: bytearray = field(default_factory=bytearray)
    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
        finally:
            self._loop.close()

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._lead(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        if self.refuse:
            writer.write(self.refuse)
            await writer.drain()
            return
        method, address, _ = head.split("\r\n")[0].split(" ")
        there, back = await asyncio.open_connection("127.0.0.1", self.tls if method == "CONNECT" else self.plain)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = "/" + address.split("//", 1)[1].partition("/")[2]
            lines = [line for line in head.split("\r\n")[1:] if line and not line.lower().startswith("proxy-")]
            back.write("\r\n".join([f"GET {path} HTTP/1.1", *lines, "Connection: close", "", ""]).encode("latin-1"))
        try:
            await asyncio.gather(self._copy(reader, back, note=method == "CONNECT"), self._copy(there, writer, note=False))
        finally:
            back.close()

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, note: bool) -> None:
        while data := await source.read(65536):
            if note:
                self.tunnelled += data
            sink.write(data)
            await sink.drain()
        sink.close()
