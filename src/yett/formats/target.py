"""The one normaliser of request targets: router, guards, log and upstream all see what `canonical` makes of a target.

A target that two servers could read differently is refused, never guessed. Percent-encodings of unreserved octets are decoded,
all others are upper case; empty segments, a trailing slash and the case of letters are significant (RFC 3986, 6.2.2; that
dot segments are refused rather than removed is ours). It must not know who routes, nor what an operation allows.

Known limits. Reserved characters keep the spelling they came in (":" and "%3A" may differ in meaning, RFC 3986, 2.2), so a
router compares `routing_form`. Path parameters (";v=1") are kept: servlet containers cut them off, others do not. Only dot
segments are looked for behind a second percent-encoding; other doubly encoded text is text.
"""

import re

from yett.formats.http1 import Refused
from yett.model.exchange import Target

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# RFC 3986, 3.3 and 3.4, and the brackets, which query strings of many frameworks hold as they are ("filter[name]").
_PLAIN = _UNRESERVED + b"!$&'()*+,;=:@/?[]"
# Not in the grammar of RFC 3986, but without a second meaning; browsers and curl send them. They are encoded.
_ODD = b'"<>^`{|}'
_KNOWN = _PLAIN + _ODD + b"%\\"

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r'%..|["<>^`{|}\\]')
_SPELLING = {chr(octet): f"%{octet:02X}" for octet in (*_ODD, 0x5C)} | {
    "%" + high + low: chr(int(high + low, 16)) if int(high + low, 16) in _UNRESERVED else f"%{high}{low}".upper()
    for high in "0123456789abcdefABCDEF"
    for low in "0123456789abcdefABCDEF"
}
# C0 controls and DEL, however spelt: routers match "." against anything but a line feed (CVE-2022-22978), NUL ends C strings.
_CONTROL = re.compile("%(?:[01][0-9A-F]|7F)")
# "." and ".." as a whole segment, even where a later reader decodes once more, splits at an encoded slash or backslash, or
# cuts off path parameters ("/..;/" of servlet containers).
_DOTS = re.compile(
    r"(?:/|%(?:25)*(?:2[Ff]|5[Cc]))"
    r"(?:\.|%(?:25)+2[Ee]){1,2}"
    r"(?=/|;|%(?:25)*(?:2[Ff]|5[Cc]|3[Bb])|\Z)"
)
_HIGH = re.compile("(?:%[89A-F][0-9A-F])+")
_RESERVED_ESCAPE = re.compile("%(?:21|24|2[6789ABC]|3[ABD]|40|5[BD])")
_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)")

ASTERISK = Target(path="*", raw=b"*")
"""The target of `OPTIONS *` (RFC 9112, 3.2.4)."""


def canonical(raw: bytes, keep_encoded_slash: bool = False) -> Target:
    """The canonical form of a target in origin form. Raises Refused (status 400). Its length is for the caller to bound.

    keep_encoded_slash: let `%2F` stand, as part of one segment. Because the operation decides that and routing comes first, the
    edge may always keep it, route, and refuse where `has_encoded_slash` is true of an operation that does not want it.
    """
    if not raw.translate(None, _PLAIN) and raw.startswith(b"/") and b"/." not in raw:
        path, mark, query = raw.decode("ascii").partition("?")
        return Target(path, query if mark else None, raw)
    return _canonical(raw, keep_encoded_slash)


def has_encoded_slash(target: Target) -> bool:
    """Whether a segment of the canonical path holds `%2F`."""
    return "%2F" in target.path


def _canonical(raw: bytes, keep_encoded_slash: bool) -> Target:
    if raw.translate(None, _KNOWN):
        raise Refused(400, "the target holds a fragment, a control character, a space or an octet that is not ASCII")
    text = raw.decode("ascii")
    if not text.startswith("/"):
        raise Refused(400, "the target does not start with a slash")
    if _BAD_ESCAPE.search(text):
        raise Refused(400, "a malformed percent-encoding in the target")
    path, mark, query = text.partition("?")
    path = _respelt(path)
    _check_path(path, keep_encoded_slash)
    if not mark:
        return Target(path, None, raw)
    query = _respelt(query)
    if "%00" in query:
        raise Refused(400, "%00 in the query")  # no API means it, and where strings end at NUL it hides what follows
    return Target(path, query, raw)


def _respelt(text: str) -> str:
    return _ESCAPE.sub(lambda match: _SPELLING[match[0]], text)


def _check_path(path: str, keep_encoded_slash: bool) -> None:
    if _DOTS.search(path):
        raise Refused(400, "a dot segment in the path")
    if "%" not in path:
        return
    if "%5C" in path:
        raise Refused(400, "a backslash in the path")
    if _CONTROL.search(path):
        raise Refused(400, "an encoded control character in the path")
    if not keep_encoded_slash and "%2F" in path:
        raise Refused(400, "%2F in the path")
    for octets in _HIGH.findall(path):
        try:
            bytes.fromhex(octets.replace("%", "")).decode()
        except UnicodeDecodeError:  # overlong forms were read as "." and "/"; others turn into one and the same U+FFFD
            raise Refused(400, "the path is not UTF-8") from None


def split(raw: bytes, method: str) -> tuple[str | None, bytes | None, bytes]:
    """(scheme, authority, origin form) of a target in any form of RFC 9112, 3.2. Raises Refused.

    Origin form has neither scheme nor authority. Absolute form has a scheme of http or https in lower case and the authority
    as sent, which the caller is to compare with Host (`yett.formats.forwarded.same_authority`). Asterisk form gives b"*", for
    OPTIONS only; its target is `ASTERISK`.
    """
    if raw.startswith(b"/"):
        return None, None, raw
    if raw == b"*":
        if method != "OPTIONS":
            raise Refused(400, "the target * with a method other than OPTIONS")
        return None, None, raw
    match = _SCHEME.match(raw)
    scheme = match[1].decode().lower() if match else ""
    if match is None or scheme not in ("http", "https"):
        raise Refused(400, "the target is neither a path nor an http URL")
    if not match[2]:
        raise Refused(400, "the target is a URL without host")
    rest = raw[match.end() :]
    if method == "OPTIONS" and not rest:
        return scheme, match[2], b"*"
    return scheme, match[2], rest if rest.startswith(b"/") else b"/" + rest


def routing_form(path: str) -> str:
    """A canonical path with one spelling for every character but "/" and "%", so that "/v1/jobs%3Arun" is "/v1/jobs:run".

    For comparison with templates only: it is what upstreams route by after decoding. Segments stand where they stood, so
    parameter values are taken from the canonical path, by position. Apply it to the literals of templates, too.
    """
    if "%" not in path:
        return path
    return _RESERVED_ESCAPE.sub(lambda match: chr(int(match[0][1:], 16)), path)
