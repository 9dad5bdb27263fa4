"""Writes expressions in the syntax that Hyperscan and RE2 share, so that both mean the same sets of octets by it.

Both read octets (RE2 as Latin-1); the flags are in the text. It must not know how either is called.
"""

from yett.rules.inspection.expressions import (
    ALL,
    LOWER,
    UPPER,
    Anchor,
    Choice,
    Group,
    Node,
    Octets,
    Repeat,
    Sequence,
    caseless,
    span,
    with_sets,
)

_MOST = 1000
"""Largest number in a quantifier of RE2."""

_EXACT = {"^": "^", "$": "$", "A": r"\A", "z": r"\z", "Z": r"\n?\z", "b": r"\b", "B": r"\B"}
_IN_LINES = {"^": "^", "$": "$", "A": "^", "z": "$", "Z": "$", "b": r"\b", "B": r"\B"}
_LATIN_UPPER = span(0xC0, 0xDE) & ~(1 << 0xD7)


def written(node: Node) -> bytes:
    """The expression for RE2, with its groups."""
    return _Writer(_EXACT, True, None).whole(node)


def written_for_lines(node: Node, limit: int | None = None) -> bytes:
    """The expression without groups, for finding where it may match: what is bound to the ends of a text is bound to the ends of
    a line, so that whatever matches a text matches it as a line among others too. limit: quantifiers with larger numbers have
    no upper limit, and this lower one at most."""
    return _Writer(_IN_LINES, False, limit).whole(node)


class _Writer:
    def __init__(self, anchors: dict[str, str], groups: bool, limit: int | None) -> None:
        self.anchors = anchors
        self.groups = groups
        self.limit = limit
        self.sets: dict[int, str] = {}

    def whole(self, node: Node) -> bytes:
        seen: dict[int, int] = {}
        with_sets(node, int, seen)
        folded = all(_indifferent(bits) for bits in seen)
        self.sets = {bits: _set(bits, folded) for bits in seen}
        return (("(?ims)" if folded else "(?ms)") + self.text(node)).encode("ascii")

    def text(self, node: Node) -> str:
        if isinstance(node, Octets):
            return self.sets[node.bits]
        if isinstance(node, Sequence):
            return "".join([f"(?:{self.text(part)})" if isinstance(part, Choice) else self.text(part) for part in node.parts])
        if isinstance(node, Choice):
            return "|".join([self.text(part) for part in node.options])
        if isinstance(node, Anchor):
            return self.anchors[node.kind]
        if isinstance(node, Group):
            return f"({self.text(node.part)})" if self.groups else f"(?:{self.text(node.part)})"
        return self.repeated(node)

    def repeated(self, node: Repeat) -> str:
        part = self.text(node.part)
        if not isinstance(node.part, Octets):
            part = f"(?:{part})"
        least, most = node.least, node.most
        limit = self.limit
        if limit is not None and max(least, most or 0) > limit:
            least, most = min(least, limit), None
        lazy = "?" if node.lazy and self.groups else ""
        pieces = []
        while least > _MOST:
            pieces.append(f"{part}{{{_MOST}}}")
            least -= _MOST
            most = most and most - _MOST
        while most is not None and most > _MOST:
            step = min(_MOST, most - least)
            pieces.append(f"{part}{{0,{step}}}{lazy}")
            most -= step
            if most == least:
                break
        pieces.append(part + _quantifier(least, most) + lazy)
        return "".join(pieces) if len(pieces) == 1 else f"(?:{''.join(pieces)})"


def _quantifier(least: int, most: int | None) -> str:
    if most is None:
        return "*" if least == 0 else "+" if least == 1 else f"{{{least},}}"
    if most == least:
        return f"{{{least}}}"
    return "?" if (least, most) == (0, 1) else f"{{{least},{most}}}"


def _indifferent(bits: int) -> bool:
    """Whether a set has both or none of the cases of each letter of Latin-1, so that `(?i)` does not change it."""
    return caseless(bits) == bits and (bits & _LATIN_UPPER) << 32 == bits & _LATIN_UPPER << 32


def _set(bits: int, folded: bool) -> str:
    if bits == ALL:
        return "."
    if folded and bits & LOWER and bits & ~(UPPER | LOWER) == 0 and (bits & LOWER).bit_count() == 1:
        bits &= LOWER
    if bits.bit_count() == 1:
        return _octet(bits.bit_length() - 1)
    inside, outside = _ranges(bits), _ranges(ALL & ~bits)
    return f"[^{''.join(outside)}]" if len(outside) < len(inside) or not inside else f"[{''.join(inside)}]"


def _ranges(bits: int) -> list[str]:
    found = []
    octet = 0
    while bits >> octet:
        if not bits >> octet & 1:
            octet += 1
            continue
        first = octet
        while octet < 256 and bits >> octet & 1:
            octet += 1
        last = octet - 1
        found.append(_octet(first) if first == last else f"{_octet(first)}-{_octet(last)}")
    return found


def _octet(octet: int) -> str:
    return chr(octet) if chr(octet).isascii() and chr(octet).isalnum() else f"\\x{octet:02x}"
