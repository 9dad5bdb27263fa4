"""Outdated flows: the implicit grant or the password grant of OAuth 2.

The implicit grant puts tokens into addresses; the password grant teaches people to give their password to clients. RFC 9700,
2.1.2 and 2.4, tells not to use them.

To fix: authorization code with PKCE.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import OAUTH_BCP

RULE = CheckRule(
    id="contract-outdated-flows",
    title="Flows of OAuth that must not be used any more",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(1390,),
    references=(OAUTH_BCP,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: oauth2, flows: {implicit: {authorizationUrl: "https://a.example", scopes: {}}}}}}
"""
        ),
        Judged(
            text="""\
swagger: "2.0"
paths: {}
securityDefinitions: {main: {type: oauth2, flow: password, tokenUrl: "https://a.example", scopes: {}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: oauth2, flows: {authorizationCode: {refreshUrl: "https://a.example", scopes: {}}}}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for name, pointer, scheme in subject.schemes:
        flows = scheme.get("flows")
        kinds = list(flows) if isinstance(flows, dict) else [scheme.get("flow")]
        for kind in kinds:
            if scheme.get("type") == "oauth2" and kind in ("implicit", "password"):
                yield Issue(place=f"{pointer}/{kind}", text=f"The scheme {name} uses the {kind} grant.")
