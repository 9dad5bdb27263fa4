"""The tokens of an SQL fragment, as MySQL, PostgreSQL, SQL Server, Oracle and SQLite together read it, told as folded letters.

A fragment is read as it stands or as the rest of a string that was opened before it, with the comments of the SQL standard or with
those of MySQL (`#`, and `--` only before white space). No pattern here goes back, and what has no end is taken to the end of the value:
each octet is looked at a bounded number of times. Knows nothing of which fragments are attacks.

Source: the chapters on lexical structure in the manuals of the five products.
"""

import re
from typing import Final, NamedTuple

from yett.rules.inspection.sqli_folding import DEAD, SETTLED, SHOWN, Folding
from yett.rules.inspection.sqli_shapes import BEGINNINGS as ALIVE
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
    ("prefix", rb"0X(?![0-9A-F])|0B(?![01])"),
    ("void", rb"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)E(?:[-+](?![0-9])|(?![-+0-9]))"),
    ("number", _NUMBER),
    ("comment", rb"/\*|--|#"),
    ("sign", rb"<=>|<>|<<|>>|<@|[<>!*&|]=|![<>]|\|/|&&|\|\||:=|::|[!~+]++(?![=<>])|\(++|\)++|;++|[-!~+*/%<>=^|&(),;:.?{}\]]"),
    ("enclosed", rb"[`\[]"),
    ("variable", rb"@{1,2}+(?:(?=['\"`])|[A-Z0-9_$.\[\]{}\x7f-\x9f\xa1-\xff]*+)"),
    ("dollar", rb"\$(?:[0-9,][0-9.,]*+|[A-Z]{0,64}+\$|)"),
    ("backslash", rb"\\"),
    ("other", rb"."),
)
_TOKEN: Final = re.compile(
    _GAP + rb"*+(?:" + b"|".join(b"(" + pattern + b")" for _, pattern in _KINDS) + rb"|\Z)", re.DOTALL
).match
(
    _QUOTED,
    _BINARY,
    _CHOSEN,
    _WORD,
    _PREFIX,
    _VOID,
    _NUMERAL,
    _REMARK,
    _SIGN,
    _ENCLOSED,
    _VARIABLE,
    _DOLLAR,
    _BACKSLASH,
    _OTHER,
) = range(1, len(_KINDS) + 1)

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
_PARENTHESIS: Final = re.compile(rb"(?:" + _GAP + rb"|" + _COMMENT + rb")*+\(").match
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


def _word(upper: bytes, text: bytes, end: int, before: str) -> tuple[str, int, bytes]:
    """Type, end and spelling of the word `text` that ends at `end`, or of the phrase or the keyword that it begins."""
    if text in BEGINNINGS:
        phrase, at = text, end
        while phrase in BEGINNINGS and (following := _CONTINUED(upper, at)):
            longer = phrase + b"+" + following[1]
            if longer not in PHRASES:
                break
            phrase, at = longer, following.end()
        if phrase in PHRASES:
            return ("T" if before == ";" and text == b"IF" else PHRASES[phrase]), at, phrase
    if before == ";" and text in _CONDITIONS:
        return "T", end, text
    letter = WORDS.get(text)
    if letter is not None:
        return letter, end, text
    if before == "A" and b"_" in text:
        return "t", end, text
    for split in _SPLIT(text, 0, LONGEST_WORD):
        beginning = WORDS.get(text[: split.start()])
        if beginning is not None:
            return beginning, end - len(text) + split.start(), text
    return "n", end, text


def _comment(upper: bytes, text: bytes, start: int, standard: bool) -> tuple[str, int]:
    """Type and end of what begins like a comment at `start`."""
    if text == b"/*":
        close = upper.find(b"*/", start + 2)
        end = len(upper) if close < 0 else close + 2
        if upper.startswith(b"!", start + 2) or (close >= 0 and upper.find(b"/*", start + 2, close + 1) >= 0):
            return "X", end
        return "c", end
    if text == b"#":
        if standard:
            return "o", start + 1
    elif not standard and start + 2 < len(upper) and upper[start + 2] not in _WHITE:
        return "u", start + 1
    line = upper.find(b"\n", start)
    return "c", len(upper) if line < 0 else line + 1


def _run(letters: str, signs: bytes, step: Folding) -> str:
    """The letters after all numbers of a run but the last. From the third number on, nothing changes any more."""
    for letter in ("1", _SIGNS[signs], "1", _SIGNS[signs]):
        letters = step[letters + letter]
    return letters


def _until(upper: bytes, closing: bytes, start: int) -> int:
    found = upper.find(closing, start)
    return len(upper) if found < 0 else found + len(closing)


def _enclosed(upper: bytes, text: bytes, end: int, before: str) -> tuple[str, int]:
    """Type and end of a name in square brackets or backticks."""
    if text == b"[":
        return "n", _until(upper, b"]", end)
    close = _REST[b"`"](upper, end).end()  # type: ignore[union-attr]
    if close - end == 1 and before == "{":
        return "X", close
    return "f" if WORDS.get(upper[end : close - 1]) == "f" else "n", close


def _rare(value: bytes, upper: bytes, kind: int, text: bytes, end: int) -> tuple[str, int]:
    """Type and end of a token of a rare kind of which `text` was read, up to `end`."""
    if kind == _BINARY:
        return "1", end
    if kind == _CHOSEN:
        return "s", _until(upper, _CLOSING.get(text[-1:], text[-1:] + b"'"), end)
    if kind == _VARIABLE:
        rest = _REST.get(upper[end : end + 1]) if text.endswith(b"@") else None
        return "v", rest(upper, end + 1).end() if rest else end  # type: ignore[union-attr]
    if kind == _DOLLAR:
        if text.endswith(b"$") and len(text) > 1:
            return "s", _until(upper, text, end)
        return ("1", end) if len(text) > 1 else ("n", end)
    if kind == _BACKSLASH:
        return ("1", end + 1) if value.startswith(b"N", end) else ("\\", end)
    return "n", end


class Reading(NamedTuple):
    """How a fragment was read."""

    letters: str
    """At most five, folded; `X` alone where a comment hides what a server runs."""
    tokens: int
    """Tokens read, comments among them."""
    remark: bytes
    """How the comment begins that is the last token; a bare `--` where nothing follows it. Else empty."""
    string: bytes
    """The last token, if it is a string, in upper case."""
    dialects: bool
    """Whether MySQL would read it otherwise than the SQL standard."""


_DEAD: Final = Reading("", 0, b"", b"", False)
_DEAD_IN_ONE: Final = Reading("", 0, b"", b"", True)


def read(value: bytes, upper: bytes, quote: bytes = b"", standard: bool = True) -> Reading:
    """Read a fragment, of which `upper` is the form in upper case.

    With a `quote`, the value begins inside a string that this quote opened; `standard` chooses the comments of the SQL standard. Reads at
    most `MOST_TOKENS` tokens, in time proportional to their length. Raises nothing.
    """
    step = PATIENT if b"/*" in upper else NEXT
    letters, at, remark, spelling, text, dialects, tokens, kind = "", 0, b"", b"", b"", False, 0, 0
    if quote:
        at = _REST[quote](upper).end()  # type: ignore[union-attr]
        letters, tokens = "s", 1
    while tokens < MOST_TOKENS:
        match = _TOKEN(upper, at)
        if not match or not match.lastindex:
            break
        kind = match.lastindex
        text, at = match[kind], match.end()
        tokens += 1
        if not tokens % PATIENCE:
            at = _PADDING(upper, at).end()  # type: ignore[union-attr]
        if kind == _REMARK:
            start = match.start(kind)
            letter, at = _comment(upper, text, start, standard)
            if letter == "X" and len(letters) < 5:
                return Reading("X", tokens, b"", b"", dialects)
            if letter in "cX":
                remark = text if at - start == len(text) or text != b"--" else b"-- "
                dialects = dialects or (standard and text == b"--" and upper[start + 2 : start + 3].strip(_WHITE) != b"")
                continue
            dialects = dialects or standard
        said, remark, spelling = spelling, b"", b""
        if kind == _SIGN:
            letter = _SIGNS.get(text) or _SIGNS[text[:1]]
            if letter == "(" and said in CALLED:
                letters = letters[:-1] + CALLED[said]
            elif letter == ")" and len(text) > 1:
                letters = step[letters + ")"]
            elif letter == ":" and at == len(upper):
                letter = "o"
        elif kind == _WORD:
            if text in KNOWN or b"." in text or b"`" in text or letters[-1:] == "A":
                letter, at, spelling = _word(upper, text, at, letters[-1:])
            else:
                letter, spelling = "n", text
        elif kind == _NUMERAL:
            letter = "1"
            if run := _RUN(text):
                letters = _run(letters, run[0], step)
                tokens += 2
        elif kind == _QUOTED:
            letter = "s"
        elif kind == _VOID:
            continue
        elif kind == _ENCLOSED:
            if text == b"`" and at == len(upper):
                remark = text
            letter, at = _enclosed(upper, text, at, letters[-1:])
            if letter == "X":
                return Reading("X", tokens, b"", b"", dialects)
        elif kind != _REMARK:
            letter, at = _rare(value, upper, kind, text, at)
        if said == b"IN" and letter != "(":
            letters = letters[:-1] + "n"
        before, letters = len(letters), step[letters + letter]
        if len(letters) >= SETTLED:
            break
        if len(letters) <= before:
            spelling = remark = b""
        elif remark:
            letters = letters[:-1]
    if letters is DEAD:
        return _DEAD_IN_ONE if dialects else _DEAD
    letters = letters[:5].translate(SHOWN)
    if remark and letters and len(letters) < 5:
        letters += "c"
    return Reading(letters, tokens, remark, text if kind == _QUOTED else b"", dialects)
