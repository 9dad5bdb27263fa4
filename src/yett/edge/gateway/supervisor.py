"""The supervisor: compiles the policy elsewhere, opens the ports, keeps workers alive, reloads, drains. Decides no request.

It reads no policy itself and holds none of what it means: a bundle passes through as a descriptor. What the policy is made
of, the event log and the counters' files come from the composition root.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence

import msgspec

from yett.edge.admin import Admin, Status, WorkerStatus
from yett.edge.gateway.exposition import Totals
from yett.edge.gateway.fleet import Fleet, StartError
from yett.edge.gateway.listeners import ListenError, Listeners
from yett.edge.gateway.metrics import Labels
from yett.edge.gateway.preparation import Prepared, Refused, Verdict, prepare
from yett.edge.gateway.systemd import notify
from yett.edge.gateway.watch import Watch
from yett.model.event import Event

log = logging.getLogger("yett.supervisor")
mistakes = logging.getLogger("yett.policy")

LOOK = 1.0
"""Seconds between two looks at the policy's files."""

POLICY_ERROR, START_ERROR = 2, 1
"""Exit codes."""


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """What the composition root has made for this process. record: puts an event into the log. upkeep: called every few
    seconds in a thread of its own. close: called last."""

    record: Callable[[Event], object]
    upkeep: Callable[[], None]
    close: Callable[[], None]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """worker: command of a worker. prepare: command that compiles. workers: 0 for what the policy says, and where that says 0
    too, one for each processor. drain: seconds for what is under way to finish. start, reload: seconds until workers must
    serve. equip: called once the policy is known, with it and the number of workers; raises StartError where the process
    cannot be equipped. announce: called when everything serves, with where the listeners and the admin server are bound.
    """

    worker: tuple[str, ...]
    prepare: tuple[str, ...]
    equip: Callable[[Prepared, int], Equipment]
    announce: Callable[[Prepared, dict[str, str], str], None]
    workers: int = 0
    drain: float = 30.0
    start: float = 60.0
    reload: float = 300.0
    version: str = ""


class Reloads(msgspec.Struct):
    """accepted, refused: how many. error: of the last one, empty where it went well. at: seconds since the Unix epoch."""

    accepted: int = 0
    refused: int = 0
    error: str = ""
    at: float = 0.0


class Supervisor:
    """Runs everything. `run` returns the exit code."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._totals = Totals()
        self._watch = Watch()
        self._reloads = Reloads()
        self._stopping = asyncio.Event()
        self._wanted = asyncio.Event()
        self._began = time.time()
        self._started = False
        self._dropped = 0
        self._prepared: Prepared
        self._listeners: Listeners
        self._fleet: Fleet
        self._equipment: Equipment

    # --- start and stop ---------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Serve until told to stop. 0: ended in order; 1: could not start; 2: the policy cannot be used."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up, os.isatty(0))
        began = time.time()
        prepared = await self._prepare()
        if prepared is None:
            return 0
        verdict, bundle = prepared
        if isinstance(verdict, Refused):
            os.close(bundle)
            _explain(verdict)
            return POLICY_ERROR
        self._prepared = verdict
        await asyncio.to_thread(self._watch.follow, verdict.files, began)
        workers = self._settings.workers or verdict.workers or processors()
        try:
            self._equipment = self._settings.equip(verdict, workers)
        except StartError as error:
            os.close(bundle)
            log.error("%s", error)
            return START_ERROR
        try:
            return await self._serve(verdict, bundle, workers)
        finally:
            self._equipment.close()

    async def _prepare(self) -> tuple[Verdict, int] | None:
        """Compile the policy, which may take a minute; None where it is told to stop meanwhile."""
        preparing = asyncio.create_task(prepare(self._settings.prepare, self._settings.reload, gently=False))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if preparing.done():
            return preparing.result()
        preparing.cancel()
        await asyncio.wait([preparing])
        return None

    async def _serve(self, prepared: Prepared, bundle: int, workers: int) -> int:
        self._listeners = Listeners(workers)
        admin = Admin(self._status, self._metrics)
        try:
            self._listeners.open_missing(prepared.listen)
            if prepared.admin:
                await admin.open(prepared.admin)
        except ListenError as error:
            os.close(bundle)
            self._listeners.close()
            log.error("%s", error)
            return START_ERROR
        self._fleet = Fleet(self._settings.worker, self._listeners, self._totals, self._equipment.record)
        jobs: list[asyncio.Task[None]] = []
        try:
            if not await self._start(prepared, bundle):
                return START_ERROR
            self._settings.announce(prepared, self._listeners.bound, admin.bound)
            jobs = [asyncio.create_task(job()) for job in (self._look_at_files, self._reload_all, self._keep_up)]
            await self._first_of(jobs)
        finally:
            for job in jobs:
                job.cancel()
            await self._wind_up()
            await admin.close()
        return 0

    async def _start(self, prepared: Prepared, bundle: int) -> bool:
        """Start the workers; being told to stop meanwhile is a start too. False where they cannot be started."""
        starting = asyncio.create_task(self._fleet.start(prepared.digest, bundle, self._settings.start))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            return True
        try:
            starting.result()
        except StartError as error:
            log.error("the workers cannot be started: %s", error)
            return False
        self._started = True
        self._note("gateway:policy:loaded", prepared.digest)
        notify("READY=1")
        return True

    async def _first_of(self, jobs: "Sequence[asyncio.Task[None]]") -> None:
        """Wait until told to stop. A job only ends by a mistake of ours, which must be seen."""
        stopping = asyncio.create_task(self._stopping.wait())
        done, _ = await asyncio.wait([*jobs, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done:
            task.result()

    def stop(self) -> None:
        """Drain and end. A second call ends quickly."""
        if self._stopping.is_set() and self._started:
            log.warning("stopping at once")
            self._fleet.hurry()
        self._stopping.set()

    def _hang_up(self, from_terminal: bool) -> None:
        """SIGHUP asks for a reload, but for a command in a terminal it also says that the terminal has been closed."""
        if from_terminal and not _terminal_is_there():
            self.stop()
        else:
            self.reload()

    async def _wind_up(self) -> None:
        self._stopping.set()
        notify("STOPPING=1")
        if self._started:
            log.info("stopping: requests under way have %g s to finish", self._settings.drain)
        self._listeners.close()
        await self._fleet.stop(self._settings.drain if self._started else 0.0)

    # --- reload -----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the policy again, as soon as an earlier reload is over."""
        self._wanted.set()

    async def _look_at_files(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            changed = await asyncio.to_thread(self._watch.look)
            if changed:
                log.info("changed: %s", ", ".join(changed))
                self.reload()

    async def _reload_all(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            notify("RELOADING=1")
            await self._reload()
            notify("READY=1")

    async def _reload(self) -> None:
        began = time.time()
        verdict, bundle = await prepare(self._settings.prepare, self._settings.reload, gently=True)
        added: tuple[str, ...] = ()
        if isinstance(verdict, Prepared):
            try:
                added = self._listeners.open_missing(verdict.listen)
            except ListenError as error:
                verdict = Refused(errors=(str(error),), files=verdict.files)
        files = verdict.files if isinstance(verdict, Prepared) else (*self._prepared.files, *verdict.files)
        await asyncio.to_thread(self._watch.follow, files, began)
        if isinstance(verdict, Refused):
            os.close(bundle)
            self._refuse(verdict)
            return
        await self._accept(verdict, bundle, added)

    async def _accept(self, prepared: Prepared, bundle: int, added: tuple[str, ...]) -> None:
        before, self._prepared = self._prepared, prepared
        failures = await self._fleet.load(prepared.digest, bundle, self._settings.reload)
        removed = self._listeners.keep_only(prepared.listen)
        self._fleet.listen(added, removed)
        self._reloads.accepted += 1
        self._reloads.error = "; ".join(failures)
        self._reloads.at = time.time()
        self._count_reload("accepted")
        later = sorted(name for name, value in prepared.fixed.items() if before.fixed.get(name, value) != value)
        if later:
            self._prepared = msgspec.structs.replace(prepared, fixed=before.fixed)
            log.warning("a change of %s takes effect at the next start", ", ".join(later))
        if failures:
            log.error("not every worker has the new policy: %s", self._reloads.error)
        log.info("policy loaded: snapshot %s", prepared.digest)
        self._note("gateway:policy:loaded", prepared.digest, failure=self._reloads.error)

    def _refuse(self, refused: Refused) -> None:
        _explain(refused)
        log.error("the new policy is refused; snapshot %s stays in force", self._fleet.digest)
        self._reloads.refused += 1
        self._reloads.error = "; ".join(refused.errors)
        self._reloads.at = time.time()
        self._count_reload("refused")
        self._note(
            "gateway:policy:refused",
            self._fleet.digest,
            failure="; ".join(map(str.strip, self._reloads.error[:4_096].splitlines())),
        )

    def _count_reload(self, result: str) -> None:
        self._totals.count("yett_policy_reloads_total", "Reloads of the policy by result.", (("result", result),))

    def _note(self, tag: str, digest: str, failure: str = "") -> None:
        self._equipment.record(Event(tag=tag, time=time.time(), snapshot=digest, failure=failure, verdict="", would=""))

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(5.0)
            await asyncio.to_thread(self._equipment.upkeep)
            self._tell_drops()

    def _tell_drops(self) -> None:
        """Requests go on where the log cannot be written, so nobody would notice it by them."""
        dropped = int(self._totals.value("yett_log_dropped_total"))
        if dropped > self._dropped:
            log.warning("the event log had no room for %d records: a full disk, or one too slow", dropped - self._dropped)
        self._dropped = dropped

    # --- what the admin server shows --------------------------------------------------------------------------------

    def _status(self) -> Status:
        fleet = self._fleet
        reasons = ["draining"] if self._stopping.is_set() else [] if self._started else ["starting"]
        return Status(
            version=self._settings.version,
            started=self._began,
            snapshot=fleet.digest,
            reasons=reasons + fleet.unready(),
            listen=list(self._listeners.bound.values()),
            workers=[
                WorkerStatus(
                    slot.number, slot.pid, slot.digest, slot.restarts, slot.failure, slot.loaded_in, slot.longest_slice
                )
                for slot in fleet.slots
            ],
            reloads=msgspec.to_builtins(self._reloads),
            gaps=self._prepared.gaps,
            requests=self._totals.requests(),
            log_dropped=int(self._totals.value("yett_log_dropped_total")),
        )

    async def _metrics(self) -> str:
        await self._fleet.refresh(1.0)
        unready = len(self._fleet.unready())
        none: Labels = ()
        gauges = [
            ("yett_build_info", "Always 1; the version is in the label.", (("version", self._settings.version),), 1),
            ("yett_policy_info", "Always 1; the snapshot is in the label.", (("snapshot", self._fleet.digest),), 1),
            (
                "yett_policy_gaps",
                "Things that the policy or contract asks for and that are not enforced.",
                none,
                self._prepared.gaps,
            ),
            ("yett_workers", "Workers that should run.", none, len(self._fleet.slots)),
            ("yett_workers_ready", "Workers that serve the present snapshot.", none, len(self._fleet.slots) - unready),
            ("yett_start_time_seconds", "When this process started, since the Unix epoch.", none, self._began),
        ]
        return self._totals.render(gauges)


def _explain(refused: Refused) -> None:
    for error in refused.errors:
        mistakes.error("%s", error)


def _terminal_is_there() -> bool:
    try:
        os.tcgetpgrp(0)
    except OSError:
        return False
    return True


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
