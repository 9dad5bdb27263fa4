"""Whose turn it is decides whose time counts: deadlines of uploads, of waiting for the upstream, and of tunnels."""

import asyncio
import base64
from pathlib import Path

from house import House, read_message, run

from yett.formats.websocket import accept_key

KEY = base64.b64encode(bytes(16))
HANDSHAKE = (
    b"GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: " + KEY + b"\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
    + accept_key(KEY)
    + b"\r\n\r\n"
)


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_after_a_streamed_body_the_upstream_has_its_whole_time(tmp_path: Path) -> None:
    clock, released = Clock(), asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        await released.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    async def talk() -> None:
        head = "bounds: {{body_timeout: 5}}\n"
        async with House(tmp_path, handler=late, head=head, upstream=", read_timeout: 40", monotonic=clock) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n", b"ab", gap=0.02)
            await client.send(b"cd", gap=0.02)
            await house.until(lambda: any(c.exchange and c.exchange.request_done for c in house.gateway.clients))
            for _ in range(6):
                clock.now += 5
                house.gateway.tick()
            released.set()
            assert (await client.response())[2] == b"late"

    run(talk())


def test_a_tunnel_lives_by_its_own_time_whichever_side_speaks(tmp_path: Path) -> None:
    clock = Clock()

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        writer.write(SWITCHED)
        while await reader.read(65_536):
            pass

    async def talk() -> None:
        head = "bounds: {{tunnel_idle_timeout: 100, idle_timeout: 10, body_timeout: 10}}\n"
        async with House(tmp_path, handler=listens, head=head, upstream=", read_timeout: 10", monotonic=clock) as house:
            client = await house.connect()
            await client.send(HANDSHAKE)
            assert (await client.response())[0] == 101
            (connection,) = house.gateway.clients
            exchange = connection.exchange
            assert exchange is not None
            for _ in range(5):
                clock.now += 90
                house.gateway.tick()
                await client.send(b"still here")
                size = exchange.request_size
                await house.until(lambda size=size: exchange.request_size > size)
                exchange.upstream_writable(False)  # neither side's pause shortens it
                exchange.upstream_writable(True)
                connection.pause_writing()
                connection.resume_writing()
            assert connection in house.gateway.clients
            clock.now += 101
            house.gateway.tick()
            assert await client.rest() == b""

    run(talk())


def test_what_a_client_said_before_it_left_reaches_the_other_end_of_the_tunnel(tmp_path: Path) -> None:
    heard = bytearray()
    ended = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        writer.write(SWITCHED)
        await asyncio.sleep(0.3)
        while piece := await reader.read(65_536):
            heard.extend(piece)
        ended.set()

    async def talk() -> None:
        async with House(tmp_path, handler=slow) as house:
            client = await house.connect()
            await client.send(HANDSHAKE)
            assert (await client.response())[0] == 101
            client.writer.write(bytes(3_000_000))
            await client.writer.drain()
            client.close()
            async with asyncio.timeout(5):
                await ended.wait()
            assert len(heard) == 3_000_000
            assert house.journal.events[-1].tag == "gateway:stream:ended"
            assert house.journal.events[-1].failure == ""

    run(talk())
