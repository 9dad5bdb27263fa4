"""Limits on local counters, for the tests of their guards: prepare one, send requests, end them."""

from types import ModuleType
from typing import Any, cast

import msgspec
from small_view import NOW, SmallView

from yett.engine.decide import decide
from yett.model.decision import Check, Denial, Evaluation
from yett.model.operation import ANONYMOUS, Credential, Operation, Principal
from yett.model.ports import Admission, Counters, CountersFull, CountersUnavailable, KeyRing, Ports, TableStats
from yett.model.rule import Prepared, Scope
from yett.store.counters.local import LocalCounters

MONOTONIC = 5_000.0
ALICE, BOB = Principal("alice", "api_key"), Principal("bob", "api_key")


class Unreachable:
    """Counters that cannot be reached, or are full; `broken_later`: only when something is to be given back."""

    def __init__(self, error: CountersUnavailable, broken_later: bool = False) -> None:
        self.error, self.broken_later = error, broken_later

    def admit(self, key: bytes, interval: float, burst: int, monotonic: float) -> Admission:
        return self.spend(key, 0, 0, 0, 0)

    def spend(self, key: bytes, limit: int, window_start: float, window_end: float, now: float) -> Admission:
        if self.broken_later:
            return Admission(True)
        raise self.error

    def acquire(self, key: bytes, limit: int) -> bool:
        raise self.error

    def refund(self, key: bytes, interval: float) -> None:
        raise self.error

    def unspend(self, key: bytes, window_end: float) -> None:
        raise self.error

    def release(self, key: bytes) -> None:
        raise AssertionError("nothing was taken")

    def stats(self) -> tuple[TableStats, ...]:
        return ()


FULL, DOWN = CountersFull("no place is free"), CountersUnavailable("the store is out of reach")


def scope_with(counters: Counters, operation: str = "listOrders", service: str = "shop", key: bytes = b"k" * 32) -> Scope:
    ports = Ports(counters=counters, keys=cast("KeyRing", None), fingerprint_key=key)
    return Scope(operation=Operation(operation, service, "GET", "/orders"), ports=ports, gap=lambda what, why: None)


class Limited:
    """Guards as prepared for one operation of one machine."""

    def __init__(self, *limits: tuple[ModuleType, dict[str, Any]], scope: Scope | None = None) -> None:
        self.scope = scope or scope_with(LocalCounters())
        self.prepared: list[Prepared] = [
            guard.prepare(msgspec.convert(options, guard.Options), self.scope) for guard, options in limits
        ]
        self.steps = sorted((step for prepared in self.prepared for step in prepared.steps), key=lambda step: step.stage)

    def ask(
        self,
        principal: Principal = ANONYMOUS,
        address: str = "192.0.2.1",
        later: float = 0.0,
        credential: Credential | None = None,
        **fields: str,
    ) -> Evaluation:
        """One request, decided and still under way. later: seconds; fields: names with "_" for "-"."""
        view = SmallView(address=address, fields={n.replace("_", "-").encode(): v.encode() for n, v in fields.items()})
        evaluation = Evaluation(self.scope.operation, NOW + later, MONOTONIC + later)
        evaluation.principal, evaluation.credential = principal, credential
        decide([cast("Check", step.run) for step in self.steps], view, evaluation)
        return evaluation

    def status(self, *arguments: Any, **options: Any) -> int:
        """0, or the status that one request is denied with. The request ends at once."""
        evaluation = self.ask(*arguments, **options)
        evaluation.finish()
        return 0 if evaluation.denial is None else evaluation.denial.status

    def denial(self, *arguments: Any, **options: Any) -> Denial:
        evaluation = self.ask(*arguments, **options)
        evaluation.finish()
        assert evaluation.denial is not None
        return evaluation.denial
