"""What makes the result of a run doubtful although nothing went wrong in it: what was given to it does not fit the target.

It must not know how a run goes, nor who is told.
"""

from collections.abc import Iterator

from yett.formats.reports.proofs import Run
from yett.model.probe import ANONYMOUS
from yett.rules.probing.target import Target


def doubts(target: Target, run: Run, where: str) -> Iterator[str]:
    """In sentences for people. where: the URL that was given."""
    answered = [set(one.statuses) for one in run.operations if one.statuses]
    if answered and all(each == {404} for each in answered):
        yield f"every operation that was called answered 404: is the API at {where}, or below another path?"
    for name in refused(target):
        yield f"{name}: no operation accepted this credential (401), so nothing was tried as {name}: is it this target's?"


def refused(target: Target) -> list[str]:
    """Identities that were answered 401, and never got more than anybody gets."""
    open_to_all: set[str] = set()
    denied: set[str] = set()
    worked: dict[str, set[str]] = {}
    for operation, one in target.exchanges():
        who, status = one.call.identity, one.answer.status
        if status == 401:
            denied.add(who)
        elif target.succeeded(one.answer):
            if who == ANONYMOUS:
                open_to_all.add(operation.id)
            else:
                worked.setdefault(who, set()).add(operation.id)
    return [name for name in target.identities if name in denied and worked.get(name, set()) <= open_to_all]
