"""Both directions of one HTTP/1.1 connection as it was seen from aside, to exchanges.

Responses answer requests in their order (RFC 9112, 9.3.2), pipelined or not. Where something was lost, order alone would give
responses to the wrong requests: then a response only belongs to a request that was sent when exactly the octets before this
response had arrived, as TCP's acknowledgements tell, and what stays open is said to be unknown. That is sound for clients that
wait for all responses before they send again, as all do that are in use; not where one sends on while responses of lost requests
are still to come. It must not know of packets.
"""

from collections import deque
from collections.abc import Callable
from typing import cast

import msgspec

from yett.formats.capture.streams import OVERHEAD
from yett.formats.http1 import parse_request, parse_response
from yett.formats.messages import RequestHead, ResponseHead
from yett.formats.recordings.messages import (
    FIELDS,
    REQUEST_START,
    RESPONSE_START,
    TARGET,
    Body,
    Message,
    Reader,
    Refusal,
    weight,
)
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Request, Response

KEPT = 1 << 20
"""Octets of a body that are kept; of a longer one this beginning."""
PIPELINED = 256
"""Requests that may wait for responses."""
EARLY_OCTETS, EARLY_PARTS = 1 << 20, 1_024
"""What may wait of a server that was captured before the client that it answers."""
FIXED = 2_000
"""Octets of memory that a request takes beside its fields and its body, about."""
_TLS = (b"\x16\x03", b"\x17\x03", b"\x15\x03", b"\x14\x03")
_HTTP_2 = b"PRI * HTTP/2"


class Asked(msgspec.Struct, gc=False):
    """A request on its way to a Recording. why: there is no response to it. failed: there was none at all. weight:
    octets of memory that it takes."""

    message: Message
    head: RequestHead
    whole: bool = False
    response: Message | None = None
    why: str = ""
    failed: bool = False
    weight: int = 0


class Conversation:
    """Hears what `yett.formats.capture.Stream` says, and calls `found` with Recordings.

    client: the side (0 or 1) that opened the connection; None where nobody saw it, which the first message tells. identity: of the
    connection. `kind`: "http", or what it turned out to be: "tls", "http2", "other", "" while nobody knows. `held`: octets that
    are kept. `orphans`: responses whose requests nobody saw.
    """

    def __init__(
        self,
        identity: str,
        addresses: tuple[str, str],
        found: Callable[[Recording], None],
        client: int | None,
        kept: int = KEPT,
    ) -> None:
        self._identity = identity
        self._addresses = addresses
        self._found = found
        self._client = client
        self._uncertain = client is None
        self._after_gap = False  # the next request may have been sent together with one that was lost
        self._ambiguous = -1  # requests sent with no more than this acknowledged may not be the ones that were answered
        self._found_at = 0  # the client's octets after the last of its gaps
        self._requests = Reader(REQUEST_START, _parse_request, self._request_begins, self._request_ends, kept)
        self._responses = Reader(RESPONSE_START, _parse_response, self._response_begins, self._response_ends, kept)
        self._queue: deque[Asked] = deque()
        self._asking: Asked | None = None
        self._answering: Asked | None = None
        self._early: deque[tuple[bytes, float, int, int]] = deque()
        self._early_size = self._waiting = 0
        self._seen = 0  # octets of the client
        self._server_ended = False
        self._number = 0
        self.kind = ""
        self.orphans = 0

    @property
    def held(self) -> int:
        return self._requests.held + self._responses.held + self._early_size + self._waiting

    # --- what the stream says ---------------------------------------------------------------------------------------

    def octets(self, side: int, octets: bytes, time: float, at: int, acknowledged: int) -> None:
        if not self.kind and octets.startswith((*_TLS, _HTTP_2)):
            self._opaque("http2" if octets.startswith(_HTTP_2) else "tls")
        if self._client is None:
            self._client = _client_of(side, octets)
        if self._client is None or self.kind not in ("", "http"):
            return
        if side != self._client:
            self._hear(octets, time, at, acknowledged)
            return
        self._requests.octets(octets, time, at, acknowledged)
        self._seen = at + len(octets)
        if self._requests.lost:  # nothing is missing, but some of it could not be read
            self._uncertain, self._ambiguous, self._found_at = True, max(self._ambiguous, acknowledged), self._seen
        self._check(self._requests)
        self._release()

    def gap(self, side: int, size: int) -> None:
        if side == self._client:
            self._seen += size
            if not self._requests.gap(size):
                self._uncertain = self._after_gap = True
            self._release()
        elif self._client is not None:
            self._hear(b"", 0.0, size, self._early[-1][3] if self._early else 0)

    def end(self, side: int, cut: bool) -> None:
        if self._client is None:
            return
        if side == self._client:
            self._requests.end(cut)
        else:
            self._release(everything=True)
            self._responses.end(cut)
            self._server_ended = True
        if self._server_ended:
            while self._queue:
                why = "the recording has none" if cut or self._uncertain else "the connection ended without a response"
                self._unanswered(self._queue.popleft(), why, failed=not cut and not self._uncertain)

    def _hear(self, octets: bytes, time: float, at: int, acknowledged: int) -> None:
        """What the server says, in its turn; without octets a gap of the size `at`."""
        self._early.append((octets, time, at, acknowledged))
        self._early_size += len(octets) + OVERHEAD
        self._release(everything=self._early_size > EARLY_OCTETS or len(self._early) > EARLY_PARTS)

    def _release(self, everything: bool = False) -> None:
        """Hear the server as far as the client has been heard: captures mix the order of the two directions."""
        while self._early and (everything or self._early[0][3] <= self._seen):
            octets, time, at, acknowledged = self._early.popleft()
            self._early_size -= len(octets) + OVERHEAD
            if octets:
                self._responses.octets(octets, time, at, acknowledged)
            if self._responses.lost if octets else not self._responses.gap(at):
                self._uncertain = True
            self._check(self._responses)

    def _check(self, reader: Reader) -> None:
        if reader.opaque:
            self._opaque("other")

    def _opaque(self, kind: str) -> None:
        self.kind = self.kind or kind
        self._requests.off()
        self._responses.off()
        self._early.clear()
        self._early_size = 0

    # --- messages ---------------------------------------------------------------------------------------------------

    def _request_begins(self, message: Message) -> Body:
        self.kind = "http"
        head = cast(RequestHead, message.head)
        size = FIXED + len(head.target) + sum(len(name) + len(value) for name, value in message.fields)
        self._asking = asked = Asked(message, head, weight=size)
        self._waiting += size
        if self._after_gap:
            self._after_gap, self._ambiguous, self._found_at = False, message.acknowledged, message.at
        if message.acknowledged <= self._ambiguous:
            self._unanswered(asked, "packets were lost, so that its response cannot be told from others")
        else:
            self._queue.append(asked)
        if len(self._queue) > PIPELINED:
            self._unanswered(self._queue.popleft(), f"more than {PIPELINED} requests wait for a response")
            self._uncertain = True
        return (None, True) if head.chunked else (head.content_length or 0, False)

    def _request_ends(self, message: Message | Refusal) -> None:
        if isinstance(message, Refusal):
            self.kind = "http"
            self._uncertain = True
            refused = (message.refused.status, message.refused.reason, "head")
            self._found(Recording(id=self._next_id(), refused=refused, sensor="pcap"))
            return
        asked, self._asking = self._asking, None
        if asked is not None:
            asked.weight += weight(message)
            self._waiting += weight(message)
            asked.whole = True
            self._settle(asked)

    def _response_begins(self, message: Message) -> Body | None:
        self.kind = "http"
        head = cast(ResponseHead, message.head)
        if head.status < 200 and head.status != 101:
            return 0, False
        asked = self._answering = self._asked(message)
        if head.status == 101:
            if asked is not None:
                self._unanswered(asked, "the connection became another protocol's")
            self._answering = None
            self._requests.off()
            return None
        if head.status in (204, 304) or (asked is not None and asked.head.method == "HEAD"):
            return 0, False
        return (None, True) if head.chunked else (head.content_length, False)

    def _response_ends(self, message: Message | Refusal) -> None:
        if isinstance(message, Refusal):
            self._uncertain = True
            if self._queue:
                self._unanswered(self._queue.popleft(), f"it has no single reading: {message.refused.reason}")
            return
        asked, self._answering = self._answering, None
        if asked is not None:
            asked.response = message
            self._settle(asked)

    def _asked(self, response: Message) -> Asked | None:
        """The request that a response answers."""
        queue = self._queue
        if self._uncertain:
            while queue and queue[0].message.acknowledged < response.at:
                self._unanswered(queue.popleft(), "packets were lost, and its response may have been among them")
            if not queue or queue[0].message.acknowledged > response.at:
                self.orphans += 1
                return None
            self._uncertain = self._after_gap or queue[0].message.at < self._found_at
        if queue:
            return queue.popleft()
        self.orphans += 1
        self._uncertain = True
        return None

    # --- exchanges --------------------------------------------------------------------------------------------------

    def _unanswered(self, asked: Asked, why: str, failed: bool = False) -> None:
        asked.why, asked.failed = why, failed
        self._settle(asked)

    def _settle(self, asked: Asked) -> None:
        """A request and what came of it are an exchange once both are over."""
        if not asked.whole or (asked.response is None and not asked.why):
            return
        message = asked.message
        self._waiting -= asked.weight
        client = self._client or 0
        request = Request(
            method=asked.head.method,
            target=asked.head.target,
            fields=message.fields,
            body=b"".join(message.body),
            truncated=message.truncated,
            version=f"1.{asked.head.minor}",
        )
        identity = self._next_id()
        exchange = Exchange(
            id=identity,
            source="pcap",
            started=message.began,
            request=request,
            response=None if asked.response is None else _response(asked.response),
            failure=asked.why if asked.failed else None,
            duration=None if asked.response is None else max(0.0, asked.response.last - message.began),
            address=self._addresses[client],
        )
        lacks = (("response", asked.why),) if asked.response is None and not asked.failed else ()
        self._found(Recording(id=identity, exchange=exchange, lacks=lacks, sensor="pcap"))

    def _next_id(self) -> str:
        self._number += 1
        return f"{self._identity}.{self._number}"


def _response(message: Message) -> Response:
    head = cast(ResponseHead, message.head)
    return Response(status=head.status, fields=message.fields, body=b"".join(message.body), truncated=message.truncated)


def _parse_request(head: bytes) -> RequestHead:
    return parse_request(head, FIELDS, TARGET)


def _parse_response(head: bytes) -> ResponseHead:
    return parse_response(head, FIELDS)


def _client_of(side: int, octets: bytes) -> int | None:
    """Who asks, from what stands at the beginning of a segment; None where it tells nothing."""
    if REQUEST_START.match(octets) is not None:
        return side
    return 1 - side if RESPONSE_START.match(octets) is not None else None
