"""The process that judges large bodies for one worker: compiles the policy that it is given, and does the worker's errands.

Started by the worker (`yett.edge.inspector`), never by hand. It leaves the processor to everybody else, and keeps no state but
the policy: no counters, keys or logs.
"""

import argparse
import gc
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from yett.cli.patterns import pattern_cache
from yett.edge.gateway.worker import MIDDLE, OLD, YOUNG
from yett.edge.inspector import Job, serve
from yett.edge.keysets import KeySets
from yett.engine.compile import compile_policy
from yett.model.bundle import decode
from yett.model.decision import Asked, Denial
from yett.model.ports import Ports
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NICENESS = 19


def be_last() -> None:
    """Give way to the worker at once, whenever it has something to do.

    A process of SCHED_IDLE is put aside by any other one that wakes up (sched(7)); a nice value alone lets it finish its
    slice of some milliseconds."""
    os.nice(NICENESS)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def load(encoded: bytes) -> Callable[[Job, Asked], bytes]:
    """What does jobs by the rules of a policy. Raises PolicyErrors, msgspec.DecodeError."""
    bundle = decode(encoded)
    base = Path(bundle.path).parent if bundle.path else Path()
    ports = Ports(
        counters=LocalCounters(),
        keys=KeyRing(()),
        key_sets=KeySets(),
        secrets=bundle.secrets,
        files=bundle.files,
        patterns=pattern_cache(base / bundle.policy.state),
    )
    snapshot = compile_policy(bundle, ports)
    for serving in snapshot.servings:
        serving.plans.of(serving.table.rest)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)

    def do(job: Job, asked: Asked) -> bytes:
        found = snapshot.route(job.method, job.host, job.path)
        if isinstance(found, Denial):
            raise LookupError(found.reason)  # noqa: TRY004 - no mistake of a type
        return dict(found[0].errands)[job.rule](asked)

    return do


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--errands", type=int, required=True)
    options = parser.parse_args()
    be_last()
    with suppress(KeyboardInterrupt, ConnectionError), socket.socket(fileno=options.errands) as end:
        serve(end, load)


if __name__ == "__main__":
    main()
