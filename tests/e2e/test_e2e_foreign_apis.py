"""APIs that nobody made for Yett, behind it in enforce mode with the contract that they publish themselves.

Each request goes to the API directly and through the gateway. Every difference must be on the list of those that are explained;
an explanation that explains nothing any more is a failure, too. How httpbin's own test suite fares is told in
`docs/explanation/foreign-apis.md`.
"""

import contextlib
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import Child, Serving, environment, free_port, until

SHOP = str(Path(__file__).with_name("fastapi_shop.py"))
UUID = "6f7f1c1a-8c0f-4b57-9d5b-1f7a36a3d0c1"
CARD = {"kind": "card", "number": "4111111111111111"}
ITEM = {"name": "a", "price": 1.5}

POLICY = """
  api:
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{api}"]}
    contract: {file: contract.json, requests: enforce, responses: enforce, response_action: {action}}
    security_fields: true
    sanitise_errors: {replace_5xx: false}
{more}
"""

OURS = {
    "x-request-id",
    "x-content-type-options",
    "cache-control",
    "content-security-policy",
    "x-frame-options",
    "referrer-policy",
}
"""Fields that the policy adds."""
THEIRS = {"server", "date", "transfer-encoding", "content-length", "connection", "via"}
"""Fields that the policy takes away, or that say how and when, not what."""

Ask = tuple[str, str, dict[str, Any]]


def ask(method: str, path: str, **options: Any) -> Ask:
    return method, path, options


def listening(port: int, child: Child) -> bool:
    assert child.process.poll() is None, child.said()
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Differing:
    """Asks both and tells how the answers differ, in one line; "" where they do not."""

    def __init__(self, serving: Serving, api: int, masked: Callable[[str], str] = str) -> None:
        self._masked = masked
        self.serving = serving
        settings: dict[str, Any] = {"trust_env": False, "timeout": 20, "follow_redirects": False}
        self._direct = httpx.Client(base_url=f"http://127.0.0.1:{api}", **settings)
        self._through = httpx.Client(base_url=serving.url, **settings)

    def close(self) -> None:
        self._direct.close()
        self._through.close()

    def __call__(self, one: Ask) -> str:
        method, path, options = one
        self._direct.cookies.clear()
        self._through.cookies.clear()
        wanted = self._direct.request(method, path, **options)
        got = self._through.request(method, path, **options)
        if wanted.status_code != got.status_code:
            reasons = self.serving.record(got.headers["x-request-id"]).reasons
            said = "; ".join(f"{reason.rule}: {reason.reason}" for reason in reasons)
            return f"{wanted.status_code} became {got.status_code} ({said})"
        if self._masked(wanted.text) != self._masked(got.text):
            return "another body: " + differing(self._masked(wanted.text), self._masked(got.text))
        before = [(name, value) for name, value in wanted.headers.multi_items() if name not in THEIRS | OURS]
        after = [(name, value) for name, value in got.headers.multi_items() if name not in THEIRS | OURS]
        masked = [(name, self._masked(value)) for name, value in before], [(name, self._masked(value)) for name, value in after]
        return "" if masked[0] == masked[1] else f"other fields: {before} became {after}"


def differing(before: str, after: str) -> str:
    """Two texts from just before where they begin to differ."""
    same = next((index for index, (one, other) in enumerate(zip(before, after)) if one != other), 0)
    start = max(0, same - 20)
    return f"{before[start : start + 80]!r} became {after[start : start + 80]!r}"


# --- FastAPI --------------------------------------------------------------------------------------------------------

GOOD = [
    ask("GET", "/orders/1"),
    ask("DELETE", "/orders/5"),
    ask("POST", "/orders", json={"payment": CARD, "items": [ITEM]}),
    ask("POST", "/orders", json={"payment": {"kind": "transfer", "iban": "GB33BUKB20201555555555"}, "items": [ITEM], "note": None}),
    ask("POST", "/orders", json={"payment": CARD, "items": [{**ITEM, "parts": [ITEM], "tags": {"x": 1}, "weight": None}]}),
    ask("POST", "/orders", json={"payment": CARD, "items": [{**ITEM, "price": "9.99", "colours": ["red", "blue"]}], "due": "2026-05-01"}),
    ask("POST", "/orders", json={"payment": CARD, "items": [ITEM], "unknown": [1]}, headers={"Idempotency-Key": UUID}),
    ask("POST", "/orders", content=json.dumps({"payment": CARD, "items": [ITEM]}), headers={"Content-Type": "application/json; charset=utf-8"}),
    ask("PATCH", "/orders/7", json={"note": "ü", "n": 3, "gone": None}),
    ask("PATCH", "/orders/7", json={}),
    ask("GET", "/search", params={"q": "tea"}),
    ask("GET", "/search", params={"q": "grüner tee", "limit": "5", "colour": ["red", "blue"], "exact": "true", "maximum": "2.5"}),
    ask("GET", "/search", params={"q": "tea", "since": "2026-01-31", "at": "2026-01-31T10:00:00+02:00", "page-token": "a/b?c&d=e%"}),
    ask("GET", "/search", params={"q": "tea", "utm_source": "mail", "_": "123"}),
    ask("GET", "/search?q=green+tea&limit=100"),
    ask("GET", "/search?q=tea&exact=false&colour=red"),
    ask("GET", "/paged"),
    ask("GET", "/paged?offset=10&order=down"),
    ask("GET", f"/things/{UUID}/red/2026-02-28"),
    ask("GET", f"/things/{UUID.upper()}/blue/2024-02-29"),
    ask("GET", "/fields", headers={"X-Count": "3"}),
    ask("GET", "/fields", headers=[("X-Count", "0"), ("X-List", "a"), ("X-List", "b"), ("Cookie", "session=abc; other=1")]),
    ask("POST", "/login", data={"name": "alice", "password": "pä ss&=+", "remember": "true"}),
    ask("POST", "/login", data={"name": "alice", "password": "x", "extra": ["1", "2"]}),
    ask("POST", "/upload", files={"picture": ("a.png", bytes(range(256)) * 100, "image/png")}),
    ask("POST", "/upload", files=[("picture", ('grüße "1".png', b"x", "image/png")), ("more", ("b", b"1")), ("more", ("c", b"2"))], data={"title": "t"}),
    ask("PUT", "/raw", content=bytes(range(256)), headers={"Content-Type": "application/octet-stream"}),
    ask("PUT", "/embedded", json={"item": ITEM, "amount": 2, "why": "because"}),
    ask("PUT", "/list", json=[ITEM] * 50),
    ask("PUT", "/list", json=[]),
    ask("GET", "/text"),
    ask("GET", "/moved"),
    ask("GET", "/cookie"),
]  # fmt: skip

WRONG = [
    ask("GET", "/orders/0"),
    ask("GET", "/orders/x"),
    ask("POST", "/orders", json={"payment": {"kind": "cash"}, "items": [ITEM]}),
    ask("POST", "/orders", json={"payment": CARD, "items": []}),
    ask("POST", "/orders", json={"payment": CARD, "items": [{**ITEM, "price": 0}]}),
    ask("POST", "/orders", json={"payment": CARD, "items": [{**ITEM, "admin": True}]}),
    ask("POST", "/orders", json={"payment": CARD, "items": [ITEM], "due": "tomorrow"}),
    ask("POST", "/orders", content='{"payment": {}, "items": [', headers={"Content-Type": "application/json"}),
    ask("GET", "/search"),
    ask("GET", "/search", params={"q": "tea", "limit": "101"}),
    ask("GET", "/search", params={"q": "tea", "colour": "green"}),
    ask("GET", "/things/x/red/2026-02-28"),
    ask("GET", f"/things/{UUID}/red/2026-02-30"),
    ask("GET", "/fields", headers={"X-Count": "-1"}),
    ask("POST", "/login", data={"name": "alice"}),
    ask("PUT", "/embedded", json={"item": ITEM, "amount": 0}),
]

EXPLAINED = {
    "/stream": "200 became 502 (contract-response: a content type that is not declared)",  # FastAPI describes a stream as JSON
    "/orders/404": "404 became 502 (contract-response: the status 404 is not declared)",
    "/broken": '200 became 502 (contract-response: "placed" is a required property)',  # the API breaks its own contract
    "/openapi.json": "200 became 404 (undeclared: no operation with this path is declared)",
    "/docs": "200 became 404 (undeclared: no operation with this path is declared)",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Differing]:
    if importlib.util.find_spec("fastapi") is None or importlib.util.find_spec("uvicorn") is None:
        pytest.skip("FASTAPI IS NOT INSTALLED: its contracts are NOT TESTED (pip install '.[dev]')")
    directory, port = tmp_path_factory.mktemp("fastapi"), free_port()
    contract = subprocess.run([sys.executable, SHOP, "0"], capture_output=True, text=True, check=True, env=environment()).stdout
    with (
        Child([sys.executable, SHOP, str(port)], directory, "api", measured=False) as api,
        Serving(directory / "gateway", POLICY, files={"contract.json": contract}, api=port, action="block", more="") as serving,
    ):
        until(lambda: listening(port, api))
        differing = Differing(serving, port)
        yield differing
        differing.close()


def test_fastapi_nothing_legitimate_breaks(shop: Differing) -> None:
    assert {
        f"{method} {path} {options}": found for method, path, options in GOOD if (found := shop((method, path, options)))
    } == {}


def test_fastapi_what_differs_is_explained_by_the_contract(shop: Differing) -> None:
    assert {path: shop(ask("GET", path)) for path in EXPLAINED} == EXPLAINED


def test_fastapi_what_the_api_would_refuse_never_reaches_it(shop: Differing) -> None:
    for one in WRONG:
        assert re.match(r"422 became 400 \(contract-request: ", shop(one)), one


# --- httpbin --------------------------------------------------------------------------------------------------------

HTTPBIN = os.environ.get("YETT_HTTPBIN_PYTHON", "")
"""A Python with httpbin, flasgger and gunicorn; they are too much for the development dependencies."""

VOLATILE = re.compile(r'nonce="[^"]*"|opaque="[^"]*"|127\.0\.0\.1:\d+|[0-9a-f]{32}|"headers": {[^}]*}')
OWN = {
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "Traceparent",
    "X-Request-Id",
    "Host",
    "Accept-Encoding",
    "Connection",
    "origin",
    "url",
    "uuid",
}


def without_own(text: str) -> str:
    """What httpbin says, but for what it cannot say twice in the same way."""
    try:
        tree = json.loads(text)
    except ValueError:
        return VOLATILE.sub("", text)
    return json.dumps(_pruned(tree), indent=1)


def _pruned(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _pruned(value) for key, value in tree.items() if key not in OWN}
    return tree


PATHS = {
    "{n}": "3", "{offset}": "0", "{anything}": "any thing", "{value}": "30", "{user}": "u", "{passwd}": "p", "{qop}": "auth", "{algorithm}": "MD5",
    "{stale_after}": "never", "{delay}": "0", "{etag}": "abc", "{numbytes}": "1000", "{codes}": "200", "{name}": "k",
}  # fmt: skip
QUERIES = {
    "/redirect-to": "?url=/get",
    "/cookies/set": "?a=b",
    "/cookies/delete": "?a=",
    "/response-headers": "?X-A=b",
    "/drip": "?duration=0",
}
MISDESCRIBED = {
    "get /cookies/delete": "302 became 502 (contract-response: the status 302 is not declared)",
    "get /cookies/set": "302 became 502 (contract-response: the status 302 is not declared)",
    "get /cookies/set/{name}/{value}": "302 became 502 (contract-response: the status 302 is not declared)",
    "get /image": "406 became 502 (contract-response: the status 406 is not declared)",
}
"""Where httpbin does not what its contract says."""
RANDOM = ("/bytes/{n}", "/stream-bytes/{n}", "/uuid")


@pytest.fixture(scope="module")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Differing, dict[str, Any]]]:
    if not HTTPBIN:
        pytest.skip("HTTPBIN IS NOT TESTED: name a Python that has httpbin, flasgger and gunicorn in YETT_HTTPBIN_PYTHON")
    directory, port = tmp_path_factory.mktemp("httpbin"), free_port()
    command = [HTTPBIN, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "8", "httpbin:app"]
    with Child(command, directory, "api", measured=False) as api:
        until(lambda: listening(port, api))
        contract = httpx.get(f"http://127.0.0.1:{port}/spec.json", trust_env=False).text
        files = {"contract.json": contract}
        with Serving(directory / "gateway", POLICY, files=files, api=port, action="block", more="") as serving:
            differing = Differing(serving, port, without_own)
            yield differing, json.loads(contract)
            differing.close()
        api.process.terminate()
        api.process.wait(10)


def sample(method: str, template: str, operation: dict[str, Any]) -> Ask:
    path = template
    for name, value in PATHS.items():
        path = path.replace(name, value)
    forms = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "formData"]
    options: dict[str, Any] = {}
    if forms:
        options["data"] = {"url": "/get", "status_code": "307"}
    elif method in ("post", "put", "patch"):
        options["json"] = {"a": [1, {"b": None}], "ü": "ß"}
    if template == "/bearer":
        options["headers"] = {"Authorization": "Bearer x"}
    return ask(method.upper(), path + ("" if forms else QUERIES.get(template, "")), **options)


def test_httpbin_every_operation_of_its_contract(httpbin: tuple[Differing, dict[str, Any]]) -> None:
    differing, contract = httpbin
    found, asked = {}, 0
    for template, operations in contract["paths"].items():
        for method, operation in operations.items():
            one = sample(method, template, operation)
            asked += 1
            difference = differing(one)
            if difference and not (template in RANDOM and difference.startswith("another body")):
                found[f"{method} {template}"] = difference
    assert asked > 70
    refused = {name for name, difference in found.items() if difference.endswith("405 (http-syntax: TRACE is not served)")}
    assert refused == {name for name in found if name.startswith("trace ")}
    assert {name: found[name] for name in found.keys() - refused} == MISDESCRIBED


def test_httpbin_what_differs_is_explained_by_the_contract(httpbin: tuple[Differing, dict[str, Any]]) -> None:
    differing, _ = httpbin
    undeclared = "undeclared: no operation with this path is declared"
    expected = {
        ("GET", "/"): f"200 became 404 ({undeclared})",  # the page, not the API
        ("GET", "/anything/a/b"): f"200 became 404 ({undeclared})",  # a template stands for one segment
        ("OPTIONS", "/get"): "200 became 405 (undeclared: the path is declared, but not with this method)",
        ("GET", "/status/418"): "418 became 502 (contract-response: the status 418 is not declared)",
        ("GET", "/image"): "406 became 502 (contract-response: the status 406 is not declared)",
        ("POST", "/redirect-to"): "302 became 415 (contract-request: a content type that is not declared)",
    }
    options = {
        "/redirect-to": {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
        "/image": {"headers": {"Accept": "text/none"}},
    }
    assert {(method, path): differing(ask(method, path, **options.get(path, {}))) for method, path in expected} == expected
