"""Answers that the gateway gives itself: problem details (RFC 9457) and others, as complete HTTP/1.1 messages.

A caller reads which status, a title that its rule chose, and an opaque request id, by which the log has the rest. It must not
know why: no text of a validator, a path or a rule comes in here.
"""

from functools import lru_cache

import msgspec

_REASONS = {
    100: "Continue",
    101: "Switching Protocols",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    507: "Insufficient Storage",
    511: "Network Authentication Required",
}
"""RFC 9110, 15; RFC 6585; RFC 4918; RFC 7725; RFC 8470."""

CONTENT_TYPE = b"application/problem+json"
_CLOSE = b"Connection: close\r\n\r\n"
_END = b"\r\n"
_quoted = msgspec.json.Encoder().encode


def reason(status: int) -> str:
    """The standard reason phrase; for a status without one, that of its class."""
    return _REASONS.get(status) or _REASONS.get(status // 100 * 100, "Unknown")


def document(status: int, title: str = "", request_id: str = "") -> bytes:
    """Problem details as JSON. Without a title the reason phrase is one, without a request id there is none in it."""
    _, start = _prepared(status, title)
    return start + b',"request_id":' + _quoted(request_id) + b"}" if request_id else start + b"}"


def problem(status: int, title: str, request_id: str, lines: bytes = b"", *, close: bool = False, head: bool = False) -> bytes:
    """A whole response with problem details, in about 0.7 µs.

    title: what the caller may read, out of a bounded set; empty for the reason phrase. lines: whole field lines to add, with
    CRLF each, such as Date, X-Request-Id, WWW-Authenticate or Retry-After. close: say that the connection will be closed.
    head: the request was HEAD, so the body is only announced.
    """
    prefix, start = _prepared(status, title)
    body = start + b',"request_id":' + _quoted(request_id) + b"}"
    return b"%b%d\r\n%b%b%b" % (prefix, len(body), lines, _CLOSE if close else _END, b"" if head else body)


@lru_cache(1_024)
def _prepared(status: int, title: str) -> tuple[bytes, bytes]:
    """The message up to the value of Content-Length, and the document without its last member and brace."""
    start = {"type": "about:blank", "title": title or reason(status), "status": status}
    prefix = (
        f"HTTP/1.1 {status} {reason(status)}\r\n"
        "Content-Type: application/problem+json\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Length: "
    )
    return prefix.encode("ascii"), _quoted(start)[:-1]


def answer(
    status: int,
    fields: tuple[tuple[bytes, bytes], ...] = (),
    body: bytes = b"",
    lines: bytes = b"",
    *,
    close: bool = False,
    head: bool = False,
) -> bytes:
    """A whole response of another kind, for `yett.model.decision.Answer`. A body needs its Content-Type in `fields`.

    1xx, 204 and 304 have neither body nor Content-Length (RFC 9110, 8.6).
    """
    own = b"".join([b"%b: %b\r\n" % field for field in fields])
    bare = status < 200 or status in (204, 304)
    length = b"" if bare else b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 %d %b\r\n%b%b%b%b%b" % (
        status,
        reason(status).encode("ascii"),
        own,
        lines,
        length,
        _CLOSE if close else _END,
        b"" if bare or head else body,
    )
