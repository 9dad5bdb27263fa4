"""A quick first look at many texts at once, for operators that have nothing to look for: True where a link may match one of them.

Never False where a link does match. Texts are values, or hold values as whole lines (see `yett.formats.inspected.BodyValues`). They
must not know the order of rules.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

from yett.formats.seclang.values import SecRule
from yett.formats.signs import PERCENT
from yett.formats.transformations import LONG, MADE, TRANSFORMATIONS, transformed
from yett.rules.inspection.plain import UNSIGNED, Plain
from yett.rules.inspection.sqli import may_be_sqli, suspects
from yett.rules.inspection.xss import xss
from yett.rules.seclang.operators import byte_range, fingerprint, is_utf8
from yett.rules.seclang.triggers import Trigger

Probe = Callable[[Sequence[bytes], Sequence[bytes]], bool]
"""Of values, and of texts of which values are whole lines."""

_LINE_FEED = b"\n"

MANY = 100
"""Values from which on it pays to remember what tests have said of each."""


def _is_sqli(text: bytes) -> bool:
    return may_be_sqli(text) and bool(fingerprint(text))


SINGLE: dict[str, Callable[[bytes], bool]] = {"detectsqli": _is_sqli, "detectxss": xss}
"""The tests of operators that judge single values by reading them. One word or number is neither SQL nor HTML."""


def probe(trigger: Trigger) -> Probe:
    """Of a link whose operator is one of those with a quick first look."""
    looks = [_after(chain, trigger) for chain in trigger.stages]
    return looks[0] if len(looks) == 1 else lambda values, lines: any(look(values, lines) for look in looks)


def _after(chain: tuple[str, ...], trigger: Trigger) -> Probe:
    rule = trigger.rule
    name = rule.operator.name
    if name in LENGTHS:
        return _longer(longest(rule))
    if name == "validatebyterange":
        return _octets(byte_range(rule.operator.argument), chain)
    if name == "validateutf8encoding":
        return _each(chain, _not_utf8, _not_utf8)
    assert name == "validateurlencoding"
    return _each(chain, _escapes, _escapes)


LENGTHS = ("gt", "ge")
"""Operators that are asked about lengths."""


def longest(rule: SecRule) -> int:
    """The longest value that a link of these lets pass."""
    return int(rule.operator.argument) - (rule.operator.name == "ge")


def passes_plain(trigger: Trigger, plain: Plain) -> bool:
    """Whether a link of these matches no plain value."""
    if not plain.keeps(trigger.link.chain):
        return False
    name = trigger.rule.operator.name
    if name == "validatebyterange":
        return not plain.octets.translate(None, byte_range(trigger.rule.operator.argument))
    return (name == "validateurlencoding" and PERCENT not in plain.octets) or name == "validateutf8encoding"


def _not_utf8(text: bytes) -> bool:
    return not text.isascii() and not is_utf8(text)


def _escapes(text: bytes) -> bool:
    return PERCENT in text


def _longer(length: int) -> Probe:
    def may_match(values: Sequence[bytes], lines: Sequence[bytes]) -> bool:
        if any(len(text) > length for text in values):
            return True
        return any(len(line) > length for text in lines if len(text) > length for line in text.split(_LINE_FEED))

    return may_match


def touched(chain: tuple[str, ...], text: bytes, borders: int) -> bool:
    """Whether a transformation may change one of the values that are joined to a text by so many line feeds."""
    return any(TRANSFORMATIONS[name].touches(text, borders) for name in chain)


def _each(chain: tuple[str, ...], in_value: Callable[[bytes], bool], in_lines: Callable[[bytes], bool]) -> Probe:
    """in_lines can be asked of many values at once, with line feeds between them."""

    def may_match(values: Sequence[bytes], lines: Sequence[bytes]) -> bool:
        for text in values:
            if in_value(transformed(chain, text) if chain else text):
                return True
        for text in lines:
            if not chain or not touched(chain, text, text.count(_LINE_FEED)):
                if in_lines(text):
                    return True
            elif any(in_value(transformed(chain, line)) for line in text.split(_LINE_FEED)):
                return True
        return False

    return may_match


def _octets(allowed: bytes, chain: tuple[str, ...]) -> Probe:
    and_line_feed = allowed + _LINE_FEED
    return _each(
        chain, lambda text: bool(text.translate(None, allowed)), lambda text: bool(text.translate(None, and_line_feed))
    )


class Singles:
    """Tests of single values (`@detectSQLi`, `@detectXSS`), all together."""

    def __init__(self, triggers: Iterable[Trigger]) -> None:
        self._tests = [(one.bit, chain, one.rule.operator.name) for one in triggers for chain in one.stages]
        self._sql = sum(one.bit for one in triggers if one.rule.operator.name == "detectsqli")
        self.alike = all(UNSIGNED.same(one.link.chain) for one in triggers)
        """Whether the transformations of all of them change no plain value without plus signs."""

    def of_kept(self, keeps: Callable[[tuple[str, ...]], bool]) -> int:
        """The bits of tests that may accept a word or number, of which `keeps` says what changes none."""
        mask = 0
        for bit, chain, _ in self._tests:
            if not keeps(chain):
                mask |= bit
        return mask

    def look(self, values: Collection[bytes]) -> int:
        """The bits of tests that accept a value."""
        mask = 0
        if self._tests:
            many = len(values) > MANY
            for value in values:
                if not value.isalnum():
                    mask |= self._judged(value, mask, many or len(value) > LONG)
        return mask

    def _judged(self, value: bytes, mask: int, keeps: bool) -> int:
        """The bits of `mask`, and of tests that accept the value; what different chains make alike is read once. keeps: rules
        will ask of many values, or long ones."""
        told: dict[tuple[str, bytes], bool] = {}
        for bit, chain, name in self._tests:
            if not mask & bit:
                at = name, transformed(chain, value)
                accepted = told.get(at)
                if accepted is None:
                    ask = SINGLE[name]
                    accepted = told[at] = MADE.told(name, at[1], ask) if keeps else ask(at[1])
                if accepted:
                    mask |= bit
        return mask

    def look_at_plain(self, lines: bytes) -> int:
        """The same of plain values without plus signs, one a line, where `alike`: none of them is HTML."""
        return self._sql if self._sql and any(map(fingerprint, suspects(lines))) else 0
