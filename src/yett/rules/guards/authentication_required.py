"""Nobody is let in without a credential where the policy lists ways to authenticate.

What it does: where `authenticate` has entries, they are tried in the order written. The first good credential wins, so a bad
one beside a good one does no harm. A bad one alone is refused by the rule that it was meant for; no credential at all is
refused by this rule, with status 401 and every challenge that would be accepted (RFC 9110, 11.6.1). The entry `anonymous`
lets callers in who present nothing, never those who present something wrong.

Why it matters: OWASP API2:2023, broken authentication. Guards that each look for their own kind of credential cannot say that
there was none of any kind.

How to fix a denial: send one of the credentials that WWW-Authenticate names. To make a public operation, give it
`authenticate: []`, or add `anonymous` where credentials are optional. `rules: {authentication-required: {mode: monitor}}` only
records who would have been refused. Where every entry is in monitor mode, so is this rule.

References: RFC 9110 section 11, RFC 7235, OWASP API2:2023.
"""

from collections.abc import Sequence

import msgspec

from yett.model.decision import Authenticate, Check, Denial, Evaluation, Mode, Outcome, Wait
from yett.model.exchange import View
from yett.model.operation import Principal
from yett.model.rule import Confidence, Example, Prepared, Rule, Scope, Severity

_POLICY = """
authenticate: [{api_key: {header: X-API-Key}}]
"""

RULE = Rule(
    id="authentication-required",
    title="No credential",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    per_operation=False,
    owasp=("API2:2023",),
    cwe=(306,),
    references=("https://www.rfc-editor.org/rfc/rfc9110#section-11",),
    matches=(Example(request="GET / HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, note="nothing is presented"),),
    passes=(
        Example(
            request="GET / HTTP/1.1\nHost: api.example\n\n",
            policy="authenticate: [{api_key: {header: X-API-Key}}, anonymous]",
            note="callers without a credential are let in",
        ),
    ),
)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It has none: the compiler adds it wherever there is something to require."""


class Method(msgspec.Struct, frozen=True):
    """One way to authenticate. mode: whether its own denials act; challenge: its value of WWW-Authenticate."""

    rule: str
    run: Authenticate
    challenge: bytes
    mode: Mode


def prepare(_options: Options, _scope: Scope) -> Prepared:
    """Nothing by itself: see `combine`."""
    return Prepared()


def combine(methods: Sequence[Method], mode: Mode | None) -> Check:
    """One check out of all ways to authenticate. mode: of this rule; None where a credential is not required."""
    challenges = tuple(
        (b"WWW-Authenticate", challenge) for challenge in dict.fromkeys(m.challenge for m in methods) if challenge
    )
    required = Denial(RULE.id, 401, "no credential was presented", "", "", "Authentication required", challenges)
    steps = tuple((method.run, method.mode is Mode.ENFORCE) for method in methods)

    def authenticate(view: View, evaluation: Evaluation) -> Outcome:
        refused: list[tuple[Denial, bool]] = []
        anonymous: Principal | None = None
        for run, acts in steps:
            outcome = run(view, evaluation)
            if outcome is None:
                continue
            if type(outcome) is Principal:
                if outcome.scheme == "anonymous":
                    anonymous = outcome
                    continue
                evaluation.principal = outcome
                return None
            if type(outcome) is Wait:
                return outcome
            assert isinstance(outcome, Denial)
            refused.append((outcome, acts))
        return conclude(evaluation, refused, anonymous)

    def conclude(evaluation: Evaluation, refused: list[tuple[Denial, bool]], anonymous: Principal | None) -> Outcome:
        first: Denial | None = None
        for denial, acts in refused:
            if not acts:
                evaluation.would_deny(denial)
            elif first is None:
                first = denial
        if first is not None:
            return _challenged(first, challenges)
        if anonymous is not None:
            evaluation.principal = anonymous
            return None
        if mode is Mode.MONITOR:
            evaluation.would_deny(required)
            return None
        return None if mode is None else required

    return authenticate


def _challenged(denial: Denial, challenges: tuple[tuple[bytes, bytes], ...]) -> Denial:
    """A 401 must name at least one challenge (RFC 9110, 15.5.2); a guard's own, more telling one is kept."""
    if denial.status != 401 or any(name.lower() == b"www-authenticate" for name, _ in denial.fields):
        return denial
    return msgspec.structs.replace(denial, fields=denial.fields + challenges)
