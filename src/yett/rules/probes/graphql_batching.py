"""The GraphQL endpoint runs as many operations of one request as anybody likes.

A list of operations in one body is one request to whatever counts requests: limits of rates, of guesses and of costs are
passed by a thousand at a time. It is found with a list of twelve of the smallest queries.

Fix: turn batching off, or limit it to a few operations, and count operations instead of requests.
"""

import json

from yett.model.probe import Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import JSON
from yett.rules.probing.graphql_asking import REFERENCES, caller, claim, endpoints, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-batching",
    title="Batches of GraphQL operations are not limited",
    severity=Severity.MEDIUM,
    flaws=(Flaw.GRAPHQL_BATCHING,),
    scope="target",
    requests=4,
    weight=1,
    owasp=("API4:2023",),
    cwe=(770, 799),
    references=REFERENCES,
)

MOST = 12
"""Operations of one batch; servers with a limit allow ten or fewer by custom."""


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        name = caller(target, endpoint)
        single = query(endpoint, "{ __typename }", name)
        batch = [{"query": "{ __typename }"}] * MOST
        call = Call(method="POST", path=endpoint.path, body=json.dumps(batch).encode(), content_type=JSON, identity=name)
        answer: Answer = yield Send(call)
        tree = answer.json()
        done = [one for one in tree if isinstance(one, dict) and one.get("data")] if isinstance(tree, list) else []
        if len(done) == MOST:
            one: Answer = yield Send(single)
            yield claim(
                endpoint,
                Flaw.GRAPHQL_BATCHING,
                f"{endpoint.path} runs all {MOST} operations of a list that is sent as one request.",
                [Exchanged(call, answer, f"{MOST} operations, {MOST} results")],
                [Exchanged(single, one, "one operation")],
                "limits that count requests do not hold",
                identity=name,
            )
