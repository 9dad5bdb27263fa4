"""Injection into filters of directories and into XPath, on the lab's interpreters; SQL that only time tells; debug by name."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from labs import interpreters
from yett.engine.probing.trial import Pure, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.rules.probes import debug_pages, ldap_injection, sql_injection, ssrf, verbose_errors_live, xpath_injection
from yett.rules.registry import as_probe

PROBES = (debug_pages, ldap_injection, sql_injection, ssrf, verbose_errors_live, xpath_injection)
HALL = """
openapi: 3.0.3
info: {title: Hall, version: "1"}
paths:
  /people:
    get:
      operationId: findPeople
      parameters: [{name: name, in: query, required: true, schema: {type: string, example: ana}}]
      responses: {"200": {description: ok}}
  /titles:
    get:
      operationId: findTitles
      parameters: [{name: author, in: query, required: true, schema: {type: string, example: austen}}]
      responses: {"200": {description: ok}}
  /ratings:
    post:
      operationId: rate
      requestBody: {content: {application/json: {schema: {type: object, required: [note], properties: {note: {type: string}}}}}}
      responses: {"202": {description: ok}}
  /v1/_debug:
    get: {operationId: debugUsers, responses: {"200": {description: ok}}}
  /check:
    get:
      operationId: check
      parameters: [{name: host, in: query, required: true, schema: {type: string, example: a.example}}]
      responses: {"200": {description: ok}}
"""
STAFF = [{"uid": "ana", "mail": "ana@x.example"}, {"uid": "ben", "mail": "ben@x.example"}]
TITLES = [{"author": "austen", "title": "Emma"}, {"author": "lem", "title": "Solaris"}]
WAIT = {"mysql": r"select sleep\((\d+)\)", "postgres": r"select pg_sleep\((\d+)\)", "server": r"waitfor delay '0:0:(\d+)'"}


class Hall:
    """weak: "ldap", "ldap mute", "xpath", "xpath error", "mysql", "postgres", "server", "debug", "host", "trace"."""

    def __init__(self, weak: str = "") -> None:
        self.weak = weak
        self.pure = Pure(self)

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.target.decode())
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        try:
            return self.answer(parts.path, query, request.body.decode())
        except interpreters.Broken as error:
            return replies(200, []) if self.weak.endswith("mute") else replies(500, {"error": str(error)})

    def answer(self, path: str, query: dict[str, str], body: str) -> Response:
        if path == "/people":
            name = query["name"] if self.weak.startswith("ldap") else re.sub(r"[*()\\]", "?", query["name"])
            return replies(200, interpreters.ldap(STAFF, f"(&(mail=*)(uid={name}))"))
        if path == "/titles":
            return self.titles(query["author"])
        if path == "/ratings" and body:
            waits = re.search(WAIT.get(self.weak, "never"), body)
            return replies(202, {"ok": True}, ((b"x-seconds", b"%d.01" % int(waits[1] if waits else 0)),))
        if path == "/v1/_debug" and self.weak == "debug":
            return replies(200, {"users": [{"name": "ana", "password": "secret-one"}]})
        if path == "/check":
            if self.weak == "host" and "listener.invalid" in query["host"] and " " not in query["host"]:
                self.pure.listened.append("http://" + query["host"].removeprefix("http://"))
            if self.weak == "trace" and "\ufffd" in query["host"]:
                return replies(500, {"error": "sqlite3.OperationalError: oh"})
            return replies(200, {"checked": True})
        return replies(404, {"error": "no page"})

    def titles(self, author: str) -> Response:
        if self.weak == "xpath error":  # says what is wrong, and finds nothing in any case
            if author.count("'") % 2:
                raise interpreters.Broken("lxml.etree.XPathEvalError: Invalid predicate")
            return replies(200, [])
        if self.weak == "xpath":
            return replies(200, interpreters.xpath(TITLES, f"author='{author}'"))
        return replies(200, [one for one in TITLES if one["author"] == author])


EXPECTED = {
    "ldap": ("findPeople", "query name", Flaw.LDAP_INJECTION, None),
    "ldap mute": ("findPeople", "query name", Flaw.LDAP_INJECTION, None),
    "xpath": ("findTitles", "query author", Flaw.XPATH_INJECTION, None),
    "xpath error": ("findTitles", "query author", Flaw.XPATH_INJECTION, None),
    "mysql": ("rate", "body /note", Flaw.SQL_INJECTION, None),
    "postgres": ("rate", "body /note", Flaw.SQL_INJECTION, None),
    "server": ("rate", "body /note", Flaw.SQL_INJECTION, None),
    "host": ("check", "query host", Flaw.SSRF, None),
    "trace": ("check", "query host", Flaw.VERBOSE_ERROR, None),
    "debug": ("", "", Flaw.EXPOSED_DEBUG, Severity.HIGH),
}


def found(weak: str) -> list[tuple[str, str, Flaw, Severity | None]]:
    server = Hall(weak)
    outcome = tried(server, HALL, only=[as_probe(one) for one in PROBES], pure=server.pure)
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    claims = [(one.operation.id if one.operation else "", one.claim) for one in outcome.found]
    return [(name, claim.place, claim.flaw, claim.severity) for name, claim in claims]


@pytest.mark.parametrize("weak", EXPECTED)
def test_weak(weak: str) -> None:
    assert EXPECTED[weak] in found(weak)
    assert {one[2] for one in found(weak)} <= {EXPECTED[weak][2], Flaw.VERBOSE_ERROR}


def test_fixed() -> None:
    assert found("") == []


def test_a_slow_target_obeys_nothing() -> None:
    turn = [0]

    def serve(request: Request) -> Response:
        turn[0] += 1
        return replies(202, {"ok": True}, ((b"x-seconds", str((turn[0] * 7) % 5).encode()),))

    outcome = tried(serve, HALL, only=[as_probe(sql_injection)])
    assert outcome.found == []
