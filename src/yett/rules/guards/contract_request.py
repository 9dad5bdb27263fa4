"""Contract, requests: only what the API's description declares gets through.

Path, query, header and cookie parameters are read in the style that the contract declares and held against their schemas,
then the content type, then the body. What the description rules out never reaches code that did not expect it: negative
quantities, SQL where a number belongs, fields that only administrators should send (mass assignment), duplicate JSON keys
that two parsers read differently. Formats are asserted, patterns run in linear time, `readOnly` properties are refused.

`contract: {file: openapi.yaml, requests: enforce}` for a service. A request that breaks the contract gets 400 (or 422, with
`invalid_status: 422`), one of an undeclared content type 415; the record names the place (`body /items/0/price`), the caller is
told nothing of it. `undeclared_parameters: deny` also refuses query parameters that are not declared, `undeclared_bodies: deny`
bodies of operations that declare none. With `security: honour` the scheme and the scopes that the contract demands are required.

To fix a refusal: correct the client, or the contract where it is wrong; `yett check` lists what it asks for in vain.

What it does not protect against: whether the caller may touch that object, values that are valid and still wrong, bodies of types
other than JSON, forms and plain text, and whatever the contract leaves open.
"""

from collections.abc import Callable

from yett.formats.bodies import BodyError, document
from yett.formats.contract.fields import UNREAD
from yett.formats.contract.live import ContractOperation
from yett.formats.contract.media import MediaTable, PreparedMedia, media_table
from yett.formats.contract.parameters import parameter_check
from yett.formats.contract.values import Body, SecurityScheme
from yett.formats.contract.violations import Violation
from yett.model.decision import Check, Denial, Evaluation, Stage
from yett.model.exchange import View
from yett.model.operation import UNVERIFIED
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.guards._contract import Enforcement, Options, Security, Undeclared, denial, report_gaps
from yett.rules.refusal import unavailable

_CONTRACT = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    put:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1}}
        - {name: dry, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [quantity]
              additionalProperties: false
              properties: {quantity: {type: integer, minimum: 1}, id: {type: integer, readOnly: true}}
      responses: {"200": {description: Done}}
"""
_POLICY = "contract: {requests: enforce}"
_JSON = "Host: api.example\nContent-Type: application/json\n\n"
_GOOD = '{"quantity": 2}'

RULE = Rule(
    id="contract-request",
    title="Requests match the contract",
    severity=Severity.HIGH,
    setting="contract",
    owasp=("API3:2023", "API8:2023"),
    cwe=(20, 915),
    references=(
        "https://spec.openapis.org/oas/v3.1.1.html",
        "https://json-schema.org/draft/2020-12/json-schema-validation",
        "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
    ),
    matches=(
        Example(
            request=f"PUT /orders/0 HTTP/1.1\n{_JSON}{_GOOD}", policy=_POLICY, contract=_CONTRACT, note="below the minimum"
        ),
        Example(request=f"PUT /orders/1?dry=yes HTTP/1.1\n{_JSON}{_GOOD}", policy=_POLICY, contract=_CONTRACT),
        Example(request=f'PUT /orders/1 HTTP/1.1\n{_JSON}{{"quantity": -5}}', policy=_POLICY, contract=_CONTRACT),
        Example(
            request=f'PUT /orders/1 HTTP/1.1\n{_JSON}{{"quantity": 1, "quantity": 9}}',
            policy=_POLICY,
            contract=_CONTRACT,
            note="a key that stands twice",
        ),
        Example(
            request=f'PUT /orders/1 HTTP/1.1\n{_JSON}{{"quantity": 1, "id": 7}}',
            policy=_POLICY,
            contract=_CONTRACT,
            note="a property that only responses have",
        ),
        Example(
            request="PUT /orders/1 HTTP/1.1\nHost: api.example\nContent-Type: application/xml\n\n<quantity>1</quantity>",
            policy=_POLICY,
            contract=_CONTRACT,
            note="a content type that is not declared",
        ),
        Example(request="PUT /orders/1 HTTP/1.1\nHost: api.example\n\n", policy=_POLICY, contract=_CONTRACT, note="no body"),
    ),
    passes=(
        Example(request=f"PUT /orders/1 HTTP/1.1\n{_JSON}{_GOOD}", policy=_POLICY, contract=_CONTRACT),
        Example(
            request=f"PUT /orders/1?dry=true&trace=1 HTTP/1.1\n{_JSON}{_GOOD}",
            policy=_POLICY,
            contract=_CONTRACT,
            note="query parameters beyond those declared pass by default",
        ),
    ),
)

_TITLE = "The request does not match the description of this API."
_TYPE_TITLE = "The content type is not supported here."

AUTHENTICATED_BY = {
    "apiKey": "api_key",
    "basic": "basic",
    "bearer": "jwt",
    "oauth2": "jwt",
    "openIdConnect": "jwt",
    "mutualTLS": "client_certificate",
}
"""The entry of `authenticate`, which is also the scheme of its principals, for each type of security scheme (OpenAPI 3.1)."""
UNVERIFIED_BY = "jwt"
"""The one whose credentials may have to be let in unverified."""
_CHALLENGES = {"jwt": b"Bearer", "basic": b'Basic realm="api"'}


def prepare(options: Options, scope: Scope) -> Prepared:
    """Nothing without a contract; a step of the body stage only where a body must be read."""
    operation = scope.contract
    if not isinstance(operation, ContractOperation) or options.requests is Enforcement.OFF:
        return Prepared()
    report_gaps(operation, scope)
    steps = []
    if options.security is Security.HONOUR:
        security = _security(operation, scope)
        steps += [Step(Stage.AUTHORIZE, security)] if security is not None else []
    body = operation.detail.body
    # Operations that declare the same share their checks: a contract of thousands of operations has far fewer kinds of them.
    key = ("contract-request", operation.detail.parameters, body, options)
    steps += operation.live.once(key, lambda: _steps(operation, body, options))
    if body is None and options.undeclared_bodies is Undeclared.ALLOW and operation.entry.method in ("POST", "PUT", "PATCH"):
        scope.gap("the request body", "the contract declares none; undeclared_bodies: deny refuses it")
    return Prepared(steps=tuple(steps), mode=options.requests.mode)


def _steps(operation: ContractOperation, body: Body | None, options: Options) -> list[Step]:
    table = media_table(operation.live, body.media if body is not None else ())
    head = _head(operation, table, options)
    steps = [] if head is None else [Step(Stage.VALIDATE_HEAD, head)]
    if body is not None and table.reads:
        steps.append(Step(Stage.VALIDATE_BODY, _body(table, body.required, options.invalid_status)))
    return steps


def _head(operation: ContractOperation, table: MediaTable, options: Options) -> Check | None:
    """Parameters, then whether there is a body and of which type."""
    parameters = parameter_check(operation, options.undeclared_parameters is Undeclared.DENY)
    declared = operation.detail.body
    if declared is None and options.undeclared_bodies is Undeclared.ALLOW:
        if parameters is None:
            return None
        return _only_parameters(parameters, options.invalid_status)
    status, find = options.invalid_status, table.find
    typed, required = bool(table.declared), declared is not None and declared.required
    accepted = ((b"Accept", ", ".join(table.declared).encode()),)

    def check(view: View, evaluation: Evaluation) -> Denial | None:
        if parameters is not None:
            found = parameters(view, evaluation)
            if found is not None:
                return denial(RULE.id, status, found, _TITLE)
            evaluation.valid_head = True
        fields = view.fields
        if b"transfer-encoding" not in fields and not fields.get(b"content-length", b"0").strip(b"0"):
            return _refusal(status, "a body is required and was not sent") if required else None
        if declared is None:
            return _refusal(status, "a body where the contract declares none")
        value = fields.get(b"content-type")
        if not typed or find(value) is not None or (value is not None and table.search(value) is not None):
            return None
        reason = "a body without content type" if value is None else "a content type that is not declared"
        sample = "" if value is None else value[:128].decode("latin-1")
        return Denial(RULE.id, 415, reason, "header Content-Type", sample, _TYPE_TITLE, accepted)

    return check


def _only_parameters(parameters: Callable[[View, Evaluation], Violation | None], status: int) -> Check:
    def check(view: View, evaluation: Evaluation) -> Denial | None:
        found = parameters(view, evaluation)
        if found is not None:
            return denial(RULE.id, status, found, _TITLE)
        evaluation.valid_head = True
        return None

    return check


def _refusal(status: int, reason: str) -> Denial:
    return Denial(RULE.id, status, reason, "body", title=_TITLE)


def _body(table: MediaTable, required: bool, status: int) -> Check:
    find = table.find

    def check(view: View, evaluation: Evaluation) -> Denial | None:
        if not view.content:
            return _refusal(status, "a body is required and was not sent") if required else None
        media = (
            _media(table, view.fields.get(b"content-type"))
            if (found := find(view.fields.get(b"content-type"))) is None
            else found
        )
        if media is None or not media.reads:
            return None  # the type was judged when the head was
        try:
            body = document(view, evaluation)
        except BodyError as error:
            return Denial(RULE.id, error.status, error.reason, "body", title=_TITLE if error.status == 400 else _TYPE_TITLE)
        valid = media.valid
        if valid is None or not valid(body):
            violation = media.judge(body, "body")
            if violation is not None:
                return denial(RULE.id, status, violation, _TITLE)
        evaluation.valid_body = media.proves
        return None

    return check


def _media(table: MediaTable, content_type: bytes | None) -> PreparedMedia | None:
    return None if content_type is None else table.search(content_type)


def _security(operation: ContractOperation, scope: Scope) -> Check | None:
    """The contract's `security`: somebody must have been authenticated, with the scopes (in OpenAPI 3.1 also roles) that stand
    beside the scheme. Nothing where anonymous is enough. Which ways to authenticate count was chosen before."""
    alternatives = []
    for alternative in operation.detail.security or ():
        schemes = [(operation.live.schemes.get(name), scopes) for name, scopes in alternative]
        known = frozenset(
            AUTHENTICATED_BY[scheme.type] for scheme, _ in schemes if scheme is not None and scheme.type in AUTHENTICATED_BY
        )
        if len(known) > 1:
            scope.gap("security", "several schemes at once: one of them is enough here")
        if any(scheme is None or scheme.type == UNREAD for scheme, _ in schemes):
            scope.gap("security", "what the contract requires cannot be read: any way to authenticate is enough, none is not")
            known = known or frozenset(AUTHENTICATED_BY.values())
        elif any(scheme is not None and scheme.type not in AUTHENTICATED_BY for scheme, _ in schemes):
            scope.gap("security", f"the scheme {_names(schemes)} cannot be required")
        alternatives.append((known, frozenset(word for _, scopes in schemes for word in scopes)))
    if not alternatives or any(not known for known, _ in alternatives):
        return None
    of_tokens = [scopes for known, scopes in alternatives if UNVERIFIED_BY in known]
    challenges = dict.fromkeys(_CHALLENGES[name] for known, _ in alternatives for name in sorted(known) if name in _CHALLENGES)
    fields = tuple((b"WWW-Authenticate", challenge) for challenge in challenges)

    def check(_: View, evaluation: Evaluation) -> Denial | None:
        principal = evaluation.principal
        if principal.scheme == "anonymous":
            return Denial(
                RULE.id, 401, "the contract requires authentication", title="Authentication is required.", fields=fields
            )
        if principal.scheme == UNVERIFIED.scheme and of_tokens and all(of_tokens):
            return unavailable(RULE.id, "", "scopes of a token that could not be verified", 30)
        asked = [scopes for known, scopes in alternatives if principal.scheme in known]
        granted = principal.scopes | principal.roles
        if not asked or any(scopes <= granted for scopes in asked):
            return None
        lack = min((scopes - granted for scopes in asked), key=len)
        reason = "missing scopes of the contract: " + " ".join(sorted(lack))
        challenge = ((b"WWW-Authenticate", b'Bearer error="insufficient_scope"'),) if principal.scheme == "jwt" else ()
        return Denial(RULE.id, 403, reason, title="The caller is not permitted to do this.", fields=challenge)

    return check


def _names(schemes: list[tuple[SecurityScheme | None, tuple[str, ...]]]) -> str:
    return ", ".join(scheme.name for scheme, _ in schemes if scheme is not None and scheme.type not in AUTHENTICATED_BY)
