"""A report is no secret: neither what identities log in with, nor tokens that were had or forged, nor what a target gives away."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from served import served

from yett.cli.main import main
from yett.engine.probing.trial import header, replies
from yett.formats import forging
from yett.model.exchange import Request, Response

SIGNING = "supersecretkey"
CANARIES = {"alice": "canary-alice-pw", "bob": "canary-bob-pw", "carol": "canary-carol-pw"}
ENVIRONMENT = (
    "DEBUG=1\nSECRET_KEY=canary-secret-key\nDATABASE_PASSWORD=canary-database-pw\nAPI_KEY=canary-7f3d9a1c55e04b2a8c6d\n"
)
SECURED = '{"security": [{"token": []}], "responses": {"200": {"description": "ok"}}}'
CONTRACT = f"""{{"openapi": "3.0.3", "info": {{"title": "Leaks", "version": "1"}}, "paths": {{
"/login": {{"post": {{"operationId": "login", "requestBody": {{"content": {{"application/json": {{"schema": {{"type": "object",
  "required": ["username", "password"], "properties": {{"username": {{"type": "string"}}, "password": {{"type": "string"}}}}}}}}}}}},
  "responses": {{"200": {{"description": "ok"}}}}}}}},
"/users": {{"get": {{"operationId": "listUsers", "responses": {{"200": {{"description": "ok"}}}}}}}},
"/me": {{"get": {SECURED}}},
"/logout": {{"post": {SECURED}}},
"/export": {{"get": {{"operationId": "export", "parameters": [{{"name": "token", "in": "query", "schema": {{"type": "string"}}}}],
  "responses": {{"200": {{"description": "ok"}}}}}}}}}},
"components": {{"securitySchemes": {{"token": {{"type": "http", "scheme": "bearer"}}}}}}}}"""
PEOPLE = """
identities:
  alice: &login
    username: alice
    password: canary-alice-pw
    login: {path: /login, json: {username: "{username}", password: "{password}"}, extract: {token: /token}}
  bob: {<<: *login, username: bob, password: canary-bob-pw}
"""


class Leaks:
    """Believes tokens without a signature and those of a weak secret, lists passwords, and shows its environment. tokens: all that
    it gave out, or took."""

    def __init__(self) -> None:
        self.tokens: set[str] = set()
        self.number = 0

    def __call__(self, request: Request) -> Response:
        path, _, query = request.target.decode().partition("?")
        if path == "/login":
            return self._login(json.loads(request.body or b"{}"))
        if path == "/users":
            return replies(200, [{"username": name, "password": word} for name, word in CANARIES.items()])
        if path == "/.env":
            return Response(status=200, fields=((b"content-type", b"text/plain"),), body=ENVIRONMENT.encode())
        who = self._caller(header(request, "authorization").removeprefix("Bearer ") or query.removeprefix("token="))
        if path not in ("/me", "/logout", "/export"):
            return replies(404, {"error": "nothing"})
        return replies(200, {"username": who, "email": f"{who}@example.com"}) if who else replies(401, {"error": "log in"})

    def _login(self, body: object) -> Response:
        name = body.get("username") if isinstance(body, dict) else None
        if not isinstance(body, dict) or name not in CANARIES or body.get("password") != CANARIES[name]:
            return replies(401, {"error": "no"})
        self.number += 1
        claims = {"sub": name, "jti": self.number, "exp": 4_000_000_000}
        token = forging.signed({"alg": "HS256", "typ": "JWT"}, claims, SIGNING.encode())
        self.tokens.add(token)
        return replies(200, {"token": token})

    def _caller(self, text: str) -> str:
        token = forging.read(text)
        if token is None or (token.algorithm != "none" and forging.guessed(token, [SIGNING.encode()]) is None):
            return ""
        self.tokens.add(text)
        return str(token.claims.get("sub", ""))


@pytest.mark.parametrize("more", [(), ("--requests", "120")])
def test_no_report_and_no_state_holds_a_secret(tmp_path: Path, more: tuple[str, ...]) -> None:
    server = Leaks()
    (tmp_path / "contract.json").write_text(CONTRACT)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    files = {kind: tmp_path / f"report.{kind}" for kind in ("json", "sarif", "junit", "html", "wfc")}
    state, accepted = tmp_path / "state", tmp_path / "accepted.json"
    with served(server) as origin:
        arguments = [
            "probe",
            origin,
            "--contract",
            str(tmp_path / "contract.json"),
            "--identities",
            str(tmp_path / "people.yaml"),
        ]
        arguments += [part for kind, path in files.items() for part in (f"--{kind}", str(path))]
        arguments += ["--state", str(state), "--write-baseline", str(accepted), "--rate", "1000", "--budget", "20s", *more]
        arguments += ["--skip", "slow-patterns,injection-sql,injection-command,user-enumeration,no-rate-limit"]
        ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code in (1, 3), ended.output
    classes = {one["class"] for one in json.loads(files["json"].read_text())["findings"]}
    if not more:
        assert {"jwt-unverified", "jwt-weak-secret", "excessive-data", "exposed-debug", "credentials-in-url"} <= classes
    else:
        assert state.exists()
    written = [ended.output.encode(), *(path.read_bytes() for path in (*files.values(), accepted, *([state] if more else [])))]
    secrets = {
        *CANARIES.values(),
        SIGNING,
        *server.tokens,
        "canary-secret-key",
        "canary-database-pw",
        "canary-7f3d9a1c55e04b2a8c6d",
    }
    assert len(server.tokens) > 3
    for text in written:
        assert [secret for secret in secrets if secret.encode() in text] == []
