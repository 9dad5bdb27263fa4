"""Where a user is shown: its own profile, and lists that hold it. It must not know why one looks."""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import Answer, Exchanged, Send, Step
from yett.rules.probing.changing import shown
from yett.rules.probing.identity import Identity
from yett.rules.probing.leaves import holds, telling
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation
from yett.rules.probing.standing import PEOPLE
from yett.rules.probing.target import Target

_MOST = 6


class View(msgspec.Struct, frozen=True):
    """One answer that shows the user, and what it says of it."""

    step: Exchanged
    members: dict[str, Any]


def views(target: Target, user: Identity) -> Generator[Step, Any, list[View]]:
    """Answers that show this user to itself, the user's own ones first; at most six sends."""
    found: list[View] = []
    for operation in _candidates(target)[:_MOST]:
        call = target.fresh(operation, user.name)
        noun = target.noun(operation)
        one = Object(noun=noun, values={"username": user.username, **user.facts}, listed=set())
        if operation.path_names:
            path = target.path_of(operation, one)
            if path is None:
                continue
            call = operation.on(call, path)
        answer: Answer = yield Send(call)
        wanted = [fact for fact in (user.username, *user.facts.values()) if telling(fact)]
        held = next((fact for fact in wanted if holds(answer, fact)), None)
        if not target.succeeded(answer) or held is None:
            continue
        members = shown(answer, Object(noun=noun, values={"id": held}, listed=set()))
        if members:
            found.append(View(Exchanged(call, answer, "read back"), members))
    return found


def _candidates(target: Target) -> list[Operation]:
    """Safe operations that may show users, those about the caller first."""
    own = {"me", "self", "profile", "whoami", "account", "current"}
    known = [
        one
        for one in target.operations
        if one.safe
        and not one.perilous
        and (own & one.words or target.noun(one) in PEOPLE)
        and (not one.path_names or (len(one.path_names) == 1 and "{" in one.segments[-1]))
    ]
    return sorted(known, key=lambda one: (not own & one.words, len(one.path_names)))
