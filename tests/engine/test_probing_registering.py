"""Where fewer than two identities are given, users of the run's own are registered, used, and removed again."""

import json
from typing import Any

import pytest

from yett.engine.probing.trial import header, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.rules.probing.identity import Identity

CONTRACT = """
openapi: 3.0.3
info: {title: Diaries, version: "1"}
paths:
  /register:
    post:
      operationId: register
      requestBody: {content: {application/json: {schema: &user {type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"201": {description: made}}
  /login:
    post:
      operationId: login
      requestBody: {content: {application/json: {schema: *user}}}
      responses: {"200": {description: ok}}
  /users/me:
    delete: {operationId: leave, responses: {"204": {description: gone}}}
  /diaries:
    post:
      operationId: createDiary
      requestBody: {content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
      responses: {"201": {description: made}}
    get: {operationId: listDiaries, responses: {"200": {description: ok}}}
  /diaries/{diaryId}:
    get:
      operationId: readDiary
      parameters: [{name: diaryId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
    delete:
      operationId: deleteDiary
      parameters: [{name: diaryId, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
"""


class Diaries:
    """weak: everybody with a credential reads every diary. users: names to passwords."""

    def __init__(self, weak: bool) -> None:
        self.weak = weak
        self.users = {"owner": "owner-password"}
        self.diaries: dict[str, dict[str, Any]] = {}
        self.most = 0

    def __call__(self, request: Request) -> Response:
        path = request.target.decode()
        body = json.loads(request.body or b"{}")
        if path == "/register":
            if not {"username", "password"} <= body.keys() or body["username"] in self.users:
                return replies(409, {"error": "not possible"})
            self.users[body["username"]] = body["password"]
            self.most = max(self.most, len(self.users))
            return replies(201, {"username": body["username"]})
        if path == "/login":
            good = body.get("username") in self.users and self.users[body["username"]] == body.get("password")
            return replies(200, {"token": f"token-of-{body['username']}"}) if good else replies(401, {"error": "no"})
        who = header(request, "authorization").removeprefix("Bearer token-of-")
        if who not in self.users:
            return replies(401, {"error": "log in first"})
        if path == "/users/me":
            del self.users[who]
            return replies(204)
        return self._diaries(request, path, body, who)

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


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("given", [0, 1])
def test_objects_of_others_are_tried_with_users_of_the_runs_own(weak: bool, given: int) -> None:
    server = Diaries(weak)
    owner = Identity(
        name="owner",
        credential=(("Authorization", "Bearer token-of-owner"),),
        username="owner",
        password="owner-password",
        facts={"username": "owner"},
    )
    outcome = tried(server, CONTRACT, [owner][:given], only=["bola-read"])
    assert [one.claim.flaw for one in outcome.found] == ([Flaw.BOLA_READ] if weak else [])
    assert server.most == 3 - given  # the one that was there, and those that make it two callers
    assert set(server.users) == {"owner"}, outcome.behind
    assert server.diaries == {}, outcome.behind
