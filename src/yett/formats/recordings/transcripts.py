"""Raw messages one after another: requests with the responses that follow them, as tools save them and people paste them.

A response is one that stands exactly where its request ends, or behind empty lines and the rules that tools write between
messages. What only looks like one within a body that is as long as its request says is a part of that body. It must not know
where the text came from.
"""

import re
from collections.abc import Iterator

from yett.formats.chunked import ChunkedReader
from yett.formats.http1 import Refused
from yett.formats.recordings.raw import SENSOR, is_request, read_raw
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Fields, Response

MOST = 100_000
"""Requests in one text."""

_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(rb"[!#-'*+.0-9A-Z^_`a-z|~-]{1,32}+ [^ \r\n]++ HTTP/[0-9.]{1,3}+\r?(?:\n|\Z)")
_STATUS_LINE = re.compile(rb"HTTP/(?:1\.[01]|[23](?:\.0)?) ([1-9][0-9]{2})(?: [^\r\n]*+)?\r?(?:\n|\Z)")
_RULE = re.compile(rb"(?:[ \t\r\n]|(?:={6,}|-{6,}|###)[^\n]*+(?:\n|\Z)|[0-9]{1,2}:[0-9:]{4,7}[ \t]++[^\n]*+(?:\n|\Z))*+")
"""Empty lines, and what tools write between messages: rules, "###", and Burp's line of time and host between two rules."""
_PIECE = 65_536


def is_transcript(beginning: bytes) -> bool:
    """Whether this is meant to hold messages. The beginning of a file is enough."""
    if is_request(beginning) or _STATUS_LINE.match(beginning):
        return True
    return _REQUEST_LINE.match(beginning, _behind(beginning, 0)) is not None


def read_transcript(content: bytes, started: float, source: str = "raw", identity: str = "") -> Iterator[Recording]:
    """The exchanges that a text holds. Their ids are `identity`, from the second on with a number. See `read_raw` for the rest."""
    at = _behind(content, 0)
    if not _REQUEST_LINE.match(content, at) and not _STATUS_LINE.match(content, at):
        at = 0
    for number in range(1, MOST + 1):
        name = f"{identity}#{number}" if number > 1 else identity
        if _STATUS_LINE.match(content, at):
            yield Recording(id=name, error="a response without the request that it answers", sensor=SENSOR)
            end = _answer(content, at)[1]
        else:
            end, answer = _request(content, at)
            found = read_raw(content[at:end], started, source, name)
            if answer < 0:
                yield found
            else:
                begin, end = _answer(content, answer)
                yield _answered(found, content[begin:end])
        at = _behind(content, end)
        if at >= len(content):
            return
    yield Recording(id=identity, error=f"more than {MOST} requests", sensor=SENSOR)


def read_response(content: bytes) -> Response | None:
    """A response with its body, which is everything behind its head; None of what is none, or is not final.

    Lenient: field lines that are malformed are left out, and the length is that of what is there.
    """
    start = _STATUS_LINE.match(content)
    if start is None or int(start[1]) < 200:
        return None
    end = _END.search(content, start.end() - 2)
    head, body = (content[: end.start()], content[end.end() :]) if end is not None else (content, b"")
    fields = _fields(head)
    if any(name.lower() == b"transfer-encoding" and value.lower() == b"chunked" for name, value in fields):
        size = _chunked(body, 0)
        if size:
            body = b"".join(ChunkedReader().feed(body[:size]))
    return response_of(int(start[1]), fields, body)


def response_of(status: int, fields: Fields, body: bytes) -> Response:
    """A response whose length is that of its body."""
    plain = tuple(field for field in fields if field[0].lower() not in (b"content-length", b"transfer-encoding"))
    return Response(status=status, fields=(*plain, (b"Content-Length", b"%d" % len(body))), body=body)


def _answered(found: Recording, text: bytes) -> Recording:
    exchange = found.exchange
    if exchange is None:
        return found
    response = read_response(text)
    lacks = () if response is not None else (("response", "the connection became another protocol's"),)
    whole = Exchange(
        id=exchange.id, source=exchange.source, started=exchange.started, request=exchange.request, response=response
    )
    return Recording(id=found.id, exchange=whole, timed=False, lacks=lacks, sensor=SENSOR)


def _behind(content: bytes, at: int) -> int:
    """The place behind rules and empty lines."""
    found = _RULE.match(content, at)
    return found.end() if found is not None else at


def _request(content: bytes, at: int) -> tuple[int, int]:
    """Where the request at a place ends, and where its response begins, -1 if there is none."""
    end = _END.search(content, at)
    if end is None:
        return len(content), -1
    size = _body(content, at, end)
    if size < 0:
        return len(content), -1
    last = end.end() + size
    following = _behind(content, last)
    if _STATUS_LINE.match(content, following):
        return last, following
    if _REQUEST_LINE.match(content, following) and content[last:following].strip(b"\r\n"):  # behind a rule
        return last, -1
    return len(content), -1


def _answer(content: bytes, at: int) -> tuple[int, int]:
    """Where the final response at a place, or behind interim ones there (RFC 9110, 15.2), begins and ends.

    It ends by its length; without one, before the next request behind an empty line.
    """
    while True:
        end = _END.search(content, at)
        start = _STATUS_LINE.match(content, at)
        if end is None or start is None:
            return at, len(content)
        if start[1][:1] != b"1" or not _STATUS_LINE.match(content, end.end()):
            break
        at = end.end()
    size = _body(content, at, end)
    if size > 0 or _follows(content, end.end()):
        return at, end.end() + max(size, 0)
    place = end.end()
    while (blank := _END.search(content, place)) is not None:
        if _follows(content, blank.end()):
            return at, blank.start()
        place = max(_behind(content, blank.end()) - 1, blank.end())
    return at, len(content)


def _follows(content: bytes, at: int) -> bool:
    return _REQUEST_LINE.match(content, _behind(content, at)) is not None


def _body(content: bytes, at: int, end: "re.Match[bytes]") -> int:
    """Octets of the body that the head before `end` says; -1 where there are fewer."""
    size = 0
    for name, value in _fields(content[at : end.start()]):
        lowered = name.lower()
        if lowered == b"content-length" and value.isdigit() and len(value) < 16:
            size = int(value)
        elif lowered == b"transfer-encoding" and value.lower() == b"chunked":
            return _chunked(content, end.end())
    return size if size <= len(content) - end.end() else -1


def _fields(head: bytes) -> Fields:
    found = []
    for row in head.split(b"\n")[1:]:
        name, colon, value = row.rstrip(b"\r").partition(b":")
        if colon and name and name[:1] not in (b" ", b"\t"):
            found.append((name, value.strip(b" \t")))
    return tuple(found)


def _chunked(content: bytes, at: int) -> int:
    """Octets of a chunked body with its end; 0 where it is not chunked after all, as tools write it down."""
    reader = ChunkedReader()
    place = at
    try:
        while place < len(content) and not reader.done:
            reader.feed(content[place : place + _PIECE])
            place += _PIECE
    except Refused:
        return 0
    return min(place, len(content)) - at - len(reader.rest) if reader.done else 0
