"""A process beside the gateway: it starts with it, is started again where it ends by itself, and ends with it.

It slows no request: it reads the event log, at its own pace. It must not know what it does there.
"""

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from threading import Lock

AGAIN = 60.0
"""Seconds before a process that has ended by itself is started again: what is broken stays so for a while."""

log = logging.getLogger("yett.supervisor")


class Companion:
    """command: of the process, which begins with SIGTERM blocked, and unblocks it when it is ready to end well. name: for people.
    again: whether it is started once more. Raises OSError."""

    def __init__(
        self, command: Sequence[str], name: str, again: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._command = tuple(command)
        self._name = name
        self._again = again
        self._clock = clock
        self._lock = Lock()
        self._ended: float | None = None
        self._closed = False
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        """In a session of its own: Ctrl-C in a terminal is for the gateway, which ends it when its own work is done."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))  # it inherits the mask of this thread
        try:
            return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def pid(self) -> int:
        return self._process.pid

    def look(self) -> None:
        """Now and then: see whether it is there. Never raises OSError."""
        with self._lock:
            if self._closed or not self._again or self._process.poll() is None:
                return
            now = self._clock()
            if self._ended is None:
                self._ended = now
                log.warning("%s has ended (%s), and is started again in %.0f s", self._name, self._process.returncode, AGAIN)
            elif now - self._ended >= AGAIN:
                self._ended = None
                try:
                    self._process = self._start()
                except OSError as error:
                    self._ended = now
                    log.warning("%s cannot be started: %s", self._name, error)

    def close(self, patience: float = 5.0) -> None:
        """End it, by force where it has not done so of itself after so many seconds."""
        with self._lock:
            self._closed = True
            self._process.terminate()
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
