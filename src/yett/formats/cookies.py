"""Reading one cookie or one query parameter that carries a credential: every value of that name, nothing else.

All values are given, because a name that stands twice has two readings: the caller refuses it. It must not know what the
values mean.
"""

import re

_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def cookie_values(field: bytes, name: bytes) -> list[bytes]:
    """Values of the cookie `name` in a Cookie field (RFC 6265, 4.2.1). Names are case-sensitive; quotes are part of a value.

    Lines joined by ", " (an HTTP/1.1 client must not send two, RFC 6265, 5.4) are taken apart at ";" only.
    """
    if name not in field:
        return []
    found = []
    for pair in field.split(b";"):
        key, equals, value = pair.partition(b"=")
        if equals and key.strip(b" \t") == name:
            found.append(value.strip(b" \t"))
    return found


def query_values(query: str, name: str) -> list[bytes]:
    """Values of the parameter `name` in a canonical query, percent-decoded. "+" stays "+": credentials hold no spaces."""
    wanted = name.encode()
    found = []
    for pair in query.encode().split(b"&"):
        key, _, value = pair.partition(b"=")
        if key == wanted or (b"%" in key and _unquoted(key) == wanted):
            found.append(_unquoted(value))
    return found


def _unquoted(text: bytes) -> bytes:
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), text) if b"%" in text else text
