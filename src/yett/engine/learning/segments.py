"""What a segment of a path looks like, before anything else is known: an id beyond doubt, or a text that may be either.

It must not know which API it belongs to, nor what was seen before.
"""

import re
from functools import lru_cache

IDS = frozenset(("number", "uuid", "ulid", "hex", "date", "email", "address", "opaque", "release", "rest"))
"""Kinds that no literal segment of a template has, but for few at the beginning of paths (versions)."""

_HEX = re.compile("[0-9a-f]+|[0-9A-F]+")
_UUID = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])(?:-[0-3][0-9](?:T[0-9:.%A-F]{4,}(?:Z|[+-][0-9:%A-F]+)?)?)?")
_NUMBER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_VERSION = re.compile(r"[vV][0-9]{1,3}(?:[._][0-9]{1,3}){0,2}(?:(?:alpha|beta|rc|preview|p)[0-9]{0,3}){0,2}|[0-9]\.[0-9]{1,2}")
_LOCALE = re.compile("[a-z]{2}(?:[-_](?:[A-Z]{2}|[A-Z][a-z]{3}))?")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:%2F[0-9]{1,2})?")
_SLUG = re.compile("[A-Za-z_][A-Za-z0-9]*(?:[-_.]+[A-Za-z0-9]*)+")
_FILE = re.compile(r"[^%]*\.[A-Za-z][A-Za-z0-9]{0,5}")
_RUN = re.compile("[0-9]+|[A-Z]?[a-z]+|[A-Z]+")
_RELEASE = re.compile("[vV]?[0-9]+(?:[.][0-9]+){2,3}(?:[-+][0-9A-Za-z.]+)?")
_CONSONANTS = re.compile("[bcdfghjklmnpqrstvwxz]{5}|[BCDFGHJKLMNPQRSTVWXZ]{5}")
_PREFIXED = re.compile("[a-z]{1,5}[_-]([A-Za-z0-9]{10,})")
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_.]*")
_SUFFIX = re.compile("([^.:]+)([.:][A-Za-z][A-Za-z0-9]*)")
_DIGITS = re.compile("[0-9]")


@lru_cache(65_536)
def kind_of_segment(segment: str) -> str:
    """One word for it. Ids: `IDS`. Others: word, slug, locale, code ("US"), version, file, token (with digits), empty, text."""
    if segment.isascii() and segment.isalpha():
        if len(segment) == 2 and segment.islower():
            return "locale"
        if len(segment) <= 3 and segment.isupper():
            return "code"
        return "opaque" if len(segment) >= 12 and _shuffled(segment) else "word"
    if _NUMBER.fullmatch(segment):
        return "number"
    if not segment:
        return "empty"
    if segment[0] == "{":
        return segment[1:].partition(":")[0]  # masked, see `yett.engine.learning.masking`
    if len(segment) == 36 and _UUID.fullmatch(segment):
        return "uuid"
    return _mixed(segment)


def _mixed(segment: str) -> str:
    size = len(segment)
    if _VERSION.fullmatch(segment):
        return "version"
    if _DATE.fullmatch(segment):
        return "date"
    if size == 26 and _ULID.fullmatch(segment):
        return "ulid"
    if size >= 8 and _HEX.fullmatch(segment):
        return "hex"
    if _LOCALE.fullmatch(segment):
        return "locale"
    if _ADDRESS.fullmatch(segment):
        return "address"
    if _RELEASE.fullmatch(segment):
        return "release"
    at = segment.find("@") if "@" in segment else segment.find("%40")
    if at > 0 and "." in segment[at:]:
        return "email"
    if _DECIMAL.fullmatch(segment):
        return "number"
    if ":" in segment and _verb(segment):
        return "text"
    if "," in segment and kind_of_segment(segment.partition(",")[0]) in IDS:
        return "opaque"
    return "opaque" if _opaque(segment) else _text(segment)


def _verb(segment: str) -> bool:
    """Whether it is a value and a verb: "123:cancel"."""
    value, _, verb = segment.rpartition(":")
    return ":" not in value and verb.isalnum() and kind_of_segment(verb) == "word"


def _text(segment: str) -> str:
    if _FILE.fullmatch(segment):
        return "file"
    if _SLUG.fullmatch(segment) or segment[0] == "$":
        return "slug"
    if segment.isalnum():
        return "token" if len(_DIGITS.findall(segment)) >= 2 else "word"
    return "text"


def _opaque(segment: str) -> bool:
    """Made by a machine: many digits, or case and kind that change all the time."""
    digits = len(_DIGITS.findall(segment))
    letters = sum(1 for octet in segment if octet.isalpha())
    if digits >= 4 or (digits >= 3 and digits > letters):
        return True
    if len(segment) >= 8 and _shuffled(segment):
        return True
    prefixed = _PREFIXED.fullmatch(segment)
    if prefixed is None:
        return False
    return _CONSONANTS.search(prefixed[1]) is not None or (not prefixed[1].islower() and len(_RUN.findall(prefixed[1])) >= 3)


def _shuffled(segment: str) -> bool:
    """Whether runs of one kind are shorter than in any CamelCase name: about 1.6 characters in base64url, 3 and more in names.
    Beside digits and changes of case, five consonants in a row are no name either."""
    runs = _RUN.findall(segment)
    if len(runs) < 4:
        return False
    return sum(map(len, runs)) < 2.5 * len(runs) or (len(segment) >= 12 and _CONSONANTS.search(segment) is not None)


def parted(segment: str) -> tuple[str, str, str]:
    """(before, value, after), where a segment holds more than a value: "12.json", "12:cancel", "orders(12)"."""
    if segment[-1:] == ")":
        name, mark, inner = segment[:-1].partition("(")
        if mark and inner and _NAME.fullmatch(name) and "(" not in inner:
            return name + "(", inner, ")"
    found = _SUFFIX.fullmatch(segment)
    if found is not None:
        return "", found[1], found[2]
    return "", segment, ""
