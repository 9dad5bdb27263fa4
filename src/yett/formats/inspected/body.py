"""The values of a body, request or response: for a first look, with their places, and in portions.

A body that cannot be read strictly is given as raw text, and as what it looks like; `error` then says why. Gathering is lazy:
`texts` is for a first look at everything, `values` for the places once something was seen, `batches` for large bodies between
whose pieces others get their turn. It must not know any rule.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any

from yett.formats.bodies import BodyError, Form, Multipart, document, response_document
from yett.formats.inspected.json_values import (
    UNPROVEN,
    ProvenTree,
    encoded,
    is_plain,
    json_lines,
    json_scalars,
    json_texts,
    portions,
)
from yett.formats.inspected.readings import NESTING, PORTION, Readings
from yett.formats.inspected.values import DEFAULT_LIMITS, InspectionLimits, Origin, Value
from yett.formats.media_types import Kind
from yett.formats.multipart import NotMultipart, read_multipart
from yett.formats.signs import BACKSLASH
from yett.model.decision import Evaluation, unset
from yett.model.exchange import View

BATCH = PORTION
"""Octets of a batch. Looking at so many takes a few milliseconds at most."""
MOST_IN_BATCH = 1_000

_RESPONSE = {Origin.JSON: Origin.RESPONSE_JSON, Origin.JSON_NAME: Origin.RESPONSE_NAME, Origin.OPAQUE: Origin.RESPONSE_OPAQUE}
NAMES = frozenset(origin for origin in Origin if origin.name.endswith("_NAME"))
_CUT = BodyError(400, "only its beginning is there")


class BodyValues:
    """One body. read: gives its document, or raises BodyError; asked at most once, and not at all where it is not needed.

    truncated: there is more of it than is looked at; known for certain once `values` was asked for. proven, root: what is left
    out, as `body_values` got it.
    """

    def __init__(
        self,
        content: bytes,
        content_type: bytes | None,
        read: Callable[[], Any],
        limits: InspectionLimits = DEFAULT_LIMITS,
        truncated: bool = False,
        proven: ProvenTree = UNPROVEN,
        root: int = 0,
        response: bool = False,
    ) -> None:
        self.truncated = truncated or len(content) > limits.size
        self.content = content if len(content) <= limits.size else content[: limits.size]
        self.limits, self.response = limits, response
        self.proven, self.root = proven, root
        self._readings = Readings(self.content, content_type, limits, proven, root)
        self._read = read
        self._document: Any = unset
        self._values: list[Value] | None = None
        self._given: list[Value] | None = None

    @property
    def document(self) -> Any:
        """The one strict reading, or BodyError."""
        if self._document is unset:
            try:
                self._document = self._beginning() if self.truncated else self._read() if self.content else b""
            except BodyError as error:
                self._document = error
        return self._document

    def _beginning(self) -> Any:
        """The strict reading of a body that is cut off: there is one of what comes in parts, else a BodyError."""
        parsed = self._readings.parsed
        boundary = parsed.parameter("boundary") if parsed is not None and parsed.kind is Kind.MULTIPART else None
        if boundary is not None:
            with suppress(NotMultipart):
                return Multipart(read_multipart(self.content, boundary, whole=False))
        return _CUT

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON, so that of `texts` and `batches` lines are values."""
        return self._readings.is_json

    @property
    def error(self) -> str:
        """Why there is no strict reading, or ""."""
        found = self.document
        return str(found) if isinstance(found, BodyError) and found is not _CUT else ""

    @property
    def texts(self) -> list[bytes]:
        """Every value, names included, as one of these texts or as whole lines of one; other lines may stand between."""
        found, content = self.document, self.content
        if type(found) is dict or type(found) is list:
            return json_lines(content) if is_plain(content) else [*chain.from_iterable(json_texts(found))]
        if isinstance(found, Form):
            texts = encoded([text for pair in self.unproven_pairs(found) for text in pair])
            return texts + [inner for text in texts if text[:1] in NESTING and BACKSLASH in text for inner in json_lines(text)]
        return [value.text for value in self.values] if content else []

    def scalars(self, every: bool = True) -> tuple[list[bytes], set[bytes]] | None:
        """Exactly the strings, names included, and the texts of the numbers of a document of JSON that is an object or array; None
        where there is no strict reading of one, or where it is to be asked for all of them otherwise. every: short numbers are
        wanted, too."""
        content = self.content
        if self._readings.is_json and is_plain(content) and type(self.document) in (dict, list):
            return json_scalars(content, every)
        return None

    def unproven_pairs(self, form: Form) -> Sequence[tuple[str, str]]:
        """The pairs of a form that are not proven."""
        return self._readings.unproven_pairs(form)

    def batches(self, size: int = BATCH) -> Iterator[list[bytes]]:
        """`texts` in portions of about `size` octets each, but for single values that are longer. A large body that says that
        it is JSON is not read for it."""
        content = self.content
        if len(content) <= size:
            yield self.texts
        elif self._readings.is_json and not self.truncated and is_plain(content):
            yield from _as_json(content, size)
        elif type(self.document) is dict or type(self.document) is list:
            yield from json_texts(self.document, MOST_IN_BATCH)
        else:
            yield from _portioned(self._remembered(), size)

    @property
    def values(self) -> list[Value]:
        """At most `limits.values` values and as many names with their places, without what is proven."""
        if self._values is None:
            every = self._all() if self._given is None else iter(self._given)
            most = self.limits.values
            taken: list[Value] = []
            names = 0
            for value in every:
                names += value.origin in NAMES
                if len(taken) - min(names, most) >= most:
                    self.truncated = True
                    break
                taken.append(value)
            self._values = taken
            if self._readings.truncated:
                self.truncated = True
        return self._values

    def _remembered(self) -> Iterator[Value]:
        """All values; whoever asks for them again has them without reading, where they are few."""
        given: list[Value] = []
        most = 2 * self.limits.values
        for value in self._all():
            if len(given) <= most:
                given.append(value)
            yield value
        self._given = given

    def _all(self) -> Iterator[Value]:
        found = self._readings.of(self.document)
        if not self.response:
            return found
        return (Value(_RESPONSE.get(value.origin, Origin.RESPONSE_TEXT), value.name, value.text) for value in found)


def _as_json(content: bytes, size: int) -> Iterator[list[bytes]]:
    """The lines of each portion; where it has escapes, which not every reader undoes, the portion itself as well."""
    for portion in portions(content, size):
        lines = json_lines(portion)
        yield [portion, *lines] if BACKSLASH in portion else lines


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


def body_values(
    view: View,
    evaluation: Evaluation,
    limits: InspectionLimits = DEFAULT_LIMITS,
    proven: ProvenTree = UNPROVEN,
    root: int = 0,
) -> BodyValues:
    """The request's body. Only in the body phase. Left out is what is proven of a body that was found valid: `proven` is
    `Proven.grounds`, and `root` is `Proven.body(evaluation.valid_body)`."""
    read = partial(document, view, evaluation)
    return BodyValues(view.content, view.fields.get(b"content-type"), read, limits, view.truncated, proven, root)


def response_values(view: View, evaluation: Evaluation, limits: InspectionLimits = DEFAULT_LIMITS) -> BodyValues:
    """The response's body. Only in the response body phase."""
    read, content_type = partial(response_document, view, evaluation), view.response_fields.get(b"content-type")
    return BodyValues(view.response_content, content_type, read, limits, view.response_truncated, response=True)
