"""One SecRule or SecAction as it is written, before SecDefaultAction and updates have their say. It must not know other rules."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from yett.formats.seclang.acting import Written, phase_number, read_actions
from yett.formats.seclang.judging import read_operator
from yett.formats.seclang.lexing import Mistaken, Statement
from yett.formats.seclang.targets import read_targets
from yett.formats.seclang.values import DISRUPTIVE, Operator, Variable
from yett.formats.seclang.vocabulary import DIRECTIVES, OPERATORS, Word
from yett.model.mistake import Mistake

T = TypeVar("T")

ALWAYS = Operator("unconditionalmatch")
SCRIPT = DIRECTIVES["secrulescript"]


class Draft(msgspec.Struct):
    """One rule in the making. variables: none for a SecAction. members: the rest of its chain. head: False for those."""

    statement: Statement
    id: int
    phase: int
    variables: list[Variable]
    operator: Operator | None
    word: Word
    actions: list[Written]
    members: list["Draft"]
    head: bool = True

    def has(self, name: str) -> bool:
        return any(written.action.name == name for written in self.actions)

    def every(self, name: str) -> list[str]:
        return [written.action.argument or "" for written in self.actions if written.action.name == name]


class Refused(Exception):
    """A statement that cannot be a rule."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def draft_rule(statement: Statement, head: Draft | None) -> Draft:
    """A SecRule; `head` is that of its chain. Raises Refused."""
    words = statement.words
    if not 2 <= len(words) <= 3:
        hint = 'SecRule TARGETS "@operator argument" "id:1,phase:2,…"'
        raise Refused(statement.mistake("SecRule takes targets, an operator and actions", hint=hint))
    variables = list(read_at(statement, 0, read_targets))
    if all(variable.exclude for variable in variables):
        raise Refused(statement.mistake("a rule without a target", 0, hint="!… only leaves out what other targets name"))
    operator, word = read_at(statement, 1, read_operator)
    return _drafted(statement, variables, operator, word, 2, head)


def draft_action(statement: Statement, head: Draft | None) -> Draft:
    """A SecAction. Raises Refused."""
    if len(statement.words) != 1:
        raise Refused(statement.mistake("SecAction takes actions only", hint='SecAction "id:1,phase:1,pass,…"'))
    draft = _drafted(statement, [], None, OPERATORS["unconditionalmatch"], 0, head)
    if head is not None or draft.has("chain"):
        draft.variables = [Variable("REMOTE_ADDR")]
        draft.operator = ALWAYS
    return draft


def draft_script(statement: Statement, head: Draft | None) -> Draft:
    """A SecRuleScript, which is never run, nor is the chain that it stands in. Raises Refused."""
    if not 1 <= len(statement.words) <= 2:
        raise Refused(
            statement.mistake("SecRuleScript takes a file and actions", hint='SecRuleScript file.lua "id:1,phase:2,…"')
        )
    return _drafted(statement, [], ALWAYS, SCRIPT, 1, head)


def draft_actions(statement: Statement, index: int) -> list[Written]:
    """The actions in one of a statement's arguments. Raises Refused."""
    return read_at(statement, index, read_actions)


def read_at(statement: Statement, index: int, read: Callable[[str], T]) -> T:
    """Read an argument, with its mistakes in their place. Raises Refused."""
    try:
        return read(statement.words[index].text)
    except Mistaken as mistaken:
        raise Refused(statement.mistake(mistaken.message, index, mistaken.at, mistaken.hint)) from None


def _drafted(
    statement: Statement, variables: list[Variable], operator: Operator | None, word: Word, index: int, head: Draft | None
) -> Draft:
    """The rest of a rule: its actions, in the argument of this index."""
    actions = draft_actions(statement, index) if len(statement.words) > index else []
    draft = Draft(statement, 0, 2, variables, operator, word, actions, [])
    ids, phases = draft.every("id"), draft.every("phase")
    if head is not None:
        draft.id, draft.phase, draft.head = head.id, head.phase, False
        _check_member(draft, head, index)
        return draft
    if len(set(ids)) != 1:
        message = "a rule needs an id" if not ids else "a rule has one id"
        raise Refused(statement.mistake(message, hint="add id:… to its actions"))
    draft.id = int(ids[0])
    draft.phase = phase_number(phases[-1]) if phases else 2
    return draft


def _check_member(draft: Draft, head: Draft, index: int) -> None:
    """What stands only in the first rule of a chain. Raises Refused."""
    for written in draft.actions:
        name, argument = written.action.name, written.action.argument
        if name == "phase" and phase_number(argument or "") == head.phase:
            continue
        if name in DISRUPTIVE or name in ("id", "phase", "skip", "skipafter"):
            message = f"{written.word.name} stands in a rule within a chain"
            raise Refused(draft.statement.mistake(message, index, written.at, "it belongs to the first rule of the chain"))
