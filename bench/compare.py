"""The comparison: interleaved rounds, closed load at the maximum, then paced load at half of each one's maximum."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

import machine
import systems
from client import Client
from subjects import Subject
from traffic import Traffic

CONNECTIONS = 32
PACED_CONNECTIONS = 128
"""More than are ever busy at half load, so that a due request hardly waits for a connection."""
START = 2.0
"""Seconds of load on the upstream alone before the first round, until client and upstream are as fast as they get."""
WARM = 0.5
"""Seconds of load before each measured round: pools are filled, caches hot."""


class Round(msgspec.Struct, frozen=True):
    """One measured round of one system at its maximum. cost: seconds of CPU of the proxy's process tree for each completed
    request; `busy`: how much of its core the tree used; `foreign`: how much of that core others used or the hypervisor took.
    A core that is not busy has a client or upstream as its limit: then `rate` is theirs."""

    cost: float
    rate: float
    p50: float
    p99: float
    busy: float
    foreign: float


class Paced(msgspec.Struct, frozen=True):
    """One round at a constant rate; latencies in seconds, those of the upstream without a proxy beside them."""

    rate: float
    p50: float
    p90: float
    p99: float
    p999: float
    direct_p50: float
    direct_p99: float

    @property
    def added_p99(self) -> float:
        return self.p99 - self.direct_p99


class Measured(msgspec.Struct):
    name: str
    rounds: list[Round] = []
    paced: list[Paced] = []

    def median(self, what: str) -> float:
        return statistics.median(getattr(one, what) for one in self.rounds)

    def median_paced(self, what: str) -> float:
        return statistics.median(getattr(one, what) for one in self.paced)

    def spread(self) -> float:
        """Largest over smallest cost of the rounds, less 1."""
        costs = [one.cost for one in self.rounds]
        return max(costs) / min(costs) - 1


class Bench(msgspec.Struct, frozen=True):
    """One subject, up and ready: through the proxy and straight to its upstream."""

    running: systems.Running
    load: Client
    direct: Client


def client(port: int, traffic: Traffic) -> Client:
    return Client(port, traffic.requests, traffic.statuses, traffic.answers)


def warm(port: int, traffic: Traffic) -> None:
    """Call every operation with each of its answers once, so that whatever is built on first use is there. Raises Void."""
    once = Client(port, *traffic.once())
    once.closed(8, count=len(once.requests))


def at_maximum(bench: Bench, seconds: float, core: int) -> Round:
    """One round. Raises Void."""
    bench.load.closed(CONNECTIONS, seconds=WARM)
    used, busy = machine.cpu_seconds(bench.running.pid), machine.busy(core)
    result = bench.load.closed(CONNECTIONS, seconds=seconds)
    used, busy = machine.cpu_seconds(bench.running.pid) - used, machine.busy(core) - busy
    return Round(
        cost=used / result.completed,
        rate=result.rate,
        p50=result.percentile(50),
        p99=result.percentile(99),
        busy=used / result.seconds,
        foreign=max(0.0, busy - used) / result.seconds,
    )


def at_rate(bench: Bench, rate: float, seconds: float) -> Paced:
    """The same rate through the proxy and straight to the upstream, one after the other. Raises Void."""
    through, straight = (one.paced(PACED_CONNECTIONS, rate, seconds) for one in (bench.load, bench.direct))
    return Paced(
        rate=through.rate,
        p50=through.percentile(50),
        p90=through.percentile(90),
        p99=through.percentile(99),
        p999=through.percentile(99.9),
        direct_p50=straight.percentile(50),
        direct_p99=straight.percentile(99),
    )


def started(stack: ExitStack, chosen: Sequence[Subject]) -> list[Bench]:
    """Start everything that is chosen, and one upstream for each size of contract; the harness stays on the other core until
    the stack is closed. Every operation was called once with every answer. Raises Void or SystemExit."""
    proxy_core, other_core = machine.cores()
    sizes = {one.traffic.operations for one in chosen}
    ports = {size: stack.enter_context(systems.upstream(size, other_core)) for size in sorted(sizes)}
    up = []
    for one in chosen:
        port = ports[one.traffic.operations]
        running = stack.enter_context(systems.running(one.system, port, proxy_core))
        up.append(Bench(running, client(running.port, one.traffic), client(port, one.traffic)))
    stack.enter_context(machine.shared_by_both_ends(other_core))
    for one, bench in zip(chosen, up, strict=True):
        warm(bench.running.port, one.traffic)
        bench.direct.closed(CONNECTIONS, seconds=START)
    return up


def compare(chosen: Sequence[Subject], rounds: int, seconds: float, paced: bool = True) -> list[Measured]:
    """Measure all subjects in turn, `rounds` times. Raises Void if any answer was wrong, SystemExit if one does not start."""
    proxy_core, _ = machine.cores()
    found = [Measured(one.system.name) for one in chosen]
    with ExitStack() as stack:
        up = started(stack, chosen)
        for number in range(rounds):
            for bench, measured in zip(up, found, strict=True):
                last = at_maximum(bench, seconds, proxy_core)
                measured.rounds.append(last)
                if paced:
                    measured.paced.append(at_rate(bench, last.rate / 2, seconds))
                figures = f"{last.cost * 1e6:.1f} us, {last.rate:.0f}/s, busy {last.busy:.0%}, foreign {last.foreign:.0%}"
                print(f"round {number + 1}: {measured.name}: {figures}", flush=True)
    return found
