"""Runs guards that authenticate, for their tests: real guards and key sets, the exchange written by hand."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import msgspec
import yaml
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type, verify_secret
from small_view import NOW, SmallView, asked, scope

from yett.formats.credentials import read_keys
from yett.model.decision import Denial, Evaluation, Mode, Outcome, Stage, VerifyPassword, Wait
from yett.model.exchange import Target, TLSFacts
from yett.model.operation import Operation, Principal
from yett.model.ports import Ports
from yett.model.rule import Example
from yett.rules.guards.authentication_required import Method, combine
from yett.rules.registry import guards
from yett.store.keyfile import KeyRing

Answer = Principal | Denial | Wait | None


def ports(**given: Any) -> Ports:
    """Ports of which these guards use all but the counters."""
    return Ports(**{"counters": None, "keys": KeyRing(), "fingerprint_key": b"f" * 32, **given})


def carrying(query: str | None = None, tls: TLSFacts | None = None, **fields: bytes) -> SmallView:
    """A GET with these fields; underscores stand for hyphens."""
    view = SmallView(target=Target("/", query), tls=tls)
    view.fields = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return view


class Identifying:
    """One prepared guard: call it with a view. `gaps` is what it says will not be enforced."""

    def __init__(self, guard: ModuleType, options: Any, given: Ports | None = None) -> None:
        self.gaps: list[str] = []
        place = msgspec.structs.replace(scope(), ports=given or ports(), gap=lambda what, why: self.gaps.append(what))
        (self.step,) = guard.prepare(msgspec.convert(options, guard.Options), place).steps
        assert self.step.stage is Stage.AUTHENTICATE

    def __call__(self, view: SmallView, now: float = NOW, evaluation: Evaluation | None = None) -> Answer:
        self.evaluation = evaluation or evaluated(now)
        return self.step.run(view, self.evaluation)


def evaluated(now: float = NOW) -> Evaluation:
    return Evaluation(Operation("o", "shop", "GET", "/"), now, 0.0)


def denied(answer: Answer, status: int = 401) -> str:
    """The reason of a denial of this status."""
    assert type(answer) is Denial, answer
    assert answer.status == status
    return answer.reason


def named(answer: Answer) -> str:
    assert type(answer) is Principal, answer
    return answer.id


def verified(need: VerifyPassword) -> bool:
    try:
        return verify_secret(need.hash.encode(), need.password, Type.ID)
    except VerifyMismatchError:
        return False


def run_policy(example: Example, setting: str = "authenticate") -> tuple[Outcome, Evaluation]:
    """Run an example's `authenticate` and `require` as the engine would, fulfilling what they wait for."""
    policy = yaml.safe_load(example.policy)
    keys = KeyRing(read_keys(example.keys.encode()))
    given = ports(keys=keys, files={name: text.encode() for name, text in example.files.items()})
    view, evaluation = asked(example.request), evaluated()
    for check in [combine(list(_methods(policy.get("authenticate", []), given)), Mode.ENFORCE), *_checks(policy, given)]:
        outcome = check(view, evaluation)
        while type(outcome) is Wait:
            assert isinstance(outcome.need, VerifyPassword)
            evaluation.supply(outcome.need, verified(outcome.need))
            outcome = check(view, evaluation)
        if outcome is not None:
            return outcome, evaluation
    return None, evaluation


def _methods(entries: list[Any], given: Ports) -> Iterator[Method]:
    for entry in entries:
        item = {entry: {}} if isinstance(entry, str) else entry
        (guard,) = [guard for guard in guards().values() if guard.rule.setting == "authenticate" and guard.rule.entry in item]
        place = msgspec.structs.replace(scope(), ports=given)
        for step in guard.prepare(msgspec.convert(item, guard.options), place).steps:
            yield Method(guard.rule.id, step.run, step.challenge, Mode.ENFORCE)


def _checks(policy: dict[str, Any], given: Ports) -> Iterator[Callable[..., Any]]:
    if "require" in policy:
        guard = guards()["require"]
        place = msgspec.structs.replace(scope(), ports=given)
        for step in guard.prepare(msgspec.convert(policy["require"], guard.options), place).steps:
            yield step.run
