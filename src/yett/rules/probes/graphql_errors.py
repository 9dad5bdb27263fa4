"""Errors of the GraphQL endpoint hold stack traces, or its answers tell how long each resolver took.

Traces show files, versions, queries of databases and sometimes secrets; timings show what is worth attacking. It is found with
documents that are wrong (a broken one, an unknown field, a value of the wrong type) and one that is right.

Fix: format errors for clients (a message and a code), write the rest to logs, turn debugging and tracing off.
"""

import json
from typing import Any

from yett.model.probe import Answer, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import ask
from yett.rules.probing.graphql_asking import REFERENCES, caller, claim, endpoints, fields
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-errors",
    title="GraphQL errors show the inside of the server",
    severity=Severity.MEDIUM,
    flaws=(Flaw.VERBOSE_ERROR, Flaw.EXPOSED_DEBUG),
    scope="target",
    requests=12,
    weight=3,
    owasp=("API8:2023",),
    cwe=(209, 497),
    references=REFERENCES,
)

_MARKS = (
    *("Traceback (most recent call last)", '  File "/', "site-packages/", "node_modules/", "at Object.", "    at ", ".java:"),
    *("goroutine ", "/vendor/bundle/", "System.Web", "   at System.", "#0 /", ".php:", "stacktrace"),
)
_TRACING = ("tracing", "cost", "debug", "profile", "sql", "queries", "timing", "ftv1")


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        name = caller(target, endpoint)
        traced = timed = False
        for path in (endpoint.path, *endpoint.others):
            for document, variables in _documents(target):
                call = ask(path, document, variables, name)
                answer: Answer = yield Send(call)
                mark = _trace(answer)
                if mark and not traced:
                    traced = True
                    whole = ask(path, "{ __typename }", None, name)
                    plain: Answer = yield Send(whole)
                    yield claim(
                        endpoint,
                        Flaw.VERBOSE_ERROR,
                        f"An error of {path} holds a stack trace: {mark}",
                        [Exchanged(call, answer, "a stack trace comes back")],
                        [Exchanged(whole, plain, "a document without a mistake")],
                        template=path,
                        identity=name,
                    )
            call = ask(path, "{ __typename }", None, name)
            answer = yield Send(call)
            told = _timings(answer)
            if told and not timed:
                timed = True
                yield claim(
                    endpoint,
                    Flaw.EXPOSED_DEBUG,
                    f"Answers of {path} tell {told} of every document to everybody.",
                    [Exchanged(call, answer, f'"{told}" among the extensions')],
                    uncontrolled="the member is there, or is not; it says itself what it tells",
                    template=path,
                    identity=name,
                    severity=Severity.LOW,
                )


def _documents(target: Target) -> list[tuple[str, dict[str, Any] | None]]:
    found: list[tuple[str, dict[str, Any] | None]] = [("{ __typename", None), ("{ yettUnknownField }", None)]
    for one in fields(target):
        typed = next((argument for argument in one.declared.arguments if argument.type.strip("!") == "Int"), None)
        if one.kind == "query" and typed is not None and not one.perilous:
            found.append((one.document({typed.name: 0}), {typed.name: {"yett": []}}))
            break
    return found


def _trace(answer: Answer) -> str:
    """A line that only a stack trace has; "" where there is none. Only errors are looked at, not data."""
    tree = answer.json()
    if isinstance(tree, list):
        tree = tree[0] if tree else None
    if isinstance(tree, dict):
        text = json.dumps([tree.get("errors"), tree.get("extensions")], ensure_ascii=False)[:200_000]
    else:
        text = answer.body[:200_000].decode("utf-8", "replace") if answer.status >= 400 else ""
    mark = next((one for one in _MARKS if one in text or json.dumps(one)[1:-1] in text), "")
    if not mark:
        return ""
    at = max(text.find(mark), text.find(json.dumps(mark)[1:-1]))
    return text[at : at + 120].partition("\\n")[0].strip()


def _timings(answer: Answer) -> str:
    tree = answer.json()
    extensions = tree.get("extensions") if isinstance(tree, dict) else None
    return next((str(one) for one in extensions if str(one).lower() in _TRACING), "") if isinstance(extensions, dict) else ""
