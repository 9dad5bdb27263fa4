"""The process of one worker: makes journal, counters, key sets and gateway, and lets them serve what the supervisor hands over.

Started by the supervisor (`yett.edge.gateway.fleet`), never by hand.
"""

import argparse
import asyncio
import socket
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from ssl import SSLContext
from typing import Any
from weakref import WeakValueDictionary

import uvloop

from yett.cli import freight
from yett.cli.patterns import pattern_cache
from yett.cli.state import counters_directory, fingerprint_key
from yett.edge.gateway.gateway import Gateway
from yett.edge.gateway.metrics import Labels, Metrics
from yett.edge.gateway.pool import Cluster, Target
from yett.edge.gateway.tls import Contexts
from yett.edge.gateway.worker import Built, Worker
from yett.edge.inspector import Inspector
from yett.edge.keysets import KeySets
from yett.edge.needs import fulfiller
from yett.edge.passwords import PasswordVerifier
from yett.engine.compile import Building
from yett.engine.snapshot import Snapshot
from yett.model.bundle import Bundle
from yett.model.event import Event
from yett.model.mistake import PolicyErrors
from yett.model.policy import UpstreamTLS
from yett.model.ports import Journal, Ports
from yett.store.counters.shared import SharedCounters
from yett.store.eventlog.journal import SegmentJournal
from yett.store.keyfile import KeyRing, ring_in_slices

INSPECTOR = (sys.executable, "-P", "-m", "yett.cli.inspector")


class Forgetful:
    """The journal where the policy wants none."""

    durable = False

    def append(self, event: Event) -> int:  # noqa: ARG002
        return 0

    def on_durable(self, sequence: int, callback: Callable[[bool], None]) -> None:  # noqa: ARG002
        raise AssertionError("nobody waits for what is not durable")


class Composition:
    """All parts of one worker. number: of the worker, from 1."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        self.number = number
        self.loop = loop
        self.metrics = Metrics()
        self.contexts = Contexts()
        self.key_sets = KeySets()
        self.passwords = PasswordVerifier()
        self.inspector = Inspector(INSPECTOR, self._inspector_died)
        self.counters: SharedCounters | None = None
        self.journal: SegmentJournal | None = None
        self._base = Path()
        self._key = b""
        self._upstream: dict[UpstreamTLS, SSLContext] = {}
        self._ring = KeyRing()
        self._keys_digest = b""
        self._snapshot: Snapshot | None = None
        self._gateway: Gateway | None = None
        self._compiled: WeakValueDictionary[bytes, Any] = WeakValueDictionary()  # for as long as a snapshot uses it

    # --- building ---------------------------------------------------------------------------------------------------

    def build(self, encoded: memoryview) -> Generator[Callable[[], object] | None, None, Built]:
        """Make everything of a bundle, in steps of a few milliseconds and what takes longer. Raises PolicyErrors, TLSError."""
        packed = freight.decode(encoded)
        bundle = packed.bundle()
        yield None
        if packed.keys_digest != self._keys_digest:
            self._ring = yield from ring_in_slices(packed.keys())
            self._keys_digest = packed.keys_digest
        ports = Ports(
            counters=self.counters or self._begin(bundle),
            keys=self._ring,
            key_sets=self.key_sets,
            secrets=bundle.secrets,
            files=bundle.files,
            fingerprint_key=self._key,
            patterns=pattern_cache(self._base / bundle.policy.state),
            compiled=self._compiled,
            snapshot=bundle.digest,
        )
        yield None
        building = Building(bundle, ports)
        yield from building.slices()
        if building.mistakes or building.snapshot is None:
            raise PolicyErrors(building.mistakes)
        for serving in building.snapshot.servings:
            yield from serving.plans.loads()  # now, and not when the first request comes
            serving.plans.of(serving.table.rest)
            yield None
        if self._snapshot is not None:
            yield from building.snapshot.take_over(self._snapshot)
        self._snapshot = building.snapshot
        contexts = yield from self._transport(bundle)
        self.key_sets.retain(packed.key_sets)
        self.inspector.load(bundle.digest, memoryview(packed.bundle_packed))
        policy = bundle.policy
        return Built(
            digest=bundle.digest,
            snapshot=building.snapshot,
            listen={listen.address: listen for listen in policy.listen},
            contexts=contexts,
            bounds=policy.bounds,
        )

    def _begin(self, bundle: Bundle) -> SharedCounters:
        """What only the first bundle says: where state is kept."""
        self._base = Path(bundle.path).parent if bundle.path else Path()
        state = self._base / bundle.policy.state
        self._key = fingerprint_key(state)
        self.counters = SharedCounters(counters_directory(state))
        self.key_sets.start(self.loop)
        return self.counters

    def _transport(self, bundle: Bundle) -> Generator[None, None, dict[str, SSLContext]]:
        read = bundle.certificates.__getitem__
        listening = {}
        for listen in bundle.policy.listen:
            if listen.tls is not None:
                listening[listen.address] = self.contexts.listener(listen.tls, read)
                yield
        upstream = {}
        for service in bundle.policy.services:
            if any(target.startswith("https:") for target in service.upstream.targets):
                upstream[service.upstream.tls] = self.contexts.upstream(service.upstream.tls, read)
                yield
        self._upstream = upstream
        self.contexts.keep_used()
        return listening

    # --- serving ----------------------------------------------------------------------------------------------------

    def start(self, snapshot: Snapshot) -> Gateway:
        """The gateway of the first snapshot. Raises JournalError."""
        gateway = Gateway(
            snapshot,
            self._open_journal(snapshot),
            fulfil=fulfiller(self.key_sets, self.passwords, self.inspector),
            metrics=self.metrics,
            loop=self.loop,
            worker=self.number,
            fingerprint_key=self._key,
            upstream_tls=lambda settings: self._upstream[settings],
        )
        self.loop.set_exception_handler(gateway.crashed)
        self._tell(gateway)
        self._gateway = gateway
        return gateway

    def _inspector_died(self, how: str) -> None:
        if self._gateway is not None:
            self._gateway.note("gateway:inspector:died", failure=how)

    def _open_journal(self, snapshot: Snapshot) -> Journal:
        log = snapshot.policy.log
        if not log.enabled:
            return Forgetful()
        self.journal = SegmentJournal(log, self._base / log.directory, self.number, self.loop)
        self.journal.start()
        return self.journal

    async def close(self) -> None:
        """Give everything back; the log is written out."""
        await self.key_sets.close()
        await self.inspector.close()
        if self.journal is not None:
            self.journal.close()
        self.passwords.close()
        if self.counters is not None:
            self.counters.close()

    # --- numbers ----------------------------------------------------------------------------------------------------

    def _tell(self, gateway: Gateway) -> None:
        metrics, passwords = self.metrics, self.passwords
        metrics.gauge("yett_connections", "Open connections of clients.", lambda: len(gateway.clients))
        metrics.gauges("yett_upstream_connections", "Connections to upstreams.", lambda: connections(gateway))
        metrics.gauges("yett_upstream_up", "0 where a target is left alone because it failed.", lambda: health(gateway))
        metrics.gauges("yett_key_set_available", "0 where a key set could not be fetched yet.", self._available)
        metrics.gauge("yett_passwords_pending", "Passwords being verified or waiting.", lambda: passwords.pending)
        metrics.total("yett_passwords_refused_total", "Passwords for which the queue was full.", lambda: passwords.refused)
        inspector = self.inspector
        metrics.gauge(
            "yett_inspections_waiting", "Large bodies that wait for the inspecting process.", lambda: inspector.waiting
        )
        metrics.total("yett_inspections_failed_total", "Large bodies that nobody could judge.", lambda: inspector.failed)
        metrics.total("yett_inspector_deaths_total", "Inspecting processes that have died.", lambda: inspector.deaths)
        metrics.total(
            "yett_inspector_lent_seconds_total", "Time for which the worker stood aside for it.", lambda: inspector.lent
        )
        if self.journal is not None:
            counted = self.journal.counted
            metrics.gauge("yett_log_queued", "Records that wait to be written.", lambda: counted().queued)
            metrics.total("yett_log_dropped_total", "Records for which there was no room.", lambda: counted().dropped)
            metrics.total("yett_log_records_total", "Records written.", lambda: counted().written)
            metrics.total("yett_log_failures_total", "Failed writes of the log.", lambda: counted().failures)
        if self.number == 1:  # the tables are the same for all workers
            metrics.gauges("yett_limits_entries", "Places in use in a table of counters.", lambda: self._tables("entries"))
            metrics.gauges("yett_limits_capacity", "Places of a table of counters.", lambda: self._tables("capacity"))

    def _available(self) -> Iterable[tuple[Labels, float]]:
        return [((("url", state.url),), float(state.last_success is not None)) for state in self.key_sets.states()]

    def _tables(self, what: str) -> Iterable[tuple[Labels, float]]:
        if self.counters is None:
            return []
        return [((("table", stats.name),), getattr(stats, what)) for stats in self.counters.stats()]


def _targets(gateway: Gateway) -> Iterator[tuple[Cluster, Target, Labels]]:
    for service, cluster in gateway.clusters.items():
        for target in cluster.targets:
            yield cluster, target, (("service", service), ("target", target.text))


def connections(gateway: Gateway) -> Iterator[tuple[Labels, float]]:
    for _, target, labels in _targets(gateway):
        yield (*labels, ("state", "idle")), len(target.idle)
        yield (*labels, ("state", "busy")), target.pending


def health(gateway: Gateway) -> Iterator[tuple[Labels, float]]:
    for cluster, target, labels in _targets(gateway):
        yield labels, float(not target.down and target.failures < cluster.settings.breaker.failures)


async def serve(number: int, control: int, patience: float) -> None:
    """Run one worker until it has drained."""
    loop = asyncio.get_running_loop()
    composition = Composition(number, loop)
    worker = Worker(
        socket.socket(fileno=control),
        loop=loop,
        build=composition.build,
        start=composition.start,
        metrics=composition.metrics,
        patience=patience,
    )
    try:
        await worker.run()
    finally:
        await composition.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--worker", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--patience", type=float, default=30.0)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.worker, options.control, options.patience))


if __name__ == "__main__":
    main()
