"""The one noun: an Exchange is one request and its response (or failure), whoever carried it.

`Exchange` is the recorded, frozen form. `View` is the read-only shape that guards see; the live object of the gateway and
a recorded exchange (`yett.engine.recorded.RecordedView`) both satisfy it. This module must not know how either is carried.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

Fields = tuple[tuple[bytes, bytes], ...]
"""Header fields in the order received: name as received, value without surrounding whitespace."""


class TLSFacts(msgspec.Struct, frozen=True):
    """What the TLS handshake established. `subject`, `names`, `fingerprint` (SHA-256, hex): of the client's certificate."""

    version: str = ""
    cipher: str = ""
    server_name: str = ""
    subject: str = ""
    names: tuple[str, ...] = ()
    fingerprint: str = ""


class Target(msgspec.Struct, frozen=True):
    """A request target in the one canonical form that router, guards, log and upstream all see.

    `path` and `query` are ASCII: unreserved octets decoded, all other percent-encodings upper case. `query` has no leading
    "?"; None means that there was no "?". `raw` is what the client sent, for the record only.
    """

    path: str
    query: str | None = None
    raw: bytes = b""

    @property
    def text(self) -> str:
        """Path and query as they go upstream."""
        return self.path if self.query is None else f"{self.path}?{self.query}"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request as received. `target` is raw; `body` is without transfer coding and at most what the sensor kept."""

    method: str
    target: bytes
    scheme: str = "http"
    fields: Fields = ()
    body: bytes = b""
    truncated: bool = False
    version: str = "1.1"


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One final response (never 1xx) as sent by the server."""

    status: int
    fields: Fields = ()
    body: bytes = b""
    truncated: bool = False


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its response, or with the reason why there is none.

    `started` is in seconds since the Unix epoch, `duration` in seconds. `address` is the client's, after trusted proxies.
    """

    id: str
    source: str
    started: float
    request: Request
    response: Response | None = None
    failure: str | None = None
    duration: float | None = None
    address: str = ""
    tls: TLSFacts | None = None


class View(Protocol):
    """What a guard may read of an exchange, live or recorded. Guards never write to it.

    `lines` and `response_lines` are the fields in order with lower-case names; `fields` and `response_fields` map a
    lower-case name to its value, several lines of one name joined by ", " (RFC 9110, 5.3; never done for Set-Cookie, which
    is to be read from `response_lines`). `content` is the request body without content codings, complete and bounded; it is
    only there in the body phase. `response_content` likewise in the response body phase. `truncated`, `response_truncated`:
    only the beginning of that body is there, because no step of the plan asks for more (`Step.prefix`).
    """

    @property
    def method(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def host(self) -> str:
        """Lower case, without port; an IPv6 address without brackets."""
        ...

    @property
    def target(self) -> Target: ...
    @property
    def lines(self) -> Sequence[tuple[bytes, bytes]]: ...
    @property
    def fields(self) -> Mapping[bytes, bytes]: ...
    @property
    def content(self) -> bytes: ...
    @property
    def address(self) -> str: ...
    @property
    def tls(self) -> TLSFacts | None: ...
    @property
    def status(self) -> int: ...
    @property
    def response_lines(self) -> Sequence[tuple[bytes, bytes]]: ...
    @property
    def response_fields(self) -> Mapping[bytes, bytes]: ...
    @property
    def response_content(self) -> bytes: ...
    @property
    def truncated(self) -> bool: ...
    @property
    def response_truncated(self) -> bool: ...
