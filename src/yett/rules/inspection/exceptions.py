"""Exceptions from attack rules, as a policy says them: a rule, at a place, of an operation. It must not know rules."""

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from yett.model.operation import Operation
from yett.model.policy import Struct

KINDS = ("path", "query", "header", "cookie", "form", "part", "file", "upload", "body", "response", "method", "target")
"""First words of places."""
ITSELF = "(itself)"
_MEANT = {"**": ".*", "*": "[^/]*", "\\*": "\\*"}
_POSITION = re.compile(r"/[0-9]+(?=/|$|#| \(name\)$)")


class Exemption(Struct, frozen=True, kw_only=True):
    """`{rule: sql-injection, operation: "POST /reports", place: "body /filters/*/query"}`

    rule: an id, or "*" for all. operation: its id, or method and template. place: as records say it; "*" stands for one step of
    a pointer, "**" for any number, and "\\*" for itself; a word alone ("body", "query", "header", "cookie") for all places of that
    kind, and with "(itself)" for what has no name: a body that is one text, a parameter of the query without name.
    """

    rule: Annotated[str, Meta(min_length=1, max_length=64)]
    operation: Annotated[str, Meta(min_length=1)] | None = None
    place: Annotated[str, Meta(min_length=1, max_length=300)] | None = None

    def __post_init__(self) -> None:
        if self.operation is None and self.place is None:
            raise ValueError("an exception names an operation, a place, or both; `rules` turns a rule off everywhere")
        if self.place is not None and self.place.partition(" ")[0] not in KINDS:
            raise ValueError(f"{self.place!r} is no place; the first word is one of {', '.join(KINDS)}")

    def applies_to(self, operation: Operation) -> bool:
        """Whether it may count for this operation."""
        return self.operation in (None, operation.id, f"{operation.method} {operation.template}")


class Exceptions:
    """The exceptions that count for one operation."""

    def __init__(self, exemptions: Sequence[Exemption]) -> None:
        self._by_rule: dict[str, list[re.Pattern[str]]] = {}
        for exemption in exemptions:
            self._by_rule.setdefault(exemption.rule, []).append(_pattern(exemption.place))

    def excuse(self, rule: str, place: str) -> bool:
        """Whether a finding of this rule at this place does not count."""
        found = self._by_rule.get(rule, ()), self._by_rule.get("*", ())
        return any(pattern.fullmatch(place) for patterns in found for pattern in patterns)


def _pattern(place: str | None) -> re.Pattern[str]:
    """Patterns come from the policy's owner; places are short."""
    if place is None:
        return re.compile("(?s).*")
    kind, _, name = place.partition(" ")
    if not name:
        return re.compile(rf"(?si){re.escape(kind)}(?: .*)?")
    if name == ITSELF:
        return re.compile(re.escape(kind))
    caseless = kind in ("header", "response")
    pieces = [_MEANT.get(piece) or re.escape(piece) for piece in re.split(r"(\\\*|\*\*|\*)", place)]
    within = "" if "#" in name or name.endswith(" (name)") else "(?:#/.*)?"  # a document in the value is part of it
    return re.compile("".join(pieces) + within, re.S | (re.I if caseless else 0))


def general(place: str) -> str:
    """A place as exceptions name it: positions in lists become "*", and what looked like that is written as itself."""
    kind, blank, name = place.partition(" ")
    name = name.replace("*", "\\*")
    return kind + blank + (_POSITION.sub("/*", name) if kind in ("body", "response") else name)


def narrowest(rule: str, operation: str, place: str) -> str:
    """The entry for a policy that lets exactly this finding pass, as a line of YAML, ASCII only."""
    return entry(rule, operation, general(place))


def entry(rule: str, operation: str, place: str) -> str:
    """The entry for a place that is `general`."""
    where = place if " " in place or place in ("method", "target") else f"{place} {ITSELF}"
    parts = [f"rule: {rule}"] + ([f"operation: {_quoted(operation)}"] if operation else []) + [f"place: {_quoted(where)}"]
    return "{" + ", ".join(parts) + "}"


def _quoted(text: str) -> str:
    """As a scalar of YAML in double quotes (1.2.2, 7.3.1), ASCII only."""
    escaped = "".join(
        "\\" + letter if letter in '"\\' else letter if " " <= letter <= "~" else _code(ord(letter)) for letter in text
    )
    return f'"{escaped}"'


def _code(point: int) -> str:
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
