"""The values of a body, request or response: from the one strict reading where there is one, else from every lenient one.

A body that cannot be read strictly is given as raw text, and as what it looks like; `error` then says why. Gathering is lazy:
`texts` is for a first look at everything, `values` for the places once something was seen, `batches` for large bodies between
whose pieces others get their turn. It must not know any rule.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from yett.formats.bodies import BodyError, Form, Multipart, document, response_document
from yett.formats.contract.proven import is_plain_name
from yett.formats.inspected import lenient
from yett.formats.inspected.head import form_pairs
from yett.formats.inspected.json_values import (
    UNPROVEN,
    ProvenTree,
    Walk,
    encoded,
    is_plain,
    json_lines,
    json_texts,
    nested,
    octets,
    portions,
)
from yett.formats.inspected.values import DEFAULT_LIMITS, InspectionLimits, Origin, Value
from yett.formats.json_body import NotJSON, decode_json
from yett.formats.media_types import Kind, MediaType, read_media_type
from yett.formats.xml import NotXML, XMLDocument, read_xml, xml_names, xml_values
from yett.model.decision import Evaluation
from yett.model.exchange import View

BATCH = 64 << 10
"""Octets of a batch. Looking at so many takes a few milliseconds at most."""
MOST_IN_BATCH = 1_000

_PRINTED = bytes(octet for octet in range(256) if octet >= 0x20 or octet in b"\t\r\n")
_SEEN = 1_024
_NESTING = (b"{", b"[", b" ", b"\n", b"\t", b"\r")
_RESPONSE = {Origin.JSON: Origin.RESPONSE_JSON, Origin.JSON_NAME: Origin.RESPONSE_NAME, Origin.OPAQUE: Origin.RESPONSE_OPAQUE}


class BodyValues:
    """One body. truncated: there is more of it than was looked at; known for certain once `values` was asked for, or all of
    `batches`. error: why there is no strict reading, or ""."""

    def __init__(
        self,
        content: bytes,
        content_type: bytes | None,
        found: Any,
        limits: InspectionLimits = DEFAULT_LIMITS,
        truncated: bool = False,
        proven: ProvenTree = UNPROVEN,
        root: int = 0,
        response: bool = False,
    ) -> None:
        self.limits, self.proven, self.root, self.response = (limits, proven, root, response)
        self.truncated = truncated or len(content) > limits.size
        self.error = str(found) if isinstance(found, BodyError) else ""
        self.content = content if len(content) <= limits.size else content[: limits.size]
        self.document = BodyError(400, "only its beginning is there") if self.truncated else found
        self.content_type = content_type
        self._values: list[Value] | None = None

    @property
    def texts(self) -> list[bytes]:
        """Every value, names included, as one of these texts or as whole lines of one; other lines may stand between."""
        found, content = self.document, self.content
        if type(found) is dict or type(found) is list:
            return json_lines(content) if is_plain(content) else json_texts(found)
        if isinstance(found, Form):
            texts = encoded([text for pair in self._open(found) for text in pair])
            return texts + [inner for text in texts if text[:1] in _NESTING and b"\\" in text for inner in json_lines(text)]
        return [value.text for value in self.values] if content else []

    def batches(self, size: int = BATCH) -> Iterator[list[bytes]]:
        """`texts` in portions of about `size` octets each, but for single values that are longer."""
        found = self.document
        if len(self.content) <= size:
            yield self.texts
        elif (type(found) is dict or type(found) is list) and is_plain(self.content):
            for portion in portions(self.content, size):
                yield json_lines(portion)
        else:
            yield from _portioned(self._all(), size)

    @property
    def values(self) -> list[Value]:
        """At most `limits.values` values with their places, without what is proven."""
        if self._values is None:
            every = self._all()
            self._values = list(islice(every, self.limits.values))
            if next(every, None) is not None:
                self.truncated = True
        return self._values

    # --- one reading after the other ------------------------------------------------------------------------------------

    def _all(self) -> Iterator[Value]:
        found = self._loose() if self._is_loose() else self._strict()
        if not self.response:
            return found
        return (Value(_RESPONSE.get(value.origin, Origin.RESPONSE_TEXT), value.name, value.text) for value in found)

    def _is_loose(self) -> bool:
        """Whether the body is text, which may be anything else, or could not be read."""
        if isinstance(self.document, str):
            parsed = read_media_type(self.content_type or b"")
            return parsed is None or parsed.kind is not Kind.JSON
        return isinstance(self.document, (BodyError, bytes))

    def _strict(self) -> Iterator[Value]:
        found = self.document
        if isinstance(found, Form):
            yield from self._pairs([(octets(name), octets(text)) for name, text in self._open(found)])
        elif isinstance(found, Multipart):
            for part in found.parts:
                filenames = [] if part.filename is None else [octets(part.filename)]
                yield from self._part([octets(part.name)], filenames, part.content, part.content_type)
        elif isinstance(found, XMLDocument):
            yield from self._xml(found)
        else:
            yield from self._json(found, self.proven, self.root)

    def _open(self, form: Form) -> Sequence[tuple[str, str]]:
        """The pairs of a form that are not proven."""
        if not self.root:
            return form.pairs
        members, rest = self.proven.members(self.root)
        proves = self.proven.list_of_flat
        return [pair for pair in form.pairs if not (proves(members.get(pair[0], rest)) and is_plain_name(pair[0]))]

    def _xml(self, found: XMLDocument) -> Iterator[Value]:
        for name, path in xml_names(found).items():
            yield Value(Origin.XML_NAME, octets(path), octets(name))
        for path, text in xml_values(found):
            yield Value(Origin.XML, octets(path), octets(text))
            yield from self._nested(octets(path), octets(text))

    def _json(self, found: Any, proven: ProvenTree = UNPROVEN, root: int = 0, prefix: str = "") -> Iterator[Value]:
        walk = Walk(self.limits)
        yield from walk.values(found, prefix, proven, root)
        self.truncated = self.truncated or walk.truncated

    def _pairs(self, pairs: list[tuple[bytes, bytes]]) -> Iterator[Value]:
        for name, text in pairs:
            if name:
                yield Value(Origin.FORM_NAME, name, name)
            yield Value(Origin.FORM, name, text)
            yield from self._nested(name, text)

    def _nested(self, name: bytes, text: bytes) -> Iterator[Value]:
        if text[:1] in _NESTING:
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
        if filenames:
            yield Value(Origin.UPLOAD, name, content)
            return
        parsed = read_media_type(content_type) if content_type else None
        yield Value(Origin.PART, name, content)
        again = lenient.recoded(content, (parsed.parameter("charset") if parsed else None) or "")
        if again is not None:
            yield Value(Origin.PART, name, again)
        yield from self._nested(name, content if again is None else again)

    # --- what has no strict reading -----------------------------------------------------------------------------------

    def _loose(self) -> Iterator[Value]:
        """The raw text, and all that it may be."""
        content = self.content
        if not content:
            return
        parsed = read_media_type(self.content_type) if self.content_type else None
        yield Value(Origin.TEXT if _is_text(content) else Origin.OPAQUE, b"", content)
        charset = (parsed.parameter("charset") if parsed else None) or _charset(self.content_type or b"")
        again = lenient.recoded(content, charset)
        if again is not None:
            yield Value(Origin.TEXT, b"", again)
            yield from self._guessed(again, parsed)
        yield from self._guessed(content, parsed)

    def _guessed(self, content: bytes, parsed: MediaType | None) -> Iterator[Value]:
        kind = parsed.kind if parsed else None
        bare = content.lstrip(b"\xef\xbb\xbf \t\r\n\0")
        if lenient.looks_like_json(bare) or kind is Kind.JSON:
            yield from self._guessed_json(bare)
        if lenient.looks_like_xml(bare):
            with suppress(NotXML):
                yield from self._xml(read_xml(bare))
            text = lenient.without_entities(content)
            if text is not None:
                yield Value(Origin.TEXT, b"", text)
        if lenient.looks_like_multipart(bare) or kind is Kind.MULTIPART:
            boundary = (parsed.parameter("boundary") if parsed else None) or ""
            for part in lenient.parts(bare, boundary.encode()):
                yield from self._part(part.names, part.filenames, part.content, b"")
                yield Value(Origin.PART_NAME, b"", part.head)
        elif lenient.looks_like_form(bare) or kind is Kind.FORM:
            yield from self._pairs(form_pairs(bare, self.limits.values))

    def _guessed_json(self, content: bytes) -> Iterator[Value]:
        """As JSON if it is; else its strings as lines, whatever else is wrong."""
        if not self.truncated:
            with suppress(NotJSON):
                yield from self._json(decode_json(content))
                return
        for portion in portions(content, BATCH):
            for lines in json_lines(portion):
                yield Value(Origin.TEXT, b"", lines)


def _portioned(values: Iterator[Value], size: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    held = 0
    for value in values:
        batch.append(value.text)
        held += len(value.text)
        if held >= size or len(batch) >= MOST_IN_BATCH:
            yield batch
            batch, held = [], 0
    yield batch


def _is_text(content: bytes) -> bool:
    """Whether hardly any of the first octets is a control character."""
    beginning = content[:_SEEN]
    return len(beginning.translate(None, _PRINTED)) * 20 <= len(beginning)


def _charset(content_type: bytes) -> str:
    """The charset of a Content-Type that is malformed otherwise."""
    _, mark, rest = content_type.lower().partition(b"charset=")
    return rest.strip(b"\"' \t").split(b";")[0].strip(b"\"' \t")[:32].decode("latin-1") if mark else ""


def body_values(
    view: View,
    evaluation: Evaluation,
    limits: InspectionLimits = DEFAULT_LIMITS,
    proven: ProvenTree = UNPROVEN,
    root: int = 0,
) -> BodyValues:
    """The request's body. Only in the body phase. Left out is what is proven of a body that was found valid: `proven` is
    `Proven.grounds`, and `root` is `Proven.body(evaluation.valid_body)`."""
    try:
        found = document(view, evaluation) if view.content and not view.truncated else b""
    except BodyError as error:
        found = error
    return BodyValues(view.content, view.fields.get(b"content-type"), found, limits, view.truncated, proven, root)


def response_values(view: View, evaluation: Evaluation, limits: InspectionLimits = DEFAULT_LIMITS) -> BodyValues:
    """The response's body. Only in the response body phase."""
    try:
        found = response_document(view, evaluation) if view.response_content and not view.response_truncated else b""
    except BodyError as error:
        found = error
    content_type = view.response_fields.get(b"content-type")
    return BodyValues(view.response_content, content_type, found, limits, view.response_truncated, response=True)
