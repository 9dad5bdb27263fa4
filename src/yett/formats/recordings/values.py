"""What every reader of recordings gives, and what they share: framing that is recomputed, texts that become octets.

It must not know any of the formats.
"""

import re

import msgspec

from yett.formats.chunked import ChunkedReader
from yett.formats.http1 import Refused
from yett.model.exchange import Exchange, Fields

LARGEST = 64 << 20
"""Bytes of one entry: a raw request, a line, an entry of a HAR. A larger one is an error; the next one is read."""


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a recording. Of `exchange`, `refused` and `error` exactly one is there.

    id: what the recording calls it; empty where it has no name. exchange: what there is of it. refused: the request has no
    single reading, so that every gateway must refuse it, as (status, reason, place). error: this is no request at all, or was not
    readable. timed: whether the recording says when it was. masked: the record has no credentials and no values of fields, so
    that what needs those cannot be judged. unseen: names of the fields, in lower case, whose values it does not have. lacks:
    (what, why) of everything else that the recording does not hold: "request-fields", "request-body", "query", "response",
    "status", "response-fields", "response-body", "fields" (only the names are known), "query-values" (some are hashed). Nothing
    may be concluded from what was not seen.

    sensor: what saw it ("har", "access-log", "gateway", "raw" ...). route: the path template that a framework reported. service:
    the name that the source reported. principal: the user that the source reported. Each is empty where nobody said so. weight:
    exchanges that this one stands for, because the source kept only a sample; at least 1.
    """

    id: str = ""
    exchange: Exchange | None = None
    refused: tuple[int, str, str] | None = None
    error: str = ""
    timed: bool = True
    masked: bool = False
    unseen: frozenset[str] = frozenset()
    lacks: tuple[tuple[str, str], ...] = ()
    sensor: str = ""
    route: str = ""
    service: str = ""
    principal: str = ""
    weight: int = 1


def octets(text: str) -> bytes:
    """A text of JSON as it went over the wire: UTF-8; a lone surrogate, which UTF-8 does not have, as three octets."""
    return text.encode("utf-8", "surrogatepass")


def framed(fields: Fields, body: bytes, strict: bool) -> tuple[Fields, bytes]:
    """Fields and body with a length that is right (RFC 9112, 6). Raises Refused.

    Not strict: the body is what there is. One Content-Length is corrected, a missing one added, chunked coding undone where the
    body has it. What is malformed on purpose stays, for the decision to refuse: two lengths, a length that is none, a length
    beside a transfer coding. Strict: the body is what the fields say, and what does not agree is refused.
    """
    lengths: list[bytes] = []
    codings: list[bytes] = []
    for name, value in fields:
        if len(name) == 14 and name.lower() == b"content-length":
            lengths.append(value)
        elif len(name) == 17 and name.lower() == b"transfer-encoding":
            codings.append(value)
    if codings:
        if lengths or len(codings) > 1 or codings[0].lower() != b"chunked":
            return fields, body
        return fields, _unchunked(body, strict)
    if not lengths:
        if not body:
            return fields, body
        if strict:
            raise Refused(400, "octets follow a request without a body")
        return (*fields, (b"Content-Length", b"%d" % len(body))), body
    length = lengths[0]
    if len(lengths) > 1 or not length.isdigit() or len(length) > 15:
        return fields, body
    if int(length) == len(body):
        return fields, body
    if strict:
        raise Refused(400, f"the body has {len(body)} octets, and Content-Length says otherwise")
    right = b"%d" % len(body)
    return tuple((name, right) if name.lower() == b"content-length" else (name, value) for name, value in fields), body


def _unchunked(body: bytes, strict: bool) -> bytes:
    """The body without chunked coding. Tools often write it down without it, editors end its lines in LF, and files in one more;
    that is as good, unless strict."""
    reader = ChunkedReader()
    try:
        pieces = reader.feed(body)
        if reader.done and not reader.rest:
            return b"".join(pieces)
        reason = "octets follow the last chunk" if reader.done else "the body ends before its last chunk"
    except Refused as refused:
        reason = refused.reason
    if strict:
        raise Refused(400, reason)
    loose = _loosely_unchunked(body)
    return body if loose is None else loose


_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*+(?:;[^\r\n]*+)?(?:\r?\n|\Z)")
_CHUNK_END = re.compile(rb"\r?\n|\Z")
_TRAILERS = re.compile(rb"(?:[!#-'*+.0-9A-Z^_`a-z|~-]++:[^\r\n]*+\r?\n)*+[ \t\r\n]*+\Z")


def _loosely_unchunked(body: bytes) -> bytes | None:
    """What chunks hold, whatever their lines end in, also where they are cut off behind the first. None of what are none."""
    pieces: list[bytes] = []
    at = 0
    while at < len(body):
        line = _SIZE.match(body, at)
        if line is None:
            return None
        size, at = int(line[1], 16), line.end()
        if not size:
            return b"".join(pieces) if _TRAILERS.match(body, at) else None
        pieces.append(body[at : at + size])
        at += size
        if at > len(body):
            break
        end = _CHUNK_END.match(body, at)
        if end is None:
            return None
        at = end.end()
    return b"".join(pieces) if at <= len(body) or len(pieces) > 1 else None
