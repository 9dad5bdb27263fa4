"""`yett observe --listen`: learning from what listeners hear, until somebody ends it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from yett.cli.observing import Outcome, Run, Stopped
from yett.edge.collectors.files import Found
from yett.edge.collectors.listening import Address, Listening
from yett.formats.recordings import Recording


class Hearing(Run):
    """A run over what comes instead of what is there."""

    def hear(self, addresses: Sequence[Address], token: str, say: Callable[[str], None]) -> Outcome:
        """Until a signal; what has come by then is still counted. token: what senders of reports must show; "" for none.

        Raises ListenError, CatalogUnusable, CatalogOvertaken.
        """
        waiting: deque[Recording] = deque()
        with Listening(addresses, token) as listening:
            for bound in listening.bound:
                say(f"listening on {bound}; Ctrl-C ends" + ("" if _is_loopback(bound) else OPEN))
            with self._signals():
                try:
                    batches = listening.recordings(threading.Event())
                    while True:
                        self._folding = True  # what is in hand is counted before a signal is heard
                        waiting.extend(next(batches))
                        while waiting:
                            self._folding = True
                            self._hear(waiting.popleft())
                            if self._stop:
                                raise Stopped(self._stop)
                        self._folding = False
                        if self._stop:
                            raise Stopped(self._stop)
                        self.paced()
                except Stopped as stopped:
                    self.outcome.stopped = stopped.number
            refused, queue = listening.refused, listening.queue
        waiting.extend(queue.take(0))
        while waiting:
            self._hear(waiting.popleft())
        if queue.dropped:
            self.outcome.notices.append(
                f"{queue.dropped:,} recordings came faster than they could be counted, and were dropped"
            )
        if refused:
            self.outcome.notices.append(f"{refused:,} connections or requests were refused: too many, or no HTTP/1.1")
        self.keep()
        return self.outcome

    def _hear(self, recording: Recording) -> None:
        self._one(Found(recording.sensor or "listener", 0, recording), None)
        if self._entry is not None:
            self._entry()


OPEN = ". Other machines can reach it, and whoever does can invent traffic"


def _is_loopback(address: Address) -> bool:
    return ip_address(address.at.rpartition(":")[0].strip("[]")).is_loopback
