"""Raw requests: one HTTP/1 message as it went over the wire, with line ends of CRLF or of LF alone, as editors leave them.

What is not a request at all is an error; a request that nobody could read in one way only is refused, because files of this kind
are often malformed on purpose. It must not know where the file came from.
"""

import re

from yett.formats.http1 import Refused
from yett.formats.recordings.values import Recording, framed
from yett.model.exchange import Exchange, Fields, Request

SENSOR = "raw"
_END = re.compile(rb"\r?\n\r?\n")
_METHOD = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY|SEARCH|PROPFIND)[ \t]")
_NEWER = re.compile(rb"HTTP/[23](?:\.0)?")
"""Versions without a text form of their own: tools write their messages down as those of 1.1."""
_LINE = 4_096


def is_request(content: bytes) -> bool:
    """Whether this is meant to be a request, well-formed or not: it begins with a method that everybody knows, or with a line
    that names HTTP. The beginning of a file is enough."""
    first = _from_start(content[:_LINE]).partition(b"\n")[0]
    if _METHOD.match(first) is not None:
        return True
    before, version, _ = first.partition(b" HTTP/")
    # A line of an access log quotes its request, and does not begin with it.
    return bool(version) and (b'"' not in before or before.partition(b" ")[2][:1] == b"/")


def read_raw(content: bytes, started: float, source: str = "raw", identity: str = "", strict: bool = False) -> Recording:
    """The request that a file holds. The body is everything after the first empty line; see `framed` for its length.

    started: when the file was written, in seconds since the Unix epoch; the message itself does not say.
    """
    if not content:
        return Recording(id=identity, error="the file is empty")
    if not is_request(content):
        return Recording(id=identity, error="not an HTTP request: the first line is no request line")
    try:
        request = _request(_from_start(content), strict)
    except _At as at:
        return Recording(id=identity, refused=(at.refused.status, at.refused.reason, at.place), timed=False, sensor=SENSOR)
    exchange = Exchange(id=identity, source=source, started=started, request=request)
    return Recording(id=identity, exchange=exchange, timed=False, sensor=SENSOR)


def _from_start(content: bytes) -> bytes:
    """Without one empty line before the request (RFC 9112, 2.2)."""
    return content[2:] if content.startswith(b"\r\n") else content[1:] if content.startswith(b"\n") else content


class _At(Exception):
    def __init__(self, status: int, reason: str, place: str) -> None:
        super().__init__(reason)
        self.refused = Refused(status, reason)
        self.place = place


def _request(content: bytes, strict: bool) -> Request:
    end = _END.search(content)
    if end is not None:
        head, body = content[: end.start()], content[end.end() :]
    elif strict:
        raise _At(400, "the head does not end with an empty line", "head")
    else:
        head, body = content.rstrip(b"\r\n"), b""
    first, *rows = [row.removesuffix(b"\r") for row in head.split(b"\n")]
    method, target, version = _start(first)
    if not strict and _NEWER.fullmatch(first.rpartition(b" ")[2]):
        version = "1.1"
    fields = _fields(rows)
    try:
        fields, body = framed(fields, body, strict)
    except Refused as refused:
        raise _At(refused.status, refused.reason, "body") from None
    return Request(method=method, target=target, fields=fields, body=body, version=version)


def _start(line: bytes) -> tuple[str, bytes, str]:
    """Whatever an Exchange can hold is judged by the decision; the rest here."""
    parts = line.split(b" ")
    if len(parts) != 3:
        raise _At(400, "the request line is not method, target and version with single spaces", "request line")
    method, target, version = parts
    if not method.isascii() or not version.isascii():
        raise _At(400, "the request line holds octets that are not ASCII beside its target", "request line")
    if not version.startswith(b"HTTP/"):
        raise _At(400, "the version is neither HTTP/1.1 nor HTTP/1.0", "request line")
    return method.decode(), target, version[5:].decode()


def _fields(rows: list[bytes]) -> Fields:
    fields = []
    for number, row in enumerate(rows, 2):
        name, colon, value = row.partition(b":")
        if row[:1] in (b" ", b"\t"):
            raise _At(400, "a folded field line (obs-fold)", f"line {number}")
        if not colon:
            raise _At(400, "a field line without a colon", f"line {number}")
        fields.append((name, value.strip(b" \t")))
    return tuple(fields)
