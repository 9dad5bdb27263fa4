"""From a running application to a file of JSON lines or to a listener for reports, without the application ever waiting.

Exchanges go into a bounded queue; a thread of its own writes them. What finds no room is dropped and counted. Nothing that fails
here reaches the application. It must not know how exchanges were seen.
"""

import atexit
import http.client
import logging
import os
import threading
import time
import weakref
from base64 import b64encode
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import msgspec

from yett.edge.collectors.reducing import Reducer

LOG = logging.getLogger("yett.observe")
ENTRIES = 10_000
OCTETS = 32 << 20
"""What may wait to be written."""
LARGEST_FILE = 4 << 30
"""Octets that a file may grow to. Whatever rotates it makes room: it is opened again."""
BATCH, BATCH_OCTETS = 500, 4 << 20
TIMEOUT = 5.0
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
_COMPLAIN = 60.0
"""Seconds between two complaints in the log."""
_FIXED = 500

_SENDERS: "weakref.WeakSet[Sender]" = weakref.WeakSet()

Lines = list[tuple[bytes, bytes]]


class Watched(msgspec.Struct):
    """An exchange as middleware sees it. started: in seconds since the Unix epoch; duration: in seconds. `status` is 0 where there
    was no response, and `failure` says why."""

    method: str
    target: bytes
    fields: Lines
    started: float
    scheme: str = "http"
    version: str = "1.1"
    address: str = ""
    body: bytes = b""
    truncated: bool = False
    status: int = 0
    response_fields: Lines = []
    response_body: bytes = b""
    response_truncated: bool = False
    duration: float = 0.0
    route: str = ""
    principal: str = ""
    failure: str = ""
    weight: int = 1


class Sender:
    """to: a path, or the address of a listener for reports, such as "http://127.0.0.1:4318". service: its name in the catalog.
    token: what that listener wants. key: see `Reducer`. keep_credentials: write them as they are.

    `offered`, `dropped`, `sent`: counts of exchanges. Raises ValueError for an address that is none.
    """

    def __init__(
        self,
        to: str | os.PathLike[str],
        service: str = "",
        token: str = "",
        key: bytes = b"",
        keep_credentials: bool = False,
        entries: int = ENTRIES,
        octets: int = OCTETS,
    ) -> None:
        self._to, self._token = os.fspath(to), token
        self._service = service
        self._reducer = None if keep_credentials else Reducer(key)
        self._most, self._most_octets = entries, octets
        self.offered = self.dropped = self.sent = 0
        self.begin()
        _SENDERS.add(self)

    def begin(self) -> None:
        """Anew. Nothing of a parent process may be used after a fork: neither its thread nor its connection nor what waits."""
        self._out = _target(self._to, self._token)
        self._waiting: deque[Watched] = deque()
        self._size = 0
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._complained = float("-inf")

    def offer(self, watched: Watched) -> None:
        """Never waits, never raises."""
        size = _FIXED + len(watched.body) + len(watched.response_body)
        with self._ready:
            self.offered += 1
            if self._closing or len(self._waiting) >= self._most or self._size + size > self._most_octets:
                self.dropped += 1
                return
            self._waiting.append(watched)
            self._size += size
            if len(self._waiting) == 1:
                self._ready.notify()
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="yett-observe", daemon=True)
        self._thread.start()
        atexit.register(self.close, 2.0)

    def close(self, seconds: float = 10.0) -> None:
        """Write what waits, for at most so many seconds; what is left then is lost."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join(seconds)
        atexit.unregister(self.close)

    def _run(self) -> None:
        failures = 0
        batch: list[Watched] = []
        while True:
            if not batch:
                batch = self._next()
            if not batch:
                break
            try:
                self._out.write(b"".join(map(self._line, batch)))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._complain(error)
                if self._closing and failures:
                    break
                with self._ready:
                    self._ready.wait_for(lambda: self._closing, BACK_OFF[min(failures, len(BACK_OFF) - 1)])
                failures += 1
            else:
                self.sent += len(batch)
                batch, failures = [], 0
        self.dropped += len(batch)
        self._out.close()

    def _next(self) -> list[Watched]:
        """The next batch; nothing when it is over."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._closing)
            batch: list[Watched] = []
            octets = 0
            while self._waiting and len(batch) < BATCH and octets < BATCH_OCTETS:
                one = self._waiting.popleft()
                octets += _FIXED + len(one.body) + len(one.response_body)
                batch.append(one)
            self._size -= octets
            return batch

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._complained >= _COMPLAIN:
            self._complained = now
            LOG.warning("exchanges cannot be handed to %s: %s (%d dropped so far)", self._out, error, self.dropped)

    def _line(self, watched: Watched) -> bytes:
        """A line; nothing of what cannot be written, which must not stop the others."""
        try:
            return msgspec.json.encode(self._said(watched)) + b"\n"
        except Exception as error:  # noqa: BLE001 frameworks put anything anywhere
            self._complain(error)
            return b""

    def _said(self, watched: Watched) -> dict[str, Any]:
        line: dict[str, Any] = {
            "method": watched.method,
            "target": self._target(watched.target),
            "headers": self._fields(watched.fields),
            "time": watched.started,
            "duration": watched.duration,
            "scheme": watched.scheme,
            "version": watched.version,
            "address": watched.address,
            "sensor": "middleware",
            "route": watched.route,
            "service": self._service,
            "principal": watched.principal,
            "weight": watched.weight,
            **_body(watched.body, watched.truncated),
        }
        if watched.status:
            fields = self._fields(watched.response_fields)
            body = _body(watched.response_body, watched.response_truncated)
            line["response"] = {"status": watched.status, "headers": fields, **body}
        else:
            line["lacks"] = [("response", watched.failure or "the application gave none")]
        return line

    def _target(self, target: bytes) -> str:
        text = _text(target)
        return text if self._reducer is None else self._reducer.target(text)

    def _fields(self, lines: Lines) -> list[tuple[str, str]]:
        found = [(_text(name), _text(value)) for name, value in lines]
        if self._reducer is None:
            return found
        return [(name, self._reducer.field(name.lower(), value)) for name, value in found]


def _after_fork() -> None:
    for sender in tuple(_SENDERS):
        sender.begin()


os.register_at_fork(after_in_child=_after_fork)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _body(body: bytes, truncated: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"truncated": True} if truncated else {}
    if body:
        try:
            found["body"] = body.decode()
        except UnicodeDecodeError:
            found["body_base64"] = b64encode(body).decode("ascii")
    return found


def _target(to: str, token: str) -> "_File | _Listener":
    if to.startswith(("http://", "https://")):
        return _Listener(to, token)
    if "://" in to:
        raise ValueError(f"{to!r} is neither a path nor an http address of a listener")
    return _File(to)


class _File:
    """Lines at the end of a file that only its owner reads. It may be rotated at any time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __str__(self) -> str:
        return self._path

    def write(self, lines: bytes) -> None:
        self._open()
        if os.fstat(self._descriptor).st_size + len(lines) > LARGEST_FILE:
            raise OSError(f"the file would be larger than {LARGEST_FILE} bytes")
        while lines:
            lines = lines[os.write(self._descriptor, lines) :]

    def _open(self) -> None:
        if self._descriptor >= 0:
            opened = os.fstat(self._descriptor)
            try:
                there = os.stat(self._path)
            except FileNotFoundError:
                there = None
            if there is not None and (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino):
                return
            self.close()
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _Listener:
    """POST /v1/recordings of a listener for reports (`yett.edge.collectors.reports`)."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        if not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{address!r} is not the address of a listener, such as http://127.0.0.1:4318")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        self._path = parts.path.rstrip("/") + "/v1/recordings"
        self._fields = {"Content-Type": "application/x-ndjson"}
        if token:
            self._fields["Authorization"] = f"Bearer {token}"
        self._name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def __str__(self) -> str:
        return self._name

    def write(self, lines: bytes) -> None:
        try:
            self._connection.request("POST", self._path, lines, self._fields)
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # it is opened again with the next request
            raise
        if response.status >= 300:
            raise OSError(f"it answers {response.status}")

    def close(self) -> None:
        self._connection.close()
