"""One worker's data plane: what all its connections share. Holds the snapshot, the upstreams, the bounds and the journal."""

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from yett.edge.gateway import record
from yett.edge.gateway.client import ClientConnection
from yett.edge.gateway.exchange import LiveExchange
from yett.edge.gateway.health import HealthChecks
from yett.edge.gateway.metrics import Metrics, OperationNumbers
from yett.edge.gateway.pool import Cluster
from yett.edge.gateway.tls import upstream_context
from yett.engine.plan import Plan
from yett.engine.snapshot import Snapshot
from yett.formats.forwarded import Networks, client_address, fresh_lines
from yett.formats.messages import RequestHead
from yett.formats.trace import child
from yett.model.decision import Denial, Need, Unanswered
from yett.model.event import Event
from yett.model.exchange import Target
from yett.model.policy import Listen, UpstreamTLS
from yett.model.ports import Journal

TICK = 0.25  # seconds between sweeps: how late a deadline may be noticed
LINGER = 0.1
"""Seconds that a connection between two requests stays open when the worker drains: what a caller sent before it could know is
answered, and the answer says that the connection ends (RFC 9112, 9.6)."""

_MIX = 0x9E3779B97F4A7C15  # odd, so that multiplying by it modulo 2**64 visits every value once
_MASK = (1 << 64) - 1

Fulfil = Callable[[Need], Awaitable[Any]]


class Gateway:
    """wall and monotonic are the clocks: seconds since the epoch, and seconds of the machine's steady clock. upstream_tls: gives
    the same context as long as its files stay the same."""

    def __init__(
        self,
        snapshot: Snapshot,
        journal: Journal,
        *,
        fulfil: Fulfil,
        metrics: Metrics,
        loop: asyncio.AbstractEventLoop,
        worker: int = 0,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        fingerprint_key: bytes = bytes(32),
        upstream_tls: Callable[[UpstreamTLS], ssl.SSLContext] = upstream_context,
    ) -> None:
        self.journal = journal
        self.metrics = metrics
        self.loop = loop
        self.worker = worker
        self.wall = wall
        self.monotonic = monotonic
        self.fingerprint_key = fingerprint_key
        self._upstream_tls = upstream_tls
        self.now = monotonic()  # as of the last tick: exact enough for deadlines, and no call
        self.wall_offset = wall() - monotonic()
        self.draining = False
        self.clients: set[ClientConnection] = set()
        self.clusters: dict[str, Cluster] = {}
        self._per_address: dict[str, int] = {}
        self._fulfil = fulfil
        self._tasks: set[asyncio.Task[None]] = set()
        self._health = HealthChecks(loop)
        self._ids = int.from_bytes(os.urandom(8), "big")
        self._id_prefix = os.urandom(4).hex().encode()
        self._trace_octets = os.urandom(8)
        self._trace_prefix = self._trace_octets.hex()
        self._trace_hex = self._trace_prefix.encode()
        self._idle = asyncio.Event()
        self.swap(snapshot)
        self._ticker = loop.call_later(TICK, self._tick)

    # --- the snapshot -----------------------------------------------------------------------------------------------

    def swap(self, snapshot: Snapshot) -> None:
        """From the next request on `snapshot` decides. Upstreams whose settings stay keep their connections."""
        before = self.clusters
        after: dict[str, Cluster] = {}
        for service in snapshot.policy.services:
            cluster = before.get(service.name)
            secure = any(target.startswith("https:") for target in service.upstream.targets)
            tls = self._upstream_tls(service.upstream.tls) if secure else None
            if cluster is None or cluster.settings != service.upstream or cluster.ssl is not tls:
                cluster = Cluster(service.upstream, self.loop, self.monotonic, tls)
            after[service.name] = cluster
        self.snapshot = snapshot
        self.bounds = snapshot.policy.bounds
        self.recording = snapshot.policy.log.enabled
        self._numbers: dict[int, tuple[Plan, OperationNumbers]] = {}
        self.trusted = Networks(snapshot.policy.trusted_proxies)
        self.sampling = snapshot.policy.log.samples.per_minute > 0
        self.budget = record.SampleBudget(snapshot.policy.log.samples.per_minute)
        self.clusters = after
        kept = set(map(id, after.values()))
        for cluster in before.values():
            if id(cluster) not in kept:
                cluster.retire()
        self._health.watch([cluster for cluster in after.values() if cluster.settings.health])

    # --- connections ------------------------------------------------------------------------------------------------

    def connection(self, listen: Listen) -> ClientConnection:
        """The protocol of one accepted connection."""
        return ClientConnection(self, listen)

    def welcome(self, client: ClientConnection) -> bool:
        """Count a new connection. False: there are too many, or the worker is about to end."""
        bounds = self.bounds
        count = self._per_address.get(client.peer, 0)
        if self.draining or len(self.clients) >= bounds.connections or count >= bounds.connections_per_address:
            which = "of its address" if count >= bounds.connections_per_address else "in all"
            self.note("gateway:connection:refused", address=client.peer, failure=f"too many connections {which}")
            return False
        self.clients.add(client)
        self._per_address[client.peer] = count + 1
        return True

    def farewell(self, client: ClientConnection) -> None:
        if client not in self.clients:
            return
        self.clients.discard(client)
        count = self._per_address.pop(client.peer, 1)
        if count > 1:
            self._per_address[client.peer] = count - 1
        if not self.clients:
            self._idle.set()

    def _tick(self) -> None:
        self._ticker = self.loop.call_later(TICK, self._tick)
        self.tick()

    def tick(self) -> None:
        """Sweep all deadlines: one pass for all connections instead of a timer for each."""
        now = self.now = self.monotonic()
        self.wall_offset = self.wall() - now
        for client in list(self.clients):
            client.check(now)
        for cluster in self.clusters.values():
            cluster.sweep(now)

    async def drain(self, seconds: float) -> None:
        """Take nothing new, finish what is under way, give up after `seconds`."""
        self.draining = True
        if not await self._left(min(LINGER, seconds)):
            for client in list(self.clients):
                client.leave()
            if not await self._left(max(0.0, seconds - LINGER)):
                for client in list(self.clients):
                    client.abort()
        self.close()

    async def _left(self, seconds: float) -> bool:
        """Wait so long for every client to be gone; whether they are."""
        if not self.clients:
            return True
        self._idle.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Stop the tick, the health checks and the upstream connections."""
        self._ticker.cancel()
        self._health.close()
        for cluster in self.clusters.values():
            cluster.close()
        for task in self._tasks:
            task.cancel()

    # --- what exchanges ask for -------------------------------------------------------------------------------------

    def next_id(self) -> bytes:
        """An id that says nothing to outsiders, 24 hex digits, never the same twice in this worker."""
        self._ids = (self._ids + 1) & _MASK
        return self._id_prefix + b"%016x" % (self._ids * _MIX & _MASK)

    def client_address(self, peer: str, fields: dict[bytes, bytes]) -> str:
        return client_address(peer, fields.get(b"x-forwarded-for"), self.trusted)

    def own_lines(self, exchange: LiveExchange) -> bytes:
        """The lines that only this gateway may write for the upstream."""
        fields, identity = exchange.fields, exchange.request_id
        tail = identity[8:]
        if b"traceparent" in fields:
            octets = bytes.fromhex(tail.decode())
            trace, line = child(fields[b"traceparent"], fields.get(b"tracestate"), octets, self._trace_octets + octets)
            exchange.trace_id = trace
            return b"%b%bx-request-id: %b\r\n" % (self._forwarded(exchange), line, identity)
        exchange.trace_id = self._trace_prefix + tail.decode()
        return b"%btraceparent: 00-%b%b-%b-03\r\nx-request-id: %b\r\n" % (
            self._forwarded(exchange),
            self._trace_hex,
            tail,
            tail,
            identity,
        )

    def _forwarded(self, exchange: LiveExchange) -> bytes:
        """The forwarding fields, kept on the connection for as long as address and host stay the same."""
        client, host = exchange.client, exchange.fields.get(b"host", b"")
        address, last_host, lines = client.forwarded
        if address == exchange.address and last_host == host:
            return lines
        lines = fresh_lines(exchange.address, exchange.scheme, host)
        client.forwarded = (exchange.address, host, lines)
        return lines

    def fulfil(self, need: Need, callback: Callable[[Need, Any], None], failed: Callable[[], None]) -> "asyncio.Task[None]":
        """Do what a guard waits for, off the callbacks' path; the one place where a request costs a task. failed: called where
        that, or the guard afterwards, fails in a way that nobody foresaw."""
        task = self.loop.create_task(self._fulfilling(need, callback))
        self._tasks.add(task)
        task.add_done_callback(partial(self._fulfilled, failed))
        return task

    def _fulfilled(self, failed: Callable[[], None], task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            failed()
            self.loop.call_exception_handler({"message": "what a guard waited for failed", "exception": error, "task": task})

    async def _fulfilling(self, need: Need, callback: Callable[[Need, Any], None]) -> None:
        try:
            answer = await self._fulfil(need)
        except (OSError, TimeoutError) as error:
            answer = Unanswered(f"{type(error).__name__}: {error}")
        callback(need, answer)

    # --- what is remembered -----------------------------------------------------------------------------------------

    def record(self, exchange: LiveExchange, tag: str = "") -> int:
        """Append the record of an exchange; returns its sequence number, or 0 where the log is off."""
        now = self.monotonic()
        if exchange.over:
            self._count(exchange, now - exchange.started)
        if not self.recording:
            return 0
        return self.journal.append(record.of_exchange(exchange, tag, now))

    def _count(self, exchange: LiveExchange, duration: float) -> None:
        plan, evaluation = exchange.plan, exchange.evaluation
        known = self._numbers.get(id(plan))
        if known is None:
            operation = plan.operation
            # The plan is kept beside its numbers, so that no other one can get its id before `swap` forgets both.
            known = self._numbers[id(plan)] = (plan, self.metrics.operation(operation.service, operation.id))
        known[1].observe(
            exchange.sent_status,
            record.verdict(evaluation),
            duration,
            exchange.decided - exchange.started if exchange.decided else 0.0,
            exchange.request_size,
            exchange.response_size,
        )
        if record.objected(evaluation):
            enforced, reasons = record.reasons(evaluation)
            for at, reason in enumerate(reasons):
                self.metrics.rule(plan.operation.service, reason.rule, at < enforced)

    def refused(self, client: ClientConnection, status: int, reason: str) -> tuple[str, int]:
        """Record a request that could not be read. Returns its id, and the sequence number of its record."""
        identity = self.next_id().decode()
        self.metrics.rule("", "http-syntax", True)
        return identity, self.journal.append(record.of_refusal(self, client, identity, status, reason))

    def unrouted(
        self, client: ClientConnection, head: RequestHead, target: Target, host: str, denial: Denial
    ) -> tuple[str, int]:
        """Record a request that belongs to no service. Returns its id, and the sequence number of its record."""
        identity = self.next_id().decode()
        self.metrics.rule("", denial.rule, True)
        return identity, self.journal.append(record.of_unrouted(self, client, head, target, host, denial, identity))

    def note(self, tag: str, **details: Any) -> None:
        """Record something that is not a request."""
        self.journal.append(Event(tag=tag, time=self.wall(), snapshot=self.snapshot.digest, verdict="", would="", **details))

    def crashed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The event loop's exception handler: a failure of our own. The loop has closed the connection it happened on, so that
        nothing passes undecided; here it is counted, recorded and told on standard error."""
        self.metrics.counter("yett_internal_errors_total", "Failures of Yett itself; each ended one connection.").value += 1
        error = context.get("exception")
        self.note("gateway:internal:failed", failure=f"{type(error).__name__}: {context.get('message', '')}")
        loop.default_exception_handler(context)

    def listener(self, listen: Listen) -> Callable[[], ClientConnection]:
        return partial(self.connection, listen)
