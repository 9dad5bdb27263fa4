"""From the values of one log entry to a Recording. What a value is for is called its role, which means the same everywhere.

A layout of text, a table of columns and an object of JSON all end here. A log has no bodies and few fields; what it does not have
stands in `lacks`. It must not know how entries look.

Roles: method, target (as sent), url (absolute), path, query, marked_query (with its "?"), version, request (a request line as it
stands), status, size (octets of the response body), address, peer (address and port), user, host, name (of the server, where no
host is), scheme, id, route, route_key ("GET /pets/{id}"), stage, service, weight, body, answer_body, date and clock (a time in two
columns), time:UNIT, took:UNIT, field:NAME, answer:NAME. A role with "?" at its end only stands in for one without. "" is of no use
here.
"""

import re
from collections.abc import Sequence
from typing import Final

from yett.formats.recordings.logs.texts import CONTROLS, clock_of, first_of, template, unescaped, without_port
from yett.formats.recordings.moments import common, iso
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Fields, Request, Response

SENSOR: Final = "access-log"
NO_HOST: Final = b"localhost"
"""Host of entries that name none, as in JSON lines."""
HEAVIEST = 1_000_000_000
"""Exchanges that one entry can stand for."""

_METHODS = {
    name.encode(): name
    for name in (
        *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"),
        *("CONNECT", "QUERY", "SEARCH", "PROPFIND", "REPORT"),
    )
}
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_STATUS = {b"%d" % number: number for number in range(200, 1000)}
_BODILESS = frozenset(("GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "CONNECT"))
"""Methods whose requests have no body where nothing says that they have one."""
_URL = re.compile(rb"(https?|wss?|grpcs?|h2)://([^/?#]*)", re.IGNORECASE)
_SECURE = frozenset((b"https", b"wss", b"grpcs", b"h2"))


class Maker:
    """Makes Recordings of entries that have their values in the same places.

    roles: of each value, in order. source: name of the format. host: of entries that name none. escaped: whether backslashes in
    values are escapes. fielded: whether every field of the messages is given to `make`.
    """

    def __init__(
        self, roles: Sequence[str], source: str, host: bytes = NO_HOST, escaped: bool = False, fielded: bool = False
    ) -> None:
        self._source = source
        self._host_default = host
        self.escaped = escaped
        at: dict[str, int] = {}
        for position, role in enumerate(roles):
            if role:
                at.setdefault(role, position)
        for role in [role for role in at if role.endswith("?")]:
            at.setdefault(role[:-1], at[role])
        if "name" in at:
            at.setdefault("host", at["name"])
        self._at = at
        none = len(roles)  # `make` puts a None there
        self._method, self._target, self._version = (at.get(role, none) for role in ("method", "target", "version"))
        self._status, self._size, self._user = (at.get(role, none) for role in ("status", "size", "user"))
        self._address, self._host, self._id = (at.get(role, none) for role in ("address", "host", "id"))
        self._time, self._clock = next(((at[role], clock_of(role)) for role in at if role.startswith("time:")), (none, common))
        self._took, self._span = next(((at[role], clock_of(role)) for role in at if role.startswith("took:")), (none, common))
        self._fields = _named(at, "field:")
        self._answers = _named(at, "answer:")
        self._asks = "query" in at or "marked_query" in at
        rare = ("peer", "scheme", "route", "route_key", "stage", "service", "weight", "body", "answer_body", "date")
        self._plain = not any(role in at for role in rare)
        self._lacks = self._known_lacks(fielded)

    @property
    def missing(self) -> str:
        """What a log must tell and this one does not, for its owner; empty if there is nothing."""
        at = self._at
        if "request" not in at and "method" not in at and "route_key" not in at:
            return "the method of the request"
        if not any(role in at for role in ("request", "target", "url", "path", "route", "route_key")):
            return "the path of the request"
        return ""

    def _known_lacks(self, fielded: bool) -> tuple[tuple[tuple[str, str], ...], ...]:
        """By whether the request, and the response, may have had a body: index 0 to 3."""
        at = self._at
        always: list[tuple[str, str]] = []
        if not fielded:
            known = ", ".join(name.decode() for name, _ in self._fields) or "none"
            always.append(("request-fields", f"the log has of them: {known}"))
            known = ", ".join(name.decode() for name, _ in self._answers) or "none"
            always.append(("response-fields", f"the log has of them: {known}"))
        if "path" in at and not any(role in at for role in ("request", "target", "url", "query", "marked_query")):
            always.append(("query", "the log has paths only"))
        if "status" not in at:
            always.append(("status", "the log does not have it"))
        if not any(role in at for role in ("host", "url")) and self._host_default == NO_HOST:
            always.append(("host", "the log does not have it"))
        request, response = ("request-body", "the log does not have it"), ("response-body", "the log does not have it")
        return tuple((*always, *([request] if index & 1 else []), *([response] if index & 2 else [])) for index in range(4))

    def make(
        self, values: Sequence[bytes | None], number: int, started: float, fields: Fields = (), answers: Fields = ()
    ) -> Recording:
        """values: of one entry, None or b"-" where it has none. number: of the entry, its id unless it has one. started: for an
        entry that does not say when. fields, answers: of the request and the response, beside those with roles."""
        values = (*values, None)
        if self.escaped:
            values = [None if value is None else unescaped(value) for value in values]
        said, host, scheme = self._line(values)
        identity = values[self._id]
        name = identity.decode("latin-1") if identity and identity != b"-" else str(number)
        if isinstance(said, str):
            return Recording(id=name, refused=(400, said, "request line"), sensor=SENSOR)
        request = self._request(values, said, host, scheme, fields)
        response, without = self._response(values, request.method, answers)
        when, took, address = values[self._time], values[self._took], values[self._address]
        at = self._clock(when) if when is not None else self._dated(values)
        exchange = Exchange(
            id=name,
            source=self._source,
            started=started if at is None else at,
            request=request,
            response=response,
            duration=self._span(took) if took is not None else None,
            address=first_of(address) if address and address != b"-" else self._peer(values),
        )
        lacks = self._lacks[request.truncated + (0 if without else 2)]
        if response is None and "status" in self._at:
            lacks = (*lacks, ("response", "the log has no final status of it"))
        user = values[self._user]
        principal = user.decode("utf-8", "replace") if user and user != b"-" else ""
        timed = at is not None
        if self._plain:
            return Recording(
                id=name, exchange=exchange, timed=timed, masked=True, lacks=lacks, sensor=SENSOR, principal=principal
            )
        return Recording(
            id=name,
            exchange=exchange,
            timed=timed,
            masked=True,
            lacks=lacks,
            sensor=SENSOR,
            principal=principal,
            route=self._route(values, request.target),
            service=self._text(values, "service"),
            weight=self._weight(values),
        )

    def _request(
        self, values: Sequence[bytes | None], said: tuple[str, bytes, str], host: bytes, scheme: str, fields: Fields
    ) -> Request:
        method, target, version = said
        found: list[tuple[bytes, bytes]] = [(b"Host", host)]
        for field, position in self._fields:
            value = values[position]
            if value and value != b"-":
                found.append((field, value.translate(CONTROLS)))
        found.extend(fields)
        body = self._body(values, "body")
        return Request(
            method=method,
            target=target,
            scheme=scheme,
            fields=tuple(found),
            body=body or b"",
            truncated=body is None and method not in _BODILESS,
            version=version,
        )

    # --- the request line -------------------------------------------------------------------------------------------

    def _line(self, values: Sequence[bytes | None]) -> tuple[tuple[str, bytes, str] | str, bytes, str]:
        """((method, target, version) or what is wrong, host, scheme)."""
        host = values[self._host]
        host = host if host and host != b"-" else self._host_default
        scheme = "http" if self._plain else self._scheme(values)
        said, target = values[self._method], values[self._target]
        if said is None or target is None:
            said, target = self._elsewhere(values, said, target)
        version = "1.0" if (values[self._version] or b"").endswith(b"1.0") else "1.1"
        method = _METHODS.get(said or b"")
        if method is None:
            if said is None or target is None or _TOKEN.fullmatch(said) is None or said == b"-":
                return "what was logged is no request line of HTTP", host, scheme
            method = said.decode()
        if not target or target == b"-":
            return "what was logged has no target", host, scheme
        if self._asks and b"?" not in target:
            target = self._asked(values, target)
        if target[:1] != b"/":
            url = _URL.match(target)
            if url is not None:
                scheme = "https" if url[1].lower() in _SECURE else "http"
                rest = target[url.end() :]
                host, target = without_port(url[2], scheme), rest if rest[:1] == b"/" else b"/" + rest
        return (method, target, version), host, scheme

    def _elsewhere(
        self, values: Sequence[bytes | None], method: bytes | None, target: bytes | None
    ) -> tuple[bytes | None, bytes | None]:
        """Method and target from other roles than these two."""
        line = self._value(values, "request")
        if line is not None and (method is None or target is None):
            first, _, rest = line.partition(b" ")
            middle, _, version = rest.rpartition(b" ")
            method = method or (first if version.startswith(b"HTTP/") else None)
            target = target or (middle if version.startswith(b"HTTP/") else None)
        key = self._value(values, "route_key")
        if key is not None and method is None:
            method = key.partition(b" ")[0]
        if target is None:
            target = self._value(values, "url")
        if target is None:
            target = self._value(values, "path")
        if target is None:
            target = self._value(values, "route") or (key.partition(b" ")[2] if key is not None else None)
        return method, target

    def _asked(self, values: Sequence[bytes | None], path: bytes) -> bytes:
        """A path with the query that stands elsewhere."""
        marked, query = self._value(values, "marked_query"), self._value(values, "query")
        if marked is not None:
            return path + marked
        return path if query is None else path + (b"" if query[:1] == b"?" else b"?") + query

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _response(self, values: Sequence[bytes | None], method: str, answers: Fields) -> tuple[Response | None, bool]:
        """The response, and whether it is known to have no body, or the whole of it."""
        status = _STATUS.get(values[self._status] or b"")
        if status is None:
            return None, True
        size = values[self._size]
        found: list[tuple[bytes, bytes]] = []
        for field, position in self._answers:
            value = values[position]
            if value and value != b"-":
                found.append((field, value.translate(CONTROLS)))
        found.extend(answers)
        body = self._body(values, "answer_body")
        none = body is not None or size == b"0" or method == "HEAD" or status in (204, 304)
        if body is not None:
            found.append((b"Content-Length", b"%d" % len(body)))
        elif size is not None and size.isdigit() and len(size) < 16:
            found.append((b"Content-Length", size))
        return Response(status=status, fields=tuple(found), body=body or b"", truncated=not none), none

    def _value(self, values: Sequence[bytes | None], role: str) -> bytes | None:
        position = self._at.get(role)
        found = values[position] if position is not None else None
        return None if found == b"-" else found or None

    def _text(self, values: Sequence[bytes | None], role: str) -> str:
        return (self._value(values, role) or b"").decode("utf-8", "replace")

    def _body(self, values: Sequence[bytes | None], role: str) -> bytes | None:
        return None if self._plain else self._value(values, role)

    def _scheme(self, values: Sequence[bytes | None]) -> str:
        said = (self._value(values, "scheme") or b"http").lower()
        return "https" if said in _SECURE or said in (b"on", b"443") else "http"

    def _peer(self, values: Sequence[bytes | None]) -> str:
        if self._plain:
            return ""
        address, colon, port = self._text(values, "peer").rpartition(":")
        return (address if colon and port.isdigit() else f"{address}{colon}{port}").strip("[]")

    def _dated(self, values: Sequence[bytes | None]) -> float | None:
        """A time that stands in two columns."""
        date, clock = self._value(values, "date"), self._value(values, "clock")
        return iso(date + b"T" + clock) if date is not None and clock is not None else None

    def _weight(self, values: Sequence[bytes | None]) -> int:
        said = self._value(values, "weight")
        return min(max(int(said), 1), HEAVIEST) if said is not None and said.isdigit() and len(said) < 12 else 1

    def _route(self, values: Sequence[bytes | None], target: bytes) -> str:
        """The template, with the stage before it where the path has it; none of what stands for any path."""
        route = template(self._text(values, "route") or self._text(values, "route_key").partition(" ")[2])
        stage = self._text(values, "stage")
        path = target.partition(b"?")[0].decode("latin-1")
        if stage and path.startswith(f"/{stage}/") and route.count("/") + 1 == path.count("/"):
            return f"/{stage}{route}"
        return route


def _named(at: dict[str, int], prefix: str) -> tuple[tuple[bytes, int], ...]:
    names = [
        (role.removeprefix(prefix).encode("latin-1", "replace"), position)
        for role, position in at.items()
        if role.startswith(prefix)
    ]
    return tuple((name, position) for name, position in names if not name.endswith(b"?"))
