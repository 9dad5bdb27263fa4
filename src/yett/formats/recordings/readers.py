"""The reader for each kind of recording, so that whoever has bytes need not know the kinds.

It must not know where bytes come from.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from yett.formats.recordings.burp import read_burp
from yett.formats.recordings.har import read_har
from yett.formats.recordings.json_lines import read_json_lines
from yett.formats.recordings.logs.layouts import KeyedLayout, Layout, read_layout
from yett.formats.recordings.logs.making import NO_HOST
from yett.formats.recordings.logs.objects import ObjectReader, read_list, read_objects
from yett.formats.recordings.logs.tables import read_table
from yett.formats.recordings.logs.wrapping import unwrapped_pieces
from yett.formats.recordings.otlp import read_otlp
from yett.formats.recordings.pcap import read_pcap
from yett.formats.recordings.postman import read_postman
from yett.formats.recordings.raw import read_raw
from yett.formats.recordings.sniffing import Kind, Sniffed
from yett.formats.recordings.transcripts import read_transcript
from yett.formats.recordings.values import LARGEST, Recording

Pieces = Iterable[bytes]
UNKNOWN = (
    "no recording of a kind that is known: HAR, JSON lines, an access log, Burp, Postman, a capture, traces, or raw HTTP; "
    "a log in a format of your own needs that format"
)


class Origin(msgspec.Struct, frozen=True):
    """What is known of a recording beside its octets. written: when it was, in seconds since the Unix epoch, for what does not say
    when it happened. strict: see `yett.formats.recordings.values.framed`. host: of log entries that name none. before: the
    beginning of the file, where `pieces` only go on in it. largest: bytes of what is read as one."""

    written: float = 0.0
    name: str = ""
    strict: bool = False
    host: bytes = NO_HOST
    before: bytes = b""
    largest: int = LARGEST


def recordings(sniffed: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    """What pieces of any size hold, in order; one Recording with an error for what is no recording."""
    reader = _READERS.get(sniffed.kind)
    if sniffed.unwrap is not None:
        pieces = unwrapped_pieces(pieces, sniffed.unwrap, sniffed.stream)
    if reader is not None:
        return reader(sniffed, origin, pieces)
    if sniffed.hint:
        return iter((Recording(id=origin.name, error=f"no recording, but {sniffed.hint}"),))
    return _nothing(origin, pieces)


def _nothing(origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    if any(pieces):
        yield Recording(id=origin.name, error=UNKNOWN)
    else:
        yield read_raw(b"", origin.written, identity=origin.name)


def _har(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_har(pieces, origin.written, largest=origin.largest)  # which has no framing to be strict with


def _json_lines(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_json_lines(pieces, origin.written, strict=origin.strict, largest=origin.largest)


def _log(sniffed: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    assert isinstance(sniffed.layout, Layout)
    return read_layout(pieces, sniffed.layout, origin.written, origin.host)


def _objects(sniffed: Sniffed, origin: Origin) -> ObjectReader:
    return ObjectReader(sniffed.layout if isinstance(sniffed.layout, KeyedLayout) else None, origin.host)


def _json_log(sniffed: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_objects(pieces, _objects(sniffed, origin), origin.written)


def _json_list(sniffed: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_list(pieces, _objects(sniffed, origin), origin.written)


def _table(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_table(pieces, origin.written, origin.host, before=origin.before)


def _burp(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_burp(pieces, origin.written, largest=origin.largest)


def _pcap(_: Sniffed, __: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_pcap(pieces)


def _traces(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    return read_otlp(pieces, origin.written, origin.largest)


def _whole(origin: Origin, pieces: Pieces) -> bytes | None:
    """All of it; None of what is larger than what is read as one."""
    kept, size = [], 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > origin.largest:
            return None
    return b"".join(kept)


def _too_large(origin: Origin) -> Recording:
    return Recording(id=origin.name, error=f"larger than {origin.largest} bytes")


def _raw(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    content = _whole(origin, pieces)
    if content is None:
        yield _too_large(origin)
    elif origin.strict:
        yield read_raw(content, origin.written, identity=origin.name, strict=True)
    else:
        yield from read_transcript(content, origin.written, identity=origin.name)


def _postman(_: Sniffed, origin: Origin, pieces: Pieces) -> Iterator[Recording]:
    content = _whole(origin, pieces)
    if content is None:
        yield _too_large(origin)
    else:
        yield from read_postman(content, origin.written)


_READERS: dict[Kind, Callable[[Sniffed, Origin, Pieces], Iterator[Recording]]] = {
    Kind.HAR: _har,
    Kind.JSON_LINES: _json_lines,
    Kind.RAW: _raw,
    Kind.LOG: _log,
    Kind.JSON_LOG: _json_log,
    Kind.JSON_LIST: _json_list,
    Kind.TABLE: _table,
    Kind.BURP: _burp,
    Kind.POSTMAN: _postman,
    Kind.PCAP: _pcap,
    Kind.TRACES: _traces,
}
