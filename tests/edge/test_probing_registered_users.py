"""Reproducers that rest on users whom a run registered need nobody's credential: they register their own, on any instance."""

import base64
import json
from typing import Any

import pytest
from served import served

from yett.engine.probing.drive import Driver
from yett.engine.probing.report import reported
from yett.engine.probing.trial import Pure, header, replies, target_of
from yett.model.exchange import Request, Response
from yett.rules.probing.identity import Identity
from yett.rules.registry import probes

USER = "{type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}"
CONTRACT = f"""
openapi: 3.0.3
info: {{title: Diaries, version: "1"}}
paths:
  /register:
    post:
      operationId: register
      requestBody: {{content: {{application/json: {{schema: {USER}}}}}}}
      responses: {{"201": {{description: made}}}}
  /login:
    post:
      operationId: login
      requestBody: {{content: {{application/json: {{schema: {USER}}}}}}}
      responses: {{"200": {{description: ok}}}}
  /users/me:
    get:
      operationId: me
      responses:
        "200":
          description: ok
          content: {{application/json: {{schema: {{type: object, properties: {{username: {{type: string}}, role: {{type: string}}}}}}}}}}
  /diaries:
    post:
      operationId: createDiary
      requestBody: {{content: {{application/json: {{schema: {{type: object, required: [text], properties: {{text: {{type: string}}}}}}}}}}}}
      responses: {{"201": {{description: made}}}}
    get: {{operationId: listDiaries, responses: {{"200": {{description: ok}}}}}}
  /diaries/{{diaryId}}:
    get:
      operationId: readDiary
      parameters: [{{name: diaryId, in: path, required: true, schema: {{type: string}}}}]
      responses: {{"200": {{description: ok}}}}
    delete:
      operationId: deleteDiary
      parameters: [{{name: diaryId, in: path, required: true, schema: {{type: string}}}}]
      responses: {{"204": {{description: gone}}}}
"""
OWNER = "Basic " + base64.b64encode(b"owner:owner-password").decode()


class Diaries:
    """weak: everybody with a credential reads every diary, and names their own role. way: how users are known: by "cookie",
    "bearer", "basic", or a "key" that only registering tells."""

    def __init__(self, weak: bool, way: str) -> None:
        self.weak, self.way = weak, way
        self.users = {"owner": {"password": "owner-password", "role": "user"}}
        self.diaries: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, str] = {}

    def __call__(self, request: Request) -> Response:
        path = request.target.decode()
        body = json.loads(request.body or b"{}")
        if path == "/register":
            if not {"username", "password"} <= body.keys() or body["username"] in self.users:
                return replies(409, {"error": "not possible"})
            role = body.get("role", "user") if self.weak else "user"
            self.users[body["username"]] = {"password": body["password"], "role": role}
            if self.way == "key":
                self.sessions[f"key-{len(self.users)}-{id(self)}"] = body["username"]
                return replies(201, {"username": body["username"], "api_key": f"key-{len(self.users)}-{id(self)}"})
            return replies(201, {"username": body["username"]})
        if path == "/login":
            return self._login(body)
        who = self._who(request)
        if who is None:
            return replies(401, {"error": "log in first"})
        if path == "/users/me":
            return replies(200, {"username": who, "role": self.users[who]["role"]})
        return self._diaries(request, path, body, who)

    def _login(self, body: dict[str, Any]) -> Response:
        name = body.get("username")
        if name not in self.users or self.users[name]["password"] != body.get("password"):
            return replies(401, {"error": "wrong name or password"})
        token = f"session-{len(self.sessions)}-{id(self)}"
        self.sessions[token] = name
        if self.way == "cookie":
            return replies(200, {"welcome": name}, ((b"Set-Cookie", f"sid={token}; HttpOnly; Path=/".encode()),))
        return replies(200, {"token": token} if self.way == "bearer" else {"welcome": name})

    def _who(self, request: Request) -> str | None:
        authorization = header(request, "authorization")
        if authorization.startswith("Basic "):
            name, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
            return name if name in self.users and self.users[name]["password"] == password else None
        if self.way == "key":
            return self.sessions.get(header(request, "x-api-key"))
        token = header(request, "cookie").partition("=")[2] if self.way == "cookie" else authorization.removeprefix("Bearer ")
        return self.sessions.get(token)

    def _diaries(self, request: Request, path: str, body: dict[str, Any], who: str) -> Response:
        if path == "/diaries" and request.method == "POST" and "text" in body:
            key = f"d{len(self.diaries) + 1}"
            self.diaries[key] = {"id": key, "owner": who, "text": body["text"]}
            return replies(201, self.diaries[key])
        if path == "/diaries":
            return replies(200, [one for one in self.diaries.values() if one["owner"] == who])
        one = self.diaries.get(path.rpartition("/")[2])
        if one is None or (one["owner"] != who and (not self.weak or request.method != "GET")):
            return replies(404, {"error": "not found"})
        if request.method == "DELETE":
            del self.diaries[one["id"]]
            return replies(204)
        return replies(200, one)


def found(way: str, rule: str) -> tuple[str, str]:
    """The reproducer of the one finding on a weak server, and its curl line."""
    pure = Pure(Diaries(True, way))
    identities = [Identity(name="owner", credential=(("Authorization", OWNER),), username="owner")] if way == "basic" else []
    scheme = "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-API-Key}}}\n"
    driver = Driver(
        target_of(CONTRACT + (scheme if way == "key" else ""), identities), [probes()[rule]], pure.clock, strict=True
    )
    one = reported(pure.drive(driver), driver.target, 0.0)[0]
    assert one.proof is not None
    return one.proof.reproducer, one.proof.curl


@pytest.mark.parametrize("way", ["cookie", "bearer", "basic", "key"])
@pytest.mark.parametrize("rule", ["bola-read", "mass-assignment"])
def test_reproducers_register_their_own_users(way: str, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script, _ = found(way, rule)
    assert "THROWAWAY" not in script
    for weak in (True, False):
        with served(Diaries(weak, way)) as origin:
            monkeypatch.setenv("YETT_TARGET", origin)
            monkeypatch.setenv("YETT_OWNER_AUTHORIZATION", OWNER)
            space: dict[str, Any] = {"__name__": "reproducer"}
            exec(compile(script, "reproducer.py", "exec"), space)
            run = next(value for name, value in space.items() if name.startswith("test_"))
            if weak:
                with pytest.raises(AssertionError, match="it is still there"):
                    run()
            else:
                run()
