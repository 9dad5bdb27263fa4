"""What guards wait for, and who gives it to them. It must not know guards."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from yett.edge.keysets import KeySets
from yett.edge.passwords import PasswordVerifier
from yett.model.decision import Need, Pause, Unanswered, VerifyPassword

_TURN = 0.0005
"""Seconds that one thread computes while another one waits. Python's default is ten times as long, which callers would feel."""


def fulfiller(key_sets: KeySets, passwords: PasswordVerifier) -> Callable[[Need], Awaitable[bool | Unanswered]]:
    """A function from a need to its answer, for the gateway. It takes as long as one fetch or one full queue at most."""

    aside = ThreadPoolExecutor(1, thread_name_prefix="yett-inspection")
    sys.setswitchinterval(_TURN)

    async def fulfil(need: Need) -> bool | Unanswered:
        if isinstance(need, VerifyPassword):
            return await passwords.verify(need)
        if isinstance(need, Pause):
            if need.work is None:
                await asyncio.sleep(0)
            else:
                await asyncio.get_running_loop().run_in_executor(aside, need.work)
            return True
        return await key_sets.refresh(need)

    return fulfil
