"""The place of one worker: its process, its end of the control channel, and what it has said of itself.

It must not know of other workers, nor when one is replaced.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Sequence

from yett.edge.gateway.control import Ask, Channel, Order, Report, supervisor_end

FIRST_DELAY, LAST_DELAY = 0.1, 10.0
"""Seconds before a dead worker is replaced: doubled each time it dies soon."""

SOON = 30.0
"""A worker that lived for so many seconds died of something new."""

MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(128 << 10)}
"""For the C library: blocks of this size and more always get pages of their own. Left to itself, glibc raises the threshold at
the first large block that is freed (mallopt(3)); the 256 KB that the event loop sets aside for each TLS connection, of which it
touches little, then lie in the heap between dirty pages: 45 KB each instead of 24. An operator's own setting stays."""

LAST_WORDS = 1.0
"""Seconds to hear what a dead worker has said before its end."""


class Slot:
    """number: from 1. digest: what its worker serves; empty while there is none, or none that serves.

    failure: why it could not load the last bundle, or how it ended. answered_load: the bundle that it last answered about.
    taken: addresses that it accepts on, of its own sockets. covering: numbers of other slots whose sockets it has taken for the
    time being. unanswered: questions in a row. loaded_in, longest_slice: seconds, of the last bundle.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.digest = ""
        self.failure = ""
        self.answered_load = ""
        self.taken: set[str] = set()
        self.covering: set[int] = set()
        self.restarts = 0
        self.unanswered = 0
        self.loaded_in = 0.0
        self.longest_slice = 0.0
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel[Report] | None = None
        self._gone: asyncio.Future[None] | None = None
        self._answers: list[asyncio.Future[None]] = []
        self._started = 0.0
        self._delay = FIRST_DELAY

    @property
    def filled(self) -> bool:
        return self._channel is not None

    @property
    def pid(self) -> int:
        """0 where no process runs."""
        return self._process.pid if self._process is not None else 0

    async def fill(self, command: Sequence[str], hear: Callable[[Report, list[int]], None]) -> None:
        """Start a worker. Raises OSError where it cannot be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = ("--worker", str(self.number), "--control", str(theirs.fileno()))
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    *arguments,
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    env={**MEMORY, **os.environ},
                    start_new_session=True,  # a Ctrl-C in the terminal is for the supervisor only
                )
            except OSError:
                ours.close()
                raise
        loop = asyncio.get_running_loop()
        gone = self._gone = loop.create_future()
        self._channel = supervisor_end(ours, loop, hear, lambda: settle(gone))
        self._started, self.unanswered = time.monotonic(), 0

    async def end(self) -> int:
        """Wait until the worker has ended, and has been heard out. Gives its exit code."""
        if self._process is None or self._gone is None:
            raise AssertionError("nobody is here")
        code = await self._process.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone, LAST_WORDS)
        return code

    def vacate(self) -> None:
        """Its worker has ended."""
        if self._channel is not None:
            self._channel.close()
        self._process = self._channel = None
        self.digest = self.answered_load = ""
        self.taken.clear()
        self.covering.clear()
        self.heard()

    def send(self, order: Order, *files: int) -> None:
        """Nothing happens where nobody is here."""
        if self._channel is not None:
            self._channel.send(order, *files)

    def ask(self) -> "asyncio.Future[None]":
        """Ask for the numbers. Done when they have come, or never will."""
        answer = asyncio.get_running_loop().create_future()
        if self._channel is None:
            settle(answer)
        else:
            self._answers.append(answer)
            self._channel.send(Ask())
        return answer

    def heard(self) -> None:
        """The numbers have come, or never will."""
        self.unanswered = 0
        for answer in self._answers:
            settle(answer)
        self._answers.clear()

    def kill(self) -> bool:
        """End the worker at once. False where there is none."""
        if self._process is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return True

    def delay(self) -> float:
        """Seconds to wait before the next worker is started."""
        if time.monotonic() - self._started > SOON:
            self._delay = FIRST_DELAY
        delay, self._delay = self._delay, min(self._delay * 2, LAST_DELAY)
        return delay


def settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
