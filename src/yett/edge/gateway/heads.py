"""Heads as the gateway sends them: built from parsed parts, never forwarded as received.

Which fields pass is decided once for each name and remembered. Hop-by-hop fields (RFC 9110, 7.6.1) and what a caller could use
to pose as somebody (identity and forwarding fields that only a proxy may set) do not reach the upstream.
"""

from yett.formats.http1 import RequestHead, ResponseHead

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

_KEPT, _NAME_LENGTH_KEPT = 4_096, 64
_request_names: dict[bytes, bytes | None] = {}
_response_names: dict[bytes, bytes | None] = {}


def _request_name(name: bytes) -> bytes | None:
    """b"name: " if the field goes upstream, else None."""
    passes = name not in _HOP and name not in _OWN and not name.startswith(_OWN_PREFIXES)
    prefix = name + b": " if passes else None
    if len(_request_names) < _KEPT and len(name) <= _NAME_LENGTH_KEPT:
        _request_names[name] = prefix
    return prefix


def _response_name(name: bytes) -> bytes | None:
    prefix = None if name in _HOP else name + b": "
    if len(_response_names) < _KEPT and len(name) <= _NAME_LENGTH_KEPT:
        _response_names[name] = prefix
    return prefix


def request_head(head: RequestHead, target: str, host: bytes, own: bytes, inspected: bool) -> bytes:
    """The head for the upstream, without its last empty line and without framing fields.

    own: whole lines that the gateway adds. inspected: the response will be read, so only codings that Yett decodes are asked for.
    """
    names = _request_names
    nominated = head.nominated
    rows = [f"{head.method} {target} HTTP/1.1\r\nhost: ".encode(), host, b"\r\n"]
    for name, value in head.lines:
        prefix = names[name] if name in names else _request_name(name)
        if prefix is None or (nominated and name in nominated):
            continue
        if inspected and name == b"accept-encoding":
            value = known_codings(value)
        rows.append(prefix)
        rows.append(value)
        rows.append(b"\r\n")
    rows.append(own)
    return b"".join(rows)


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
    names = _response_names
    nominated = head.nominated
    rows = [b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason)]
    for name, value in head.lines:
        prefix = names[name] if name in names else _response_name(name)
        if prefix is None or name in drop or (nominated and name in nominated):
            continue
        rows.append(prefix)
        rows.append(value)
        rows.append(b"\r\n")
    for name, line in defaults:
        if name not in head.fields:
            rows.append(line)
    rows.append(own)
    rows.append(framing)
    rows.append(b"\r\n")
    return b"".join(rows)
