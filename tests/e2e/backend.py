"""The server behind the gateway in end-to-end tests: a process of its own, well-behaved and ill-behaved by path.

It must not know the gateway. What it does is said by the target:
/echo tells what it received; /bytes/N and /chunked/N send N zero bytes; /sink counts a body; /slow/S answers after S seconds;
/drip/N/S sends N bytes, one every S seconds; /events/N sends N server-sent events; /early answers before the body; /status/N;
/cut, /more and /mute lie: less than was promised, more than was promised, nothing at all; /who names connection and request.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from itertools import count

import uvloop

PIECE = bytes(256 << 10)
_connections = count(1)


class Question:
    """One request, its body not yet read."""

    def __init__(self, head: bytes, reader: asyncio.StreamReader) -> None:
        first, *rows = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = first.split(" ")
        self.fields = [tuple(row.split(": ", 1)) for row in rows if row]
        self.map = {name.lower(): value for name, value in self.fields}
        self.parts = self.target.partition("?")[0].split("/")[1:]
        self._reader = reader

    async def body(self) -> AsyncIterator[bytes]:
        reader = self._reader
        if "chunked" in self.map.get("transfer-encoding", ""):
            while size := int(await reader.readuntil(b"\r\n"), 16):
                while size:
                    piece = await reader.read(min(size, len(PIECE)))
                    if not piece:
                        raise ConnectionResetError
                    size -= len(piece)
                    yield piece
                await reader.readexactly(2)
            await reader.readuntil(b"\r\n")
        left = int(self.map.get("content-length", 0))
        while left:
            piece = await reader.read(min(left, len(PIECE)))
            if not piece:
                raise ConnectionResetError
            left -= len(piece)
            yield piece


class Answerer:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.number = next(_connections)
        self.requests = 0

    def say(self, body: bytes, status: int = 200, kind: str = "text/plain", more: str = "", head_only: bool = False) -> None:
        lines = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        self.writer.write(lines.encode() + (b"" if head_only else body))

    async def zeros(self, size: int, chunked: bool) -> None:
        while size:
            piece = PIECE[:size]
            size -= len(piece)
            self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await self.writer.drain()
        if chunked:
            self.writer.write(b"0\r\n\r\n")

    async def answer(self, question: Question) -> None:
        self.requests += 1
        answer = getattr(self, "do_" + question.parts[0], None)
        if answer is None:
            answer = self.do_echo
        await answer(question, *question.parts[1:])
        await self.writer.drain()

    async def do_echo(self, question: Question, *_: str) -> None:
        digest, size = hashlib.sha256(), 0
        async for piece in question.body():
            digest.update(piece)
            size += len(piece)
        said = {"method": question.method, "target": question.target, "fields": question.fields, "size": size}
        body = json.dumps(said | {"sha256": digest.hexdigest()}).encode()
        self.say(body, kind="application/json", head_only=question.method == "HEAD")

    async def do_sink(self, question: Question, *_: str) -> None:
        size = 0
        async for piece in question.body():
            size += len(piece)
        self.say(str(size).encode())

    async def do_who(self, question: Question, *_: str) -> None:
        self.say(f"{self.number} {self.requests}".encode())

    async def do_status(self, question: Question, status: str, *_: str) -> None:
        async for _piece in question.body():
            pass
        self.say(b"said", int(status))

    async def do_bytes(self, question: Question, size: str) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % int(size))
        await self.zeros(int(size), False)

    async def do_chunked(self, question: Question, size: str) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await self.zeros(int(size), True)

    async def do_slow(self, question: Question, seconds: str) -> None:
        async for _piece in question.body():
            pass
        await asyncio.sleep(float(seconds))
        self.say(b"slow")

    async def do_drip(self, question: Question, size: str, seconds: str) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % int(size))
        for _ in range(int(size)):
            await asyncio.sleep(float(seconds))
            self.writer.write(b"d")

    async def do_events(self, question: Question, number: str) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(int(number)):
            event = b"data: %d\n\n" % i
            self.writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await asyncio.sleep(0.02)
        self.writer.write(b"0\r\n\r\n")

    async def do_early(self, question: Question) -> None:
        self.say(b"enough", 413, more="Connection: close\r\n")
        await self.writer.drain()
        self.writer.close()

    async def do_cut(self, question: Question) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await self.writer.drain()
        self.writer.close()

    async def do_more(self, question: Question) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsaidHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")

    async def do_mute(self, question: Question) -> None:
        await asyncio.sleep(3_600)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answerer = Answerer(writer)
    try:
        while not writer.is_closing():
            head = await reader.readuntil(b"\r\n\r\n")
            await answerer.answer(Question(head[:-4], reader))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=1 << 20)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
