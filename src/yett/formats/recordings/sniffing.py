"""What kind of recording a file is, from how it begins and what it is called.

Content decides; the name settles what content leaves open. It must not read further than what it is given.
"""

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from yett.formats.recordings.elements import Elements, Unfinished
from yett.formats.recordings.logs.layouts import API_GATEWAY, KNOWN, KeyedLayout, Layout
from yett.formats.recordings.logs.objects import ObjectReader
from yett.formats.recordings.logs.tables import FIELDS
from yett.formats.recordings.logs.wrapping import Unwrap, streams, wrapper_of
from yett.formats.recordings.otlp import is_otlp
from yett.formats.recordings.transcripts import is_transcript

BEGINNING = 4_096
"""Bytes that are waited for; of more that are there, LOOKED_AT are looked at."""
LOOKED_AT = 65_536
LINES = 40
"""Lines of a log that are looked at."""

_MARK = b"\xef\xbb\xbf"
_OBJECT = re.compile(rb"[ \t\r\n]*+\{")
_LIST = re.compile(rb"[ \t\r\n]*+\[[ \t\r\n]*+\{")
_MEMBER = re.compile(rb'\{[ \t]*+"')
"""How an object of JSON begins that is not empty; a brace alone stands in one of twenty binary files at the beginning of a line."""

_ARCHIVE = re.compile(rb'[ \t\r\n]*+\{[ \t\r\n]*+"log"[ \t\r\n]*+:[ \t\r\n]*+[^" \t\r\n]')
_COLLECTION = re.compile(rb'schema\.(?:get)?postman\.com/|"_postman_id"|"info"\s*+:\s*+\{[^{}]{0,2000}+\}\s*+,\s*+"item"\s*+:')
_BURP = re.compile(rb"<!DOCTYPE[ \t\r\n]++items\b|<items[ \t\r\n>]")
_TEMPLATE = re.compile(rb'"[A-Z]{1,20} /[^" ]*\{[^" ]*\} HTTP/')
_CAPTURES = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_HINTS = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ\x00": "compressed with xz: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"\x89YLOG\r\n\x1a": "a part of an event log: name its directory",
}


class Kind(StrEnum):
    HAR = "har"
    JSON_LINES = "json-lines"
    RAW = "raw"
    LOG = "log"
    """Text in a layout, see `Sniffed.layout`."""
    JSON_LOG = "json-log"
    JSON_LIST = "json-list"
    TABLE = "table"
    BURP = "burp"
    POSTMAN = "postman"
    PCAP = "pcap"
    TRACES = "otlp"
    UNKNOWN = "unknown"


class Sniffed(msgspec.Struct, frozen=True):
    """kind, and for logs the layout in which they are; hint: what an unknown file looks like, for people. unwrap, stream: of lines
    that a container's log or syslog carries, see `yett.formats.recordings.logs.wrapping`."""

    kind: Kind
    layout: Layout | KeyedLayout | None = None
    hint: str = ""
    unwrap: Unwrap | None = None
    stream: bytes = b""


def kind_of(beginning: bytes, name: str = "") -> Kind:
    """See `sniff`."""
    return sniff(beginning, name).kind


def sniff(beginning: bytes, name: str = "", layouts: Sequence[Layout | KeyedLayout] = ()) -> Sniffed:
    """beginning: the first BEGINNING bytes of the file or more, or all of it; name: its name, which settles what they leave open.
    layouts: of logs, that somebody gave; they come before those that are known."""
    name = name.lower()
    text = beginning[:LOOKED_AT].removeprefix(_MARK)
    if text.startswith(_CAPTURES):
        return Sniffed(Kind.PCAP)
    if _ARCHIVE.match(text) or (name.endswith(".har") and not text.startswith(b"PK")):
        return Sniffed(Kind.HAR)
    lines = _lines(text, len(beginning) <= len(text))
    given = _given(lines, layouts) or _wrapped(lines, layouts) or _told(lines, layouts)
    if given is not None:
        return given
    if _OBJECT.match(text):
        return _object(text, lines, name)
    if _LIST.match(text):
        return Sniffed(Kind.JSON_LIST)
    if name.endswith((".jsonl", ".ndjson")):
        return Sniffed(Kind.JSON_LINES)
    if text.lstrip()[:1] == b"<" and _BURP.search(text, 0, BEGINNING):
        return Sniffed(Kind.BURP)
    if any(line.startswith(FIELDS) for line in lines[:5]):
        return Sniffed(Kind.TABLE)
    return _plain(text, lines)


def _plain(text: bytes, lines: Sequence[bytes]) -> Sniffed:
    if is_transcript(text):
        return Sniffed(Kind.RAW)
    layout = _best(lines)
    if layout is not None:
        return Sniffed(Kind.LOG, layout)
    objects = [line for line in lines if _MEMBER.match(line)]
    if objects:  # the first line is damaged
        return _object(b"\n".join(objects), objects, "")
    if is_otlp(text):
        return Sniffed(Kind.TRACES)
    return Sniffed(Kind.UNKNOWN, hint=next((what for mark, what in _HINTS.items() if text.startswith(mark)), ""))


def _object(text: bytes, lines: Sequence[bytes], name: str) -> Sniffed:
    """What begins with an object of JSON."""
    if is_otlp(text):
        return Sniffed(Kind.TRACES)
    if name.endswith(".postman_collection.json") or _COLLECTION.search(text):
        return Sniffed(Kind.POSTMAN)
    reader = ObjectReader()
    for line in lines:
        keys = _keys(line)
        if keys is None:
            continue
        if "method" in keys and "target" in keys:
            return Sniffed(Kind.JSON_LINES)
        if reader.knows(line):
            return Sniffed(Kind.JSON_LOG)
    if lines and _keys(lines[0]) is None and reader.knows(_first_object(text)):
        return Sniffed(Kind.JSON_LIST)  # over several lines
    return Sniffed(Kind.JSON_LINES)


def _first_object(text: bytes) -> bytes:
    try:
        return next(iter(Elements((b"",), LOOKED_AT).feed(b"[" + text.lstrip())), None) or b""
    except Unfinished:
        return b""


def _keys(line: bytes) -> dict[str, object] | None:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(text: bytes, whole: bool) -> list[bytes]:
    """Those that are complete and hold something."""
    found = text.split(b"\n")
    if not whole:
        found.pop()
    return [line.rstrip(b"\r") for line in found[: 2 * LINES] if line.strip() and line[:2] != b"# "][:LINES]


def _given(lines: Sequence[bytes], layouts: Sequence[Layout | KeyedLayout]) -> Sniffed | None:
    """The first of the given layouts that at least one line has, and as many as any other."""
    found, most = None, 0
    for layout in layouts:
        if isinstance(layout, Layout):
            count = sum(layout.matches(line) is not None for line in lines)
            kind = Kind.LOG
        else:
            count = sum(map(ObjectReader(layout).knows, lines))
            kind = Kind.JSON_LOG
        if count > most:
            found, most = Sniffed(kind, layout), count
    return found


def _told(lines: Sequence[bytes], layouts: Sequence[Layout | KeyedLayout]) -> Sniffed | None:
    """The layout that somebody gave, where the first line is too long to be seen whole."""
    if lines or not layouts:
        return None
    return Sniffed(Kind.LOG if isinstance(layouts[0], Layout) else Kind.JSON_LOG, layouts[0])


def _wrapped(lines: Sequence[bytes], layouts: Sequence[Layout | KeyedLayout]) -> Sniffed | None:
    """What containers and system logs carry, of the stream that has a log; None where nothing is known in them."""
    unwrap = wrapper_of(lines) if lines else None
    if unwrap is None:
        return None
    for stream, inner in streams(lines, unwrap).items():
        found = _given(inner, layouts) or (_object(inner[0], inner, "") if inner and inner[0][:1] == b"{" else None)
        if found is None and (layout := _best(inner)) is not None:
            found = Sniffed(Kind.LOG, layout)
        if found is not None and found.kind in (Kind.LOG, Kind.JSON_LOG):
            return Sniffed(found.kind, found.layout, unwrap=unwrap, stream=stream)
    return None


def _best(lines: Sequence[bytes]) -> Layout | None:
    """The known layout that most lines have; each line counts for the one that says most of it."""
    firsts = (next((layout for layout in KNOWN if layout.matches(line)), None) for line in lines)
    counts = Counter(layout for layout in firsts if layout is not None)
    if not counts:
        return None
    layout = max(counts, key=lambda one: (counts[one], -KNOWN.index(one)))
    if layout.name in ("common", "ncsa") and any(_TEMPLATE.search(line) and API_GATEWAY.matches(line) for line in lines):
        return API_GATEWAY
    return layout
