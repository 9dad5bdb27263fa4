"""HTTP/1.1 message heads (RFC 9112): bytes to values, one strict reading only.

Whatever two implementations could read differently is refused, never repaired: this is where request smuggling ends. The
grammar is written here rather than taken from a tolerant parser; ADR 0001 has the measurement. Knows no sockets: the edge
hands in one whole, bounded head without its closing empty line.
"""

import re

from yett.formats.messages import RequestHead, ResponseHead

_TEXT = bytes(i for i in range(256) if (i >= 0x20 and i != 0x7F) or i == 0x09)
_TOKEN_OCTETS = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")

# RFC 9110, 9.1, and the registry's that APIs use. CONNECT and TRACE are known in order to be refused by name.
_METHODS = {
    name.encode(): name
    for name in (
        *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "SEARCH", "REPORT", "PURGE", "LINK", "UNLINK"),
        *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"),
    )
}
# RFC 9110, 5.3: a field that is not a list must not stand twice. For these two lines are two readings of who calls or
# where a message ends; for all others the lines are joined, and forwarded as they came.
_SINGLE_REQUEST = frozenset(
    b"host content-length transfer-encoding content-type authorization expect origin range sec-websocket-key".split()
)
_SINGLE_RESPONSE = frozenset(b"content-length transfer-encoding content-type location".split())
# Field lines repeat from one message to the next, so that a line once read is known. The memo is bounded, forgets everything
# when it is full, and never holds what may be a credential: only lines with these names, and short ones.
_LINES: dict[bytes, tuple[bytes, bytes]] = {}
_LINES_KEPT, _LINE_LENGTH_KEPT, _VALUE_LENGTH_KEPT = 4_096, 256, 128
_REPEATING = frozenset(
    b"accept accept-charset accept-encoding accept-language accept-ranges access-control-request-headers"
    b" access-control-request-method age allow cache-control connection content-encoding content-language content-length"
    b" content-security-policy content-type date dnt etag expires host if-none-match keep-alive last-modified origin pragma"
    b" priority referrer-policy retry-after sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode"
    b" sec-fetch-site server strict-transport-security te transfer-encoding upgrade upgrade-insecure-requests user-agent vary"
    b" via x-content-type-options x-forwarded-for x-forwarded-proto x-frame-options x-powered-by x-requested-with".split()
)
_RESPONSES: dict[bytes, "ResponseHead"] = {}
_RESPONSES_KEPT, _RESPONSE_LENGTH_KEPT = 1_024, 1_024
# RFC 9110, 7.6.1: Connection must not name what is meant for all recipients. Who does it wants the gateway to judge by a field
# that the upstream never sees. Other fields that it names are gone before anybody reads them.
_FOR_ALL = frozenset(
    b"host transfer-encoding authorization cookie origin referer range expect date user-agent from cache-control pragma via"
    b" forwarded x-real-ip traceparent tracestate".split()
)
_FOR_ALL_PREFIXES = (b"content-", b"accept", b"if-", b"sec-", b"access-control-", b"x-forwarded-")
_HOP_BY_HOP = frozenset(b"keep-alive proxy-connection te trailer upgrade http2-settings".split())
_CONNECTION: dict[bytes, tuple[bool | None, frozenset[bytes]]] = {
    b"keep-alive": (True, frozenset()),
    b"Keep-Alive": (True, frozenset()),
    b"close": (False, frozenset()),
}


class Refused(Exception):
    """The message has no single reading, or breaks a bound. The connection must be closed after the answer.

    status: what to answer (400, 405, 414, 431, 501, 505). reason: for the log.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def parse_request(head: bytes, max_fields: int, max_target: int) -> RequestHead:
    """Read a request head that ends before its empty line. Raises Refused."""
    first, lines, fields = _fields(head, max_fields, _SINGLE_REQUEST)
    parts = first.split(b" ")
    if len(parts) != 3:
        raise Refused(400, "the request line is not method, target and version with single spaces")
    name, target, version = parts
    if version == b"HTTP/1.1":
        minor = 1
    elif version == b"HTTP/1.0":
        minor = 0
    else:
        raise Refused(505 if version.startswith(b"HTTP/") else 400, "the version is neither HTTP/1.1 nor HTTP/1.0")
    method = _METHODS.get(name) or _unusual_method(name)
    if len(target) > max_target:
        raise Refused(414, f"the target is longer than {max_target} bytes")
    if minor and not fields.get(b"host"):
        raise Refused(400, "no Host")
    length, chunked = _framing(fields, minor)
    if b"connection" in fields:
        keep, nominated = _connection(fields[b"connection"])
        if nominated:
            lines, fields = _without(nominated, lines, fields)
        return RequestHead(
            method, target, minor, lines, fields, length, chunked, bool(minor) if keep is None else keep, nominated
        )
    return RequestHead(method, target, minor, lines, fields, length, chunked, bool(minor), frozenset())


def parse_response(head: bytes, max_fields: int = 256) -> ResponseHead:
    """Read a response head that ends before its empty line. Raises Refused (its status is of no meaning here).

    Within a second, when their Date is the same, an upstream's heads repeat to the byte: those without a cookie are remembered.
    """
    known = _RESPONSES.get(head)
    if known is not None:
        return known
    read = _read_response(head, max_fields)
    if len(head) <= _RESPONSE_LENGTH_KEPT and b"set-cookie" not in read.fields:
        if len(_RESPONSES) >= _RESPONSES_KEPT:
            _RESPONSES.clear()
        _RESPONSES[head] = read
    return read


def _read_response(head: bytes, max_fields: int) -> ResponseHead:
    first, lines, fields = _fields(head, max_fields, _SINGLE_RESPONSE)
    match = _STATUS_LINE.fullmatch(first)
    if match is None:
        raise Refused(502, "the status line is not that of HTTP/1.1 or HTTP/1.0")
    minor, status = int(match[1]), int(match[2])
    length, chunked = _framing(fields, minor)
    keep, nominated = _connection(fields[b"connection"]) if b"connection" in fields else (None, frozenset[bytes]())
    return ResponseHead(
        status, match[3] or b"", minor, lines, fields, length, chunked, bool(minor) if keep is None else keep, nominated
    )


def _fields(head: bytes, most: int, single: frozenset[bytes]) -> tuple[bytes, list[tuple[bytes, bytes]], dict[bytes, bytes]]:
    """The start line, the field lines and their map."""
    rows = head.split(b"\r\n")
    first = rows.pop(0)
    count = len(rows)
    if head.count(b"\n") != count or head.count(b"\r") != count:
        raise Refused(400, "a bare CR or LF")
    if count > most:
        raise Refused(431, f"more than {most} fields")
    if first.translate(None, _TEXT):
        raise Refused(400, "a control character in the start line")
    known = _LINES
    lines = [known.get(row) or _line(row) for row in rows]
    fields = dict(lines)
    return first, lines, fields if len(fields) == count else _combined(lines, single)


def _line(row: bytes) -> tuple[bytes, bytes]:
    """Lower-case name and value of one field line."""
    name, colon, value = row.partition(b":")
    if row.translate(None, _TEXT):
        raise Refused(400, "a control character in a field")
    if name[:1] in (b" ", b"\t"):
        raise Refused(400, "a folded field line (obs-fold)")
    if not colon:
        raise Refused(400, "a field line without a colon")
    if not name or name.translate(None, _TOKEN_OCTETS):
        raise Refused(400, "a field name that is not a token, such as one with a space before its colon")
    line = (name.lower(), value.strip(b" \t"))
    if len(row) <= _LINE_LENGTH_KEPT and repeats(line):  # of the row: white space around a short value may be long
        if len(_LINES) >= _LINES_KEPT:
            _LINES.clear()
        _LINES[row] = line
    return line


def repeats(line: tuple[bytes, bytes]) -> bool:
    """Whether a field line is worth remembering, and is no credential."""
    return line[0] in _REPEATING and len(line[1]) <= _VALUE_LENGTH_KEPT


def _combined(lines: list[tuple[bytes, bytes]], single: frozenset[bytes]) -> dict[bytes, bytes]:
    """RFC 9110, 5.3: list fields are joined in order; Set-Cookie and Cookie have their own ways (RFC 6265; RFC 9113, 8.2.3)."""
    fields: dict[bytes, bytes] = {}
    for name, value in lines:
        if name not in fields:
            fields[name] = value
        elif name in single:
            raise Refused(400, f"two {name.decode()} fields")
        elif name == b"cookie":
            fields[name] += b"; " + value
        elif name != b"set-cookie":
            fields[name] += b", " + value
    return fields


def _framing(fields: dict[bytes, bytes], minor: int) -> tuple[int | None, bool]:
    """Content-Length and whether chunked (RFC 9112, 6). Both at once are refused, as is every other transfer coding."""
    if b"transfer-encoding" not in fields:
        length = fields.get(b"content-length")
        if length is None:
            return None, False
        if not length.isdigit() or len(length) > 15:
            raise Refused(400, "a malformed Content-Length")
        return int(length), False
    if b"content-length" in fields:
        raise Refused(400, "both Content-Length and Transfer-Encoding")
    if not minor:
        raise Refused(400, "Transfer-Encoding in HTTP/1.0")
    if fields[b"transfer-encoding"].lower() != b"chunked":
        raise Refused(400, "a transfer coding that is not exactly chunked")
    return None, True


def _connection(value: bytes) -> tuple[bool | None, frozenset[bytes]]:
    """(keep-alive, close or unsaid; the field names nominated as hop-by-hop), RFC 9110, 7.6.1."""
    known = _CONNECTION.get(value)
    if known is not None:
        return known
    tokens = {token.strip(b" \t").lower() for token in value.split(b",")} - {b""}
    keep = False if b"close" in tokens else True if b"keep-alive" in tokens else None
    return keep, frozenset(tokens - {b"close", b"keep-alive"})


def _without(
    nominated: frozenset[bytes], lines: list[tuple[bytes, bytes]], fields: dict[bytes, bytes]
) -> tuple[list[tuple[bytes, bytes]], dict[bytes, bytes]]:
    """The request as it is meant for whoever is behind this connection: guards and upstream see the same."""
    for name in nominated:
        if name in _FOR_ALL or name.startswith(_FOR_ALL_PREFIXES):
            raise Refused(400, "Connection names a field that is meant for all recipients")
    gone = {name for name in nominated if name in fields} - _HOP_BY_HOP
    if not gone:
        return lines, fields
    return [line for line in lines if line[0] not in gone], {name: fields[name] for name in fields if name not in gone}


def _unusual_method(name: bytes) -> str:
    if name in (b"CONNECT", b"TRACE"):
        raise Refused(405, f"{name.decode()} is not served")
    if not name or name.translate(None, _TOKEN_OCTETS) or len(name) > 32:
        raise Refused(400, "the method is not a token")
    if name != name.upper():
        raise Refused(
            400, "the method is not in upper case"
        )  # methods are case-sensitive; "get" is read differently by servers
    return name.decode()
