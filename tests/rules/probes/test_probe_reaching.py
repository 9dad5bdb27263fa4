"""Addresses that the target calls, fields and tags that it repeats, entities that it replaces: weak servers and fixed ones."""

import re
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from yett.engine.probing.trial import Pure, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.rules.probes import header_injection, script_reflected, ssrf, xml_entities
from yett.rules.registry import as_probe

PROBES = (header_injection, script_reflected, ssrf, xml_entities)
GATE = """
openapi: 3.0.3
info: {title: Gate, version: "1"}
paths:
  /previews:
    post:
      operationId: preview
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [url, title], properties: {url: {type: string, format: uri}, title: {type: string}}}
      responses: {"200": {description: ok}}
  /go:
    get:
      operationId: go
      parameters: [{name: label, in: query, required: true, schema: {type: string, example: home}}]
      responses: {"200": {description: ok}}
  /hello:
    get:
      operationId: hello
      parameters: [{name: name, in: query, required: true, schema: {type: string, example: ann}}]
      responses: {"200": {description: ok, content: {text/html: {}}}}
  /import:
    post:
      operationId: importOrders
      requestBody: {content: {application/xml: {schema: {type: object, properties: {note: {type: string}}}}}}
      responses: {"200": {description: ok}}
"""
ENTITY = re.compile(r'<!ENTITY yett (?:SYSTEM "(?P<system>[^"]*)"|"(?P<text>[^"]*)")>')


class Gate:
    """weak: "called", "fields", "tags", "files", "entities", "entity texts"."""

    def __init__(self, weak: str = "") -> None:
        self.weak = weak
        self.pure = Pure(self)

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.target.decode())
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path == "/previews" and request.body[:1] == b"{":
            said = msgspec.json.decode(request.body)
            if self.weak == "called" and str(said.get("url")).startswith("http"):
                self.pure.listened.append(said["url"])
            return replies(200, {"title": said.get("title")})
        if parts.path == "/go":
            label = query.get("label", "")
            added = label.partition("\n")[2].partition(":") if self.weak == "fields" else ("", "", "")
            fields = ((b"x-label", label.partition("\r")[0].encode()),)
            return replies(200, {}, (*fields, (added[0].encode(), b"1")) if added[0] else fields)
        if parts.path == "/hello":
            name = query.get("name", "")
            if self.weak != "tags":
                name = name.replace("&", "&amp;").replace("<", "&lt;")
            return Response(status=200, fields=((b"content-type", b"text/html"),), body=f"<p>Hello {name}</p>".encode())
        if parts.path == "/import" and b"<" in request.body:
            return self.imported(request.body.decode())
        return replies(404, {"error": "no page"})

    def imported(self, document: str) -> Response:
        entity = ENTITY.search(document)
        if entity is None or self.weak not in ("files", "entities", "entity texts"):
            return replies(400, {"error": "document types are refused"})
        if entity["text"] is not None:
            return replies(200, {"note": entity["text"]})
        if self.weak == "entities" and entity["system"].startswith("http"):
            self.pure.listened.append(entity["system"])
        passwd = self.weak == "files" and entity["system"] == "file:///etc/passwd"
        return replies(200, {"note": "root:x:0:0:root:/root:/bin/sh" if passwd else ""})


EXPECTED = {
    "called": ("preview", "body /url", Flaw.SSRF, None),
    "fields": ("go", "query label", Flaw.HEADER_INJECTION, None),
    "tags": ("hello", "query name", Flaw.CROSS_SITE_SCRIPTING, None),
    "files": ("importOrders", "body", Flaw.XXE, None),
    "entities": ("importOrders", "body", Flaw.XXE, None),
    "entity texts": ("importOrders", "body", Flaw.XXE, Severity.LOW),
}


def found(weak: str) -> list[tuple[str, str, Flaw, Severity | None]]:
    server = Gate(weak)
    outcome = tried(server, GATE, only=[as_probe(one) for one in PROBES], pure=server.pure)
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    return [(one.operation.id, one.claim.place, one.claim.flaw, one.claim.severity) for one in outcome.found if one.operation]


@pytest.mark.parametrize("weak", EXPECTED)
def test_weak(weak: str) -> None:
    assert found(weak) == [EXPECTED[weak]]


def test_fixed() -> None:
    assert found("") == []
