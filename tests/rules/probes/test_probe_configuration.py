"""Configuration: origins, errors, pages for developers, documentation, fields, TLS, caches, overrides, framing."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from yett.engine.probing.drive import Driver
from yett.engine.probing.trial import Pure, Seeded, header, replies, target_of
from yett.model.exchange import Request, Response
from yett.model.probe import Answer, Flaw, Handshake
from yett.model.rule import Severity
from yett.rules.probes import (
    ambiguous_framing,
    cors_trusts_everybody,
    debug_pages,
    documentation_public,
    header_override,
    private_answers_cached,
    security_fields,
    verbose_errors_live,
    weak_tls_live,
)
from yett.rules.probing.identity import Identity
from yett.rules.probing.pages import debugging, describing
from yett.rules.registry import as_probe

PROBES = (
    *(ambiguous_framing, cors_trusts_everybody, debug_pages, documentation_public, header_override, private_answers_cached),
    *(security_fields, verbose_errors_live, weak_tls_live),
)
SITE = """
openapi: 3.0.3
info: {title: Site, version: "1"}
paths:
  /api/v1/status:
    get: {operationId: status, security: [], responses: {"200": {description: ok}}}
  /api/v1/double:
    get:
      operationId: double
      security: []
      parameters: [{name: n, in: query, required: true, schema: {type: integer, example: 2}}]
      responses: {"200": {description: ok}}
  /api/v1/me:
    get: {operationId: me, responses: {"200": {description: ok}}}
  /api/v1/inside:
    get: {operationId: inside, responses: {"200": {description: ok}}}
security: [{token: []}]
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
ALICE = Identity(name="alice", credential=(("Authorization", "Bearer alice"),), facts={"username": "alice"})
TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in double\nValueError: invalid literal'


class Site:
    """weak: "cors", "cors open", "trace", "debug", "docs", "fields", "public", "kept", "path", "method", "address"."""

    def __init__(self, weak: str = "") -> None:
        self.weak = weak
        self.cache: dict[bytes, Response] = {}

    def __call__(self, request: Request) -> Response:
        if self.weak == "kept" and request.target in self.cache:
            return self.cache[request.target]
        status, value = self.answer(request)
        fields = [(b"cache-control", b"public, max-age=60" if self.weak == "public" else b"no-store")]
        if self.weak != "fields":
            fields.append((b"x-content-type-options", b"nosniff"))
        else:
            fields.append((b"server", b"acme/1.2.3"))
        origin = header(request, "origin")
        if self.weak.startswith("cors") and origin:
            fields.append((b"access-control-allow-origin", origin.encode()))
            if self.weak == "cors":
                fields.append((b"access-control-allow-credentials", b"true"))
        response = replies(status, value, tuple(fields))
        if self.weak == "kept" and status == 200 and b"?" in request.target:
            self.cache[request.target] = response
        return response

    def answer(self, request: Request) -> tuple[int, Any]:
        path, query = urlsplit(request.target.decode()).path, urlsplit(request.target.decode()).query
        if self.weak == "path":
            path = header(request, "x-original-url") or path
        if self.weak == "method" and header(request, "x-http-method-override"):
            return 405, {"error": "no such method"}
        alice = header(request, "authorization") == "Bearer alice"
        if path == "/api/v1/status":
            return 200, {"up": True}
        if path == "/api/v1/double":
            number = next((part[2:] for part in query.split("&") if part.startswith("n=")), "")
            if number.isdecimal():
                return 200, {"n": 2 * int(number)}
            return (500, {"trace": TRACE}) if self.weak == "trace" else (400, {"error": "n"})
        if path == "/api/v1/me":
            return (200, {"name": "alice", "email": "a@x.example"}) if alice else (401, {"error": "who?"})
        if path == "/api/v1/inside":
            inside = self.weak == "address" and header(request, "x-real-ip") == "127.0.0.1"
            return (200, {"hosts": ["a"]}) if inside else (403, {"error": "no"})
        if path == "/debug/vars" and self.weak == "debug":
            return 200, {"DATABASE_URL": "postgresql://app:hunter2@db/app"}
        if path == "/openapi.json" and self.weak == "docs":
            return 200, {"openapi": "3.0.3", "paths": {}}
        return 404, {"error": "no page"}


def found(site: Site, origin: str = "http://target.invalid", **with_: Any) -> dict[Flaw, tuple[str, Severity | None]]:
    pure = Pure(site)
    pure.raw = with_.get("raw", lambda octets: (Answer(status=400 if b"yett" in octets or b", " in octets else 200),))
    pure.tls = with_.get("tls", pure.tls)
    target = target_of(SITE, [ALICE])
    target.origin, target.rng = origin, Seeded(3)
    outcome = pure.drive(Driver(target, [as_probe(one) for one in PROBES], pure.clock, strict=True))
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    assert outcome.requests < 170
    assert len(outcome.found) == len({one.claim.flaw for one in outcome.found})
    return {one.claim.flaw: (one.claim.place, one.claim.severity) for one in outcome.found}


def strict(octets: bytes) -> tuple[Answer, ...]:
    bad = octets.count(b"Content-Length") > 1 or b", 5" in octets or b"+0" in octets or b"yett" in octets.split(b"\r\n", 1)[1]
    return (Answer(status=400 if bad else 200),)


@pytest.mark.parametrize(
    ("weak", "flaw", "place", "severity"),
    [
        ("cors", Flaw.CORS, "", Severity.MEDIUM),
        ("cors open", Flaw.CORS, "", Severity.LOW),
        ("trace", Flaw.VERBOSE_ERROR, "query n", None),
        ("debug", Flaw.EXPOSED_DEBUG, "", Severity.HIGH),
        ("docs", Flaw.EXPOSED_DOCUMENTATION, "", None),
        ("fields", Flaw.MISSING_SECURITY_FIELD, "", None),
        ("public", Flaw.CACHEABLE_PRIVATE, "", None),
        ("kept", Flaw.CACHEABLE_PRIVATE, "", Severity.HIGH),
        ("path", Flaw.HEADER_OVERRIDE, "header X-Original-URL", Severity.MEDIUM),
        ("method", Flaw.HEADER_OVERRIDE, "header X-HTTP-Method-Override", Severity.LOW),
        ("address", Flaw.HEADER_OVERRIDE, "header X-Real-IP", Severity.HIGH),
    ],
)
def test_weak(weak: str, flaw: Flaw, place: str, severity: Severity | None) -> None:
    assert found(Site(weak), raw=strict) == {flaw: (place, severity)}


def test_fixed() -> None:
    assert found(Site(), raw=strict) == {}


def test_what_answers_everything_has_no_pages() -> None:
    assert found(Site(""), raw=lambda _: ()) == {}


def test_framing() -> None:
    lenient = found(Site(), raw=lambda _: (Answer(status=200),))
    assert lenient == {Flaw.AMBIGUOUS_FRAMING: ("Content-Length", None)}
    signs = found(Site(), raw=lambda octets: (Answer(status=200 if b"+0" in octets else strict(octets)[0].status),))
    coding = found(Site(), raw=lambda octets: (Answer(status=200 if b": yett" in octets else strict(octets)[0].status),))
    assert coding == {Flaw.AMBIGUOUS_FRAMING: ("Transfer-Encoding", None)}
    assert signs == {Flaw.AMBIGUOUS_FRAMING: ("Content-Length", None)}


def test_tls() -> None:
    def old(version: str) -> Handshake:
        return Handshake(accepted=True, cipher="RC4", expires=2e9)

    def modern(version: str) -> Handshake:
        return Handshake(accepted=version in ("TLSv1.2", "TLSv1.3"), cipher="AES", expires=2e9)

    def ending(version: str) -> Handshake:
        return Handshake(accepted=version == "TLSv1.2", expires=1_800_000_000.0 + 7200)

    secure = "https://target.invalid"
    fields = {Flaw.MISSING_SECURITY_FIELD: ("", None)}  # no Strict-Transport-Security
    assert found(Site(), secure, raw=strict, tls=old) == {**fields, Flaw.WEAK_TLS: ("version", None)}
    assert found(Site(), secure, raw=strict, tls=modern) == fields
    assert found(Site(), secure, raw=strict, tls=ending) == {**fields, Flaw.WEAK_TLS: ("certificate", Severity.LOW)}


def test_pages_are_known_by_what_they_show() -> None:
    assert debugging(Answer(status=200, body=b"# HELP a\n# TYPE a counter\n")) == "metrics of the program"
    assert debugging(Answer(status=200, body=b"# HELP wanted: we hire")) == ""
    assert debugging(Answer(status=200, body=b"[core]\nrepositoryformatversion = 0")) == "a version control directory"
    assert describing(Answer(status=200, body=b'{"swagger": "2.0", "paths": {}}')) == "a description of the API"
    assert describing(Answer(status=200, body=b"<script>SwaggerUIBundle()</script>")) == "pages of documentation"
    assert describing(Answer(status=200, body=b'{"text": "we use openapi"}')) == ""
