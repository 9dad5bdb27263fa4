"""The opening handshake of WebSocket (RFC 6455, 4) as a gateway between the two sides must judge it.

A tunnel opened on a handshake that one side does not believe in is a way to smuggle requests, so both halves are checked in
full. Frames are not looked at here, nor who may connect.
"""

import base64
import hashlib
import re
from collections.abc import Mapping

_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")  # 16 octets in base64, and no stray bits in the last digit
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TOKENS = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[\t ]*,[\t ]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.\-]*://(\[[0-9a-f:.]+\]|[^\[\]:/@?#\s]+)(?::[0-9]{1,5})?")


def asks_for_websocket(fields: Mapping[bytes, bytes]) -> bool:
    """Whether the request wants to become a WebSocket; everything else in Upgrade is to be ignored (RFC 9110, 7.8)."""
    return fields.get(b"upgrade", b"").lower() == b"websocket"


def check_request(method: str, version: str, fields: Mapping[bytes, bytes]) -> str | None:
    """What is wrong with a client's handshake (4.2.1), or None. `fields`: by lower-case name, lists joined."""
    if method != "GET" or version != "1.1":
        return "a WebSocket handshake that is not GET with HTTP/1.1"
    if not asks_for_websocket(fields):
        return "Upgrade is not exactly websocket"
    if not _has_token(fields.get(b"connection", b""), b"upgrade"):
        return "Connection does not say upgrade"
    if fields.get(b"sec-websocket-version") != b"13":
        return "Sec-WebSocket-Version is not 13"
    if not _KEY.fullmatch(fields.get(b"sec-websocket-key", b"")):
        return "Sec-WebSocket-Key is not 16 octets in base64"
    if b"transfer-encoding" in fields or fields.get(b"content-length", b"0").strip(b"0"):
        return "a WebSocket handshake with a body"
    protocols = fields.get(b"sec-websocket-protocol")
    if protocols is not None and not _TOKENS.fullmatch(protocols):
        return "a malformed Sec-WebSocket-Protocol"
    return None


def accept_key(key: bytes) -> bytes:
    """The value of Sec-WebSocket-Accept for a key (4.2.2, 5.4)."""
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def check_response(status: int, fields: Mapping[bytes, bytes], key: bytes, protocols: bytes | None = None) -> str | None:
    """What is wrong with the upstream's 101 (4.1), or None. `protocols`: the Sec-WebSocket-Protocol that was asked with."""
    if status != 101:
        return "the status is not 101"
    if not asks_for_websocket(fields):
        return "Upgrade is not exactly websocket"
    if not _has_token(fields.get(b"connection", b""), b"upgrade"):
        return "Connection does not say upgrade"
    if fields.get(b"sec-websocket-accept") != accept_key(key):
        return "Sec-WebSocket-Accept does not answer the key"
    if b"transfer-encoding" in fields or fields.get(b"content-length", b"0").strip(b"0"):
        return "a 101 with a body"
    chosen = fields.get(b"sec-websocket-protocol")
    if chosen is not None and (not chosen or not _has_token(protocols or b"", chosen, fold=False)):
        return "a subprotocol that was not asked for"
    return None


def origin_allowed(origin: bytes | None, allowed: tuple[str, ...] | None, host: str) -> bool:
    """Whether a page of this origin may connect. Browsers enforce nothing here, so the gateway does (RFC 6455, 10.2).

    allowed: serialised origins such as "https://app.example", compared exactly; "*" allows all; None allows the same `host`
    only (without port, as in View.host). No Origin means no browser, and is allowed: programs are judged by credentials.
    """
    if origin is None:
        return True
    text = origin.decode("latin-1")
    if allowed is not None:
        return text in allowed or "*" in allowed
    match = _ORIGIN.fullmatch(text)
    return match is not None and match[1].strip("[]") == host


def _has_token(value: bytes, token: bytes, fold: bool = True) -> bool:
    return token in [item.strip(b"\t ") for item in (value.lower() if fold else value).split(b",")]
