"""Folding of SQL token types: an expression counts as its first operand, so that few letters say what a fragment does.

`1+2*3` is one number, `a, b, c` one name, `((` one parenthesis; what stays is the skeleton of the statement. Folding rewrites
the end of the letters read so far. As few letters are kept, they are the state of an automaton whose transitions are computed
once and remembered. Knows letters only, not what they stand for in a value.

Letters: `1` number, `s` string, `n` name, `f` function, `v` variable or constant, `o` operator, `u` operator that also stands
before one operand, `*` operator of arithmetic, `g` cast, `&` logical operator, `k` keyword, `w` keywords that write files,
`E` word that begins an expression of its own (SELECT), `U` joins queries, `B` follows a query (ORDER BY), `T` statement of
Transact-SQL and the like, `t` type, `A` collation, `X` hostile comment, `c` comment; brackets, `,` `;` `:` `.` `?` and
backslash are themselves.
"""

import re
from typing import Final

SETTLED: Final = 6
"""Number of letters at which reading ends: the first five are the fingerprint."""

DEAD: Final = "-" * SETTLED
"""Letters from which no fingerprint comes that matters."""

SHOWN: Final = str.maketrans("u*g", "ooo")
"""Letters as they stand in fingerprints: operators are not told apart."""

_OPERATORS_MET: Final = re.compile("oo+")

_REMEMBERED: Final = 20_000
"""Transitions kept at most; further ones are computed each time, so that hostile values cannot fill memory."""

_OPERATORS: Final = "ou*g"
_OPERANDS: Final = "1snfv"
_NOTHING: Final = frozenset("ut(")
"""Letters that say nothing at the beginning of a fragment."""


def _pairs() -> dict[str, str]:
    """Rewritings of two letters."""
    rules = {
        "ss": "s",
        ";;": ";",
        "((": "(",
        "))": ")",
        "{n": "",
        "{}": "{",
        "tt": "t",
        "t(": "(",
        "(u": "(",
        "&u": "&",
        "&t": "&",
    }
    for operator in _OPERATORS:
        rules |= {operator + "u": operator, operator + "t": operator}
    rules |= {"t" + operand: operand for operand in _OPERANDS}
    for letter in "1snfvou*g&kwEUBTtA(),;:.?{\\X":
        rules.setdefault(letter + "}", letter)
        rules.setdefault("\\" + letter, letter)
    return rules


def _triples() -> dict[str, str]:
    """Rewritings of three letters."""
    rules = {"n.n": "n", "E.n": "En"} | {f"{operand}gt": operand for operand in "1snv"}
    for operator in _OPERATORS:
        rules |= {
            left + operator + right: left for left, rights in (("1", "1n"), ("n", "1n"), ("v", "1nv")) for right in rights
        }
        rules |= {operator + middle + closing: operator for middle in "1snfvkwEUBTA),;{.?ou*g&" for closing in _OPERATORS}
    rules |= {"&" + middle + "&": "&" for middle in "1snfvou*gkwEUBTA(),;{.?&"}
    rules |= {f"{left},{right}": left for left in "1snv" for right in "1snv"}
    rules |= {f"{before}u{operand}": before + operand for before in "kwEB" for operand in _OPERANDS}
    rules |= {f",u{operand}": "" for operand in "1snv"} | {",uf": ",f"}
    rules |= {before + "u(": before + "(" for before in "EB,"}
    return rules


def _wholes() -> dict[str, str]:
    """Rewritings of all letters read: parenthesised arithmetic and lists that stand alone are an expression, not a statement."""
    rules = {"1),(1": "1"}
    for operator in _OPERATORS:
        rules |= {f"1{operator}(1)": "1", f"n{operator}(1)": "n", f"n{operator}(n)": "n", f"n){operator}(n": "n"}
    rules["1,(1)"] = "1"
    return rules


_PAIRS: Final = _pairs()
_TRIPLES: Final = _triples()
_WHOLES: Final = _wholes()


def fold(letters: str) -> str:
    """Rewrite the end of already folded letters, to which one was added, until nothing changes. Never grows."""
    if letters[-2:-1] == "\\" and letters[-1] in "u*":  # MySQL: a lone backslash in arithmetic is a number
        letters = fold(letters[:-2] + "1") + letters[-1]
    while letters:
        if letters in _NOTHING:
            return ""
        whole = _WHOLES.get(letters)
        if whole is not None:
            return whole
        for size, rules in ((3, _TRIPLES), (2, _PAIRS)):
            replaced = rules.get(letters[-size:]) if len(letters) >= size else None
            if replaced is not None:
                letters = letters[:-size] + replaced
                break
        else:
            break
    return letters


class Folding(dict[str, str]):
    """Folded letters and the next one -> folded letters: the automaton's transitions, computed once and remembered.

    `alive` are all beginnings of the fingerprints that matter, in letters as shown. Where the letters before the last are none of
    them, the answer is `DEAD`: they stay, but for operators side by side, which may still become one. Without `alive`, nothing
    is dead.
    """

    def __init__(self, alive: frozenset[str] | None = None) -> None:
        super().__init__()
        self._alive = alive

    def __missing__(self, letters: str) -> str:
        folded = fold(letters)
        if self._alive is not None and _OPERATORS_MET.sub("o", folded[:-1].translate(SHOWN))[:5] not in self._alive:
            folded = DEAD
        if len(self) < _REMEMBERED:
            self[letters] = folded
        return folded
