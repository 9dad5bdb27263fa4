"""A quick first look at many texts at once, for operators that have nothing to look for: True where a link may match one of them.

Never False where a link does match. Texts are values, or lines of values (see `yett.formats.inspected.BodyValues.texts`): then
each value is a whole line, other lines stand between, and no value holds a line feed. They must not know the order of rules.
"""

from collections.abc import Callable, Sequence

from yett.formats.transformations import TRANSFORMATIONS, transformed
from yett.rules.inspection.sqli import sqli
from yett.rules.inspection.xss import xss
from yett.rules.seclang.operators import byte_range, is_utf8
from yett.rules.seclang.triggers import Trigger

Probe = Callable[[Sequence[bytes], bool], bool]
"""Of texts, and whether the first of them is lines of values."""

_LINE_FEED = b"\n"


def probe(trigger: Trigger) -> Probe:
    """Of a link whose operator is one of those with a quick first look."""
    rule, chain = trigger.rule, trigger.link.chain
    name = rule.operator.name
    if name in ("gt", "ge"):
        return _longer(int(rule.operator.argument) - (name == "ge"))
    if name == "validatebyterange":
        return _octets(byte_range(rule.operator.argument), chain)
    if name == "validateutf8encoding":
        return _each(chain, lambda text: not text.isascii() and not is_utf8(text))
    if name == "validateurlencoding":
        return _each(chain, lambda text: b"%" in text)
    if name == "detectsqli":
        return _lines(chain, lambda text: bool(sqli(text)))
    return _lines(chain, xss)


def _longer(length: int) -> Probe:
    def may_match(texts: Sequence[bytes], lined: bool) -> bool:
        if not any(len(text) > length for text in texts):
            return False
        return any(len(text) > length for text in (values(texts) if lined else texts))

    return may_match


def values(texts: Sequence[bytes]) -> list[bytes]:
    """The single lines of the first text, then the other texts."""
    return [*texts[0].split(_LINE_FEED), *texts[1:]] if texts else []


def touched(chain: tuple[str, ...], text: bytes, borders: int) -> bool:
    return any(TRANSFORMATIONS[name].touches(text, borders) for name in chain)


def _each(chain: tuple[str, ...], test: Callable[[bytes], bool]) -> Probe:
    """A test that can be asked of many values at once."""

    def may_match(texts: Sequence[bytes], lined: bool) -> bool:
        for index, text in enumerate(texts):
            if not chain or not touched(chain, text, text.count(_LINE_FEED) if lined and index == 0 else 0):
                if test(text):
                    return True
            elif any(test(transformed(chain, line)) for line in (text.split(_LINE_FEED) if lined and index == 0 else (text,))):
                return True
        return False

    return may_match


def _octets(allowed: bytes, chain: tuple[str, ...]) -> Probe:
    in_lines = _each(chain, lambda text: bool(text.translate(None, allowed + _LINE_FEED)))
    if _LINE_FEED in allowed:
        return in_lines
    in_values = _each(chain, lambda text: bool(text.translate(None, allowed)))

    def may_match(texts: Sequence[bytes], lined: bool) -> bool:
        if not lined:
            return in_values(texts, False)
        return in_lines(texts[:1], True) or in_values(texts[1:], False)

    return may_match


def _lines(chain: tuple[str, ...], test: Callable[[bytes], bool]) -> Probe:
    """A test of single values."""

    def may_match(texts: Sequence[bytes], lined: bool) -> bool:
        return any(test(transformed(chain, text)) for text in (values(texts) if lined else texts))

    return may_match
