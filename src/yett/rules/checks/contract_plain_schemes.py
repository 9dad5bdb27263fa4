"""Schemes without encryption: a Swagger 2.0 description lists `http` or `ws`.

To fix: `schemes: [https]`.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="contract-plain-schemes",
    title="Schemes without encryption",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(319,),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
swagger: "2.0"
schemes: [http, https]
paths: {}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
swagger: "2.0"
schemes: [https]
paths: {}
"""
        ),
        Judged(
            text="""\
swagger: "2.0"
host: localhost:8080
schemes: [http]
paths: {}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    listed_ = subject.tree.get("schemes")
    local = str(subject.tree.get("host", "")).partition(":")[0] in ("localhost", "127.0.0.1")
    for index, scheme in enumerate(listed_ if isinstance(listed_, list) else ()):
        if scheme in ("http", "ws") and subject.version == "2.0" and not local:
            yield Issue(place=f"/schemes/{index}", text=f"The API may be called by {scheme}.")
