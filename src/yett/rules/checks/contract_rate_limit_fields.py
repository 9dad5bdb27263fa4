"""No limit told: no answer of an operation declares a field that tells callers their rate limit.

Clients that know the limit keep to it; a contract that declares it makes the limit something that can be tested.

To fix: declare `RateLimit` (or the older `RateLimit-Limit`, `X-RateLimit-Limit`) in answers of success.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Described, Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import together

RULE = CheckRule(
    id="contract-rate-limit-fields",
    title="Answers that do not tell the limit",
    on="contract",
    severity=Severity.INFO,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(RESOURCES, "https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/"),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
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
  /orders:
    get:
      responses: {"200": {description: fine, headers: {RateLimit: {schema: {type: string}}}}}
"""
        ),
    ),
)

TEXT = "The rate limit is not told by answers of {names}."


def check(subject: Description) -> Iterator[Issue]:
    yield from together([one for one in subject.operations if _silent(subject, one)], subject, TEXT)


def _silent(description: Description, operation: Described) -> bool:
    answers = list(description.entries(operation.responses, f"{operation.pointer}/responses"))
    good = [answer for status, _, answer in answers if status.startswith(("2", "4"))]
    fields = [str(name).lower() for answer in good if isinstance(answer.get("headers"), dict) for name in answer["headers"]]
    return bool(good) and not any("ratelimit" in name.replace("-", "") for name in fields)
