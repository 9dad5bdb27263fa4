"""Sends the demo's bytes as they are, well-formed or not, and reads the answer. Loopback only."""

import re
import select
import socket
import time
from contextlib import suppress

import msgspec

TIMEOUT = 15.0
"""Seconds for one call, whatever it is."""
_IDENTITY = re.compile(rb'"request_id":"([0-9a-f]{8,64})"')
LARGEST = 1 << 20
"""Bytes of an answer that are read at most."""


class Reply(msgspec.Struct, frozen=True):
    """status: 0 where no answer came. fields: names in lower case. raw: everything that was received."""

    status: int
    fields: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def request_id(self) -> str:
        """As a field, or in the problem details of a request that could not be read."""
        in_body = _IDENTITY.search(self.body)
        return self.fields.get("x-request-id") or (in_body[1].decode() if in_body else "")


def call(port: int, content: bytes, slow: float = 0.0) -> Reply:
    """Send `content` on a connection of its own. slow: seconds to wait after each of its bytes, until there is an answer."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        with suppress(ConnectionError):  # the gateway may answer and close before it has read everything
            if slow:
                _trickle(connection, content, slow)
            else:
                connection.sendall(content)
        return _read(connection)


def _trickle(connection: socket.socket, content: bytes, pause: float) -> None:
    end = time.monotonic() + TIMEOUT
    for byte in content:
        connection.sendall(bytes([byte]))
        readable, _, _ = select.select([connection], (), (), pause)
        if readable or time.monotonic() > end:
            return


def _read(connection: socket.socket) -> Reply:
    received = b""
    with suppress(ConnectionError, TimeoutError):
        while len(received) < LARGEST and (piece := connection.recv(65_536)):
            received += piece
            reply = _parse(received)
            if len(reply.body) >= int(reply.fields.get("content-length", LARGEST)):
                break
    return _parse(received)


def _parse(received: bytes) -> Reply:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Reply(status, fields, body, received)
