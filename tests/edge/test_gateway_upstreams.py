"""What stands behind the gateway: balance, health, breakers, names that move, TLS, paths and hosts as the policy says."""

import asyncio
import json
import ssl
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from house import PLAIN, House, read_message, run, says

GET = b"GET /v1/items?a=1 HTTP/1.1\r\nHost: api.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def counting(answers: dict[str, int], name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            head, _ = await read_message(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        answers[name] = answers.get(name, 0) + 1
        writer.write(
            OK if b"/health" not in head or answers.get("healthy", 1) else b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"
        )


@pytest.mark.parametrize(
    ("settings", "line", "host"),
    [
        ("", "GET /v1/items?a=1 ", "api.example"),
        (", strip_prefix: true", "GET /items?a=1 ", "api.example"),
        (", host: target", "GET /v1/items?a=1 ", "127.0.0.1:{port}"),
        (", host: inside.example", "GET /v1/items?a=1 ", "inside.example"),
    ],
)
def test_path_and_host_are_sent_as_the_policy_says(tmp_path: Path, settings: str, line: str, host: str) -> None:
    policy = """
services:
  shop:
    match: {{prefix: /v1}}
    upstream: {{targets: ["http://127.0.0.1:{port}"]{upstream}}}
    attacks: false
"""

    async def talk() -> None:
        async with House(tmp_path, policy, upstream=settings) as house:
            seen = json.loads((await house.ask(GET))[2])["head"]
            assert seen.startswith(f"{line}HTTP/1.1\r\nhost: {host.format(port=house.upstream_port)}\r\n")
            assert (await house.ask(GET.replace(b"/v1/items", b"/v2")))[0] == 404

    run(talk())


def test_only_the_prefix_itself_becomes_the_root(tmp_path: Path) -> None:
    policy = """
services:
  shop:
    match: {{prefix: /v1}}
    upstream: {{targets: ["http://127.0.0.1:{port}"], strip_prefix: true}}
    attacks: false
"""

    async def talk() -> None:
        async with House(tmp_path, policy) as house:
            for sent, seen in ((b"/v1", "/"), (b"/v1/", "/"), (b"/v1?x=1", "/?x=1"), (b"/v1//a", "//a")):
                body = (await house.ask(b"GET " + sent + b" HTTP/1.1\r\nHost: h\r\n\r\n"))[2]
                assert json.loads(body)["head"].split(" ")[1] == seen

    run(talk())


def test_least_pending_avoids_the_busy_target(tmp_path: Path) -> None:
    policy = """
services:
  shop:
    upstream: {{targets: ["http://127.0.0.1:{port}", "http://127.0.0.1:{other}"], balance: least_pending}}
    attacks: false
"""
    release = asyncio.Event()
    answers: dict[str, int] = {}

    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await release.wait()
        writer.write(OK)

    async def talk() -> None:
        quick = partial(counting, answers, "quick")
        async with House(tmp_path, policy, stuck, others={"other": quick}) as house:
            busy = [await house.connect() for _ in range(2)]
            for client in busy:
                await client.send(GET)
            await house.until(lambda: house.accepted == 1 and answers.get("quick") == 1)
            for _ in range(10):
                assert (await house.ask(GET))[0] == 200
            assert house.accepted == 1 and answers["quick"] == 11
            release.set()

    run(talk())


def test_active_checks_take_a_target_out_and_in_again(tmp_path: Path) -> None:
    answers: dict[str, int] = {"healthy": 0}
    health = ", health: {path: /health, interval: 0.01, healthy: 2, unhealthy: 2}"

    async def talk() -> None:
        async with House(tmp_path, handler=partial(counting, answers, "x"), upstream=health) as house:
            target = house.gateway.clusters["shop"].targets[0]
            await house.until(lambda: target.down)
            assert (await house.ask(GET))[0] == 502
            answers["healthy"] = 1
            await house.until(lambda: not target.down)
            assert (await house.ask(GET))[0] == 200

    run(talk())


def test_an_open_breaker_lets_one_trial_through_when_its_time_has_come(tmp_path: Path) -> None:
    now = [1000.0]
    good = [False]

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if good[0]:
            writer.write(OK)

    async def talk() -> None:
        breaker = ", breaker: {failures: 2, open_for: 10}"
        async with House(tmp_path, handler=handler, upstream=breaker, monotonic=lambda: now[0]) as house:
            assert [(await house.ask(GET))[0] for _ in range(2)] == [502, 502]
            before = house.accepted
            assert (await house.ask(GET))[0] == 502
            assert house.accepted == before  # open: nobody was asked
            now[0] += 11
            assert (await house.ask(GET))[0] == 502
            assert house.accepted == before + 1  # half open: one was, in vain
            now[0] += 11
            good[0] = True
            assert [(await house.ask(GET))[0] for _ in range(3)] == [200, 200, 200]

    run(talk())


def test_a_name_that_moves_is_followed_and_a_dead_resolver_survived(tmp_path: Path) -> None:
    now = [1000.0]
    answers: list[Any] = [["127.0.0.1"]]
    policy = """
services:
  shop:
    upstream: {{targets: ["http://shop.internal:{port}"], resolve_interval: 5}}
    attacks: false
"""

    async def talk() -> None:
        async with House(tmp_path, policy, monotonic=lambda: now[0]) as house:
            port = house.upstream_port

            async def moved(host: str, *_: object, **__: object) -> list[Any]:
                if answers[0] is None:
                    raise OSError("no resolver")
                return [(2, 1, 6, "", (address, port)) for address in answers[0]]

            class Loop:  # the real loop, but for its resolver, which no test can move
                def __getattr__(self, name: str) -> Any:
                    return getattr(house.loop, name)

                getaddrinfo = staticmethod(moved)

            cluster = house.gateway.clusters["shop"]
            cluster.loop = Loop()  # type: ignore[assignment]
            assert (await house.ask(GET))[0] == 200
            answers[0] = None
            now[0] += 6
            assert (await house.ask(GET))[0] == 200
            answers[0] = ["127.0.0.2"]
            now[0] += 6
            await cluster.resolve(cluster.targets[0])
            house.gateway.tick()  # the idle connection leads to the old address
            await house.until(lambda: not cluster.targets[0].idle)
            assert (await house.ask(GET))[0] == 502  # nobody listens there

    run(talk())


class Ok(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(
    ("settings", "status"), [("", 502), ("ca: ca.pem", 200), ("verify: false", 200), ("ca: ca.pem, server_name: other", 502)]
)
def test_tls_to_the_upstream_is_verified(tmp_path: Path, settings: str, status: int) -> None:
    policy = """
services:
  shop:
    upstream: {{targets: ["https://127.0.0.1:{tls}"], tls: {{{settings}}}}}
    attacks: false
"""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("shop.internal", "127.0.0.1").write(tmp_path, "server"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ok)  # not in the test's loop: uvloop waits for TLS peers when it closes
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are what is tested
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    async def talk() -> None:
        async with House(tmp_path, policy, fill={"tls": server.server_port, "settings": settings}) as house:
            assert (await house.ask(GET))[0] == status

    run(talk())
    server.shutdown()
    server.server_close()


def test_a_slow_body_ends_with_408_and_a_stalled_download_with_its_connection(tmp_path: Path) -> None:
    now = [1000.0]

    async def talk() -> None:
        async with House(tmp_path, monotonic=lambda: now[0]) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc")
            await house.until(lambda: house.accepted)
            now[0] += 7
            house.gateway.tick()  # 3 bytes in 7 seconds
            assert (await client.response())[0] == 408
            assert house.journal.events[-1].reasons[0].rule == "bounds.body_timeout"
        cut = says(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        async with House(tmp_path, handler=cut, monotonic=lambda: now[0]) as house:
            client = await house.connect()
            await client.send(GET)
            await client.reader.readuntil(b"abc")
            now[0] += 100
            house.gateway.tick()
            assert await client.rest() == b""
            assert house.journal.events[-1].tag == "gateway:request:failed"

    run(talk())


@pytest.mark.parametrize(
    ("method", "status", "phrase"),
    [
        (b"GET", b"500", b"Internal Server Error"),
        (b"HEAD", b"500", b"Internal Server Error"),
        (b"GET", b"404", b"Not Found"),
        (b"GET", b"200", b"KeyError in /srv/shop.py"),
    ],
)
def test_the_reason_phrase_of_an_error_is_the_standard_one(tmp_path: Path, method: bytes, status: bytes, phrase: bytes) -> None:
    policy = PLAIN + "    sanitise_errors: true\n"
    answer = b"HTTP/1.1 %b KeyError in /srv/shop.py\r\nContent-Length: %d\r\n\r\n" % (status, 0 if method == b"HEAD" else 2)

    async def talk() -> None:
        async with House(tmp_path, policy, handler=says(answer + (b"" if method == b"HEAD" else b"no"))) as house:
            client = await house.connect()
            await client.send(b"%b / HTTP/1.1\r\nHost: h\r\n\r\n" % method)
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %b %b\r\n" % (status, phrase))

    run(talk())


@pytest.mark.parametrize(
    ("head", "connections"),
    [
        (b"204 No Content\r\nContent-Length: 6", 2),
        (b"204 No Content\r\nTransfer-Encoding: chunked", 2),
        (b"304 Not Modified\r\nTransfer-Encoding: chunked", 2),
        (b"304 Not Modified\r\nContent-Length: 6", 1),
        (b"204 No Content", 1),
    ],
)
def test_a_body_announced_where_none_can_be_ends_the_connection(tmp_path: Path, head: bytes, connections: int) -> None:
    """An upstream that sends it all the same would have it read as the answer to somebody else's request."""

    async def talk() -> None:
        async with House(tmp_path, handler=says(b"HTTP/1.1 " + head + b"\r\n\r\n")) as house:
            client = await house.connect()
            for _ in range(2):
                await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                await client.reader.readuntil(b"\r\n\r\n")
            assert house.accepted == connections
            client.close()

    run(talk())


@pytest.mark.parametrize(("count", "status"), [(900, 200), (200_000, 502)])
def test_interim_answers_are_skipped_and_bounded(tmp_path: Path, count: int, status: int) -> None:
    """Without an end, and in few large pieces, they would keep the worker from everybody else."""
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"

    async def talk() -> None:
        async with House(tmp_path, handler=says(hints * count + OK)) as house:
            assert (await house.ask(GET))[0] == status

    run(talk())


def test_a_body_after_head_is_never_anothers_answer(tmp_path: Path) -> None:
    async def wrong(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"HEAD"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
                await asyncio.sleep(0.02)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON")
            else:
                writer.write(OK)

    async def talk() -> None:
        async with House(tmp_path, handler=wrong) as house:
            for _ in range(5):
                client = await house.connect()
                await client.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                await client.reader.readuntil(b"\r\n\r\n")
                assert (await house.ask(GET))[2] == b"ok"

    run(talk())


def test_a_reload_that_changes_the_upstream_fails_no_request_that_is_connecting(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, upstream=", read_timeout: 50") as house:
            house.upstream = ", read_timeout: 40"
            for _ in range(3):
                before = house.gateway.clusters["shop"]
                client = await house.connect()
                await client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                while not before.tasks:
                    await asyncio.sleep(0)
                house.gateway.swap(house.snapshot())
                assert house.gateway.clusters["shop"] is not before
                assert (await client.response())[0] == 200
                await house.until(lambda before=before: not any(target.count for target in before.targets))
                house.upstream += "0"

    run(talk())
