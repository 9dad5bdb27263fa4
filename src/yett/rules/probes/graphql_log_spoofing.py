"""What callers write into a GraphQL document stands in the log as if the server had said it.

Where a log names operations as the document does, and keeps line breaks of the document, somebody writes entries of their own:
blame for others, gaps in their own trail, scripts for whoever reads the log. It is found where a query of the API shows the
log: a document with an operation name and a line that only this run knows is sent, and the log is read.

Fix: log the fields that were resolved, not the name that the caller gave; encode line breaks and markup of what comes from
outside.
"""

import json

from yett.formats.names import words
from yett.model.probe import Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, ask, asked
from yett.rules.probing.graphql_asking import REFERENCES, fields, smallest
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="graphql-log-spoofing",
    title="Callers write entries of the log",
    severity=Severity.LOW,
    flaws=(Flaw.LOG_INJECTION,),
    requests=4,
    weight=5,
    owasp=("API8:2023",),
    cwe=(117,),
    references=("https://owasp.org/www-community/attacks/Log_Injection", *REFERENCES),
)

_LOGS = listed("audit log event history activity trail journal")


def probe(target: Target, operation: Operation) -> Probing:
    if not isinstance(operation, GraphQLOperation) or operation.kind != "query":
        return
    if target.noun(operation) not in _LOGS and not _LOGS & {one.rstrip("s") for one in words(operation.field)}:
        return
    workers = target.workers(operation)
    seen = target.worked(operation, workers[0]) if workers else None
    if seen is None:
        return
    mark = f"yett{target.token(10)}"
    other = next(
        (one for one in fields(target) if one.kind == "query" and one is not operation and target.worked(one, workers[0])),
        operation,
    )
    known = target.worked(other, workers[0])
    part = other.literal(other.body_of(known.call) if known else {}, selection=smallest(other.endpoint.schema, other.declared))
    line = f"2030-01-01 admin {mark} logged out"
    call = ask(operation.endpoint.path, f"query {mark} {{ {part}\n#\n#{line}\n}}", None, workers[0])
    answer: Answer = yield Send(call)
    log: Answer = yield Send(seen.call)
    text = json.dumps(asked(log))
    if mark in text and mark not in json.dumps(asked(seen.answer)):
        forged = f"\\n#{line}" in text
        yield Claim(
            flaw=Flaw.LOG_INJECTION,
            identities=(workers[0],),
            text=f"The log that {operation.label} shows holds the operation's name as the caller chose it"
            + (", and a line that the caller wrote." if forged else "."),
            reasons=("whoever reads the log believes what a caller wrote",),
            proof=(
                Exchanged(call, answer, "a document with a name and a line of our own"),
                Exchanged(seen.call, log, "the log"),
            ),
            control=(Exchanged(seen.call, seen.answer, "the log before"),),
        )
