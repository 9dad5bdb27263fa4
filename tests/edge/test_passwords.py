"""Passwords off the loop."""

import asyncio
import time

from argon2.low_level import Type, hash_secret

from yett.edge.passwords import PasswordVerifier
from yett.formats.credentials import decoy
from yett.model.decision import Unanswered, VerifyPassword


def hashed(password: bytes, time_cost: int = 1, memory: int = 8) -> str:
    return hash_secret(password, b"salt-of-a-test", time_cost, memory, 1, 16, Type.ID).decode()


QUICK = hashed(b"right")


def test_right_and_wrong():
    async def both() -> None:
        verifier = PasswordVerifier()
        assert await verifier.verify(VerifyPassword(QUICK, b"right")) is True
        assert await verifier.verify(VerifyPassword(QUICK, b"wrong")) is False
        assert await verifier.verify(VerifyPassword(decoy(QUICK), b"right")) is False
        broken = await verifier.verify(VerifyPassword("$argon2id$x", b"right"))
        assert type(broken) is Unanswered
        assert "argon2" not in broken.reason
        verifier.close()

    asyncio.run(both())


def test_the_queue_is_bounded_and_the_loop_goes_on():
    slow = hashed(b"right", 6, 32_768)

    async def flood() -> None:
        verifier = PasswordVerifier(threads=1, waiting=2)
        tasks = [asyncio.create_task(verifier.verify(VerifyPassword(slow, b"%d" % number))) for number in range(20)]
        begin = time.monotonic()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert time.monotonic() - begin < 0.5  # nothing is verified on the loop itself
        assert verifier.pending == 3
        answers = await asyncio.gather(*tasks)
        assert answers.count(False) == 3
        assert sum(type(answer) is Unanswered for answer in answers) == verifier.refused == 17
        assert verifier.pending == 0
        assert await verifier.verify(VerifyPassword(slow, b"right")) is True
        verifier.close()

    asyncio.run(flood())


def test_who_gives_up_keeps_the_place_until_the_work_is_done():
    slow = hashed(b"right", 6, 32_768)

    async def give_up() -> None:
        verifier = PasswordVerifier(threads=1, waiting=0)
        task = asyncio.create_task(verifier.verify(VerifyPassword(slow, b"right")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert verifier.pending == 1
        assert type(await verifier.verify(VerifyPassword(slow, b"right"))) is Unanswered
        async with asyncio.timeout(10):
            while verifier.pending:
                await asyncio.sleep(0.005)
        assert await verifier.verify(VerifyPassword(slow, b"right")) is True
        verifier.close()

    asyncio.run(give_up())
