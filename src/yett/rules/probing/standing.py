"""Whose an object is, and whether a stranger was meant to see it: what separates a broken authorization from an open one.

Both see lists in their own name. An object that a stranger is listed is shared on purpose, as far as the list tells of it; one
that its owner is listed and the stranger is not, is private. It must not know which probe asks.
"""

from collections.abc import Generator
from typing import Any, Literal

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Send, Step
from yett.model.rule import Confidence, Severity
from yett.rules.probing.changing import identifier
from yett.rules.probing.learning import owns
from yett.rules.probing.leaves import holds, leaves, name_of, telling, texts
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.resources import Reference, plain, reference
from yett.rules.probing.sensitive import sort_of
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

PEOPLE = listed("user account customer member client person profile patient employee student player")
"""Nouns of objects that are identities themselves."""
_OPEN = listed("public ispublic published ispublished shared isshared visibility access")
_OWNING = ("userid", "ownerid", "accountid", "customerid", "owner", "by")
_OPEN_VALUES = listed("true 1 yes public published shared everyone anyone all world")


class Trio(msgspec.Struct, frozen=True):
    """An object, the identity whose it is, and another of the same rank."""

    one: Object
    owner: str
    stranger: str


Shared = Literal["private", "listed", "unknown"]


class Standing(msgspec.Struct, frozen=True):
    """What lists tell. shared: "private" where the owner's list shows the object and the stranger's does not, "listed" where the
    stranger's shows it, else "unknown". seen: what the stranger was told by the list. proof: the lists."""

    shared: Shared
    seen: frozenset[str] = frozenset()
    proof: tuple[Exchanged, ...] = ()


def as_identity(call: Call, identity: str) -> Call:
    """The same call by somebody else."""
    return msgspec.structs.replace(call, identity=identity, credential=None)


def strangers(target: Target, owner: str) -> Generator[Step, Any, str]:
    """Another identity of the owner's rank: of the caller's, else one that is registered for it; "" where there is none."""
    usable = [
        name for name in target.peers(owner) if target.identities[name].credential or not target.identities[name].throwaway
    ]
    if usable:
        return min(usable, key=lambda name: target.identities[name].throwaway)
    one = target.identity(owner)
    least = min((other.rank for other in target.identities.values()), default=0)
    if one is not None and one.rank != least:
        return ""
    made = yield from target.register()
    return made.name if made else ""


def owners(target: Target) -> tuple[str, ...]:
    """Identities whose objects are tried, least rank first: strangers of a high rank may do much on purpose."""
    known = [one for one in target.identities.values() if one.credential or not one.throwaway]
    return tuple(one.name for one in sorted(known, key=lambda one: (one.rank, one.throwaway)))[:4]


def query_references(target: Target, operation: Operation) -> list[tuple[Place, Reference]]:
    """Query parameters by which an operation without objects in its path may name one, as references. A name that is a path
    parameter elsewhere may mean the same here; one that ends in "id" means an object of a noun that is known."""
    found: dict[tuple[str, str], tuple[Place, Reference]] = {}
    for place in operation.parameters:
        if place.kind != "query":
            continue
        meant = [ref for other in target.operations for ref in target.references(other) if ref.name == place.name]
        if not meant and plain(place.name) != "id" and plain(place.name).endswith("id"):
            meant = [reference(place.name, "")]
        for ref in meant:
            if ref.noun and (target.objects(None, ref.noun) or target.find("create", ref.noun)):
                found.setdefault((place.name, ref.noun), (place, ref))
    return list(found.values())[:4]


def call_for(target: Target, operation: Operation, one: Object, identity: str) -> Call | None:
    """The call of an operation that names this object, in its path or else in its query."""
    if target.references(operation):
        return target.call_on(operation, one, identity)
    for place, ref in query_references(target, operation):
        value = one.value(ref.fields) if ref.noun == one.noun else None
        if value is not None:
            return target.fresh(operation, identity, {place.text: value})
    return None


def trio_of(target: Target, noun: str) -> Generator[Step, Any, Trio | None]:
    """An object of that noun, found or made, its owner, and a stranger."""
    for owner in owners(target):
        known = [one for one in target.objects(owner, noun) if not one.public]
        stranger = yield from strangers(target, owner)
        one = known[0] if known else (yield from target.create(noun, owner)) if stranger else None
        if one is not None and stranger:
            return Trio(one, owner, stranger)
    return None


def known_trio(target: Target, operation: Operation) -> Generator[Step, Any, Trio | None]:
    """An object that the operation can name, its owner, and a stranger; made by the run where nothing else is there."""
    for owner in owners(target):
        known = [one for one in _own(target, operation, owner) if not one.public]
        if known and (stranger := (yield from strangers(target, owner))):
            return Trio(known[0], owner, stranger)
    return (yield from made_trio(target, operation))


def _own(target: Target, operation: Operation, owner: str) -> list[Object]:
    """The owner's objects that the path can name; the owner itself where the path names people."""
    known = list(target.objects_for(operation, owner))
    wanted, identity = target.references(operation), target.identity(owner)
    if not known and identity and identity.facts and len(wanted) == 1 and wanted[0].noun in PEOPLE:
        self_ = Object(noun=wanted[0].noun, values=dict(identity.facts), owner=owner, listed=set())
        return [self_] if target.path_of(operation, self_) is not None else []
    return known


def made_trio(target: Target, operation: Operation) -> Generator[Step, Any, Trio | None]:
    """An object that was made just now for this, its owner, and a stranger; a registered user where the path names people."""
    wanted = target.references(operation)
    if not wanted:
        return None
    noun = wanted[-1].noun
    for owner in owners(target):
        if not target.find("create", noun):
            break
        stranger = yield from strangers(target, owner)
        one = (yield from target.create(noun, owner)) if stranger else None
        if one is not None and target.path_of(operation, one) is not None:
            return Trio(one, owner, stranger)
    if noun in PEOPLE:
        return (yield from _registered(target, operation, noun))
    return None


def _registered(target: Target, operation: Operation, noun: str) -> Generator[Step, Any, Trio | None]:
    victim = yield from target.register()
    if victim is None:
        return None
    known = [one for one in target.objects(victim.name, noun) if target.path_of(operation, one) is not None]
    one = known[0] if known else Object(noun=noun, values=dict(victim.facts), made_by=victim.name, made=True, listed=set())
    if target.path_of(operation, one) is None:
        return None
    stranger = yield from strangers(target, victim.name)
    return Trio(one, victim.name, stranger) if stranger else None


def standing(target: Target, trio: Trio) -> Generator[Step, Any, Standing]:
    """Ask for the lists of both; two sends at most."""
    for operation in target.find("list", trio.one.noun):
        call = _list_call(target, operation, trio)
        if call is None or operation.perilous:
            continue
        own: Answer = yield Send(as_identity(call, trio.owner))
        if not target.succeeded(own):
            continue
        theirs: Answer = yield Send(as_identity(call, trio.stranger))
        key = identifier(target, trio.one)
        if target.succeeded(theirs) and holds(theirs, key):
            return Standing(
                "listed", texts(theirs), (Exchanged(as_identity(call, trio.stranger), theirs, "is listed to both"),)
            )
        if holds(own, key):
            both = (
                Exchanged(as_identity(call, trio.owner), own, "the owner's list shows it"),
                Exchanged(as_identity(call, trio.stranger), theirs, "the stranger's list does not"),
            )
            return Standing("private", proof=both)
    return Standing("unknown")


def _list_call(target: Target, operation: Operation, trio: Trio) -> Call | None:
    for name in (trio.owner, trio.stranger, *target.workers(operation)):
        call = target.working(operation, name)
        if call is not None and not operation.path_names:
            return call
    return None


def names_owner(target: Target, trio: Trio, answer: Answer) -> bool:
    """Whether an answer says that the object is the owner's: a value of it is one of the owner's own facts, beyond a bare number
    of another meaning."""
    identity = target.identity(trio.owner)
    facts = {fact for fact in identity.facts.values() if fact} if identity else set()
    return any(
        (str(value) in facts and not isinstance(value, bool) and (telling(value) or plain(name_of(pointer)).endswith(_OWNING)))
        or (identity is not None and owns(identity.learnt, "", {name_of(pointer): value}))
        for pointer, value in leaves(answer.json())
    )


def opened(answer: Answer) -> bool:
    """Whether an object says of itself that everybody may see it."""
    return any(
        plain(name_of(pointer)) in _OPEN and str(value).lower() in _OPEN_VALUES for pointer, value in leaves(answer.json())
    )


def weight(
    target: Target, trio: Trio, found: Standing, shown: Answer, hidden: frozenset[str]
) -> tuple[Severity, Confidence, str]:
    """How grave it is that the stranger got that, how sure, and why. hidden: what no list told the stranger."""
    sensitive = any(
        str(value) in hidden
        and (sort := sort_of(name_of(pointer), value))
        and sort.severity not in (Severity.INFO, Severity.LOW)
        for pointer, value in leaves(shown.json())
    )
    owned = names_owner(target, trio, shown)
    if found.shared == "private":
        return Severity.HIGH, Confidence.HIGH, f"the lists of {trio.owner} show it, those of {trio.stranger} do not"
    if found.shared == "unknown":
        if owned or sensitive:
            return Severity.HIGH, Confidence.HIGH, "the object names its owner" if owned else "it holds sensitive values"
        if trio.one.made and not target.find("list", trio.one.noun):
            return Severity.HIGH, Confidence.MEDIUM, f"{trio.owner} made it, and no operation lists such objects to others"
        return Severity.LOW, Confidence.LOW, "nothing tells whether such objects are shared on purpose"
    if sensitive:
        return Severity.HIGH, Confidence.HIGH, "lists name the object, but do not show what is sensitive in it"
    if owned or trio.one.made:
        return Severity.MEDIUM, Confidence.MEDIUM, "lists name the object, but do not show everything in it"
    return Severity.LOW, Confidence.LOW, "lists name the object to everybody, so it may be shared on purpose"


def garbage_object(target: Target, one: Object) -> Object:
    """An object of the same form that does not exist: numbers are moved far off, texts are replaced."""

    def other(value: Any) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value + 900_000_000 + target.rng.randrange(1_000_000)
        if isinstance(value, str):
            if value.isdecimal():
                return str(int(value[:18]) + 900_000_000)
            return "".join("0123456789abcdef"[target.rng.randrange(16)] if letter.isalnum() else letter for letter in value)
        return value

    values = {name: other(value) for name, value in one.values.items()}
    return Object(noun=one.noun, values=values, path=dict(one.path), listed=set())


def anonymous(call: Call) -> Call:
    """The call without any credential."""
    return as_identity(call, ANONYMOUS)
