"""The generated JSON Schema says what the compiler says."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from yett.engine.policy import read_policy
from yett.engine.schema import policy_schema
from yett.formats.yaml import read
from yett.rules.registry import guards

SCHEMA = policy_schema()
VALID = jsonschema_rs.Draft202012Validator(SCHEMA)

WHOLE = """
version: 1
listen: [{address: "127.0.0.1:8080"}]
keys: keys.yaml
services:
  shop:
    match: {hosts: [api.example], prefix: /v1}
    upstream: {targets: ["http://127.0.0.1:9001"], strip_prefix: false, host: keep}
    contract: {file: openapi.yaml, requests: enforce, responses: monitor}
    mode: monitor
    authenticate: [{api_key: {header: X-API-Key}}]
    limits: [{by: principal, rate: 100/s, burst: 200}]
    rules: {cors: {mode: monitor}}
    operations:
      "POST /orders": {mode: enforce, require: {scopes: ["orders:write"]}}
      listOrders:
"""


def service(lines: str) -> str:
    return f'services: {{s: {{upstream: {{targets: ["http://a"]}}, {lines}}}}}'


def test_the_published_schema_is_up_to_date() -> None:
    published = Path(__file__).parents[2] / "docs" / "reference" / "policy.schema.json"
    assert json.loads(published.read_text()) == json.loads(json.dumps(SCHEMA)), "run `make docs`"


def test_every_guard_with_a_setting_is_in_it() -> None:
    text = json.dumps(SCHEMA["$defs"]["Service"])
    for guard in guards().values():
        assert f'"{guard.rule.id}"' in text
        assert not guard.rule.setting or f'"{guard.rule.setting}"' in text


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        service("cors: false"),
        service("cors: "),
        service("security_fields: true"),
        service("authenticate: [anonymous, client_certificate, {anonymous: {scopes: [a]}}]"),
        service("authenticate: [{jwt: {algorithms: [HS256], issuer: a, audience: b, secret: {env: KEY}}}]"),
        service("operations: {a: {cors: {allow_origins: ['*']}, declare: true}}"),
        service("rules: {jwt: {mode: 'off'}}"),
    ],
)
def test_what_is_good_for_both(text: str) -> None:
    tree = read(text.encode()).tree
    assert list(VALID.iter_errors(tree)) == []
    mistakes: list[object] = []
    assert read_policy(tree, lambda *mistake: mistakes.append(mistake)) is not None, mistakes


@pytest.mark.parametrize(
    "text",
    [
        "services: {}",
        "version: 2\n" + service("mode: monitor"),
        "lissten: []\n" + service("mode: monitor"),
        "services: {s: {mode: monitor}}",
        service("name: x"),
        service("settings: {}"),
        service("mode: enforced"),
        service("cros: {}"),
        service("cors: {allow_origins: []}"),
        service("cors: {}"),
        service("authenticate: {api_key: {header: X}}"),
        service("authenticate: [jwt]"),
        service("authenticate: [{jwt: {algorithms: [HS256], issuer: a, audience: b, secret: hunter2}}]"),
        service("limits: [{by: principal}]"),
        service("contract: {requests: enforce}"),
        service("contract: {file: a, request: enforce}"),
        service("rules: {jvt: {mode: monitor}}"),
        service("rules: {jwt: {mode: never}}"),
        service("operations: {'GET /a': {mod: enforce}}"),
        service("operations: {a: {contract: {file: b}}}"),
        service("body_size: -1"),
    ],
)
def test_what_is_bad_for_both(text: str) -> None:
    tree = read(text.encode()).tree
    assert list(VALID.iter_errors(tree))
    mistakes: list[object] = []
    assert read_policy(tree, lambda *mistake: mistakes.append(mistake)) is None
    assert mistakes
