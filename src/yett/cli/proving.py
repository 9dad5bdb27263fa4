"""What `yett check` tells of attack rules and the contract: how many declared values are proven, and which are scanned."""

from collections.abc import Iterable, Iterator

import msgspec

from yett.engine.contracts import unpack
from yett.engine.snapshot import Enforced
from yett.formats.contract import LiveContract, open_contract
from yett.formats.contract.proven import DeclaredValue, declared_values
from yett.model.bundle import Bundle
from yett.rules.guards import contract_request

MOST_OPERATIONS = 12
"""Operations that are told to people; machines are told all."""
MOST_PLACES = 4


class Scanned(msgspec.Struct, frozen=True):
    """One operation. declared: values that the contract declares; proven: those of them that a valid request proves harmless;
    scanned: the places of the others."""

    name: str
    declared: int
    proven: int
    scanned: tuple[str, ...]


class Proofs:
    """What the contracts of a bundle prove, by service."""

    def __init__(self, bundle: Bundle) -> None:
        self._files = {
            service.name: service.contract.file for service in bundle.policy.services if service.contract is not None
        }
        self._packed = bundle.contracts
        self._live: dict[str, LiveContract] = {}

    def of(self, one: Enforced) -> Scanned | None:
        """None for operations without a part of a contract. Where requests are not held against it, nothing is proven."""
        if one.declared is None:
            return None
        values = self.declared(one)
        held = any(rule == contract_request.RULE.id for rule, _ in one.rules)
        scanned = tuple(dict.fromkeys(value.place for value in values if not (held and value.proven)))
        proven = sum(held and value.proven for value in values)
        return Scanned(f"{one.operation.method} {one.operation.template}", len(values), proven, scanned)

    def declared(self, one: Enforced) -> list[DeclaredValue]:
        """The values that an operation declares; none without a contract."""
        if one.declared is None:
            return []
        return declared_values(self._contract(self._files[one.service]).operation(one.declared))

    def _contract(self, file: str) -> LiveContract:
        if file not in self._live:
            (contract,) = (read for read in unpack(self._packed[file]) if read is not None)
            self._live[file] = open_contract(contract)
        return self._live[file]


def told(found: Iterable[Scanned]) -> Iterator[str]:
    """For people: the whole, then the operations with most to scan."""
    operations = [one for one in found if one.declared]
    if not operations:
        return
    declared, proven = sum(one.declared for one in operations), sum(one.proven for one in operations)
    rest = declared - proven
    yield f"  Of {declared} values that the contract declares, valid requests prove {proven}; attack rules scan the other {rest}."
    left = sorted((one for one in operations if one.scanned), key=lambda one: -len(one.scanned))
    for one in left[:MOST_OPERATIONS]:
        places = ", ".join(one.scanned[:MOST_PLACES])
        more = f" and {len(one.scanned) - MOST_PLACES} more" if len(one.scanned) > MOST_PLACES else ""
        yield f"    {one.name}: {one.proven} of {one.declared} proven; scanned: {places}{more}"
    if len(left) > MOST_OPERATIONS:
        yield f"    and {len(left) - MOST_OPERATIONS} more operations (--json tells all)"
