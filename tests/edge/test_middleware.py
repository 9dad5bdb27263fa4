"""Middleware in real applications behind real servers: FastAPI and Starlette on uvicorn, Flask on Werkzeug's server."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from flask import Flask, Response, request
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from werkzeug.serving import make_server

from yett.edge.collectors.asgi import Observe
from yett.edge.collectors.django import annotate
from yett.edge.collectors.listening import Address, Listening
from yett.edge.collectors.reducing import Reducer
from yett.edge.collectors.sending import Sender, Watched, _after_fork
from yett.edge.collectors.watching import Sampling, name_of
from yett.edge.collectors.wsgi import Observe as ObserveWSGI
from yett.formats.recordings import Recording, read_json_lines


class Item(BaseModel):
    name: str


def shop() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/v1")

    @router.post("/items/{item_id}")
    async def put(item_id: int, item: Item) -> dict[str, Any]:
        return {"id": item_id, "name": item.name}

    @router.get("/files/{path:path}")
    async def file(path: str) -> dict[str, str]:
        return {"path": path}

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken")

    app.include_router(router)
    return app


@contextmanager
def uvicorn_of(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    ready = threading.Event()
    startup = server.startup

    async def started(sockets: Any = None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = started  # type: ignore[method-assign]
    thread.start()
    assert ready.wait(20)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def werkzeug_of(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def written(path: Path) -> list[Recording]:
    found = list(read_json_lines([path.read_bytes()], 0.0))
    assert not any(one.error or one.refused for one in found)
    return found


def seen(found: list[Recording]) -> list[tuple[str, bytes, str, int]]:
    return [
        (one.exchange.request.method, one.exchange.request.target, one.route, one.exchange.response.status)
        for one in found
        if one.exchange is not None and one.exchange.response is not None
    ]


def test_fastapi_on_uvicorn_to_a_file(tmp_path: Path) -> None:
    app, sender = shop(), Sender(tmp_path / "seen.jsonl", service="shop")
    app.add_middleware(Observe, sender=sender, user=lambda scope: dict(scope["headers"]).get(b"x-user", b"").decode())
    with uvicorn_of(app) as base, httpx.Client(base_url=base) as client:
        client.post("/v1/items/17?a=b%20c", json={"name": "tea"}, headers={"X-User": "alice"})
        client.get("/v1/files/a%2Fb/c")
        client.get("/v1/nothing")
        client.post("/v1/items/x", json={})
        assert client.get("/v1/broken").status_code == 500
    sender.close()
    found = written(tmp_path / "seen.jsonl")
    assert seen(found) == [
        ("POST", b"/v1/items/17?a=b%20c", "/v1/items/{item_id}", 200),
        ("GET", b"/v1/files/a%2Fb/c", "/v1/files/{path}", 200),
        ("GET", b"/v1/nothing", "", 404),
        ("POST", b"/v1/items/x", "/v1/items/{item_id}", 422),
    ]
    first, exchange = found[0], found[0].exchange
    assert exchange is not None and exchange.response is not None and exchange.duration is not None
    assert (exchange.request.body, exchange.response.body) == (b'{"name":"tea"}', b'{"id":17,"name":"tea"}')
    assert (first.principal, first.service, first.sensor, exchange.address) == ("alice", "shop", "middleware", "127.0.0.1")
    assert found[4].lacks == (("response", "the application raised RuntimeError"),)
    assert stat.S_IMODE(os.stat(tmp_path / "seen.jsonl").st_mode) == 0o600
    assert (sender.offered, sender.sent, sender.dropped) == (5, 5, 0)


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        return (AuthCredentials(), SimpleUser("bob")) if "x-bob" in conn.headers else None


def test_starlette_to_a_listener_with_mounts_users_and_streams() -> None:
    async def stream(asked: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b"x" * 100_000

        return StreamingResponse(pieces(), media_type=asked.query_params["type"])

    async def echo(asked: Request) -> PlainTextResponse:
        return PlainTextResponse(await asked.body())

    inner = Starlette(routes=[Route("/u/{name}", echo, methods=["PUT"])])
    middleware = [Middleware(AuthenticationMiddleware, backend=Backend())]
    app = Starlette(
        routes=[Mount("/sub", inner), Route("/stream", stream), Route("/all/{rest:path}", echo, methods=["POST"])],
        middleware=middleware,
    )
    with Listening([Address("reports", "127.0.0.1:0")], "t0ken") as listening:
        observe = Observe(app, f"http://{listening.bound[0].at}", token="t0ken", kept=150_000)
        with uvicorn_of(observe) as base, httpx.Client(base_url=base) as client:
            client.put("/sub/u/x", content=b"\xff\x00", headers={"X-Bob": "1"})
            assert len(client.get("/stream?type=text/plain").content) == 500_000
            assert len(client.get("/stream?type=image/png").content) == 500_000
            client.post("/all/a", content=b"x" * 200_000, headers={"Content-Type": "image/png"})
            client.post("/stream", content=b"never read")
        observe.sender.close()
        found = listening.queue.take(10)
    assert [one.route for one in found] == ["/sub/u/{name}", "/stream", "/stream", "/all/{rest}", "/stream"]
    assert [one.principal for one in found] == ["bob", "", "", "", ""]
    exchanges = [one.exchange for one in found if one.exchange is not None]
    bodies = [(one.request.body, one.request.truncated) for one in exchanges]
    assert bodies == [(b"\xff\x00", False), (b"", False), (b"", False), (b"", True), (b"", True)]
    responses = [one.response for one in exchanges if one.response is not None]
    assert [(len(one.body), one.truncated) for one in responses] == [
        (2, False),
        (150_000, True),
        (0, True),
        (150_000, True),
        (18, False),
    ]


def flask_shop() -> Flask:
    app = Flask(__name__)

    @app.post("/orders/<int:order_id>/<any(a, b):kind>")
    def order(order_id: int, kind: str) -> dict[str, Any]:
        return {"id": order_id, "sent": request.get_json()}

    @app.get("/stream")
    def stream() -> Response:
        return Response((b"piece %d;" % number for number in range(3)), mimetype="text/plain")

    @app.get("/torn")
    def torn() -> Response:
        def pieces() -> Iterator[bytes]:
            yield b"one"
            raise RuntimeError("torn")

        return Response(pieces(), mimetype="text/plain")

    @app.get("/file")
    def file() -> Response:
        from flask import send_file

        return send_file(__file__)

    return app


def test_flask_on_werkzeug(tmp_path: Path) -> None:
    app = flask_shop()
    observe = ObserveWSGI(app.wsgi_app, tmp_path / "seen.jsonl", user=lambda environ: environ.get("HTTP_X_USER"))
    app.wsgi_app = observe  # type: ignore[method-assign]
    with werkzeug_of(app) as base, httpx.Client(base_url=base) as client:
        client.post("/orders/7/a?x=%C3%A9", json={"n": 1}, headers={"X-User": "carol"})
        assert client.get("/stream").content == b"piece 0;piece 1;piece 2;"
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/torn")
        assert client.get("/file").content == Path(__file__).read_bytes()
        client.get("/none")
    observe.sender.close()
    found = sorted(written(tmp_path / "seen.jsonl"), key=lambda one: one.exchange.request.target if one.exchange else b"")
    assert seen(found) == [
        ("GET", b"/file", "/file", 200),
        ("GET", b"/none", "", 404),
        ("POST", b"/orders/7/a?x=%C3%A9", "/orders/{order_id}/{kind}", 200),
        ("GET", b"/stream", "/stream", 200),
        ("GET", b"/torn", "/torn", 200),
    ]
    file, _, order, stream, torn = (one.exchange for one in found)
    assert order is not None and order.response is not None and found[2].principal == "carol"
    assert json.loads(order.request.body) == {"n": 1} and json.loads(order.response.body)["id"] == 7
    assert stream is not None and stream.response is not None and stream.response.body == b"piece 0;piece 1;piece 2;"
    assert torn is not None and torn.response is not None and torn.response.truncated and torn.response.body == b"one"
    assert file is not None and file.response is not None and file.response.body == Path(__file__).read_bytes()


def plain_environ(**more: Any) -> dict[str, Any]:
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/app", "PATH_INFO": "/a b", "QUERY_STRING": "q=1", "CONTENT_TYPE": ""}
    return environ | {"HTTP_HOST": "h", "REMOTE_ADDR": "192.0.2.1", "SERVER_PROTOCOL": "HTTP/1.0"} | more


NUMBERS = [b"one\n", b"two\n", b"three\n", b"four\n", b"five\n", b"six\n"]


class Input:
    """What servers give: lines and pieces."""

    def __init__(self) -> None:
        self.lines = NUMBERS.copy()
        self.fileno = 7

    def read(self, size: int = -1) -> bytes:
        return self.lines.pop(0)

    readline = read

    readall = read

    def readinto(self, buffer: bytearray) -> int:
        line = self.lines.pop(0)
        buffer[: len(line)] = line
        return len(line)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return [self.lines.pop(0)]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.lines


def test_every_way_to_read_and_write_in_wsgi(tmp_path: Path) -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        source = environ["wsgi.input"]
        buffer = bytearray(10)
        assert [source.read(4), source.readline(), *source.readlines(), source.readall()] == NUMBERS[:4]
        assert buffer[: source.readinto(buffer)] == b"five\n" and list(source) == [b"six\n"]
        assert source.fileno == 7
        write = start("200 OK", [("Content-Type", "text/plain")])
        write(b"first ")
        return [b"second"]

    observe = ObserveWSGI(app, tmp_path / "seen.jsonl")
    sent: list[bytes] = []
    environ = plain_environ(**{"wsgi.input": Input(), "REMOTE_USER": "dave", "yett.route": "/app/{x}"})
    assert list(observe(environ, lambda *_: sent.append)) == [b"second"]
    assert sent == [b"first "]
    raw = plain_environ(RAW_URI="/raw%20one", **{"yett.user": "erin", "wsgi.input": Input()})
    observe(raw, lambda *_: sent.append)
    observe.sender.close()
    first, second = written(tmp_path / "seen.jsonl")
    assert first.exchange is not None and first.exchange.response is not None and second.exchange is not None
    assert (first.exchange.request.target, first.route, first.principal) == (b"/app/a%20b?q=1", "/app/{x}", "dave")
    assert first.exchange.request.body == b"".join(NUMBERS) and first.exchange.response.body == b"first second"
    assert (second.exchange.request.target, second.principal, second.exchange.request.version) == (b"/raw%20one", "erin", "1.0")


def test_files_go_out_as_the_server_sends_them(tmp_path: Path) -> None:
    class Wrapper:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("nobody but the server reads it")

    def app(environ: dict[str, Any], start: Any) -> Any:
        start("200 OK", [])
        return environ["wsgi.file_wrapper"](None)

    observe = ObserveWSGI(app, tmp_path / "seen.jsonl", every=2)
    for _ in range(4):
        assert isinstance(observe(plain_environ(**{"wsgi.file_wrapper": Wrapper}), lambda *_: None), Wrapper)
    observe.sender.close()
    found = [one.exchange.response for one in written(tmp_path / "seen.jsonl") if one.exchange is not None]
    assert [one.truncated for one in found if one is not None] == [True, True]


def test_what_fails_in_wsgi(tmp_path: Path) -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        raise KeyError("x")

    observe = ObserveWSGI(app, tmp_path / "seen.jsonl")
    with pytest.raises(KeyError):
        observe(plain_environ(), lambda *_: None)
    del (odd := plain_environ())["REQUEST_METHOD"]
    with pytest.raises(KeyError):
        observe(odd, lambda *_: None)
    observe.sender.close()
    (found,) = written(tmp_path / "seen.jsonl")
    assert found.lacks == (("response", "the application raised KeyError"),)


# --- ASGI without a server ------------------------------------------------------------------------------------------


def asgi(observe: Observe, **more: Any) -> list[Any]:
    scope = {"type": "http", "method": "GET", "path": "/a b", "headers": [], "http_version": "2"} | more
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(observe(scope, receive, send))  # type: ignore[arg-type]
    return sent


def test_scopes_of_little(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope.get("silent"):
            return
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.pathsend", "path": "/x"})

    observe = Observe(app, tmp_path / "seen.jsonl", user=lambda scope: scope["who"])
    asgi(observe, **{"yett.route": "/b/<int:x>", "yett.user": "frank"})
    asgi(observe, silent=True, method=7)
    asgi(observe, silent=True, query_string=b"access_token=abc", who=7)
    asgi(observe, type="lifespan")
    del observe.sender
    assert asgi(observe)[0]["status"] == 200  # whatever breaks in here, the application has answered


def test_sampling_is_weight(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    observe = Observe(app, tmp_path / "seen.jsonl", every=3)
    for _ in range(9):
        asgi(observe)
    observe.sender.close()
    assert [one.weight for one in written(tmp_path / "seen.jsonl")] == [3, 3, 3]
    with pytest.raises(ValueError):
        Sampling(0)


class User:
    is_authenticated = True

    def get_username(self) -> str:
        return "grace"

    @property
    def identity(self) -> str:
        raise NotImplementedError


def test_names_of_users() -> None:
    anonymous = type("Anonymous", (), {"is_authenticated": False, "username": "x"})()
    numbered = type("Numbered", (), {"id": 7})()
    assert [name_of(one) for one in ("a", None, User(), anonymous, numbered, 7)] == ["a", "", "grace", "", "7", ""]


def test_djangos_middleware() -> None:
    class Match:
        route = "orders/<int:pk>/"

    class DjangoRequest:
        def __init__(self, **more: Any) -> None:
            self.resolver_match = Match()
            self.__dict__.update(more)

    class Lazy:
        def __init__(self) -> None:
            self._setupfunc = None

    environ: dict[str, Any] = {}
    assert annotate(lambda request: "answer")(DjangoRequest(environ=environ, _cached_user=User())) == "answer"
    assert environ == {"yett.route": "/orders/<int:pk>/", "yett.user": "grace"}

    async def later(request: Any) -> str:
        return "later"

    scope: dict[str, Any] = {}
    assert asyncio.run(annotate(later)(DjangoRequest(scope=scope, user=Lazy()))) == "later"
    assert scope == {"yett.route": "/orders/<int:pk>/", "yett.user": ""}
    annotate(lambda request: None)(DjangoRequest(environ=(told := {}), user=User()))
    assert told["yett.user"] == "grace"
    annotate(lambda request: None)(object())


# --- sending --------------------------------------------------------------------------------------------------------


def watched(number: int = 0, **more: Any) -> Watched:
    return Watched("GET", b"/%d" % number, [(b"host", b"h")], 1.0, **more)


def test_a_full_queue_drops_and_counts(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it waits for a reader, so that nothing is written
    sender = Sender(tmp_path / "pipe", entries=10)
    for number in range(200):
        sender.offer(watched(number))
    assert sender.offered == 200 and sender.dropped >= 180
    with open(tmp_path / "pipe", "rb") as pipe:
        sender.close()
        lines = pipe.read().splitlines()
    assert len(lines) == sender.sent == 200 - sender.dropped
    sender.offer(watched())
    assert sender.dropped == 201 - sender.sent


def test_large_bodies_are_bounded_together(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    sender = Sender(tmp_path / "pipe", octets=5_000)
    for _ in range(20):
        sender.offer(watched(body=b"x" * 2_000))
    assert sender.dropped >= 16
    with open(tmp_path / "pipe", "rb") as pipe:
        sender.close()
        assert pipe.read()


def test_files_that_are_rotated(tmp_path: Path) -> None:
    path = tmp_path / "seen.jsonl"
    sender = Sender(path)
    sender._out.write(b"1\n")
    path.rename(tmp_path / "old.jsonl")
    sender._out.write(b"2\n")
    path.unlink()
    sender._out.write(b"3\n")
    sender.close()
    assert (path.read_bytes(), (tmp_path / "old.jsonl").read_bytes()) == (b"3\n", b"1\n")


def test_who_cannot_be_reached_costs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for to in (tmp_path / "none" / "seen.jsonl", "http://127.0.0.1:1"):
        sender = Sender(to)
        sender.offer(watched())
        sender.close()
        assert (sender.offered, sender.sent, sender.dropped) == (1, 0, 1)
    assert sum("cannot be handed to" in one for one in caplog.messages) == 2


def test_wrong_tokens_are_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with Listening([Address("reports", "127.0.0.1:0")], "right") as listening:
        sender = Sender(f"http://{listening.bound[0].at}/", token="wrong")
        sender.offer(watched())
        sender.close()
    assert "it answers 401" in caplog.text and "wrong" not in caplog.text


@pytest.mark.parametrize("to", ["ftp://h/x", "http://", "http://h/?a"])
def test_addresses_that_are_none(to: str) -> None:
    with pytest.raises(ValueError):
        Sender(to)


FORKING = """
import os, sys
from yett.edge.collectors.sending import Sender, Watched
sender = Sender(sys.argv[1])
sender.offer(Watched("GET", b"/parent", [], 1.0))
child = os.fork()
if not child:
    sender.offer(Watched("GET", b"/child", [], 1.0))
    sender.close()
    os._exit(0)
os.waitpid(child, 0)
sender.close()
"""


def test_processes_that_fork(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKING, str(tmp_path / "seen.jsonl")], check=True, timeout=60)
    targets = [one.exchange.request.target for one in written(tmp_path / "seen.jsonl") if one.exchange is not None]
    assert sorted(targets) == [b"/child", b"/parent"]
    sender = Sender(tmp_path / "again.jsonl")
    _after_fork()
    sender.offer(watched())
    sender.close()
    assert sender.sent == 1


def test_what_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    sender = Sender(tmp_path / "seen.jsonl")
    sender.offer(watched(1, principal=object()))
    sender.offer(watched(2))
    sender.close()
    (found,) = written(tmp_path / "seen.jsonl")
    assert found.exchange is not None and found.exchange.request.target == b"/2"


# --- credentials ----------------------------------------------------------------------------------------------------

HEADER = b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
CLAIMS = b64encode(b'{"sub":"alice"}').decode().rstrip("=")
JWT = f"{HEADER}.{CLAIMS}.{'s' * 43}"


def test_credentials_are_reduced() -> None:
    reduce = Reducer(b"k")
    bearer = reduce.field("authorization", f"Bearer {JWT}")
    assert bearer.startswith(f"Bearer {HEADER}.{CLAIMS}.") and "sss" not in bearer and len(bearer) == len(JWT) + 7
    basic = reduce.field("authorization", "Basic " + b64encode(b"alice:secret").decode())
    user, _, password = b64decode(basic[6:]).decode().partition(":")
    assert user == "alice" and password and password != "secret"
    assert "?" not in reduce.field("authorization", "Basic ???")
    assert reduce.field("cookie", "a=one; b; c=two") == f"a={reduce.digest('one')}; b; c={reduce.digest('two')}"
    assert reduce.field("set-cookie", "sid=abc; HttpOnly") == f"sid={reduce.digest('abc')}; HttpOnly"
    for name in ("x-api-key", "x-auth-token", "ocp-apim-subscription-key", "x-session-id", "authorization"):
        assert reduce.field(name, "topsecret") == reduce.digest("topsecret") != Reducer(b"l").digest("topsecret")
    for name in ("accept", "content-type", "host", "x-request-id", "etag", "sec-websocket-key"):
        assert reduce.field(name, "plain") == "plain"
    assert reduce.target("/a?b=c&api_key=secret&d&token=") == f"/a?b=c&api_key={reduce.digest('secret')}&d&token="
    assert reduce.target("/a?b") == "/a?b" and reduce.field("x-api-key", "") == ""


def test_credentials_are_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    for keep, there in ((True, True), (False, False)):
        path = tmp_path / f"{keep}.jsonl"
        sender = Sender(path, keep_credentials=keep)
        sender.offer(Watched("GET", b"/?api_key=hidden1", [(b"x-api-key", b"hidden2"), (b"x", b"\xe9")], 1.0))
        sender.close()
        assert (b"hidden1" in path.read_bytes()) == (b"hidden2" in path.read_bytes()) == there
