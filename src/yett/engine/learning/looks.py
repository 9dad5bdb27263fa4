"""What a text looks like: one of few formats that a schema can assert, or none. Names of object members likewise.

A look is a subset of what the JSON Schema format of that name accepts, so what has the look passes the assertion (the validator
is jsonschema-rs, held against in the tests). Looks join: two texts of one look have it, two of different ones have `TEXT`, but for
an integer, which is a number, too. Every pattern is linear. It must not know where texts come from.

Sources: RFC 3339 (date, date-time), RFC 9562 (uuid), RFC 3986 (uri), RFC 4291 and 6943 (addresses), RFC 8259 (numbers).
"""

import re
from datetime import date
from ipaddress import AddressValueError, IPv6Address

NONE = ""
"""No text was seen yet."""
TEXT = "text"
"""No look that could be asserted. It absorbs every other one."""

INTEGER, NUMBER, BOOLEAN = "integer", "number", "boolean"
UUID, DATE, DATE_TIME, EMAIL, URI, IPV4, IPV6 = "uuid", "date", "date-time", "email", "uri", "ipv4", "ipv6"

FORMATS = frozenset((UUID, DATE, DATE_TIME, EMAIL, URI, IPV4, IPV6))
"""Looks that are formats of JSON Schema by the same name."""
LOOKS = FORMATS | {NONE, TEXT, INTEGER, NUMBER, BOOLEAN}

LONGEST = 2048
"""Characters of the longest text that is looked at; a longer one is `TEXT`."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}").fullmatch
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})").fullmatch
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,20}").fullmatch
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_TIME = re.compile(
    r"[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
).fullmatch
_LOCAL = re.compile(r"[A-Za-z0-9_%+-]{1,64}(?:\.[A-Za-z0-9_%+-]{1,64}){0,8}").fullmatch
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})").fullmatch
_URI = re.compile(
    r"https?://[A-Za-z0-9.-]{1,253}(?::(?:[0-9]{1,4}|[1-5][0-9]{4}))?"
    r"(?:[/?](?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
).fullmatch
_OCTET = re.compile(r"0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]").fullmatch
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,39}").fullmatch

_WORD = re.compile(r"[A-Za-z]{1,24}[0-9]{0,3}(?:[_.:/+-][A-Za-z0-9]{1,24}){0,5}").fullmatch
_NAME = re.compile(r"[$@A-Za-z_][A-Za-z0-9_$@.:/\[\]-]{0,63}").fullmatch
_DIGITS = re.compile("[0-9]")
_SEPARATED = re.compile("[_.:/-]").search


def look(text: str) -> str:
    """The look of a text that is not empty."""
    if len(text) > LONGEST or not text.isascii():
        return TEXT
    first = text[0]
    if first.isdigit() or first == "-":
        found = _numeric(text)
        if found:
            return found
    if len(text) == 36 and text[8] == "-":
        return UUID if _UUID(text) else TEXT
    if first == "h" and text[:4] == "http":
        return URI if _URI(text) else TEXT
    if "@" in text:
        return EMAIL if _is_email(text) else TEXT
    if text in ("true", "false"):
        return BOOLEAN
    if ":" in text and _IPV6(text):
        return IPV6 if _is_ipv6(text) else TEXT
    return TEXT


def _numeric(text: str) -> str:
    """Looks that begin with a digit or a hyphen; empty where there is none."""
    if _INTEGER(text):
        return INTEGER if text != "-0" else NUMBER
    if _NUMBER(text):
        return NUMBER
    if len(text) >= 10 and text[4] == "-" and _is_date(text[:10]):
        if len(text) == 10:
            return DATE
        return DATE_TIME if _TIME(text[10:]) else TEXT
    parts = text.split(".") if len(text) <= 15 else ()
    return IPV4 if len(parts) == 4 and all(map(_OCTET, parts)) else ""


def _is_date(text: str) -> bool:
    if not _DATE(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_email(text: str) -> bool:
    """A cautious part of RFC 5321: no quotes, no literals, no internationalised labels."""
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    if len(local) > 64 or len(domain) > 253 or not _LOCAL(local) or len(labels) < 2:
        return False
    if not labels[-1].isalpha() or len(labels[-1]) < 2:
        return False
    return all(_LABEL(label) and label[-1] != "-" and label[2:4] != "--" for label in labels)


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def joined(one: str, other: str) -> str:
    """The narrowest look of both. Commutative, associative, idempotent; `NONE` is neutral, `TEXT` absorbs."""
    if one == other or not other:
        return one
    if not one:
        return other
    return NUMBER if {one, other} == {INTEGER, NUMBER} else TEXT


def is_word(text: str) -> bool:
    """Whether a text looks like one of a few words that a program knows: PENDING, credit_card, text/html, v1.2."""
    return 0 < len(text) <= 48 and _WORD(text) is not None


def is_name(key: str) -> bool:
    """Whether the name of a member looks like one that a programmer chose, rather than an id, a date, a sentence or a value.

    Members with other names are those of a map: what is learnt of them is learnt together, and their names are not kept.
    """
    if len(key) > 64 or _NAME(key) is None or "@" in key[1:]:
        return False
    digits = len(_DIGITS.findall(key))
    return digits < 5 and not (digits and len(key) >= 20 and _is_mixed(key))


def _is_mixed(key: str) -> bool:
    """Upper and lower case in one long word without separators, beside digits: an id in Base 62 or Base 64."""
    return not (_SEPARATED(key) or key.islower() or key.isupper())
