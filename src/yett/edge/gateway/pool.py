"""Connections to upstreams: pools per target, the choice between targets, passive health. Knows nothing of requests' content.

A `Cluster` is one service's upstream. It lives as long as its settings: a new snapshot with the same upstream keeps it, with
all its connections and what it has learnt about its targets.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from yett.edge.gateway.upstream import UpstreamConnection
from yett.model.policy import Balance, Upstream

PORTS = {"http": 80, "https": 443}


class Carrier(Protocol):
    """Who waits for a connection: told exactly once, unless it calls `Cluster.forget`."""

    def connected(self, connection: UpstreamConnection) -> None: ...
    def unreachable(self, reason: str, busy: bool) -> None: ...


class Target:
    """One address of an upstream: its connections and its health.

    down: told so by active checks. failures: in a row. open_until: monotonic time before which the breaker keeps it out.
    """

    __slots__ = (
        "addresses",
        "authority",
        "count",
        "down",
        "failures",
        "host",
        "idle",
        "open_until",
        "port",
        "resolved",
        "scheme",
        "text",
        "trial",
    )

    def __init__(self, text: str) -> None:
        parts = urlsplit(text)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"{text!r} is not an http or https URL")
        self.text = text
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = parts.port or PORTS[parts.scheme]
        self.authority = parts.netloc.rpartition("@")[2].encode("idna" if not parts.netloc.isascii() else "ascii")
        self.idle: list[UpstreamConnection] = []
        self.count = 0
        self.failures = 0
        self.open_until = 0.0
        self.trial = False
        self.down = False
        self.addresses: tuple[str, ...] = (self.host,) if _literal(self.host) else ()
        self.resolved = 0.0

    @property
    def pending(self) -> int:
        """Connections in use or being made."""
        return self.count - len(self.idle)


def _literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Cluster:
    """The targets of one service and who waits for them."""

    __slots__ = ("_least", "_next", "_retired", "loop", "monotonic", "settings", "ssl", "targets", "tasks", "waiting")

    def __init__(
        self,
        settings: Upstream,
        loop: asyncio.AbstractEventLoop,
        monotonic: Callable[[], float],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.settings = settings
        self.loop = loop
        self.monotonic = monotonic
        self.ssl = tls
        self.targets = [Target(text) for text in settings.targets]
        self.waiting: deque[tuple[Carrier, frozenset[Target]]] = deque()
        self.tasks: set[asyncio.Task[None]] = set()
        self._next = 0
        self._retired = False
        self._least = settings.balance is Balance.LEAST_PENDING

    def acquire(
        self, carrier: Carrier, *, fresh: bool = False, without: frozenset[Target] = frozenset()
    ) -> UpstreamConnection | None:
        """An idle connection at once, or None: then `carrier` is told later. `fresh` takes no connection that was used before."""
        target = self.choose(without)
        if target is None:
            self.loop.call_soon(carrier.unreachable, "no target is available", False)
            return None
        if not fresh:
            while target.idle:
                connection = target.idle.pop()
                if connection.usable:
                    return connection
                connection.close()
        if target.count < self.settings.connections:
            self._start(target, carrier)
        elif len(self.waiting) < self.settings.waiting:
            self.waiting.append((carrier, without))
        else:
            self.loop.call_soon(carrier.unreachable, "all connections are in use and the queue is full", True)
        return None

    def choose(self, without: frozenset[Target] = frozenset()) -> Target | None:
        """The next target by the balancing rule; targets that are down or whose breaker is open only where it is time to try."""
        targets = self.targets
        if len(targets) == 1 and not without:
            target = targets[0]
            return (
                target
                if not target.down and (target.failures < self.settings.breaker.failures or self._may_try(target))
                else None
            )
        ready = [
            t
            for t in targets
            if t not in without and not t.down and (t.failures < self.settings.breaker.failures or self._may_try(t))
        ]
        if not ready:
            return None
        self._next += 1
        if self._least:
            start = self._next % len(ready)
            return min(ready[start:] + ready[:start], key=lambda target: target.pending)
        return ready[self._next % len(ready)]

    def _may_try(self, target: Target) -> bool:
        """Half open: after `open_for`, one request at a time finds out whether the target is back."""
        return not target.trial and self.monotonic() >= target.open_until

    def _start(self, target: Target, carrier: Carrier) -> None:
        target.count += 1
        if target.failures >= self.settings.breaker.failures:
            target.trial = True
        task = self.loop.create_task(self._connect(target, carrier))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _connect(self, target: Target, carrier: Carrier) -> None:
        try:
            connection = await self.open(target)
        except (OSError, TimeoutError, ssl.SSLError, ssl.CertificateError) as error:
            target.count -= 1
            target.trial = False
            self.failed(target)
            carrier.unreachable(f"{target.text}: {type(error).__name__}: {error}", False)
            self._serve_waiting()
            return
        target.trial = False
        carrier.connected(connection)

    async def open(self, target: Target) -> UpstreamConnection:
        """Connect to `target`. Raises OSError, TimeoutError or ssl.SSLError."""
        tls = self.ssl if target.scheme == "https" else None
        name = (self.settings.tls.server_name or target.host) if tls else None
        async with asyncio.timeout(self.settings.connect_timeout):
            last: OSError | None = None
            for address in await self.resolve(target):
                try:
                    _, connection = await self.loop.create_connection(
                        lambda: UpstreamConnection(self, target), address, target.port, ssl=tls, server_hostname=name
                    )
                except OSError as error:
                    last = error
                else:
                    return connection
        raise last or OSError(f"{target.host} has no address")

    async def resolve(self, target: Target) -> tuple[str, ...]:
        """The target's addresses, asked again when older than `resolve_interval`; the last good ones outlive a failing resolver."""
        if _literal(target.host):
            return target.addresses
        now = self.monotonic()
        if not target.addresses or now - target.resolved > self.settings.resolve_interval:
            try:
                found = await self.loop.getaddrinfo(target.host, target.port, type=1)
            except OSError:
                if not target.addresses:
                    raise
            else:
                target.addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
            target.resolved = now
        return target.addresses

    def release(self, connection: UpstreamConnection) -> None:
        """A connection is free again: hand it to who waits longest, or keep it idle."""
        target = connection.target
        while self.waiting:
            carrier, without = self.waiting.popleft()
            if target not in without:
                carrier.connected(connection)
                return
            self.waiting.appendleft((carrier, without))
            break
        if len(target.idle) < self.settings.idle_connections and not self._retired:
            connection.idle_since = self.monotonic()
            target.idle.append(connection)
        else:
            connection.close()

    def lost(self, connection: UpstreamConnection) -> None:
        """A connection is closed, by whomever. Called once for each."""
        target = connection.target
        target.count -= 1
        if connection in target.idle:
            target.idle.remove(connection)
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        while self.waiting:
            carrier, without = self.waiting[0]
            target = self.choose(without)
            if target is not None and target.count >= self.settings.connections:
                return
            self.waiting.popleft()
            if target is None:
                carrier.unreachable("no target is available", False)
            else:
                self._start(target, carrier)

    def forget(self, carrier: object) -> None:
        """`carrier` does not wait any more."""
        self.waiting = deque(entry for entry in self.waiting if entry[0] is not carrier)

    def succeeded(self, target: Target) -> None:
        target.failures = 0

    def failed(self, target: Target) -> None:
        """One more failure in a row; at `breaker.failures` the breaker opens, and each failed trial keeps it open."""
        target.failures += 1
        if target.failures >= self.settings.breaker.failures:
            target.open_until = self.monotonic() + self.settings.breaker.open_for

    def sweep(self, now: float) -> None:
        """Close what has been idle too long, or leads to an address that the name no longer has."""
        for target in self.targets:
            for connection in list(target.idle):
                stale = bool(target.addresses) and connection.address not in target.addresses
                if now - connection.idle_since > self.settings.idle_timeout or stale:
                    connection.close()

    def retire(self) -> None:
        """No new exchange will come. Who has a connection, or waits for one, is served; none is kept idle."""
        self._retired = True
        for target in self.targets:
            for connection in list(target.idle):
                connection.close()

    def close(self) -> None:
        """Retire, and stop what is being connected; connections in use end with their exchange."""
        self.retire()
        for task in self.tasks:
            task.cancel()
