"""Yett as it is judged: a policy of one service, compiled by the real compiler, and requests replayed through its plan."""

from collections.abc import Mapping
from typing import Any

import msgspec

from yett.edge.keysets import KeySets
from yett.engine.compile import compile_policy
from yett.engine.recorded import replay
from yett.model.exchange import Exchange, Request, Response
from yett.model.ports import Ports
from yett.store.bundle import bundle_of_tree
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0


class Verdict(msgspec.Struct, frozen=True):
    """denied: by an enforced rule, or by what is enforced always (`rule` "http" and the like). rules: ids that objected."""

    denied: bool
    status: int = 0
    rule: str = ""
    rules: tuple[str, ...] = ()
    place: str = ""
    sample: str = ""
    reason: str = ""


class Subject:
    """One compiled policy. `settings`: the keys of its service, beside upstream and mode."""

    def __init__(self, settings: Mapping[str, Any], mode: str = "enforce") -> None:
        """Raises PolicyErrors."""
        service = {"upstream": {"targets": ["http://127.0.0.1:1"]}, "mode": mode, **settings}
        bundle = bundle_of_tree({"services": {"measured": service}})
        ports = Ports(
            counters=LocalCounters(),
            keys=KeyRing(bundle.keys),
            key_sets=KeySets(),
            secrets=bundle.secrets,
            files=bundle.files,
        )
        self.snapshot = compile_policy(bundle, ports)

    def judge(self, request: Request, response: Response | None = None) -> Verdict:
        exchange = Exchange(id="1", source="bench", started=NOW, request=request, response=response)
        found = replay(self.snapshot, exchange, NOW)
        denial = found.denial
        if denial is None:
            return Verdict(False)
        return Verdict(True, denial.status, denial.rule, (denial.rule,), denial.place, denial.sample, denial.reason)
