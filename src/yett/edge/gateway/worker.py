"""One worker process around its gateway: takes orders from the supervisor, builds snapshots in slices, accepts, drains.

What a bundle is and how a gateway is made of it comes from the composition root. It must not know how the supervisor decides,
nor what is spoken on the connections.
"""

import asyncio
import gc
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable, Generator, Mapping
from ssl import SSLContext
from typing import Any, Protocol

import msgspec

from yett.edge.gateway.accept import TLSAcceptor
from yett.edge.gateway.control import Ask, Drain, Failed, Leave, Load, Loaded, Order, Take, Taken, worker_end
from yett.edge.gateway.listeners import BACKLOG
from yett.edge.gateway.metrics import Metrics
from yett.model.policy import Bounds, Listen

SLICE = 0.002
"""Seconds of building before requests have their turn; what one step of the builder takes comes on top of it."""

REST = 3.0
"""Times as long as a slice that requests then have for themselves: building takes at most a quarter of a busy worker."""

YOUNG, MIDDLE, OLD = 10_000, 20, 50
"""Thresholds of the garbage collector. Nearly everything that a request makes is freed by its reference count; at the default
of 700 the collector runs every few requests and finds nothing. 10,000 objects are walked in well below a millisecond. What
was loaded before is frozen, so that the rare full collection walks only what belongs to open connections."""


GROWTH, GROWTH_BYTES = 1.25, 32 << 20
"""A worker that is so much larger after a reload than it was is collected as a whole."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle, ready to serve. snapshot: what the gateway takes. contexts: by address, for listeners with TLS."""

    digest: str
    snapshot: Any
    listen: Mapping[str, Listen]
    contexts: Mapping[str, SSLContext]
    bounds: Bounds


Steps = Generator[Callable[[], object] | None, None, Built]
Build = Callable[[memoryview], Steps]
"""Makes something of an encoded bundle; each step should take a few milliseconds at most. What takes longer is given as work,
which is done in a thread before the next step."""


class Serving(Protocol):
    """What a worker needs of its gateway; see `yett.edge.gateway.gateway`."""

    def connection(self, listen: Listen) -> asyncio.Protocol: ...
    def swap(self, snapshot: Any) -> None: ...
    async def drain(self, seconds: float) -> None: ...
    def note(self, tag: str, **details: Any) -> None: ...


class _Place:
    """One listening socket, and what accepts on it. The socket stays open here while servers on copies of it come and go."""

    def __init__(self, listening: socket.socket, listen: Listen, tls: SSLContext | None) -> None:
        self.listening = listening
        self.listen = listen
        self.tls = tls
        self.server: asyncio.AbstractServer | TLSAcceptor | None = None

    def stop(self) -> None:
        server, self.server = self.server, None
        if server is not None:
            server.close()

    def close(self) -> None:
        self.stop()
        self.listening.close()


class Worker:
    """Runs one worker. `run` returns when it has drained.

    control: this end of the supervisor's channel. start: makes the gateway of the first snapshot. patience: seconds to finish
    what is under way where the supervisor has gone without a word.
    """

    def __init__(
        self,
        control: socket.socket,
        *,
        loop: asyncio.AbstractEventLoop,
        build: Build,
        start: Callable[[Any], Serving],
        metrics: Metrics,
        patience: float = 30.0,
    ) -> None:
        self._loop = loop
        self._build = build
        self._start = start
        self._metrics = metrics
        self._patience = patience
        self._gateway: Serving | None = None
        self._built: Built | None = None
        self._bounds = Bounds()
        self._memory = 0.0
        self._places: dict[tuple[int, str], _Place] = {}
        self._loads: asyncio.Queue[tuple[Load, int]] = asyncio.Queue()
        self._moves: asyncio.Queue[tuple[Take, int] | Leave] = asyncio.Queue()
        self._ready = asyncio.Event()
        self._done = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None
        self._channel = worker_end(control, loop, self._receive, self._orphaned)
        metrics.gauge("yett_worker_resident_bytes", "Memory of the worker.", resident_bytes)
        metrics.gauge("yett_worker_cpu_seconds", "Processor time that the worker has used.", time.process_time)

    async def run(self) -> None:
        """Serve until told to drain, or until the supervisor has gone."""
        self._loop.add_signal_handler(signal.SIGTERM, self.drain, self._patience)
        for number in (signal.SIGINT, signal.SIGHUP):  # of the terminal: the supervisor decides what they mean
            self._loop.add_signal_handler(number, _nothing)
        tasks = [self._loop.create_task(self._load_all()), self._loop.create_task(self._move_all())]
        waiting = [*tasks, self._loop.create_task(self._done.wait())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()  # a mistake of ours: end loudly, the supervisor starts another one
            task.cancel()
        self._channel.send(self._metrics.take())
        self._channel.close()

    def drain(self, seconds: float) -> None:
        """Accept nothing new, let what is under way finish, end. A second call cuts the first one short."""
        if self._draining is not None:
            self._draining.cancel()
        self._draining = self._loop.create_task(self._drain(seconds))

    async def _drain(self, seconds: float) -> None:
        for place in self._places.values():
            place.close()
        self._places.clear()
        if self._gateway is not None:
            await self._gateway.drain(seconds)
        self._done.set()

    def _orphaned(self) -> None:
        """The supervisor has died: nobody would replace this worker, or stop it."""
        if self._draining is None:
            self.drain(self._patience)

    def _receive(self, order: Order, files: list[int]) -> None:
        match order:
            case Load():
                self._loads.put_nowait((order, files[0]))
            case Take():
                self._moves.put_nowait((order, files[0]))
            case Leave():
                self._moves.put_nowait(order)
            case Drain():
                self.drain(order.seconds)
            case Ask():
                self._channel.send(self._metrics.take())

    # --- bundles ----------------------------------------------------------------------------------------------------

    async def _load_all(self) -> None:
        while True:
            order, file = await self._loads.get()
            began = time.monotonic()
            gc.disable()
            try:
                built, longest = await self._load(file)
                await self._install(built)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a new bundle, the old one must go on serving
                self._channel.send(Failed(order.digest, f"{type(error).__name__}: {error}"))
                if self._gateway is None:  # nothing to serve, so make room for another try
                    self._done.set()
            else:
                self._channel.send(Loaded(order.digest, time.monotonic() - began, longest))
            finally:
                gc.enable()

    async def _load(self, file: int) -> tuple[Built, float]:
        """Build in slices. The bundle is read from memory shared with all workers, for as long as anything refers to it."""
        try:
            shared = mmap.mmap(file, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(file)
        return await self._in_slices(self._build(memoryview(shared)))

    async def _in_slices(self, steps: Steps) -> tuple[Built, float]:
        longest = 0.0
        while True:
            began = time.perf_counter()
            work = None
            try:
                while work is None and time.perf_counter() - began < SLICE:
                    work = next(steps)
            except StopIteration as end:
                return end.value, max(longest, time.perf_counter() - began)
            took = time.perf_counter() - began
            longest = max(longest, took)
            if work is not None:
                await self._loop.run_in_executor(None, work)
            await asyncio.sleep(took * REST if self._gateway is not None else 0)

    async def _install(self, built: Built) -> None:
        first = self._gateway is None
        if self._gateway is None:
            self._gateway = self._start(built.snapshot)
        else:
            self._gateway.swap(built.snapshot)
        self._built = built
        self._bounds = built.bounds
        for place in list(self._places.values()):
            await self._renew(place, built)
        self._put_away(first)
        self._ready.set()

    def _put_away(self, first: bool) -> None:
        """Keep the collector from ever looking at what was loaded: it lives until the next reload.

        Nothing is collected before, which would stop all requests for a tenth of a second: a snapshot has no cycles, so the
        old one goes with its last request. Should a guard of somebody else have made one that has, memory grows with each
        reload until it is worth that tenth of a second.
        """
        if first or resident_bytes() > self._memory * GROWTH + GROWTH_BYTES:
            gc.unfreeze()
            gc.collect()
            self._memory = resident_bytes()
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, OLD)

    # --- sockets ----------------------------------------------------------------------------------------------------

    async def _move_all(self) -> None:
        await self._ready.wait()
        while True:
            move = await self._moves.get()
            if isinstance(move, Leave):
                place = self._places.pop((move.slot, move.address), None)
                if place is not None:
                    place.close()
            else:
                order, file = move
                await self._take(order, socket.socket(fileno=file))

    async def _take(self, order: Take, listening: socket.socket) -> None:
        built = self._built
        if built is None or order.address not in built.listen or self._draining is not None:
            listening.close()
            return
        place = _Place(listening, built.listen[order.address], built.contexts.get(order.address))
        self._places[order.slot, order.address] = place
        await self._accept(place)
        self._channel.send(Taken(order.slot, order.address))

    async def _renew(self, place: _Place, built: Built) -> None:
        """After a reload. New connections find the new certificates; a new server is only needed where TLS comes or goes."""
        listen = built.listen.get(place.listen.address)
        if listen is None:
            return  # it is about to be left
        secured = place.tls is not None
        place.listen, place.tls = listen, built.contexts.get(listen.address)
        if secured != (place.tls is not None):
            place.stop()
            await self._accept(place)

    async def _accept(self, place: _Place) -> None:
        """Accept on a copy of the socket: closing a server closes its socket, and this one may be needed again."""
        gateway = self._gateway
        if gateway is None:
            raise AssertionError("nothing is accepted before the first bundle")
        copy = place.listening.dup()
        if place.tls is None:
            place.server = await self._loop.create_server(lambda: gateway.connection(place.listen), sock=copy, backlog=BACKLOG)
        else:
            place.server = TLSAcceptor(
                copy,
                self._loop,
                context=lambda: place.tls,
                protocol=lambda: gateway.connection(place.listen),
                bounds=lambda: self._bounds,
                failed=self._handshake_failed,
            )

    def _handshake_failed(self, peer: str, reason: str) -> None:
        labels = (("reason", reason),)
        self._metrics.counter("yett_handshake_failures_total", "TLS handshakes that came to nothing.", labels).value += 1
        if self._gateway is not None:
            self._gateway.note("gateway:handshake:failed", address=peer, peer=peer, failure=reason)


def _nothing() -> None:
    """Ignore a signal without being killed by it."""


def resident_bytes() -> float:
    """Memory of this process that is in use, in bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return 0.0
