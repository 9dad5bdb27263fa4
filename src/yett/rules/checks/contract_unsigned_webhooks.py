"""Webhooks without security: a webhook or a callback declares no `security`, so its receiver cannot know who sends it.

To fix: declare a scheme for it, such as a signature field or mutual TLS, and verify it.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Tree
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONSUMPTION

RULE = CheckRule(
    id="contract-unsigned-webhooks",
    title="Webhooks without security",
    on="contract",
    severity=Severity.MEDIUM,
    owasp=("API10:2023",),
    cwe=(345, 346),
    references=(CONSUMPTION,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
webhooks: {paid: {post: {responses: {}}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    post:
      callbacks: {done: {"{$request.body#/url}": {post: {responses: {}}}}}
      responses: {}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
webhooks: {paid: {post: {security: [{signed: []}], responses: {}}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    post:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        if operation.path.startswith("webhook ") and not _demands(operation.tree):
            yield Issue(place=operation.pointer, text=f"The {operation.path} declares no security.", operation=operation.name)
        for name, pointer, callback in subject.entries(operation.tree.get("callbacks"), f"{operation.pointer}/callbacks"):
            for _, _, item in subject.entries(callback, pointer):
                calls = [one for one in item.values() if isinstance(one, dict) and "responses" in one]
                if not all(map(_demands, calls)):
                    text = f"The callback {name} of {operation.name} declares no security."
                    yield Issue(place=pointer, text=text, operation=operation.name)


def _demands(tree: Tree) -> bool:
    alternatives = tree.get("security")
    return isinstance(alternatives, list) and any(alternatives)
