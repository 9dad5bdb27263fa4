"""GraphQL introspection: `__schema` is answered, with every type, field and argument there is.

It is the map of everything that can be asked for, also of what no client uses yet.

To fix: switch it off for callers that are not developers. It hides nothing that is worth protecting, so authorize every field
as well.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="graphql-introspection",
    title="GraphQL tells its whole schema",
    on="operation",
    severity=Severity.LOW,
    owasp=("API9:2023", "API8:2023"),
    cwe=(200,),
    references=(CONFIGURATION, "https://spec.graphql.org/October2021/#sec-Introspection"),
    matches=(
        Judged(
            text="""\
method: POST
template: /graphql
kind: graphql
named: query __schema
accepted: 2
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /graphql
kind: graphql
named: query user
accepted: 2
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if "__schema" in subject.named and subject.accepted:
        yield Issue(text=f"{subject.accepted} introspection queries were answered.", reasons=(f"exposure: {subject.exposure}",))
