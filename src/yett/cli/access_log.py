"""`yett serve --access-log`: the records of requests as JSON lines on standard output, read from the event log as it grows.

A process of its own, started by `yett serve`: a reader of the output that is slow or gone slows no request. It ends when it is
told to, after it has written what the log holds by then, or when the gateway has gone.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from yett.cli import showing
from yett.store.eventlog.bookmark import Bookmark
from yett.store.eventlog.filter import Filter
from yett.store.eventlog.newest import newest
from yett.store.eventlog.reader import POLL, WINDOW, LogReader

REQUESTS = Filter(tag="gateway:request:*")


class Tail:
    """Writes new records until `stop` is called."""

    def __init__(self, directory: Path) -> None:
        # Made when the gateway is about to start: what earlier runs have left is not of interest.
        bookmark = newest(directory, 0)[1] if directory.exists() else Bookmark()
        self._reader = LogReader(directory, bookmark, REQUESTS)
        self._stopping = False

    def stop(self, *_: object) -> None:
        self._stopping = True

    def run(self, parent: int) -> None:
        """Raises BrokenPipeError where nobody reads any more."""
        while not self._stopping and os.getppid() == parent:
            self._write(time.time(), WINDOW)
            time.sleep(POLL)
        self._write()
        self._reader.close()

    def _write(self, now: float = 0.0, window: float = 0.0) -> None:
        for entry in self._reader.poll(now, window):
            sys.stdout.write(showing.as_json(entry.event) + "\n")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args()
    tail = Tail(options.directory)
    signal.signal(signal.SIGTERM, tail.stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
    try:
        tail.run(options.parent)
    except BrokenPipeError:
        os._exit(0)  # not even the buffer can be flushed any more


if __name__ == "__main__":
    main()
