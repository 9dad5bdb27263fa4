"""Business flows: amounts below zero, what is used twice and at once, skipped steps; lines in logs. Weak shops and a fixed one."""

from typing import Any

import msgspec
import pytest

from yett.engine.probing.trial import Pure, header, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Burst, Flaw
from yett.rules.probes import log_injection, negative_amounts, skipped_steps, used_twice
from yett.rules.probing.identity import Identity
from yett.rules.registry import as_probe

PROBES = (log_injection, negative_amounts, skipped_steps, used_twice)
SHOP = """
openapi: 3.0.3
info: {title: Shop, version: "1"}
security: [{token: []}]
paths:
  /wallet: {get: {operationId: wallet, responses: {"200": {description: ok}}}}
  /wallet/redeem:
    post:
      operationId: redeem
      requestBody: {content: {application/json: {schema: {type: object, required: [coupon], properties: {coupon: {type: string}}}}}}
      responses: {"200": {description: ok}}
  /wallet/transfer:
    post:
      operationId: transfer
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [to, amount], properties: {to: {type: string}, amount: {type: number}}}
      responses: {"200": {description: ok}}
  /orders:
    post:
      operationId: order
      requestBody:
        content: {application/json: {schema: {type: object, required: [quantity], properties: {quantity: {type: integer, example: 1}}}}}
      responses: {"201": {description: made}}
  /orders/{orderId}:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: readOrder, responses: {"200": {description: ok}}}
    delete: {operationId: removeOrder, responses: {"204": {description: gone}}}
  /orders/{orderId}/pay:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    post: {operationId: payOrder, responses: {"200": {description: ok}}}
  /orders/{orderId}/ship:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    post: {operationId: shipOrder, responses: {"200": {description: ok}}}
  /events:
    post:
      operationId: tell
      requestBody: {content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
      responses: {"204": {description: ok}}
  /log: {get: {operationId: log, responses: {"200": {description: ok}}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
PEOPLE = [
    Identity(name=name, username=name, credential=(("Authorization", f"Bearer {name}"),), facts={"username": name})
    for name in ("alice", "bob")
]


class Refused(Exception):
    pass


class Shop:
    """weak: "order", "transfer", "replay", "race", "ship", "log"."""

    def __init__(self, weak: str = "") -> None:
        self.weak = weak
        self.money = {"alice": 100.0, "bob": 100.0}
        self.used: set[tuple[str, str]] = set()
        self.orders: dict[int, dict[str, Any]] = {}
        self.lines: list[str] = []
        self.at_once = False
        self.made = 0

    def __call__(self, request: Request) -> Response:
        who = header(request, "authorization").removeprefix("Bearer ")
        if who not in self.money:
            return replies(401, {"error": "who?"})
        body = msgspec.json.decode(request.body) if request.body else {}
        try:
            return self.answer(who, request.method, request.target.decode(), body)
        except Refused as error:
            return replies(409, {"error": str(error)})

    def wallet(self, who: str) -> Response:
        lockers = ["V63BYPM5QS", "8FMEPV2PMP", "DYNR8SK7GN"]  # codes, too, of something else
        return replies(200, {"balance": self.money[who], "code": lockers, "coupons": ["SPRING", "SUMMER"]})

    def answer(self, who: str, method: str, path: str, body: dict[str, Any]) -> Response:
        if path == "/wallet":
            return self.wallet(who)
        if path == "/wallet/redeem":
            return self.redeem(who, body["coupon"])
        if path == "/wallet/transfer":
            return self.transfer(who, body)
        if path == "/events" and method == "POST":
            self.lines.append(
                "INFO " + (body["text"] if self.weak == "log" else body["text"].encode("unicode_escape").decode())
            )
            return replies(204)
        if path == "/log":
            return Response(
                status=200, fields=((b"content-type", b"text/plain"),), body=("\n".join(self.lines) + "\n").encode()
            )
        return self.ordering(who, method, path, body)

    def redeem(self, who: str, code: str) -> Response:
        if code not in ("SPRING", "SUMMER"):
            raise Refused("no such coupon")
        if (who, code) in self.used and self.weak != "replay" and not (self.weak == "race" and self.at_once):
            raise Refused("used")
        self.used.add((who, code))
        self.money[who] += 25
        return self.wallet(who)

    def transfer(self, who: str, body: dict[str, Any]) -> Response:
        other, amount = body["to"], body["amount"]
        if other not in self.money or other == who or (self.weak != "transfer" and amount <= 0) or self.money[who] < amount:
            raise Refused("not so")
        self.money[who] -= amount
        self.money[other] += amount
        return self.wallet(who)

    def ordering(self, who: str, method: str, path: str, body: dict[str, Any]) -> Response:
        if path == "/orders" and method == "POST":
            if self.weak != "order" and body["quantity"] <= 0:
                raise Refused("quantity")
            self.made += 1
            order = {
                "orderId": self.made,
                "owner": who,
                "quantity": body["quantity"],
                "total": 5 * body["quantity"],
                "status": "new",
            }
            self.orders[self.made] = order
            return replies(201, order)
        number, _, step = path.removeprefix("/orders/").partition("/")
        order = self.orders.get(int(number), {}) if number.isdecimal() else {}
        if order.get("owner") != who:
            return replies(404, {"error": "no order"})
        if method == "DELETE":
            return replies(204, self.orders.pop(int(number)) and None)
        if step == "ship" and order["status"] != "paid" and self.weak != "ship":
            raise Refused(order["status"])
        if step:
            order["status"] = {"pay": "paid", "ship": "shipped"}[step]
        return replies(200, order)


class Racing(Pure):
    def perform(self, step: Any) -> Any:
        assert isinstance(self.serve, Shop)
        self.serve.at_once = isinstance(step, Burst) and step.at_once
        return super().perform(step)


def found(weak: str) -> list[tuple[Flaw, str, str]]:
    server = Shop(weak)
    outcome = tried(server, SHOP, PEOPLE, only=[as_probe(one) for one in PROBES], pure=Racing(server))
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    assert all(one.claim.proof and one.claim.control for one in outcome.found)
    assert not server.orders
    assert server.money["alice"] + server.money["bob"] == 200 + 25 * round((sum(server.money.values()) - 200) / 25)
    return [(one.claim.flaw, one.operation.id, one.claim.place) for one in outcome.found if one.operation]


EXPECTED = {
    "order": (Flaw.BUSINESS_FLOW, "order", "body /quantity"),
    "transfer": (Flaw.BUSINESS_FLOW, "transfer", "body /amount"),
    "replay": (Flaw.BUSINESS_FLOW, "redeem", ""),
    "race": (Flaw.RACE, "redeem", "body /coupon"),
    "ship": (Flaw.BUSINESS_FLOW, "shipOrder", ""),
    "log": (Flaw.LOG_INJECTION, "tell", "body /text"),
}


@pytest.mark.parametrize("weak", EXPECTED)
def test_weak(weak: str) -> None:
    assert found(weak) == [EXPECTED[weak]]


def test_fixed() -> None:
    assert found("") == []
