"""A token is still accepted when it has long expired: whoever found one in a log or a backup keeps the door open.

How it is found: of the JSON Web Tokens (RFC 7519) that identities carry, the one that expires first is kept and used again,
ninety seconds after its `exp`, which is more than clocks differ. It is a finding where it still opens what it opened before, while
the same token under another signature and no token are refused, and where the target's own Date, if it tells one, is past that.

What it misses: tokens that live longer than half of the time that the run has; that is listed. Where the secret of the tokens is
found, jwt-weak-secret writes an expired one instead.

To fix: verify `exp` with a leeway of a minute at most, in the one place that verifies the signature.
"""

from email.utils import parsedate_to_datetime

from yett.formats import forging
from yett.model.probe import Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Sign, Skipped, Sleep
from yett.model.rule import Severity
from yett.rules.probing.bearing import Bearer, bearers, guarded, taken, trying
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="token-expiry",
    title="Expired tokens are accepted",
    severity=Severity.HIGH,
    flaws=(Flaw.JWT_CLAIMS_UNCHECKED,),
    scope="target",
    requests=14,
    weight=1,
    owasp=("API2:2023",),
    cwe=(613, 298),
    references=("https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",),
)

LEEWAY = 90.0
"""Seconds after the expiry from which everybody must refuse: RFC 7519, 4.1.4 allows a leeway for clocks that differ, of no more
than a few minutes; libraries have 0 to 60 seconds."""


def probe(target: Target) -> Probing:
    known = [(one, exp) for one in bearers(target) if (exp := _expiry(one)) is not None]
    if not known:
        return
    one, exp = min(known, key=lambda pair: pair[1])
    found = yield from guarded(target, one.name)
    if found is None:
        return
    left = exp + LEEWAY - _clock(found.own.answer, target.now)
    if left > target.patience:
        why = f"the tokens live for {left - LEEWAY:.0f} s more, and only {target.patience:.0f} s could be waited"
        yield Skipped(f"whether expired tokens are refused was not tried: {why}")
        return
    yield Sleep(max(0.0, left))
    call = trying(found, one.credential)
    answer: Answer = yield Send(call)
    if not taken(target, found, answer) or _clock(answer, exp + LEEWAY) < exp + LEEWAY / 2:
        return
    wrong = trying(found, one.carrying(forging.resigned(one.token)))
    refused: Answer = yield Send(wrong)
    if taken(target, found, refused):
        return  # nothing of it is looked at: that is another finding
    yield Claim(
        flaw=Flaw.JWT_CLAIMS_UNCHECKED,
        place="token exp",
        method=found.operation.method,
        template=found.operation.template,
        identities=(one.name,),
        text=f"A token of {one.name} is accepted {LEEWAY:.0f} s after it expired.",
        reasons=("a token that was lost once opens the door forever",),
        proof=(Exchanged(call, answer, "the expired token"),),
        control=(Exchanged(wrong, refused, "the same under another signature"), found.own, found.without),
        sign=Sign(kind="expired", amount=LEEWAY),
    )


def _expiry(one: Bearer) -> float | None:
    exp = one.token.claims.get("exp")
    return float(exp) if isinstance(exp, int | float) and not isinstance(exp, bool) and abs(exp) < 1e12 else None


def _clock(answer: Answer, otherwise: float) -> float:
    """The target's own time, in seconds since the epoch."""
    try:
        return parsedate_to_datetime(answer.field("date")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return otherwise
