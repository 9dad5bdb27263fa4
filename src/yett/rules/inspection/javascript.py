"""A value as JavaScript: what its strings say once they are put together, and whether it calls what proves that a script runs.

Escapes, concatenation and access to members by ECMA-262, sections 12.9.4 (string literals), 13.3 (left-hand-side expressions)
and B.1.2 (octal escapes). Nothing is run. Bounded and linear. It must not know rules.
"""

import re
from typing import Final

LONGEST: Final = 1_000
"""Octets of a value that is read as JavaScript."""

_OCTAL: Final = re.compile(rb"\\([0-3]?[0-7]{1,2})(?![0-9])|\\([0-3][0-7]{2})")
_HEXADECIMAL: Final = re.compile(rb"\\(?:x|u00|u\{0{0,4})([0-9a-fA-F]{2})\}?")
_COMMENT: Final = re.compile(rb"/\*[^*]{0,80}\*/")
_SOURCE: Final = re.compile(rb"/(\w{1,20})/\s?\.\s?source\b")
_JOINED: Final = re.compile(rb"(['\"`])\s{0,3}(?:\+|\.\s?concat\s?\()\s{0,3}['\"`]")
_MEMBER: Final = re.compile(rb"(?:\?\.)?\[\s{0,3}['\"`](\w{1,30})['\"`]\s{0,3}\]")
_NUMBERS: Final = re.compile(rb"(\d{3,12})\s?\.\s?\.?\s?toString\(\s?(3[0-6]|2\d)\s?\)")

_CALL: Final = re.compile(
    rb"(?<![\w$])(?:alert|confirm|prompt|eval|execScript|Function)(?:\s{0,3}\)){0,3}\s{0,3}(?:\?\.)?[(`]"
    rb"|(?<![\w$])javascript:",
    re.I,
)
_INDIRECT: Final = re.compile(
    rb"(?<![\w$])(?:alert|confirm|prompt|eval|Function)(?:\s?\)){0,2}\s?(?:\?\.\s?[(`]|(?:\?\.|\.)\s?(?:call|apply|bind)\s?[(`]|\)\s?[(`])"
    rb"|[\w)\]]\s?\.\s?(?:filter|find\w{0,9}|map|every|some|forEach|flatMap|reduce\w{0,5}|sort|with|replace|then|from|call|apply)\s?"
    rb"[(`]\s?(?:[^()\s]{0,20},\s?)?(?:alert|confirm|prompt|eval)\s?[,)]"
    rb"|^[\s;,+!~-]{0,4}\(?(?:alert|confirm|prompt)(?:\)\s?)?\(.{0,60}\)\)?[\s;]{0,3}$"
    rb"|(?<![\w$])[\w$]{1,12}\s?=\s?(?:alert|confirm|prompt|eval)\s?[,;}](?=.{0,80}[(`]|.{0,20}throw)"
    rb"|\.\s?constructor\s?[(`]\s?['\"`]|\bonerror\s?=\s?(?:alert|confirm|prompt|eval)\b"
    rb"|(?<![\w$.])(?:Function|eval|setTimeout|setInterval|Reflect\.(?:set|apply|construct)(?:\.(?:call|apply))?|(?:call|apply)\.call)`"
    rb"|(?<![\w$])(?:setTimeout|setInterval|eval|Function)\s?\(\s?['\"`]\s?(?:alert|confirm|prompt|eval|document|location)\b"
    rb"|(?<![\w$])(?:document\.)?location(?:\.(?:href|hash))?\s?=\s?['\"`]\s?javascript"
    rb"|\bcreateElement\s?\(\s?['\"`](?:script|iframe|img)['\"`]\s?\).{1,200}\.\s?(?:src|innerHTML|text|srcdoc|appendChild|append)\b",
    re.I | re.DOTALL,
)
_MEANINGLESS: Final = re.compile(rb"[\[\]()!+{}\s]{24,}")


def folded(text: bytes) -> bytes:
    """The text with its strings put together and members written with a dot; the very same object where there is nothing to do."""
    before = text
    if b"\\" in text:
        text = _OCTAL.sub(lambda one: bytes((int(one[1] or one[2], 8) & 255,)), text)
        text = _HEXADECIMAL.sub(lambda one: bytes((int(one[1], 16),)), text)
    if b"/" in text:
        text = _SOURCE.sub(rb"'\1'", _COMMENT.sub(b"", text))
    if b"toString" in text:
        text = _NUMBERS.sub(_digits, text)
    text = _JOINED.sub(b"", text)
    text = _MEMBER.sub(rb".\1", text)
    return before if text == before else text


def _digits(match: re.Match[bytes]) -> bytes:
    """`8680439..toString(30)` is "alert"."""
    number, base, said = int(match[1]), int(match[2]), b""
    while number:
        number, digit = divmod(number, base)
        said = b"0123456789abcdefghijklmnopqrstuvwxyz"[digit : digit + 1] + said
    return b"'" + said + b"'"


def calls(text: bytes) -> bool:
    """Whether the text, read as JavaScript, calls functions in a way that hides it, or builds elements that load something."""
    if len(text) > LONGEST:
        return False
    if _INDIRECT.search(text) or meaningless(text):
        return True
    shown = folded(text)
    if shown is text:
        return False
    return _INDIRECT.search(shown) is not None or (_CALL.search(shown) is not None and _CALL.search(text) is None)


def meaningless(text: bytes) -> bool:
    """Whether there is a program of brackets, plus signs and exclamation marks alone, which can say anything in JavaScript."""
    match = _MEANINGLESS.search(text)
    return match is not None and b"[]" in match[0] and (b"!" in match[0] or b"+[" in match[0] or b"+{" in match[0])
