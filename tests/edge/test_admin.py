"""The admin server over raw sockets: what it answers, and what it refuses."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from yett.edge import admin as module
from yett.edge.admin import Admin, Status, WorkerStatus
from yett.edge.gateway.listeners import ListenError
from yett.edge.gateway.systemd import notify

STATUS = Status(
    version="1",
    started=1.0,
    snapshot="abc",
    reasons=[],
    listen=["127.0.0.1:8080"],
    workers=[WorkerStatus(1, 7, "abc", 0, "", 0.1, 0.001)],
    reloads={"accepted": 0, "refused": 0, "error": "", "at": 0.0},
    gaps=3,
    requests=5,
    log_dropped=0,
)


async def metrics() -> str:
    return "yett_workers 1\n"


def with_admin(
    use: Callable[[Admin, Callable[[bytes], Awaitable[bytes]]], Awaitable[None]], *reasons: str, at: str = "127.0.0.1:0"
) -> None:
    async def main() -> None:
        admin = Admin(lambda: msgspec.structs.replace(STATUS, reasons=list(reasons)), metrics)
        await admin.open(at)
        host, _, port = admin.bound.rpartition(":")

        async def say(request: bytes) -> bytes:
            reader, writer = await asyncio.open_connection(host.strip("[]").replace("0.0.0.0", "127.0.0.1"), int(port))
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer

        try:
            await use(admin, say)
        finally:
            await admin.close()

    asyncio.run(main())


def get(path: str, host: str = "localhost:8081") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def test_pages() -> None:
    async def use(_: Admin, say: Callable[[bytes], Awaitable[bytes]]) -> None:
        assert (await say(get("/healthz"))).endswith(b"\r\n\r\nalive\n")
        assert (await say(get("/readyz?verbose"))).startswith(b"HTTP/1.1 200 OK\r\n")
        answer = await say(get("/metrics"))
        assert b"Content-Type: text/plain; version=0.0.4" in answer
        assert answer.endswith(b"\r\n\r\nyett_workers 1\n")
        status = json.loads((await say(get("/status"))).partition(b"\r\n\r\n")[2])
        assert status["ready"] is True
        assert status["workers"][0]["pid"] == 7
        assert status["gaps"] == 3
        head = await say(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Content-Length: 6\r\n" in head
        assert head.endswith(b"\r\n\r\n")

    with_admin(use)


def test_not_ready_says_why() -> None:
    async def use(_: Admin, say: Callable[[bytes], Awaitable[bytes]]) -> None:
        answer = await say(get("/readyz"))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert answer.endswith(b"\r\n\r\nworker 1 is starting\ndraining\n")
        assert (await say(get("/healthz"))).startswith(b"HTTP/1.1 200 ")

    with_admin(use, "worker 1 is starting", "draining")


@pytest.mark.parametrize(
    "request_, status",
    [
        (get("/"), 404),
        (get("/metrics/"), 404),
        (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /metrics\r\nHost: localhost\r\n\r\n", 400),
        (b"GET  /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /metrics HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
        (get("/metrics", "evil.example"), 421),
        (get("/metrics", "evil.example:8081"), 421),
        (get("/metrics", ""), 421),
        (get("/metrics", "127.0.0.1.evil.example"), 421),
        (get("/metrics", "[::1]:8081"), 200),
        (get("/metrics", "127.0.0.1"), 200),
        (get("/metrics", "LOCALHOST"), 200),
        (b"\xff\xfe \r\n\r\n", 400),
    ],
)
def test_everything_else_is_refused(request_: bytes, status: int) -> None:
    async def use(_: Admin, say: Callable[[bytes], Awaitable[bytes]]) -> None:
        answer = await say(request_)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\nConnection: close\r\n" in answer

    with_admin(use)


def test_any_name_will_do_where_it_is_not_on_loopback() -> None:
    async def use(_: Admin, say: Callable[[bytes], Awaitable[bytes]]) -> None:
        assert (await say(get("/healthz", "metrics.example"))).startswith(b"HTTP/1.1 200 ")

    with_admin(use, at="0.0.0.0:0")


def test_slow_large_and_half_requests_get_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)

    async def use(_: Admin, say: Callable[[bytes], Awaitable[bytes]]) -> None:
        assert await say(b"GET / HTTP/1.1\r\n") == b""
        assert await _refused(say, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)

    with_admin(use)


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 2)

    async def use(admin: Admin, say: Callable[[bytes], Awaitable[bytes]]) -> None:
        host, _, port = admin.bound.rpartition(":")
        held = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert await _refused(say)
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.05)
        assert (await say(get("/healthz"))).startswith(b"HTTP/1.1 200 ")

    with_admin(use)


async def _refused(say: Callable[[bytes], Awaitable[bytes]], request: bytes = b"GET /healthz HTTP/1.1\r\n\r\n") -> bool:
    """Closed without an answer, in order or with a reset."""
    try:
        return await say(request) == b""
    except ConnectionError:
        return True


def test_a_port_in_use_is_refused() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(ListenError, match="already in use"):
            await Admin(lambda: STATUS, metrics).open(f"127.0.0.1:{other.getsockname()[1]}")

    asyncio.run(main())


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(tmp_path / "notify"))
        opened.settimeout(5)
        yield opened


def test_systemd_is_told_where_it_listens(manager: socket.socket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    notify("READY=1")
    assert manager.recv(1_000) == b"READY=1"
    notify("RELOADING=1")
    assert manager.recv(1_000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(1_000)
