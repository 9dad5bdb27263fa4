"""Checks that do with the beginning of a body, and checks that ask for a pause: what streams on, what is held, what ends."""

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from house import PLAIN, House, read_message, run, says

from yett.engine.plan import Plan
from yett.formats.coding import UnknownCoding, decode_beginning
from yett.model.decision import Check, Denial, Evaluation, Outcome, Pause, Wait
from yett.model.exchange import View
from yett.model.ports import NoPatternCache
from yett.rules.inspection.packs import packs

SIZE = 300_000
BEGINNING = 10_000
DENIAL = Denial("test", 403, "it is in the body")
POLICY = PLAIN + "    body_size: 100000000\n"


class Bent:
    """A snapshot whose plans are changed."""

    def __init__(self, snapshot: Any, change: Callable[[Plan], Plan]) -> None:
        self._snapshot, self._change = snapshot, change

    def route(self, method: str, host: str, path: str) -> Any:
        plan, parameters = self._snapshot.route(method, host, path)
        return self._change(plan), parameters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)


def looking(seen: list[tuple[int, bool]], response: bool = False, pauses: int = 0, needle: bytes = b"EVIL") -> Check:
    def check(view: View, evaluation: Evaluation) -> Outcome:
        done = 0 if not isinstance(evaluation.inspected, int) else evaluation.inspected
        if done < pauses:
            evaluation.inspected = done + 1
            return Wait(Pause(done))
        content = view.response_content if response else view.content
        seen.append((len(content), view.response_truncated if response else view.truncated))
        return DENIAL if needle in content else None

    return check


def requests(check: Check) -> Callable[[Plan], Plan]:
    return lambda plan: msgspec.structs.replace(plan, checks=((), (), (check,), (), ()), reads_body=True, beginning=BEGINNING)


def responses(check: Check) -> Callable[[Plan], Plan]:
    return lambda plan: msgspec.structs.replace(
        plan, checks=((), (), (), (), (check,)), begins_response=(lambda view: True,), response_beginning=BEGINNING
    )


async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            _, body = await read_message(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n%06d" % (len(body)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return


@pytest.mark.parametrize("pauses", [0, 3])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_goes_on_as_a_stream_after_its_beginning_was_seen(tmp_path: Path, pauses: int, chunked: bool) -> None:
    seen: list[tuple[int, bool]] = []

    async def talk() -> None:
        async with House(tmp_path, POLICY, sink) as house:
            house.gateway.snapshot = Bent(house.gateway.snapshot, requests(looking(seen, pauses=pauses)))  # type: ignore[assignment]
            client = await house.connect()
            for size in (SIZE, BEGINNING // 2):
                framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
                await client.send(b"POST / HTTP/1.1\r\nHost: h\r\n%b\r\n\r\n" % framing)
                step = 5_000
                for start in range(0, size, step):
                    piece = b"x" * min(step, size - start)
                    await client.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                if chunked:
                    await client.send(b"0\r\n\r\n")
                assert (await client.response())[::2] == (200, b"%06d" % size)
            client.close()

    run(talk())
    (first, truncated), whole = seen
    assert truncated
    assert BEGINNING < first < SIZE
    assert whole == (BEGINNING // 2, False)


def test_what_is_in_the_beginning_never_reaches_the_upstream(tmp_path: Path) -> None:
    seen: list[tuple[int, bool]] = []
    reached: list[bytes] = []

    async def watching(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(1))
        writer.close()

    async def talk() -> None:
        async with House(tmp_path, POLICY, watching) as house:
            house.gateway.snapshot = Bent(house.gateway.snapshot, requests(looking(seen, pauses=1)))  # type: ignore[assignment]
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\nEVIL" % SIZE)
            await client.send(b"x" * (BEGINNING * 2))
            status, head, _ = await client.response()
            assert status == 403
            assert b"connection: close" in head.lower()
            client.close()

    run(talk())
    assert seen[0][1]
    assert reached == []


@pytest.mark.parametrize("pauses", [0, 2])
@pytest.mark.parametrize("size", [SIZE, BEGINNING // 2])
def test_a_response_waits_until_its_beginning_was_seen(tmp_path: Path, pauses: int, size: int) -> None:
    seen: list[tuple[int, bool]] = []
    body = bytes(range(65, 91)) * (size // 26)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def talk() -> None:
        pieces = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
        async with House(tmp_path, POLICY, says(answer, *pieces)) as house:
            house.gateway.snapshot = Bent(house.gateway.snapshot, responses(looking(seen, True, pauses)))  # type: ignore[assignment]
            client = await house.connect()
            for _ in range(2):
                await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                assert (await client.response())[::2] == (200, body)
            client.close()

    run(talk())
    assert [truncated for _, truncated in seen] == [size == SIZE] * 2


@pytest.mark.parametrize("pauses", [0, 2])
def test_a_response_that_is_denied_by_its_beginning(tmp_path: Path, pauses: int) -> None:
    seen: list[tuple[int, bool]] = []

    async def talk() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nEVIL" % SIZE
        async with House(tmp_path, POLICY, says(answer, b"x" * BEGINNING, b"x" * (SIZE - BEGINNING - 4))) as house:
            house.gateway.snapshot = Bent(house.gateway.snapshot, responses(looking(seen, True, pauses)))  # type: ignore[assignment]
            client = await house.connect()
            await client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            status, _, body = await client.response()
            assert (status, json.loads(body)["status"]) == (403, 403)
            client.close()

    run(talk())
    assert seen


def test_who_leaves_during_a_pause_is_forgotten(tmp_path: Path) -> None:
    seen: list[tuple[int, bool]] = []

    async def talk() -> None:
        async with House(tmp_path, POLICY, sink) as house:
            house.gateway.snapshot = Bent(house.gateway.snapshot, requests(looking(seen, pauses=200_000)))  # type: ignore[assignment]
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab")
            await asyncio.sleep(0.05)
            raw = client.writer.get_extra_info("socket")
            raw.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )  # a half-closed one would get its answer
            client.writer.transport.abort()
            async with asyncio.timeout(5):
                while house.gateway.clients:
                    await asyncio.sleep(0.01)

    run(talk())
    assert seen == []


@pytest.mark.parametrize("attacks", ["{{}}", "{{mode: enforce}}", "false"])
def test_a_coded_body_that_only_attack_rules_look_at(tmp_path: Path, attacks: str) -> None:
    policy = POLICY.replace("attacks: false", f"attacks: {attacks}")
    packs(NoPatternCache())  # they are compiled once in a process, which may take longer than a request may wait
    bomb = gzip.compress(bytes(20 << 20))
    damaged = b"\x1f\x8b" + bytes(100)

    async def talk() -> None:
        async with House(tmp_path, policy, sink) as house:
            for body, coding, wanted in (
                (bomb, b"gzip", 200),
                (damaged, b"gzip", 400 if "enforce" in attacks else 200),
                (b"abc", b"compress", 415 if "enforce" in attacks else 200),
            ):
                client = await house.connect()
                head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
                await client.send(head % (coding, len(body)) + body)
                assert (await client.response())[0] == wanted
                client.close()
            skipped = [reason for event in house.journal.events for reason in event.not_evaluated]
            assert len(skipped) == {"{{}}": 3, "{{mode: enforce}}": 1, "false": 0}[attacks]

    run(talk())


@pytest.mark.parametrize("cut", [1_000, 30_000, 10**9])
@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd", b"identity", b""])
def test_the_beginning_of_a_coded_body_is_read(coding: bytes, cut: int) -> None:
    import random
    import zlib

    import brotli
    import zstandard

    body = random.Random(7).randbytes(60_000)
    encode: dict[bytes, Callable[[bytes], bytes]] = {
        b"gzip": gzip.compress,
        b"deflate": zlib.compress,
        b"br": brotli.compress,
        b"zstd": zstandard.ZstdCompressor().compress,
    }
    coded = encode.get(coding, bytes)(body)
    found = decode_beginning(coding, coded[:cut], 20_000)
    assert body.startswith(found)
    assert len(found) == 20_000 or cut < 30_000


def test_unknown_codings_have_no_beginning() -> None:
    with pytest.raises(UnknownCoding):
        decode_beginning(b"compress", b"abc", 10)
