"""The GraphQL endpoint takes documents that repeat the same field or directive hundreds of times.

Fields of one name are merged and directives are checked one by one, both in time that grows faster than the document; without a
limit of tokens a small request keeps a core busy. It is found with some hundred repetitions of `__typename`, and of a directive
that does not exist, for each of which the server writes an error of its own.

Fix: limit the tokens of a document (most parsers have an option), its size, and the number of errors that are collected.
"""

from yett.model.probe import Answer, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, caller, claim, endpoints, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-duplication",
    title="Repetitions in GraphQL documents are not limited",
    severity=Severity.LOW,
    flaws=(Flaw.GRAPHQL_DUPLICATION, Flaw.GRAPHQL_DIRECTIVES),
    scope="target",
    requests=4,
    weight=3,
    owasp=("API4:2023",),
    cwe=(770, 400),
    references=REFERENCES,
)

FIELDS, DIRECTIVES = 500, 200


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        name = caller(target, endpoint)
        single = query(endpoint, "{ __typename }", name)
        one: Answer = yield Send(single)
        control = [Exchanged(single, one, f"once: {one.seconds:.3f} s")]
        call = query(endpoint, f"{{ {'__typename ' * FIELDS}}}", name)
        answer: Answer = yield Send(call)
        if isinstance(asked(answer).get("__typename"), str):
            yield claim(
                endpoint,
                Flaw.GRAPHQL_DUPLICATION,
                f"{endpoint.path} takes a document with the same field {FIELDS} times.",
                [Exchanged(call, answer, f"{FIELDS} times: {answer.seconds:.3f} s")],
                control,
                identity=name,
            )
        call = query(endpoint, f"{{ __typename {'@yett ' * DIRECTIVES}}}", name)
        answer = yield Send(call)
        if len(complaints(answer, DIRECTIVES + 1)) >= DIRECTIVES:
            yield claim(
                endpoint,
                Flaw.GRAPHQL_DIRECTIVES,
                f"{endpoint.path} writes {DIRECTIVES} errors for {DIRECTIVES} unknown directives on one field.",
                [Exchanged(call, answer, f"{len(answer.body)} octets of errors for {len(call.body)} octets of document")],
                control,
                identity=name,
            )
