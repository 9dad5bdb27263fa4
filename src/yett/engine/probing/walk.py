"""The first walk over a target: makes as much of it work as it can, and lets the `Target` learn from what comes back.

Lists, then makes, lists again, reads, changes what it made: with every identity, and without any. A pure generator of steps.
It must not know what is attacked later.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any

from yett.model.probe import ANONYMOUS, Answer, Call, Send, Sleep, Step
from yett.rules.probing import accounts
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import VARIANTS, Target

Walking = Generator[Step, Any, None]

_STUBBORN = (400, 404, 409, 415, 422, 500, 200)
"""Statuses after which the inputs are filled in another way."""
_LEAVES = ("logout", "delete", "login", "password", "register")
_PATIENCE = 6
"""How often a target that fell silent is asked whether it is back."""
_USERS = 2
"""Users that there should be: of one there is nothing to tell about objects of others. Those missing are registered."""
_LOGINS = 4
"""Identities that log in."""
_EXTRA_FOR = 2
"""Identities with which further ways of filling in are tried."""


def walk(target: Target, allowed: Callable[[Operation], bool]) -> Walking:
    """All of it. allowed: whether an operation may be called at all, see `yett.engine.probing.safety`."""
    usable = [one for one in target.operations if allowed(one)]
    yield from _unknown(target)
    yield from _each(target, [one for one in usable if one.safe and not one.path_names], _callers(target))
    yield from _logins(target, usable)
    if any(target.doing(one) == "register" for one in usable):
        for _ in range(max(1, _USERS - len(target.names()))):
            yield from target.register()
        yield from accounts.register_others(target, usable)
    yield from _making(target, usable)
    lists = [one for one in usable if target.doing(one) == "list" and not one.path_names]
    again = [one for one in lists if any(other.made for other in target.store.of(target.noun(one))) or not target.workers(one)]
    yield from _each(target, again, _callers(target))
    yield from _each(target, _shallow_first(one for one in usable if one.safe and one.path_names), _callers(target))
    yield from _changes(target, usable)
    rest = [one for one in usable if not one.safe and not one.path_names and target.doing(one) in ("action", "change")]
    yield from _each(target, [one for one in rest if target.doing(one) == "action"], target.names() or (ANONYMOUS,))
    yield from _each(target, [one for one in rest if target.doing(one) == "change"], _throwaways(target))


def _callers(target: Target) -> tuple[str, ...]:
    return (*target.names(), ANONYMOUS)


def _throwaways(target: Target) -> tuple[str, ...]:
    return tuple(one.name for one in target.identities.values() if one.throwaway and one.credential)


def _unknown(target: Target) -> Walking:
    """What the target says to paths that cannot exist."""
    for name in (ANONYMOUS, *target.names()[-1:]):
        answer: Answer = yield Send(Call(method="GET", path=f"/{target.token(12)}", identity=name))
        target.soft(answer)


def _each(target: Target, operations: Iterable[Operation], names: Iterable[str]) -> Walking:
    listed = tuple(names)
    for operation in operations:
        for number, name in enumerate(listed):
            yield from _tried(target, operation, name, VARIANTS if number < _EXTRA_FOR else 1)
            if (seen := target.refusals.get((operation.id, name))) is not None and not seen.answer.status:
                yield from _recovered()
                break


def _recovered() -> Walking:
    """Wait for a target that did not answer: a slow operation may block all others."""
    for _ in range(_PATIENCE):
        answer: Answer = yield Send(Call(method="GET", path="/"))
        if answer.status:
            return
        yield Sleep(2.0)


def _tried(target: Target, operation: Operation, name: str, ways: int) -> Walking:
    """One operation with one identity, in several ways until one works."""
    first = target.variant(operation)
    sent: set[tuple[str, object, bytes]] = set()
    for variant in list(dict.fromkeys((first, *range(VARIANTS))))[: ways if not target.workers(operation) else 1]:
        call = target.fresh(operation, name, variant=variant)
        key = (call.path, call.query, call.body)
        if key in sent:
            continue
        sent.add(key)
        answer: Answer = yield Send(call)
        one = target.observe(operation, call, answer, variant)
        if target.succeeded(answer):
            if target.doing(operation) in ("create", "register"):
                yield target.made(operation, one, name)
            return
        if answer.status not in _STUBBORN:
            return


def _logins(target: Target, usable: list[Operation]) -> Walking:
    """How each identity logs in: once, so that there is a call that works; the others too where the answer tells what is their
    own."""
    for operation in (one for one in usable if target.doing(one) == "login"):
        known = [one for one in target.identities.values() if one.username and one.password]
        for identity in known[:_LOGINS]:
            if identity.learnt and target.workers(operation):
                continue
            values = {**identity.facts, "username": identity.username, "password": identity.password}
            call = accounts.login_call(target, operation, values)
            answer: Answer = yield Send(call)
            target.observe(operation, call, answer, target.variant(operation))
            if target.succeeded(answer) and not target.learn(identity, answer):
                break


def _making(target: Target, usable: list[Operation]) -> Walking:
    """Every identity makes one of everything, parents first; what did not work is tried once more when more is known."""
    makers = [one for one in usable if target.doing(one) == "create"]
    names = (*target.names(), *_throwaways(target)) or (ANONYMOUS,)
    for _ in range(2):
        for operation in _shallow_first(makers):
            for number, name in enumerate(names):
                if target.worked(operation, name) is None:
                    yield from _tried(target, operation, name, VARIANTS if number < _EXTRA_FOR else 1)


def _changes(target: Target, usable: list[Operation]) -> Walking:
    """What the run made is changed by who made it, so that there is a call that works."""
    for operation in (one for one in usable if target.doing(one) in ("change", "password") and one.path_names):
        for name in (*target.names(), *_throwaways(target)):
            mine = [one for one in target.objects_for(operation, name) if one.made]
            call = target.call_on(operation, mine[0], name) if mine else None
            if call is not None:
                answer: Answer = yield Send(call)
                target.observe(operation, call, answer, target.variant(operation))


def _shallow_first(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda one: (len(one.path_names), len(one.segments)))
