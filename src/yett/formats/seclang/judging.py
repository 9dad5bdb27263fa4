"""The operator of a rule, `!@rx pattern`, as a value, its argument checked as far as it can be. It must not know rules."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network

from yett.formats.seclang.lexing import Mistaken
from yett.formats.seclang.targets import variable_word
from yett.formats.seclang.values import Operator
from yett.formats.seclang.vocabulary import ALIASES, OPERATORS, Takes, Word, suggestion

_OPERATOR = re.compile(r"(!?)@([A-Za-z0-9_]+)(?: (.*)|([\t].*)|)", re.DOTALL)
_STRAY = re.compile(r"!?[ \t]+!?@")
_NAMED = re.compile(r"([A-Za-z0-9_]+)(?:[.:]([^{}\s](?:[^{}]*[^{}\s])?))?")
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
_RANGE = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")

FILES = frozenset(("pmfromfile", "ipmatchfromfile"))
"""Operators whose argument names files."""


def read_operator(text: str) -> tuple[Operator, Word]:
    """Read an operator; without "@" it is a regular expression. Raises Mistaken."""
    found = _OPERATOR.fullmatch(text)
    if found is None:
        if _STRAY.match(text):
            raise Mistaken(
                "white space before the operator", 0, "readers of SecLang differ here; write @ right behind the quote or !"
            )
        negated = text.startswith("!")
        operator = Operator("rx", text[negated:], negated)
        if text[negated:].startswith("@"):
            raise Mistaken("the name of an operator is expected behind @", int(negated), "a pattern that begins with @: @rx @…")
        if not operator.argument:
            raise Mistaken("an operator without anything to look for", 0)
        return operator, OPERATORS["rx"]
    name = found[2].lower()
    word = OPERATORS.get(name)
    if word is None:
        known = suggestion(found[2], (one.name for one in OPERATORS.values()))
        raise Mistaken(f"the operator @{found[2][:80]} is not known", found.start(2), known)
    argument = found[3] or found[4] or ""
    at = found.start(3) if found[3] else found.end(2)
    if word.takes is Takes.SOMETHING and not argument.strip():
        raise Mistaken(f"@{word.name} needs an argument", found.end(2))
    name = ALIASES.get(name, name)
    check = _CHECKS.get(name)
    if check is not None:
        check(argument, at)
    if name not in LITERAL:
        check_macros(argument, at)
    return Operator(name, argument, bool(found[1])), word


LITERAL = frozenset(("rx", "rxglobal", "pm", "pmfromfile", "ipmatchfromfile"))
"""Operators whose argument is taken as it is."""


def check_macros(text: str, at: int = 0) -> None:
    """Every macro in a text names something that is known. Raises Mistaken."""
    for begin, macro in _macros(text):
        named = _NAMED.fullmatch(macro)
        if named is None or (named[2] or "").startswith("/"):
            hint = "such as %{tx.name} or %{MATCHED_VAR}, without white space and patterns"
            raise Mistaken(f"%{{{macro[:80]}}} is no macro", at + begin - 2, hint)
        try:
            variable_word(named[1], at + begin)
        except Mistaken as mistaken:
            raise Mistaken(f"%{{{named[1][:80]}}} stands for nothing", mistaken.at, mistaken.hint) from None


def macro_words(text: str) -> Iterator[Word]:
    """What is known of the variables that the macros of a text name, which was checked before."""
    for _, macro in _macros(text):
        named = _NAMED.fullmatch(macro)
        if named is not None:
            yield variable_word(named[1])


def _macros(text: str) -> Iterator[tuple[int, str]]:
    """Where what stands in each macro begins, and what that is. Takes time linear in the text."""
    begin = text.find("%{") + 2
    while begin > 1:
        end = text.find("}", begin)
        if end < 0:
            return
        yield begin, text[begin:end]
        begin = text.find("%{", end) + 2


_PAIRS = re.compile(rb"(?:[0-9A-Fa-f]{2})*")
_ESCAPED = re.compile(rb"\\([:;\\\"])")


def phrases_in(argument: bytes) -> list[bytes]:
    r"""The phrases of `@pm`: words, in which hexadecimal digits between bars, `|4142|`, stand for octets, and `\:`, `\;`, `\\` and
    `\"` for the character behind the backslash. Where anything else is written so, all is taken as it is, as in ModSecurity 3."""
    pieces = argument.split(b"|")
    found = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            found.append(_ESCAPED.sub(rb"\1", piece))
            if b"\\" in _ESCAPED.sub(b"", piece):
                return argument.split()
        elif _PAIRS.fullmatch(piece):
            found.append(bytes.fromhex(piece.decode()))
        else:
            return argument.split()
    return b"".join(found).split()


def _number(argument: str, at: int) -> None:
    if not _NUMBER.fullmatch(argument) and "%{" not in argument:
        raise Mistaken("a whole number or a macro is expected", at)


def _networks(argument: str, at: int) -> None:
    for piece in argument.replace(",", " ").split():
        if "%{" in piece:
            continue
        try:
            ip_network(piece, strict=False)
        except ValueError:
            place = at + argument.index(piece)
            raise Mistaken(
                f"{piece[:80]!r} is no address and no network", place, "such as 192.0.2.0/24 or 2001:db8::/32"
            ) from None


def _octets(argument: str, at: int) -> None:
    for piece in argument.split(","):
        found = _RANGE.fullmatch(piece.strip())
        if found is None or not int(found[1]) <= int(found[2] or found[1]) <= 255:
            place = at + argument.index(piece)
            raise Mistaken(f"{piece.strip()[:80]!r} is no range of octets", place, "octets are 0 to 255: 10,13,32-126")


_CHECKS: dict[str, Callable[[str, int], None]] = {
    **dict.fromkeys(("eq", "ge", "gt", "le", "lt"), _number),
    "ipmatch": _networks,
    "validatebyterange": _octets,
}
