"""HAR 1.2 (HTTP Archive), as browsers and proxies export it; a file of gigabytes is read entry by entry.

A HAR tells what was meant, not what went over the wire: bodies without content coding, several lines of one field in one, pseudo
fields of HTTP/2 among the fields, no framing that could be trusted. It must not know where the document came from.

Source: the W3C draft of 14 August 2012, "HTTP Archive (HAR) format".
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from yett.formats.base64url import decode_padded
from yett.formats.recordings.elements import Elements, Unfinished
from yett.formats.recordings.json_lines import NotReadable, Reader
from yett.formats.recordings.moments import moment
from yett.formats.recordings.values import LARGEST, Recording, framed, octets
from yett.model.exchange import Exchange, Fields, Request, Response

SENSOR = "har"
PATH = (b"log", b"entries")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")
_LOCAL = re.compile(
    r"(?i)(?:data|blob|about|file|filesystem|javascript|(?:chrome|moz|safari-web|ms-browser)-extension|chrome):"
)
"""Schemes of what browsers load without asking anybody."""
_FORM = [
    b"%c" % octet if (chr(octet).isalnum() and octet < 0x80) or octet in b"*-._" else b"%%%02X" % octet for octet in range(256)
]
_FORM[0x20] = b"+"
_LENGTH = re.compile(r"0*[1-9][0-9]*")
_NOT_FIELDS = frozenset((b"content-length", b"transfer-encoding"))


class _Field(msgspec.Struct):
    name: str
    value: str = ""


class _Posted(msgspec.Struct, rename="camel"):
    mime_type: str = ""
    text: str | None = None
    encoding: str = ""
    params: list[_Field] | None = None


class _Request(msgspec.Struct, rename="camel"):
    method: str
    url: str
    headers: list[_Field] = []
    post_data: _Posted | None = None
    body_size: float = -1


class _Content(msgspec.Struct):
    size: float = 0
    text: str | None = None
    encoding: str = ""


class _Response(msgspec.Struct):
    status: int = 0
    headers: list[_Field] = []
    content: _Content | None = None


class _Entry(msgspec.Struct, rename="camel"):
    request: _Request
    response: _Response | None = None
    started_date_time: str = ""
    time: float | None = None


_READER = Reader(_Entry)


def read_har(pieces: Iterable[bytes], started: float, source: str = "har", largest: int = LARGEST) -> Iterator[Recording]:
    """One Recording for each entry, and one with an error where the document does not end as it should. What never left the
    browser, such as `data:` URLs, is passed over.

    pieces: the document in pieces of any size; an entry of more than `largest` bytes is an error and is not kept. started: for
    entries that do not say when, in seconds since the epoch.
    """
    elements = Elements(PATH, largest)
    number = 0
    try:
        for piece in pieces:
            for element in elements.feed(piece):
                if element is None:
                    yield Recording(id=str(number), error=f"entry {number} is larger than {largest} bytes")
                elif (found := read_entry(element, number, started, source)) is not None:
                    yield found
                number += 1
            if elements.closed:
                return
        elements.end()
    except Unfinished as unfinished:
        yield Recording(id=str(number), error=f"not a whole HAR: {unfinished}")


def read_entry(text: bytes, number: int, started: float, source: str = "har") -> Recording | None:
    """What one entry says; None of what is no exchange. Its id is its number: HAR has no other."""
    identity = str(number)
    lacks: list[tuple[str, str]] = []
    try:
        entry: _Entry = _READER.read(text)
        if _LOCAL.match(entry.request.url):
            return None
        scheme, target, host = _split(entry.request.url)
        fields, body, whole = _request(entry.request, host)
        response, answered = _response(entry.response)
    except NotReadable as error:
        return Recording(id=identity, error=f"entry {number}: {error}")
    fields, body = framed(fields, body, strict=False) if whole else (fields, body)
    if response is None and answered:
        lacks.append(("response", answered))
    at = moment(entry.started_date_time)
    request = Request(method=entry.request.method, target=target, scheme=scheme, fields=fields, body=body, truncated=not whole)
    exchange = Exchange(
        id=identity,
        source=source,
        started=started if at is None else at,
        request=request,
        response=response,
        duration=entry.time / 1000 if entry.time is not None and entry.time >= 0 else None,
    )
    return Recording(id=identity, exchange=exchange, timed=at is not None, lacks=tuple(lacks), sensor=SENSOR)


def _split(url: str) -> tuple[str, bytes, str]:
    """(scheme, target, authority). What a browser would have encoded is encoded."""
    match = _URL.match(url)
    scheme = match[1].lower() if match is not None else ""
    if match is None or scheme not in ("http", "https", "ws", "wss"):
        raise NotReadable("`request.url` is not the URL of an HTTP request")
    origin = url[match.end() :].partition("#")[0]
    target = octets(origin if origin.startswith("/") else "/" + origin)
    if not target.isascii():
        target = b"".join(b"%c" % octet if octet < 0x80 else b"%%%02X" % octet for octet in target)
    return "https" if scheme in ("https", "wss") else "http", target, match[2].rpartition("@")[2]


def form_encoded(text: str) -> bytes:
    """A name or value of a form (URL standard, 5.2)."""
    return b"".join(_FORM[octet] for octet in octets(text))


def _request(said: _Request, host: str) -> tuple[Fields, bytes, bool]:
    """Fields, body, and whether that is all of it."""
    fields = [
        (octets(one.name), line)
        for one in said.headers
        if not one.name.startswith(":")
        for line in _lines(one.value)
        if one.name.lower().encode("utf-8", "replace") not in _NOT_FIELDS
    ]
    if not any(name.lower() == b"host" for name, _ in fields):
        fields.insert(0, (b"Host", octets(host)))
    body, whole = _posted(said)
    if body and any(name.lower() == b"content-encoding" for name, _ in fields):
        # Text that a browser shows is without its coding, or was garbled on the way into JSON.
        encoded = said.post_data is not None and said.post_data.encoding == "base64"
        if not encoded:
            fields = [field for field in fields if field[0].lower() != b"content-encoding"]
    if not whole:
        fields.append((b"Content-Length", b"%d" % max(int(said.body_size), 1)))
    return tuple(fields), body, whole


def _posted(said: _Request) -> tuple[bytes, bool]:
    posted = said.post_data
    if posted is None or (not posted.text and not posted.params):
        return b"", not _had_body(said)
    if posted.text:
        return _decoded(posted.text, posted.encoding, "request.postData"), True
    assert posted.params is not None
    if posted.mime_type.lower().startswith("multipart/"):
        return b"", False  # the parts' own fields are gone
    return b"&".join(b"%b=%b" % (form_encoded(one.name), form_encoded(one.value)) for one in posted.params), True


def _had_body(said: _Request) -> bool:
    """Whether there was one. Browsers leave large ones and uploads out, with a size of 0 or -1."""
    framing = [(one.name.lower(), one.value.strip()) for one in said.headers]
    told = [value for name, value in framing if name == "content-length"]
    return said.body_size > 0 or any(_LENGTH.fullmatch(value) for value in told) or ("transfer-encoding", "chunked") in framing


def _response(said: _Response | None) -> tuple[Response | None, str]:
    """The response, or why there is none."""
    if said is None or not said.status:
        return None, "the recording has none"
    if said.status == 101:
        return None, "the connection became another protocol's"
    if not 200 <= said.status <= 999:
        raise NotReadable("`response.status` is not that of a final response")
    fields = [
        (octets(one.name), line)
        for one in said.headers
        if not one.name.startswith(":")
        for line in _lines(one.value)
        if one.name.lower() not in ("content-length", "transfer-encoding", "content-encoding")
    ]
    content = said.content or _Content()
    whole = content.text is not None or not content.size > 0
    body = _decoded(content.text or "", content.encoding, "response.content")
    fields.append((b"Content-Length", b"%d" % (len(body) if whole else int(content.size))))
    return Response(status=said.status, fields=tuple(fields), body=body, truncated=not whole), ""


def _decoded(text: str, encoding: str, name: str) -> bytes:
    if encoding.lower() != "base64":
        return octets(text)
    try:
        return decode_padded(text.encode("ascii"))
    except ValueError:
        raise NotReadable(f"`{name}` is not base64") from None


def _lines(value: str) -> Iterator[bytes]:
    """Browsers write several lines of one field as one, with line feeds between them."""
    for line in value.split("\n"):
        yield octets(line).strip(b" \t\r")
