"""The tokens of an SQL fragment, as MySQL, PostgreSQL, SQL Server, Oracle and SQLite together read it, told as folded letters.

A fragment is read as it stands or as the rest of a string that was opened before it, with the comments of the SQL standard or
with those of MySQL (`#`, and `--` only before white space). No pattern here goes back, and what has no end is taken to the
end of the value: each octet is looked at a bounded number of times. Knows nothing of which fragments are attacks.

Source: the chapters on lexical structure in the manuals of the five products.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from yett.rules.inspection.sqli_folding import DEAD, SETTLED, SHOWN, Folding
from yett.rules.inspection.sqli_shapes import BEGINNINGS as ALIVE
from yett.rules.inspection.sqli_shapes import FLAGGED
from yett.rules.inspection.sqli_words import BEGINNINGS, CALLED, KNOWN, PHRASES, WORDS

MOST_TOKENS: Final = 4_096
"""Tokens read of one fragment at most. A run of numbers with signs between them and a run of one bracket count as one."""

PATIENCE: Final = 256
"""Tokens after which lists and sums that have said nothing are passed over without being read."""

LONGEST_WORD: Final = 40
"""Octets of a word in which a keyword may end at a full stop."""

_GAP: Final = rb"[\x00-\x20\xa0]"
_LETTER: Final = rb"[A-Z_\x7f-\x9f\xa1-\xff]"
_IN_WORD: Final = rb"[A-Z0-9_$.`\x01-\x08\x0e-\x1f\x7f-\x9f\xa1-\xff]"
_FIGURES: Final = (
    rb"(?:0X[0-9A-F]++|0B[01]++|(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:E[-+]?+[0-9]++)?+(?:[DF](?=[\x00-\x20\xa0;U]|\Z))?+)"
)
_NUMBER: Final = _FIGURES + b"(?:%s|%s)?+" % tuple(
    rb"(?:" + _GAP + rb"*+" + sign + _GAP + rb"*+" + rb"[0-9]++(?:\.[0-9]++)?+(?![A-Z0-9_.$`'\"]))++"
    for sign in (rb"[-+*/%]", rb",")
)
_SINGLE: Final = rb"(?:[^'\\]++|(?:\\.)++|(?:'')++)*+\\?+'?+"
_BACK: Final = rb"(?:[^`\\]++|(?:\\.)++|(?:``)++)*+\\?+`?+"
_DOUBLE: Final = rb'(?:[^"\\]++|(?:\\.)++|(?:"")++)*+\\?+"?+'
_COMMENT: Final = rb"/\*(?!!)(?:[^*/]++|\*(?!/)|/(?!\*))*+\*/"

_KINDS: Final = (
    ("quoted", rb"(?:[EN](?='.)|U&)?+'" + _SINGLE + rb'|"' + _DOUBLE),
    ("binary", rb"X'[0-9A-F]*+'|B'[01]*+'"),
    ("chosen", rb"N?Q'[^\x00-\x20]"),
    ("word", _LETTER + _IN_WORD + rb"*+"),
    ("name", rb"0X(?![0-9A-F])|0B(?![01])"),
    ("void", rb"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)E(?:[-+](?![0-9])|(?![-+0-9]))"),
    ("number", _NUMBER),
    ("block", rb"/\*"),
    ("line", rb"--|#"),
    ("sign", rb"<=>|<>|<<|>>|<@|[<>!*&|]=|![<>]|\|/|&&|\|\||:=|::|[!~+]++(?![=<>])|\(++|\)++|;++|[-!~+*/%<>=^|&(),;:.?{}\]]"),
    ("ticked", rb"`"),
    ("bracketed", rb"\["),
    ("variable", rb"@{1,2}+(?:(?=['\"`])|[A-Z0-9_$.\[\]{}\x7f-\x9f\xa1-\xff]*+)"),
    ("dollar", rb"\$(?:[0-9,][0-9.,]*+|[A-Z]{0,64}+\$|)"),
    ("backslash", rb"\\"),
    ("name", rb"."),
)
_TOKEN: Final = re.compile(
    _GAP + rb"*+(?:" + b"|".join(b"(" + pattern + b")" for _, pattern in _KINDS) + rb"|\Z)", re.DOTALL
).match
_WORD = 4

_SIGNS: Final = {
    **dict.fromkeys((b"<=>", b"<>", b"<<", b">>", b"<@", b"|/", b":=", b"!<", b"!>", b"!=", b"^", b"|", b"&"), "o"),
    **dict.fromkeys((b"<", b">", b"=", b"<=", b">=", b"*=", b"&=", b"|="), "o"),
    **dict.fromkeys((b"*", b"/", b"%"), "*"),
    **dict.fromkeys((b"-", b"+", b"!", b"~"), "u"),
    **dict.fromkeys((b"&&", b"||"), "&"),
    b"::": "g",
    **{sign: sign.decode() for sign in (b"(", b")", b",", b";", b":", b".", b"?", b"{", b"}")},
    b"]": "?",
}
_CLOSING: Final = {b"(": b")'", b"[": b"]'", b"{": b"}'", b"<": b">'"}

_CONTINUED: Final = re.compile(rb"(?:" + _GAP + rb"|" + _COMMENT + rb")*+(" + _LETTER + _IN_WORD + rb"*+)").match
_SEPARATOR: Final = _GAP + rb"*+(?:[+*%,=<>|&^]|-(?!-)|/(?!\*))" + _GAP + rb"*+"
_OPERAND: Final = rb"(?:[A-Z0-9_.]++|'[^'\\]*+'|\"[^\"\\]*+\")"
_PADDING: Final = re.compile(
    rb"(?:%s%s(?=%s))++|(?:%s%s%s)++|" % (_SEPARATOR, _OPERAND, _SEPARATOR, _GAP + rb"*+", _OPERAND, _SEPARATOR)
).match
_RUN: Final = re.compile(rb"(?<=[0-9A-F.\x00-\x20\xa0])[-+*/%,](?!\Z)").search
_SPLIT: Final = re.compile(rb"[.`]").finditer
_REST: Final = {quote: re.compile(rest, re.DOTALL).match for quote, rest in ((b"'", _SINGLE), (b'"', _DOUBLE), (b"`", _BACK))}
NEXT: Final = Folding(ALIVE)
"""`NEXT[folded + letter]` is what the letters fold to."""

PATIENT: Final = Folding()
"""The same for values with comments: one that is hostile by itself may come after letters that say nothing."""

_CONDITIONS: Final = frozenset((b"IF", b"IFF", b"IFNULL"))
"""Functions that begin a statement where one begins."""
_WHITE: Final = b"\x00\t\n\x0b\x0c\r \xa0"


class Reading(NamedTuple):
    """How a fragment was read."""

    letters: str
    """At most five, folded; `X` alone where a comment hides what a server runs."""
    tokens: int
    """Tokens read, comments among them."""
    remark: bytes
    """How the comment begins that is the last token; a bare `--` where nothing follows it. Else empty."""
    said: bytes
    """The word or string in quotes that the last letter stands for, in upper case; else empty."""
    dialects: bool
    """Whether MySQL would read it otherwise than the SQL standard."""


_DEAD: Final = Reading("", 0, b"", b"", False)
_DEAD_IN_ONE: Final = Reading("", 0, b"", b"", True)


class _Fragment:
    """A fragment while it is read: what its tokens fold to so far, and how far it was read.

    The methods named in `_KINDS` take the text of a token, move `at` where the token is longer, and return its letter: none for
    what says nothing, `X` for what is hostile by itself.
    """

    __slots__ = ("at", "dialects", "letters", "remark", "said", "spelling", "standard", "step", "tokens", "upper", "value")

    def __init__(self, value: bytes, upper: bytes, standard: bool) -> None:
        self.value, self.upper, self.standard = value, upper, standard
        self.step = PATIENT if b"/*" in upper else NEXT
        self.letters, self.at, self.tokens, self.dialects = "", 0, 0, False
        self.remark = b""  # how this token begins, if it is a comment
        self.said = b""  # the word or string that the last letter stands for, if it is one
        self.spelling = b""  # the word or string that this token is

    def word(self, text: bytes) -> str:
        if text in BEGINNINGS and (letter := self._phrase(text)):
            return letter
        self.spelling = text
        if text in _CONDITIONS and self.letters[-1:] == ";":
            return "T"
        letter = WORDS.get(text, "")
        if not letter and self.letters[-1:] == "A" and b"_" in text:
            return "t"
        return letter or self._split(text) or "n"

    def _phrase(self, text: bytes) -> str:
        """The letter of the phrase that begins with the word, comments between its words or not."""
        phrase, at = text, self.at
        while phrase in BEGINNINGS and (following := _CONTINUED(self.upper, at)):
            longer = phrase + b"+" + following[1]
            if longer not in PHRASES:
                break
            phrase, at = longer, following.end()
        if phrase not in PHRASES:
            return ""
        self.spelling, self.at = phrase, at
        return "T" if text == b"IF" and self.letters[-1:] == ";" else PHRASES[phrase]

    def _split(self, text: bytes) -> str:
        """The letter of a keyword before a full stop or a backtick, which then ends the word."""
        for split in _SPLIT(text, 0, LONGEST_WORD):
            letter = WORDS.get(text[: split.start()])
            if letter:
                self.at += split.start() - len(text)
                return letter
        return ""

    def sign(self, text: bytes) -> str:
        letter = _SIGNS.get(text) or _SIGNS[text[:1]]
        if letter == "(" and self.said in CALLED:
            self.letters = self.letters[:-1] + CALLED[self.said]
        elif letter == ")" and len(text) > 1:
            self.letters = self.step[self.letters + ")"]
        elif letter == ":" and self.at == len(self.upper):
            return "o"
        return letter

    def number(self, text: bytes) -> str:
        if run := _RUN(text):  # from the third number on, nothing changes any more
            self.tokens += 2
            for letter in ("1", _SIGNS[run[0]], "1", _SIGNS[run[0]]):
                self.letters = self.step[self.letters + letter]
        return "1"

    def block(self, text: bytes) -> str:
        start = self.at
        close = self.upper.find(b"*/", start)
        self.at, self.remark = len(self.upper) if close < 0 else close + 2, text
        hostile = self.upper.startswith(b"!", start) or (close >= 0 and self.upper.find(b"/*", start, close + 1) >= 0)
        return "X" if hostile and len(self.letters) < 5 else ""

    def line(self, text: bytes) -> str:
        if text == b"#" or self.upper[self.at : self.at + 1].strip(_WHITE):
            self.dialects |= self.standard
            if self.standard == (text == b"#"):
                self.at -= len(text) - 1
                return "o" if text == b"#" else "u"
        self.remark = b"-- " if text == b"--" and self.at < len(self.upper) else text
        self._through(b"\n")
        return ""

    def quoted(self, text: bytes) -> str:
        self.spelling = text
        return "s"

    def binary(self, _: bytes) -> str:
        return "1"

    def chosen(self, text: bytes) -> str:
        self._through(_CLOSING.get(text[-1:], text[-1:] + b"'"))
        return "s"

    def name(self, _: bytes) -> str:
        return "n"

    def void(self, _: bytes) -> str:
        return ""

    def bracketed(self, _: bytes) -> str:
        self._through(b"]")
        return "n"

    def ticked(self, text: bytes) -> str:
        start = self.at
        if start == len(self.upper):
            self.remark = text
        self.at = _REST[text](self.upper, start).end()  # type: ignore[union-attr]
        if self.at - start == 1 and self.letters[-1:] == "{":
            return "X"
        return "f" if WORDS.get(self.upper[start : self.at - 1]) == "f" else "n"

    def variable(self, text: bytes) -> str:
        rest = _REST.get(self.upper[self.at : self.at + 1]) if text.endswith(b"@") else None
        if rest:
            self.at = rest(self.upper, self.at + 1).end()  # type: ignore[union-attr]
        return "v"

    def dollar(self, text: bytes) -> str:
        if len(text) == 1:
            return "n"
        if not text.endswith(b"$"):
            return "1"
        self._through(text)
        return "s"

    def backslash(self, _: bytes) -> str:
        if self.value.startswith(b"N", self.at):
            self.at += 1
            return "1"
        return "\\"

    def _through(self, closing: bytes) -> None:
        found = self.upper.find(closing, self.at)
        self.at = len(self.upper) if found < 0 else found + len(closing)


_TYPE: Final = (_Fragment.name, *(getattr(_Fragment, name) for name, _ in _KINDS))


def read(value: bytes, upper: bytes, quote: bytes = b"", standard: bool = True) -> Reading:
    """Read a fragment, of which `upper` is the form in upper case.

    With a `quote`, the value begins inside a string that this quote opened; `standard` chooses the comments of the SQL standard.
    Reads at most `MOST_TOKENS` tokens, in time proportional to their length. Raises nothing.
    """
    fragment = _Fragment(value, upper, standard)
    patience = PATIENCE
    if quote:
        fragment.letters, fragment.tokens, fragment.at = "s", 1, _REST[quote](upper).end()  # type: ignore[union-attr]
    while fragment.tokens < MOST_TOKENS and (match := _TOKEN(upper, fragment.at)) and match.lastindex:
        kind = match.lastindex
        text, fragment.at = match[kind], match.end()
        fragment.tokens += 1
        fragment.remark = b""
        if kind == _WORD and text not in KNOWN and b"." not in text and b"`" not in text and fragment.letters[-1:] != "A":
            letter, fragment.spelling = "n", text
        else:
            fragment.spelling = b""
            letter = _TYPE[kind](fragment, text)
        if letter == "X":
            return Reading("X", fragment.tokens, b"", b"", fragment.dialects)
        if letter and _fold(fragment, letter):
            break
        if fragment.tokens >= patience:
            patience += PATIENCE
            fragment.at = _PADDING(upper, fragment.at).end()  # type: ignore[union-attr]
    return _finished(fragment)


def says_nothing(words: Sequence[bytes], end: bytes | None = None) -> bool:
    """Whether no value that begins with these words is an injection; or the value is none that consists of them and of `end`: of
    nothing or one of ".!?". Upper case, each with a space or `end` after it; no `/*` follows."""
    letters, said = "", b""
    for place, word in enumerate(words, 1):
        if letters[-1:] == "A":
            return False
        if word in BEGINNINGS and (place == len(words) or b"%b+%b" % (word, words[place]) in PHRASES or word in PHRASES):
            return False
        if said == b"IN":
            letters, said = letters[:-1] + "n", b""
        before = len(letters)
        letters = NEXT[letters + WORDS.get(word, "n")]
        if letters == DEAD:
            return True
        if len(letters) >= SETTLED:
            return False
        said = word if len(letters) > before else b"" if len(letters) < before else said
    if end is None:
        return False
    if end and (end != b"." or words[-1] in WORDS):  # a full stop belongs to a word that is no keyword
        if said == b"IN":
            letters = letters[:-1] + "n"
        letters = NEXT[letters + _SIGNS[end]]
    return letters == DEAD or letters[:5].translate(SHOWN) not in FLAGGED


def _fold(fragment: _Fragment, letter: str) -> bool:
    """Add a letter. True where no further one can change the first five."""
    if letter != "(" and fragment.said == b"IN":
        fragment.letters, fragment.said = fragment.letters[:-1] + "n", b""
    before = len(fragment.letters)
    letters = fragment.step[fragment.letters + letter]
    grown = len(letters) > before
    if grown:
        fragment.said = fragment.spelling
    elif len(letters) < before:
        fragment.said = b""
    if fragment.remark:  # a backtick at the very end: nothing, or a comment
        letters, fragment.remark = (letters[:-1], fragment.remark) if grown else (letters, b"")
    fragment.letters = letters
    return len(letters) >= SETTLED


def _finished(fragment: _Fragment) -> Reading:
    """What was read, with the comment at the end if there is one and room for it."""
    if fragment.letters == DEAD:
        return _DEAD_IN_ONE if fragment.dialects else _DEAD
    letters = fragment.letters[:5].translate(SHOWN)
    if fragment.remark and letters and len(letters) < 5:
        letters += "c"
    return Reading(letters, fragment.tokens, fragment.remark, fragment.said, fragment.dialects)
