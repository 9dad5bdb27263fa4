"""The corpus of smuggling, sent raw: whatever comes in, the upstream sees nothing, or exactly one request that says the same.

What "the same" is, two readers decide that Yett has no part in: the one in `strict_reader`, and h11.
"""

import itertools
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import h11
import pytest
from serving import YETT, Serving, until
from smuggling_corpus import ACCEPTED, DENIED, REFUSED, request
from strict_reader import Incomplete, Request, Unreadable, read

OWN = {
    *(b"host", b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"traceparent", b"x-request-id"),
    *(b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"http2-settings"),
    *(b"expect", b"x-hop"),
}
"""Fields that a proxy writes afresh, or drops."""

KEY: list[bytes] = []
CORPUS = [(name, raw, group) for group in (ACCEPTED, DENIED, REFUSED) for name, raw in group.items()]


class Recorder(socketserver.ThreadingTCPServer):
    """Writes down the bytes of each connection, and answers each request that the strict reader finds in them.

    begun: requests that have not come to their end; the gateway must either end them or close their connection.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Recording)
        self.seen: list[bytes] = []
        self.unreadable: list[bytes] = []
        self.begun: dict[object, bytes] = {}
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class _Recording(socketserver.BaseRequestHandler):
    server: Recorder
    request: socket.socket

    def handle(self) -> None:
        kept = b""
        try:
            while data := self.request.recv(65_536):
                kept += data
                while kept:
                    try:
                        _, rest = read(kept)
                    except Incomplete:
                        break
                    except Unreadable:
                        self.server.unreadable.append(kept)
                        return
                    self.server.seen.append(kept[: len(kept) - len(rest)])
                    kept = rest
                    self.server.begun.pop(self, None)
                    self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                if kept:
                    self.server.begun[self] = kept
        except OSError:
            pass
        finally:
            self.server.begun.pop(self, None)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Recorder]]:
    services = """
  all:
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{recorder}"]}
  locked:
    match: {prefix: /locked}
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{recorder}"]}
    authenticate: [{api_key: {header: X-API-Key}}]
"""
    recorder, directory = Recorder(), tmp_path_factory.mktemp("smuggling")
    made = subprocess.run(
        [YETT, "key", "new", "--principal", "alice", "--keys", directory / "keys.yaml"],
        capture_output=True,
        check=True,
        text=True,
    )
    KEY.append(made.stdout.strip().encode())
    try:
        with Serving(directory, services, head="keys: keys.yaml", recorder=recorder.port) as serving:
            yield serving, recorder
    finally:
        recorder.stop()


def send(serving: Serving, raw: bytes, slowly: bool) -> bytes:
    """All that comes back, until the gateway closes. `slowly`: octet by octet."""
    with serving.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for octet in raw if slowly else ():
                client.sendall(bytes((octet,)))
                time.sleep(0)
            if not slowly:
                client.sendall(raw)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has been refused and closed
        answers = b""
        try:
            while piece := client.recv(65_536):
                answers += piece
        except ConnectionResetError:
            pass
        return answers


def essence(request: Request) -> tuple[bytes, bytes, bytes, list[tuple[bytes, bytes]]]:
    """Method, target as a server would decode it, body, and the fields that a proxy has no business with."""
    target = request.target
    if not target.startswith((b"/", b"*")):
        _, _, target = target.partition(b"://")
        authority, slash, path = target.partition(b"/")
        _, mark, query = authority.partition(b"?")
        target = slash + path if slash else b"/" + mark + query
    own = {token.strip().lower() for value in request.values(b"connection") for token in value.split(b",")} | OWN
    fields = [(name.lower(), value) for name, value in request.fields if name.lower() not in own]
    return request.method, unquote_to_bytes(target), request.body, fields


def by_h11(seen: bytes) -> tuple[bytes, bytes, bytes]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(seen)
    events = []
    while not isinstance(event := connection.next_event(), type) and not isinstance(event, h11.EndOfMessage):
        events.append(event)
    assert isinstance(event, h11.EndOfMessage) and connection.trailing_data[0] == b""
    head, *pieces = events
    assert isinstance(head, h11.Request)
    return head.method, head.target, b"".join(piece.data for piece in pieces)


@pytest.mark.parametrize("slowly", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize("part", range(4))
def test_the_upstream_sees_nothing_or_one_request_that_says_the_same(
    recorded: tuple[Serving, Recorder], part: int, slowly: bool
) -> None:
    serving, recorder = recorded
    wrong = []
    for name, raw, group in itertools.islice(CORPUS, part, None, 4):
        if slowly and len(raw) > 2_000:
            continue
        recorder.seen.clear()
        recorder.unreadable.clear()
        answers = send(serving, raw, slowly)
        try:
            judge(raw, group, answers, recorder)
        except (AssertionError, h11.RemoteProtocolError) as error:
            wrong.append(
                f"{name}: {str(error).splitlines()[0]}\n  sent {raw[:300]!r}\n  seen {recorder.seen} {recorder.unreadable}\n  got {answers[:90]!r}"
            )
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong])


def judge(raw: bytes, group: dict[str, bytes], answers: bytes, recorder: Recorder) -> None:
    final = answers.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    until(lambda: not recorder.begun, what="half a request hangs at the upstream")
    if group is not ACCEPTED:
        assert not recorder.seen and not recorder.unreadable, "the upstream saw something"
        assert final == b"" or final.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505 ")), "not refused"
        assert final.count(b"HTTP/1.1 ") <= 1, "more than one answer"
        assert not final or group is DENIED or b"onnection: close" in final, "the connection goes on"
        return
    assert not recorder.unreadable, "the upstream saw what has no one reading"
    assert len(recorder.seen) == 1, f"the upstream saw {len(recorder.seen)} requests"
    assert final.startswith(b"HTTP/1.1 200 ") and final.count(b"HTTP/1.1 ") == 1, "not one answer"
    sent, _ = read(raw)
    carried, rest = read(recorder.seen[0])
    assert not rest and essence(carried) == essence(sent), "it says something else"
    method, target, body = by_h11(recorder.seen[0])
    assert (method, target, body) == (carried.method, carried.target, carried.body), "h11 reads something else"


def test_the_corpus_is_what_it_says() -> None:
    """What must be carried has one reading, so that the oracle is of use; most of what must not has none."""
    for name, raw in ACCEPTED.items():
        assert read(raw), name
    readable = [name for name, raw in REFUSED.items() if _readable(raw)]
    assert len(CORPUS) > 600 and len(readable) < len(REFUSED) / 3, readable


def _readable(raw: bytes) -> bool:
    try:
        read(raw)
    except Unreadable:
        return False
    return True


@pytest.mark.parametrize(
    ("connection", "status"),
    [
        (b"close", 200),
        (b"close, X-Other, TE", 200),
        (b"close, X-API-Key", 401),  # what the upstream does not get, the guard does not believe
        (b"close, x-api-KEY", 401),
        (b"close, Host", 400),
        (b"close, Content-Length", 400),
        (b"close, Content-Type", 400),
    ],
)
def test_what_guards_read_the_upstream_gets(recorded: tuple[Serving, Recorder], connection: bytes, status: int) -> None:
    serving, recorder = recorded
    recorder.seen.clear()
    raw = request(
        *(b"X-API-Key: " + KEY[0], b"Content-Type: application/json", b"Content-Length: 2", b"Connection: " + connection),
        start=b"POST /locked HTTP/1.1",
        body=b"{}",
    )
    assert send(serving, raw, False).startswith(b"HTTP/1.1 %d " % status)
    assert len(recorder.seen) == (status == 200)
    for seen in recorder.seen:
        assert read(seen)[0].values(b"x-api-key") == [KEY[0]] and read(seen)[0].values(b"content-type") == [b"application/json"]


def test_what_cannot_be_read_is_on_record(recorded: tuple[Serving, Recorder]) -> None:
    serving, _ = recorded
    answer = send(serving, REFUSED["CL.TE b'chunked'"], False)
    identity = answer.lower().partition(b"x-request-id: ")[2][:24].decode()
    record = serving.record(identity)
    assert (record.tag, record.status, record.reasons[0].rule) == ("gateway:request:refused", 400, "http-syntax")
