"""Callers that read slowly, or not at all: they cost a bounded amount of memory, and get their answers whole."""

import asyncio
import socket
from pathlib import Path

from house import PLAIN, House, read_message, run

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
REFUSED = PLAIN + '    operations: {{"GET /orders": {{}}}}\n'  # what is declared nowhere is answered without an upstream
CONTRACT = """
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /:
    get:
      responses:
        "200": {description: d, content: {application/json: {schema: {type: string}}}}
"""
CHECKED = PLAIN + "    contract: {{file: openapi.yaml, responses: enforce}}\n"
MEBIBYTE = 1 << 20


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def narrow(house: House) -> socket.socket:
    """A connection whose buffers hold little."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.setblocking(False)
    await house.loop.sock_connect(opened, ("127.0.0.1", house.port))
    await house.until(lambda: house.gateway.clients)
    return opened


def unread(house: House) -> int:
    """Bytes that wait in the gateway for its one client."""
    (client,) = house.gateway.clients
    return client.transport.get_write_buffer_size() + len(client._buffer)


async def flood(house: House, request: bytes, mebibytes: int) -> None:
    """Pipeline requests without reading an answer, until so much is sent or the gateway takes nothing more for a while."""
    sending = await narrow(house)
    try:
        block = request * (65_536 // len(request))
        for _ in range(mebibytes * 16):
            async with asyncio.timeout(0.5):
                await house.loop.sock_sendall(sending, block)
            assert unread(house) < 2 * MEBIBYTE
    except TimeoutError:
        assert unread(house) < 2 * MEBIBYTE
    finally:
        sending.close()


def test_who_pipelines_and_never_reads_is_not_answered_without_end(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000)

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                await read_message(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            writer.write(answer)
            await writer.drain()

    async def talk() -> None:
        async with House(tmp_path, handler=large) as house:
            await flood(house, GET, 8)

    run(talk())


def test_refusals_that_nobody_reads_are_not_piled_up_either(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, policy=REFUSED) as house:
            await flood(house, GET, 16)

    run(talk())


def test_who_reads_late_gets_every_answer_in_order(tmp_path: Path) -> None:
    count = 4_000

    async def talk() -> None:
        async with House(tmp_path, policy=REFUSED) as house:
            client = await house.connect()
            client.writer.write(GET * count)
            await asyncio.sleep(0.1)
            for _ in range(count):
                assert (await client.response())[0] == 404
            client.close()

    run(talk())


def test_a_large_last_answer_is_not_cut_off_while_it_is_read(tmp_path: Path) -> None:
    """The connection ends with it, and the buffers hold most of it: whoever goes on reading gets the rest."""
    clock = Clock()
    body = b'"' + b"a" * (6 * MEBIBYTE) + b'"'

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()

    async def talk() -> None:
        (tmp_path / "openapi.yaml").write_text(CONTRACT)
        async with House(tmp_path, policy=CHECKED, handler=large, monotonic=clock) as house:
            reading = await narrow(house)
            await house.loop.sock_sendall(reading, LAST)
            await house.until(lambda: unread(house) > MEBIBYTE)
            size = 0
            while piece := await house.loop.sock_recv(reading, MEBIBYTE):
                size += len(piece)
                if size // MEBIBYTE != (size - len(piece)) // MEBIBYTE:
                    clock.now += 3.0
                    house.gateway.tick()
            assert size > len(body)
            reading.close()

    run(talk())


def test_who_stops_reading_a_large_answer_is_left(tmp_path: Path) -> None:
    clock = Clock()
    body = b'"' + b"a" * (6 * MEBIBYTE) + b'"'

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_message(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()

    async def talk() -> None:
        (tmp_path / "openapi.yaml").write_text(CONTRACT)
        for request in (GET, LAST):
            async with House(tmp_path, policy=CHECKED, handler=large, monotonic=clock) as house:
                reading = await narrow(house)
                await house.loop.sock_sendall(reading, request)
                await house.until(lambda house=house: unread(house) > MEBIBYTE)
                for _ in range(4):
                    clock.now += 80.0
                    house.gateway.tick()
                await house.until(lambda house=house: not house.gateway.clients)
                reading.close()

    run(talk())
