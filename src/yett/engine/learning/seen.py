"""One reading of an exchange for everything that learns from it, each part at most once and only where somebody asks.

What the recording does not hold is `UNSEEN`, never empty: nothing is concluded from it. It must not know what is learnt.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from yett.engine.learning.sketches import hash64
from yett.engine.sample import HIDDEN, MASK
from yett.formats.bodies import BodyError, Form, Multipart, read_body
from yett.formats.coding import Undecodable, decode
from yett.formats.dispatch import named_operation
from yett.formats.forwarded import host_of
from yett.formats.http1 import Refused
from yett.formats.media_types import Kind, kind_of, read_media_type
from yett.formats.parameters import grouped, parameters
from yett.formats.recordings.values import Recording
from yett.formats.target import ASTERISK, canonical, split
from yett.formats.xml import XMLDocument
from yett.model.exchange import Exchange, Fields, Request, Response

Value = TypeVar("Value")

BODY_MOST = 4 << 20
"""Octets of a decoded body that are looked at; a larger one is as good as unseen."""

RATIO_MOST = 100
"""How many times its coded size a body may be when decoded."""

METHOD_MOST = 32
"""Characters of a method; longer ones are no method that anybody serves."""

_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""What a method may be made of (RFC 9110, 5.6.2 and 9.1). Recordings hold whatever somebody wrote into them."""

PAIRS_MOST = 200
"""Query parameters of one exchange that are looked at."""


class Unseen:
    """What the recording does not hold."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSEEN"

    def __bool__(self) -> bool:
        return False


UNSEEN: Final = Unseen()


class Masked:
    """In a body: a value that was there, and that a source which masks what is sensitive (`Recording.masked`) does not tell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MASKED"


MASKED: Final = Masked()


class Hidden:
    """Likewise an object, of which such a source tells nothing else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "HIDDEN_OBJECT"


HIDDEN_OBJECT: Final = Hidden()


class once(Generic[Value]):  # noqa: N801 - reads as a decorator
    """A property that is computed when it is first asked for; as functools.cached_property, without its lock (Python 3.11)."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: type) -> Value:
        value = self._compute(instance)
        instance.__dict__[self._name] = value
        return value


class Seen:
    """An exchange as learning sees it. Raises Refused where the recording has none, or one without a single reading.

    service: what the source calls it, else the host. host: lower case, without port; empty if there is none. path: canonical
    (`yett.formats.target`). success: a final answer of 200 to 399; None where the status was not seen. status: 0 where there is
    none. weight: for how many exchanges this one stands. lacking: what the sensor could not see, in the words of `Recording.lacks`.
    """

    def __init__(self, recording: Recording) -> None:
        exchange = recording.exchange
        if exchange is None:
            status, reason, _ = recording.refused or (400, recording.error or "no exchange", "")
            raise Refused(status, reason)
        self.recording = recording
        self.exchange: Exchange = exchange
        self.request: Request = exchange.request
        self.response: Response | None = exchange.response
        self.method: str = exchange.request.method
        if self.method not in _METHODS and (
            not self.method or len(self.method) > METHOD_MOST or not _TOKEN.issuperset(self.method)
        ):
            raise Refused(400, "the method is not a token")
        self.weight: int = recording.weight
        self.started: float = exchange.started
        self.timed: bool = recording.timed
        self.sensor: str = _sound(recording.sensor or exchange.source)
        self.lacking: frozenset[str] = _lacking(recording.lacks) if recording.lacks else _NOTHING
        target = self.request.target
        authority: bytes | None = None
        if not target.startswith(b"/"):
            _, authority, target = split(target, self.method)
        found = ASTERISK if target == b"*" else canonical(target, keep_encoded_slash=True)
        self.path: str = found.path
        self.query_text: str | None = found.query
        self.host: str = self._host(authority)
        self.service: str = _sound(recording.service) or self.host
        self.status: int = 0 if self.response is None or "status" in self.lacking else self.response.status
        self.success: bool | None = 200 <= self.status < 400 if self.status else None

    def _host(self, authority: bytes | None) -> str:
        value = authority
        if value is None:
            for name, content in self.request.fields:
                if len(name) == 4 and name.lower() == b"host":
                    value = content
                    break
        return host_of(value)[0] if value else ""

    def lacks(self, *what: str) -> bool:
        """Whether the sensor could not see one of these parts."""
        return bool(self.lacking) and not self.lacking.isdisjoint(what)

    @once
    def segments(self) -> tuple[str, ...]:
        """The canonical path without its first slash, cut at slashes: ("",) of "/"; a last "" of a trailing slash."""
        return tuple(self.path[1:].split("/"))

    @once
    def query(self) -> tuple[tuple[str, str], ...] | Unseen:
        """Decoded names and values in order, at most `PAIRS_MOST`."""
        if self.query_text is None:
            return UNSEEN if "query" in self.lacking else ()
        if "query" in self.lacking:
            return UNSEEN
        return tuple(parameters("&".join(self.query_text.split("&", PAIRS_MOST)[:PAIRS_MOST])))

    @property
    def told_query(self) -> tuple[tuple[str, Any], ...] | Unseen:
        """Likewise, with MASKED for values of which a source that masks has only a hash."""
        query = self.query
        if isinstance(query, Unseen) or not self.recording.masked or "=hash:" not in (self.query_text or ""):
            return query
        return tuple((name, MASKED if _is_hash(value) else value) for name, value in query)

    @once
    def fields(self) -> Mapping[str, str]:
        """Request fields by name in lower case, values as Latin-1, several lines joined by ", "; without those of `unseen`."""
        return _mapped(self.request.fields)

    @once
    def response_fields(self) -> Mapping[str, str]:
        """Likewise of the response; empty where there is none. Set-Cookie lines are joined by a line feed."""
        return _mapped(self.response.fields) if self.response is not None else {}

    @once
    def named(self) -> str:
        """The operation below the path, see `yett.formats.dispatch`; empty where there is none, or it cannot be seen."""
        request = self.request
        if not request.body and self.query_text is None and self.method != "POST":
            return ""
        query = self.query if isinstance(self.query, tuple) else ()
        value = self.request_value
        body = request.body if value is UNSEEN and "content-encoding" not in self.fields else b""
        return named_operation(self.fields, query, value, body)

    @once
    def parts(self) -> tuple[str, ...]:
        """What the sensor could see of it, in the words of `Recording.lacks`."""
        return _parts(self.lacking, self.response is not None)

    @once
    def answer(self) -> tuple[int, int] | None:
        """(octets of the response body, hash by which equal answers are recognised); None where neither was seen."""
        response = self.response
        if response is None or self.method == "HEAD":
            return None
        if response.body and not response.truncated and "response-body" not in self.lacking:
            return len(response.body), hash64(response.body)
        if len(response.fields) == 1:  # a line of a log: nothing else is known of it
            name, value = response.fields[0]
            if name == b"Content-Length" and value.isdigit() and len(value) <= 15:
                return _measured(int(value), "")
        length = self.response_fields.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 15:
            return None
        return _measured(int(length), self.response_content_type)

    @once
    def route(self) -> str:
        """The template that a framework reported."""
        return _sound(self.recording.route)

    @property
    def fields_seen(self) -> bool:
        """Whether the request's fields are there, so that an absent one really was absent."""
        return not self.lacks("request-fields", "fields")

    @property
    def response_fields_seen(self) -> bool:
        return self.response is not None and not self.lacks("response-fields", "fields")

    def sees(self, name: str) -> bool:
        """Whether it is known if the request had this field (lower case), and with which value."""
        return self.fields_seen and name not in self.recording.unseen

    @once
    def content_type(self) -> str:
        """The media type of the request without parameters, in lower case; empty where there is none."""
        return _media_type(self.fields.get("content-type"))

    @once
    def response_content_type(self) -> str:
        return _media_type(self.response_fields.get("content-type"))

    @once
    def request_value(self) -> Any:
        """The body as a value: JSON as plain values, a form as a dict, text as str. None where there is no body.

        UNSEEN where the recording does not hold all of it, or it has no reading within bounds.
        """
        request = self.request
        if request.truncated or "request-body" in self.lacking:
            return UNSEEN
        if not request.body:
            return None
        return self._masked(_value(self.fields, request.body, self.content_type))

    @once
    def response_value(self) -> Any:
        """Likewise of the response."""
        response = self.response
        if response is None or response.truncated or self.lacks("response-body", "response"):
            return UNSEEN
        if not response.body:
            return UNSEEN if self.method == "HEAD" else None
        return self._masked(_value(self.response_fields, response.body, self.response_content_type))

    def _masked(self, value: Any) -> Any:
        return _marked(value) if self.recording.masked and value is not UNSEEN else value


_HEX = frozenset("0123456789abcdef")


def _is_hash(value: str) -> bool:
    """Whether it stands for a value in a record, see `yett.engine.record.masked_target`."""
    return value.startswith("hash:") and len(value) == 29 and _HEX.issuperset(value[5:])


def _sound(text: str) -> str:
    """What a source said, as Unicode that can be encoded: JSON may hold lone surrogates (RFC 8259, 8.2)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


_NOTHING: frozenset[str] = frozenset()


@lru_cache(1_024)
def _lacking(lacks: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return frozenset(lack for lack, _ in lacks)


@lru_cache(1_024)
def _parts(lacks: frozenset[str], answered: bool) -> tuple[str, ...]:
    found = [part for part in ("request-fields", "request-body", "query") if part not in lacks]
    if answered and "response" not in lacks:
        found += [part for part in ("status", "response-fields", "response-body") if part not in lacks]
    return tuple(found)


@lru_cache(16_384)
def _measured(length: int, content_type: str) -> tuple[int, int]:
    """An answer of which no more is known than its length and type."""
    return length, hash64(b"%d %b" % (length, content_type.encode()))


def _mapped(lines: Fields) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for raw, value in lines:
        name = raw.decode("latin-1").lower()
        text = value.decode("latin-1")
        if name in found:
            joint = "\n" if name == "set-cookie" else "; " if name == "cookie" else ", "
            text = f"{found[name]}{joint}{text}"
        found[name] = text
    return found


def _media_type(value: str | None) -> str:
    if not value:
        return ""
    parsed = read_media_type(value.encode("latin-1"))
    return "" if parsed is None else parsed.type


def _value(fields: Mapping[str, str], body: bytes, media_type: str) -> Any:
    coding = fields.get("content-encoding", "")
    if coding or len(body) > BODY_MOST:
        try:
            body = decode(coding.encode("latin-1"), body, BODY_MOST, RATIO_MOST)
        except Undecodable:
            return UNSEEN
    kind = kind_of(media_type) if media_type else Kind.OPAQUE
    declared = fields.get("content-type", "").encode("latin-1")
    if kind is Kind.OPAQUE:
        if media_type or body[:1] not in (b"{", b"["):
            return UNSEEN
        declared = b"application/json"  # nobody said, and it looks like it
    try:
        value = read_body(declared, body)
    except BodyError:
        return UNSEEN
    if type(value) is Form:
        return grouped(value.pairs)
    if type(value) is Multipart:
        return grouped(tuple((part.name, part.content.decode("utf-8", "replace")) for part in value.parts if not part.filename))
    return UNSEEN if isinstance(value, (bytes, XMLDocument)) else value


def _marked(value: Any) -> Any:
    """MASKED or HIDDEN_OBJECT in the place of every mask. The value is one of JSON or a form, so its depth is bounded."""
    if type(value) is dict:
        return HIDDEN_OBJECT if value == HIDDEN else {name: _marked(part) for name, part in value.items()}
    if type(value) is list:
        return [_marked(part) for part in value]
    return MASKED if type(value) is str and value == MASK else value
