"""Query parameters and cookies as guards read them. Nothing here raises: what has no single reading is not there.

It must not know which parameters a contract declares, nor their styles.
"""

import re
from collections.abc import Iterable
from typing import Any

_RUN = re.compile("(?:%[0-9A-Fa-f]{2})+")
_COOKIE_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
COOKIES_MOST = 256
"""RFC 6265, 6.1 asks browsers for at least 50 cookies per domain; they keep up to 180."""


def decoded(text: str) -> str:
    """Percent-decode once, as UTF-8. Octets that are not UTF-8 become U+FFFD, so they never equal anything configured."""
    return text if "%" not in text else _RUN.sub(_octets, text)


def _octets(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")


def parameters(query: str | None) -> list[tuple[str, str]]:
    """Names and values of a canonical query in order, decoded: "+" is a space, "&" alone separates, "a" is ("a", "").

    That is the form encoding of the URL standard (5.1), which practically every framework reads queries by. Linear in the
    length of the query, which the edge bounds.
    """
    if not query:
        return []
    pairs = [piece.partition("=") for piece in query.split("&") if piece]
    if "%" not in query and "+" not in query:
        return [(name, value) for name, _, value in pairs]
    return [(decoded(name.replace("+", " ")), decoded(value.replace("+", " "))) for name, _, value in pairs]


def grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names with their value; a name that stands several times has a list. Values are texts, or what stands for one."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif type(found[name]) is list:
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def cookies(value: bytes) -> dict[bytes, bytes]:
    """The pairs of a Cookie field (RFC 6265, 4.2.1), values as sent, quotes included.

    Left out, because servers differ: names that are not tokens, pieces without "=", and a name that stands twice with
    different values. More than `COOKIES_MOST` pieces read as none at all. A credential in a doubtful cookie is thus none.
    """
    pieces = value.split(b";", COOKIES_MOST)
    if len(pieces) > COOKIES_MOST:
        return {}
    found: dict[bytes, bytes] = {}
    doubtful = set()
    for piece in pieces:
        name, mark, content = piece.partition(b"=")
        name = name.strip(b" \t")
        content = content.strip(b" \t")
        if not mark or not _COOKIE_NAME.fullmatch(name):
            continue
        if found.setdefault(name, content) != content:
            doubtful.add(name)
    for name in doubtful:
        del found[name]
    return found
