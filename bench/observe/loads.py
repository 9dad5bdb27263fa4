"""What the speed of `yett observe` is measured with: lines, exchanges and records as they stand in real logs. Deterministic.

It must not know what is done with them.
"""

import json
import random
from collections.abc import Iterator

from yett.formats.recordings.values import Recording
from yett.model.event import Event
from yett.model.exchange import Exchange, Request, Response

START = 1_760_000_000.0
_NOUNS = [
    *("users", "orders", "invoices", "payments", "carts", "products", "reviews", "shipments", "tickets", "devices", "sensors"),
    *("accounts", "teams", "projects", "tasks", "documents", "folders", "messages", "channels", "events", "alerts", "policies"),
    *("roles", "keys"),
]
_PARTS = ["items", "notes", "history", "members", "settings", "status", "tags", "files", "comments", "approvals"]
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
    "curl/8.5.0",
)
_SCANNED = ("/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/index.php", "/actuator/env", "/admin", "/xmlrpc.php")
_MONTH = "Jan"


def lines(number: int, seed: str = "lines", clients: int = 4_000) -> Iterator[bytes]:
    """Lines of the combined format: 24 resources with sub-resources, ids of millions, one in twenty a scanner's or a wrong one."""
    chance = random.Random(seed)
    addresses = [f"{chance.randint(1, 223)}.{chance.randint(0, 255)}.{chance.randint(0, 255)}.9" for _ in range(clients)]
    pick, below = chance.choice, chance.randrange
    for turn in range(number):
        second = turn // 200 % 86_400
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        noun = pick(_NOUNS)
        kind = below(20)
        method, status = "GET", 200
        if kind == 0:
            path, status = pick(_SCANNED), 404
        elif kind < 4:
            path = f"/api/v1/{noun}?page={below(50)}&size=20"
        elif kind < 12:
            path = f"/api/v1/{noun}/{below(5_000_000)}"
        elif kind < 16:
            path = f"/api/v1/{noun}/{below(5_000_000)}/{pick(_PARTS)}"
        elif kind < 18:
            method, status, path = "POST", 201, f"/api/v1/{noun}"
        else:
            method, status, path = "PATCH", 200, f"/api/v1/{noun}/{below(1 << 64):016x}"
        yield (
            f'{pick(addresses)} - - [12/{_MONTH}/2026:{clock} +0000] "{method} {path} HTTP/1.1" {status} {below(9_000)} '
            f'"-" "{pick(_AGENTS)}"\n'
        ).encode()


def distinct(number: int) -> Iterator[bytes]:
    """Lines of which each has another path: ids below four operations, and one in a hundred a scanner's of made-up words."""
    chance = random.Random("distinct")
    below = chance.randrange
    for turn in range(number):
        kind = turn % 4
        if turn % 100 == 99:
            path, status = f"/{_letters(chance)}/{_letters(chance)}.php", 404
        elif kind == 0:
            path, status = f"/api/v1/users/{turn}", 200
        elif kind == 1:
            path, status = f"/api/v1/orders/{turn:08x}{below(1 << 32):08x}/items", 200
        elif kind == 2:
            path, status = f"/api/v2/{_NOUNS[turn % 24]}/{turn}/notes/{below(1_000)}", 200
        else:
            path, status = f"/shop/{_letters(chance)}-{_letters(chance)}-{turn}", 200
        yield (
            f'192.0.2.{below(250)} - - [12/{_MONTH}/2026:10:00:00 +0000] "GET {path} HTTP/1.1" {status} 512 "-" "curl/8.5.0"\n'
        ).encode()


def _letters(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def person(chance: random.Random, number: int) -> dict[str, object]:
    """An object of 14 members, three levels deep, with what classes of data look for."""
    name = chance.choice(_NOUNS)
    return {
        "id": number,
        "reference": f"{chance.randrange(1 << 64):016x}",
        "email": f"{name}{number}@mail.example",
        "status": chance.choice(("ACTIVE", "PENDING", "CLOSED")),
        "created_at": f"2026-0{1 + number % 9}-1{number % 9}T10:0{number % 9}:00Z",
        "total": chance.randrange(100_000) / 100,
        "currency": chance.choice(("EUR", "USD", "SEK")),
        "paid": number % 3 == 0,
        "note": None if number % 4 else "left at the door",
        "address": {"street": f"{name} street {number % 90}", "city": "Uppsala", "postcode": f"{75000 + number % 999}"},
        "lines": [{"sku": f"SKU-{chance.randrange(9_000)}", "quantity": chance.randrange(9)} for _ in range(1 + number % 3)],
    }


def exchanges(number: int) -> Iterator[Recording]:
    """Exchanges with JSON in answers, and in requests of half of them, with the fields that clients send."""
    chance = random.Random("exchanges")
    for turn in range(number):
        noun = chance.choice(_NOUNS)
        body = json.dumps(person(chance, chance.randrange(5_000_000))).encode()
        writes = turn % 2 == 1
        target = f"/api/v1/{noun}" if writes else f"/api/v1/{noun}/{chance.randrange(5_000_000)}?expand=lines&page={turn % 7}"
        yield _recording("POST" if writes else "GET", target, 201 if writes else 200, body, body if writes else b"", turn)


def _recording(method: str, target: str, status: int, answer: bytes, body: bytes, turn: int) -> Recording:
    fields = (
        (b"Host", b"shop.example"),
        (b"User-Agent", _AGENTS[turn % 4].encode()),
        (b"Accept", b"application/json"),
        (b"Authorization", b"Bearer opaque-credential-%d" % (turn % 900)),
        (b"X-Request-Id", b"%032x" % turn),
        *(((b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(body))) if body else ()),
    )
    answers = (
        (b"Content-Type", b"application/json; charset=utf-8"),
        (b"Content-Length", b"%d" % len(answer)),
        (b"Cache-Control", b"no-store"),
        (b"X-Content-Type-Options", b"nosniff"),
    )
    request = Request(method=method, target=target.encode(), scheme="https", fields=fields, body=body)
    response = Response(status=status, fields=answers, body=answer)
    exchange = Exchange(
        id="", source="har", started=START + turn / 100, request=request, response=response, duration=0.01, address="192.0.2.7"
    )
    return Recording(exchange=exchange, sensor="har")


def records(number: int) -> Iterator[Event]:
    """Records of the gateway: names of fields, no values, samples of one body in twenty."""
    chance = random.Random("records")
    names = ["host", "user-agent", "accept", "authorization", "x-request-id", "content-type", "content-length"]
    for turn in range(number):
        noun = chance.choice(_NOUNS)
        sampled = turn % 20 == 0
        body = json.dumps(person(chance, turn)).encode()
        yield Event(
            tag="gateway:request:allowed",
            time=START + turn / 5_000,
            request_id=f"{turn:026}",
            method="GET",
            target=f"/api/v1/{noun}/{chance.randrange(5_000_000)}",
            scheme="https",
            host="shop.example",
            address=f"198.51.100.{turn % 250}",
            service="shop",
            principal=f"user-{turn % 900}",
            status=200,
            upstream_status=200,
            field_names=names,
            user_agent=_AGENTS[turn % 4],
            response_content_type="application/json",
            response_size=len(body),
            response_sample=body if sampled else b"",
            duration=0.004,
        )


def operations(number: int, seed: str, each: int = 3) -> Iterator[Recording]:
    """Exchanges of `number` operations of one hundred services, with requests and answers of their own members."""
    chance = random.Random(seed)
    for operation in range(number):
        noun, part = _NOUNS[operation % 24], _PARTS[operation // 24 % 10]
        place = f"/api/{noun}/{part}{operation // 240}"
        shape = random.Random(operation)
        for turn in range(each):
            told = person(chance, chance.randrange(5_000_000))
            told |= {f"{_NOUNS[shape.randrange(24)]}_{shape.randrange(40)}": chance.randrange(99) for _ in range(8)}
            made = _recording("POST", place, 200, json.dumps(told).encode(), json.dumps(told["address"]).encode(), turn)
            yield Recording(exchange=made.exchange, sensor="har", service=f"service-{operation % 100}")
