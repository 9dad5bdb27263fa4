"""Policies as written: what they become, and every mistake with its line, column and hint."""

import pytest

from yett.engine.policy import needs, read_policy
from yett.engine.settings import Needs
from yett.formats.yaml import read
from yett.model.decision import Mode
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.policy import ContractUse, Policy

GOOD = """\
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


def attempt(text: str) -> tuple[Policy | None, list[Mistake]]:
    document = read(text.encode(), "yett.yaml")
    mistakes: list[Mistake] = []
    policy = read_policy(document.tree, lambda *mistake: mistakes.append(document.mistake(*mistake)))
    assert (policy is None) == bool(mistakes)
    return policy, mistakes


def mistakes_of(text: str) -> list[str]:
    return [str(mistake) for mistake in PolicyErrors(attempt(text)[1]).errors]


def service(lines: str) -> str:
    """A policy with one service that has these lines, the first of which is line 4."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return f'services:\n  s:\n    upstream: {{targets: ["http://127.0.0.1:1"]}}\n{indented}'


def test_a_good_policy() -> None:
    policy, _ = attempt(GOOD)
    assert policy is not None
    (shop,) = policy.services
    assert (shop.name, shop.mode, shop.match.prefix) == ("shop", Mode.MONITOR, "/v1")
    assert shop.contract == ContractUse(file="openapi.yaml")
    assert shop.settings["limits"] == [{"by": "principal", "rate": "100/s", "burst": 200}]
    assert shop.settings["contract"]["requests"] == "enforce"
    assert shop.rules["cors"].mode == "monitor"
    assert shop.operations["POST /orders"].mode is Mode.ENFORCE
    assert shop.operations["POST /orders"].settings == {"require": {"scopes": ["orders:write"]}}
    assert shop.operations["listOrders"].settings == {}


def test_all_mistakes_at_once_in_their_places() -> None:
    text = """\
version: 2
lissten: []
bounds: {head_size: 12, feilds: 3}
services:
  shop:
    match: {hosts: [API.example, "a b"], prefix: v1}
    upstrem: {targets: []}
    mode: enforced
    corss: {allow_origins: ["*"]}
    authenticate: [apikey, {api_key: {heder: X}}]
    rules: {cosr: {mode: monitor}, cors: {mode: mointor}}
    operations:
      "POST /orders": {mod: enforce}
"""
    assert mistakes_of(text) == [
        "yett.yaml:1:10: expected a whole number <= 1",
        "yett.yaml:2:1: unknown key 'lissten' (did you mean 'listen'?)",
        "yett.yaml:3:21: expected a whole number >= 256",
        "yett.yaml:3:25: unknown key 'feilds' (did you mean 'fields'?)",
        "yett.yaml:5:3: 'upstream' is missing",
        "yett.yaml:7:5: unknown key 'upstrem' (did you mean 'upstream'?)",
        "yett.yaml:8:11: 'enforced' is not one of the choices (did you mean 'enforce'?)",
        "yett.yaml:9:5: unknown key 'corss' (did you mean 'cors'?)",
        "yett.yaml:10:20: unknown entry 'apikey' (did you mean 'api_key'?)",
        "yett.yaml:10:39: unknown key 'heder' (did you mean 'header'?)",
        "yett.yaml:11:13: there is no rule 'cosr' (did you mean 'cors'?)",
        "yett.yaml:11:49: 'mointor' is not one of the choices (did you mean 'monitor'?)",
        "yett.yaml:13:24: unknown key 'mod' (did you mean 'mode'?)",
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("mode: 3", "yett.yaml:4:11: expected text, got a whole number"),
        ("body_size: 1 MB", "yett.yaml:4:16: expected a whole number, got text"),
        ("operations: [a]", 'yett.yaml:4:17: expected a mapping (keys are operation ids or "METHOD /template")'),
        ("operations: {a: [b]}", "yett.yaml:4:21: expected a mapping"),
        ("cors: 3", "yett.yaml:4:11: expected a mapping"),
        ("cors: true", "yett.yaml:4:5: 'allow_origins' is missing"),
        ("cors: {allow_origins: []}", "yett.yaml:4:27: expected a list of length >= 1"),
        ("cors: {allow_origins: [a], credentials: yes}", "yett.yaml:4:28: expected text matching"),
        ("limits: {rate: 1/s}", "yett.yaml:4:13: expected a list"),
        ("limits: [{by: address}]", "yett.yaml:4:15: unknown entry 'by'"),
        ("limits: [{rate: 1/s, quota: 1/day}]", "yett.yaml:4:14: one entry cannot be"),
        ("limits: [{rate: often}]", "yett.yaml:4:14: "),
        ("limits: [[]]", "yett.yaml:4:14: expected a mapping (known: "),
        ("limits: [{rate: 9/s, by: key}, {rate: 9/s, by: key, burst: 9}]", "yett.yaml:4:36: counts the same as entry 1 of "),
        ("limits: [{quota: 9/day, by: key, name: a}, {quota: 8/day, by: key, name: a}]", "yett.yaml:4:48: counts the same as"),
        ("limits: [{concurrency: 9, by: principal}, {concurrency: 9, by: principal, mode: monitor}]", "yett.yaml:4:47: counts"),
        ("limits: [{}]", "yett.yaml:4:14: expected a mapping (known: "),
        (
            "match: {hosts: [api.example:80]}",
            "yett.yaml:4:21: 'api.example:80' has a port, which is not matched by (write api.example)",
        ),
        ("match: {hosts: [API.example]}", "yett.yaml:4:21: 'API.example' is never seen like that (write api.example)"),
        ("match: {hosts: ['*.API.example']}", "yett.yaml:4:21: '*.API.example' is never seen like that (write *.api.example)"),
        (
            "match: {hosts: [b\u00fccher.example]}",
            "yett.yaml:4:21: 'b\u00fccher.example' is never seen like that (write xn--bcher-kva.example)",
        ),
        ("match: {hosts: ['a b']}", "yett.yaml:4:21: 'a b' is not a host name"),
        ("match: {hosts: ['*.10.0.0.1']}", "yett.yaml:4:21: an address has no subdomains"),
        ("match: {prefix: v1}", "yett.yaml:4:21: 'v1' is not a prefix"),
        ("match: {prefix: /a%40b}", "yett.yaml:4:21: '/a%40b' is not a prefix"),
        ("match: {prefix: /a/../b}", "yett.yaml:4:21: '/a/../b' is not a prefix"),
        ("contract: {file: a.yaml, base_path: v1}", "yett.yaml:4:41: expected text matching"),
        ("contract: {requests: enforce}", "yett.yaml:4:5: 'file' is missing"),
        ("contract: {file: a.yaml, request: enforce}", "yett.yaml:4:30: unknown key 'request' (did you mean 'requests'?)"),
        ("contract: a.yaml", "yett.yaml:4:15: expected a mapping"),
        ("operations: {a: {contract: {file: b.yaml}}}", "yett.yaml:4:33: unknown key 'file'"),
        (
            "authenticate: [{jwt: {algorithms: [HS256], secret: hunter2, issuer: x}}]",
            "yett.yaml:4:56: expected a mapping, got text (a secret is never written here: {env: NAME} or {file: PATH})",
        ),
        (
            "authenticate: [{jwt: {algorithms: [HS256], secret: {env: A, file: b}, issuer: x}}]",
            "yett.yaml:4:56: a secret is either",
        ),
    ],
)
def test_mistakes_in_a_service(lines: str, expected: str) -> None:
    found = mistakes_of(service(lines))
    assert any(mistake.startswith(expected) for mistake in found), found
    assert not any("hunter2" in mistake for mistake in found)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("listen: []", "yett.yaml:1:9: there is nothing to listen on"),
        ("listen: [{address: localhost}]", "yett.yaml:1:20: 'localhost' is not an address with a port"),
        ("listen: [{address: '::1:80'}]", "yett.yaml:1:20: "),
        ("listen: [{address: '127.0.0.1:99999'}]", "yett.yaml:1:20: "),
        ("listen: [{address: '127.0.0.1:1'}, {address: '127.0.0.1:1'}]", "yett.yaml:1:46: 127.0.0.1:1 stands twice"),
        ("admin: 127.0.0.1:1\nlisten: [{address: '127.0.0.1:1'}]", "yett.yaml:1:8: 127.0.0.1:1 is what callers are"),
        ("listen: [{address: '127.0.0.1:8081'}]", "yett.yaml:1:1: 127.0.0.1:8081 is what callers are listened to on (give"),
        (
            "listen: [{address: '127.0.0.1:1', tls: {certificate: a, key: b, client_auth: required}}]",
            "yett.yaml:1:78: client certificates need",
        ),
        ("admin: somewhere", "yett.yaml:1:8: 'somewhere' is not an address"),
        ("trusted_proxies: [10.0.0.0/8, ten]", "yett.yaml:1:31: "),
        ("bounds: {head_timeout: 0}", "yett.yaml:1:24: expected a number > 0"),
    ],
)
def test_mistakes_in_the_head(head: str, expected: str) -> None:
    found = mistakes_of(head + "\n" + service(""))
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ("{targets: ['127.0.0.1:9001']}", "yett.yaml:3:26: '127.0.0.1:9001' is not a target"),
        ("{targets: ['http://a/v1']}", "yett.yaml:3:26: 'http://a/v1' is not a target"),
        ("{targets: ['http://u:p@a']}", "yett.yaml:3:26: "),
        ("{targets: ['http://a:0']}", "yett.yaml:3:26: "),
        ("{targets: []}", "yett.yaml:3:25: expected a list of length >= 1"),
        ("{targets: ['http://a'], host: 'a b'}", "yett.yaml:3:45: 'a b' is not a host"),
        ("{targets: ['http://a'], health: {path: ok}}", "yett.yaml:3:54: a path begins with a slash"),
        ("{targets: ['http://a'], tls: {certificate: c}}", "yett.yaml:3:44: certificate and key belong together"),
        (
            "{targets: ['http://a'], balance: random}",
            "yett.yaml:3:48: 'random' is not one of the choices (known: least_pending, round_robin)",
        ),
    ],
)
def test_mistakes_in_an_upstream(upstream: str, expected: str) -> None:
    found = mistakes_of(f"services:\n  s:\n    upstream: {upstream}\n")
    assert len(found) == 1
    assert found[0].startswith(expected), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "yett.yaml: a policy is a mapping (begin with: version: 1)"),
        ("[]", "yett.yaml:1:1: a policy is a mapping (begin with: version: 1)"),
        ("version: 1", "yett.yaml:1:1: 'services' is missing"),
        ("services:", "yett.yaml:1:10: expected a mapping of names to services"),
        ("services: []", "yett.yaml:1:11: expected a mapping of names to services"),
        ("services: {a: 1}", "yett.yaml:1:15: expected a mapping"),
    ],
)
def test_mistakes_of_shape(text: str, expected: str) -> None:
    found = mistakes_of(text)
    assert found and found[0].startswith(expected), found


@pytest.mark.parametrize(
    "lines",
    [
        "cors: false",
        "cors:",
        "security_fields: true",
        "authenticate: [anonymous, {client_certificate: {}}]",
        "authenticate: []",
        "match: {hosts: ['[::1]', '*.example', 127.0.0.1], prefix: /a.b-c_d~e/}",
        "operations: {x: {cors: false}}",
    ],
)
def test_short_forms(lines: str) -> None:
    assert mistakes_of(service(lines)) == []


def test_needs() -> None:
    policy, _ = attempt(
        service(
            """\
authenticate:
- jwt: {algorithms: [HS256], issuer: a, audience: b, secret: {env: TOKEN_KEY}}
- basic: {users: users.yaml}
operations:
  a:
    authenticate: [{jwt: {algorithms: [RS256], issuer: a, audience: b, jwks: {url: "https://issuer.example/keys"}}}]
  b:
    authenticate: [{jwt: {algorithms: [RS256], issuer: a, audience: b, jwks: {file: keys.json}}}]
"""
        )
    )
    assert policy is not None
    found = needs(policy)
    assert found.secrets == {"env:TOKEN_KEY": "/services/s/authenticate/0/jwt/secret"}
    assert set(found.files) == {"users.yaml", "keys.json"}
    assert found.key_sets == {"https://issuer.example/keys": "/services/s/operations/a/authenticate/0/jwt/jwks/url"}


def test_needs_of_plain_values() -> None:
    found = Needs()
    for value in (None, 1, "text", {"a": [1, ("x",)]}):
        found.collect(value, "/x")
    assert found == Needs()


def test_values_of_unknown_keys_are_not_repeated() -> None:
    (found,) = mistakes_of(service("password: hunter2"))
    assert found.startswith("yett.yaml:4:5: unknown key 'password'")
    assert "hunter2" not in found


@pytest.mark.parametrize("name", ['"a\\0"', '"a b"', '""', '"' + "x" * 65 + '"', '"\\e[31m"'])
def test_a_service_has_a_name_that_can_be_shown(name: str) -> None:
    (mistake,) = mistakes_of(f'services:\n  {name}:\n    upstream: {{targets: ["http://127.0.0.1:1"]}}\n')
    assert mistake.startswith("yett.yaml:2:3: not a name for a service")
