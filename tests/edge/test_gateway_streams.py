"""Long bodies and long lives: streaming both ways, back-pressure, early answers, people who leave, tunnels, drain, durability."""

import asyncio
import base64
import hashlib
import json
import socket
import struct
from pathlib import Path

import pytest
from house import PLAIN, House, read_message, run, says

MEBIBYTE = 1 << 20
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def test_a_large_upload_streams_with_back_pressure(tmp_path: Path) -> None:
    size = 48 * MEBIBYTE
    seen = 0
    most = 0

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        await reader.readuntil(b"\r\n\r\n")
        while seen < size:
            seen += len(await reader.read(MEBIBYTE))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def talk() -> None:
        nonlocal most
        policy = PLAIN + "    body_size: 1000000000\n"
        async with House(tmp_path, policy, slow) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size)
            piece = bytes(MEBIBYTE)
            for _ in range(48):
                await client.send(piece)
                for one in house.gateway.clients:
                    if one.exchange is not None and one.exchange.upstream is not None:
                        most = max(most, one.exchange.upstream.transport.get_write_buffer_size())
            assert (await client.response())[::2] == (200, b"ok")
            assert seen == size
            assert most < 2 * MEBIBYTE
            client.close()

    run(talk())


def test_a_large_download_waits_for_a_slow_reader(tmp_path: Path) -> None:
    size = 64 * MEBIBYTE
    sent = 0

    async def generous(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            writer.write(bytes(MEBIBYTE))
            await writer.drain()
            sent += MEBIBYTE

    async def talk() -> None:
        async with House(tmp_path, handler=generous) as house:
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=65_536)
            writer.write(GET)
            await asyncio.sleep(0.5)
            assert sent < size / 2  # the upstream was held back
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"content-length: %d" % size in head
            left = size
            while left:
                left -= len(await reader.read(MEBIBYTE))
            writer.close()

    run(talk())


def test_events_arrive_as_they_are_sent(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"9\r\ndata: 1\n\n\r\n")
        await release.wait()
        writer.write(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    async def talk() -> None:
        async with House(tmp_path, handler=events) as house:
            client = await house.connect()
            await client.send(GET)
            assert (await client.reader.readuntil(b"data: 1\n\n\r\n")).endswith(b"9\r\ndata: 1\n\n\r\n")
            release.set()
            assert (await client.reader.readuntil(b"0\r\n\r\n")).endswith(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")
            client.close()

    run(talk())


def test_an_early_answer_ends_the_upload(tmp_path: Path) -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

    async def talk() -> None:
        async with House(tmp_path, handler=early) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc")
            status, head, body = await client.response()
            assert (status, body) == (403, b"no") and b"connection: close" in head
            assert await client.rest() == b""

    run(talk())


def test_a_client_that_leaves_takes_its_upstream_connection_with_it(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await reader.read()
        finally:
            left.set()

    async def talk() -> None:
        async with House(tmp_path, handler=waits) as house:
            client = await house.connect()
            await client.send(GET)
            await house.until(lambda: house.accepted)
            sock = client.writer.get_extra_info("socket")  # a FIN could be a half-close: only a reset says that nobody reads
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.writer.transport.abort()
            async with asyncio.timeout(5):
                await left.wait()
            await house.until(lambda: house.journal.events)
            event = house.journal.events[-1]
            assert (event.tag, event.status) == ("gateway:request:failed", 0) and "client" in event.failure
            assert not house.gateway.clients

    run(talk())


async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\nhello"
        % accept
    )
    while piece := await reader.read(1000):
        writer.write(piece.upper())


HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def test_a_websocket_opens_a_tunnel_that_is_recorded_twice(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=tunnel) as house:
            client = await house.connect()
            await client.send(HANDSHAKE + b"\r\nearly")
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
            assert await client.reader.readexactly(10) == b"helloEARLY"
            await client.send(b"more")
            assert await client.reader.readexactly(4) == b"MORE"
            client.close()
            await house.until(lambda: len(house.journal.events) == 2)
            opened, ended = house.journal.events
            assert (opened.tag, ended.tag) == ("gateway:request:opened", "gateway:stream:ended")
            assert opened.request_id == ended.request_id and ended.request_size == 9 and ended.response_size == 9

    run(talk())


def test_other_origins_and_malformed_handshakes_open_nothing(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=tunnel) as house:
            assert (await house.ask(HANDSHAKE + b"Origin: https://evil.example\r\n\r\n"))[0] == 403
            assert (await house.ask(HANDSHAKE.replace(b"13", b"8") + b"\r\n"))[0] in (400, 426)
            assert (await house.ask(HANDSHAKE.replace(b"GET", b"POST") + b"\r\n"))[0] == 400
            assert house.accepted == 0

    run(talk())


def test_a_wrong_accept_value_is_a_bad_gateway(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"

    async def talk() -> None:
        async with House(tmp_path, handler=says(answer)) as house:
            assert (await house.ask(HANDSHAKE + b"\r\n"))[0] == 502

    run(talk())


def test_drain_finishes_what_is_under_way(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def talk() -> None:
        async with House(tmp_path, handler=slow) as house:
            busy, idle = await house.connect(), await house.connect()
            await busy.send(GET)
            await house.until(lambda: house.accepted and len(house.gateway.clients) == 2)
            draining = asyncio.create_task(house.gateway.drain(5))
            assert await idle.rest() == b""
            release.set()
            status, head, body = await busy.response()
            assert (status, body) == (200, b"ok") and b"connection: close" in head
            await draining
            assert not house.gateway.clients

    run(talk())


def test_with_durable_records_no_answer_leaves_before_its_record(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, durable=True) as house:
            client = await house.connect()
            await client.send(GET + GET)
            await house.until(lambda: house.journal.waiting)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.reader.read(1)
            assert len(house.journal.events) == 1
            house.journal.waiting.pop()(True)
            assert (await client.response())[0] == 200
            await house.until(lambda: house.journal.waiting)
            house.journal.waiting.pop()(False)  # the disk is full: fail closed
            assert (await client.response())[0] == 503
            assert await client.rest() == b""

    run(talk())


def test_a_long_answer_with_durable_records_is_recorded_when_decided_and_at_its_end(tmp_path: Path) -> None:
    size = 3 * MEBIBYTE

    async def talk() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
        async with House(tmp_path, handler=says(answer, bytes(size)), durable=True) as house:
            client = await house.connect()
            await client.send(GET)
            await house.until(lambda: house.journal.waiting)
            assert house.journal.events[0].tag == "gateway:request:opened"
            house.journal.waiting.pop()(True)
            assert len((await client.response())[2]) == size
            await house.until(lambda: len(house.journal.events) == 2)
            client.close()

    run(talk())


def test_two_targets_share_the_load_and_a_dead_one_is_left_alone(tmp_path: Path) -> None:
    policy = """
services:
  shop:
    upstream: {{targets: ["http://127.0.0.1:{port}", "http://127.0.0.1:{dead}"], breaker: {{failures: 2, open_for: 60}}}}
    attacks: false
"""

    async def talk() -> None:
        silent = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        dead = silent.sockets[0].getsockname()[1]
        silent.close()
        async with House(tmp_path, policy, fill={"dead": dead}) as house:
            answers = [(await house.ask(GET))[0] for _ in range(12)]
            assert answers == [200] * 12  # a failed connect is tried once more, elsewhere
            target = house.gateway.clusters["shop"].targets[1]
            assert target.failures == 2 and target.open_until > 0

    run(talk())


def test_a_bounded_pool_makes_requests_wait_and_then_refuses(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_message(reader)
            await release.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def talk() -> None:
        async with House(tmp_path, handler=slow, upstream=", connections: 1, waiting: 1") as house:
            clients = [await house.connect() for _ in range(3)]
            for client in clients:
                await client.send(GET)
                await asyncio.sleep(0.05)
            status, head, _ = await clients[2].response()
            assert status == 503 and b"retry-after" in head.lower()
            release.set()
            assert [(await client.response())[0] for client in clients[:2]] == [200, 200]
            assert house.accepted == 1

    run(talk())


def test_a_new_snapshot_keeps_connections_and_decides_the_next_request(tmp_path: Path) -> None:
    policy = """
services:
  shop:
    match: {{hosts: ["{host}"]}}
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: false
"""

    async def talk() -> None:
        async with House(tmp_path, policy, fill={"host": "h"}) as house:
            client = await house.connect()
            await client.send(GET)
            assert (await client.response())[0] == 200
            before = house.gateway.snapshot.digest
            house.gateway.swap(house.snapshot(host="other"))
            await client.send(GET)
            assert (await client.response())[0] == 421
            house.gateway.swap(house.snapshot(host="h"))
            assert house.gateway.snapshot.digest == before
            await client.send(GET)
            status, _, body = await client.response()
            assert status == 200 and json.loads(body)["body"] == ""
            assert house.accepted == 1
            client.close()

    run(talk())


def test_connections_are_bounded_by_address_and_in_all(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, head="bounds: {{connections_per_address: 2}}\n") as house:
            clients = [await house.connect() for _ in range(2)]
            await house.until(lambda: len(house.gateway.clients) == 2)
            third = await house.connect()
            assert await third.rest() == b""
            assert house.journal.events[-1].tag == "gateway:connection:refused"
            clients[0].close()
            await house.until(lambda: len(house.gateway.clients) == 1)
            assert (await house.ask(GET))[0] == 200
            clients[1].close()

    run(talk())


def test_a_failure_of_our_own_ends_the_connection_and_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            house.loop.set_exception_handler(house.gateway.crashed)
            house.gateway.clusters.clear()  # no invariant holds any more
            client = await house.connect()
            await client.send(GET)
            assert await client.rest() == b""
            assert house.accepted == 0  # nothing passed undecided
            event = next(event for event in house.journal.events if event.tag == "gateway:internal:failed")
            assert event.failure.startswith("KeyError")
            assert [(s.name, s.value) for s in house.metrics.take().counters] == [("yett_internal_errors_total", 1)]

    run(talk())


@pytest.mark.parametrize(
    ("request_", "status"),
    [(b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n", 421)],
)
def test_with_durable_records_no_refusal_leaves_before_its_record(tmp_path: Path, request_: bytes, status: int) -> None:
    policy = PLAIN.replace("  shop:\n", "  shop:\n    match: {{hosts: [api.example]}}\n")

    async def talk() -> None:
        async with House(tmp_path, policy, durable=True) as house:
            for written in (True, False):
                client = await house.connect()
                await client.send(request_)
                await house.until(lambda: house.journal.waiting)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await client.reader.read(1)
                house.journal.waiting.pop()(written)
                if written:
                    assert (await client.response())[0] == status
                else:  # the disk is full: fail closed
                    assert await client.rest() == b""

    run(talk())


def test_with_durable_records_a_tunnel_opens_after_its_record(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=tunnel, durable=True) as house:
            client = await house.connect()
            await client.send(HANDSHAKE + b"\r\n")
            await house.until(lambda: house.journal.waiting)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.reader.read(1)
            house.journal.waiting.pop()(True)
            assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            await client.send(b"x")
            assert await client.reader.readexactly(6) == b"helloX"

    run(talk())
