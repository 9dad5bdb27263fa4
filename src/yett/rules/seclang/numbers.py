"""Which links may match the short numbers of a JSON document: nearly never one, so that nobody has to look at them.

Found out once, of what links look for: what is left of it in digits and points is longer than any short number, or has more than
one point. It must not know requests.
"""

from yett.formats.inspected.json_values import SHORT
from yett.formats.transformations import chain_of
from yett.rules.inspection.approximation import without
from yett.rules.inspection.expressions import literal
from yett.rules.inspection.matching import Needle
from yett.rules.inspection.plain import Plain
from yett.rules.inspection.reading import NotLinear, read
from yett.rules.seclang.needles import least, undecoded
from yett.rules.seclang.probes import LENGTHS, longest, passes_plain
from yett.rules.seclang.triggers import Trigger

_NUMBER = Plain(b"0123456789.")
_POINT = 1 << ord(".")
_OTHERS = ~(_POINT | sum(1 << digit for digit in b"0123456789"))


def unchanged(chain: tuple[str, ...]) -> bool:
    """Whether transformations certainly change no short number: they take away or put in what is none of a number, or change the
    case of letters."""
    return _NUMBER.keeps(chain)


def sought(one: Needle) -> bool:
    """Whether a needle may match a short number, which is no Base64: that has a multiple of four octets, and more than four."""
    one = undecoded(one)
    if not unchanged(chain_of(one.chain)):
        return True
    texts = one.phrases or ((one.pattern,) if one.literal else ())
    try:
        nodes = [literal(text, one.caseless) for text in texts] if texts else [read(one.pattern, one.caseless)]
    except NotLinear:
        return True
    left = [rest for rest in [without(node, _OTHERS) for node in nodes] if rest is not None]
    return any(least(rest) <= SHORT and least(rest, _POINT) <= 1 for rest in left)


def probed(trigger: Trigger) -> bool:
    """Likewise, for a link that has a quick first look."""
    if trigger.rule.operator.name in LENGTHS:
        return longest(trigger.rule) < SHORT
    return not passes_plain(trigger, _NUMBER)
