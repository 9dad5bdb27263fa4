"""One link of a rule (a SecRule or SecAction with its targets, transformations and operator), prepared, and what happens when
it matches. It must not know the order of rules, nor how candidates were found.
"""

from collections.abc import Callable, Sequence

import msgspec

from yett.formats.seclang.values import Assignment, raw
from yett.formats.transformations import transformed
from yett.rules.seclang.macros import Macro
from yett.rules.seclang.operators import Accept, Captured, integer
from yett.rules.seclang.transaction import Named, Transaction
from yett.rules.seclang.variables import Gather

Effect = Callable[[Transaction], None]

DIGITS = tuple(b"%d" % number for number in range(10))
"""Names of captures in TX."""

LARGEST = 1 << 62

MOST_MATCHES = 64
"""Most values of one link that count. So many are far beyond every threshold."""


class Link(msgspec.Struct, kw_only=True, eq=False):
    """accept is asked with each value after `chain`; multi: also between the transformations that changed it. effects are what
    `setvar` and `ctl` do, per value that matched. bit: of the look for its pattern beforehand, 0 where there is none."""

    gather: Gather
    chain: tuple[str, ...]
    accept: Accept
    negated: bool
    captures: bool
    multi: bool
    effects: tuple[Effect, ...]
    bit: int = 0

    def matches(self, t: Transaction, position: int) -> bool:
        """Judge all values at once."""
        return self.judge(self.gather(t), t, position)

    def judge(self, values: Named, t: Transaction, position: int) -> bool:
        """Judge every value, as ModSecurity does: the effects are repeated for each that matches, up to MOST_MATCHES."""
        chain, accept, negated, multi = self.chain, self.accept, self.negated, self.multi
        left_out, excuse = t.excluded.get(position), t.excuse
        known = t.transformed
        matched = 0
        for name, key, value in values:
            if left_out is not None and _left_out(left_out, name, key):
                continue
            if multi:
                for text, captured in self._search_each(value, t):
                    if excuse is not None and excuse(position, name):
                        break
                    self._matched(t, name, text, captured)
                    matched += 1
                continue
            if chain:
                value = known.transformed(chain, value)
            captured = accept(value, t)
            if (captured is None) == negated:
                if excuse is not None and excuse(position, name):
                    continue
                self._matched(t, name, value, captured)
                matched += 1
                if matched >= MOST_MATCHES:
                    break
        return matched > 0

    def _search_each(self, value: bytes, t: Transaction) -> list[tuple[bytes, Captured | None]]:
        stages = [value]
        for step in self.chain:
            after = transformed((step,), stages[-1])
            if after != stages[-1]:
                stages.append(after)
        found = []
        for stage in stages:
            captured = self.accept(stage, t)
            if (captured is None) == self.negated:
                found.append((stage, captured))
        return found

    def _matched(self, t: Transaction, name: bytes, value: bytes, captured: Captured | None) -> None:
        t.matched.append((name, value))
        if self.captures and captured:
            if t.clean:
                t.start_from(t.tx)
            tx = t.tx
            for digit, text in zip(DIGITS, captured, strict=False):
                tx[digit] = text or b""
        for effect in self.effects:
            effect(t)


_WIDER = {f"ARGS_{origin}{what}": f"ARGS{what}" for origin in ("GET", "POST") for what in ("", "_NAMES")}
"""An argument whose name stands in query and body says where it is; it is one of ARGS nevertheless."""


def _left_out(tests: Sequence[tuple[str, Callable[[bytes], bool] | None]], name: bytes, key: bytes) -> bool:
    collection = name.partition(b":")[0].decode("latin-1")
    wider = _WIDER.get(collection)
    return any(own in (collection, wider) and (test is None or test(key)) for own, test in tests)


def assignment(told: Assignment, pinned: frozenset[bytes]) -> Effect | None:
    """What a `setvar` does; None where nothing: other collections than TX do not live longer than a transaction, and `pinned`
    variables are set by the policy."""
    if told.collection != "TX":
        return None
    key, value = Macro(raw(told.key).lower()), Macro(raw(told.value))
    name = key.constant
    if name in pinned:
        return None
    if told.operation == "!":
        return lambda t: t.assign(key(t).lower(), None)
    if told.operation == "=":
        if name is not None and value.constant is not None:
            constant = value.constant
            return lambda t: t.assign(name, constant)
        return lambda t: t.assign(key(t).lower(), value(t))
    sign = 1 if told.operation == "+" else -1

    def add(t: Transaction) -> None:
        at = key(t).lower()
        total = integer(t.tx.get(at, b"")) + sign * integer(value(t))
        t.assign(at, b"%d" % max(-LARGEST, min(LARGEST, total)))

    return add
