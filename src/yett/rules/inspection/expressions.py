"""Regular expressions as of PCRE, read into sets of octets, so that three engines mean the same by them.

PCRE, RE2 and Hyperscan differ in what `\\s`, `\\h`, `(?i)` beyond ASCII, `[[]` or `\\x{..}` are. Reading decides that once, as PCRE
does with octets under dot-all and multi-line, the flags of `@rx` in ModSecurity 3; what is written for the engines says only
sets, repeats and anchors. It must not know engines.
"""

from collections.abc import Callable

ALL = (1 << 256) - 1


class Octets:
    """One octet of a set, given as an integer with one bit for each octet."""

    __slots__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits = bits


class Anchor:
    """Between octets: ^ $ (at lines), A z Z (of the text), b B (of words)."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Sequence:
    __slots__ = ("parts",)

    def __init__(self, parts: "list[Node]") -> None:
        self.parts = parts


class Choice:
    __slots__ = ("options",)

    def __init__(self, options: "list[Node]") -> None:
        self.options = options


class Repeat:
    """most: None for no limit."""

    __slots__ = ("lazy", "least", "most", "part")

    def __init__(self, part: "Node", least: int, most: int | None, lazy: bool) -> None:
        self.part = part
        self.least = least
        self.most = most
        self.lazy = lazy


class Group:
    """A capturing group; they count from 1 in the order of their opening parentheses."""

    __slots__ = ("part",)

    def __init__(self, part: "Node") -> None:
        self.part = part


Node = Octets | Anchor | Sequence | Choice | Repeat | Group


def set_of(octets: bytes) -> int:
    bits = 0
    for octet in octets:
        bits |= 1 << octet
    return bits


def span(first: int, last: int) -> int:
    return (1 << (last + 1)) - (1 << first)


UPPER, LOWER, DIGIT = span(65, 90), span(97, 122), span(48, 57)
WORD = UPPER | LOWER | DIGIT | 1 << 95
SPACE = set_of(b" \t\n\v\f\r")


def caseless(bits: int) -> int:
    """The set together with the other case of each ASCII letter in it."""
    return bits | (bits & UPPER) << 32 | (bits & LOWER) >> 32


def before(table: bytes) -> Callable[[int], int]:
    """From a set to all octets that `table` (as of bytes.translate) maps into it."""

    def mapped(bits: int) -> int:
        found = 0
        for octet in range(256):
            if bits >> table[octet] & 1:
                found |= 1 << octet
        return found

    return mapped


def literal(text: bytes, ignore_case: bool = False) -> Node:
    """The text as it is."""
    return Sequence([Octets(caseless(1 << octet) if ignore_case else 1 << octet) for octet in text])


def choice(options: "list[Node]") -> Node:
    return options[0] if len(options) == 1 else Choice(options)


def with_sets(node: Node, change: Callable[[int], int], known: dict[int, int] | None = None) -> Node:
    """The same expression with every set changed."""
    known = {} if known is None else known
    if isinstance(node, Octets):
        bits = known.get(node.bits)
        if bits is None:
            bits = known[node.bits] = change(node.bits)
        return Octets(bits)
    if isinstance(node, Sequence):
        return Sequence([with_sets(part, change, known) for part in node.parts])
    if isinstance(node, Choice):
        return Choice([with_sets(part, change, known) for part in node.options])
    if isinstance(node, Repeat):
        return Repeat(with_sets(node.part, change, known), node.least, node.most, node.lazy)
    if isinstance(node, Group):
        return Group(with_sets(node.part, change, known))
    return node
