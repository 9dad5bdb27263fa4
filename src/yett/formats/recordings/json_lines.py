"""JSON lines: one exchange in each line, as people write them with a few lines of any language.

{"id": "a", "method": "POST", "target": "/orders", "headers": [["Host", "api.example"]], "body": "{}"}

Beside these: `body_base64` for bodies that are no text, `response` ({status, headers, body | body_base64}), `time` (seconds since
the Unix epoch, or ISO 8601), `duration` (seconds), `scheme`, `version`, `address`; `truncated` here or in `response` where only
the beginning of that body is there. What a sensor knows beside the exchange stands under `sensor`, `route`, `service`, `principal`
and `weight`, and what it could not see under `lacks` ([[what, why]]) and `unseen` (names of fields), with the meaning that they
have in `Recording`. Other keys are somebody else's and are passed over.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from yett.formats.base64url import decode_padded
from yett.formats.http1 import Refused
from yett.formats.recordings.moments import moment
from yett.formats.recordings.values import LARGEST, Recording, framed, octets
from yett.model.exchange import Exchange, Fields, Request, Response

SENSOR = "json-lines"
DEPTH_ERROR = "nested too deeply"


class _Response(msgspec.Struct):
    status: int
    headers: list[tuple[str, str]] = []
    body: str | None = None
    body_base64: str | None = None
    truncated: bool = False


class _Line(msgspec.Struct):
    method: str
    target: str
    id: str | int | None = None
    headers: list[tuple[str, str]] = []
    body: str | None = None
    body_base64: str | None = None
    response: _Response | None = None
    time: float | str | None = None
    scheme: str = "http"
    version: str = "1.1"
    address: str = ""
    truncated: bool = False
    duration: float | None = None
    sensor: str = SENSOR
    route: str = ""
    service: str = ""
    principal: str = ""
    weight: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] = 1
    lacks: list[tuple[str, str]] = []
    unseen: list[str] = []


class NotReadable(Exception):
    """An entry is not what its format wants: the reason, for the caller."""


Shape = TypeVar("Shape", bound=msgspec.Struct)


class Reader:
    """JSON texts to values of one Struct. Lone surrogates, which JSON allows and UTF-8 does not, are kept."""

    def __init__(self, shape: type[Any]) -> None:
        self._shape = shape
        self._decode = msgspec.json.Decoder(shape).decode

    def read(self, text: bytes) -> Any:
        """Raises NotReadable."""
        try:
            try:
                return self._decode(text)
            except msgspec.ValidationError:
                raise
            except msgspec.DecodeError:
                if b"\\ud" not in text and b"\\uD" not in text:
                    raise
                return msgspec.convert(json.loads(text), self._shape)
        except msgspec.ValidationError as error:
            raise NotReadable(str(error)) from None
        except (msgspec.DecodeError, json.JSONDecodeError) as error:
            raise NotReadable(f"not JSON: {error}") from None
        except UnicodeDecodeError:
            raise NotReadable("not JSON: not UTF-8") from None
        except RecursionError:
            raise NotReadable(f"not JSON: {DEPTH_ERROR}") from None


_READER = Reader(_Line)


class _Named(msgspec.Struct):
    """Of a line of which something else is wrong, what it calls itself."""

    id: str | int


_NAMED = Reader(_Named)


def _named(line: bytes, otherwise: str) -> str:
    try:
        return str(_NAMED.read(line).id)
    except NotReadable:
        return otherwise


def read_json_lines(
    pieces: Iterable[bytes], started: float, source: str = "json-lines", strict: bool = False, largest: int = LARGEST
) -> Iterator[Recording]:
    """One Recording for each line that is not empty. started: for lines that do not say when, in seconds since the epoch.

    pieces: the text in pieces of any size. A line of more than `largest` bytes is an error and is not kept.
    """
    for number, line in enumerate(split_lines(pieces, largest), 1):
        if line is None:
            yield Recording(id=str(number), error=f"line {number} is larger than {largest} bytes")
        elif line.strip():
            yield read_line(line, number, started, source, strict)


def split_lines(pieces: Iterable[bytes], largest: int) -> Iterator[bytes | None]:
    """The lines of a text in pieces; None for one of more than `largest` bytes. Empty lines are given, too: they count."""
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        first, *more = piece.split(b"\n")
        size += len(first)
        if size <= largest:
            kept.append(first)
        else:
            kept.clear()
        if not more:
            continue
        yield b"".join(kept) if size <= largest else None
        last = more.pop()
        for line in more:
            yield line if len(line) <= largest else None
        kept, size = [last], len(last)
    if size:
        yield b"".join(kept) if size <= largest else None


def read_line(line: bytes, number: int, started: float, source: str = "json-lines", strict: bool = False) -> Recording:
    """What one line says. Without `strict`, a missing Host is added, as every client sends one."""
    identity = str(number)
    try:
        said: _Line = _READER.read(line)
        if said.id is not None:
            identity = str(said.id)
        if not said.version.isascii():
            raise NotReadable("`version` is not ASCII")
        body = _body(said.body, said.body_base64, "body")
        response = None if said.response is None else _response(said.response)
        at = None if said.time is None else moment(said.time)
    except NotReadable as error:
        return Recording(id=_named(line, identity), error=f"line {number}: {error}")
    fields = _fields(said.headers)
    if not strict and not any(name.lower() == b"host" for name, _ in fields):
        fields = ((b"Host", b"localhost"), *fields)
    try:
        fields, body = (fields, body) if said.truncated else framed(fields, body, strict)
    except Refused as refused:
        reason = (refused.status, refused.reason, "body")
        return Recording(id=identity, refused=reason, timed=at is not None, sensor=said.sensor)
    request = Request(
        method=said.method,
        target=octets(said.target),
        scheme=said.scheme,
        fields=fields,
        body=body,
        truncated=said.truncated,
        version=said.version,
    )
    exchange = Exchange(
        id=identity,
        source=source,
        started=started if at is None else at,
        request=request,
        response=response,
        duration=said.duration,
        address=said.address,
    )
    return Recording(
        id=identity,
        exchange=exchange,
        timed=at is not None,
        lacks=tuple(said.lacks),
        unseen=frozenset(said.unseen),
        sensor=said.sensor,
        route=said.route,
        service=said.service,
        principal=said.principal,
        weight=said.weight,
    )


def _fields(headers: list[tuple[str, str]]) -> Fields:
    return tuple((octets(name), octets(value).strip(b" \t")) for name, value in headers)


def _body(text: str | None, encoded: str | None, name: str) -> bytes:
    if encoded is None:
        return octets(text) if text is not None else b""
    if text is not None:
        raise NotReadable(f"both `{name}` and `{name}_base64`")
    try:
        return decode_padded(encoded.encode("ascii"))
    except ValueError:
        raise NotReadable(f"`{name}_base64` is not base64") from None


def _response(said: _Response) -> Response:
    if not 200 <= said.status <= 999:
        raise NotReadable("`response.status` is not that of a final response")
    body = _body(said.body, said.body_base64, "response.body")
    if said.truncated:
        return Response(status=said.status, fields=_fields(said.headers), body=body, truncated=True)
    fields = tuple(
        field for field in _fields(said.headers) if field[0].lower() not in (b"content-length", b"transfer-encoding")
    )
    return Response(status=said.status, fields=(*fields, (b"Content-Length", b"%d" % len(body))), body=body)
