"""A listener for what others saw: traces of OpenTelemetry exporters, and recordings of any kind that files may hold.

POST /v1/traces takes OTLP/HTTP in both encodings; POST /v1/recordings takes what `yett observe` reads from files: exchanges as JSON
lines (Yett's middleware), entries of Kong's http-log, lines of access logs. Requests of web pages are refused, so that no page that
somebody visits can report through a browser. It must not know what becomes of recordings.
"""

import hmac
import json
from collections.abc import Callable, Sequence

from yett.edge.collectors.receiving import CONNECTIONS, Received, Reply, Server
from yett.formats.coding import Undecodable, decode
from yett.formats.recordings import LARGEST, Origin, Recording, recordings, sniff
from yett.formats.recordings.json_lines import NotReadable
from yett.formats.recordings.otlp import read_request

TakeAll = Callable[[Sequence[Recording]], bool]
"""What is done with recordings: all of them, or none where there is no room for all."""

KEPT = 16 << 20
"""Octets of a request. Exporters send batches of some hundred spans."""
RATIO = 200
_TRACES, _RECORDINGS = b"/v1/traces", b"/v1/recordings"
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_SAFELISTED = frozenset((b"", b"text/plain", b"multipart/form-data", b"application/x-www-form-urlencoded"))
"""What a web page can send anywhere without being asked for leave (fetch.spec.whatwg.org, CORS-safelisted request-header)."""
_HELP = b"POST /v1/traces (OTLP/HTTP) or /v1/recordings (JSON lines, access logs, HAR)\n"


class Reports:
    """The handler of a listener for reports. token: what senders must show as a bearer token. `dropped`: recordings for which there
    was no room. `unreadable`: entries that could not be read."""

    def __init__(self, take: TakeAll, token: str = "", largest: int = LARGEST) -> None:
        self._take = take
        self._token = b"Bearer " + token.encode() if token else b""
        self._largest = largest
        self.dropped = self.unreadable = 0

    def __call__(self, received: Received) -> Reply:
        head = received.head
        path = head.target.partition(b"?")[0]
        if path not in (_TRACES, _RECORDINGS):
            return Reply(404, _HELP)
        if head.method != "POST":
            return Reply(405, _HELP, more=(("Allow", "POST"),))
        if self._token and not hmac.compare_digest(head.fields.get(b"authorization", b""), self._token):
            return Reply(401, b"the token is missing or wrong\n", more=(("WWW-Authenticate", "Bearer"),))
        kind = head.fields.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if b"origin" in head.fields:
            return Reply(403, b"reports of web pages are not taken\n")
        if kind in _SAFELISTED:
            return Reply(415, b"send application/json, application/x-ndjson or application/x-protobuf\n")
        if received.truncated:
            return Reply(413, b"more than %d bytes\n" % KEPT)
        try:
            body = decode(head.fields.get(b"content-encoding", b""), received.body, self._largest, RATIO)
        except Undecodable as error:
            return Reply(415, str(error).encode() + b"\n")
        return (
            self._traces(body, kind.decode("latin-1"), received.at) if path == _TRACES else self._recordings(body, received.at)
        )

    def _traces(self, body: bytes, kind: str, at: float) -> Reply:
        if kind not in (_JSON, _PROTOBUF):
            return Reply(415, b"OTLP is application/json or application/x-protobuf\n")
        as_json = kind == _JSON
        try:
            found = read_request(body, as_json, at)
        except NotReadable as error:
            return Reply(400, _status(str(error), as_json), kind)
        return self._offered(found) or Reply(200, b"{}" if as_json else b"", kind)

    def _recordings(self, body: bytes, at: float) -> Reply:
        found = list(recordings(sniff(body), Origin(written=at, largest=self._largest), (body,)))
        return self._offered(found) or Reply(200, _summary(found), _JSON)

    def _offered(self, found: list[Recording]) -> Reply | None:
        """The answer where there is no room: senders try again, so that nothing may have been taken."""
        if not self._take(found):
            self.dropped += len(found)
            return Reply(503, b"too much at once: try again\n", more=(("Retry-After", "1"),))
        self.unreadable += sum(bool(one.error) for one in found)
        return None


async def serve_reports(address: str, on_recordings: TakeAll, token: str = "", connections: int = CONNECTIONS) -> Server:
    """Listen on an address such as "127.0.0.1:4318" until `close` of what is given back. Raises ListenError.

    on_recordings: called in the event loop with what one request holds, and must not wait.
    """
    server = Server(Reports(on_recordings, token), KEPT, connections)
    await server.listen(address)
    return server


def _summary(found: list[Recording]) -> bytes:
    errors = [one.error for one in found if one.error]
    return json.dumps(
        {"taken": len(found) - len(errors), "unreadable": len(errors), "first": errors[0] if errors else ""}
    ).encode()


def _status(reason: str, as_json: bool) -> bytes:
    """A google.rpc.Status, as OTLP/HTTP wants it for errors: its field 2 is the message."""
    if as_json:
        return json.dumps({"message": reason}).encode()
    text = reason.encode()[:120]
    return b"\x12" + bytes((len(text),)) + text
