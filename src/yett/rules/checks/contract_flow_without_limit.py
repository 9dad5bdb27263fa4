"""Sensitive flows: a write whose path speaks of sign-up, orders, payments, vouchers or messages declares no 429.

The Top 10's sixth risk is not a wrong request but a right one too often. It needs a limit by account and purpose, and a
contract should promise it.

To fix: limit the flow and declare 429.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import FLOWS
from yett.rules.checking.words import is_flow

RULE = CheckRule(
    id="contract-flow-without-limit",
    title="Business flows without a limit",
    on="contract",
    severity=Severity.LOW,
    owasp=("API6:2023",),
    cwe=(799, 837),
    references=(FLOWS,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /checkout:
    post:
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /users/signup:
    post:
      responses: {"200": {description: fine}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /checkout:
    post:
      responses: {"429": {description: later}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /checkout:
    get:
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /colours:
    post:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        limited = {"429", "4XX"}.intersection(map(str, operation.responses))
        if operation.method in ("post", "put") and is_flow(operation.path) and not limited:
            text = f"{operation.name} is part of a sensitive flow and does not declare 429."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
