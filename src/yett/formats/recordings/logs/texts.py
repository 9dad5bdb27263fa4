"""Single values of log entries: escapes, clocks, addresses, templates.

It must not know in which entries they stand.
"""

import re

from yett.formats.recordings.moments import Clock, common, iso, remembered, seconds, since_epoch

_MARKED = re.compile(r"(?<=/):([A-Za-z_][A-Za-z0-9_]{0,100})|(?<=/)<(?:[a-z]{1,20}:)?([A-Za-z_][A-Za-z0-9_]{0,100})>")
"""How frameworks write the parameters of a template: ":id" and "<int:id>"."""
_ESCAPED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
CONTROLS = bytes.maketrans(bytes(range(0x20)) + b"\x7f", b" " * 33)
"""Table for `bytes.translate`: control characters, which no field can hold, to spaces."""
_CLOCKS: dict[str, Clock] = {
    "common": common,
    "iso": iso,
    "any": since_epoch,
    "s": seconds(1),
    "ms": seconds(1e3),
    "us": seconds(1e6),
    "ns": seconds(1e9),
}


def clock_of(role: str) -> Clock:
    """The clock of a role such as "took:ms". Times that repeat from line to line are remembered."""
    kind, _, unit = role.partition(":")
    return remembered(_CLOCKS[unit]) if kind == "time" else _CLOCKS[unit]


def unescaped(value: bytes) -> bytes:
    r"""Without the escapes of nginx and Apache: \xHH, \", \\, and the letters of C."""
    return _ESCAPED.sub(_octet, value) if b"\\" in value else value


def _octet(match: "re.Match[bytes]") -> bytes:
    if match[1] is not None:
        return bytes((int(match[1], 16),))
    return _LETTERS.get(match[2], match[2])


def first_of(addresses: bytes) -> str:
    """The client's, where proxies have added theirs."""
    text = addresses.decode("latin-1")
    return text.partition(",")[0] if "," in text else text


def without_port(authority: bytes, scheme: str) -> bytes:
    """Without user and default port: balancers write both ports always."""
    return authority.rpartition(b"@")[2].removesuffix(b":443" if scheme == "https" else b":80")


def template(route: str) -> str:
    """A route with its parameters in braces; empty for what stands for any path, or is none."""
    if not route.startswith("/") or "+}" in route or "*" in route:
        return ""
    return _MARKED.sub(lambda match: "{" + (match[1] or match[2]) + "}", route)
