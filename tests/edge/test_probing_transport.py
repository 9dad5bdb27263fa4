"""The transport against servers that behave, break, lie and wait. Every answer is bounded, nothing raises."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable

import pytest

from yett.edge.probing import transport as module
from yett.edge.probing.callbacks import Listener
from yett.edge.probing.handshakes import handshake
from yett.edge.probing.origin import Origin, origin_of
from yett.edge.probing.transport import Transport
from yett.model.probe import Answer, Call

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GET = Call(method="GET", path="/a", query=(("q", "a b&c"),), credential=(("X-Key", "k"),))


async def _with(talk: Talk, ask: Callable[[Transport], Awaitable[object]], **options: float) -> object:
    under_way: set[asyncio.Task[None] | None] = set()

    async def safely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(safely, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = Transport(origin_of(f"127.0.0.1:{port}"), **options)  # type: ignore[arg-type]
    try:
        return await ask(transport)
    finally:
        transport.close()
        server.close()
        await asyncio.gather(*(task for task in under_way if task is not None), return_exceptions=True)
        await asyncio.sleep(0)


def _replying(*parts: bytes, pause: float = 0.0) -> tuple[Talk, list[bytes]]:
    """Answers each request with the next part (the last one again and again), and keeps connections."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            heard.append(head + await reader.readexactly(length))
            await asyncio.sleep(pause)
            writer.write(parts[min(len(heard), len(parts)) - 1])
            await writer.drain()

    return talk, heard


def _one(*parts: bytes, call: Call = GET, **options: float) -> tuple[Answer, list[bytes]]:
    talk, heard = _replying(*parts)

    async def ask(transport: Transport) -> Answer:
        return await transport.send(call)

    answer = asyncio.run(_with(talk, ask, **options))
    assert isinstance(answer, Answer)
    return answer, heard


def test_request_as_sent() -> None:
    answer, heard = _one(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi")
    assert (answer.status, answer.body, answer.field("x-a"), answer.truncated) == (200, b"hi", "b", False)
    lines = heard[0].split(b"\r\n")
    assert lines[0] == b"GET /a?q=a%20b%26c HTTP/1.1"
    assert b"X-Key: k" in lines
    assert sum(line.startswith(b"Host: 127.0.0.1:") for line in lines) == 1


def test_body_and_own_host() -> None:
    call = Call(method="POST", path="/a", body=b"{}", content_type="application/json", fields=(("Host", "evil.example"),))
    _, heard = _one(b"HTTP/1.1 204 No Content\r\n\r\n", call=call)
    assert heard[0].endswith(b"\r\n\r\n{}")
    assert b"Host: evil.example" in heard[0]
    assert heard[0].count(b"Host:") == 1


@pytest.mark.parametrize(
    ("reply", "body", "truncated"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", False),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n", b"", False),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
            % (len(gzip.compress(b"zip", mtime=0)), gzip.compress(b"zip", mtime=0)),
            b"zip",
            False,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nnot", b"not", True),
    ],
)
def test_bodies(reply: bytes, body: bytes, truncated: bool) -> None:
    answer, _ = _one(reply)
    assert (answer.body, answer.truncated) == (body, truncated)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20, "interim"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "limit"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "within"),
    ],
)
def test_servers_that_lie(reply: bytes, why: str) -> None:
    answer, _ = _one(reply, timeout=0.3)
    assert answer.status == 0
    assert why in answer.failure


def test_too_much_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 10)
    for framing in (b"Content-Length: 20", b"Transfer-Encoding: chunked"):
        body = b"x" * 20 if framing.startswith(b"C") else b"14\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n"
        answer, _ = _one(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + body)
        assert (answer.body, answer.truncated) == (b"x" * 10, True)


def test_until_close() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nto the end")

    answer = asyncio.run(_with(talk, lambda transport: transport.send(GET)))
    assert isinstance(answer, Answer)
    assert answer.body == b"to the end"


def test_kept_connection_that_was_closed_is_opened_anew() -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")  # the second request gets no answer on this connection

    async def ask(transport: Transport) -> list[int]:
        return [(await transport.send(GET)).status for _ in range(3)]

    assert asyncio.run(_with(talk, ask)) == [200, 200, 200]
    assert connections == 3


def test_nobody_there() -> None:
    async def ask() -> Answer:
        return await Transport(Origin("http", "127.0.0.1", 1, "127.0.0.1:1")).send(GET)

    answer = asyncio.run(ask())
    assert answer.status == 0
    assert "refused" in answer.failure or "connect" in answer.failure.lower()


def test_closed_without_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    answer = asyncio.run(_with(talk, lambda transport: transport.send(GET)))
    assert isinstance(answer, Answer)
    assert "closed" in answer.failure


def test_burst_at_once_and_in_order() -> None:
    talk, heard = _replying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    calls = tuple(Call(method="GET", path=f"/{number}") for number in range(12))

    async def ask(transport: Transport) -> tuple[int, int]:
        one = await transport.burst(calls, True)
        two = await transport.burst(calls[:3], False)
        return len(one), len(two)

    assert asyncio.run(_with(talk, ask)) == (12, 3)
    assert [line.split(b" ")[1] for line in heard[12:]] == [b"/0", b"/1", b"/2"]


def test_raw_octets_and_all_answers() -> None:
    talk, heard = _replying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
    octets = b"GET / HTTP/1.1\r\nHost: {host}\r\n\r\nGET /b HTTP/1.1\r\nHost: {host}\r\n\r\n"
    answers = asyncio.run(_with(talk, lambda transport: transport.raw(octets, 0.3)))
    assert isinstance(answers, tuple)
    assert [one.status for one in answers] == [200, 404]
    assert b"{host}" not in heard[0]


def test_raw_without_an_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    answers = asyncio.run(_with(talk, lambda transport: transport.raw(b"\0\0", 0.3)))
    assert isinstance(answers, tuple)
    assert answers[0].failure


def test_rate_is_kept() -> None:
    talk, _ = _replying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def ask(transport: Transport) -> float:
        began = asyncio.get_running_loop().time()
        for _ in range(6):
            await transport.send(GET)
        return asyncio.get_running_loop().time() - began

    spent = asyncio.run(_with(talk, ask, rate=50.0))
    assert isinstance(spent, float)
    assert spent >= 0.09


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("ftp://a", "only http"),
        ("http://", "no host"),
        ("http://u:p@host/", "identities"),
        ("http://host:99999/", "no URL"),
        ("http://ho st/", "no host"),
    ],
)
def test_urls_that_cannot_be_probed(url: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        origin_of(url)


def test_origins() -> None:
    assert origin_of("https://api.example/v1/") == Origin("https", "api.example", 443, "api.example", "/v1")
    assert origin_of("[::1]:8080").authority == "[::1]:8080"
    assert origin_of("localhost:80").text == "http://localhost"


def test_listener_hears() -> None:
    async def ask() -> None:
        listener = Listener()
        assert listener.url() == ""
        await listener.open("127.0.0.1")
        url = listener.url()
        assert await listener.heard(url, 0.01) == ()
        waiting = asyncio.create_task(listener.heard(url, 5.0))
        host, _, path = url.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        for octets in (b"nonsense", f"GET /{path} HTTP/1.1\r\nUser-Agent: target\r\nCookie: secret\r\n\r\n".encode()):
            reader, writer = await asyncio.open_connection(name, int(port))
            writer.write(octets)
            writer.write_eof()
            await reader.read()
            writer.close()
            await writer.wait_closed()
        heard = await waiting
        assert heard[0].startswith(f"GET /{path}")
        assert "secret" not in heard[0]
        listener.close()

    asyncio.run(ask())


def test_handshakes_without_tls() -> None:
    plain = Origin("http", "127.0.0.1", 1, "127.0.0.1:1")
    assert "does not speak TLS" in asyncio.run(handshake(plain, "TLSv1.2")).failure
    dead = Origin("https", "127.0.0.1", 1, "127.0.0.1:1")
    assert asyncio.run(handshake(dead, "TLSv9")).failure == "no version TLSv9"
    assert asyncio.run(handshake(dead, "TLSv1.3")).failure
