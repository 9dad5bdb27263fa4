"""Postman collections, v2.0 and v2.1: saved responses are exchanges, all other requests are calls that nobody answered.

Variables that the collection sets are put in; what hangs on others is not known and not guessed. Path variables (":id") make a
template. Scripts are not run. It must not know where the document came from.

Source: the JSON schemas at schema.postman.com/collection, v2.0.0 and v2.1.0.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from yett.formats.recordings.json_lines import DEPTH_ERROR
from yett.formats.recordings.postman_request import Call, Variables, call_of
from yett.formats.recordings.transcripts import response_of
from yett.formats.recordings.values import Recording, framed, octets
from yett.model.exchange import Exchange, Request, Response

SENSOR = "postman"
MOST = 100_000
"""Requests of one collection."""
DEEPEST = 50
"""Folders in folders."""
_LINE = re.compile(r"\s*([^:\r\n]+?)[ \t]*:[ \t]*([^\r\n]*)")


def read_postman(content: bytes, started: float, source: str = "postman") -> Iterator[Recording]:
    """One Recording for each saved response, and for each request that has none. Ids are where they stand in the collection:
    "0.2" is the third entry of the first folder, "0.2/1" its second saved response. started: when the collection was written, in
    seconds since the epoch; requests do not say when they were."""
    try:
        said = msgspec.json.decode(content)
    except RecursionError:
        yield _error("", f"not a collection: {DEPTH_ERROR}")
        return
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        yield _error("", f"not a whole collection: {'not UTF-8' if isinstance(error, UnicodeDecodeError) else error}")
        return
    if isinstance(said, dict) and isinstance(said.get("collection"), dict):  # as Postman's API gives it
        said = said["collection"]
    if not isinstance(said, dict) or not isinstance(said.get("item"), list):
        old = isinstance(said, dict) and "requests" in said
        yield _error("", "a collection of version 1: export it as v2.1" if old else "a collection without `item`")
        return
    title = said.get("info")
    name = title.get("name") if isinstance(title, dict) else None
    yield from _Walk(started, source, name if isinstance(name, str) else "").all(said)


def _error(identity: str, reason: str) -> Recording:
    return Recording(id=identity, error=reason, timed=False, sensor=SENSOR)


class _Walk:
    def __init__(self, started: float, source: str, name: str) -> None:
        self._started = started
        self._source = source
        self._name = name

    def all(self, collection: dict[str, Any]) -> Iterator[Recording]:
        """In order. A stack: depth is up to whoever made the collection."""
        variables = Variables(collection.get("variable"))
        pending: list[tuple[str, Any, Any, Variables, int]] = [("", collection, collection.get("auth"), variables, 0)]
        count = 0
        while pending:
            place, entry, auth, known, depth = pending.pop()
            if not isinstance(entry, dict):
                yield _error(place, f"entry {place}: not an object")
                continue
            inner = entry.get("item")
            if isinstance(inner, list) and depth < DEEPEST:
                own = entry.get("auth") or auth
                below = known.with_more(entry.get("variable")) if depth else known
                dot = f"{place}." if place else ""
                pending += [(f"{dot}{index}", one, own, below, depth + 1) for index, one in reversed(list(enumerate(inner)))]
            elif isinstance(inner, list):
                yield _error(place, f"entry {place}: folders deeper than {DEEPEST}")
            else:
                count += 1
                if count > MOST:
                    yield _error(place, f"more than {MOST} requests")
                    return
                yield from self._entry(place, entry, auth, known.with_more(entry.get("variable")))

    def _entry(self, place: str, entry: dict[str, Any], auth: Any, known: Variables) -> Iterator[Recording]:
        saved = entry.get("response")
        responses = [one for one in saved if isinstance(one, dict)] if isinstance(saved, list) else []
        if not responses:
            yield self._made(place, place, entry.get("request"), auth, known, None)
        for index, response in enumerate(responses):
            request = response.get("originalRequest") or entry.get("request")
            yield self._made(f"{place}/{index}", place, request, auth, known, response)

    def _made(
        self, identity: str, place: str, request: Any, auth: Any, known: Variables, response: dict[str, Any] | None
    ) -> Recording:
        call = call_of(request, auth, known)
        if isinstance(call, str):
            return _error(identity, f"entry {place}: {call}")
        lacks = list(call.lacks)
        answer = None
        if response is None:
            lacks.append(("response", "the collection holds the call only"))
        else:
            answer = _response(response)
            if answer is None:
                lacks.append(("response", "the saved response has no final status"))
        took = response.get("responseTime") if response is not None else None
        exchange = Exchange(
            id=identity,
            source=self._source,
            started=self._started,
            request=_request(call),
            response=answer,
            duration=took / 1000 if isinstance(took, int | float) and not isinstance(took, bool) and took >= 0 else None,
        )
        return Recording(
            id=identity,
            exchange=exchange,
            timed=False,
            unseen=call.unseen,
            lacks=tuple(lacks),
            sensor=SENSOR,
            route=call.route,
            service="" if call.host else self._name,
        )


def _request(call: Call) -> Request:
    fields = call.fields
    if not any(name.lower() == b"host" for name, _ in fields):
        fields = ((b"Host", call.host or b"localhost"), *fields)
    body, truncated = (b"", True) if call.body is None else (call.body, False)
    if not truncated:
        fields, body = framed(fields, body, strict=False)
    return Request(method=call.method, target=call.target, scheme=call.scheme, fields=fields, body=body, truncated=truncated)


def _response(said: dict[str, Any]) -> Response | None:
    code = said.get("code")
    if not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 999:
        return None
    body = said.get("body")
    return response_of(code, tuple(_fields(said.get("header"))), octets(body) if isinstance(body, str) else b"")


def _fields(said: Any) -> Iterator[tuple[bytes, bytes]]:
    """Of a list of objects, or of one text."""
    if isinstance(said, str):
        for line in said.split("\n"):
            match = _LINE.match(line)
            if match is not None:
                yield octets(match[1]), octets(match[2].strip())
    for one in said if isinstance(said, list) else ():
        if isinstance(one, dict) and isinstance(one.get("key"), str) and not one.get("disabled"):
            value = one.get("value")
            name = octets(one["key"].strip())
            # What Postman shows is without its coding.
            if name and name.lower() != b"content-encoding":
                yield name, octets(value if isinstance(value, str) else "").strip(b" \t\r\n")
