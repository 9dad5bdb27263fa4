"""The shop of the demo: a small API with weaknesses that real ones have. It knows nothing of Yett, and must stay weak.

    python shop.py --port 9001

What is wrong with it, on purpose:

1. It asks nobody who they are: no authentication, no roles (OWASP API2, API5).
2. `GET /v1/orders/{id}` gives any order to anybody, and ids are consecutive (API1, broken object level authorization).
3. `PATCH /v1/customers/{id}` stores every field that it is sent, `role` too (API3, mass assignment).
4. `GET /v1/customers/{id}` answers with the whole record, password hash and card included (API3, excessive data exposure).
5. `POST /v1/login` takes any number of tries (API4, no limits).
6. `POST /v1/orders` trusts what it is sent: a negative quantity is a refund.
7. An error answers with its stack trace (API8); `GET /v1/reports/sales` has one.
8. `GET /debug/environment` was forgotten: it is in no description, and tells secrets (API9).
9. Every answer names the software and its version (API8).

It listens on loopback only, and everything in it is invented.
"""

import argparse
import json
import re
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

PRODUCTS = {
    number: {"id": number, "name": name, "price": price, "category": category}
    for number, (name, price, category) in enumerate(
        [
            ("Kettle", 34.9, "kitchen"),
            ("Toaster", 49.5, "kitchen"),
            ("Desk lamp", 27.0, "home"),
            ("Wool blanket", 59.0, "home"),
            ("Garden chair", 74.25, "garden"),
            ("Watering can", 18.75, "garden"),
        ],
        start=1,
    )
}
CUSTOMERS: dict[int, dict[str, Any]] = {
    1: {"id": 1, "name": "Alice", "email": "alice@shop.example", "role": "customer"},
    2: {"id": 2, "name": "Bob", "email": "bob@shop.example", "role": "customer"},
    3: {"id": 3, "name": "Carol", "email": "carol@shop.example", "role": "clerk"},
}
SECRETS = {"passwordHash": "5f4dcc3b5aa765d61d8327deb882cf99", "cardNumber": "4111 1111 1111 1111"}
ORDERS: dict[int, dict[str, Any]] = {
    1001: {"id": 1001, "customerId": 1, "productId": 1, "quantity": 1, "total": 34.9, "address": "1 Mill Lane"},
    1002: {"id": 1002, "customerId": 2, "productId": 5, "quantity": 4, "total": 297.0, "address": "22 Harbour Road"},
}
PASSWORD = "correct horse"  # noqa: S105  the only one of an invented shop
SALES = {"2026-09": 1204.5, "2026-10": 1833.25}


class NotThere(Exception):
    """The object that was asked for does not exist."""


class Call(NamedTuple):
    """ids: the numbers in the path."""

    ids: list[int]
    query: dict[str, list[str]]
    body: Any


Handler = Callable[[Call], tuple[int, Any]]


def list_products(call: Call) -> tuple[int, Any]:
    category = call.query.get("category", [""])[0]
    limit = int(call.query.get("limit", ["20"])[0])
    return 200, [product for product in PRODUCTS.values() if category in ("", product["category"])][:limit]


def get_product(call: Call) -> tuple[int, Any]:
    return 200, _find(PRODUCTS, call.ids[0])


def create_product(call: Call) -> tuple[int, Any]:
    number = max(PRODUCTS) + 1
    PRODUCTS[number] = {"id": number, **call.body}
    return 201, PRODUCTS[number]


def create_order(call: Call) -> tuple[int, Any]:
    number = max(ORDERS) + 1
    price: Any = _find(PRODUCTS, call.body["productId"])["price"]
    ORDERS[number] = {"id": number, **call.body, "total": price * call.body["quantity"]}  # weakness 6: also for -1
    return 201, ORDERS[number]


def get_order(call: Call) -> tuple[int, Any]:
    return 200, _find(ORDERS, call.ids[0])  # weakness 2: whose order it is does not matter


def get_customer(call: Call) -> tuple[int, Any]:
    return 200, _find(CUSTOMERS, call.ids[0]) | SECRETS  # weakness 4


def update_customer(call: Call) -> tuple[int, Any]:
    customer = _find(CUSTOMERS, call.ids[0])
    customer.update(call.body)  # weakness 3
    return 200, customer


def login(call: Call) -> tuple[int, Any]:
    if call.body["password"] == PASSWORD:  # weakness 5: it can be guessed
        return 200, {"welcome": call.body["name"]}
    return 401, {"error": "wrong name or password"}


def sales_report(call: Call) -> tuple[int, Any]:
    month = call.query["month"][0]
    return 200, {"month": month, "total": SALES[month]}  # weakness 7: a month without sales is a KeyError


def environment(_: Call) -> tuple[int, Any]:
    return 200, {"DATABASE_URL": "postgresql://shop:hunter2@db.internal/shop", "DEBUG": "1"}  # weakness 8


ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/v1/products"): list_products,
    ("POST", "/v1/products"): create_product,
    ("GET", "/v1/products/{id}"): get_product,
    ("POST", "/v1/orders"): create_order,
    ("GET", "/v1/orders/{id}"): get_order,
    ("GET", "/v1/customers/{id}"): get_customer,
    ("PATCH", "/v1/customers/{id}"): update_customer,
    ("POST", "/v1/login"): login,
    ("GET", "/v1/reports/sales"): sales_report,
    ("GET", "/debug/environment"): environment,
}


def _find(table: dict[int, dict[str, Any]], number: int) -> dict[str, Any]:
    if number not in table:
        raise NotThere(number)
    return table[number]


def answer(method: str, target: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    parts = urlsplit(target)
    ids = [int(piece) for piece in re.findall(r"/([0-9]{1,9})(?=/|$)", parts.path)]
    handler = ROUTES.get((method, re.sub(r"/[0-9]{1,9}(?=/|$)", "/{id}", parts.path)))
    if handler is None:
        return 404, "application/json", b'{"error": "no such page"}'
    try:
        status, document = handler(Call(ids, parse_qs(parts.query), json.loads(body) if body else None))
    except NotThere:
        return 404, "application/json", b'{"error": "not found"}'
    except Exception:  # noqa: BLE001  weakness 7: whatever went wrong, the caller may read it
        return 500, "text/plain", traceback.format_exc().encode()
    return status, "application/json", json.dumps(document).encode()


class Shop(BaseHTTPRequestHandler):
    """Keeps connections alive; reads bodies by their Content-Length."""

    protocol_version = "HTTP/1.1"
    server_version = "AcmeShop/0.3.1"
    timeout: ClassVar[int] = 60

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        status, kind, body = answer(self.command, self.path, self.rfile.read(length))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Powered-By", "AcmeFramework 2.1")  # weakness 9
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815  names of the standard library

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002  name of the standard library
        """Nothing: this shop could not say afterwards what happened."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=9001)
    server = ThreadingHTTPServer(("127.0.0.1", options.parse_args().port), Shop)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
