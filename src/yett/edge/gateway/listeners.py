"""Listening sockets: opened by the supervisor once, one for each worker and address, kept open for its whole life.

All sockets of an address share the port (SO_REUSEPORT), so that the kernel spreads connections over the workers. Since the
supervisor owns them, a worker's death closes none, and connections that wait in its queue are answered by whoever takes its
socket next. SO_REUSEPORT would also let a second server of the same user steal half of the connections, so the port is first
bound without it. It must not know of workers' processes or of what is spoken on the sockets.
"""

import errno
import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address

BACKLOG = 4_096
"""Connections that may wait to be accepted, per socket. Linux caps it at net.core.somaxconn, which has the same default."""


class ListenError(Exception):
    """An address cannot be listened on. The text says which and why, for the owner."""


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of "127.0.0.1:8080", "[::1]:8080" or "localhost:8080"; port 0 lets the system choose.

    The host is an IP address: a name could mean other addresses tomorrow. Raises ListenError.
    """
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ListenError(f"{text!r} is not an address with a port, such as 127.0.0.1:8080 or [::1]:8080")
    host = "127.0.0.1" if host == "localhost" else host[1:-1] if bracketed else host
    try:
        address = ip_address(host)
    except ValueError:
        raise ListenError(f"{text!r}: {host!r} is not an IP address (use 0.0.0.0 or [::] for all of this machine)") from None
    if isinstance(address, IPv6Address) != bracketed:
        raise ListenError(f"{text!r}: brackets are for IPv6 addresses, and only for them, as in [::1]:8080")
    return host, int(port)


def open_sockets(text: str, count: int, backlog: int = BACKLOG) -> list[socket.socket]:
    """`count` listening sockets on one address, sharing its port. Raises ListenError; nothing stays open then."""
    host, port = parse_address(text)
    sockets: list[socket.socket] = []
    try:
        with _bound(host, port, shared=False):
            pass
        for _ in range(count):
            opened = _bound(host, port, shared=True)
            sockets.append(opened)
            opened.listen(backlog)
            port = opened.getsockname()[1]
    except OSError as error:
        close_all(sockets)
        raise ListenError(_explain(text, error)) from error
    return sockets


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0][4]
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only lets go of connections in TIME_WAIT
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # so that 0.0.0.0 and [::] can both be listed
        opened.setblocking(False)
        opened.bind(place)
    except OSError:
        opened.close()
        raise
    return opened


def _explain(text: str, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{text} is already in use by another process"
        case errno.EACCES | errno.EPERM:
            return f"{text}: no permission; ports below 1024 need the capability CAP_NET_BIND_SERVICE"
        case errno.EADDRNOTAVAIL:
            return f"{text} is not an address of this machine"
        case errno.EMFILE | errno.ENFILE:
            return f"{text}: too many open files; raise the limit (ulimit -n)"
        case _:
            return f"{text}: {error.strerror or error}"


def close_all(sockets: Iterable[socket.socket]) -> None:
    for opened in sockets:
        opened.close()


class Listeners:
    """All listening sockets of the supervisor, by address as the policy writes it."""

    def __init__(self, count: int, backlog: int = BACKLOG) -> None:
        self.count = count
        self._backlog = backlog
        self._sockets: dict[str, list[socket.socket]] = {}

    def open_missing(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Open what is not open yet, and say what that was. Raises ListenError, and opens nothing then."""
        wanted = list(addresses)
        twice = {address for address in wanted if wanted.count(address) > 1}
        if twice:
            raise ListenError(f"{min(twice)} is listed twice")
        added: dict[str, list[socket.socket]] = {}
        try:
            for address in wanted:
                if address not in self._sockets:
                    added[address] = open_sockets(address, self.count, self._backlog)
        except ListenError:
            self._close(added)
            raise
        self._sockets |= added
        return tuple(added)

    def keep_only(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Close all others, and say which those were."""
        wanted = set(addresses)
        gone = {address: sockets for address, sockets in self._sockets.items() if address not in wanted}
        self._close(gone)
        self._sockets = {address: sockets for address, sockets in self._sockets.items() if address in wanted}
        return tuple(gone)

    def _close(self, group: Mapping[str, list[socket.socket]]) -> None:
        for sockets in group.values():
            close_all(sockets)

    def of(self, slot: int) -> list[tuple[str, int]]:
        """Address and descriptor of each socket of one worker, counted from 1."""
        return [(address, sockets[slot - 1].fileno()) for address, sockets in self._sockets.items()]

    @property
    def addresses(self) -> tuple[str, ...]:
        """As in the policy."""
        return tuple(self._sockets)

    @property
    def bound(self) -> dict[str, str]:
        """Where each address is really bound: the port, where the policy leaves it open, is chosen by the system."""
        return {address: printed(sockets[0]) for address, sockets in self._sockets.items()}

    def close(self) -> None:
        self.keep_only(())


def printed(opened: socket.socket) -> str:
    """ "127.0.0.1:8080" or "[::1]:8080": where a socket is bound."""
    host, port = opened.getsockname()[:2]
    return f"[{host}]:{port}" if opened.family == socket.AF_INET6 else f"{host}:{port}"
