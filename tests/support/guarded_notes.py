"""A small API of notes, users and tokens as a pure function, with one switch for each hole; right where no switch is set.

Knows nothing of probes. Tokens are JWTs of which the checks can be switched off one by one.
"""

import json
from collections.abc import Iterable
from typing import Any

from yett.formats import forging
from yett.model.exchange import Request, Response

STRONG = b"7f3c1e9a5b2d4860a1c8e7f6d5b4a392-not-in-any-list"
NOW = 1_800_000_000

DESCRIPTION = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
security: [{bearer: []}]
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Note: {type: object, properties: {id: {type: string}, title: {type: string}, text: {type: string}, owner: {type: string}}}
    Account: {type: object, required: [username, password],
              properties: {username: {type: string}, email: {type: string}, password: {type: string}}}
paths:
  /register:
    post:
      security: []
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Account"}}}}
      responses: {"201": {description: made}}
  /login:
    post:
      security: []
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [username, password],
        properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"200": {description: token}}
  /logout:
    post: {responses: {"204": {description: ended}}}
  /me:
    get: {responses: {"200": {description: me, content: {application/json: {schema: {type: object, properties: {
      id: {type: integer}, username: {type: string}, email: {type: string}, role: {type: string}}}}}}}}
  /me/password:
    put:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [password],
        properties: {password: {type: string}, old_password: {type: string}}}}}}
      responses: {"204": {description: done}}
  /users/{username}/password:
    put:
      parameters: [{name: username, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [password],
        properties: {password: {type: string}}}}}}
      responses: {"204": {description: done}}
  /notes:
    get: {responses: {"200": {description: notes}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [title, text],
        properties: {title: {type: string}, text: {type: string}}}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}
  /notes/{noteId}:
    parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: note, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}}
    put:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [title, text],
        properties: {title: {type: string}, text: {type: string}}}}}}
      responses: {"200": {description: changed}}
    delete: {responses: {"204": {description: gone}}}
  /admin/users:
    get: {responses: {"200": {description: users}}}
  /admin/notes/{noteId}:
    delete:
      parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
"""


class Refused(Exception):
    """An answer that ends a call early."""

    def __init__(self, status: int, text: str = "refused") -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Notes:
    """The API. weak: names of its holes, see the code. secret: what tokens are signed with."""

    def __init__(self, weak: Iterable[str] = (), secret: bytes = STRONG) -> None:
        self.weak, self.secret = frozenset(weak), secret
        self.users: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self.failed: dict[str, int] = {}
        self.ended: set[str] = set()
        self.calls = 0
        self._count = 0
        for name, role in (("alice", "user"), ("bob", "user"), ("root", "admin")):
            self._user(name, f"{name}-Passw0rd", role)

    def _user(self, name: str, password: str, role: str = "user") -> dict[str, Any]:
        self._count += 1
        user = {"id": self._count, "username": name, "email": f"{name}@mail.example", "role": role, "password": password}
        self.users[name] = user
        return user

    def token(self, name: str, **claims: Any) -> str:
        self._count += 1
        body = {"sub": name, "exp": NOW + 3600, "aud": "notes", "jti": self._count} | claims
        return forging.signed({"alg": "HS256", "typ": "JWT"}, body, self.secret)

    def __call__(self, request: Request) -> Response:
        self.calls += 1
        try:
            status, value = self._routed(request)
        except Refused as error:
            status, value = error.status, {"error": error.text}
        body = json.dumps(value).encode() if value is not None else b""
        return Response(status=status, fields=((b"content-type", b"application/json"),), body=body)

    # Who calls

    def _caller(self, request: Request) -> dict[str, Any]:
        line = next((value.decode() for key, value in request.fields if key.lower() == b"authorization"), "")
        text = line.removeprefix("Bearer ").strip()
        if not text and "token-in-url" in self.weak and b"access_token=" in request.target:
            text = request.target.decode().partition("access_token=")[2].partition("&")[0]
        if "garbage" in self.weak and text:
            token = forging.read(text)
            return self.users.get(str(token.claims.get("sub")) if token else "alice", self.users["alice"])
        token = forging.read(text)
        if token is None or not self._believed(token) or text in self.ended:
            raise Refused(401, "a valid token is needed")
        user = self.users.get(str(token.claims.get("sub")))
        if user is None:
            raise Refused(401, "a valid token is needed")
        return user

    def _believed(self, token: forging.Token) -> bool:
        alg = token.algorithm
        if alg.lower() == "none":
            signed = "none" in self.weak
        elif (not token.signature and "stripped" in self.weak) or ("jwk" in token.header and "jwk" in self.weak):
            signed = True
        elif alg == "HS256":
            null = "kid" in self.weak and "dev/null" in str(token.header.get("kid"))
            signed = forging.guessed(token, [b"" if null else self.secret]) is not None
        else:
            signed = False
        fresh = "exp" in self.weak or (isinstance(token.claims.get("exp"), int) and token.claims["exp"] > NOW)
        ours = "aud" in self.weak or token.claims.get("aud") == "notes"
        return (signed or "unverified" in self.weak) and fresh and ours

    # What is called

    def _routed(self, request: Request) -> tuple[int, Any]:
        path, _, query = request.target.decode().partition("?")
        if path == "/copies":
            path = f"/copies/{query.removeprefix('noteId=')}"
        parts = [part for part in path.split("/") if part]
        body = json.loads(request.body) if request.body else {}
        match (request.method, parts):
            case ("POST", ["register"]):
                return self._register(body)
            case ("POST", ["login"]):
                return self._login(body)
            case ("GET", ["notes", name]) if "anonymous" in self.weak:
                return 200, self._note(name)
            case ("PUT", ["notes", name]) if "anonymous-write" in self.weak:
                self._note(name).update({"title": body["title"], "text": body["text"]})
                return 200, None
        caller = self._caller(request)
        match (request.method, parts):
            case ("GET", ["me"]):
                return 200, self._shown(caller, "hash" in self.weak)
            case ("POST", ["logout"]):
                if "logout" not in self.weak:
                    self.ended.add(next(v.decode() for k, v in request.fields if k.lower() == b"authorization").split()[1])
                return 204, None
            case ("PUT", ["me", "password"]) | ("PUT", ["users", _, "password"]):
                return self._password(caller, parts, body)
            case ("GET", ["admin", "users"]):
                if caller["role"] != "admin" and "bfla" not in self.weak:
                    raise Refused(403)
                return 200, [self._shown(user) for user in self.users.values()]
            case ("DELETE", ["admin", "notes", name]):
                if caller["role"] != "admin" and "bfla" not in self.weak:
                    raise Refused(403)
                del self.notes[self._note(name)["id"]]
                return 204, None
        return self._on_notes(request.method, parts, body, caller)

    def _on_notes(self, method: str, parts: list[str], body: Any, caller: dict[str, Any]) -> tuple[int, Any]:
        match (method, parts):
            case ("GET", ["notes"]):
                if "listed" in self.weak:
                    return 200, [{"id": n["id"], "title": n["title"]} for n in self.notes.values()]
                if "open" in self.weak:
                    return 200, list(self.notes.values())
                return 200, [note for note in self.notes.values() if note["owner"] == caller["username"]]
            case ("POST", ["notes"]):
                self._count += 1
                note = {"id": f"n{self._count:05}", "title": body["title"], "text": body["text"], "owner": caller["username"]}
                note["approved"] = body["approved"] if "assign" in self.weak and "approved" in body else False
                if "schemaless" in self.weak:
                    note = {**body, **note}
                self.notes[note["id"]] = note
                return 201, note
            case ("GET", ["notes", name]) | ("GET", ["copies", name]):
                return 200, self._mine(name, caller, "read")
            case ("PUT", ["notes", name]):
                note = self._mine(name, caller, "write")
                if "silent" in self.weak and note["owner"] != caller["username"]:
                    return 200, {**note, **body}
                note |= {"title": body["title"], "text": body["text"]}
                return 200, note
            case ("DELETE", ["notes", name]):
                del self.notes[self._mine(name, caller, "delete")["id"]]
                return 204, None
        raise Refused(404, "no such thing")

    def _note(self, name: str) -> dict[str, Any]:
        if name not in self.notes:
            raise Refused(404, "no such note")
        return self.notes[name]

    def _mine(self, name: str, caller: dict[str, Any], doing: str) -> dict[str, Any]:
        note = self._note(name)
        allowed = (
            doing in self.weak or (doing == "write" and "silent" in self.weak) or (doing == "read" and "open" in self.weak)
        )
        if note["owner"] != caller["username"] and not allowed:
            raise Refused(404, "no such note")
        return note

    # Users

    @staticmethod
    def _shown(user: dict[str, Any], hashed: bool = False) -> dict[str, Any]:
        told = {name: value for name, value in user.items() if name != "password"}
        return told | ({"password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"} if hashed else {})

    def _register(self, body: Any) -> tuple[int, Any]:
        if not body.get("username") or not body.get("password"):
            raise Refused(400, "username and password are needed")
        if body["username"] in self.users:
            raise Refused(409, "taken")
        user = self._user(body["username"], body["password"], body.get("role", "user") if "assign" in self.weak else "user")
        if body.get("email"):
            user["email"] = body["email"]
        return 201, self._shown(user)

    def _login(self, body: Any) -> tuple[int, Any]:
        name = str(body.get("username"))
        user = self.users.get(name)
        if self.failed.get(name, 0) >= 5 and "guess" not in self.weak:
            raise Refused(429, "too many tries")
        if user is None or user["password"] != body.get("password"):
            self.failed[name] = self.failed.get(name, 0) + 1
            if user is None and "enumeration" in self.weak:
                raise Refused(401, "no such user")
            raise Refused(401, "wrong name or password")
        self.failed.pop(name, None)
        return 200, {"token": self.token(name)}

    def _password(self, caller: dict[str, Any], parts: list[str], body: Any) -> tuple[int, Any]:
        if parts[0] == "users" and "takeover" in self.weak:
            if parts[1] not in self.users:
                raise Refused(404)
            self.users[parts[1]]["password"] = body["password"]
            return 204, None
        if parts[0] == "users" and "lying" in self.weak:
            caller["password"] = body["password"]
            return 204, None
        if parts[0] == "users" and parts[1] != caller["username"]:
            raise Refused(403)
        if "no-old" not in self.weak and body.get("old_password") != caller["password"]:
            raise Refused(400, "the old password is wrong")
        caller["password"] = body["password"]
        return 204, None
