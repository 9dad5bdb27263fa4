"""A quick first look at many texts at once, for operators that have nothing to look for: True where a link may match one of them.

Never False where a link does match. Texts are values, or hold values as whole lines (see `yett.formats.inspected.BodyValues`). They
must not know the order of rules.
"""

from collections.abc import Callable, Sequence

from yett.formats.transformations import TRANSFORMATIONS, transformed
from yett.rules.inspection.sqli import sqli
from yett.rules.seclang.operators import byte_range, is_utf8
from yett.rules.seclang.triggers import Trigger

Probe = Callable[[Sequence[bytes], Sequence[bytes]], bool]
"""Of values, and of texts of which values are whole lines."""

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
        return _each(chain, _not_utf8, _not_utf8)
    if name == "validateurlencoding":
        return _each(chain, _escapes, _escapes)
    if name == "detectsqli":
        return _single(chain, lambda text: bool(sqli(text)))
    from yett.rules.inspection.xss import xss

    return _single(chain, xss)


def _not_utf8(text: bytes) -> bool:
    return not text.isascii() and not is_utf8(text)


def _escapes(text: bytes) -> bool:
    return b"%" in text


def _longer(length: int) -> Probe:
    def may_match(values: Sequence[bytes], lines: Sequence[bytes]) -> bool:
        if any(len(text) > length for text in values):
            return True
        return any(len(line) > length for text in lines if len(text) > length for line in text.split(_LINE_FEED))

    return may_match


def _touched(chain: tuple[str, ...], text: bytes, borders: int) -> bool:
    return any(TRANSFORMATIONS[name].touches(text, borders) for name in chain)


def _each(chain: tuple[str, ...], in_value: Callable[[bytes], bool], in_lines: Callable[[bytes], bool]) -> Probe:
    """in_lines can be asked of many values at once, with line feeds between them."""

    def may_match(values: Sequence[bytes], lines: Sequence[bytes]) -> bool:
        for text in values:
            if in_value(transformed(chain, text) if chain else text):
                return True
        for text in lines:
            if not chain or not _touched(chain, text, text.count(_LINE_FEED)):
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


def _single(chain: tuple[str, ...], test: Callable[[bytes], bool]) -> Probe:
    """A test of single values."""

    def may_match(values: Sequence[bytes], lines: Sequence[bytes]) -> bool:
        for text in values:
            if test(transformed(chain, text)):
                return True
        return any(test(transformed(chain, line)) for text in lines for line in text.split(_LINE_FEED))

    return may_match
