"""Middleware for WSGI applications (Flask, Django, Bottle, Pyramid): every exchange with its route and user.

    from yett.edge.collectors.wsgi import Observe
    app.wsgi_app = Observe(app.wsgi_app, to="http://127.0.0.1:4318")   # Flask; elsewhere: application = Observe(application, ...)

What it hands on are copies, through a bounded queue to a thread of its own: the application never waits for it and never fails
because of it. Streams stay streams, and files go out the way the server sends files. It must not know what becomes of exchanges.

Source: PEP 3333.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from yett.edge.collectors.sending import Lines, Sender, Watched
from yett.edge.collectors.watching import KEPT, LOG, ROUTE, USER, Kept, Sampling, asked, wanted
from yett.formats.routes import template

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Observe:
    """app: the application. to, service, token, key: see `Sender`. user: who the user of an environment is, where REMOTE_USER does
    not say so; called when the response begins, in Flask with its request at hand. kept: octets of a body that are
    kept. every: one in how many exchanges is recorded.

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
        user: Callable[[Environ], Any] | None = None,
        kept: int = KEPT,
        every: int = 1,
        sender: Sender | None = None,
    ) -> None:
        self.app = app
        self.sender = sender if sender is not None else Sender(to, service, token, key)
        self.user = user
        self._kept = kept
        self.sampling = Sampling(every)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self.sampling.takes():
            return self.app(environ, start_response)
        seen = _Seen(self, environ, self._kept)
        try:
            result = self.app(environ, seen.started(start_response))
        except BaseException as error:
            seen.finish(f"the application raised {type(error).__name__}")
            raise
        wrapper = environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type) and isinstance(result, wrapper):
            seen.response.truncated = True  # a file: it does not come by here
            seen.finish()
            return result
        if isinstance(result, list | tuple):  # whole, and servers may count on its length
            for piece in result:
                seen.response.add(piece)
            seen.finish()
            return result
        return _Stream(result, seen)


class _Seen:
    """One exchange on its way through."""

    __slots__ = (
        *("_began", "_body", "_environ", "_fields", "_finished", "_observe", "_principal", "_route", "_started", "_status"),
        "response",
    )

    def __init__(self, observe: Observe, environ: Environ, kept: int) -> None:
        self._observe = observe
        self._environ = environ
        self._started, self._began = time.time(), time.monotonic()
        self._body = Kept(kept if wanted(environ.get("CONTENT_TYPE") or "") else 0)
        self.response = Kept(kept)
        self._status = 0
        self._fields: Lines = []
        self._finished = False
        self._route = self._principal = ""
        if "wsgi.input" in environ:
            environ["wsgi.input"] = _Tee(environ["wsgi.input"], self._body)

    def started(self, start_response: StartResponse) -> StartResponse:
        def start(status: str, fields: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            write = start_response(status, fields, *more)
            self._status = int(status[:3]) if status[:3].isdigit() else 0
            self._fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
            self._ask()
            kind = next((value for name, value in fields if name.lower() == "content-type"), "")
            if not wanted(kind):
                self.response = Kept(0)

            def write_also(piece: bytes) -> object:
                self.response.add(piece)
                return write(piece)

            return write_also

        return start

    def _ask(self) -> None:
        """Flask forgets its request before the response is sent."""
        self._route = _route(self._environ) or self._route
        self._principal = _principal(self._environ, self._observe.user) or self._principal

    def finish(self, failure: str = "") -> None:
        if self._finished:
            return
        self._finished = True
        try:
            self._observe.sender.offer(self._watched(failure))
        except Exception as error:  # noqa: BLE001 whatever servers and frameworks put into an environment, the request goes on
            LOG.warning("an exchange could not be recorded: %s", type(error).__name__)

    def _watched(self, failure: str) -> Watched:
        environ = self._environ
        protocol = environ.get("SERVER_PROTOCOL") or ""
        if not self._status:
            self._ask()
        return Watched(
            method=environ["REQUEST_METHOD"],
            target=_target(environ),
            fields=_fields(environ),
            started=self._started,
            scheme=environ.get("wsgi.url_scheme") or "http",
            version="1.0" if protocol == "HTTP/1.0" else "1.1",
            address=environ.get("REMOTE_ADDR") or "",
            body=self._body.octets(),
            truncated=self._body.lacks(environ.get("CONTENT_LENGTH") or ""),
            status=self._status,
            response_fields=self._fields,
            response_body=self.response.octets(),
            response_truncated=self.response.truncated or bool(failure),
            duration=time.monotonic() - self._began,
            route=self._route,
            principal=self._principal,
            failure=failure,
            weight=self._observe.sampling.every,
        )


class _Tee:
    """An input that is read by the application, and kept as far as it was."""

    def __init__(self, source: Any, kept: Kept) -> None:
        self._source = source
        self._kept = kept

    def read(self, *size: Any) -> bytes:
        return self._seen(self._source.read(*size))

    def readline(self, *size: Any) -> bytes:
        return self._seen(self._source.readline(*size))

    def readlines(self, *hint: Any) -> list[bytes]:
        return [self._seen(line) for line in self._source.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        for line in self._source:
            yield self._seen(line)

    def readinto(self, buffer: Any) -> int:
        """Not of PEP 3333, but Werkzeug reads this way."""
        count: int = self._source.readinto(buffer)
        self._kept.add(bytes(memoryview(buffer)[:count]))
        return count

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        return (lambda *more: self._seen(found(*more))) if name in ("read1", "readall") else found

    def _seen(self, piece: bytes) -> bytes:
        self._kept.add(piece)
        return piece


class _Stream:
    """A response that comes piece by piece. The server calls `close` in any case."""

    def __init__(self, result: Iterable[bytes], seen: _Seen) -> None:
        self._result = result
        self._pieces = iter(result)
        self._seen = seen
        self._whole = False

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._whole = True
            raise
        except BaseException as error:
            self._seen.finish(f"the application raised {type(error).__name__}")
            raise
        self._seen.response.add(piece)
        return piece

    def close(self) -> None:
        try:
            close = getattr(self._result, "close", None)
            if close is not None:
                close()
        finally:
            self._seen.response.truncated = self._seen.response.truncated or not self._whole
            self._seen.finish()


def _target(environ: Environ) -> bytes:
    """As the client wrote it, where the server says so (gunicorn, uWSGI, Werkzeug)."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if isinstance(raw, str) and raw.startswith("/"):
        return raw.encode("latin-1", "replace")
    path = (environ.get("SCRIPT_NAME") or "") + (environ.get("PATH_INFO") or "")
    query = environ.get("QUERY_STRING")
    target = quote(path.encode("latin-1", "replace"), safe="/!$&'()*+,;=:@~") or "/"
    return (f"{target}?{query}" if query else target).encode("latin-1", "replace")


def _fields(environ: Environ) -> Lines:
    found = [
        (name[5:].replace("_", "-").lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    ]
    about = ((b"content-type", environ.get("CONTENT_TYPE")), (b"content-length", environ.get("CONTENT_LENGTH")))
    return [*found, *((name, str(value).encode("latin-1", "replace")) for name, value in about if value)]


def _route(environ: Environ) -> str:
    """What frameworks leave in the environment: Flask's rule, Bottle's route, or what Django's middleware of ours wrote."""
    said = environ.get(ROUTE)
    if not isinstance(said, str) or not said:
        rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
        said = getattr(rule, "rule", None) or getattr(environ.get("bottle.route"), "rule", None)
        said = (environ.get("SCRIPT_NAME") or "") + said if isinstance(said, str) else ""
    return template(said) if said else ""


def _principal(environ: Environ, user: Callable[[Environ], Any] | None) -> str:
    said = environ.get(USER)
    if isinstance(said, str) and said:
        return said
    if user is not None:
        return asked(user, environ)
    remote = environ.get("REMOTE_USER")
    return remote if isinstance(remote, str) else ""
