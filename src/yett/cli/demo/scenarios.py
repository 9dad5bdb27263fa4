"""What happens in the demo, and what must come of it: each scenario says who sends what, and which rule answers how.

The list is the documentation that `yett demo --once` is held against. Nothing is sent from here.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from yett.cli.demo.callers import Wallet, request

Send = Callable[[tuple[str, ...]], bytes]
"""The bytes of a call, given the fields with which its caller shows who it is."""


class Kind(StrEnum):
    """served: a good call that must pass. repaired: passes, but the answer is changed. denied: must be refused.
    open: an attack that this gateway does not see yet; shown, because a demo that hides it would lie."""

    SERVED = "served"
    REPAIRED = "repaired"
    DENIED = "denied"
    OPEN = "open"


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """caller: a name in `Wallet`, or "stranger". title: what is tried, as the tables say it. send: the bytes.

    status, rule: what the last of `times` calls must bring; an empty rule: nothing objected; "bounds": any of them. before:
    the status of those calls of a series that come before a limit acts, and how many. absent: what must not be in the answer.
    slow: seconds between one byte and the next; the request is never finished.
    """

    kind: Kind
    caller: str
    title: str
    send: Send
    status: int
    rule: str = ""
    times: int = 1
    before: tuple[int, int] = (0, 0)
    absent: tuple[bytes, ...] = ()
    slow: float = 0.0

    def bytes_for(self, wallet: Wallet) -> bytes:
        return self.send(wallet.fields(self.caller))


BANNERS = (b"AcmeShop", b"AcmeFramework", b"Python/")
"""In no answer at all."""

CUSTOMERS_OWN = (b"passwordHash", b"cardNumber")
OVERRIDE = "X-HTTP-Method-Override: DELETE"
ORDER = {"customerId": 1, "productId": 3, "quantity": 2, "address": "1 Mill Lane"}


def _get(target: str, method: str = "GET", *extra: str) -> Send:
    return lambda fields: request(method, target, *fields, *extra)


def _send(method: str, target: str, body: object) -> Send:
    return lambda fields: request(method, target, *fields, body=body)


def _raw(method: str, target: str, raw: bytes, kind: str = "application/json") -> Send:
    return lambda fields: request(method, target, *fields, raw=raw, kind=kind)


def _framed(*framing: str, content: bytes) -> Send:
    """A POST with framing fields of its own making."""
    return lambda fields: request("POST", "/v1/orders", *fields, "Content-Type: application/json", *framing) + content


SMUGGLED = b"0\r\n\r\nGET /debug/environment HTTP/1.1\r\nHost: shop.example\r\n\r\n"

TWICE = b'{"customerId":1,"productId":3,"address":"1 Mill Lane","quantity":1,"quantity":90}'
ENTITY = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
RAKE = {"name": "Rake", "price": 21.5, "category": "garden"}
OCTOBER, NEVER = "/v1/reports/sales?month=2026-10", "/v1/reports/sales?month=2025-01"
BOTH = (f"Content-Length: {len(SMUGGLED)}", "Transfer-Encoding: chunked")


def _served(caller: str, title: str, send: Send, status: int, times: int) -> Scenario:
    return Scenario(kind=Kind.SERVED, caller=caller, title=title, send=send, status=status, times=times)


def _denied(caller: str, title: str, send: Send, status: int, rule: str) -> Scenario:
    return Scenario(kind=Kind.DENIED, caller=caller, title=title, send=send, status=status, rule=rule)


SCENARIOS = (
    _served("stranger", "browses the catalogue", _get("/v1/products?category=kitchen&limit=10"), 200, 20),
    _served("alice", "looks at a product", _get("/v1/products/1"), 200, 20),
    _served("alice", "orders two lamps", _send("POST", "/v1/orders", ORDER), 201, 5),
    _served("bob", "reads his order on his phone", _get("/v1/orders/1002"), 200, 10),
    _served("bob", "changes his name", _send("PATCH", "/v1/customers/2", {"name": "Bob B."}), 200, 2),
    _served("carol", "adds a product, as she may", _send("POST", "/v1/products", RAKE), 201, 3),
    _served("carol", "reads the sales report, as she may", _get(OCTOBER), 200, 3),
    _served("stranger", "logs in", _send("POST", "/v1/login", {"name": "alice", "password": "correct horse"}), 200, 1),
    Scenario(
        kind=Kind.REPAIRED,
        caller="alice",
        title="reads her record; the shop adds password hash and card",
        send=_get("/v1/customers/1"),
        status=200,
        rule="contract-response",
        times=3,
        absent=CUSTOMERS_OWN,
    ),
    Scenario(
        kind=Kind.REPAIRED,
        caller="carol",
        title="asks for a month without sales; the shop crashes",
        send=_get(NEVER),
        status=500,
        rule="error-sanitising",
        absent=(b"Traceback", b"shop.py"),
    ),
    _denied("stranger", "orders without any credential", _send("POST", "/v1/orders", ORDER), 401, "authentication-required"),
    _denied("guess", "guesses an API key", _get("/v1/orders/1001"), 401, "api-key"),
    _denied("revoked", "uses a key that was withdrawn", _get("/v1/orders/1001"), 401, "api-key"),
    _denied("expired", "uses a token that expired", _get("/v1/orders/1001"), 401, "jwt"),
    _denied("forged", 'writes a token of his own (alg "none")', _get(OCTOBER), 401, "jwt"),
    _denied("alice", "adds a product, as she may not", _send("POST", "/v1/products", RAKE), 403, "require"),
    _denied("alice", "makes herself a clerk", _send("PATCH", "/v1/customers/1", {"role": "clerk"}), 400, "contract-request"),
    _denied("alice", "orders -5 lamps", _send("POST", "/v1/orders", ORDER | {"quantity": -5}), 400, "contract-request"),
    _denied("alice", "sends SQL for an id", _get("/v1/orders/1%20OR%201=1"), 400, "contract-request"),
    _denied("alice", "states the quantity twice", _raw("POST", "/v1/orders", TWICE), 400, "contract-request"),
    _denied(
        "alice", "sends XML with an entity", _raw("POST", "/v1/orders", ENTITY, "application/xml"), 415, "contract-request"
    ),
    _denied("alice", "calls the forgotten /debug/environment", _get("/debug/environment"), 404, "undeclared"),
    _denied("alice", "deletes an order, as nobody may", _get("/v1/orders/1001", "DELETE"), 405, "undeclared"),
    _denied("alice", "hides a DELETE in a GET", _get("/v1/orders/1001", "GET", OVERRIDE), 400, "request-hygiene"),
    _denied("alice", "climbs out of the path", _get("/v1/%2e%2e/debug/environment"), 400, "http-syntax"),
    _denied("alice", "climbs out with encoded slashes", _get("/v1/products/..%2f..%2fdebug"), 400, "http-syntax"),
    _denied("alice", "smuggles a request: two lengths", _framed(*BOTH, content=SMUGGLED), 400, "http-syntax"),
    _denied(
        "alice", "smuggles a request: odd spelling", _framed(BOTH[1].replace(":", " :"), content=SMUGGLED), 400, "http-syntax"
    ),
    _denied("alice", "sends a body of 20 KB", _send("POST", "/v1/orders", ORDER | {"address": "x" * 20_000}), 413, "bounds"),
    _denied("alice", "sends a header field of 40 KB", _get("/v1/products/1", "GET", "X-Note: " + "x" * 40_000), 431, "bounds"),
    Scenario(
        kind=Kind.DENIED,
        caller="stranger",
        title="tries 30 passwords",
        send=_send("POST", "/v1/login", {"name": "alice", "password": "123456"}),
        status=429,
        rule="rate-limit",
        times=30,
        before=(401, 4),
    ),
    Scenario(
        kind=Kind.DENIED,
        caller="stranger",
        title="sends a byte now and then (slow loris)",
        send=_get("/v1/products"),
        status=408,
        rule="bounds",
        slow=0.25,
    ),
    Scenario(
        kind=Kind.OPEN,
        caller="bob",
        title="reads Alice's order by counting ids",
        send=_get("/v1/orders/1001"),
        status=200,
    ),
)
