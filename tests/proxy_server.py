"""A small HTTP proxy on 127.0.0.1: CONNECT and absolute-form, every host led to one local port. It notes what it was told."""

import asyncio
from dataclasses import dataclass, field

from tests.wire_server import LoopThread


@dataclass
class ProxyServer(LoopThread):
    """`with ProxyServer(plain=port, encrypted=port) as proxy`. `heads`: the request heads as they came, in the clear."""

    plain: int = 0
    encrypted: int = 0
    refuse: bytes = b""
    heads: list[str] = field(default_factory=list)
    # everything that went through a tunnel towards the server, as it came
    tunnelled: bytearray = field(default_factory=bytearray)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Leads one connection on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        if self.refuse:
            writer.write(self.refuse)
            await writer.drain()
            return
        method, address, _ = head.split("\r\n")[0].split(" ")
        there, back = await asyncio.open_connection("127.0.0.1", self.encrypted if method == "CONNECT" else self.plain)
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
