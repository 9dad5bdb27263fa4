"""From one operation and the guards that the policy chose for it to its plan: order, modes, and what the edge must read.

"Monitor wins": a check acts only where the operation, the policy's word on the rule, and the guard's own options all say
enforce. It must not know how operations are found.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import msgspec

from yett.engine.monitored import monitored
from yett.engine.plan import Plan
from yett.engine.settings import Chosen
from yett.model.decision import Asked, Authenticate, Check, Mode, Phase, Stage
from yett.model.exchange import View
from yett.model.operation import Operation
from yett.model.policy import RuleSetting, Service
from yett.model.ports import Ports
from yett.model.rule import Gap, Prepared, Scope, Step
from yett.rules.guards import authentication_required
from yett.rules.guards.authentication_required import Method, combine

Value = TypeVar("Value")

_FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+: [^\r\n\0]*")


class Shared(msgspec.Struct, frozen=True):
    """What a guard prepared for all operations with the same options, with (what, why) of its gaps."""

    prepared: Prepared
    gaps: tuple[tuple[str, str], ...]


class Common:
    """What the plans of one service have in common. It makes a plan a third of the size, and building three times as fast.

    prepared: by rule and place of the options. It holds nothing that depends on a single operation.
    """

    def __init__(self) -> None:
        self.prepared: dict[tuple[str, str], Shared] = {}
        self._checks: dict[Any, Check] = {}
        self._values: dict[Any, Any] = {}

    def check(self, key: Any, make: Callable[[], Check]) -> Check:
        """The check of that key, made if it is the first time."""
        found = self._checks.get(key)
        if found is None:
            found = self._checks[key] = make()
        return found

    def one(self, value: Value) -> Value:
        """Equal values become one. They must be hashable."""
        found: Value = self._values.setdefault((type(value), value), value)
        return found


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an operation before its plan is made. rules: the operation's and the service's word on rules; common:
    of all operations of the service."""

    operation: Operation
    service: Service
    mode: Mode
    rules: Mapping[str, RuleSetting]
    body_size: int
    encoded_slash: bool
    ports: Ports
    contract: Any
    allowed: Callable[[str], tuple[str, ...]] | None
    common: Common

    def mode_of(self, rule: str) -> Mode | None:
        """The mode of a rule as the policy says, None where it is off."""
        setting = self.rules.get(rule)
        if setting is None:
            return self.mode
        if setting.mode == "off":
            return None
        return Mode.MONITOR if setting.mode == "monitor" else self.mode


class Unprepared(msgspec.Struct, frozen=True):
    """A guard could not be prepared: its words, and where its options stand."""

    pointer: str
    message: str


class Planned(msgspec.Struct, frozen=True):
    """A plan with what `yett check` tells of it.

    rules: each rule of the plan with its mode there. preflight: the checks of that stage, for OPTIONS requests that ask about
    this operation; `entry` of them come before. failures: guards that could not be prepared; the plan is of no use then.
    """

    plan: Plan
    rules: tuple[tuple[str, Mode], ...]
    preflight: tuple[Check, ...]
    entry: int
    gaps: tuple[Gap, ...]
    failures: tuple[Unprepared, ...]

    def with_preflight(self, check: Check) -> tuple[tuple[Check, ...], ...]:
        """The plan's checks with `check` in place of those of the preflight stage."""
        head = self.plan.head
        changed = (*head[: self.entry], check, *head[self.entry + len(self.preflight) :])
        return (self.plan.checks[0], changed, *self.plan.checks[2:])


class _Work:
    """The plan under way."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.steps: list[tuple[Stage, Check]] = []
        self.methods: list[Method] = []
        self.own_methods = False
        self.rules: dict[str, Mode] = {}
        self.gaps: list[Gap] = []
        self.failures: list[Unprepared] = []
        self.reads = {Phase.BODY: False, Phase.RESPONSE_BODY: False}
        self.reads_errors = False
        self.wants: list[Callable[[View], bool]] = []
        self.beginning = 0
        self.acts_on_beginning = False
        self.begins: list[Callable[[View], bool]] = []
        self.response_beginning = 0
        self.set_fields: dict[bytes, bytes] = {}
        self.default_fields: dict[bytes, bytes] = {}
        self.drop_fields: set[bytes] = set()
        self.standard_reasons = False
        self.errands: list[tuple[str, Callable[[Asked], bytes]]] = []
        self.relying: list[tuple[Chosen, str]] = []

    def add(self, chosen: Chosen) -> None:
        rule = chosen.guard.rule.id
        mode = self.draft.mode_of(rule)
        if mode is None:
            return
        prepared = self._prepare(chosen)
        if prepared is None:
            return
        if prepared.mode is Mode.MONITOR:
            mode = Mode.MONITOR
        changes = prepared.set_fields or prepared.default_fields or prepared.drop_fields or prepared.standard_reasons
        if prepared.steps or changes:
            self.rules[rule] = Mode.ENFORCE if Mode.ENFORCE in (mode, self.rules.get(rule)) else Mode.MONITOR
        for step in prepared.steps:
            self._add_step(step, chosen, mode)
        if prepared.relies_on and mode is Mode.ENFORCE:
            self.relying.append((chosen, prepared.relies_on))
        if prepared.errand is not None:
            self.errands.append((rule, prepared.errand))
        if mode is Mode.ENFORCE:
            self.set_fields.update(prepared.set_fields)
            self.default_fields.update(prepared.default_fields)
            self.drop_fields.update(prepared.drop_fields)
            self.standard_reasons |= prepared.standard_reasons

    def _prepare(self, chosen: Chosen) -> Prepared | None:
        rule, known = chosen.guard.rule, self.draft.common.prepared
        key = (rule.id, chosen.pointer)
        found = known.get(key)
        if found is None:
            try:
                found = self._ask(chosen)
            except ValueError as error:
                self.failures.append(Unprepared(chosen.pointer, f"{rule.id}: {error}"))
                return None
            if not chosen.per_operation:
                known[key] = found
        self.gaps += [Gap(rule.id, self.draft.operation.id, what, why) for what, why in found.gaps]
        return found.prepared

    def _ask(self, chosen: Chosen) -> Shared:
        draft, own = self.draft, chosen.per_operation
        gaps: list[tuple[str, str]] = []  # what a guard keeps must not refer to the plan that holds it: no `self` in its scope
        scope = Scope(
            operation=draft.operation if own else Operation("*", draft.service.name, "*", "*", False),
            ports=draft.ports,
            gap=lambda what, why: gaps.append((what, why)),
            contract=draft.contract if own else None,
            allowed=draft.allowed if own else None,
        )
        prepared = chosen.guard.prepare(chosen.options, scope)
        for name, value in prepared.set_fields + prepared.default_fields:
            if not _FIELD.fullmatch(name + b": " + value):
                raise ValueError(f"{name!r} is not a response field in lower case, or has a malformed value")
        return Shared(prepared, tuple(gaps))

    def _add_step(self, step: Step, chosen: Chosen, mode: Mode) -> None:
        if step.stage is Stage.AUTHENTICATE:
            self.methods.append(Method(chosen.guard.rule.id, cast("Authenticate", step.run), step.challenge, mode))
            self.own_methods = self.own_methods or chosen.per_operation
            return
        check = cast("Check", step.run)
        if mode is Mode.MONITOR:
            check = monitored(check) if chosen.per_operation else self.draft.common.check(step.run, partial(monitored, check))
        self.steps.append((step.stage, check))
        phase = step.stage.phase
        if step.prefix and phase is Phase.BODY:
            self.beginning = max(self.beginning, step.prefix)
            self.acts_on_beginning |= mode is Mode.ENFORCE
        elif step.prefix and phase is Phase.RESPONSE_BODY:
            self.response_beginning = max(self.response_beginning, step.prefix)
            self.begins.append(step.wants or _errors if step.errors_only else step.wants or _always)
        elif step.errors_only and phase is Phase.RESPONSE_BODY:
            self.reads_errors = True
        elif step.wants is not None and phase is Phase.RESPONSE_BODY:
            self.wants.append(step.wants)
        elif phase in self.reads:
            self.reads[phase] = True

    def relied_on(self) -> None:
        """What acts must not leave anything to what only records."""
        for chosen, rule in self.relying:
            if self.rules.get(rule) is not Mode.ENFORCE:
                told = (
                    f"{chosen.guard.rule.id} leaves something to `{rule}`, which is not enforced for {self.draft.operation.id}"
                )
                self.failures.append(Unprepared(chosen.pointer, told))

    def authenticate(self) -> None:
        """Make one check of all ways to authenticate."""
        if not self.methods:
            return
        mode = self.draft.mode_of(authentication_required.RULE.id)
        if mode is not None and all(method.mode is Mode.MONITOR for method in self.methods):
            mode = Mode.MONITOR
        methods = tuple(self.methods)
        make = partial(_one_check, methods, mode)
        check = make() if self.own_methods else self.draft.common.check((methods, mode), make)
        if mode is not None:
            self.rules[authentication_required.RULE.id] = mode
        self.steps.append((Stage.AUTHENTICATE, check))

    def fields(self) -> tuple[bytes, tuple[tuple[bytes, bytes], ...], frozenset[bytes]]:
        lines = {name: b"%b: %b\r\n" % (name.title(), value) for name, value in (self.default_fields | self.set_fields).items()}
        defaults = tuple((name, lines[name]) for name in self.default_fields if name not in self.set_fields)
        return b"".join(lines[name] for name in self.set_fields), defaults, frozenset(self.drop_fields | set(self.set_fields))


def _always(_: View) -> bool:
    return True


def _errors(view: View) -> bool:
    return view.status >= 400


def _one_check(methods: tuple[Method, ...], mode: Mode | None) -> Check:
    """The check that all ways to authenticate become. Where every one only records, each is judged as if it acted, and the
    whole only records."""
    if any(method.mode is Mode.ENFORCE for method in methods):
        return combine(methods, mode)
    return monitored(combine([msgspec.structs.replace(method, mode=Mode.ENFORCE) for method in methods], mode and Mode.ENFORCE))


def plan(draft: Draft, guards: Iterable[Chosen]) -> Planned:
    """Prepare `guards` for one operation. Never raises: what cannot be prepared is in `failures`."""
    work = _Work(draft)
    for chosen in guards:
        work.add(chosen)
    work.relied_on()
    work.authenticate()
    preflight = tuple(check for stage, check in work.steps if stage is Stage.PREFLIGHT)
    entry = sum(stage is Stage.ENTRY for stage, _ in work.steps)
    work.steps.sort(key=lambda step: step[0])
    phases: list[list[Check]] = [[], [], [], [], []]
    for stage, check in work.steps:
        phases[stage.phase].append(check)
    one = draft.common.one
    set_lines, default_lines, drop_fields = work.fields()
    made = Plan(
        operation=draft.operation,
        service=draft.service,
        mode=draft.mode,
        checks=tuple(tuple(phase) for phase in phases),
        rules=one(tuple(work.rules)),
        body_size=draft.body_size,
        encoded_slash=draft.encoded_slash,
        reads_body=work.reads[Phase.BODY] or work.beginning > 0,
        beginning=0 if work.reads[Phase.BODY] else work.beginning,
        passes_unreadable=not work.reads[Phase.BODY] and not work.acts_on_beginning,
        reads_response=work.reads[Phase.RESPONSE_BODY],
        reads_errors=work.reads_errors,
        wants_response=tuple(work.wants),
        begins_response=tuple(work.begins),
        response_beginning=work.response_beginning,
        set_lines=one(set_lines),
        default_lines=one(default_lines),
        drop_fields=one(drop_fields),
        standard_reasons=work.standard_reasons,
        errands=one(tuple(work.errands)),
    )
    return Planned(made, tuple(work.rules.items()), preflight, entry, tuple(work.gaps), tuple(work.failures))
