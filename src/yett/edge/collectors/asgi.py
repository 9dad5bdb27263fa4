"""Middleware for ASGI applications (FastAPI, Starlette, Litestar, Quart, Django): every exchange with its route and user.

    from yett.edge.collectors.asgi import Observe
    app.add_middleware(Observe, to="http://127.0.0.1:4318")   # or app = Observe(app, to="exchanges.jsonl")

What it hands on are copies, through a bounded queue to a thread of its own: the application never waits for it and never fails
because of it. Streams stay streams. It must not know what becomes of exchanges.

Source: ASGI specification 3.0, HTTP & WebSocket message format 2.5.
"""

import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from yett.edge.collectors.sending import Sender, Watched
from yett.edge.collectors.watching import KEPT, LOG, ROUTE, USER, Kept, Sampling, asked, name_of, wanted
from yett.formats.routes import template

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_VERSIONS = frozenset(("1.0", "1.1"))


class Observe:
    """app: the application. to, service, token, key: see `Sender`. user: who the user of a scope is, where `scope["user"]` does not
    say so; called after the response. kept: octets of a body that are kept. every: one in how many exchanges is recorded.

    `sender` has the counts. It can be handed in, for several applications in one process.
    """

    def __init__(
        self,
        app: Application,
        to: str | os.PathLike[str] = "yett-exchanges.jsonl",
        *,
        service: str = "",
        token: str = "",
        key: bytes = b"",
        user: Callable[[Scope], Any] | None = None,
        kept: int = KEPT,
        every: int = 1,
        sender: Sender | None = None,
    ) -> None:
        self.app = app
        self.sender = sender if sender is not None else Sender(to, service, token, key)
        self._user = user
        self._kept = kept
        self._sampling = Sampling(every)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._sampling.takes():
            await self.app(scope, receive, send)
            return
        seen = _Seen(scope, self._kept)

        async def hear() -> Message:
            message = await receive()
            seen.received(message)
            return message

        async def say(message: Message) -> None:
            await send(message)
            seen.sent(message)

        failure = ""
        try:
            await self.app(scope, hear, say)
        except BaseException as error:
            failure = f"the application raised {type(error).__name__}"
            raise
        finally:
            self._finish(seen, scope, failure)

    def _finish(self, seen: "_Seen", scope: Scope, failure: str) -> None:
        try:
            watched = seen.watched(failure)
            watched.route = _route(scope, seen.root)
            watched.principal = self._principal(scope)
            watched.weight = self._sampling.every
            self.sender.offer(watched)
        except Exception as error:  # noqa: BLE001 whatever servers and frameworks put into a scope, the request goes on
            LOG.warning("an exchange could not be recorded: %s", type(error).__name__)

    def _principal(self, scope: Scope) -> str:
        said = scope.get(USER)
        if isinstance(said, str) and said:
            return said
        if self._user is not None:
            return asked(self._user, scope)
        return name_of(scope["user"]) if "user" in scope else ""


class _Seen:
    """One exchange on its way through."""

    __slots__ = ("_began", "_body", "_response", "_scope", "_started", "_status", "root")

    def __init__(self, scope: Scope, kept: int) -> None:
        self._started, self._began = time.time(), time.monotonic()
        self._scope = scope
        self.root: str = scope.get("root_path") or ""
        self._status: Message | None = None
        self._body = Kept(kept if wanted(_value(scope["headers"])) else 0)
        self._response = Kept(kept)

    def received(self, message: Message) -> None:
        if message["type"] == "http.request":
            self._body.add(message.get("body") or b"")

    def sent(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._status = message
            if not wanted(_value(message.get("headers") or ())):
                self._response = Kept(0)
        elif kind == "http.response.body":
            self._response.add(message.get("body") or b"")
        elif kind in ("http.response.pathsend", "http.response.zerocopysend"):
            self._response.truncated = True

    def watched(self, failure: str) -> Watched:
        scope, status = self._scope, self._status
        client = scope.get("client")
        watched = Watched(
            method=scope["method"],
            target=_target(scope),
            fields=[(bytes(name), bytes(value)) for name, value in scope["headers"]],
            started=self._started,
            scheme=scope.get("scheme") or "http",
            version=scope["http_version"] if scope.get("http_version") in _VERSIONS else "1.1",
            address=str(client[0]) if client else "",
            body=self._body.octets(),
            truncated=self._body.lacks(_value(scope["headers"], b"content-length")),
            duration=time.monotonic() - self._began,
            failure=failure,
        )
        if status is not None:
            watched.status = status["status"]
            watched.response_fields = [(bytes(name), bytes(value)) for name, value in status.get("headers") or ()]
            watched.response_body = self._response.octets()
            watched.response_truncated = self._response.truncated or bool(failure)
        return watched


def _value(lines: Any, wanted_name: bytes = b"content-type") -> str:
    return next((bytes(value).decode("latin-1") for name, value in lines if bytes(name).lower() == wanted_name), "")


def _target(scope: Scope) -> bytes:
    """As the client wrote it; frameworks change `path`, and only some servers say `raw_path`."""
    raw = scope.get("raw_path")
    path = bytes(raw).partition(b"?")[0] if raw else quote(scope["path"], safe="/!$&'()*+,;=:@~").encode()
    query = scope.get("query_string")
    return path + b"?" + bytes(query) if query else path


def _route(scope: Scope, root: str) -> str:
    """What routing left in the scope: a route of Starlette's or FastAPI's with an endpoint, below the mounts it was found in."""
    said = scope.get(ROUTE)
    if isinstance(said, str) and said:
        return template(said)
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    if not isinstance(path, str) or not hasattr(route, "endpoint"):
        return ""
    now = scope.get("root_path") or ""
    mount = now[len(root) :] if now.startswith(root) else ""
    return template(mount + path)
