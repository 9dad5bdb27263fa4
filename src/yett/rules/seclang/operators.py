"""The operators of the rule language, each prepared once as a function of a value. They must not know which rule asks.

A prepared operator gives None where it does not accept the value, else what it captures: a tuple of octets for TX.0 to TX.9,
which may be empty. `!` and patterns that many rules share are the business of `yett.rules.seclang.links`.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence

from yett.formats.seclang.values import Operator
from yett.formats.signs import PERCENT
from yett.formats.transformations import MADE
from yett.rules.inspection.sqli import sqli
from yett.rules.inspection.xss import xss
from yett.rules.seclang.macros import Macro
from yett.rules.seclang.transaction import Transaction

Captured = tuple[bytes | None, ...]
Accept = Callable[[bytes, Transaction], Captured | None]

YES: Captured = ()

_INTEGER = re.compile(rb"[ \t\r\n\v\f]*([+-]?[0-9]{1,18})")

PATTERNS = frozenset(("rx", "rxglobal", "pm", "pmf", "pmfromfile", "contains", "beginswith", "endswith", "streq", "strmatch"))
"""Operators with something to look for: where it is in no value, they accept none. Only without macros, and not negated."""

EXPRESSIONS = frozenset(("rx", "rxglobal", "pm", "pmf", "pmfromfile"))
"""Operators that are matched by a matcher alone."""


def integer(text: bytes) -> int:
    """The number at the beginning of a text, 0 where there is none."""
    found = _INTEGER.match(text)
    return int(found[1]) if found else 0


def prepare(operator: Operator, data: Mapping[str, Sequence[bytes]]) -> Accept:
    """The function of an operator that is none of EXPRESSIONS. Raises ValueError for what is unknown or malformed."""
    make = _OPERATORS.get(operator.name)
    if make is not None:
        return make(Macro(operator.octets))
    special = _SPECIAL.get(operator.name)
    if special is None:
        raise ValueError(f"the operator @{operator.name} is unknown")
    return special(operator, data)


# --- texts and numbers ----------------------------------------------------------------------------------------------------------


def _text(accepts: Callable[[bytes, bytes], bool]) -> Callable[[Macro], Accept]:
    """An operator on the value and its argument, which may hold macros."""

    def make(argument: Macro) -> Accept:
        constant = argument.constant
        if constant is not None:
            return lambda value, _: (value,) if accepts(value, constant) else None
        return lambda value, t: (value,) if accepts(value, argument(t)) else None

    return make


def _numeric(accepts: Callable[[int, int], bool]) -> Callable[[Macro], Accept]:
    def make(argument: Macro) -> Accept:
        if argument.constant is not None:
            number = integer(argument.constant)
            return lambda value, _: YES if accepts(integer(value), number) else None
        return lambda value, t: YES if accepts(integer(value), integer(argument(t))) else None

    return make


def _word(value: bytes, word: bytes) -> bool:
    """Whether the word stands in the value between its borders or what is no letter, digit or underscore."""
    start = value.find(word)
    while start >= 0:
        end = start + len(word)
        if not _is_letter(value[start - 1 : start]) and not _is_letter(value[end : end + 1]):
            return True
        start = value.find(word, start + 1)
    return False


def _is_letter(octet: bytes) -> bool:
    return octet.isalnum() or octet == b"_"


_OPERATORS: dict[str, Callable[[Macro], Accept]] = {
    "beginswith": _text(lambda value, argument: value.startswith(argument)),
    "contains": _text(lambda value, argument: argument in value),
    "containsword": _text(_word),
    "endswith": _text(lambda value, argument: value.endswith(argument)),
    "eq": _numeric(lambda value, argument: value == argument),
    "ge": _numeric(lambda value, argument: value >= argument),
    "gt": _numeric(lambda value, argument: value > argument),
    "le": _numeric(lambda value, argument: value <= argument),
    "lt": _numeric(lambda value, argument: value < argument),
    "streq": _text(lambda value, argument: value == argument),
    "strmatch": _text(lambda value, argument: argument in value),
    "within": _text(lambda value, argument: value in argument),
}


# --- all others -----------------------------------------------------------------------------------------------------------------


def byte_range(argument: str) -> bytes:
    """The octets that `@validateByteRange` allows. Raises ValueError."""
    allowed = bytearray()
    for piece in argument.split(","):
        first, _, last = piece.strip().partition("-")
        low, high = int(first), int(last or first)
        if not 0 <= low <= high <= 255:
            raise ValueError(f"@validateByteRange: {piece.strip()!r} is no range of octets")
        allowed += bytes(range(low, high + 1))
    return bytes(allowed)


def _validate_byte_range(operator: Operator, _: Mapping[str, Sequence[bytes]]) -> Accept:
    allowed = byte_range(operator.argument)
    return lambda value, _: YES if value.translate(None, allowed) else None


def _validate_utf8(_: Operator, __: Mapping[str, Sequence[bytes]]) -> Accept:
    return lambda value, _: None if value.isascii() or is_utf8(value) else YES


def is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def _validate_url_encoding(_: Operator, __: Mapping[str, Sequence[bytes]]) -> Accept:
    return lambda value, _: YES if PERCENT in value and _BAD_ESCAPE.search(value) else None


def _detect_sqli(_: Operator, __: Mapping[str, Sequence[bytes]]) -> Accept:
    def accept(value: bytes, _: Transaction) -> Captured | None:
        found = fingerprint(value)
        return (found,) if found else None

    return accept


def fingerprint(value: bytes) -> bytes:
    """`sqli`, of which it is remembered what it says of longer values: a first look reads them, and then each rule that asks."""
    return MADE.after("detectSQLi", value, _fingerprint) if len(value) > _SHORT else sqli(value).encode()


def _fingerprint(value: bytes) -> bytes:
    return sqli(value).encode()


_SHORT = 128
"""Octets of a value that is read again as quickly as it is looked up."""


def _detect_xss(_: Operator, __: Mapping[str, Sequence[bytes]]) -> Accept:
    def accept(value: bytes, _: Transaction) -> Captured | None:
        return (value,) if MADE.told("detectxss", value, xss) else None

    return accept


def _networks(texts: Sequence[str]) -> Accept:
    networks = [ipaddress.ip_network(text, strict=False) for text in texts]

    def accept(value: bytes, _: Transaction) -> Captured | None:
        try:
            address = ipaddress.ip_address(value.decode("latin-1"))
        except ValueError:
            return None
        return YES if any(address in network for network in networks) else None

    return accept


def _ip_match(operator: Operator, _: Mapping[str, Sequence[bytes]]) -> Accept:
    return _networks([text.strip() for text in operator.argument.split(",") if text.strip()])


def _ip_match_from_file(operator: Operator, data: Mapping[str, Sequence[bytes]]) -> Accept:
    if operator.argument not in data:
        raise ValueError(f"the file {operator.argument} is not there")
    return _networks([line.decode("latin-1").strip() for line in data[operator.argument]])


_SPECIAL: dict[str, Callable[[Operator, Mapping[str, Sequence[bytes]]], Accept]] = {
    "detectsqli": _detect_sqli,
    "detectxss": _detect_xss,
    "ipmatch": _ip_match,
    "ipmatchf": _ip_match_from_file,
    "ipmatchfromfile": _ip_match_from_file,
    "nomatch": lambda _, __: lambda _, __: None,
    "unconditionalmatch": lambda _, __: lambda _, __: YES,
    "validatebyterange": _validate_byte_range,
    "validateurlencoding": _validate_url_encoding,
    "validateutf8encoding": _validate_utf8,
}
