"""What a rule says of itself. A rule is one file in `yett.rules`: docstring (its manual page), RULE, and what it does.

Shape of a guard's module (built-in or third party, found through the entry point group "yett.guards"):

    RULE = Rule(id="api-key", setting="authenticate", entry="api_key", ...)

    class Options(msgspec.Struct, forbid_unknown_fields=True):     # what the policy may say; its YAML is converted to this
        ...

    def prepare(options: Options, scope: Scope) -> Prepared:       # called once per operation at compile time
        ...
"""

from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import Any, Literal

import msgspec

from yett.model.decision import Asked, Authenticate, Check, Mode, Stage
from yett.model.exchange import View
from yett.model.operation import Operation
from yett.model.ports import Ports


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation that shows a guard at work; each is run by the tests and printed in the reference.

    policy: the YAML of one service, without match and upstream. contract: an OpenAPI document, YAML.
    request and response: as text with LF line ends; content length is computed. keys: the YAML of a key file.
    repeat: how often the request is sent; the last decision counts. overlapping: whether all are still under way when the last
    is decided; otherwise each exchange ends before the next. files: contents of the files that the policy names.
    """

    request: str
    policy: str
    contract: str = ""
    keys: str = ""
    files: dict[str, str] = {}
    response: str = ""
    repeat: int = 1
    overlapping: bool = False
    note: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a rule, for humans and reports.

    setting: the key of the policy that turns it on ("cors"); default: whether it is on where a service does not say the key,
    with the options' defaults; entry: for settings that are lists, the key that an entry must
    have to be this rule's ("rate" in `limits: [{rate: 100/s}]`). An empty setting means that the rule is always prepared.
    per_operation: whether what it prepares depends on the operation, or a function that tells it from the options. Otherwise
    all operations of a service with the same options share it, which keeps plans small; it must look at nothing of its scope
    but `ports`, `gap` and the operation's service then.
    distinct: for settings that are lists, a function from the options to what no two entries of a list may share.
    matches: examples that the rule must deny (or answer); passes: examples that it must let pass.
    """

    id: str
    title: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    setting: str = ""
    default: bool = False
    entry: str = ""
    per_operation: bool | Callable[[Any], bool] = True
    distinct: Callable[[Any], Hashable] | None = None
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    matches: tuple[Example, ...] = ()
    passes: tuple[Example, ...] = ()


class Payload(msgspec.Struct, frozen=True):
    """One value that shows an attack rule at work, and the place that carries it; each is run by the tests.

    place: "query q", "path" (a segment), "header X", "cookie c", "form f", "part p" (a field of a multipart form), "file a.png"
    (an uploaded file of that name), "body /a/b" (a JSON string there), "body" (the whole of a JSON body), "body text/xml" (the
    whole of a body of that type), "query" (the whole query, encoded), "response" (a JSON string of the response), "response
    text/html" (a whole response of that type) or "response header X".
    """

    text: str
    place: str = "body /value"
    note: str = ""


class AttackRule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of an attack rule: what it looks for in values of requests or responses, for humans and reports.

    Shape of its module, in `yett.rules.attacks` or found through the entry point group "yett.attacks": docstring (the manual
    page), RULE, and SIGNATURES, a tuple of `yett.rules.inspection.signature.Signature`.
    mode: what the rule does where the policy says nothing of it; a rule that only informs is `monitor`.
    matches: payloads that the rule must find; passes: payloads that it must not.
    """

    id: str
    title: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    mode: Mode = Mode.ENFORCE
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    matches: tuple[Payload, ...] = ()
    passes: tuple[Payload, ...] = ()


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One subject that shows a check at work; each is judged by the tests and printed in the reference.

    text: by what the check is about. operation: YAML of a `yett.model.catalog.CatalogOperation`, of which id, service, method and
    template may be missing. service: YAML of a `yett.rules.checking.estate.Estate`. contract: YAML of an API description.
    exchange: a request as text with LF line ends, and `response` likewise. scheme: of that exchange.
    """

    text: str
    response: str = ""
    scheme: str = "https"
    note: str = ""


class CheckRule(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a passive check: what it looks for in what is known, without sending anything.

    Shape of its module, in `yett.rules.checks` or found through the entry point group "yett.checks": docstring (the manual page),
    RULE, `check(subject)` or, with a class `Settings` of numbers that the configuration may change, `check(subject, settings)`;
    both give an iterator of `yett.rules.checking.issue.Issue`.
    on: what is judged. An exchange is judged while it is learnt from, everything else when somebody asks.
    matches: subjects that it must object to; passes: subjects that it must not.
    """

    id: str
    title: str
    on: Literal["operation", "service", "contract", "exchange"]
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    matches: tuple[Judged, ...] = ()
    passes: tuple[Judged, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One prepared callable of a plan. An AUTHENTICATE step identifies instead of checking, and names its challenge
    (the value of a WWW-Authenticate field). errors_only: a step in the response body stage that has nothing to say about
    statuses below 400, so that the edge need not buffer those bodies for it. wants: likewise, whether it has anything to say
    about the body of this response, by its head alone; streams and downloads then pass unbuffered. prefix: the step can do with
    that many octets of the body, decoded; where no other step needs more, a longer body goes on as a stream after the phase
    has seen its beginning, and `View.truncated` (or `response_truncated`) says so. 0: it needs the whole body."""

    stage: Stage
    run: Check | Authenticate
    challenge: bytes = b""
    errors_only: bool = False
    wants: Callable[[View], bool] | None = None
    prefix: int = 0


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard asks of the plan of one operation.

    set_fields replace, default_fields fill in where the upstream sent none, drop_fields remove: fields of the response,
    names in lower case; standard_reasons: errors get the reason phrase of RFC 9110.
    They apply in enforce mode only: monitor mode changes no response.
    mode: the guard's own wish, from its options; the policy may still soften it to monitor. A step in a body stage makes
    the edge buffer, decode and bound that body before the phase runs.
    errand: does what the guard's own `Errand` asks for, in another process: what was asked to what was found. It raises nothing but
    for mistakes of ours.
    relies_on: the guard that must be enforced wherever this one acts, because it leaves something to that one; "" for none.
    """

    steps: tuple[Step, ...] = ()
    set_fields: tuple[tuple[bytes, bytes], ...] = ()
    default_fields: tuple[tuple[bytes, bytes], ...] = ()
    drop_fields: frozenset[bytes] = frozenset()
    standard_reasons: bool = False
    mode: Mode = Mode.ENFORCE
    errand: Callable[[Asked], bytes] | None = None
    relies_on: str = ""


class Gap(msgspec.Struct, frozen=True):
    """Something a policy or contract asks for that will not be enforced, where, and why. Listed by `yett check`."""

    rule: str
    operation: str
    what: str
    why: str

    @property
    def thing(self) -> tuple[str, str, str]:
        """What is told and counted once, in however many operations it is."""
        return self.rule, self.what, self.why


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard may know when it is prepared for one operation.

    contract: the operation's part of the contract (`yett.formats.contract.ContractOperation`) or None.
    allowed: methods declared for the same path, for the operation that stands for what is undeclared.
    gap: call it with what will not be enforced and why.
    """

    operation: Operation
    ports: Ports
    gap: Callable[[str, str], None]
    contract: Any = None
    allowed: Callable[[str], tuple[str, ...]] | None = None
