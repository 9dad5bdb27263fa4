"""The workers' processes: started, watched, replaced. Each has its own listening sockets, which the supervisor keeps open.

While a dead worker is being replaced, another one accepts from its sockets too, so that connections that the kernel has
already put into that queue do not wait. It must not know what workers do, nor when to reload or stop.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial

from yett.edge.gateway.control import Ask, Channel, Drain, Failed, Leave, Load, Loaded, Report, Take, Taken, supervisor_end
from yett.edge.gateway.exposition import Totals
from yett.edge.gateway.listeners import Listeners
from yett.edge.gateway.preparation import ending
from yett.model.event import Event

log = logging.getLogger("yett.supervisor")

FIRST_DELAY, LAST_DELAY = 0.1, 10.0
"""Seconds before a dead worker is replaced: doubled each time it dies soon."""

SOON = 30.0
"""A worker that lived for so many seconds died of something new."""

PERIOD = 5.0
"""Seconds between questions for numbers."""

PATIENCE = 6
"""Unanswered questions after which a worker counts as hung and is killed. Counted in questions and not in seconds, so that a
machine or a supervisor that stood still blames nobody."""

START_TRIES = 3
"""Times that a worker may die before it has ever served, until the start is given up."""

LAST_WORDS = 5.0
"""Seconds that a drained worker has for writing what its log still holds."""


class StartError(Exception):
    """The workers cannot be started. The text says why, for the owner."""


class Slot:
    """The place of one worker, whoever fills it. number: from 1.

    digest: what it serves; empty while there is nobody. failure: why it could not load the last bundle, or how it ended.
    covering: numbers of other slots whose sockets it has taken for the time being.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: asyncio.subprocess.Process | None = None
        self.channel: Channel[Report] | None = None
        self.digest = ""
        self.failure = ""
        self.answered_load = ""
        self.taken: set[str] = set()
        self.covering: set[int] = set()
        self.started = 0.0
        self.restarts = 0
        self.delay = FIRST_DELAY
        self.unanswered = 0
        self.answers: list[asyncio.Future[None]] = []
        self.loaded_in = 0.0
        self.longest_slice = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0


class Fleet:
    """All workers. Every method is for the event loop's thread.

    command: starts one worker; it gets `--worker NUMBER` and `--control DESCRIPTOR`. record: puts events into the log.
    """

    def __init__(
        self,
        command: Sequence[str],
        listeners: Listeners,
        totals: Totals,
        record: Callable[[Event], object],
    ) -> None:
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
        """Why not all workers serve the present snapshot; empty where they do."""
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
        try:
            async with asyncio.timeout(seconds):
                await self._until(lambda: not self.unready() or any(slot.restarts >= START_TRIES for slot in self.slots))
        except TimeoutError:
            pass
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
            self._vacate(slot)
            if not self._stopping.is_set():
                await self._mourn(slot)

    async def _live(self, slot: Slot) -> int:
        """Start a worker and wait for its end. Raises OSError where it cannot be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    "--worker",
                    str(slot.number),
                    "--control",
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    start_new_session=True,  # a Ctrl-C in the terminal is for the supervisor only
                )
            except OSError:
                ours.close()
                raise
        slot.process, slot.started, slot.unanswered = process, time.monotonic(), 0
        loop = asyncio.get_running_loop()
        gone = loop.create_future()
        slot.channel = supervisor_end(ours, loop, partial(self._hear, slot), partial(_settle, gone))
        self._hand_over(slot)
        code = await process.wait()
        with contextlib.suppress(TimeoutError):  # its last words may still be in the channel
            await asyncio.wait_for(gone, 1.0)
        return code

    def _hand_over(self, slot: Slot) -> None:
        """Give a new worker all that it needs."""
        if slot.channel is None:
            raise AssertionError("a worker without a channel")
        slot.channel.send(Load(self.digest), self._bundle)
        for address, file in self._listeners.of(slot.number):
            slot.channel.send(Take(slot.number, address), file)
        if self._stopping.is_set():
            slot.channel.send(Drain(0))

    def _vacate(self, slot: Slot) -> None:
        """A worker has ended: let others take over what it did."""
        if slot.channel is not None:
            slot.channel.close()
        slot.process = slot.channel = None
        slot.digest = slot.answered_load = ""
        slot.taken.clear()
        _settle_all(slot)
        self._totals.forget_gauges(slot.number)
        slot.covering.clear()
        self._cover_all()
        self._news.set()

    async def _mourn(self, slot: Slot) -> None:
        if time.monotonic() - slot.started > SOON:
            slot.delay = FIRST_DELAY
        self._totals.count("yett_worker_restarts_total", "Workers that ended and were replaced.")
        log.warning("worker %d %s; another one starts in %g s", slot.number, slot.failure, slot.delay)
        detail: dict[str, str | int | float] = {"worker": slot.number, "restarts": slot.restarts}
        self._record(_event("gateway:worker:ended", self.digest, failure=slot.failure, detail=detail))
        self._news.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), slot.delay)
        slot.delay = min(slot.delay * 2, LAST_DELAY)

    # --- sockets of the dead ----------------------------------------------------------------------------------------

    def _cover_all(self) -> None:
        """Have living workers accept from the sockets of dead ones, until those are replaced."""
        covered = {number for slot in self.slots for number in slot.covering}
        living = [slot for slot in self.slots if slot.taken and slot.channel is not None]
        if not living or self._stopping.is_set():
            return
        for dead in self.slots:
            if not dead.taken and dead.restarts and dead.number not in covered:
                chosen = min(living, key=lambda slot: len(slot.covering))
                chosen.covering.add(dead.number)
                for address, file in self._listeners.of(dead.number):
                    if chosen.channel is not None:
                        chosen.channel.send(Take(dead.number, address), file)

    def _uncover(self, number: int) -> None:
        for slot in self.slots:
            if number in slot.covering and slot.channel is not None:
                slot.covering.discard(number)
                for address in self._listeners.addresses:
                    slot.channel.send(Leave(number, address))

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
                slot.unanswered = 0
                self._totals.add(slot.number, report)
                _settle_all(slot)
        self._news.set()

    async def _attend(self) -> None:
        """Ask for numbers now and then; who does not answer for long is killed, and so replaced."""
        while True:
            await asyncio.sleep(PERIOD)
            for slot in self.slots:
                if slot.unanswered >= PATIENCE and slot.process is not None:
                    log.error("worker %d does not answer and is killed", slot.number)
                    with contextlib.suppress(ProcessLookupError):
                        slot.process.kill()
                elif slot.channel is not None:
                    slot.unanswered += 1
                    slot.channel.send(Ask())

    async def refresh(self, seconds: float) -> None:
        """Have all workers send their numbers; those that do not within `seconds` are not waited for."""
        loop = asyncio.get_running_loop()
        answers = []
        for slot in self.slots:
            if slot.channel is not None:
                answer = loop.create_future()
                slot.answers.append(answer)
                answers.append(answer)
                slot.channel.send(Ask())
        if answers:
            await asyncio.wait(answers, timeout=seconds)

    # --- reload and stop --------------------------------------------------------------------------------------------

    async def load(self, digest: str, bundle: int, seconds: float) -> list[str]:
        """Have all workers load another bundle; new workers begin with it. Takes over the descriptor. Gives what went wrong;
        who cannot build the new one goes on with the old one."""
        before, self._bundle, self.digest = self._bundle, bundle, digest
        os.close(before)
        asked = [slot for slot in self.slots if slot.channel is not None]
        for slot in asked:
            if slot.channel is not None:
                slot.answered_load = slot.failure = ""
                slot.channel.send(Load(digest), bundle)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until(lambda: all(slot.answered_load == digest or slot.channel is None for slot in asked))
        return [
            f"worker {slot.number}: {slot.failure or 'no answer'}" for slot in asked if slot.digest != digest and slot.channel
        ]

    def listen(self, added: Sequence[str], removed: Sequence[str]) -> None:
        """Have all workers accept on sockets that were opened, and let go of those that were closed."""
        for slot in self.slots:
            if slot.channel is None:
                continue
            for number in sorted(slot.covering | {slot.number}):
                for address in removed:
                    slot.channel.send(Leave(number, address))
                for address, file in self._listeners.of(number):
                    if address in added:
                        slot.channel.send(Take(number, address), file)
            slot.taken.difference_update(removed)

    def hurry(self) -> None:
        """Cut draining short."""
        for slot in self.slots:
            if slot.channel is not None:
                slot.channel.send(Drain(0))

    async def stop(self, seconds: float) -> None:
        """Let all workers finish what is under way within `seconds`, then end them."""
        self._stopping.set()
        for slot in self.slots:
            if slot.channel is not None:
                slot.channel.send(Drain(seconds))
        keeping = self._tasks[: len(self.slots)]
        if keeping:
            await asyncio.wait(keeping, timeout=seconds + LAST_WORDS)
        for slot in self.slots:
            if slot.process is not None:
                log.warning("worker %d did not end in time and is killed", slot.number)
                with contextlib.suppress(ProcessLookupError):
                    slot.process.send_signal(signal.SIGKILL)
        if keeping:
            await asyncio.wait(keeping)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._bundle >= 0:
            os.close(self._bundle)
            self._bundle = -1


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _settle_all(slot: Slot) -> None:
    for answer in slot.answers:
        _settle(answer)
    slot.answers.clear()


def _event(tag: str, snapshot: str, **details: object) -> Event:
    return Event(tag=tag, time=time.time(), snapshot=snapshot, verdict="", would="", **details)  # type: ignore[arg-type]
