"""Spans of HTTP servers, as OpenTelemetry's semantic conventions name their attributes, to exchanges.

A span tells method, path, route, status and time, of fields only those that somebody chose to capture, and no bodies. Conventions
of before 1.21 are read as well. It must not know how spans are encoded.

Sources: OpenTelemetry semantic conventions 1.37 ("HTTP spans", "HTTP attributes", and those of 1.20 and before), and
"TraceState: Probability Sampling" for weights.
"""

import re
from collections.abc import Mapping

import msgspec

from yett.formats.percent import quoted
from yett.formats.recordings.values import Recording, octets
from yett.formats.routes import template
from yett.model.exchange import Exchange, Fields, Request, Response

Attributes = Mapping[str, object]
"""Values are str, bool, int, float, or lists of them; anything else was left out."""
SERVER, UNSPECIFIED = 2, 0
HEAVIEST = 1 << 20
"""Exchanges that one span may stand for."""
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})://([^/?#]*)")
_THRESHOLD = re.compile(r"(?:^|;)th:([0-9a-f]{1,14})(?:;|$)")
_VERSIONS = {"1.0": "1.0", "1.1": "1.1"}
_REQUEST_FIELD, _RESPONSE_FIELD = "http.request.header.", "http.response.header."
_FIELDS_MOST = 200
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,31}")
_WHY = "traces do not hold it"


class Span(msgspec.Struct):
    """start, end: seconds since the Unix epoch, 0 where it is not said. state: the trace state."""

    name: str = ""
    kind: int = UNSPECIFIED
    trace: str = ""
    id: str = ""
    state: str = ""
    start: float = 0.0
    end: float = 0.0
    attributes: Attributes = {}


def recording_of(span: Span, resource: Attributes, started: float) -> Recording | None:
    """The exchange that a span tells of; None for spans that are not of an HTTP server.

    resource: the attributes of what emitted it. started: for spans that do not say when.
    """
    said = span.attributes
    method = _text(said, "http.request.method", "http.method")
    if span.kind not in (SERVER, UNSPECIFIED) or not method:
        return None
    if method == "_OTHER":
        method = _text(said, "http.request.method_original") or method
    route = template(_text(said, "http.route")) if _text(said, "http.route") else ""
    if span.kind == UNSPECIFIED and not route and "url.path" not in said:
        return None
    identity = f"{span.trace}.{span.id}" if span.trace else span.id
    if _METHOD.fullmatch(method) is None:
        return Recording(id=identity, error="the method of a span is not a token", sensor="otlp")
    target, scheme, host, lacks = _target(said, route)
    response = _response(said)
    lacks += [("request-body", _WHY), ("request-fields", "traces hold only those that somebody chose to capture")]
    if response is None:
        lacks.append(("response", "the span has no status"))
    else:
        lacks += [("response-body", _WHY), ("response-fields", "traces hold only those that somebody chose to capture")]
    exchange = Exchange(
        id=identity,
        source="otlp",
        started=span.start or started,
        request=Request(
            method=method,
            target=target,
            scheme=scheme,
            fields=_fields(said, host),
            truncated=_number(said, "http.request.body.size", "http.request_content_length") > 0,
            version=_VERSIONS.get(_text(said, "network.protocol.version", "http.flavor"), "1.1"),
        ),
        response=response,
        duration=max(0.0, span.end - span.start) if span.end and span.start else None,
        address=_text(said, "client.address", "http.client_ip", "network.peer.address", "net.sock.peer.addr", "net.peer.ip"),
    )
    return Recording(
        id=identity,
        exchange=exchange,
        timed=bool(span.start),
        masked=True,
        lacks=tuple(lacks),
        sensor="otlp",
        route=route,
        service=_service(resource),
        principal=_text(said, "user.id", "enduser.id"),
        weight=_weight(span.state),
    )


def _target(said: Attributes, route: str) -> tuple[bytes, str, str, list[tuple[str, str]]]:
    """(target, scheme, authority, what is lacking)."""
    lacks: list[tuple[str, str]] = []
    scheme = _text(said, "url.scheme", "http.scheme").lower()
    host = _text(said, "http.host")
    if not host:
        host = _text(said, "server.address", "net.host.name", "http.server_name")
        port = _number(said, "server.port", "net.host.port")
        host = f"[{host}]" if ":" in host and not host.startswith("[") and host.count(":") > 1 else host
        if host and 0 < port < 65_536 and port not in (80, 443) and not host.rpartition("]")[2].count(":"):
            host = f"{host}:{port}"
    url = _text(said, "url.full", "http.url")
    found = _URL.match(url)
    if found is not None:
        scheme, host = scheme or found[1].lower(), host or found[2].rpartition("@")[2]
    path, query = _text(said, "url.path"), _text(said, "url.query")
    if path:
        path = path.replace("?", "%3F")
        if query or "url.query" in said:
            path = f"{path}?{query.removeprefix('?')}"
        else:
            lacks.append(("query", "the span has no url.query"))
    else:
        path = _text(said, "http.target") or (url[found.end() :] if found is not None else "")
    path = path.partition("#")[0]
    if not path:
        path = route or "/"
        lacks.append(("path", "the span has only its route" if route else "the span has none"))
        lacks.append(("query", "the span has none"))
    target = quoted(octets(path if path.startswith("/") else "/" + path))
    return target, "https" if scheme in ("https", "wss") else "http", host, lacks


def _response(said: Attributes) -> Response | None:
    status = _number(said, "http.response.status_code", "http.status_code")
    if not 200 <= status <= 999:
        return None
    size = _number(said, "http.response.body.size", "http.response_content_length")
    return Response(status=status, fields=_captured(said, _RESPONSE_FIELD), truncated=size > 0)


def _fields(said: Attributes, host: str) -> Fields:
    fields = [field for field in _captured(said, _REQUEST_FIELD) if field[0] != b"host"]
    client = _text(said, "user_agent.original", "http.user_agent")
    if client and not any(name == b"user-agent" for name, _ in fields):
        fields.insert(0, (b"user-agent", _line(client)))
    return ((b"host", _line(host or "localhost")), *fields)


def _captured(said: Attributes, prefix: str) -> Fields:
    found: list[tuple[bytes, bytes]] = []
    for key, value in said.items():
        if key.startswith(prefix) and len(found) < _FIELDS_MOST:
            name = key[len(prefix) :].lower().replace("_", "-")  # conventions of before 1.23 have "_" for "-"
            values = value if isinstance(value, list) else [value]
            if _METHOD.fullmatch(name) is not None:
                found += [(name.encode(), _line(one)) for one in values if isinstance(one, str)]
    return tuple(found)


def _line(text: str) -> bytes:
    """A text as the value of a field: no control character can stand in one."""
    return b" ".join(octets(text).split()).translate(None, bytes((*range(32), 127)))


def _service(resource: Attributes) -> str:
    name = _text(resource, "service.name")
    return "" if name.startswith("unknown_service") else name  # what SDKs say where nobody gave a name


def _weight(state: str) -> int:
    """How many exchanges one stands for: of 2^56 random values those from the threshold on were kept."""
    found = _THRESHOLD.search(next((one[3:] for one in state.split(",") if one.startswith("ot=")), ""))
    if found is None:
        return 1
    kept = (1 << 56) - int(found[1].ljust(14, "0"), 16)
    return min(HEAVIEST, max(1, round((1 << 56) / kept)))


def _text(said: Attributes, *names: str) -> str:
    for name in names:
        value = said.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            return value[0]
    return ""


def _number(said: Attributes, *names: str) -> int:
    for name in names:
        value = said.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 53:
            return int(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
            return int(value)
    return 0
