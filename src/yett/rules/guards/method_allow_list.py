"""Method allow-list: the methods that may be used at all, whatever a contract or an upstream knows.

Servers and frameworks answer methods that nobody thought of: WebDAV's, `PATCH` beside `PUT`, `DELETE` generated from a model.
With `methods: {allow: [GET, POST]}` everything else gets 405 with an Allow field (RFC 9110, 15.5.6), before the caller is
authenticated: which methods there are is no secret. HEAD is allowed where GET is. Preflights of CORS come before this guard.

To fix a refusal: add the method to the list, for the service or for the one operation.

What it does not protect against: methods that travel in a field or parameter; see the rule `request-hygiene`.
"""

from typing import Annotated

from msgspec import Meta

from yett.model.decision import Denial, Evaluation, Mode, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

Method = Annotated[str, Meta(pattern="^[A-Z][A-Z-]{0,31}$")]

_POLICY = "methods: {allow: [GET, POST]}"

RULE = Rule(
    id="method-allow-list",
    title="Methods that may be used",
    severity=Severity.MEDIUM,
    setting="methods",
    owasp=("API8:2023",),
    cwe=(650, 749),
    references=("RFC 9110, 15.5.6",),
    matches=(Example(request="DELETE /orders/1 HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="not in the list"),),
    passes=(
        Example(request="GET /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY),
        Example(request="HEAD /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="HEAD follows GET"),
    ),
)


class Options(Struct, frozen=True, kw_only=True):
    """`methods: {allow: [GET, POST]}`"""

    allow: Annotated[tuple[Method, ...], Meta(min_length=1, max_length=64)]
    mode: Mode = Mode.ENFORCE


def prepare(options: Options, scope: Scope) -> Prepared:
    allowed = set(options.allow)
    if "GET" in allowed:
        allowed.add("HEAD")
    known = scope.operation.method
    if known in allowed:
        return Prepared(mode=options.mode)  # a request that is routed here has no other method: nothing to check
    refusal = Denial(
        RULE.id, 405, "a method that is not in the list", "method", fields=((b"Allow", ", ".join(sorted(allowed)).encode()),)
    )

    def check(view: View, evaluation: Evaluation) -> Denial | None:  # noqa: ARG001
        return None if view.method in allowed else refusal

    return Prepared(steps=(Step(Stage.THROTTLE, check),), mode=options.mode)
