"""What the owner says of the passive checks: which run, how severe they are, and every number that decides.

resolve_after: 604800
checks:
  plain-http: false
  sequential-ids: {severity: info}
  unbounded-lists: {items: 500}

It must not know how a check judges, nor where the file is.
"""

from typing import Any

import msgspec

from yett.engine.convert import convert
from yett.formats.document import Document, step
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.rule import Severity
from yett.rules.registry import Check, checks

WEEK = 604_800.0


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    resolve_after: float = WEEK
    checks: dict[str, Any] = {}


class Chosen(msgspec.Struct, frozen=True):
    """One check that runs. severity: in place of what it says itself; numbers: an instance of its Settings, or None."""

    check: Check
    severity: Severity | None
    numbers: msgspec.Struct | None


class CheckSettings:
    """Which checks run, and how. resolve_after: seconds that an operation must have been called without showing an objection of an
    exchange again, before that one counts as resolved: a week holds what is called on working days and at weekends."""

    def __init__(self, written: _Written | None = None, chosen: dict[str, Chosen] | None = None) -> None:
        self.resolve_after = (written or _Written()).resolve_after
        self.chosen = chosen if chosen is not None else {rule: _default(check) for rule, check in checks().items()}

    def on(self, subject: str) -> list[Chosen]:
        """The checks that judge such a subject ("operation", "service", "contract", "exchange"), by id."""
        return [one for _, one in sorted(self.chosen.items()) if one.check.rule.on == subject]

    def numbers(self) -> dict[str, Any]:
        """Every number that decides, by check; nothing is hidden."""
        found: dict[str, Any] = {"resolve_after": self.resolve_after}
        for rule, one in sorted(self.chosen.items()):
            if one.numbers is not None:
                found[rule] = msgspec.to_builtins(one.numbers)
        return found


def _default(check: Check) -> Chosen:
    return Chosen(check, None, None if check.settings is None else check.settings())


def read_check_settings(document: Document) -> CheckSettings:
    """Settings from what the owner wrote. Raises PolicyErrors with every mistake at its place."""
    mistakes: list[Mistake] = []

    def report(pointer: str, message: str, hint: str) -> None:
        mistakes.append(document.mistake(pointer, message, hint))

    written: _Written | None = convert({} if document.tree is None else document.tree, _Written, "", report)
    known = checks()
    chosen = {rule: _default(check) for rule, check in known.items()}
    for rule, said in (written.checks if written is not None else {}).items():
        pointer = "/checks" + step(rule)
        if rule not in known:
            report(f"{pointer}#", f"there is no check {rule}", "`yett posture --list` names all")
        elif said is False:
            del chosen[rule]
        elif isinstance(said, dict):
            chosen[rule] = _chosen(known[rule], said, pointer, report)
        elif said is not True:
            report(pointer, "neither true, false nor a mapping", "false switches the check off")
    if mistakes or written is None:
        raise PolicyErrors(mistakes)
    return CheckSettings(written, chosen)


def _chosen(check: Check, said: dict[str, Any], pointer: str, report: Any) -> Chosen:
    rest = {name: value for name, value in said.items() if name != "severity"}
    severity = None
    if "severity" in said:
        severity = convert(said["severity"], Severity, f"{pointer}/severity", report)
    if check.settings is None:
        for name in rest:
            report(f"{pointer}{step(name)}#", f"the check {check.rule.id} has no {name}", "it takes only severity")
        return Chosen(check, severity, None)
    return Chosen(check, severity, convert(rest, check.settings, pointer, report))
