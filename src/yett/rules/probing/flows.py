"""Steps of business flows: calls that do something once more, with the values that they need. It must not know what is abused."""

from collections.abc import Generator, Mapping
from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Exchanged, Send, Step
from yett.rules.probing.compare import values
from yett.rules.probing.operation import Operation
from yett.rules.probing.resources import plain
from yett.rules.probing.target import Target
from yett.rules.probing.trying import caller
from yett.rules.probing.wording import listed

Sent = Generator[Step, Any, Exchanged]

_OTHERS = listed("to recipient receiver payee beneficiary touser toaccount recipientid receiverid destination friend")
_MOST = 200


def send(target: Target, operation: Operation, identity: str, given: Mapping[str, Any], note: str = "") -> Sent:
    """A new call with these values (by text of a place); what it makes is removed at the end."""
    call = target.fresh(operation, identity, dict(given))
    answer: Answer = yield Send(call)
    if target.succeeded(answer) and target.doing(operation) == "create":
        yield target.made(operation, target.noted(operation, call, answer), identity)
    return Exchanged(call, answer, note)


def filled(target: Target, operation: Operation) -> tuple[str, dict[str, Any]] | None:
    """Who calls an operation, and the values of inputs that name another user; None where nobody may be able to."""
    name = caller(target, operation)
    names = [name] if name is not None else list(target.names())
    if not names or (name is None and not target.names()):
        return None
    identity = names[0]
    peers = [target.identities[one] for one in (*target.peers(identity), *target.names()) if one != identity]
    given: dict[str, Any] = {}
    for place in operation.places:
        if place.kind == "body" and plain(place.name.rpartition("/")[2]) in _OTHERS and peers:
            facts = {plain(key): value for key, value in peers[0].facts.items()}
            wanted = facts.get("id") if place.type == "integer" else None
            value = wanted or peers[0].username or facts.get("username") or next(iter(facts.values()), peers[0].name)
            given[place.text] = int(value) if place.type == "integer" and str(value).isdecimal() else value
    return (identity, given) if name is not None or given else None


def learnt(target: Target, said: frozenset[str]) -> list[str]:
    """Texts that answers held under names with one of these words: coupons, codes. In the order in which they were seen."""
    found: dict[str, None] = {}
    for _, one in target.exchanges():
        if not target.succeeded(one.answer):
            continue
        for name, many in values(one.answer.json()).items():
            if said & {word.removesuffix("s") for word in words(name)}:
                found.update(dict.fromkeys(value for value in many if isinstance(value, str) and 2 < len(value) < 100))
    return list(found)[:_MOST]


def numbers(answer: Answer) -> dict[str, float]:
    """The numbers of an answer that stand once under their name."""
    every = values(answer.json())
    single = {name: many[0] for name, many in every.items() if len(many) == 1}
    return {name: float(one) for name, one in single.items() if isinstance(one, int | float) and not isinstance(one, bool)}
