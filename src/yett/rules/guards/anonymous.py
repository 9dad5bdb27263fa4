"""Anonymous access: callers without any credential are let in, knowingly.

An operation is public only where its policy says so: `authenticate: [{api_key: {header: X-API-Key}}, anonymous]`. The
order does not matter: whoever presents a credential is judged by it. A wrong key is refused even here, because a caller that
believes itself authenticated must not silently become nobody.

The principal has no name and only the scopes given here, so `require` still holds.
"""

import msgspec

from yett.model.decision import Evaluation, Stage
from yett.model.exchange import View
from yett.model.operation import ANONYMOUS, Principal
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.refusal import Grant

_POLICY = "authenticate: [{api_key: {header: X-API-Key}}, anonymous]"
_REQUEST = "GET /catalogue HTTP/1.1\nHost: api.example\n"

RULE = Rule(
    id="anonymous",
    title="Anonymous access",
    severity=Severity.INFO,
    setting="authenticate",
    entry="anonymous",
    per_operation=False,
    owasp=("API2:2023",),
    cwe=(306,),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",),
    matches=(Example(request=f"{_REQUEST}X-API-Key: wrong\n\n", policy=_POLICY, note="a wrong key is not forgiven"),),
    passes=(Example(request=f"{_REQUEST}\n", policy=_POLICY, note="no credential at all"),),
)


class Options(Struct, frozen=True, kw_only=True):
    """`authenticate: [anonymous]`, or `[{anonymous: {scopes: [...]}}]`; `scopes` and `roles` are given to everyone."""

    anonymous: Grant = Grant()


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    principal = msgspec.structs.replace(ANONYMOUS, scopes=options.anonymous.scopes, roles=options.anonymous.roles)

    def identify(view: View, evaluation: Evaluation) -> Principal:  # noqa: ARG001
        # The one check that all methods become keeps this for last, and only for callers who present nothing.
        return principal

    return Prepared(steps=(Step(Stage.AUTHENTICATE, identify),))
