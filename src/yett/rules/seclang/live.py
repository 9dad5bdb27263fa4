"""An exchange of the gateway, live or recorded, as a transaction of the rule language. The body is the one that all guards
share, read once; what the contract has proven is not judged. It must not know rules or policies.
"""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from yett.formats.bodies import BodyError, Form, Multipart
from yett.formats.contract.proven import Proven
from yett.formats.inspected import (
    BATCH,
    UNPROVEN,
    BodyValues,
    InspectionLimits,
    Origin,
    body_values,
    form_pairs,
    json_arguments,
)
from yett.formats.transformations import Remembered
from yett.formats.xml import XMLDocument
from yett.model.decision import Evaluation
from yett.model.exchange import View
from yett.rules.inspection.gathered import gathered
from yett.rules.inspection.inspecting import is_stream
from yett.rules.seclang.bodies import NOTHING, BodyReading, json_numbers, of_json, of_xml, processor_of, read
from yett.rules.seclang.names import FreshNames, NameTree
from yett.rules.seclang.transaction import Transaction

_processor_of = lru_cache(256)(processor_of)
_LONGEST = 256
_WHOLE = b"body"
"""The name of what has none, in a body without a strict reading."""


class LiveTransaction(Transaction):
    """One exchange. limits: how much of a body is read. truncated: there is more."""

    def __init__(self, view: View, evaluation: Evaluation, limits: InspectionLimits, proven: Proven | None = None) -> None:
        self.view, self.evaluation, self.limits = view, evaluation, limits
        self.proven = proven if proven is not None and evaluation.valid_head else None
        self.body_proven = proven if proven is not None and evaluation.valid_body >= 0 else None
        self.method = view.method.encode()
        target = view.target
        self.uri = target.raw or target.text.encode("utf-8", "surrogateescape")
        self.protocol = b"HTTP/1.1"
        self.fields = view.lines
        self.body = view.content
        self.address = view.address.encode()
        self.identifier = b""
        content_type = view.fields.get(b"content-type", b"")
        self.processor = _processor_of(content_type) if len(content_type) <= _LONGEST else processor_of(content_type)
        self.gathered = {}
        self.transformed = Remembered()
        self.tx = {}
        self.removed = set()
        self.excluded = {}
        self.matched = []
        self.hits = []
        self._reading: BodyReading | None = None
        self._lenient: tuple[bytes, BodyReading] | None = None
        self._values: BodyValues | None = None

    @property
    def truncated(self) -> bool:
        """Whether something was not looked at; known once everything was."""
        reading = self._reading
        return (self._values is not None and self._values.truncated) or (reading is not None and reading.truncated)

    @property
    def values(self) -> BodyValues:
        """The values of the body as the gateway reads it."""
        held = gathered(self.evaluation)
        if self._values is None:
            self._values = held.body
        if self._values is None:
            if self.body_proven is not None:
                grounds = self.body_proven.grounds
                root = self.body_proven.body(self.evaluation.valid_body)
                self._values = body_values(self.view, self.evaluation, self.limits, grounds, root)
            else:
                self._values = body_values(self.view, self.evaluation, self.limits)
            held.body = self._values
        return self._values

    def query_arguments(self) -> list[tuple[bytes, bytes]]:
        found = super().query_arguments()
        if self.proven is not None and self.proven.query:
            return [pair for pair in found if pair[0] not in self.proven.query]
        return found

    def names(self, known: NameTree) -> FreshNames | None:
        document = self.values.document if self.body and self.processor == b"JSON" else None
        return known.fresh(document, self.limits.values) if type(document) in (dict, list) else None

    def texts(self, more: list[bytes], numbers: bool = True) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """See `Transaction.texts`. Of large documents of JSON more is given than rules look at, so that it is not for their length
        alone that they count as truncated."""
        found = more + self.target_texts()
        if not self.body:
            yield found, []
            return
        values = self.values
        document = values.document
        if self.processor == b"JSON" and type(document) in (dict, list):
            scalars = values.scalars(numbers)
            if scalars is not None:
                found += scalars[0]
                found += scalars[1]
                yield from ((batch, []) for batch in _portions(found))
                return
            found += json_numbers(document)
            for batch in values.batches():
                yield found + batch, []
                found = []
            return
        reading = None
        if self._is_loose:
            for batch in values.batches():
                yield found + batch, batch if values.is_json else []  # else each value is given by itself
                found = []
            reading = self._leniently()
            found.append(_WHOLE)
            if not reading.arguments:
                found.append(values.content)
        yield from ((batch, []) for batch in _portions(found + (reading or self.reading).values()))

    @property
    def reading(self) -> BodyReading:
        if self._reading is None:
            self._reading = self._read() if self.body else NOTHING
        return self._reading

    def _read(self) -> BodyReading:
        values, most = self.values, self.limits.values
        found = values.document
        if self._is_loose:
            return self._loose()
        if isinstance(found, Form):
            return BodyReading(arguments=self._form(found, most))
        if isinstance(found, XMLDocument):
            return of_xml(found, most)
        if isinstance(found, Multipart):
            return read(b"MULTIPART", self.view.fields[b"content-type"], values.content, most)
        if self.processor != b"JSON" or isinstance(found, bytes):
            return NOTHING
        reading = of_json(found, most)
        if values.proven is not UNPROVEN and values.root:
            told = json_arguments(found, most, values.proven, values.root)
            if not told.truncated:  # else the two may have left out different values
                shown = {name for name, text in zip(told.names, told.texts, strict=True) if text is not None}
                reading.arguments = [pair for pair in reading.arguments if pair[0] in shown]
        return reading

    @property
    def _is_loose(self) -> bool:
        """Whether there is no strict reading."""
        without_type = not self.processor and not self.view.fields.get(b"content-type")
        return without_type or isinstance(self.values.document, BodyError)

    def _form(self, form: Form, most: int) -> list[tuple[bytes, bytes]]:
        found = form_pairs(self.body, most)
        left = {name for name, _ in self.values.unproven_pairs(form)}
        proven = {name.encode("utf-8", "surrogatepass") for name, _ in form.pairs if name not in left}
        return [pair for pair in found if pair[0] not in proven] if proven else found

    def _leniently(self) -> BodyReading:
        """As the processor reads it leniently; read once."""
        processor = self.processor
        if self._lenient is None or self._lenient[0] != processor:
            content_type = self.view.fields.get(b"content-type", b"")
            self._lenient = processor, read(processor, content_type, self.values.content, self.limits.values)
        return self._lenient[1]

    def _loose(self) -> BodyReading:
        """What has no strict reading: as its processor reads it leniently, and all else that it may be."""
        values = self.values
        reading = self._leniently()
        known = {text for _, text in reading.arguments}
        if known:
            known.add(values.content)  # as a whole only where nothing could be made of it
        more = [value for value in values.values if value.origin is not Origin.OPAQUE and value.text not in known]
        arguments = [*reading.arguments, *((_WHOLE, value.text) for value in more)]
        error = reading.error or values.error
        return msgspec.structs.replace(
            reading,
            arguments=arguments,
            error=error,
            strict_error=reading.strict_error or (self.processor == b"MULTIPART" and bool(error)),
        )

    def take_response(self) -> None:
        """The head of the response is there."""
        self.answer(self.view.status, self.view.response_lines)

    def take_response_body(self) -> None:
        self.response_body = self.view.response_content[: self.limits.size]


def _portions(values: list[bytes]) -> Iterator[list[bytes]]:
    """Values, about BATCH octets at a time."""
    if sum(map(len, values)) + len(values) < BATCH:
        yield values
        return
    start = size = 0
    for place, value in enumerate(values):
        size += len(value) + 1
        if size >= BATCH:
            yield values[start : place + 1]
            start, size = place + 1, 0
    yield values[start:]


def response_is_text(view: View) -> bool:
    """Whether rules for responses look at the body: text, JSON and XML, as ModSecurity's recommended configuration has it. Streams,
    whatever they are made of, are not waited for."""
    kind = view.response_fields.get(b"content-type", b"").lower()
    return kind.startswith(_TEXTS) and not is_stream(kind)


_TEXTS = (b"text/", b"application/json", b"application/xml", b"application/problem+json")
