"""What a finding rests on, so that it can be looked for again without the rest: which claim it was, and which operations its proof
and its control called and needed.

It must not know reports nor how a run goes.
"""

from collections.abc import Iterable

import msgspec

from yett.engine.probing.safety import Safety
from yett.model.probe import Call
from yett.rules.probing.graphql import GraphQLOperation, requested
from yett.rules.probing.operation import Operation
from yett.rules.probing.resources import PEOPLE, reference
from yett.rules.probing.target import Target


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that is looked for again: class, method, template and place as its fingerprint has them; calls: of its proof and
    its control, as a report tells them (secrets masked). identities: who took part. also: labels of further operations at which the
    same cause showed the same; fingerprint: as the report has it."""

    flaw: str
    method: str
    template: str
    place: str
    calls: tuple[Call, ...] = ()
    identities: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def labels(self) -> frozenset[str]:
        """Of all operations that it is about."""
        return frozenset((self.label, *self.also))

    @property
    def label(self) -> str:
        """Of the operation that it is about."""
        return f"{self.method} {self.template}".strip()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells claims apart."""
        return self.flaw, self.method, self.template, self.place


def needed(wanted: Wanted, target: Target, safety: Safety) -> frozenset[str]:
    """Ids of the operations that the finding's calls reach, and of those that make, list, show and remove what they name."""
    graphql = tuple(one for one in target.operations if isinstance(one, GraphQLOperation))
    found: dict[str, Operation] = {one.id: one for one in target.operations if one.label in wanted.labels}
    for call in wanted.calls:
        reached = (*requested(graphql, call), *filter(None, (safety.operation_of(call),)))
        found |= {one.id: one for one in reached}
    if any(name not in target.identities for name in wanted.identities if name):  # the run had made a user
        users = (one for what in ("register", "login") for one in target.operations if target.doing(one) == what)
        found |= {one.id: one for one in users}
    waiting = list(found.values())
    while waiting:
        for one in _beneath(waiting.pop(), target):
            if one.id not in found:
                found[one.id] = one
                waiting.append(one)
    return frozenset(found)


def _beneath(operation: Operation, target: Target) -> Iterable[Operation]:
    """Operations that deal with what this one names, in its path or in its inputs."""
    nouns = {ref.noun for ref in target.references(operation)}
    for place in operation.places:
        noun = reference(place.name.rpartition("/")[2], "").noun
        nouns |= {noun} if noun not in PEOPLE else set()
    nouns -= {""}
    return (
        one
        for one in target.operations
        if target.noun(one) in nouns and target.doing(one) in ("create", "list", "read", "delete")
    )
