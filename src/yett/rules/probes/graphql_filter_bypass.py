"""A GraphQL field that is refused is answered when the same is written in other words.

Deny lists that compare the text of a document, its operation's name or its first field are passed with an alias, another name
or a fragment. It is found on fields that the first walk was refused: asked for plainly (refused again), then under an alias,
beside another field, with a name, and within a fragment.

Fix: decide in the resolver or on the parsed and validated document, never on its text; allow persisted queries instead of
denying others.
"""

from collections.abc import Iterator

from yett.model.probe import ANONYMOUS, Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, fields, query, smallest
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-filter-bypass",
    title="A refused GraphQL field is answered in other words",
    severity=Severity.HIGH,
    flaws=(Flaw.GRAPHQL_FIELD_ACCESS,),
    requests=8,
    weight=3,
    owasp=("API5:2023",),
    cwe=(184, 863),
    references=REFERENCES,
)

_VALIDATED = (
    "cannot query",
    "unknown argument",
    "syntax error",
    "required",
    "must be provided",
    "got invalid value",
    "not found",
)


def probe(target: Target, operation: Operation) -> Probing:
    if not isinstance(operation, GraphQLOperation) or operation.kind != "query" or operation.perilous:
        return
    if operation.declared.name.startswith("__") or not operation.declared.callable:
        return
    name = next((one for one in (ANONYMOUS, *target.names()) if _refused(target, operation, one)), None)
    if name is None:
        return
    root = operation.endpoint.schema.roots["query"] if operation.endpoint.schema else "Query"
    part = operation.literal({}, selection=smallest(operation.endpoint.schema, operation.declared))
    plain = query(operation.endpoint, f"query {{ {part} }}", name)
    refused: Answer = yield Send(plain)
    if asked(refused).get(operation.field) is not None or not complaints(refused) or not refused.status:
        return
    for way, key, document in _ways(target, operation, part, root):
        call = query(operation.endpoint, document, name)
        answer: Answer = yield Send(call)
        if asked(answer).get(key) is None:
            continue
        again: Answer = yield Send(plain)
        if asked(again).get(operation.field) is not None:
            return
        yield Claim(
            flaw=Flaw.GRAPHQL_FIELD_ACCESS,
            identities=(name,),
            text=f'{operation.label} is refused ("{complaints(refused)[0][:120]}"), and answered {way}.',
            reasons=("the rule looks at the text and not at what is asked for",),
            proof=(Exchanged(call, answer, way),),
            control=(Exchanged(plain, refused, "plainly: refused"), Exchanged(plain, again, "plainly, once more: refused")),
        )
        return


def _refused(target: Target, operation: GraphQLOperation, name: str) -> bool:
    """Whether the field answered with an error of a rule: none of validation, and not for want of a credential."""
    seen = target.refusals.get((operation.id, name))
    if seen is None or target.worked(operation, name) is not None:
        return False
    said = " ".join(complaints(seen.answer)).lower()
    return bool(said) and not any(one in said for one in _VALIDATED)


def _ways(target: Target, operation: GraphQLOperation, part: str, root: str) -> Iterator[tuple[str, str, str]]:
    """Ways to ask for the same: in words, the name of the result, the document. The names of other operations that the client
    uses are guessed from mutations and queries."""
    yield "under an alias", "yett", f"query {{ yett: {part} }}"
    yield "beside another field", operation.field, f"query {{ __typename {part} }}"
    yield "within a fragment", operation.field, f"query {{ ...Yett }} fragment Yett on {root} {{ {part} }}"
    others = [one.field for one in fields(target) if one is not operation and not one.field.startswith("__")]
    for name in [f"{one[:1].upper()}{one[1:]}" for one in others if one.startswith("create")][:1]:
        yield "under the name of another operation", operation.field, f"query {name} {{ {part} }}"
