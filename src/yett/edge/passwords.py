"""Passwords are verified here, off the event loop: a few threads, and a queue that is full rather than long.

argon2 takes tens of milliseconds and megabytes of memory for each by design, and lets go of the interpreter's lock
meanwhile. Whoever finds the queue full is told so at once: a guess that waits for minutes helps nobody, and what a flood of
guesses may hold is bounded. It must not know users.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2.exceptions import Argon2Error, InvalidHashError, VerifyMismatchError
from argon2.low_level import Type, verify_secret

from yett.model.decision import Unanswered, VerifyPassword


class PasswordVerifier:
    """threads: how many are verified at once, each with the memory that its hash asks for; waiting: how many more may wait."""

    def __init__(self, threads: int = 2, waiting: int = 32) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="yett-password")
        self._most = threads + waiting
        self._pending = 0
        self.refused = 0

    @property
    def pending(self) -> int:
        """How many are being verified or wait, for metrics."""
        return self._pending

    async def verify(self, need: VerifyPassword) -> bool | Unanswered:
        """Whether the password is that of the hash. Unanswered where the queue is full or the hash cannot be verified.

        Call it on one event loop only. A caller that gives up leaves its place when its work is done, not before.
        """
        if self._pending >= self._most:
            self.refused += 1
            return Unanswered("too many passwords wait to be verified")
        self._pending += 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, verify_now, need)
        work.add_done_callback(self._done)
        return await asyncio.shield(work)

    def _done(self, work: asyncio.Future[bool | Unanswered]) -> None:
        self._pending -= 1
        if not work.cancelled():
            work.exception()  # looked at, also where the caller is gone

    def close(self) -> None:
        """Drop what waits; what is being verified ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def verify_now(need: VerifyPassword) -> bool | Unanswered:
    """As `PasswordVerifier.verify`, while the caller waits: tens of milliseconds."""
    try:
        return verify_secret(need.hash.encode(), need.password, Type.ID)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, Argon2Error) as error:
        return Unanswered(f"the hash cannot be verified: {type(error).__name__}")
