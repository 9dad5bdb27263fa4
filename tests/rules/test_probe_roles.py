"""Functions for administrators that write: news, roles of users, actions; and members of a user that are set by a change."""

import json
from typing import Any

import pytest
from note_trials import named

from yett.engine.probing.trial import header, replies, tried
from yett.model.exchange import Request, Response
from yett.rules.probing.identity import Identity

DESCRIPTION = """
openapi: 3.0.3
info: {title: t, version: "1"}
security: [{b: []}]
components:
  securitySchemes: {b: {type: http, scheme: bearer}}
paths:
  /users:
    post:
      security: []
      requestBody: {content: {application/json: {schema: {type: object, required: [username, password],
        properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"201": {description: a}}
  /login:
    post:
      security: []
      requestBody: {content: {application/json: {schema: {type: object, required: [username, password],
        properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"200": {description: a}}
  /me: {get: {responses: {"200": {description: a}}}}
  /users/{username}:
    parameters: [{name: username, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: a}}}
    patch:
      requestBody: {content: {application/json: {schema: {type: object, properties: {motto: {type: string}}}}}}
      responses: {"200": {description: a}}
  /admin/users/{username}/role:
    put:
      parameters: [{name: username, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object, properties: {role: {type: string, enum: [user, editor]}}}}}}
      responses: {"200": {description: a}}
  /admin/news:
    post:
      requestBody: {content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
      responses: {"201": {description: a}}
  /news: {get: {responses: {"200": {description: a}}}}
  /admin/news/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    put:
      requestBody: {content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
      responses: {"200": {description: a}}
    delete: {responses: {"204": {description: a}}}
  /admin/reports/send:
    post: {responses: {"200": {description: a}}}
"""


class Town:
    """weak: "roles" where nobody looks at roles, "assign" where a change of a user sets everything, "others" where it is anybody's."""

    def __init__(self, *weak: str) -> None:
        self.weak = weak
        self.users: dict[str, dict[str, Any]] = {}
        self.news: dict[int, dict[str, Any]] = {}
        self.count = 0
        for name, role in (("ann", "user"), ("ben", "user"), ("root", "admin")):
            self.users[name] = {"username": name, "password": f"{name}-pw", "role": role, "motto": "hello"}

    def __call__(self, request: Request) -> Response:
        parts = request.target.decode().strip("/").split("/")
        body = json.loads(request.body) if request.body else {}
        if (request.method, parts) == ("POST", ["users"]):
            self.users[body["username"]] = {**body, "role": "user", "motto": "hello"}
            return replies(201, {"username": body["username"]})
        if (request.method, parts) == ("POST", ["login"]):
            user = self.users.get(body["username"])
            right = user is not None and user["password"] == body["password"]
            return replies(200, {"token": f"token-{body['username']}"}) if right else replies(401, {"error": "wrong"})
        caller = self.users.get(header(request, "authorization").removeprefix("Bearer token-"))
        if caller is None:
            return replies(401, {"error": "log in"})
        if parts[0] == "admin" and caller["role"] != "admin" and "roles" not in self.weak:
            return replies(403, {"error": "forbidden"})
        return self._called(request.method, parts, body, caller)

    def _called(self, method: str, parts: list[str], body: Any, caller: dict[str, Any]) -> Response:
        match (method, parts):
            case ("GET", ["me"]):
                return self._shown(caller)
            case (_, ["users", name]) if name in self.users:
                if self.users[name] is not caller and "others" not in self.weak:
                    return replies(403, {"error": "forbidden"})
                if method == "PATCH":
                    self.users[name].update(body if "assign" in self.weak else {"motto": body.get("motto")})
                return self._shown(self.users[name])
            case ("PUT", ["admin", "users", name, "role"]) if name in self.users:
                self.users[name]["role"] = body["role"]
                return self._shown(self.users[name])
            case ("POST", ["admin", "news"]):
                self.count += 1
                self.news[self.count] = {"id": self.count, "text": body["text"]}
                return replies(201, self.news[self.count])
            case ("GET", ["news"]):
                return replies(200, list(self.news.values()))
            case ("PUT", ["admin", "news", number]) if int(number) in self.news:
                self.news[int(number)]["text"] = body["text"]
                return replies(200, self.news[int(number)])
            case ("DELETE", ["admin", "news", number]) if int(number) in self.news:
                del self.news[int(number)]
                return replies(204, None)
            case ("POST", ["admin", "reports", "send"]):
                return replies(200, {"queued": "report-17"})
        return replies(404, {"error": "not found"})

    @staticmethod
    def _shown(user: dict[str, Any]) -> Response:
        return replies(200, {name: user[name] for name in ("username", "role", "motto")})


def _claims(probe: str, *weak: str) -> tuple[list[tuple[str, str]], Town]:
    town = Town(*weak)
    people = [
        Identity(
            name=name,
            rank=int(name == "root"),
            roles=("admin" if name == "root" else "user",),
            credential=(("Authorization", f"Bearer token-{name}"),),
            username=name,
            password=f"{name}-pw",
            facts={"username": name},
        )
        for name in ("ann", "ben", "root")
    ]
    outcome = tried(town, DESCRIPTION, people, [named(probe)])
    return [(one.claim.flaw.value, one.operation.label if one.operation else "") for one in outcome.found], town


def test_what_administrators_write_is_tried_and_taken_back() -> None:
    found, town = _claims("bfla", "roles")
    assert {("bfla", "POST /admin/news"), ("bfla", "PUT /admin/news/{id}"), ("bfla", "DELETE /admin/news/{id}")} <= set(found)
    assert ("bfla", "PUT /admin/users/{username}/role") in found
    assert not town.news
    assert {user["role"] for name, user in town.users.items() if name != "root"} == {"user"}


@pytest.mark.parametrize("probe", ["bfla", "mass-assignment", "bola-read", "bola-write", "bola-delete", "password-change"])
def test_a_careful_town_is_left_in_peace(probe: str) -> None:
    assert _claims(probe)[0] == []


def test_members_of_a_user_are_set_by_a_change() -> None:
    found, town = _claims("mass-assignment", "assign")
    assert found == [("mass-assignment", "PATCH /users/{username}")]
    assert all(town.users[name]["role"] == "user" for name in ("ann", "ben"))


@pytest.mark.parametrize("probe, label", [("bola-read", "GET /users/{username}"), ("bola-write", "PATCH /users/{username}")])
def test_users_are_objects_too(probe: str, label: str) -> None:
    found, town = _claims(probe, "others")
    assert (probe, label) in found
    assert town.users["ann"]["motto"] == town.users["ben"]["motto"] == "hello"
