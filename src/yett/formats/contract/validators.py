"""Runs schemas: builds validators on first use, shares them, and keeps no more of them than fit.

One validator serves a group of schemas (see `grouping`). Where a group has several, they are the properties of one wrapping
object, and a value is handed over as `{"<id>": value}`, which costs a tenth of a microsecond and saves the copies. Validators
never fetch anything: they run offline, and all they refer to is in their own text.
"""

import weakref
from collections import deque
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

import jsonschema_rs

from yett.formats.contract.patterns import OPTIONS
from yett.formats.contract.values import NO_SCHEMA, Contract
from yett.formats.contract.violations import Violation, bounded, shape

BUDGET = 3 << 19
"""Bytes of schema text that may be compiled at a time. Measured: a compiled schema takes 30 to 60 times its text."""
EMAILS = jsonschema_rs.EmailOptions(allow_display_text=False)

Check = Callable[[Any], bool]

_UNEXPECTED = ("additionalProperties", "unevaluatedProperties")


class Shelf:
    """What all groups of a contract share: its schemas, and which validators are built. It does not keep groups alive."""

    __slots__ = ("_budget", "_built", "_weight", "schemas")

    def __init__(self, contract: Contract, budget: int) -> None:
        self.schemas = contract.schemas
        self._budget = budget
        self._built: deque[tuple[weakref.ref[Group], int]] = deque()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._built)

    def admit(self, group: "Group", weight: int) -> None:
        """Take in a group just built, and forget others until all fit: the oldest that was not used again since."""
        self._built.append((weakref.ref(group), weight))
        self._weight += weight
        group.used = False
        while self._weight > self._budget and len(self._built) > 1:
            reference, size = self._built.popleft()
            oldest = reference()
            if oldest is not None and (oldest is group or oldest.used):
                oldest.used = False
                self._built.append((reference, size))
                continue
            self._weight -= size
            if oldest is not None:
                oldest.forget()

    def text(self, members: tuple[int, ...]) -> bytes:
        """The JSON Schema for a group: the only member itself, or an object with one property for each."""
        schemas = self.schemas
        if len(members) == 1 and not schemas[members[0]].references:
            return schemas[members[0]].text
        seen: dict[int, None] = dict.fromkeys(members)
        waiting = list(members)
        while waiting:
            fresh = [number for number in schemas[waiting.pop()].references if number not in seen]
            seen.update(dict.fromkeys(fresh))
            waiting += fresh
        definitions = b",".join(b'"%d":%b' % (number, schemas[number].text) for number in seen)
        if len(members) == 1:
            return b'{"$ref":"#/$defs/%d","$defs":{%b}}' % (members[0], definitions)
        properties = b",".join(b'"%d":{"$ref":"#/$defs/%d"}' % (number, number) for number in members)
        return b'{"properties":{%b},"additionalProperties":false,"$defs":{%b}}' % (properties, definitions)


class Group:
    """Schemas that share a validator. `is_valid` is None while it is not built; `used`: again, since it was built or last
    considered for being forgotten."""

    __slots__ = ("__weakref__", "_shelf", "digest", "is_valid", "members", "used", "validator")

    def __init__(self, shelf: Shelf, members: tuple[int, ...]) -> None:
        self._shelf, self.members = shelf, members
        self.is_valid: Check | None = None
        self.validator: Any = None
        self.digest = b""
        self.used = False

    def load(self) -> Check:
        """Build the validator; others may be forgotten for it."""
        octets = self._shelf.text(self.members)
        validator = jsonschema_rs.Draft202012Validator(
            octets.decode(),
            validate_formats=True,
            offline=True,
            pattern_options=OPTIONS,
            email_options=EMAILS,
            mask="the value",
        )
        return self._keep(validator, _digest(octets), len(octets))

    def take_over(self, built: "dict[bytes, Any]") -> None:
        """Use the validator of the same text, if `built` has it under the digest of that."""
        octets = self._shelf.text(self.members)
        digest = _digest(octets)
        if digest in built:
            self._keep(built[digest], digest, len(octets))

    def _keep(self, validator: Any, digest: bytes, weight: int) -> Check:
        self.validator, self.digest = validator, digest
        check: Check = validator.is_valid
        self.is_valid = check
        self._shelf.admit(self, weight)
        return check

    def forget(self) -> None:
        self.is_valid = self.validator = None


def _digest(octets: bytes) -> bytes:
    return blake2b(octets, digest_size=16).digest()


class SchemaCheck:
    """One schema, ready to be asked. `valid` is the hot path; `violation` says why not."""

    __slots__ = ("_group", "_key", "number", "valid")

    def __init__(self, group: Group, number: int) -> None:
        self.number, self._group = number, group
        self._key = str(number) if len(group.members) > 1 else None
        self.valid: Check = _wrapped(group, self._key) if self._key is not None else _direct(group)

    def violation(self, value: Any, place: str) -> Violation | None:
        """The first thing that is wrong with `value`, or None. `place` gets the JSON pointer into the value appended."""
        if self._group.is_valid is None:
            self._group.load()
        try:
            self._group.validator.validate(value if self._key is None else {self._key: value})
        except jsonschema_rs.ValidationError as error:
            path = [*list(error.instance_path)[0 if self._key is None else 1 :], *_unexpected(error)]
            pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
            where = f"{place} {pointer}" if pointer else place
            return Violation(bounded(where), _reason(error), shape(_at(value, path)))
        return None


class Validators:
    """All validators of one contract in this process. Bounded by BUDGET; one group beyond it is still built, alone.

    Nothing that is handed out refers back to this, so all of it goes with its last user, without the garbage collector.
    """

    def __init__(self, contract: Contract, budget: int = BUDGET) -> None:
        self._schemas = contract.schemas
        self._shelf = Shelf(contract, budget)
        self._groups = [Group(self._shelf, members) for members in contract.groups]
        self._checks: dict[int, SchemaCheck] = {}

    def check(self, number: int) -> SchemaCheck | None:
        """The check of a schema that an operation uses; None for NO_SCHEMA and for schemas that accept everything."""
        if number == NO_SCHEMA or self._schemas[number].text in (b"true", b"{}"):
            return None
        found = self._checks.get(number)
        if found is None:
            found = self._checks[number] = SchemaCheck(self._groups[self._schemas[number].group], number)
        return found

    @property
    def loaded(self) -> int:
        """How many validators are built now."""
        return len(self._shelf)

    def take_over(self, previous: "Validators") -> Iterator[None]:
        """Use what an earlier version of the contract has built, wherever a text is the same: building all of it anew, at the first
        requests after a change, would stop a busy gateway. In slices; validators are immutable, so both may use one."""
        built = {group.digest: group.validator for group in previous._groups if group.is_valid is not None}
        for group in self._groups if built else ():
            if group.is_valid is None:
                group.take_over(built)
                yield

    def failures(self) -> Iterator[str]:
        """Build every validator once; what cannot be built."""
        for group in self._groups:
            try:
                group.load()
            except (jsonschema_rs.ValidationError, ValueError) as error:
                yield bounded(f"a schema cannot be used: {error}")


def _direct(group: Group) -> Check:
    def valid(value: Any) -> bool:
        group.used = True
        return (group.is_valid or group.load())(value)

    return valid


def _wrapped(group: Group, key: str) -> Check:
    def valid(value: Any) -> bool:
        group.used = True
        return (group.is_valid or group.load())({key: value})

    return valid


def _unexpected(error: jsonschema_rs.ValidationError) -> list[str]:
    """The first property that should not be there: the place is then the property, not the object."""
    return list(getattr(error.kind, "unexpected", ()))[:1] if error.kind.name in _UNEXPECTED else []


def _reason(error: jsonschema_rs.ValidationError) -> str:
    if error.kind.name == "falseSchema":
        return "this property must not be sent in this direction, or is not declared"
    return bounded(str(error.message))


def _at(value: Any, path: list[str | int]) -> Any:
    """What stands there. The library tells names that look like numbers as numbers: "007" of an object comes as 7."""
    for part in path:
        if isinstance(value, dict) and part not in value:
            told = str(part or "")
            named = [name for name in value if name.removeprefix("+").lstrip("0") == told and name.isascii()]
            if not named:
                return value
            value = value[named[0]]
        else:
            value = value[part]
    return value
