"""Versions, operations and methods that nobody described; pages without bounds, slow patterns, missing limits."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from yett.engine.probing.trial import header, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.rules.probes import (
    missing_rate_limit,
    other_versions,
    slow_patterns,
    unbounded_pages,
    undeclared_operations,
    unexpected_methods,
)
from yett.rules.probing.identity import Identity
from yett.rules.registry import as_probe

PROBES = (missing_rate_limit, other_versions, slow_patterns, unbounded_pages, undeclared_operations, unexpected_methods)
STOCK = """
openapi: 3.0.3
info: {title: Stock, version: "2"}
security: [{token: []}]
paths:
  /api/v2/items:
    get:
      operationId: listItems
      parameters: [{name: limit, in: query, schema: {type: integer, example: 20}}]
      responses: {"200": {description: ok}}
  /api/v2/items/{itemId}:
    get:
      operationId: readItem
      parameters: [{name: itemId, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
  /api/v2/items/lookup:
    post:
      operationId: lookupItems
      requestBody:
        content: {application/json: {schema: {type: object, properties: {ids: {type: array, items: {type: integer}}}}}}
      responses: {"200": {description: ok}}
  /api/v2/addresses:
    get:
      operationId: findAddress
      parameters: [{name: email, in: query, required: true, schema: {type: string, example: a@b.example}}]
      responses: {"200": {description: ok}}
  /api/v2/codes:
    post:
      operationId: sendCode
      requestBody: {content: {application/json: {schema: {type: object, properties: {phone: {type: string, example: "+15550100"}}}}}}
      responses: {"202": {description: ok}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
ALICE = Identity(name="alice", credential=(("Authorization", "Bearer alice"),), facts={"username": "alice"})
LEFT = re.compile(r"/(a+)[@!]")


class Stock:
    """weak: "old", "old open", "admin", "methods", "trace", "pages", "batch", "slow", "sending", "reading"."""

    def __init__(self, weak: str = "") -> None:
        self.weak = weak
        self.sent = self.read = 0

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.target.decode())
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path, version = parts.path, "v2"
        if request.method == "TRACE":
            lines = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in request.fields)
            return Response(status=200, body=f"TRACE / HTTP/1.1\r\n{lines}".encode()) if self.weak == "trace" else replies(405)
        if path.startswith("/api/v1/") and self.weak.startswith("old"):
            path, version = "/api/v2/" + path.removeprefix("/api/v1/"), "v1"
        if (path == "/api/v2/items/export" and self.weak == "hidden") or (path == "/admin" and self.weak == "admin"):
            return replies(200, {"users": [{"name": "alice"}]})
        if not path.startswith("/api/v2/"):
            return replies(404, {"error": "no page"})
        if header(request, "authorization") != "Bearer alice" and not (version == "v1" and self.weak == "old open"):
            return replies(401, {"error": "who?"})
        return self.answer(request, path.removeprefix("/api/v2/"), query)

    def answer(self, request: Request, path: str, query: dict[str, str]) -> Response:
        rows = [{"id": number, "name": f"item {number}"} for number in range(1, 5001)]
        if request.method == "OPTIONS":
            return replies(204, None, ((b"allow", b"GET, DELETE" if self.weak == "methods" else b"GET"),))
        if path == "items" and request.method == "GET":
            self.read += 1
            if self.weak != "reading" and self.read > 20:
                return replies(200, rows[:3], ((b"ratelimit-remaining", b"9"),))
            limit = int(query.get("limit", "20"))
            return replies(200, rows[: limit if self.weak == "pages" else min(limit, 100)])
        if path == "items/lookup" and request.method == "POST":
            ids = msgspec.json.decode(request.body)["ids"]
            return replies(200, rows[: len(ids)]) if self.weak == "batch" or len(ids) <= 50 else replies(422, {"error": "many"})
        if path.startswith("items/"):
            number = path.removeprefix("items/")
            if request.method == "DELETE" and self.weak == "methods":
                return replies(404, {"error": "no item"})
            if request.method != "GET":
                return replies(405, {"error": "no method"})
            return replies(200, rows[0]) if number.isdecimal() and int(number) <= 5000 else replies(404, {"error": "no item"})
        if path == "addresses":
            letters = len(query.get("email", "")) - 1
            slow = 1e-7 * 2**letters if self.weak == "slow" and set(query["email"][:-1]) == {"a"} else 0.0
            return replies(200, {"found": 0}, ((b"x-seconds", str(0.004 + min(slow, 3.0)).encode()),))
        if path == "codes" and request.method == "POST":
            self.sent += 1
            return replies(202, {"sent": True}) if self.weak == "sending" or self.sent <= 5 else replies(429, {"error": "wait"})
        return replies(404, {"error": "no page"})


def found(weak: str) -> list[tuple[Flaw, str, str, Severity | None]]:
    server = Stock(weak)
    outcome = tried(server, STOCK, [ALICE], only=[as_probe(one) for one in PROBES])
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    assert all(one.claim.proof and one.claim.control for one in outcome.found)
    return [(one.claim.flaw, one.claim.template, one.claim.place, one.claim.severity) for one in outcome.found]


EXPECTED: dict[str, tuple[Any, ...]] = {
    "old": (Flaw.OLD_VERSION, "/api/v1/items", "", None),
    "old open": (Flaw.OLD_VERSION, "/api/v1/items", "", Severity.HIGH),
    "admin": (Flaw.UNDECLARED_OPERATION, "/admin", "", Severity.MEDIUM),
    "methods": (Flaw.UNEXPECTED_METHOD, "/api/v2/items/{itemId}", "", None),
    "trace": (Flaw.UNEXPECTED_METHOD, "/", "", None),
    "pages": (Flaw.UNBOUNDED_RESOURCE, "", "query limit", None),
    "batch": (Flaw.UNBOUNDED_RESOURCE, "", "body /ids", None),
    "slow": (Flaw.REGEX_DENIAL_OF_SERVICE, "", "query email", None),
    "sending": (Flaw.MISSING_RATE_LIMIT, "/api/v2/codes", "", Severity.MEDIUM),
    "reading": (Flaw.MISSING_RATE_LIMIT, "/api/v2/items", "", Severity.LOW),
}


@pytest.mark.parametrize("weak", EXPECTED)
def test_weak(weak: str) -> None:
    assert found(weak) == [EXPECTED[weak]]


def test_fixed() -> None:
    assert found("") == []
