"""The GraphQL endpoint runs the same field as many times in one document as anybody likes.

Under aliases a field is asked for again and again: the server works a hundred times for one request, and a login is guessed a
hundred times while limits count one. It is found with aliases of the cheapest field that worked; how the time grows is shown.

Fix: limit the aliases of a document (ten or so) or its cost, and count attempts to log in within the resolver.
"""

from yett.model.probe import Answer, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import asked
from yett.rules.probing.graphql_asking import REFERENCES, aliased, caller, cheapest, claim, endpoints, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-aliases",
    title="Aliases in GraphQL documents are not limited",
    severity=Severity.MEDIUM,
    flaws=(Flaw.GRAPHQL_ALIASES,),
    scope="target",
    requests=4,
    weight=1,
    owasp=("API4:2023",),
    cwe=(770, 799),
    references=REFERENCES,
)

MOST = 100
"""Aliases in one document: beyond what clients need, and little work with a cheap field."""


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        name = caller(target, endpoint)
        part, field = cheapest(target, endpoint, name)
        few, many = query(endpoint, aliased(part, 1), name), query(endpoint, aliased(part, MOST), name)
        one: Answer = yield Send(few)
        if "a0" not in asked(one) or one.json().get("errors"):
            part, field = "__typename", "__typename"
            few, many = query(endpoint, aliased(part, 1), name), query(endpoint, aliased(part, MOST), name)
            one = yield Send(few)
        answer: Answer = yield Send(many)
        tree = answer.json()
        if len(asked(answer)) == MOST and not (isinstance(tree, dict) and tree.get("errors")):
            real = field != "__typename"
            yield claim(
                endpoint,
                Flaw.GRAPHQL_ALIASES,
                f"{endpoint.path} resolves {field} {MOST} times for one document.",
                [Exchanged(many, answer, f"{MOST} results, {answer.seconds:.2f} s")],
                [Exchanged(few, one, f"one result, {one.seconds:.2f} s")],
                "limits that count requests do not hold",
                *(() if real else ("only a field without a resolver could be tried",)),
                identity=name,
                shows=(f'"a{MOST - 1}"',),
                severity=None if real else Severity.LOW,
            )
