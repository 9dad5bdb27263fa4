"""Every rule's own examples, through the same compiler and the same plans as live traffic."""

from typing import Any, cast

import msgspec
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from yett.engine.compile import compile_policy
from yett.engine.contracts import pack
from yett.engine.policy import read_policy
from yett.engine.recorded import Replayed, replay
from yett.engine.snapshot import Snapshot
from yett.formats.contract import read_contract
from yett.formats.credentials import read_keys
from yett.formats.yaml import read
from yett.model.bundle import Bundle
from yett.model.decision import Need, VerifyPassword
from yett.model.exchange import Exchange, Fields, Request, Response
from yett.model.policy import Policy
from yett.model.ports import Ports
from yett.model.rule import Example
from yett.rules.registry import Guard, attacks, guards
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0

GUARDS = guards().values()
MATCHES = [
    pytest.param(guard, example, id=f"{guard.rule.id}-{n}") for guard in GUARDS for n, example in enumerate(guard.rule.matches)
]
PASSES = [
    pytest.param(guard, example, id=f"{guard.rule.id}-{n}") for guard in GUARDS for n, example in enumerate(guard.rule.passes)
]


def snapshot_of(guard: Guard, example: Example) -> Snapshot:
    service = read(example.policy.encode(), "policy").tree or {}
    if guard.rule.setting != "attacks":
        service.setdefault("attacks", False)  # on by default, with words of its own
    service["upstream"] = {"targets": ["http://127.0.0.1:9001"]}
    contracts = {}
    if example.contract:
        service.setdefault("contract", {})["file"] = "openapi.yaml"
        contract = read_contract("openapi.yaml", {"openapi.yaml": read(example.contract.encode(), "openapi.yaml").tree})
        assert not contract.problems
        contracts["openapi.yaml"] = pack(contract)
    mistakes: list[Any] = []
    policy = read_policy({"services": {"example": service}}, lambda *mistake: mistakes.append(mistake))
    assert mistakes == []
    keys = read_keys(example.keys.encode(), "keys.yaml") if example.keys else ()
    bundle = Bundle(digest="example", policy=cast("Policy", policy), contracts=contracts, keys=keys)
    files = {name: text.encode() for name, text in example.files.items()}
    snapshot = compile_policy(bundle, Ports(counters=LocalCounters(), keys=KeyRing(keys), files=files))
    assert snapshot.build_all().errors == ()
    return snapshot


def fields_of(lines: list[str], body: str) -> Fields:
    pairs = [line.partition(":") for line in lines if line]
    fields = tuple((name.encode(), value.strip().encode()) for name, _, value in pairs)
    if body and not any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in fields):
        fields += ((b"Content-Length", b"%d" % len(body.encode())),)
    return fields


def exchange_of(example: Example) -> Exchange:
    head, _, body = example.request.partition("\n\n")
    start, *lines = head.split("\n")
    method, target, version = start.split(" ")
    request = Request(
        method=method,
        target=target.encode(),
        fields=fields_of(lines, body),
        body=body.encode(),
        version=version.removeprefix("HTTP/"),
    )
    response = Response(status=200, fields=((b"Content-Length", b"0"),))
    if example.response:
        head, _, body = example.response.partition("\n\n")
        start, *lines = head.split("\n")
        response = Response(status=int(start.split(" ")[1]), fields=fields_of(lines, body), body=body.encode())
    return Exchange(id="1", source="example", started=NOW, request=request, response=response, address="192.0.2.1")


def fulfil(need: Need) -> bool:
    if not isinstance(need, VerifyPassword):
        return False
    try:
        return PasswordHasher().verify(need.hash, need.password)
    except VerifyMismatchError:
        return False


def outcome_of(guard: Guard, example: Example) -> Replayed:
    snapshot, exchange = snapshot_of(guard, example), exchange_of(example)
    for turn in range(example.repeat):
        replayed = replay(snapshot, exchange, NOW + turn * 1e-3, fulfil=fulfil, finish=not example.overlapping)
    assert not replayed.not_evaluated
    return replayed


def acting(guard: Guard) -> set[str]:
    """The rules that may speak for a guard: ways to authenticate are judged together, attack rules speak for themselves."""
    if guard.rule.setting == "attacks":
        return set(attacks())
    if guard.rule.setting != "authenticate":
        return {guard.rule.id}
    return {other.rule.id for other in GUARDS if other.rule.setting == "authenticate"} | {"authentication-required"}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.rule.id)
def test_every_guard_shows_what_it_does(guard: Guard) -> None:
    rule = guard.rule
    assert rule.matches, "an example that the rule must deny or answer"
    assert rule.passes, "an example that it must let pass"
    assert len(guard.manual) > 200
    assert rule.references


@pytest.mark.parametrize(("guard", "example"), MATCHES)
def test_matches(guard: Guard, example: Example) -> None:
    found = outcome_of(guard, example)
    said = {denial.rule for denial in found.would}
    if found.denial is not None:
        said.add(found.denial.rule)
    if found.answer is not None:
        said.add(found.answer.rule)
    if found.evaluation is not None:
        said.update(denial.rule for denial in found.evaluation.amended or ())
    said.update(rule.partition("-")[0] for rule in list(said) if rule.startswith("crs-"))
    changes = found.plan is not None and (found.plan.set_lines or found.plan.default_lines or found.plan.drop_fields)
    assert said & acting(guard) or (changes and guard.rule.id in found.plan.rules)


@pytest.mark.parametrize(("guard", "example"), PASSES)
def test_passes(guard: Guard, example: Example) -> None:
    found = outcome_of(guard, example)
    assert found.verdict == "allow"
    assert found.would == ()
    assert found.evaluation is not None and not found.evaluation.amended


def test_options_of_guards_refuse_unknown_keys() -> None:
    for guard in GUARDS:
        assert guard.options.__struct_config__.forbid_unknown_fields, guard.rule.id
        assert not guard.rule.setting or msgspec.json.schema(guard.options)
