"""Undeclared operations: what neither the contract nor the policy declares is refused.

Forgotten versions, debugging routes and administration pages are reachable because nobody said that they should not be. Where
a service has a contract, or declares operations in its policy, everything else gets 404; a declared path with another
method gets 405 with an Allow field. This comes after authentication, so that strangers cannot map the API.

To fix a refusal: add the operation to the contract, or to `operations` of the service. While the contract is incomplete, run
the service, or this rule (`rules: {undeclared: {mode: monitor}}`), in monitor mode and see what would be refused.

What it does not protect against: undeclared parameters or properties of a declared operation.
"""

from yett.model.decision import Denial, Evaluation, Stage
from yett.model.exchange import View
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step

_POLICY = 'operations: {"GET /orders": {}, "POST /orders": {}}'

RULE = Rule(
    id="undeclared",
    title="Operations that nobody declared",
    severity=Severity.HIGH,
    owasp=("API9:2023", "API5:2023"),
    cwe=(1059, 749),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",
        "RFC 9110, 15.5.5 and 15.5.6",
    ),
    matches=(
        Example(request="GET /debug HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="no such path: 404"),
        Example(request="DELETE /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="another method: 405"),
        Example(request="OPTIONS /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="OPTIONS is declared like all"),
    ),
    passes=(
        Example(request="GET /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY),
        Example(request="HEAD /orders HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="HEAD follows GET"),
        Example(
            request="GET /debug HTTP/1.1\nHost: api.example\n\n", policy="mode: enforce", note="nothing is declared at all"
        ),
    ),
)

_UNKNOWN = Denial(RULE.id, 404, "no operation with this path is declared", "path")


class Options(Struct, frozen=True, kw_only=True):
    """There is nothing to choose but the mode, by `rules: {undeclared: {mode: monitor}}`."""


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    allowed = scope.allowed
    if scope.operation.declared or allowed is None:
        return Prepared()

    def check(view: View, evaluation: Evaluation) -> Denial:  # noqa: ARG001
        methods = allowed(view.target.path)
        if not methods:
            return _UNKNOWN
        fields = ((b"Allow", ", ".join(methods).encode()),)
        return Denial(RULE.id, 405, "the path is declared, but not with this method", "method", fields=fields)

    return Prepared(steps=(Step(Stage.AUTHORIZE, check),))
