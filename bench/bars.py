"""The other promises, each with its own way of measuring. All are of Yett with all guards on."""

import os
import resource
import signal
import socket
import ssl
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

import machine
import subjects
import systems
from client import Client, Void, percentile
from compare import PACED_CONNECTIONS, Bench, at_maximum, at_rate, compare, started
from report import Bar
from subjects import Subject

MEGABYTE = 1 << 20


def _subject(operations: int = 1000, principals: int = 100, tls: bool = False) -> Subject:
    system = subjects.guarded(operations, principals, f"Yett, {operations} operations, {principals} principals", tls)
    return Subject(system, subjects.traffic(operations, principals))


def _dearer(name: str, small: Subject, large: Subject, rounds: int, seconds: float) -> list[Bar]:
    """Median over the rounds of what the large one costs over the small one."""
    few, many = compare([small, large], rounds, seconds, paced=False)
    ratios = [much.cost / little.cost for little, much in zip(few.rounds, many.rounds, strict=True)]
    more = statistics.median(ratios) - 1
    measured = f"{more:+.1%} ({few.median('cost') * 1e6:.1f} us, {many.median('cost') * 1e6:.1f} us)"
    return [Bar(name, "<= 10 % dearer", measured, more <= 0.10)]


def operations(rounds: int, seconds: float) -> list[Bar]:
    return _dearer("10,000 operations against 10", _subject(operations=10), _subject(operations=10_000), rounds, seconds)


def principals(rounds: int, seconds: float) -> list[Bar]:
    return _dearer("100,000 principals against 100", _subject(principals=100), _subject(principals=100_000), rounds, seconds)


def memory(rounds: int, seconds: float) -> list[Bar]:
    """Peak of any process of the tree after every operation was called with each of its answers, and under load."""
    with ExitStack() as stack:
        bench = started(stack, [_subject()])[0]
        bench.load.closed(PACED_CONNECTIONS, seconds=seconds)
        peak = max(machine.memory(bench.running.pid, "VmHWM").values())
    return [Bar("peak memory of a worker", "<= 200 MB", f"{peak / MEGABYTE:.0f} MB", peak <= 200 * MEGABYTE)]


def start(rounds: int, seconds: float) -> list[Bar]:
    """From the start of the process to the first right answer; the slowest of the rounds."""
    slowest = 0.0
    subject = _subject()
    proxy_core, other_core = machine.cores()
    with systems.upstream(1000, other_core) as port:
        for _ in range(rounds):
            with systems.running(subject.system, port, proxy_core) as running:
                began = time.perf_counter()
                Client(running.port, *subject.traffic.once()).closed(1, count=1)
                slowest = max(slowest, running.started + time.perf_counter() - began)
    return [Bar("start to first answer, 1,000 operations", "<= 5 s", f"{slowest:.2f} s", slowest <= 5)]


def latency(rounds: int, seconds: float) -> list[Bar]:
    """p99 through Yett at half of its maximum, less p99 of the upstream alone at the same rate."""
    with ExitStack() as stack:
        bench = started(stack, [_subject()])[0]
        maximum = at_maximum(bench, seconds, machine.cores()[0]).rate
        added = statistics.median(at_rate(bench, maximum / 2, seconds).added_p99 for _ in range(rounds))
    return [Bar("added p99 at half load", "<= 2 ms", f"{added * 1e3:.2f} ms at {maximum / 2:.0f}/s", added <= 0.002)]


def reload(rounds: int, seconds: float) -> list[Bar]:
    """p99 in the second after each reload against p99 without; and how long 10,000 operations take."""
    calm, shaken = [], []
    with ExitStack() as stack:
        bench = started(stack, [_subject()])[0]
        rate = at_maximum(bench, seconds, machine.cores()[0]).rate / 2
        length = max(seconds, 4.0) + 1
        for number in range(rounds):
            calm.append(bench.load.paced(PACED_CONNECTIONS, rate, length).percentile(99))
            moments = ((2.0, _change(bench, 1000, number + 1)),)
            result = bench.load.paced(PACED_CONNECTIONS, rate, length, moments)
            shaken.append(percentile(result.between(2.0, length), 99))
    rise = statistics.median(shaken) - statistics.median(calm)
    return [
        Bar("rise of p99 by a reload, no request failed", "<= 20 ms", f"{rise * 1e3:.2f} ms at {rate:.0f}/s", rise <= 0.020),
        _reload_time(),
    ]


def _change(bench: Bench, operations: int, revision: int) -> Callable[[], None]:
    """Policy and keys anew, with another number and one more key in them. They are written now; what is given puts them in place
    and tells the gateway, which takes a client that measures no time of its own."""
    running = bench.running
    staged = running.directory / "staged"
    staged.mkdir(exist_ok=True)
    subjects.guarded_policy(operations, 100, revision)(staged, running.port, bench.direct.port)

    def change() -> None:
        for name in ("keys.yaml", "yett.yaml"):
            (staged / name).rename(running.directory / name)
        os.kill(running.pid, signal.SIGHUP)

    return change


def _reload_time(operations: int = 10_000, patience: float = 120.0) -> Bar:
    """Until a key that came with the new policy is accepted."""
    subject = _subject(operations)
    with ExitStack() as stack:
        bench = started(stack, [subject])[0]
        _change(bench, operations, 1)()
        began = time.perf_counter()
        call, _ = subject.traffic.every[0]
        fresh = Client(bench.running.port, [call.request(subjects.key(100))], [b"200"], [call.answer])
        while time.perf_counter() - began < patience:
            try:
                fresh.closed(1, count=1)
                break
            except Void:  # refused with 401 until the new keys are there
                time.sleep(0.05)
        took = time.perf_counter() - began
    return Bar(f"reload of {operations:,} operations", "<= 60 s", f"{took:.2f} s", took <= 60)


def idle(rounds: int, seconds: float) -> list[Bar]:
    """Memory of the tree with 5,000 connections that had one request each, over the same without."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 20_000)), hard))
    return [_idle("plain", 40, tls=False), _idle("TLS", 200, tls=True)]


def _idle(name: str, most: int, tls: bool, count: int = 5000) -> Bar:
    """From several addresses, as callers are; the harness holds the other ends."""
    subject = _subject(tls=tls)
    proxy_core, other_core = machine.cores()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request, answer = subject.traffic.requests[0], subject.traffic.answers[0]
    with ExitStack() as stack:
        port = stack.enter_context(systems.upstream(1000, other_core))
        running = stack.enter_context(systems.running(subject.system, port, proxy_core))
        stack.enter_context(machine.shared_by_both_ends(other_core))
        before = 0
        for number in range(count + 1):
            source = f"127.0.0.{2 + number % 10}"
            one = stack.enter_context(socket.create_connection(("127.0.0.1", running.port), 10, (source, 0)))
            ask = stack.enter_context(context.wrap_socket(one)) if tls else one
            ask.sendall(request)
            received = b""
            while not received.endswith(answer):
                chunk = ask.recv(65_536)
                if not chunk:
                    raise Void(f"idle connection {number} was closed: {received[:300]!r}")
                received += chunk
            before = before or machine.proportional_memory(running.pid)
        grown = machine.proportional_memory(running.pid) - before
    return Bar(f"{count:,} idle connections, {name}", f"<= {most} MB", f"{grown / MEGABYTE:.0f} MB", grown <= most * MEGABYTE)


BARS: dict[str, Callable[[int, float], list[Bar]]] = {
    "operations": operations,
    "principals": principals,
    "memory": memory,
    "start": start,
    "reload": reload,
    "idle": idle,
    "latency": latency,
}
