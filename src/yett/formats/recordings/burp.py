"""Items that Burp Suite saved as XML, with requests and responses in full; a file of gigabytes is read item by item.

Items are cut out before anything is parsed, and each is parsed for itself, so that the document type at the beginning, which Burp
writes, is never looked at, and a damaged item does not end the file. It must not know where the document came from.

Source: the document type that Burp Suite writes into its exports ("Save items").
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from xml.parsers import expat

import msgspec

from yett.formats.base64url import decode_padded
from yett.formats.recordings.raw import read_raw
from yett.formats.recordings.transcripts import read_response
from yett.formats.recordings.values import LARGEST, Recording

SENSOR = "burp"

_BEGIN = re.compile(rb"<item(?=[ \t\r\n>])")
_INSIDE = re.compile(rb"<!\[CDATA\[|</item>")
_CDATA_END = b"]]>"
_TAIL = 16
"""Bytes that are looked at again with the next piece: no mark is longer."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Hours from UTC of zones that Java writes by their usual letters. What means several is left out, as IST and CST.
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9,
    "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "BRT": -3,
}  # fmt: skip


class _Item(msgspec.Struct):
    """The texts of an item's elements by name, and which of them are in base64."""

    texts: dict[str, str]
    encoded: set[str]


def read_burp(pieces: Iterable[bytes], started: float, source: str = "burp", largest: int = LARGEST) -> Iterator[Recording]:
    """One Recording for each item, and one with an error where the document does not end as it should.

    pieces: the document in pieces of any size; an item of more than `largest` bytes is an error and is not kept. started: for
    items that do not say when, in seconds since the epoch. Ids are the items' numbers, from 1.
    """
    for number, (line, item) in enumerate(_Items(largest).cut(pieces), 1):
        where = f"item {number} (line {line})"
        if item is None:
            yield _error(number, f"{where}: larger than {largest} bytes")
        elif not item.endswith(b"</item>"):
            yield _error(number, f"{where}: the document ends in the middle of it")
        else:
            yield _recording(item, number, where, started, source)


class _Items:
    """Cuts items out of a document. A closing tag within CDATA is text."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._line = self._began = 1
        self._kept: list[bytes] = []
        self._size = 0

    def cut(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
        """(line where it begins, item) of each; None for one that is too large; the last one may be a part."""
        text, inside, quoted = b"", False, False
        for piece in pieces:
            text += piece
            at = 0
            while True:
                mark, end = self._next(text, at, inside, quoted)
                if mark is None:
                    break
                if not inside:
                    self._pass(text, at, end - len(mark))
                    self._began, self._kept, self._size = self._line, [], 0
                    at, inside = end - len(mark), True
                    end = at + len(mark)
                self._keep(text, at, end)
                at = end
                if mark == b"</item>":
                    inside = False
                    yield self._began, b"".join(self._kept) if self._size <= self._largest else None
                else:
                    quoted = mark.startswith(b"<![")
            rest = max(at, len(text) - _TAIL)
            (self._keep if inside else self._pass)(text, at, rest)
            text = text[rest:]
        if inside:
            self._keep(text, 0, len(text))
            yield self._began, b"".join(self._kept) if self._size <= self._largest else None

    def _next(self, text: bytes, at: int, inside: bool, quoted: bool) -> tuple[bytes | None, int]:
        """The next mark that means something here, and where it ends."""
        if quoted:
            found = text.find(_CDATA_END, at)
            return (None, at) if found < 0 else (_CDATA_END, found + len(_CDATA_END))
        match = (_INSIDE if inside else _BEGIN).search(text, at)
        return (None, at) if match is None else (match[0], match.end())

    def _pass(self, text: bytes, at: int, end: int) -> None:
        self._line += text.count(b"\n", at, end)

    def _keep(self, text: bytes, at: int, end: int) -> None:
        self._pass(text, at, end)
        self._size += end - at
        if self._size <= self._largest:
            self._kept.append(text[at:end])
        else:
            self._kept.clear()


def _error(number: int, reason: str) -> Recording:
    return Recording(id=str(number), error=reason, sensor=SENSOR)


def _recording(text: bytes, number: int, where: str, started: float, source: str) -> Recording:
    try:
        item = _parsed(text)
        request, response = _message(item, "request"), _message(item, "response")
    except (expat.ExpatError, ValueError) as error:
        reason = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else str(error)
        return _error(number, f"{where}: {reason}")
    if not request:
        return _error(number, f"{where}: it has no request")
    at = _java_date(item.texts.get("time", ""))
    found = read_raw(request, started if at is None else at, source, str(number))
    if found.exchange is None:
        reason = f"{where}: {found.error}" if found.error else ""
        return msgspec.structs.replace(found, error=reason, sensor=SENSOR, timed=at is not None)
    answer = read_response(response)
    said = found.exchange.request
    fields = said.fields
    if not any(name.lower() == b"host" for name, _ in fields):
        fields = ((b"Host", item.texts.get("host", "localhost").encode()), *fields)
    scheme = "https" if item.texts.get("protocol", "").strip() == "https" else "http"
    exchange = msgspec.structs.replace(
        found.exchange, request=msgspec.structs.replace(said, fields=fields, scheme=scheme), response=answer
    )
    lacks = () if answer is not None else (("response", "the item has none that is final"),)
    return Recording(id=str(number), exchange=exchange, timed=at is not None, lacks=lacks, sensor=SENSOR)


def _parsed(text: bytes) -> _Item:
    """Raises ExpatError."""
    item = _Item({}, set())
    depth = 0
    pieces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 2:
            pieces.clear()
            if attributes.get("base64") == "true":
                item.encoded.add(name)

    def end(name: str) -> None:
        nonlocal depth
        if depth == 2:
            item.texts[name] = "".join(pieces)
        depth -= 1

    try:
        text.decode()
        encoding = "utf-8"
    except UnicodeDecodeError:  # messages without base64 are written as they were
        encoding = "iso-8859-1"
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = pieces.append
    parser.Parse(text, True)
    return item


def _message(item: _Item, name: str) -> bytes:
    """Raises ValueError."""
    text = item.texts.get(name, "")
    if name not in item.encoded:
        return text.encode()
    try:
        return decode_padded("".join(text.split()).encode("ascii"))
    except ValueError:
        raise ValueError(f"its {name} is not base64") from None


def _java_date(said: str) -> float | None:
    """`Wed Nov 15 10:00:00 CET 2023`; None where it cannot be read, or the zone means several."""
    parts = said.split()
    if len(parts) != 6 or parts[1] not in _MONTHS:
        return None
    zone = _ZONES.get(parts[4])
    try:
        if zone is None:
            match = re.fullmatch(r"GMT([+-])([0-9]{2}):([0-9]{2})", parts[4])
            if match is None:
                return None
            offset = timedelta(hours=int(match[2]), minutes=int(match[3])) * (1 if match[1] == "+" else -1)
        else:
            offset = timedelta(hours=zone)
        hour, minute, second = (int(part) for part in parts[3].split(":"))
        local = datetime(int(parts[5]), _MONTHS.index(parts[1]) + 1, int(parts[2]), hour, minute, second, tzinfo=UTC)
        return (local - offset).timestamp()
    except (ValueError, OverflowError):
        return None
