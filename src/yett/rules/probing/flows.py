"""Steps of business flows: calls that do something once more, with the values that they need. It must not know what is abused."""

from collections.abc import Generator, Mapping
from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Exchanged, Send, Step
from yett.rules.probing.compare import values
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.resources import plain
from yett.rules.probing.target import Target
from yett.rules.probing.trying import caller
from yett.rules.probing.wording import listed

Sent = Generator[Step, Any, Exchanged]

_OTHERS = listed("to recipient receiver payee beneficiary touser toaccount recipientid receiverid destination friend")
_MOST = 200
_FORMS = 4


def send(target: Target, operation: Operation, identity: str, given: Mapping[str, Any], note: str = "") -> Sent:
    """A new call with these values (by text of a place); what it makes is removed at the end."""
    call = target.fresh(operation, identity, dict(given))
    answer: Answer = yield Send(call)
    if target.succeeded(answer) and target.doing(operation) == "create":
        yield target.made(operation, target.noted(operation, call, answer), identity)
    return Exchanged(call, answer, note)


def filled(target: Target, operation: Operation) -> list[tuple[str, dict[str, Any]]]:
    """Who calls an operation, and values of inputs that name another user, the likeliest first: by username, name or id."""
    known = caller(target, operation)
    identity = known if known is not None else next(iter(target.names()), None)
    if identity is None:
        return []
    peers = [target.identities[one] for one in (*target.peers(identity), *target.names()) if one != identity]
    places = [one for one in operation.places if one.kind == "body" and plain(one.name.rpartition("/")[2]) in _OTHERS]
    if not places or not peers:
        return [(identity, {})] if known is not None else []
    names = dict.fromkeys(filter(None, (peers[0].username, peers[0].name, *peers[0].facts.values())))
    return [(identity, {place.text: _typed(name, place) for place in places}) for name in list(names)[:_FORMS]]


def _typed(text: str, place: Place) -> Any:
    return int(text) if place.type == "integer" and text.isdecimal() else text


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
