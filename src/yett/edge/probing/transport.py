"""Sends what the driver yields, over HTTP/1.1: only to the given origin, redirects never followed, everything bounded.

A connection is kept as long as the target keeps it. It must not know why something is sent, nor who may see the answer.
"""

import asyncio
import ssl
import time

from yett.edge.probing.origin import Origin
from yett.formats.chunked import ChunkedReader
from yett.formats.coding import Undecodable, decode
from yett.formats.http1 import Refused, parse_response
from yett.formats.messages import ResponseHead
from yett.model.probe import Answer, Call
from yett.rules.probing.encoding import target_text

MAX_HEAD = 65_536
MAX_BODY = 2 << 20
"""Octets of an answer's body that are kept; the rest is not read."""
MAX_RATIO = 200
KEPT = 8
"""Connections that are kept open between requests."""
_READ = 65_536
_INTERIM = 8


class _Stale(Exception):
    """A kept connection was closed before anything came: the request can be sent once more."""


class Connection:
    """One connection to the target."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.used = 0

    def close(self) -> None:
        self.writer.transport.abort()


class Transport:
    """rate: requests a second at most, 0 for no bound. timeout: seconds for one answer. agent: the User-Agent field."""

    def __init__(
        self,
        origin: Origin,
        *,
        tls: ssl.SSLContext | None = None,
        rate: float = 0.0,
        timeout: float = 15.0,
        agent: str = "yett-probe",
    ) -> None:
        self.origin, self._tls, self._rate, self.timeout, self._agent = origin, tls, rate, timeout, agent
        self._idle: list[Connection] = []
        self._next = 0.0
        self.sent = 0

    async def send(self, call: Call) -> Answer:
        """One request and its answer; never raises for what the target does."""
        await self._pace()
        try:
            async with asyncio.timeout(self.timeout):
                return await self._exchanged(call)
        except TimeoutError:
            return Answer(failure=f"no whole answer within {self.timeout:g} s")
        except (Refused, ValueError) as error:
            return Answer(failure=f"not HTTP/1.1: {getattr(error, 'reason', error)}")
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            return Answer(failure=_words(error))

    async def burst(self, calls: tuple[Call, ...], at_once: bool) -> tuple[Answer, ...]:
        """Several; those at once on connections of their own, opened before the first is sent."""
        if not at_once:
            return tuple([await self.send(call) for call in calls])
        ready = await asyncio.gather(*(self._opened() for _ in calls), return_exceptions=True)
        self._idle += [one for one in ready if isinstance(one, Connection)]
        answers = tuple(await asyncio.gather(*map(self.send, calls)))
        while len(self._idle) > KEPT:
            self._idle.pop(0).close()
        return answers

    async def raw(self, octets: bytes, seconds: float) -> tuple[Answer, ...]:
        """Octets as they are on a connection of their own, and all answers that come within the time."""
        await self._pace()
        octets = octets.replace(b"{host}", self.origin.authority.encode("ascii"))
        answers: list[Answer] = []
        connection: Connection | None = None
        try:
            async with asyncio.timeout(seconds):
                connection = await self._opened()
                connection.writer.write(octets)
                await connection.writer.drain()
                while len(answers) < 16:
                    answer, whole = await self._answer(connection, "GET", time.monotonic())
                    answers.append(answer)
                    if not whole:
                        break
        except (TimeoutError, Refused, ValueError, OSError, EOFError, asyncio.LimitOverrunError) as error:
            if not answers:
                answers.append(
                    Answer(failure=_words(error) if not isinstance(error, Refused) else f"not HTTP/1.1: {error.reason}")
                )
        finally:
            if connection is not None:
                connection.close()
        return tuple(answers)

    def close(self) -> None:
        """Let all connections go."""
        while self._idle:
            self._idle.pop().close()

    async def _pace(self) -> None:
        self.sent += 1
        if self._rate:
            now = time.monotonic()
            self._next = max(self._next, now) + 1.0 / self._rate
            if self._next - 1.0 / self._rate > now:
                await asyncio.sleep(self._next - 1.0 / self._rate - now)

    async def _exchanged(self, call: Call) -> Answer:
        request = self._request(call)
        while self._idle:
            connection = self._idle.pop()
            if connection.reader.at_eof() or connection.writer.is_closing():
                connection.close()
                continue
            try:
                return await self._on(connection, call, request)
            except _Stale:
                continue
        return await self._on(await self._opened(), call, request)

    async def _on(self, connection: Connection, call: Call, request: bytes) -> Answer:
        keep = False
        try:
            connection.writer.write(request)
            began = time.monotonic()
            try:
                await connection.writer.drain()
                began = time.monotonic()
                answer, whole = await self._answer(connection, call.method, began)
            except ConnectionError as error:
                if connection.used:
                    raise _Stale from error
                raise
            except asyncio.IncompleteReadError as error:
                if connection.used and not error.partial:
                    raise _Stale from error
                raise
            connection.used += 1
            keep = whole and answer.field("connection") != "close"
            return answer
        finally:
            if keep and len(self._idle) < KEPT:
                self._idle.append(connection)
            else:
                connection.close()

    async def _opened(self) -> Connection:
        reader, writer = await asyncio.open_connection(
            self.origin.host,
            self.origin.port,
            ssl=self._tls if self.origin.secure else None,
            server_hostname=self.origin.host if self.origin.secure else None,
            limit=MAX_HEAD,
        )
        return Connection(reader, writer)

    def _request(self, call: Call) -> bytes:
        given = {name.lower() for name, _ in (*call.fields, *(call.credential or ()))}
        lines = [] if "host" in given else [("Host", self.origin.authority)]
        lines += [
            (name, value)
            for name, value in (
                ("User-Agent", self._agent),
                ("Accept", "application/json, */*;q=0.5"),
                ("Accept-Encoding", "gzip, identity"),
            )
            if name.lower() not in given
        ]
        lines += [*call.fields, *(call.credential or ())]
        if call.content_type and "content-type" not in given:
            lines.append(("Content-Type", call.content_type))
        if (call.body or call.method in ("POST", "PUT", "PATCH")) and not given & {"content-length", "transfer-encoding"}:
            lines.append(("Content-Length", str(len(call.body))))
        head = f"{call.method} {target_text(call)} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
        return head.encode("utf-8", "surrogateescape") + b"\r\n" + call.body

    async def _answer(self, connection: Connection, method: str, began: float) -> tuple[Answer, bool]:
        """The answer, and whether the connection can be used again."""
        head = await _head(connection.reader)
        seconds = time.monotonic() - began
        body, truncated, whole = await _body(connection.reader, head, method)
        coding = head.fields.get(b"content-encoding", b"").lower()
        if coding not in (b"", b"identity") and not truncated:
            try:
                body = decode(coding, body, MAX_BODY, MAX_RATIO)
            except Undecodable:
                truncated = True
        return Answer(status=head.status, fields=tuple(head.lines), body=body, truncated=truncated, seconds=seconds), whole


async def _head(reader: asyncio.StreamReader) -> ResponseHead:
    for _ in range(_INTERIM):
        head = parse_response((await reader.readuntil(b"\r\n\r\n"))[:-4])
        if head.status >= 200:
            return head
    raise Refused(502, "interim responses without end")


async def _body(reader: asyncio.StreamReader, head: ResponseHead, method: str) -> tuple[bytes, bool, bool]:
    """The body, whether it was cut off, and whether the connection can be used again."""
    if method == "HEAD" or head.status in (204, 304):
        return b"", False, head.keep_alive
    if head.content_length is not None:
        body = await reader.readexactly(min(head.content_length, MAX_BODY))
        return body, head.content_length > MAX_BODY, head.keep_alive and head.content_length <= MAX_BODY
    chunked = ChunkedReader() if head.chunked else None
    pieces: list[bytes] = []
    size = 0
    while chunked is None or not chunked.done:
        piece = await reader.read(_READ)
        if not piece:
            return b"".join(pieces), chunked is not None, False
        found = [piece] if chunked is None else chunked.feed(piece)
        pieces += found
        size += sum(map(len, found))
        if size > MAX_BODY:
            return b"".join(pieces)[:MAX_BODY], True, False
    return b"".join(pieces), False, head.keep_alive


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, asyncio.IncompleteReadError):
        return (
            "the connection was closed in the middle of an answer"
            if error.partial
            else "the connection was closed without an answer"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return f"{type(error).__name__}: {error}"
