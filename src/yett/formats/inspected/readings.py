"""One body after the other way to read it: the strict reading where there is one, else the raw text and all that it may be.

Everything is given lazily and in the order of the body, so that whoever has seen enough may stop. It must not know any rule.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from yett.formats.bodies import BodyError, Form, Multipart
from yett.formats.contract.proven import is_plain_name
from yett.formats.inspected import lenient
from yett.formats.inspected.head import form_pairs
from yett.formats.inspected.json_values import UNPROVEN, ProvenTree, Walk, json_lines, nested, octets, portions, windows
from yett.formats.inspected.values import InspectionLimits, Origin, Value
from yett.formats.json_body import NotJSON, decode_json
from yett.formats.media_types import Kind, MediaType, read_media_type
from yett.formats.xml import NotXML, XMLDocument, read_xml, xml_strings

PORTION = 64 << 10
"""Octets of a value that is only one of several readings. Making so many takes a few milliseconds at most."""
NESTING = (b"{", b"[", b" ", b"\n", b"\t", b"\r")
"""How texts begin that may be documents of JSON."""

_PRINTED = bytes(octet for octet in range(256) if octet >= 0x20 or octet in b"\t\r\n")
_SEEN = 1_024
_BETWEEN = b" \t\r[]{}:,0123456789"
"""What stands between strings of JSON, and cannot hold an attack."""


class Readings:
    """The readings of one body. truncated: something was nested too deep to be looked at."""

    def __init__(
        self, content: bytes, content_type: bytes | None, limits: InspectionLimits, proven: ProvenTree = UNPROVEN, root: int = 0
    ) -> None:
        self.content, self.content_type, self.limits = content, content_type, limits
        self.proven, self.root = proven, root
        self.parsed = None if content_type is None else read_media_type(content_type)
        self.truncated = False

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON."""
        return self.parsed is not None and self.parsed.kind is Kind.JSON

    def of(self, document: Any) -> Iterator[Value]:
        """All values of the body. document: as `yett.formats.bodies` read it, or BodyError."""
        if isinstance(document, (BodyError, bytes)) or (isinstance(document, str) and not self.is_json):
            return self._loose(isinstance(document, BodyError) and document.status == 400)
        return self._strict(document)

    def unproven_pairs(self, form: Form) -> Sequence[tuple[str, str]]:
        """The pairs of a form that are not proven."""
        if not self.root:
            return form.pairs
        members, rest = self.proven.members(self.root)
        proves = self.proven.list_of_flat
        return [pair for pair in form.pairs if not (proves(members.get(pair[0], rest)) and is_plain_name(pair[0]))]

    # --- what was read strictly ---------------------------------------------------------------------------------------

    def _strict(self, found: Any) -> Iterator[Value]:
        if isinstance(found, Form):
            yield from self._pairs([(octets(name), octets(text)) for name, text in self.unproven_pairs(found)])
        elif isinstance(found, Multipart):
            for part in found.parts:
                filenames = [] if part.filename is None else [octets(part.filename)]
                yield from self._part([octets(part.name)], filenames, part.content, part.content_type)
        elif isinstance(found, XMLDocument):
            yield from self._xml(found)
        else:
            yield from self._json(found, self.proven, self.root)

    def _json(self, found: Any, proven: ProvenTree = UNPROVEN, root: int = 0, prefix: str = "") -> Iterator[Value]:
        walk = Walk(self.limits)
        yield from walk.values(found, prefix, proven, root)
        self.truncated = self.truncated or walk.truncated

    def _xml(self, found: XMLDocument) -> Iterator[Value]:
        for path, text, is_name in xml_strings(found):
            at, value = octets(path), octets(text)
            if is_name:
                yield Value(Origin.XML_NAME, at, value)
            else:
                yield Value(Origin.XML, at, value)
                yield from self._nested(at, value)

    def _pairs(self, pairs: list[tuple[bytes, bytes]]) -> Iterator[Value]:
        for name, text in pairs:
            if name:
                yield Value(Origin.FORM_NAME, name, name)
            yield Value(Origin.FORM, name, text)
            yield from self._nested(name, text)

    def _nested(self, name: bytes, text: bytes) -> Iterator[Value]:
        if text[:1] in NESTING:
            inner = nested(text.decode("utf-8", "replace"))
            if inner is not None:
                yield from self._json(inner, prefix=name.decode("utf-8", "replace") + "#")

    def _part(self, names: list[bytes], filenames: list[bytes], content: bytes, content_type: bytes) -> Iterator[Value]:
        name = names[0] if names else b""
        for one in names:
            yield Value(Origin.PART_NAME, name, one)
        for one in filenames:
            yield Value(Origin.FILE_NAME, name, one)
        if content_type:
            yield Value(Origin.PART_NAME, name, content_type)
        if any(filenames):  # without a name, Go's mime/multipart has a field, and no file
            yield Value(Origin.UPLOAD, name, content)
            if not content_type.lower().startswith(b"application/json"):  # browsers send parts of JSON as files named "blob"
                return
        parsed = read_media_type(content_type) if content_type else None
        yield Value(Origin.PART, name, content)
        again = lenient.recoded(content, (parsed.parameter("charset") if parsed else None) or "")
        if again is not None:
            yield Value(Origin.PART, name, again)
        yield from self._nested(name, content if again is None else again)

    # --- what has no strict reading -----------------------------------------------------------------------------------

    def _loose(self, refused: bool) -> Iterator[Value]:
        content, parsed = self.content, self.parsed
        if not content:
            return
        yield Value(Origin.TEXT if _is_text(content) else Origin.OPAQUE, b"", content)
        charset = (parsed.parameter("charset") if parsed else None) or _charset(self.content_type or b"")
        again = lenient.recoded(content, charset)
        if again is not None:
            yield Value(Origin.TEXT, b"", again)
            yield from self._guessed(again, parsed, False)
        yield from self._guessed(content, parsed, refused and self.is_json)

    def _guessed(self, content: bytes, parsed: MediaType | None, refused: bool) -> Iterator[Value]:
        """What the content may be by how it begins, or by what it says. refused: it is no strict JSON."""
        kind = parsed.kind if parsed else None
        bare = content.lstrip(b"\xef\xbb\xbf \t\r\n\0")
        if lenient.looks_like_json(bare) or kind is Kind.JSON:
            yield from self._guessed_json(bare, refused and len(bare) == len(content))
        if lenient.looks_like_xml(bare):
            yield from self._guessed_xml(bare, kind is Kind.XML and len(bare) == len(content))
        if lenient.looks_like_multipart(bare) or kind is Kind.MULTIPART:
            boundary = (parsed.parameter("boundary") if parsed else None) or ""
            for part in lenient.parts(bare, boundary.encode()):
                yield from self._part(part.names, part.filenames, part.content, b"")
                yield Value(Origin.PART_NAME, b"", part.head)
        elif lenient.looks_like_form(bare) or kind is Kind.FORM:
            for portion in windows(bare, PORTION, b"&"):
                yield from self._pairs(form_pairs(portion, self.limits.values))

    def _guessed_json(self, content: bytes, refused: bool) -> Iterator[Value]:
        """As JSON if it is, and not large; else its strings as lines, whatever else is wrong, and each by itself."""
        if not refused and len(content) <= PORTION:
            with suppress(NotJSON):
                yield from self._json(decode_json(content))
                return
        for portion in portions(content, PORTION, True):
            for lines in json_lines(portion):
                yield Value(Origin.TEXT, b"", lines)
        for portion in portions(content, PORTION, True):
            for lines in json_lines(portion):
                for line in lines.split(b"\n"):
                    if len(line) > 2 and line.strip(_BETWEEN):
                        yield Value(Origin.JSON, b"", line)

    def _guessed_xml(self, content: bytes, refused: bool) -> Iterator[Value]:
        """As XML if it is; else its text without entities, whatever else is wrong."""
        if not refused:
            with suppress(NotXML):
                yield from self._xml(read_xml(content))
                return
        for portion in windows(content, PORTION, b"<"):
            text = lenient.without_entities(portion)
            if text is not None:
                yield Value(Origin.TEXT, b"", text)


def _is_text(content: bytes) -> bool:
    """Whether hardly any of the first octets is a control character."""
    beginning = content[:_SEEN]
    return len(beginning.translate(None, _PRINTED)) * 20 <= len(beginning)


def _charset(content_type: bytes) -> str:
    """The charset of a Content-Type that is malformed otherwise."""
    _, mark, rest = content_type.lower().partition(b"charset=")
    return rest.strip(b"\"' \t").split(b";")[0].strip(b"\"' \t")[:32].decode("latin-1") if mark else ""
