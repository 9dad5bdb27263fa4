"""Patterns and phrase lists as prepared operators: matched by RE2, in time linear in the value, compiled when first needed.

Flags are those of ModSecurity 3: octets, "." matches every octet, "^" and "$" match at line breaks. It must not know rules.
"""

from collections.abc import Callable, Sequence
from typing import Any

import re2

from yett.formats.transformations import LONG, MADE
from yett.rules.seclang.operators import Accept, Captured
from yett.rules.seclang.transaction import Transaction
from yett.rules.seclang.variables import refusal

MOST_MEMORY = 64 << 20
"""Bytes that one compiled pattern may take; RE2 refuses what needs more."""

CAPTURES = 10
"""TX.0 to TX.9."""


class Refused(ValueError):
    """A pattern that cannot be matched in linear time, or not at all."""


def options(caseless: bool = False) -> "re2.Options":
    made = re2.Options()
    made.encoding = re2.Options.Encoding.LATIN1
    made.log_errors = False
    made.case_sensitive = not caseless
    made.max_mem = MOST_MEMORY
    return made


def compiled(pattern: bytes) -> "re2._Regexp":
    """Raises Refused."""
    try:
        return re2.compile(b"(?sm)" + with_white_space(pattern), options())
    except re2.error as error:
        raise Refused(refusal(error)) from None


_IN_CLASSES = {
    rb"\s": rb"\x20\t-\r",
    rb"\S": rb"\x00-\x08\x0e-\x1f\x21-\xff",
    rb"\h": rb"\xa0\t\x20-\x20",
    rb"\H": rb"\x00-\x08\n-\x1f\x21-\x9f\xa1-\xff",
    rb"\v": rb"\x85\n-\r",
    rb"\V": rb"\x00-\t\x0e-\x84\x86-\xff",
}
"""Each ends in a range, so that a hyphen behind it stands for itself."""
_ALONE = {name: b"[%b]" % octets for name, octets in _IN_CLASSES.items()} | {rb"\N": rb"[^\n]"}


def with_white_space(pattern: bytes) -> bytes:
    r"""The pattern with the octets that `\s`, `\h` and `\v` mean in PCRE (pcre2pattern, "Generic character types"): a vertical tab
    is white space, which it is not in RE2, and databases read it as such; `\v` is any end of a line, in RE2 a vertical tab."""
    if not any(name in pattern for name in _ALONE):
        return pattern
    found, at, inside = bytearray(), 0, False
    while at < len(pattern):
        end = at + 1
        if pattern[at:end] == b"\\":
            end += 1
            pair = pattern[at:end]
            found += (_IN_CLASSES if inside else _ALONE).get(pair, pair)
            at = end
            continue
        if inside and pattern.startswith(b"[:", at) and (close := pattern.find(b":]", at)) > 0:
            end = close + 2
        elif inside:
            inside = pattern[at:end] != b"]"
        elif pattern[at:end] == b"[":
            inside = True
            end += pattern.startswith(b"^", end)
            end += pattern.startswith(b"]", end)  # as the first it stands for itself
        found += pattern[at:end]
        at = end
    return bytes(found)


def expression(pattern: bytes) -> Accept:
    """`@rx`. Raises Refused."""
    match = compiled(pattern)._regexp.Match
    name = pattern.decode("latin-1")

    def accept(value: bytes, _: Transaction) -> Captured | None:
        long = len(value) > LONG  # several values of an exchange may come to the same
        if long and MADE.heard(name, value) is False:
            return None
        spans = match(_ANYWHERE, value, 0, len(value))
        if spans[0][0] < 0:
            if long:
                MADE.tell(name, value, False)
            return None
        return tuple([value[start:end] if start >= 0 else None for start, end in spans[:CAPTURES]])

    return accept


_ANYWHERE = re2._re2.RE2.Anchor.UNANCHORED


class Phrases:
    """`@pm`: any of some phrases, without regard to case. The pattern is made when first asked."""

    def __init__(self, phrases: Sequence[bytes]) -> None:
        self.phrases = phrases
        self._search: Callable[[bytes], Any] | None = None

    def __call__(self, value: bytes, _: Transaction) -> Captured | None:
        search = self._search
        if not self.phrases:
            return None
        if search is None:
            pattern = b"|".join(map(re2.escape, self.phrases))
            search = self._search = re2.compile(pattern, options(caseless=True)).search
        found = search(value)
        return None if found is None else (found.group(),)
