"""What guards wait for, and who gives it to them. It must not know guards."""

import asyncio
from collections.abc import Awaitable, Callable

from yett.edge.keysets import KeySets
from yett.edge.passwords import PasswordVerifier
from yett.model.decision import Need, Pause, Unanswered, VerifyPassword


def fulfiller(key_sets: KeySets, passwords: PasswordVerifier) -> Callable[[Need], Awaitable[bool | Unanswered]]:
    """A function from a need to its answer, for the gateway. It takes as long as one fetch or one full queue at most."""

    async def fulfil(need: Need) -> bool | Unanswered:
        if isinstance(need, VerifyPassword):
            return await passwords.verify(need)
        if isinstance(need, Pause):
            await asyncio.sleep(0)
            return True
        return await key_sets.refresh(need)

    return fulfil
