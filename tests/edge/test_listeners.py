"""Ports are taken once, by us alone, and stay open whatever happens to workers."""

import errno
import socket

import pytest

from yett.edge.gateway.listeners import ListenError, Listeners, _explain, open_sockets, parse_address, printed


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:8080", ("::1", 8080)),
        ("localhost:0", ("127.0.0.1", 0)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
    ],
)
def test_addresses(text: str, parsed: tuple[str, int]) -> None:
    assert parse_address(text) == parsed


@pytest.mark.parametrize(
    "text, why",
    [
        ("8080", "with a port"),
        ("127.0.0.1", "with a port"),
        ("127.0.0.1:", "with a port"),
        ("127.0.0.1:65536", "with a port"),
        ("127.0.0.1:-1", "with a port"),
        ("127.0.0.1:８０", "with a port"),
        ("api.example:80", "not an IP address"),
        (":80", "not an IP address"),
        ("*:80", "not an IP address"),
        ("::1:80", "brackets"),
        ("[127.0.0.1]:80", "brackets"),
    ],
)
def test_what_is_no_address_says_what_would_be(text: str, why: str) -> None:
    with pytest.raises(ListenError, match=why):
        parse_address(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_all_sockets_of_an_address_share_its_port(host: str) -> None:
    listeners = Listeners(3)
    assert listeners.open_missing([f"{host}:0"]) == (f"{host}:0",)
    bound = listeners.bound[f"{host}:0"]
    for slot in (1, 2, 3):
        ((_, file),) = listeners.of(slot)
        with socket.fromfd(file, socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as copy:
            assert printed(copy) == bound
    assert bound.startswith(host)
    for _ in range(20):
        socket.create_connection(parse_address(bound)).close()
    listeners.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(parse_address(bound))


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_in_use_is_refused_even_if_it_could_be_shared(shared: bool) -> None:
    with socket.socket() as other:
        if shared:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = printed(other)
        with pytest.raises(ListenError, match=f"^{address} is already in use by another process$"):
            open_sockets(address, 2)


def test_a_port_is_free_again_while_old_connections_end() -> None:
    first = open_sockets("127.0.0.1:0", 1)[0]
    address = printed(first)
    client = socket.create_connection(first.getsockname())
    first.setblocking(True)
    served, _ = first.accept()
    first.close()
    served.close()  # the server closes first: TIME_WAIT is ours
    client.close()
    for opened in open_sockets(address, 2):
        opened.close()


def test_what_cannot_be_bound_is_explained() -> None:
    with pytest.raises(ListenError, match="not an address of this machine"):
        open_sockets("192.0.2.1:8080", 1)
    assert "CAP_NET_BIND_SERVICE" in _explain("x", OSError(errno.EACCES, ""))
    assert "ulimit" in _explain("x", OSError(errno.EMFILE, ""))
    assert _explain("x", OSError(errno.EIO, "Input/output error")) == "x: Input/output error"


def test_nothing_is_opened_where_one_address_fails() -> None:
    listeners = Listeners(2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ListenError):
            listeners.open_missing(["127.0.0.1:0", printed(other)])
    assert listeners.addresses == ()
    with pytest.raises(ListenError, match="listed twice"):
        listeners.open_missing(["127.0.0.1:0", "127.0.0.1:0"])


def test_a_reload_opens_and_closes_only_what_changes() -> None:
    listeners = Listeners(1)
    listeners.open_missing(["127.0.0.1:0", "[::1]:0"])
    before = dict(listeners.of(1))
    assert listeners.open_missing(["127.0.0.1:0", "127.0.0.2:0"]) == ("127.0.0.2:0",)
    assert listeners.keep_only(["127.0.0.1:0", "127.0.0.2:0"]) == ("[::1]:0",)
    assert dict(listeners.of(1))["127.0.0.1:0"] == before["127.0.0.1:0"]
    listeners.close()
    assert listeners.bound == {}
