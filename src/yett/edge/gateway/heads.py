"""Heads as the gateway sends them: built from parsed parts, never forwarded as received.

Which fields pass is decided once for each name and remembered. Hop-by-hop fields (RFC 9110, 7.6.1) and what a caller could use
to pose as somebody (identity and forwarding fields that only a proxy may set) do not reach the upstream.
"""

from yett.formats.http1 import repeats
from yett.formats.messages import RequestHead, ResponseHead

_HOP = frozenset(
    b"connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade"
    b" content-length http2-settings".split()
)
_OWN = frozenset(
    b"host expect forwarded via x-real-ip x-client-ip true-client-ip cf-connecting-ip x-cluster-client-ip"
    b" traceparent tracestate x-request-id remote-user x-remote-user x-user x-username x-original-forwarded-for".split()
)
_OWN_PREFIXES = (
    b"x-forwarded-",
    b"x-yett-",
    b"x-authenticated-",
    b"x-auth-request-",
    b"x-consumer-",
    b"x-credential-",
    b"x-envoy-",
    b"x-ssl-",
    b"x-client-cert",
    b"x-goog-authenticated-",
    b"x-amzn-oidc-",
    b"x-ms-client-principal",
)
_CODINGS = frozenset((b"gzip", b"x-gzip", b"deflate", b"br", b"zstd", b"identity"))
OF_BODY = frozenset(
    b"content-encoding content-range content-md5 digest content-digest repr-digest etag accept-ranges last-modified".split()
)
"""Fields that describe a response's body: they go when it is replaced."""

_KEPT = 4_096
_request_lines: dict[tuple[bytes, bytes], bytes] = {}
_response_lines: dict[tuple[bytes, bytes], bytes] = {}


def _request_line(line: tuple[bytes, bytes]) -> bytes:
    """The line as it goes upstream, empty if it does not; remembered where `http1` remembers it as well.

    Servers that read "_" as "-" must not take a caller's X_Forwarded_For for ours, so names are judged in that spelling.
    """
    name = line[0].replace(b"_", b"-")
    dropped = name in _HOP or name in _OWN or name.startswith(_OWN_PREFIXES)
    return _remember(_request_lines, line, b"" if dropped else b"%b: %b\r\n" % line)


def _response_line(line: tuple[bytes, bytes]) -> bytes:
    return _remember(_response_lines, line, b"" if line[0] in _HOP else b"%b: %b\r\n" % line)


def _remember(known: dict[tuple[bytes, bytes], bytes], line: tuple[bytes, bytes], row: bytes) -> bytes:
    if repeats(line):
        if len(known) >= _KEPT:
            known.clear()
        known[line] = row
    return row


def request_head(head: RequestHead, target: str, host: bytes, own: bytes, inspected: bool) -> bytes:
    """The head for the upstream, without its last empty line and without framing fields.

    own: whole lines that the gateway adds. inspected: the response will be read, so only codings that Yett decodes are asked for.
    """
    lines = head.lines  # without what Connection names
    if inspected and b"accept-encoding" in head.fields:
        lines = [line for line in lines if line[0] != b"accept-encoding"]
        own += b"accept-encoding: %b\r\n" % known_codings(head.fields[b"accept-encoding"])
    known = _request_lines
    rows = [row if (row := known.get(line)) is not None else _request_line(line) for line in lines]
    return b"%b HTTP/1.1\r\nhost: %b\r\n%b%b" % (f"{head.method} {target}".encode(), host, b"".join(rows), own)


def known_codings(value: bytes) -> bytes:
    """Accept-Encoding (RFC 9110, 12.5.3) without what Yett cannot decode; "*" would be such."""
    kept = [part for part in value.split(b",") if part.partition(b";")[0].strip(b" \t").lower() in _CODINGS]
    return b",".join(kept).strip() or b"identity"


def response_head(
    head: ResponseHead,
    framing: bytes,
    own: bytes,
    drop: frozenset[bytes],
    defaults: tuple[tuple[bytes, bytes], ...],
) -> bytes:
    """The whole head for the caller. `framing`: whole lines of Content-Length, Transfer-Encoding and Connection.

    drop: names that a guard replaces or hides; defaults: (name, whole line) for names that the upstream did not send.
    """
    lines = head.lines
    if head.nominated:
        drop |= head.nominated
    if drop and not drop.isdisjoint(head.fields):
        lines = [line for line in lines if line[0] not in drop]
    known = _response_lines
    rows = [row if (row := known.get(line)) is not None else _response_line(line) for line in lines]
    if defaults:
        rows += [line for name, line in defaults if name not in head.fields]
    return b"HTTP/1.1 %d %b\r\n%b%b%b\r\n" % (head.status, head.reason, b"".join(rows), own, framing)
