"""The upstream of the benchmark: answers each call of the contract with the bytes that belong to it, and nothing else.

As cheap as a correct server can be, because it shares its core with the client. It compares every request's line and body with
what the client was told to send; anything else is answered 500, which voids the run.

    python bench/upstream.py --listen 9701 --operations 1000
"""

import argparse
import select
import socket
import sys
from collections.abc import Callable

from contract import generate
from traffic import STATUSES, exchange

WRONG = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}
READ = 65_536


def answers(operations: int) -> dict[bytes, tuple[bytes, bytes]]:
    """Request line -> (the request body it must come with, the whole response)."""
    table = {}
    for call in generate(operations=operations).calls:
        for status in STATUSES:
            one = exchange(call, status)
            head = b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            table[one.line] = (one.body, head % (status, REASONS[status], len(one.answer)) + one.answer)
    return table


class Connection:
    """One kept-alive connection from a proxy."""

    def __init__(self, peer: socket.socket, table: dict[bytes, tuple[bytes, bytes]]) -> None:
        peer.setblocking(False)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer, self.receive, self.send, self.get = peer, peer.recv, peer.send, table.get
        self.held = b""

    def readable(self) -> bool:
        """Answer if a whole request is there. False: the connection is over."""
        try:
            received = self.receive(READ)
        except ConnectionError:
            received = b""
        if not received:
            return False
        if self.held:
            received, self.held = self.held + received, b""
        head, end, body = received.partition(b"\r\n\r\n")
        if not end:
            self.held = received
            return len(received) < READ
        line = head.partition(b"\r\n")[0]
        known = self.get(line)
        if known is not None and known[0] == body:
            self.send(known[1])
        elif known is not None and len(body) < len(known[0]):
            self.held = received
        else:
            sys.stderr.write(f"upstream: unexpected request {line!r}, {len(body)} bytes of body\n")
            self.send(WRONG)
        return True


def serve(port: int, table: dict[bytes, tuple[bytes, bytes]], ready: Callable[[], None]) -> None:
    """Serve on loopback until the process is ended."""
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    poller = select.epoll()
    accepting = listener.fileno()
    poller.register(accepting, select.EPOLLIN)
    connections: dict[int, Connection] = {}
    ready()
    while True:
        for number, _ in poller.poll():
            if number == accepting:
                peer, _address = listener.accept()
                connections[peer.fileno()] = Connection(peer, table)
                poller.register(peer.fileno(), select.EPOLLIN)
            elif not connections[number].readable():
                poller.unregister(number)
                connections.pop(number).peer.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--listen", type=int, required=True)
    options.add_argument("--operations", type=int, default=1000)
    chosen = options.parse_args()
    serve(chosen.listen, answers(chosen.operations), lambda: print("ready", flush=True))


if __name__ == "__main__":
    main()
