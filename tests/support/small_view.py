"""A recorded view and a way to run one guard on it, for the tests of guards: real parsing, no gateway."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

import msgspec
import yaml

from yett.engine.decide import decide
from yett.formats.forwarded import host_of
from yett.formats.http1 import parse_request, parse_response
from yett.formats.target import canonical
from yett.model.decision import Check, Evaluation, Outcome, Phase
from yett.model.exchange import Target, TLSFacts
from yett.model.operation import Operation
from yett.model.ports import Counters, KeyRing, Ports
from yett.model.rule import Example, Prepared, Scope

NOW = 1_750_000_000.0


@dataclass
class SmallView:
    """Satisfies `yett.model.exchange.View`."""

    method: str = "GET"
    scheme: str = "http"
    host: str = "api.example"
    target: Target = field(default_factory=lambda: Target("/"))
    lines: list[tuple[bytes, bytes]] = field(default_factory=list)
    fields: Mapping[bytes, bytes] = field(default_factory=dict)
    content: bytes = b""
    address: str = "192.0.2.1"
    tls: TLSFacts | None = None
    status: int = 0
    response_lines: list[tuple[bytes, bytes]] = field(default_factory=list)
    response_fields: Mapping[bytes, bytes] = field(default_factory=dict)
    response_content: bytes = b""
    truncated: bool = False
    response_truncated: bool = False


def asked(request: str, response: str = "", scheme: str = "http") -> SmallView:
    """A view of a conversation written as text with LF line ends."""
    head, _, body = request.partition("\n\n")
    parsed = parse_request(head.replace("\n", "\r\n").encode(), 100, 8_190)
    view = SmallView(parsed.method, scheme, host_of(parsed.fields[b"host"])[0], canonical(parsed.target))
    view.lines, view.fields, view.content = parsed.lines, parsed.fields, body.encode()
    if view.content and b"content-length" not in view.fields:
        view.fields = {**view.fields, b"content-length": b"%d" % len(view.content)}
    return answered(view, response) if response else view


def answered(view: SmallView, response: str) -> SmallView:
    """The view with a response added."""
    head, _, body = response.partition("\n\n")
    parsed = parse_response(head.replace("\n", "\r\n").encode())
    view.status, view.response_lines, view.response_fields = parsed.status, parsed.lines, parsed.fields
    view.response_content = body.encode()
    return view


def ports() -> Ports:
    return Ports(counters=cast("Counters", None), keys=cast("KeyRing", None))


def scope(
    method: str = "GET", template: str = "/", declared: bool = True, allowed: Callable[[str], tuple[str, ...]] | None = None
) -> Scope:
    operation = Operation(f"{method} {template}", "shop", method, template, declared)
    return Scope(operation=operation, ports=ports(), gap=lambda what, why: None, allowed=allowed)


def prepared(guard: ModuleType, options: Any = None, place: Scope | None = None) -> Prepared:
    """One guard with options as the policy would say them."""
    return cast("Prepared", guard.prepare(msgspec.convert({} if options is None else options, guard.Options), place or scope()))


def evaluate(prepared: Prepared, view: SmallView) -> tuple[Outcome, Evaluation]:
    """Run all phases that the view has, until one answers. Steps keep their order."""
    evaluation = Evaluation(Operation("o", "shop", view.method, "/"), NOW, 0.0)
    phases = [Phase.HEAD, Phase.BODY] + ([Phase.RESPONSE, Phase.RESPONSE_BODY] if view.status else [])
    for phase in phases:
        steps = sorted((step for step in prepared.steps if step.stage.phase is phase), key=lambda step: step.stage)
        if phase is Phase.RESPONSE_BODY:
            steps = [step for step in steps if not step.errors_only or view.status >= 400]
        outcome = decide([cast("Check", step.run) for step in steps], view, evaluation)
        if outcome is not None or (phase is Phase.RESPONSE and evaluation.replacement is not None):
            return outcome, evaluation
    return None, evaluation


def run_example(guard: ModuleType, example: Example, place: Scope | None = None) -> tuple[Outcome, Evaluation, Prepared]:
    """One example of a guard's own, with the part of its policy that is the guard's."""
    policy = yaml.safe_load(example.policy) or {}
    setting = policy.get(guard.RULE.setting, {})
    ready = prepared(guard, {} if setting is True else setting, place)
    return *evaluate(ready, asked(example.request, example.response)), ready
