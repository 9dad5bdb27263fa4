"""Large bodies while others keep the gateway's core busy without a break: `python -m attacks.saturated`.

As many connections as it takes send ordinary requests, each after the answer to the one before, so that the worker never rests;
one connection sends 1 MB bodies, which the process beside it judges when it gets the core. What is asked: how long such a body
waits, and what its share of the core costs the others. Then the process is killed, and stopped, with large bodies from eight
connections at once: every one must be answered.
"""

import argparse
import os
import signal
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import machine
import systems
from attacks import sending, traffic, worst
from attacks.gateways import answered_once, await_inspector, crs_settings, inspectors, load, once, subject, upstream
from client import percentile

CONNECTIONS = 32
CROWD = 8
"""Connections that send large bodies at once."""


def crowd(port: int, wire: bytes) -> str:
    """Send it from many connections at once; says what came back."""
    with ThreadPoolExecutor(CROWD) as threads:
        answers = list(threads.map(lambda _: once(port, wire), range(CROWD)))
    statuses = Counter(status or "no answer" for status, _ in answers)
    return f"{dict(statuses)}, the last after {max(seconds for _, seconds in answers):.1f} s"


def measure(program: Path | None, seconds: float) -> None:
    gateway_core, other_core = machine.cores()
    wires = [traffic.wire(request) for request in traffic.requests(2_000)]
    body = traffic.wire(next(worst.inputs())[1])
    with ExitStack() as stack:
        port = stack.enter_context(upstream(machine.shared_by_both_ends(other_core)))
        running = stack.enter_context(systems.running(subject("Yett saturated", crs_settings(), program), port, gateway_core))
        answered_once(running.port, wires[0])
        sender = stack.enter_context(sending.sender(other_core))
        stack.enter_context(machine.shared_by_both_ends(other_core))
        others = load(running.port, wires)
        await_inspector(running.port, running.pid, body)
        for name, large in (("", False), ("1 MB bodies", True)) * 2:
            if large:
                sender.begin(running.port, sending.LARGE)
            result = others.closed(CONNECTIONS, seconds=seconds)
            sent = sender.end() if large else sending.Sent([], {})
            line = f"{result.rate:.0f} requests/s, p50 {percentile(result.latencies, 50) * 1e3:.1f} ms, "
            line += f"p99 {percentile(result.latencies, 99) * 1e3:.1f} ms"
            if sent.took:
                line += f"; large: {sent.statuses}, median {statistics.median(sent.took):.2f} s, slowest {max(sent.took):.2f} s"
            print(f"{name or 'no large bodies'}: {line}")
        print("8 connections:", crowd(running.port, body))
        for name, number in (("killed", signal.SIGKILL), ("stopped", signal.SIGSTOP)):
            await_inspector(running.port, running.pid, body)
            with ThreadPoolExecutor(1) as thread:
                waiting = thread.submit(crowd, running.port, body)
                time.sleep(0.1)
                for pid in inspectors(running.pid):
                    os.kill(pid, number)
                print(f"8 connections, the process {name}:", waiting.result())
            print("memory of the tree:", {pid: f"{size >> 20} MB" for pid, size in machine.memory(running.pid).items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, help="another yett than that of this environment")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    options = parser.parse_args()
    measure(options.program, options.seconds)


if __name__ == "__main__":
    main()
