"""Conversations of bytes with a real gateway: what is forwarded, what is refused, what stays open."""

import asyncio
import json
from pathlib import Path

import pytest
from house import House, run, says

GET = b"GET /v1/items?limit=2 HTTP/1.1\r\nHost: api.example\r\n\r\n"
POST = b"POST /v1/items HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n"
BODY = b'{"a":1}'


def test_a_request_reaches_the_upstream_and_its_answer_the_client(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            status, head, body = await house.ask(GET)
            seen = json.loads(body)["head"]
            assert status == 200
            assert seen.startswith("GET /v1/items?limit=2 HTTP/1.1\r\nhost: api.example\r\n")
            assert "x-forwarded-for: 127.0.0.1" in seen and "traceparent: 00-" in seen
            assert b"x-request-id: " in head
            event = house.journal.events[-1]
            assert (event.tag, event.status, event.upstream_status) == ("gateway:request:allowed", 200, 200)
            assert event.target == "/v1/items?limit=2" and event.request_id.encode() in head

    run(talk())


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_same_bytes_in_any_pieces_are_the_same_requests(tmp_path: Path, size: int) -> None:
    stream = (
        GET
        + POST
        + BODY
        + b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX: t\r\n\r\n"
        + GET
    )

    async def talk() -> None:
        async with House(tmp_path) as house:
            client = await house.connect()
            await client.send(*[stream[i : i + size] for i in range(0, len(stream), size)])
            seen = [json.loads((await client.response())[2]) for _ in range(4)]
            assert [one["body"] for one in seen] == ["", '{"a":1}', "abcdefg", ""]
            assert "x: t" not in seen[2]["head"].lower()  # trailers are dropped
            client.close()

    run(talk())


def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            client = await house.connect()
            await client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % i for i in range(200)))
            for i in range(200):
                _, _, body = await client.response()
                assert json.loads(body)["head"].startswith(f"GET /{i} ")
            client.close()

    run(talk())


def test_thousands_of_refused_requests_in_one_write_neither_recurse_nor_starve(tmp_path: Path) -> None:
    policy = """
services:
  shop:
    match: {{hosts: [known.example]}}
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: false
"""

    async def talk() -> None:
        async with House(tmp_path, policy) as house:
            client = await house.connect()
            sending = asyncio.create_task(client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 5000))
            for _ in range(5000):
                assert (await client.response())[0] == 421
            await sending
            client.close()

    run(talk())


def test_the_record_of_a_request_without_a_service_names_the_client_behind_trusted_proxies(tmp_path: Path) -> None:
    policy = """
services:
  shop:
    match: {{hosts: [known.example]}}
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
"""

    async def talk() -> None:
        async with House(tmp_path, policy, head="trusted_proxies: [127.0.0.1]\n") as house:
            assert (await house.ask(b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"))[0] == 421
            event = house.journal.events[-1]
            assert (event.address, event.peer) == ("192.0.2.7", "127.0.0.1")

    run(talk())


REFUSED = {
    "both lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "signed length": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
    "list of lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
    "stacked coding": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding twice": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked in quotes": b'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "HTTP/1.0 with coding": b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "other absolute host": b"GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "double space": b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
    "tab in request line": b"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "folded field": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: h\n\n",
    "bare LF in a field": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n",
    "bare CR": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
    "no field name": b"GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: h\r\nfoo\r\n\r\n",
    "encoded NUL": b"GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    "dot segment": b"GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n",
    "encoded dot segment": b"GET /a/%2e%2E/b HTTP/1.1\r\nHost: h\r\n\r\n",
    "backslash": b"GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n",
    "encoded slash": b"GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n",
    "fragment": b"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
    "lower-case method": b"get / HTTP/1.1\r\nHost: h\r\n\r\n",
    "chunk size": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "chunk too long": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "chunk with bare LF": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_two_readings_is_refused_and_the_connection_closed(tmp_path: Path, name: str) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            client = await house.connect()
            await client.send(REFUSED[name] + b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = await client.rest()
            assert answer.startswith(b"HTTP/1.1 400 "), answer
            assert answer.count(b"HTTP/1.1 ") == 1 and b"application/problem+json" in answer
            assert b"connection: close" in answer.lower()
            assert [event.status for event in house.journal.events] == [400]
            client.close()

    run(talk())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 405),
        (b"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 40000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 70000, 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_bounds_have_their_own_statuses(tmp_path: Path, request_: bytes, status: int) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            assert (await house.ask(request_))[0] == status

    run(talk())


def test_identity_and_hop_by_hop_fields_of_the_client_do_not_reach_the_upstream(tmp_path: Path) -> None:
    request = (
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: X-Secret-Hop, keep-alive\r\nX-Secret-Hop: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\n"
        b"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-User: root\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nRemote-User: root\r\n"
        b"X-Yett-Principal: root\r\nProxy-Authorization: Basic x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nX-Kept: yes\r\n\r\n"
    )

    async def talk() -> None:
        async with House(tmp_path) as house:
            seen = json.loads((await house.ask(request))[2])["head"].lower()
            assert "6.6.6.6" not in seen and "root" not in seen and "secret-hop" not in seen and "upgrade" not in seen
            assert "proxy-authorization" not in seen and "http2-settings" not in seen and "\r\nte:" not in seen
            assert "x-kept: yes" in seen and "x-forwarded-for: 127.0.0.1" in seen

    run(talk())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"), b"abcde"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"abc", b"de"), b"abcde"),
        (
            (
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
            ),
            b"abcde",
        ),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",), b""),
        ((b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",), b"x"),
    ],
)
def test_every_framing_of_a_response_arrives_whole(tmp_path: Path, answer: tuple[bytes, ...], expected: bytes) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=says(*answer)) as house:
            client = await house.connect()
            for _ in range(3):
                await client.send(GET)
                assert (await client.response())[::2] == (200, expected)
            assert house.accepted == 1  # the upstream connection was kept
            client.close()

    run(talk())


def test_a_response_that_ends_with_its_connection_arrives_whole(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=says(b"HTTP/1.0 200 OK\r\n\r\nabc", b"def", close=True)) as house:
            assert (await house.ask(GET))[::2] == (200, b"abcdef")
            old = await house.connect()
            await old.send(b"GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")
            assert (await old.rest()).endswith(b"\r\n\r\nabcdef")

    run(talk())


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_responses_without_body_keep_the_connection_usable(tmp_path: Path, status: bytes) -> None:
    async def talk() -> None:
        answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 10\r\nETag: x\r\n\r\n"
        async with House(tmp_path, handler=says(answer)) as house:
            client = await house.connect()
            for _ in range(2):
                await client.send(GET)
                head = await client.reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 " + status[:3])
            client.close()

    run(talk())


def test_head_has_the_length_but_no_body(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")) as house:
            client = await house.connect()
            for _ in range(2):
                await client.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                head = await client.reader.readuntil(b"\r\n\r\n")
                assert b"content-length: 10" in head
            client.close()

    run(talk())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
        b"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70000 + b"\r\n\r\n",
    ],
)
def test_an_upstream_that_lies_is_a_bad_gateway(tmp_path: Path, answer: bytes) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=says(answer)) as house:
            status, _, body = await house.ask(GET)
            assert status == 502
            assert b"Transfer-Encoding" not in body
            assert house.journal.events[-1].failure

    run(talk())


def test_a_response_cut_short_is_cut_short_for_the_client_too(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, handler=says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", close=True)) as house:
            client = await house.connect()
            await client.send(GET)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.response()
            assert house.journal.events[-1].tag == "gateway:request:failed"

    run(talk())


def test_a_stale_connection_is_tried_once_more_but_not_for_a_post(tmp_path: Path) -> None:
    turns = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        turns.append(1)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        await reader.readuntil(b"\r\n\r\n")  # the second request on this connection is met with silence and an end

    async def talk() -> None:
        async with House(tmp_path, handler=handler) as house:
            assert (await house.ask(GET))[0] == 200
            assert (await house.ask(GET))[0] == 200
            assert len(turns) == 2
            status, _, _ = await house.ask(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            assert status == 502
            assert len(turns) == 2

    run(talk())


def test_expect_continue_is_answered_before_the_body_is_sent(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(b"abc")
            seen = json.loads((await client.response())[2])
            assert seen["body"] == "abc" and "expect" not in seen["head"].lower()
            client.close()

    run(talk())


def test_half_closed_clients_still_get_their_answers(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path) as house:
            client = await house.connect()
            await client.send(GET + GET)
            client.writer.write_eof()
            assert (await client.rest()).count(b"HTTP/1.1 200 OK") == 2

    run(talk())


def test_nobody_listening_is_502_and_a_silent_upstream_504(tmp_path: Path) -> None:
    now = [1000.0]

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def talk() -> None:
        async with House(tmp_path, handler=silent, monotonic=lambda: now[0]) as house:
            client = await house.connect()
            await client.send(GET)
            await house.until(lambda: house.accepted)
            now[0] += 100
            house.gateway.tick()
            assert (await client.response())[0] == 504
            house.upstream_server.close()
            house.gateway.clusters["shop"].close()
            assert (await house.ask(GET))[0] == 502

    run(talk())


def test_the_same_bytes_one_line_at_a_time_meet_the_deadline_of_the_head(tmp_path: Path) -> None:
    now = [1000.0]

    async def talk() -> None:
        async with House(tmp_path, monotonic=lambda: now[0]) as house:
            client = await house.connect()
            await client.send(b"GET / HTTP/1.1\r\n")
            await house.until(lambda: any(c._buffer for c in house.gateway.clients))
            now[0] += 6
            house.gateway.tick()  # 16 bytes in 6 seconds: slower than the minimum rate
            assert (await client.rest()).startswith(b"HTTP/1.1 408 ")

    run(talk())
