"""Percent-decoding where there must be exactly one reading (RFC 3986, 2.1; the form encoding of the URL standard, 5.1), and
percent-encoding of what cannot stand in a target."""

import binascii
import re

_MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")
_NO_TARGET = re.compile(rb"[^!$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~%]")
_RESERVED = re.compile(rb"[^\-.0-9A-Z_a-z~]")
_LONG = 1_024
_RUN = re.compile("((?:%[0-9A-Fa-f]{2})+)")


def strictly_decoded(text: str, plus: bool = False) -> str | None:
    """Percent-decode once, as UTF-8; None where an escape is malformed or the octets are not UTF-8. plus: "+" is a space."""
    if plus and "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if _MALFORMED.search(text):
        return None
    if len(text) > _LONG and text.isascii():
        return _long_decoded(text.encode())
    pieces = _RUN.split(text)
    known: dict[str, str] = {}
    try:
        for place in range(1, len(pieces), 2):
            run = pieces[place]
            found = known.get(run)
            if found is None:
                found = known[run] = bytes.fromhex(run.replace("%", "")).decode()
            pieces[place] = found
    except UnicodeDecodeError:
        return None
    return "".join(pieces)


def _long_decoded(text: bytes) -> str | None:
    """The same at the speed of C, where no escape is malformed: quoted-printable has the same with another sign (RFC 2045, 6.7)."""
    try:
        return binascii.a2b_qp(text.replace(b"=", b"%3D").replace(b"%", b"=")).decode()
    except UnicodeDecodeError:
        return None


def quoted(target: bytes) -> bytes:
    """Path and query with everything escaped that cannot stand there. What is escaped already, or looks like it, stays."""
    return _NO_TARGET.sub(lambda match: b"%%%02X" % match[0][0], target)


def encoded(text: str) -> str:
    """One name or value with everything escaped that is not unreserved (RFC 3986, 2.3), as UTF-8."""
    return _RESERVED.sub(lambda match: b"%%%02X" % match[0][0], text.encode()).decode()
