"""The actions of a rule, `id:1,phase:2,t:none,setvar:'tx.score=+5'`, as values. It must not know which rule they belong to."""

import re
from collections.abc import Callable

import msgspec

from yett.formats.seclang.judging import check_macros
from yett.formats.seclang.lexing import Mistaken
from yett.formats.seclang.targets import read_target, variable_word
from yett.formats.seclang.values import SEVERITIES, Action, Assignment, Control
from yett.formats.seclang.vocabulary import ACTIONS, CHOICES, CONTROLS, Fate, Takes, Word, suggestion
from yett.formats.transformations import TRANSFORMATIONS, UnknownTransformation, chain_of

_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*")
_QUOTED = re.compile(r"\s*'((?:[^'\\]|\\.)*+)'\s*", re.DOTALL)
_PLAIN = re.compile(r"[^,]*")
_IDS = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
_AMOUNT = re.compile(r"[0-9]{1,18}")

PHASES = {"request": 2, "response": 4, "logging": 5}
"""Names of phases (reference manual, "phase")."""

LARGEST = (1 << 63) - 1
"""Ids are signed numbers of 64 bits in ModSecurity 3."""


class Written(msgspec.Struct, frozen=True):
    """One action as written. at: offset of its name in the text of the actions; value_at: of its argument."""

    action: Action
    word: Word
    at: int
    value_at: int


def read_actions(text: str) -> list[Written]:
    """Read a list of actions; every argument is checked. Raises Mistaken. Takes time linear in the text."""
    found: list[Written] = []
    at = 0
    while True:
        written, at = _action(text, at)
        found.append(written)
        if at >= len(text):
            return found
        at += 1  # the comma


def _action(text: str, at: int) -> tuple[Written, int]:
    named = _NAME.match(text, at)
    if named is None:
        raise Mistaken("an action is expected", at, "actions are separated by single commas, with none at the end")
    word = ACTIONS.get(named[1].lower())
    if word is None:
        hint = suggestion(named[1], (known.name for known in ACTIONS.values()))
        raise Mistaken(f"the action {named[1][:80]!r} is not known", named.start(1), hint)
    at = named.end()
    value: str | None = None
    value_at = at
    if text[at : at + 1] == ":":
        value, value_at, at = _value(text, at + 1)
    if at < len(text) and text[at] != ",":
        raise Mistaken("a comma is expected", at, "text with commas stands in single quotes: msg:'one, two'")
    if word.takes is Takes.NOTHING and value is not None:
        raise Mistaken(f"{word.name} takes no argument", named.start(1))
    if word.takes is Takes.SOMETHING and not value:
        raise Mistaken(f"{word.name} needs an argument", named.start(1), f"{word.name}:…")
    written = Written(Action(word.name.lower(), value), word, named.start(1), value_at)
    _check(written)
    return written, at


def _value(text: str, at: int) -> tuple[str, int, int]:
    """An argument, where it begins, and where the comma behind it stands."""
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        return quoted[1].replace("\\'", "'"), quoted.start(1), quoted.end()
    plain = _PLAIN.match(text, at)
    end = plain.end() if plain else at
    value = text[at:end]
    begin = at + len(value) - len(value.lstrip())
    if value.lstrip().startswith("'"):
        raise Mistaken("a single quote that never closes", begin)
    return value.strip(), begin, end


def _check(written: Written) -> None:
    """What can be said of an argument without its rule. Raises Mistaken."""
    check = _CHECKS.get(written.action.name)
    if check is not None:
        check(written.action.argument or "", written.value_at)


def _id(value: str, at: int) -> None:
    if not _AMOUNT.fullmatch(value) or not 0 < int(value) <= LARGEST:
        raise Mistaken("an id is a whole number from 1", at)


def _severity(value: str, at: int) -> None:
    if value.upper() not in SEVERITIES and value not in tuple("01234567"):
        raise Mistaken(f"{value[:80]!r} is no severity", at, "one of " + ", ".join(SEVERITIES) + ", or 0 to 7")


def _status(value: str, at: int) -> None:
    if not _AMOUNT.fullmatch(value) or not 100 <= int(value) <= 599:
        raise Mistaken("a status is 100 to 599 (RFC 9110, 15)", at)


def _count(value: str, at: int) -> None:
    if not _AMOUNT.fullmatch(value) or not int(value):
        raise Mistaken("a number of rules is expected", at)


def phase_number(value: str, at: int = 0) -> int:
    """1 to 5. Raises Mistaken."""
    number = PHASES.get(value.lower())
    if number is None:
        if value not in ("1", "2", "3", "4", "5"):
            raise Mistaken(f"{value[:80]!r} is no phase", at, "1 to 5, request, response or logging")
        number = int(value)
    return number


def _transformation(value: str, at: int) -> None:
    try:
        chain_of((value,))
    except UnknownTransformation:
        raise Mistaken(f"the transformation {value[:80]!r} is not known", at, suggestion(value, TRANSFORMATIONS)) from None


def _allow(value: str, at: int) -> None:
    _choice("allow", value, at)


def _choice(name: str, value: str, at: int) -> None:
    choices = CHOICES.get(name)
    if choices and value and value.lower() not in [choice.lower() for choice in choices]:
        raise Mistaken(f"{value[:80]!r} is not one of {', '.join(choices)}", at)


def read_assignment(text: str, at: int = 0) -> Assignment:
    """Read the argument of setvar. Raises Mistaken, `at` being where it stands."""
    name, mark, value = text.partition("=")
    unset = name.startswith("!")
    collection, dot, key = name[unset:].replace(":", ".", 1).partition(".")
    if not dot or not key.strip():
        raise Mistaken("a variable with its collection is expected", at, "such as tx.name=1, tx.name=+1 or !tx.name")
    word = variable_word(collection, at + unset)
    if word.takes is Takes.NOTHING or (word.fate is Fate.HONOURED and word.name != "TX") or word.name == "GEO":
        raise Mistaken(f"{word.name} cannot be written to", at + unset, "rules keep their variables in TX")
    check_macros(text, at)
    if unset:
        if mark:
            raise Mistaken("a variable that is removed has no value", at + len(name))
        return Assignment(word.name, key, "!", "")
    if not mark:
        return Assignment(word.name, key, "=", "1")
    sign = value[:1]
    if sign in ("+", "-") and sign:
        amount = value[1:]
        if not _AMOUNT.fullmatch(amount) and "%{" not in amount:
            raise Mistaken("what is added is no whole number and no macro", at + len(name) + 1)
        return Assignment(word.name, key, sign, amount)
    return Assignment(word.name, key, "=", value)


def read_control(text: str, at: int = 0) -> Control:
    """Read the argument of ctl. Raises Mistaken, `at` being where it stands."""
    name, mark, value = text.partition("=")
    word = CONTROLS.get(name.strip().lower())
    if word is None:
        hint = suggestion(name.strip(), (known.name for known in CONTROLS.values()))
        raise Mistaken(f"the control {name.strip()[:80]!r} is not known", at, hint)
    value = value.strip()
    value_at = at + len(name) + len(mark)
    if not value:
        raise Mistaken(f"{word.name} needs a value", at, f"ctl:{word.name}=…")
    key = word.name.lower()
    _choice(key, value, value_at)
    if not key.startswith("ruleremove"):
        return Control(key, value)
    subject, target = value, None
    if key.startswith("ruleremovetarget"):
        subject, semicolon, written = value.partition(";")
        if not semicolon or not written.strip() or not subject.strip():
            raise Mistaken("rules and a target are expected", value_at, f"ctl:{word.name}=…;ARGS:name")
        try:
            target = read_target(written.strip().lstrip("!"))
        except Mistaken as mistaken:
            place = value_at + len(subject) + 1 + mistaken.at
            raise Mistaken(mistaken.message, place, mistaken.hint) from None
    ranges = read_ids(subject, value_at) if key.endswith("byid") else ()
    return Control(key, subject.strip(), ranges, target)


def read_ids(text: str, at: int = 0) -> tuple[tuple[int, int], ...]:
    """Ids and ranges of ids, separated by commas or spaces. Raises Mistaken."""
    found = []
    for piece in text.replace(",", " ").split():
        match = _IDS.fullmatch(piece)
        if match is None or int(match[1]) > int(match[2] or match[1]):
            raise Mistaken(
                f"{piece[:80]!r} is no id and no range of ids", at + text.index(piece), "such as 942100 or 942000-942999"
            )
        found.append((int(match[1]), int(match[2] or match[1])))
    if not found:
        raise Mistaken("an id is expected", at)
    return tuple(found)


_CHECKS: dict[str, Callable[[str, int], object]] = {
    "id": _id,
    "phase": phase_number,
    "severity": _severity,
    "status": _status,
    "skip": _count,
    "t": _transformation,
    "allow": _allow,
    "ctl": read_control,
    **dict.fromkeys(("setvar", "expirevar", "deprecatevar"), read_assignment),
    **dict.fromkeys(("msg", "logdata", "redirect", "initcol", "setsid", "setuid", "setrsc"), check_macros),
}
