"""Sensitive flows without a limit: sign-up, orders, vouchers, exports, messages and the like are called often, and no caller was
ever told that it is enough (429).

Such flows are attacked by doing exactly what they are for, only too often: buying everything, guessing vouchers, sending
spam, copying the catalogue. Rules for single requests see nothing wrong.

To fix: limit by account and by purpose (`limits` in the gateway), and slow automated callers down where money or messages
leave.

What it does not see: limits that answer with another status, or that no caller has reached.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.facts import UNSAFE, why
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import FLOWS

RULE = CheckRule(
    id="flow-without-limit",
    title="Business flows that nobody limits",
    on="operation",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    owasp=("API6:2023",),
    cwe=(799, 837),
    references=(FLOWS,),
    matches=(
        Judged(
            text="""\
method: POST
template: /orders
functions: [order]
count: 900
accepted: 880
statuses: {"201": 880, "400": 20}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /orders
functions: [order]
count: 900
accepted: 880
statuses: {"201": 880, "429": 20}
"""
        ),
        Judged(
            text="""\
method: POST
template: /orders
functions: [order]
count: 40
accepted: 40
statuses: {"201": 40}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
functions: [order]
count: 900
accepted: 900
statuses: {"200": 900}
"""
        ),
    ),
)

_FLOWS = frozenset(("signup", "payment", "order", "voucher", "export", "messaging"))


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: calls after which a limit should have shown."""

    calls: int = 500


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    flows = sorted(_FLOWS.intersection(subject.functions))
    acting = subject.method in UNSAFE or "export" in flows
    if flows and acting and subject.count >= settings.calls and not subject.statuses.get("429"):
        text = f"{subject.count} calls of a sensitive flow ({', '.join(flows)}), and no caller was ever limited."
        reasons = [reason for flow in flows for reason in why(subject, f"function:{flow}")]
        yield Issue(text=text, reasons=(*reasons, f"no answer 429 (calls {settings.calls})"))
