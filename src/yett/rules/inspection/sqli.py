"""SQL injection in a value: what the value would do to the statement it is put into.

The value is read as SQL in up to five ways: as it stands, and as the rest of a string opened by either quote, each with the
comments of the SQL standard and of MySQL. What it is made of folds to at most five letters (its fingerprint), and the
fingerprint is compared with the shapes of injections. Short shapes that prose has too are looked at more closely. The
technique is libinjection's (Nick Galbreath, Black Hat USA 2012); reader, folding, words and shapes are Yett's own. Knows
nothing of requests and rules.
"""

import re
from typing import Final

from yett.formats.signs import LINE_FEED
from yett.rules.inspection.sqli_shapes import DOUBTFUL, SHAPES, WEAK
from yett.rules.inspection.sqli_tokens import Reading, read, says_nothing
from yett.rules.inspection.sqli_words import CALLED, KNOWN

_CLOSED: Final = {
    b"'": re.compile(rb"'(?:[^'\\]++|\\.|'')*+'", re.DOTALL),
    b'"': re.compile(rb'"(?:[^"\\]++|\\.|"")*+"', re.DOTALL),
}

_CONSTANT: Final = rb"(?!(?i:null|unknown|current_|localtime))"
_WORD: Final = rb"[A-Za-z0-9_\x80-\x9f\xa1-\xff]++"
_PLAIN: Final = (
    _WORD + rb"(?:[-:]" + _CONSTANT + _WORD + rb")*+"  # kebab case, UUID, date, time
    rb"|[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9:.]++(?:Z|[-+][0-9:]++)?+"  # date and time
    rb"|[A-Za-z_][A-Za-z0-9_]*+(?:[.@][A-Za-z][A-Za-z0-9_]*+)*+"  # host, file, mail
    rb"|[A-Za-z]++[.!?]"  # a word that is a sentence
    rb"|-?[0-9]++(?:\.[0-9]++)?+"
)
_MEANT: Final = frozenset((*KNOWN, *CALLED))
_TELLING: Final = _MEANT | {b""}
"""Likewise, and where a line has no words."""
_HARMLESS: Final = re.compile(rb"(?:%s)?" % _PLAIN).fullmatch
_WORDS: Final = rb" *+([A-Za-z]++(?: [A-Za-z]++(?=[ .,!?;:]|$)){1,5}+)(?:[ .,!?;:][^'\"/\n]*+)?+$"
_IN_WORDS: Final = re.compile(_WORDS).match
_PATH: Final = rb"/([A-Za-z][A-Za-z0-9_]*+)(?:/[^'\"*\n]*+)?+$"
_IN_PATH: Final = re.compile(_PATH).match
_TWO_WORDS: Final = rb" *+([A-Za-z]++ [A-Za-z]++)(?:[ .,!?;:][^'\"/\n]*+)?+$"
"""As `_WORDS`, with no more of them."""
_ODD: Final = re.compile(rb"^(%s|%s|(?!(?:%s)?$).+)" % (_TWO_WORDS, _PATH, _PLAIN), re.MULTILINE).findall
"""Each line that is not plain, its first two words where it consists of words, and the first step of one that is a path."""


def _comment_ends(reading: Reading, _: bytes) -> bool:
    """A name, number, variable or string and a comment: which of them are more than text with a dash or a hash."""
    if reading.letters == "1c":
        return reading.remark in (b"/*", b"--", b"-- ")
    if reading.letters == "nc":
        return reading.remark == b"/*"
    return reading.remark in (b"/*", b"--")


def _strings_meet(reading: Reading, quote: bytes) -> bool:
    """`x' = 'y`: the value closes a string at its beginning and leaves one of the same kind open at its end."""
    return bool(quote) and reading.said.startswith(quote) and not _CLOSED[quote].fullmatch(reading.said)


def _says_more(reading: Reading, _: bytes) -> bool:
    """`1 or 1` may be prose, `1 or 2-1` is not."""
    return reading.tokens > len(reading.letters)


_CLOSER_LOOK: Final = {
    **dict.fromkeys(("1c", "nc", "sc", "vc"), _comment_ends),
    **dict.fromkeys(("sos", "s&s"), _strings_meet),
    **dict.fromkeys(("1&1", "n&1", "s&n", "1&s", "1&v", "1U"), _says_more),
}


def _flagged(reading: Reading, quote: bytes, upper: bytes) -> bool:
    letters = reading.letters
    if letters not in DOUBTFUL:
        return letters in SHAPES
    if letters[-1] == "c" and b"SP_PASSWORD" in upper:  # SQL Server does not log statements with this word
        return True
    return _CLOSER_LOOK[letters](reading, quote)


def may_be_sqli(value: bytes) -> bool:
    """Whether `sqli` has to read the value. Never False for what `sqli` flags.

    False for words, names in kebab case, numbers, dates, addresses of mail and hosts, for paths whose first step means nothing
    in SQL (nothing begins with a slash and a name), and for text without quotes whose first words begin no statement and no
    condition.
    """
    if _HARMLESS(value):
        return False
    path = None if LINE_FEED in value else _IN_PATH(value)
    if path is not None:
        return path[1].upper() in _MEANT
    return LINE_FEED in value or _in_words(value)


def suspects(lines: bytes) -> list[bytes]:
    """Those of the values that stand here one a line, none with a line feed of its own, that `sqli` has to read."""
    odd = _ODD(lines)
    if not odd:
        return []
    begun = b" ".join([words or step + b" -" for _, words, step in odd]).upper().split(b" ")  # two of each line
    if _TELLING.isdisjoint(begun):
        return []
    telling = {at >> 1: odd[at >> 1] for at, word in enumerate(begun) if word in _TELLING}
    return [line for line, words, _ in telling.values() if not words or _in_words(line)]


def _in_words(line: bytes) -> bool:
    words = _IN_WORDS(line)
    return words is None or _mean(words[1].upper(), line)


def _mean(words: bytes, value: bytes) -> bool:
    """Whether a value may be an injection that begins with these words, in upper case with single spaces between them."""
    first, _, rest = words.partition(b" ")
    if first not in _MEANT and rest.partition(b" ")[0] not in _MEANT:
        return False
    more = value.lstrip(b" ")[len(words) :]
    return not says_nothing(words.split(b" "), more if more in _ENDS else None)


_ENDS: Final = frozenset((b"", b".", b"!", b"?"))


def sqli(value: bytes, precise: bool = False) -> str:
    """The fingerprint of the injection that the value is, or the empty string.

    A fingerprint has one to five letters (see `sqli_folding`). Where `precise`, shapes do not count that program text and
    quotations have as well. Takes time proportional to the length of the value at most, and stops as soon as five letters are
    settled. Raises nothing.
    """
    upper = value.upper()
    for quote in (b"", b"'", b'"'):
        if quote and quote not in value:
            continue
        for standard in (False,) if quote == b'"' else (True, False):
            reading = read(value, upper, quote, standard)
            if _flagged(reading, quote, upper) and not (precise and reading.letters.startswith(WEAK)):
                return reading.letters.replace("w", "k")
            if not reading.dialects:
                break
    return ""
