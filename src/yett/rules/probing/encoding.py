"""How values are written into calls and read out of them: percent-encoding, queries, forms, JSON. Pure."""

import json
from typing import Any

import msgspec

from yett.model.probe import Call
from yett.rules.probing.multipart import MEDIA, unparted

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""RFC 3986, 2.3."""


def quoted(text: str) -> str:
    """Text percent-encoded as one path segment or one name or value of a query. "." and ".." are encoded too."""
    if text in (".", ".."):
        return text.replace(".", "%2E")
    raw = text.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in raw)


def unquoted(text: str) -> str:
    """Percent-decoded; what is no encoding stays."""
    head, *rest = text.split("%")
    out = bytearray(head.encode("utf-8", "surrogateescape"))
    for part in rest:
        digits = part[:2]
        if len(digits) == 2 and all(one in "0123456789abcdefABCDEF" for one in digits):
            out.append(int(digits, 16))
            out += part[2:].encode("utf-8", "surrogateescape")
        else:
            out += b"%" + part.encode("utf-8", "surrogateescape")
    return out.decode("utf-8", "replace")


def query_text(query: tuple[tuple[str, str], ...]) -> str:
    """Pairs as a query, without "?"."""
    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in query)


def target_text(call: Call) -> str:
    """The request target of a call: path and query."""
    if not call.query:
        return call.path
    return f"{call.path}{'&' if '?' in call.path else '?'}{query_text(call.query)}"


def pairs(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """A value of a query or form; a list as several pairs."""
    if isinstance(value, list):
        return tuple((name, one if isinstance(one, str) else json.dumps(one)) for one in value)
    return ((name, value if isinstance(value, str) else json.dumps(value)),)


def form(value: dict[str, Any]) -> bytes:
    """An object as application/x-www-form-urlencoded (WHATWG URL, 5.2)."""
    return query_text(tuple(pair for name, part in value.items() for pair in pairs(str(name), part))).encode()


def unformed(body: bytes) -> dict[str, str]:
    """A form as an object of texts; of fields that stand twice, the last."""
    found: dict[str, str] = {}
    for pair in body.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        if name:
            found[unquoted(name.replace("+", " "))] = unquoted(value.replace("+", " "))
    return found


def body_value(call: Call) -> Any:
    """The body of a call as a tree; None where there is none or it is no JSON and no form."""
    if not call.body:
        return None
    if call.content_type.startswith("application/x-www-form-urlencoded"):
        return unformed(call.body)
    if call.content_type.startswith(MEDIA):
        return unparted(call.body, call.content_type)
    try:
        return msgspec.json.decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
