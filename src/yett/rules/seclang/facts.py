"""What a rule reads and writes: the variables of TX by name, and whether it looks at the exchange at all. The compiler folds away
what follows from this. It must not run anything.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from yett.formats.seclang.values import SecAction, SecRule, Variable, raw
from yett.rules.seclang.links import DIGITS
from yett.rules.seclang.macros import Macro
from yett.rules.seclang.variables import PERSISTENT, key_test

EARLIER = frozenset(("MATCHED_VAR", "MATCHED_VAR_NAME", "MATCHED_VARS", "MATCHED_VARS_NAMES"))
"""Variables that hold what an earlier link matched."""


_BEGINNING = re.compile(rb"\^([a-z0-9_-]*)([?*{]?)", re.IGNORECASE)


class Reads(msgspec.Struct, eq=False):
    """names: of TX, in lower case; tests: on names of TX; beginnings: of all names that a test accepts, for each test;
    everything: all of TX; exchange: more than TX; earlier: what an earlier link of the chain matched."""

    names: set[bytes] = msgspec.field(default_factory=set)
    tests: list[Callable[[bytes], bool]] = msgspec.field(default_factory=list)
    beginnings: list[bytes] = msgspec.field(default_factory=list)
    everything: bool = False
    exchange: bool = False
    earlier: bool = False

    def add(self, text: bytes) -> None:
        """A text with macros."""
        macro = Macro(text)
        self.names.update(macro.names)
        self.exchange = self.exchange or macro.reads_else

    def add_variable(self, variable: Variable) -> None:
        if variable.collection in EARLIER:
            self.earlier = True
        elif variable.collection in PERSISTENT:
            pass  # always empty
        elif variable.collection != "TX":
            self.exchange = True
        elif variable.pattern is not None:
            test = key_test(variable)
            assert test is not None
            self.tests.append(test)
            self.beginnings.append(_beginning(variable.pattern))
        elif variable.selector is None:
            self.everything = True
        else:
            self.names.add(raw(variable.selector).lower())

    def include(self, other: "Reads") -> None:
        self.names |= other.names
        self.tests += other.tests
        self.beginnings += other.beginnings
        self.everything = self.everything or other.everything
        self.exchange = self.exchange or other.exchange
        self.earlier = self.earlier or other.earlier

    def may_begin(self, start: bytes) -> bool:
        """Whether a test may accept a name of which only the beginning is known."""
        return any(one.startswith(start) or start.startswith(one) for one in self.beginnings)


def _beginning(pattern: bytes) -> bytes:
    """What all names begin with that a pattern finds."""
    found = _BEGINNING.match(pattern) if b"|" not in pattern else None
    if found is None:
        return b""
    return (found[1][:-1] if found[2] else found[1]).lower()


class Names:
    """A set of names of TX, some known by their beginning only."""

    def __init__(self) -> None:
        self.exact: set[bytes] = set()
        self.prefixes: set[bytes] = set()

    def add_name(self, key: bytes) -> None:
        start, mark, _ = key.partition(b"%{")
        if mark:
            self.prefixes.add(start)
        else:
            self.exact.add(key)

    def size(self) -> int:
        return len(self.exact) + len(self.prefixes)

    def __contains__(self, name: bytes) -> bool:
        return name in self.exact or any(name.startswith(prefix) for prefix in self.prefixes)

    def read_by(self, reads: Reads) -> bool:
        """Whether what is read may be one of these."""
        if reads.everything:
            return self.size() > 0
        if any(name in self for name in reads.names):
            return True
        return any(self.prefixes or any(test(name) for name in self.exact) for test in reads.tests)


class LinkFacts(msgspec.Struct, eq=False):
    """reads: to judge; sources: what its effects read; writes: names that it sets; acts: it has effects beside TX (`ctl`)."""

    reads: Reads
    sources: Reads
    writes: list[bytes]
    adds: bool
    captures: bool
    acts: bool


def link_facts(item: SecRule | SecAction) -> LinkFacts:
    reads, sources = Reads(), Reads()
    if isinstance(item, SecRule):
        for variable in item.variables:
            reads.add_variable(variable)
        if item.operator.name not in ("rx", "rxglobal", "pm", "validatebyterange"):
            reads.add(item.operator.octets)
    writes = []
    adds = False
    for told in item.assignments:
        if told.collection == "TX":
            writes.append(raw(told.key).lower())
            sources.add(raw(told.key))
            sources.add(raw(told.value))
            adds = adds or told.operation in ("+", "-")
    return LinkFacts(reads, sources, writes, adds, item.captures, bool(item.controls))


def facts(item: SecRule | SecAction) -> list[LinkFacts]:
    """Of each link, the head first."""
    chained: Iterable[SecRule] = item.chained if isinstance(item, SecRule) else ()
    return [link_facts(one) for one in (item, *chained)]


def written(found: Iterable[LinkFacts]) -> Iterator[bytes]:
    """All names of TX that a rule sets, captures included."""
    for link in found:
        yield from link.writes
        if link.captures:
            yield from DIGITS


def variables_only(found: list[LinkFacts]) -> bool:
    """Whether judging needs nothing but TX."""
    return not any(link.reads.exchange for link in found) and not found[0].reads.earlier
