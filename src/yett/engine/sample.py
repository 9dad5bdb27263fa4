"""Samples of bodies for the record: the beginning of a body, with what is secret in it masked. Pure.

Only JSON and forms are sampled, because only there a value has a name to judge it by. They are read piece by piece, so that the
beginning of a body is enough, and what cannot be read ends the sample. Known limits: a secret in a field with a harmless name
and without a telling form is shown; so is one whose name stands in another field (`{"name": "password", "value": ...}`).
"""

import re
from collections.abc import Iterator

import msgspec

from yett.engine.sensitive import classified, looks_secret, plain_name
from yett.formats.parameters import decoded

MASK = "***"
"""In the place of a text, a number or another single value. A masked list keeps its length, with masks for items; a masked object
is `HIDDEN`, because its names may be secret as well: so what kind of value it was is still known."""
HIDDEN = {MASK: MASK}

_JSON_MASK = f'"{MASK}"'
_JSON_HIDDEN = f"{{{_JSON_MASK}:{_JSON_MASK}}}"
_OPEN, _CLOSE = ("{", "["), ("}", "]")
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}
_PIECE = re.compile(
    r'\s*(?:(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<word>true|false|null|-?[0-9][-+.0-9eE]*)|(?P<mark>[{}\[\]:,]))', re.DOTALL
)
_JSON = re.compile(rb"application/(?:[\w.+-]*\+)?(?:json|x-ndjson|jsonl|json-seq)\Z")
_FORM = b"application/x-www-form-urlencoded"
_UTF8 = re.compile(rb"charset\s*=\s*+\"?+(?!utf-?8\b|us-ascii\b)", re.IGNORECASE)


def masked_sample(body: bytes, content_type: bytes, size: int, masked_fields: tuple[str, ...] = ()) -> bytes:
    """The first `size` bytes of a body at most, classified fields masked; empty where the type has no named fields.

    body: decoded (no content coding). content_type: the field as received. masked_fields: names to mask besides the built-in ones.
    Never raises. About 2 µs for each name or value: 1 to 2 ms for a sample of 4 KiB, which is why samples have a budget.
    """
    essence, _, rest = content_type.partition(b";")
    essence = essence.strip().lower()
    if size <= 0 or not body or _UTF8.search(rest):
        return b""
    text = body[:size].decode("utf-8", "replace")
    more = frozenset(map(plain_name, masked_fields))
    if _JSON.match(essence):
        shown = _json(text, len(body) > size, more)
    elif essence == _FORM:
        shown = _form(text, len(body) > size, more)
    else:
        return b""
    return shown.encode("utf-8", "replace")[:size]


def _json(text: str, cut: bool, more: frozenset[str]) -> str:
    """JSON texts, one or several, as far as they can be read; white space is left out."""
    out: list[str] = []
    open_marks: list[str] = []
    hidden = 0  # depth inside of a masked object
    listed = 0  # how deep the outermost masked list is
    masked = False  # the value that comes next
    previous = ""  # a mark, "name" or "value"
    for kind, piece, end in _pieces(text):
        if cut and end == len(text) and kind == "word":
            break  # perhaps the beginning of a longer number
        if hidden:
            hidden += _DEPTH.get(piece, 0)
            previous = "value"
        elif kind == "mark":
            if piece == "{" and (masked or listed):
                out.append(_JSON_HIDDEN)
                hidden, masked = 1, False
                continue
            if piece in _OPEN:
                open_marks.append(piece)
                listed = listed or (len(open_marks) if masked else 0)
            elif piece in _CLOSE and open_marks:
                listed = 0 if len(open_marks) == listed else listed
                open_marks.pop()
            if (piece == ":") != (previous == "name"):
                break
            out.append(piece)
            previous = "value" if piece in _CLOSE else piece
            masked = masked and piece == ":"
        elif previous in ("{", ",") and open_marks[-1:] == ["{"]:
            masked = _classified(piece, more)
            out.append(piece)
            previous = "name"
        elif previous in ("name", "value") and open_marks:
            break  # a value where none can stand: nothing is known about what follows
        else:
            out.append(_JSON_MASK if masked or listed or looks_secret(_plain(piece)) else piece)
            previous, masked = "value", False
    return "".join(out)


def _pieces(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and end of each piece, up to the first thing that is none."""
    position = 0
    while match := _PIECE.match(text, position):
        kind = match.lastgroup or ""
        position = match.end()
        yield kind, match[kind], position


def _plain(piece: str) -> str:
    """The text of a JSON string, or the piece itself."""
    if "\\" not in piece:
        return piece
    try:
        return msgspec.json.decode(piece, type=str)
    except msgspec.DecodeError:
        return piece


def _classified(piece: str, more: frozenset[str]) -> bool:
    """Whether the name in this JSON string is classified; one that cannot be read is."""
    try:
        return classified(msgspec.json.decode(piece, type=str), more)
    except msgspec.DecodeError:
        return True


def _form(text: str, cut: bool, more: frozenset[str]) -> str:
    pieces = text.split("&")
    if cut:
        pieces.pop()
    return "&".join(_form_piece(piece, more) for piece in pieces)


def _form_piece(piece: str, more: frozenset[str]) -> str:
    name, _, value = piece.partition("=")
    plain, content = (decoded(part.replace("+", " ")) for part in (name, value))
    if value and (classified(plain, more) or looks_secret(content)):
        return f"{name}={MASK}"
    return piece


class SampleBudget:
    """How many samples of each operation are still taken in this minute. For one worker; time is handed in."""

    OPERATIONS = 10_000

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = -1
        self._taken: dict[str, int] = {}

    def take(self, operation: str, now: float) -> bool:
        """Take one sample of `operation` if the budget allows. now: seconds since the Unix epoch."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._taken.clear()
        taken = self._taken.get(operation, 0)
        if taken >= self._per_minute or (not taken and len(self._taken) >= self.OPERATIONS):
            return False
        self._taken[operation] = taken + 1
        return True
