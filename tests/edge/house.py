"""A real gateway on loopback in the test's own event loop, with a scripted upstream behind it and raw sockets before it."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from yett.edge.gateway.gateway import Gateway
from yett.edge.gateway.metrics import Metrics
from yett.edge.gateway.tls import upstream_context
from yett.engine.compile import compile_policy
from yett.model.decision import Pause
from yett.model.event import Event
from yett.model.policy import Listen, UpstreamTLS
from yett.model.ports import Ports
from yett.store.bundle import load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE = 5.0

PLAIN = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]{upstream}}}
    attacks: false
"""


class MemoryJournal:
    """A journal that keeps its events in a list; durable ones are confirmed by the test."""

    def __init__(self, durable: bool = False) -> None:
        self.durable = durable
        self.events: list[Event] = []
        self.waiting: list[Callable[[bool], None]] = []

    def append(self, event: Event) -> int:
        self.events.append(event)
        return len(self.events)

    def on_durable(self, sequence: int, callback: Callable[[bool], None]) -> None:
        self.waiting.append(callback)


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head (without its empty line) and body of one request or response with Content-Length or chunked framing."""
    head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return head, body
    for line in lower.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head, await reader.readexactly(int(line.partition(b":")[2]))
    return head, b""


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request with what was received, as JSON."""
    while True:
        try:
            head, body = await read_message(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        answer = json.dumps({"head": head.decode("latin-1"), "body": body.decode("latin-1")}).encode()
        if head.startswith(b"HEAD "):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
        else:
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
            )


def says(*answers: bytes, close: bool = False) -> Handler:
    """An upstream that reads a request and sends these bytes, piece by piece, for each request on a connection."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                await read_message(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            for piece in answers:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.005)
            if close:
                writer.close()
                return

    return handler


class Client:
    """A raw connection to the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes, gap: float = 0.0) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if gap or len(pieces) > 1:
                await asyncio.sleep(gap)

    async def response(self) -> tuple[int, bytes, bytes]:
        """Status, head and body of the next response."""
        async with asyncio.timeout(PATIENCE):
            head, body = await read_message(self.reader)
        return int(head.split(b" ")[1]), head, body

    async def rest(self) -> bytes:
        """Everything until the gateway closes."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                return await self.reader.read()
        return b""

    def close(self) -> None:
        self.writer.close()


class House:
    """`async with House(tmp_path) as house: ...`; `policy` is YAML with {port} (and {upstream} in PLAIN) to fill in."""

    def __init__(
        self,
        directory: Path,
        policy: str = PLAIN,
        handler: Handler = echo,
        *,
        upstream: str = "",
        head: str = "",
        durable: bool = False,
        keys: str = "",
        fulfil: Callable[[Any], Awaitable[Any]] | None = None,
        fill: dict[str, Any] | None = None,
        others: dict[str, Handler] | None = None,
        **clock: Callable[[], float],
    ) -> None:
        self.directory = directory
        self.policy = "version: 1\n" + head + policy
        self.handler = handler
        self.upstream = upstream
        self.keys = keys
        self.journal = MemoryJournal(durable)
        self.accepted = 0
        self.fill = fill or {}
        self.others = others or {}  # more upstreams, by the name of their port in the policy
        self.servers: list[asyncio.Server] = []
        self.clock = clock
        self.fulfil = fulfil
        self.opened: list[Client] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def snapshot(self, **fill: Any) -> Any:
        path = self.directory / "yett.yaml"
        path.write_text(self.policy.format(port=self.upstream_port, upstream=self.upstream, **{**self.fill, **fill}))
        bundle = load_bundle(path)
        return compile_policy(bundle, Ports(counters=LocalCounters(), keys=KeyRing(bundle.keys), files=bundle.files))

    def _tls(self, settings: UpstreamTLS) -> ssl.SSLContext:
        return upstream_context(settings, lambda name: (self.directory / name).read_bytes())

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        await self._run(self.handler, reader, writer)

    async def _run(self, handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            with suppress(ConnectionError):
                await handler(reader, writer)
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()

    async def __aenter__(self) -> "House":
        try:
            await self._open()
        except BaseException:
            # uvloop never ends where a loop with an open server is closed.
            for server in (self.upstream_server, *self.servers):
                server.close()
            raise
        return self

    async def _open(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.upstream_server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=1 << 20)
        self.upstream_port = self.upstream_server.sockets[0].getsockname()[1]
        for name, handler in self.others.items():
            server = await asyncio.start_server(partial(self._run, handler), "127.0.0.1", 0)
            self.servers.append(server)
            self.fill[name] = server.sockets[0].getsockname()[1]
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.failures.append(context))

        async def unanswered(need: Any) -> Any:
            if isinstance(need, Pause):
                return need.work is None or need.work() or True
            raise TimeoutError("nobody fulfils needs here")

        self.metrics = Metrics()
        self.gateway = Gateway(
            self.snapshot(),
            self.journal,
            fulfil=self.fulfil or unanswered,
            metrics=self.metrics,
            loop=self.loop,
            upstream_tls=self._tls,
            **self.clock,
        )
        listen = Listen(address="127.0.0.1:0")
        self.server = await self.loop.create_server(self.gateway.listener(listen), "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def __aexit__(self, *failure: object) -> None:
        for client in self.opened:
            client.close()
        self.server.close()
        await self.gateway.drain(0.2)
        for server in (self.upstream_server, *self.servers):
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)
        if failure[0] is None:
            assert not self.failures, self.failures

    async def connect(self, tls: ssl.SSLContext | None = None) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, limit=1 << 24))
        self.opened.append(client)
        return client

    async def ask(self, *pieces: bytes, gap: float = 0.0) -> tuple[int, bytes, bytes]:
        """One request on a connection of its own."""
        client = await self.connect()
        await client.send(*pieces, gap=gap)
        answer = await client.response()
        client.close()
        return answer

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.002)


def run(coroutine: Awaitable[None]) -> None:
    """Run one conversation on the loop that the product runs on."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await coroutine

    uvloop.run(bounded())
