"""Request bodies as arguments, files and texts, the way the rule language names them. The octets are read by `yett.formats`,
leniently where they have no strict reading: rules must see what a lenient server sees. It must not know any rule.

Which processor reads a body follows its Content-Type, as ModSecurity's recommended configuration has it.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from yett.formats.inspected import form_pairs, lenient
from yett.formats.json_body import MAX_DEPTH, NotJSON, decode_json
from yett.formats.multipart import NotMultipart, read_multipart
from yett.formats.xml import NotXML, XMLDocument, read_xml

MOST_ARGUMENTS = 1_000
"""Most values of one body unless told otherwise. Beyond it the rest of a form is part of the last value, that of others is not
read."""

LONGEST_NAMES = 4 << 20
"""Octets of all names of a document's values together: each holds the names of all that it stands in. Beyond it only their ends
are kept, of SHORT_NAME octets."""

SHORT_NAME = 64

Pairs = list[tuple[bytes, bytes]]

_XML = re.compile(rb"(?:application/(?:soap\+)?|text/)xml|application/[a-z0-9.-]{1,80}\+xml")
_JSON = re.compile(rb"application/(?:json|[a-z0-9.-]{1,80}\+json)")
_PARAMETER = re.compile(
    rb"[;\s](filename|name)[ \t]*=[ \t]*(?:\"((?:[^\"\\\r\n]|\\.)*+)|'([^'\r\n]*)|([^;\r\n\"]*))", re.IGNORECASE
)
_ESCAPED = re.compile(rb"\\([\"\\])")
_DECLARED = re.compile(
    rb"(?i:multipart/form-data)[ \t]*;(?P<other>[^\",]*;)?[ \t]*boundary="
    rb"(?:\"[^\"]{1,256}\"|[^\s\",;]{1,256})[ \t]*(?:;(?P<more>.*))?",
    re.DOTALL,
)
_BOUNDARY = re.compile(rb"boundary[ \t]*=[ \t]*(?:\"([^\"]{1,256})\"|([^;,\" \t]{1,256}))", re.IGNORECASE)


class BodyReading(msgspec.Struct):
    """What a body holds. arguments: decoded names and values; names: of arguments that
    hold others, which have no value of their own; files: names of the fields and of the files; part_heads: each line
    of the parts' heads, by the name of the part; texts and attributes: of an XML document; error: why it is malformed, or "";
    truncated: there is more of it than was read."""

    arguments: Pairs = []
    names: list[bytes] = []
    files: Pairs = []
    files_size: int = 0
    file_contents: Pairs = []
    part_heads: Pairs = []
    texts: list[bytes] = []
    attributes: list[bytes] = []
    error: str = ""
    strict_error: bool = False
    truncated: bool = False

    def values(self) -> list[bytes]:
        """All that stands in arguments, names included, and in XML."""
        found = [part for pair in self.arguments for part in pair]
        return found + self.names + self.texts + self.attributes


NOTHING = BodyReading()


def processor_of(content_type: bytes) -> bytes:
    """The body processor that this Content-Type asks for, b"" for none."""
    if not content_type:
        return b""
    value = content_type.lower()
    if value.startswith(b"application/x-www-form-urlencoded"):
        return b"URLENCODED"
    if value.startswith(b"multipart/form-data"):
        return b"MULTIPART"
    if _JSON.match(value):
        return b"JSON"
    return b"XML" if _XML.match(value) else b""


def read(processor: bytes, content_type: bytes, body: bytes, most: int = MOST_ARGUMENTS) -> BodyReading:
    """Read a body, at most so many values of it. Never raises; time and depth are bounded."""
    if not body:
        return NOTHING
    if processor == b"URLENCODED":
        return BodyReading(arguments=form_pairs(body, most))
    if processor == b"JSON":
        return _json(body, most)
    if processor == b"XML":
        return _xml(body, most)
    return _multipart(content_type, body, most) if processor == b"MULTIPART" else NOTHING


def _json(body: bytes, most: int) -> BodyReading:
    try:
        return of_json(decode_json(body), most)
    except NotJSON as error:
        reason = str(error)
    try:
        document = json.loads(body, object_pairs_hook=_Members)
        reading = of_json(document, most)
    except (ValueError, RecursionError):
        found = list(islice(lenient.strings(body), most + 1))
        reading = BodyReading(arguments=[(b"json", text) for text in found[:most]], truncated=len(found) > most)
    reading.error = reason
    return reading


class _Members:
    """An object whose keys may stand twice."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        self.members = members

    def __len__(self) -> int:
        return len(self.members)

    def items(self) -> list[tuple[str, Any]]:
        return self.members


def of_json(document: Any, most: int = MOST_ARGUMENTS) -> BodyReading:
    """A JSON document that was read before: scalars by path ("json.items.array_0.name"), as ModSecurity 3 names them, and the
    names of arrays and of empty objects, which it does not see. Beyond `most` values the rest is not read."""
    reading = BodyReading()
    arguments, names = reading.arguments, reading.names
    left = LONGEST_NAMES
    waiting: list[Iterator[tuple[bytes, Any]]] = [iter([(b"json", document)])]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        path, value = found
        kind = type(value)
        left -= len(path)
        if left < 0:
            path = b"json." + path[-SHORT_NAME:]
        if kind is str:
            arguments.append((path, value.encode("utf-8", "surrogatepass")))
        elif kind is dict or kind is _Members or kind is list:
            if not value or kind is list:
                names.append(path)
            if len(waiting) <= MAX_DEPTH:
                waiting.append(_items(path, value) if kind is list else _members(path, value))
        else:
            arguments.append((path, _SCALARS[value] if kind is bool or value is None else str(value).encode()))
        if len(arguments) + len(names) > most:
            reading.truncated = True
            break
    return reading


def json_numbers(document: Any) -> list[bytes]:
    """The texts of a document's numbers, as `of_json` gives them."""
    found: list[bytes] = []
    waiting: list[Any] = [document]
    for value in waiting:  # grows meanwhile
        for part in value if type(value) is list else value.values():
            kind = type(part)
            if kind is dict or kind is list:
                waiting.append(part)
            elif kind is int or kind is float:
                found.append(str(part).encode())
    return found


def _members(path: bytes, value: Any) -> Iterator[tuple[bytes, Any]]:
    return ((b"%b.%b" % (path, name.encode("utf-8", "surrogatepass") or b"empty-key"), part) for name, part in value.items())


def _items(path: bytes, value: list[Any]) -> Iterator[tuple[bytes, Any]]:
    return ((b"%b.array_%d" % (path, at), part) for at, part in enumerate(value))


_SCALARS = {True: b"true", False: b"false", None: b""}


def _xml(body: bytes, most: int) -> BodyReading:
    try:
        return of_xml(read_xml(body), most)
    except NotXML as error:
        text = lenient.without_entities(body)
        return BodyReading(texts=[body] if text is None else [body, text], error=str(error))


def of_xml(document: XMLDocument, most: int = MOST_ARGUMENTS) -> BodyReading:
    """An XML document that was read before: its text as a whole, and the values of its attributes. Beyond `most` of them the rest
    is not read."""
    values = (value for _, element in document.root.walk() for value in element.attributes.values())
    attributes = [value.encode() for value in islice(values, most)]
    truncated = next(values, None) is not None
    return BodyReading(texts=[document.root.all_text().encode()], attributes=attributes, truncated=truncated)


def _multipart(content_type: bytes, body: bytes, most: int) -> BodyReading:
    declared = _BOUNDARY.search(content_type)
    boundary = (declared[1] or declared[2]) if declared else b""
    reading = BodyReading()
    try:
        read_multipart(body, boundary.decode("latin-1"))
    except NotMultipart as error:
        reading.error, reading.strict_error = str(error), True
    written = _DECLARED.fullmatch(content_type)
    if written is None or b"boundary" in ((written["other"] or b"") + (written["more"] or b"")).lower():
        reading.error, reading.strict_error = reading.error or "the boundary is declared in an unusual way", True
    elif declared and declared[1]:
        reading.strict_error = True  # legal, but not read by all servers
    for part in lenient.parts(body, boundary):
        if part.head.strip() == b"--":
            continue  # the end
        if len(reading.arguments) + len(reading.files) >= most:
            reading.truncated = True
            break
        names, filenames = _names(part.head)
        name = names[0] if names else b""
        reading.part_heads += [(name, line) for line in re.split(rb"\r?\n", part.head) if line]
        if filenames:
            reading.files += [(one, filename) for filename in filenames for one in names or (b"",)]
            reading.files_size += len(part.content)
            reading.file_contents.append((name, part.content))
        else:
            reading.arguments += [(one, part.content) for one in names or (b"",)]
    return reading


def _names(head: bytes) -> tuple[list[bytes], list[bytes]]:
    """What a part is called, and its file. Only quotes and backslashes are escaped, as ModSecurity has it: browsers send others
    as they are."""
    found: dict[bytes, list[bytes]] = {b"name": [], b"filename": []}
    for kind, quoted, single, bare in _PARAMETER.findall(head):
        found[kind.lower()].append(_ESCAPED.sub(rb"\1", quoted or single or bare.strip()))
    return found[b"name"], found[b"filename"]
