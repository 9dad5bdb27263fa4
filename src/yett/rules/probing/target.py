"""The target as a probe sees it: operations, identities, objects with their owners, calls that work, and how to make more.

What a probe may do with it:

    target.operations, target.operation(id)         all operations; of one, `places`, `put`, `drop`, `body_of` (see operation.py)
    target.identities, target.names(), target.peers(name), target.above(name)      who can call; ANONYMOUS always can
    target.worked(operation, identity)              the exchange that succeeded in the walk, an `Exchanged`, or None
    target.working(operation, identity)             its call, ready to be changed with `operation.put(call, place, value)`
    target.fresh(operation, identity, given)        a new call: new names, references to objects of the identity
    target.objects(owner=, noun=), target.objects_for(operation, owner)    what exists, and of whom
    target.call_on(operation, object, identity)     the call of an operation that names this object
    target.reading(object, identity), target.deleting(object, identity)    the calls that show and remove an object
    yield from target.create(noun, identity)        a new object of the identity's own, or None; it is removed at the end
    yield from target.register()                    a new throwaway identity that is logged in, or None
    yield from target.log_in(values)                logs in with these values; (Answer, credential)
    target.succeeded(answer), target.refused(answer), target.failure(answer)       judged with what the target says to everything
    target.rng, target.now, target.token()          the run's randomness, the time when it began (seconds since the epoch)

A probe sends with `Send(call)`; the driver adds the credential of `call.identity` (or of `call.credential`, also `()`), renews it
where it died, counts, waits, and removes at the end what `Made` said. It must not know how anything is sent.
"""

from collections.abc import Generator, Iterable, Mapping
from typing import Any

import msgspec

from yett.formats.names import words
from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Made, Send, Step
from yett.rules.probing import accounts, success
from yett.rules.probing.encoding import pairs
from yett.rules.probing.identity import Headers, Identity
from yett.rules.probing.learning import own_value, own_values, persons_values
from yett.rules.probing.objects import Object, Objects, owner_of
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.resources import PEOPLE, Doing, Reference, doing, noun, plain, reference, references, unwrapped
from yett.rules.probing.values import Maker, Mint, Random

__all__ = ["ANONYMOUS", "Identity", "Object", "Operation", "Place", "Target"]

VARIANTS = 4
"""Ways to fill an operation's inputs: fresh from examples; as the examples say; only what is required; without examples."""

_SMALL = ("1", "2", "3", "0")
"""Numbers for versions and ids of which nothing is told, by the way of filling in."""
_TELLING = ("const", "enum", "example", "examples", "default", "pattern", "format")
"""Keywords of schemas that tell more of a value than its type."""
_JSON = "application/json"


class Scheme(msgspec.Struct, frozen=True):
    """A security scheme of the description. type: apiKey | http | oauth2 | openIdConnect …; place and field: of an API key."""

    name: str
    type: str
    place: str = ""
    field: str = ""


class Target:
    """See the module. origin: "https://host:port". destructive: whether the caller allowed to change what the run did not make."""

    def __init__(
        self,
        operations: Iterable[Operation],
        identities: Iterable[Identity] = (),
        *,
        rng: Random,
        origin: str = "http://target.invalid",
        now: float = 0.0,
        destructive: bool = False,
        schemes: Iterable[Scheme] = (),
    ) -> None:
        self.origin, self.now, self.destructive, self.rng = origin, now, destructive, rng
        self.patience = 60.0
        """Seconds that a probe may wait for something, at most."""
        self.operations = tuple(operations)
        self.identities: dict[str, Identity] = {one.name: one for one in identities}
        self.schemes = {one.name: one for one in schemes}
        self.store = Objects()
        self._mint = Mint(rng)
        self.refusals: dict[tuple[str, str], Exchanged] = {}
        """The last failed call of the walk, by id of the operation and identity."""
        self._by_id = {one.id: one for one in self.operations}
        self._worked: dict[tuple[str, str], tuple[Exchanged, int]] = {}
        self._listing: dict[str, set[str]] = {}
        self._soft: set[bytes] = set()
        self._doing: dict[str, Doing] = {}
        self._references: dict[str, tuple[Reference, ...]] = {}
        self._versions: dict[str, str] = {}
        self._links: dict[tuple[str, str], tuple[str, str]] = {}
        for one in self.operations:
            for id_, parameter, expression in one.links:
                where, _, name = expression.replace("#", "").replace("/", ".").rpartition(".")
                if name and where.startswith(("$response.body", "$request.path", "$request.body")):
                    self._links[id_, parameter.rpartition(".")[2]] = (self._noun_made(one), plain(name))
        """(Id of the consumer, its input) to noun and member that the input is taken from, as links say."""
        for identity in self.identities.values():
            self._introduce(identity)

    # Who and what there is

    @property
    def secure(self) -> bool:
        """Whether it is spoken to by TLS."""
        return self.origin.startswith("https:")

    def operation(self, id_: str) -> Operation | None:
        """The operation of that id."""
        return self._by_id.get(id_)

    def identity(self, name: str) -> Identity | None:
        """The identity of that name; None for ANONYMOUS."""
        return self.identities.get(name)

    def carries(self, place: Place) -> bool:
        """Whether an identity sends its credential there: contracts also declare that as a parameter."""
        known = self.identities.values()
        if place.kind == "query":
            return any(name == place.name for one in known for name, _ in one.query)
        sent = [(name.lower(), value) for one in known for name, value in one.credential]
        if place.kind == "cookie":
            lines = (value for name, value in sent if name == "cookie")
            return any(part.partition("=")[0].strip() == place.name for line in lines for part in line.split(";"))
        return place.kind == "header" and any(name == place.name.lower() for name, _ in sent)

    def names(self, anonymous: bool = False) -> tuple[str, ...]:
        """Names of all identities of the caller (no throwaway ones), least rank first; ANONYMOUS before them on demand."""
        known = sorted((one for one in self.identities.values() if not one.throwaway), key=lambda one: one.rank)
        return (*((ANONYMOUS,) if anonymous else ()), *(one.name for one in known))

    def peers(self, name: str) -> tuple[str, ...]:
        """Other identities of the same rank; throwaway ones are peers of the least."""
        one = self.identities.get(name)
        return tuple(other.name for other in self.identities.values() if one and other is not one and other.rank == one.rank)

    def above(self, name: str) -> tuple[str, ...]:
        """Identities of a higher rank."""
        one = self.identities.get(name)
        return tuple(other.name for other in self.identities.values() if one and other.rank > one.rank)

    def doing(self, operation: Operation) -> Doing:
        """list | read | create | change | delete | action | login | register | logout | password."""
        if operation.id not in self._doing:
            self._doing[operation.id] = doing(operation)
        return self._doing[operation.id]

    def noun(self, operation: Operation) -> str:
        """The resource that it deals with, singular: "order"."""
        return noun(operation)

    def references(self, operation: Operation) -> tuple[Reference, ...]:
        """Its path parameters, as references to objects of a noun."""
        if operation.id not in self._references:
            self._references[operation.id] = tuple(self._linked(operation, one) for one in references(operation))
        return self._references[operation.id]

    def _linked(self, operation: Operation, one: Reference) -> Reference:
        """The reference, to what a link of the description says that the input is taken from (OpenAPI 3.1, 4.8.20)."""
        found = self._links.get((operation.id, one.name))
        return Reference(one.name, found[0], tuple(dict.fromkeys((found[1], *one.fields)))) if found is not None else one

    def find(self, what: Doing, noun_: str = "") -> tuple[Operation, ...]:
        """Operations that do that, with objects of that noun."""
        return tuple(one for one in self.operations if self.doing(one) == what and noun_ in ("", noun(one)))

    def token(self, length: int = 8) -> str:
        """Letters that nobody has used yet."""
        return self._mint(length)

    def ours(self, text: str) -> bool:
        """Whether a text holds a token that this run made up."""
        return self._mint.knows(text)

    def tokens_in(self, text: str) -> tuple[str, ...]:
        """The tokens in a text that this run made up, in order."""
        return self._mint.within(text)

    # What is a success

    def failure(self, answer: Answer) -> str:
        """Why an answer is no success, "" where it is one. The target's answer to a path that cannot exist is none either."""
        said = success.failure(answer)
        if not said and self._soft and _face(answer) in self._soft:
            return "what it answers to everything"
        return said

    def succeeded(self, answer: Answer) -> bool:
        return not self.failure(answer)

    def refused(self, answer: Answer) -> bool:
        """Whether the caller was told that they may not, or that there is nothing."""
        return success.refused(answer)

    def soft(self, answer: Answer) -> None:
        """Learn what the target answers to what cannot exist."""
        if 200 <= answer.status < 300:
            self._soft.add(_face(answer))

    # Calls that work

    def worked(self, operation: Operation, identity: str) -> Exchanged | None:
        """The last call of the operation by the identity that succeeded in the walk, with its answer."""
        found = self._worked.get((operation.id, identity))
        return found[0] if found else None

    def working(self, operation: Operation, identity: str) -> Call | None:
        """A call that succeeded. One that creates would do so once more: see `fresh`."""
        found = self.worked(operation, identity)
        return found.call if found else None

    def workers(self, operation: Operation) -> tuple[str, ...]:
        """Identities (ANONYMOUS too) for which it worked."""
        return tuple(name for (id_, name) in self._worked if id_ == operation.id)

    def exchanges(self) -> tuple[tuple[Operation, Exchanged], ...]:
        """Everything the walk saw: successes, then refusals."""
        every = [(id_, one[0]) for (id_, _), one in self._worked.items()] + [
            (id_, one) for (id_, _), one in self.refusals.items()
        ]
        return tuple((self._by_id[id_], one) for id_, one in every if id_ in self._by_id)

    def fresh(
        self, operation: Operation, identity: str, given: Mapping[str, Any] | None = None, variant: int | None = None
    ) -> Call:
        """A new call in the way that worked before (for this identity, else for any). given: values by text of a place ("body /a",
        "path id") or by name. Objects that are named are the identity's own where it has some."""
        variant = self.variant(operation) if variant is None else variant
        given = dict(given or {})
        maker = Maker(
            self.rng,
            self._mint,
            lambda name: self._known(operation, name, identity, given),
            fresh=variant != 1,
            examples=variant != 3,
            whole=variant != 2,
        )
        return self._filled(operation, identity, given, maker, variant)

    def variant(self, operation: Operation) -> int:
        """The way of filling in that worked for the operation; 0 where none did."""
        return next((one[1] for (id_, _), one in self._worked.items() if id_ == operation.id), 0)

    def call_on(self, operation: Operation, one: Object, identity: str) -> Call | None:
        """The call of an operation on that object, else as it worked before; None where the object lacks what the path needs."""
        values = self.path_of(operation, one)
        if values is None:
            return None
        base = next(
            (call for name in (identity, one.owner, *self.workers(operation)) if (call := self.working(operation, name))), None
        )
        if base is None or self.doing(operation) in ("create", "action", "register"):
            return self.fresh(operation, identity, {f"path {name}": value for name, value in values.items()})
        return operation.on(msgspec.structs.replace(base, identity=identity, credential=None), values)

    def path_of(self, operation: Operation, one: Object) -> dict[str, Any] | None:
        """The values of the path parameters that name this object; None where it does not give them all."""
        wanted = self.references(operation)
        if not wanted or not any(ref.noun == one.noun for ref in wanted):
            return None
        values = {}
        for ref in wanted:
            value = (
                one.value(ref.fields)
                if ref.noun == one.noun
                else one.path.get(ref.name, one.value((plain(ref.name), ref.noun + "id")))
            )
            if value is None:
                return None
            values[ref.name] = value
        return values

    # Objects

    def objects(self, owner: str | None = None, noun_: str = "") -> tuple[Object, ...]:
        """Objects that are there; of that owner, of that noun. Those that the run made come first."""
        found = [one for one in self.store if not one.gone and noun_ in ("", one.noun)]
        for one in found:
            one.owner = self.owner(one)
        return tuple(sorted((one for one in found if owner in (None, one.owner)), key=lambda one: not one.made))

    def owner(self, one: Object) -> str:
        """Whose object it is; "" where nothing tells."""
        return owner_of(one, self.identities.values(), frozenset(self._listing.get(one.noun, ())))

    def objects_for(self, operation: Operation, owner: str | None = None) -> tuple[Object, ...]:
        """Objects that the path of this operation can name."""
        nouns = {ref.noun for ref in self.references(operation)}
        return tuple(one for one in self.objects(owner) if one.noun in nouns and self.path_of(operation, one) is not None)

    def reading(self, one: Object, identity: str) -> Call | None:
        """The call that shows an object: its own operation where there is one, else a list that may hold it."""
        for operation in self.find("read", one.noun):
            if self.path_of(operation, one) is not None:
                return self.call_on(operation, one, identity)
        for operation in self.find("list", one.noun):
            known = self.working(operation, identity) or next(
                iter(filter(None, (self.working(operation, n) for n in self.workers(operation)))), None
            )
            if known is not None:
                return msgspec.structs.replace(known, identity=identity, credential=None)
        return None

    def deleting(self, one: Object, identity: str) -> Call | None:
        """The call that removes an object; None where there is no such operation."""
        for operation in self.find("delete", one.noun):
            call = self.call_on(operation, one, identity)
            if call is not None:
                return call
        return None

    def create(
        self, what: str | Operation, identity: str, given: Mapping[str, Any] | None = None
    ) -> Generator[Step, Any, Object | None]:
        """Make an object for the identity, with the operation or the noun; None where that does not succeed. Two sends at most."""
        ways = (what,) if isinstance(what, Operation) else self.find("create", what)
        for operation in sorted(ways, key=lambda one: not self.worked(one, identity))[:2]:
            call = self.fresh(operation, identity, given)
            answer: Answer = yield Send(call)
            if self.succeeded(answer):
                one = self.observe(operation, call, answer)
                yield self.made(operation, one, identity)
                return one
        return None

    def made(self, operation: Operation, one: Object | None, identity: str) -> Made:
        """What the driver is to be told of an object that was made. Its `what` is empty where nothing tells that anything stays:
        the target has no operation that would show or remove such an object, and the answer named none."""
        if not self._keeps(operation, one):
            return Made("")
        call = self.deleting(one, identity) if one else None
        others = [self.deleting(one, name) for name in self.above(identity)] if one else []
        return Made(f"{one.noun} {one.key[:80]}" if one else operation.label, tuple(filter(None, (call, *others))))

    def _noun_made(self, operation: Operation) -> str:
        """What an operation makes or shows; a registration that does not say makes a user, whatever users are called here."""
        of = noun(operation)
        if of or self.doing(operation) != "register":
            return of
        nouns = {noun(other) for other in self.operations}
        return next((one for one in sorted(nouns) if one in PEOPLE), "user")

    def _keeps(self, operation: Operation, one: Object | None) -> bool:
        of = self._noun_made(operation)
        shown = any(noun(other) == of and self.doing(other) in ("list", "read", "delete") for other in self.operations)
        return shown or (one is not None and any(plain(name).endswith("id") for name in one.values))

    # Users

    def register(self, given: Mapping[str, Any] | None = None) -> Generator[Step, Any, Identity | None]:
        """Register a throwaway user and log in; None where the target does not let us. Its `username`, `password` and `facts` are
        known; it is a peer of the least of the identities."""
        return (yield from accounts.register(self, dict(given or {})))

    def log_in(self, values: Mapping[str, str]) -> Generator[Step, Any, tuple[Answer | None, Headers]]:
        """Log in with values by name of field ("username", "email", "password"). The answer, and the credential in it: () where
        there was none."""
        return (yield from accounts.log_in(self, values))

    def add(self, identity: Identity) -> None:
        """Let an identity that the run made call."""
        self.identities[identity.name] = identity
        self._introduce(identity)

    def learn(self, identity: Identity, answer: Answer | None, one: Object | None = None) -> bool:
        """Learn what the answer to its login or registration tells to be the identity's own; whether it told anything. one: the
        object that stands for it, where it registered."""
        told = own_values(answer) if answer is not None and self.succeeded(answer) else {}
        identity.learnt.update(told)
        if one is not None:
            one.values.update(persons_values(identity.learnt, one.noun))
        if told:
            self._introduce(identity)
        return bool(told)

    def _introduce(self, identity: Identity) -> None:
        """Know the objects that are the identity's own, as far as operations can name them by what was learnt."""
        if not identity.learnt:
            return
        named = {(ref.noun, plain(ref.name)): ref for one in self.operations for ref in self.references(one)}
        for place in (place for one in self.operations for place in one.parameters if place.kind == "query"):
            ref = reference(place.name, "")
            named.setdefault((ref.noun, plain(place.name)), ref)
        for (noun_, _), ref in named.items():
            value = own_value(identity.learnt, ref)
            if value is None or not noun_:
                continue
            values = persons_values(identity.learnt, noun_) or {ref.name.rpartition("/")[2]: value}
            if not any(values.items() <= known.values.items() for known in self.store.of(noun_)):
                one = self.store.add(noun_, values, {})
                if one is not None and identity.throwaway:  # it came with the user whom the run registered
                    one.made, one.made_by = True, identity.name

    # Learning, by the walk

    def observe(self, operation: Operation, call: Call, answer: Answer, variant: int = 0) -> Object | None:
        """Learn from an answer to a call that means no harm: objects, and that it works. The object that was made or shown."""
        identity = call.identity
        exchanged = Exchanged(call, answer)
        if not self.succeeded(answer):
            self.refusals[operation.id, identity] = exchanged
            return None
        self._worked[operation.id, identity] = (exchanged, variant)
        if operation.version_names:
            values = operation.path_values(call.path)
            self._versions.update({name: values[name] for name in operation.version_names if name in values})
        what = self.doing(operation)
        if what in ("login", "logout", "password"):
            return None
        return self._harvest(operation, call, answer, what)

    def noted(self, operation: Operation, call: Call, answer: Answer) -> Object | None:
        """What a call with odd values made or showed, without taking it for a call that works."""
        if not self.succeeded(answer):
            return None
        return self._harvest(operation, call, answer, self.doing(operation))

    def _harvest(self, operation: Operation, call: Call, answer: Answer, what: Doing) -> Object | None:
        noun_, path = self._noun_made(operation), operation.named(call)
        found, many = unwrapped(answer.json())
        if what == "list":
            self._listing.setdefault(noun_, set()).add(call.identity)
        if what == "delete":
            return None
        sent = operation.body_of(call)
        own = self._named(operation, path)
        if what in ("create", "register"):
            members = {
                **(sent if isinstance(sent, dict) else {}),
                **(found[0] if found and not many else {}),
                **_located(answer),
            }
            one = self.store.add(noun_, {k: v for k, v in members.items() if not _wordy(k, v)}, path, made=True)
            if one is not None:
                one.made, one.made_by = True, call.identity
            return one
        last: Object | None = None
        for members in found:
            whole = {**own, **members} if not many else members
            if many or what == "list" or len(found) == 1:
                last = self.store.add(noun_, whole, path) or last
                if last is not None and what == "list":
                    last.listed.add(call.identity)
        return None if many else last

    def _named(self, operation: Operation, path: Mapping[str, str]) -> dict[str, str]:
        """What the path says of the object of the operation's noun."""
        return {
            ref.name: path[ref.name] for ref in self.references(operation) if ref.noun == noun(operation) and ref.name in path
        }

    # Filling

    def _filled(self, operation: Operation, identity: str, given: dict[str, Any], maker: Maker, variant: int) -> Call:
        path: dict[str, Any] = {}
        query: list[tuple[str, str]] = []
        fields: list[tuple[str, str]] = []
        call = Call(method=operation.method, path="/", identity=identity)
        one = next(iter(self._fitting(operation, identity)), None)
        named = (self.path_of(operation, one) or {}) if one is not None else {}
        for place in operation.parameters:
            value = given.get(place.text, given.get(place.name))
            if value is None and self.carries(place):
                continue  # a made-up value beside the credential would be a second one
            if place.kind == "path" and value is None and place.name not in named:
                path[place.name] = self._unnamed(operation, place, maker, variant)
            elif place.kind == "path":
                path[place.name] = value if value is not None else named.get(place.name, maker.value(place.schema, place.name))
            elif (
                value is not None
                or place.required
                or (variant == 1 and ("example" in place.schema or "default" in place.schema))
            ):
                value = value if value is not None else maker.value(place.schema, place.name)
                text = value if isinstance(value, str) else pairs("", value)[0][1] if value != [] else ""
                if place.kind == "query":
                    query.extend(pairs(place.name, value))
                elif place.kind == "header":
                    fields.append((place.name, text))
                else:
                    call = operation.put(call, place, text)
        path.update({name: _naming(name, given, named) for name in operation.path_names if name not in path})
        call = msgspec.structs.replace(call, path=operation.path(path), query=tuple(query), fields=(*call.fields, *fields))
        call = self._with_body(operation, call, given, maker, variant)
        return operation.on(call, path) if operation.meant is not None else call

    def _unnamed(self, operation: Operation, place: Place, maker: Maker, variant: int) -> Any:
        """A value for the path that names nothing that is known: as declared; of versions and ids whose form nothing tells, small
        numbers, another one in each way of filling in."""
        if any(key in place.schema for key in _TELLING):
            return maker.value(place.schema, place.name)
        if place.name in operation.version_names:
            return self._versions.get(place.name, _SMALL[variant])
        made = maker.value(place.schema, place.name)
        counted = words(place.name)[-1:] in (("id",), ("number",), ("no",), ("nr",))
        return _SMALL[variant - 2] if counted and operation.safe and variant >= 2 and self.ours(str(made)) else made

    def _with_body(self, operation: Operation, call: Call, given: dict[str, Any], maker: Maker, variant: int) -> Call:
        if not operation.bodies:
            return call
        body = operation.example if variant == 1 and operation.example is not None else maker.value(operation.body)
        if (
            variant == 0
            and operation.example is not None
            and isinstance(operation.example, dict)
            and not operation.body.get("properties")
        ):
            body = operation.example
        call = operation.with_body(call, body)
        for name, value in given.items():
            if name.startswith("body "):
                call = operation.put(call, Place("body", name[5:]), value)
        return call

    def _fitting(self, operation: Operation, identity: str) -> list[Object]:
        """Objects for the path, the best first: the identity's own that the run made, its own, listed to it, any."""
        mine = self.objects_for(operation)
        return sorted(mine, key=lambda one: (one.owner != identity, not one.made, identity not in one.listed))

    def _known(self, operation: Operation, name: str, identity: str, given: Mapping[str, Any]) -> Any:
        """A value for an input of that name: given, a fact of the identity's credentials on login, or the id of an object."""
        if name in given:
            return given[name]
        what = self.doing(operation)
        one = self.identities.get(identity)
        if what == "login":
            return accounts.own_value(one, name)
        if what == "register":
            return None
        if one is not None and one.learnt.get(plain(name)) is not None and words(name)[-1] not in ("username", "email", "mail"):
            return one.learnt[plain(name)]
        ref = self._linked(operation, reference(name, ""))
        linked = (operation.id, name) in self._links
        if not ref.noun or (ref.noun == name and not linked) or not self.store.of(ref.noun):
            return None
        if plain(name) == ref.noun and not plain(name).endswith("id") and not linked:
            return None
        known = self.objects(identity, ref.noun) or self.objects(None, ref.noun)
        return next((value for one_ in known if (value := one_.value(ref.fields)) is not None), None)


def _naming(name: str, given: Mapping[str, Any], named: Mapping[str, Any]) -> Any:
    """What names the object in a call: given, of the object that it is meant for, else a guess."""
    return given.get(f"path {name}", given.get(f"body {name}", named.get(name, "1")))


def _face(answer: Answer) -> bytes:
    """What an answer looks like: its status and the beginning of its body."""
    return b"%d %s" % (answer.status, answer.body[:2000])


def _located(answer: Answer) -> dict[str, str]:
    """The id that a Location field names (RFC 9110, 10.2.2)."""
    last = answer.field("location").partition("?")[0].rstrip("/").rpartition("/")[2]
    return {"id": last} if last and answer.status == 201 else {}


def _wordy(name: str, value: Any) -> bool:
    """Whether a member only says how it went."""
    return plain(name) in ("message", "msg", "detail", "success", "ok") or (
        plain(name) == "status" and value in ("success", "ok", "created")
    )
