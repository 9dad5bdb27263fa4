"""One input under test: which inputs of an operation are tried, as whom, with which call; and what two answers have in common.

What several probes need to know of an input (how it takes a broken value, a harmless one) is asked once and remembered for the
target. It must not know any attack.
"""

import json
import re
from collections.abc import Callable, Generator
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Send, Skipped, Step
from yett.rules.probing.encoding import body_value, quoted, unquoted
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target
from yett.rules.probing.values import Random
from yett.rules.probing.wording import listed

MOST_PLACES = 8
"""Inputs of one operation that are tried, the likeliest first."""
LOOKED_AT = 65_536
"""Octets of a body that are compared."""

Sent = Generator[Step, Any, Exchanged]

_VOLATILE = re.compile(r"[0-9a-fA-F:.TZ+-]{8,}")
"""Times, hashes and ids: one class of characters, so that no input makes it slower than linear."""
_UNTRIED = frozenset(("boolean", "object"))
_NOTES: "WeakKeyDictionary[Target, dict[tuple[str, str], dict[str, Any]]]" = WeakKeyDictionary()
_LOOKING = listed("search lookup find query filter check verify validate list preview")
"""Words of operations that look something up by POST."""
_CREDENTIALS = frozenset(("authorization", "cookie", "content-type", "accept", "host", "content-length"))


class Trial(msgspec.Struct, frozen=True, eq=False):
    """One input of an operation. base: a call that worked, or was at least looked at; value: what it sends there."""

    target: Target
    operation: Operation
    place: Place
    base: Call
    value: Any

    @property
    def notes(self) -> dict[str, Any]:
        """What is known of this input, for all who ask."""
        return _NOTES.setdefault(self.target, {}).setdefault((self.operation.id, self.place.text), {})

    @property
    def makes(self) -> bool:
        """Whether each success makes something new."""
        return self.target.doing(self.operation) in ("create", "register") and not self.looks

    @property
    def looks(self) -> bool:
        """Whether it looks something up by POST, as its name says."""
        return self.operation.method == "POST" and bool(_LOOKING & self.operation.words)

    @property
    def reads(self) -> bool:
        """Whether the operation only looks something up, so that a condition that holds for everything does no harm."""
        return self.operation.safe or self.looks or self.target.doing(self.operation) == "login"

    @property
    def text(self) -> str:
        """What the base sends there, as text; where it sends nothing, an example of what it could; "1" where there is none."""
        value = self.value if self.value not in (None, "") else _example(self.place.schema)
        return value if isinstance(value, str) else json.dumps(value)

    @property
    def number(self) -> bool:
        """Whether the input is declared, or filled, as a number."""
        return self.place.type in ("integer", "number") or (self.value is not None and self.text.isdecimal())

    def call(self, value: Any) -> Call:
        """The call with that value there."""
        if self.makes:
            return self.target.fresh(self.operation, self.base.identity, {self.place.text: value})
        return self.operation.put(self.base, self.place, value)

    def send(self, value: Any, note: str = "") -> Sent:
        """One request with that value; what it makes is removed at the end."""
        call = self.call(value)
        answer: Answer = yield Send(call)
        if self.makes and self.target.succeeded(answer):
            yield from _made(self.target, self.operation, call, answer)
        return Exchanged(call, answer, note)

    def remembered(self, name: str, value: Any, note: str = "") -> Sent:
        """As `send`, once for the target: who asks again under the same name gets the same answer."""
        if name not in self.notes:
            self.notes[name] = yield from self.send(value, note)
        found: Exchanged = self.notes[name]
        return found

    def harmless(self) -> Sent:
        """How the input takes a value that means nothing."""
        if self.number:
            return self.remembered("harmless", 10_000_019, "a number that nothing has")
        return self.remembered("harmless", "yett" + self.target.token(), "a word that nothing has")

    def broken(self) -> Sent:
        """How it takes quotes, brackets and signs that break SQL, LDAP filters, XPath, JavaScript and templates at once."""
        return self.remembered("broken", f"{self.text}'\")(]|${{{{<%[\\", "quotes and brackets that open and close nothing")

    def normal(self) -> Sent:
        """How it takes what it took before, seen again now."""
        return self.remembered("normal", self.value if self.value is not None else self.text, "the value that works")


def _example(schema: dict[str, Any]) -> Any:
    """A value that the schema names; 1 where it names none."""
    several = schema.get("examples")
    chosen = [schema.get("example"), *(several if isinstance(several, list) else ()), schema.get("default")]
    listed = schema.get("enum")
    chosen += listed if isinstance(listed, list) else []
    return next((one for one in chosen if isinstance(one, str | int | float) and one != ""), 1)


def trials(target: Target, operation: Operation, most: int = MOST_PLACES) -> Generator[Step, Any, tuple[Trial, ...]]:
    """The inputs of an operation that may be tried. Nothing is tried that removes objects, nor what no call came through to.

    An operation that changes an object is tried on one that the run made; there is a step for making it at most.
    """
    what = target.doing(operation)
    if operation.perilous or what in ("delete", "logout", "password") or (what == "register" and not target.destructive):
        return ()  # users can rarely be removed again
    base = yield from _base(target, operation)
    if base is None:
        return ()
    found = []
    for place in operation.places_of(base):
        value = operation.value(base, place)
        credential = (place.kind == "header" and place.name.lower() in _CREDENTIALS) or target.carries(place)
        if place.type not in _UNTRIED and not isinstance(value, bool | list | dict) and not credential:
            found.append(Trial(target, operation, place, base, value))
    found.sort(key=lambda one: (one.place.kind not in ("path", "query"), one.value is None, one.place.kind == "header"))
    return tuple(found[:most])


def caller(target: Target, operation: Operation) -> str | None:
    """Who calls it: the least of the identities for which it worked; None where it worked for nobody."""
    workers = target.workers(operation)
    ranked = [*target.names(), *(name for name in workers if name not in target.names())]
    return next((name for name in ranked if name in workers), None)


def _base(target: Target, operation: Operation) -> Generator[Step, Any, Call | None]:
    if target.doing(operation) == "login":
        return _login(target, operation)
    name = caller(target, operation)
    if name is None:
        seen = (target.refusals.get((operation.id, one)) for one in (*target.names(), ""))
        return next((one.call for one in seen if one and one.answer.status not in (0, 401, 403, 405, 415, 429)), None)
    if operation.safe or target.doing(operation) not in ("change", "action"):
        return target.working(operation, name)
    if not operation.path_names:
        return target.working(operation, name)
    for one in target.objects_for(operation, name):
        if one.made:
            return target.call_on(operation, one, name)
    for noun in dict.fromkeys(ref.noun for ref in target.references(operation)):
        made = yield from target.create(noun, name)
        if made is not None:
            return target.call_on(operation, made, name)
    if target.destructive:
        return target.working(operation, name)
    yield Skipped(f"{operation.label}: its inputs are tried on objects that the run makes, and it could make none")
    return None


def _login(target: Target, operation: Operation) -> Call:
    """A call that logs somebody in: a user of the run's own where there is one, so that nobody else is locked out by failures."""
    ranked = sorted(target.identities.values(), key=lambda one: not one.throwaway)
    name = next((one.name for one in ranked if one.password), ANONYMOUS)
    call = target.fresh(operation, name, variant=None if name else 1)
    return msgspec.structs.replace(call, identity=ANONYMOUS, credential=None)


def _made(target: Target, operation: Operation, call: Call, answer: Answer) -> Generator[Step, Any, None]:
    one = target.noted(operation, call, answer)
    yield target.made(operation, one, call.identity)
    if one is not None:
        one.gone = True  # nobody should take its odd values for examples


Face = tuple[Any, ...]


def whole(one: Exchanged) -> Face:
    """Status and body, without what was sent, times, hashes and ids."""
    body = one.answer.body[:LOOKED_AT].decode("utf-8", "replace")
    for text in _sent(one.call):
        if len(text) > 7 or (len(text) > 2 and not text.isalnum()):  # a short word may be a name in the answer
            for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], quoted(text), _html(text)):
                body = body.replace(form, "\u2026")
    return one.answer.status, _VOLATILE.sub("#", body)


def _sent(call: Call) -> list[str]:
    """What the request says, which some answers repeat: the longest first, because one may hold another."""
    said = [unquoted(part) for part in call.path.split("/")] + [value for _, value in call.query] + [call.path]
    leaves = [body_value(call)]
    while leaves and len(said) < 60:
        leaf = leaves.pop()
        if isinstance(leaf, dict | list):
            leaves.extend(leaf.values() if isinstance(leaf, dict) else leaf)
        elif isinstance(leaf, str):
            said.append(leaf)
    return sorted(said, key=len, reverse=True)


def _html(text: str) -> str:
    pairs = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;"))
    for plain, entity in pairs:
        text = text.replace(plain, entity)
    return text


def shape(one: Exchanged) -> Face:
    """Status, and how many of what."""
    tree = one.answer.json()
    if isinstance(tree, list):
        return one.answer.status, "list", len(tree)
    if isinstance(tree, dict):
        lengths = tuple(sorted((str(name), len(part)) for name, part in tree.items() if isinstance(part, list | dict)))
        return one.answer.status, tuple(sorted(map(str, tree))), lengths
    return one.answer.status, type(tree).__name__, bool(one.answer.body)


def told_apart(ones: list[Exchanged], others: list[Exchanged]) -> bool:
    """Whether all of `ones` look the same, all of `others` look the same, and the two differ. Answers that nobody gave, and 429 or
    503, tell nothing."""
    if any(one.answer.status in (0, 429, 503) for one in (*ones, *others)):
        return False
    for face in (whole, shape):
        left, right = ({face(one) for one in side} for side in (ones, others))
        if len(left) == 1 and len(right) == 1 and left != right:
            return True
    return False


def order(rng: Random, times: int) -> list[bool]:
    """As many True as False in an order that nobody could expect: what changes by itself does not keep to it."""
    sides = [True, False] * times
    for index in range(len(sides) - 1, 0, -1):
        other = rng.randrange(index + 1)
        sides[index], sides[other] = sides[other], sides[index]
    return sides


def decided(
    trial: Trial, yes: tuple[Callable[[], Any], str], no: tuple[Callable[[], Any], str], holds: Callable[[Exchanged], bool]
) -> Generator[Step, Any, tuple[list[Exchanged], list[Exchanged]]]:
    """The exchanges with values for which something holds, and those with values for which it does not: three of each, in an order
    by chance; two empty lists as soon as one is not as expected, or is no answer. yes, no: what makes a value, and its note."""
    found: tuple[list[Exchanged], list[Exchanged]] = ([], [])
    for side in [True, False, *order(trial.target.rng, 2)]:
        make, note = yes if side else no
        one = yield from trial.send(make(), note)
        if one.answer.status in (0, 429, 503) or holds(one) is not side:
            return [], []
        found[not side].append(one)
    return found


def same(one: Exchanged, other: Exchanged) -> bool:
    """Whether two answers look the same."""
    return whole(one) == whole(other)
