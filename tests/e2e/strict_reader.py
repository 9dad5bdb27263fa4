"""A second opinion on what a request says: a reader of HTTP/1.1 requests written from RFC 9112 alone, octet by octet.

It shares nothing with Yett and must not be taught by it: where the two differ, one of them is wrong. Whatever the RFC calls
invalid, or leaves to the recipient, is refused here.
"""

from dataclasses import dataclass, field

TCHAR = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
DIGIT = frozenset(b"0123456789")
HEXDIG = frozenset(b"0123456789abcdefABCDEF")
FIELD = frozenset((0x09, 0x20, *range(0x21, 0x7F), *range(0x80, 0x100)))
VISIBLE = frozenset(range(0x21, 0x7F))


class Unreadable(Exception):
    """There is no one reading."""


class Incomplete(Unreadable):
    """It may become readable when more comes."""


@dataclass
class Request:
    method: bytes
    target: bytes
    version: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.fields if key.lower() == name]


class Octets:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise Incomplete("the data ends early")
        self.at += count
        return self.data[self.at - count : self.at]

    def line(self) -> bytes:
        """Up to CRLF; a CR or LF of its own is in no line."""
        line = bytearray()
        while True:
            octet = self.take(1)
            if octet == b"\n":
                raise Unreadable("LF without CR")
            if octet == b"\r":
                if self.take(1) != b"\n":
                    raise Unreadable("CR without LF")
                return bytes(line)
            line += octet


def read(data: bytes) -> tuple[Request, bytes]:
    """The first request, and what follows it. Raises Unreadable."""
    octets = Octets(data)
    first = octets.line()
    if not first:
        first = octets.line()  # 2.2: a server SHOULD ignore at least one empty line before the request line
    words = first.split(b" ")
    if len(words) != 3:
        raise Unreadable("request line")
    method, target, version = words
    if not method or not set(method) <= TCHAR or not target or not set(target) <= VISIBLE:
        raise Unreadable("request line")
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise Unreadable("version")
    request = Request(method, target, version, read_fields(octets))
    hosts = request.values(b"host")
    if len(hosts) > 1 or (version == b"HTTP/1.1" and not hosts):
        raise Unreadable("3.2: not exactly one Host")
    read_body(octets, request)
    return request, data[octets.at :]


def read_fields(octets: Octets) -> list[tuple[bytes, bytes]]:
    fields = []
    while line := octets.line():
        name, colon, value = line.partition(b":")
        if not colon or not name or not set(name) <= TCHAR:
            raise Unreadable("5.1: field name")
        if not set(value) <= FIELD:
            raise Unreadable("5.5: field value")
        fields.append((name, value.strip(b" \t")))
    return fields


def read_body(octets: Octets, request: Request) -> None:
    """6.3, with every liberty refused."""
    codings, lengths = request.values(b"transfer-encoding"), request.values(b"content-length")
    if codings:
        if lengths or request.version == b"HTTP/1.0":
            raise Unreadable("6.1: a transfer coding beside a length, or in HTTP/1.0")
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise Unreadable("6.1: a coding that is not chunked alone")
        read_chunks(octets, request)
    elif lengths:
        if len(lengths) > 1 or not lengths[0] or not set(lengths[0]) <= DIGIT or int(lengths[0]) >= 1 << 63:
            raise Unreadable("6.2: Content-Length")
        request.body = octets.take(int(lengths[0]))


def read_chunks(octets: Octets, request: Request) -> None:
    while True:
        line = octets.line()
        size, semicolon, extension = line.partition(b";")
        digits = size.rstrip(b" \t") if semicolon else size  # 7.1.1: BWS before an extension
        if not digits or not set(digits) <= HEXDIG or not set(extension) <= FIELD or int(digits, 16) >= 1 << 63:
            raise Unreadable("7.1: chunk size")
        if not int(digits, 16):
            break
        request.body += octets.take(int(digits, 16))
        if octets.take(2) != b"\r\n":
            raise Unreadable("7.1: chunk data")
    request.trailers = read_fields(octets)
