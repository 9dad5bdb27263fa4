"""The house that every lab lives in: accounts, one way to log in, one resource that users own, a public catalogue; all of it right.

A lab adds operations with `route`, or takes a protection away where `fixed` is false. The house must not know which labs there are.
"""

import json
import random
import secrets
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http.cookies import SimpleCookie
from types import MappingProxyType
from typing import Any, NamedTuple

import jsonschema_rs
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from labs.contract import Route, document
from labs.style import Style, style
from labs.tokens import Basic, Bearer, Doors, Session, Static

Json = dict[str, Any]
GUESSES, GUESS_SECONDS = 8, 30.0
"""Failed logins of one account that are answered, and the seconds in which they are counted."""


class User(NamedTuple):
    """record: what the store knows of them, with "name", "password", "role", "email"."""

    record: Json

    @property
    def name(self) -> str:
        return str(self.record["name"])

    @property
    def role(self) -> str:
        return str(self.record["role"])


class Call(NamedTuple):
    """What a handler gets. ids: the parameters of the path; body: parsed JSON, or the form as a dict; raw: its octets."""

    ids: dict[str, str]
    query: dict[str, str]
    body: Any
    user: User | None
    headers: dict[str, str]
    raw: bytes

    @property
    def caller(self) -> User:
        if self.user is None:
            raise Refused(401, "log in first")
        return self.user


class Reply(NamedTuple):
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    kind: str = "application/json"


class Refused(Exception):
    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


Handler = Callable[[Call], Reply]


class House:
    """style: how it looks. fixed: which twin.

    Protections that a lab may take away: `unowned` (keys of operations that do not ask whose object it is), `guesses` (failed
    logins of one account that are answered), `verbose` (errors tell their stack), `fields` (of every answer), `enumerable` (a
    failed login tells why), `ends_sessions` (logging out ends the session). answering: further fields of an answer, from those
    of the request. harm: what nobody may do to somebody else's system, and was done. stage, people: how it is served and who calls
    it, where it is no application of its own. graphql, sdl: path and schema of its GraphQL endpoint.
    """

    def __init__(self, seed: int, *, fixed: bool, login: tuple[str, ...] = (), base: str | None = None) -> None:
        look = style(seed, login=login)
        self.style: Style = look if base is None else look._replace(base=base)
        self.rng = random.Random(seed + 1)  # its own, so that both twins hold the same
        self.fixed = fixed
        self.app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        self.routes: dict[str, Route] = {}
        self._handlers: dict[str, Handler] = {}
        self.users: dict[str, User] = {}
        self.objects: dict[str, Json] = {}
        self.variants: dict[str, str] = {}
        self.unowned: set[str] = set()
        self.guesses = GUESSES
        self.verbose = self.enumerable = False
        self.ends_sessions = True
        self.answering: Callable[[dict[str, str]], dict[str, str]] = lambda _: {}
        self.harm: list[str] = []
        self.stage: Callable[[], AbstractContextManager[str]] | None = None
        self.people: Json | None = None
        self.graphql: str | None = None
        self.sdl = ""
        self.fields = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        }
        self.lock = threading.Lock()
        self._failures: dict[str, list[float]] = {}
        self._number = self.rng.randrange(100, 5000)
        self.key_bytes = bytes(self.rng.randrange(256) for _ in range(32))
        kinds: dict[str, Callable[[], Doors]] = {
            "bearer": lambda: Bearer(self.key_bytes),
            "opaque": lambda: Session(""),
            "cookie": lambda: Session("session"),
            "api-key": lambda: Static(),
            "basic": lambda: Basic(),
        }
        self.doors = kinds[self.style.login]()
        for name in self.style.people:
            self.add_user(name, role="admin" if name == self.style.people[3] else "member")
        self._accounts()
        self._items()
        self._catalogue()

    # -- what labs build with

    def path(self, *pieces: str) -> str:
        return "/".join((self.style.base, *pieces))

    def route(self, key: str, method: str, path: str, handler: Handler, **described: Any) -> None:
        """Adds an operation. key: its name in the ground truth; described: see `contract.Route`."""
        known = self.routes[key] = Route(key=key, method=method, path=path, **described)
        check = jsonschema_rs.validator_for(known.body) if known.body else None
        self._handlers[key] = handler

        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            return await run_in_threadpool(self._answer, known, self._handlers[key], check, request, raw)

        self.app.add_api_route(path, endpoint, methods=[method], include_in_schema=False)

    def replace(self, key: str, handler: Handler) -> None:
        """Another way to answer an operation that is there."""
        self._handlers[key] = handler

    def public(self, user: User) -> Json:
        """What a user may see of themselves."""
        return {self.style.account: self._login_name(user), "role": user.role}

    def add_user(self, name: str, *, role: str = "member", password: str = "") -> User:
        password = password or f"{self.rng.choice('KQXZ')}{self.rng.randrange(10**9):x}-{name}!"
        record = {"name": name, "password": password, "role": role, "email": f"{name}@lab.example"}
        self.users[name] = user = User(record)
        self.doors.meet(name, self.rng)
        return user

    def add_object(self, owner: str, title: str, secret: str, **more: Any) -> Json:
        """One more object of the resource; gives it as the owner sees it."""
        look = self.style
        record = {look.key: self.new_id(title), look.title: title, look.secret: secret, "owner": owner, **more}
        self.objects[str(record[look.key])] = record
        return record

    def new_id(self, title: str) -> Any:
        kind = self.style.ids
        if kind == "named":
            return title
        if kind == "uuid":
            return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        if kind == "code":
            return "".join(self.rng.choice("ABCDEFGHJKMNPQRSTVWXYZ23456789") for _ in range(10))
        self._number += 1
        return self._number

    def owned(self, key: str, call: Call, parameter: str) -> Json:
        """The object that the path names, if the caller may touch it."""
        record = self.objects.get(call.ids[parameter])
        if record is None:
            raise Refused(404, "not found")
        if key not in self.unowned and record["owner"] != call.caller.name:
            raise Refused(self.style.foreign, "not found" if self.style.foreign == 404 else "this is not yours")
        return record

    def contract(self, origin: str) -> Json:
        return document(self.style, self.doors, list(self.routes.values()), origin)

    # -- one call

    def _answer(self, known: Route, handler: Handler, check: Any, request: Request, raw: bytes) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            cookies = {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
            name = self.doors.who(headers, cookies, self.verify)
            user = self.users.get(name) if name else None
            if known.secured and known.asks and user is None:
                raise Refused(401, "log in first", {"WWW-Authenticate": self.doors.challenge} if self.doors.challenge else {})
            body = self._body(known, check, headers.get("content-type", ""), raw)
            query = dict(request.query_params)
            reply = handler(Call(dict(request.path_params), query, body, user, headers, raw))
        except Refused as refused:
            reply = Reply(self.style.error(refused.status, refused.text), refused.status, refused.headers)
        except Exception:  # noqa: BLE001  the outermost frame: a lab never dies of a probe
            text = traceback.format_exc() if self.verbose else "something went wrong"
            reply = Reply(self.style.error(500, text), 500)
        content = (
            reply.body if isinstance(reply.body, bytes) else b"" if reply.body is None else json.dumps(reply.body).encode()
        )
        return Response(
            content, reply.status, self.fields | self.answering(headers) | dict(reply.headers), reply.kind if content else None
        )

    def _body(self, known: Route, check: Any, kind: str, raw: bytes) -> Any:
        if known.body is None or known.body_type != "application/json":
            return raw
        if "json" not in kind:
            raise Refused(415, "send JSON")
        try:
            body = json.loads(raw)
        except ValueError:
            raise Refused(400, "this is not JSON") from None
        if known.checks and not check.is_valid(body):
            raise Refused(422, "the body is not of the declared form")
        return body

    # -- accounts

    def _login_name(self, user: User) -> str:
        return str(user.record["email"] if self.style.account == "email" else user.name)

    def verify(self, account: str, password: str) -> str | None:
        """The name of the user whose password it is. Raises Refused for too many guesses or, `enumerable`, for what is wrong."""
        now = time.monotonic()
        recent = [at for at in self._failures.get(account, []) if now - at < GUESS_SECONDS]
        if len(recent) >= self.guesses:
            raise Refused(429, "too many tries", {"Retry-After": str(int(GUESS_SECONDS - (now - recent[0])) + 1)})
        user = next((one for one in self.users.values() if self._login_name(one) == account), None)
        stored = user.record["password"] if user else "x"
        if user is not None and secrets.compare_digest(str(stored).encode(), password.encode()):
            return user.name
        self._failures[account] = [*recent, now][-GUESSES * 2 :]
        if self.enumerable:
            raise Refused(200 if self.style.soft else 401, "wrong password" if user else "no such user")
        return None

    def _login(self, call: Call) -> Reply:
        name = self.verify(call.body[self.style.account], call.body["password"])
        if name is None:
            raise Refused(200 if self.style.soft else 401, "wrong name or password")
        token, headers = self.doors.open(name)
        return Reply(self.style.one({self.style.token: token}) if token else self.style.one({"welcome": name}), 200, headers)

    def _logout(self, call: Call) -> Reply:
        if self.ends_sessions:
            self.doors.close(call.headers)
        return Reply(None, 204)

    def _register(self, call: Call) -> Reply:
        look = self.style
        account = call.body[look.account]
        name = account.partition("@")[0] if look.account == "email" else account
        if not name or name in self.users:
            raise Refused(200 if look.soft else 409, "choose another name")
        user = self.add_user(name, password=call.body["password"])
        user.record["email"] = account if look.account == "email" else call.body.get("email", user.record["email"])
        self.registered(user, call.body)
        more = {"api_key": self.doors.open(name)[0]} if look.login == "api-key" else {}
        return Reply(look.one(self.public(user) | more), 201)

    def registered(self, user: User, body: Json) -> None:
        """Called with every new user and the body that made them; a lab may replace it."""

    def _me(self, call: Call) -> Reply:
        return Reply(self.style.one(self.public(call.caller)))

    def _leave(self, call: Call) -> Reply:
        name = call.caller.name
        if name in self.style.people:
            raise Refused(403, "this account is needed")
        del self.users[name]
        self.objects = {key: one for key, one in self.objects.items() if one["owner"] != name}
        return Reply(None, 204)

    def _accounts(self) -> None:
        look = self.style
        text = {"type": "string", "minLength": 1, "maxLength": 100}
        account = (
            {"type": "string", "format": "email", "maxLength": 100} if look.account == "email" else text | {"maxLength": 40}
        )
        form = {look.account: account, "password": text}
        if look.login in ("bearer", "opaque", "cookie"):
            answer = {look.token: {"type": "string"}} if look.login != "cookie" else {"welcome": {"type": "string"}}
            where = self.rng.choice(("login", "sessions", "auth/token"))
            self.route("login", "POST", self.path(where), self._login, body=_object(form), answer=answer, secured=False)
            self.route("logout", "POST", self.path("logout"), self._logout, status=204)
        register = (
            form if look.account == "email" else form | {"email": {"type": "string", "format": "email", "maxLength": 100}}
        )
        seen = {look.account: {"type": "string"}, "role": {"type": "string"}}
        where = self.rng.choice(("register", "users", "accounts"))
        self.route(
            "register", "POST", self.path(where), self._register, body=_object(register), answer=seen, secured=False, status=201
        )
        self.route("me", "GET", self.path("me"), self._me, answer=seen)
        self.route("leave", "DELETE", self.path("me"), self._leave, status=204)

    # -- the resource

    def _items(self) -> None:
        look = self.style
        words = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron")
        for owner in look.people[:3]:
            for word in self.rng.sample(words, 2):
                self.add_object(owner, f"{word}-{self.rng.randrange(1000)}", f"only for {owner}: {self.rng.getrandbits(40):x}")
        kind = (
            {"type": "integer"}
            if look.ids == "integer"
            else {"type": "string"} | ({"format": "uuid"} if look.ids == "uuid" else {})
        )
        self.parameter = look.key if look.key != "id" or self.rng.random() < 0.5 else look.case(f"{look.noun}_id")
        text = {"type": "string", "minLength": 1, "maxLength": 60}
        self.form = {look.title: text, look.secret: text | {"maxLength": 300}}
        self.shape = {look.key: kind, **self.form, "owner": {"type": "string"}}
        many, one = self.path(look.plural), self.path(look.plural, "{" + self.parameter + "}")
        ids = {self.parameter: kind}
        self.route("list_items", "GET", many, self._list, answer=self.shape, many=True)
        self.route("create_item", "POST", many, self._create, body=_object(self.form), answer=self.shape, status=201)
        self.route("read_item", "GET", one, self._read, ids=ids, answer=self.shape)
        self.route("change_item", look.change, one, self._change, ids=ids, body=self._changes(), answer=self.shape)
        self.route("delete_item", "DELETE", one, self._delete, ids=ids, status=204)

    def _changes(self) -> Json:
        if self.style.ids == "named":  # its name is its id, and stays
            return _object({self.style.secret: self.form[self.style.secret]})
        return _object(self.form) if self.style.change == "PUT" else _object(self.form, required=False)

    def _list(self, call: Call) -> Reply:
        look = self.style
        if look.listing == "own":
            return Reply(look.list([one for one in self.objects.values() if one["owner"] == call.caller.name]))
        seen = (look.key, look.title, "owner")
        return Reply(look.list([{name: one[name] for name in seen} for one in self.objects.values()]))

    def _create(self, call: Call) -> Reply:
        look = self.style
        if look.ids == "named" and call.body[look.title] in self.objects:
            raise Refused(409, "there is one of that name")
        if len(self.objects) > 2000:
            raise Refused(507, "too many")
        record = self.add_object(call.caller.name, call.body[look.title], call.body[look.secret])
        place = {"Location": self.path(look.plural, str(record[look.key]))}
        answers = {
            "object": lambda: Reply(look.one(record), 201),
            "id": lambda: Reply(look.one({look.key: record[look.key]}), 201),
            "location": lambda: Reply(None, 201, place),
            "message": lambda: Reply({"message": "it was added"}, 200),
        }
        return answers[look.created]()

    def _read(self, call: Call) -> Reply:
        return Reply(self.style.one(self.owned("read_item", call, self.parameter)))

    def _change(self, call: Call) -> Reply:
        record = self.owned("change_item", call, self.parameter)
        known = (self.routes["change_item"].body or {})["properties"]
        record.update({name: value for name, value in call.body.items() if name in known})
        return Reply(self.style.one(record))

    def _delete(self, call: Call) -> Reply:
        record = self.owned("delete_item", call, self.parameter)
        del self.objects[str(record[self.style.key])]
        return Reply(None, 204)

    # -- what everybody may see

    def _catalogue(self) -> None:
        names = ("basic", "plus", "family")
        offers = {
            f"P{number}": {"sku": f"P{number}", "name": name, "price": 5 * number} for number, name in enumerate(names, 1)
        }
        shape = {"sku": {"type": "string"}, "name": {"type": "string"}, "price": {"type": "number"}}

        def one(call: Call) -> Reply:
            if call.ids["sku"] not in offers:
                raise Refused(404, "not found")
            return Reply(self.style.one(offers[call.ids["sku"]]))

        everything = lambda _: Reply(self.style.list(list(offers.values())))  # noqa: E731
        self.route("offers", "GET", self.path("offers"), everything, answer=shape, many=True, secured=False)
        self.route(
            "offer", "GET", self.path("offers", "{sku}"), one, ids={"sku": {"type": "string"}}, answer=shape, secured=False
        )


def _object(properties: Json, *, required: bool = True) -> Json:
    return {"type": "object", "properties": properties} | (
        {"required": sorted(properties)} if required else {"minProperties": 1}
    )


def form(properties: Json, *optional: str) -> Json:
    """The schema of a body; all members are required but the optional ones."""
    return {"type": "object", "properties": properties, "required": sorted(set(properties) - set(optional))}
