"""Reads regular expressions as PCRE does with octets, under dot-all and multi-line: the flags of `@rx` in ModSecurity 3.

Possessive quantifiers and atomic groups are read as ordinary ones: they are there to stop backtracking, which no engine here
does, and may match more here. Look-around, back-references, recursion and conditions have no meaning that can be matched in
linear time: NotLinear. Syntax: pcre2pattern(3). It must not know engines.
"""

from yett.rules.inspection.expressions import (
    ALL,
    DIGIT,
    LOWER,
    SPACE,
    UPPER,
    WORD,
    Anchor,
    Choice,
    Group,
    Node,
    Octets,
    Repeat,
    Sequence,
    caseless,
    choice,
    literal,
    set_of,
    span,
)

MAX_DEPTH = 200
"""Groups within groups."""
MAX_REPEAT = 65_535
"""Largest number in a quantifier, as in PCRE."""


class NotLinear(ValueError):
    """A pattern that cannot be read, or not be matched in linear time: why, and at which octet."""


PUNCTUATION = span(33, 126) & ~(UPPER | LOWER | DIGIT)
HORIZONTAL = set_of(b" \t\xa0")
VERTICAL = set_of(b"\n\v\f\r\x85")

_NAMED = {
    b"alnum": UPPER | LOWER | DIGIT,
    b"alpha": UPPER | LOWER,
    b"ascii": span(0, 127),
    b"blank": set_of(b" \t"),
    b"cntrl": span(0, 31) | 1 << 127,
    b"digit": DIGIT,
    b"graph": span(33, 126),
    b"lower": LOWER,
    b"print": span(32, 126),
    b"punct": PUNCTUATION,
    b"space": SPACE,
    b"upper": UPPER,
    b"word": WORD,
    b"xdigit": DIGIT | span(65, 70) | span(97, 102),
}
_CLASSES = {
    ord("d"): DIGIT,
    ord("D"): ALL & ~DIGIT,
    ord("w"): WORD,
    ord("W"): ALL & ~WORD,
    ord("s"): SPACE,
    ord("S"): ALL & ~SPACE,
    ord("h"): HORIZONTAL,
    ord("H"): ALL & ~HORIZONTAL,
    ord("v"): VERTICAL,
    ord("V"): ALL & ~VERTICAL,
    ord("N"): ALL & ~(1 << 10),
    ord("C"): ALL,
}
_CONTROLS = {ord("a"): 7, ord("e"): 27, ord("f"): 12, ord("n"): 10, ord("r"): 13, ord("t"): 9}
_ANCHORS = {ord("A"): "A", ord("z"): "z", ord("Z"): "Z", ord("b"): "b", ord("B"): "B"}


_OCTAL = (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7")
_HEXADECIMAL = tuple(bytes((octet,)) for octet in b"0123456789abcdefABCDEF")


def read(pattern: bytes, ignore_case: bool = False) -> Node:
    """Read a pattern. Raises NotLinear."""
    return _Reader(pattern, ignore_case).whole()


class _Flags:
    __slots__ = ("dot_all", "extended", "ignore_case", "multi_line", "swapped")

    def __init__(self, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self.multi_line = True
        self.dot_all = True
        self.extended = False
        self.swapped = False

    def copy(self) -> "_Flags":
        other = _Flags(self.ignore_case)
        for name in ("multi_line", "dot_all", "extended", "swapped"):
            setattr(other, name, getattr(self, name))
        return other

    def set(self, letters: bytes, on: bool) -> bool:
        names = {"i": "ignore_case", "m": "multi_line", "s": "dot_all", "x": "extended", "U": "swapped"}
        for letter in letters.decode("latin-1"):
            if letter not in names:
                return False
            setattr(self, names[letter], on)
        return True


class _Reader:
    """Recursive descent over the octets of one pattern."""

    def __init__(self, pattern: bytes, ignore_case: bool) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.flags = _Flags(ignore_case)

    def fail(self, why: str) -> NotLinear:
        return NotLinear(f"{why}, at octet {self.at}")

    def peek(self, text: bytes) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: bytes) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def next(self) -> int:
        if self.at >= len(self.pattern):
            raise self.fail("the pattern ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def whole(self) -> Node:
        node = self.choices()
        if self.at < len(self.pattern):
            raise self.fail("a closing parenthesis without an opening one")
        return node

    def choices(self) -> Node:
        options = [self.sequence()]
        while self.take(b"|"):
            options.append(self.sequence())
        return choice(options)

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in b"|)":
            if self.take(b"\\Q"):
                end = self.pattern.find(b"\\E", self.at)
                text = self.pattern[self.at :] if end < 0 else self.pattern[self.at : end]
                parts.extend(self.octets(1 << octet) for octet in text)
                self.at = len(self.pattern) if end < 0 else end + 2
            elif self.take(b"\\E") or self.comment():
                continue
            elif (part := self.atom()) is not None:
                parts.append(part)
            if parts:
                parts[-1] = self.quantified(parts[-1])
        return parts[0] if len(parts) == 1 else Sequence(parts)

    def comment(self) -> bool:
        if self.take(b"(?#"):
            while self.next() != 41:
                pass
            return True
        if not self.flags.extended:
            return False
        if self.pattern[self.at] in b" \t\n\v\f\r":
            self.at += 1
            return True
        if self.take(b"#"):
            end = self.pattern.find(b"\n", self.at)
            self.at = len(self.pattern) if end < 0 else end + 1
            return True
        return False

    def octets(self, bits: int) -> Octets:
        return Octets(caseless(bits) if self.flags.ignore_case else bits)

    def atom(self) -> Node | None:
        octet = self.next()
        if octet == 40:
            return self.group()
        if octet == 91:
            return self.octet_class()
        if octet == 46:
            return Octets(ALL if self.flags.dot_all else ALL & ~(1 << 10))
        if octet == 94:
            return Anchor("^" if self.flags.multi_line else "A")
        if octet == 36:
            return Anchor("$" if self.flags.multi_line else "Z")
        if octet == 92:
            return self.escape()
        if octet in b"*+?":
            self.at -= 1
            raise self.fail("a quantifier without anything before it")
        return self.octets(1 << octet)

    def quantified(self, part: Node) -> Node:
        while True:
            least, most = 0, None
            if self.take(b"*"):
                pass
            elif self.take(b"+"):
                least = 1
            elif self.take(b"?"):
                most = 1
            else:
                numbers = self.braces()
                if numbers is None:
                    return part
                least, most = numbers
            lazy = self.take(b"?") != self.flags.swapped
            if not lazy:
                self.take(b"+")
            part = Repeat(part, least, most, lazy)

    def braces(self) -> tuple[int, int | None] | None:
        """The numbers of {n}, {n,}, {n,m} or {,m} (PCRE 10.43 on); anything else in braces is text."""
        if not self.peek(b"{"):
            return None
        end = self.pattern.find(b"}", self.at)
        first, comma, second = (part.strip(b" \t") for part in self.pattern[self.at + 1 : end].partition(b","))
        if end < 0 or not (first + second).isdigit() or not (first or comma):
            return None
        least = int(first or b"0")
        most = (int(second) if second else None) if comma else least
        if least > MAX_REPEAT or (most is not None and (most > MAX_REPEAT or most < least)):
            raise self.fail("numbers of a quantifier out of order or too large")
        self.at = end + 1
        return least, most

    def group(self) -> Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"more than {MAX_DEPTH} groups within groups")
        outer = self.flags
        self.flags = outer.copy()
        captures = self.opening()
        if captures is None:  # (?i) and the like: for the rest of the group around it
            self.depth -= 1
            return None
        part = self.choices()
        if not self.take(b")"):
            raise self.fail("a group that is not closed")
        self.flags = outer
        self.depth -= 1
        return Group(part) if captures else part if isinstance(part, Octets) else Sequence([part])

    def opening(self) -> bool | None:
        """What kind of group begins: True captures, False does not, None sets flags only."""
        if self.peek(b"*"):
            raise self.fail("verbs are not supported")
        if not self.take(b"?"):
            self.groups += 1
            return True
        for name, last in ((b"P<", b">"), (b"<", b">"), (b"'", b"'")):
            if self.peek(name) and not self.peek(b"<=") and not self.peek(b"<!"):
                self.at = self.pattern.find(last, self.at) + 1 or len(self.pattern)
                self.groups += 1
                return True
        if self.take(b":") or self.take(b">"):
            return False
        start = self.at
        while self.at < len(self.pattern) and self.pattern[self.at] in b"imsxU-":
            self.at += 1
        on, _, off = self.pattern[start : self.at].partition(b"-")
        if not self.flags.set(on, True) or not self.flags.set(off, False) or self.at >= len(self.pattern):
            raise self.fail("unknown flags")
        if self.take(b")"):
            return None
        if self.take(b":"):
            return False
        raise self.fail("look-around, recursion and conditions are not supported")

    def escape(self) -> Node:
        octet = self.next()
        kind = _ANCHORS.get(octet)
        if kind is not None:
            return Anchor(kind)
        if octet == 82:  # \R
            return Choice([literal(b"\r\n"), Octets(VERTICAL)])
        if octet in b"kgKGXpP" or (octet in b"123456789" and not self.octal_follows(octet)):
            raise self.fail("back-references, properties and the like are not supported")
        return self.octets(self.escaped(octet))

    def octal_follows(self, octet: int) -> bool:
        """PCRE: \\1 to \\9 are back-references, longer numbers are only where there are so many groups before."""
        end = self.at
        while end < len(self.pattern) and self.pattern[end : end + 1].isdigit():
            end += 1
        number = int(self.pattern[self.at - 1 : end])
        return number > 9 and number > self.groups and octet in b"1234567"

    def escaped(self, octet: int) -> int:
        """The set that an escape stands for, inside a class or out of it."""
        bits = _CLASSES.get(octet)
        if bits is not None:
            return bits
        if octet in _CONTROLS:
            return 1 << _CONTROLS[octet]
        if octet == 120:
            return 1 << self.hexadecimal()
        if octet == 99:
            return 1 << (ord(bytes((self.next(),)).upper()) ^ 64)
        if octet == 111 and self.take(b"{"):
            return 1 << self.number(self.until(b"}"), 8)
        if octet in b"01234567":
            start = self.at - 1
            while self.at < start + 3 and self.pattern[self.at : self.at + 1] in _OCTAL:
                self.at += 1
            return 1 << self.number(self.pattern[start : self.at], 8)
        if bytes((octet,)).isalnum():
            raise self.fail(f"an unknown escape \\{chr(octet)}")
        return 1 << octet

    def hexadecimal(self) -> int:
        if self.take(b"{"):
            return self.number(self.until(b"}"), 16)
        start = self.at
        while self.at < start + 2 and self.pattern[self.at : self.at + 1] in _HEXADECIMAL:
            self.at += 1
        return self.number(self.pattern[start : self.at] or b"0", 16)

    def until(self, last: bytes) -> bytes:
        end = self.pattern.find(last, self.at)
        if end < 0:
            raise self.fail("an escape that is not closed")
        text = self.pattern[self.at : end]
        self.at = end + 1
        return text

    def number(self, digits: bytes, base: int) -> int:
        try:
            number = int(digits, base)
        except ValueError:
            raise self.fail("an escape without a number") from None
        if number > 255:
            raise self.fail("a character beyond one octet")
        return number

    def octet_class(self) -> Octets:
        negated = self.take(b"^")
        bits = 0
        first = True
        while first or not self.peek(b"]"):
            first = False
            if self.take(b"\\E"):
                continue
            if (named := self.named()) is not None:
                bits |= named
                continue
            low = self.member()
            if not self.peek(b"-") or self.pattern[self.at + 1 : self.at + 2] == b"]" or low.bit_count() != 1:
                bits |= low
                continue
            self.at += 1
            high = self.member()
            if high.bit_count() != 1:  # [a-\d]: the hyphen is one of the set
                bits |= low | high | 1 << 45
            elif high < low:
                raise self.fail("a range of a class out of order")
            else:
                bits |= (high << 1) - low
        self.at += 1
        if self.flags.ignore_case:
            bits = caseless(bits)
        return Octets(ALL & ~bits if negated else bits)

    def named(self) -> int | None:
        """[:alpha:] and [:^alpha:] within a class."""
        if not self.peek(b"[:"):
            return None
        end = self.pattern.find(b":]", self.at)
        name = self.pattern[self.at + 2 : end] if end > 0 else b""
        bits = _NAMED.get(name.removeprefix(b"^"))
        if bits is None:
            return None
        self.at = end + 2
        return ALL & ~bits if name.startswith(b"^") else bits

    def member(self) -> int:
        octet = self.next()
        if octet != 92:
            return 1 << octet
        octet = self.next()
        if octet == 98:
            return 1 << 8
        if octet in b"pPXRBN":
            raise self.fail("properties are not supported")
        return self.escaped(octet)
