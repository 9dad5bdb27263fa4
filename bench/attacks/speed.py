"""Cost of the attack rules: `make bench BENCH=attacks`.

The same rules, requests, client, upstream and core for nginx with ModSecurity and for Yett with its guard `crs`: CPU per request of
the whole process tree. Then Yett's engine alone by size of body, the memory of the rules, and the worst cases: how long the
event loop is held at a time, how much CPU one request can take, and what others notice meanwhile.
"""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

import machine
import systems
from attacks import neighbours, traffic, worst
from attacks.corpus import read
from attacks.gateways import answered_once, crs_settings, load, once, pack_settings, subject, upstream
from attacks.stepping import Aside, Stepper
from client import percentile
from report import Bar
from yett.model.exchange import Request

CONNECTIONS = 32
SIZES = (200, 1_000, 10_000, 100_000, 1_000_000)


def table() -> list[systems.System]:
    peers = [one for one in systems.PEERS if one.name in ("nginx", "nginx + ModSecurity + CRS") and not one.missing()]
    return [
        *peers,
        subject("Yett without rules", {"attacks": False}),
        subject("Yett + own pack", pack_settings()),
        subject("Yett + CRS", crs_settings()),
    ]


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


def costs(rounds: int, seconds: float, corpus: Path | None = None) -> list[Cost]:
    """Interleaved rounds at the maximum, beside a core that is never idle. Raises Void where an answer is not 200.

    corpus: its requests in place of those made for this; without those that one of the systems denies."""
    wires = [traffic.wire(request) for request in (traffic.requests() if corpus is None else _sampled(corpus))]
    proxy_core, other_core = machine.cores()
    found: dict[str, list[float]] = {}
    latencies: dict[str, list[float]] = {}
    with ExitStack() as stack:
        port = stack.enter_context(upstream(machine.shared_by_both_ends(other_core)))
        runs = [stack.enter_context(systems.running(system, port, proxy_core)) for system in table()]
        stack.enter_context(machine.never_idle(other_core))
        stack.enter_context(machine.shared_by_both_ends(other_core))
        if corpus is not None:
            every = len(wires)
            wires = [wire for wire in wires if all(once(one.port, wire)[0] == "200" for one in runs)]
            print(
                f"{len(wires):,} of {every:,} requests are let through by all, of {sum(map(len, wires)) // len(wires):,} octets"
            )
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


SAMPLED = 4_000
"""Requests of a corpus."""


def _sampled(corpus: Path) -> list[Request]:
    """Ordinary requests of a corpus, from all of its parts alike, as a client sends them to one host."""
    cases = list(read(corpus / "benign.jsonl"))
    found = []
    for case in cases[:: max(1, len(cases) // SAMPLED)]:
        request = case.request()
        fields = [
            (name, value) for name, value in request.fields if name.lower() not in (b"host", b"content-length", b"connection")
        ]
        length = [(b"Content-Length", b"%d" % len(request.body))] if request.body else []
        sent = ((b"Host", traffic.HOST.encode()), *fields, *length)
        found.append(msgspec.structs.replace(request, fields=sent))
    return found


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


def held(settings: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(input, longest time without letting others go on, CPU in all) of deciding it, in seconds; the better of two."""
    stepper = Stepper(settings)
    found = []
    for name, request in worst.inputs():
        runs = [list(stepper.steps(request)) for _ in range(2)]
        held = min(max(step for step in run if not isinstance(step, Aside)) for run in runs)
        found.append((name, held, min(sum(run) for run in runs)))
    return found


def compared(measured: list[Cost], of: str) -> list[Bar]:
    """Prints what each costs; the promise where ModSecurity is there. of: which requests."""
    costly = {one.name: one for one in measured}
    for one in measured:
        latency = f"{one.p50 * 1e3:.2f} ms | {one.p99 * 1e3:.2f} ms"
        print(f"| {one.name} | {one.median * 1e6:.0f} us | {latency} | {one.memory >> 20} MB |")
    peer, ours = costly.get("nginx + ModSecurity + CRS"), costly.get("Yett + CRS")
    if peer is None or ours is None:
        return []
    ratio = peer.median / ours.median
    title = f"CPU per request{of}, nginx + ModSecurity + CRS against Yett + CRS"
    return [Bar(title, ">= 25 x", f"{ratio:.1f} x", ratio >= 25)]


def of_corpus(corpus: Path, rounds: int, seconds: float) -> list[Bar]:
    """What ordinary requests of a corpus cost (`attacks.corpus`, `attacks.recorded`)."""
    return compared(costs(rounds, seconds, corpus), " of the corpus")


def attacks(rounds: int, seconds: float) -> list[Bar]:
    """All of it; prints tables and gives the promises."""
    measured = costs(rounds, seconds)
    bars = compared(measured, "")
    costly = {one.name: one for one in measured}
    ours, bare = costly.get("Yett + CRS"), costly.get("Yett without rules")
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
    with TemporaryDirectory() as directory:
        beside = neighbours.measure(neighbours.names(), neighbours.ROUNDS, Path(directory) / "pairs.jsonl")
    return bars + _worst({"crs": held(crs_settings()), "own pack": held(pack_settings())}, beside)


def _worst(alone: dict[str, list[tuple[str, float, float]]], beside: list[neighbours.Rise]) -> list[Bar]:
    bars = []
    for guard, found in alone.items():
        for name, longest, whole in found:
            print(f"| {guard}: {name} | held {longest * 1e3:.1f} ms | in all {whole * 1e3:.1f} ms |")
        worst_held, worst_cpu = max(one[1] for one in found), max(one[2] for one in found)
        bars += [
            Bar(f"longest hold of the loop, {guard}", "<= 10 ms", f"{worst_held * 1e3:.1f} ms", worst_held <= 0.010),
            Bar(f"CPU of one request, {guard}", "<= 100 ms", f"{worst_cpu * 1e3:.0f} ms", worst_cpu <= 0.100),
        ]
    print(neighbours.HEADING)
    for one in beside:
        print(one.line)
    most = max((one for one in beside if one.name not in neighbours.CONTROLS), key=lambda one: one.rise)
    rose = f"{most.rise:+.1f} ms ({most.low:+.1f} to {most.high:+.1f})"
    return [*bars, Bar("rise of others' p99", "<= 5 ms", rose, most.rise <= 5)]


BARS: dict[str, Callable[[int, float], list[Bar]]] = {"attacks": attacks}
