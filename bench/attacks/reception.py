"""A tolerant HTTP server's front, and the application behind it: what stands around a rule engine when the tests were written.

`receive` takes what Apache httpd takes and refuses what it refuses; `answer` is what albedo, the backend of the tests, answers
(https://github.com/coreruleset/albedo). Yett's own front is stricter; `engines` has both. It must not know any rule engine.
"""

import base64
import json
import re

from yett.model.exchange import Fields, Request, Response

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^ \t\r\n]+) HTTP/([1-9](?:\.[0-9])?)")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:[ \t]*(.*?)[ \t]*", re.DOTALL)
_HOST = re.compile(rb"(?:[A-Za-z0-9_.\-~]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_AUTHORITY = re.compile(rb"[^/?#]+:[0-9]+")


class Malformed(Exception):
    """The server answers this status before any rule is asked."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class NoAnswer(Exception):
    """The client gets nothing that it takes for an HTTP response."""


def receive(wire: bytes) -> Request:
    """Read one request. Raises Malformed and NoAnswer (HTTP/0.9, and bodies that do not come)."""
    head, _, rest = wire.lstrip(b"\r\n").partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    if re.fullmatch(rb"[A-Z]+ \S+ ?", first):
        raise NoAnswer("HTTP/0.9")
    line = _LINE.fullmatch(first)
    if line is None:
        raise Malformed(400, "request line")
    method, target, version = line.groups()
    if not (target.startswith(b"/") or target == b"*" or b"://" in target or _AUTHORITY.fullmatch(target)):
        raise Malformed(400, "target")
    fields = tuple(_field(one) for one in lines)
    hosts = [value for name, value in fields if name.lower() == b"host"]
    if version.startswith(b"1.1") and not any(hosts):
        raise Malformed(400, "no Host")
    if any(value and not _HOST.fullmatch(value) for value in hosts):
        raise Malformed(400, "malformed Host")
    body, fields = _received(fields, rest)
    return Request(method=method.decode(), target=target, fields=fields, body=body, version=version.decode())


def _field(line: bytes) -> tuple[bytes, bytes]:
    match = _FIELD.fullmatch(line)
    if match is None or b"\r" in line or b"\n" in line or b"\0" in line:
        raise Malformed(400, "field line")
    return match[1], match[2]


def _received(fields: Fields, rest: bytes) -> tuple[bytes, Fields]:
    """The body by its framing. Where there is chunked coding, a length beside it is dropped."""
    kept = {name.lower(): value for name, value in fields}
    if b"chunked" in kept.get(b"transfer-encoding", b"").lower():
        return _dechunked(rest), tuple(one for one in fields if one[0].lower() != b"content-length")
    length = kept.get(b"content-length", b"0")
    if not length.isdigit():
        raise Malformed(400, "Content-Length")
    if len(rest) < int(length):
        raise NoAnswer("the body is not complete")
    return rest[: int(length)], fields


def _dechunked(rest: bytes) -> bytes:
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        try:
            count = int(size.split(b";")[0], 16)
        except ValueError:
            raise Malformed(400, "chunk size") from None
        if not count:
            return body
        body += rest[:count]
        if len(rest) < count:
            raise NoAnswer("the body is not complete")
        rest = rest[count:].removeprefix(b"\r\n")


def answer(request: Request) -> Response:
    """What the backend of the tests answers: as told in the body of `POST /reflect`, else 200 without a body."""
    path = request.target.partition(b"?")[0].rstrip(b"/")
    if request.method != "POST" or path != b"/reflect":
        return Response(status=200, fields=((b"Content-Length", b"0"),))
    try:
        told = json.loads(request.body)
        body = told.get("body", "").encode() or base64.b64decode(told.get("encodedBody", ""))
        fields = [(name.encode(), value.encode()) for name, value in (told.get("headers") or {}).items()]
    except (ValueError, AttributeError):
        return Response(status=400, fields=_typed([], b"Invalid JSON in request body"), body=b"Invalid JSON in request body")
    return Response(status=told.get("status") or 200, fields=_typed(fields, body), body=body)


def _typed(fields: list[tuple[bytes, bytes]], body: bytes) -> Fields:
    """With the type that Go's net/http guesses where none is given (https://mimesniff.spec.whatwg.org/), and the length."""
    if body and not any(name.lower() == b"content-type" for name, _ in fields):
        start = body[:512].lstrip(b"\t\n\x0c\r ").lower()
        if re.match(rb"<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]", start):
            kind = b"text/html; charset=utf-8"
        elif start.startswith(b"<?xml"):
            kind = b"text/xml; charset=utf-8"
        elif re.search(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]", body[:512]):
            kind = b"application/octet-stream"
        else:
            kind = b"text/plain; charset=utf-8"
        fields = [*fields, (b"Content-Type", kind)]
    return (*fields, (b"Content-Length", b"%d" % len(body)))
