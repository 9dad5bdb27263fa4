"""Where the time of Yett's busiest process goes, by function: what to show, and where to begin, when a bar is missed."""

import json
from contextlib import ExitStack
from pathlib import Path

import msgspec

import machine
import systems
from client import Client
from compare import CONNECTIONS, started
from subjects import Subject
from traffic import Traffic

SHOWN = 40


def profiled(system: systems.System, target: Path) -> systems.System:
    """The same system with the sampler in all of its processes."""
    variables = [f"PYTHONPATH={systems.HERE / 'profiling'}", f"BENCH_PROFILE={target}"]
    return msgspec.structs.replace(
        system,
        command=lambda directory, port, upstream: ["/usr/bin/env", *variables, *system.command(directory, port, upstream)],
    )


def profile(system: systems.System, traffic: Traffic, seconds: float) -> str:
    """Markdown tables: functions by their own time, functions with what they call, lines. Raises Void."""
    target = systems.OUT / "run" / "profile"
    target.mkdir(parents=True)
    with ExitStack() as stack:
        bench = started(stack, [Subject(profiled(system, target), traffic)])[0]
        for old in target.glob("*.json"):
            old.unlink()
        load = Client(bench.running.port, traffic.requests, traffic.statuses, traffic.answers)
        load.closed(CONNECTIONS, seconds=seconds)
        known = {str(pid) for pid in machine.tree(bench.running.pid)}
        tallies = [json.loads(file.read_text()) for file in target.glob("*.json") if file.stem in known]
    busiest = max(tallies, key=lambda one: sum(one["leaves"].values()))
    total = sum(busiest["leaves"].values())
    parts = [f"{system.name}: {total} samples of the busiest process"]
    for title in ("leaves", "within", "lines"):
        ranked = sorted(busiest[title].items(), key=lambda pair: -pair[1])[:SHOWN]
        parts.append(
            f"| {title} | share |\n|---|---|\n" + "\n".join(f"| {name} | {count / total:.1%} |" for name, count in ranked)
        )
    return "\n\n".join(parts)
