"""Finds which of many patterns may match which values, in as few passes over the values as possible.

`Matcher.candidates` is the fast, over-approximating question; `Matcher.confirm` is the exact one, for one needle and one value.
Patterns follow `@rx` of ModSecurity 3: octets, "." matches every octet, "^" and "$" match at line breaks. All matching is in
time linear in the input. It must not know rules, requests or policies.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec
import re2

from yett.formats.transformations import chain_of, transformed
from yett.model.ports import NoPatternCache, PatternCache


class Needle(msgspec.Struct, frozen=True):
    """What to look for, after which transformations.

    id: 0 to 2**31 - 1, unique within a matcher. pattern: a regular expression as of PCRE without look-around and back-references;
    a text to be found as it is where `literal`. chain: names of `yett.formats.transformations`, in order.
    phrases: where not empty, any of these literal texts, and `pattern` is not looked at (`@pm`, together with `caseless`).
    """

    id: int
    pattern: bytes
    chain: tuple[str, ...] = ()
    literal: bool = False
    caseless: bool = False
    phrases: tuple[bytes, ...] = ()


class Match(NamedTuple):
    """Where a needle matched. value: the value after the needle's chain; start, end: octets into it; groups: what each group
    of the pattern took, the whole match first, None for a group that took no part."""

    value: bytes
    start: int
    end: int
    groups: tuple[bytes | None, ...]


class Refused(msgspec.Struct, frozen=True):
    """A needle that is not looked for. reason: for whoever wrote the pattern."""

    id: int
    reason: str


class Matcher:
    """Looks for many needles at once. Immutable once built; building takes seconds where the cache has nothing.

    `refused` lists needles whose patterns cannot be matched in linear time (or not at all): neither `candidates` nor `confirm`
    knows them. Raises UnknownTransformation for a chain of unknown names, ValueError for an id given twice.
    """

    refused: tuple[Refused, ...]

    def __init__(self, needles: Iterable[Needle], cache: PatternCache | None = None) -> None:
        self._cache = cache or NoPatternCache()
        self._needles: dict[int, tuple[tuple[str, ...], re2._Regexp]] = {}
        refused = []
        for needle in needles:
            chain = chain_of(needle.chain)
            if needle.id in self._needles:
                raise ValueError(f"the id {needle.id} is given twice")
            try:
                self._needles[needle.id] = chain, re2.compile(_source(needle), _options())
            except re2.error as error:
                refused.append(Refused(needle.id, str(error)))
        self.refused = tuple(refused)

    def candidates(self, values: Sequence[bytes]) -> Collection[int]:
        """Ids of all needles that match one of the values after their chains, and maybe of some more. In no order, each once."""
        return [id_ for id_ in self._needles if any(self.confirm(id_, value) is not None for value in values)]

    def confirm(self, id_: int, value: bytes) -> Match | None:
        """The first match of a needle in a value (which is given as received: the needle's chain is applied here)."""
        chain, expression = self._needles[id_]
        return _search(expression, transformed(chain, value))

    def confirm_transformed(self, id_: int, value: bytes) -> Match | None:
        """Likewise, in a value to which the needle's chain has been applied already."""
        return _search(self._needles[id_][1], value)


def _search(expression: "re2._Regexp", value: bytes) -> Match | None:
    found = expression.search(value)
    return None if found is None else Match(value, found.start(), found.end(), (found.group(), *found.groups()))


def _source(needle: Needle) -> bytes:
    flags = b"(?sim)" if needle.caseless else b"(?sm)"
    if needle.phrases:
        return flags + b"|".join(map(re2.escape, needle.phrases))
    return flags + (re2.escape(needle.pattern) if needle.literal else needle.pattern)


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options
