"""Much of everything: gigabytes in constant memory, thousands of connections, downloads that nobody reads.

YETT_E2E_BYTES sets the size of the transfers (2 GB by default; they take a few seconds each).
"""

import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from typing import Self

import pytest
from load import QUESTION
from serving import Serving, resident, served, until

SIZE = int(os.environ.get("YETT_E2E_BYTES", 2_000_000_000))
GROWTH = 30.0
PIECE = bytes(1 << 20)

POLICY = """
  large:
    mode: enforce
    body_size: 1000000000000
    upstream: {targets: ["http://127.0.0.1:{backend}"]}
"""


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[int]:
    """How many files this process may open while these tests run. The gateway starts with few, and must see to itself."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    head = "bounds: {connections_per_address: 20000, connections: 20000, idle_timeout: 600}"
    with served(tmp_path_factory.mktemp("large"), POLICY, head=head, measured=False) as (serving, _):
        warm(serving)
        yield serving


def warm(serving: Serving) -> None:
    """Have everything imported and allocated that one request needs."""
    for _ in range(50):
        with serving.connect() as client:
            client.sendall(QUESTION.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert drained(client)[0] == b"HTTP/1.1 200"


def drained(client: socket.socket) -> tuple[bytes, int]:
    """The start of all that comes until the other end closes, and its length."""
    buffer = bytearray(1 << 20)
    size = client.recv_into(buffer)
    start, total = bytes(buffer[:12]), size
    while size:
        size = client.recv_into(buffer)
        total += size
    return start, total


class Watch:
    """The most memory that the only worker has while the block runs, above what it had before, in MB."""

    def __init__(self, serving: Serving) -> None:
        (self._pid,) = serving.pids()
        self._before = resident(self._pid)
        self._most = self._before
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    @property
    def growth(self) -> float:
        return self._most - self._before

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, resident(self._pid))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._most = max(self._most, resident(self._pid))


@pytest.mark.parametrize("way", ["bytes", "chunked"])
def test_a_large_download_in_constant_memory(large: Serving, way: str) -> None:
    with large.connect() as client, Watch(large) as watch:
        client.sendall(b"GET /%b/%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % (way.encode(), SIZE))
        start, total = drained(client)
    assert start == b"HTTP/1.1 200" and SIZE < total < SIZE * 1.01 + 1_000
    assert watch.growth < GROWTH


@pytest.mark.parametrize("way", ["length", "chunked"])
def test_a_large_upload_in_constant_memory(large: Serving, way: str) -> None:
    framing = b"Content-Length: %d" % SIZE if way == "length" else b"Transfer-Encoding: chunked"
    with large.connect() as client, Watch(large) as watch:
        client.sendall(b"POST /sink HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%b\r\n\r\n" % framing)
        left = SIZE
        while left:
            piece = PIECE[:left]
            left -= len(piece)
            client.sendall(piece if way == "length" else b"%x\r\n%b\r\n" % (len(piece), piece))
        if way == "chunked":
            client.sendall(b"0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n\r\n%d" % SIZE)
    assert watch.growth < GROWTH


def test_downloads_that_nobody_reads_wait_at_their_source(large: Serving) -> None:
    with Watch(large) as watch:
        clients = [large.connect() for _ in range(50)]
        for client in clients:
            client.sendall(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n")
        time.sleep(1)
        with large.connect() as other:
            other.sendall(QUESTION)
            assert other.recv(12) == b"HTTP/1.1 200"
        for client in clients:
            client.close()
    assert watch.growth < 50 * 1.0  # 50 GB were asked for


def test_thousands_of_idle_connections(large: Serving, many_files: int) -> None:
    """Each has asked once. 8 KB each, which is the bar of 40 MB for 5,000."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (many_files, many_files))
    number = min(5_000, many_files - 500)
    clients: list[socket.socket] = []
    try:
        with Watch(large) as watch:
            for _ in range(number):
                client = large.connect()
                client.sendall(QUESTION)
                clients.append(client)
            for client in clients:
                assert client.recv(12) == b"HTTP/1.1 200"
            until(lambda: _metric(large, "yett_connections") >= number)
            began = time.monotonic()
            for _ in range(100):
                with large.connect() as other:
                    other.sendall(QUESTION)
                    assert other.recv(12) == b"HTTP/1.1 200"
            assert time.monotonic() - began < 2
        assert watch.growth < number * 0.008
    finally:
        for client in clients:
            client.close()
    until(lambda: _metric(large, "yett_connections") < 10)


def _metric(serving: Serving, name: str) -> float:
    lines = serving.admin("/metrics")[1].splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name) and not line.startswith("#"))
