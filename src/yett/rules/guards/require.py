"""Required scopes and roles: who the caller is does not say what it may do.

`require: {scopes: [...]}` names the scopes that a principal must have, all of them; `any_scope` names scopes of which one
is enough; `roles` and `any_role` likewise. Where several are given, each must hold. Without such a rule every authenticated
caller may call every operation: broken function level authorization (OWASP API5:2023).

To fix a refusal: give the key or token the scope; `yett explain` names what was missing. The caller is told the required
scopes only where RFC 6750 has a field for it, with bearer tokens.

What it does not protect against: access to other people's objects through operations that the caller may use (API1:2023).
"""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta

from yett.model.decision import Denial, Evaluation, Stage
from yett.model.exchange import View
from yett.model.operation import Principal
from yett.model.policy import Struct
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.refusal import unavailable

ScopeToken = Annotated[str, Meta(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$(?!\n)", max_length=256)]
"""RFC 6749, 3.3: no spaces, quotes or backslashes."""

Role = Annotated[str, Meta(min_length=1, max_length=256)]

_POLICY = "authenticate: [{anonymous: {scopes: [read]}}]\nrequire: {scopes: [%s]}"
_REQUEST = "GET /orders HTTP/1.1\nHost: api.example\n\n"

RULE = Rule(
    id="require",
    title="Required scopes and roles",
    severity=Severity.HIGH,
    setting="require",
    per_operation=False,
    owasp=("API5:2023",),
    cwe=(285, 862),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/",
        "RFC 6750, 3.1",
    ),
    matches=(Example(request=_REQUEST, policy=_POLICY % "write", note="a scope is missing"),),
    passes=(Example(request=_REQUEST, policy=_POLICY % "read", note="the scope is there"),),
)


class Options(Struct, frozen=True, kw_only=True):
    """`require: {scopes: ["orders:write"]}`"""

    scopes: tuple[ScopeToken, ...] = ()
    any_scope: tuple[ScopeToken, ...] = ()
    roles: tuple[Role, ...] = ()
    any_role: tuple[Role, ...] = ()


def prepare(options: Options, scope: Scope) -> Prepared:  # noqa: ARG001
    missing = _test(options)
    wanted = " ".join(dict.fromkeys(options.scopes + options.any_scope)).encode()
    bearer = b'Bearer error="insufficient_scope"' + (b', scope="%s"' % wanted if wanted else b"")
    fields = ((b"WWW-Authenticate", bearer),)
    title = "The caller is not permitted to do this."

    def check(view: View, evaluation: Evaluation) -> Denial | None:  # noqa: ARG001
        principal = evaluation.principal
        lack = missing(principal)
        if lack is None:
            return None
        if principal.scheme == "unverified":
            return unavailable(RULE.id, "", "scopes of a token that could not be verified", 30)
        challenge = fields if principal.scheme == "jwt" else ()
        return Denial(RULE.id, 403, lack, title=title, fields=challenge)

    return Prepared(steps=(Step(Stage.AUTHORIZE, check),) if options != Options() else ())


def _test(options: Options) -> Callable[[Principal], str | None]:
    """A function that says what a principal lacks, or None."""
    scopes, roles = frozenset(options.scopes), frozenset(options.roles)
    any_scope, any_role = frozenset(options.any_scope), frozenset(options.any_role)

    def missing(principal: Principal) -> str | None:
        if not scopes <= principal.scopes:
            return "missing scopes: " + " ".join(sorted(scopes - principal.scopes))
        if not roles <= principal.roles:
            return "missing roles: " + ", ".join(sorted(roles - principal.roles))
        if any_scope and any_scope.isdisjoint(principal.scopes):
            return "none of the scopes: " + " ".join(sorted(any_scope))
        if any_role and any_role.isdisjoint(principal.roles):
            return "none of the roles: " + ", ".join(sorted(any_role))
        return None

    return missing
