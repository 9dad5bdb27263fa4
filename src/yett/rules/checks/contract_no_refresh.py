"""No refresh: a flow of OAuth 2 has no `refreshUrl`, so its access tokens must live long.

To fix: give access tokens minutes, and a refresh token that rotates. Flows for machines (client credentials) simply ask again
and are left alone.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import OAUTH_BCP

RULE = CheckRule(
    id="contract-no-refresh",
    title="Access tokens that cannot be renewed",
    on="contract",
    severity=Severity.LOW,
    owasp=("API2:2023",),
    cwe=(613,),
    references=(OAUTH_BCP,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: oauth2, flows: {authorizationCode: {tokenUrl: "https://a.example", scopes: {}}}}}}
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
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://a.example", scopes: {}}}}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for name, pointer, scheme in subject.schemes:
        flows = scheme.get("flows")
        for kind, flow in flows.items() if isinstance(flows, dict) else ():
            if kind != "clientCredentials" and isinstance(flow, dict) and not flow.get("refreshUrl"):
                place = f"{pointer}/flows/{kind}"
                yield Issue(place=place, text=f"The flow {kind} of the scheme {name} has no way to renew a token.")
