"""Yett's own records as exchanges, as far as they hold them.

A record has no credentials, no values of fields but three, and bodies only where samples are taken, the beginning of them, masked.
What follows from that is said with each Recording, so that nothing is concluded from what is not there. It must not know how
records are stored.
"""

import msgspec

from yett.formats.recordings.values import Recording
from yett.model.event import Event
from yett.model.exchange import Exchange, Fields, Request, Response

SENSOR = "gateway"

_TAGS = frozenset(f"gateway:request:{action}" for action in ("allowed", "denied", "answered", "failed", "refused"))
_KNOWN = frozenset(("host", "content-type", "user-agent", "content-length", "transfer-encoding", "content-encoding"))
"""Fields that are rebuilt, or that the body as it was sampled no longer has."""
_FORM = "application/x-www-form-urlencoded"


def read_event(event: Event, source: str = "event-log") -> Recording | None:
    """The exchange of a record; None for records of anything else, and of what has another record at its end."""
    if event.tag not in _TAGS:
        return None
    if not event.method:
        reason = event.reasons[0] if event.reasons else None
        refused = (event.status or 400, reason.reason if reason is not None else "it could not be read", "request")
        nothing = ("request", "the record holds nothing of a request that could not be read")
        return Recording(id=event.request_id, refused=refused, masked=True, lacks=(nothing,), sensor=SENSOR)
    body, whole = _body(event.request_sample, event.request_size, event.content_type)
    unseen = frozenset(name for name in event.field_names if name not in _KNOWN)
    lacks = _lacks(event, unseen, whole)
    target = event.raw_target or event.target
    request = Request(
        method=event.method,
        target=target.encode("utf-8", "surrogatepass"),
        scheme=event.scheme or "http",
        fields=_fields(event, len(body) if whole else event.request_size),
        body=body,
        truncated=not whole,
    )
    exchange = Exchange(
        id=event.request_id,
        source=source,
        started=event.time,
        request=request,
        response=_response(event),
        duration=event.duration,
        address=event.address,
    )
    return Recording(
        id=event.request_id,
        exchange=exchange,
        masked=True,
        unseen=unseen,
        lacks=lacks,
        sensor=SENSOR,
        service=event.service,
        principal=event.principal,
    )


def _lacks(event: Event, unseen: frozenset[str], whole: bool) -> tuple[tuple[str, str], ...]:
    found = []
    if unseen:
        found.append(("fields", f"the record has the names of {len(unseen)} fields, not their values"))
    if not whole:
        found.append(("request-body", "the record holds only a part of it"))
    if "=hash:" in event.target:
        found.append(("query-values", "values that may be credentials are hashed in the record"))
    return tuple(found)


def _fields(event: Event, length: int) -> Fields:
    host = f"[{event.host}]" if ":" in event.host else event.host
    fields = [("Host", host or "localhost"), ("User-Agent", event.user_agent), ("Content-Type", event.content_type)]
    if length:
        fields.append(("Content-Length", str(length)))
    return tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in fields if value)


def _response(event: Event) -> Response | None:
    if not 200 <= event.upstream_status <= 999:
        return None
    body, whole = _body(event.response_sample, event.response_size, event.response_content_type)
    fields: Fields = ((b"Content-Length", b"%d" % (len(body) if whole else event.response_size)),)
    if event.response_content_type:
        fields += ((b"Content-Type", event.response_content_type.encode("latin-1", "replace")),)
    return Response(status=event.upstream_status, fields=fields, body=body, truncated=not whole)


def _body(sample: bytes, size: int, content_type: str) -> tuple[bytes, bool]:
    """What there is of a body, and whether that is all: a sample of JSON is whole if it can be read, a form if it is as long."""
    if not size:
        return b"", True
    if content_type.partition(";")[0].strip().lower() == _FORM:
        return sample, len(sample) == size
    try:
        msgspec.json.decode(sample)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return sample, False
    return sample, True
