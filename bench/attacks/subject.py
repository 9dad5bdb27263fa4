"""Yett as it is judged: a policy compiled by the real compiler, and requests replayed through its plan."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from yett.edge.keysets import KeySets
from yett.engine.compile import compile_policy
from yett.engine.recorded import Replayed, replay
from yett.model.decision import unset
from yett.model.exchange import Exchange, Request, Response
from yett.model.ports import Ports
from yett.rules.seclang.hits import told
from yett.store.bundle import bundle_of_tree
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0
HOST = "{name}.example.com"


class Verdict(msgspec.Struct, frozen=True):
    """denied: by an enforced rule, or by what is enforced always (`rule` then is the machine's, such as "http-syntax").
    rules: ids that objected."""

    denied: bool
    status: int = 0
    rule: str = ""
    rules: tuple[str, ...] = ()
    place: str = ""
    sample: str = ""
    reason: str = ""
    exceptions: tuple[tuple[str, str, str], ...] = ()
    """(rule, operation, place) of each rule that matched, as exceptions name them."""


class Subject:
    """One compiled policy. services: their settings, beside upstream and mode, by name; each answers at its own host, `HOST`."""

    def __init__(self, services: Mapping[str, Mapping[str, Any]]) -> None:
        """Raises PolicyErrors."""
        tree = {}
        for name, settings in services.items():
            match = {"hosts": [HOST.format(name=name)]}
            tree[name] = {"match": match, "upstream": {"targets": ["http://127.0.0.1:1"]}, "mode": "enforce", **settings}
        bundle = bundle_of_tree({"services": tree})
        ports = Ports(
            counters=LocalCounters(),
            keys=KeyRing(bundle.keys),
            key_sets=KeySets(),
            secrets=bundle.secrets,
            files=bundle.files,
        )
        self.snapshot = compile_policy(bundle, ports)

    def judge(self, service: str, request: Request, response: Response | None = None) -> Verdict:
        """What would become of the request, sent to that service's host."""
        host = (b"Host", HOST.format(name=service).encode())
        fields = (host, *(field for field in request.fields if field[0].lower() != b"host"))
        sent = msgspec.structs.replace(request, fields=fields)
        exchange = Exchange(id="1", source="bench", started=NOW, request=sent, response=response)
        replayed = replay(self.snapshot, exchange, NOW)
        denial = replayed.denial
        if denial is None:
            return Verdict(False)
        rules = tuple(dict.fromkeys((denial.rule, *_listed(denial.reason))))
        met = tuple(_met(replayed))
        return Verdict(True, denial.status, denial.rule, rules, denial.place, denial.sample, denial.reason, met)


def _met(replayed: Replayed) -> Iterator[tuple[str, str, str]]:
    plan, evaluation = replayed.plan, replayed.evaluation
    if plan is not None and evaluation is not None and evaluation.scoring is not unset:
        for rule, _, place, _ in told(evaluation.scoring):
            yield rule, plan.operation.id, place


def _listed(reason: str) -> list[str]:
    """Ids of rules that a reason names."""
    return [
        word.strip(",.;:()") for word in reason.split() if word.strip(",.;:()").isdigit() and len(word.strip(",.;:()")) == 6
    ]
