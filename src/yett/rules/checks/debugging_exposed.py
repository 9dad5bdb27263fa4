"""Debugging within reach: consoles, actuators, profilers, dumps, files of the repository, generated API documentation answer
calls.

They show configuration, memory and routes, and some of them execute commands.

To fix: switch them off in production, or serve them on an internal port. Documentation that is meant to be public deserves an
entry in the baseline.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue, raised
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.words import DEBUGGING

RULE = CheckRule(
    id="debugging-exposed",
    title="Doors for developers",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API8:2023", "API9:2023"),
    cwe=(489, 1295, 552),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
method: GET
template: /actuator/heapdump
accepted: 2
exposure: public
"""
        ),
        Judged(
            text="""\
method: GET
template: /.git/config
accepted: 1
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /actuator/health
accepted: 90
functions: [operations]
"""
        ),
        Judged(
            text="""\
method: GET
template: /.env
accepted: 0
"""
        ),
        Judged(
            text="""\
method: GET
template: /consoles
accepted: 2
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    path = subject.template.lower()
    known = next((one for one in DEBUGGING if path == one or path.startswith(one + "/") or path.endswith(one)), "")
    if not known or not subject.accepted or path.endswith(("/health", "/info", "/healthz")):
        return
    worst = any(
        path.startswith(one) for one in ("/.env", "/.git", "/heapdump", "/actuator/heapdump", "/actuator/env", "/console")
    )
    mild = known in ("/metrics", "/swagger", "/swagger-ui", "/api-docs", "/openapi.json")
    grave = Severity.HIGH if worst else Severity.LOW if mild else RULE.severity
    grave = raised(grave, -1) if subject.exposure == "internal" else grave
    yield Issue(text=f"It answered {subject.accepted} calls.", severity=grave, reasons=(f"exposure: {subject.exposure}",))
