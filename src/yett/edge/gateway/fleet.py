"""The workers' processes: started, watched, replaced. Each has its own listening sockets, which the supervisor keeps open.

While a dead worker is being replaced, another one accepts from its sockets too, so that connections that the kernel has
already put into that queue do not wait. It must not know what workers do, nor when to reload or stop.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from functools import partial

from yett.edge.gateway.control import Drain, Failed, Leave, Load, Loaded, Report, Take, Taken
from yett.edge.gateway.exposition import Totals
from yett.edge.gateway.listeners import Listeners
from yett.edge.gateway.preparation import ending
from yett.edge.gateway.slot import Slot
from yett.model.event import Event

log = logging.getLogger("yett.supervisor")

PERIOD = 5.0
"""Seconds between questions for numbers."""

PATIENCE = 6
"""Unanswered questions after which a worker counts as hung and is killed. Counted in questions and not in seconds, so that a
machine or a supervisor that stood still blames nobody."""

START_TRIES = 3
"""Times that a worker may die before it has ever served, until the start is given up."""

WRITING = 5.0
"""Seconds that a drained worker has for writing what its log still holds."""


class StartError(Exception):
    """The gateway cannot be started. The text says why, for the owner."""


class Fleet:
    """All workers. Every method is for the event loop's thread.

    command: starts one worker; it gets `--worker NUMBER` and `--control DESCRIPTOR`. record: puts events into the log.
    """

    def __init__(self, command: Sequence[str], listeners: Listeners, totals: Totals, record: Callable[[Event], object]) -> None:
        self._command = tuple(command)
        self._listeners = listeners
        self._totals = totals
        self._record = record
        self.slots = [Slot(number) for number in range(1, listeners.count + 1)]
        self.digest = ""
        self._bundle = -1
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()

    # --- state ------------------------------------------------------------------------------------------------------

    def unready(self) -> list[str]:
        """Why not all workers serve the present snapshot, one reason for each; empty where they do."""
        reasons = []
        for slot in self.slots:
            if slot.digest != self.digest:
                what = f"serves snapshot {slot.digest}" if slot.digest else "is starting"
                reasons.append(f"worker {slot.number} {what}" + (f": {slot.failure}" if slot.failure else ""))
            elif slot.taken != set(self._listeners.addresses):
                reasons.append(f"worker {slot.number} is not listening yet")
        return reasons

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._news.clear()
            await self._news.wait()

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self, digest: str, bundle: int, seconds: float) -> None:
        """Start all workers and wait until they serve. Takes over the descriptor. Raises StartError."""
        self.digest, self._bundle = digest, bundle
        self._tasks = [asyncio.create_task(self._keep(slot)) for slot in self.slots]
        self._tasks.append(asyncio.create_task(self._attend()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until(lambda: not self.unready() or any(slot.restarts >= START_TRIES for slot in self.slots))
        if reasons := self.unready():
            raise StartError("; ".join(reasons))

    async def _keep(self, slot: Slot) -> None:
        """Fill one slot for as long as there is work."""
        while not self._stopping.is_set():
            try:
                code = await self._live(slot)
            except OSError as error:
                slot.failure = f"cannot be started: {error.strerror or error}"
            else:
                if slot.digest or not slot.answered_load:  # else it has said itself why it could not begin
                    slot.failure = f"ended with {ending(code)}"
            slot.restarts += not self._stopping.is_set()
            slot.vacate()
            self._totals.forget_gauges(slot.number)
            self._cover_all()
            self._news.set()
            if not self._stopping.is_set():
                await self._mourn(slot)

    async def _live(self, slot: Slot) -> int:
        """Start a worker, give it all that it needs, and wait for its end. Raises OSError where it cannot be started."""
        await slot.fill(self._command, partial(self._hear, slot))
        slot.send(Load(self.digest), self._bundle)
        for address, file in self._listeners.of(slot.number):
            slot.send(Take(slot.number, address), file)
        if self._stopping.is_set():
            slot.send(Drain(0))
        return await slot.end()

    async def _mourn(self, slot: Slot) -> None:
        delay = slot.delay()
        self._totals.count("yett_worker_restarts_total", "Workers that ended and were replaced.")
        log.warning("worker %d %s; another one starts in %g s", slot.number, slot.failure, delay)
        detail: dict[str, str | int | float] = {"worker": slot.number, "restarts": slot.restarts}
        event = Event(
            tag="gateway:worker:ended",
            time=time.time(),
            snapshot=self.digest,
            failure=slot.failure,
            detail=detail,
            verdict="",
            would="",
        )
        self._record(event)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay)

    # --- sockets of the dead ----------------------------------------------------------------------------------------

    def _cover_all(self) -> None:
        """Have living workers accept from the sockets of dead ones, until those are replaced."""
        covered = {number for slot in self.slots for number in slot.covering}
        living = [slot for slot in self.slots if slot.taken]
        if not living or self._stopping.is_set():
            return
        for dead in self.slots:
            if not dead.taken and dead.restarts and dead.number not in covered:
                chosen = min(living, key=lambda slot: len(slot.covering))
                chosen.covering.add(dead.number)
                for address, file in self._listeners.of(dead.number):
                    chosen.send(Take(dead.number, address), file)

    def _uncover(self, number: int) -> None:
        for slot in self.slots:
            if number in slot.covering:
                slot.covering.discard(number)
                for address in self._listeners.addresses:
                    slot.send(Leave(number, address))

    # --- what workers say -------------------------------------------------------------------------------------------

    def _hear(self, slot: Slot, report: Report, files: list[int]) -> None:
        for file in files:
            os.close(file)
        match report:
            case Loaded():
                slot.digest = slot.answered_load = report.digest
                slot.failure = ""
                slot.loaded_in, slot.longest_slice = report.seconds, report.longest
            case Failed():
                slot.answered_load = report.digest
                slot.failure = report.reason
                log.error("worker %d cannot load snapshot %s: %s", slot.number, report.digest, report.reason)
            case Taken():
                if report.slot == slot.number:
                    slot.taken.add(report.address)
                    if slot.taken >= set(self._listeners.addresses):
                        self._uncover(slot.number)
                        self._cover_all()
            case _:
                self._totals.add(slot.number, report)
                slot.heard()
        self._news.set()

    async def _attend(self) -> None:
        """Ask for numbers now and then; who does not answer for long is killed, and so replaced."""
        while True:
            await asyncio.sleep(PERIOD)
            for slot in self.slots:
                if slot.filled:
                    slot.unanswered += 1
                    slot.ask()
                if slot.unanswered > PATIENCE and slot.kill():
                    log.error("worker %d does not answer and is killed", slot.number)

    async def refresh(self, seconds: float) -> None:
        """Have all workers send their numbers; those that do not within `seconds` are not waited for."""
        await asyncio.wait([slot.ask() for slot in self.slots], timeout=seconds)

    # --- reload and stop --------------------------------------------------------------------------------------------

    async def load(self, digest: str, bundle: int, seconds: float) -> list[str]:
        """Have all workers load another bundle; new workers begin with it. Takes over the descriptor. Gives what went wrong;
        who cannot build the new one goes on with the old one."""
        before, self._bundle, self.digest = self._bundle, bundle, digest
        os.close(before)
        asked = [slot for slot in self.slots if slot.filled]
        for slot in asked:
            slot.answered_load = slot.failure = ""
            slot.send(Load(digest), bundle)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until(lambda: all(slot.answered_load == digest or not slot.filled for slot in asked))
        return [
            f"worker {slot.number}: {slot.failure or 'no answer'}"
            for slot in asked
            if slot.filled and (slot.failure or slot.answered_load != digest)
        ]

    def listen(self, added: Sequence[str], removed: Sequence[str]) -> None:
        """Have all workers accept on sockets that were opened, and let go of those that were closed."""
        for slot in self.slots:
            slot.taken.difference_update(removed)
            for number in sorted(slot.covering | {slot.number}):
                for address in removed:
                    slot.send(Leave(number, address))
                for address, file in self._listeners.of(number):
                    if address in added:
                        slot.send(Take(number, address), file)

    def hurry(self) -> None:
        """Cut draining short."""
        for slot in self.slots:
            slot.send(Drain(0))

    async def stop(self, seconds: float) -> None:
        """Let all workers finish what is under way within `seconds`, then end them."""
        self._stopping.set()
        for slot in self.slots:
            slot.send(Drain(seconds))
        keeping = self._tasks[: len(self.slots)]
        if keeping:
            await asyncio.wait(keeping, timeout=seconds + WRITING)
        for slot in self.slots:
            if slot.kill():
                log.warning("worker %d did not end in time and is killed", slot.number)
        if keeping:
            await asyncio.wait(keeping)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._bundle >= 0:
            os.close(self._bundle)
            self._bundle = -1
