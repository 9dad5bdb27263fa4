"""The GraphQL endpoint tells its whole schema to anybody.

Introspection lists every type, field and argument, also those that no client uses: administration, old versions, internal
names. It is a map for whoever attacks. It is found by asking for the root types without any credential.

Fix: turn introspection off in production, or give it to developers only. It is no replacement for authorization in resolvers.
"""

from yett.model.probe import Answer, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import asked
from yett.rules.probing.graphql_asking import REFERENCES, claim, endpoints, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-introspection-open",
    title="GraphQL introspection is open to everybody",
    severity=Severity.LOW,
    flaws=(Flaw.GRAPHQL_INTROSPECTION,),
    scope="target",
    requests=2,
    weight=1,
    owasp=("API8:2023", "API9:2023"),
    cwe=(200,),
    references=REFERENCES,
)


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        call = query(endpoint, "{ __schema { queryType { name fields { name } } mutationType { name } } }")
        answer: Answer = yield Send(call)
        schema = asked(answer).get("__schema")
        if isinstance(schema, dict) and isinstance(schema.get("queryType"), dict):
            unknown = query(endpoint, f'{{ __type(name: "Yett{target.token(8)}") {{ name }} }}')
            nothing: Answer = yield Send(unknown)
            yield claim(
                endpoint,
                Flaw.GRAPHQL_INTROSPECTION,
                f"{endpoint.path} tells its schema without any credential.",
                [Exchanged(call, answer, "the schema comes back")],
                [Exchanged(unknown, nothing, "of a type that nothing has it tells nothing")],
                "no credential is needed",
            )
