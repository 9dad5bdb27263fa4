"""Cost of the attack rules: `make bench BENCH=attacks`.

The same rules, requests, client, upstream and core for nginx with ModSecurity and for Yett with its guard `crs`: CPU per request of
the whole process tree. Then Yett's engine alone by size of body, the memory of the rules, and the worst cases: how long the
event loop is held at a time, how much CPU one request can take, and what others notice meanwhile.
"""

import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

import machine
import subjects
import systems
from attacks import traffic, worst
from attacks.echo import ANSWER
from attacks.stepping import Aside, Stepper
from client import Client, percentile
from report import Bar

CONNECTIONS = 32
RULES = Path("/usr/share/modsecurity-crs/rules")
SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
SIZES = (200, 1_000, 10_000, 100_000, 1_000_000)
PATIENCE = 180.0
"""Seconds."""
WARMING = 5.0
"""Seconds after the first large body until who judges large bodies has started."""
NEIGHBOURS = 300
"""Requests per second of the connections that must not notice."""


def crs_settings() -> dict[str, Any]:
    return {"crs": {"directory": str(RULES), "setup_file": str(SETUP), "paranoia": 1, "threshold": 5}, "attacks": False}


def _yett(name: str, settings: dict[str, Any]) -> systems.System:
    def write(directory: Path, port: int, upstream: int) -> Path:
        written = subjects.policy(port, upstream, settings)
        written["log"] = {"enabled": False}
        return subjects.write_policy(directory, written)

    return systems.yett(name, write)


def table() -> list[systems.System]:
    peers = [one for one in systems.PEERS if one.name in ("nginx", "nginx + ModSecurity + CRS") and not one.missing()]
    return [
        *peers,
        _yett("Yett without rules", {"attacks": False}),
        _yett("Yett + own pack", {"attacks": {"mode": "enforce"}}),
        _yett("Yett + CRS", crs_settings()),
    ]


@contextmanager
def _upstream(core: int) -> Iterator[int]:
    port = systems.free_port()
    directory = systems.OUT / "run" / f"echo-{port}"
    directory.mkdir(parents=True)
    command = [sys.executable, "-m", "attacks.echo", "--listen", str(port)]
    with systems.process(command, systems.HERE, machine.shared_by_both_ends(core)) as child:
        systems.await_port(port, child, directory)
        yield port


def load(port: int, requests: Sequence[bytes]) -> Client:
    return Client(port, requests, [b"200"] * len(requests), [ANSWER] * len(requests))


def answered_once(port: int, wire: bytes) -> float:
    """Seconds until the first answer, which may have to wait for rules to be compiled. Raises OSError after `PATIENCE`."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as one:
        one.sendall(wire)
        one.recv(65_536)
    return time.perf_counter() - began


class Cost(msgspec.Struct, frozen=True):
    """One system: seconds of CPU per request by round; its p50 and p99 latency under that load; memory with shared pages once."""

    name: str
    costs: list[float]
    p50: float
    p99: float
    memory: int

    @property
    def median(self) -> float:
        return statistics.median(self.costs)


def costs(rounds: int, seconds: float) -> list[Cost]:
    """Interleaved rounds at the maximum. Raises Void where any request is not answered with 200."""
    wires = [traffic.wire(request) for request in traffic.requests()]
    proxy_core, other_core = machine.cores()
    found: dict[str, list[float]] = {}
    latencies: dict[str, list[float]] = {}
    with ExitStack() as stack:
        port = stack.enter_context(_upstream(other_core))
        runs = [stack.enter_context(systems.running(system, port, proxy_core)) for system in table()]
        stack.enter_context(machine.shared_by_both_ends(other_core))
        loads = [load(one.port, wires) for one in runs]
        for running, one in zip(runs, loads, strict=True):
            answered_once(running.port, wires[0])
            one.closed(8, count=500)
        for _ in range(rounds):
            for running, one in zip(runs, loads, strict=True):
                used = machine.cpu_seconds(running.pid)
                result = one.closed(CONNECTIONS, seconds=seconds)
                found.setdefault(running.name, []).append((machine.cpu_seconds(running.pid) - used) / result.completed)
                latencies.setdefault(running.name, []).extend(result.latencies)
        memory = {one.name: machine.proportional_memory(one.pid) for one in runs}
    made = []
    for name, each in found.items():
        p50, p99 = percentile(latencies[name], 50), percentile(latencies[name], 99)
        made.append(Cost(name, each, p50, p99, memory[name]))
    return made


def by_size(settings: dict[str, Any]) -> list[tuple[int, float, float]]:
    """(octets, p50, p99) of deciding one POST, less what deciding it without rules takes; seconds."""
    plain, guarded = Stepper({"attacks": False}), Stepper(settings)
    found = []
    for size in SIZES:
        sent = traffic.bodies(size, max(10, min(1_000, 5_000_000 // size)))
        times = []
        for request in sent:
            base = sum(plain.steps(request))
            times.append(max(0.0, sum(guarded.steps(request)) - base))
        found.append((size, percentile(times, 50), percentile(times, 99)))
    return found


def neighbours(settings: dict[str, Any], seconds: float) -> list[tuple[str, float, float]]:
    """(input, p99 of others before, p99 of others while that input is sent without a break)."""
    wires = [traffic.wire(request) for request in traffic.requests(2_000)]
    proxy_core, other_core = machine.cores()
    found = []
    with ExitStack() as stack:
        port = stack.enter_context(_upstream(other_core))
        running = stack.enter_context(systems.running(_yett("Yett + CRS", settings), port, proxy_core))
        stack.enter_context(machine.shared_by_both_ends(other_core))
        others = load(running.port, wires)
        answered_once(running.port, wires[0])
        others.closed(8, count=500)
        with worst.sending(running.port, traffic.wire(next(worst.inputs())[1])):
            others.paced(32, NEIGHBOURS, WARMING)
        for name, request in worst.inputs():
            calm = percentile(others.paced(32, NEIGHBOURS, seconds).latencies, 99)  # each time: a shared machine changes
            with worst.sending(running.port, traffic.wire(request)):
                found.append((name, calm, percentile(others.paced(32, NEIGHBOURS, seconds).latencies, 99)))
    return found


def held(settings: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(input, longest time without letting others go on, CPU in all) of deciding it, in seconds; the better of two."""
    stepper = Stepper(settings)
    found = []
    for name, request in worst.inputs():
        runs = [list(stepper.steps(request)) for _ in range(2)]
        held = min(max(step for step in run if not isinstance(step, Aside)) for run in runs)
        found.append((name, held, min(sum(run) for run in runs)))
    return found


def attacks(rounds: int, seconds: float) -> list[Bar]:
    """All of it; prints tables and gives the promises."""
    measured = costs(rounds, seconds)
    costly = {one.name: one for one in measured}
    for one in measured:
        latency = f"{one.p50 * 1e3:.2f} ms | {one.p99 * 1e3:.2f} ms"
        print(f"| {one.name} | {one.median * 1e6:.0f} us | {latency} | {one.memory >> 20} MB |")
    peer, ours, bare = (costly.get(name) for name in ("nginx + ModSecurity + CRS", "Yett + CRS", "Yett without rules"))
    bars = []
    if peer is not None and ours is not None:
        ratio = peer.median / ours.median
        bars.append(
            Bar("CPU per request, nginx + ModSecurity + CRS against Yett + CRS", ">= 25 x", f"{ratio:.1f} x", ratio >= 25)
        )
    if ours is not None and bare is not None:
        more = ours.memory - bare.memory
        bars.append(Bar("memory of the compiled rules, one worker", "<= 60 MB", f"{more >> 20} MB", more <= 60 << 20))
    sizes = by_size(crs_settings())
    for size, p50, p99 in sizes:
        print(
            f"| engine, {size:,} octets | p50 {p50 * 1e3:.3f} ms | p99 {p99 * 1e3:.3f} ms | {p50 / size * 1e9:.1f} ns/octet |"
        )
    by = {size: p99 for size, _, p99 in sizes}
    bars.append(Bar("engine, 1 KB, p99", "<= 0.5 ms", f"{by[1_000] * 1e3:.3f} ms", by[1_000] <= 0.0005))
    bars.append(Bar("engine, 100 KB, p99", "<= 10 ms", f"{by[100_000] * 1e3:.2f} ms", by[100_000] <= 0.010))
    bars += _worst(held(crs_settings()), neighbours(crs_settings(), seconds))
    return bars


def _worst(alone: list[tuple[str, float, float]], beside: list[tuple[str, float, float]]) -> list[Bar]:
    rises = {name: during - before for name, before, during in beside}
    for name, longest, whole in alone:
        print(
            f"| {name} | held {longest * 1e3:.1f} ms | in all {whole * 1e3:.1f} ms | p99 of others {rises[name] * 1e3:+.1f} ms |"
        )
    worst_held, worst_cpu, worst_rise = max(one[1] for one in alone), max(one[2] for one in alone), max(rises.values())
    return [
        Bar("longest hold of the loop", "<= 10 ms", f"{worst_held * 1e3:.1f} ms", worst_held <= 0.010),
        Bar("CPU of one request", "<= 100 ms", f"{worst_cpu * 1e3:.0f} ms", worst_cpu <= 0.100),
        Bar("rise of others' p99", "<= 5 ms", f"{worst_rise * 1e3:+.1f} ms", worst_rise <= 0.005),
    ]


BARS: dict[str, Callable[[int, float], list[Bar]]] = {"attacks": attacks}
