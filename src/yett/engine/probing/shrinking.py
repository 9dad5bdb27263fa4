"""Makes a proof smaller: what can be left out of its last step without changing the answer is left out.

Only for methods that change nothing, and only what the claim is not about. It must not know probes.
"""

from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import Any

import msgspec

from yett.model.probe import Answer, Call, Claim, Exchanged
from yett.rules.probing.compare import same
from yett.rules.probing.operation import SAFE_METHODS

MOST = 6
"""Requests for one claim."""
_CHANGING = frozenset(("date", "content-length", "age", "etag", "expires", "x-request-id", "traceparent", "server-timing"))

Sending = Generator[Any, Any, Answer]


def shrunk(claim: Claim, send: Callable[[Call], Sending]) -> Generator[Any, Any, Claim]:
    """The claim with a smaller last step, where there is one. send: sends a call and gives its answer."""
    if not claim.proof:
        return claim
    last = claim.proof[-1]
    if last.call.method not in SAFE_METHODS or last.times > 1 or not last.answer.status:
        return claim
    call, answer = last.call, last.answer
    for part, name in islice(_parts(call, claim.place), MOST):
        tried = _without(call, part, name)
        found: Answer = yield from send(tried)
        if same(answer, found) and _told(answer) == _told(found):
            call, answer = tried, found
    if call is last.call:
        return claim
    step = Exchanged(call, answer, last.note)
    return msgspec.structs.replace(claim, proof=(*claim.proof[:-1], step))


def _told(answer: Answer) -> dict[str, str]:
    """What the fields of an answer say, apart from what changes with every answer."""
    lines = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.fields)
    return {name: value for name, value in lines if name not in _CHANGING}


def _parts(call: Call, place: str) -> Iterator[tuple[str, str]]:
    """What may be left out: query pairs and fields by name, the body that a safe method has."""
    yield from (("query", name) for name in dict.fromkeys(name for name, _ in call.query) if place != f"query {name}")
    yield from (("header", name) for name, _ in call.fields if place.lower() != f"header {name}".lower())
    if call.body and not place.startswith("body"):
        yield "body", ""


def _without(call: Call, part: str, name: str) -> Call:
    if part == "query":
        return msgspec.structs.replace(call, query=tuple(pair for pair in call.query if pair[0] != name))
    if part == "header":
        return msgspec.structs.replace(call, fields=tuple(pair for pair in call.fields if pair[0] != name))
    return msgspec.structs.replace(call, body=b"", content_type="")
