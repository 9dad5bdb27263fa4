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

What it does not protect against: attacks that look like honest values (another customer's id), those in formats that only the
application reads, and what stands beyond the inspection limit.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from yett.formats.contract.live import ContractOperation
from yett.formats.contract.proven import Proven, proven_places
from yett.formats.inspected import (
    BodyValues,
    InspectionLimits,
    Origin,
    Value,
    body_values,
    cookie_pairs,
    head_values,
    path_pairs,
    query_pairs,
    response_values,
)
from yett.formats.inspected.head import FRAMING, USUAL, unquoted
from yett.formats.inspected.json_values import is_plain, json_lines
from yett.formats.xml import XMLDocument
from yett.model.decision import Check, Denial, Evaluation, Mode, Stage, Wait, unset
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.inspection.exceptions import Exceptions, Exemption
from yett.rules.inspection.gathered import gathered
from yett.rules.inspection.looking import BETWEEN
from yett.rules.inspection.pack import Finding, Pack
from yett.rules.inspection.packs import packs
from yett.rules.inspection.signature import REQUEST, RESPONSE

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

TITLE = "The request was refused by a security rule."
TITLE_OF_RESPONSE = "The response was refused by a security rule."

RESPONSE_PREFIX = 65_536
"""Octets of a response's body that are looked at: secrets and traces that are shown by mistake stand in the beginning or in small
answers; holding back more would slow every download."""

REMEMBERED, LONGEST_REMEMBERED = 4_096, 512
"""How many lines of heads are remembered as harmless, and how long they may be: clients send the same ones again and again."""

MOST_REPORTED = 8
"""Most findings of one message that are recorded, each of another rule."""

AT_ONCE = 32 << 10
"""Octets of a body that are looked at without a pause."""

_READABLE = (b"json", b"html", b"xml", b"text/plain", b"yaml", b"text/csv")
_STREAMS = (b"event-stream", b"ndjson", b"jsonl", b"json-seq", b"stream+json", b"x-json-stream", b"multipart")


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
    rule does not count. responses: whether responses are looked at, too.
    """

    mode: Mode = Mode.MONITOR
    rules: dict[str, Wish | bool] = msgspec.field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = msgspec.field(default=(), name="except")
    inspect: Inspect = Inspect()
    responses: bool = True


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
    asked = Inspection(requests, modes, exceptions, options.inspect, proven)
    head = remembering(asked, scope.ports.shared.setdefault((RULE.id, "lines"), set()))
    steps = [Step(Stage.VALIDATE_HEAD, head), Step(Stage.INSPECT_BODY, asked.body, prefix=options.inspect.size)]
    if options.responses and any(rule.id in modes for rule in responses.rules):
        answered = Inspection(responses, modes, exceptions, options.inspect, None)
        prefix = min(options.inspect.size, RESPONSE_PREFIX)
        steps.append(Step(Stage.RESPONSE_BODY, answered.response, wants=is_readable, prefix=prefix))
    return Prepared(steps=tuple(steps), mode=options.mode)


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


class Inspection:
    """The checks of one direction, for operations that have the same settings."""

    def __init__(
        self, pack: Pack, modes: dict[str, Mode], exceptions: Exceptions, inspect: Inspect, proven: Proven | None
    ) -> None:
        self.pack, self.modes, self.exceptions, self.proven = pack, modes, exceptions, proven
        self.limits = InspectionLimits(inspect.size, inspect.values)
        self.denies_beyond = inspect.beyond is Beyond.DENY

    def counts(self, rule: str, at: str) -> bool:
        return rule in self.modes and not self.exceptions.excuse(rule, at)

    def conclude(self, findings: Sequence[Finding], evaluation: Evaluation, status: int = 403) -> Denial | None:
        """The first finding that is enforced; the others are only recorded."""
        denial = None
        for found in findings[:MOST_REPORTED]:
            title = TITLE if status == 403 else TITLE_OF_RESPONSE
            said = Denial(found.rule.id, status, found.reason, found.place, found.sample, title)
            if denial is None and self.modes[found.rule.id] is Mode.ENFORCE:
                denial = said
            else:
                evaluation.would_deny(said)
        return denial

    # --- bodies -------------------------------------------------------------------------------------------------------

    def body(self, view: View, evaluation: Evaluation) -> Denial | Wait | None:
        """Look at the request's body."""
        content = view.content
        if not content:
            return None
        if len(content) <= AT_ONCE and evaluation.inspected is unset and not view.truncated:
            lines = _lines(view, content)
            if lines is not None:
                suspects = self.pack.look(lines, IN_JSON, True)
                if not suspects:
                    return None
                return self._drive("attacks body", evaluation, lambda: self._request(view, evaluation, suspects))
        return self._drive("attacks body", evaluation, lambda: self._request(view, evaluation, None))

    def response(self, view: View, evaluation: Evaluation) -> Denial | Wait | None:
        """Look at the response's body."""
        content = view.response_content
        if not content or not self.pack.look((content,), RESPONSE):
            return None
        return self._drive("attacks response", evaluation, lambda: self._answer(view, evaluation))

    def _drive(self, name: str, evaluation: Evaluation, begin: Callable[[], Iterator[Any]]) -> Denial | Wait | None:
        """Go on with the work of that name, until it pauses or ends; its last word is the conclusion."""
        held = gathered(evaluation)
        work = held.running.get(name)
        if work is None:
            work = held.running[name] = begin()
        for said in work:
            if said is None:
                return held.pause()
            conclusion: Denial | None = said[0]
            return conclusion
        return None

    def _request(self, view: View, evaluation: Evaluation, known: Collection[int] | None) -> Iterator[Any]:
        """known: what may be in it, where that is known already."""
        held = gathered(evaluation)
        if held.body is None:
            held.body = self._body_values(view, evaluation)
        values = held.body
        suspects = set(known or ())
        lines = type(values.document) in (dict, list) and b"\\" not in values.content
        for batch in values.batches() if known is None else ():
            yield from self.pack.look_through(batch, IN_BODY, suspects, lines)
            if len(values.content) > AT_ONCE:
                yield None
        if isinstance(values.document, XMLDocument):
            yield from self.pack.look_through((values.content,), IN_BODY, suspects)  # markup says more than its values
        findings: list[Finding] = []
        if suspects:
            yield from self._closely(values, suspects, findings)
        if values.truncated:
            evaluation.skip(RULE.id, f"the body was inspected up to {self.limits.size} octets or {self.limits.values} values")
            if self.denies_beyond:
                denial = Denial(RULE.id, 413, "the body is longer than what is inspected", "body", title=TITLE)
                yield (self.conclude(findings, evaluation) or denial,)
                return
        yield (self.conclude(findings, evaluation),)

    def _answer(self, view: View, evaluation: Evaluation) -> Iterator[Any]:
        held = gathered(evaluation)
        if held.response is None:
            held.response = response_values(view, evaluation, self.limits)
        findings: list[Finding] = []
        yield from self._closely(held.response, self.pack.look((view.response_content,), RESPONSE), findings)
        yield (self.conclude(findings, evaluation, 502),)

    def _closely(self, values: BodyValues, suspects: Collection[int], findings: list[Finding]) -> Iterator[None]:
        document = values.document if type(values.document) in (dict, list) else None
        every = values.values
        if isinstance(values.document, XMLDocument):
            every = [*every, Value(Origin.TEXT, b"", values.content)]
        for found in self.pack.look_closely(every, document, suspects, self.counts):
            if found is None:
                yield None
            else:
                findings.append(found)

    def _body_values(self, view: View, evaluation: Evaluation) -> BodyValues:
        if self.proven is None or evaluation.valid_body < 0:
            return body_values(view, evaluation, self.limits)
        root = self.proven.body(evaluation.valid_body)
        return body_values(view, evaluation, self.limits, self.proven.grounds, root)


def _lines(view: View, content: bytes) -> Sequence[bytes] | None:
    """A body of JSON as lines of which each string is one; unread, thus cheap. None where that would not be exact."""
    kind = view.fields.get(b"content-type")
    if kind is None or kind[:16] != b"application/json" or content[:1] not in _OPENS or b"\0" in content:
        return None
    if b"\\" not in content:
        return (content.replace(b'"', b"\n"),)
    if b"\\\\" in content or not is_plain(content):
        return None
    return json_lines(content.replace(b"\\n", BETWEEN))


_OPENS = (b"{", b"[")

IN_HEAD = frozenset(origin for origin in REQUEST if origin <= Origin.COOKIE_NAME)
IN_BODY = REQUEST - IN_HEAD
IN_JSON = frozenset((Origin.JSON, Origin.JSON_NAME))


def remembering(inspection: Inspection, known: set[tuple[bytes, bytes]]) -> Check:
    """The check of the request's head. known: lines of heads that are harmless by themselves, shared by all operations."""
    pack, limits, proven = inspection.pack, inspection.limits, inspection.proven
    look, all_known, framing = pack.look, known.issuperset, FRAMING

    def check(view: View, evaluation: Evaluation) -> Denial | Wait | None:
        lines = view.lines
        fresh = () if all_known(lines) else [line for line in lines if line not in known]
        texts = [text for _, text in path_pairs(view, evaluation)]
        if not evaluation.operation.declared:
            texts += _segments(view)
        if view.target.query:
            for pair in query_pairs(view, limits.values):
                texts += pair
        for name, text in fresh:
            if name not in framing:
                texts.append(text)
            elif name == b"cookie":
                for pair in cookie_pairs(view, limits.values):
                    texts += pair
            if name not in USUAL:
                texts.append(name)
        if not texts:
            return None
        suspects = look(texts, IN_HEAD)
        if not suspects:
            if fresh:
                _remember(known, fresh)
            return None
        return _judge(view, evaluation, suspects)

    def _judge(view: View, evaluation: Evaluation, suspects: Collection[int]) -> Denial | Wait | None:
        return inspection._drive("attacks head", evaluation, lambda: _closely(view, evaluation, suspects))

    def _closely(view: View, evaluation: Evaluation, suspects: Collection[int]) -> Iterator[Any]:
        excused = False

        def counts(rule: str, at: str) -> bool:
            nonlocal excused
            if inspection.counts(rule, at):
                return True
            excused = True
            return False

        held = gathered(evaluation)
        if held.head is None:
            held.head = head_values(view, evaluation, limits)
        values = _worth(held.head, known, proven if evaluation.valid_head else None)
        if not evaluation.operation.declared:
            values += [Value(Origin.PATH, b"", segment) for segment in _segments(view)]
        findings: list[Finding] = []
        for found in pack.look_closely(values, None, suspects, counts):
            if found is None:
                yield None
            else:
                findings.append(found)
        if not findings and not excused:
            _remember(known, [line for line in view.lines if line not in known])
        yield (inspection.conclude(findings, evaluation),)

    return check


def _segments(view: View) -> list[bytes]:
    """Segments of a path that no template explains, decoded: each may be a value. Only those that are more than a
    word, or a telling one."""
    path = view.target.path
    if "%" not in path and _PLAIN_PATH.issuperset(path) and not _telling(path):
        return []
    return [
        unquoted(segment.encode()) for segment in path.split("/") if not _PLAIN_PATH.issuperset(segment) or _telling(segment)
    ]


def _telling(path: str) -> bool:
    """Whether there may be the name or number of a host in it, or a name that programs give a meaning."""
    return path.count(".") > 1 or "0x" in path or "__" in path


_PLAIN_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./~")


def _worth(values: Sequence[Value], known: set[tuple[bytes, bytes]], proven: Proven | None) -> list[Value]:
    """The values that are neither known to be harmless nor proven by the contract."""
    chosen = [value for value in values if value.origin is not Origin.HEADER or (value.name, value.text) not in known]
    if proven is None:
        return chosen
    names = {Origin.QUERY: proven.query, Origin.HEADER: proven.header, Origin.COOKIE: proven.cookie, Origin.PATH: proven.path}
    return [value for value in chosen if value.origin not in names or value.name not in names[value.origin]]


def _remember(known: set[tuple[bytes, bytes]], lines: Sequence[tuple[bytes, bytes]]) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
    known.update([line for line in lines if len(line[1]) <= LONGEST_REMEMBERED])


def is_readable(view: View) -> bool:
    """Whether the response's body is text that is sent as a whole: streams must not be held back."""
    kind = view.response_fields.get(b"content-type")
    if kind is None:
        return view.status >= 400
    kind = kind[:128].lower()
    if any(word in kind for word in _STREAMS):
        return False
    return any(word in kind for word in _READABLE)
