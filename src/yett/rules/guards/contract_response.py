"""Contract, responses: callers get what the API's description declares, and no more.

A response is held against what the contract declares for its status: that the status is declared at all, the content type,
required header fields, and the body. An API that answers with whole database records tells its callers password hashes and other
people's data (excessive data exposure); with `response_action: strip` whatever the contract does not declare is taken out of
JSON bodies. `writeOnly` properties count as not declared. Properties are declared by `properties`, or by an
`additionalProperties` that is written out; leaving it out declares nothing.

`contract: {file: openapi.yaml, responses: enforce, response_action: block | strip | flag}`. block: a response that breaks the
contract is replaced by a 502. strip (the default): undeclared properties are taken out, everything else that is wrong is only
recorded. flag: only recorded. Responses to HEAD, 1xx, 204 and 304 have no body to check.

To fix a finding: declare what the API really answers, or have it answer less.

What it does not protect against: declared properties with other people's data in them, and bodies of types other than JSON, forms
and plain text. A response that is checked is read whole before its first byte is sent on; streams of events and downloads are
not checked, and pass as they come.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from yett.formats.bodies import BodyError, response_document
from yett.formats.contract.answers import AnswerTable, PreparedAnswer
from yett.formats.contract.live import ContractOperation
from yett.formats.contract.media import PreparedMedia
from yett.formats.contract.parameters import judge_fields
from yett.formats.contract.violations import Violation, bounded
from yett.formats.media_types import Kind
from yett.model.decision import Check, Denial, Evaluation, Stage
from yett.model.exchange import View
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.guards._contract import Enforcement, Options, ResponseAction, report_gaps

_CONTRACT = """
openapi: 3.1.0
info: {title: Customers, version: "1"}
paths:
  /customers/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: The customer
          content:
            application/json:
              schema:
                type: object
                required: [name]
                properties: {name: {type: string}, password: {type: string, writeOnly: true}}
"""
_REQUEST = "GET /customers/1 HTTP/1.1\nHost: api.example\n\n"
_OK = "HTTP/1.1 200 OK\nContent-Type: application/json\n\n"
_BLOCK = "contract: {responses: enforce, response_action: block}"
_STRIP = "contract: {responses: enforce, response_action: strip}"

RULE = Rule(
    id="contract-response",
    title="Responses match the contract",
    severity=Severity.HIGH,
    setting="contract",
    owasp=("API3:2023", "API9:2023"),
    cwe=(200, 213),
    references=(
        "https://spec.openapis.org/oas/v3.1.1.html",
        "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
    ),
    matches=(
        Example(request=_REQUEST, response=_OK + '{"name": 5}', policy=_BLOCK, contract=_CONTRACT),
        Example(request=_REQUEST, response=_OK + '{"name": "alice", "password": "x"}', policy=_BLOCK, contract=_CONTRACT),
        Example(
            request=_REQUEST,
            response=_OK + '{"name": "alice", "card": "4111"}',
            policy=_STRIP,
            contract=_CONTRACT,
            note="a property that is not declared is taken out",
        ),
        Example(
            request=_REQUEST,
            response="HTTP/1.1 418 Teapot\nContent-Length: 0\n\n",
            policy=_BLOCK,
            contract=_CONTRACT,
            note="a status that is not declared",
        ),
    ),
    passes=(
        Example(request=_REQUEST, response=_OK + '{"name": "alice"}', policy=_BLOCK, contract=_CONTRACT),
        Example(request=_REQUEST, response=_OK + '{"name": "alice"}', policy=_STRIP, contract=_CONTRACT),
    ),
)

_TITLE = "The service answered with something that it does not declare."
_JSON = msgspec.json.Encoder()

Act = Callable[[Evaluation, Violation], Denial | None]


def prepare(options: Options, scope: Scope) -> Prepared:
    """Nothing without a contract; a step of the body stage only where a body must be read."""
    operation = scope.contract
    if not isinstance(operation, ContractOperation) or options.responses is Enforcement.OFF:
        return Prepared()
    if options.requests is Enforcement.OFF:
        report_gaps(operation, scope)
    if not operation.detail.answers:
        scope.gap("responses", "the contract declares none")
        return Prepared()
    key = ("contract-response", operation.detail.answers, options.response_action)
    steps = operation.live.once(key, lambda: _steps(operation, options.response_action))
    return Prepared(steps=steps, mode=options.responses.mode)


def _steps(operation: ContractOperation, action: ResponseAction) -> tuple[Step, ...]:
    table = AnswerTable(operation.live, operation.detail.answers)
    act = _block if action is ResponseAction.BLOCK else _record
    head = Step(Stage.RESPONSE, _head(table, act))
    if not table.reads:
        return (head,)
    return head, Step(Stage.RESPONSE_BODY, _body(table, act, action is ResponseAction.STRIP), wants=_wants(table))


def _denial(violation: Violation) -> Denial:
    place = f"response {violation.place}" if not violation.place.startswith("response") else violation.place
    return Denial(RULE.id, 502, violation.reason, place, violation.sample, _TITLE)


def _block(_: Evaluation, violation: Violation) -> Denial | None:
    return _denial(violation)


def _record(evaluation: Evaluation, violation: Violation) -> Denial | None:
    evaluation.note(_denial(violation))
    return None


def _declared(table: AnswerTable, status: int) -> PreparedAnswer | None:
    """A part of a representation is declared by the whole: 206 by 200."""
    return table.find(status) or (table.find(200) if status == 206 else None)


def _head(table: AnswerTable, act: Act) -> Check:
    """Status, header fields, content type."""

    def check(view: View, evaluation: Evaluation) -> Denial | None:
        status = view.status
        if status < 200 or status == 304:
            return None
        declared = _declared(table, status)
        if declared is None:
            return act(evaluation, Violation("response status", f"the status {status} is not declared"))
        fields = view.response_fields
        if declared.fields:
            found = judge_fields(declared.fields, fields, view.response_lines)
            if found is not None:
                return act(evaluation, found)
        media = declared.media
        if not media.declared or status == 204 or view.method == "HEAD" or fields.get(b"content-length") == b"0":
            return None
        value = fields.get(b"content-type")
        if media.find(value) is not None or (value is not None and media.search(value) is not None):
            return None
        reason = "a body without content type" if value is None else "a content type that is not declared"
        sample = "" if value is None else value[:128].decode("latin-1")
        return act(evaluation, Violation("response header Content-Type", reason, sample))

    return check


def _media(table: AnswerTable, view: View) -> PreparedMedia | None:
    declared = table.find(view.status)
    if declared is None:
        return None
    value = view.response_fields.get(b"content-type")
    found = declared.media.find(value)
    return declared.media.search(value) if found is None and value is not None else found


def _wants(table: AnswerTable) -> Callable[[View], bool]:
    """Bodies of types that are not validated need not be read: downloads, and streams of events."""

    def wants(view: View) -> bool:
        media = _media(table, view)
        return media is not None and media.reads and view.status != 206

    return wants


def _body(table: AnswerTable, act: Act, strips: bool) -> Check:
    def check(view: View, evaluation: Evaluation) -> Denial | None:
        status = view.status
        if status < 200 or status in (204, 206, 304) or view.method == "HEAD":
            return None
        media = _media(table, view)
        if media is None or not media.reads or evaluation.replacement is not None:
            return None  # type and status were judged when the head was
        try:
            document = response_document(view, evaluation)
        except BodyError as error:
            return act(evaluation, Violation("response", error.reason))
        if strips and media.kind is Kind.JSON:
            document = _stripped(media, document, evaluation)
        valid = media.valid
        if valid is not None and valid(document):
            return None
        violation = media.judge(document, "response")
        return None if violation is None else act(evaluation, violation)

    return check


def _stripped(media: PreparedMedia, document: Any, evaluation: Evaluation) -> Any:
    """The document without what is not declared; the response is changed where there was something."""
    removed: list[str] = []
    rest = media.strip(document, removed)
    if removed:
        names = bounded(", ".join(removed[:8]) + (" and more" if len(removed) > 8 else ""))
        why = Denial(
            RULE.id, 502, f"{len(removed)} undeclared properties were taken out: {names}", f"response {removed[0]}"[:300]
        )
        evaluation.amend(_JSON.encode(rest), b"", why)
    return rest
