"""Log entries that are objects of JSON, whoever named their keys: nginx with `escape=json`, Envoy, Kong's http-log, Cloudflare's
Logpush, AWS API Gateway, Traefik, Caddy, load balancers of Google and Azure, and what applications write themselves.

Which key means what is found out once for every set of keys. It must not know where an entry was found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from yett.formats.recordings.elements import Elements, Unfinished
from yett.formats.recordings.json_lines import DEPTH_ERROR, split_lines
from yett.formats.recordings.logs.layouts import LONGEST_LINE, KeyedLayout
from yett.formats.recordings.logs.making import NO_HOST, SENSOR, Maker
from yett.formats.recordings.logs.names import normal, role_of
from yett.formats.recordings.moments import since_epoch
from yett.formats.recordings.values import Recording, octets
from yett.model.exchange import Fields

DEEPEST = 5
"""Levels of objects in objects that are looked into."""
MOST_KEYS = 400
"""Keys of one entry that are looked at, and fields of a message."""
_PLANS = 512
"""Sets of keys that are remembered; when there are more, all are forgotten."""
_PARENTS = frozenset(
    (
        *("request", "req", "response", "res", "resp", "http", "httprequest", "requestcontext", "context", "identity", "url"),
        *("access", "accesslog", "log", "event", "msg", "message", "data", "payload", "jsonpayload", "properties"),
    )
)
"""Keys whose objects are about the exchange, so that what is in them may be known by its own name alone."""
_FIELDS = frozenset(("headers", "requestheaders", "reqheaders", "header", "requestheader"))
_ANSWERS = frozenset(("responseheaders", "respheaders", "resheaders", "responseheader"))
_HIDDEN = frozenset((b"redacted", b"[redacted]", b"***", b"*****", b"<redacted>"))
"""What logs write in the place of credentials: the field was there, its value is not known."""
_ENVOY = frozenset(("response_flags", "upstream_host", "upstream_cluster", "upstream_service_time"))

_decode = msgspec.json.Decoder().decode


class _Plan:
    """For one set of keys: which of them are used."""

    def __init__(self, picked: Sequence[tuple[str, str]], source: str, host: bytes, fielded: bool) -> None:
        self.keys = tuple(key for key, _ in picked)
        self.maker = Maker(tuple(role for _, role in picked), source, host, fielded=fielded)
        self.missing = self.maker.missing
        self.size = next((at for at, (_, role) in enumerate(picked) if role in ("size", "size?")), -1)


class ObjectReader:
    """Reads entries of one log. layout: what somebody said about its keys; host: of entries that name none."""

    def __init__(self, layout: KeyedLayout | None = None, host: bytes = NO_HOST, source: str = "json-log") -> None:
        self._given = layout.keys if layout is not None else None
        self._source = layout.name if layout is not None else source
        self._host = host
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def read(self, text: bytes, number: int, started: float, what: str = "line") -> Recording:
        """The Recording of one entry, with an error where it is none. what: what the number counts."""
        try:
            said = _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            return _error(number, f"{what} {number}: not JSON: {reason}")
        except RecursionError:
            return _error(number, f"{what} {number}: not JSON: {DEPTH_ERROR}")
        if type(said) is not dict:
            return _error(number, f"{what} {number}: not an object of JSON")
        return self.made(said, number, started, what)

    def made(self, said: dict[str, Any], number: int, started: float, what: str = "line") -> Recording:
        """The same of an object that is read already."""
        fields: list[tuple[bytes, bytes]] = []
        answers: list[tuple[bytes, bytes]] = []
        if dict in map(type, said.values()):
            said = _flat(said, fields, answers)
        plan = self._plans.get(tuple(said)) or self._planned(said, bool(fields and answers))
        if plan.missing:
            return _error(number, f"{what} {number}: no access log entry: it does not have {plan.missing}; {_keys_of(said)}")
        values = [_octets(said[key]) for key in plan.keys]
        if not fields and not answers:
            return plan.maker.make(values, number, started)
        shown, hidden = _shown(fields)
        shown = tuple(field for field in shown if field[0].lower() != b"host")
        host = next((value for name, value in fields if name.lower() == b"host"), b"")
        if plan.size >= 0:  # the field tells the length of the body alone, which sizes in logs often do not
            lengths = [value for name, value in answers if name.lower() == b"content-length"]
            values[plan.size] = lengths[0] if lengths else values[plan.size]
            answers = [field for field in answers if field[0].lower() != b"content-length"]
        found = plan.maker.make(values, number, started, shown, _shown(answers)[0])
        return _completed(found, host, hidden)

    def knows(self, text: bytes) -> bool:
        """Whether this is an entry that can be read."""
        return not self.read(text, 0, 0.0).error

    def _planned(self, said: dict[str, Any], fielded: bool) -> _Plan:
        picked: list[tuple[str, str]] = []
        for key in list(said)[:MOST_KEYS]:
            role = self._given.get(key, "") if self._given is not None else _role(key, said)
            if role:
                picked.append((key, role))
        plan = _Plan(picked, self._source, self._host, fielded)
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        if len(said) <= MOST_KEYS:
            self._plans[tuple(said)] = plan
        return plan


def read_objects(
    pieces: Iterable[bytes], reader: ObjectReader, started: float, largest: int = LONGEST_LINE
) -> Iterator[Recording]:
    """One Recording for each line that is not empty; what a line holds is one object, or a list of them, as collectors send
    several at once. started: see `read_layout`."""
    for number, line in enumerate(split_lines(pieces, largest), 1):
        if line is None:
            yield _error(number, f"line {number} is larger than {largest} bytes")
            continue
        text = line.strip(b" \t\r,")
        if text[:1] == b"[":
            yield from _listed([text], reader, number, started, largest)
        elif text:
            yield reader.read(text, number, started)


def read_list(
    pieces: Iterable[bytes], reader: ObjectReader, started: float, largest: int = LONGEST_LINE
) -> Iterator[Recording]:
    """One Recording for each entry of a document that is one list, or holds one object behind the other over many lines, counted
    from 1."""
    return _listed(_bracketed(pieces), reader, 0, started, largest)


def _bracketed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Objects one behind the other as a list."""
    begun = bare = False
    for piece in pieces:
        text = piece if begun else piece.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text and not begun:
            begun, bare = True, text[:1] == b"{"
            text = b"[" + text if bare else text
        yield text
    if bare:
        yield b"]"


def _listed(pieces: Iterable[bytes], reader: ObjectReader, line: int, started: float, largest: int) -> Iterator[Recording]:
    elements = Elements((b"",), largest)
    number = 0
    what = f"line {line}, entry" if line else "entry"
    try:
        for piece in pieces:
            for element in elements.feed(piece):
                number += 1
                if element is None:
                    yield _error(number, f"{what} {number} is larger than {largest} bytes")
                else:
                    yield reader.read(element, number, started, what)
        elements.end()
    except Unfinished as unfinished:
        yield _error(number, f"{f'line {line}: ' if line else ''}not a whole list: {unfinished}")


def _error(number: int, reason: str) -> Recording:
    return Recording(id=str(number), error=reason, sensor=SENSOR)


def _keys_of(said: Mapping[str, Any]) -> str:
    names = [key[:40] for key in list(said)[:8]]
    return f"its keys: {', '.join(names)}{' …' if len(said) > len(names) else ''}" if names else "it is empty"


def _flat(said: dict[str, Any], fields: list[tuple[bytes, bytes]], answers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Values by the path of their keys; what is a map of fields goes to those instead."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, dict[str, Any], int]] = [("", said, 0)]
    while waiting:
        path, level, depth = waiting.pop(0)
        for key, value in level.items():
            at = f"{path}.{key}" if path else key
            if type(value) is not dict:
                if len(found) < MOST_KEYS:
                    found[at] = value
                continue
            kind = normal(key)
            answering = kind in _ANSWERS or (kind in _FIELDS and normal(path).endswith(("response", "res", "resp")))
            if answering or kind in _FIELDS:
                (answers if answering else fields).extend(_lines(value))
            elif depth < DEEPEST:
                waiting.append((at, value, depth + 1))
    return found


def _lines(said: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in list(said.items())[:MOST_KEYS]:
        for one in (value if type(value) is list else (value,))[:MOST_KEYS]:
            text = _octets(one)
            if name and text is not None:
                yield octets(name), text


def _shown(fields: Sequence[tuple[bytes, bytes]]) -> tuple[Fields, frozenset[str]]:
    """Fields with their values, and the names of those whose values were taken away."""
    hidden = {name for name, value in fields if value.lower() in _HIDDEN}
    shown = tuple((name, value) for name, value in fields if name not in hidden)
    return shown, frozenset(name.decode("latin-1").lower() for name in hidden)


def _completed(found: Recording, host: bytes, hidden: frozenset[str]) -> Recording:
    """With the host that the fields name, and the fields whose values are not known."""
    exchange = found.exchange
    if exchange is not None and host:
        request = msgspec.structs.replace(exchange.request, fields=((b"Host", host), *exchange.request.fields[1:]))
        exchange = msgspec.structs.replace(exchange, request=request)
        lacks = tuple(lack for lack in found.lacks if lack[0] != "host")
        found = msgspec.structs.replace(found, exchange=exchange, lacks=lacks)
    return msgspec.structs.replace(found, unseen=hidden) if hidden else found


def _octets(value: Any) -> bytes | None:
    """A value as a log of text would have it."""
    kind = type(value)
    if kind is str:
        return octets(value) if value else None
    if kind is int:
        return b"%d" % value
    if kind is float:
        return repr(value).encode() if abs(value) < 1e15 else b"%d" % int(value)
    if kind is bool:
        return b"on" if value else None
    if kind is list and value and type(value[0]) in (str, int):
        return _octets(value[0])
    return None


def _role(path: str, said: Mapping[str, Any]) -> str:
    """The role of the value at a path of keys: by the last two of them together, or by the last alone where it is about the
    exchange."""
    *above, last = path.split(".")
    if above and normal(above[-1]) == "tries":
        return ""
    role = role_of(f"{above[-1]}_{last}") if above else ""
    if not role and len(above) > 1:
        role = role_of(f"{above[-2]}_{above[-1]}_{last}")
    if not role and all(normal(key) in _PARENTS for key in above):
        role = role_of(last) or _ambiguous(normal(last), path, said)
    if role == "path" and ("?" in str(said[path]) or "DownstreamStatus" in said or not _ENVOY.isdisjoint(said)):
        return "target"  # Envoy and Traefik write it with the query
    if role.startswith(("took:", "time:")):
        return _measured(role, said[path])
    return role


def _ambiguous(name: str, path: str, said: Mapping[str, Any]) -> str:
    """Keys that mean what their neighbours say."""
    if name == "duration":
        if not _ENVOY.isdisjoint(said):
            return "took:ms"
        if "DownstreamStatus" in said:  # Traefik
            return "took:ns"
        return "took:s" if "request.remote_ip" in said else ""  # Caddy; of others, nobody knows the unit
    if name == "latency" and str(said[path]).endswith("s"):  # Google Cloud: "0.123s"
        return "took:s"
    return "size" if path == "size" else ""


def _measured(role: str, value: Any) -> str:
    """What a time or a duration is by how it looks: `requestTime` is a moment for AWS and a duration for nginx."""
    text = _octets(value) or b""
    if role.startswith("took:") and (b"/" in text or text.count(b":") > 1):
        return "time:any"
    if role.startswith("time:") and since_epoch(text) is None:
        return ""
    return role
