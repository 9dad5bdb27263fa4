"""Lines of a request's head, one at a time: which links may match a line.

What depends on a field's name alone is found out once for each name. Memory is bounded. It must not know what links do.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from yett.formats.transformations import transformed
from yett.model.ports import PatternCache
from yett.rules.inspection.memory import Memory
from yett.rules.seclang.links import Link
from yett.rules.seclang.needles import Phrases
from yett.rules.seclang.operators import Accept
from yett.rules.seclang.texts import ManyTexts
from yett.rules.seclang.transaction import Transaction
from yett.rules.seclang.triggers import HEADS, Part, Trigger

LONGEST = 1_024
"""Octets of the longest line that is remembered."""

_NAMES, _VALUES = b"REQUEST_HEADERS_NAMES:", b"REQUEST_HEADERS:"


class _Tests(NamedTuple):
    """What fields of a name are asked. mask: bits of links that match for the name alone. anywhere: bits of patterns that count in
    the value of this field and of any other; here: of those that do not in every field. single: (bit, operator, chain, negated) of
    links that judge the value; chains: links in a row, by bit. cookies: whether it holds cookies."""

    mask: int
    anywhere: int
    here: int
    single: tuple[tuple[int, Accept, tuple[str, ...], bool], ...]
    chains: tuple[tuple[int, tuple[Link, ...]], ...]
    cookies: bool


class Fields:
    """All links that look at fields. texts: looks for all that `anywhere` names. tx: the constant variables of TX."""

    def __init__(
        self,
        triggers: Iterable[Trigger],
        texts: ManyTexts,
        phrases: Phrases,
        tx: Mapping[bytes, bytes],
        cache: PatternCache | None,
    ) -> None:
        self._tx = tx
        self._anywhere = texts
        self._others: list[Trigger] = []
        self._allowed: list[tuple[int, frozenset[bytes] | None]] = []
        self._names = 0
        self._tests: Memory[bytes, _Tests] = Memory()
        self._nobody = Transaction(b"", b"", b"", ())
        self._nobody.tx, self._nobody.clean = dict(tx), False
        named = []
        for trigger in triggers:
            if not _seeks(trigger):
                self._others.append(trigger)
                continue
            if not anywhere(trigger):
                named.append(trigger)
            collections = {variable.collection for variable in trigger.rule.variables if not variable.exclude}
            if "REQUEST_HEADERS_NAMES" in collections:
                self._names |= trigger.bit
            if "REQUEST_HEADERS" in collections:
                self._allowed.append((trigger.bit, _named(trigger)))
        self._here = ManyTexts(named, phrases, cache)

    def look(self, name: bytes, value: bytes) -> int:
        """The bits of all links that may match a line."""
        tests = self.tests(name)
        mask = self.alone(tests, name, value)
        return mask | (self._anywhere.look((value,)) & tests.anywhere if tests.anywhere else 0)

    def tests(self, name: bytes) -> _Tests:
        """What fields of a name are asked."""
        tests = self._tests.get(name)
        if tests is None:
            tests = self._tests.recall(name) or self._asked(name)
            if len(name) <= LONGEST:
                self._tests.keep(name, tests)
        return tests

    def alone(self, tests: _Tests, name: bytes, value: bytes) -> int:
        """The bits of all links that may match a line but for the patterns that are looked for anywhere."""
        mask = tests.mask
        if tests.here:
            mask |= self._here.look((value,)) & tests.here
        for bit, accept, chain, negated in tests.single:
            if (accept(transformed(chain, value) if chain else value, self._nobody) is None) == negated:
                mask |= bit
        for bit, links in tests.chains:
            mask |= self._judged(bit, links, name, value)
        return mask

    def _asked(self, name: bytes) -> _Tests:
        lower = name.lower()
        mask = (self._anywhere.look((name,)) | self._here.look((name,))) & self._names if self._names else 0
        everywhere = sum(bit for bit, names in self._allowed if names is None)
        here = sum(bit for bit, names in self._allowed if names is not None and lower in names)
        single, chains = [], []
        for trigger in self._others:
            if _of_names(trigger):
                mask |= self._judged(trigger.bit, trigger.whole or (bare(trigger),), name, b"")
                continue
            names, link = _named(trigger), bare(trigger)
            if names is not None and lower not in names:
                continue
            if trigger.whole or link.multi:
                chains.append((trigger.bit, trigger.whole or (link,)))
                continue
            found = [own for own, _, _ in link.gather(Transaction(b"", b"", b"", [(name, b"x")]))]
            if any(own.startswith(_NAMES) for own in found):
                chains.append((trigger.bit, (link,)))
            elif any(own.startswith(_VALUES) for own in found):
                single.append((trigger.bit, link.accept, link.chain, link.negated))
        return _Tests(mask, everywhere, here, tuple(single), tuple(chains), lower == b"cookie")

    def _judged(self, bit: int, links: tuple[Link, ...], name: bytes, value: bytes) -> int:
        t = Transaction(b"", b"", b"", [(name, value)])
        t.tx, t.clean = dict(self._tx), False
        return bit if all(link.matches(t, -1) for link in links) else 0


def bare(trigger: Trigger) -> Link:
    """The link without anything that it does."""
    return msgspec.structs.replace(trigger.link, effects=(), captures=False)


def anywhere(trigger: Trigger) -> bool:
    """Whether a link looks for a pattern in all fields."""
    return bool(trigger.parts & Part.FIELD) and _seeks(trigger) and _named(trigger) is None


def _seeks(trigger: Trigger) -> bool:
    return trigger.pattern and not trigger.whole


def _of_names(trigger: Trigger) -> bool:
    """Whether a link looks at names only."""
    return all(variable.collection == "REQUEST_HEADERS_NAMES" for variable in trigger.rule.variables)


def _named(trigger: Trigger) -> frozenset[bytes] | None:
    """Names of the fields that a link looks at; None for all."""
    found = set()
    for variable in trigger.rule.variables:
        if variable.collection in HEADS and not variable.exclude and not variable.count:
            if variable.selector is None or variable.pattern is not None:
                return None
            found.add(variable.selector.encode("utf-8", "surrogateescape").lower())
    return frozenset(found)
