"""The GraphQL endpoint corrects misspelt names, and so tells its schema even where introspection is off.

"Did you mean ..." in an error names fields, arguments and types; with a list of words somebody rebuilds the schema. It is
found by asking for fields that are nearly right.

Fix: leave suggestions out of errors in production (most servers have a switch or a plug-in), or mask validation errors.
"""

from yett.model.probe import Answer, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import complaints
from yett.rules.probing.graphql_asking import REFERENCES, claim, endpoints, fields, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-suggestions",
    title="GraphQL errors suggest names of the schema",
    severity=Severity.LOW,
    flaws=(Flaw.GRAPHQL_SUGGESTIONS,),
    scope="target",
    requests=6,
    weight=1,
    owasp=("API8:2023",),
    cwe=(209,),
    references=REFERENCES,
)

_NEARLY = ("usres", "noed", "searhc", "versoin", "produtcs", "accuont")
"""Misspelt names that many schemas have, for where no name is known."""


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        known = [one.field for one in fields(target) if one.endpoint is endpoint and one.kind == "query" and len(one.field) > 3]
        names = [f"{name[:-1]}x{name[-1]}" for name in known[:2] if not name.startswith("__")] or list(_NEARLY)
        for name in names:
            call = query(endpoint, f"{{ {name} }}")
            answer: Answer = yield Send(call)
            said = next((one for one in complaints(answer) if "did you mean" in one.lower()), "")
            if said:
                far = query(endpoint, f"{{ {target.token(16)} }}")
                plain: Answer = yield Send(far)
                yield claim(
                    endpoint,
                    Flaw.GRAPHQL_SUGGESTIONS,
                    f'{endpoint.path} answers a misspelt field with a suggestion: "{said[:160]}"',
                    [Exchanged(call, answer, "a name of the schema that was not sent")],
                    [Exchanged(far, plain, "a field that is like no other")],
                )
                break
