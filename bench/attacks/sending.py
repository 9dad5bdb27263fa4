"""A process that sends one of the worst inputs over and over on one connection, each after the answer to the one before.

`python -m attacks.sending` reads orders from its standard input, one a line: `PORT SECONDS NAME` begins, with so many seconds from
one request to the next at least, an empty line ends it, which is answered with a line of JSON (`Sent`). It is a process of its own,
so that the client that measures others does not wait for it, and the last on its core.
"""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

import machine
from attacks import traffic, worst
from client import READ

SMALL = "an ordinary small request"
LARGE = next(worst.inputs())[0]
NICENESS = 19
PATIENCE = 90.0
"""Seconds for one answer."""


class Sent(msgspec.Struct, frozen=True):
    """took: seconds to each answer. statuses: how often each came; "" for the end of the connection."""

    took: list[float]
    statuses: dict[str, int]


def wires() -> dict[str, bytes]:
    """All that can be sent, by name."""
    return {SMALL: traffic.wire(traffic.requests(1)[0]), **{name: traffic.wire(one) for name, one in worst.inputs()}}


def answer(one: socket.socket) -> bytes:
    """Read one answer with a length and a body; gives its status, empty at the end of the connection. Raises OSError."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        piece = one.recv(READ)
        if not piece:
            return b""
        received += piece
    lines = received[:end].lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(received) < end + 4 + length:
        piece = one.recv(READ)
        if not piece:
            return b""
        received += piece
    return b"" if b"connection: close" in lines else lines[0][9:12]


def repeat(port: int, pace: float, wire: bytes) -> Sent:
    """Until there is something to read on standard input."""
    took, statuses, one = [], {}, None
    while not select.select([sys.stdin], (), (), max(0.0, pace - took[-1]) if took else 0)[0]:
        began = time.perf_counter()
        try:
            if one is None:
                one = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.sendall(wire)
            status = answer(one).decode()
        except OSError:
            status = ""
        took.append(time.perf_counter() - began)
        statuses[status] = statuses.get(status, 0) + 1
        if not status and one is not None:
            one.close()
            one = None
    if one is not None:
        one.close()
    return Sent(took, statuses)


class Sender:
    """The other end: gives orders to such a process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def _hear(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def begin(self, port: int, name: str, pace: float = 0.0) -> None:
        self._tell(f"{port} {pace} {name}")

    def end(self) -> Sent:
        """After the answer to what was sent last."""
        self._tell("")
        return msgspec.json.decode(self._hear(), type=Sent)


@contextmanager
def sender(core: int) -> Iterator[Sender]:
    """Start such a process on a core."""
    with machine.pinned(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "attacks.sending"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    try:
        made = Sender(process)
        made._hear()
        yield made
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    os.nice(NICENESS)
    known = wires()
    os.write(1, b"ready\n")
    while order := _line():
        port, pace, name = order.rstrip().split(" ", 2)
        os.write(1, msgspec.json.encode(repeat(int(port), float(pace), known[name])) + b"\n")
        _line()  # the order to end


def _line() -> str:
    """One line, read without a buffer, so that `select` knows of the next."""
    read = b""
    while not read.endswith(b"\n"):
        octet = os.read(0, 1)
        if not octet:
            return ""
        read += octet
    return read.decode()


if __name__ == "__main__":
    main()
