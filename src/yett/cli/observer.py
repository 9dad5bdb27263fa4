"""`yett serve --catalog`: learning from the gateway's event log as it grows, in a process of its own with low priority.

It is started by `yett serve`, and ends when it is told to, after it has counted what the log holds by then, or when the gateway has
gone. Whenever it ends, the next one goes on exactly there.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from yett.cli.knowledge import knowledge
from yett.cli.observing import Outcome, Run, Stopped, Wanted, is_log
from yett.edge.collectors.files import Collector
from yett.edge.gateway.gentleness import be_gentle
from yett.model.catalog_store import CatalogOvertaken, CatalogUnusable
from yett.store.eventlog.reader import POLL

NICENESS = 10
"""Of the scheduler (nice(2)): beside a busy gateway it gets about a tenth of a core, and everything that nobody else wants."""


def observing(directory: Path, catalog: Path, waiting: Callable[[float], None]) -> Outcome:
    """Until a signal, or until `waiting` raises Stopped; gives what was counted after that.

    Raises CatalogUnusable, CatalogOvertaken, OSError.
    """
    known = knowledge(catalog, create=True)
    try:
        run = Run(known, Collector(), Wanted(descriptions=False))
        with suppress(Stopped):
            while not (directory.is_dir() and is_log(directory)):  # the gateway is just about to begin one
                waiting(POLL)
            run.follow(directory, _ready, waiting)
        rest = Run(known, Collector(), Wanted(descriptions=False))
        return rest.all([directory]) if run.outcome.stopped else run.outcome
    finally:
        known.store.close()


def _ready() -> None:
    """From now on, SIGTERM ends it well."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True)
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args()
    be_gentle(os.getpid(), NICENESS)

    def waiting(seconds: float) -> None:
        if os.getppid() != options.parent or signal.SIGTERM in signal.sigpending():
            raise Stopped(signal.SIGTERM)
        time.sleep(seconds)

    try:
        observing(options.directory, options.catalog, waiting)
    except (CatalogUnusable, CatalogOvertaken, OSError) as error:
        sys.stderr.write(f"yett serve --catalog: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
