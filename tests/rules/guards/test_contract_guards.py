"""The contract's two guards: what they refuse, with which status and place, and what they change."""

import gc
import json
import weakref
from typing import Any

import msgspec
import pytest
from described import Seen, evaluation, openapi, read, sound
from hypothesis import given
from hypothesis import strategies as st

import contract as bench
from yett.engine.monitored import monitored
from yett.formats.contract import Contract, LiveContract, open_contract
from yett.formats.contract.validators import SchemaCheck
from yett.model.decision import Denial, Evaluation, Mode, Phase, Stage
from yett.model.exchange import Target
from yett.model.operation import Operation, Principal
from yett.model.ports import Ports
from yett.model.rule import Prepared, Scope
from yett.rules.guards import contract_request, contract_response
from yett.store.counters.local import LocalCounters

ITEM = {
    "type": "object",
    "required": ["price"],
    "properties": {
        "price": {"type": "number", "minimum": 0},
        "id": {"type": "integer", "readOnly": True},
        "secret": {"type": "string", "writeOnly": True},
    },
}
ORDER = {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": ITEM}}}
CONTENT = {"application/json": {"schema": ORDER}}
PARAMETERS = [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}}]
ANSWERS: dict[str, Any] = {
    "200": {"description": "", "content": CONTENT, "headers": {"X-Count": {"required": True, "schema": {"type": "integer"}}}},
    "204": {"description": ""},
    "4XX": {"description": "", "content": {"application/problem+json": {"schema": {"type": "object", "required": ["title"]}}}},
}
GOOD = b'{"items": [{"price": 1}]}'
JSON = {"Content-Type": "application/json"}


class NoKeys:
    def find(self, digest: bytes) -> None:
        return None


class Guarded:
    """One operation with one of the guards."""

    def __init__(
        self,
        guard: Any,
        operation: dict[str, Any] | None,
        contract: Contract | None = None,
        live: LiveContract | None = None,
        index: int = 0,
        **options: Any,
    ) -> None:
        self.gaps: list[tuple[str, str]] = []
        if operation is not None:
            contract = read(openapi(paths={"/orders": {"post": operation}}, components=operation.pop("components", {})))
        live = open_contract(contract) if live is None and contract is not None else live
        scope = Scope(
            operation=Operation("createOrder", "shop", "POST", "/orders"),
            ports=Ports(counters=LocalCounters(), keys=NoKeys()),
            gap=lambda what, why: self.gaps.append((what, why)),
            contract=None if live is None else live.operation(live.contract.operations[index]),
        )
        converted = msgspec.convert(options, guard.Options)
        self.prepared: Prepared = guard.prepare(converted, scope)

    @property
    def stages(self) -> list[Stage]:
        return [step.stage for step in self.prepared.steps]

    def ask(self, seen: Seen, state: Evaluation | None = None) -> tuple[Denial | None, Evaluation]:
        state = state or evaluation()
        for step in self.prepared.steps:
            outcome = step.run(seen, state)
            if outcome is not None:
                assert isinstance(outcome, Denial)
                return outcome, state
        return None, state

    def denial(self, seen: Seen) -> Denial | None:
        return self.ask(seen)[0]


def request(operation: dict[str, Any] | None = None, **options: Any) -> Guarded:
    declared = {"parameters": PARAMETERS, "requestBody": {"required": True, "content": CONTENT}, "responses": ANSWERS}
    return Guarded(contract_request, dict(operation or declared), **options)


def response(operation: dict[str, Any] | None = None, **options: Any) -> Guarded:
    return Guarded(contract_response, dict(operation or {"responses": ANSWERS}), **{"responses": "enforce", **options})


def posted(content: bytes = GOOD, target: str = "/orders", **fields: str) -> Seen:
    return Seen(target, {name.replace("_", "-"): value for name, value in fields.items()} or JSON, content)


# --- requests


def test_a_request_that_matches() -> None:
    guarded = request()
    assert guarded.stages == [Stage.VALIDATE_HEAD, Stage.VALIDATE_BODY]
    assert guarded.prepared.mode is Mode.ENFORCE
    assert guarded.gaps == []
    denied, state = guarded.ask(posted(target="/orders?limit=5&other=1"))
    assert denied is None
    assert state.document == {"items": [{"price": 1}]}, "shared with every other guard"


@pytest.mark.parametrize(
    ("content", "place", "reason", "sample"),
    [
        (b'{"items": [{"price": 1}, {"price": -1}]}', "body /items/1/price", "the value is less than the minimum of 0", "integer"),
        (b'{"items": [{}]}', "body /items/0", '"price" is a required property', "object of 0"), (b'{"items": "secret"}', "body /items", 'the value is not of type "array"', "aaaaaa"),
        (b'{"items": [{"price": 1, "id": 5}]}', "body /items/0/id", "this property must not be sent in this direction, or is not declared", "integer"),
        (b'{"items": [], "items": []}', "body", "an object has the same key twice", ""), (b"[" * 200 + b"]" * 200, "body", "nested deeper than 128", ""), (b"{", "body", "Input data was truncated", ""),
    ],
)  # fmt: skip
def test_bodies_that_break_the_contract(content: bytes, place: str, reason: str, sample: str) -> None:
    denied = request().denial(posted(content))
    assert denied is not None
    assert (denied.rule, denied.status, denied.place, denied.reason, denied.sample) == (
        "contract-request",
        400,
        place,
        reason,
        sample,
    )
    assert denied.title == "The request does not match the description of this API."


def test_parameters_come_first() -> None:
    denied = request().denial(posted(b"{", "/orders?limit=11"))
    assert denied == Denial(
        "contract-request",
        400,
        "the value is greater than the maximum of 10",
        "query limit",
        "99",
        denied.title if denied else "",
    )


def test_another_status_for_what_is_well_formed() -> None:
    guarded = request(invalid_status=422)
    assert [_status(guarded, content) for content in (b"{}", b"{", b'{"items":[],"items":[]}', b"")] == [422, 400, 400, 422]
    assert _status(guarded, GOOD, "/orders?limit=x") == 422
    with pytest.raises(msgspec.ValidationError, match="400 or 422"):
        request(invalid_status=500)


def _status(guarded: Guarded, content: bytes, target: str = "/orders") -> int:
    denied = guarded.denial(posted(content, target))
    return 0 if denied is None else denied.status


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "text/plain",
        "application/jsonx",
        "application/json, text/plain",
        "json",
        "multipart/form-data; boundary=x",
    ],
)
def test_content_types_that_are_not_declared(content_type: str) -> None:
    denied = request().denial(posted(Content_Type=content_type))
    assert denied is not None
    assert (denied.status, denied.place, denied.reason, denied.sample) == (
        415,
        "header Content-Type",
        "a content type that is not declared",
        content_type,
    )
    assert denied.fields == ((b"Accept", b"application/json"),)


def test_spellings_of_a_content_type() -> None:
    for good in (
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;charset=UTF-8",
        'application/json ; charset="utf-8"',
        "application/json; x=y",
    ):
        assert request().denial(posted(Content_Type=good)) is None
    denied = request().denial(posted(Content_Type="application/json; charset=utf-16"))
    assert denied is not None and (denied.status, denied.reason) == (415, "a charset other than UTF-8")


def test_a_body_without_content_type() -> None:
    denied = request().denial(Seen("/orders", {"X": "y"}, GOOD))
    assert denied is not None and (denied.status, denied.reason) == (415, "a body without content type")


def test_a_body_that_must_be_there() -> None:
    guarded = request()
    for seen in (Seen("/orders"), Seen("/orders", {"Content-Length": "0"}), Seen("/orders", {"Content-Length": "000"})):
        denied = guarded.denial(seen)
        assert denied is not None and (denied.status, denied.place) == (400, "body")
    chunked = guarded.denial(Seen("/orders", {**JSON, "Transfer-Encoding": "chunked"}))
    assert chunked is not None and chunked.reason == "a body is required and was not sent"
    optional = request({"requestBody": {"content": CONTENT}, "responses": {}})
    assert optional.denial(Seen("/orders")) is None
    assert optional.denial(Seen("/orders", {**JSON, "Transfer-Encoding": "chunked"})) is None


def test_bodies_where_none_is_declared() -> None:
    silent = request({"responses": {}})
    assert silent.stages == [] and silent.gaps == [
        ("the request body", "the contract declares none; undeclared_bodies: deny refuses it")
    ]
    strict = request({"responses": {}}, undeclared_bodies="deny")
    assert strict.denial(Seen("/orders")) is None
    denied = strict.denial(posted())
    assert denied is not None and denied.reason == "a body where the contract declares none"
    with_parameters = request({"parameters": PARAMETERS, "responses": {}})
    assert with_parameters.stages == [Stage.VALIDATE_HEAD]
    assert with_parameters.denial(posted()) is None and with_parameters.denial(posted(target="/x?limit=x")) is not None


def test_undeclared_parameters() -> None:
    assert request().denial(posted(target="/orders?other=1")) is None
    denied = request(undeclared_parameters="deny").denial(posted(target="/orders?other=1"))
    assert denied is not None and denied.place == "query other"


def test_bodies_that_are_not_read_are_not_waited_for() -> None:
    guarded = request({"requestBody": {"content": {"image/png": {}, "text/plain": {}}}, "responses": {}})
    assert guarded.stages == [Stage.VALIDATE_HEAD]
    mixed = request({"requestBody": {"content": {"image/*": {"schema": {}}, "application/json": {}}}, "responses": {}})
    assert mixed.stages == [Stage.VALIDATE_HEAD, Stage.VALIDATE_BODY]
    assert mixed.denial(Seen("/orders", {"Content-Type": "image/png"}, b"\xff")) is None
    assert mixed.denial(posted(b"{")) is not None, "JSON is read even where no schema is declared"
    assert mixed.denial(posted(b"[1]")) is None
    assert mixed.denial(Seen("/orders", {"Content-Type": "audio/x"}, b"\xff")) is not None


def test_types_by_range_and_charset() -> None:
    content = {
        "*/*": {"schema": {"type": "object"}},
        "text/plain; charset=iso-8859-1": {"schema": {"type": "string", "maxLength": 2}},
        "application/*": {"schema": {"type": "array"}},
    }
    guarded = request({"requestBody": {"content": content}, "responses": {}})
    assert guarded.denial(posted(b"[]")) is None and guarded.denial(posted(b"{}")) is not None
    assert (
        guarded.denial(posted(b"{}", Content_Type="text/json")) is None
        and guarded.denial(posted(b"[]", Content_Type="text/json")) is not None
    )
    assert guarded.denial(Seen("/orders", {"Content-Type": "text/plain; charset=iso-8859-1"}, b"\xe9\xe9")) is None
    assert guarded.denial(Seen("/orders", {"Content-Type": "text/plain; charset=iso-8859-1"}, b"\xe9\xe9\xe9")) is not None


def test_text_and_forms() -> None:
    content = {
        "text/plain": {"schema": {"type": "integer"}},
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
        },
        "multipart/form-data": {"schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}},
    }
    guarded = request({"requestBody": {"content": content}, "responses": {}})
    part = b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n%b\r\n--x--'
    for content_type, good, bad in (
        ("text/plain", b"5", b"five"),
        ("application/x-www-form-urlencoded", b"n=5", b"n=five"),
        ("multipart/form-data; boundary=x", part % b"5", part % b"five"),
    ):
        assert guarded.denial(posted(good, Content_Type=content_type)) is None
        denied = guarded.denial(posted(bad, Content_Type=content_type))
        assert denied is not None and denied.place.startswith("body") and denied.sample == "aaaa"


def test_monitoring_changes_nothing() -> None:
    guarded = request(requests="monitor")
    assert guarded.prepared.mode is Mode.MONITOR
    state, seen = evaluation(), posted(b"{}", Content_Type="application/xml")
    for step in guarded.prepared.steps:
        assert monitored(step.run)(seen, state) is None
    assert [denial.status for denial in state.would or ()] == [415]
    assert request(requests="off").prepared == Prepared()
    assert Guarded(contract_request, None).prepared == Guarded(contract_response, None).prepared == Prepared()


def test_what_is_not_enforced_is_told() -> None:
    odd = {"requestBody": {"content": {"application/json": {"schema": {"format": "odd"}}}}, "responses": {}}
    told = [
        (
            "format 'odd' at openapi.yaml#/paths/~1orders/post/requestBody/content/application~1json/schema/format",
            "unknown format",
        )
    ]
    assert request(odd).gaps == told
    assert response(odd, requests="off").gaps == [*told, ("responses", "the contract declares none")]


# --- security


SCHEMES = {
    "securitySchemes": {
        "login": {"type": "oauth2", "flows": {}},
        "key": {"type": "apiKey", "in": "header", "name": "K"},
        "digest": {"type": "http", "scheme": "digest"},
    }
}


def secured(*alternatives: dict[str, list[str]], **options: Any) -> Guarded:
    return request(
        {"security": list(alternatives), "responses": {}, "components": SCHEMES}, **{"security": "honour", **options}
    )


def as_principal(guarded: Guarded, scheme: str, *scopes: str, roles: tuple[str, ...] = ()) -> int:
    state = evaluation()
    state.principal = Principal("alice", scheme, frozenset(scopes), frozenset(roles))
    denied = guarded.ask(Seen("/orders"), state)[0]
    return 0 if denied is None else denied.status


def test_security_is_ignored_unless_honoured() -> None:
    assert secured({"login": ["write"]}, security="ignore").stages == []
    assert secured({"login": ["write"]}).stages == [Stage.AUTHORIZE]
    assert secured().stages == [] and secured({}).stages == [] and secured({"key": []}, {}).stages == []


def test_security_that_is_honoured() -> None:
    guarded = secured({"login": ["write"]}, {"key": []})
    assert as_principal(guarded, "jwt", "read", "write") == 0
    assert as_principal(guarded, "jwt", "read") == 403
    assert as_principal(guarded, "jwt", roles=("write",)) == 0
    assert as_principal(guarded, "api_key") == 0
    assert as_principal(guarded, "basic") == 0, "which ways count was chosen before"
    assert as_principal(guarded, "anonymous") == 401
    denied = guarded.denial(Seen("/orders"))
    assert denied is not None and denied.fields == ((b"WWW-Authenticate", b"Bearer"),)
    assert as_principal(guarded, "unverified") == 503, "scopes of a token that could not be verified are nobody's"
    assert as_principal(secured({"login": []}), "unverified") == 0, "the policy let it in, and no scope is asked for"


@pytest.mark.parametrize("security", ["login", ["login"], [{"gone": []}], [{"login": "write"}], [{"odd": []}]])
def test_security_that_cannot_be_read_requires_somebody(security: Any) -> None:
    components = {"securitySchemes": {**SCHEMES["securitySchemes"], "odd": {"type": "oaut2"}}}
    guarded = request({"security": security, "responses": {}, "components": components}, security="honour")
    assert guarded.stages == [Stage.AUTHORIZE]
    assert as_principal(guarded, "anonymous") == 401
    assert as_principal(guarded, "api_key") == as_principal(guarded, "jwt") == 0
    assert any("cannot be read" in why for _, why in guarded.gaps)


def test_scopes_beside_a_scheme_that_is_not_there_are_required() -> None:
    guarded = secured({"logn": ["write"]})
    assert as_principal(guarded, "jwt", "read") == 403 and as_principal(guarded, "jwt", "write") == 0


def test_security_that_cannot_be_required() -> None:
    assert secured({"digest": []}).gaps[0] == ("security", "the scheme digest cannot be required")
    assert secured({"digest": []}).stages == []
    assert secured({"login": [], "key": []}).gaps[0] == ("security", "several schemes at once: one of them is enough here")


# --- responses


def ok(content: bytes = GOOD, status: int = 200, content_type: str = "application/json", count: str = "1") -> Seen:
    return Seen("/orders").answered(status, content, Content_Type=content_type, X_Count=count)


def test_a_response_that_matches() -> None:
    for action in ("block", "strip", "flag"):
        guarded = response(response_action=action)
        assert guarded.stages == [Stage.RESPONSE, Stage.RESPONSE_BODY]
        denied, state = guarded.ask(ok())
        assert denied is None and state.would is None and state.noted is None and state.amended is None
        assert state.response_document == {"items": [{"price": 1}]}


BROKEN = [
    (ok(b'{"items": [{"price": -1}]}'), "response /items/0/price", "the value is less than the minimum of 0"),
    (ok(b'{"items": 1}'), "response /items", 'the value is not of type "array"'),
    (ok(b"{"), "response", "Input data was truncated"),
    (ok(b'{"items":[],"items":[]}'), "response", "an object has the same key twice"),
    (ok(count="many"), "response header X-Count", 'the value is not of type "integer"'),
    (
        Seen("/orders").answered(200, GOOD, Content_Type="application/json"),
        "response header X-Count",
        "it is required and was not sent",
    ),
    (ok(content_type="text/html"), "response header Content-Type", "a content type that is not declared"),
    (Seen("/orders").answered(200, GOOD, X_Count="1"), "response header Content-Type", "a body without content type"),
    (ok(status=500), "response status", "the status 500 is not declared"),
    (ok(b"{}", 404, "application/problem+json"), "response", '"title" is a required property'),
]


@pytest.mark.parametrize(("seen", "place", "reason"), BROKEN)
def test_responses_that_break_the_contract(seen: Seen, place: str, reason: str) -> None:
    denied = response(response_action="block").denial(seen)
    assert denied is not None
    assert (denied.rule, denied.status, denied.place, denied.reason) == ("contract-response", 502, place, reason)
    for action in ("flag", "strip"):
        passed, state = response(response_action=action).ask(seen)
        assert passed is None
        assert [(would.place, would.reason) for would in state.noted or ()] == [(place, reason)]
        assert state.amended is None


def test_responses_that_have_no_body_to_check() -> None:
    guarded = response(response_action="block")
    assert guarded.denial(Seen("/orders").answered(204)) is None
    assert guarded.denial(Seen("/orders").answered(304)) is None
    assert guarded.denial(Seen("/orders").answered(101)) is None
    partial = ok(b"{", 206)
    assert guarded.denial(partial) is None
    head = ok(b"")
    head.method = "HEAD"
    assert guarded.denial(head) is None
    assert guarded.denial(ok(b"x", 204, "text/html")) is None


def test_what_is_not_declared_is_taken_out() -> None:
    guarded = response()
    denied, state = guarded.ask(ok(b'{"items": [{"price": 1, "secret": "x", "id": 5, "cost": 2}], "hash": "y"}'))
    assert denied is None and state.noted is None
    assert state.replacement == b'{"items":[{"price":1,"id":5}]}' and state.replacement_type == b""
    (why,) = state.amended or ()
    assert (why.rule, why.place) == ("contract-response", "response /items/0/secret")
    assert why.reason == "3 undeclared properties were taken out: /items/0/secret, /items/0/cost, /hash"


def test_what_is_still_wrong_afterwards_is_recorded() -> None:
    _, state = response().ask(ok(b'{"items": [{"price": -1, "cost": 2}]}'))
    assert state.replacement == b'{"items":[{"price":-1}]}'
    assert [would.place for would in state.noted or ()] == ["response /items/0/price"]


def test_monitoring_takes_nothing_out() -> None:
    guarded = response(responses="monitor")
    assert guarded.prepared.mode is Mode.MONITOR
    state, seen = evaluation(), ok(b'{"items": [], "hash": "y"}')
    for step in guarded.prepared.steps:
        assert monitored(step.run)(seen, state) is None
    assert state.replacement is None
    assert [would.reason for would in state.noted or ()] == ["1 undeclared properties were taken out: /hash"]
    assert response(responses="off").prepared == Prepared()


def test_a_body_that_another_guard_replaced_is_left_alone() -> None:
    guarded, state = response(), evaluation()
    state.amend(b"{}", b"application/problem+json", Denial("other", 500, ""))
    guarded.ask(ok(b'{"items": [], "hash": "y"}'), state)
    assert state.replacement == b"{}"


def test_long_lists_of_what_was_taken_out_are_cut() -> None:
    value = {"items": [], **{f"x{index}": 1 for index in range(50)}}
    _, state = response().ask(ok(json.dumps(value).encode()))
    (why,) = state.amended or ()
    assert why.reason.startswith("50 undeclared properties were taken out: /x0,") and why.reason.endswith("/x7 and more")


def test_responses_without_a_body_to_read_are_not_waited_for() -> None:
    guarded = response({"responses": {"200": {"description": "", "content": {"image/png": {}}}, "204": {"description": ""}}})
    assert guarded.stages == [Stage.RESPONSE]
    silent = response({"responses": {}})
    assert silent.stages == [] and silent.gaps == [("responses", "the contract declares none")]
    bare = response({"responses": {"200": {"description": ""}}}, response_action="block")
    assert bare.denial(ok(b"anything", content_type="text/html")) is None


def test_only_bodies_that_are_validated_are_waited_for() -> None:
    contents = {"application/json": {"schema": ORDER}, "text/event-stream": {}, "application/octet-stream": {}}
    step = response({"responses": {"200": {"description": "", "content": contents}}}).prepared.steps[1]
    assert step.wants is not None and not step.errors_only
    wanted = {
        "application/json": True, "application/json; charset=utf-8": True, "Application/JSON": True, "text/event-stream": False,
        "application/octet-stream": False, "text/html": False,
    }  # fmt: skip
    assert {name: step.wants(ok(content_type=name)) for name in wanted} == wanted
    assert not step.wants(ok(status=206)) and not step.wants(ok(status=500))
    assert not step.wants(Seen().answered(200))


def test_default_answers() -> None:
    guarded = response(
        {"responses": {"default": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}},
        response_action="block",
    )
    assert guarded.denial(ok(b"{}", 599)) is None and guarded.denial(ok(b"[]", 200)) is not None


# --- the whole of it


def test_operations_that_declare_the_same_share_their_checks() -> None:
    operation = {"parameters": PARAMETERS, "requestBody": {"content": CONTENT}, "responses": ANSWERS}
    contract = sound(openapi(paths={f"/{index}": {"post": operation} for index in range(2)}))
    live = open_contract(contract)
    for guard in (contract_request, contract_response):
        one, other = (Guarded(guard, None, contract, live, index).prepared.steps for index in range(2))
        assert [step.run for step in one] == [step.run for step in other]


def test_every_call_of_the_benchmark_passes_both_guards() -> None:
    made = bench.generate(60, 30, 3)
    contract = sound(made.document)
    live = open_contract(contract)
    for index, call in enumerate(made.calls):
        asked = Guarded(contract_request, None, contract, live, index)
        answered = Guarded(contract_response, None, contract, live, index, responses="enforce", response_action="block")
        seen = Seen(call.target, call.fields, call.body.encode())
        assert [step.stage.phase for step in asked.prepared.steps] == [Phase.HEAD, Phase.BODY]
        assert asked.ask(seen, evaluation(**_path(call.template, call.target)))[0] is None
        broken = Seen(call.target, call.fields, call.body.replace("{", '{"undeclared":1,', 1).encode())
        assert asked.ask(broken, evaluation(**_path(call.template, call.target)))[0] is not None
        for status, body in call.responses.items():
            assert answered.denial(Seen().answered(status, body.encode(), content_type="application/json")) is None


def _path(template: str, target: str) -> dict[str, str]:
    pairs = zip(template.split("/"), target.partition("?")[0].split("/"), strict=True)
    return {name[1:-1]: value for name, value in pairs if name.startswith("{")}


@given(
    st.binary(max_size=60),
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]),
)
def test_no_body_breaks_the_guards(content: bytes, content_type: str) -> None:
    declared = {
        name: {"schema": ORDER}
        for name in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
    }
    asked = request({"requestBody": {"content": declared}, "responses": {}})
    denied = asked.denial(posted(content, Content_Type=content_type))
    assert denied is None or denied.status in (400, 415)
    answered = response({"responses": {"200": {"description": "", "content": declared}}}, response_action="block")
    refused = answered.denial(ok(content, content_type=content_type))
    assert refused is None or refused.status == 502


def test_queries_need_a_target_only() -> None:
    seen = posted()
    seen.target = Target("/orders", None)
    assert request().denial(seen) is None


def test_all_of_it_is_freed_without_the_garbage_collector() -> None:
    tree = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Tree"}, "all": {"items": {"$ref": "#/components/schemas/Tree"}}},
    }
    content = {
        name: {"schema": {"$ref": "#/components/schemas/Tree"}}
        for name in ("application/json", "application/x-www-form-urlencoded", "*/*")
    }
    operation = {
        "parameters": [*PARAMETERS, {"name": "f", "in": "query", "schema": ORDER}],
        "requestBody": {"content": content},
        "responses": {"200": {"description": "", "content": content}},
    }
    contract = sound(openapi(paths={"/x": {"post": operation}}, components={"schemas": {"Tree": tree}}))
    gc.collect()
    gc.disable()
    try:
        live = open_contract(contract)
        guarded = [Guarded(guard, None, contract, live, responses="enforce") for guard in (contract_request, contract_response)]
        for each in guarded:
            each.ask(posted(b'{"next": {"all": [{}]}}', "/x?limit=1"))
            each.ask(posted(b"next[all]=1", "/x?limit=1", Content_Type="application/x-www-form-urlencoded"))
            each.ask(ok(b'{"next": {"all": [{"x": 1}]}}'))
        parts: list[Any] = [live, live.validators, live.outlines, *live.validators._groups, *live.validators._checks.values()]
        parts += [step.run for each in guarded for step in each.prepared.steps]
        held = [part for part in parts if not isinstance(part, SchemaCheck) and type(part).__weakrefoffset__]
        assert len(held) > 5
        references = [weakref.ref(part) for part in held]
        checks = [weakref.ref(part.valid) for part in parts if isinstance(part, SchemaCheck)]
        del live, guarded, each, parts, held
        assert [reference() for reference in (*references, *checks) if reference() is not None] == []
    finally:
        gc.enable()
