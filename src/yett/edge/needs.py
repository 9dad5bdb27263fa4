"""What guards wait for, and who gives it to them. It must not know guards."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from yett.edge.inspector import Inspector, InspectorFailed
from yett.edge.keysets import KeySets
from yett.edge.passwords import PasswordVerifier
from yett.model.decision import Errand, Need, Pause, Unanswered, VerifyPassword

_TURN = 0.0005
"""Seconds that one thread computes while another one waits. Python's default is ten times as long, which callers would feel."""


class WorkFailed(Exception):
    """Work of a guard raised something; it never counts as answered."""


class Aside:
    """One thread for work that would hold up the event loop: one piece after the other, in the order in which they were asked for.

    Who waits for a turn and gives up (the client left, the gateway stops) leaves nothing behind; work under way is done to its
    end, because threads cannot be stopped. So what waits is bounded by the connections that wait.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="yett-inspection")
        self._turn = asyncio.Semaphore(1)

    async def do(self, work: Callable[[], object]) -> None:
        """Raises WorkFailed. Call it on one event loop only."""
        await self._turn.acquire()
        try:
            running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        except BaseException:
            self._turn.release()
            raise
        running.add_done_callback(self._done)
        try:
            await asyncio.shield(running)
        except Exception as error:
            raise WorkFailed(f"{type(error).__name__}: {error}") from error

    def _done(self, running: "asyncio.Future[object]") -> None:
        self._turn.release()
        if not running.cancelled():
            running.exception()  # looked at, also where the caller is gone


def fulfiller(
    key_sets: KeySets, passwords: PasswordVerifier, inspector: Inspector | None = None
) -> Callable[[Need], Awaitable[bool | Unanswered]]:
    """A function from a need to its answer, for the gateway. It takes as long as one fetch or one full queue at most, and work of
    guards as long as all that is asked for before it. Raises WorkFailed.

    inspector: does errands; a thread does the work where there is none, or it cannot say. An errand that came to nothing is
    Unanswered: the guard says what becomes of the request."""

    aside = Aside()
    sys.setswitchinterval(_TURN)

    async def fulfil(need: Need) -> bool | Unanswered:
        if isinstance(need, VerifyPassword):
            return await passwords.verify(need)
        if isinstance(need, Pause):
            if need.work is None:
                await asyncio.sleep(0)
                return True
            try:
                if inspector is None or need.errand is None or not await _done(need.errand, inspector):
                    await aside.do(need.work)
            except InspectorFailed as error:
                return Unanswered(str(error))
            return True
        return await key_sets.refresh(need)

    return fulfil


async def _done(errand: Errand, inspector: Inspector) -> bool:
    """Whether an errand was done. Raises InspectorFailed."""
    found = await inspector.do(errand)
    return found is not None and errand.take(found)
