"""A text that a simple regular expression matches: literals, classes, groups, alternatives, repetitions. Nothing is searched.

What is beyond that (look-around, back references, properties) gives None. Source of the syntax: ECMA-262, 22.2.1.
"""

from typing import Any

_WORD = "abcdefghijklmnopqrstuvwxyz"
_MOST = 64
"""Repetitions of one part at most, and groups in groups."""


class _Beyond(Exception):
    """The pattern says something that is not read here."""


def matching(pattern: str, rng: Any) -> str | None:
    """A text that the pattern matches; None where it is beyond what is read here. rng: has `randrange(stop)`."""
    if len(pattern) > 500:
        return None
    try:
        text, at = _alternatives(pattern, 0, rng, 0)
    except (_Beyond, IndexError, ValueError):
        return None
    return text if at == len(pattern) and len(text) <= 4096 else None


def _alternatives(pattern: str, at: int, rng: Any, depth: int) -> tuple[str, int]:
    if depth > _MOST:
        raise _Beyond
    first, at = _sequence(pattern, at, rng, depth)
    while at < len(pattern) and pattern[at] == "|":
        _, at = _sequence(pattern, at + 1, rng, depth)
    return first, at


def _sequence(pattern: str, at: int, rng: Any, depth: int) -> tuple[str, int]:
    made: list[str] = []
    while at < len(pattern) and pattern[at] not in "|)":
        if pattern[at] in "^$":
            at += 1
            continue
        if pattern[at] == "(":
            start = _group(pattern, at)
            text, end = _alternatives(pattern, start, rng, depth + 1)
            if pattern[end] != ")":
                raise _Beyond
            few, at = _times(pattern, end + 1)
            made.append(text * few)
            continue
        choice, at = _choice(pattern, at)
        few, at = _times(pattern, at)
        made.extend(choice[rng.randrange(len(choice))] for _ in range(few))
    return "".join(made), at


def _group(pattern: str, at: int) -> int:
    if not pattern.startswith("(?", at):
        return at + 1
    if pattern.startswith("(?:", at):
        return at + 3
    raise _Beyond


def _choice(pattern: str, at: int) -> tuple[str, int]:
    """The characters of which one stands here."""
    char = pattern[at]
    if char == "[":
        return _class(pattern, at + 1)
    if char == "\\":
        return _escape(pattern[at + 1]), at + 2
    if char in "*+?{":
        raise _Beyond
    return (_WORD if char == "." else char), at + 1


def _escape(char: str) -> str:
    known = {"d": "0123456789", "w": _WORD, "s": " ", "S": _WORD, "D": _WORD, "t": "\t", "n": "\n"}
    if char in known:
        return known[char]
    if char.isalnum():
        raise _Beyond
    return char


def _class(pattern: str, at: int) -> tuple[str, int]:
    negated = pattern[at] == "^"
    at += negated
    found: list[str] = []
    first = True
    while pattern[at] != "]" or first:
        first = False
        if pattern[at] == "\\":
            found.append(_escape(pattern[at + 1]))
            at += 2
        elif pattern[at + 1] == "-" and pattern[at + 2] != "]":
            low, high = ord(pattern[at]), ord(pattern[at + 2])
            found.append("".join(map(chr, range(low, min(high, low + 255) + 1))))
            at += 3
        else:
            found.append(pattern[at])
            at += 1
    text = "".join(found)
    if negated:
        text = "".join(one for one in _WORD + "0123456789" if one not in text)
    if not text:
        raise _Beyond
    return text, at + 1


def _times(pattern: str, at: int) -> tuple[int, int]:
    """How often the part before is repeated: as little as may be, but once where it may stand at all."""
    if at >= len(pattern):
        return 1, at
    few = 1
    if pattern[at] in "*+?":
        at += 1
    elif pattern[at] == "{":
        end = pattern.index("}", at)
        low, comma, high = pattern[at + 1 : end].partition(",")
        most = int(high) if high else _MOST if comma else int(low)
        few = min(max(int(low or 0), min(6, most)), most)
        at = end + 1
    else:
        return 1, at
    if at < len(pattern) and pattern[at] == "?":
        at += 1
    return min(few, 4096), at
