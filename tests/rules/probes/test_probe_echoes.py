"""What only looks like a hole: lists that are given back as they were sent, and line breaks that CSV keeps within quotes."""

import json
from urllib.parse import unquote

import pytest

from yett.engine.probing.trial import replies, tried
from yett.model.exchange import Request, Response
from yett.rules.probes import log_injection, unbounded_pages
from yett.rules.probing.identity import Identity
from yett.rules.registry import as_probe

RULES = """
openapi: 3.0.3
info: {title: Rules, version: "1"}
paths:
  /rules:
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [tags], properties: {
        tags: {type: array, items: {type: string, example: green}}}}}}}
      responses: {"200": {description: ok}}
"""
LOG = """
openapi: 3.0.3
info: {title: Log, version: "1"}
paths:
  /search:
    get:
      parameters: [{name: q, in: query, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /log: {get: {responses: {"200": {description: ok}}}}
"""
ALICE = Identity(name="alice", credential=(("Authorization", "Bearer alice"),))


@pytest.mark.parametrize(("looks_up", "found"), [(False, []), (True, ["unbounded-resource"])])
def test_a_list_that_is_given_back_is_not_unbounded(looks_up: bool, found: list[str]) -> None:
    def serve(request: Request) -> Response:
        if request.method != "POST" or request.target != b"/rules":
            return replies(404, {"error": "not found"})
        try:
            tags = json.loads(request.body)["tags"]
        except (ValueError, LookupError, TypeError):
            return replies(400, {"error": "tags"})
        return replies(200, {"rules": [{"tag": one, "since": 2020} for one in tags]} if looks_up else {"tags": tags})

    outcome = tried(serve, RULES, [ALICE], [as_probe(unbounded_pages)])
    assert [str(one.claim.flaw) for one in outcome.found] == found


@pytest.mark.parametrize(("csv", "found"), [(True, []), (False, ["log-injection"])])
def test_a_line_break_within_quotes_of_csv_ends_no_entry(csv: bool, found: list[str]) -> None:
    entries: list[str] = []

    def serve(request: Request) -> Response:
        path, _, query = request.target.decode().partition("?")
        if path == "/log":
            kind = b"text/csv; charset=utf-8" if csv else b"text/plain"
            text = "".join(f'2030-01-15,1,"{one}"\r\n' if csv else f"INFO {one}\n" for one in entries)
            return Response(status=200, fields=((b"content-type", kind),), body=text.encode())
        if path != "/search" or not query.startswith("q="):
            return replies(404, {"error": "not found"})
        entries.append(unquote(query[2:].replace("+", " ")).replace('"', '""'))
        return replies(200, {"found": 0})

    outcome = tried(serve, LOG, [ALICE], [as_probe(log_injection)])
    assert [str(one.claim.flaw) for one in outcome.found] == found
