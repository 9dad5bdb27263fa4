"""What answers to logins and registrations tell: own numbers and names are used, prove ownership, and are nobody else's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.probing.trial import Pure, header, replies, target_of, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Answer
from yett.rules.probing.identity import Identity
from yett.rules.probing.learning import own_value, own_values, owns, persons_values
from yett.rules.probing.resources import reference


def answered(tree: Any) -> Answer:
    return Answer(status=200, body=json.dumps(tree).encode())


@pytest.mark.parametrize(
    ("tree", "learnt"),
    [
        ({"token": "eyJ", "accountNumber": "1002003004"}, {"accountnumber": "1002003004"}),
        ({"access": {"token": {"id": "0f0f"}, "user": {"id": 7, "name": "Ann"}}}, {"userid": 7}),
        ({"data": {"id": "u-1", "email": "a@example.com"}}, {"userid": "u-1", "email": "a@example.com"}),
        ({"customer": {"id": 3}, "order": {"id": 4}}, {"customerid": 3}),
        ({"user": "ann", "wallet_id": 5, "organisation_id": 6, "session_id": "s"}, {"username": "ann", "walletid": 5}),
        ({"success": True, "message": "ok", "expires_in": 3600, "number": 4, "list": [{"id": 1}]}, {}),
        ([1, 2], {}),
        ("text", {}),
    ],
)
def test_own_values_are_told_by_names(tree: Any, learnt: dict[str, Any]) -> None:
    assert own_values(answered(tree)) == learnt


def test_what_names_an_object_is_filled_with_the_own_value() -> None:
    learnt: dict[str, str | int] = {"userid": 7, "accountnumber": "1002", "username": "ann"}
    assert own_value(learnt, reference("userId", "user")) == 7
    assert own_value(learnt, reference("user", "user")) == 7
    assert own_value(learnt, reference("number", "user")) == 7
    assert own_value(learnt, reference("account_number", "balance")) == "1002"
    assert own_value(learnt, reference("username", "user")) == "ann"
    assert own_value(learnt, reference("id", "account")) is None  # a user's id is not an account's
    assert own_value(learnt, reference("id", "order")) is None


def test_objects_are_of_whom_they_name() -> None:
    learnt: dict[str, str | int] = {"userid": 7, "accountnumber": "1002"}
    assert owns(learnt, "user", {"id": 7})
    assert owns(learnt, "card", {"id": 1, "account_number": "1002"})
    assert owns(learnt, "order", {"id": 1, "ownerId": "7"})
    assert owns({"username": "ann"}, "order", {"id": 1, "owner": "ann"})
    assert not owns({"username": "ann"}, "order", {"id": 1, "title": "ann"})
    assert not owns(learnt, "order", {"id": 7})
    assert not owns(learnt, "account", {"accountId": 7})
    assert persons_values(learnt, "account") == {}


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "user", "data", "userId", "no"]) | st.text(), inner)
    ),
    max_leaves=40,
)


@given(_TREES)
def test_any_answer_is_read(tree: Any) -> None:
    found = own_values(Answer(status=200, body=json.dumps(tree).encode("utf-8", "surrogatepass")))
    assert len(found) <= 30
    assert all(len(str(value)) <= 200 for value in found.values())


BODY = "requestBody: {content: {application/json: {schema: {type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}}}}"
ID = "{name: %s, in: path, required: true, schema: {type: %s}}"
OK = 'responses: {"200": {description: ok}}'
BANK = f"""
openapi: 3.0.3
info: {{title: Bank, version: "1"}}
paths:
  /register: {{post: {{operationId: register, {BODY}, {OK}}}}}
  /login: {{post: {{operationId: login, {BODY}, {OK}}}}}
  /user/{{user}}: {{get: {{operationId: user, parameters: [{ID % ("user", "string")}], {OK}}}}}
  /check_balance/{{account_number}}: {{get: {{operationId: balance, parameters: [{ID % ("account_number", "string")}], {OK}}}}}
  /statements: {{get: {{operationId: statements, parameters: [{{name: account_number, in: query, required: true, schema: {{type: string}}}}], {OK}}}}}
"""


class Bank:
    """Users have numbers and accounts that only the answer to a login tells. weak: a token opens everybody's."""

    def __init__(self, weak: bool) -> None:
        self.weak = weak
        self.users: dict[str, dict[str, Any]] = {}
        for name in ("ann", "bob"):
            self.add(name, f"{name}-password")
        self.good: set[str] = set()

    def add(self, name: str, password: str) -> None:
        number = 41 + len(self.users) * 7
        account = str(6_001_000_000 + number * 13_577)
        self.users[name] = {"id": number, "username": name, "password": password, "account": account}

    def __call__(self, request: Request) -> Response:
        path, _, query = request.target.decode().partition("?")
        body = json.loads(request.body or b"{}")
        if path in ("/register", "/login"):
            name, password = body.get("username", ""), body.get("password", "")
            if path == "/register" and name and name not in self.users:
                self.add(name, password)
                return replies(201, {"message": "made"})
            one = self.users.get(name)
            if path == "/register" or one is None or one["password"] != password:
                return replies(401, {"error": "no"})
            return replies(200, {"token": f"token-of-{name}", "account_number": one["account"], "user": {"id": one["id"]}})
        me = self.users.get(header(request, "authorization").removeprefix("Bearer token-of-"))
        if me is None:
            return replies(401, {"error": "log in"})
        key = query.partition("=")[2] if query else path.rpartition("/")[2]
        wanted = "id" if path.startswith("/user/") else "account"
        one = next((one for one in self.users.values() if str(one[wanted]) == key), None)
        if one is None or (one is not me and not self.weak):
            return replies(404, {"error": "no"})
        self.good.add(f"{me['username']} {path.split('/')[1]} {one['username']}")
        if wanted == "id":
            return replies(200, {"id": one["id"], "username": one["username"], "note": f"diary of {one['username']}"})
        return replies(200, {"account_number": one["account"], "balance": 1000 + one["id"]})


def people() -> list[Identity]:
    return [
        Identity(
            name=name,
            credential=(("Authorization", f"Bearer token-of-{name}"),),
            username=name,
            password=f"{name}-password",
            facts={"username": name},
        )
        for name in ("ann", "bob")
    ]


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("given_", [0, 2])
def test_operations_that_want_the_own_number_work_and_are_tried_with_those_of_others(weak: bool, given_: int) -> None:
    server = Bank(weak)
    outcome = tried(server, BANK, people()[:given_], only=["bola-read"])
    found = {one.label for one in outcome.found}
    assert found == ({"GET /user/{user}", "GET /check_balance/{account_number}", "GET /statements"} if weak else set())
    owners = {line.split()[0] for line in server.good if line.split()[0] == line.split()[2]}
    assert owners
    if given_:
        assert {
            f"{name} {what} {name}" for name in ("ann", "bob") for what in ("user", "check_balance", "statements")
        } <= server.good


def test_values_that_several_identities_share_are_nobodys() -> None:
    ann, bob = people()
    ann.learnt, bob.learnt = {"branchno": "12", "userid": 1}, {"branchno": "12", "userid": 2}
    target = target_of(BANK, [ann, bob])
    one = target.store.add("note", {"id": 5, "branch_no": "12"}, {})
    other = target.store.add("note", {"id": 6, "branch_no": "12", "owner": 2}, {})
    assert one is not None and other is not None
    assert target.owner(one) == ""
    assert target.learn(ann, Answer(status=401, body=b'{"id": 3}')) is False


def test_what_came_with_a_user_of_the_runs_own_may_be_changed_and_what_came_with_others_not() -> None:
    ann, bob = people()
    bob.throwaway = True
    target = target_of(BANK, [ann])
    target.add(bob)
    for number, one in enumerate((ann, bob)):
        body = json.dumps({"account_number": f"100{number}", "user": {"id": number}, "username": one.name}).encode()
        assert target.learn(one, Answer(status=200, body=body))
    assert {(one.noun, target.owner(one), one.made) for one in target.store} >= {
        ("user", "ann", False),
        ("user", "bob", True),
        ("balance", "ann", False),
        ("balance", "bob", True),
    }


KINDS = BANK.replace(
    "  /login:",
    f"""  /merchants/register: {{post: {{operationId: newMerchant, {BODY}, {OK}}}}}
  /merchants/login: {{post: {{operationId: merchantLogin, {BODY}, {OK}}}}}
  /staff/register: {{post: {{operationId: newStaff, {BODY}, {OK}}}}}
  /login:""",
)


class Kinds(Bank):
    """Merchants register and log in elsewhere; staff is made by nobody."""

    def __init__(self) -> None:
        super().__init__(weak=False)
        self.merchants: dict[str, str] = {}
        self.logged: list[str] = []

    def __call__(self, request: Request) -> Response:
        path, body = request.target.decode(), json.loads(request.body or b"{}")
        if path == "/staff/register":
            return replies(403, {"error": "no"})
        if path == "/merchants/register":
            self.merchants[body["username"]] = body["password"]
            return replies(201, {"merchant_id": f"m-{len(self.merchants)}"})
        if path == "/merchants/login":
            if self.merchants.get(body.get("username", "")) != body.get("password"):
                return replies(401, {"error": "no"})
            self.logged.append(body["username"])
            return replies(200, {"token": "token-of-merchant-" + body["username"]})
        return super().__call__(request)


@pytest.mark.parametrize("given_", [0, 2])
def test_somebody_of_each_kind_is_registered(given_: int) -> None:
    server = Kinds()
    pure = Pure(server)
    outcome = tried(server, KINDS, people()[:given_], only=["bfla"], pure=pure)
    assert len(server.users) > 2
    assert len(server.merchants) == 1
    assert server.logged == list(server.merchants)
    assert outcome.found == []
