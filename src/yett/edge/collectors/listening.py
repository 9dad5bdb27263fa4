"""Listeners in a thread of their own, for a command that folds what comes: a bounded queue between the two.

Listening never waits for the fold. What finds no room is dropped and counted; senders that can try again are told to. It must not
know what recordings are for.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType

import msgspec

from yett.edge.collectors.mirror import serve_mirror
from yett.edge.collectors.receiving import Server
from yett.edge.collectors.reports import serve_reports
from yett.edge.gateway.listeners import ListenError
from yett.formats.recordings.values import Recording

MIRROR, REPORTS = "mirror", "reports"
ENTRIES = 20_000
OCTETS = 128 << 20
"""What may wait for the fold: recordings, and the octets of their bodies and fields."""
_FIXED = 1_000
"""Octets that a recording takes beside its bodies, about."""
_PACE = 0.2
"""Seconds between two looks whether it is over."""


class Address(msgspec.Struct, frozen=True):
    """kind: MIRROR or REPORTS. at: such as "127.0.0.1:9000"."""

    kind: str
    at: str

    def __str__(self) -> str:
        return f"{self.kind}://{self.at}"


def parse_listen(text: str) -> Address:
    """ "mirror://127.0.0.1:9000", "reports://127.0.0.1:4318", or an address alone, which is a mirror's. Raises ListenError."""
    kind, mark, at = text.partition("://")
    if not mark:
        return Address(MIRROR, text)
    if kind not in (MIRROR, REPORTS):
        raise ListenError(
            f"{text!r}: a listener is mirror://ADDRESS (copies of requests) or reports://ADDRESS (traces, recordings)"
        )
    return Address(kind, at.removesuffix("/"))


class Queue:
    """Recordings from one thread to another. `dropped`: those for which there was no room."""

    def __init__(self, entries: int = ENTRIES, octets: int = OCTETS) -> None:
        self._entries, self._octets = entries, octets
        self._waiting: deque[Recording] = deque()
        self._size = 0
        self._ready = threading.Condition()
        self.dropped = 0

    def offer(self, recording: Recording) -> bool:
        return self.offer_all((recording,))

    def offer_all(self, recordings: Sequence[Recording]) -> bool:
        """All or none. More than ever fits is let in where nothing waits: it could never come otherwise."""
        size = sum(map(_size, recordings))
        with self._ready:
            full = len(self._waiting) + len(recordings) > self._entries or self._size + size > self._octets
            if full and self._waiting:
                self.dropped += len(recordings)
                return False
            self._waiting.extend(recordings)
            self._size += size
            self._ready.notify()
            return True

    def take(self, seconds: float) -> list[Recording]:
        """What waits, after at most so many seconds; nothing where nothing came."""
        with self._ready:
            if not self._waiting:
                self._ready.wait(seconds)
            taken = list(self._waiting)
            self._waiting.clear()
            self._size = 0
            return taken


def _size(recording: Recording) -> int:
    exchange = recording.exchange
    if exchange is None:
        return _FIXED
    size = _FIXED + len(exchange.request.body) + sum(len(name) + len(value) for name, value in exchange.request.fields)
    return size if exchange.response is None else size + len(exchange.response.body)


class Listening:
    """Use it as a context manager: it listens from `__enter__` on, which raises ListenError, until `__exit__`.

    token: what senders of reports must show. `bound`: where it listens really. `queue.dropped`, `refused`: what was not taken.
    """

    def __init__(self, addresses: Sequence[Address], token: str = "", queue: Queue | None = None) -> None:
        self._addresses = addresses
        self._token = token
        self.queue = queue if queue is not None else Queue()
        self.bound: list[Address] = []
        self._servers: list[Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="yett-listening", daemon=True)

    def __enter__(self) -> "Listening":
        self._thread.start()
        try:
            for address in self._addresses:
                self._open(address)
        except ListenError:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def _open(self, address: Address) -> None:
        if address.kind == MIRROR:
            opening = serve_mirror(address.at, self.queue.offer)
        else:
            opening = serve_reports(address.at, self.queue.offer_all, self._token)
        server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        self._servers.append(server)
        self.bound.append(Address(address.kind, server.address))

    def _end(self) -> None:
        for server in self._servers:
            asyncio.run_coroutine_threadsafe(server.close(), self._loop).result()
        self._servers.clear()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def refused(self) -> int:
        """Connections beyond the bound, and requests that had no single reading."""
        return sum(server.refused for server in self._servers)

    def recordings(self, stop: threading.Event) -> Iterator[list[Recording]]:
        """What comes, in batches, until `stop` is set and nothing waits. An empty batch: nothing came for a moment."""
        while True:
            batch = self.queue.take(_PACE)
            if not batch and stop.is_set():
                return
            yield batch
