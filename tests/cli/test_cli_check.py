"""`yett check` and `yett schema`, as a user calls them."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from yett.cli.check import size
from yett.cli.foretelling import MOST_TOLD, told
from yett.cli.main import COMMANDS, main
from yett.cli.prepare import examine, summary
from yett.engine.foreseeing import MOST_NAMES, Foreseen, requests
from yett.formats.contract.proven import DeclaredValue
from yett.model.operation import Operation
from yett.store.bundle import load_bundle

POLICY = """\
services:
  shop:
    match: {hosts: [api.example], prefix: /v1}
    upstream: {targets: ["http://127.0.0.1:9001"]}
    contract: {file: openapi.yaml}
    mode: monitor
    authenticate: [{api_key: {header: X-API-Key}}]
    operations:
      "POST /orders": {mode: enforce, require: {scopes: ["orders:write"]}}
"""
CONTRACT = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: /v1}]
paths:
  /orders:
    get: {operationId: listOrders, responses: {"200": {description: ok}}}
    post: {responses: {"200": {description: ok}}}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yett.yaml").write_text(POLICY)
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_operation_by_operation(house: Path) -> None:
    result = run("check")
    assert result.exit_code == 0
    text = result.output
    assert text.startswith("yett.yaml is good (snapshot ")
    assert "Service shop: api.example below /v1, to http://127.0.0.1:9001\n" in text
    enforced = text.index("  Enforced: api-key, authentication-required, request-hygiene, require\n")
    recorded = text.index("  Only recorded: api-key, attacks, authentication-required, contract-response, request-hygiene\n")
    assert enforced < text.index("    POST  /v1/orders\n") < recorded
    assert text.index("    GET   /v1/orders  listOrders\n") > recorded
    assert "    *     /v1/*       what is not declared\n" in text
    assert "413      a body above 10 MiB" in text


VALUES = """\
  /orders/{id}:
    put:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: note, in: query, schema: {type: string}}
      requestBody:
        content: {application/json: {schema: {type: object, properties: {day: {type: string, format: date}, text: {type: string}}}}}
      responses: {"200": {description: ok}}
"""


def test_what_the_contract_proves_and_what_is_scanned(house: Path) -> None:
    (house / "openapi.yaml").write_text(CONTRACT + VALUES)
    text = run("check").output
    assert "  Of 4 values that the contract declares, valid requests prove 2; attack rules scan the other 2.\n" in text
    assert "    PUT /v1/orders/{id}: 2 of 4 proven; scanned: query note, body /text\n" in text
    rows = {row["template"]: row for row in json.loads(run("check", "--json").stdout)["operations"]}
    assert rows["/v1/orders/{id}"]["values"] == {
        "name": "PUT /v1/orders/{id}",
        "declared": 4,
        "proven": 2,
        "scanned": ["query note", "body /text"],
    }
    assert rows["/v1/*"]["values"] is None
    (house / "yett.yaml").write_text(POLICY.replace("file: openapi.yaml", "file: openapi.yaml, requests: off"))
    assert "valid requests prove 0; attack rules scan the other 4.\n" in run("check").output


def test_many_operations_with_values_are_cut(house: Path) -> None:
    parameters = ", ".join(f"{{name: q{n}, in: query, schema: {{type: string}}}}" for n in range(6))
    paths = "".join(
        f'  /p{n}: {{get: {{parameters: [{parameters}], responses: {{"200": {{description: ok}}}}}}}}\n' for n in range(15)
    )
    (house / "openapi.yaml").write_text(CONTRACT + paths)
    text = run("check").output
    assert "GET /v1/p0: 0 of 6 proven; scanned: query q0, query q1, query q2, query q3 and 2 more\n" in text
    assert "    and 3 more operations (--json tells all)\n" in text


def test_what_is_not_enforced_and_why(house: Path) -> None:
    result = run("check", "yett.yaml", "--strict")
    assert result.exit_code == 1
    assert "Not enforced (1)\n  POST /v1/orders: the request body\n      the contract declares none;" in result.output


def test_gaps_of_many_operations_are_told_once(house: Path) -> None:
    paths = "".join(f'  /p{n}: {{post: {{operationId: p{n}, responses: {{"200": {{description: ok}}}}}}}}\n' for n in range(5))
    (house / "openapi.yaml").write_text(CONTRACT + paths)
    said = run("check").output
    assert "  POST /v1/orders, p0, p1 and 3 more: the request body\n" in said
    bundle = load_bundle("yett.yaml")
    assert f"Not enforced ({summary(bundle, examine(bundle)).gaps})\n" in said  # as `yett serve` says it


def test_a_contract_without_operations_is_a_mistake_and_opens_nothing(house: Path) -> None:
    (house / "openapi.yaml").write_text('openapi: 3.0.3\ninfo: {title: shop, version: "1"}\npaths: {}\n')
    (house / "yett.yaml").write_text(
        'services: {a: {upstream: {targets: ["http://127.0.0.1:9001"]}, contract: {file: openapi.yaml}}}'
    )
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr == "yett.yaml:1:81: openapi.yaml: declares no operation\n"


def test_slips_of_a_contract_are_told_with_their_place_and_the_rest_is_enforced(house: Path) -> None:
    slip = CONTRACT.replace("operationId: listOrders", "operationId: listOrders, security: [{gone: []}]")
    (house / "openapi.yaml").write_text(slip)
    result = run("check")
    assert result.exit_code == 0
    assert (
        "Wrong in contracts (1): it is left out, opens nothing and proves nothing; all else is enforced\n"
        "  openapi.yaml:6:54: there is no security scheme 'gone'\n"
        "      at /paths/~1orders/get/security/0/gone\n"
    ) in result.output
    assert run("check", "--strict").exit_code == 1
    warning = json.loads(run("check", "--json").output)["warnings"][0]
    assert (warning["file"], warning["line"], warning["column"]) == ("openapi.yaml", 6, 54)


def test_nothing_but_good(house: Path) -> None:
    (house / "yett.yaml").write_text('services: {a: {upstream: {targets: ["http://127.0.0.1:9001"]}}}')
    result = run("check", "--strict")
    assert result.exit_code == 0
    assert "  It declares no operations, so every path is let through to its guards.\n" in result.output
    assert "    *  /*  everything\n" in result.output
    assert "Not enforced: nothing." in result.output


def test_mistakes_have_their_place_and_a_hint(house: Path) -> None:
    (house / "yett.yaml").write_text(POLICY.replace("mode: monitor\n", "mod: monitor\n"))
    result = run("check")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "yett.yaml:6:5: unknown key 'mod'\n    did you mean 'mode'?\n"


def test_mistakes_that_only_show_when_plans_are_built(house: Path) -> None:
    (house / "yett.yaml").write_text(POLICY.replace("{api_key: {header: X-API-Key}}", "{basic: {users: u.yaml}}"))
    (house / "u.yaml").write_text("users: {}\n")
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("yett.yaml:7:20: basic: u.yaml")
    assert result.stderr.count("\n") == 1


def test_no_policy(house: Path) -> None:
    result = run("check", "none.yaml")
    assert (result.exit_code, result.stderr) == (2, "none.yaml: there is no such file\n")


def test_for_machines(house: Path) -> None:
    result = run("check", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["policy"], found["errors"], len(found["gaps"])) == ("yett.yaml", [], 1)
    rows = {(row["method"], row["template"]): row for row in found["operations"]}
    assert rows["GET", "/v1/orders"]["id"] == "listOrders"
    assert rows["POST", "/v1/orders"]["rules"]["require"] == "enforce"
    assert rows["GET", "/v1/orders"]["rules"]["api-key"] == "monitor"
    assert not rows["*", "/v1/*"]["declared"]
    assert found["bounds"]["head_size"] == 32_768


def test_mistakes_for_machines(house: Path) -> None:
    (house / "yett.yaml").write_text(POLICY.replace("mode: monitor\n", "mod: monitor\n"))
    result = run("check", "--json")
    assert result.exit_code == 2
    (error,) = json.loads(result.stdout)["errors"]
    assert error == {
        "message": "unknown key 'mod'",
        "file": "yett.yaml",
        "line": 6,
        "column": 5,
        "hint": "did you mean 'mode'?",
    }


def test_schema() -> None:
    result = run("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 bytes"), (100, "100 bytes"), (32_768, "32 KiB"), (10 << 20, "10 MiB"), (1 << 30, "1 GiB")]
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


def test_the_help_names_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, command in COMMANDS.items():
        assert f"  {name:8}  {command.summary}\n" in result.output


def test_unknown_commands_and_the_version() -> None:
    assert run("nonsense").exit_code == 2
    assert run("--version").output == "yett, version 0.1.0\n"


RULES = r"""
SecDefaultAction "phase:1,log,pass"
SecDefaultAction "phase:2,log,pass"
SecAction "id:901200,phase:1,pass,nolog,setvar:tx.score=0"
SecRule ARGS_NAMES "@rx (?i)session_?id$" "id:943120,phase:2,block,capture,msg:'A session',severity:'CRITICAL',\
    setvar:'tx.score=+5'"
SecRule ARGS_NAMES "@rx ^\$" "id:942290,phase:2,block,capture,msg:'An operator',severity:'CRITICAL',setvar:'tx.score=+5'"
SecRule TX:score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403,msg:'Score'"
"""
NAMED = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readOrder
      parameters: [{name: $filter, in: query, schema: {type: string}}, {name: limit, in: query, schema: {type: integer}}]
      responses: {"200": {description: ok}}
    put:
      operationId: writeOrder
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                note: {type: string}
                lines: {type: array, items: {type: object, properties: {session_id: {type: string}}}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {sessionId: {type: string}}}
      responses: {"200": {description: ok}}
"""


def test_names_that_rules_meet_in_every_request(house: Path) -> None:
    """Nothing is excepted by itself: the entries are told, and hold once they are pasted."""
    (house / "openapi.yaml").write_text(NAMED)
    (house / "rules").mkdir()
    (house / "rules" / "rules.conf").write_text(RULES)
    service = {"upstream": {"targets": ["http://127.0.0.1:1"]}, "contract": {"file": "openapi.yaml"}}
    service |= {"crs": {"directory": "rules"}, "match": {"hosts": ["*.example"]}}
    (house / "yett.yaml").write_text(json.dumps({"services": {"shop": service}}))
    found = json.loads(run("check", "--json").output)["names"]
    assert sorted((one["service"], one["rule"], one["place"]) for one in found) == [
        ("shop", "crs-942290", "query $filter (name)"),
        ("shop", "crs-943120", "body /lines/0/session_id (name)"),
        ("shop", "crs-943120", "form sessionId (name)"),
    ]
    text = run("check").output
    entry = '{rule: crs-943120, operation: "writeOrder", place: "body /lines/*/session_id (name)"}'
    assert f"    crs:\n      except:\n        - {found[0]['exception']}\n" in text and f"        - {entry}\n" in text
    service["crs"]["except"] = [yaml.safe_load(one["exception"]) for one in found]
    (house / "yett.yaml").write_text(json.dumps({"services": {"shop": service}}))
    assert json.loads(run("check", "--json").output)["names"] == []
    assert "rules that meet them" not in run("check").output


def test_only_so_many_names_are_told_to_people() -> None:
    found = [Foreseen("op", "crs-1", f"query s{n} (name)", f"entry {n}") for n in range(MOST_TOLD + 3)]
    lines = [*told(found)]
    assert lines[-1] == "    and 3 more (--json tells all)" and f"        - entry {MOST_TOLD - 1}" in lines
    assert [*told(())] == []


def test_requests_of_names_are_cut_where_rules_count_arguments() -> None:
    many = [DeclaredValue(f"query q{n}", False) for n in range(MOST_NAMES + 1)]
    bodies = [
        DeclaredValue("body /a", False, "application/json"),
        DeclaredValue("body /a/b~1c", False, "application/json"),
        DeclaredValue("body /a/*", False, "text/plain"),
    ]
    operation = Operation("op", "s", "GET", "/x/{id}")
    made = [*requests(operation, "a.example", [*many, *bodies, DeclaredValue("header X", False)])]
    assert [one.target.count(b"=") for one in made] == [MOST_NAMES, 1, 0]
    (odd,) = requests(operation, "a.example", [DeclaredValue("query a&b=ü", False)])
    assert odd.target == b"/x/1?a%26b%3D%C3%BC=1"
    assert made[-1].body == b'{"a":{"b/c":1}}' and made[-1].target == b"/x/1"
