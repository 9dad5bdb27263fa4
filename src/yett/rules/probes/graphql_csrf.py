"""The GraphQL endpoint runs mutations that any web page can send: by GET, as a form, or as plain text.

A browser sends such requests to other origins without asking first, with the cookies of whoever looks at the page. It is found
with a mutation that does nothing (`mutation { __typename }`), so nothing is changed. Where no identity carries a cookie or
Basic credentials, a page cannot borrow anybody's rights, and the finding is low.

Fix: run mutations by POST only and take `application/json` only (or demand a field that forms cannot set, as the preflight
request of CORS then protects); cookies with SameSite.
"""

from collections.abc import Iterator

import msgspec

from yett.model.probe import Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.encoding import form
from yett.rules.probing.graphql import Endpoint, asked
from yett.rules.probing.graphql_asking import REFERENCES, caller, claim, endpoints, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-csrf",
    title="GraphQL mutations can be sent by any web page",
    severity=Severity.MEDIUM,
    flaws=(Flaw.GRAPHQL_CSRF,),
    scope="target",
    requests=6,
    weight=1,
    owasp=("API8:2023",),
    cwe=(352,),
    references=("https://graphql.github.io/graphql-over-http/draft/#sec-GET", *REFERENCES),
)

_MUTATION = "mutation { __typename }"


def probe(target: Target) -> Probing:
    borrowed = any(
        name.lower() == "cookie" or value.lower().startswith("basic ")
        for identity in target.identities.values()
        for name, value in identity.credential
    )
    for endpoint in endpoints(target):
        name = caller(target, endpoint)
        if endpoint.schema is not None and "mutation" not in endpoint.schema.roots:
            continue
        proof: list[Exchanged] = []
        for way, call in _ways(endpoint, name):
            answer: Answer = yield Send(call)
            if isinstance(asked(answer).get("__typename"), str):
                proof.append(Exchanged(call, answer, way))
        if not proof:
            continue
        plain = query(endpoint, _MUTATION, name)
        control: Answer = yield Send(plain)
        ways = ", ".join(one.note for one in proof)
        yield claim(
            endpoint,
            Flaw.GRAPHQL_CSRF,
            f"{endpoint.path} runs a mutation that comes {ways}: a browser sends it from any page without asking.",
            proof,
            [Exchanged(plain, control, "as JSON by POST")],
            "credentials are sent by browsers on their own" if borrowed else "no identity has a credential that browsers send",
            identity=name,
            severity=None if borrowed else Severity.LOW,
        )


def _ways(endpoint: Endpoint, name: str) -> Iterator[tuple[str, Call]]:
    call = query(endpoint, _MUTATION, name)
    yield "by GET", Call(method="GET", path=endpoint.path, query=(("query", _MUTATION),), identity=name)
    yield (
        "as a form",
        msgspec.structs.replace(call, body=form({"query": _MUTATION}), content_type="application/x-www-form-urlencoded"),
    )
    yield "as plain text", msgspec.structs.replace(call, content_type="text/plain")
