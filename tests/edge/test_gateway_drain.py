"""A worker that drains still answers what was on its way to it."""

import asyncio
from pathlib import Path

from house import PLAIN, House, run, says

ASK = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


def test_what_was_sent_before_the_caller_could_know_is_answered(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, PLAIN, says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as house:
            client = await house.connect()
            await client.send(ASK)
            assert (await client.response())[0] == 200
            draining = asyncio.create_task(house.gateway.drain(5))
            await asyncio.sleep(0)
            await client.send(ASK)
            status, head, _ = await client.response()
            assert status == 200 and b"connection: close" in head.lower()
            await draining
            assert not house.gateway.clients

    run(talk())


def test_a_connection_that_stays_silent_is_ended(tmp_path: Path) -> None:
    async def talk() -> None:
        async with House(tmp_path, PLAIN, says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as house:
            client = await house.connect()
            await client.send(ASK)
            assert (await client.response())[0] == 200
            async with asyncio.timeout(2):
                await house.gateway.drain(30)
            assert not house.gateway.clients

    run(talk())
