"""`yett probe --fuzz`: after the probes, inputs that the description allows, by Schemathesis; what fails joins the findings."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from yett.edge.probing.fuzzing import Fuzzing, Unavailable, available, fuzz
from yett.engine.probing.conformance import Failed, document, fuzzed, grouped
from yett.engine.probing.drive import Driver
from yett.engine.probing.outcome import Left

NAME = "conformance"


def ready() -> str:
    """Why nothing can be fuzzed; "" where it can."""
    return "" if available() else "--fuzz needs Schemathesis: pip install 'yett[fuzz]'"


async def conformance(driver: Driver, options: dict[str, Any], note: Callable[[str], None]) -> None:
    """Fuzz the operations that may be fuzzed, with the least of the identities, and add what failed to the outcome."""
    target = driver.target
    operations = fuzzed(target)
    left = len([one for one in target.operations if one.source != "graphql"]) - len(operations)
    if left:
        why = "not fuzzed: they may change what the run did not make (--destructive)"
        driver.outcome.left.append(Left(NAME, f"{left} operations", why))
    if not operations:
        return
    name = next(iter(target.names()), "")
    identity = target.identity(name)
    wanted = Fuzzing(
        origin=target.origin,
        document=document(operations),
        seconds=options["fuzz"],
        rate=options["rate"],
        seed=options["seed"],
        timeout=options["timeout"],
        headers=dict(identity.credential) if identity is not None else {},
        verify=not options["insecure"],
    )
    stop = threading.Event()
    failed: list[Failed] = []

    def run() -> None:
        failed.extend(fuzz(wanted, lambda: stop.is_set() or driver.outcome.stopped == "interrupted"))

    try:
        await asyncio.to_thread(run)
    except Unavailable as error:
        note(str(error))
    finally:
        stop.set()
        driver.outcome.found.extend(grouped(failed, target))
