"""The admin server: /metrics, /healthz, /readyz and /status, for the machine's own operator. Small, strict, and read only.

It answers GET and HEAD, one request a connection, and never anything of a request's content. Bound to loopback it also
refuses foreign names in Host, so that a web page in a browser of this machine cannot read it (DNS rebinding). It must not know
how the numbers come about.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import msgspec

from yett.edge.gateway.exposition import CONTENT_TYPE
from yett.edge.gateway.listeners import open_sockets, printed

HEAD_SIZE = 8_192
"""Most bytes of a request's head."""

SECONDS = 5.0
"""For a request to come in, and for an answer to get out."""

CONNECTIONS = 64

_JSON = "application/json"
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 421: "Misdirected Request",
            503: "Service Unavailable"}  # fmt: skip


class WorkerStatus(msgspec.Struct, frozen=True):
    """One worker. pid: 0 where it is not running. failure: what went wrong last. loaded_in: seconds that building took;
    longest_slice: seconds of its longest piece without a pause."""

    number: int
    pid: int
    snapshot: str
    restarts: int
    failure: str
    loaded_in: float
    longest_slice: float


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the whole. reasons: why it is not ready; empty where it is. times: seconds since the Unix epoch."""

    version: str
    started: float
    snapshot: str
    reasons: list[str]
    listen: list[str]
    workers: list[WorkerStatus]
    reloads: dict[str, int | float | str]
    gaps: int
    requests: int
    log_dropped: int

    @property
    def ready(self) -> bool:
        return not self.reasons


class Admin:
    """The server. status, metrics: asked for each request that needs them."""

    def __init__(self, status: Callable[[], Status], metrics: Callable[[], Awaitable[str]]) -> None:
        self._status = status
        self._metrics = metrics
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._loopback = True
        self.bound = ""

    async def open(self, address: str) -> None:
        """Listen on "127.0.0.1:8081". Raises `yett.edge.gateway.listeners.ListenError`."""
        listening = open_sockets(address, 1, backlog=CONNECTIONS)[0]
        self.bound = printed(listening)
        self._loopback = ip_address(listening.getsockname()[0]).is_loopback
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=HEAD_SIZE)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= CONNECTIONS:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            async with asyncio.timeout(SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(head))
                await writer.drain()
                writer.write_eof()
                await reader.read(1)  # until the client has closed, so that the answer is not lost in a reset
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # a client that went away, is too slow, or sent too much: nobody is left to be told
        finally:
            self._open.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _answer(self, head: bytes) -> bytes:
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        hosts = [line.partition(":")[2].strip() for line in lines[1:] if line.lower().startswith("host:")]
        if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0") or len(hosts) != 1:
            return _response(400, "a malformed request\n")
        if self._loopback and not _own_name(hosts[0]):
            return _response(421, "this address is for this machine only\n")
        method, path = parts[0], parts[1].partition("?")[0]
        if method not in ("GET", "HEAD"):
            return _response(405, "only GET and HEAD\n", fields="Allow: GET, HEAD\r\n")
        status, body, kind = await self._page(path)
        return _response(status, body, kind, bodiless=method == "HEAD")

    async def _page(self, path: str) -> tuple[int, str, str]:
        text = "text/plain; charset=utf-8"
        match path:
            case "/metrics":
                return 200, await self._metrics(), CONTENT_TYPE
            case "/healthz":
                return 200, "alive\n", text
            case "/readyz":
                status = self._status()
                return (200, "ready\n", text) if status.ready else (503, "\n".join(status.reasons) + "\n", text)
            case "/status":
                shown = self._status()
                return 200, msgspec.json.encode({"ready": shown.ready, **msgspec.structs.asdict(shown)}).decode() + "\n", _JSON
            case _:
                return 404, "/metrics, /healthz, /readyz or /status\n", text


def _own_name(host: str) -> bool:
    """Whether a Host field names this machine by address, or as localhost."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in name else socket.AF_INET, name)
    except OSError:
        return False
    return True


def _response(
    status: int, body: str, kind: str = "text/plain; charset=utf-8", fields: str = "", *, bodiless: bool = False
) -> bytes:
    content = body.encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{fields}Connection: close\r\n\r\n"
    )
    return head.encode() + (b"" if bodiless else content)
