"""From a policy to a snapshot: which operations there are and where, which guards they get, in which mode."""

import gc
import weakref

import pytest
from policies import KEY, building_of, service_of, snapshot_of, told, verdict

from yett.engine.snapshot import Snapshot
from yett.model.decision import Denial, Mode
from yett.model.mistake import PolicyErrors

CONTRACT = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: "https://api.example/v1"}]
paths:
  /orders:
    get: {operationId: listOrders, responses: {"200": {description: ok}}}
    post: {responses: {"200": {description: ok}}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getOrder, deprecated: true, responses: {"200": {description: ok}}}
    delete: {operationId: deleteOrder, responses: {"200": {description: ok}}}
  /orders/latest:
    get: {operationId: latestOrder, responses: {"200": {description: ok}}}
"""


def at(snapshot: Snapshot, method: str, path: str) -> tuple[str, dict[str, str] | None]:
    """Operation id and parameters, or the rule of the denial."""
    found = snapshot.route(method, "api.example", path)
    return (found.rule, None) if isinstance(found, Denial) else (found[0].operation.id, found[1])


# --- where operations are -------------------------------------------------------------------------------------------


def test_operations_of_the_contract_lie_below_its_base_path() -> None:
    snapshot = service_of("contract: {file: openapi.yaml}", CONTRACT)
    assert at(snapshot, "GET", "/v1/orders") == ("listOrders", None)
    assert at(snapshot, "HEAD", "/v1/orders") == ("listOrders", None)
    assert at(snapshot, "POST", "/v1/orders") == ("POST /v1/orders", None)
    assert at(snapshot, "GET", "/v1/orders/7") == ("getOrder", {"id": "7"})
    assert at(snapshot, "GET", "/v1/orders/latest") == ("latestOrder", None)
    assert at(snapshot, "GET", "/v1/orders/") == ("* /*", None)
    assert at(snapshot, "GET", "/orders") == ("* /*", None)
    assert at(snapshot, "PUT", "/v1/orders") == ("* /*", None)


def test_a_method_that_only_another_template_has() -> None:
    snapshot = service_of("contract: {file: openapi.yaml}", CONTRACT)
    assert at(snapshot, "DELETE", "/v1/orders/latest") == ("deleteOrder", {"id": "latest"})


def test_what_operations_know_of_themselves() -> None:
    snapshot = service_of("contract: {file: openapi.yaml}", CONTRACT)
    plan, _ = found(snapshot, "GET", "/v1/orders/7")
    operation = plan.operation
    assert (operation.service, operation.method, operation.template) == ("s", "GET", "/v1/orders/{id}")
    assert operation.declared and operation.deprecated
    rest, _ = found(snapshot, "GET", "/else")
    assert (rest.operation.method, rest.operation.template, rest.operation.declared) == ("*", "/*", False)


def found(snapshot: Snapshot, method: str, path: str):  # type: ignore[no-untyped-def]
    routed = snapshot.route(method, "api.example", path)
    assert not isinstance(routed, Denial)
    return routed


@pytest.mark.parametrize(
    ("match", "use", "path"),
    [
        ("/", "", "/v1/orders"),
        ("/v1", "", "/v1/orders"),
        ("/v1/", "", "/v1/orders"),
        ("/shop", "", "/shop/v1/orders"),
        ("/v", "", "/v/v1/orders"),
        ("/", ", base_path: /", "/orders"),
        ("/", ", base_path: /v2/", "/v2/orders"),
        ("/v2", ", base_path: /v2", "/v2/orders"),
        ("/v2", ", base_path: /", "/v2/orders"),
    ],
)
def test_below_the_prefix_unless_it_is_there_already(match: str, use: str, path: str) -> None:
    for strip in ("true", "false"):
        snapshot = service_of(
            f"contract: {{file: openapi.yaml{use}}}\nmatch: {{prefix: {match}}}".replace("STRIP", strip), CONTRACT
        )
        assert at(snapshot, "GET", path) == ("listOrders", None)


def test_several_base_paths_are_one_operation() -> None:
    contract = CONTRACT.replace('servers: [{url: "https://api.example/v1"}]', "servers: [{url: /v1}, {url: /v2}, {url: /v1/}]")
    snapshot = service_of("contract: {file: openapi.yaml}", contract)
    assert at(snapshot, "GET", "/v1/orders") == at(snapshot, "GET", "/v2/orders") == ("listOrders", None)
    assert at(snapshot, "POST", "/v2/orders") == ("POST /v1/orders", None)
    assert [gap for gap in snapshot.build_all().gaps if gap.rule == "routing"] == []


def test_what_cannot_be_routed_is_a_gap() -> None:
    contract = """
openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /a/{x}{y}:
    parameters: [{name: x, in: path, required: true, schema: {}}, {name: y, in: path, required: true, schema: {}}]
    get: {operationId: pair, responses: {"200": {description: ok}}}
  /b:
    trace: {operationId: trace, responses: {"200": {description: ok}}}
  "/c?d=1":
    get: {operationId: query, responses: {"200": {description: ok}}}
  /e/@me: {get: {operationId: first, responses: {"200": {description: ok}}}}
  /e/%40me: {get: {operationId: second, responses: {"200": {description: ok}}}}
"""
    gaps = {gap.operation: gap.why for gap in service_of("contract: {file: openapi.yaml}", contract).build_all().gaps}
    assert "nothing separates" in gaps["pair"]
    assert gaps["trace"] == "TRACE is refused by every service"
    assert "query" in gaps["s"]
    assert gaps["second"] == "another one matches the same requests"


def test_one_path_with_other_names_for_each_method() -> None:
    contract = """
openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /a/{x}:
    parameters: [{name: x, in: path, required: true, schema: {type: integer}}]
    get: {operationId: "", responses: {"200": {description: ok}}}
  /a/{y}:
    parameters: [{name: y, in: path, required: true, schema: {type: string}}]
    put: {operationId: write, responses: {"200": {description: ok}}}
"""
    snapshot = service_of("contract: {file: openapi.yaml}", contract)
    assert at(snapshot, "GET", "/a/5") == ("GET /a/{x}", {"x": "5"})
    assert at(snapshot, "PUT", "/a/5") == ("write", {"y": "5"})


def test_operations_of_the_policy_alone() -> None:
    snapshot = service_of('match: {prefix: /v1}\noperations: {"POST /orders": , "GET /v1/orders/{id}.json": {body_size: 7}}')
    assert at(snapshot, "POST", "/v1/orders") == ("POST /v1/orders", None)
    assert at(snapshot, "GET", "/v1/orders/7.json") == ("GET /v1/orders/{id}.json", {"id": "7"})
    assert at(snapshot, "GET", "/other") == ("unknown-path", None)


def test_values_of_parameters_are_raw() -> None:
    snapshot = service_of('operations: {"GET /a/{x}/{y}": }')
    assert at(snapshot, "GET", "/a/1%2C2/%40") == ("GET /a/{x}/{y}", {"x": "1%2C2", "y": "%40"})


# --- overrides ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["listOrders", "GET /orders", "GET /v1/orders", "GET /shop/v1/orders"], ids=["id", "template", "base", "outside"]
)
def test_every_name_of_an_operation(key: str) -> None:
    snapshot = service_of(
        f'match: {{prefix: /shop}}\ncontract: {{file: openapi.yaml}}\noperations: {{"{key}": {{body_size: 7}}}}', CONTRACT
    )
    assert found(snapshot, "GET", "/shop/v1/orders")[0].body_size == 7
    assert found(snapshot, "POST", "/shop/v1/orders")[0].body_size == 10 << 20


def test_names_of_parameters_do_not_matter() -> None:
    snapshot = service_of(
        'contract: {file: openapi.yaml}\noperations: {"GET /orders/{order}": {encoded_slash: keep}}', CONTRACT
    )
    assert found(snapshot, "GET", "/v1/orders/7")[0].encoded_slash
    assert not found(snapshot, "DELETE", "/v1/orders/7")[0].encoded_slash


@pytest.mark.parametrize(
    ("operations", "contract", "expected"),
    [
        ("{listOrder: {}}", True, "there is no operation 'listOrder' (did you mean 'listOrders'?)"),
        ("{listOrders: {}}", False, "there is no operation 'listOrders' (without a contract, write \"METHOD /template\")"),
        ('{"GET /order": {}}', True, "the contract has no operation 'GET /order' (did you mean 'GET /orders'? or say"),
        ('{"get /orders": {}}', True, "'get' is not a method (did you mean 'GET'?)"),
        ('{"TRACE /orders": {}}', False, "'TRACE' is not a method"),
        ('{"GET /a/{b": {}}', False, "the braces of '/a/{b' do not pair"),
        ('{"GET /a{b}{c}": {}}', False, "nothing separates the parameters of 'a{b}{c}'"),
        ('{"GET /a/{b}/{b}": {}}', False, "a parameter stands twice in '/a/{b}/{b}'"),
        ('{listOrders: {}, "GET /orders": {}}', True, "'listOrders' is the same operation"),
        ('{"GET /a/{b}": {}, "GET /a/{c}": {}}', False, "'GET /a/{b}' is the same operation"),
    ],
)
def test_mistaken_keys(operations: str, contract: bool, expected: str) -> None:
    use = "contract: {file: openapi.yaml}\n" if contract else "\n"
    with pytest.raises(PolicyErrors) as caught:
        service_of(f"{use}operations: {operations}", CONTRACT if contract else "")
    (mistake,) = caught.value.errors
    assert str(mistake).split(": ", 1)[1].startswith(expected)
    assert mistake.line == 5 and mistake.column >= 18


def test_an_operation_beside_the_contract_must_be_meant() -> None:
    snapshot = service_of('contract: {file: openapi.yaml}\noperations: {"GET /health": {declare: true}}', CONTRACT)
    assert at(snapshot, "GET", "/health") == ("GET /health", None)


def test_a_setting_of_an_operation_replaces_the_whole() -> None:
    snapshot = service_of(
        "authenticate: [anonymous]\n"
        "require: {scopes: [a], roles: [b]}\n"
        'operations: {"GET /a": {require: {scopes: [c]}}, "GET /b": {require: false}, "GET /c": {require: }, "GET /d": }'
    )
    assert told(snapshot, "GET /a").denial == Denial(
        "require", 403, "missing scopes: c", title="The caller is not permitted to do this."
    )
    assert verdict(snapshot, "GET /b") == (0, "")
    assert verdict(snapshot, "GET /c") == (0, "")
    assert "missing scopes: a" in str(told(snapshot, "GET /d").denial)


def test_body_sizes() -> None:
    text = """
bounds: {body_size: 100}
services:
  a:
    match: {prefix: /a}
    upstream: {targets: ["http://127.0.0.1:1"]}
    operations: {"GET /a/x": {body_size: 1}, "GET /a/y": {}}
  b:
    match: {prefix: /b}
    upstream: {targets: ["http://127.0.0.1:1"]}
    body_size: 0
    operations: {"GET /b/x": {body_size: 1}, "GET /b/y": {}}
"""
    snapshot = snapshot_of(text)
    sizes = {path: found(snapshot, "GET", path)[0].body_size for path in ("/a/x", "/a/y", "/b/x", "/b/y", "/b/z")}
    assert sizes == {"/a/x": 1, "/a/y": 100, "/b/x": 1, "/b/y": 0, "/b/z": 0}


# --- modes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["enforce", "monitor"])
@pytest.mark.parametrize("operation", ["", "enforce", "monitor"])
@pytest.mark.parametrize("of_rule", ["", "enforce", "monitor", "off"])
@pytest.mark.parametrize("own_rule", ["", "enforce", "monitor", "off"])
@pytest.mark.parametrize("guard", ["enforce", "monitor"])
def test_monitor_wins(service: str, operation: str, of_rule: str, own_rule: str, guard: str) -> None:
    rules = f"rules: {{method-allow-list: {{mode: {of_rule}}}}}\n" if of_rule else ""
    own = [f"mode: {operation}"] if operation else []
    own += [f"rules: {{method-allow-list: {{mode: {own_rule}}}}}"] if own_rule else []
    snapshot = service_of(
        f'mode: {service}\n{rules}methods: {{allow: [GET], mode: {guard}}}\noperations: {{"PUT /a": {{{", ".join(own)}}}}}'
    )
    rule = own_rule or of_rule or "enforce"
    expected = None if rule == "off" else "monitor" if "monitor" in (operation or service, rule, guard) else "enforce"
    replayed = told(snapshot, "PUT /a")
    enforced = replayed.denial is not None
    recorded = [denial.rule for denial in replayed.would]
    assert (enforced, recorded) == (expected == "enforce", ["method-allow-list"] if expected == "monitor" else [])
    (row,) = [one for one in snapshot.build_all().operations if one.operation.declared]
    assert dict(row.rules).get("method-allow-list") == (expected and Mode(expected))
    assert ("method-allow-list" in replayed.plan.rules) == bool(expected)  # type: ignore[union-attr]


def test_monitor_mode_changes_no_response() -> None:
    lines = 'security_fields: true\ncors: {allow_origins: ["https://a.example"]}\noperations: {"GET /a": {mode: monitor}, "GET /b": }'
    snapshot = service_of(lines)
    plan = found(snapshot, "GET", "/a")[0]
    assert (plan.set_lines, plan.default_lines, plan.drop_fields) == (b"", (), frozenset())
    assert not (told(snapshot, "GET /a", "Origin: https://a.example").evaluation.fields or [])  # type: ignore[union-attr]
    plan = found(snapshot, "GET", "/b")[0]
    assert plan.drop_fields and (plan.set_lines or plan.default_lines)
    assert plan.set_lines.endswith(b"\r\n") or not plan.set_lines


# --- authentication -------------------------------------------------------------------------------------------------

BOTH = "authenticate: [{api_key: {header: X-API-Key}}, {api_key: {query: key}}]"


@pytest.mark.parametrize(
    ("lines", "start", "field", "expected"),
    [
        (BOTH, "GET /", "", (401, "authentication-required")),
        (BOTH, "GET /", f"X-API-Key: {KEY}", (0, "")),
        (BOTH, f"GET /?key={KEY}", "", (0, "")),
        (BOTH, f"GET /?key={KEY}", "X-API-Key: bad", (0, "")),
        (BOTH, "GET /?key=bad", f"X-API-Key: {KEY}", (0, "")),
        (BOTH, "GET /?key=bad", "X-API-Key: bad", (401, "api-key")),
        ("authenticate: [anonymous, {api_key: {header: X-API-Key}}]", "GET /", "", (0, "")),
        ("authenticate: [anonymous, {api_key: {header: X-API-Key}}]", "GET /", "X-API-Key: bad", (401, "api-key")),
        ("authenticate: []", "GET /", "X-API-Key: bad", (0, "")),
        (BOTH + "\nrules: {authentication-required: {mode: monitor}}", "GET /", "", (0, "authentication-required")),
        (BOTH + "\nrules: {authentication-required: {mode: monitor}}", "GET /", "X-API-Key: bad", (401, "api-key")),
        (BOTH + "\nrules: {authentication-required: {mode: 'off'}}", "GET /", "", (0, "")),
        (BOTH + "\nrules: {api-key: {mode: monitor}}", "GET /", "X-API-Key: bad", (0, "api-key")),
        (BOTH + "\nrules: {api-key: {mode: monitor}}", "GET /", "", (0, "authentication-required")),
        (BOTH + "\nrules: {api-key: {mode: 'off'}}", "GET /", "", (0, "")),
        (BOTH + "\nmode: monitor", "GET /", "", (0, "authentication-required")),
        (BOTH + "\nmode: monitor", "GET /", "X-API-Key: bad", (0, "api-key")),
    ],
)
def test_ways_to_authenticate_are_one_check(lines: str, start: str, field: str, expected: tuple[int, str]) -> None:
    replayed = told(service_of(lines), start, *([field] if field else []))
    said = replayed.denial
    would = [denial.rule for denial in replayed.would]
    assert ((said.status, said.rule) if said else (0, would[0] if would else "")) == expected
    assert len(would) == (1 if expected[1] and not expected[0] else 0)


def test_one_way_recorded_and_one_enforced() -> None:
    lines = "authenticate: [{api_key: {header: X-API-Key}}, client_certificate]\nrules: {api-key: {mode: monitor}}"
    replayed = told(service_of(lines), "GET /", "X-API-Key: bad")
    assert [denial.rule for denial in replayed.would] == ["api-key"]
    assert replayed.denial is not None and replayed.denial.rule == "authentication-required"


def test_a_401_names_every_challenge_once() -> None:
    lines = "authenticate: [{api_key: {header: X-API-Key}}, {basic: {users: u.yaml, realm: shop}}]"
    text = f'services:\n  s:\n    upstream: {{targets: ["http://127.0.0.1:1"]}}\n    {lines}\n'
    users = b'users: {alice: {hash: "%b"}}' % (
        b"$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2g$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )
    snapshot = snapshot_of(text, files={"u.yaml": users})
    for field in ("Accept: x", "X-API-Key: bad"):
        denial = told(snapshot, "GET /", field).denial
        assert denial is not None
        names = [value.split(b" ")[0] for name, value in denial.fields if name == b"WWW-Authenticate"]
        assert b"Basic" in names and len(names) == len(set(names)) == 2


def test_the_principal_is_known_afterwards() -> None:
    replayed = told(service_of(BOTH + "\nrequire: {scopes: [read]}"), "GET /", f"X-API-Key: {KEY}")
    assert replayed.evaluation is not None and replayed.evaluation.principal.id == "alice"
    assert replayed.verdict == "allow"


# --- preflights -----------------------------------------------------------------------------------------------------

CORS = """
cors: {allow_origins: ["https://a.example"]}
authenticate: [{api_key: {header: X-API-Key}}]
operations:
  "GET /a": {cors: {allow_origins: ["https://b.example"]}}
  "POST /a": {cors: false}
  "PUT /a": {rules: {cors: {mode: monitor}}}
  "GET /b":
  "OPTIONS /b":
"""
ASK = "Access-Control-Request-Method: "


@pytest.mark.parametrize(
    ("start", "origin", "method", "expected"),
    [
        ("OPTIONS /a", "https://b.example", "GET", (204, "cors")),
        ("OPTIONS /a", "https://a.example", "GET", (403, "cors")),
        ("OPTIONS /a", "https://a.example", "POST", (401, "authentication-required")),
        ("OPTIONS /a", "https://a.example", "PUT", (401, "authentication-required")),
        ("OPTIONS /b", "https://a.example", "GET", (204, "cors")),
        ("OPTIONS /b", "https://c.example", "GET", (403, "cors")),
        ("OPTIONS /a", "https://a.example", "DELETE", (204, "cors")),
        ("OPTIONS /none", "https://c.example", "GET", (403, "cors")),
    ],
)
def test_preflights_are_judged_by_what_they_ask_about(start: str, origin: str, method: str, expected: tuple[int, str]) -> None:
    assert verdict(service_of(CORS), start, f"Origin: {origin}", ASK + method) == expected


def test_plain_options_is_an_operation_like_others() -> None:
    snapshot = service_of(CORS.replace("authenticate: [{api_key: {header: X-API-Key}}]", ""))
    assert verdict(snapshot, "OPTIONS /a") == (405, "undeclared")
    assert verdict(snapshot, "OPTIONS /b") == (0, "")
    assert verdict(snapshot, "OPTIONS /none") == (404, "undeclared")
    assert verdict(snapshot, "OPTIONS *") == (404, "undeclared")


# --- the contract's security ----------------------------------------------------------------------------------------

SECURE = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-API-Key}
    cookie: {type: apiKey, in: cookie, name: session}
    mutual: {type: mutualTLS}
    token: {type: http, scheme: bearer}
security: [{key: []}]
paths:
  /plain: {get: {responses: {"200": {description: ok}}}}
  /public: {get: {security: [], responses: {"200": {description: ok}}}}
  /optional: {get: {security: [{}, {key: []}], responses: {"200": {description: ok}}}}
  /mutual: {get: {security: [{mutual: []}], responses: {"200": {description: ok}}}}
  /token: {get: {security: [{token: []}], responses: {"200": {description: ok}}}}
  /cookie: {get: {security: [{cookie: []}], responses: {"200": {description: ok}}}}
"""
HONOUR = "contract: {file: openapi.yaml, security: honour}\nauthenticate: [{api_key: {header: X-API-Key}}, client_certificate]"


def test_security_of_the_contract_is_honoured() -> None:
    snapshot = service_of(HONOUR, SECURE)
    good = f"X-API-Key: {KEY}"
    assert verdict(snapshot, "GET /plain", good) == (0, "")
    assert verdict(snapshot, "GET /plain") == (401, "authentication-required")
    assert verdict(snapshot, "GET /public") == (0, "")
    assert verdict(snapshot, "GET /public", "X-API-Key: bad") == (401, "api-key")
    assert verdict(snapshot, "GET /optional") == (0, "")
    assert verdict(snapshot, "GET /mutual", good) == (401, "authentication-required")
    assert verdict(snapshot, "GET /token") == (401, "authentication-required")
    rules = {one.operation.template: dict(one.rules) for one in snapshot.build_all().operations}
    assert "client-certificate" not in rules["/plain"] and "api-key" not in rules["/mutual"]


def test_what_the_contract_asks_for_in_vain() -> None:
    gaps = {(gap.operation, gap.what) for gap in service_of(HONOUR, SECURE).build_all().gaps}
    assert ("GET /token", "the security scheme 'token' of the contract") in gaps
    assert ("GET /cookie", "the API key in cookie session") in gaps


def test_security_of_the_contract_is_ignored_unless_asked_for() -> None:
    snapshot = service_of(HONOUR.replace(", security: honour", ""), SECURE)
    assert verdict(snapshot, "GET /public") == (401, "authentication-required")


# --- snapshots ------------------------------------------------------------------------------------------------------


def test_two_services_at_one_place() -> None:
    text = """
services:
  one: {upstream: {targets: ["http://127.0.0.1:1"]}, match: {hosts: [a.example, b.example]}}
  two: {upstream: {targets: ["http://127.0.0.1:1"]}, match: {hosts: [b.example]}}
"""
    with pytest.raises(PolicyErrors) as caught:
        snapshot_of(text)
    assert str(caught.value) == "yett.yaml:4:3: another service answers already for b.example with the prefix '/'"


def test_a_guard_that_cannot_be_prepared() -> None:
    text = """
services:
  s:
    upstream: {targets: ["http://127.0.0.1:1"]}
    operations:
      "GET /a":
        authenticate:
        - jwt: {algorithms: [HS256], issuer: a, audience: b, secret: {env: TOKEN_KEY}}
"""
    snapshot = snapshot_of(text)
    (error,) = snapshot.build_all().errors
    assert (error.file, error.line) == ("yett.yaml", 8)
    assert "TOKEN_KEY" in error.message
    with pytest.raises(PolicyErrors):
        snapshot.route("GET", "api.example", "/a")
    assert found(snapshot, "GET", "/b")


def test_building_comes_in_slices() -> None:
    paths = "".join(f"  /p{n}: {{get: {{responses: {{'200': {{description: ok}}}}}}}}\n" for n in range(1000))
    contract = f"openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths:\n{paths}"
    building = building_of("services: {s: {upstream: {targets: ['http://a']}, contract: {file: openapi.yaml}}}", contract)
    slices = sum(1 for _ in building.slices())
    assert slices > 30
    assert building.snapshot is not None
    assert len(building.snapshot.servings[0].table.declared) == 1000


def test_plans_are_made_once_and_share_what_is_the_same() -> None:
    snapshot = service_of(BOTH + "\nattacks: false\nsecurity_fields: true\noperations: {'GET /a': , 'GET /b': }")
    one, two = found(snapshot, "GET", "/a")[0], found(snapshot, "GET", "/b")[0]
    assert found(snapshot, "GET", "/a")[0] is one
    assert one is not two
    assert one.rules is two.rules and one.drop_fields is two.drop_fields
    assert one.head and all(mine is yours for mine, yours in zip(one.head, two.head))


@pytest.mark.parametrize(("across", "expected"), [("operation", [0, 0, 429]), ("service", [0, 429, 429])])
def test_limits_of_operations_and_of_the_whole_service(across: str, expected: list[int]) -> None:
    snapshot = service_of(
        f"limits: [{{rate: 1/h, burst: 1, by: address, scope: {across}}}]\noperations: {{'GET /a': , 'GET /b': }}"
    )
    assert [verdict(snapshot, start)[0] for start in ("GET /a", "GET /b", "GET /b")] == expected


def test_a_snapshot_is_as_warm_as_the_one_before() -> None:
    lines = "contract: {file: openapi.yaml}\nsecurity_fields: true\nattacks: false"
    old = service_of(lines, CONTRACT)
    told(old, "GET /v1/orders")
    told(old, "GET /v1/elsewhere")
    new = service_of(lines + "\nbody_size: 10", CONTRACT)
    assert [one for one in new.servings[0].plans.made if one is not None] == []
    assert sum(1 for _ in new.take_over(old)) >= 3
    warm = [one.operation.id for one in new.servings[0].plans.made if one is not None]
    assert warm == [one.operation.id for one in old.servings[0].plans.made if one is not None]
    assert "listOrders" in warm and len(warm) == 2


def test_nothing_is_taken_over_from_another_service() -> None:
    old = snapshot_of("services: {other: {upstream: {targets: ['http://a']}}}")
    told(old, "GET /")
    new = snapshot_of("services: {s: {upstream: {targets: ['http://a']}}}")
    assert list(new.take_over(old)) == []


def test_nothing_learnt_under_one_snapshot_is_seen_by_another() -> None:
    building = building_of("services: {s: {upstream: {targets: ['http://a']}}}")
    assert building.ports.shared is not building_of("services: {s: {upstream: {targets: ['http://a']}}}").ports.shared


def test_a_snapshot_is_freed_without_the_garbage_collector() -> None:
    lines = (
        HONOUR + "\nlimits: [{rate: 1/s, by: principal}]\nsecurity_fields: true\ncors: {allow_origins: ['*']}\nmode: monitor"
    )
    gc.collect()
    gc.disable()
    try:
        snapshot = service_of(lines, SECURE)
        for start in ("GET /plain", "OPTIONS /plain", "GET /public", "GET /none", "OPTIONS /none"):
            told(snapshot, start, "Origin: https://a.example", ASK + "GET")
        plans = [plan for plan in snapshot.servings[0].plans.made if plan is not None]
        checks = [weakref.ref(check) for plan in plans for check in plan.head]
        assert len(plans) == 3 and len(checks) > 10
        del plans
        del snapshot
        assert [reference() for reference in checks if reference() is not None] == []
    finally:
        gc.enable()


def test_exceptions_for_operations_that_there_are_not_are_told() -> None:
    entries = ["GET /b", "GET /c", "* /*", "OPTIONS /*", "POST /b", "get-d", "listD"]
    excepted = ", ".join(f'{{rule: xxe, operation: "{name}"}}' for name in entries)
    contract = """
openapi: 3.1.0
info: {title: D, version: "1"}
paths:
  /b: {get: {responses: {}}}
  /d: {get: {operationId: listD, responses: {}}}
"""
    lines = f"attacks: {{except: [{excepted}]}}\ncontract: {{file: openapi.yaml}}"
    gaps = [gap for gap in service_of(lines, contract).build_all().gaps if gap.rule == "except"]
    assert [gap.what.partition(": ")[2] for gap in gaps] == ["operation 'GET /c'", "operation 'POST /b'", "operation 'get-d'"]
    assert all(gap.what.startswith("yett.yaml:") for gap in gaps)
    assert "did you mean 'GET /d'?" in gaps[0].why and "known: *" in gaps[2].why


def test_what_is_off_is_not_loaded() -> None:
    def loads(lines: str) -> int:
        snapshot = service_of(f"crs: {{directory: crs}}\n{lines}")
        return sum(1 for serving in snapshot.servings for _ in serving.plans.loads())

    assert loads("mode: enforce") == 1
    assert loads("rules: {crs: {mode: off}}") == 0
    assert loads("rules: {crs: {mode: monitor}}") == 1
    assert loads("rules: {crs: {mode: off}}\noperations: {GET /a: {rules: {crs: {mode: enforce}}}}") == 1
