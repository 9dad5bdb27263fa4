"""Traces as OTLP writes them, in JSON and in Protocol Buffers: requests of exporters, and the files of collectors.

A file is one request, or one in each line (JSON), or one after another with their lengths in front (what the collector's file
exporter writes for Protocol Buffers). It must not know what attributes mean.

Source: OpenTelemetry Protocol 1.9 (opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto; its JSON mapping has hex
ids, and integers of 64 bits as strings).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from yett.formats.protobuf import Malformed, double, fields, fixed_64, signed, varint
from yett.formats.recordings.elements import Elements, Unfinished
from yett.formats.recordings.json_lines import NotReadable, Reader, split_lines
from yett.formats.recordings.spans import Attributes, Span, recording_of
from yett.formats.recordings.values import LARGEST, Recording

BEGINNING = 4_096
ATTRIBUTES = 1_000
"""Attributes of a span that are read."""
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+\{")
_RESOURCE_SPANS = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*+\{[ \t\r\n]*+"resource_?[sS]pans"')


class _Value(msgspec.Struct, rename="camel"):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: "_Array | None" = None


class _Array(msgspec.Struct):
    values: list[_Value] = []


class _Attribute(msgspec.Struct):
    key: str = ""
    value: _Value | None = None


class _Span(msgspec.Struct, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    trace_state: str = ""
    name: str = ""
    kind: int | str = 0
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    attributes: list[_Attribute] = []


class _Scope(msgspec.Struct):
    spans: list[_Span] = []


class _Resource(msgspec.Struct):
    attributes: list[_Attribute] = []


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_Scope] = []
    instrumentation_library_spans: list[_Scope] = []


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] = []


_REQUESTS, _ELEMENTS = Reader(_Request), Reader(_ResourceSpans)
_KINDS = {"SPAN_KIND_SERVER": 2, "SPAN_KIND_UNSPECIFIED": 0}


def is_otlp(beginning: bytes) -> bool:
    """Whether this is how traces begin, in JSON or in Protocol Buffers. Of a file, its first BEGINNING octets are enough."""
    return _RESOURCE_SPANS.match(beginning) is not None or _is_protobuf(beginning) or _is_framed(beginning)


def _is_protobuf(beginning: bytes) -> bool:
    """Resource spans within a request, and in them a resource or a scope: three lengths that fit into each other."""
    end = len(beginning)
    if beginning[:1] != b"\n":
        return False
    try:
        number, inner = next(_outline(beginning, 0, end))
        return number == 1 and next(_outline(inner, 0, len(inner)))[0] in (1, 2)
    except (Malformed, StopIteration):
        return False


def _outline(octets: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """As `fields`, of a message whose end may be missing: only fields with a length."""
    tag, at = varint(octets, start, end)
    if tag & 7 == 2 and tag >> 3:
        size, at = varint(octets, at, end)
        yield tag >> 3, octets[at : at + size]


def _is_framed(beginning: bytes) -> bool:
    size = int.from_bytes(beginning[:4], "big")
    return 0 < size <= LARGEST and _is_protobuf(beginning[4 : 4 + size])


def read_otlp(pieces: Iterable[bytes], started: float, largest: int = LARGEST) -> Iterator[Recording]:
    """One Recording for each span of an HTTP server, and one with an error for what cannot be read.

    pieces: a file in pieces of any size; a request of more than `largest` octets is an error and is not kept. started: for spans
    that do not say when, in seconds since the epoch.
    """
    source = iter(pieces)
    beginning = b""
    while len(beginning) < BEGINNING and (piece := next(source, b"")):
        beginning += piece
    rest = _joined(beginning, source)
    if _JSON.match(beginning):
        first, ended, _ = beginning.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
        spread = bool(ended) and not first.rstrip().endswith(b"}")
        found = _spread(rest, started, largest) if spread else _lines(rest, started, largest)
    elif _is_protobuf(beginning):
        found = _whole(rest, started, largest)
    elif _is_framed(beginning):
        found = _framed(rest, started, largest)
    else:
        found = iter((Recording(error="not traces: neither JSON nor Protocol Buffers of OTLP"),))
    for one in found:
        yield one if one.sensor else msgspec.structs.replace(one, sensor="otlp")


def read_request(body: bytes, json: bool, started: float) -> list[Recording]:
    """The Recordings of one request of an exporter (ExportTraceServiceRequest). Raises NotReadable."""
    return list(_from_json(_REQUESTS.read(body).resource_spans, started) if json else _from_protobuf(body, started))


def _joined(beginning: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield beginning
    yield from pieces


def _lines(pieces: Iterable[bytes], started: float, largest: int) -> Iterator[Recording]:
    for number, line in enumerate(split_lines(pieces, largest), 1):
        if line is None:
            yield Recording(id=str(number), error=f"line {number} is larger than {largest} bytes")
        elif line.strip(b"\xef\xbb\xbf \t\r"):
            try:
                yield from read_request(line.removeprefix(b"\xef\xbb\xbf"), True, started)
            except NotReadable as error:
                yield Recording(id=str(number), error=f"line {number}: {error}")


def _spread(pieces: Iterable[bytes], started: float, largest: int) -> Iterator[Recording]:
    """One request over many lines: its resource spans, one after another."""
    elements = Elements((b"resourceSpans",), largest)
    number = 0
    try:
        for piece in pieces:
            for element in elements.feed(piece):
                try:
                    if element is None:
                        raise NotReadable(f"larger than {largest} bytes")
                    yield from _from_json([_ELEMENTS.read(element)], started)
                except NotReadable as error:
                    yield Recording(id=str(number), error=f"resource spans {number}: {error}")
                number += 1
            if elements.closed:
                return
        elements.end()
    except Unfinished as unfinished:
        yield Recording(id=str(number), error=f"not whole traces: {unfinished}")


def _whole(pieces: Iterable[bytes], started: float, largest: int) -> Iterator[Recording]:
    kept, size = [], 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > largest:
            yield Recording(error=f"larger than {largest} bytes")
            return
    try:
        yield from _from_protobuf(b"".join(kept), started)
    except NotReadable as error:
        yield Recording(error=str(error))


def _framed(pieces: Iterable[bytes], started: float, largest: int) -> Iterator[Recording]:
    """Requests with four octets of length, the highest first, before each."""
    held, offset, number = bytearray(), 0, 0
    for piece in pieces:
        held += piece
        at = 0
        while len(held) - at >= 4:
            size = int.from_bytes(held[at : at + 4], "big")
            if size > largest:
                yield Recording(id=str(number), error=f"message {number} (offset {offset + at}) has {size:,} bytes")
                return
            if len(held) - at - 4 < size:
                break
            try:
                yield from _from_protobuf(bytes(held[at + 4 : at + 4 + size]), started)
            except NotReadable as error:
                yield Recording(id=str(number), error=f"message {number} (offset {offset + at}): {error}")
            at += 4 + size
            number += 1
        del held[:at]
        offset += at
    if held:
        yield Recording(id=str(number), error=f"message {number} (offset {offset}): the file ends within it")


# --- JSON -----------------------------------------------------------------------------------------------------------


def _from_json(found: Iterable[_ResourceSpans], started: float) -> Iterator[Recording]:
    for one in found:
        resource = _attributes(one.resource.attributes) if one.resource is not None else {}
        for scope in (*one.scope_spans, *one.instrumentation_library_spans):
            for span in scope.spans:
                read = Span(
                    span.name,
                    span.kind if isinstance(span.kind, int) else _KINDS.get(span.kind, 1),
                    span.trace_id,
                    span.span_id,
                    span.trace_state,
                    _seconds(span.start_time_unix_nano),
                    _seconds(span.end_time_unix_nano),
                    _attributes(span.attributes),
                )
                recording = recording_of(read, resource, started)
                if recording is not None:
                    yield recording


def _seconds(nanoseconds: int | str) -> float:
    if isinstance(nanoseconds, str):
        nanoseconds = int(nanoseconds) if nanoseconds.isascii() and nanoseconds.isdigit() and len(nanoseconds) < 20 else 0
    return nanoseconds / 1e9 if 0 < nanoseconds < 1 << 63 else 0.0


def _attributes(found: list[_Attribute]) -> Attributes:
    read = {}
    for one in found[:ATTRIBUTES]:
        value = None if one.value is None else _value(one.value)
        if value is not None:
            read[one.key] = value
    return read


def _value(said: _Value) -> object:
    if said.array_value is not None:
        return [value for one in said.array_value.values[:ATTRIBUTES] if (value := _scalar(one)) is not None]
    return _scalar(said)


def _scalar(said: _Value) -> str | bool | float | None:
    if said.string_value is not None:
        return said.string_value
    if said.bool_value is not None:
        return said.bool_value
    return said.int_value if said.int_value is not None else said.double_value


# --- Protocol Buffers -----------------------------------------------------------------------------------------------


def _from_protobuf(octets: bytes, started: float) -> Iterator[Recording]:
    """Raises NotReadable; spans before the place have been given then."""
    try:
        for number, value in fields(octets):
            if number == 1 and isinstance(value, bytes):
                yield from _resource_spans(value, started)
    except Malformed as malformed:
        raise NotReadable(f"not Protocol Buffers of OTLP: {malformed}") from None


def _resource_spans(octets: bytes, started: float) -> Iterator[Recording]:
    resource: Attributes = {}
    scopes = []
    for number, value in fields(octets):
        if number == 1 and isinstance(value, bytes):
            resource = _pairs(one for place, one in fields(value) if place == 1)
        elif number in (2, 1000) and isinstance(value, bytes):
            scopes.append(value)
    for scope in scopes:
        for number, value in fields(scope):
            if number == 2 and isinstance(value, bytes):
                recording = recording_of(_span(value), resource, started)
                if recording is not None:
                    yield recording


def _span(octets: bytes) -> Span:
    span = Span()
    pairs: list[int | bytes] = []
    for number, value in fields(octets):
        if number == 6 and isinstance(value, int):
            span.kind = value
        elif not isinstance(value, bytes):
            continue
        elif number == 1:
            span.trace = value[:16].hex()
        elif number == 2:
            span.id = value[:8].hex()
        elif number == 3:
            span.state = value.decode("utf-8", "replace")
        elif number == 5:
            span.name = value.decode("utf-8", "replace")
        elif number == 7:
            span.start = _seconds(fixed_64(value))
        elif number == 8:
            span.end = _seconds(fixed_64(value))
        elif number == 9:
            pairs.append(value)
    span.attributes = _pairs(pairs)
    return span


def _pairs(found: Iterable[int | bytes]) -> dict[str, Any]:
    """KeyValue messages."""
    read: dict[str, Any] = {}
    for pair in found:
        if not isinstance(pair, bytes) or len(read) >= ATTRIBUTES:
            continue
        key, value = "", None
        for number, part in fields(pair):
            if number == 1 and isinstance(part, bytes):
                key = part.decode("utf-8", "replace")
            elif number == 2 and isinstance(part, bytes):
                value = _any_value(part, lists=True)
        if value is not None:
            read[key] = value
    return read


def _any_value(octets: bytes, lists: bool) -> object:
    """An AnyValue: a string, a truth value, a number, or a list of them; None for others."""
    found: object = None
    for number, value in fields(octets):
        if isinstance(value, int):
            found = bool(value) if number == 2 else signed(value) if number == 3 else found
        elif number == 1:
            found = value.decode("utf-8", "replace")
        elif number == 4:
            found = double(value)
        elif number == 5 and lists:
            inner = [_any_value(one, lists=False) for place, one in fields(value) if place == 1 and isinstance(one, bytes)]
            found = [one for one in inner[:ATTRIBUTES] if one is not None]
    return found
