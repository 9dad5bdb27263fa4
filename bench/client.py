"""The load client: one process, epoll, kept-alive connections; checks every answer's status and every byte of its body.

Two ways of loading: `closed` (each connection sends its next request when the answer is in: finds the maximum) and `paced`
(requests are due at a constant rate whether or not answers come: finds latency). Latency of a paced request counts from when
it was due, so a stalled proxy cannot hide the requests that it held up. Written in Python because it must vary target,
body and key by request and compare answers, and must run where there is no compiler; it sends about 100,000 a second.
"""

import gc
import select
import socket
import sys
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

READ = 262_144
PATIENCE = 20.0
"""Seconds without any answer after which a run is void."""

SETTLE = 0.5

Moment = tuple[float, Callable[[], None]]
"""Seconds after the start of a paced run, and what to do then."""


class Void(Exception):
    """The run says nothing: an answer was wrong, missing or unexpected."""


class Result(msgspec.Struct, frozen=True):
    """completed: requests answered rightly; seconds: of the run; latencies: seconds each, in order of completion;
    finished: when each was completed, in seconds since the start; late: seconds by which each paced request left too late, because
    this client, or all of its connections, were busy."""

    completed: int
    seconds: float
    latencies: array
    finished: array
    late: array

    @property
    def rate(self) -> float:
        return self.completed / self.seconds

    def percentile(self, percent: float) -> float:
        """Of all requests that were sent after the first half second, in which connections are made."""
        return percentile(self.between(SETTLE, self.seconds), percent)

    def between(self, start: float, end: float) -> list[float]:
        """Latencies of the requests that were due in this part of the run, in seconds since its start."""
        pairs = zip(self.latencies, self.finished, strict=True)
        return [latency for latency, finished in pairs if start <= finished - latency < end]


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank; 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


class Client:
    """Sends `requests` in turn to a port on loopback, and holds every answer against `statuses` and `answers`."""

    def __init__(self, port: int, requests: Sequence[bytes], statuses: Sequence[bytes], answers: Sequence[bytes]) -> None:
        self.port, self.requests, self.statuses, self.answers = port, requests, statuses, answers
        self.next = 0

    def closed(self, connections: int, seconds: float = 0.0, count: int = 0) -> Result:
        """Load for `seconds`, or until `count` requests were sent; what is under way then is awaited. Raises Void."""
        with self._flight(min(connections, count or connections)) as flight:
            end = flight.start + seconds if seconds else float("inf")
            left = (count or sys.maxsize) - len(flight.idle)
            while flight.idle:
                flight.send(time.perf_counter())
            while flight.under_way:
                for number, _ in flight.poll(1.0):
                    if flight.answered(number) and left > 0 and (now := time.perf_counter()) < end:
                        flight.send(now)
                        left -= 1
            return flight.result()

    def paced(self, connections: int, rate: float, seconds: float, moments: Sequence[Moment] = ()) -> Result:
        """Send `rate` requests a second for `seconds`, at equal distances. Raises Void."""
        with self._flight(connections) as flight:
            sent, count, waiting = 0, int(rate * seconds), deque(moments)
            while flight.under_way or sent < count:
                now = time.perf_counter()
                while flight.idle and sent < count and (due := flight.start + sent / rate) <= now:
                    flight.send(due)
                    flight.late.append(now - due)
                    sent += 1
                while waiting and now >= flight.start + waiting[0][0]:
                    waiting.popleft()[1]()
                if flight.idle and sent < count:
                    flight.sleep(flight.start + sent / rate - time.perf_counter())
                    ready = flight.poll(0.0)
                else:
                    ready = flight.poll(1.0)
                for number, _ in ready:
                    flight.answered(number)
            return flight.result()

    @contextmanager
    def _flight(self, connections: int) -> Iterator["_Flight"]:
        """Without garbage collection, whose pauses would count as latency."""
        gc.collect()
        gc.disable()
        try:
            flight = _Flight(self, connections)
            try:
                yield flight
            finally:
                self.next = flight.place
                flight.close()
        except OSError as error:
            raise Void(f"port {self.port}: {error}") from error
        finally:
            gc.enable()


class _Flight:
    """The connections of one run, and the requests that are under way on them: at most one on each."""

    def __init__(self, client: Client, connections: int) -> None:
        self.client, self.requests, self.statuses, self.answers = client, client.requests, client.statuses, client.answers
        self.latencies, self.finished, self.late = array("d"), array("d"), array("d")
        self.sockets = {one.fileno(): one for one in (_connect(client.port) for _ in range(connections))}
        self.idle = list(self.sockets)
        self.under_way: dict[int, tuple[int, float]] = {}
        self.held: dict[int, bytes] = {}
        self.place, self.poller = client.next, select.epoll()
        for number in self.sockets:
            self.poller.register(number, select.EPOLLIN)
        self.start = self.heard = time.perf_counter()

    def send(self, due: float) -> None:
        """Send the next request on the connection that became idle last. Raises Void."""
        place, request, number = self.place, self.requests[self.place], self.idle.pop()
        self.under_way[number] = (place, due)
        if self.sockets[number].send(request) != len(request):
            raise Void("a request did not fit into the socket's buffer")
        self.place = place + 1 if place + 1 < len(self.requests) else 0

    def answered(self, number: int) -> bool:
        """Read; True if the answer is complete and right. Raises Void if it can no longer become so."""
        received = self.sockets[number].recv(READ)
        if number not in self.under_way or not received:
            raise Void(f"port {self.client.port}: {received[:200]!r} or the end of the connection, not asked for")
        if number in self.held:
            received = self.held.pop(number) + received
        place, due = self.under_way[number]
        end = received.find(b"\r\n\r\n")
        body = received[end + 4 :] if end > 0 else b""
        if end > 0 and body == self.answers[place] and received[9:12] == self.statuses[place]:
            self.heard = now = time.perf_counter()
            self.latencies.append(now - due)
            self.finished.append(now - self.start)
            del self.under_way[number]
            self.idle.append(number)
            return True
        if end > 0 and (received[9:12] != self.statuses[place] or len(body) >= len(self.answers[place])):
            sent, expected = self.requests[place][:300], self.statuses[place]
            raise Void(f"port {self.client.port}: sent {sent!r}, expected {expected!r}, got {received[:600]!r}")
        self.held[number] = received
        return False

    def poll(self, seconds: float) -> list[tuple[int, int]]:
        """What can be read within `seconds`. Raises Void if nothing was answered for too long."""
        ready = self.poller.poll(seconds)
        if not ready and self.under_way and time.perf_counter() - self.heard > PATIENCE:
            raise Void(f"port {self.client.port}: no answer for {PATIENCE:.0f} s")
        return ready

    def sleep(self, seconds: float) -> None:
        """Until something can be read; with a resolution of microseconds, which epoll's own time-out has not."""
        if seconds > 0:
            select.select([self.poller], (), (), seconds)

    def result(self) -> Result:
        return Result(len(self.latencies), time.perf_counter() - self.start, self.latencies, self.finished, self.late)

    def close(self) -> None:
        self.poller.close()
        for one in self.sockets.values():
            one.close()


def _connect(port: int) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=10)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one.setblocking(False)
    return one


def exact_timers() -> None:
    """Ask the kernel for the least timer slack (50 us otherwise), so that paced requests leave when they are due."""
    Path("/proc/self/timerslack_ns").write_text("1")
