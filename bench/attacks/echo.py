"""The upstream of the attack rules' bench: `python -m attacks.echo --listen PORT` answers any whole request with the same octets.

As cheap as it can be, because it shares its core with the client.
"""

import argparse
import re
import select
import socket

ANSWER = b'{"accepted":true}'
_WIRE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
READ = 262_144


class Connection:
    """One kept-alive connection. left: octets of a body that are still to come."""

    def __init__(self, peer: socket.socket) -> None:
        peer.setblocking(False)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer, self.held, self.left = peer, b"", 0

    def readable(self) -> bool:
        """Answer each request that is there as a whole. False: the connection is over."""
        try:
            received = self.peer.recv(READ)
        except ConnectionError:
            received = b""
        if not received:
            return False
        if self.left > len(received):
            self.left -= len(received)
            return True
        if self.left:
            received, self.left = received[self.left :], 0
            self.peer.send(_WIRE)
        self.held += received
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.held[: end + 2])
            whole = end + 4 + (int(length[1]) if length else 0)
            if whole > len(self.held):
                self.left, self.held = whole - len(self.held), b""
                return True
            self.held = self.held[whole:]
            self.peer.send(_WIRE)
        return True


def serve(port: int) -> None:
    """Serve on loopback until the process is ended."""
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    connections: dict[int, Connection] = {}
    while True:
        for number, _ in poller.poll():
            if number == listener.fileno():
                peer, _address = listener.accept()
                connections[peer.fileno()] = Connection(peer)
                poller.register(peer, select.EPOLLIN)
            elif not connections[number].readable():
                poller.unregister(number)
                connections.pop(number).peer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True)
    serve(parser.parse_args().listen)


if __name__ == "__main__":
    main()
