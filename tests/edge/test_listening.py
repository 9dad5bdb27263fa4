"""Listeners for copies of requests and for reports of others, as conversations of bytes over real sockets."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from yett.edge.collectors import receiving
from yett.edge.collectors.listening import Address, Listening, Queue, parse_listen
from yett.edge.collectors.mirror import serve_mirror
from yett.edge.collectors.receiving import Reply, Server
from yett.edge.gateway.listeners import ListenError
from yett.formats.recordings import Recording

MIRROR, REPORTS = Address("mirror", "127.0.0.1:0"), Address("reports", "127.0.0.1:0")


@contextmanager
def listening(address: Address, token: str = "", queue: Queue | None = None) -> Iterator[tuple[Listening, socket.socket]]:
    with Listening([address], token, queue) as open_, connected(open_.bound[0].at) as opened:
        yield open_, opened


def connected(at: str) -> socket.socket:
    host, port = at.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def answer(opened: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        octet = opened.recv(1)
        assert octet
        head += octet
    size = next((int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.startswith(b"Content-Length")), 0)
    body = b""
    while len(body) < size:
        body += opened.recv(size - len(body))
    return int(head.split(b" ")[1]), body


def to_end(opened: socket.socket) -> bytes:
    """Everything until the other side ends the connection, in whichever way."""
    found = b""
    with suppress(ConnectionError):
        while piece := opened.recv(65_536):
            found += piece
    return found


def got(open_: Listening, count: int) -> list[Recording]:
    found: list[Recording] = []
    while len(found) < count:
        batch = open_.queue.take(10)
        assert batch
        found += batch
    return found


# --- mirrors --------------------------------------------------------------------------------------------------------


def test_copies_of_requests() -> None:
    with listening(MIRROR) as (open_, opened):
        opened.sendall(
            b"POST /a/1?x=y HTTP/1.0\r\nHost: shop.example\r\nConnection: close\r\nX-Forwarded-For: 10.9.9.9, 192.0.2.1\r\n"
            b"X-Forwarded-Proto: https\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        )
        assert to_end(opened).startswith(b"HTTP/1.1 204 No Content\r\n")
        (found,) = got(open_, 1)
    exchange = found.exchange
    assert exchange is not None and exchange.response is None
    assert (exchange.request.method, exchange.request.target, exchange.request.body) == ("POST", b"/a/1?x=y", b"{}")
    assert (exchange.request.scheme, exchange.request.version, exchange.address) == ("https", "1.0", "192.0.2.1")
    assert (found.sensor, found.lacks) == ("mirror", (("response", "a mirror only has requests"),))
    assert (b"Host", b"shop.example") in exchange.request.fields


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(b"shop-shadow", b"shop"), (b"shop-shadow:80", b"shop:80"), (b"shop:80", b"shop:80"), (b"a-shadow.b", b"a-shadow.b")],
)
def test_what_envoy_appends_is_taken_off(sent: bytes, expected: bytes) -> None:
    with listening(MIRROR) as (open_, opened):
        opened.sendall(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % sent)
        assert answer(opened)[0] == 204
        found = got(open_, 1)[0].exchange
    assert found is not None and found.request.fields == ((b"Host", expected),)
    assert found.address == "127.0.0.1"


def test_pipelining_chunks_and_expectations() -> None:
    with listening(MIRROR) as (open_, opened):
        opened.sendall(
            b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
            b"POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            b"PUT /3 HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\n\r\n"
            b"POST /4 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        )
        assert [answer(opened)[0] for _ in range(4)] == [204, 204, 204, 100]
        opened.sendall(b"x")
        assert answer(opened)[0] == 204
        found = got(open_, 4)
    assert [one.exchange.request.body for one in found if one.exchange] == [b"", b"abc", b"", b"x"]
    assert [len(one.lacks) for one in found] == [1, 1, 2, 1]


def test_large_bodies_are_kept_in_part() -> None:
    with listening(MIRROR) as (open_, opened):
        opened.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
        assert answer(opened)[0] == 204
        found = got(open_, 1)[0].exchange
    assert found is not None and found.request.truncated and len(found.request.body) == 1 << 20


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\x00", 400),
        (b"EHLO me\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, 431),
    ],
)
def test_what_is_no_request_is_refused(said: bytes, status: int) -> None:
    with listening(MIRROR) as (open_, opened):
        with suppress(ConnectionError):
            opened.sendall(said)
        assert to_end(opened)[9:12] in (b"%d" % status, b"")
        assert open_.refused == 1 and open_.queue.take(0) == []


def test_nothing_waits_for_the_fold() -> None:
    with listening(MIRROR, queue=Queue(entries=2)) as (open_, opened):
        opened.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 5)
        assert [answer(opened)[0] for _ in range(5)] == [204] * 5
        assert len(open_.queue.take(0)) == 2 and open_.queue.dropped == 3


# --- reports --------------------------------------------------------------------------------------------------------

LINE = json.dumps(
    {"method": "GET", "target": "/a", "route": "/a", "response": {"status": 200}, "sensor": "middleware"}
).encode()
SPAN = {
    "traceId": "0a",
    "spanId": "0b",
    "kind": 2,
    "attributes": [{"key": "http.request.method", "value": {"stringValue": "GET"}}],
}
TRACES = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN, {}]}]}]}).encode()


def report(path: bytes, body: bytes, kind: bytes = b"application/json", *more: bytes) -> bytes:
    fields = b"".join(b"%b\r\n" % one for one in more)
    return b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        path,
        kind,
        len(body),
        fields,
        body,
    )


def test_recordings_of_others() -> None:
    with listening(REPORTS) as (open_, opened):
        opened.sendall(report(b"/v1/recordings", LINE + b"\n{\n" + LINE, b"application/x-ndjson"))
        status, body = answer(opened)
        said = json.loads(body)
        assert (status, said["taken"], said["unreadable"]) == (200, 2, 1) and said["first"].startswith("line 2")
        found = got(open_, 3)
    assert [(one.sensor, one.route) for one in found if one.exchange] == [("middleware", "/a")] * 2


def test_lines_of_access_logs() -> None:
    line = b'192.0.2.7 - - [10/Oct/2025:13:55:36 -0700] "GET /x HTTP/1.1" 200 23 "-" "curl/8"\n'
    with listening(REPORTS) as (open_, opened):
        opened.sendall(report(b"/v1/recordings", line, b"application/octet-stream"))
        assert answer(opened)[0] == 200
        assert got(open_, 1)[0].sensor == "access-log"


def test_traces_in_both_encodings() -> None:
    key_value = b"\x0a\x13http.request.method\x12\x05\x0a\x03GET"
    span = b"\x30\x02\x4a" + bytes((len(key_value),)) + key_value
    scope = b"\x12" + bytes((len(span),)) + span
    spans = b"\x12" + bytes((len(scope),)) + scope
    message = b"\x0a" + bytes((len(spans),)) + spans
    with listening(REPORTS) as (open_, opened):
        opened.sendall(report(b"/v1/traces", TRACES))
        assert answer(opened) == (200, b"{}")
        opened.sendall(report(b"/v1/traces", gzip.compress(message), b"application/x-protobuf", b"Content-Encoding: gzip"))
        assert answer(opened) == (200, b"")
        found = got(open_, 2)
    assert [one.exchange.request.method for one in found if one.exchange] == ["GET", "GET"]
    assert {one.sensor for one in found} == {"otlp"}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (report(b"/v1/traces", b"[]"), 400),
        (report(b"/v1/traces", b"\x07", b"application/x-protobuf"), 400),
        (report(b"/v1/traces", b"x", b"application/xml"), 415),
        (report(b"/v1/recordings", LINE, b"text/plain"), 415),
        (report(b"/v1/recordings", LINE, b"application/json", b"Origin: https://evil.example"), 403),
        (report(b"/v1/recordings", b"no gzip", b"application/json", b"Content-Encoding: gzip"), 415),
        (report(b"/v1/logs", b""), 404),
        (b"GET /v1/traces HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (report(b"/v1/recordings", b"x" * (17 << 20)), 413),
    ],
)
def test_reports_that_are_not_taken(said: bytes, status: int) -> None:
    with listening(REPORTS) as (open_, opened):
        opened.sendall(said)
        assert answer(opened)[0] == status
        assert open_.queue.take(0) == []


def test_tokens() -> None:
    with listening(REPORTS, token="s3cret") as (open_, opened):
        for shown, status in ((b"X: y", 401), (b"Authorization: Bearer other", 401), (b"Authorization: Bearer s3cret", 200)):
            opened.sendall(report(b"/v1/recordings", LINE, b"application/json", shown))
            assert answer(opened)[0] == status
        assert len(got(open_, 1)) == 1


def test_a_full_queue_takes_all_or_nothing() -> None:
    queue = Queue(entries=3)
    with listening(REPORTS, queue=queue) as (_, opened):
        for status in (200, 503):
            opened.sendall(report(b"/v1/recordings", LINE + b"\n" + LINE))
            assert answer(opened)[0] == status
        assert len(queue.take(0)) == 2 and queue.dropped == 2
        opened.sendall(report(b"/v1/recordings", (LINE + b"\n") * 9))  # more than ever fits
        assert answer(opened)[0] == 200


# --- both -----------------------------------------------------------------------------------------------------------


def test_addresses() -> None:
    assert parse_listen("127.0.0.1:1") == Address("mirror", "127.0.0.1:1")
    assert str(parse_listen("reports://[::1]:4318/")) == "reports://[::1]:4318"
    with pytest.raises(ListenError, match="mirror://ADDRESS"):
        parse_listen("http://127.0.0.1:1")


def test_addresses_in_use() -> None:
    with Listening([MIRROR]) as first, pytest.raises(ListenError, match="in use"):
        Listening([MIRROR, Address("mirror", first.bound[0].at)]).__enter__()


def test_batches_until_it_is_over() -> None:
    stop = threading.Event()
    with listening(MIRROR) as (open_, opened):
        opened.sendall(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert [answer(opened)[0] for _ in range(2)] == [204, 204]
        stop.set()
        batches = list(open_.recordings(stop))
    assert sum(map(len, batches)) == 2


def test_connections_are_bounded_and_silent_ones_end() -> None:
    async def run() -> tuple[int, list[bytes]]:
        server = Server(lambda received: Reply(), kept=10, connections=2, idle=0.05)
        await server.listen("127.0.0.1:0")
        host, port = server.address.rsplit(":", 1)
        opened = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
        opened[1][1].write(b"GET / HTTP/1.1\r\n")
        ends = [await asyncio.wait_for(_end(reader), 10) for reader, _ in opened]
        for _, writer in opened:
            writer.close()
        refused = server.refused
        await server.close()
        await server.close()
        return refused, ends

    assert asyncio.run(run()) == (1, [b"", b"", b""])


async def _end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_what_all_connections_hold_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "HELD", 100_000)
    with listening(REPORTS) as (open_, opened), connected(open_.bound[0].at) as other:
        opened.sendall(b"POST /v1/recordings HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + b"x" * 120_000)
        assert answer(opened)[0] == 503
        assert to_end(opened) == b""
        other.sendall(report(b"/v1/recordings", LINE))
        assert answer(other)[0] == 200


def test_many_small_requests_in_one_piece() -> None:
    with listening(REPORTS) as (_, opened):
        opened.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 1_000)
        assert [answer(opened)[0] for _ in range(1_000)] == [404] * 1_000


def test_a_listener_in_a_loop_of_its_own() -> None:
    taken: list[Recording] = []

    def take(recording: Recording) -> bool:
        taken.append(recording)
        return len(taken) < 2

    async def run() -> None:
        server = await serve_mirror("127.0.0.1:0", take)
        host, port = server.address.rsplit(":", 1)
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /3")
        assert (await reader.read()).count(b"HTTP/1.1 204") == 2
        writer.close()
        await server.close()
        assert (server.taken, server.handle.dropped) == (2, 1)  # type: ignore[attr-defined]

    asyncio.run(run())
    assert len(taken) == 2


def flood(opened: socket.socket, said: bytes) -> None:
    while True:
        opened.sendall(said)


def test_who_reads_no_answers_is_not_heard() -> None:
    with listening(REPORTS) as (_, opened):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        opened.settimeout(0.5)
        with pytest.raises(TimeoutError):
            flood(opened, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 1_000)
