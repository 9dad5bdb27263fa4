"""From drafts to rules: what SecDefaultAction adds, which action overrides which, and what is not enforced.

It must not know files or directives.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from yett.formats.seclang.acting import Written, read_assignment, read_control
from yett.formats.seclang.drafting import ALWAYS, SCRIPT, Draft
from yett.formats.seclang.judging import LITERAL, macro_words
from yett.formats.seclang.values import DISRUPTIVE, Action, Assignment, Control, SecAction, SecRule, Unenforced, Variable
from yett.formats.seclang.vocabulary import CONTROLS, VARIABLES, XPATHS, Fate, Word
from yett.formats.transformations import chain_of

_FIELDS = frozenset(("id", "phase", "chain", "t", "skip", "skipafter"))
"""Actions that have become fields of the rule, or a marker."""

_GROUPS = dict.fromkeys(DISRUPTIVE, "disruptive") | {"nolog": "log", "noauditlog": "auditlog"}
_STANDARD = frozenset(DISRUPTIVE) - {"block"}
"""What `block` may stand for."""
_SINGLE = frozenset(
    ("log", "auditlog", "disruptive", "status", "msg", "logdata", "severity", "ver", "rev", "maturity", "accuracy")
)
"""Groups of actions of which a rule has one: what stands last counts."""


class Gaps:
    """Collects what is not enforced: every place for what has no meaning, one entry for what Yett does in its own way."""

    def __init__(self) -> None:
        self._found: list[Unenforced] = []
        self._own: dict[str, Unenforced] = {}
        self._places: dict[str, int] = {}

    def add(self, gap: Unenforced) -> None:
        self._found.append(gap)

    def note(self, word: Word, what: str, file: str, line: int, rule: int = 0, whole: bool = False) -> None:
        """A word that is not honoured."""
        if word.fate in (Fate.OWN, Fate.SETTING):
            self._own.setdefault(what, Unenforced(file, line, 0, what, word.why))
            self._places[what] = self._places.get(what, 0) + 1
        elif word.fate is Fate.UNENFORCED:
            self._found.append(Unenforced(file, line, rule, what, word.why, whole))

    def all(self, order: Mapping[str, int]) -> tuple[Unenforced, ...]:
        """Everything, by place; `order` numbers the files."""
        counted = [
            Unenforced(gap.file, gap.line, gap.rule, gap.what, gap.why, places=self._places[what])
            for what, gap in self._own.items()
        ]
        return tuple(sorted(self._found + counted, key=lambda gap: (order.get(gap.file, 0), gap.line, gap.rule, gap.what)))


def finished(
    draft: Draft, defaults: Mapping[int, Sequence[Written]], skip_to: str | None, gaps: Gaps
) -> SecRule | SecAction | None:
    """The rule that a draft has become, or None where it cannot be enforced as a whole; `gaps` is told.

    skip_to: the marker that its `skip` or `skipAfter` has become.
    """
    lost = [_unenforceable(part, draft.id, gaps) for part in (draft, *draft.members)]
    if any(lost):
        return None
    for part in (draft, *draft.members):
        _say(part, draft, gaps)
    default = defaults.get(draft.phase, ())
    inherited = [written for written in default if written.action.name == "t"]
    fields = _effective(draft, default, skip_to, gaps)
    if draft.operator is None:
        return SecAction(**fields)
    parts = [_effective(member, inherited, None, gaps) for member in draft.members]
    if parts:
        links = [fields, *parts]
        controls = tuple(control for link in links for control in link["controls"])
        links = [{**link, "controls": ()} for link in links[:-1]] + [{**links[-1], "controls": controls}]
        fields, parts = links[0], links[1:]
    members = tuple(_rule(member, part) for member, part in zip(draft.members, parts, strict=True))
    return _rule(draft, {**fields, "chained": members})


def _rule(draft: Draft, fields: dict[str, Any]) -> SecRule:
    variables = tuple(dict.fromkeys(draft.variables))  # several updates may name the same one
    return SecRule(variables=variables, operator=draft.operator or ALWAYS, **fields)


_MACROS_OF_RULE = re.compile(r"%\{rule[.:](id|msg|severity)\}", re.IGNORECASE)
_EXPANDED = frozenset(("setvar", "msg", "logdata"))
"""Actions whose macros are expanded."""


def _say(part: Draft, head: Draft, gaps: Gaps) -> None:
    """Replace macros that name the rule itself, which the whole of a chain has from its head; tell of those without a value."""

    def own(macro: re.Match[str]) -> str:
        return str(head.id) if macro[1].lower() == "id" else (head.every(macro[1].lower()) or [""])[-1]

    def said(text: str) -> str:
        text = _MACROS_OF_RULE.sub(own, text)
        for word in macro_words(text):
            if word.fate is not Fate.HONOURED:
                gaps.note(word, f"%{{{word.name}}}", part.statement.file, part.statement.line, head.id)
        return text

    for index, written in enumerate(part.actions):
        action = written.action
        if action.name in _EXPANDED and "%{" in (action.argument or ""):
            action = Action(action.name, said(action.argument or ""))
            part.actions[index] = msgspec.structs.replace(written, action=action)
    operator = part.operator
    if operator is not None and "%{" in operator.argument and operator.name not in LITERAL:
        part.operator = msgspec.structs.replace(operator, argument=said(operator.argument))


def _unenforceable(part: Draft, rule: int, gaps: Gaps) -> bool:
    """Whether a rule cannot be enforced at all; what is left out of its targets is told in any case."""
    file, line = part.statement.file, part.statement.line
    known = [(variable, VARIABLES[variable.collection.lower()]) for variable in part.variables]
    kept = [variable for variable, word in known if word.fate is not Fate.UNENFORCED and _has_values(variable)]
    lost = bool(known) and all(variable.exclude for variable in kept)
    for variable, word in known:
        if not variable.exclude:
            gaps.note(word, word.name, file, line, rule, lost)
            if not _has_values(variable):
                gaps.add(Unenforced(file, line, rule, str(variable), f"XML has {' and '.join(XPATHS)} only", lost))
    part.variables = kept
    gaps.note(part.word, part.word.name if part.word is SCRIPT else f"@{part.word.name}", file, line, rule, True)
    return lost or part.word.fate is not Fate.HONOURED


def _has_values(variable: Variable) -> bool:
    return variable.collection != "XML" or variable.selector is None or variable.selector in XPATHS


def _effective(draft: Draft, default: Sequence[Written], skip_to: str | None, gaps: Gaps) -> dict[str, Any]:
    """The fields that SecRule and SecAction have in common."""
    written = [*default, *draft.actions]
    assignments: list[Assignment] = []
    controls: list[Control] = []
    kept: list[Action] = []
    for one in written:
        action, word, what = one.action, one.word, one.word.name
        if action.name in _FIELDS:
            continue
        if action.name == "setvar":
            assignment = read_assignment(action.argument or "")
            word = VARIABLES[assignment.collection.lower()]
            what = f"setvar:{word.name.lower()}"
            if word.fate is Fate.HONOURED:
                assignments.append(assignment)
        elif action.name == "ctl":
            control = read_control(action.argument or "")
            word = CONTROLS[control.name]
            what = f"ctl:{word.name}"
            if word.fate is Fate.HONOURED:
                controls.append(control)
        if word.fate is Fate.HONOURED:
            kept.append(action)
        else:
            gaps.note(word, what, draft.statement.file, draft.statement.line, draft.id)
    if skip_to is not None:
        kept.append(Action("skipafter", skip_to))
    return {
        "id": draft.id,
        "phase": draft.phase,
        "transformations": chain_of(one.action.argument or "" for one in written if one.action.name == "t"),
        "actions": _settled(kept, default, draft.head),
        "assignments": tuple(assignments),
        "controls": tuple(controls),
        "file": draft.statement.file,
        "line": draft.statement.line,
    }


def _settled(kept: list[Action], default: Sequence[Written], head: bool) -> tuple[Action, ...]:
    """Of each group the last action; `block` is what SecDefaultAction says."""
    disruptive = [action for action in kept if action.name in DISRUPTIVE]
    if head and (not disruptive or disruptive[-1].name == "block"):
        standard = [one.action for one in default if one.action.name in _STANDARD and one.word.fate is Fate.HONOURED]
        kept = [action for action in kept if action.name not in DISRUPTIVE]
        kept.append(standard[-1] if standard else Action("pass"))
    last = {_GROUPS.get(action.name, action.name): index for index, action in enumerate(kept)}
    groups = [_GROUPS.get(action.name, action.name) for action in kept]
    return tuple(
        action
        for index, (action, group) in enumerate(zip(kept, groups, strict=True))
        if group not in _SINGLE or last[group] == index
    )
