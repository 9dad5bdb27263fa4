"""Which characters the texts that a regular expression admits may hold: a small, conservative reading of its syntax.

It reads a part of what ECMA-262 and the Rust crate `regex` have in common, with ASCII meanings of `\\d` and `\\w` (as jsonschema-rs
has them); everything else is "not known". Where it answers, every text that the expression admits consists of these characters
alone. It must not know what they are needed for.
"""

import re
from functools import lru_cache

DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
MAX_LENGTH = 4_096
MAX_NESTING = 32

_CLASSES = {"d": DIGITS, "w": DIGITS | LETTERS | {"_"}}
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]{1,9}(?:,[0-9]{0,9})?\})[?+]?")
_GROUP = re.compile(r"\((?:\?:|\?P?<[A-Za-z_][A-Za-z0-9_]{0,63}>)?(?!\?)")
_SPECIAL = frozenset("()[]{}^$.|?*+\\")
_SET_OPERATIONS = ("--", "&&", "~~")


class _Unknown(Exception):
    pass


@lru_cache(maxsize=1_024)
def alphabet(pattern: str) -> frozenset[str] | None:
    """The characters of all texts that match; None where they are not known, as where the expression is not anchored at both
    ends in each of its alternatives. Only ASCII is ever known."""
    if len(pattern) > MAX_LENGTH or not pattern.isascii():
        return None
    reader = _Reader(pattern)
    try:
        reader.whole()
    except _Unknown:
        return None
    return frozenset(reader.found)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.found: set[str] = set()

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        letter = self.peek()
        if not letter:
            raise _Unknown
        self.at += 1
        return letter

    def whole(self) -> None:
        while True:
            if self.take() != "^":
                raise _Unknown
            self.sequence(0)
            if self.take() != "$":
                raise _Unknown
            if not self.peek():
                return
            if self.take() != "|":
                raise _Unknown

    def sequence(self, depth: int) -> None:
        """Atoms with their quantifiers, up to something else."""
        while (letter := self.peek()) and letter not in "|)$":
            if letter == "(":
                self.group(depth + 1)
            elif letter == "[":
                self.at += 1
                self.character_class()
            elif letter == "\\":
                self.at += 1
                self.found |= self.escape()
            elif letter in _SPECIAL:
                raise _Unknown
            else:
                self.found.add(self.take())
            quantifier = _QUANTIFIER.match(self.pattern, self.at)
            if quantifier is not None:
                self.at = quantifier.end()

    def group(self, depth: int) -> None:
        opening = _GROUP.match(self.pattern, self.at)
        if opening is None or depth > MAX_NESTING:
            raise _Unknown
        self.at = opening.end()
        while True:
            self.sequence(depth)
            letter = self.take()
            if letter == ")":
                return
            if letter != "|":
                raise _Unknown

    def escape(self) -> frozenset[str]:
        """After a backslash: a class of characters, or one that is meant literally."""
        letter = self.take()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter in DIGITS or letter in LETTERS:
            raise _Unknown
        return frozenset(letter)

    def character_class(self) -> None:
        if self.peek() in ("^", "]"):
            raise _Unknown
        start = self.at
        while (letter := self.take()) != "]":
            if letter == "[":
                raise _Unknown
            members = self.escape() if letter == "\\" else frozenset(letter)
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                members = self.range(members)
            self.found |= members
        if any(mark in self.pattern[start : self.at] for mark in _SET_OPERATIONS):
            raise _Unknown

    def range(self, first: frozenset[str]) -> frozenset[str]:
        """`a-z`, after its first character."""
        self.at += 1
        letter = self.take()
        last = self.escape() if letter == "\\" else frozenset(letter)
        if len(first) != 1 or len(last) != 1 or letter == "[":
            raise _Unknown
        return frozenset(map(chr, range(ord(min(first)), ord(min(last)) + 1)))
