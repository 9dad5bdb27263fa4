"""multipart/form-data, read strictly: what two servers may read differently is refused.

Sources: RFC 7578 (form data), RFC 2046, section 5.1.1 (boundaries). Stricter than these: no preamble, no epilogue, no white
space behind a boundary, no line folding, no field or parameter twice, no transfer encoding.
"""

import base64
import re

import msgspec

from yett.formats.percent import strictly_decoded

MAX_PARTS = 1_000
MAX_HEAD = 8_192
"""Longest head of a part, in bytes."""
MAX_FIELDS = 16
"""Most header fields of a part."""

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_DISPOSITION = re.compile(
    rb';[ \t]*([A-Za-z]+\*?)[ \t]*=[ \t]*(?:"((?:[^"\\\r\n]|\\["\\])*)"|([!#$%&\'*+\-.^_`|~0-9A-Za-z]+))[ \t]*'
)

_ENCODED_WORD = re.compile(r"=\?utf-8\?[Bb]\?([A-Za-z0-9+/]+={0,2})\?=", re.IGNORECASE)


class NotMultipart(ValueError):
    """Not one unambiguous multipart body. The message is a reason."""


class Part(msgspec.Struct, frozen=True):
    """One part. content_type is empty where the part has none; filename is None where it is not a file."""

    name: str
    content: bytes
    content_type: bytes = b""
    filename: str | None = None


def read_multipart(content: bytes, boundary: str, whole: bool = True) -> tuple[Part, ...]:
    """Read all parts. boundary: the parameter of the Content-Type. whole: False where only the beginning is there: the last part
    ends with it, and is left out where its head does not. Raises NotMultipart."""
    if not _BOUNDARY.fullmatch(boundary):
        raise NotMultipart("a malformed boundary")
    mark = b"--" + boundary.encode()
    if content.rstrip(b"\r\n") == mark + b"--":
        return ()
    if not content.startswith(mark + b"\r\n"):
        raise NotMultipart("it does not begin with the boundary")
    separator = b"\r\n" + mark
    parts: list[Part] = []
    start = len(mark) + 2
    while True:
        end = content.find(separator, start - 2)
        if end < 0:
            if whole:
                raise NotMultipart("it does not end with the boundary")
            if len(content) - start > MAX_HEAD or content.find(b"\r\n\r\n", start) >= 0:
                parts.append(_part(content, start, len(content)))
            return tuple(parts)
        parts.append(_part(content, start, end))
        if len(parts) > MAX_PARTS:
            raise NotMultipart(f"more than {MAX_PARTS} parts")
        after = end + len(separator)
        following = content[after : after + 2]
        if not whole and len(following) < 2:
            return tuple(parts)
        if following == b"--":
            if content[after + 2 :] not in (b"", b"\r\n"):
                raise NotMultipart("something follows the last boundary")
            return tuple(parts)
        if following != b"\r\n":
            raise NotMultipart("something follows a boundary")
        start = after + 2


def _part(content: bytes, start: int, end: int) -> Part:
    head_end = content.find(b"\r\n\r\n", start, min(end, start + MAX_HEAD))
    if head_end < 0:
        raise NotMultipart(f"a part without an end of its head within {MAX_HEAD} bytes")
    lines = content[start:head_end].split(b"\r\n")
    if len(lines) > MAX_FIELDS:
        raise NotMultipart(f"a part with more than {MAX_FIELDS} fields")
    fields: dict[bytes, bytes] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None or found[1].lower() in fields:
            raise NotMultipart("a malformed field of a part, or one that stands twice")
        fields[found[1].lower()] = found[2].strip(b" \t")
    if fields.get(b"content-transfer-encoding", b"binary").lower() not in (b"binary", b"8bit", b"7bit"):
        raise NotMultipart("a part with a transfer encoding")
    name, filename = _names(fields.get(b"content-disposition", b""))
    return Part(name, content[head_end + 4 : end], fields.get(b"content-type", b""), filename)


def _names(disposition: bytes) -> tuple[str, str | None]:
    if disposition[:9].lower() != b"form-data":
        raise NotMultipart("a part that is not form-data")
    parameters: dict[bytes, bytes] = {}
    position = 9
    while position < len(disposition):
        found = _DISPOSITION.match(disposition, position)
        if found is None or found[1].lower() in parameters:
            raise NotMultipart("a malformed Content-Disposition, or a parameter that stands twice")
        parameters[found[1].lower()] = found[3] if found[2] is None else re.sub(rb"\\(.)", rb"\1", found[2])
        position = found.end()
    if b"name" not in parameters or b"name*" in parameters:
        raise NotMultipart("a part without a plain name")
    filename = parameters.get(b"filename", parameters.get(b"filename*"))
    try:
        if b"filename" in parameters and b"filename*" in parameters:
            _agree(parameters[b"filename"].decode(), parameters[b"filename*"].decode())
        return parameters[b"name"].decode(), None if filename is None else filename.decode()
    except UnicodeDecodeError:
        raise NotMultipart("a name that is not UTF-8") from None


def _agree(plain: str, extended: str) -> None:
    """Clients of .NET send a file's name in both ways (RFC 6266, 4.3), the plain one as an encoded word (RFC 2047) where it is
    not ASCII. Raises NotMultipart where they are two names."""
    charset, _, rest = extended.partition("'")
    decoded = strictly_decoded(rest.partition("'")[2]) if charset.lower() == "utf-8" else None
    word = _ENCODED_WORD.fullmatch(plain)
    try:
        said = base64.b64decode(word[1], validate=True).decode() if word else plain
    except ValueError:
        said = None
    if said is None or said != decoded:
        raise NotMultipart("a part with two file names")
