"""A listener for copies of requests, as nginx (`mirror`), Envoy (request mirroring), Traefik, Istio and others send them.

Whatever comes is a request of somebody to the mirrored API; it is answered at once and never judged. A mirror has no responses,
so nothing is known of them. Who can reach this listener can invent traffic: it belongs on an address that only the proxy reaches.
"""

from collections.abc import Callable

from yett.edge.collectors.receiving import CONNECTIONS, Received, Reply, Server
from yett.formats.forwarded import address_of
from yett.formats.recordings.conversation import KEPT
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Fields, Request

Take = Callable[[Recording], bool]
"""What is done with a recording, at once; False where it had to be dropped."""

_SHADOW = b"-shadow"
"""What Envoy appends to the host of copies (RouteAction.request_mirror_policies), before a port."""
_WITH_BODIES = frozenset(("POST", "PUT", "PATCH"))
_NO_RESPONSE = ("response", "a mirror only has requests")
_NO_BODY = ("request-body", "the mirror sends requests without their bodies")
_DONE = Reply(204)


class Mirror:
    """The handler of a mirror listener. `dropped`: requests that `take` did not want."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._number = 0
        self.dropped = 0

    def __call__(self, received: Received) -> Reply:
        self._number += 1
        if not self._take(recording_of(received, str(self._number))):
            self.dropped += 1
        return _DONE


async def serve_mirror(address: str, on_recording: Take, kept: int = KEPT, connections: int = CONNECTIONS) -> Server:
    """Listen on an address such as "127.0.0.1:9000" until `close` of what is given back. Raises ListenError.

    on_recording: called in the event loop for each request, and must not wait. kept: octets of a body that are kept.
    """
    server = Server(Mirror(on_recording), kept, connections)
    await server.listen(address)
    return server


def recording_of(received: Received, identity: str) -> Recording:
    """The request as it was before the mirror copied it."""
    head = received.head
    lacks = [_NO_RESPONSE]
    if not received.body and head.method in _WITH_BODIES and b"content-type" in head.fields and not head.content_length:
        lacks.append(_NO_BODY)
    request = Request(
        method=head.method,
        target=head.target,
        scheme=_scheme(head.fields.get(b"x-forwarded-proto", b"")),
        fields=_without_shadow(received.fields),
        body=received.body,
        truncated=received.truncated,
        version=f"1.{head.minor}",
    )
    exchange = Exchange(
        id=identity,
        source="mirror",
        started=received.at,
        request=request,
        address=_client(head.fields.get(b"x-forwarded-for", b"")) or received.peer,
    )
    return Recording(id=identity, exchange=exchange, lacks=tuple(lacks), sensor="mirror")


def _scheme(forwarded: bytes) -> str:
    """The last entry is the proxy's own, which sends the copies."""
    return "https" if forwarded.rpartition(b",")[2].strip().lower() in (b"https", b"wss") else "http"


def _client(forwarded: bytes) -> str | None:
    return address_of(forwarded.rpartition(b",")[2].strip().decode("latin-1"))


def _without_shadow(fields: Fields) -> Fields:
    return tuple((name, _host(value)) if name.lower() == b"host" else (name, value) for name, value in fields)


def _host(value: bytes) -> bytes:
    name, colon, port = value.partition(b":")
    return name.removesuffix(_SHADOW) + colon + port if name.endswith(_SHADOW) else value
