"""The attack rules in the gateway: what is denied, what is only recorded, and uploads that are longer than what is inspected."""

import asyncio
from pathlib import Path

from house import House, run

from yett.cli.patterns import pattern_cache
from yett.rules.inspection.packs import packs

packs(pattern_cache())  # as a worker does before it serves

GUARDED = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: {attacks}
"""
ATTACK = b"GET /orders?id=1%27%20OR%20%271%27=%271 HTTP/1.1\r\nHost: h\r\n\r\n"


async def counts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the number of octets of each request's body."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await reader.readexactly(length)
        answer = b"%d" % length
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))


def test_denied_where_it_is_enforced(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=counts, fill={"attacks": "{mode: enforce}"}) as house:
            client = await house.connect()
            await client.send(ATTACK)
            status, _, body = await client.response()
            assert status == 403 and b"sql" not in body.lower()
            reason = house.journal.events[-1].reasons[0]
            assert (reason.rule, reason.place) == ("sql-injection", "query id")

    run(talk())


def test_recorded_by_default(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=counts, fill={"attacks": "true"}) as house:
            client = await house.connect()
            await client.send(ATTACK)
            assert (await client.response())[0] == 200
            event = house.journal.events[-1]
            assert (event.verdict, event.would, event.reasons[0].rule) == ("allow", "deny", "sql-injection")

    run(talk())


def test_an_upload_that_is_longer_than_what_is_inspected_streams(tmp_path: Path) -> None:
    length = 3 << 20

    async def talk() -> None:
        async with House(tmp_path, GUARDED, handler=counts, fill={"attacks": "{mode: enforce}"}) as house:
            client = await house.connect()
            await client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % length)
            for _ in range(length >> 16):
                await client.send(b"harmless text; " * 4_369 + b"\n")
            assert (await client.response())[::2] == (200, b"%d" % length)
            assert house.journal.events[-1].not_evaluated[0][0] == "attacks"

    run(talk())
