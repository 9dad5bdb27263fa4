"""What a record shows of a finding: the matched octets, decoded and short, with what may be secret masked.

It must not know rules or records.
"""

import re

from yett.formats.inspected import Origin
from yett.rules.inspection.signature import RESPONSE, Found

LONGEST = 100
"""Characters of a sample."""

BEFORE = 16
"""Octets shown before the match."""

_SECRET_NAMES = re.compile(
    rb"(?i)pass|pwd|secret|token|auth|api.?key|credential|session|cookie|^sid$|pin$|otp|private|signature|card|cvv|iban|ssn"
)
_LONG = re.compile(rb"[A-Za-z0-9+/_=\-]{20,}")
_DIGITS = re.compile(rb"[0-9][0-9 \-]{6,}[0-9]")
_SHOWN = 4


def sample_of(found: Found) -> str:
    """At most LONGEST characters, printable. Values of fields and members that carry credentials are not shown, of secrets in
    responses only the first characters."""
    value = found.value
    if value.origin in RESPONSE:
        piece = found.text[found.start : found.start + 60]
        return _printable(_masked(piece, _SHOWN))
    if value.origin in (
        Origin.COOKIE,
        Origin.HEADER,
        Origin.QUERY,
        Origin.FORM,
        Origin.JSON,
        Origin.PART,
    ) and _SECRET_NAMES.search(value.name[-64:]):
        return f"({len(value.text)} octets, not shown: the name says that they may be secret)"
    start = max(0, found.start - BEFORE)
    return _printable(_masked(found.text[start : start + LONGEST], 8))


def _masked(piece: bytes, shown: int) -> bytes:
    """Without runs that look like keys and numbers of cards or persons."""
    piece = _LONG.sub(lambda match: match[0][:shown] + b"***" if _is_random(match[0]) else match[0], piece)
    return _DIGITS.sub(b"***", piece)


def _is_random(run: bytes) -> bool:
    """Letters and digits mixed: a key, and not a long word or path."""
    digits = sum(48 <= octet < 58 for octet in run)
    return digits >= 3 and len(set(run)) >= 8


def _printable(piece: bytes) -> str:
    text = piece.decode("utf-8", "replace")[:LONGEST]
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" if ord(letter) < 256 else "?" for letter in text)
