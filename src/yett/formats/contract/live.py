"""A contract in use: its operations decoded when asked for, its validators shared between them.

One `LiveContract` belongs to one process and one contract; what it keeps is bounded by the contract and by the validators'
budget. Guards get a `ContractOperation` for each operation.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from yett.formats.contract.outline import Outlines
from yett.formats.contract.shapes import Shape, shape_of
from yett.formats.contract.validators import BUDGET, SchemaCheck, Validators
from yett.formats.contract.values import Contract, Detail, Entry, Unenforced

Made = TypeVar("Made")

_DETAIL = msgspec.msgpack.Decoder(Detail)


class LiveContract:
    """A contract with its validators. What is made from it does not refer back to it."""

    def __init__(self, contract: Contract, budget: int = BUDGET) -> None:
        self.contract = contract
        self.validators = Validators(contract, budget)
        self.outlines = Outlines(contract)
        self.prepared: dict[Any, Any] = {}
        """What was prepared for one operation and serves others as well: parameters, tables of media types. Bounded by the
        contract, which is what they are made from."""
        self.schemes = {scheme.name: scheme for scheme in contract.schemes}

    def operation(self, entry: Entry) -> "ContractOperation":
        """One of the contract's operations. Cheap: nothing is decoded before it is asked for."""
        return ContractOperation(self, entry)

    def once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What `make` made the first time that it was asked for under `key`."""
        if key not in self.prepared:
            self.prepared[key] = make()
        made: Made = self.prepared[key]
        return made

    def check(self, schema: int) -> SchemaCheck | None:
        """The check of a schema; None where it accepts everything."""
        return self.validators.check(schema)

    def shape(self, schema: int) -> Shape:
        return shape_of(self.contract, schema)


class ContractOperation:
    """One operation of a live contract. It is given to guards as `Scope.contract`, and not kept by them."""

    def __init__(self, live: LiveContract, entry: Entry) -> None:
        self.live = live
        self.entry = entry

    @cached_property
    def detail(self) -> Detail:
        """Parameters, body, answers, security."""
        return _DETAIL.decode(self.entry.detail)

    @property
    def unenforced(self) -> tuple[Unenforced, ...]:
        """What the contract declares for this operation and what will not be enforced."""
        return tuple(self.live.contract.unenforced[index] for index in self.detail.unenforced)


def open_contract(contract: Contract, budget: int = BUDGET) -> LiveContract:
    """Make a contract usable. budget: bytes of schema text whose validators are kept at a time."""
    return LiveContract(contract, budget)
