"""Bodies of multipart/form-data (RFC 7578) out of trees and back, with fields and files. It must not know who fills them in."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from yett.formats.multipart import NotMultipart, read_multipart

MEDIA = "multipart/form-data"
_MOST = 1_000


def is_file(schema: Any) -> bool:
    """Whether a member is sent as a file: "binary" and "file" of OpenAPI 3.0 and Swagger, `contentMediaType` of 3.1."""
    if not isinstance(schema, dict):
        return False
    inner = schema.get("items")
    named = schema.get("format") == "binary" or schema.get("type") == "file" or "contentMediaType" in schema
    return named or (isinstance(inner, dict) and inner is not schema and is_file(inner))


def multipart(tree: dict[str, Any], schema: dict[str, Any]) -> tuple[bytes, str]:
    """The body and its Content-Type. Lists become several parts of one name; objects are written as JSON. The boundary follows from
    the content, so that the same tree makes the same octets."""
    known = schema.get("properties")
    members = known if isinstance(known, dict) else {}
    parts = [_part(str(name), one, members.get(name)) for name, value in tree.items() for one in _several(value)]
    boundary = "yett-" + sha256(b"".join(parts)).hexdigest()[:24]
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n", f"{MEDIA}; boundary={boundary}"


def unparted(body: bytes, content_type: str) -> dict[str, Any] | None:
    """A body as an object of texts, a name that stands several times as a list; None where it is none."""
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    try:
        parts = read_multipart(body, boundary)
    except NotMultipart:
        return None
    found: dict[str, Any] = {}
    for part in parts:
        text = part.content.decode("utf-8", "surrogateescape")
        if part.name in found:
            before = found[part.name]
            found[part.name] = [*(before if isinstance(before, list) else [before]), text]
        else:
            found[part.name] = text
    return found


def _several(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value[:_MOST]
    elif value is not None:
        yield value


def _part(name: str, value: Any, schema: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if is_file(schema):
        kind = schema.get("contentMediaType")
        head += f'; filename="yett.txt"\r\nContent-Type: {kind if isinstance(kind, str) else "application/octet-stream"}'
    elif isinstance(value, dict):
        head += "\r\nContent-Type: application/json"
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + text.encode("utf-8", "surrogateescape")


def _quoted(name: str) -> str:
    """A name between quotes, as WHATWG HTML, 4.10.21.8 writes it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
